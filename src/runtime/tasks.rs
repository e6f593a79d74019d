//! Runs the futures of requests.
//!
//! A task is polled as soon as it is woken, within the callback of the promise that it waited
//! for. The executor of `js_sys` has JavaScript queue a microtask for that each time, and a
//! session waits a dozen times. One that never waits gives its value and needs no promise.

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

/// Where a task is.
enum Slot {
    /// Here, until it is woken.
    Waiting(Task),
    /// With [`poll`], which polls it again if it was woken meanwhile.
    Polled { again: bool },
    /// Over; another may have the slot.
    Free,
}

thread_local! {
    /// The slots of all tasks, each with the number of the task that has it or had it last.
    static SLOTS: RefCell<Vec<(u64, Slot)>> = const { RefCell::new(Vec::new()) };
}

/// Names a task by its slot and number, and wakes it. The next in its slot is not woken: it belongs to another request.
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

/// Does something with the slot of a task that is not over.
fn in_slot<T>(task: TaskId, act: impl FnOnce(&mut Slot) -> T) -> Option<T> {
    SLOTS.with_borrow_mut(|slots| match slots.get_mut(task.at) {
        Some((number, slot)) if *number == task.number => Some(act(slot)),
        _ => None,
    })
}

fn poll(which: TaskId) {
    let taken = in_slot(which, |slot| match slot {
        Slot::Waiting(_) => Some(std::mem::replace(slot, Slot::Polled { again: false })),
        // It is being polled further up the stack.
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

/// Who is told of an outcome.
#[derive(Default)]
struct Ending {
    outcome: Option<Outcome>,
    settle: Option<(Function, Function)>,
}

/// What became of a future at once: its value, or a promise of it where it waits or fails.
pub enum Running {
    Ended(JsValue),
    Promised(Promise),
}

impl Running {
    /// Lets the task go on when the request that it is part of is over.
    pub fn keep_alive(self, context: &RequestContext) -> Self {
        if let Self::Promised(promise) = &self {
            // It fails only for a request that is over already.
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

/// Runs a future.
pub fn run(future: impl Future<Output = Outcome> + 'static) -> Running {
    let ending = Rc::new(RefCell::new(Ending::default()));
    let its_ending = Rc::clone(&ending);
    spawn(async move {
        let outcome = future.await;
        let settle = its_ending.borrow_mut().settle.take();
        match (settle, &outcome) {
            // To call these fails only where the isolate ends, too.
            (Some((resolve, _)), Ok(value)) => drop(resolve.call1(&JsValue::UNDEFINED, value)),
            (Some((_, reject)), Err(error)) => drop(reject.call1(&JsValue::UNDEFINED, error)),
            (None, _) => its_ending.borrow_mut().outcome = Some(outcome),
        }
    });
    if let Some(outcome) = ending.borrow_mut().outcome.take() {
        return match outcome {
            Ok(value) => Running::Ended(value),
            Err(error) => Running::Promised(Promise::reject(&error)),
        };
    }
    Running::Promised(Promise::new(&mut |resolve, reject| {
        ending.borrow_mut().settle = Some((resolve, reject));
    }))
}
