//! Titles of threads: by the model beside the answer, else by the first words.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Script, api_error, refusal, response, says};
use serde_json::{Value, json};

fn world() -> World {
    World::with(json!({"title_model": "gpt-5-nano"}), &[])
}

fn title(text: &str) -> Script {
    let output = json!([{"type": "message", "content": [{"type": "output_text", "text": text}]}]);
    refusal(200, &json!({"output": output}))
}

fn title_of(world: &World, thread: &str) -> Value {
    let client = world.post(&json!({"type": "threads.get_by_id", "params": {"thread_id": thread}}));
    world.run_ms(0);
    client.json()["title"].clone()
}

#[test]
fn the_model_makes_a_title_beside_the_answer() {
    let world = world();
    world.host.model.titles(title("\"Trip to Rome.\""));
    world
        .host
        .model
        .answers([response("a").pause(1_000).message(&["x"]).completed()]);
    let client = world.ask(&create("I want to go to Rome"));
    let events = client.events();
    let updated = events
        .iter()
        .find(|event| event["type"] == "thread.updated")
        .unwrap();
    assert_eq!(updated["thread"]["title"], "Trip to Rome");
    assert_eq!(updated["thread"]["items"]["data"], json!([]));
    assert_eq!(title_of(&world, &client.thread()), "Trip to Rome");
    let calls = world.host.model.calls();
    let call = calls
        .iter()
        .find(|call| call.body["stream"] == false)
        .unwrap();
    assert_eq!(
        (&call.body["model"], &call.body["store"]),
        (&json!("gpt-5-nano"), &json!(false))
    );
    // The next message makes none.
    world.host.model.answers([says("b", "y")]);
    world.ask(&add(&client.thread(), "And?"));
}

#[test]
fn a_late_title_does_not_hold_the_answer_up() {
    let world = world();
    world.host.model.titles(title("Late").late(5_000));
    world.host.model.answers([says("a", "x")]);
    let client = world.post(&create("Hi"));
    world.run_ms(10);
    assert!(client.is_over.get());
    assert_eq!(title_of(&world, &client.thread()), Value::Null);
    world.finish();
    assert_eq!(title_of(&world, &client.thread()), "Late");
}

#[test]
fn the_first_words_are_the_title_if_the_model_makes_none() {
    for script in [api_error(500, "x"), title(" "), title("x").late(60_000)] {
        let world = world();
        world.host.model.titles(script);
        world.host.model.answers([says("a", "x")]);
        let client = world.ask(&create("What is ChatKit?"));
        assert_eq!(title_of(&world, &client.thread()), "What is ChatKit?");
        assert_eq!(client.error(), None);
    }
}

#[test]
fn a_thread_that_was_renamed_meanwhile_keeps_its_name() {
    let world = world();
    world.host.model.titles(title("Late").late(5_000));
    world.host.model.answers([says("a", "x")]);
    let client = world.post(&create("Hi"));
    world.run_ms(10);
    let thread = client.thread();
    let renamed = world
        .post(&json!({"type": "threads.update", "params": {"thread_id": thread, "title": "Mine"}}));
    world.finish();
    assert_eq!(renamed.json()["title"], "Mine");
    assert_eq!(title_of(&world, &thread), "Mine");
}

#[test]
fn without_titles_by_the_model_the_first_words_are_there_at_once() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "x")]);
    let client = world.ask(&create("What is ChatKit?"));
    assert_eq!(client.events()[0]["thread"]["title"], "What is ChatKit?");
    assert_eq!(world.host.model.calls().len(), 1);
}

#[test]
fn a_title_after_the_thread_was_deleted_stores_nothing() {
    let world = world();
    world.host.model.titles(title("Late").late(5_000));
    world.host.model.answers([says("a", "x")]);
    let client = world.post(&create("Hi"));
    world.run_ms(10);
    world.ask(&json!({"type": "threads.delete", "params": {"thread_id": client.thread()}}));
    let list = world.ask(&json!({"type": "threads.list", "params": {}}));
    assert_eq!(list.json()["data"], json!([]));
}
