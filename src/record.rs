//! Shows and cancels a session of the caller's own.

use crate::caller;
use crate::clock;
use crate::incoming::Incoming;
use crate::ledger;
use crate::scope::{Scope, Trace};
use crate::upstream;
use broker::answer::Answer;
use broker::ask;
use broker::cause::{Cause, OpenAiFailure};
use broker::ledger::{Event, Owner, Record, Status};
use broker::openai;
use broker::redact::redact;
use broker::route;

/// Serves `GET /api/chatkit/session/{id}`.
pub async fn show(incoming: &Incoming, scope: &Scope, trace: &mut Trace) -> Result<Answer, Cause> {
    let record = own_record(incoming, scope, trace).await?;
    Ok(Answer::json(record.to_json(clock::now_ms() / 1000)))
}

/// Serves `DELETE /api/chatkit/session/{id}`. Doing it again changes nothing.
pub async fn cancel(
    incoming: &Incoming,
    scope: &Scope,
    trace: &mut Trace,
) -> Result<Answer, Cause> {
    let record = own_record(incoming, scope, trace).await?;
    let status = record.status(clock::now_ms() / 1000);
    if status == Status::Cancelled {
        return Ok(Answer::json(record.cancelled_json()));
    }
    // OpenAI first: a session noted as cancelled must not go on. One that is over needs no call.
    if status == Status::Active {
        cancel_at_openai(&record, scope, trace).await?;
    }
    ledger::outcome(ledger::cancelled(&scope.env, &record.id))
        .await
        .map_err(|error| {
            trace.ledger_failed(&error);
            Cause::Internal
        })?;
    trace.event = Some("session.cancelled");
    scope.count_later(&Event::SessionCancelled);
    Ok(Answer::json(record.cancelled_json()))
}

async fn cancel_at_openai(record: &Record, scope: &Scope, trace: &mut Trace) -> Result<(), Cause> {
    let settings = scope.sessions()?;
    let path = openai::cancel_path(&record.id).ok_or(Cause::NotFound)?;
    let (exchange, result) = upstream::post(settings, &path, None, &scope.client()).await;
    trace.exchange = Some(exchange);
    match result {
        // A session that OpenAI no longer knows is as good as cancelled.
        Ok(_) | Err(OpenAiFailure::WorkflowNotFound) => Ok(()),
        Err(failure) => Err(Cause::OpenAi(failure)),
    }
}

/// The record of the session that the path names, if it is the caller's. Another's is not found,
/// just like one that never was.
async fn own_record(
    incoming: &Incoming,
    scope: &Scope,
    trace: &mut Trace,
) -> Result<Record, Cause> {
    let settings = scope.sessions()?;
    let id = route::session_id(&incoming.path).ok_or(Cause::NotFound)?;
    openai::cancel_path(id).ok_or(Cause::NotFound)?;
    let named = if settings.callers.trust_client_user {
        ask::user_in_query(&incoming.query)?
    } else {
        None
    };
    let caller = caller::identify(true, incoming, named.as_deref(), &settings.callers).await?;
    // A client may have put its secret in the place of the id.
    trace.session_id = Some(redact(id, None));
    match ledger::recall(&scope.env, id).await {
        Ok(Some(record)) if record.owner == Owner::of(&caller.user()) => Ok(record),
        Ok(_) => Err(Cause::NotFound),
        Err(error) => {
            trace.ledger_failed(&error);
            Err(Cause::Internal)
        }
    }
}
