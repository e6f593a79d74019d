//! The runtime's objects on the path of every request, by the calls that this Worker makes.
//!
//! `worker` has types for all of these. Each header and property that they set or read is a call from WebAssembly to
//! JavaScript: 63 more for a session, which then takes 14 % more CPU, and a message 7 % (docs/performance.md). Here options
//! cross as one JSON text.

use js_sys::{Array, JSON, Object, Promise, Reflect, futures::JsFuture};
use rules::http::response::Response;
use rules::platform::OutgoingRequest;
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, ResponseInit};
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// The static files.
    pub type Assets;
    #[wasm_bindgen(method, catch, js_name = fetch)]
    fn fetch_asset(this: &Assets, request: &JsValue, init: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = fetch)]
    fn fetch_url(url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = AbortSignal, js_name = any)]
    fn any_signal(signals: &Array) -> AbortSignal;

    /// Unlike `setTimeout`, a signal can end it.
    #[wasm_bindgen(catch, js_namespace = scheduler, js_name = wait)]
    fn wait(ms: f64, options: &JsValue) -> Result<Promise, JsValue>;
}

/// An error of the runtime is a JavaScript value.
pub type Result<T, E = JsValue> = std::result::Result<T, E>;

/// The text of an error, for example `TypeError: …`.
pub fn error_text(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| Some(String::from(Object::try_from(error)?.to_string())))
        .unwrap_or_default()
}

/// A binding, if there is one of that name. `wrangler.toml` says what it is.
pub fn get_binding(env: &Env, name: &str) -> Option<JsValue> {
    let binding = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    binding.is_object().then_some(binding)
}

/// A JavaScript object with the fields of a value.
pub fn object(fields: &impl Serialize) -> Result<JsValue> {
    let json = serde_json::to_string(fields).map_err(JsError::from)?;
    JSON::parse(&json)
}

/// Headers as an object, which the runtime reads in half the time that pairs take.
fn headers_object<N: Serialize, S: Serializer>(
    headers: &[(N, String)],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

#[derive(Serialize)]
struct RequestInit<'a, N: Serialize> {
    method: &'a str,
    #[serde(
        serialize_with = "headers_object",
        skip_serializing_if = "<[_]>::is_empty"
    )]
    headers: &'a [(N, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    redirect: &'static str,
}

/// A signal that is aborted as soon as one of these is.
pub fn any_of(signals: &[&AbortSignal]) -> AbortSignal {
    any_signal(&signals.iter().collect())
}

/// Sends a request over the network. The signal ends it, and the body of its response too.
pub async fn fetch(
    request: &OutgoingRequest<'_>,
    signal: &AbortSignal,
) -> Result<web_sys::Response> {
    let OutgoingRequest {
        method,
        url,
        headers,
        body,
        ..
    } = *request;
    send(method, url, headers, body, signal).await
}

/// The same, with headers of any names. A redirect is not followed: it would carry the key elsewhere.
pub async fn send(
    method: &str,
    url: &str,
    headers: &[(impl Serialize, String)],
    body: Option<&str>,
    signal: &AbortSignal,
) -> Result<web_sys::Response> {
    let init = object(&RequestInit {
        method,
        headers,
        body,
        redirect: "manual",
    })?;
    Reflect::set(&init, &"signal".into(), signal)?;
    let response = JsFuture::from(fetch_url(url, &init)?).await?;
    Ok(response.unchecked_into())
}

/// A response whose body is a stream of this Worker.
pub fn stream_response(
    head: &Response,
    body: &web_sys::ReadableStream,
) -> Result<web_sys::Response> {
    let init = object(&ResponseHead {
        status: head.status,
        headers: head.headers.all(),
    })?;
    web_sys::Response::new_with_opt_readable_stream_and_init(Some(body), init.unchecked_ref())
}

#[derive(Serialize)]
struct ResponseHead<'a> {
    status: u16,
    #[serde(serialize_with = "headers_object")]
    headers: &'a [(&'static str, String)],
}

/// The runtime's response for a response of the rules. Its body may be that of another response, which the runtime then passes
/// on without waking this Worker for each chunk.
pub fn response(
    response: &Response,
    passed: Option<web_sys::Response>,
) -> Result<web_sys::Response> {
    let init = object(&ResponseHead {
        status: response.status,
        headers: response.headers.all(),
    })?;
    let sent = match passed.filter(|_| response.is_passed_on) {
        Some(passed) => web_sys::Response::new_with_opt_readable_stream_and_init(
            passed.body().as_ref(),
            init.unchecked_ref(),
        ),
        None => web_sys::Response::new_with_opt_str_and_init(
            response.body.as_deref(),
            init.unchecked_ref(),
        ),
    }?;
    // An object has each name once.
    for (name, value) in response.headers.repeated() {
        sent.headers().append(name, value)?;
    }
    Ok(sent)
}

/// A response without body and headers.
pub fn empty_response(status: u16) -> Result<web_sys::Response> {
    let init = ResponseInit::new();
    init.set_status(status);
    web_sys::Response::new_with_opt_str_and_init(None, &init)
}

impl Assets {
    /// Passes a request on unchanged.
    pub async fn pass_on(&self, request: &web_sys::Request) -> Result<web_sys::Response> {
        let response = self.fetch_asset(request, &JsValue::UNDEFINED)?;
        Ok(JsFuture::from(response).await?.unchecked_into())
    }

    /// Requests a file by its address alone, without the conditions of the client's request.
    pub async fn get(&self, url: &str, method: &str) -> Result<web_sys::Response> {
        #[derive(Serialize)]
        struct Init<'a> {
            method: &'a str,
        }
        let response = self.fetch_asset(&url.into(), &object(&Init { method })?)?;
        Ok(JsFuture::from(response).await?.unchecked_into())
    }
}

/// The same response, with headers that can be set.
pub fn with_mutable_headers(response: &web_sys::Response) -> Result<web_sys::Response> {
    web_sys::Response::new_with_opt_readable_stream_and_init(
        response.body().as_ref(),
        response.unchecked_ref(),
    )
}

/// Waits, or until the signal ends it.
pub async fn sleep(ms: u64, signal: &AbortSignal) {
    let options = Object::new();
    let waiting =
        Reflect::set(&options, &"signal".into(), signal).and_then(|_| wait(ms as f64, &options));
    if let Ok(waiting) = waiting {
        // An error means that the signal ended it.
        let _ = JsFuture::from(waiting).await;
    }
}
