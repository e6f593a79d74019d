//! Reads bodies within a limit.

use super::bindings::{self, Result};
use js_sys::{Promise, Reflect, Uint8Array, futures::JsFuture};
use rules::http::max_pieces;
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
        Some(0) => Ok(Ok(Vec::new())),
        Some(length) if length <= max_bytes => read_whole(whole).await.map(Ok),
        _ => match body() {
            Some(stream) => read_stream(max_bytes, &stream).await,
            None => Ok(Ok(Vec::new())),
        },
    };
    let bytes = bytes.map_err(|error| ReadError::Failed(bindings::error_text(&error)))??;
    if bytes.len() > max_bytes {
        return Err(ReadError::TooLarge);
    }
    Ok(bytes)
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

/// An error of the rules as soon as there are more than `max_bytes`, or more pieces than a body of that size may have.
async fn read_stream(
    max_bytes: usize,
    body: &ReadableStream,
) -> Result<Result<Vec<u8>, ReadError>> {
    let mut bytes = Vec::new();
    let mut pieces = 0_usize;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let read = JsFuture::from(reader.read()).await?;
        let value = Reflect::get(&read, &"value".into())?;
        // At the end there is no value.
        let Some(chunk) = value.dyn_ref::<Uint8Array>() else {
            return Ok(Ok(bytes));
        };
        let length = usize::try_from(chunk.length()).unwrap_or(usize::MAX);
        pieces = pieces.saturating_add(1);
        let error = if bytes.len().saturating_add(length) > max_bytes {
            Some(ReadError::TooLarge)
        } else {
            (pieces > max_pieces(max_bytes)).then_some(ReadError::TooManyPieces)
        };
        if let Some(error) = error {
            // Tells the sender to stop.
            let _ = reader.cancel();
            return Ok(Err(error));
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
}
