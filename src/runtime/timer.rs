//! Timers that end when they are dropped.
//!
//! All timers of the isolate share one callback, which gets the timer's number: a closure for each would cost more than the
//! timer. The callback runs in the request that set the timer, so it may wake that request's task.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut(f64)>, ms: f64, number: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

thread_local! {
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    /// The timers that have not rung, by number: a list, because there are few at once.
    static WAITING: RefCell<Vec<(f64, Waker)>> = const { RefCell::new(Vec::new()) };
    static RING: Closure<dyn FnMut(f64)> = Closure::new(ring);
}

/// Waits from its first poll on.
pub struct Timer {
    ms: u64,
    set: Option<(f64, JsValue)>,
}

impl Timer {
    /// A timer that is not set yet.
    pub fn new(ms: u64) -> Self {
        Self { ms, set: None }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        if let Some((number, _)) = self.set {
            return WAITING.with_borrow_mut(|waiting| {
                match waiting.iter_mut().find(|(other, _)| *other == number) {
                    Some((_, waiting)) => {
                        *waiting = waker;
                        Poll::Pending
                    }
                    None => Poll::Ready(()),
                }
            });
        }
        let number = LAST.get() + 1.0;
        LAST.set(number);
        WAITING.with_borrow_mut(|waiting| waiting.push((number, waker)));
        let handle = RING.with(|ring| set_timeout(ring, self.ms as f64, number));
        self.set = Some((number, handle));
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((number, handle)) = self.set.take()
            && take(number).is_some()
        {
            clear_timeout(&handle);
        }
    }
}

/// Takes a timer off the list.
fn take(number: f64) -> Option<Waker> {
    WAITING.with_borrow_mut(|waiting| {
        let at = waiting.iter().position(|(other, _)| *other == number)?;
        Some(waiting.swap_remove(at).1)
    })
}

/// The list is not borrowed while the task runs: it may set and drop timers.
fn ring(number: f64) {
    if let Some(waker) = take(number) {
        waker.wake();
    }
}
