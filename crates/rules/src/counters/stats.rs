//! The counters of all shards together, as the admin sees them.

use super::day::Day;
use super::first_token::FirstTokens;
use super::metrics_text;
use super::numbers::Counts;
use super::snapshot::Snapshot;
use serde::Serialize;
use std::collections::BTreeMap;

/// All shards together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    as_of: u64,
    all: Snapshot,
}

/// The body of `GET /api/chatkit/stats`.
#[derive(Debug, Serialize)]
pub struct StatsView {
    /// In Unix seconds.
    as_of: u64,
    totals: Counts,
    /// Of sessions and answers.
    failures: BTreeMap<String, u64>,
    first_token_seconds: FirstTokens,
    /// Newest first.
    days: Vec<DayView>,
}

#[derive(Debug, Serialize)]
struct DayView {
    date: String,
    #[serde(flatten)]
    counts: Counts,
}

impl Stats {
    /// Adds up the shards' snapshots; `None` for a shard that has published nothing yet. Events of the last
    /// `publish_seconds` may not be published, so the sum is complete only up to the oldest snapshot.
    #[must_use]
    pub fn of(snapshots: &[Option<Snapshot>], now: u64, publish_seconds: u64) -> Self {
        let mut all = Snapshot::default();
        let mut as_of = now;
        let unpublished = now.saturating_sub(publish_seconds.saturating_mul(1000));
        for snapshot in snapshots {
            let Some(snapshot) = snapshot else {
                as_of = as_of.min(unpublished);
                continue;
            };
            as_of = as_of.min(snapshot.as_of);
            all.add_all(snapshot);
        }
        let today = Day::of(now);
        let shown = today.first_kept().number()..=today.number();
        all.days.retain(|day, _| shown.contains(day));
        Self { as_of, all }
    }

    /// The counters as JSON shows them.
    #[must_use]
    pub fn view(&self) -> StatsView {
        let days = self.all.days.iter().rev();
        let mut failures = self.all.failures.clone();
        for (code, count) in &self.all.answer_failures {
            let number = failures.entry(code.clone()).or_default();
            *number = number.saturating_add(*count);
        }
        StatsView {
            as_of: self.as_of / 1000,
            totals: self.all.totals,
            failures,
            first_token_seconds: FirstTokens::of(&self.all.first_token_ms),
            days: days
                .map(|(day, counts)| DayView {
                    date: Day::from_number(*day).date(),
                    counts: *counts,
                })
                .collect(),
        }
    }

    /// The body of `GET /metrics`, in the Prometheus text format 0.0.4.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        metrics_text::of(&self.all, self.as_of / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::event::Event;

    const NOON: u64 = 1_795_262_400_000;

    fn snapshot(as_of: u64, event: &Event, count: u64) -> Snapshot {
        let mut snapshot = Snapshot::at(as_of);
        for counter in event.counters() {
            snapshot.add(None, &counter, count);
            snapshot.add(Some(Day::of(NOON)), &counter, count);
        }
        snapshot
    }

    #[test]
    fn shards_add_up_and_are_complete_up_to_the_oldest() {
        let shards = [
            Some(snapshot(NOON - 9_000, &Event::Message, 3)),
            Some(snapshot(
                NOON - 1_000,
                &Event::SessionFailed("openai_timeout".into()),
                2,
            )),
        ];
        let json: serde_json::Value =
            serde_json::to_value(Stats::of(&shards, NOON, 120).view()).unwrap();
        assert_eq!(json["as_of"], (NOON - 9_000) / 1000);
        assert_eq!(json["totals"]["messages"], 3);
        assert_eq!(json["totals"]["sessions_failed"], 2);
        assert_eq!(json["failures"], serde_json::json!({"openai_timeout": 2}));
        assert_eq!(json["days"][0]["date"], "2026-11-21");
        assert_eq!(json["days"][0]["messages"], 3);
    }

    #[test]
    fn a_shard_that_never_published_may_have_unpublished_events() {
        let stats = Stats::of(&[None], NOON, 120);
        assert_eq!(stats.as_of, NOON - 120_000);
    }

    #[test]
    fn days_beyond_ninety_and_future_days_are_not_shown() {
        let mut old = Snapshot::at(NOON);
        old.add(
            Some(Day::from_number(Day::of(NOON).number() - 90)),
            "messages",
            1,
        );
        old.add(
            Some(Day::from_number(Day::of(NOON).number() - 89)),
            "messages",
            1,
        );
        old.add(Some(Day::from_number(3_000_000)), "messages", 1);
        assert_eq!(Stats::of(&[Some(old)], NOON, 1).all.days.len(), 1);
    }

    #[test]
    fn failures_of_sessions_and_answers_with_the_same_code_are_one_number() {
        let mut shard = Snapshot::at(NOON);
        for (counter, count) in [
            ("failed:openai_timeout", 2),
            ("answers_failed:openai_timeout", 3),
            ("answers_failed:answer_filtered", 1),
        ] {
            shard.add(None, counter, count);
        }
        let json = serde_json::to_value(Stats::of(&[Some(shard)], NOON, 120).view()).unwrap();
        let expected = serde_json::json!({"answer_filtered": 1, "openai_timeout": 5});
        assert_eq!(json["failures"], expected);
    }

    #[test]
    fn the_time_to_the_first_token_is_a_histogram_of_all_shards() {
        let mut shard = Snapshot::at(NOON);
        shard.add(None, "first_token_ms:500", 2);
        shard.add(None, "first_token_ms:sum", 700);
        let shards = [Some(shard.clone()), Some(shard)];
        let json = serde_json::to_value(Stats::of(&shards, NOON, 120).view()).unwrap();
        let shown = &json["first_token_seconds"];
        assert_eq!((&shown["count"], &shown["sum"]), (&4.into(), &1.4.into()));
        assert_eq!(
            shown["buckets"][1],
            serde_json::json!({"le": 0.5, "count": 4})
        );
        assert_eq!(shown["buckets"].as_array().map(Vec::len), Some(8));
    }
}
