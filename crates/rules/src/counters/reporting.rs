//! `GET /api/chatkit/stats`, `/metrics` and `/api/errors`: the counters and error reports, for the admin.

use super::error_report::LatestReports;
use super::snapshot::{Snapshot, snapshot_key};
use super::stats::Stats;
use crate::context::Context;
use crate::error::Error;
use crate::http::response::Response;
use crate::platform::Platform;

/// The counters as JSON.
///
/// # Errors
/// [`Error::Internal`] if KV cannot be read.
pub async fn stats<P: Platform>(ctx: &Context<'_, P>) -> Result<Response, Error> {
    Ok(Response::json(&read(ctx).await?.view()))
}

/// The counters for Prometheus.
///
/// # Errors
/// [`Error::Internal`] if KV cannot be read.
pub async fn metrics<P: Platform>(ctx: &Context<'_, P>) -> Result<Response, Error> {
    Ok(Response::metrics(read(ctx).await?.to_prometheus()))
}

/// The latest error reports.
///
/// # Errors
/// [`Error::Internal`] if the ledger does not answer.
pub async fn error_reports<P: Platform>(ctx: &Context<'_, P>) -> Result<Response, Error> {
    let shards = ctx.settings().counter_shards;
    let reports = ctx.platform.error_reports(shards).await;
    let reports = reports.map_err(|error| failed(&error, ctx))?;
    Ok(Response::json(&LatestReports::of(reports)))
}

/// All shards as last published.
async fn read<P: Platform>(ctx: &Context<'_, P>) -> Result<Stats, Error> {
    let settings = ctx.settings();
    let keys: Vec<String> = (0..settings.counter_shards).map(snapshot_key).collect();
    let texts = ctx.platform.read(&keys).await;
    let texts = texts.map_err(|error| failed(&error, ctx))?;
    let snapshots: Vec<_> = texts
        .iter()
        .map(|text| Snapshot::parse(text.as_deref()?))
        .collect();
    let publish_seconds = settings.counter_publish_seconds;
    Ok(Stats::of(
        &snapshots,
        ctx.platform.now_ms(),
        publish_seconds,
    ))
}

fn failed<P: Platform>(error: &str, ctx: &Context<'_, P>) -> Error {
    ctx.log
        .set_failure(format!("the counters could not be read: {error}"));
    Error::Internal
}
