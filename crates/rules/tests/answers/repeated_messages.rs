//! The same request again: one message, one call of the model.

use super::chat_world::{World, add, create};
use super::scripted_responses::{response, says};
use rules::chat::chat_call::ChatCall;
use serde_json::json;

fn slow() -> super::scripted_responses::Script {
    response("a")
        .begins("One")
        .pause(3_000)
        .goes_on(" two")
        .ends()
        .completed()
}

#[test]
fn equal_requests_at_once_are_paid_once() {
    let world = World::new(json!({}));
    world.host.model.answers([slow()]);
    let clients: Vec<_> = (0..6).map(|_| world.post(&create("Hi"))).collect();
    world.finish();
    for client in &clients {
        assert_eq!(client.body(), clients[0].body());
        assert_eq!(client.run(), clients[0].run());
    }
    assert_eq!(world.host.model.calls().len(), 1);
    assert_eq!(world.items(&clients[0].thread()).len(), 2);
    assert_eq!(world.counted("messages"), 1);
}

#[test]
fn the_repetitions_of_the_widget_join_the_answer() {
    let world = World::new(json!({}));
    let mut script = response("a").begins("Go");
    for _ in 0..40 {
        script = script.pause(1_000).goes_on(".");
    }
    world.host.model.answers([script.ends().completed()]);
    let first = world.post_finishing(&create("Hi"));
    world.run_ms(10);
    first.leave();
    let mut last = first;
    for delay in [1_000, 2_000, 4_000, 8_000, 10_000] {
        world.run_ms(delay);
        last.leave();
        last = world.post_finishing(&create("Hi"));
    }
    world.finish();
    assert_eq!(world.host.model.calls().len(), 1);
    assert_eq!(world.answer(&last.thread()), last.text());
    assert_eq!(last.text().len(), 42);
}

#[test]
fn a_request_joins_an_answer_that_ended_unread_within_a_minute() {
    let world = World::new(json!({}));
    world.host.model.answers([slow(), says("b", "New")]);
    let first = world.post_finishing(&create("Hi"));
    world.run_ms(100);
    first.leave();
    world.finish();
    world.run_ms(59_000);
    let joined = world.ask(&create("Hi"));
    assert_eq!(joined.text(), "One two");
    assert_eq!(joined.run(), first.run());
    world.run_ms(2_000);
    let late = world.ask(&create("Hi"));
    assert_eq!(late.text(), "New");
    assert_ne!(late.thread(), first.thread());
}

#[test]
fn a_request_after_a_delivered_answer_is_a_new_one() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([says("a", "One"), says("b", "Two")]);
    let first = world.ask(&create("Hi"));
    let second = world.ask(&create("Hi"));
    assert_eq!(second.text(), "Two");
    assert_ne!(second.thread(), first.thread());
}

#[test]
fn the_same_bytes_of_another_tab_are_another_request() {
    let world = World::new(json!({}));
    world.host.model.answers([slow(), slow()]);
    let first = world.post(&create("Hi"));
    let call = ChatCall {
        frame: Some("another".to_owned()),
        ..world.call()
    };
    let second = world.post_as(call, &create("Hi"));
    world.finish();
    assert_ne!(first.thread(), second.thread());
    assert_eq!(world.host.model.calls().len(), 2);
}

#[test]
fn an_answer_that_its_client_left_begins_again_within_ten_seconds() {
    let world = World::new(json!({}));
    world.host.model.answers([slow(), says("b", "Whole")]);
    let first = world.post(&create("Hi"));
    world.run_ms(1_500);
    let thread = first.thread();
    first.leave();
    world.run_ms(9_000);
    assert_eq!(world.answer(&thread), "One");
    let again = world.ask(&create("Hi"));
    assert_eq!(
        (again.thread(), again.text().as_str()),
        (thread.clone(), "Whole")
    );
    let items = world.items(&thread);
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!(world.answer(&thread), "Whole");
    // One message was sent.
    assert_eq!(
        (world.counted("messages"), world.counted("thread_changes")),
        (1, 1)
    );
}

#[test]
fn a_request_that_comes_while_the_former_stops_begins_again_too() {
    let world = World::new(json!({}));
    world.host.model.answers([slow(), says("b", "Whole")]);
    let first = world.post(&create("Hi"));
    let again = world.post_after(&first, &create("Hi"));
    world.run_ms(100);
    first.leave();
    world.finish();
    assert_eq!(
        (again.thread(), again.text().as_str()),
        (first.thread(), "Whole")
    );
}

#[test]
fn a_message_that_follows_a_stop_at_once_is_taken() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "A")]);
    let thread = world.ask(&create("Hi")).thread();
    world.host.model.answers([slow(), says("b", "Next")]);
    let first = world.post(&add(&thread, "Question"));
    let next = world.post_after(&first, &add(&thread, "Something else"));
    world.run_ms(100);
    first.leave();
    world.finish();
    assert_eq!((next.error(), next.text().as_str()), (None, "Next"));
}

#[test]
fn after_ten_seconds_it_is_a_new_message() {
    let world = World::new(json!({}));
    world.host.model.answers([slow(), says("b", "New")]);
    let first = world.post(&create("Hi"));
    world.run_ms(100);
    first.leave();
    world.run_ms(10_100);
    let again = world.ask(&create("Hi"));
    assert_ne!(again.thread(), first.thread());
}

#[test]
fn an_answer_does_not_begin_again_once_its_thread_moved_on() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "A")]);
    let thread = world.ask(&create("Hi")).thread();
    world
        .host
        .model
        .answers([slow(), says("b", "Next"), says("c", "Again")]);
    let left = world.post(&add(&thread, "Left"));
    world.run_ms(100);
    left.leave();
    world.run_ms(100);
    world.ask(&add(&thread, "Next"));
    world.ask(&add(&thread, "Left"));
    let items = world.items(&thread);
    let texts: Vec<&str> = items
        .iter()
        .map(|item| item["content"][0]["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        ["Hi", "A", "Left", "One", "Next", "Next", "Left", "Again"]
    );
}

#[test]
fn an_answer_that_was_stopped_on_purpose_does_not_begin_again() {
    for leaves_first in [false, true] {
        let world = World::new(json!({}));
        world.host.model.answers([slow(), says("b", "New")]);
        let first = world.post(&create("Hi"));
        world.run_ms(100);
        if leaves_first {
            first.leave();
            world.run_ms(100);
        }
        world.stop(&first.run());
        world.run_ms(100);
        let again = world.ask(&create("Hi"));
        assert_ne!(again.thread(), first.thread(), "{leaves_first}");
    }
}

#[test]
fn attaching_replays_from_the_first_frame_and_goes_on_live() {
    let world = World::new(json!({}));
    world.host.model.answers([slow()]);
    let first = world.post(&create("Hi"));
    world.run_ms(500);
    let second = world.attach(&first.run());
    world.run_ms(1);
    assert_eq!(second.text(), "One");
    assert!(!second.is_over.get());
    world.finish();
    let third = world.attach(&first.run());
    world.finish();
    assert_eq!(second.body(), first.body());
    assert_eq!(third.body(), first.body());
    let unknown = world.attach("run_unknown");
    world.finish();
    assert_eq!(unknown.status.get(), 404);
}

#[test]
fn an_answer_goes_on_as_long_as_anybody_reads_it() {
    let world = World::new(json!({}));
    world.host.model.answers([slow()]);
    let first = world.post(&create("Hi"));
    world.run_ms(500);
    let second = world.attach(&first.run());
    world.run_ms(1);
    first.leave();
    world.finish();
    assert_eq!(second.text(), "One two");
}
