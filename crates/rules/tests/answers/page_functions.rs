//! Functions that the page runs, and functions that nobody knows.

use super::chat_world::{World, add, create};
use super::scripted_responses::{response, says};
use serde_json::{Value, json};

fn world() -> World {
    let tool = |name: &str| json!({"type": "function", "name": name, "client": true, "parameters": {"type": "object", "properties": {}}});
    World::new(json!({"tools": [tool("show"), tool("ask")]}))
}

fn output(thread: &str, result: &Value) -> Value {
    json!({"type": "threads.add_client_tool_output", "params": {"thread_id": thread, "result": result}})
}

#[test]
fn a_call_of_the_page_waits_for_its_output() {
    let world = world();
    let call = response("a")
        .message(&["Look. "])
        .calls("show", "c1", r#"{"x":1,"y":null}"#)
        .completed();
    world.host.model.answers([call, says("b", "Done.")]);
    let client = world.ask(&create("Hi"));
    let item = client.events().pop().unwrap();
    assert_eq!(
        (&item["type"], &item["item"]["status"]),
        (&json!("thread.item.done"), &json!("pending"))
    );
    assert_eq!(item["item"]["arguments"], json!({"x": 1, "y": null}));
    assert_eq!(
        (&item["item"]["call_id"], &item["item"]["name"]),
        (&json!("c1"), &json!("show"))
    );
    let thread = client.thread();
    let answer = world.ask(&output(&thread, &json!({"shown": true})));
    assert_eq!(answer.text(), "Done.");
    let sent = world.host.model.last().input().clone();
    let last = sent.last().unwrap();
    assert_eq!(
        (&last["type"], &last["call_id"]),
        (&json!("function_call_output"), &json!("c1"))
    );
    assert_eq!(last["output"], r#"{"shown":true}"#);
    let items = world.items(&thread);
    let call = items
        .iter()
        .find(|item| item["type"] == "client_tool_call")
        .unwrap();
    assert_eq!(
        (&call["status"], &call["output"]),
        (&json!("completed"), &json!({"shown": true}))
    );
    // No second output for it.
    let again = world.ask(&output(&thread, &json!("again")));
    assert!(again.error().is_some());
}

#[test]
fn several_calls_at_once_reach_the_page_one_by_one() {
    let world = world();
    let calls = response("a")
        .calls("show", "c1", "{}")
        .calls("ask", "c2", "{}")
        .calls("show", "c3", "")
        .completed();
    world.host.model.answers([calls, says("b", "Done.")]);
    let thread = world.ask(&create("Hi")).thread();
    // The same result each time, so the same bytes.
    for next in ["c2", "c3"] {
        let client = world.ask(&output(&thread, &json!({})));
        assert_eq!(client.events().last().unwrap()["item"]["call_id"], next);
        assert_eq!(world.host.model.calls().len(), 1);
    }
    assert_eq!(world.ask(&output(&thread, &json!({}))).text(), "Done.");
    assert_eq!(world.counted("tool_calls"), 3);
}

#[test]
fn a_function_that_nobody_knows_is_told_to_the_model() {
    let world = world();
    world.host.model.answers([
        response("a").calls("rm", "c1", "{}").completed(),
        response("b").calls("show", "c2", "not JSON").completed(),
        says("c", "Sorry."),
    ]);
    let client = world.ask(&create("Hi"));
    assert_eq!((client.error(), client.text().as_str()), (None, "Sorry."));
    let sent = world.host.model.last().input().clone();
    let outputs: Vec<&str> = sent
        .iter()
        .filter_map(|item| item["output"].as_str())
        .collect();
    assert_eq!(outputs.len(), 2, "{sent:?}");
    assert!(outputs[0].contains("no function") && outputs[1].contains("arguments"));
    // It is one answer, of three responses.
    assert_eq!(
        (world.counted("answers"), world.counted("input_tokens")),
        (1, 300)
    );
}

#[test]
fn a_model_that_calls_for_ever_is_ended() {
    let world = world();
    let scripts = (0..10).map(|n| {
        response(&format!("r{n}"))
            .calls("rm", &format!("c{n}"), "{}")
            .completed()
    });
    world.host.model.answers(scripts);
    let client = world.ask(&create("Hi"));
    assert!(client.is_over.get());
    world.host.model.answers([says("b", "Fine")]);
    assert_eq!(world.ask(&add(&client.thread(), "So?")).text(), "Fine");
}

#[test]
fn a_message_instead_of_an_output_makes_a_valid_call() {
    let world = world();
    let call = response("a")
        .reasons("Hm")
        .calls("show", "c1", "{}")
        .completed();
    world
        .host
        .model
        .answers([call, says("b", "Never mind."), says("c", "Late.")]);
    let thread = world.ask(&create("Hi")).thread();
    assert_eq!(world.ask(&add(&thread, "Forget it")).text(), "Never mind.");
    // The page may still answer: the call then has its output, once.
    assert_eq!(world.ask(&output(&thread, &json!("late"))).text(), "Late.");
}

#[test]
fn a_call_of_an_answer_that_was_stopped_is_not_run() {
    let world = world();
    world.host.model.answers([
        response("a").calls("show", "c1", "{}").hang(),
        says("b", "Fine"),
    ]);
    let client = world.post(&create("Hi"));
    world.run_ms(100);
    client.leave();
    world.run_ms(10);
    let items = world.items(&client.thread());
    assert!(items.iter().all(|item| item["type"] != "client_tool_call"));
    assert_eq!(world.ask(&add(&client.thread(), "So?")).text(), "Fine");
}

#[test]
fn an_action_of_a_page_is_told_to_the_model_and_hidden_from_pages() {
    let world = world();
    world
        .host
        .model
        .answers([says("a", "x"), says("b", "Opened.")]);
    let thread = world.ask(&create("Hi")).thread();
    let action = json!({"type": "threads.custom_action", "params": {"thread_id": thread, "action": {"type": "open", "payload": {"id": 7}}}});
    let client = world.ask(&action);
    assert_eq!(
        (client.text().as_str(), client.types()[0].as_str()),
        ("Opened.", "stream_options")
    );
    let sent = world.host.model.last().body.to_string();
    assert!(sent.contains("open") && sent.contains('7'));
    assert_eq!(world.items(&thread).len(), 3);
}
