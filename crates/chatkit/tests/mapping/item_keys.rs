//! Which item an event is about, by servers that leave out what the API promises, and what is skipped.

use super::model_script::*;
use chatkit::server::answer::Ending;
use serde_json::{Value, json};

#[test]
fn items_with_the_same_id_are_told_apart_by_their_index() {
    let fake = |mut event: Value| {
        for path in ["/item/id", "/item_id"] {
            if let Some(id) = event.pointer_mut(path) {
                *id = json!("__fake_id__");
            }
        }
        event
    };
    let lines = lines_of(&[
        fake(added(0, &message(&[]))),
        fake(added(1, &message(&[]))),
        fake(delta(0, 0, "A")),
        fake(delta(1, 0, "B")),
        fake(done(0, &message(&[output_text("A")]))),
        fake(done(1, &message(&[output_text("B")]))),
    ]);
    assert_eq!(lines[..2], ["+ msg1", "+ msg2"]);
    assert_eq!(lines[6..], [r#"= msg1 "A""#, r#"= msg2 "B""#]);
}

#[test]
fn items_without_an_index_are_told_apart_by_their_id() {
    let by_id = |id: &str, mut event: Value| {
        event
            .as_object_mut()
            .expect("an object")
            .remove("output_index");
        for path in ["/item/id", "/item_id"] {
            if let Some(known) = event.pointer_mut(path) {
                *known = json!(id);
            }
        }
        event
    };
    let lines = lines_of(&[
        by_id("a", added(0, &message(&[]))),
        by_id("b", added(0, &message(&[]))),
        by_id("a", delta(0, 0, "A")),
        by_id("b", delta(0, 0, "B")),
        by_id("a", done(0, &message(&[output_text("A")]))),
        by_id("b", done(0, &message(&[output_text("B")]))),
    ]);
    assert_eq!(lines[6..], [r#"= msg1 "A""#, r#"= msg2 "B""#]);
}

#[test]
fn items_with_neither_index_nor_id_follow_each_other() {
    let bare = |mut event: Value| {
        let fields = event.as_object_mut().expect("an object");
        fields.remove("output_index");
        fields.remove("item_id");
        if let Some(item) = event.pointer_mut("/item") {
            item.as_object_mut().expect("an object").remove("id");
        }
        event
    };
    let first = bare(done(0, &message(&[output_text("A")])));
    let lines = lines_of(&[
        bare(added(0, &message(&[]))),
        bare(delta(0, 0, "A")),
        first.clone(),
        first,
        bare(added(0, &message(&[]))),
        bare(delta(0, 0, "B")),
        bare(done(0, &message(&[output_text("B")]))),
    ]);
    assert_eq!(
        lines.iter().filter(|line| line.starts_with('=')).count(),
        2,
        "{lines:?}"
    );
    assert_eq!(lines.last().map(String::as_str), Some(r#"= msg2 "B""#));
}

#[test]
fn what_comes_twice_counts_once() {
    let whole = message(&[output_text("Hi")]);
    let mut script = Script::new();
    let lines = script.play(&[
        added(0, &message(&[])),
        added(0, &message(&[])),
        delta(0, 0, "Hi"),
        text_done(0, 0, "Hi"),
        text_done(0, 0, "Hi"),
        done(0, &whole),
        done(0, &whole),
        added(0, &message(&[])),
        delta(0, 0, "late"),
    ]);
    assert_eq!(
        lines,
        [
            "+ msg1",
            r#"msg1 part 0 added """#,
            r#"msg1 part 0 text "Hi""#,
            r#"msg1 part 0 done "Hi" with 0 annotations"#,
            r#"= msg1 "Hi""#,
        ]
    );
    assert_eq!(script.model_items(), [whole]);
}

#[test]
fn a_server_that_gives_all_items_the_index_0_shows_each_once() {
    let first = message(&[output_text("A")]);
    let mut second = message(&[output_text("B")]);
    second["id"] = json!("msg_n");
    let end = json!({"type": "response.completed", "response": {"output": [first, second]}});
    let lines = lines_of(&[done(0, &first), done(0, &second), end]);
    assert_eq!(lines, [r#"= msg1 "A""#, r#"= msg2 "B""#]);
}

#[test]
fn unknown_events_items_and_fields_are_skipped() {
    let mut script = Script::new();
    let computer =
        json!({"type": "computer_call", "id": "cu_1", "call_id": "c", "action": {"type": "wait"}});
    let lines = script.play(&[
        json!({"type": "response.new_event", "item": 3, "delta": {"a": 1}}),
        json!({"type": 7}),
        json!({}),
        json!({"type": "response.output_item.added", "item": null}),
        json!({"type": "response.output_item.done", "output_index": -1, "item": "x"}),
        json!({"type": "response.output_text.delta", "delta": 3}),
        json!({"type": "response.reasoning_text.delta", "output_index": 0, "delta": "secret"}),
        added(0, &json!({"type": "new_item", "id": "n"})),
        done(0, &json!({"type": "new_item", "id": "n"})),
        added(1, &computer),
        done(1, &computer),
    ]);
    assert_eq!(lines, [""; 0]);
    assert!(!script.answer.has_started());
    // A call that nobody answers would make the next request invalid.
    assert_eq!(
        script.model_items(),
        [json!({"type": "new_item", "id": "n"})]
    );
    assert_eq!(script.close(Ending::Finished), [""; 0]);
}
