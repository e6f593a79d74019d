//! Calls to the ledger that finish after the response.
//!
//! A session makes one. To await it in a task of its own would cost two closures and a promise more. So one handler for the
//! whole isolate takes the failures: it is bound to what it needs to retry the call and to log it.

use super::stub::{Namespace, call_error};
use crate::runtime::{bindings, console};
use js_sys::{Function, Promise};
use rules::counters::recorder::counters_object;
use rules::log::LogLine;
use rules::platform::Counts;
use wasm_bindgen::prelude::*;
use worker::worker_sys::Context;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Function)]
    type Handler;
    #[wasm_bindgen(method)]
    fn bind(this: &Handler, target: &JsValue, call: &str, namespace: &JsValue) -> Function;

    #[wasm_bindgen(extends = Promise)]
    type Sent;
    #[wasm_bindgen(method, js_name = catch)]
    fn on_failure(this: &Sent, handler: &Function) -> Promise;
}

type OnFailure = dyn FnMut(JsValue, JsValue, JsValue) -> JsValue;

thread_local! {
    static RETRY: Closure<OnFailure> = Closure::new(retry);
    static LOG: Closure<OnFailure> = Closure::new(log);
}

/// Counts, and counts again if the runtime says that it may help.
pub fn count(
    namespace: bindings::Result<Namespace>,
    counts: &Counts<'_>,
    request_id: &str,
    context: &Context,
) {
    let Counts {
        shard,
        publish_seconds,
        increments,
        ..
    } = counts;
    let sent = namespace.and_then(|namespace| {
        let promise = send(&namespace, *shard, *publish_seconds as f64, increments)?;
        let call = format!("{request_id} {shard} {publish_seconds} {increments}");
        Ok(handle(promise, &RETRY, &call, &namespace))
    });
    keep_alive(sent, request_id, context);
}

/// Lets a call finish. A failure is logged.
pub fn finish(call: bindings::Result<Promise>, request_id: &str, context: &Context) {
    let sent = call.map(|promise| handle(promise, &LOG, request_id, &JsValue::UNDEFINED));
    keep_alive(sent, request_id, context);
}

fn send(
    namespace: &Namespace,
    shard: u32,
    publish_seconds: f64,
    increments: &str,
) -> bindings::Result<Promise> {
    namespace.get_by_name(&counters_object(shard))?.count(
        shard,
        publish_seconds,
        increments,
        None,
        None,
    )
}

fn handle(
    promise: Promise,
    handler: &'static std::thread::LocalKey<Closure<OnFailure>>,
    call: &str,
    namespace: &JsValue,
) -> Promise {
    let bound = handler.with(|handler| {
        let handler: &Handler = handler.as_ref().unchecked_ref();
        handler.bind(&JsValue::UNDEFINED, call, namespace)
    });
    promise.unchecked_into::<Sent>().on_failure(&bound)
}

fn keep_alive(sent: bindings::Result<Promise>, request_id: &str, context: &Context) {
    match sent {
        // Fails only for a request that is over.
        Ok(promise) => drop(context.wait_until(&promise)),
        Err(error) => write(&error, request_id),
    }
}

/// `call` has the request's id, the shard, the interval and the counts, as [`count`] writes them.
fn retry(call: JsValue, namespace: JsValue, error: JsValue) -> JsValue {
    let call = call.as_string().unwrap_or_default();
    let mut parts = call.splitn(4, ' ');
    let mut part = || parts.next().unwrap_or_default();
    let (request_id, shard, publish_seconds, increments) = (part(), part(), part(), part());
    if let (true, Ok(shard), Ok(seconds)) = (
        call_error(&error).may_retry(),
        shard.parse(),
        publish_seconds.parse::<u32>(),
    ) {
        match send(namespace.unchecked_ref(), shard, seconds.into(), increments) {
            Ok(promise) => return handle(promise, &LOG, request_id, &JsValue::UNDEFINED).into(),
            Err(error) => write(&error, request_id),
        }
    } else {
        write(&error, request_id);
    }
    JsValue::UNDEFINED
}

fn log(request_id: JsValue, _: JsValue, error: JsValue) -> JsValue {
    write(&error, &request_id.as_string().unwrap_or_default());
    JsValue::UNDEFINED
}

fn write(error: &JsValue, request_id: &str) {
    console::write(&LogLine::ledger_failed(
        &bindings::error_text(error),
        request_id,
    ));
}
