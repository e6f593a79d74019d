//! One call of the model: sends it, retries it before its first event, and decodes its stream.
//!
//! Retries follow the same policy as all calls to OpenAI. After the first event nothing is retried: what was shown and paid for
//! stays.

use super::agent_call;
use super::model_failure;
use super::run_host::{ModelBody, ModelRequest, ModelResponse, ModelServer};
use crate::error::{Error, OpenAiError};
use crate::hosted::openai_response::parse_error;
use crate::hosted::private_values;
use crate::hosted::retry::{self, Outcome, RetryHeaders};
use crate::log::OpenAiCall;
use crate::platform::{Clock, FetchError};
use crate::redact::redact;
use crate::secret::Secret;
use crate::settings::{AgentSettings, ChatSettings};
use chatkit::responses::model_event::ModelEvent;
use chatkit::responses::sse::SseDecoder;
use futures_util::future::{Either, select};
use std::pin::pin;

/// How much of an error's body is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The stream of a response.
#[derive(Debug)]
pub struct ModelEvents<B> {
    body: B,
    decoder: SseDecoder,
    /// What follows the events that were returned last.
    malformed: Option<BrokenStream>,
}

/// Why a stream gave no event.
#[derive(Debug, PartialEq, Eq)]
pub enum BrokenStream {
    /// The connection broke off; the runtime's message.
    Cut(String),
    /// It is not what the API sends.
    Malformed(&'static str),
}

impl<B: ModelBody> ModelEvents<B> {
    /// The events that arrive next, at least one; `None` at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`BrokenStream`]; the events before it were returned.
    pub async fn next(&mut self) -> Result<Option<Vec<ModelEvent>>, BrokenStream> {
        if let Some(malformed) = self.malformed.take() {
            return Err(malformed);
        }
        loop {
            let Some(bytes) = self.body.next().await.map_err(BrokenStream::Cut)? else {
                return match self.decoder.finish() {
                    Some(data) => parsed(data).map(|event| Some(vec![event])),
                    None => Ok(None),
                };
            };
            let mut events = Vec::new();
            for event in self.decoder.push(&bytes).into_iter().map(parsed) {
                match event {
                    Ok(event) => events.push(event),
                    Err(malformed) => {
                        self.malformed = Some(malformed);
                        break;
                    }
                }
            }
            if !events.is_empty() {
                return Ok(Some(events));
            }
            if let Some(malformed) = self.malformed.take() {
                return Err(malformed);
            }
        }
    }
}

fn parsed(
    data: Result<String, chatkit::responses::sse::TooLong>,
) -> Result<ModelEvent, BrokenStream> {
    let data = data.map_err(|_| BrokenStream::Malformed("an event is too long"))?;
    ModelEvent::parse(&data).map_err(|_| BrokenStream::Malformed("an event is not JSON"))
}

/// A failed attempt.
struct Failed {
    error: Error,
    outcome: Option<Outcome>,
    headers: RetryHeaders,
}

/// Opens a stream and waits for its first events, within `timeout_ms`, retries included. Dropping the future aborts the call.
///
/// # Errors
/// Why there is no answer. `call` says more, for the log.
pub async fn open<H: ModelServer + Clock>(
    host: &H,
    request: &ModelRequest<'_>,
    timeout_ms: u64,
    api_key: &Secret,
    call: &mut OpenAiCall,
) -> Result<(ModelEvents<H::Body>, Vec<ModelEvent>), Error> {
    let deadline = host.now_ms().saturating_add(timeout_ms);
    loop {
        *call = OpenAiCall {
            tries: call.tries.saturating_add(1),
            ..OpenAiCall::default()
        };
        let timeout = pin!(host.deadline(deadline.saturating_sub(host.now_ms())));
        let ended = match select(pin!(attempt(host, request, api_key, call)), timeout).await {
            Either::Left((ended, _)) => Some(ended),
            Either::Right(_) => None,
        };
        let failed = match ended {
            Some(Ok(opened)) => return Ok(opened),
            Some(Err(failed)) => failed,
            None => {
                call.cause = Some("no event within OPENAI_TIMEOUT_SECONDS".to_owned());
                return Err(OpenAiError::Timeout.into());
            }
        };
        let jitter = host.random_bytes().map_or(0, |[byte]: [u8; 1]| byte);
        let left_ms = deadline.saturating_sub(host.now_ms());
        let delay = failed
            .outcome
            .and_then(|outcome| retry::delay(outcome, failed.headers, call.tries, jitter, left_ms));
        match delay {
            Some(ms) => host.deadline(ms).await,
            None => return Err(failed.error),
        }
    }
}

async fn attempt<H: ModelServer + Clock>(
    host: &H,
    request: &ModelRequest<'_>,
    api_key: &Secret,
    call: &mut OpenAiCall,
) -> Result<(ModelEvents<H::Body>, Vec<ModelEvent>), Failed> {
    let redacted = |text: &str| redact(text, Some(api_key));
    let response = host.open(request).await.map_err(|error| {
        let (cause, error, outcome) = match error {
            FetchError::Connection(cause) => {
                (cause, OpenAiError::Unavailable, Some(Outcome::NoConnection))
            }
            FetchError::Timeout(cause) => (cause, OpenAiError::Timeout, None),
        };
        call.cause = Some(redacted(&cause));
        Failed {
            error: error.into(),
            outcome,
            headers: RetryHeaders::default(),
        }
    })?;
    call.status = Some(response.status);
    call.request_id = response.header("x-request-id").map(redacted);
    if !(200..300).contains(&response.status) {
        return Err(refused(response, request.body, host.now_ms(), &redacted, call).await);
    }
    let content_type = response.header("content-type").unwrap_or_default();
    if !content_type
        .to_ascii_lowercase()
        .starts_with("text/event-stream")
    {
        call.cause = Some(redacted(&format!(
            "the response is no event stream but {content_type}"
        )));
        return Err(permanently(OpenAiError::BadResponse));
    }
    let mut events = ModelEvents {
        body: response.body,
        decoder: SseDecoder::default(),
        malformed: None,
    };
    match events.next().await {
        Ok(Some(first)) => Ok((events, first)),
        Ok(None) => {
            call.cause = Some("the stream ended before its first event".to_owned());
            Err(Failed {
                outcome: Some(Outcome::NoConnection),
                ..permanently(OpenAiError::Unavailable)
            })
        }
        Err(BrokenStream::Cut(cause)) => {
            call.cause = Some(redacted(&cause));
            Err(Failed {
                outcome: Some(Outcome::NoConnection),
                ..permanently(OpenAiError::Unavailable)
            })
        }
        Err(BrokenStream::Malformed(cause)) => {
            call.cause = Some(cause.to_owned());
            Err(permanently(OpenAiError::BadResponse))
        }
    }
}

fn permanently(error: OpenAiError) -> Failed {
    Failed {
        error: error.into(),
        outcome: None,
        headers: RetryHeaders::default(),
    }
}

async fn refused<B: ModelBody>(
    mut response: ModelResponse<B>,
    sent: Option<&str>,
    now_ms: u64,
    redacted: &impl Fn(&str) -> String,
    call: &mut OpenAiCall,
) -> Failed {
    let headers = RetryHeaders::of(|name| response.header(name), now_ms);
    let body = read_limited(&mut response.body).await;
    // The text may quote the visitor's message, which does not belong in a log.
    call.cause = Some(redacted(&private_values::remove_messages(
        &parse_error(&body),
        sent,
    )));
    Failed {
        error: model_failure::of_response(response.status, headers.retry_after_ms, &body),
        outcome: Some(Outcome::Status(response.status)),
        headers,
    }
}

/// How long it is tried to cancel a response, in milliseconds.
const CANCEL_MS: u64 = 10_000;

/// Cancels a background response, which would go on and be paid without anybody who reads it.
pub async fn cancel<H: ModelServer + Clock>(
    response_id: &str,
    agent: &AgentSettings,
    chat: &ChatSettings,
    host: &H,
) {
    let url = format!("{}/{response_id}/cancel", agent_call::responses_url(agent));
    let headers = agent_call::headers(agent, chat);
    let request = ModelRequest {
        method: "POST",
        url: &url,
        headers: &headers,
        body: None,
    };
    // If it fails, the response ends by itself.
    select(pin!(host.open(&request)), pin!(host.deadline(CANCEL_MS))).await;
}

/// The beginning of a body.
pub async fn read_limited(body: &mut impl ModelBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = body.next().await {
        let left = MAX_ERROR_BYTES.saturating_sub(bytes.len());
        bytes.extend(piece.into_iter().take(left));
        if bytes.len() >= MAX_ERROR_BYTES {
            break;
        }
    }
    bytes
}
