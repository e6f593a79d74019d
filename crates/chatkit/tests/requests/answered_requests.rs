//! Requests that want an answer: their first events, what they store, and what they refuse.

use super::memory_server::{Server, ids, types};
use chatkit::protocol::ThreadStatus;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Store;
use serde_json::{Value, json};

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
