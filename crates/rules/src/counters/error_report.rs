//! A page's error report, cut to size and cleaned before it is kept.

use crate::json::Json;
use crate::redact::redact;

/// How many of the latest reports are kept.
pub const MAX_REPORTS: u32 = 50;
const MAX_CHARS: usize = 300;

/// What is kept of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it arrived, in Unix milliseconds.
    pub at: u64,
    /// What went wrong.
    pub message: String,
    /// Where in the code, one line.
    pub stack: String,
    /// The page, without its query.
    pub url: String,
}

impl Report {
    /// Reads the fields that front ends use, at `now` in Unix milliseconds; `error` may be a text or an object like an `Error`.
    #[must_use]
    pub fn read(event: &Json<'_>, now: u64) -> Self {
        let error = event.get("error");
        let nested = |name: &str| error.and_then(|error| error.get(name));
        let first = |values: [Option<&Json<'_>>; 3]| {
            let texts = values.into_iter().flatten().filter_map(Json::text);
            let mut said = texts.map(clean).filter(|text| !text.is_empty());
            said.next().unwrap_or_default()
        };
        Self {
            at: now,
            message: first([event.get("message"), nested("message"), error]),
            stack: first([event.get("stack"), nested("stack"), None]),
            url: first([event.get("url"), event.get("href"), event.get("page")]),
        }
    }

    /// Several as a JSON array; `None` where there is none.
    #[must_use]
    pub fn list_json(reports: &[Self]) -> Option<String> {
        let reports: Vec<_> = reports.iter().map(Self::to_json).collect();
        (!reports.is_empty()).then(|| Json::Array(reports).to_string())
    }

    fn to_json(&self) -> Json<'_> {
        Json::object(vec![
            ("at", self.at.into()),
            ("message", (&self.message).into()),
            ("stack", (&self.stack).into()),
            ("url", (&self.url).into()),
        ])
    }
}

/// The body of `GET /api/errors`: the latest of several objects' reports, newest first.
#[must_use]
pub fn latest_json(mut reports: Vec<Report>) -> String {
    let latest = std::iter::from_fn(|| {
        // Of those that came at once, the first.
        let all = reports.iter().enumerate().rev();
        let (at, _) = all.max_by_key(|(_, report)| report.at)?;
        Some(reports.remove(at))
    });
    let latest: Vec<_> = (0..MAX_REPORTS).zip(latest).collect();
    let shown = latest.iter().map(|(_, report)| report.to_json());
    Json::object(vec![("reports", Json::Array(shown.collect()))]).to_string()
}

/// Without queries, tokens and control characters, on one line, cut to size.
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

    fn read(json: &str) -> Report {
        Report::read(&Json::parse(json.as_bytes()).unwrap(), 7)
    }

    #[test]
    fn a_report_has_message_stack_and_page_under_any_usual_name() {
        let flat = read(r#"{"message":"boom","stack":"at x","url":"https://a.example/p"}"#);
        assert_eq!(
            (flat.message.as_str(), flat.stack.as_str(), flat.at),
            ("boom", "at x", 7)
        );
        assert_eq!(
            read(r#"{"error":{"message":"boom","stack":"s"}}"#).message,
            "boom"
        );
        assert_eq!(read(r#"{"error":"boom","href":"h"}"#).url, "h");
        assert_eq!(read(r#"{"message":" ","error":"boom"}"#).message, "boom");
        assert_eq!(read("{}").message, "");
    }

    #[test]
    fn the_latest_reports_are_shown_and_those_that_came_at_once_in_their_order() {
        let report = |at, message: &str| Report {
            at,
            message: message.to_owned(),
            stack: String::new(),
            url: String::new(),
        };
        let mut reports: Vec<Report> = (100..200).map(|at| report(at, "old")).collect();
        reports.push(report(300, "a"));
        reports.push(report(400, "b"));
        reports.push(report(300, "c"));
        let shown: serde_json::Value = serde_json::from_str(&latest_json(reports)).unwrap();
        let shown = shown["reports"].as_array().unwrap();
        let words: Vec<_> = shown.iter().map(|report| &report["message"]).collect();
        assert_eq!(words[..4], ["b", "a", "c", "old"]);
        assert_eq!((words.len(), &shown[49]["at"]), (50, &153.into()));
    }

    #[test]
    fn queries_and_tokens_are_not_kept() {
        let report = read(
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
        let long = read(&format!(r#"{{"message":"{}"}}"#, "é ".repeat(5_000)));
        assert!(long.message.chars().count() <= MAX_CHARS);
    }
}
