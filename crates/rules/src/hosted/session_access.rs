//! `GET` and `DELETE /api/chatkit/session/{id}`: shows and cancels a session of the user's own.

use super::openai_client;
use super::openai_request::cancel_path;
use super::session_record::{SessionRecord, Status};
use super::single_flight::Flight;
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{Error, OpenAiError};
use crate::http::response::Response;
use crate::identity::identify::{Proof, identify};
use crate::identity::named_user;
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

/// Cancels the session. A repeated request changes nothing. Of several requests at once, one asks OpenAI.
///
/// # Errors
/// [`Error::NotFound`] as in [`show`]; [`Error::OpenAi`] if OpenAI does not cancel it.
pub async fn cancel<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<Response, Error> {
    let record = own_record(id, ctx).await?;
    let status = record.status(ctx.platform.now_ms() / 1000);
    if status == Status::Cancelled {
        return Ok(Response::json(&record.cancelled_view()));
    }
    let max_ms = ctx.session_settings()?.max_flight_ms();
    let cancel = async |_: &_| (cancel_once(&record, status, ctx).await, false);
    let flight = ctx
        .isolate
        .cancellations
        .run(id, max_ms, ctx.platform, cancel);
    match flight.await {
        Flight::Made(result) | Flight::Shared(result) => result,
        Flight::Aborted => Err(OpenAiError::Aborted.into()),
    }?;
    Ok(Response::json(&record.cancelled_view()))
}

/// Cancels the session at OpenAI, then in the ledger. Counts it if no other isolate cancelled it meanwhile.
async fn cancel_once<P: Platform>(
    record: &SessionRecord,
    status: Status,
    ctx: &Context<'_, P>,
) -> Result<(), Error> {
    // OpenAI first: a session that is recorded as cancelled must not go on. An expired one needs no call.
    if status == Status::Active {
        let settings = ctx.session_settings()?;
        let cancelled = openai_client::cancel_session(settings, &record.id, ctx.platform);
        let (call, result) = cancelled.await;
        ctx.log.set_call(call);
        result?;
    }
    match ctx.platform.cancel_record(&record.id).await {
        Ok(true) => {
            ctx.log.set_event("session.cancelled");
            recorder::count_later(&Event::SessionCancelled, ctx);
            Ok(())
        }
        Ok(false) => Ok(()),
        Err(error) => {
            ctx.log.ledger_failed(&error);
            Err(Error::Internal)
        }
    }
}

/// The record of a session, if it belongs to the user. Another user's is not found, like one that never existed.
async fn own_record<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<SessionRecord, Error> {
    let settings = ctx.session_settings()?;
    cancel_path(id).ok_or(Error::NotFound)?;
    ctx.rate_limit_client(SESSIONS_PER_ADDRESS).await?;
    let named = if settings.shared.auth.trust_client_user {
        named_user::in_query(&ctx.query)?
    } else {
        None
    };
    let (auth, jwks) = (&settings.shared.auth, &ctx.isolate.jwks);
    let (log, named) = (&ctx.log, named.as_deref());
    let identity = identify(Proof::Required, named, auth, jwks, log, ctx.platform).await?;
    ctx.log.set_session_id(id);
    match ctx.platform.get_record(id).await {
        Ok(Some(record)) if auth.owners.is_owner(&record.owner, &identity.user()) => Ok(record),
        Ok(_) => Err(Error::NotFound),
        Err(error) => {
            ctx.log.ledger_failed(&error);
            Err(Error::Internal)
        }
    }
}
