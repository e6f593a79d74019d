//! The executor of requests.
//!
//! A task is polled as soon as it is woken, in the callback of the promise that it waits for. `wasm_bindgen_futures` queues a
//! microtask for each wake-up instead, and always makes a promise: with it a session takes 12 % more CPU, and a message 16 %
//! (docs/performance.md). A task that never waits returns its value without a promise.
//!
//! The slots are only borrowed for as long as a task is taken out or put back, never while it is polled: a poll may start other
//! tasks, and wake this one again. A wake-up during the poll is noted and polls once more.

use js_sys::{Function, Promise};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use wasm_bindgen::JsValue;
use worker::worker_sys::Context as RequestContext;

type Outcome = Result<JsValue, JsValue>;

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// The state of a task.
enum Slot {
    /// It waits to be woken.
    Waiting(Task),
    /// [`poll`] has taken it out. `again`: it was woken meanwhile.
    Polled { again: bool },
    /// It has ended, and another task may use the slot.
    Free,
}

thread_local! {
    /// All slots, each with the number of the task that uses it or used it last.
    static SLOTS: RefCell<Vec<(u64, Slot)>> = const { RefCell::new(Vec::new()) };
}

/// Identifies a task by slot and number, and wakes it. A later task in the same slot has another number and is not woken: it
/// belongs to another request.
#[derive(Clone, Copy)]
struct TaskId {
    at: usize,
    number: u64,
}

impl Wake for TaskId {
    fn wake(self: Arc<Self>) {
        poll(*self);
    }
}

/// Calls a function with the slot of a task that has not ended.
fn in_slot<T>(task: TaskId, act: impl FnOnce(&mut Slot) -> T) -> Option<T> {
    SLOTS.with_borrow_mut(|slots| match slots.get_mut(task.at) {
        Some((number, slot)) if *number == task.number => Some(act(slot)),
        _ => None,
    })
}

fn poll(which: TaskId) {
    let taken = in_slot(which, |slot| match slot {
        Slot::Waiting(_) => Some(std::mem::replace(slot, Slot::Polled { again: false })),
        // A caller further up the stack is polling it.
        Slot::Polled { again } => {
            *again = true;
            None
        }
        Slot::Free => None,
    });
    let Some(Some(Slot::Waiting(mut task))) = taken else {
        return;
    };
    loop {
        let mut context = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut context).is_ready() {
            drop(task);
            in_slot(which, |slot| *slot = Slot::Free);
            return;
        }
        let woken = in_slot(which, |slot| {
            if matches!(slot, Slot::Polled { again: true }) {
                *slot = Slot::Polled { again: false };
                Some(task)
            } else {
                *slot = Slot::Waiting(task);
                None
            }
        });
        match woken.flatten() {
            Some(again) => task = again,
            None => return,
        }
    }
}

fn spawn(future: impl Future<Output = ()> + 'static) {
    let future = Box::pin(future);
    let which = SLOTS.with_borrow_mut(|slots| {
        let free = |(_, slot): &(u64, Slot)| matches!(slot, Slot::Free);
        let at = slots.iter().position(free).unwrap_or(slots.len());
        let number = slots.get(at).map_or(0, |(last, _)| last.wrapping_add(1));
        let which = TaskId { at, number };
        let waker = Waker::from(Arc::new(which));
        let taken = (number, Slot::Waiting(Task { future, waker }));
        match slots.get_mut(at) {
            Some(slot) => *slot = taken,
            None => slots.push(taken),
        }
        which
    });
    poll(which);
}

/// The result of a task, and the functions that settle its promise, whichever comes first.
#[derive(Default)]
struct Completion {
    outcome: Option<Outcome>,
    settle: Option<(Function, Function)>,
}

/// A started future: its value if it did not wait, else a promise of it.
pub enum Running {
    Ended(JsValue),
    Promised(Promise),
}

impl Running {
    /// Keeps the task running after the response, and after the client disconnects.
    pub fn keep_alive(self, context: &RequestContext) -> Self {
        if let Self::Promised(promise) = &self {
            // Fails only for a request that is over.
            let _ = context.wait_until(promise);
        }
        self
    }
}

impl From<Running> for JsValue {
    fn from(running: Running) -> Self {
        match running {
            Running::Ended(value) => value,
            Running::Promised(promise) => promise.into(),
        }
    }
}

/// Starts a future.
pub fn run(future: impl Future<Output = Outcome> + 'static) -> Running {
    let completion = Rc::new(RefCell::new(Completion::default()));
    let task_completion = Rc::clone(&completion);
    spawn(async move {
        let outcome = future.await;
        let settle = task_completion.borrow_mut().settle.take();
        match (settle, &outcome) {
            // These calls fail only if the isolate ends too.
            (Some((resolve, _)), Ok(value)) => drop(resolve.call1(&JsValue::UNDEFINED, value)),
            (Some((_, reject)), Err(error)) => drop(reject.call1(&JsValue::UNDEFINED, error)),
            (None, _) => task_completion.borrow_mut().outcome = Some(outcome),
        }
    });
    if let Some(outcome) = completion.borrow_mut().outcome.take() {
        return match outcome {
            Ok(value) => Running::Ended(value),
            Err(error) => Running::Promised(Promise::reject(&error)),
        };
    }
    Running::Promised(Promise::new(&mut |resolve, reject| {
        completion.borrow_mut().settle = Some((resolve, reject));
    }))
}
