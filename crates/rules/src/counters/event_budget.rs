//! The rows that events of pages may write in a UTC day.
//!
//! Anyone can send events, and each request of them writes rows, which Cloudflare limits on the free plan and bills on the paid
//! one. The budget (`DAILY_EVENT_ROWS`) leaves the rest of the day's rows to sessions and daily limits. Each shard has its part.

use super::day::Day;

/// `DAILY_EVENT_ROWS` if it is not set: half of what the free plan allows in a day.
pub const DEFAULT_DAILY_ROWS: u64 = 50_000;

/// The rows of a request without error reports: the counter in total, the counter of the day, and what waits for publication.
const COUNT_ROWS: u64 = 3;
/// The row of all error reports.
const REPORTS_ROWS: u64 = 1;

/// The rows that a request of events writes, whatever number of events it has.
#[must_use]
pub fn cost(has_reports: bool) -> u64 {
    if has_reports {
        COUNT_ROWS.saturating_add(REPORTS_ROWS)
    } else {
        COUNT_ROWS
    }
}

/// A shard's part of the day's rows.
#[must_use]
pub fn rows_of_shard(daily_rows: u64, shards: u32) -> u64 {
    daily_rows.div_ceil(u64::from(shards.max(1)))
}

/// What a shard's events have written today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventBudget {
    day: u64,
    rows: u64,
}

impl EventBudget {
    /// What was stored: the rows of a day.
    #[must_use]
    pub fn stored(day: Day, rows: u64) -> Self {
        let day = day.number();
        Self { day, rows }
    }

    /// The budget of an object that restarted: what was stored with the last publication, and the calls since. These may have
    /// counted sessions too, so a restart takes too much rather than too little.
    #[must_use]
    pub fn restored(stored: Self, today: Day, unpublished_calls: u64) -> Self {
        let rows = if stored.day == today.number() {
            stored.rows
        } else {
            0
        };
        let since = COUNT_ROWS.saturating_mul(unpublished_calls);
        Self::stored(today, rows.saturating_add(since))
    }

    /// The number of the day, and its rows.
    #[must_use]
    pub fn parts(self) -> (u64, u64) {
        (self.day, self.rows)
    }

    /// Takes the rows of a request off the day's `limit`. Whether they were left.
    pub fn spend(&mut self, today: Day, cost: u64, limit: u64) -> bool {
        if today.number() > self.day {
            *self = Self::stored(today, 0);
        }
        let rows = self.rows.saturating_add(cost);
        let is_left = rows <= limit;
        if is_left {
            self.rows = rows;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_rows_and_the_next_day_has_them_again() {
        let (today, tomorrow) = (Day::from_number(7), Day::from_number(8));
        let mut budget = EventBudget::default();
        assert!(budget.spend(today, 4, 10));
        assert!(budget.spend(today, 4, 10));
        assert!(!budget.spend(today, 4, 10));
        assert_eq!(budget.parts(), (7, 8), "a refused request takes nothing");
        assert!(budget.spend(tomorrow, 4, 10));
        assert_eq!(budget.parts(), (8, 4));
        assert!(budget.spend(today, 4, 10), "the day does not go back");
        assert_eq!(budget.parts(), (8, 8));
    }

    #[test]
    fn a_restarted_object_knows_what_was_published_and_what_was_counted_since() {
        let today = Day::from_number(7);
        let restored = |stored, calls| EventBudget::restored(stored, today, calls).parts();
        assert_eq!(restored(EventBudget::stored(today, 8), 2), (7, 14));
        let yesterday = EventBudget::stored(Day::from_number(6), 8);
        assert_eq!(restored(yesterday, 2), (7, 6));
        assert_eq!(restored(EventBudget::default(), 0), (7, 0));
    }

    #[test]
    fn a_request_with_reports_costs_a_row_more() {
        assert_eq!((cost(false), cost(true)), (3, 4));
    }

    #[test]
    fn the_shards_share_the_rows() {
        assert_eq!(rows_of_shard(50_000, 1), 50_000);
        assert_eq!(rows_of_shard(10, 4), 3);
    }
}
