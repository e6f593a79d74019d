//! The UTC day that an event counts for.

const DAY_MS: u64 = 86_400_000;
/// 9999-12-31.
const LAST_DAY: u64 = 2_932_896;
/// How many days are kept besides the present one.
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

    /// The day stored as a number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The first day that is still kept on this day.
    #[must_use]
    pub fn first_kept(self) -> Self {
        Self(self.0.saturating_sub(DAYS_KEPT.saturating_sub(1)))
    }

    /// The date, as `2026-11-21`; after 9999-12-31, which ends the years of four digits, that day.
    #[must_use]
    pub fn date(self) -> String {
        let mut day = self.0.min(LAST_DAY);
        let mut year = 1970_u64;
        while let Some(left) = day.checked_sub(if is_leap(year) { 366 } else { 365 }) {
            day = left;
            year = year.saturating_add(1);
        }
        let february = if is_leap(year) { 29 } else { 28 };
        let mut month = 1_u64;
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
            let Some(left) = day.checked_sub(length) else {
                break;
            };
            day = left;
            month = month.saturating_add(1);
        }
        let day = day.saturating_add(1);
        format!("{year}-{month:02}-{day:02}")
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Whole seconds until the next day begins, 1 at least.
#[must_use]
pub fn seconds_to_midnight(now_ms: u64) -> u64 {
    DAY_MS.saturating_sub(now_ms % DAY_MS).div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_262_400_000;

    #[test]
    fn a_day_turns_at_midnight_utc() {
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
    fn midnight_is_a_second_away_at_least() {
        assert_eq!(seconds_to_midnight(NOON), 43_200);
        let midnight = Day::of(NOON).number() * DAY_MS;
        assert_eq!(seconds_to_midnight(midnight - 1), 1);
        assert_eq!(seconds_to_midnight(midnight), 86_400);
    }

    #[test]
    fn ninety_days_are_kept_the_present_one_included() {
        let today = Day::of(NOON);
        assert_eq!(today.number() - today.first_kept().number(), 89);
    }
}
