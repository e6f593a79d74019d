//! A page's error report, truncated and redacted before it is stored.

use crate::redact::redact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Reverse;

/// How many of the latest reports are stored.
pub const MAX_REPORTS: usize = 50;
const MAX_CHARS: usize = 300;

/// What is stored of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// When it arrived, in Unix milliseconds.
    pub at: u64,
    /// What went wrong.
    pub message: String,
    /// Where in the code, on one line.
    pub stack: String,
    /// The page, without its query.
    pub url: String,
}

impl ErrorReport {
    /// Parses the fields that front ends use, at `now` in Unix milliseconds. `error` may be a text or an object like an
    /// `Error`.
    #[must_use]
    pub fn parse(event: &Value, now: u64) -> Self {
        let error = event.get("error");
        let nested = |name: &str| error.and_then(|error| error.get(name));
        let first = |values: [Option<&Value>; 3]| {
            let texts = values.into_iter().flatten().filter_map(Value::as_str);
            let mut clean = texts.map(clean).filter(|text| !text.is_empty());
            clean.next().unwrap_or_default()
        };
        Self {
            at: now,
            message: first([event.get("message"), nested("message"), error]),
            stack: first([event.get("stack"), nested("stack"), None]),
            url: first([event.get("url"), event.get("href"), event.get("page")]),
        }
    }
}

/// The latest reports of an object, newest first: those that it has, and new ones in the order in which they happened.
#[must_use]
pub fn keep_latest(stored: Vec<ErrorReport>, new: Vec<ErrorReport>) -> Vec<ErrorReport> {
    let latest = new.into_iter().rev().chain(stored);
    latest.take(MAX_REPORTS).collect()
}

/// The body of `GET /api/errors`.
#[derive(Debug, Serialize)]
pub struct LatestReports {
    reports: Vec<ErrorReport>,
}

impl LatestReports {
    /// The latest of several objects' reports, newest first. Reports of the same time stay in their order.
    #[must_use]
    pub fn of(mut reports: Vec<ErrorReport>) -> Self {
        reports.sort_by_key(|report| Reverse(report.at));
        reports.truncate(MAX_REPORTS);
        Self { reports }
    }
}

/// Removes queries, tokens and control characters. The result is one line, truncated.
fn clean(text: &str) -> String {
    let beginning: String = text.chars().take(4 * MAX_CHARS).collect();
    let without_queries: Vec<&str> = beginning
        .split_whitespace()
        .map(|word| word.split(['?', '#']).next().unwrap_or_default())
        .collect();
    redact(&without_queries.join(" "), None)
        .chars()
        .take(MAX_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> ErrorReport {
        ErrorReport::parse(&serde_json::from_str(json).unwrap(), 7)
    }

    #[test]
    fn message_stack_and_page_are_found_under_every_usual_name() {
        let flat = parse(r#"{"message":"boom","stack":"at x","url":"https://a.example/p"}"#);
        assert_eq!(
            (flat.message.as_str(), flat.stack.as_str(), flat.at),
            ("boom", "at x", 7)
        );
        assert_eq!(
            parse(r#"{"error":{"message":"boom","stack":"s"}}"#).message,
            "boom"
        );
        assert_eq!(parse(r#"{"error":"boom","href":"h"}"#).url, "h");
        assert_eq!(parse(r#"{"message":" ","error":"boom"}"#).message, "boom");
        assert_eq!(parse("{}").message, "");
    }

    #[test]
    fn an_object_keeps_the_latest_reports_newest_first() {
        let report = |at: u64| ErrorReport::parse(&serde_json::json!({"message": "x"}), at);
        let reports = |at: std::ops::Range<u64>| at.map(report).collect::<Vec<_>>();
        let latest = keep_latest(reports(0..50), reports(100..103));
        let times: Vec<u64> = latest.iter().map(|report| report.at).collect();
        assert_eq!(times[..5], [102, 101, 100, 0, 1]);
        assert_eq!((times.len(), times[49]), (MAX_REPORTS, 46));
    }

    #[test]
    fn the_latest_reports_come_first_and_those_of_the_same_time_in_their_order() {
        let report = |at, message: &str| ErrorReport {
            at,
            message: message.to_owned(),
            stack: String::new(),
            url: String::new(),
        };
        let mut reports: Vec<ErrorReport> = (100..200).map(|at| report(at, "old")).collect();
        reports.push(report(300, "a"));
        reports.push(report(400, "b"));
        reports.push(report(300, "c"));
        let shown: serde_json::Value = serde_json::to_value(LatestReports::of(reports)).unwrap();
        let shown = shown["reports"].as_array().unwrap();
        let words: Vec<_> = shown.iter().map(|report| &report["message"]).collect();
        assert_eq!(words[..4], ["b", "a", "c", "old"]);
        assert_eq!((words.len(), &shown[49]["at"]), (50, &153.into()));
    }

    #[test]
    fn queries_and_tokens_are_not_stored() {
        let report = parse(
            r#"{"message":"failed with ek_live_1 at https://a.example/p?token=1#x","stack":"at https://a.example/b.js?v=secret:1:2","url":"https://a.example/p?user=me"}"#,
        );
        assert_eq!(
            report.message,
            "failed with [redacted] at https://a.example/p"
        );
        assert_eq!(report.stack, "at https://a.example/b.js");
        assert_eq!(report.url, "https://a.example/p");
    }

    #[test]
    fn a_report_is_cut_to_size() {
        let long = parse(&format!(r#"{{"message":"{}"}}"#, "é ".repeat(5_000)));
        assert!(long.message.chars().count() <= MAX_CHARS);
    }
}
