//! The exact daily limits of sessions, counted by one object of the ledger.

use super::session_record::UserHash;
use crate::context::Context;
use crate::counters::day::{Day, QUARTER_HOUR_MS, seconds_to_midnight};
use crate::error::Error;
use crate::platform::{Ledger, Platform};
use crate::settings::{SessionSettings, WhenLedgerFails};

/// The name of the object: one, because the limits are exact.
pub const LIMITS_OBJECT: &str = "limits";

/// A session that counts against the day's limits.
#[derive(Debug)]
pub struct Reservation {
    day: Day,
    user: UserHash,
    request: String,
}

impl Reservation {
    /// Releases it, because no session was created.
    pub fn release(&self, ledger: &impl Ledger) {
        ledger.release_later(Some(self.day), &self.user, &self.request);
    }
}

/// Reserves a session of the day's limits for a user, by their hash and those under which they may be counted already. Without
/// limits the ledger is not called.
///
/// If the ledger fails, `DAILY_LIMITS_FAIL` decides: with `open` the session starts. With `closed` it does not, and what the
/// object may have counted without its answer arriving is released, so that an outage does not use up the day.
///
/// # Errors
/// [`Error::DailyLimitReached`], or [`Error::DailyLimitUnknown`].
pub async fn reserve<P: Platform>(
    settings: &SessionSettings,
    user: &UserHash,
    former: &[UserHash],
    ctx: &Context<'_, P>,
) -> Result<Option<Reservation>, Error> {
    let limits = settings.shared.daily;
    if !limits.are_set() {
        return Ok(None);
    }
    let (platform, request) = (ctx.platform, ctx.request_id.as_str());
    let stamped = Day::of(platform.now_ms());
    match platform
        .reserve(stamped, user, former, limits, request)
        .await
    {
        Ok(Some(day)) => Ok(Some(Reservation {
            day,
            user: user.clone(),
            request: request.to_owned(),
        })),
        Ok(None) => Err(Error::DailyLimitReached {
            retry_after: seconds_to_midnight(platform.now_ms()),
        }),
        Err(error) => {
            ctx.log.ledger_failed(&error);
            match settings.shared.daily_limits_fail {
                WhenLedgerFails::Open => Ok(None),
                WhenLedgerFails::Closed => {
                    platform.release_later(None, user, request);
                    Err(Error::DailyLimitUnknown)
                }
            }
        }
    }
}

/// The day that a session counts for. `now` is the object's time when the request arrives, in Unix milliseconds.
///
/// A request may be stamped before midnight and arrive after it. It counts for the new day: the count of the day before may be
/// deleted already, and must not begin again at zero.
#[must_use]
pub fn day_of_arrival(stamped: Day, now_ms: u64) -> Day {
    stamped.max(Day::of(now_ms))
}

/// The first day whose counts are kept. A day's counts outlive it by a quarter of an hour, in case the object continues on a
/// machine whose clock is behind.
#[must_use]
pub fn first_kept(now_ms: u64) -> Day {
    Day::of(now_ms.saturating_sub(QUARTER_HOUR_MS))
}

/// When today's counts are deleted, in Unix milliseconds.
#[must_use]
pub fn deletion_at(now_ms: u64) -> u64 {
    let midnight = seconds_to_midnight(now_ms).saturating_mul(1000);
    let midnight = now_ms.saturating_add(midnight);
    // Rounded to the second above; midnight is a multiple of a quarter of an hour.
    let midnight = midnight.saturating_sub(midnight % QUARTER_HOUR_MS);
    midnight.saturating_add(QUARTER_HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;
    const MIDNIGHT: u64 = 20_779 * DAY_MS;

    #[test]
    fn a_request_stamped_before_midnight_that_arrives_after_it_counts_for_the_new_day() {
        let before = Day::of(MIDNIGHT - 1);
        assert_eq!(day_of_arrival(before, MIDNIGHT - 1), before);
        assert_eq!(day_of_arrival(before, MIDNIGHT), Day::of(MIDNIGHT));
        let ahead = Day::of(MIDNIGHT);
        assert_eq!(day_of_arrival(ahead, MIDNIGHT - 5), ahead, "a slow clock");
    }

    #[test]
    fn a_days_counts_are_deleted_a_quarter_of_an_hour_after_midnight() {
        for now in [MIDNIGHT - DAY_MS, MIDNIGHT - 1_500, MIDNIGHT - 1] {
            assert_eq!(deletion_at(now), MIDNIGHT + 900_000, "{now}");
        }
        assert_eq!(first_kept(MIDNIGHT + 899_999), Day::of(MIDNIGHT - 1));
        assert_eq!(first_kept(MIDNIGHT + 900_000), Day::of(MIDNIGHT));
    }
}
