//! One shard's counters, as they are published to KV and read back.

use super::day::Day;
use super::event::{ANSWER_FAILURE_PREFIX, FAILURE_PREFIX, TOTAL_ONLY_MARK};
use super::first_token::FIRST_TOKEN_PREFIX;
use super::numbers::Counts;
use crate::http::json_object::from_object;
use crate::http::response::to_json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key in KV of a shard's snapshot.
#[must_use]
pub fn snapshot_key(shard: u32) -> String {
    format!("counters/1/{shard}")
}

/// One shard's counters at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, in Unix milliseconds.
    pub as_of: u64,
    /// The numbers in total.
    pub totals: Counts,
    /// Failed sessions by code, in total.
    pub failures: BTreeMap<String, u64>,
    /// Failed answers by code, in total.
    #[serde(default)]
    pub answer_failures: BTreeMap<String, u64>,
    /// The histogram of the time to the first token, by the end of its counters' names.
    #[serde(default)]
    pub first_token_ms: BTreeMap<String, u64>,
    /// The numbers by [`Day::number`].
    pub days: BTreeMap<u64, Counts>,
}

impl Snapshot {
    /// An empty snapshot, taken at `now` in Unix milliseconds.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self {
            as_of: now,
            ..Self::default()
        }
    }

    /// Parses what was published. Anything else counts as not published.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_object(text.as_bytes())
    }

    /// The text that is published.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// Adds a counter's value: in total, or for a day.
    pub fn add(&mut self, day: Option<Day>, counter: &str, count: u64) {
        if counter.contains(TOTAL_ONLY_MARK) {
            // Version 0.1.0 also stored failures by day and code.
            if day.is_none() {
                self.add_total_only(counter, count);
            }
            return;
        }
        match day {
            None => self.totals.add(counter, count),
            Some(day) => {
                let day = self.days.entry(day.number()).or_default();
                day.add(counter, count);
            }
        }
    }

    fn add_total_only(&mut self, counter: &str, count: u64) {
        let maps = [
            (FAILURE_PREFIX, &mut self.failures),
            (ANSWER_FAILURE_PREFIX, &mut self.answer_failures),
            (FIRST_TOKEN_PREFIX, &mut self.first_token_ms),
        ];
        for (prefix, map) in maps {
            if let Some(name) = counter.strip_prefix(prefix) {
                add_to(map, name, count);
            }
        }
    }

    /// Adds all counters of another.
    pub fn add_all(&mut self, other: &Self) {
        self.totals.add_all(&other.totals);
        for (map, others) in [
            (&mut self.failures, &other.failures),
            (&mut self.answer_failures, &other.answer_failures),
            (&mut self.first_token_ms, &other.first_token_ms),
        ] {
            for (name, count) in others {
                add_to(map, name, *count);
            }
        }
        for (day, counts) in &other.days {
            self.days.entry(*day).or_default().add_all(counts);
        }
    }
}

fn add_to(map: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    let number = map.entry(name.to_owned()).or_default();
    *number = number.saturating_add(count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_back_from_kv_unchanged() {
        let mut snapshot = Snapshot::at(7);
        for counter in [
            "messages",
            "sessions_failed",
            "failed:openai_timeout",
            "answers_failed",
            "answers_failed:openai_timeout",
            "first_token_ms:500",
        ] {
            snapshot.add(None, counter, 3);
            snapshot.add(Some(Day::from_number(20_778)), counter, 3);
        }
        let text = snapshot.to_json();
        assert_eq!(Snapshot::parse(&text).as_ref(), Some(&snapshot));
        let mut twice = snapshot.clone();
        twice.add_all(&snapshot);
        for map in [twice.failures, twice.answer_failures, twice.first_token_ms] {
            assert_eq!(map.into_values().collect::<Vec<_>>(), [6]);
        }
        assert_eq!(twice.days.len(), 1);
    }

    #[test]
    fn text_that_is_not_a_snapshot_counts_as_not_published() {
        let whole = r#"{"as_of":1,"totals":{"messages":2},"failures":{"a":3},"days":{"20778":{}},"new":[]}"#;
        assert!(Snapshot::parse(whole).is_some());
        for (part, other) in [
            ("\"as_of\"", "\"at\""),
            (":1,", ":1.0,"),
            (":2}", ":-2}"),
            (":3}", ":null}"),
            ("20778", "today"),
            ("{}", "7"),
            ("{\"a\":3}", "[]"),
        ] {
            let text = whole.replace(part, other);
            assert_eq!(Snapshot::parse(&text), None, "{text}");
        }
        assert_eq!(Snapshot::parse("<html>"), None);
    }
}
