//! Calls to OpenAI: one deadline over all attempts, each try and each byte of its answer.

use crate::clock;
use crate::runtime::{self, RequestOptions, read_answer};
use rules::error::OpenAiError;
use rules::hosted::openai::{self, MAX_ANSWER_BYTES, Session};
use rules::hosted::retry::{self, Outcome, RetryHeaders};
use rules::redact::redact;
use rules::settings::SessionSettings;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, Response};

/// What happened between us and OpenAI, for the log.
#[derive(Default)]
pub struct OpenAiCall {
    /// How many requests were sent.
    pub attempts: u32,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// OpenAI's id of the last request, redacted: it is a header, which may hold anything.
    pub request_id: Option<String>,
    /// Why it failed, redacted.
    pub cause: Option<String>,
}

/// A try that gave no answer of 2xx.
struct Failed {
    failure: OpenAiError,
    /// How the try counts for the rule of retries; `None` if it can't help to try again.
    outcome: Option<Outcome>,
    advice: RetryHeaders,
}

impl Failed {
    fn for_good(failure: OpenAiError) -> Self {
        Self {
            failure,
            outcome: None,
            advice: RetryHeaders::default(),
        }
    }
}

/// Asks OpenAI for a session.
pub async fn create_session(
    settings: &SessionSettings,
    body: &str,
    client: &AbortSignal,
) -> (OpenAiCall, Result<Session, OpenAiError>) {
    let (mut call, answer) = post(settings, openai::SESSIONS_PATH, Some(body), client).await;
    let session = answer.and_then(|answer| {
        let now = clock::now_ms() / 1000;
        // The answer may hold a secret, so none of it is logged.
        openai::parse_session(&answer, settings.ttl_seconds, now).inspect_err(|_| {
            call.cause = Some("the answer holds no session".to_owned());
        })
    });
    (call, session)
}

/// Sends a request, again where that may help, all within `OPENAI_TIMEOUT_SECONDS` and as long as
/// the client is there.
pub async fn post(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
    client: &AbortSignal,
) -> (OpenAiCall, Result<Vec<u8>, OpenAiError>) {
    let deadline = clock::now_ms().saturating_add(settings.timeout_seconds.saturating_mul(1000));
    let mut call = OpenAiCall::default();
    loop {
        let left = deadline.saturating_sub(clock::now_ms());
        call = OpenAiCall {
            attempts: call.attempts.saturating_add(1),
            ..OpenAiCall::default()
        };
        let signal = runtime::either(client, left);
        let failed = match attempt(settings, path, body, &signal, &mut call).await {
            Ok(answer) => return (call, Ok(answer)),
            Err(_) if client.aborted() => return (call, Err(OpenAiError::Abandoned)),
            Err(failed) => failed,
        };
        let left = deadline.saturating_sub(clock::now_ms());
        let jitter = clock::random().map_or(0, |[byte]: [u8; 1]| byte);
        let pause = failed
            .outcome
            .and_then(|outcome| retry::delay(outcome, failed.advice, call.attempts, jitter, left));
        match pause {
            Some(ms) => runtime::pause(ms, client).await,
            None => return (call, Err(failed.failure)),
        }
    }
}

/// One try. The signal says when the client goes away or the time is up.
async fn attempt(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
    signal: &AbortSignal,
    call: &mut OpenAiCall,
) -> Result<Vec<u8>, Failed> {
    let url = format!("{}{path}", settings.base_url);
    let options = RequestOptions {
        method: "POST",
        headers: &openai::request_headers(settings),
        body,
        redirect: Some("manual"),
    };
    let response = match runtime::fetch(&url, &options, signal).await {
        Ok(response) => response,
        Err(error) => {
            call.cause = Some(said(&error, settings));
            return Err(if signal.aborted() {
                Failed::for_good(OpenAiError::Timeout)
            } else {
                Failed {
                    outcome: Some(Outcome::NoConnection),
                    ..Failed::for_good(OpenAiError::Unavailable)
                }
            });
        }
    };
    let status = response.status();
    call.status = Some(status);
    call.request_id =
        header(&response, "x-request-id").map(|id| redact(&id, Some(&settings.api_key)));
    let answer = read_answer(MAX_ANSWER_BYTES, &response).await;
    if (200..300).contains(&status) {
        let (failure, cause) = match answer {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => (
                OpenAiError::BadResponse,
                "the answer is larger than 1 MiB".to_owned(),
            ),
            Err(error) if signal.aborted() => (OpenAiError::Timeout, said(&error, settings)),
            Err(error) => (OpenAiError::BadResponse, said(&error, settings)),
        };
        call.cause = Some(cause);
        return Err(Failed::for_good(failure));
    }
    let text = openai::parse_error(&answer.ok().flatten().unwrap_or_default());
    call.cause = Some(redact(&text, Some(&settings.api_key)));
    let advice = RetryHeaders::read(
        header(&response, "x-should-retry").as_deref(),
        header(&response, "retry-after-ms").as_deref(),
        header(&response, "retry-after").as_deref(),
        clock::now_ms(),
    );
    Err(Failed {
        failure: openai::failure_of_status(status, advice.retry_after_ms),
        outcome: Some(Outcome::Status(status)),
        advice,
    })
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

fn said(error: &JsValue, settings: &SessionSettings) -> String {
    redact(&runtime::said(error), Some(&settings.api_key))
}
