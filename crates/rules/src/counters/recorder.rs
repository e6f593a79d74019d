//! Counts events: in the ledger, and in Analytics Engine if the owner bound a dataset.

use super::answer_counts::{AnswerCounts, AnswerOutcome};
use super::error_report::ErrorReport;
use super::event::{Event, Increments};
use super::event_budget;
use crate::context::Context;
use crate::platform::{Clock, CounterSink, Counts, Dataset, Platform};

/// The name of the object that counts for a shard.
#[must_use]
pub fn counters_object(shard: u32) -> String {
    format!("counters-{shard}")
}

/// Counts an event of a page. Once this returns `Ok(true)`, it is durable. `Ok(false)`: the day's rows for events are used up.
///
/// # Errors
/// The cause, if the ledger failed.
pub async fn count<P: Platform>(
    event: &Event,
    times: u32,
    reports: &[ErrorReport],
    ctx: &Context<'_, P>,
) -> Result<bool, String> {
    write_to_dataset(event, times, ctx);
    let settings = ctx.settings();
    let shard = pick_shard(settings.counter_shards, ctx.platform);
    let rows = event_budget::rows_of_shard(settings.daily_event_rows, settings.counter_shards);
    let counts = Counts {
        shard,
        publish_seconds: settings.counter_publish_seconds,
        increments: &event.counts_json(times),
        reports,
        event_rows: Some(rows),
    };
    ctx.platform.count(&counts).await
}

/// Counts an event after the response is sent. Nothing waits for it.
pub fn count_later<P: Platform>(event: &Event, ctx: &Context<'_, P>) {
    write_to_dataset(event, 1, ctx);
    add_later(Increments::of(event, 1), ctx);
}

/// Counts a refused session request. It is gathered in the isolate, and the ledger is called at most once a minute.
pub fn count_refusal<P: Platform>(code: &'static str, ctx: &Context<'_, P>) {
    write_to_dataset(&Event::SessionFailed(code.to_owned()), 1, ctx);
    ctx.isolate.refusals.add(code);
    add_later(Increments::default(), ctx);
}

/// Counts an answer that failed before who answers it could count it: the user's object or the owner's server did not answer.
pub fn count_failed_answer<P: Platform>(code: &'static str, ctx: &Context<'_, P>) {
    let answer = AnswerCounts::new(AnswerOutcome::Failed(code.to_owned()));
    if let Err(error) = record_answer(&answer, destination(ctx), ctx.platform) {
        ctx.log
            .set_failure(format!("Analytics Engine failed: {error}"));
    }
}

/// Adds counts after the response, with the refusals that are due.
fn add_later<P: Platform>(mut increments: Increments, ctx: &Context<'_, P>) {
    for (code, times) in ctx.isolate.refusals.take_due(ctx.platform.now_ms()) {
        increments.add(&Event::SessionFailed(code.to_owned()), times);
    }
    if increments.is_empty() {
        return;
    }
    send_later(&increments, destination(ctx), ctx.platform);
}

fn destination<'a, P: Platform>(ctx: &'a Context<'_, P>) -> Destination<'a> {
    let settings = ctx.settings();
    Destination {
        shards: settings.counter_shards,
        publish_seconds: settings.counter_publish_seconds,
        request_id: &ctx.request_id,
    }
}

/// Where counts are sent from outside a request's [`Context`], such as from the object of a user's chats.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// `COUNTER_SHARDS`.
    pub shards: u32,
    /// `COUNTER_PUBLISH_SECONDS`.
    pub publish_seconds: u64,
    /// The id of the request that caused them; a failure is logged with it.
    pub request_id: &'a str,
}

/// Counts an answer that has ended. Nothing waits for it. Call it once for each answer.
///
/// # Errors
/// The cause, for the log, if Analytics Engine failed. The ledger is called in any case, and logs its own failures.
pub fn record_answer(
    answer: &AnswerCounts,
    destination: Destination<'_>,
    platform: &(impl Clock + CounterSink + Dataset),
) -> Result<(), String> {
    send_later(&answer.increments(), destination, platform);
    for (name, number) in answer.numbers() {
        let code = match name {
            "answers_failed" => answer.code(),
            _ => "",
        };
        platform.write_event(name, code, number)?;
    }
    if let Some(ms) = answer.first_token_ms {
        let ms = u32::try_from(ms).unwrap_or(u32::MAX);
        platform.write_event("first_token_ms", "", ms)?;
    }
    Ok(())
}

/// Counts a message or a new thread of the Worker's own chats. Nothing waits for it.
///
/// # Errors
/// As [`record_answer`].
pub fn record_event(
    event: &Event,
    destination: Destination<'_>,
    platform: &(impl Clock + CounterSink + Dataset),
) -> Result<(), String> {
    send_later(&Increments::of(event, 1), destination, platform);
    platform.write_event(event.name(), event.code().unwrap_or_default(), 1)
}

fn send_later(
    increments: &Increments,
    destination: Destination<'_>,
    platform: &(impl Clock + CounterSink),
) {
    let counts = Counts {
        shard: pick_shard(destination.shards, platform),
        publish_seconds: destination.publish_seconds,
        increments: &increments.to_json(),
        reports: &[],
        event_rows: None,
    };
    platform.count_later(&counts, destination.request_id);
}

fn write_to_dataset<P: Platform>(event: &Event, times: u32, ctx: &Context<'_, P>) {
    let code = event.code().unwrap_or_default();
    if let Err(error) = ctx.platform.write_event(event.name(), code, times) {
        ctx.log
            .set_failure(format!("Analytics Engine failed: {error}"));
    }
}

/// Any shard works, because counts can be added in any order. A random one spreads the load.
fn pick_shard(shards: u32, clock: &impl Clock) -> u32 {
    if shards == 1 {
        return 0;
    }
    let random = clock.random_bytes().map_or(0, u32::from_ne_bytes);
    random.checked_rem(shards).unwrap_or(0)
}
