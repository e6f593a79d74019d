//! The requests that were counted against the day's limits just now, so that a retry counts once.
//!
//! When the answer of `reserve` is lost, its request asks again. The limits object finds the request's id here and answers the
//! same without counting. It stores the list in one row together with the counts, because the answer may be lost by a restart.

use crate::counters::day::Day;

/// How long a reservation is remembered, in milliseconds. A request asks again within a second.
const KEPT_MS: u64 = 10_000;
/// How many reservations are remembered at most.
const MAX_RESERVATIONS: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Reservation {
    request: String,
    day: u64,
    at: u64,
}

/// The latest reservations, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentReservations(Vec<Reservation>);

impl RecentReservations {
    /// Parses what was stored. Any other line is skipped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let reserved = |line: &str| {
            let mut words = line.split(' ');
            Some(Reservation {
                request: words.next()?.to_owned(),
                day: words.next()?.parse().ok()?,
                at: words.next()?.parse().ok()?,
            })
        };
        Self(text.lines().filter_map(reserved).collect())
    }

    /// The text that is stored: a line for each.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line =
            |Reservation { request, day, at }: &Reservation| format!("{request} {day} {at}\n");
        self.0.iter().map(line).collect()
    }

    /// The day that a request was counted for.
    #[must_use]
    pub fn day_of(&self, request: &str) -> Option<Day> {
        let reserved = self.0.iter().find(|reserved| reserved.request == request)?;
        Some(Day::from_number(reserved.day))
    }

    /// Remembers a reservation at `now`, in Unix milliseconds, and forgets old ones.
    pub fn add(&mut self, request: &str, day: Day, now_ms: u64) {
        let oldest = now_ms.saturating_sub(KEPT_MS);
        self.0.retain(|reserved| reserved.at >= oldest);
        let excess = self
            .0
            .len()
            .saturating_add(1)
            .saturating_sub(MAX_RESERVATIONS);
        self.0.drain(..excess.min(self.0.len()));
        self.0.push(Reservation {
            request: request.to_owned(),
            day: day.number(),
            at: now_ms,
        });
    }

    /// Forgets a request's reservation and returns its day.
    pub fn remove(&mut self, request: &str) -> Option<Day> {
        let at = self
            .0
            .iter()
            .position(|reserved| reserved.request == request)?;
        Some(Day::from_number(self.0.remove(at).day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day::from_number(20_778);

    #[test]
    fn a_reservation_is_found_again_for_ten_seconds() {
        let mut recent = RecentReservations::default();
        recent.add("a", TODAY, 1_000);
        recent.add("b", TODAY, 11_000);
        assert_eq!(recent.day_of("a"), Some(TODAY));
        recent.add("c", TODAY, 11_001);
        assert_eq!(recent.day_of("a"), None);
        assert_eq!(recent.day_of("b"), Some(TODAY));
    }

    #[test]
    fn a_removed_reservation_is_gone() {
        let mut recent = RecentReservations::default();
        recent.add("a", TODAY, 0);
        assert_eq!(recent.remove("a"), Some(TODAY));
        assert_eq!((recent.remove("a"), recent.day_of("a")), (None, None));
    }

    #[test]
    fn the_list_is_bounded_and_keeps_the_latest() {
        let mut recent = RecentReservations::default();
        for number in 0..=MAX_RESERVATIONS {
            recent.add(&number.to_string(), TODAY, 0);
        }
        assert_eq!(recent.0.len(), MAX_RESERVATIONS);
        assert_eq!(
            (recent.day_of("0"), recent.day_of("1")),
            (None, Some(TODAY))
        );
    }

    #[test]
    fn a_list_is_read_back_unchanged_and_any_other_line_is_skipped() {
        let mut recent = RecentReservations::default();
        recent.add("a", TODAY, 5);
        let text = recent.to_text();
        assert_eq!(text, "a 20778 5\n");
        assert_eq!(RecentReservations::parse(&text), recent);
        assert_eq!(
            RecentReservations::parse(&format!("a b\n{{\n{text}\n")),
            recent
        );
        assert_eq!(RecentReservations::parse(""), RecentReservations::default());
    }
}
