//! Another answer to a message: `threads.retry_after_item`.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Script, api_error, response, says};
use serde_json::{Value, json};

/// A thread of two messages with their answers, and the ids of its items.
fn thread(world: &World) -> (String, Vec<String>) {
    world
        .host
        .model
        .answers([says("a", "One"), says("b", "Two")]);
    let thread = world.ask(&create("First")).thread();
    world.ask(&add(&thread, "Second"));
    let items = world.items(&thread);
    let ids = items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned());
    (thread, ids.collect())
}

fn retry(thread: &str, item: &str) -> Value {
    json!({"type": "threads.retry_after_item", "params": {"thread_id": thread, "item_id": item}})
}

#[test]
fn the_former_answer_stays_until_the_first_event_of_the_new_one() {
    let world = World::new(json!({}));
    let (thread, ids) = thread(&world);
    world.host.model.answers([response("c")
        .pause(2_000)
        .begins("Other")
        .pause(2_000)
        .goes_on(" one")
        .ends()
        .completed()]);
    let client = world.post(&retry(&thread, &ids[0]));
    world.run_ms(1_000);
    assert_eq!(world.items(&thread).len(), 4);
    world.run_ms(2_000);
    assert_eq!(world.items(&thread).len(), 2);
    world.finish();
    assert_eq!(world.answer(&thread), "Other one");
    let events = client.events();
    let removed: Vec<&str> = events
        .iter()
        .filter(|event| event["type"] == "thread.item.removed")
        .map(|event| event["item_id"].as_str().unwrap())
        .collect();
    assert_eq!(removed, &ids[1..]);
    // The model gets the thread up to the message.
    assert_eq!(world.host.model.last().input().len(), 1);
}

#[test]
fn a_retry_that_fails_or_is_stopped_before_its_first_event_changes_nothing() {
    let failing = || api_error(400, "x");
    let silent = || response("c").hang();
    let scripts: [fn() -> Script; 2] = [failing, silent];
    for (is_stopped, script) in scripts.into_iter().enumerate() {
        let world = World::new(json!({}));
        let (thread, ids) = thread(&world);
        let before = world.items(&thread);
        world.host.model.answers([script()]);
        let client = world.post(&retry(&thread, &ids[2]));
        world.run_ms(100);
        client.leave();
        world.finish();
        assert_eq!(world.items(&thread), before);
        world.host.model.answers([says("d", "Three")]);
        world.ask(&add(&thread, "Third"));
        let sent = world.host.model.last();
        // The former answer was not stopped.
        assert!(
            !sent.body.to_string().contains("stopped your previous"),
            "{is_stopped}"
        );
        assert_eq!(sent.input().len(), 5);
    }
}

#[test]
fn a_retry_of_what_is_no_message_is_refused() {
    let world = World::new(json!({}));
    let (thread, ids) = thread(&world);
    for item in [ids[1].as_str(), "msg_unknown"] {
        assert!(world.ask(&retry(&thread, item)).error().is_some());
    }
    assert_eq!(world.items(&thread).len(), 4);
    assert_eq!(world.host.model.calls().len(), 2);
}

#[test]
fn a_retry_after_an_error_answers_the_message() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([response("a").begins("Half").cut(), says("b", "Whole")]);
    let thread = world.ask(&create("Hi")).thread();
    let message = world.items(&thread)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.ask(&retry(&thread, &message)).text(), "Whole");
    assert_eq!(world.answer(&thread), "Whole");
    assert_eq!(world.items(&thread).len(), 2);
}

#[test]
fn a_retry_is_no_message_in_the_counters() {
    let world = World::new(json!({}));
    let (thread, ids) = thread(&world);
    world.host.model.answers([says("c", "Again")]);
    world.ask(&retry(&thread, &ids[2]));
    assert_eq!(
        (world.counted("messages"), world.counted("answers")),
        (2, 3)
    );
}
