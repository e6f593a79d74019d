//! The model's items as they are sent to it again, and its calls of functions.

use super::model_script::*;
use chatkit::responses::ModelEvent;
use chatkit::server::answer::{Answer, Ending};
use chatkit::server::env::CountingEnv;
use serde_json::json;

#[test]
fn a_function_call_waits_for_its_output_and_shows_nothing() {
    let call = |status: &str, arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_order", "arguments": arguments, "status": status});
    let mut script = Script::new();
    let lines = script.play(&[
        added(0, &call("in_progress", "")),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{\"id\":1}"}),
        done(0, &call("completed", r#"{"id":1}"#)),
        done(0, &call("completed", r#"{"id":1}"#)),
        done(1, &call("incomplete", r#"{"i"#)),
        done(2, &json!({"type": "function_call", "arguments": "{}"})),
    ]);
    assert_eq!(lines, [""; 0]);
    let [waiting] = script.answer.function_calls() else {
        panic!("a call that is cut or has no name cannot be made");
    };
    assert_eq!(
        (
            waiting.call_id.as_str(),
            waiting.name.as_str(),
            waiting.arguments.as_str()
        ),
        ("call_1", "get_order", r#"{"id":1}"#)
    );
    assert_eq!(script.model_items(), [call("completed", r#"{"id":1}"#)]);
}

#[test]
fn model_items_are_kept_as_they_came_and_in_order() {
    let raw = [
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA","score":1.50}"#,
        r#"{"type":"web_search_call", "id":"ws_1", "status":"completed"}"#,
        r#"{"z":1,"type":"message","a":2,"content":[{"type":"output_text","text":"H\u00e9"}]}"#,
    ];
    let mut answer = Answer::new("thr_1");
    let mut env = CountingEnv::default();
    for (index, item) in raw.iter().enumerate() {
        let event = format!(
            r#"{{"type":"response.output_item.done","output_index":{index},"item":{item}}}"#
        );
        let event = ModelEvent::parse(&event).expect("an object");
        answer.accept(&event, &mut env);
    }
    let items = answer.take_model_items();
    let kept: Vec<&str> = items.iter().map(|item| item.item.get()).collect();
    assert_eq!(kept, raw);
    let kinds: Vec<&str> = items.iter().map(|item| item.kind.as_str()).collect();
    assert_eq!(kinds, ["reasoning", "web_search_call", "message"]);
    assert_eq!(answer.take_model_items(), []);
}

#[test]
fn pictures_are_not_sent_again() {
    let mut script = Script::new();
    script.play(&[done(
        0,
        &json!({"type": "image_generation_call", "result": "iVBO"}),
    )]);
    assert_eq!(script.model_items(), [json!(null); 0]);
}

#[test]
fn reasoning_waits_for_what_follows_it() {
    let mut script = Script::new();
    script.play(&[done(0, &reasoning(&["Hm"]))]);
    assert_eq!(script.model_items(), [json!(null); 0]);
    let whole = message(&[output_text("Hi")]);
    script.play(&[done(1, &whole), done(2, &reasoning(&["More"]))]);
    assert_eq!(script.model_items(), [reasoning(&["Hm"]), whole]);
    script.close(Ending::Finished);
    assert_eq!(script.model_items(), [json!(null); 0]);
}

#[test]
fn an_interrupted_message_is_sent_again_as_its_text_without_its_reasoning() {
    let mut script = Script::new();
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "tea"}});
    script.play(&[
        done(0, &reasoning(&[])),
        done(1, &search),
        done(2, &reasoning(&[])),
        delta(3, 0, "Tea is"),
    ]);
    script.close(Ending::Stopped);
    assert_eq!(
        script.model_items(),
        [
            reasoning(&[]),
            search,
            json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Tea is"}]}),
        ]
    );
}
