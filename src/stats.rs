//! The counters and error reports, for the admin.

use crate::clock;
use crate::ledger;
use crate::request_context::{LogFields, RequestContext};
use crate::runtime::{self, Kv};
use js_sys::{Array, Promise, futures::JsFuture};
use rules::counters::{Stats, latest_json, snapshot_key};
use rules::error::Error;
use rules::http::response::Response;

/// The binding of the namespace that counters are published to.
pub const COUNTERS: &str = "COUNTERS";

/// Serves `GET /api/chatkit/stats`.
pub async fn stats(ctx: &RequestContext, log: &mut LogFields) -> Result<Response, Error> {
    Ok(Response::json(read(ctx, log).await?.to_json()))
}

/// Serves `GET /metrics`.
pub async fn metrics(ctx: &RequestContext, log: &mut LogFields) -> Result<Response, Error> {
    Ok(Response::metrics(read(ctx, log).await?.to_prometheus()))
}

/// Serves `GET /api/errors`.
pub async fn reports(ctx: &RequestContext, log: &mut LogFields) -> Result<Response, Error> {
    let reports = ledger::reports(&ctx.env, ctx.settings.counter_shards)
        .await
        .map_err(|why| failed(log, &why))?;
    Ok(Response::json(latest_json(reports)))
}

/// All shards as they were last published.
async fn read(ctx: &RequestContext, log: &mut LogFields) -> Result<Stats, Error> {
    let kv = runtime::binding::<Kv>(&ctx.env, COUNTERS)
        .ok_or_else(|| failed(log, "COUNTERS is not bound"))?;
    let texts = published(&kv, ctx.settings.counter_shards)
        .await
        .map_err(|error| failed(log, &runtime::said(&error)))?;
    let snapshots: Vec<_> = texts
        .iter()
        .map(|text| text.as_string()?.parse().ok())
        .collect();
    Ok(Stats::of(
        &snapshots,
        clock::now_ms(),
        ctx.settings.counter_publish_seconds,
    ))
}

/// The text of each shard, all asked for at once.
async fn published(kv: &Kv, shards: u32) -> runtime::Result<Array> {
    let texts: Array = (0..shards)
        .map(|shard| kv.get(&snapshot_key(shard)))
        .collect::<runtime::Result<_>>()?;
    Ok(Array::from(&JsFuture::from(Promise::all(&texts)).await?))
}

fn failed(log: &mut LogFields, why: &str) -> Error {
    log.trouble = Some(format!("the counters could not be read: {why}"));
    Error::Internal
}
