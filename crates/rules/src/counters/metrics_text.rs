//! The counters in the Prometheus text format 0.0.4.

use super::first_token::FirstTokens;
use super::numbers::help;
use super::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The body of `GET /metrics`. `as_of` is up to when the counters are complete, in Unix seconds.
#[must_use]
pub fn of(all: &Snapshot, as_of: u64) -> String {
    let mut text = String::new();
    for (name, count) in all.totals.by_name() {
        match name {
            "sessions_failed" => by_code(&mut text, name, &all.failures),
            "answers_failed" => by_code(&mut text, name, &all.answer_failures),
            "cost_micros" => {
                let dollars = format!("{}.{:06}", count / 1_000_000, count % 1_000_000);
                counter(&mut text, "cost_dollars", help(name), &dollars);
            }
            _ => counter(&mut text, name, help(name), &count.to_string()),
        }
    }
    first_tokens(&mut text, &FirstTokens::of(&all.first_token_ms));
    let _ = writeln!(
        text,
        "# HELP chatkit_counters_as_of_seconds When the counters were complete, in Unix seconds.\n\
         # TYPE chatkit_counters_as_of_seconds gauge\n\
         chatkit_counters_as_of_seconds {as_of}",
    );
    text
}

fn counter(text: &mut String, name: &str, help: &str, value: &str) {
    let metric = begin_counter(text, name, help);
    let _ = writeln!(text, "{metric} {value}");
}

/// A counter with the label `code`. It has no sample until the first failure.
fn by_code(text: &mut String, name: &str, failures: &BTreeMap<String, u64>) {
    let metric = begin_counter(text, name, help(name));
    for (code, count) in failures {
        let code = label_value(code);
        let _ = writeln!(text, "{metric}{{code=\"{code}\"}} {count}");
    }
}

fn begin_counter(text: &mut String, name: &str, help: &str) -> String {
    let metric = format!("chatkit_{name}_total");
    let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} counter");
    metric
}

fn first_tokens(text: &mut String, times: &FirstTokens) {
    const METRIC: &str = "chatkit_first_token_seconds";
    let _ = writeln!(
        text,
        "# HELP {METRIC} Time from a request to the first token of its answer, in seconds.\n# TYPE {METRIC} histogram"
    );
    for bucket in &times.buckets {
        let _ = writeln!(
            text,
            "{METRIC}_bucket{{le=\"{}\"}} {}",
            bucket.le, bucket.count
        );
    }
    let _ = writeln!(
        text,
        "{METRIC}_bucket{{le=\"+Inf\"}} {}\n{METRIC}_sum {}\n{METRIC}_count {}",
        times.count, times.sum, times.count
    );
}

/// A label's value, with the three escapes of the format.
fn label_value(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(counters: &[(&str, u64)]) -> String {
        let mut all = Snapshot::at(0);
        for (counter, count) in counters {
            all.add(None, counter, *count);
        }
        of(&all, 7)
    }

    #[test]
    fn metrics_have_help_type_and_a_label_for_the_code() {
        let text = text(&[
            ("sessions_failed", 2),
            ("failed:openai_timeout", 2),
            ("answers_failed", 1),
            ("answers_failed:openai_timeout", 1),
        ]);
        assert!(text.starts_with("# HELP chatkit_sessions_created_total Sessions created.\n# TYPE chatkit_sessions_created_total counter\nchatkit_sessions_created_total 0\n"));
        assert!(text.contains("\nchatkit_sessions_failed_total{code=\"openai_timeout\"} 2\n"));
        assert!(text.contains("\nchatkit_answers_failed_total{code=\"openai_timeout\"} 1\n"));
        assert!(text.ends_with("\nchatkit_counters_as_of_seconds 7\n"));
    }

    #[test]
    fn the_cost_is_in_dollars() {
        let text = text(&[("cost_micros", 12_000_340)]);
        assert!(text.contains("\nchatkit_cost_dollars_total 12.000340\n"));
        assert!(!text.contains("cost_micros"));
    }

    #[test]
    fn the_time_to_the_first_token_is_a_histogram_whose_buckets_add_up() {
        let text = text(&[
            ("first_token_ms:250", 1),
            ("first_token_ms:2000", 3),
            ("first_token_ms:above", 1),
            ("first_token_ms:sum", 45_500),
        ]);
        let metric = "chatkit_first_token_seconds";
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(metric))
            .collect();
        let expected = [
            "_bucket{le=\"0.25\"} 1",
            "_bucket{le=\"0.5\"} 1",
            "_bucket{le=\"1\"} 1",
            "_bucket{le=\"2\"} 4",
            "_bucket{le=\"4\"} 4",
            "_bucket{le=\"8\"} 4",
            "_bucket{le=\"16\"} 4",
            "_bucket{le=\"30\"} 4",
            "_bucket{le=\"+Inf\"} 5",
            "_sum 45.5",
            "_count 5",
        ];
        assert_eq!(lines, expected.map(|line| format!("{metric}{line}")));
    }

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let text = text(&[("failed:a\"b\\c\nd", 1)]);
        assert!(
            text.contains(r#"chatkit_sessions_failed_total{code="a\"b\\c\nd"} 1"#),
            "{text}"
        );
    }
}
