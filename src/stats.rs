//! The counters and error reports, for the admin.

use crate::clock;
use crate::ledger;
use crate::runtime::{self, Kv};
use crate::scope::{Scope, Trace};
use broker::answer::Answer;
use broker::ledger::{Command, Reply, Stats, counter_object, snapshot_key};
use broker::problem::Cause;
use futures_util::future::try_join_all;

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
    let asked = (0..scope.settings.counter_shards).map(async |shard| {
        ledger::ask(&scope.env, &counter_object(shard), &Command::Reports).await
    });
    let replies = try_join_all(asked)
        .await
        .map_err(|why| failed(trace, &why))?;
    let reports = replies.into_iter().flat_map(|reply| match reply {
        Reply::Reports(reports) => reports,
        _ => Vec::new(),
    });
    Ok(Answer::json(broker::ledger::latest_json(reports.collect())))
}

/// All shards as they were last published.
async fn read(scope: &Scope, trace: &mut Trace) -> Result<Stats, Cause> {
    let kv = runtime::binding::<Kv>(&scope.env, COUNTERS)
        .ok_or_else(|| failed(trace, "COUNTERS is not bound"))?;
    let texts = (0..scope.settings.counter_shards)
        .map(snapshot_key)
        .map(async |key| runtime::kv_get(&kv, &key).await);
    let texts = try_join_all(texts)
        .await
        .map_err(|error| failed(trace, &runtime::said(&error)))?;
    let snapshots: Vec<_> = texts
        .into_iter()
        .map(|text| text.and_then(|text| text.parse().ok()))
        .collect();
    Ok(Stats::of(
        &snapshots,
        clock::now_ms(),
        scope.settings.counter_publish_seconds,
    ))
}

fn failed(trace: &mut Trace, why: &str) -> Cause {
    trace.trouble = Some(format!("the counters could not be read: {why}"));
    Cause::Internal
}
