//! How long visitors wait for the first token of an answer, as a histogram.
//!
//! It is stored as counters with totals only: one for each bucket, which counts the answers between the bound before it and its
//! own, and one for the sum. So an answer adds to two of them, and a later version can have other bounds.

use serde::Serialize;
use std::collections::BTreeMap;

/// The prefix of the histogram's counters, before a bound in milliseconds, [`ABOVE`] or [`SUM`].
pub const FIRST_TOKEN_PREFIX: &str = "first_token_ms:";
/// The bucket above the last bound.
const ABOVE: &str = "above";
/// The sum of all times, in milliseconds.
const SUM: &str = "sum";
/// The bounds of the buckets: in milliseconds, under the name in a counter, and in seconds.
const BOUNDS: [(u64, &str, f64); 8] = [
    (250, "250", 0.25),
    (500, "500", 0.5),
    (1_000, "1000", 1.0),
    (2_000, "2000", 2.0),
    (4_000, "4000", 4.0),
    (8_000, "8000", 8.0),
    (16_000, "16000", 16.0),
    (30_000, "30000", 30.0),
];

/// The counters that a time adds to, with what it adds.
#[must_use]
pub fn first_token_counters(ms: u64) -> [(String, u64); 2] {
    let bound = BOUNDS.iter().find(|(bound, ..)| ms <= *bound);
    let bucket = bound.map_or(ABOVE, |(_, name, _)| *name);
    [(bucket, 1), (SUM, ms)].map(|(name, number)| (format!("{FIRST_TOKEN_PREFIX}{name}"), number))
}

/// The histogram as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FirstTokens {
    /// How many answers had a first token.
    pub count: u64,
    /// The sum of all times, in seconds.
    pub sum: f64,
    /// By bound.
    pub buckets: Vec<Bucket>,
}

/// How many answers had their first token within a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bucket {
    /// The longest time, in seconds.
    pub le: f64,
    /// The answers within it, those of the smaller buckets included.
    pub count: u64,
}

impl FirstTokens {
    /// The histogram of the stored numbers, by the end of their counters' names.
    #[must_use]
    pub fn of(numbers: &BTreeMap<String, u64>) -> Self {
        let number = |name: &str| numbers.get(name).copied().unwrap_or_default();
        let mut count = 0_u64;
        let mut buckets = Vec::with_capacity(BOUNDS.len());
        for (_, name, le) in BOUNDS {
            count = count.saturating_add(number(name));
            buckets.push(Bucket { le, count });
        }
        Self {
            count: count.saturating_add(number(ABOVE)),
            sum: number(SUM) as f64 / 1000.0,
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(times: &[u64]) -> FirstTokens {
        let mut numbers = BTreeMap::new();
        for (counter, number) in times.iter().flat_map(|ms| first_token_counters(*ms)) {
            let name = counter.strip_prefix(FIRST_TOKEN_PREFIX).unwrap();
            let sum: &mut u64 = numbers.entry(name.to_owned()).or_default();
            *sum = sum.saturating_add(number);
        }
        FirstTokens::of(&numbers)
    }

    #[test]
    fn each_bucket_counts_the_times_up_to_its_bound() {
        let shown = histogram(&[0, 250, 251, 1_000, 7_999, 30_000, 30_001, 600_000]);
        let counts: Vec<u64> = shown.buckets.iter().map(|bucket| bucket.count).collect();
        assert_eq!(counts, [2, 3, 4, 4, 4, 5, 5, 6]);
        assert_eq!((shown.count, shown.sum), (8, 669.501));
    }

    #[test]
    fn the_bounds_in_a_counter_and_in_seconds_are_the_same() {
        for (ms, name, seconds) in BOUNDS {
            assert_eq!(ms.to_string(), name);
            assert_eq!(ms as f64 / 1000.0, seconds);
        }
    }

    #[test]
    fn numbers_of_unknown_bounds_are_skipped_and_large_ones_do_not_overflow() {
        let numbers = [("250", u64::MAX), ("above", 1), ("sum", u64::MAX), ("7", 1)];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number));
        assert_eq!(FirstTokens::of(&BTreeMap::from(numbers)).count, u64::MAX);
    }
}
