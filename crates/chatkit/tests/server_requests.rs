//! What the server does with each request, on a store in memory: what it answers, stores and refuses.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use chatkit::protocol::{
    AssistantContent, ChatKitRequest, FeedbackKind, ItemBody, ThreadItem, ThreadStatus,
};
use chatkit::server::engine::{AgentInfo, Agents, Engine, Opening, Reply, set_title};
use chatkit::server::env::CountingEnv;
use chatkit::server::memory_store::MemoryStore;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{EntryKind, Store};
use serde_json::{Value, json};

struct OneAgent;

impl Agents for OneAgent {
    fn info(&self, _name: Option<&str>) -> AgentInfo {
        AgentInfo {
            models: vec!["m".to_owned()],
            tools: vec!["show".to_owned()],
            titles_by_words: true,
        }
    }
}

#[derive(Default)]
struct Server {
    store: MemoryStore,
    env: CountingEnv,
}

impl Server {
    fn handle(&mut self, kind: &str, params: Value) -> Result<Reply, ServerError> {
        self.env.pass(1);
        let request = ChatKitRequest::parse(&json!({"type": kind, "params": params}))
            .map_err(ServerError::Invalid)?;
        Engine {
            store: &self.store,
            env: &mut self.env,
            agents: &OneAgent,
            agent: Some("sales"),
        }
        .handle(&request)
    }

    fn json(&mut self, kind: &str, params: Value) -> Value {
        match self.handle(kind, params).unwrap() {
            Reply::Json(json) => serde_json::from_str(&json).unwrap(),
            Reply::Stream(_) => panic!("{kind} has a stream"),
        }
    }

    fn stream(&mut self, kind: &str, params: Value) -> Opening {
        match self.handle(kind, params).unwrap() {
            Reply::Stream(opening) => *opening,
            Reply::Json(json) => panic!("{kind} has JSON: {json}"),
        }
    }

    fn create(&mut self, text: &str) -> String {
        let input = json!({"content": [{"type": "input_text", "text": text}]});
        self.stream("threads.create", json!({"input": input}))
            .thread_id
    }

    fn put(&self, thread: &str, id: &str, body: ItemBody, kind: EntryKind) {
        let item = ThreadItem {
            id: id.to_owned(),
            thread_id: thread.to_owned(),
            created_at: self.env.time,
            body,
        };
        self.store.put_item(&item, kind).unwrap();
    }

    /// Items as other parts of the server add them.
    fn put_json(&self, thread: &str, mut item: Value) {
        item["thread_id"] = thread.into();
        item["created_at"] = "2026-11-28T07:12:35.000001Z".into();
        let item: ThreadItem = serde_json::from_value(item).unwrap();
        self.store.put_item(&item, EntryKind::Item).unwrap();
    }

    fn answer(&self, thread: &str, id: &str) {
        let content = vec![AssistantContent::text("x")];
        let body = ItemBody::AssistantMessage { content };
        self.put(thread, id, body, EntryKind::Derived);
    }

    fn set_status(&self, thread: &str, status: ThreadStatus) {
        let mut stored = self.store.thread(thread).unwrap().unwrap();
        stored.thread.status = status;
        self.store.put_thread(&stored).unwrap();
    }
}

fn types(opening: &Opening) -> Vec<String> {
    let events = opening
        .events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap());
    events
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

fn ids(page: &Value) -> Vec<&str> {
    let data = page["data"].as_array().unwrap().iter();
    data.map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[test]
fn a_thread_begins_with_its_message_and_then_the_options_of_the_stream() {
    let mut server = Server::default();
    let input = json!({
        "content": [{"type": "input_text", "text": "What about "}, {"type": "input_tag", "id": "t", "text": "this"}],
        "quoted_text": "quoted",
        "inference_options": {"model": "m", "tool_choice": {"id": "show"}},
    });
    let opening = server.stream("threads.create", json!({"input": input}));
    assert_eq!(
        types(&opening),
        ["thread.created", "thread.item.done", "stream_options"]
    );
    let events = serde_json::to_value(&opening.events).unwrap();
    assert_eq!(
        events[0]["thread"]["items"],
        json!({"data": [], "has_more": false})
    );
    let item = &events[1]["item"];
    assert_eq!(
        (&item["quoted_text"], &item["inference_options"]["model"]),
        (&json!("quoted"), &json!("m"))
    );
    assert_eq!(events[2]["stream_options"], json!({"allow_cancel": true}));
    let turn = opening.turn.unwrap();
    assert_eq!((turn.model(), turn.tool()), (Some("m"), Some("show")));
    let stored = server.store.thread(&opening.thread_id).unwrap().unwrap();
    assert_eq!(stored.agent.as_deref(), Some("sales"));
    assert!(stored.thread.title.is_some());
}

#[test]
fn a_message_that_cannot_be_taken_stores_nothing() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let before = server.store.entry_count();
    let text = json!([{"type": "input_text", "text": "x"}]);
    for input in [
        json!({"content": []}),
        json!({"content": [{"type": "input_text", "text": " \n"}]}),
        json!({"content": text, "attachments": ["atc_1"]}),
        json!({"content": text, "inference_options": {"model": "other"}}),
        json!({"content": text, "inference_options": {"tool_choice": {"id": "other"}}}),
    ] {
        assert!(
            server
                .handle("threads.create", json!({"input": input}))
                .is_err(),
            "{input}"
        );
        let params = json!({"thread_id": thread, "input": input});
        assert!(
            server.handle("threads.add_user_message", params).is_err(),
            "{input}"
        );
    }
    assert_eq!(server.store.entry_count(), before);
    assert_eq!(ids(&server.json("threads.list", json!({}))).len(), 1);
}

#[test]
fn a_locked_or_closed_thread_takes_no_messages_and_can_be_read() {
    for (status, sentence) in [
        (
            ThreadStatus::Locked { reason: None },
            "This chat takes no messages.",
        ),
        (
            ThreadStatus::Closed {
                reason: Some("It is solved.".to_owned()),
            },
            "This chat takes no messages: It is solved.",
        ),
    ] {
        let mut server = Server::default();
        let thread = server.create("Hi");
        let first = server.json("items.list", json!({"thread_id": thread}));
        let message = ids(&first)[0].to_owned();
        server.set_status(&thread, status);
        let input = json!({"content": [{"type": "input_text", "text": "x"}]});
        for (kind, params) in [
            (
                "threads.add_user_message",
                json!({"thread_id": thread, "input": input}),
            ),
            (
                "threads.retry_after_item",
                json!({"thread_id": thread, "item_id": message}),
            ),
        ] {
            let error = server.handle(kind, params).unwrap_err();
            assert_eq!(error.to_string(), sentence, "{kind}");
        }
        assert_eq!(
            ids(&server.json("threads.get_by_id", json!({"thread_id": thread}))["items"]),
            [message]
        );
        server.json("threads.delete", json!({"thread_id": thread}));
    }
}

#[test]
fn threads_are_paged_both_ways() {
    let mut server = Server::default();
    let mut threads: Vec<String> = (0..25).map(|n| server.create(&n.to_string())).collect();
    for order in ["asc", "desc"] {
        for limit in [1, 7, 24, 25, 9_999] {
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let page = server.json(
                    "threads.list",
                    json!({"limit": limit, "order": order, "after": after}),
                );
                seen.extend(ids(&page).into_iter().map(str::to_owned));
                if page["has_more"] == false {
                    assert_eq!(page.get("after"), None);
                    break;
                }
                assert_eq!(page["after"], json!(seen.last()));
                after = page["after"].clone();
            }
            let mut expected = threads.clone();
            if order == "desc" {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{order} {limit}");
        }
    }
    // Without a limit there are 20, the newest first.
    threads.reverse();
    let page = server.json("threads.list", json!({}));
    assert_eq!(ids(&page), &threads[..20]);
    assert!(
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|thread| thread["items"]["data"] == json!([]))
    );
    let unknown = server.json("threads.list", json!({"after": "thr_unknown"}));
    assert_eq!(unknown, json!({"data": [], "has_more": false}));
}

#[test]
fn items_are_paged_without_hidden_ones_and_at_most_100() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    for n in 0..150 {
        server.answer(&thread, &format!("a{n:03}"));
        let content = "secret".to_owned();
        server.put(
            &thread,
            &format!("h{n}"),
            ItemBody::SdkHiddenContext { content },
            EntryKind::Hidden,
        );
    }
    let newest = server.json("items.list", json!({"thread_id": thread, "limit": 9_999}));
    assert_eq!((ids(&newest).len(), ids(&newest)[0]), (100, "a149"));
    assert_eq!(newest["has_more"], true);
    let rest = server.json(
        "items.list",
        json!({"thread_id": thread, "limit": 9_999, "after": newest["after"]}),
    );
    assert_eq!((ids(&rest).len(), &rest["has_more"]), (51, &json!(false)));
    let oldest = server.json(
        "items.list",
        json!({"thread_id": thread, "limit": 3, "order": "asc", "after": "a001"}),
    );
    assert_eq!(ids(&oldest), ["a002", "a003", "a004"]);
    assert!(!format!("{newest}{rest}").contains("secret"));
    let unknown = server.json("items.list", json!({"thread_id": thread, "after": "h1"}));
    assert_eq!(ids(&unknown), Vec::<&str>::new());
}

#[test]
fn a_thread_comes_with_its_first_20_items() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    (0..30).for_each(|n| server.answer(&thread, &format!("a{n:02}")));
    let got = server.json("threads.get_by_id", json!({"thread_id": thread}));
    let items = ids(&got["items"]);
    assert_eq!((items.len(), items[1], items[19]), (20, "a00", "a18"));
    assert_eq!(
        (&got["items"]["has_more"], &got["items"]["after"]),
        (&json!(true), &json!("a18"))
    );
    // In the order in which the reference writes its fields.
    let keys: Vec<&String> = got.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["title", "id", "created_at", "status", "metadata", "items"]
    );
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let input = json!({"content": [{"type": "input_text", "text": "x"}]});
    for (kind, params) in [
        ("threads.get_by_id", json!({"thread_id": "thr_x"})),
        ("items.list", json!({"thread_id": "thr_x"})),
        (
            "items.feedback",
            json!({"thread_id": "thr_x", "item_ids": [], "kind": "positive"}),
        ),
        (
            "threads.update",
            json!({"thread_id": "thr_x", "title": "t"}),
        ),
        ("threads.delete", json!({"thread_id": "thr_x"})),
        ("attachments.delete", json!({"attachment_id": "atc_x"})),
        (
            "threads.add_user_message",
            json!({"thread_id": "thr_x", "input": input}),
        ),
        (
            "threads.add_client_tool_output",
            json!({"thread_id": thread, "result": 1}),
        ),
        (
            "threads.add_structured_input",
            json!({"thread_id": thread, "item_id": "x", "input": {}}),
        ),
        (
            "threads.retry_after_item",
            json!({"thread_id": thread, "item_id": "x"}),
        ),
        (
            "threads.custom_action",
            json!({"thread_id": thread, "item_id": "x", "action": {"type": "a"}}),
        ),
        (
            "threads.sync_custom_action",
            json!({"thread_id": "thr_x", "action": {"type": "a"}}),
        ),
    ] {
        let error = server.handle(kind, params).unwrap_err();
        assert!(
            matches!(error, ServerError::NotFound(_)),
            "{kind}: {error:?}"
        );
    }
    assert_eq!(server.store.entry_count(), 1);
}

#[test]
fn files_and_speech_are_not_offered_yet() {
    let mut server = Server::default();
    for (kind, params) in [
        (
            "attachments.create",
            json!({"name": "a", "size": 1, "mime_type": "text/plain"}),
        ),
        (
            "input.transcribe",
            json!({"audio_base64": "AAAA", "mime_type": "audio/mp4"}),
        ),
    ] {
        let error = server.handle(kind, params).unwrap_err();
        assert!(matches!(error, ServerError::NotOffered(_)), "{kind}");
    }
}

#[test]
fn the_newest_opinion_of_an_item_counts_and_unknown_items_are_ignored() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    server.answer(&thread, "a1");
    server.answer(&thread, "a2");
    for (items, kind) in [
        (json!(["a1", "a2", "unknown"]), "negative"),
        (json!(["a1"]), "positive"),
    ] {
        let reply = server.json(
            "items.feedback",
            json!({"thread_id": thread, "item_ids": items, "kind": kind}),
        );
        assert_eq!(reply, json!({}));
    }
    let feedback = server.store.feedback();
    let mut kept: Vec<(&str, FeedbackKind)> = feedback
        .iter()
        .map(|(_, item, kind, _)| (item.as_str(), *kind))
        .collect();
    kept.sort_by_key(|(item, _)| *item);
    assert_eq!(
        kept,
        [
            ("a1", FeedbackKind::Positive),
            ("a2", FeedbackKind::Negative)
        ]
    );
}

#[test]
fn a_title_is_trimmed_and_never_blank() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let updated = server.json(
        "threads.update",
        json!({"thread_id": thread, "title": "  A \n title "}),
    );
    assert_eq!(
        (&updated["title"], &updated["items"]["data"]),
        (&json!("A title"), &json!([]))
    );
    assert!(
        server
            .handle("threads.update", json!({"thread_id": thread, "title": " "}))
            .is_err()
    );
    let got = server.json("threads.get_by_id", json!({"thread_id": thread}));
    assert_eq!(got["title"], "A title");
    // A title that comes late does not replace it.
    assert!(set_title(&thread, "Late", &server.store).unwrap().is_none());
}

#[test]
fn deleting_a_thread_deletes_all_that_belongs_to_it() {
    let mut server = Server::default();
    let (thread, other) = (server.create("Hi"), server.create("Other"));
    server.answer(&thread, "a1");
    server.json(
        "items.feedback",
        json!({"thread_id": thread, "item_ids": ["a1"], "kind": "positive"}),
    );
    assert_eq!(
        server.json("threads.delete", json!({"thread_id": thread})),
        json!({})
    );
    assert_eq!(
        (server.store.entry_count(), server.store.feedback().len()),
        (1, 0)
    );
    assert_eq!(ids(&server.json("threads.list", json!({}))), [other]);
}

fn form(id: &str) -> Value {
    json!({"id": id, "type": "structured_input", "status": "pending", "inputs": [
        {"id": "q1", "question": "One?", "type": "multiple_choice", "options": [{"value": "a"}, {"value": "b"}], "multiple": false},
        {"id": "q2", "question": "Many?", "type": "multiple_choice", "options": [{"value": "a"}], "multiple": true},
        {"id": "q3", "question": "Free?", "type": "freeform"},
    ]})
}

#[test]
fn a_form_is_answered_once() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    server.put_json(&thread, form("f1"));
    let answers = json!({"q1": {"values": ["b", "a"]}, "q2": {"values": ["a", "x"]}, "unknown": {"values": ["y"]}});
    let params = json!({"thread_id": thread, "item_id": "f1", "input": {"answers": answers}});
    let opening = server.stream("threads.add_structured_input", params.clone());
    assert_eq!(types(&opening), ["stream_options", "thread.item.replaced"]);
    let item = serde_json::to_value(&opening.events[1]).unwrap()["item"].clone();
    assert_eq!(item["status"], "answered");
    let given: Vec<&Value> = item["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| &input["answer"])
        .collect();
    assert_eq!(
        given,
        [
            &json!({"values": ["b"], "skipped": false}),
            &json!({"values": ["a", "x"], "skipped": false}),
            &json!({"values": [], "skipped": true}),
        ]
    );
    // The model reads the answers.
    let input = opening.turn.unwrap().input(&server.store, 200).unwrap();
    assert!(input.last().unwrap().get().contains("Many?: a, x"));
    assert!(
        server
            .handle("threads.add_structured_input", params)
            .is_err()
    );
    // Other items are no forms.
    server.answer(&thread, "a1");
    let params = json!({"thread_id": thread, "item_id": "a1", "input": {}});
    assert!(
        server
            .handle("threads.add_structured_input", params)
            .is_err()
    );
}

#[test]
fn a_form_can_be_skipped() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    server.put_json(&thread, form("f1"));
    let input = json!({"status": "skipped", "answers": {"q3": {"values": ["said"]}}});
    let opening = server.stream(
        "threads.add_structured_input",
        json!({"thread_id": thread, "item_id": "f1", "input": input}),
    );
    let item = serde_json::to_value(&opening.events[1]).unwrap()["item"].clone();
    assert_eq!(
        (&item["status"], &item["inputs"][2]["answer"]),
        (&json!("skipped"), &json!({"values": [], "skipped": true}))
    );
}

#[test]
fn an_action_is_hidden_and_comes_from_a_widget_or_from_the_page() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    server.answer(&thread, "a1");
    server.put_json(
        &thread,
        json!({"id": "w1", "type": "widget", "widget": {"type": "Card", "children": []}}),
    );
    let action = |item: Value| json!({"thread_id": thread, "item_id": item, "action": {"type": "buy", "payload": {"n": 2}}});
    for sender in [json!("w1"), Value::Null] {
        let opening = server.stream("threads.custom_action", action(sender.clone()));
        assert_eq!(types(&opening), ["stream_options"]);
        let input = opening.turn.unwrap().input(&server.store, 200).unwrap();
        assert!(input.last().unwrap().get().contains("buy"));
        assert_eq!(
            server.json("threads.sync_custom_action", action(sender)),
            json!({})
        );
    }
    for kind in ["threads.custom_action", "threads.sync_custom_action"] {
        assert!(server.handle(kind, action(json!("a1"))).is_err());
    }
    assert_eq!(
        ids(&server.json("items.list", json!({"thread_id": thread, "order": "asc"})))[1..],
        ["a1", "w1"]
    );
}

#[test]
fn a_hidden_item_is_no_item_to_a_page() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    let body = ItemBody::HiddenContextItem {
        content: json!("secret"),
    };
    server.put(&thread, "h1", body, EntryKind::Hidden);
    for (kind, params) in [
        (
            "threads.retry_after_item",
            json!({"thread_id": thread, "item_id": "h1"}),
        ),
        (
            "threads.custom_action",
            json!({"thread_id": thread, "item_id": "h1", "action": {"type": "a"}}),
        ),
    ] {
        assert!(
            matches!(server.handle(kind, params), Err(ServerError::NotFound(_))),
            "{kind}"
        );
    }
}

#[test]
fn items_of_one_thread_are_not_found_in_another() {
    let mut server = Server::default();
    let (thread, other) = (server.create("Hi"), server.create("Other"));
    let message = ids(&server.json("items.list", json!({"thread_id": thread})))[0].to_owned();
    let params = json!({"thread_id": other, "item_id": message});
    assert!(matches!(
        server.handle("threads.retry_after_item", params),
        Err(ServerError::NotFound(_))
    ));
    server.json(
        "items.feedback",
        json!({"thread_id": other, "item_ids": [message], "kind": "positive"}),
    );
    assert!(server.store.feedback().is_empty());
}

#[test]
fn an_output_goes_to_the_call_that_it_names() {
    let mut server = Server::default();
    let thread = server.create("Hi");
    for id in ["c1", "c2"] {
        let call = json!({"id": format!("tc_{id}"), "type": "client_tool_call", "status": "pending", "call_id": id, "name": "show", "arguments": {}});
        server.put_json(&thread, call);
    }
    let params = json!({"thread_id": thread, "call_id": "c1", "result": {"ok": true}});
    let opening = server.stream("threads.add_client_tool_output", params);
    assert!(opening.turn.is_some());
    let items = server.json("items.list", json!({"thread_id": thread, "order": "asc"}));
    let status: Vec<&Value> = items["data"].as_array().unwrap()[1..]
        .iter()
        .map(|item| &item["status"])
        .collect();
    assert_eq!(status, ["completed", "pending"]);
    // Without a name it goes to the newest that waits.
    server.stream(
        "threads.add_client_tool_output",
        json!({"thread_id": thread, "result": null}),
    );
    let again = server.handle(
        "threads.add_client_tool_output",
        json!({"thread_id": thread, "result": null}),
    );
    assert!(matches!(again, Err(ServerError::NotFound(_))));
}
