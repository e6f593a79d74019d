//! Responses of OpenAI's ChatKit API. They are parsed leniently: of a session only `client_secret` is required.

use crate::error::OpenAiError;
use crate::http::json_object::from_object;
use crate::secret::Secret;
use serde::Deserialize;
use serde_json::Value;

/// The largest response that is read; a real one has about 1 KB.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// How long a session lives if neither the settings nor OpenAI's response say.
const DEFAULT_TTL_SECONDS: u64 = 600;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// A session that OpenAI created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id, if OpenAI sent one.
    pub id: Option<String>,
    /// The widget authenticates with it.
    pub client_secret: Secret,
    /// When the secret expires, in Unix seconds.
    pub expires_at: u64,
}

/// Parses the body of a 2xx response that arrived at `now`, in Unix seconds.
///
/// # Errors
/// [`OpenAiError::BadResponse`] if it is not JSON or has no `client_secret`.
pub fn parse_session(
    body: &[u8],
    ttl_seconds: Option<u64>,
    now: u64,
) -> Result<Session, OpenAiError> {
    #[derive(Deserialize)]
    struct Created {
        client_secret: String,
        #[serde(default)]
        id: Value,
        #[serde(default)]
        expires_at: Value,
    }
    let created: Created = from_object(body).ok_or(OpenAiError::BadResponse)?;
    if created.client_secret.is_empty() {
        return Err(OpenAiError::BadResponse);
    }
    let ttl = ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS);
    let id = created.id.as_str().filter(|id| !id.is_empty());
    Ok(Session {
        id: id.map(str::to_owned),
        client_secret: Secret::new(created.client_secret),
        expires_at: unix_seconds(&created.expires_at).unwrap_or(now.saturating_add(ttl)),
    })
}

/// The id of a session in a 2xx response that is not usable otherwise, so that the session can be cancelled.
#[must_use]
pub fn parse_session_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Created {
        id: String,
    }
    from_object(body).map(|created: Created| created.id)
}

/// OpenAI's description says an integer; some clients have seen text. A time beyond the calendar counts as missing, because
/// alarms and JavaScript's dates are made from it.
fn unix_seconds(value: &Value) -> Option<u64> {
    let seconds = match value.as_str() {
        Some(text) => text.parse().ok(),
        None => value.as_u64(),
    };
    seconds.filter(|seconds| *seconds <= LAST_SECOND)
}

/// What a status other than 2xx means, if OpenAI sent it.
#[must_use]
pub fn error_of_status(status: u16, retry_after_ms: Option<u64>) -> OpenAiError {
    match status {
        401 => OpenAiError::KeyRejected,
        403 => OpenAiError::BetaUnavailable,
        404 => OpenAiError::WorkflowNotFound,
        429 => OpenAiError::RateLimited {
            retry_after: retry_after_ms.map(|ms| ms.div_ceil(1000)),
        },
        400..=499 => OpenAiError::Rejected(status),
        500..=599 => OpenAiError::Unavailable,
        // A redirect is not followed: it would carry the key to another address.
        _ => OpenAiError::BadResponse,
    }
}

/// What a response with a status other than 2xx means, by its status and its body.
///
/// A 404 is about a workflow or a session only if it is OpenAI's error: `{"error":{"message":…}}`. A gateway's 404 has another
/// shape. OpenAI's own 404 for an unknown address, as without `/v1`, begins "Invalid URL".
#[must_use]
pub fn error_of_response(status: u16, retry_after_ms: Option<u64>, body: &[u8]) -> OpenAiError {
    let is_about_what_was_named =
        || openai_message(body).is_some_and(|message| !message.starts_with("Invalid URL"));
    if status == 404 && !is_about_what_was_named() {
        return OpenAiError::NoApi;
    }
    error_of_status(status, retry_after_ms)
}

/// `error.message` of an error in OpenAI's shape.
fn openai_message(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.pointer("/error/message")?.as_str()?.to_owned())
}

/// OpenAI's message in an error body, for the log: `error.message`, or the beginning of the body.
#[must_use]
pub fn parse_error(body: &[u8]) -> String {
    openai_message(body)
        .unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(400).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_is_required() {
        let odd = br#"{"client_secret":"ek_1","expires_at":"soon","id":7,"new":[{}]}"#;
        let session = parse_session(odd, Some(60), 1_000).unwrap();
        assert_eq!((session.id, session.expires_at), (None, 1_060));
        let far = br#"{"client_secret":"ek_1","expires_at":18446744073709551615}"#;
        assert_eq!(parse_session(far, None, 1_000).unwrap().expires_at, 1_600);
        let text = br#"{"client_secret":"ek_1","expires_at":"1735689600","id":"cksess_1"}"#;
        let session = parse_session(text, None, 0).unwrap();
        assert_eq!(session.expires_at, 1_735_689_600);
        for bad in [
            &b""[..],
            b"<html>",
            b"{}",
            br#"{"client_secret":""}"#,
            br#"{"client_secret":7}"#,
            b"[]",
        ] {
            assert_eq!(parse_session(bad, None, 0), Err(OpenAiError::BadResponse));
        }
    }

    #[test]
    fn each_status_has_one_meaning() {
        assert_eq!(error_of_status(401, None), OpenAiError::KeyRejected);
        assert_eq!(error_of_status(403, None), OpenAiError::BetaUnavailable);
        assert_eq!(error_of_status(404, None), OpenAiError::WorkflowNotFound);
        assert_eq!(
            error_of_status(429, Some(1_200)),
            OpenAiError::RateLimited {
                retry_after: Some(2)
            }
        );
        assert_eq!(error_of_status(422, None), OpenAiError::Rejected(422));
        assert_eq!(error_of_status(503, None), OpenAiError::Unavailable);
        assert_eq!(error_of_status(302, None), OpenAiError::BadResponse);
    }

    #[test]
    fn a_404_is_about_the_workflow_only_in_openais_shape() {
        let error = |body: &str| error_of_response(404, None, body.as_bytes());
        let openais = r#"{"error":{"message":"Workflow with id 'wf_1' not found.","type":"invalid_request_error"}}"#;
        assert_eq!(error(openais), OpenAiError::WorkflowNotFound);
        for other in [
            "",
            "<html>404 Not Found</html>",
            r#"{"detail":"Not Found"}"#,
            r#"{"error":"Not found"}"#,
            r#"{"success":false,"error":[{"code":2001,"message":"Please configure AI Gateway"}]}"#,
            r#"{"error":{"message":"Invalid URL (POST /chatkit/sessions)","type":"invalid_request_error"}}"#,
        ] {
            assert_eq!(error(other), OpenAiError::NoApi, "{other}");
        }
        assert_eq!(error_of_response(401, None, b""), OpenAiError::KeyRejected);
    }

    #[test]
    fn the_id_of_a_session_is_found_without_its_secret() {
        let id = parse_session_id(br#"{"id":"cksess_1","object":"chatkit.session"}"#);
        assert_eq!(id.as_deref(), Some("cksess_1"));
        for body in [&b""[..], b"<html>", b"{\"id\":7}", b"[\"cksess_1\"]"] {
            assert_eq!(parse_session_id(body), None);
        }
    }
}
