//! The tables of a counters object that pages fill: error reports, and the rows that events have written today.

use crate::runtime::sql::{Values, integer, number, rows, run, text};
use rules::counters::day::Day;
use rules::counters::error_report::{ErrorReport, keep_latest};
use rules::counters::event_budget::EventBudget;
use rules::http::response::to_json;
use worker::{Result, SqlStorage};

/// `latest_reports` has one row, a JSON array with the newest first: storing a hundred reports writes as much as storing one.
/// `reports` has those that version 0.1.0 stored, one a row, until a new one comes. `event_rows` has one row.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT);
CREATE TABLE IF NOT EXISTS latest_reports (one INTEGER PRIMARY KEY CHECK (one = 1), reports TEXT);
CREATE TABLE IF NOT EXISTS event_rows (one INTEGER PRIMARY KEY CHECK (one = 1), day INTEGER, count INTEGER);
";

/// Stores reports, a JSON array in the order in which they happened, and forgets all but the latest.
pub fn put_reports(sql: &SqlStorage, new: &str) -> Result<()> {
    let new: Vec<ErrorReport> = serde_json::from_slice(new.as_bytes())?;
    let old = old_reports(sql)?;
    if !old.is_empty() {
        run(sql, "DELETE FROM reports", Values::new())?;
    }
    let latest = keep_latest(stored_reports(sql, old)?, new);
    run(
        sql,
        "INSERT INTO latest_reports VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET reports = ?1",
        vec![to_json(&latest).into()],
    )
}

/// The stored reports, newest first.
pub fn reports(sql: &SqlStorage) -> Result<Vec<ErrorReport>> {
    stored_reports(sql, old_reports(sql)?)
}

fn stored_reports(sql: &SqlStorage, old: Vec<ErrorReport>) -> Result<Vec<ErrorReport>> {
    let stored = text(sql, "SELECT reports AS value FROM latest_reports")?;
    let latest: Vec<ErrorReport> = stored
        .and_then(|json| serde_json::from_slice(json.as_bytes()).ok())
        .unwrap_or_default();
    Ok(latest.into_iter().chain(old).collect())
}

fn old_reports(sql: &SqlStorage) -> Result<Vec<ErrorReport>> {
    let query = "SELECT at, message, stack, url FROM reports ORDER BY number DESC";
    rows(sql, query, Values::new())
}

/// What events have written when the object has started, with the calls that are not published yet.
pub fn event_budget(sql: &SqlStorage, today: Day, unpublished: f64) -> Result<EventBudget> {
    let column = |query| number(sql, query, Values::new());
    let day = column("SELECT day AS value FROM event_rows")?;
    let count = column("SELECT count AS value FROM event_rows")?;
    let stored = EventBudget::stored(Day::from_number(day.unwrap_or(0)), count.unwrap_or(0));
    Ok(EventBudget::restored(stored, today, unpublished as u64))
}

/// Stores what events have written.
pub fn put_event_budget(sql: &SqlStorage, budget: EventBudget) -> Result<()> {
    let (day, count) = budget.parts();
    run(
        sql,
        "INSERT INTO event_rows VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET day = ?1, count = ?2",
        vec![integer(day), integer(count)],
    )
}
