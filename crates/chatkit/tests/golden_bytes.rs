//! What the reference, chatkit-python 1.6.5, writes is what this crate reads and writes, byte by byte. Only times differ: the
//! reference writes them without a zone.

#![allow(missing_docs)]

use chatkit::protocol::{Page, StreamEvent, Thread, ThreadItem, to_json};

/// Bytes of the reference, with a zone added to each time.
const EVENTS: [&str; 20] = [
    r#"{"type":"thread.created","thread":{"id":"thr_ffeb9f6f","created_at":"2026-11-28T07:17:39.140282Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}}"#,
    r#"{"type":"thread.item.done","item":{"id":"msg_205d831d","thread_id":"thr_ffeb9f6f","created_at":"2026-11-28T07:17:39.140282Z","type":"user_message","content":[{"type":"input_text","text":"Hi"},{"type":"input_tag","id":"x","text":"Doc","data":{},"interactive":false}],"attachments":[],"inference_options":{"model":"m"}}}"#,
    r#"{"type":"stream_options","stream_options":{"allow_cancel":true}}"#,
    r#"{"type":"progress_update","icon":"search","text":"Searching"}"#,
    r#"{"type":"thread.updated","thread":{"title":"Tïtle 日本","id":"thr_ffeb9f6f","created_at":"2026-11-28T07:17:39.140282Z","status":{"type":"active"},"metadata":{},"items":{"data":[],"has_more":false}}}"#,
    r#"{"type":"thread.item.added","item":{"id":"msg_a1","thread_id":"thr_ffeb9f6f","created_at":"2026-01-02T03:04:05.000001Z","type":"assistant_message","content":[]}}"#,
    r#"{"type":"thread.item.updated","item_id":"msg_a1","update":{"type":"assistant_message.content_part.added","content_index":0,"content":{"annotations":[],"text":"","type":"output_text"}}}"#,
    r#"{"type":"thread.item.updated","item_id":"msg_a1","update":{"type":"assistant_message.content_part.text_delta","content_index":0,"delta":"Hé \"q\"\n<b>"}}"#,
    r#"{"type":"thread.item.updated","item_id":"msg_a1","update":{"type":"assistant_message.content_part.annotation_added","content_index":0,"annotation_index":0,"annotation":{"type":"annotation","source":{"title":"T","type":"url","url":"https://e.com"},"index":3}}}"#,
    r#"{"type":"thread.item.done","item":{"id":"tc1","thread_id":"t","created_at":"2026-01-02T03:04:05.000001Z","type":"client_tool_call","status":"pending","call_id":"call_1","name":"get","arguments":{"b":1,"a":null}}}"#,
    r#"{"type":"thread.item.done","item":{"id":"wf1","thread_id":"t","created_at":"2026-01-02T03:04:05.000001Z","type":"workflow","workflow":{"type":"reasoning","tasks":[{"status_indicator":"none","type":"thought","content":"c"}],"summary":{"duration":3},"expanded":false}}}"#,
    r#"{"type":"thread.item.replaced","item":{"id":"si1","thread_id":"t","created_at":"2026-01-02T03:04:05.000001Z","type":"structured_input","status":"answered","inputs":[{"id":"q1","question":"Q?","answer":{"values":["yes"],"skipped":false},"type":"freeform"},{"id":"q2","question":"Q2","answer":{"values":[],"skipped":true},"type":"multiple_choice","options":[{"value":"A"}],"multiple":false}]}}"#,
    r#"{"type":"error","code":"stream.error","allow_retry":true}"#,
    r#"{"type":"thread.item.removed","item_id":"msg_a1"}"#,
    r#"{"type":"client_effect","name":"n","data":{"z":null,"a":[1,2.5]}}"#,
    r#"{"type":"notice","level":"warning","message":"m"}"#,
    r#"{"type":"thread.item.updated","item_id":"w","update":{"type":"workflow.task.added","task_index":0,"task":{"status_indicator":"loading","type":"web_search","title_query":"q","queries":["q"],"sources":[{"title":"T","type":"url","url":"https://e.com"}]}}}"#,
    r#"{"type":"thread.item.updated","item_id":"g","update":{"type":"generated_image.updated","image":{"id":"i","url":"https://e.com/i"},"progress":0.5}}"#,
    r#"{"type":"thread.item.updated","item_id":"g","update":{"type":"widget.streaming_text.value_delta","component_id":"c","delta":"d","done":false}}"#,
    r#"{"type":"thread.item.done","item":{"id":"e","thread_id":"t","created_at":"2026-01-02T03:04:05.000001Z","type":"end_of_turn"}}"#,
];

#[test]
fn the_events_of_the_reference_are_written_as_it_writes_them() {
    for bytes in EVENTS {
        let event: StreamEvent = serde_json::from_str(bytes).expect(bytes);
        assert_eq!(to_json(&event), bytes);
        assert_eq!(event.frame(), format!("data: {bytes}\n\n"));
    }
}

#[test]
fn a_page_has_after_only_if_there_is_more() {
    let page: Page<ThreadItem> = Page::default();
    assert_eq!(to_json(&page), r#"{"data":[],"has_more":false}"#);
    let page = Page {
        data: vec![1],
        has_more: true,
        after: Some("wf1".to_owned()),
    };
    assert_eq!(
        to_json(&page),
        r#"{"data":[1],"has_more":true,"after":"wf1"}"#
    );
}

#[test]
fn a_locked_thread_says_why() {
    let bytes = r#"{"id":"t","created_at":"2026-01-02T03:04:05.000001Z","status":{"type":"locked","reason":"r"},"allowed_image_domains":["e.com"],"metadata":{},"items":{"data":[],"has_more":false}}"#;
    let thread: Thread = serde_json::from_str(bytes).expect(bytes);
    assert_eq!(to_json(&thread), bytes);
}

#[test]
fn hidden_items_are_not_visible_in_any_event() {
    let item = r#"{"id":"h","thread_id":"t","created_at":"2026-01-02T03:04:05.000001Z","type":"sdk_hidden_context","content":"c"}"#;
    for kind in [
        "thread.item.added",
        "thread.item.done",
        "thread.item.replaced",
    ] {
        let event: StreamEvent =
            serde_json::from_str(&format!(r#"{{"type":"{kind}","item":{item}}}"#)).expect(kind);
        assert!(!event.is_visible(), "{kind}");
    }
}
