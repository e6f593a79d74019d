//! Calls the object of a user, and reads why it refuses.

use super::chat_call::{ChatCall, ChatOperation, ObjectRequest};
use crate::context::Context;
use crate::error::Error;
use crate::http::json_object::from_object;
use crate::http::response::{Response, to_json};
use crate::platform::{ChatAnswer, Platform};
use crate::redact::redact;
use futures_util::future::{Either, select};
use serde::Deserialize;
use std::pin::pin;

/// How long the head of an answer is waited for. The object sends it once the message is stored, before it calls the model.
const DEADLINE_MS: u64 = 30_000;

/// What the object answers instead of a result.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    /// The wrong field, and what is allowed there.
    field: Option<String>,
    expected: Option<String>,
    /// The text, where it is not that of the code.
    detail: Option<String>,
}

/// Calls the object. Its answer is passed on as it is.
///
/// # Errors
/// The error that the object returns by its code, and [`Error::Internal`] if it does not answer.
pub async fn call<P: Platform>(
    call: &ChatCall,
    operation: ChatOperation<'_>,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    let body = to_json(&ObjectRequest { call, operation });
    let answer = pin!(ctx.platform.call_object(&call.user, &body));
    let deadline = pin!(ctx.platform.deadline(DEADLINE_MS));
    let answer = match select(answer, deadline).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err("no answer within 30 seconds".to_owned()),
    };
    let answer = answer.map_err(|cause| {
        ctx.log
            .set_failure(format!("the object of the user failed: {cause}"));
        Error::Internal
    })?;
    match answer.status {
        200 => Ok(passed_on(&answer)),
        status => Err(refusal(status, &answer.failure, ctx)),
    }
}

/// The response whose body the platform passes on.
#[must_use]
pub fn passed_on(answer: &ChatAnswer) -> Response {
    let content_type = answer.header("content-type").unwrap_or("application/json");
    let mut response = Response::passed_on(content_type);
    if let Some(run) = answer.header("x-chatkit-run") {
        response.headers.set("X-ChatKit-Run", run);
    }
    response
}

fn refusal<P: Platform>(status: u16, body: &[u8], ctx: &Context<'_, P>) -> Error {
    let Some(refusal) = from_object::<Refusal>(body) else {
        ctx.log
            .set_failure(format!("the object of the user answered {status}"));
        return Error::Internal;
    };
    let code = redact(&refusal.code, None);
    ctx.log
        .set_failure(format!("the object of the user refused: {code}"));
    let error = match (refusal.field, refusal.expected) {
        (Some(field), Some(expected)) => Error::invalid(field, expected),
        _ => Error::of_code(&refusal.code),
    };
    match refusal.detail {
        Some(detail) => Error::WithDetail {
            error: Box::new(error),
            detail,
        },
        None => error,
    }
}
