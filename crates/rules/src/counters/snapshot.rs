//! One shard's counters, as they are published to KV and read back.

use super::Day;
use super::event::{Counts, failure_code};
use super::table::Table;
use crate::json::Json;
use std::fmt;

/// The key in KV under which a shard's snapshot is published.
#[must_use]
pub fn snapshot_key(shard: u32) -> String {
    format!("counters/1/{shard}")
}

/// One shard's counters at one time; its `Display` is its JSON, which is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was taken, in Unix milliseconds.
    pub as_of: u64,
    pub(super) totals: Counts,
    pub(super) failures: Table<String, u64>,
    pub(super) days: Table<u64, Counts>,
}

impl Snapshot {
    /// An empty one, taken at `now` in Unix milliseconds.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self {
            as_of: now,
            ..Self::default()
        }
    }

    /// Adds a counter's value: in total, or for a day.
    pub fn add(&mut self, day: Option<Day>, counter: &str, count: u64) {
        match (day, failure_code(counter)) {
            (None, None) => self.totals.add(counter, count),
            (None, Some(code)) => self.add_failures(code, count),
            (Some(day), None) => self
                .days
                .change(day.number(), |counts| counts.add(counter, count)),
            // By code, only totals are kept.
            (Some(_), Some(_)) => {}
        }
    }

    fn add_failures(&mut self, code: &str, count: u64) {
        self.failures.change(code.to_owned(), |number| {
            *number = number.saturating_add(count);
        });
    }

    /// Adds all counters of another.
    pub(super) fn add_all(&mut self, other: &Self) {
        self.totals.add_all(&other.totals);
        for (code, count) in other.failures.iter() {
            self.add_failures(code, *count);
        }
        for (day, counts) in other.days.iter() {
            self.days.change(*day, |sum| sum.add_all(counts));
        }
    }

    /// The failures by code, as an object.
    pub(super) fn failures_json(&self) -> Json<'_> {
        let failures = self.failures.iter();
        Json::object(
            failures
                .map(|(code, count)| (code.as_str(), (*count).into()))
                .collect(),
        )
    }

    fn read(json: &Json<'_>) -> Option<Self> {
        let mut snapshot = Self::at(json.get("as_of")?.whole()?);
        snapshot.totals = Counts::read(json.get("totals")?)?;
        for (code, count) in json.get("failures")?.fields()? {
            let count = count.whole()?;
            let change = |number: &mut u64| *number = count;
            snapshot.failures.change(code.to_string(), change);
        }
        for (day, counts) in json.get("days")?.fields()? {
            let counts = Counts::read(counts)?;
            let change = |sum: &mut Counts| *sum = counts;
            snapshot.days.change(day.parse().ok()?, change);
        }
        Some(snapshot)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.days.iter();
        let days: Vec<_> = days
            .map(|(day, counts)| (day.to_string().into(), counts.to_json()))
            .collect();
        let snapshot = Json::object(vec![
            ("as_of", self.as_of.into()),
            ("totals", self.totals.to_json()),
            ("failures", self.failures_json()),
            ("days", Json::Object(days)),
        ]);
        snapshot.fmt(f)
    }
}

/// Reads a snapshot from KV; anything else counts as none.
impl std::str::FromStr for Snapshot {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let json = Json::parse(text.as_bytes()).ok_or(())?;
        Self::read(&json).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_survives_the_way_through_kv() {
        let mut snapshot = Snapshot::at(7);
        for counter in ["messages", "sessions_failed", "failed:openai_timeout"] {
            snapshot.add(None, counter, 3);
            snapshot.add(Some(Day::from_number(20_778)), counter, 3);
        }
        let text = snapshot.to_string();
        assert_eq!(text.parse(), Ok(snapshot));
    }

    #[test]
    fn what_is_no_snapshot_is_none() {
        let whole = r#"{"as_of":1,"totals":{"messages":2},"failures":{"a":3},"days":{"20778":{}},"new":[]}"#;
        assert!(whole.parse::<Snapshot>().is_ok());
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
            assert_eq!(text.parse::<Snapshot>(), Err(()), "{text}");
        }
        assert_eq!("<html>".parse::<Snapshot>(), Err(()));
    }
}
