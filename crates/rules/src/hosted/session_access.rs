//! `GET` and `DELETE /api/chatkit/session/{id}`: shows and cancels a session of the user's own.

use super::openai_client;
use super::openai_request::cancel_path;
use super::session_record::{SessionRecord, Status, UserHash};
use super::session_request::user_in_query;
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{Error, OpenAiError};
use crate::http::response::Response;
use crate::identity::identify::{Proof, identify};
use crate::platform::Platform;
use crate::rate_limits::SESSIONS_PER_ADDRESS;

/// Shows the record.
///
/// # Errors
/// [`Error::NotFound`] for an unknown session and for another user's.
pub async fn show<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<Response, Error> {
    let record = own_record(id, ctx).await?;
    Ok(Response::json(&record.view(ctx.platform.now_ms() / 1000)))
}

/// Cancels the session. A repeated request changes nothing.
///
/// # Errors
/// [`Error::NotFound`] as in [`show`]; [`Error::OpenAi`] if OpenAI does not cancel it.
pub async fn cancel<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<Response, Error> {
    let record = own_record(id, ctx).await?;
    let status = record.status(ctx.platform.now_ms() / 1000);
    if status == Status::Cancelled {
        return Ok(Response::json(&record.cancelled_view()));
    }
    // OpenAI first: a session that is recorded as cancelled must not go on. An expired one needs no call.
    if status == Status::Active {
        cancel_at_openai(&record, ctx).await?;
    }
    if let Err(error) = ctx.platform.cancel_record(&record.id).await {
        ctx.log.ledger_failed(&error);
        return Err(Error::Internal);
    }
    ctx.log.set_event("session.cancelled");
    recorder::count_later(&Event::SessionCancelled, ctx);
    Ok(Response::json(&record.cancelled_view()))
}

async fn cancel_at_openai<P: Platform>(
    record: &SessionRecord,
    ctx: &Context<'_, P>,
) -> Result<(), Error> {
    let settings = ctx.session_settings()?;
    let path = cancel_path(&record.id).ok_or(Error::NotFound)?;
    let (call, result) = openai_client::post(settings, &path, None, ctx.platform).await;
    ctx.log.set_call(call);
    match result {
        // 404: a session that OpenAI does not know counts as cancelled.
        Ok(_) | Err(OpenAiError::WorkflowNotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The record of a session, if it belongs to the user. Another user's is not found, like one that never existed.
async fn own_record<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<SessionRecord, Error> {
    let settings = ctx.session_settings()?;
    cancel_path(id).ok_or(Error::NotFound)?;
    ctx.rate_limit_client(SESSIONS_PER_ADDRESS).await?;
    let named = if settings.auth.trust_client_user {
        user_in_query(&ctx.query)?
    } else {
        None
    };
    let (auth, jwks) = (&settings.auth, &ctx.isolate.jwks);
    let identity = identify(Proof::Required, named.as_deref(), auth, jwks, ctx.platform).await?;
    ctx.log.set_session_id(id);
    match ctx.platform.get_record(id).await {
        Ok(Some(record)) if record.owner == UserHash::of(&identity.user()) => Ok(record),
        Ok(_) => Err(Error::NotFound),
        Err(error) => {
            ctx.log.ledger_failed(&error);
            Err(Error::Internal)
        }
    }
}
