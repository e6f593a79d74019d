//! Shows and cancels a session of the caller's own.

use crate::client_request::ClientRequest;
use crate::clock;
use crate::identify;
use crate::ledger;
use crate::openai_client;
use crate::request_context::{LogFields, RequestContext};
use rules::counters::{Event, Record, Status, UserHash};
use rules::error::{Error, OpenAiError};
use rules::hosted::openai;
use rules::hosted::session_request;
use rules::http::response::Response;
use rules::redact::redact;
use rules::router;

/// Serves `GET /api/chatkit/session/{id}`.
pub async fn show(
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Response, Error> {
    let record = own_record(request, ctx, log).await?;
    Ok(Response::json(record.to_json(clock::now_ms() / 1000)))
}

/// Serves `DELETE /api/chatkit/session/{id}`. Doing it again changes nothing.
pub async fn cancel(
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Response, Error> {
    let record = own_record(request, ctx, log).await?;
    let status = record.status(clock::now_ms() / 1000);
    if status == Status::Cancelled {
        return Ok(Response::json(record.cancelled_json()));
    }
    // OpenAI first: a session noted as cancelled must not go on. One that is over needs no call.
    if status == Status::Active {
        cancel_at_openai(&record, ctx, log).await?;
    }
    ledger::outcome(ledger::cancelled(&ctx.env, &record.id))
        .await
        .map_err(|error| {
            log.ledger_failed(&error);
            Error::Internal
        })?;
    log.event = Some("session.cancelled");
    ctx.count_later(&Event::SessionCancelled);
    Ok(Response::json(record.cancelled_json()))
}

async fn cancel_at_openai(
    record: &Record,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<(), Error> {
    let settings = ctx.sessions()?;
    let path = openai::cancel_path(&record.id).ok_or(Error::NotFound)?;
    let (call, result) = openai_client::post(settings, &path, None, &ctx.client()).await;
    log.call = Some(call);
    match result {
        // A session that OpenAI no longer knows is as good as cancelled.
        Ok(_) | Err(OpenAiError::WorkflowNotFound) => Ok(()),
        Err(failure) => Err(Error::OpenAi(failure)),
    }
}

/// The record of the session that the path names, if it is the caller's. Another's is not found,
/// just like one that never was.
async fn own_record(
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Record, Error> {
    let settings = ctx.sessions()?;
    let id = router::session_id(&request.path).ok_or(Error::NotFound)?;
    openai::cancel_path(id).ok_or(Error::NotFound)?;
    let named = if settings.auth.trust_client_user {
        session_request::user_in_query(&request.query)?
    } else {
        None
    };
    let caller = identify::identify(true, request, named.as_deref(), &settings.auth).await?;
    // A client may have put its secret in the place of the id.
    log.session_id = Some(redact(id, None));
    match ledger::get_record(&ctx.env, id).await {
        Ok(Some(record)) if record.owner == UserHash::of(&caller.user()) => Ok(record),
        Ok(_) => Err(Error::NotFound),
        Err(error) => {
            log.ledger_failed(&error);
            Err(Error::Internal)
        }
    }
}
