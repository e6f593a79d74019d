//! Calls to OpenAI: one deadline over all tries, each try and each byte of its answer.

use crate::clock;
use crate::incoming::read_at_most;
use broker::openai::{self, MAX_ANSWER_BYTES, Session};
use broker::problem::OpenAiFailure;
use broker::redact::redact;
use broker::retry::{self, Advice, Outcome};
use broker::settings::SessionSettings;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{
    AbortSignal, Delay, Error, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
    Response,
};

/// What happened between us and OpenAI, for the log.
#[derive(Default)]
pub struct Exchange {
    /// How many requests were sent.
    pub tries: u32,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// OpenAI's id of the last request.
    pub request_id: Option<String>,
    /// Why it failed, redacted.
    pub cause: Option<String>,
}

/// A try that gave no answer of 2xx.
struct Failed {
    failure: OpenAiFailure,
    /// How the try counts for the rule of retries; `None` if it can't help to try again.
    outcome: Option<Outcome>,
    advice: Advice,
}

impl Failed {
    fn for_good(failure: OpenAiFailure) -> Self {
        Self {
            failure,
            outcome: None,
            advice: Advice::default(),
        }
    }
}

/// Asks OpenAI for a session.
pub async fn create_session(
    settings: &SessionSettings,
    body: &str,
) -> (Exchange, Result<Session, OpenAiFailure>) {
    let (mut exchange, answer) = post(settings, openai::SESSIONS_PATH, Some(body)).await;
    let session = answer.and_then(|answer| {
        let now = clock::now_ms() / 1000;
        // The answer may hold a secret, so none of it is logged.
        openai::read_session(&answer, settings.ttl_seconds, now).inspect_err(|_| {
            exchange.cause = Some("the answer holds no session".to_owned());
        })
    });
    (exchange, session)
}

/// Sends a request, again where that may help, all within `OPENAI_TIMEOUT_SECONDS`.
pub async fn post(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
) -> (Exchange, Result<Vec<u8>, OpenAiFailure>) {
    let deadline = clock::now_ms().saturating_add(settings.timeout_seconds.saturating_mul(1000));
    let mut exchange = Exchange::default();
    loop {
        let left = deadline.saturating_sub(clock::now_ms());
        exchange = Exchange {
            tries: exchange.tries.saturating_add(1),
            ..Exchange::default()
        };
        let failed = match attempt(settings, path, body, left, &mut exchange).await {
            Ok(answer) => return (exchange, Ok(answer)),
            Err(failed) => failed,
        };
        let left = deadline.saturating_sub(clock::now_ms());
        let jitter = clock::random().map_or(0, |[byte]: [u8; 1]| byte);
        let pause = failed
            .outcome
            .and_then(|outcome| retry::pause(outcome, failed.advice, exchange.tries, jitter, left));
        match pause {
            Some(ms) => Delay::from(Duration::from_millis(ms)).await,
            None => return (exchange, Err(failed.failure)),
        }
    }
}

async fn attempt(
    settings: &SessionSettings,
    path: &str,
    body: Option<&str>,
    left_ms: u64,
    exchange: &mut Exchange,
) -> Result<Vec<u8>, Failed> {
    // The signal also ends an answer's body that drips.
    let timeout = u32::try_from(left_ms).unwrap_or(u32::MAX);
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(timeout));
    let request = request(settings, path, body).map_err(|error| {
        exchange.cause = Some(said(&error, settings));
        Failed::for_good(OpenAiFailure::Unavailable)
    })?;
    let mut response = match Fetch::Request(request).send_with_signal(&signal).await {
        Ok(response) => response,
        Err(error) => {
            exchange.cause = Some(said(&error, settings));
            return Err(if signal.aborted() {
                Failed::for_good(OpenAiFailure::Timeout)
            } else {
                Failed {
                    outcome: Some(Outcome::NoConnection),
                    ..Failed::for_good(OpenAiFailure::Unavailable)
                }
            });
        }
    };
    let status = response.status_code();
    exchange.status = Some(status);
    exchange.request_id = header(&response, "x-request-id");
    let answer = match response.stream() {
        Ok(stream) => read_at_most(MAX_ANSWER_BYTES, stream).await,
        Err(_) => Ok(Some(Vec::new())),
    };
    if (200..300).contains(&status) {
        let (failure, cause) = match answer {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => (
                OpenAiFailure::BadResponse,
                "the answer is larger than 1 MiB".to_owned(),
            ),
            Err(error) if signal.aborted() => (OpenAiFailure::Timeout, said(&error, settings)),
            Err(error) => (OpenAiFailure::BadResponse, said(&error, settings)),
        };
        exchange.cause = Some(cause);
        return Err(Failed::for_good(failure));
    }
    let text = openai::error_text(&answer.ok().flatten().unwrap_or_default());
    exchange.cause = Some(redact(&text, Some(&settings.api_key)));
    let advice = Advice::read(
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

fn request(settings: &SessionSettings, path: &str, body: Option<&str>) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in openai::request_headers(settings) {
        headers.set(name, &value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_body(body.map(JsValue::from_str))
        .with_redirect(RequestRedirect::Manual);
    Request::new_with_init(&format!("{}{path}", settings.base_url), &init)
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

fn said(error: &Error, settings: &SessionSettings) -> String {
    redact(&error.to_string(), Some(&settings.api_key))
}
