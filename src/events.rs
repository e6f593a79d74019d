//! Takes the events and error reports of pages.

use crate::client_request::ClientRequest;
use crate::clock;
use crate::rate_limiter;
use crate::request_context::{LogFields, RequestContext};
use rules::counters::{Event, event_batch};
use rules::error::Error;
use rules::http::response::Response;

/// Counts what a body carries. An answer of `tracked` or `logged` means that it is durable; where
/// that fails the page is told so with 200, because a chat must not break for it.
pub async fn take(
    event: Event,
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Response, Error> {
    if ctx.settings.rate_limits {
        rate_limiter::count_events(&ctx.env, request).await?;
    }
    let body = request.body().await?;
    let batch = event_batch::read(&body, clock::now_ms())?;
    let is_report = event == Event::ClientError;
    let reports = if is_report { &*batch.reports } else { &[] };
    let counted = if batch.events == 0 {
        Ok(())
    } else {
        ctx.count(&event, batch.events, reports).await
    };
    Ok(Response::json(
        match (counted, is_report) {
            (Ok(()), false) => r#"{"status":"tracked"}"#,
            (Ok(()), true) => r#"{"status":"logged"}"#,
            (Err(error), _) => {
                log.event = Some("events.not_stored");
                log.ledger_failed(&error);
                r#"{"status":"failed"}"#
            }
        }
        .to_owned(),
    ))
}
