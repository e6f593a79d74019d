//! The exact daily limits of sessions, counted by one object of the ledger.

use super::session_record::UserHash;
use crate::counters::day::{Day, seconds_to_midnight};
use crate::error::Error;
use crate::log::LogFields;
use crate::platform::{Clock, Ledger};
use crate::settings::DailyLimits;

/// The name of the object: one, because the limits are exact.
pub const LIMITS_OBJECT: &str = "limits";

/// A session that counts against the day's limits.
#[derive(Debug)]
pub struct Reservation {
    day: Day,
    user: UserHash,
}

impl Reservation {
    /// Releases it, because no session was created.
    pub fn release(&self, ledger: &impl Ledger) {
        ledger.release_later(self.day, &self.user);
    }
}

/// Reserves a session of the day's limits. Without limits the ledger is not called. The first failure is retried, because
/// an object that was moved or restarted fails one call and then works. If the ledger fails twice, the session starts.
///
/// # Errors
/// [`Error::DailyLimitReached`].
pub async fn reserve(
    limits: DailyLimits,
    user: &UserHash,
    log: &LogFields,
    platform: &(impl Clock + Ledger),
) -> Result<Option<Reservation>, Error> {
    if !limits.are_set() {
        return Ok(None);
    }
    let day = Day::of(platform.now_ms());
    let mut granted = platform.reserve(day, user, limits).await;
    if granted.is_err() {
        granted = platform.reserve(day, user, limits).await;
    }
    match granted {
        Ok(true) => Ok(Some(Reservation {
            day,
            user: user.clone(),
        })),
        Ok(false) => Err(Error::DailyLimitReached {
            retry_after: seconds_to_midnight(platform.now_ms()),
        }),
        Err(error) => {
            log.ledger_failed(&error);
            Ok(None)
        }
    }
}
