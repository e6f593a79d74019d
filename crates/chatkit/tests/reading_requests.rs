//! Requests are read leniently, and the first wrong field is named.

#![allow(missing_docs)]

use chatkit::protocol::chatkit_request::{JSON_TYPES, MAX_PAGE, STREAMING_TYPES};
use chatkit::protocol::{ChatKitRequest, ItemOrder, Operation, UserContent};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(body: Value) -> Result<Operation, String> {
    ChatKitRequest::parse(&body)
        .map(|request| request.operation)
        .map_err(|error| error.to_string())
}

#[test]
fn every_type_is_known() {
    for kind in STREAMING_TYPES.iter().chain(&JSON_TYPES) {
        let body = json!({"type": kind, "params": {
            "thread_id": "t", "item_id": "i", "item_ids": ["i"], "kind": "positive", "title": "T", "attachment_id": "a",
            "name": "n", "size": 3, "mime_type": "m", "audio_base64": "", "result": null, "action": {"type": "x"},
            "input": {"content": []},
        }});
        let operation = parse(body).expect(kind);
        assert_eq!(
            operation.is_streaming(),
            STREAMING_TYPES.contains(kind),
            "{kind}"
        );
    }
    let error = parse(json!({"type": "threads.stop", "params": {}})).unwrap_err();
    assert!(
        error.starts_with("type must be one of threads.create, "),
        "{error}"
    );
}

#[test]
fn optional_fields_may_be_missing() {
    let body = json!({"type": "threads.create", "params": {"input": {"content": [
        {"type": "input_text", "text": "Hi", "unknown": 1}, {"type": "input_tag", "id": "x", "text": "Doc"}]}}});
    let Ok(Operation::CreateThread { input }) = parse(body) else {
        panic!()
    };
    assert_eq!(input.attachments, Vec::<String>::new());
    assert_eq!(input.inference_options, Default::default());
    let UserContent::InputTag {
        data, interactive, ..
    } = &input.content[1]
    else {
        panic!()
    };
    assert!(data.is_empty() && !interactive);
}

#[test]
fn pages_have_at_most_a_hundred_entries() {
    for (limit, expected) in [
        (json!(9999), MAX_PAGE),
        (json!(0), 20),
        (json!(null), 20),
        (json!("5"), 5),
        (json!(7), 7),
    ] {
        let Ok(Operation::ListThreads(page)) =
            parse(json!({"type": "threads.list", "params": {"limit": limit}}))
        else {
            panic!()
        };
        assert_eq!((page.limit, page.order), (expected, ItemOrder::Descending));
    }
    assert!(parse(json!({"type": "threads.list"})).is_ok());
}

#[test]
fn the_first_wrong_field_is_named() {
    for (body, field) in [
        (json!([]), "The body"),
        (json!({}), "type"),
        (
            json!({"type": "threads.get_by_id", "params": {}}),
            "params.thread_id",
        ),
        (json!({"type": "threads.get_by_id", "params": 1}), "params"),
        (
            json!({"type": "threads.create", "params": {"input": {}}}),
            "params.input.content",
        ),
        (
            json!({"type": "threads.create", "params": {"input": {"content": [{"type": "input_text"}]}}}),
            "params.input.content[0].text",
        ),
        (
            json!({"type": "threads.create", "params": {"input": {"content": [{"type": "image"}]}}}),
            "params.input.content[0].type",
        ),
        (
            json!({"type": "threads.list", "params": {"limit": -1}}),
            "params.limit",
        ),
        (
            json!({"type": "threads.list", "params": {"order": "up"}}),
            "params.order",
        ),
        (
            json!({"type": "items.feedback", "params": {"thread_id": "t", "item_ids": [1], "kind": "positive"}}),
            "params.item_ids[0]",
        ),
        (
            json!({"type": "threads.add_client_tool_output", "params": {"thread_id": "t"}}),
            "params.result",
        ),
    ] {
        let error = parse(body).unwrap_err();
        assert!(error.starts_with(&format!("{field} must be ")), "{error}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z._]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                prop::sample::select(vec![
                    "thread_id",
                    "input",
                    "content",
                    "type",
                    "text",
                    "limit",
                    "action",
                    "answers",
                    "values"
                ]),
                inner,
                0..5
            )
            .prop_map(|map| Value::Object(
                map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_the_reader_panic(kind in prop::sample::select(STREAMING_TYPES.iter().chain(&JSON_TYPES).copied().collect::<Vec<_>>()), params in any_json()) {
        let _ = parse(json!({"type": kind, "params": params.clone()}));
        let _ = parse(params);
    }
}
