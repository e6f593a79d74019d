//! The tables of a counters object: counters by day, what is not published yet, and error reports.

use super::sql::{Values, first, integer, rows, run};
use rules::counters::day::Day;
use rules::counters::error_report::{ErrorReport, MAX_REPORTS};
use rules::counters::snapshot::Snapshot;
use serde::Deserialize;
use worker::{Error, Result, SqlStorage};

/// `day` is days since 1970, or [`TOTAL`]. `publishing` has one row; `waiting` counts the events that are not published.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER);
CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT);
";

/// The `day` of a counter's total.
const TOTAL: i32 = -1;

/// A publication that has begun.
#[derive(Deserialize)]
pub struct Publication {
    /// How many events it publishes.
    waiting: f64,
    /// How many publications failed just before.
    pub failures: u32,
}

/// What is not published yet.
#[derive(Deserialize)]
pub struct Unpublished {
    /// The shard of this object.
    pub shard: u32,
    /// The minimum interval between publications.
    pub seconds: u64,
}

#[derive(Deserialize)]
struct Counter {
    day: i64,
    name: String,
    count: u64,
}

#[derive(Deserialize)]
struct Published {
    at: u64,
}

/// Adds to counters, in total and for a day, and notes that there is something to publish. `counts` is a JSON object of
/// numbers by counter. Two statements without an `await` between them, which SQLite in an object commits together.
pub fn count(
    sql: &SqlStorage,
    counts: &str,
    day: Day,
    shard: u32,
    publish_seconds: u64,
) -> Result<()> {
    run(
        sql,
        "INSERT INTO counters SELECT day, key, value FROM json_each(?1), (SELECT ?2 AS day UNION ALL SELECT ?3) WHERE true
         ON CONFLICT (day, name) DO UPDATE SET count = count + excluded.count",
        vec![counts.into(), TOTAL.into(), integer(day.number())],
    )?;
    run(
        sql,
        "INSERT INTO publishing VALUES (1, ?1, ?2, 1, NULL, 0)
         ON CONFLICT (one) DO UPDATE SET shard = ?1, seconds = ?2, waiting = waiting + 1",
        vec![integer(shard.into()), integer(publish_seconds)],
    )
}

/// The shard and the interval, if there is something to publish.
pub fn unpublished(sql: &SqlStorage) -> Result<Option<Unpublished>> {
    let query = "SELECT shard, seconds FROM publishing WHERE waiting > 0";
    first(sql, query, Values::new())
}

/// When the counters were last published, in Unix milliseconds.
pub fn published_ms(sql: &SqlStorage) -> Result<Option<u64>> {
    let query = "SELECT at FROM publishing WHERE at IS NOT NULL";
    let published: Option<Published> = first(sql, query, Values::new())?;
    Ok(published.map(|published| published.at))
}

/// Notes that a publication begins. Until it has succeeded, its events count as waiting.
pub fn begin_publication(sql: &SqlStorage, now: u64) -> Result<Publication> {
    let query = "SELECT waiting, failures FROM publishing";
    let publication = first(sql, query, Values::new())?
        .ok_or_else(|| Error::RustError("nothing was counted".to_owned()))?;
    run(
        sql,
        "UPDATE publishing SET at = ?1, failures = failures + 1",
        vec![integer(now)],
    )?;
    Ok(publication)
}

/// Notes that a publication has succeeded.
pub fn end_publication(sql: &SqlStorage, publication: &Publication) -> Result<()> {
    run(
        sql,
        "UPDATE publishing SET failures = 0, waiting = waiting - ?1",
        vec![publication.waiting.into()],
    )
}

/// The counters as they are, after those of days past their retention are deleted.
pub fn snapshot(sql: &SqlStorage, now: u64) -> Result<Snapshot> {
    run(
        sql,
        "DELETE FROM counters WHERE day >= 0 AND day < ?1",
        vec![integer(Day::of(now).first_kept().number())],
    )?;
    let mut snapshot = Snapshot::at(now);
    let counters: Vec<Counter> = rows(sql, "SELECT day, name, count FROM counters", Values::new())?;
    for Counter { day, name, count } in counters {
        // A total has a negative day.
        let day = u64::try_from(day).ok().map(Day::from_number);
        snapshot.add(day, &name, count);
    }
    Ok(snapshot)
}

/// Stores reports, a JSON array, and deletes all but the latest.
pub fn put_reports(sql: &SqlStorage, reports: &str) -> Result<()> {
    run(
        sql,
        "INSERT INTO reports (at, message, stack, url)
         SELECT value ->> 'at', value ->> 'message', value ->> 'stack', value ->> 'url' FROM json_each(?1)",
        vec![reports.into()],
    )?;
    run(
        sql,
        "DELETE FROM reports WHERE number <= (SELECT max(number) FROM reports) - ?1",
        vec![integer(MAX_REPORTS.into())],
    )
}

/// The stored reports, newest first.
pub fn reports(sql: &SqlStorage) -> Result<Vec<ErrorReport>> {
    let query = "SELECT at, message, stack, url FROM reports ORDER BY number DESC";
    rows(sql, query, Values::new())
}
