//! The tables of the limits object: sessions started per day, and the requests that were granted one just now.

use crate::runtime::sql::{Values, integer, number, run, text};
use rules::counters::day::Day;
use rules::hosted::daily_quota::{day_of_arrival, deletion_at, first_kept};
use rules::hosted::recent_reservations::RecentReservations;
use rules::settings::DailyLimits;
use worker::{Result, SqlStorage};

/// `day` is days since 1970. `owner` is a user's hash, or [`EVERYONE`]. The names are those of version 0.1.0, which stored
/// objects already have. `recent_reservations` has one row.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recent_reservations (one INTEGER PRIMARY KEY CHECK (one = 1), requests TEXT);
";

/// The `owner` of the sessions of all users. A hash has 43 characters, so it is nobody's.
const EVERYONE: &str = "";

/// What a session is reserved for.
pub struct Request<'a> {
    /// The day at the Worker when it asked.
    pub stamped: Day,
    /// The user's hash.
    pub user: &'a str,
    /// Other hashes of the user, separated by commas.
    pub former: &'a str,
    /// The limits.
    pub limits: DailyLimits,
    /// The request's id; empty if the Worker of version 0.1.0 asks.
    pub id: &'a str,
}

/// Takes a session off the day's limits, if one is left, and returns the day. There is no `await` between check and count, and
/// an object runs one call at a time, so no two calls can take the last one. A request that was granted a session just now gets
/// the same one again.
pub fn reserve(sql: &SqlStorage, request: &Request<'_>, now: u64) -> Result<Option<Day>> {
    let mut recent = recent_reservations(sql)?;
    if let Some(day) = recent.day_of(request.id) {
        return Ok(Some(day));
    }
    let day = day_of_arrival(request.stamped, now);
    let (limits, user) = (request.limits, request.user);
    if let Some(limit) = limits.total
        && used(sql, day, EVERYONE)? >= limit
    {
        return Ok(None);
    }
    if let Some(limit) = limits.per_user {
        let mut sessions = used(sql, day, user)?;
        for former in request.former.split(',').filter(|hash| !hash.is_empty()) {
            sessions = sessions.saturating_add(used(sql, day, former)?);
        }
        if sessions >= limit {
            return Ok(None);
        }
    }
    run(
        sql,
        "INSERT INTO places VALUES (?1, ?2, 1), (?1, ?3, 1)
         ON CONFLICT (day, owner) DO UPDATE SET count = count + 1",
        vec![integer(day.number()), EVERYONE.into(), user.into()],
    )?;
    if !request.id.is_empty() {
        recent.add(request.id, day, now);
        put_recent_reservations(sql, &recent)?;
    }
    Ok(Some(day))
}

/// Returns a reservation of a day. Without a day: what the request was granted, if it was.
pub fn release(sql: &SqlStorage, day: Option<Day>, user: &str, request_id: &str) -> Result<()> {
    let day = match day {
        Some(day) => Some(day),
        None => {
            let mut recent = recent_reservations(sql)?;
            let day = recent.remove(request_id);
            if day.is_some() {
                put_recent_reservations(sql, &recent)?;
            }
            day
        }
    };
    let Some(day) = day else {
        return Ok(());
    };
    run(
        sql,
        "UPDATE places SET count = count - 1 WHERE day = ?1 AND owner IN (?2, ?3) AND count > 0",
        vec![integer(day.number()), EVERYONE.into(), user.into()],
    )
}

/// Deletes the counts of past days.
pub fn delete_past(sql: &SqlStorage, now: u64) -> Result<()> {
    let first = first_kept(now).number();
    run(
        sql,
        "DELETE FROM places WHERE day < ?1",
        vec![integer(first)],
    )
}

/// When counts are to be deleted next, in Unix milliseconds; `None` if there are none.
pub fn next_deletion(sql: &SqlStorage, now: u64) -> Result<Option<u64>> {
    let any = number(
        sql,
        "SELECT day AS value FROM places LIMIT 1",
        Values::new(),
    )?;
    Ok(any.map(|_| deletion_at(now)))
}

fn used(sql: &SqlStorage, day: Day, owner: &str) -> Result<u64> {
    let query = "SELECT count AS value FROM places WHERE day = ?1 AND owner = ?2";
    let used = number(sql, query, vec![integer(day.number()), owner.into()])?;
    Ok(used.unwrap_or(0))
}

fn recent_reservations(sql: &SqlStorage) -> Result<RecentReservations> {
    let stored = text(sql, "SELECT requests AS value FROM recent_reservations")?;
    Ok(RecentReservations::parse(&stored.unwrap_or_default()))
}

fn put_recent_reservations(sql: &SqlStorage, recent: &RecentReservations) -> Result<()> {
    run(
        sql,
        "INSERT INTO recent_reservations VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET requests = ?1",
        vec![recent.to_text().into()],
    )
}
