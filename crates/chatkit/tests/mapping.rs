//! Messages of the model, event by event, as ChatKit's events. Each test is one rule of the mapping.

// Clippy allows the first two in test functions, not in the helpers of tests. Not every file uses all helpers.
#![allow(clippy::expect_used, clippy::panic, dead_code, missing_docs)]

mod model_script;

use chatkit::protocol::StreamEvent;
use chatkit::responses::{Terminal, Usage};
use chatkit::server::answer::Ending;
use model_script::*;
use serde_json::{Value, json};

fn url_citation(title: &str) -> Value {
    json!({"type": "url_citation", "url": "https://e.com/a", "title": title, "start_index": 0, "end_index": 2})
}

#[test]
fn a_message_streams_part_by_part() {
    let whole = message(&[output_text("Hi there")]);
    let lines = lines_of(&[
        json!({"type": "response.created", "response": {"id": "resp_1"}}),
        json!({"type": "response.in_progress", "response": {"id": "resp_1"}}),
        added(0, &message(&[])),
        part_added(0, 0, &output_text("")),
        delta(0, 0, "Hi"),
        delta(0, 0, " there"),
        text_done(0, 0, "Hi there"),
        part_done(0, 0, &output_text("Hi there")),
        done(0, &whole),
        completed(),
    ]);
    assert_eq!(
        lines,
        [
            "+ msg1",
            r#"msg1 part 0 added """#,
            r#"msg1 part 0 text "Hi""#,
            r#"msg1 part 0 text " there""#,
            r#"msg1 part 0 done "Hi there" with 0 annotations"#,
            r#"= msg1 "Hi there""#,
        ]
    );
}

#[test]
fn the_first_created_at_of_an_item_stays() {
    let mut script = Script::new();
    script.play(&[added(0, &message(&[])), delta(0, 0, "Hi")]);
    script.env.pass(5);
    script.play(&[done(0, &message(&[output_text("Hi")]))]);
    let times: Vec<u64> = script
        .events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::ItemAdded { item } | StreamEvent::ItemDone { item } => {
                assert_eq!(item.thread_id, "thr_1");
                Some(item.created_at.micros())
            }
            _ => None,
        })
        .collect();
    assert_eq!(times, [0, 0]);
}

#[test]
fn a_refusal_is_text() {
    let refusal = |text: &str| json!({"type": "refusal", "refusal": text});
    let event = |kind: &str, field: &str, text: &str| json!({"type": format!("response.refusal.{kind}"), "output_index": 0, "content_index": 0, field: text});
    let lines = lines_of(&[
        added(0, &message(&[])),
        part_added(0, 0, &refusal("")),
        event("delta", "delta", "I can't"),
        event("done", "refusal", "I can't help"),
        part_done(0, 0, &refusal("I can't help")),
        done(0, &message(&[refusal("I can't help")])),
    ]);
    assert_eq!(
        lines,
        [
            "+ msg1",
            r#"msg1 part 0 added """#,
            r#"msg1 part 0 text "I can't""#,
            r#"msg1 part 0 done "I can't help" with 0 annotations"#,
            r#"= msg1 "I can't help""#,
        ]
    );
}

#[test]
fn each_kind_of_annotation_has_its_source_and_its_index() {
    let cases = [
        (
            url_citation("T"),
            r#"{"type":"annotation","source":{"title":"T","type":"url","url":"https://e.com/a"},"index":2}"#,
        ),
        (
            url_citation(""),
            r#"{"type":"annotation","source":{"title":"https://e.com/a","type":"url","url":"https://e.com/a"},"index":2}"#,
        ),
        (
            json!({"type": "file_citation", "file_id": "f", "filename": "a.pdf", "index": 7}),
            r#"{"type":"annotation","source":{"title":"a.pdf","type":"file","filename":"a.pdf"},"index":7}"#,
        ),
        (
            json!({"type": "container_file_citation", "container_id": "c", "file_id": "f", "filename": "a.csv", "start_index": 1, "end_index": 4}),
            r#"{"type":"annotation","source":{"title":"a.csv","type":"file","filename":"a.csv"},"index":4}"#,
        ),
    ];
    for (annotation, expected) in cases {
        let lines = lines_of(&[delta(0, 0, "Hi"), annotated(0, 0, &annotation)]);
        assert_eq!(
            lines.last(),
            Some(&format!("msg1 part 0 annotation 0 {expected}"))
        );
    }
}

#[test]
fn an_annotation_that_cannot_be_shown_is_dropped() {
    for annotation in [
        json!({"type": "file_path", "file_id": "f", "index": 1}),
        json!({"type": "file_citation", "file_id": "f", "index": 1}),
        json!({"type": "url_citation", "title": "T", "end_index": 1}),
        json!({"type": "new_citation"}),
        json!("citation"),
    ] {
        assert_eq!(
            lines_of(&[annotated(0, 0, &annotation)]),
            [""; 0],
            "{annotation}"
        );
    }
}

#[test]
fn a_finished_part_and_a_finished_message_keep_their_annotations() {
    let lines = lines_of(&[
        added(0, &message(&[])),
        delta(0, 0, "Hi"),
        annotated(0, 0, &url_citation("A")),
        annotated(0, 0, &url_citation("B")),
        text_done(0, 0, "Hi"),
        part_done(0, 0, &output_text("Hi")),
        done(0, &message(&[output_text("Hi")])),
    ]);
    assert!(
        lines[4].starts_with("msg1 part 0 annotation 1 "),
        "{}",
        lines[4]
    );
    assert_eq!(
        lines[5..],
        [
            r#"msg1 part 0 done "Hi" with 2 annotations"#,
            r#"= msg1 "Hi" with 2 annotations"#,
        ]
    );
}

#[test]
fn what_the_finished_part_or_item_adds_wins() {
    let cited = json!({"type": "output_text", "text": "Hi", "annotations": [url_citation("A")]});
    let lines = lines_of(&[
        delta(0, 0, "H"),
        text_done(0, 0, "Hi"),
        part_done(0, 0, &cited),
        done(0, &message(&[output_text("Hi!"), output_text("More")])),
    ]);
    assert_eq!(
        lines[3..],
        [
            r#"msg1 part 0 done "Hi" with 0 annotations"#,
            r#"msg1 part 0 done "Hi" with 1 annotations"#,
            r#"= msg1 "Hi!" with 1 annotations | "More""#,
        ]
    );
}

#[test]
fn parts_are_counted_from_0_without_those_that_are_not_shown() {
    let hidden = json!({"type": "reasoning_text", "text": "hm"});
    let lines = lines_of(&[
        part_added(0, 0, &hidden),
        part_added(0, 1, &output_text("")),
        delta(0, 1, "A"),
        delta(0, 2, "B"),
        delta(0, 1, "a"),
        done(0, &message(&[hidden, output_text("Aa"), output_text("B")])),
    ]);
    assert_eq!(
        lines,
        [
            "+ msg1",
            r#"msg1 part 0 added """#,
            r#"msg1 part 0 text "A""#,
            r#"msg1 part 1 added """#,
            r#"msg1 part 1 text "B""#,
            r#"msg1 part 0 text "a""#,
            r#"= msg1 "Aa" | "B""#,
        ]
    );
}

#[test]
fn a_message_that_comes_only_when_it_is_done_appears() {
    let whole = message(&[output_text("Hi")]);
    assert_eq!(lines_of(&[done(0, &whole)]), [r#"= msg1 "Hi""#]);
}

#[test]
fn a_message_that_comes_only_with_the_end_of_the_response_appears() {
    let whole = message(&[output_text("Hi")]);
    let end =
        json!({"type": "response.completed", "response": {"output": [reasoning(&[]), whole]}});
    let mut script = Script::new();
    let lines = script.play(&[done(0, &reasoning(&[])), delta(1, 0, "H"), end]);
    assert_eq!(lines.last().map(String::as_str), Some(r#"= msg1 "Hi""#));
    assert_eq!(script.model_items(), [reasoning(&[]), whole]);
}

#[test]
fn text_that_the_finished_item_lacks_is_kept_also_for_the_model() {
    let mut script = Script::new();
    let lines = script.play(&[delta(0, 0, "Hi"), done(0, &message(&[]))]);
    assert_eq!(lines[3..], [r#"= msg1 "Hi""#]);
    assert_eq!(
        script.model_items(),
        [
            json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]})
        ]
    );
}

#[test]
fn a_message_without_text_is_removed() {
    let blank = message(&[output_text(" \n")]);
    let mut script = Script::new();
    let lines = script.play(&[added(0, &message(&[])), delta(0, 0, " \n"), done(0, &blank)]);
    assert_eq!(lines.last().map(String::as_str), Some("- msg1"));
    assert_eq!(lines_of(&[done(0, &blank)]), [""; 0]);
    assert_eq!(script.model_items(), [json!(null); 0]);
}

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
fn text_after_the_end_of_its_part_is_skipped() {
    let lines = lines_of(&[delta(0, 0, "Hi"), text_done(0, 0, "Hi"), delta(0, 0, "Hi")]);
    assert_eq!(lines.len(), 4, "{lines:?}");
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
fn an_answer_at_its_maximum_length_is_kept_and_says_so() {
    let end = |reason: &str| json!({"type": "response.incomplete", "response": {"incomplete_details": {"reason": reason}}});
    let mut script = Script::new();
    let lines = script.play(&[delta(0, 0, "Hi"), end("max_output_tokens")]);
    assert_eq!(
        lines[3],
        r#"{"type":"notice","level":"warning","message":"The answer was cut off because it reached its maximum length."}"#
    );
    assert_eq!(script.close(Ending::Finished), [r#"= msg1 "Hi""#]);
    let reason = Terminal::Incomplete("max_output_tokens".to_owned());
    assert_eq!(script.answer.terminal(), Some(&reason));
    assert_eq!(
        lines_of(&[end("content_filter")]),
        [
            r#"{"type":"notice","level":"warning","message":"The answer was stopped by the content filter."}"#
        ]
    );
    assert_eq!(
        lines_of(&[end("new_reason")]),
        [r#"{"type":"notice","level":"warning","message":"The answer was cut off."}"#]
    );
}

#[test]
fn a_failure_gives_no_event_and_its_code() {
    for (event, code) in [
        (
            json!({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "m"}}}),
            Some("server_error"),
        ),
        (
            json!({"type": "error", "code": "rate_limit_exceeded", "message": "m"}),
            Some("rate_limit_exceeded"),
        ),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}),
            Some("context_length_exceeded"),
        ),
        (
            json!({"error": {"type": "overloaded", "code": null}}),
            Some("overloaded"),
        ),
        (json!({"type": "response.failed", "response": null}), None),
    ] {
        let mut script = Script::new();
        script.play(&[delta(0, 0, "Hi")]);
        assert_eq!(script.play(&[event.clone(), delta(0, 0, "late")]), [""; 0]);
        let code = code.map(str::to_owned);
        assert_eq!(
            script.answer.terminal(),
            Some(&Terminal::Failed { code }),
            "{event}"
        );
        assert_eq!(script.close(Ending::Interrupted), [r#"= msg1 "Hi""#]);
    }
}

#[test]
fn the_end_of_a_response_has_its_tokens_and_its_id() {
    let mut script = Script::new();
    script.play(&[json!({"type": "response.completed", "sequence_number": 9, "response": {
        "id": "resp_1",
        "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 3, "total_tokens": 13},
    }})]);
    let usage = Usage {
        input_tokens: 10,
        cached_input_tokens: 4,
        output_tokens: 3,
    };
    assert_eq!(script.answer.usage(), usage);
    assert_eq!(script.answer.response_id(), Some("resp_1"));
    assert_eq!(script.answer.last_sequence(), Some(9));
    assert_eq!(script.answer.terminal(), Some(&Terminal::Completed));
    assert!(!script.answer.has_started());
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

#[test]
fn open_items_are_as_they_are_so_far() {
    let mut script = Script::new();
    script.play(&[summary_delta(0, 0, "Hm")]);
    assert_eq!(script.answer.open_items().len(), 1);
    script.play(&[delta(1, 0, "Hi")]);
    let [item] = &script.answer.open_items()[..] else {
        panic!("the message alone is open");
    };
    let json = serde_json::to_value(item).expect("JSON");
    assert_eq!(json["type"], "assistant_message");
    assert_eq!(json["content"][0]["text"], "Hi");
    script.close(Ending::Stopped);
    assert_eq!(script.answer.open_items(), []);
}

#[test]
fn after_the_close_nothing_more_comes() {
    let mut script = Script::new();
    script.play(&[delta(0, 0, "Hi")]);
    assert_eq!(script.close(Ending::Stopped), [r#"= msg1 "Hi""#]);
    assert_eq!(script.close(Ending::Stopped), [""; 0]);
    assert_eq!(
        script.play(&[delta(0, 0, "late"), delta(1, 0, "late")]),
        [""; 0]
    );
}
