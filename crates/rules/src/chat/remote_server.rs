//! `BACKEND=remote`: forwards a checked request to the owner's ChatKit server.

use super::chat_body::ChatBody;
use super::chat_caller;
use super::error_event::EVENT_STREAM;
use super::object_call;
use super::request_signature::{SIGNATURE, USER, sign, user_header};
use crate::context::Context;
use crate::error::{ChatServerError, Error};
use crate::http::response::Response;
use crate::identity::identify::Identity;
use crate::platform::{ChatAnswer, FetchError, OutgoingRequest, Platform};
use crate::settings::RemoteSettings;

/// Forwards a request. The server gets the user's id and a signature, and neither cookies nor tokens.
///
/// # Errors
/// [`Error::ChatServer`].
pub async fn forward<P: Platform>(
    request: &ChatBody<'_>,
    identity: &Identity,
    settings: &RemoteSettings,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    let expected = match request.is_streaming() {
        true => EVENT_STREAM,
        false => "application/json",
    };
    let body = request.raw.get();
    let now = ctx.platform.now_ms() / 1000;
    let mut headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("Accept", expected.to_owned()),
        (USER, user_header(&identity.user())),
        (SIGNATURE, sign(&settings.tools_secret, now, body)),
    ];
    if let Some(languages) = ctx.platform.header("Accept-Language") {
        headers.push(("Accept-Language", languages));
    }
    if let Some(frame) = chat_caller::frame(ctx) {
        headers.push(("chatkit-frame-instance-id", frame));
    }
    let outgoing = OutgoingRequest {
        method: "POST",
        url: &settings.url,
        headers: &headers,
        body: Some(body),
        timeout_ms: settings.shared.timeout_seconds.saturating_mul(1000),
        ..OutgoingRequest::default()
    };
    let max_ms = settings.answer_timeout_seconds.saturating_mul(1000);
    let answer = ctx.platform.forward(&outgoing, expected, max_ms).await;
    let answer = answer.map_err(|error| {
        let (cause, error) = match error {
            FetchError::Connection(cause) => (cause, ChatServerError::Unavailable),
            FetchError::Timeout(cause) => (cause, ChatServerError::Timeout),
        };
        ctx.log
            .set_failure(format!("the ChatKit server did not answer: {cause}"));
        error
    })?;
    evaluate(&answer, expected).inspect_err(|_| {
        let status = answer.status;
        ctx.log
            .set_failure(format!("the ChatKit server answered with status {status}"));
    })?;
    Ok(object_call::passed_on(&answer))
}

fn evaluate(answer: &ChatAnswer, expected: &str) -> Result<(), ChatServerError> {
    let kind = answer.header("content-type").unwrap_or_default();
    match answer.status {
        200 if kind.starts_with(expected) => Ok(()),
        429 => Err(ChatServerError::RateLimited {
            retry_after: answer
                .header("retry-after")
                .and_then(|text| text.parse().ok()),
        }),
        status @ 400..=499 => Err(ChatServerError::Rejected(status)),
        500..=599 => Err(ChatServerError::Unavailable),
        _ => Err(ChatServerError::BadResponse),
    }
}
