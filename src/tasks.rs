//! Runs the futures of requests.
//!
//! A task is polled as soon as it is woken, within the callback of the promise that it waited
//! for. The executor of `js_sys` has JavaScript queue a microtask for that each time, and a
//! session waits a dozen times. One that never waits gives its value and needs no promise.

use js_sys::{Function, Promise};
use std::cell::RefCell;
use std::collections::BTreeMap;
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
enum Place {
    /// Here, until it is woken.
    Waiting(Task),
    /// With [`poll`], which polls it again if it was woken meanwhile.
    Polled { again: bool },
}

#[derive(Default)]
struct Tasks {
    places: BTreeMap<u64, Place>,
    last: u64,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// Wakes the task of a number. One that has ended has no place, and its number is not used again.
struct Wakes(u64);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        poll(self.0);
    }
}

fn poll(id: u64) {
    let taken = TASKS.with_borrow_mut(|tasks| {
        let place = tasks.places.get_mut(&id)?;
        match std::mem::replace(place, Place::Polled { again: true }) {
            Place::Waiting(task) => {
                *place = Place::Polled { again: false };
                Some(task)
            }
            // It is being polled further up the stack.
            Place::Polled { .. } => None,
        }
    });
    let Some(mut task) = taken else {
        return;
    };
    loop {
        let mut context = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut context).is_ready() {
            TASKS.with_borrow_mut(|tasks| tasks.places.remove(&id));
            return;
        }
        let woken = TASKS.with_borrow_mut(|tasks| {
            let place = tasks.places.get_mut(&id)?;
            if matches!(place, Place::Polled { again: true }) {
                *place = Place::Polled { again: false };
                Some(task)
            } else {
                *place = Place::Waiting(task);
                None
            }
        });
        match woken {
            Some(again) => task = again,
            None => return,
        }
    }
}

fn spawn(future: impl Future<Output = ()> + 'static) {
    let id = TASKS.with_borrow_mut(|tasks| {
        tasks.last = tasks.last.wrapping_add(1);
        let task = Task {
            future: Box::pin(future),
            waker: Waker::from(Arc::new(Wakes(tasks.last))),
        };
        tasks.places.insert(tasks.last, Place::Waiting(task));
        tasks.last
    });
    poll(id);
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
