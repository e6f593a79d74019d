//! What a model call carries of a thread is valid, whatever happened in the thread.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use chatkit::protocol::{
    AssistantContent, ItemBody, Page, Thread, ThreadItem, ThreadStatus, Timestamp, UserContent,
};
use chatkit::server::history::model_input;
use chatkit::server::memory_store::MemoryStore;
use chatkit::server::store::{EntryKind, Store, StoredThread};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

const THREAD: &str = "thr_1";

struct Script(MemoryStore, u64);

impl Script {
    fn new() -> Self {
        let store = MemoryStore::default();
        let thread = Thread {
            title: None,
            id: THREAD.to_owned(),
            created_at: Timestamp::default(),
            status: ThreadStatus::Active,
            allowed_image_domains: None,
            metadata: Default::default(),
            items: Page::default(),
        };
        store
            .put_thread(&StoredThread {
                thread,
                agent: None,
            })
            .unwrap();
        Self(store, 0)
    }

    fn item(mut self, body: ItemBody, kind: EntryKind) -> Self {
        self.1 += 1;
        let item = ThreadItem {
            id: format!("i{}", self.1),
            thread_id: THREAD.to_owned(),
            created_at: Timestamp::default(),
            body,
        };
        self.0.put_item(&item, kind).unwrap();
        self
    }

    fn user(self, text: &str) -> Self {
        let body = ItemBody::UserMessage {
            content: vec![UserContent::InputText {
                text: text.to_owned(),
            }],
            attachments: Vec::new(),
            quoted_text: Some("quoted".to_owned()),
            inference_options: Default::default(),
        };
        self.item(body, EntryKind::Item)
    }

    fn shown(self, text: &str) -> Self {
        let body = ItemBody::AssistantMessage {
            content: vec![AssistantContent::text(text)],
        };
        self.item(body, EntryKind::Derived)
    }

    fn model(self, item: Value) -> Self {
        self.0
            .add_model_item(THREAD, &RawValue::from_string(item.to_string()).unwrap())
            .unwrap();
        self
    }

    fn says(self, text: &str) -> Self {
        let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
        self.model(json!({"type": "message", "role": "assistant", "content": content}))
            .shown(text)
    }

    fn input(&self, limit: usize) -> Vec<Value> {
        let input = model_input(&self.0, THREAD, None, limit).unwrap();
        input
            .iter()
            .map(|raw| serde_json::from_str(raw.get()).unwrap())
            .collect()
    }
}

/// What kinds of items there are, in short.
fn kinds(input: &[Value]) -> Vec<String> {
    let kinds = input
        .iter()
        .map(|item| match item["type"].as_str().unwrap() {
            "message" => format!(
                "{}: {}",
                item["role"].as_str().unwrap(),
                item["content"][0]["text"].as_str().unwrap()
            ),
            "function_call" => format!("call {}", item["call_id"].as_str().unwrap()),
            "function_call_output" => format!("output {}", item["call_id"].as_str().unwrap()),
            other => other.to_owned(),
        });
    kinds.collect()
}

#[test]
fn model_items_are_sent_instead_of_what_was_made_of_them() {
    let script = Script::new()
        .user("one")
        .model(json!({"type": "reasoning", "encrypted_content": "e"}))
        .says("two")
        .user("three");
    let input = script.input(200);
    let quote = "user: My message is about this passage:\nquoted";
    assert_eq!(
        kinds(&input),
        [
            "user: one",
            "reasoning",
            "assistant: two",
            "user: three",
            quote
        ]
    );
    assert_eq!(input[1]["encrypted_content"], "e");
}

#[test]
fn whole_turns_are_sent_and_the_newest_is_always_there() {
    let mut script = Script::new();
    for n in 0..300 {
        script = script.user(&format!("q{n}")).says(&format!("a{n}"));
    }
    let input = script.input(5);
    assert_eq!(kinds(&input)[0], "user: q298");
    assert_eq!(script.input(1).len(), 3);
    assert_eq!(kinds(&script.input(10_000)).len(), 601);
}

#[test]
fn a_call_without_output_gets_one() {
    let call = json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"});
    let script = Script::new().user("one").model(call).user("two");
    let kinds = kinds(&script.input(200));
    assert_eq!(
        kinds[..4],
        ["user: one", "call c1", "output c1", "user: two"]
    );
}

#[test]
fn an_output_without_call_and_reasoning_without_result_are_left_out() {
    let script = Script::new()
        .user("one")
        .model(json!({"type": "function_call_output", "call_id": "c1", "output": "x"}))
        .model(json!({"type": "reasoning", "encrypted_content": "e"}))
        .user("two");
    assert_eq!(kinds(&script.input(200))[..2], ["user: one", "user: two"]);
}

#[test]
fn hidden_context_is_for_the_model_only_in_the_role_of_the_developer() {
    let body = ItemBody::SdkHiddenContext {
        content: "stopped".to_owned(),
    };
    let script = Script::new()
        .user("one")
        .item(body, EntryKind::Hidden)
        .user("two");
    assert_eq!(kinds(&script.input(200))[1], "developer: stopped");
}

proptest! {
    #[test]
    fn every_history_is_valid(steps in prop::collection::vec((0_u8..6, 0_u8..3), 0..30), limit in 0_usize..40) {
        let mut script = Script::new();
        for (step, id) in steps {
            script = match step {
                0 => script.user("u"),
                1 => script.says("a"),
                2 => script.model(json!({"type": "reasoning", "encrypted_content": "e"})),
                3 => script.model(json!({"type": "function_call", "call_id": format!("c{id}"), "name": "f", "arguments": "{}"})),
                4 => script.model(json!({"type": "function_call_output", "call_id": format!("c{id}"), "output": ""})),
                _ => script.shown("partial"),
            };
        }
        let input = script.input(limit);
        let ids = |kind: &str| -> Vec<&str> {
            input.iter().filter(|item| item["type"] == kind).map(|item| item["call_id"].as_str().unwrap()).collect()
        };
        let (calls, outputs) = (ids("function_call"), ids("function_call_output"));
        for id in &calls {
            prop_assert!(outputs.contains(id));
        }
        for id in &outputs {
            prop_assert!(calls.contains(id));
        }
        for pair in input.windows(2) {
            if pair[0]["type"] == "reasoning" {
                prop_assert!(pair[1]["role"] != "user" && pair[1]["type"] != "function_call_output");
            }
        }
        prop_assert!(input.last().is_none_or(|item| item["type"] != "reasoning"));
    }
}
