//! Calls to OpenAI with retries, all within one deadline.
//!
//! A request that was sent runs to its end, whether or not the client disconnects: OpenAI acts on it all the same, and only its
//! response says on what. No retry follows once the client has disconnected.

use super::openai_request::{self, SESSIONS_PATH, cancel_path};
use super::openai_response::{
    MAX_RESPONSE_BYTES, Session, error_of_response, parse_error, parse_session, parse_session_id,
};
use super::private_values;
use super::retry::{self, Outcome, RETRY_HEADERS, RetryHeaders};
use crate::error::OpenAiError;
use crate::log::OpenAiCall;
use crate::platform::{
    Client, Clock, FetchError, IncomingResponse, OutgoingRequest, ReadError, Upstream,
};
use crate::redact::redact;
use crate::settings::SessionSettings;

const REQUEST_ID: &str = "x-request-id";

/// A failed attempt.
struct Failed {
    error: OpenAiError,
    /// How the attempt counts for the retry policy; `None` if a retry cannot help.
    outcome: Option<Outcome>,
    headers: RetryHeaders,
}

impl Failed {
    fn permanently(error: OpenAiError) -> Self {
        Self {
            error,
            outcome: None,
            headers: RetryHeaders::default(),
        }
    }
}

/// What OpenAI has of a session that nobody can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leftover {
    /// No session: OpenAI's response says so, or OpenAI was not reached.
    Nothing,
    /// The session with this id.
    Session(String),
    /// Perhaps a session, with an id that is not known.
    Unknown,
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSession {
    /// What went wrong.
    pub error: OpenAiError,
    /// What OpenAI has of it.
    pub leftover: Leftover,
}

/// Creates a session.
pub async fn create_session(
    settings: &SessionSettings,
    body: &str,
    platform: &(impl Client + Clock + Upstream),
) -> (OpenAiCall, Result<Session, NoSession>) {
    let (mut call, response) = post(settings, SESSIONS_PATH, Some(body), platform).await;
    let response = match response {
        Ok(response) => response,
        Err(error) => {
            let leftover = leftover_of(error, call.status);
            return (call, Err(NoSession { error, leftover }));
        }
    };
    let now = platform.now_ms() / 1000;
    let session = parse_session(&response, settings.workflow.ttl_seconds, now).map_err(|error| {
        // The response may contain a secret, so none of it is logged.
        call.cause = Some("the response contains no session".to_owned());
        let id = parse_session_id(&response);
        let leftover = id.map_or(Leftover::Unknown, Leftover::Session);
        NoSession { error, leftover }
    });
    (call, session)
}

/// What OpenAI has after a request without a usable response. A success that was not read to its end may be a session, and so may
/// a request that timed out. With any other response there is none. Without a connection there is none either, as for the retries
/// of OpenAI's SDKs: the runtime reports a refused connection and one that is lost later alike ("Network connection lost").
fn leftover_of(error: OpenAiError, status: Option<u16>) -> Leftover {
    match (error, status) {
        (OpenAiError::Timeout, _) | (_, Some(200..=299)) => Leftover::Unknown,
        _ => Leftover::Nothing,
    }
}

/// Cancels a session. One that OpenAI does not know counts as cancelled.
pub async fn cancel_session(
    settings: &SessionSettings,
    id: &str,
    platform: &(impl Client + Clock + Upstream),
) -> (OpenAiCall, Result<(), OpenAiError>) {
    let Some(path) = cancel_path(id) else {
        return (OpenAiCall::default(), Err(OpenAiError::BadResponse));
    };
    let (call, response) = post(settings, &path, None, platform).await;
    let cancelled = match response {
        Ok(_) | Err(OpenAiError::WorkflowNotFound) => Ok(()),
        Err(error) => Err(error),
    };
    (call, cancelled)
}

/// Sends a request, with retries while the client is connected, within `OPENAI_TIMEOUT_SECONDS`.
pub async fn post(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
    platform: &(impl Client + Clock + Upstream),
) -> (OpenAiCall, Result<Vec<u8>, OpenAiError>) {
    let timeout_ms = settings.shared.timeout_seconds.saturating_mul(1000);
    let deadline = platform.now_ms().saturating_add(timeout_ms);
    let left_ms = || deadline.saturating_sub(platform.now_ms());
    let request = OutgoingRequest {
        method: "POST",
        url: &format!("{}{path}", settings.openai.base_url),
        headers: &openai_request::request_headers(settings),
        body,
        wanted_headers: &[REQUEST_ID],
        wanted_error_headers: &RETRY_HEADERS,
        max_bytes: MAX_RESPONSE_BYTES,
        timeout_ms,
    };
    let mut call = OpenAiCall::default();
    loop {
        let request = OutgoingRequest {
            timeout_ms: left_ms(),
            ..request
        };
        call = OpenAiCall {
            tries: call.tries.saturating_add(1),
            ..OpenAiCall::default()
        };
        let response = platform.send(&request).await;
        let failed = match evaluate(response, body, settings, platform.now_ms(), &mut call) {
            Ok(body) => return (call, Ok(body)),
            Err(failed) => failed,
        };
        let jitter = platform.random_bytes().map_or(0, |[byte]: [u8; 1]| byte);
        let delay = failed.outcome.and_then(|outcome| {
            retry::delay(outcome, failed.headers, call.tries, jitter, left_ms())
        });
        let Some(ms) = delay else {
            return (call, Err(failed.error));
        };
        platform.sleep(ms).await;
        if platform.is_gone() {
            return (call, Err(failed.error));
        }
    }
}

/// The body of a 2xx response, or what the failure means. Notes it for the log, without the values of the request's body.
fn evaluate(
    response: Result<IncomingResponse, FetchError>,
    sent: Option<&str>,
    settings: &SessionSettings,
    now: u64,
    call: &mut OpenAiCall,
) -> Result<Vec<u8>, Failed> {
    let redacted = |text: &str| redact(text, Some(&settings.openai.api_key));
    let response = response.map_err(|error| match error {
        FetchError::Connection(cause) => {
            call.cause = Some(redacted(&cause));
            Failed {
                outcome: Some(Outcome::NoConnection),
                ..Failed::permanently(OpenAiError::Unavailable)
            }
        }
        FetchError::Timeout(cause) => {
            call.cause = Some(redacted(&cause));
            Failed::permanently(OpenAiError::Timeout)
        }
    })?;
    let status = response.status;
    call.status = Some(status);
    call.request_id = response.header(REQUEST_ID).map(redacted);
    if (200..300).contains(&status) {
        return response.body.map_err(|error| {
            let (error, cause) = match error {
                ReadError::TooLarge => (
                    OpenAiError::BadResponse,
                    "the response is larger than 1 MiB".to_owned(),
                ),
                ReadError::TooManyPieces => (
                    OpenAiError::BadResponse,
                    "the response arrives in too many pieces".to_owned(),
                ),
                ReadError::Timeout(cause) => (OpenAiError::Timeout, redacted(&cause)),
                ReadError::Failed(cause) => (OpenAiError::BadResponse, redacted(&cause)),
            };
            call.cause = Some(cause);
            Failed::permanently(error)
        });
    }
    let headers = RetryHeaders::of(|name| response.header(name), now);
    let body = response.body.unwrap_or_default();
    call.cause = Some(redacted(&private_values::remove(&parse_error(&body), sent)));
    Err(Failed {
        error: error_of_response(status, headers.retry_after_ms, &body),
        outcome: Some(Outcome::Status(status)),
        headers,
    })
}
