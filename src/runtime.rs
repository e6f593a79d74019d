//! The runtime's objects, by the calls that are made of them and no more.
//!
//! `worker` has types for all of these. Its own cost a crossing between WebAssembly and
//! JavaScript for every header and property, and code for what is never used; on the way of each
//! request that is most of the work. Options cross as one text of JSON instead.

use js_sys::{Array, JSON, Object, Promise, Reflect, Uint8Array, futures::JsFuture};
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, ReadableStream, ReadableStreamDefaultReader, Response, ResponseInit};
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// What takes requests: the static files.
    pub type Fetcher;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Fetcher, request: &JsValue, init: &JsValue) -> Result<Promise, JsValue>;

    /// A KV namespace.
    pub type Kv;
    #[wasm_bindgen(method, catch)]
    pub fn get(this: &Kv, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Kv, key: &str, value: &str) -> Result<Promise, JsValue>;

    /// A rate limiter.
    pub type RateLimiter;
    #[wasm_bindgen(method, catch)]
    fn limit(this: &RateLimiter, options: &JsValue) -> Result<Promise, JsValue>;

    /// An Analytics Engine dataset.
    pub type Dataset;
    #[wasm_bindgen(method, catch, js_name = writeDataPoint)]
    fn write_data_point(this: &Dataset, point: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = fetch)]
    fn fetch_url(url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    /// Unlike `setTimeout` it can be ended by a signal.
    #[wasm_bindgen(catch, js_namespace = scheduler, js_name = wait)]
    fn wait(ms: f64, options: &JsValue) -> Result<Promise, JsValue>;
}

/// A failure of the runtime, as it says it.
pub type Result<T, E = JsValue> = std::result::Result<T, E>;

/// What a failure says, as `TypeError: …`.
pub fn said(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| Some(String::from(Object::try_from(error)?.to_string())))
        .unwrap_or_default()
}

/// A failure in our own words.
pub fn failure(words: &str) -> JsValue {
    JsValue::from_str(words)
}

/// A binding, if there is one of that name. What it is, `wrangler.toml` says.
pub fn binding<T: JsCast>(env: &Env, name: &str) -> Option<T> {
    let binding = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    binding.is_object().then(|| binding.unchecked_into())
}

/// An object with the fields of a value.
pub fn object(fields: &impl Serialize) -> Result<JsValue> {
    let json = serde_json::to_string(fields).map_err(|error| failure(&error.to_string()))?;
    JSON::parse(&json)
}

/// Headers as an object, which the runtime reads in half the time that it takes over pairs.
pub fn headers_object<S: Serializer>(
    headers: &[(&'static str, String)],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// The options of a request that is sent. `None` is left out.
#[derive(Serialize, Default)]
pub struct RequestOptions<'a> {
    pub method: &'a str,
    #[serde(
        serialize_with = "headers_object",
        skip_serializing_if = "<[_]>::is_empty"
    )]
    pub headers: &'a [(&'static str, String)],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<&'static str>,
}

/// Sends a request over the network. It ends with the signal, and its answer's body too.
pub async fn fetch(
    url: &str,
    options: &RequestOptions<'_>,
    signal: &web_sys::AbortSignal,
) -> Result<Response> {
    let options = object(options)?;
    Reflect::set(&options, &"signal".into(), signal)?;
    let response = JsFuture::from(fetch_url(url, &options)?).await?;
    Ok(response.unchecked_into())
}

/// Hands a request on as it is.
pub async fn pass_on(to: &Fetcher, request: &web_sys::Request) -> Result<Response> {
    let response = to.fetch(request, &JsValue::UNDEFINED)?;
    Ok(JsFuture::from(response).await?.unchecked_into())
}

/// Asks for a file by its address alone.
pub async fn get_file(files: &Fetcher, url: &str, method: &str) -> Result<Response> {
    let options = object(&RequestOptions {
        method,
        ..RequestOptions::default()
    })?;
    let response = files.fetch(&url.into(), &options)?;
    Ok(JsFuture::from(response).await?.unchecked_into())
}

/// The same response, with headers that can be set.
pub fn copy(response: &Response) -> Result<Response> {
    Response::new_with_opt_readable_stream_and_init(
        response.body().as_ref(),
        response.unchecked_ref(),
    )
}

/// Sets the value of a key.
pub async fn kv_put(kv: &Kv, key: &str, value: &str) -> Result<()> {
    JsFuture::from(kv.put(key, value)?).await.map(|_| ())
}

/// Counts a key; whether it is within the limit.
pub async fn is_within(limiter: &RateLimiter, key: &str) -> Result<bool> {
    #[derive(Serialize)]
    struct Options<'a> {
        key: &'a str,
    }
    let outcome = JsFuture::from(limiter.limit(&object(&Options { key })?)?).await?;
    Ok(Reflect::get(&outcome, &"success".into())?.as_bool() != Some(false))
}

/// Writes a point with one index, these blobs and this number.
pub fn write_point(dataset: &Dataset, index: &str, blobs: [&str; 2], number: u32) -> Result<()> {
    #[derive(Serialize)]
    struct Point<'a> {
        indexes: [&'a str; 1],
        blobs: [&'a str; 2],
        doubles: [u32; 1],
    }
    dataset.write_data_point(&object(&Point {
        indexes: [index],
        blobs,
        doubles: [number],
    })?)
}

/// A response with no headers of its own.
pub fn plain_response(status: u16, body: Option<&str>) -> Result<Response> {
    let options = ResponseInit::new();
    options.set_status(status);
    Response::new_with_opt_str_and_init(body, &options)
}

/// Waits, or until the signal says to stop.
pub async fn pause(ms: u64, signal: &web_sys::AbortSignal) {
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    let options = Object::new();
    let waiting = Reflect::set(&options, &"signal".into(), signal)
        .and_then(|_| wait(f64::from(ms), &options));
    if let Ok(waiting) = waiting {
        // An error says that the signal ended it.
        let _ = JsFuture::from(waiting).await;
    }
}

/// A signal that is given when another is, or after so many milliseconds.
pub fn either(signal: &web_sys::AbortSignal, ms: u64) -> web_sys::AbortSignal {
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    let timeout = web_sys::AbortSignal::timeout_with_u32(ms);
    web_sys::AbortSignal::any(&Array::of2(signal, &timeout))
}

/// Reads an answer's body to its end; `None` if it has more than `most` bytes.
pub async fn read_answer(most: usize, response: &Response) -> Result<Option<Vec<u8>>> {
    let whole = || response.array_buffer();
    read_body(most, &response.headers(), response.body(), whole).await
}

/// Reads a body to its end; `None` if it has more than `most` bytes.
///
/// Where HTTP itself says that it is short, it is taken in one piece: no more than that arrives.
/// A body that is unpacked on the way can be longer than what is said.
pub async fn read_body(
    most: usize,
    headers: &Headers,
    body: Option<ReadableStream>,
    whole: impl FnOnce() -> Result<Promise>,
) -> Result<Option<Vec<u8>>> {
    let Some(body) = body else {
        return Ok(Some(Vec::new()));
    };
    let length = headers.get("Content-Length")?;
    let is_short = length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| length <= most);
    if !is_short || headers.get("Content-Encoding")?.is_some() {
        return read_at_most(most, &body).await;
    }
    let bytes = Uint8Array::new(&JsFuture::from(whole()?).await?);
    let length = usize::try_from(bytes.length()).unwrap_or(usize::MAX);
    Ok((length <= most).then(|| bytes.to_vec()))
}

/// Reads a stream to its end; `None` if it has more than `most` bytes, as soon as that is known.
async fn read_at_most(most: usize, body: &ReadableStream) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let read = JsFuture::from(reader.read()).await?;
        let value = Reflect::get(&read, &"value".into())?;
        // At the end there is no value.
        let Some(chunk) = value.dyn_ref::<Uint8Array>() else {
            return Ok(Some(bytes));
        };
        let length = usize::try_from(chunk.length()).unwrap_or(usize::MAX);
        if bytes.len().saturating_add(length) > most {
            // What is not read any more is not sent any more.
            let _ = reader.cancel();
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
}
