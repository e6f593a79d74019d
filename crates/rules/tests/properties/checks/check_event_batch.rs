//! The bodies of analytics and error reports.

use super::check_redacted::is_clean;
use rules::counters::error_report::{ErrorReport, LatestReports};
use rules::counters::event_batch::{MAX_EVENTS, parse};
use rules::error::Error;
use serde_json::{Value, json};

const NOW: u64 = 1_795_262_400_000;

/// The input is a body.
pub fn check(input: &[u8]) {
    let is_json = serde_json::from_slice::<Value>(input).is_ok();
    match parse(input, NOW) {
        Ok(batch) => {
            let events = usize::try_from(batch.events).expect("a small number");
            assert!(events <= MAX_EVENTS && batch.reports.len() <= events);
            assert_eq!(events, objects(input));
            batch.reports.iter().for_each(is_kept_clean);
            is_shown_latest_first(batch.reports);
        }
        Err(Error::InvalidJson) => assert!(!is_json),
        Err(Error::InvalidRequest { .. }) => assert!(is_json),
        Err(other) => panic!("a body cannot cause {other:?}"),
    }
}

/// How many events a valid body has: an empty body and an object have one.
fn objects(input: &[u8]) -> usize {
    match serde_json::from_slice(input) {
        Ok(Value::Array(events)) => events.len(),
        _ => 1,
    }
}

fn is_kept_clean(report: &ErrorReport) {
    assert_eq!(report.at, NOW);
    assert!(!report.message.is_empty() || !report.stack.is_empty());
    for text in [&report.message, &report.stack, &report.url] {
        is_clean(text);
        assert!(text.chars().count() <= 300);
        assert!(!text.contains(['?', '#', '\n']));
    }
}

fn is_shown_latest_first(mut reports: Vec<ErrorReport>) {
    for (at, report) in (0..).zip(&mut reports) {
        report.at = at;
    }
    let shown: Value = serde_json::to_value(LatestReports::of(reports.clone())).expect("JSON");
    let latest = reports.iter().rev().take(50).map(|report| {
        json!({"at": report.at, "message": report.message, "stack": report.stack, "url": report.url})
    });
    assert_eq!(shown["reports"], Value::from_iter(latest));
}
