//! Every event, update, item and result of the protocol, with and without its optional fields: what is read is written again,
//! byte by byte.
//!
//! `tests/chatkit/reference-bytes.test.mjs` in the project's root checks that chatkit-python 1.6.5 writes the same bytes.

// Clippy allows `expect` in test functions, not in the helpers of tests.
#![allow(clippy::expect_used, missing_docs)]

use chatkit::protocol::{Attachment, Page, StreamEvent, Thread, ThreadItem, to_json};
use serde::{Serialize, de::DeserializeOwned};

const EVENTS: &str = include_str!("reference_events.jsonl");
const RESULTS: &str = include_str!("reference_results.txt");

fn rewritten<T: DeserializeOwned + Serialize>(bytes: &str) -> String {
    to_json(&serde_json::from_str::<T>(bytes).expect(bytes))
}

#[test]
fn each_event_is_written_as_it_was_read() {
    for bytes in EVENTS.lines() {
        assert_eq!(rewritten::<StreamEvent>(bytes), bytes);
    }
}

#[test]
fn each_result_is_written_as_it_was_read() {
    for line in RESULTS.lines() {
        let (request, bytes) = line.split_once(' ').expect(line);
        let again = match request {
            "threads.get_by_id" | "threads.update" => rewritten::<Thread>(bytes),
            "threads.list" => rewritten::<Page<Thread>>(bytes),
            "items.list" => rewritten::<Page<ThreadItem>>(bytes),
            "attachments.create" => rewritten::<Attachment>(bytes),
            other => panic!("{other}"),
        };
        assert_eq!(again, bytes);
    }
}
