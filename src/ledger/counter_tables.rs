//! The tables of a counters object: counters by day, and what is not published yet.

use crate::runtime::sql::{Values, first, integer, number, rows, run};
use rules::counters::day::Day;
use rules::counters::event::{LARGEST_COUNT, TOTAL_ONLY_MARK};
use rules::counters::snapshot::Snapshot;
use serde::Deserialize;
use worker::{Error, Result, SqlStorage};

/// `day` is days since 1970, or [`TOTAL`]. `publishing` has one row; `waiting` counts the events that are not published.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER);
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

/// What is published, and when it was.
#[derive(Deserialize)]
pub struct Publishing {
    /// The shard of this object.
    pub shard: u32,
    /// The minimum interval between publications.
    pub seconds: u64,
    /// How many calls are not published yet.
    pub waiting: f64,
    /// When the last publication began, in Unix milliseconds.
    pub at: Option<u64>,
}

#[derive(Deserialize)]
struct Counter {
    day: i64,
    name: String,
    count: u64,
}

/// Adds to counters, in total and for a day, and notes that there is something to publish. `counts` is a JSON object of
/// numbers by counter; those with [`TOTAL_ONLY_MARK`] in their name have a total only. A number that reaches [`LARGEST_COUNT`]
/// stays there: above it JavaScript is not exact, and the object could no longer read it. The caller runs both statements in one
/// transaction.
pub fn count(
    sql: &SqlStorage,
    counts: &str,
    day: Day,
    shard: u32,
    publish_seconds: u64,
) -> Result<()> {
    run(
        sql,
        "INSERT INTO counters SELECT day, key, value FROM json_each(?1), (SELECT ?2 AS day UNION ALL SELECT ?3)
         WHERE day = ?2 OR instr(key, ?4) = 0
         ON CONFLICT (day, name) DO UPDATE SET count = min(count + excluded.count, ?5)",
        vec![
            counts.into(),
            TOTAL.into(),
            integer(day.number()),
            TOTAL_ONLY_MARK.into(),
            integer(LARGEST_COUNT),
        ],
    )?;
    run(
        sql,
        "INSERT INTO publishing VALUES (1, ?1, ?2, 1, NULL, 0)
         ON CONFLICT (one) DO UPDATE SET shard = ?1, seconds = ?2, waiting = waiting + 1",
        vec![integer(shard.into()), integer(publish_seconds)],
    )
}

/// What is to be published, if anything was ever counted.
pub fn publishing(sql: &SqlStorage) -> Result<Option<Publishing>> {
    let query = "SELECT shard, seconds, waiting, at FROM publishing";
    first(sql, query, Values::new())
}

/// When the counters were last published, in Unix milliseconds.
pub fn published_ms(sql: &SqlStorage) -> Result<Option<u64>> {
    let query = "SELECT at AS value FROM publishing WHERE at IS NOT NULL";
    number(sql, query, Values::new())
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
