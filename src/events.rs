//! Takes the events and error reports of pages.

use crate::clock;
use crate::incoming::Incoming;
use crate::limits;
use crate::scope::{Scope, Trace};
use broker::answer::Answer;
use broker::cause::Cause;
use broker::ledger::{Event, beacon};

/// Counts what a body carries. An answer of `tracked` or `logged` means that it is durable; where
/// that fails the page is told so with 200, because a chat must not break for it.
pub async fn take(
    event: Event,
    incoming: &Incoming,
    scope: &Scope,
    trace: &mut Trace,
) -> Result<Answer, Cause> {
    if scope.settings.rate_limits {
        limits::count_events(&scope.env, incoming).await?;
    }
    let body = incoming.body().await?;
    let beacon = beacon::read(&body, clock::now_ms())?;
    let is_report = event == Event::ClientError;
    let reports = if is_report { &*beacon.reports } else { &[] };
    let counted = if beacon.events == 0 {
        Ok(())
    } else {
        scope.count(&event, beacon.events, reports).await
    };
    Ok(Answer::json(
        match (counted, is_report) {
            (Ok(()), false) => r#"{"status":"tracked"}"#,
            (Ok(()), true) => r#"{"status":"logged"}"#,
            (Err(error), _) => {
                trace.event = Some("events.not_stored");
                trace.ledger_failed(&error);
                r#"{"status":"failed"}"#
            }
        }
        .to_owned(),
    ))
}
