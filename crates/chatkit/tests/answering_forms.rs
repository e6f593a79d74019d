//! Forms (structured inputs): their answers are stored, the page gets the answered form, and the model goes on.
//!
//! These are four tests of chatkit-python's server. `docs/parity.md` has the list.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use chatkit::protocol::{ChatKitRequest, StreamEvent, ThreadItem, to_json};
use chatkit::server::engine::{AgentInfo, Agents, Engine, Opening, Reply};
use chatkit::server::env::CountingEnv;
use chatkit::server::memory_store::MemoryStore;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{EntryKind, Store};
use serde_json::{Value, json};

struct OneAgent;

impl Agents for OneAgent {
    fn info(&self, _name: Option<&str>) -> AgentInfo {
        AgentInfo::default()
    }
}

/// A thread with a form that waits for an answer.
struct Chat {
    store: MemoryStore,
    env: CountingEnv,
    thread_id: String,
}

impl Chat {
    fn with_form() -> Self {
        let mut chat = Self {
            store: MemoryStore::default(),
            env: CountingEnv::default(),
            thread_id: String::new(),
        };
        let text = json!([{"type": "input_text", "text": "Plan a lesson"}]);
        let request = json!({"type": "threads.create", "params": {"input": {"content": text}}});
        chat.thread_id = chat.stream(&request).expect("a stream").thread_id;
        let form = json!({
            "id": "si_1", "thread_id": chat.thread_id, "created_at": "2026-11-28T07:12:35.357479Z", "type": "structured_input",
            "status": "pending", "inputs": [
                {"id": "subject", "question": "Which subject?", "type": "multiple_choice",
                 "options": [{"value": "Math"}, {"value": "Science"}], "multiple": false},
                {"id": "details", "question": "Anything else?", "type": "freeform"},
            ],
        });
        let item: ThreadItem = serde_json::from_value(form).expect("a form");
        chat.store.put_item(&item, EntryKind::Item).expect("stored");
        chat
    }

    fn stream(&mut self, request: &Value) -> Result<Opening, ServerError> {
        let request = ChatKitRequest::parse(request).expect("a request");
        let mut engine = Engine {
            store: &self.store,
            env: &mut self.env,
            agents: &OneAgent,
            agent: None,
        };
        match engine.handle(&request)? {
            Reply::Stream(opening) => Ok(*opening),
            Reply::Json(json) => panic!("{json}"),
        }
    }

    fn submit(&mut self, input: Value) -> Result<Opening, ServerError> {
        let params = json!({"thread_id": self.thread_id, "item_id": "si_1", "input": input});
        self.stream(&json!({"type": "threads.add_structured_input", "params": params}))
    }

    /// The form as the page gets it, which is also how it is stored.
    fn answered(&mut self, input: Value) -> Value {
        let opening = self.submit(input).expect("a stream");
        let [
            StreamEvent::Options { .. },
            StreamEvent::ItemReplaced { item },
        ] = opening.events.as_slice()
        else {
            panic!("{:?}", opening.events);
        };
        assert!(opening.turn.is_some(), "the model goes on");
        let stored = self.store.item(&self.thread_id, "si_1").expect("stored");
        assert_eq!(stored.as_ref(), Some(item));
        serde_json::from_str(&to_json(item)).expect("JSON")
    }
}

fn answer(form: &Value, question: usize) -> &Value {
    &form["inputs"][question]["answer"]
}

#[test]
fn an_answered_form_is_replaced_and_the_model_goes_on() {
    let form = Chat::with_form().answered(json!({"status": "answered", "answers": {
        "subject": {"values": ["Private class"]},
        "details": {"values": ["Please include group work."]},
    }}));
    assert_eq!(form["status"], "answered");
    // An answer need not be among the options.
    assert_eq!(
        *answer(&form, 0),
        json!({"values": ["Private class"], "skipped": false})
    );
    assert_eq!(
        *answer(&form, 1),
        json!({"values": ["Please include group work."], "skipped": false})
    );
}

#[test]
fn a_question_without_an_answer_counts_as_skipped() {
    let form = Chat::with_form().answered(json!({"answers": {"subject": {"values": ["Math"]}}}));
    assert_eq!(answer(&form, 0)["values"], json!(["Math"]));
    assert_eq!(*answer(&form, 1), json!({"values": [], "skipped": true}));
}

#[test]
fn answers_to_unknown_questions_are_ignored() {
    let form = Chat::with_form().answered(json!({"status": "answered", "answers": {
        "details": {"values": ["Please include group work."]},
        "unknown": {"values": ["ignored"]},
    }}));
    assert_eq!(
        answer(&form, 1)["values"],
        json!(["Please include group work."])
    );
    assert_eq!(form["inputs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_single_choice_keeps_its_first_value() {
    let form = Chat::with_form()
        .answered(json!({"answers": {"subject": {"values": ["Math", "Science"]}}}));
    assert_eq!(answer(&form, 0)["values"], json!(["Math"]));
}

#[test]
fn a_form_is_answered_once() {
    let mut chat = Chat::with_form();
    let form = chat.answered(json!({"status": "skipped"}));
    assert_eq!(form["status"], "skipped");
    assert_eq!(*answer(&form, 0), json!({"values": [], "skipped": true}));
    let error = chat.submit(json!({"status": "answered"})).unwrap_err();
    assert!(matches!(error, ServerError::Invalid(_)), "{error}");
}
