//! The UTC day that an event counts for.

use time::OffsetDateTime;

const DAY_MS: u64 = 86_400_000;
const DAY_SECONDS: u64 = 86_400;
/// Work that need not be exact in time, such as deletions, is done at whole quarters of an hour: one alarm for many rows.
pub const QUARTER_HOUR_MS: u64 = 900_000;
/// 9999-12-31.
const LAST_DAY: u64 = 2_932_896;
/// How many days are kept, including today.
const DAYS_KEPT: u64 = 90;

/// Days since 1970-01-01, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u64);

impl Day {
    /// The day of a time in Unix milliseconds.
    #[must_use]
    pub fn of(now_ms: u64) -> Self {
        Self(now_ms / DAY_MS)
    }

    /// The number that the day is stored as.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The day that is stored as a number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The first day that is still kept on this day.
    #[must_use]
    pub fn first_kept(self) -> Self {
        Self(self.0.saturating_sub(DAYS_KEPT.saturating_sub(1)))
    }

    /// The date, for example `2026-11-21`. Days after 9999-12-31 have that date.
    #[must_use]
    pub fn date(self) -> String {
        let seconds = self.0.min(LAST_DAY).saturating_mul(DAY_SECONDS);
        let start = i64::try_from(seconds).ok();
        let start = start.and_then(|start| OffsetDateTime::from_unix_timestamp(start).ok());
        start
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .date()
            .to_string()
    }
}

/// Whole seconds until the next day begins, at least 1.
#[must_use]
pub fn seconds_to_midnight(now_ms: u64) -> u64 {
    DAY_MS.saturating_sub(now_ms % DAY_MS).div_ceil(1000)
}

/// The next whole quarter of an hour, in Unix milliseconds.
#[must_use]
pub fn next_quarter_hour(ms: u64) -> u64 {
    ms.checked_next_multiple_of(QUARTER_HOUR_MS).unwrap_or(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_262_400_000;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(Day::of(NOON).date(), "2026-11-21");
        let midnight = Day::of(NOON).number() * DAY_MS;
        assert_eq!(Day::of(midnight - 1).date(), "2026-11-20");
        assert_eq!(Day::of(midnight).date(), "2026-11-21");
        assert_eq!(Day::of(951_782_400_000).date(), "2000-02-29");
        assert_eq!(Day::of(0).date(), "1970-01-01");
        assert_eq!(Day::from_number(LAST_DAY).date(), "9999-12-31");
        assert_eq!(Day::from_number(u64::MAX).date(), "9999-12-31");
    }

    #[test]
    fn midnight_is_at_least_a_second_away() {
        assert_eq!(seconds_to_midnight(NOON), 43_200);
        let midnight = Day::of(NOON).number() * DAY_MS;
        assert_eq!(seconds_to_midnight(midnight - 1), 1);
        assert_eq!(seconds_to_midnight(midnight), 86_400);
    }

    #[test]
    fn alarms_of_one_quarter_of_an_hour_are_one() {
        assert_eq!(next_quarter_hour(NOON), NOON);
        assert_eq!(next_quarter_hour(NOON + 1), NOON + QUARTER_HOUR_MS);
        assert_eq!(next_quarter_hour(NOON + 899_000), NOON + QUARTER_HOUR_MS);
        assert_eq!(next_quarter_hour(u64::MAX), u64::MAX);
    }

    #[test]
    fn ninety_days_are_kept_today_included() {
        let today = Day::of(NOON);
        assert_eq!(today.number() - today.first_kept().number(), 89);
    }
}
