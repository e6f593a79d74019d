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
enum Place {
    /// Here, until it is woken.
    Waiting(Task),
    /// With [`poll`], which polls it again if it was woken meanwhile.
    Polled { again: bool },
    /// Over; another may have the place.
    Free,
}

thread_local! {
    /// The places of all tasks, each with the number of the task that has it or had it last.
    static PLACES: RefCell<Vec<(u64, Place)>> = const { RefCell::new(Vec::new()) };
}

/// Wakes a task, by its place and number. The next at its place is not woken: it belongs to another request.
#[derive(Clone, Copy)]
struct Wakes {
    at: usize,
    number: u64,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        poll(*self);
    }
}

/// Does something with the place of a task that is not over.
fn at_place<T>(task: Wakes, act: impl FnOnce(&mut Place) -> T) -> Option<T> {
    PLACES.with_borrow_mut(|places| match places.get_mut(task.at) {
        Some((number, place)) if *number == task.number => Some(act(place)),
        _ => None,
    })
}

fn poll(which: Wakes) {
    let taken = at_place(which, |place| match place {
        Place::Waiting(_) => Some(std::mem::replace(place, Place::Polled { again: false })),
        // It is being polled further up the stack.
        Place::Polled { again } => {
            *again = true;
            None
        }
        Place::Free => None,
    });
    let Some(Some(Place::Waiting(mut task))) = taken else {
        return;
    };
    loop {
        let mut context = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut context).is_ready() {
            drop(task);
            at_place(which, |place| *place = Place::Free);
            return;
        }
        let woken = at_place(which, |place| {
            if matches!(place, Place::Polled { again: true }) {
                *place = Place::Polled { again: false };
                Some(task)
            } else {
                *place = Place::Waiting(task);
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
    let which = PLACES.with_borrow_mut(|places| {
        let free = |(_, place): &(u64, Place)| matches!(place, Place::Free);
        let at = places.iter().position(free).unwrap_or(places.len());
        let number = places.get(at).map_or(0, |(last, _)| last.wrapping_add(1));
        let which = Wakes { at, number };
        let waker = Waker::from(Arc::new(which));
        let taken = (number, Place::Waiting(Task { future, waker }));
        match places.get_mut(at) {
            Some(place) => *place = taken,
            None => places.push(taken),
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
