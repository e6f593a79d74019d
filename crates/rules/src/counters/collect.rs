//! `POST /api/analytics/…` and `/api/errors`: takes the events and error reports of pages.

use super::day::seconds_to_midnight;
use super::event::Event;
use super::{event_batch, recorder};
use crate::context::Context;
use crate::error::Error;
use crate::http::response::Response;
use crate::platform::Platform;
use crate::rate_limits::{EVENTS_OVERALL, EVENTS_PER_ADDRESS};
use crate::settings::BackendKind;
use serde::Serialize;

#[derive(Serialize)]
struct Acknowledgement {
    status: &'static str,
}

/// Whether the Worker counts an event itself: messages and threads, where they pass through it.
fn is_counted_by_chat<P: Platform>(event: &Event, ctx: &Context<'_, P>) -> bool {
    let passes_through = !matches!(ctx.settings().kind, None | Some(BackendKind::Hosted));
    passes_through && matches!(event, Event::Message | Event::ThreadChange)
}

/// Counts the events of the body. `tracked` and `logged` mean that they are durable. If they cannot be stored, the response
/// is still 200, because a chat must not break for it.
///
/// # Errors
/// [`Error::RateLimited`], [`Error::DailyEventsReached`] and the errors of a body.
pub async fn handle<P: Platform>(event: Event, ctx: &Context<'_, P>) -> Result<Response, Error> {
    ctx.rate_limit_client(EVENTS_PER_ADDRESS).await?;
    ctx.rate_limit(EVENTS_OVERALL, "all").await?;
    let now = ctx.platform.now_ms();
    let reached = Error::DailyEventsReached {
        retry_after: seconds_to_midnight(now),
    };
    if now < ctx.isolate.events_refused_until_ms.get() {
        return Err(reached);
    }
    let body = ctx.body().await?;
    let batch = event_batch::parse(&body, now)?;
    let (status, reports) = match event {
        Event::ClientError => ("logged", batch.reports.as_slice()),
        _ => ("tracked", &[][..]),
    };
    // What the Worker counts itself is not counted twice.
    let is_counted_here = is_counted_by_chat(&event, ctx);
    let counted = match batch.events {
        _ if is_counted_here => Ok(true),
        0 => Ok(true),
        events => recorder::count(&event, events, reports, ctx).await,
    };
    let status = match counted {
        Ok(true) => status,
        Ok(false) => {
            let midnight = now.saturating_add(seconds_to_midnight(now).saturating_mul(1000));
            ctx.isolate.events_refused_until_ms.set(midnight);
            return Err(reached);
        }
        Err(error) => {
            ctx.log.set_event("events.not_stored");
            ctx.log.ledger_failed(&error);
            "failed"
        }
    };
    Ok(Response::json(&Acknowledgement { status }))
}
