//! Virtual time, and an executor for tasks that outlive the request that began them.
//!
//! The clock jumps to the next time that a task waits for once no task can go on. All tasks share one waker: a wake polls them all.

use rules::runs::run_host::Task;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// More rounds than tasks need without time passing.
const MAX_ROUNDS: u32 = 10_000;

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub struct TaskClock {
    now_ms: Cell<u64>,
    /// The earliest time that a task waits for.
    next_ms: Cell<Option<u64>>,
    tasks: RefCell<Vec<Task>>,
    spawned: RefCell<Vec<Task>>,
    woken: Arc<Woken>,
}

impl TaskClock {
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms: Cell::new(now_ms),
            next_ms: Cell::new(None),
            tasks: RefCell::default(),
            spawned: RefCell::default(),
            woken: Arc::new(Woken(AtomicBool::new(false))),
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    pub async fn until(&self, at_ms: u64) {
        poll_fn(|_| {
            if self.now_ms() >= at_ms {
                return Poll::Ready(());
            }
            self.wait_until(at_ms);
            Poll::Pending
        })
        .await;
    }

    fn wait_until(&self, at_ms: u64) {
        let next = self.next_ms.get().map_or(at_ms, |next| next.min(at_ms));
        self.next_ms.set(Some(next));
    }

    pub fn spawn(&self, task: Task) {
        self.spawned.borrow_mut().push(task);
    }

    /// Ends all tasks where they stand.
    pub fn kill_all(&self) {
        let tasks = self.tasks.take();
        drop(tasks);
        self.spawned.take();
    }

    /// Whether any task is left.
    pub fn is_idle(&self) -> bool {
        self.tasks.borrow().is_empty() && self.spawned.borrow().is_empty()
    }

    /// Lets all tasks go on until each of them waits for a time, or for another task.
    pub fn settle_now(&self) {
        for _ in 0..MAX_ROUNDS {
            self.next_ms.set(None);
            self.woken.0.store(false, Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(&self.woken));
            let mut cx = Context::from_waker(&waker);
            let mut tasks = self.tasks.take();
            tasks.append(&mut self.spawned.borrow_mut());
            let count = tasks.len();
            tasks.retain_mut(|task| task.as_mut().poll(&mut cx).is_pending());
            let has_ended = tasks.len() < count;
            self.tasks.replace(tasks);
            let has_spawned = !self.spawned.borrow().is_empty();
            if !has_ended && !has_spawned && !self.woken.0.load(Ordering::Relaxed) {
                return;
            }
        }
        panic!("time stands still");
    }

    /// Lets time pass to the next moment at which something happens, at most to `end_ms`. `false` at the end, or if nothing will.
    pub fn step(&self, end_ms: u64, alarm_ms: Option<u64>) -> bool {
        self.settle_now();
        let times = self.next_ms.get().into_iter().chain(alarm_ms);
        match times.min() {
            Some(next) if next <= end_ms => {
                self.now_ms.set(next.max(self.now_ms()));
                true
            }
            _ => {
                if end_ms != u64::MAX {
                    self.now_ms.set(end_ms.max(self.now_ms()));
                }
                false
            }
        }
    }
}
