//! The body of a `/chatkit` request: its size, its JSON, its fields.

use crate::context::Context;
use crate::error::Error;
use crate::platform::Platform;
use chatkit::protocol::chatkit_request::{JSON_TYPES, STREAMING_TYPES};
use chatkit::protocol::{ChatKitRequest, Operation};
use serde_json::Value;
use serde_json::value::RawValue;

/// The most that is read of a request.
const MAX_BYTES: usize = 256 * 1024;
/// The most that is read of a recording (`input.transcribe`).
const MAX_RECORDING_BYTES: usize = 10 * 1024 * 1024;

/// How far from either end of a large body its type is looked for.
const TYPE_WITHIN_BYTES: usize = 1024;

const LIMIT: Error = Error::PayloadTooLarge { most: "256 KiB" };
const RECORDING_LIMIT: Error = Error::PayloadTooLarge { most: "10 MiB" };

/// A request that was read.
#[derive(Debug)]
pub struct ChatBody<'a> {
    /// The request as it arrived.
    pub raw: &'a RawValue,
    /// What it is for.
    pub operation: Operation,
    /// Its type.
    pub name: &'static str,
}

/// Reads the body. More than 256 KiB are read only if the request announces them, and only a recording may have them.
///
/// # Errors
/// [`Error::PayloadTooLarge`], and the errors of [`Context::body_up_to`].
pub async fn read<P: Platform>(ctx: &Context<'_, P>) -> Result<Vec<u8>, Error> {
    let length = ctx.platform.header("Content-Length");
    let length = length.and_then(|length| length.parse::<usize>().ok());
    let is_large = length.is_some_and(|length| length > MAX_BYTES);
    let (most, too_large) = match is_large {
        true => (MAX_RECORDING_BYTES, RECORDING_LIMIT),
        false => (MAX_BYTES, LIMIT),
    };
    let body = ctx.body_up_to(most, too_large).await?;
    // What is too large for its type is not parsed.
    if body.len() > MAX_BYTES && !is_recording(&body) {
        return Err(LIMIT);
    }
    Ok(body)
}

/// Whether a large body says at one of its ends that it is a recording. Parsing decides whether that is true.
fn is_recording(body: &[u8]) -> bool {
    const TYPE: &[u8] = br#""input.transcribe""#;
    let first = body.get(..TYPE_WITHIN_BYTES);
    let last = body.len().checked_sub(TYPE_WITHIN_BYTES);
    let last = last.and_then(|start| body.get(start..));
    let is_in = |part: &[u8]| part.windows(TYPE.len()).any(|word| word == TYPE);
    first.is_some_and(is_in) || last.is_some_and(is_in)
}

impl<'a> ChatBody<'a> {
    /// Parses a body.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], [`Error::InvalidRequest`] with the first wrong field, and [`Error::PayloadTooLarge`] for another
    /// large request than a recording.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::invalid("The body", "a JSON object with a type"));
        }
        // A RawValue is not checked for depth and for numbers beyond a double; a Value is.
        let value: Value = serde_json::from_slice(body).map_err(|_| Error::InvalidJson)?;
        let raw = serde_json::from_slice(body).map_err(|_| Error::InvalidJson)?;
        let request = ChatKitRequest::parse(&value)
            .map_err(|invalid| Error::invalid(invalid.field, invalid.expected))?;
        let kind = value.get("type").and_then(Value::as_str);
        let mut names = STREAMING_TYPES.into_iter().chain(JSON_TYPES);
        let name = names.find(|name| Some(*name) == kind);
        let is_recording = matches!(request.operation, Operation::Transcribe { .. });
        if body.len() > MAX_BYTES && !is_recording {
            return Err(LIMIT);
        }
        Ok(Self {
            raw,
            operation: request.operation,
            name: name.unwrap_or("request"),
        })
    }

    /// Whether the answer is a stream.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        self.operation.is_streaming()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(before: &str, after: &str, bytes: usize) -> Vec<u8> {
        format!(
            "{{{before}\"params\":{{\"audio_base64\":\"{}\",\"mime_type\":\"audio/mp4\"}}{after}}}",
            "a".repeat(bytes)
        )
        .into_bytes()
    }

    #[test]
    fn a_large_recording_is_known_by_either_end() {
        assert!(is_recording(&recording(
            "\"type\":\"input.transcribe\",",
            "",
            300_000
        )));
        assert!(is_recording(&recording(
            "",
            ",\"type\":\"input.transcribe\"",
            300_000
        )));
        assert!(!is_recording(&recording(
            "\"type\":\"threads.create\",",
            "",
            300_000
        )));
    }

    #[test]
    fn a_large_body_that_only_looks_like_a_recording_is_refused() {
        let body = recording(
            "\"type\":\"threads.list\",\"x\":\"input.transcribe\",",
            "",
            300_000,
        );
        assert!(is_recording(&body));
        assert_eq!(ChatBody::parse(&body).unwrap_err(), LIMIT);
        let body = recording("\"type\":\"input.transcribe\",", "", 300_000);
        assert!(ChatBody::parse(&body).is_ok());
    }

    #[test]
    fn the_first_wrong_field_is_named() {
        for (body, field) in [
            ("", "The body"),
            ("[]", "The body"),
            ("{}", "type"),
            (r#"{"type":"threads.stop"}"#, "type"),
            (
                r#"{"type":"threads.get_by_id","params":{}}"#,
                "params.thread_id",
            ),
            (
                r#"{"type":"threads.create","params":{"input":{}}}"#,
                "params.input.content",
            ),
        ] {
            let error = ChatBody::parse(body.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, Error::InvalidRequest { field: named, .. } if named == field),
                "{body}: {error:?}"
            );
        }
        assert_eq!(ChatBody::parse(b"{").unwrap_err(), Error::InvalidJson);
        let deep = format!(r#"{{"type":"threads.list","x":{}}}"#, "[".repeat(200));
        assert_eq!(
            ChatBody::parse(deep.as_bytes()).unwrap_err(),
            Error::InvalidJson
        );
    }

    #[test]
    fn the_request_is_kept_byte_for_byte() {
        let body = br#" {"type" : "threads.list","params":{},"n":1.50,"u":"\u00e9"} "#;
        let parsed = ChatBody::parse(body).unwrap();
        assert_eq!(parsed.raw.get().as_bytes(), body.trim_ascii());
        assert_eq!(
            (parsed.name, parsed.is_streaming()),
            ("threads.list", false)
        );
    }
}
