//! The counters of all shards together, as the admin gets them.

use super::{Day, Snapshot};
use crate::json::Json;
use std::fmt::Write;

/// All shards together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    as_of: u64,
    all: Snapshot,
}

impl Stats {
    /// Adds up the shards' snapshots; `None` for a shard that has published nothing yet. What a
    /// shard took in the last `publish_seconds` may not be published, so the sum is complete only
    /// up to the oldest snapshot.
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
        all.days.retain(|day| shown.contains(day));
        Self { as_of, all }
    }

    /// The body of `GET /api/chatkit/stats`; `as_of` is in Unix seconds, days come newest first.
    #[must_use]
    pub fn to_json(&self) -> String {
        let days = self.all.days.iter().rev();
        let days = days.map(|(day, counts)| {
            let date = Day::from_number(*day).date();
            let mut fields = vec![("date", date.into())];
            fields.extend(counts.by_name().map(|(name, count)| (name, count.into())));
            Json::object(fields)
        });
        Json::object(vec![
            ("as_of", (self.as_of / 1000).into()),
            ("totals", self.all.totals.to_json()),
            ("failures", self.all.failures_json()),
            ("days", Json::Array(days.collect())),
        ])
        .to_string()
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
                for (code, count) in self.all.failures.iter() {
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

/// A label's value, with the three escapes that the format has.
fn label_value(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

fn help(name: &str) -> &'static str {
    match name {
        "sessions_created" => "Sessions created.",
        "sessions_refreshed" => "Sessions created to follow another.",
        "sessions_cancelled" => "Sessions cancelled.",
        "sessions_failed" => "Sessions that could not be created, by code.",
        "messages" => "Message events.",
        "thread_changes" => "Changes of thread.",
        _ => "Errors that pages reported.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Event;

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
            serde_json::from_str(&Stats::of(&shards, NOON, 120).to_json()).unwrap();
        assert_eq!(json["as_of"], (NOON - 9_000) / 1000);
        assert_eq!(json["totals"]["messages"], 3);
        assert_eq!(json["totals"]["sessions_failed"], 2);
        assert_eq!(json["failures"], serde_json::json!({"openai_timeout": 2}));
        assert_eq!(json["days"][0]["date"], "2026-11-21");
        assert_eq!(json["days"][0]["messages"], 3);
    }

    #[test]
    fn a_shard_that_never_published_may_hold_what_it_just_took() {
        let stats = Stats::of(&[None], NOON, 120);
        assert_eq!(stats.as_of, NOON - 120_000);
    }

    #[test]
    fn days_beyond_ninety_and_days_to_come_are_not_shown() {
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
        assert_eq!(Stats::of(&[Some(old)], NOON, 1).all.days.iter().count(), 1);
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
