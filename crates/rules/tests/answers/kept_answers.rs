//! A message and its answer, from the request to what is stored and shown.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Step, response, says};
use chatkit::server::store::Store;
use serde_json::{Value, json};

#[test]
fn a_message_is_answered_and_both_are_stored() {
    let world = World::new(json!({}));
    world.host.model.answers([response("a")
        .reasons("Thinking")
        .message(&["He", "llo"])
        .completed()]);
    let client = world.ask(&create("Hi"));
    assert_eq!(
        client.types(),
        [
            "thread.created",
            "thread.item.done",
            "stream_options",
            "thread.item.added",
            "workflow.task.added",
            "workflow.task.updated",
            "thread.item.done",
            "thread.item.added",
            "assistant_message.content_part.added",
            "assistant_message.content_part.text_delta",
            "assistant_message.content_part.text_delta",
            "assistant_message.content_part.done",
            "thread.item.done",
        ]
    );
    assert_eq!(client.text(), "Hello");
    let items = world.items(&client.thread());
    let types: Vec<&Value> = items.iter().map(|item| &item["type"]).collect();
    assert_eq!(types, ["user_message", "workflow", "assistant_message"]);
    assert_eq!(items[2]["content"][0]["text"], "Hello");
    // The ids are not the model's.
    assert!(!client.body().contains("msg_a_"), "{}", client.body());
}

#[test]
fn the_next_call_carries_the_thread() {
    let world = World::new(json!({}));
    let first = response("a").reasons("Hm").message(&["One"]).completed();
    world.host.model.answers([first, says("b", "Two")]);
    let thread = world.ask(&create("Hi")).thread();
    world.ask(&add(&thread, "And?"));
    let input = world.host.model.last().input().clone();
    let kinds: Vec<&str> = input
        .iter()
        .map(|item| item["role"].as_str().or(item["type"].as_str()).unwrap())
        .collect();
    assert_eq!(kinds, ["user", "reasoning", "assistant", "user"]);
    assert_eq!(input[1]["encrypted_content"], "sealed");
    assert_eq!(world.answer(&thread), "OneTwo");
}

#[test]
fn a_message_is_stored_before_the_model_is_called() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([response("a").late(5_000).message(&["x"]).completed()]);
    let client = world.post(&create("Hi"));
    world.run_ms(1);
    assert_eq!(world.items(&client.thread()).len(), 1);
    assert_eq!(
        client.types(),
        ["thread.created", "thread.item.done", "stream_options"]
    );
}

#[test]
fn text_is_stored_at_most_a_second_late() {
    let world = World::new(json!({}));
    let words: Vec<String> = (0..60).map(|n| format!("w{n} ")).collect();
    let script = words
        .iter()
        .fold(response("a").begins("Go. "), |script, word| {
            script.pause(100).goes_on(word)
        });
    world.host.model.answers([script.ends().completed()]);
    let client = world.post(&create("Hi"));
    world.run_ms(50);
    let thread = client.thread();
    let mut shown_before = String::new();
    for _ in 0..5 {
        let stored = world.answer(&thread);
        assert!(
            stored.len() >= shown_before.len(),
            "{stored} | {shown_before}"
        );
        let run = client.run();
        let frames = super::recorded_client::events_of(
            &rules::runs::run_host::RunStore::frames(&*world.host, &run).unwrap(),
        );
        let deltas = frames
            .iter()
            .filter_map(|event| event["update"]["delta"].as_str());
        assert!(deltas.collect::<String>().len() >= shown_before.len());
        shown_before = client.text();
        world.run_ms(1_000);
    }
    world.finish();
    assert_eq!(world.answer(&thread), client.text());
    // It is not stored with every word: rows that are written are paid.
    let writes = world.host.stores.run_writes.get();
    assert!(writes < 20, "{writes}");
}

#[test]
fn a_thread_answers_one_message_at_a_time() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([response("a").pause(5_000).message(&["x"]).completed()]);
    let first = world.post(&create("Hi"));
    world.run_ms(100);
    let entries = world.host.stores.threads.entry_count();
    let second = world.post(&add(&first.thread(), "Quick"));
    world.run_ms(100);
    let (sentence, allow_retry) = second.error().unwrap();
    assert!(sentence.starts_with("This chat is still answering."));
    assert!(allow_retry && second.is_over.get());
    assert_eq!(world.host.stores.threads.entry_count(), entries);
    assert_eq!(*second.run.borrow(), None);
    world.finish();
    // Another thread answers meanwhile, and this one afterwards.
    world.host.model.answers([says("b", "y"), says("c", "z")]);
    assert_eq!(world.ask(&add(&first.thread(), "Now")).error(), None);
    assert_eq!(world.ask(&create("Other")).text(), "z");
}

#[test]
fn silence_is_filled_with_comments_every_15_seconds() {
    let world = World::new(json!({}));
    // Events that the page gets nothing of are silence, too.
    let mut script = response("a").pause(14_000);
    for _ in 0..4 {
        script = script
            .event(json!({"type": "response.in_progress", "response": {"id": "a"}}))
            .pause(14_000);
    }
    world
        .host
        .model
        .answers([script.message(&["x"]).completed()]);
    let client = world.post(&create("Hi"));
    world.finish();
    let pieces = client.pieces.borrow();
    let times: Vec<u64> = pieces.iter().map(|(at, _)| *at).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest <= Some(15_000), "{longest:?}");
    assert!(pieces.iter().any(|(_, piece)| piece == ": \n\n"));
}

#[test]
fn comments_fill_the_wait_for_the_first_event() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "x").late(29_000)]);
    let client = world.ask(&create("Hi"));
    assert_eq!(client.text(), "x");
    assert_eq!(client.body().matches(": \n\n").count(), 1);
}

#[test]
fn runs_are_deleted_ten_minutes_after_their_end() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "x")]);
    let client = world.ask(&create("Hi"));
    world.run_ms(595_000);
    let again = world.attach(&client.run());
    world.run_ms(1);
    assert_eq!(again.body(), client.body());
    world.run_ms(40_000);
    assert!(world.host.stores.all_runs().is_empty());
    let gone = world.attach(&client.run());
    world.run_ms(1);
    assert_eq!(
        (gone.status.get(), &gone.json()["code"]),
        (404, &json!("not_found"))
    );
    // The thread stays.
    assert_eq!(world.answer(&client.thread()), "x");
}

#[test]
fn a_thread_that_is_deleted_while_it_answers_leaves_nothing_behind() {
    for leaves in [false, true] {
        let world = World::new(json!({}));
        let mut script = response("a").begins("x");
        for _ in 0..50 {
            script = script.pause(100).goes_on("y");
        }
        world.host.model.answers([script.ends().completed()]);
        let client = world.post(&create("Hi"));
        world.run_ms(1_500);
        let thread = client.thread();
        if leaves {
            client.leave();
        }
        let deleted =
            world.post(&json!({"type": "threads.delete", "params": {"thread_id": thread}}));
        world.run_ms(10);
        assert_eq!(deleted.body(), "{}");
        assert!(client.is_over.get() || leaves);
        world.finish();
        assert_eq!(world.host.stores.threads.entry_count(), 0);
        assert!(world.host.stores.all_runs().is_empty());
        assert!(world.host.thread(&thread).unwrap().is_none());
        assert_eq!(world.counted("answers_stopped"), 1);
        // Nor does a restart bring it back.
        world.kill();
        world.ring();
        world.finish();
        assert_eq!(world.host.stores.threads.entry_count(), 0);
    }
}

#[test]
fn a_thread_deleted_after_its_answer_takes_the_frames_with_it() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "secret")]);
    let thread = world.ask(&create("Hi")).thread();
    world.ask(&json!({"type": "threads.delete", "params": {"thread_id": thread}}));
    assert!(world.host.stores.all_runs().is_empty());
}

#[test]
fn events_before_something_malformed_count() {
    let world = World::new(json!({}));
    let script = says("a", "All of it");
    let mut bytes = String::new();
    for step in &script.steps {
        if let Step::Event(_, frame) = step {
            bytes.push_str(frame);
        }
    }
    let mut script = response("a");
    script.steps = vec![Step::Bytes(format!("{bytes}data: <html>\n\n"))];
    world.host.model.answers([script]);
    let client = world.ask(&create("Hi"));
    assert_eq!(
        (client.error(), client.text().as_str()),
        (None, "All of it")
    );
}
