//! Reasoning and tools of the model as a workflow. Each test is one rule.

use super::model_script::*;
use chatkit::server::answer::Ending;
use serde_json::{Value, json};

fn thought(text: &str) -> String {
    format!(r#"{{"status_indicator":"none","type":"thought","content":"{text}"}}"#)
}

fn web_search(status: &str, action: Value) -> Value {
    json!({"type": "web_search_call", "id": "ws_1", "status": status, "action": action})
}

#[test]
fn each_summary_streams_as_its_own_thought() {
    let mut script = Script::new();
    let mut lines = script.play(&[
        added(0, &reasoning(&[])),
        summary_delta(0, 0, "Loo"),
        summary_delta(0, 0, "king"),
        summary_done(0, 0, "Looking"),
        summary_delta(0, 1, "Th"),
        summary_delta(0, 1, "ere"),
        summary_done(0, 1, "There"),
        done(0, &reasoning(&["Looking", "There"])),
    ]);
    script.env.pass(3);
    lines.extend(script.play(&[added(1, &message(&[]))]));
    let [looking, there] = [thought("Looking"), thought("There")];
    assert_eq!(
        lines,
        [
            "+ wf1".to_owned(),
            format!("wf1 task 0 added {}", thought("Loo")),
            format!("wf1 task 0 {looking}"),
            format!("wf1 task 0 {looking}"),
            format!("wf1 task 1 added {}", thought("Th")),
            format!("wf1 task 1 {there}"),
            format!("wf1 task 1 {there}"),
            format!("= wf1 3s [{looking}, {there}]"),
            "+ msg2".to_owned(),
        ]
    );
}

#[test]
fn a_long_thought_is_sent_in_growing_steps_and_is_whole_in_the_end() {
    let mut events = Vec::new();
    for _ in 0..2000 {
        events.push(summary_delta(0, 0, "word "));
    }
    let mut script = Script::new();
    let lines = script.play(&events);
    let sent: usize = lines.iter().map(String::len).sum();
    assert!(sent < 25 * 10_000, "{sent} bytes for a text of 10,000");
    assert!(lines.len() > 50, "{} updates", lines.len());
    let last = script.close(Ending::Stopped);
    assert_eq!(
        last,
        [format!("= wf1 0s [{}]", thought(&"word ".repeat(2000)))]
    );
}

#[test]
fn summaries_that_did_not_stream_appear_with_the_finished_reasoning() {
    let lines = lines_of(&[
        summary_delta(0, 0, "A"),
        done(0, &reasoning(&["Aa", "B"])),
        done(0, &reasoning(&["Aa", "B"])),
    ]);
    assert_eq!(
        lines[2..],
        [
            format!("wf1 task 0 {}", thought("Aa")),
            format!("wf1 task 1 added {}", thought("B")),
        ]
    );
    assert_eq!(lines_of(&[done(0, &reasoning(&[]))]), [""; 0]);
}

#[test]
fn reasoning_after_a_message_opens_a_new_workflow() {
    let whole = message(&[output_text("Hi")]);
    let lines = lines_of(&[
        added(0, &reasoning(&[])),
        done(0, &reasoning(&[])),
        done(1, &whole),
        summary_delta(2, 0, "Hm"),
        summary_delta(0, 0, "late"),
    ]);
    assert_eq!(
        lines,
        [
            "+ wf1".to_owned(),
            "= wf1 0s []".to_owned(),
            r#"= msg2 "Hi""#.to_owned(),
            "+ wf3".to_owned(),
            format!("wf3 task 0 added {}", thought("Hm")),
        ]
    );
}

#[test]
fn a_workflow_that_opens_beside_a_message_outlives_it() {
    let lines = lines_of(&[
        delta(0, 0, "Hi"),
        summary_delta(1, 0, "Hm"),
        done(0, &message(&[output_text("Hi")])),
        summary_delta(1, 0, "m"),
    ]);
    assert_eq!(
        lines[5..],
        [
            r#"= msg1 "Hi""#.to_owned(),
            format!("wf2 task 0 {}", thought("Hmm"))
        ]
    );
}

#[test]
fn a_web_search_is_a_task_with_its_queries_and_sources() {
    let action = json!({"type": "search", "query": "tea", "queries": ["tea", "green tea"], "sources": [
        {"type": "url", "url": "https://e.com/a"}, {"type": "url", "url": "https://e.com/b", "title": "B"}, {"type": "api", "name": "weather"},
    ]});
    let lines = lines_of(&[
        added(0, &web_search("in_progress", Value::Null)),
        json!({"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws_1"}),
        done(0, &web_search("completed", action)),
    ]);
    assert_eq!(
        lines,
        [
            "+ wf1",
            r#"wf1 task 0 added {"status_indicator":"loading","type":"web_search","queries":[],"sources":[]}"#,
            r#"wf1 task 0 {"status_indicator":"complete","type":"web_search","title_query":"tea","queries":["tea","green tea"],"sources":[{"title":"https://e.com/a","type":"url","url":"https://e.com/a"},{"title":"B","type":"url","url":"https://e.com/b"}]}"#,
        ]
    );
}

#[test]
fn a_page_that_was_opened_is_a_source() {
    for (action, task) in [
        (
            json!({"type": "open_page", "url": "https://e.com/a"}),
            r#""title":"e.com","queries":[],"sources":[{"title":"https://e.com/a","type":"url","url":"https://e.com/a"}]"#,
        ),
        (
            json!({"type": "find_in_page", "url": "https://e.com/a", "pattern": "tea"}),
            r#""title_query":"tea","queries":[],"sources":[{"title":"https://e.com/a","type":"url","url":"https://e.com/a"}]"#,
        ),
        (
            json!({"type": "open_page", "url": null}),
            r#""queries":[],"sources":[]"#,
        ),
        (
            json!({"type": "search", "query": "tea"}),
            r#""title_query":"tea","queries":["tea"],"sources":[]"#,
        ),
    ] {
        let lines = lines_of(&[done(0, &web_search("completed", action))]);
        assert_eq!(
            lines[1],
            format!(
                r#"wf1 task 0 added {{"status_indicator":"complete","type":"web_search",{task}}}"#
            )
        );
    }
}

#[test]
fn a_file_search_names_each_file_once() {
    let call = |results: Value| json!({"type": "file_search_call", "id": "fs_1", "queries": ["returns"], "results": results});
    let lines = lines_of(&[
        added(0, &call(Value::Null)),
        done(
            0,
            &call(json!([{"filename": "a.pdf"}, {"filename": "a.pdf"}, {"filename": "b.pdf"}, {}])),
        ),
    ]);
    assert_eq!(
        lines[1..],
        [
            r#"wf1 task 0 added {"status_indicator":"loading","type":"file","title":"returns","sources":[]}"#,
            r#"wf1 task 0 {"status_indicator":"complete","type":"file","title":"returns","sources":[{"title":"a.pdf","type":"file","filename":"a.pdf"},{"title":"b.pdf","type":"file","filename":"b.pdf"}]}"#,
        ]
    );
}

#[test]
fn other_tools_of_the_server_are_tasks() {
    for (item, task) in [
        (
            json!({"type": "mcp_call", "name": "list_orders", "server_label": "shop", "arguments": "{}", "output": "secret"}),
            r#""type":"custom","title":"list_orders""#,
        ),
        (
            json!({"type": "code_interpreter_call", "code": "1+1", "outputs": null}),
            r#""type":"custom","title":"Code interpreter","icon":"square-code""#,
        ),
        (
            json!({"type": "image_generation_call", "result": "iVBO"}),
            r#""type":"image""#,
        ),
    ] {
        let mut script = Script::new();
        let lines = script.play(&[added(0, &item), done(0, &item)]);
        assert_eq!(
            lines,
            [
                "+ wf1".to_owned(),
                format!(r#"wf1 task 0 added {{"status_indicator":"loading",{task}}}"#),
                format!(r#"wf1 task 0 {{"status_indicator":"complete",{task}}}"#),
            ]
        );
        assert_eq!(script.answer.tool_calls(), 1);
        assert!(!lines.concat().contains("secret"));
    }
}

#[test]
fn a_list_of_tools_is_shown_only_if_it_fails() {
    let list = |error: Value| json!({"type": "mcp_list_tools", "server_label": "shop", "tools": [], "error": error});
    let events = |error| [added(0, &list(Value::Null)), done(0, &list(error))];
    assert_eq!(lines_of(&events(Value::Null)), [""; 0]);
    assert_eq!(
        lines_of(&events(json!("no route to secret.example")))[1..],
        [
            r#"wf1 task 0 added {"status_indicator":"none","type":"custom","title":"shop","content":"These tools are not available now."}"#
        ]
    );
}

#[test]
fn a_tool_that_never_reports_its_end_is_complete_once_the_model_writes() {
    let mut script = Script::new();
    script.play(&[added(0, &web_search("in_progress", Value::Null))]);
    let lines = script.play(&[
        delta(1, 0, "Hi"),
        done(0, &web_search("completed", Value::Null)),
    ]);
    assert_eq!(
        lines[0],
        r#"= wf1 0s [{"status_indicator":"complete","type":"web_search","queries":[],"sources":[]}]"#
    );
    assert_eq!(lines[1..3], ["+ msg2", r#"msg2 part 0 added """#]);
    assert_eq!(
        lines.len(),
        4,
        "a closed workflow is not updated: {lines:?}"
    );
}

#[test]
fn an_open_workflow_is_closed_at_the_end() {
    for (ending, status) in [
        (Ending::Finished, "complete"),
        (Ending::Stopped, "none"),
        (Ending::Interrupted, "none"),
    ] {
        let mut script = Script::new();
        script.play(&[added(0, &web_search("in_progress", Value::Null))]);
        script.env.pass(2);
        assert_eq!(
            script.close(ending),
            [format!(
                r#"= wf1 2s [{{"status_indicator":"{status}","type":"web_search","queries":[],"sources":[]}}]"#
            )]
        );
    }
}

#[test]
fn an_empty_workflow_is_removed_at_the_end() {
    let mut script = Script::new();
    assert_eq!(script.play(&[added(0, &reasoning(&[]))]), ["+ wf1"]);
    assert_eq!(script.close(Ending::Stopped), ["- wf1"]);
}
