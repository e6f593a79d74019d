//! How a response ends, and what is left of it.

use super::model_script::*;
use chatkit::responses::{Terminal, Usage};
use chatkit::server::answer::Ending;
use serde_json::json;

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
    assert_eq!(lines_of(&[end("content_filter")]), Vec::<String>::new());
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
