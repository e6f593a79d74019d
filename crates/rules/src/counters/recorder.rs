//! Counts events: in the ledger, and in Analytics Engine if the owner bound a dataset.

use super::error_report::ErrorReport;
use super::event::Event;
use crate::context::Context;
use crate::platform::{Clock, Platform};

/// The name of the object that counts for a shard.
#[must_use]
pub fn counters_object(shard: u32) -> String {
    format!("counters-{shard}")
}

/// Counts an event. Once this returns `Ok`, it is durable.
///
/// # Errors
/// The runtime's message, if the ledger failed.
pub async fn count<P: Platform>(
    event: &Event,
    times: u32,
    reports: &[ErrorReport],
    ctx: &Context<'_, P>,
) -> Result<(), String> {
    write_to_dataset(event, times, ctx);
    let settings = ctx.settings();
    let shard = pick_shard(settings.counter_shards, ctx.platform);
    let counts = event.counts_json(times);
    let publish_seconds = settings.counter_publish_seconds;
    ctx.platform
        .count(shard, publish_seconds, &counts, reports)
        .await
}

/// Counts an event after the response is sent. Nothing waits for it.
pub fn count_later<P: Platform>(event: &Event, ctx: &Context<'_, P>) {
    write_to_dataset(event, 1, ctx);
    let settings = ctx.settings();
    let shard = pick_shard(settings.counter_shards, ctx.platform);
    ctx.platform.count_later(
        shard,
        settings.counter_publish_seconds,
        event.counts_json(1),
    );
}

fn write_to_dataset<P: Platform>(event: &Event, times: u32, ctx: &Context<'_, P>) {
    let code = event.code().unwrap_or_default();
    ctx.platform.write_event(event.name(), code, times);
}

/// Any shard works, because counts can be added in any order. A random one spreads the load.
fn pick_shard(shards: u32, clock: &impl Clock) -> u32 {
    if shards == 1 {
        return 0;
    }
    let random = clock.random_bytes().map_or(0, u32::from_ne_bytes);
    random.checked_rem(shards).unwrap_or(0)
}
