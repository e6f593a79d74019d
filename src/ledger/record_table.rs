//! The table of a records object: sessions' records.

use crate::runtime::sql::{Values, first, integer, number, run};
use rules::hosted::session_record::{SessionRecord, UserHash};
use serde::Deserialize;
use worker::{Result, SqlStorage};

/// Times are in Unix seconds.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, owner TEXT, workflow TEXT, created_at INTEGER, expires_at INTEGER, cancelled INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_end ON records (expires_at);
";

/// Stores a record.
pub fn put(sql: &SqlStorage, record: &SessionRecord) -> Result<()> {
    run(
        sql,
        "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        vec![
            record.id.as_str().into(),
            record.owner.as_str().into(),
            record.workflow.as_str().into(),
            integer(record.created_at),
            integer(record.expires_at),
        ],
    )
}

/// Returns a record.
pub fn get(sql: &SqlStorage, id: &str) -> Result<Option<SessionRecord>> {
    #[derive(Deserialize)]
    struct Row {
        owner: String,
        workflow: String,
        created_at: u64,
        expires_at: u64,
        cancelled: u32,
    }
    let query =
        "SELECT owner, workflow, created_at, expires_at, cancelled FROM records WHERE id = ?1";
    let row: Option<Row> = first(sql, query, vec![id.into()])?;
    Ok(row.map(|row| SessionRecord {
        id: id.to_owned(),
        owner: UserHash::from_stored(row.owner),
        workflow: row.workflow,
        created_at: row.created_at,
        expires_at: row.expires_at,
        cancelled: row.cancelled != 0,
    }))
}

/// Marks a record as cancelled. `false` if it is marked already.
pub fn cancel(sql: &SqlStorage, id: &str) -> Result<bool> {
    #[derive(Deserialize)]
    struct Cancelled {}
    let statement =
        "UPDATE records SET cancelled = 1 WHERE id = ?1 AND cancelled = 0 RETURNING cancelled";
    let cancelled: Option<Cancelled> = first(sql, statement, vec![id.into()])?;
    Ok(cancelled.is_some())
}

/// Deletes the records of sessions that expired up to a time.
pub fn delete_expired(sql: &SqlStorage, expired: u64) -> Result<()> {
    let statement = "DELETE FROM records WHERE expires_at <= ?1";
    run(sql, statement, vec![integer(expired)])
}

/// When the next session expires, in Unix seconds.
pub fn next_expiry(sql: &SqlStorage) -> Result<Option<u64>> {
    let query = "SELECT expires_at AS value FROM records ORDER BY expires_at LIMIT 1";
    number(sql, query, Values::new())
}
