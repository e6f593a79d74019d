//! Analytics and error reports.

use super::checks::{check_event_batch::check, check_redacted::is_clean};
use super::strategies::{around, bytes, json_with};
use proptest::prelude::*;
use rules::counters::event_batch::parse;
use serde_json::{Value, json};

const NAMES: [&str; 10] = [
    "threadId",
    "thread_id",
    "message",
    "stack",
    "url",
    "href",
    "page",
    "error",
    "name",
    "data",
];
const VALUES: [&str; 4] = [
    "boom",
    "https://a.example/p?token=ek_1#x",
    "at f (https://a.example/b.js?v=sk-1:2:3)",
    "s\u{0}k-1",
];

/// Secrets that an error text may contain by mistake.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "ek_[a-f0-9]{8,40}",
        "sk-(proj-)?[A-Za-z0-9_-]{8,40}",
        "eyJ[A-Za-z0-9_-]{8,40}\\.[A-Za-z0-9_-]{8,40}\\.[A-Za-z0-9_-]{8,40}",
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_as_events_or_rejected_with_a_clear_error(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_parsed_as_events_or_rejected_with_a_clear_error(body in json_with(&NAMES, &VALUES)) {
        check(body.to_string().as_bytes());
        check(json!([body, {}]).to_string().as_bytes());
    }

    #[test]
    fn up_to_a_hundred_events_are_counted_and_more_are_rejected(count in 0usize..130) {
        let body = Value::from(vec![json!({"threadId": null}); count]);
        let events = parse(body.to_string().as_bytes(), 0).map(|batch| batch.events);
        prop_assert_eq!(events.ok(), u32::try_from(count).ok().filter(|count| *count <= 100));
    }

    #[test]
    fn secrets_are_removed_from_reports((text, secret) in around(secret()), at in 0usize..4) {
        let name = ["message", "stack", "url", "error"][at];
        let batch = parse(json!({"message": "boom", name: text}).to_string().as_bytes(), 0);
        for report in batch.expect("a report").reports {
            for kept in [report.message, report.stack, report.url] {
                is_clean(&kept);
                prop_assert!(!kept.contains(&secret[3..]));
            }
        }
    }

    #[test]
    fn a_message_is_found_under_each_of_its_names(text in "[A-Za-z][a-z ]{0,40}", at in 0usize..4) {
        let body = [
            json!({"message": text}),
            json!({"error": text}),
            json!({"error": {"message": text}}),
            json!({"message": "", "error": {"message": text}}),
        ];
        let batch = parse(body[at].to_string().as_bytes(), 0).expect("a report");
        let words: Vec<&str> = text.split_whitespace().collect();
        prop_assert_eq!(&batch.reports[0].message, &words.join(" "));
    }
}
