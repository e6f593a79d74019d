//! The table of the limits object: sessions started per day.

use super::sql::{first, integer, run};
use rules::settings::DailyLimits;
use serde::Deserialize;
use worker::{Result, SqlStorage};

/// `day` is days since 1970. `owner` is a user's hash, or [`EVERYONE`]. The names are those of version 0.1.0, which stored
/// objects already have.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID;
";

/// The `owner` of the sessions of all users. A hash has 43 characters, so it is nobody's.
const EVERYONE: &str = "";

/// Takes a session off the day's limits, if one is left. There is no `await` between check and count, and an object runs one
/// call at a time, so no two calls can take the last one.
pub fn reserve(sql: &SqlStorage, day: u64, user: &str, limits: DailyLimits) -> Result<bool> {
    for (owner, limit) in [(EVERYONE, limits.total), (user, limits.per_user)] {
        if let Some(limit) = limit
            && used(sql, day, owner)? >= limit
        {
            return Ok(false);
        }
    }
    run(sql, "DELETE FROM places WHERE day < ?1", vec![integer(day)])?;
    run(
        sql,
        "INSERT INTO places VALUES (?1, ?2, 1), (?1, ?3, 1)
         ON CONFLICT (day, owner) DO UPDATE SET count = count + 1",
        vec![integer(day), EVERYONE.into(), user.into()],
    )?;
    Ok(true)
}

/// Returns a reservation.
pub fn release(sql: &SqlStorage, day: u64, user: &str) -> Result<()> {
    run(
        sql,
        "UPDATE places SET count = count - 1 WHERE day = ?1 AND owner IN (?2, ?3) AND count > 0",
        vec![integer(day), EVERYONE.into(), user.into()],
    )
}

fn used(sql: &SqlStorage, day: u64, owner: &str) -> Result<u64> {
    #[derive(Deserialize)]
    struct Used {
        count: u64,
    }
    let query = "SELECT count FROM places WHERE day = ?1 AND owner = ?2";
    let used: Option<Used> = first(sql, query, vec![integer(day), owner.into()])?;
    Ok(used.map_or(0, |used| used.count))
}
