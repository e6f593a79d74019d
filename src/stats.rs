//! The counters and error reports, for the admin.

use crate::clock;
use crate::ledger;
use crate::runtime::{self, Kv};
use crate::scope::{Scope, Trace};
use broker::answer::Answer;
use broker::cause::Cause;
use broker::ledger::{Stats, latest_json, snapshot_key};
use js_sys::{Array, Promise, futures::JsFuture};

/// The binding of the namespace that counters are published to.
pub const COUNTERS: &str = "COUNTERS";

/// Serves `GET /api/chatkit/stats`.
pub async fn stats(scope: &Scope, trace: &mut Trace) -> Result<Answer, Cause> {
    Ok(Answer::json(read(scope, trace).await?.to_json()))
}

/// Serves `GET /metrics`.
pub async fn metrics(scope: &Scope, trace: &mut Trace) -> Result<Answer, Cause> {
    Ok(Answer::metrics(read(scope, trace).await?.to_prometheus()))
}

/// Serves `GET /api/errors`.
pub async fn reports(scope: &Scope, trace: &mut Trace) -> Result<Answer, Cause> {
    let reports = ledger::reports(&scope.env, scope.settings.counter_shards)
        .await
        .map_err(|why| failed(trace, &why))?;
    Ok(Answer::json(latest_json(reports)))
}

/// All shards as they were last published.
async fn read(scope: &Scope, trace: &mut Trace) -> Result<Stats, Cause> {
    let kv = runtime::binding::<Kv>(&scope.env, COUNTERS)
        .ok_or_else(|| failed(trace, "COUNTERS is not bound"))?;
    let texts = published(&kv, scope.settings.counter_shards)
        .await
        .map_err(|error| failed(trace, &runtime::said(&error)))?;
    let snapshots: Vec<_> = texts
        .iter()
        .map(|text| text.as_string()?.parse().ok())
        .collect();
    Ok(Stats::of(
        &snapshots,
        clock::now_ms(),
        scope.settings.counter_publish_seconds,
    ))
}

/// The text of each shard, all asked for at once.
async fn published(kv: &Kv, shards: u32) -> runtime::Result<Array> {
    let texts: Array = (0..shards)
        .map(|shard| kv.get(&snapshot_key(shard)))
        .collect::<runtime::Result<_>>()?;
    Ok(Array::from(&JsFuture::from(Promise::all(&texts)).await?))
}

fn failed(trace: &mut Trace, why: &str) -> Cause {
    trace.trouble = Some(format!("the counters could not be read: {why}"));
    Cause::Internal
}
