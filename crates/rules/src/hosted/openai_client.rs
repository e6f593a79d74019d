//! Calls to OpenAI with retries, all within one deadline and only while the client is connected.

use super::openai_request::{self, SESSIONS_PATH};
use super::openai_response::{
    MAX_RESPONSE_BYTES, Session, error_of_status, parse_error, parse_session,
};
use super::private_values;
use super::retry::{self, Outcome, RetryHeaders};
use crate::error::OpenAiError;
use crate::log::OpenAiCall;
use crate::platform::{
    Client, Clock, FetchError, IncomingResponse, OutgoingRequest, ReadError, Upstream,
};
use crate::redact::redact;
use crate::settings::SessionSettings;

const REQUEST_ID: &str = "x-request-id";
const SHOULD_RETRY: &str = "x-should-retry";
const RETRY_AFTER_MS: &str = "retry-after-ms";
const RETRY_AFTER: &str = "retry-after";
const RETRY_HEADERS: [&str; 3] = [SHOULD_RETRY, RETRY_AFTER_MS, RETRY_AFTER];

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

/// Creates a session.
pub async fn create_session(
    settings: &SessionSettings,
    body: &str,
    platform: &(impl Client + Clock + Upstream),
) -> (OpenAiCall, Result<Session, OpenAiError>) {
    let (mut call, response) = post(settings, SESSIONS_PATH, Some(body), platform).await;
    let session = response.and_then(|response| {
        let now = platform.now_ms() / 1000;
        // The response may contain a secret, so none of it is logged.
        parse_session(&response, settings.ttl_seconds, now).inspect_err(|_| {
            call.cause = Some("the response contains no session".to_owned());
        })
    });
    (call, session)
}

/// Sends a request, with retries, within `OPENAI_TIMEOUT_SECONDS` and only while the client is connected.
pub async fn post(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
    platform: &(impl Client + Clock + Upstream),
) -> (OpenAiCall, Result<Vec<u8>, OpenAiError>) {
    let timeout_ms = settings.timeout_seconds.saturating_mul(1000);
    let deadline = platform.now_ms().saturating_add(timeout_ms);
    let left_ms = || deadline.saturating_sub(platform.now_ms());
    let request = OutgoingRequest {
        method: "POST",
        url: &format!("{}{path}", settings.base_url),
        headers: &openai_request::request_headers(settings),
        body,
        wanted_headers: &[REQUEST_ID],
        wanted_error_headers: &RETRY_HEADERS,
        max_bytes: MAX_RESPONSE_BYTES,
        timeout_ms,
        is_shared: false,
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
            Err(_) if platform.is_gone() => return (call, Err(OpenAiError::Aborted)),
            Err(failed) => failed,
        };
        let jitter = platform.random_bytes().map_or(0, |[byte]: [u8; 1]| byte);
        let delay = failed.outcome.and_then(|outcome| {
            retry::delay(outcome, failed.headers, call.tries, jitter, left_ms())
        });
        match delay {
            Some(ms) => platform.sleep(ms).await,
            None => return (call, Err(failed.error)),
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
    let redacted = |text: &str| redact(text, Some(&settings.api_key));
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
        FetchError::Aborted => Failed::permanently(OpenAiError::Aborted),
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
    let headers = RetryHeaders::read(
        response.header(SHOULD_RETRY),
        response.header(RETRY_AFTER_MS),
        response.header(RETRY_AFTER),
        now,
    );
    let message = parse_error(&response.body.unwrap_or_default());
    call.cause = Some(redacted(&private_values::remove(&message, sent)));
    Err(Failed {
        error: error_of_status(status, headers.retry_after_ms),
        outcome: Some(Outcome::Status(status)),
        headers,
    })
}
