//! What answers are counted as.

use super::chat_world::{World, add, create};
use super::scripted_responses::{api_error, response, says};
use serde_json::json;

#[test]
fn an_answer_counts_its_tokens_tools_cost_and_first_token() {
    let price = json!({"input": 1.0, "cached_input": 0.5, "output": 10.0});
    let world = World::new(json!({"price": price}));
    world
        .host
        .model
        .answers([response("a").pause(700).message(&["x"]).completed()]);
    let client = world.ask(&create("Hi"));
    for (counter, count) in [
        ("messages", 1),
        ("thread_changes", 1),
        ("answers", 1),
        ("answers_failed", 0),
        ("answers_stopped", 0),
        ("input_tokens", 100),
        ("cached_input_tokens", 40),
        ("output_tokens", 20),
    ] {
        assert_eq!(
            world.counted(counter),
            count,
            "{counter}: {:?}",
            world.counters()
        );
    }
    let line = world.lines("answer.completed").pop().unwrap();
    assert_eq!(
        (&line["took_ms"], &line["request_id"]),
        (&json!(700), &json!("request-1"))
    );
    assert!(
        world
            .counters()
            .keys()
            .any(|counter| counter.contains("first_token"))
    );
    world.host.model.answers([says("b", "y")]);
    world.ask(&add(&client.thread(), "And?"));
    assert_eq!(
        (world.counted("messages"), world.counted("thread_changes")),
        (2, 1)
    );
}

#[test]
fn failures_are_counted_by_code() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([api_error(401, "x"), says("b", "x")]);
    world.ask(&create("Hi"));
    world.ask(&create("Hi again"));
    assert_eq!(
        (world.counted("answers"), world.counted("answers_failed")),
        (2, 1)
    );
    let counters = world.counters();
    let code = counters
        .iter()
        .find(|(counter, _)| counter.contains("openai_key_rejected"));
    assert_eq!(code.map(|(_, count)| *count), Some(1), "{counters:?}");
}

#[test]
fn the_log_has_no_text_of_the_chat() {
    let world = World::new(json!({}));
    let failing = super::scripted_responses::refusal(
        400,
        &json!({"error": {"message": "Invalid: my private question", "code": "x"}}),
    );
    world.host.model.answers([failing]);
    world.ask(&create("my private question"));
    let line = world.lines("answer.failed").pop().unwrap();
    assert!(!line.to_string().contains("private"), "{line}");
}
