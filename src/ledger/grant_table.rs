//! The table of a records object for client secrets: what each lets its page refresh, sealed.

use crate::runtime::sql::{Values, first, integer, number, run};
use rules::hosted::refresh_grant::StoredGrant;
use worker::{Result, SqlStorage};

/// Times are in Unix seconds.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS grants (id TEXT PRIMARY KEY, sealed TEXT, expires_at INTEGER, exchanged_at INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS grants_by_end ON grants (expires_at);
";

/// Stores a grant.
pub fn put(sql: &SqlStorage, grant: &StoredGrant) -> Result<()> {
    run(
        sql,
        "INSERT OR REPLACE INTO grants VALUES (?1, ?2, ?3, NULL)",
        vec![
            grant.id.as_str().into(),
            grant.sealed.as_str().into(),
            integer(grant.expires_at),
        ],
    )
}

/// Returns a grant.
pub fn get(sql: &SqlStorage, id: &str) -> Result<Option<StoredGrant>> {
    let query = "SELECT id, sealed, expires_at, exchanged_at FROM grants WHERE id = ?1";
    first(sql, query, vec![id.into()])
}

/// Notes when the secret was first exchanged.
pub fn exchange(sql: &SqlStorage, id: &str, at: u64) -> Result<()> {
    let statement = "UPDATE grants SET exchanged_at = ?2 WHERE id = ?1 AND exchanged_at IS NULL";
    run(sql, statement, vec![id.into(), integer(at)])
}

/// Deletes the grants of secrets that expired up to a time.
pub fn delete_expired(sql: &SqlStorage, expired: u64) -> Result<()> {
    let statement = "DELETE FROM grants WHERE expires_at <= ?1";
    run(sql, statement, vec![integer(expired)])
}

/// When the next secret expires, in Unix seconds.
pub fn next_expiry(sql: &SqlStorage) -> Result<Option<u64>> {
    let query = "SELECT expires_at AS value FROM grants ORDER BY expires_at LIMIT 1";
    number(sql, query, Values::new())
}
