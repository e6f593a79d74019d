//! Messages of the model, event by event, as ChatKit's events. Each test is one rule of the mapping.

use super::model_script::*;
use chatkit::protocol::StreamEvent;
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
fn text_after_the_end_of_its_part_is_skipped() {
    let lines = lines_of(&[delta(0, 0, "Hi"), text_done(0, 0, "Hi"), delta(0, 0, "Hi")]);
    assert_eq!(lines.len(), 4, "{lines:?}");
}
