//! Reads bodies within a limit.

use super::bindings::{self, Result};
use js_sys::{Promise, Reflect, Uint8Array, futures::JsFuture};
use rules::platform::ReadError;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, ReadableStream, ReadableStreamDefaultReader};

/// Reads a body to its end.
///
/// If HTTP itself says that the body is within the limit, it is read in one piece (`whole`): no more than that arrives. A
/// stream takes at least two waits, and asking for one makes an object. A compressed body can be longer than its
/// `Content-Length`, so it is always a stream.
pub async fn read(
    max_bytes: usize,
    headers: &Headers,
    body: impl FnOnce() -> Option<ReadableStream>,
    whole: impl FnOnce() -> Result<Promise>,
) -> Result<Vec<u8>, ReadError> {
    let bytes = match known_length(headers).unwrap_or_default() {
        Some(0) => Ok(Some(Vec::new())),
        Some(length) if length <= max_bytes => read_whole(whole).await.map(Some),
        _ => match body() {
            Some(stream) => read_stream(max_bytes, &stream).await,
            None => Ok(Some(Vec::new())),
        },
    };
    let bytes = bytes.map_err(|error| ReadError::Failed(bindings::error_text(&error)))?;
    bytes
        .filter(|bytes| bytes.len() <= max_bytes)
        .ok_or(ReadError::TooLarge)
}

/// The body's length, if HTTP itself says it.
fn known_length(headers: &Headers) -> Result<Option<usize>> {
    let length = headers.get("Content-Length")?;
    let length = length.and_then(|length| length.parse().ok());
    Ok(length.filter(|_| matches!(headers.get("Content-Encoding"), Ok(None))))
}

async fn read_whole(whole: impl FnOnce() -> Result<Promise>) -> Result<Vec<u8>> {
    let buffer: JsValue = JsFuture::from(whole()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// `None` as soon as there are more than `max_bytes`.
async fn read_stream(max_bytes: usize, body: &ReadableStream) -> Result<Option<Vec<u8>>> {
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
        if bytes.len().saturating_add(length) > max_bytes {
            // Tells the sender to stop.
            let _ = reader.cancel();
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
}
