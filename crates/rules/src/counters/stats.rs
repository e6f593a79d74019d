//! The counters of all shards together, as the admin sees them.

use super::day::Day;
use super::event::Counts;
use super::snapshot::Snapshot;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All shards together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    as_of: u64,
    all: Snapshot,
}

/// The body of `GET /api/chatkit/stats`.
#[derive(Debug, Serialize)]
pub struct StatsView<'a> {
    /// In Unix seconds.
    as_of: u64,
    totals: Counts,
    failures: &'a BTreeMap<String, u64>,
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
    pub fn view(&self) -> StatsView<'_> {
        let days = self.all.days.iter().rev();
        StatsView {
            as_of: self.as_of / 1000,
            totals: self.all.totals,
            failures: &self.all.failures,
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
        let mut text = String::new();
        for (name, count) in self.all.totals.by_name() {
            let metric = format!("chatkit_{name}_total");
            let help = help(name);
            let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} counter");
            if name == "sessions_failed" {
                for (code, count) in &self.all.failures {
                    let code = label_value(code);
                    let _ = writeln!(text, "{metric}{{code=\"{code}\"}} {count}");
                }
            } else {
                let _ = writeln!(text, "{metric} {count}");
            }
        }
        let _ = writeln!(
            text,
            "# HELP chatkit_counters_as_of_seconds When the counters were complete, in Unix seconds.\n\
             # TYPE chatkit_counters_as_of_seconds gauge\n\
             chatkit_counters_as_of_seconds {}",
            self.as_of / 1000
        );
        text
    }
}

/// A label's value, with the three escapes of the format.
fn label_value(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

fn help(name: &str) -> &'static str {
    match name {
        "sessions_created" => "Sessions created.",
        "sessions_refreshed" => "Sessions refreshed.",
        "sessions_cancelled" => "Sessions cancelled.",
        "sessions_failed" => "Sessions that could not be created, by code.",
        "messages" => "Message events.",
        "thread_changes" => "Changes of thread.",
        _ => "Errors reported by pages.",
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
    fn metrics_have_help_type_and_a_label_for_the_code() {
        let shards = [Some(snapshot(
            NOON,
            &Event::SessionFailed("openai_timeout".into()),
            2,
        ))];
        let text = Stats::of(&shards, NOON, 120).to_prometheus();
        assert!(text.contains("# HELP chatkit_sessions_created_total Sessions created.\n# TYPE chatkit_sessions_created_total counter\nchatkit_sessions_created_total 0\n"));
        assert!(text.contains("\nchatkit_sessions_failed_total{code=\"openai_timeout\"} 2\n"));
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let event = Event::SessionFailed("a\"b\\c\nd".into());
        let text = Stats::of(&[Some(snapshot(NOON, &event, 1))], NOON, 120).to_prometheus();
        assert!(
            text.contains(r#"chatkit_sessions_failed_total{code="a\"b\\c\nd"} 1"#),
            "{text}"
        );
    }
}
