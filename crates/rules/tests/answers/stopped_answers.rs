//! Answers that are stopped, or whose client leaves.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Script, Step, response, says};
use serde_json::json;

fn endless() -> Script {
    let mut script = response("a").reasons("Hm").begins("Word");
    for _ in 0..100 {
        script = script.pause(300).goes_on(" word");
    }
    script.hang()
}

#[test]
fn a_client_that_leaves_stops_the_answer_and_the_call() {
    let world = World::new(json!({}));
    world.host.model.answers([endless(), says("b", "Yes?")]);
    let client = world.post(&create("Hi"));
    world.run_ms(2_000);
    let (thread, shown) = (client.thread(), client.text());
    client.leave();
    world.run_ms(1_000);
    let call = world.host.model.last();
    assert!(
        call.dropped_ms
            .get()
            .is_some_and(|at| at <= call.at_ms + 3_000)
    );
    assert!(world.host.clock.is_idle());
    assert_eq!(world.answer(&thread), shown);
    assert_eq!(
        (
            world.counted("answers_stopped"),
            world.counted("answers_failed")
        ),
        (1, 0)
    );
    // The model is told, and the page is not.
    world.ask(&add(&thread, "Hello?"));
    let input = world.host.model.last().input().clone();
    let note = input
        .iter()
        .find(|item| item["role"] == "developer")
        .unwrap();
    assert!(
        note.to_string()
            .contains("The user stopped your previous answer.")
    );
    assert!(input.iter().any(|item| item.to_string().contains(&shown)));
    assert!(
        world
            .items(&thread)
            .iter()
            .all(|item| item["type"] != "sdk_hidden_context")
    );
}

#[test]
fn a_client_that_leaves_before_the_first_event_stops_the_call() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([says("a", "x").late(20_000), says("b", "y")]);
    let client = world.post(&create("Hi"));
    world.run_ms(500);
    client.leave();
    world.run_ms(10);
    assert!(world.host.model.last().dropped_ms.get().is_some());
    assert_eq!(world.ask(&add(&client.thread(), "So?")).text(), "y");
}

#[test]
fn a_client_that_leaves_between_retries_stops_them() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([super::scripted_responses::no_connection()]);
    let client = world.post(&create("Hi"));
    world.run_ms(10);
    client.leave();
    world.run_ms(30_000);
    assert_eq!(world.host.model.calls().len(), 1);
}

#[test]
fn an_answer_that_may_finish_is_stored_whole() {
    let world = World::new(json!({}));
    world.host.model.answers([response("a")
        .begins("One")
        .pause(9_000)
        .goes_on(" two")
        .ends()
        .completed()]);
    let client = world.post_finishing(&create("Hi"));
    world.run_ms(100);
    client.leave();
    world.finish();
    assert_eq!(world.answer(&client.thread()), "One two");
    assert_eq!(world.counted("answers_stopped"), 0);
}

#[test]
fn stopping_answers_once_all_is_stored_and_may_be_repeated() {
    let world = World::new(json!({}));
    world.host.model.answers([endless(), says("b", "Yes?")]);
    let client = world.post_finishing(&create("Hi"));
    world.run_ms(1_000);
    let run = client.run();
    for _ in 0..2 {
        let stop = world.stop(&run);
        world.run_ms(10);
        assert_eq!(stop.json(), json!({"id": run, "status": "stopped"}));
        assert!(world.host.clock.is_idle());
    }
    assert!(client.is_over.get());
    assert_eq!(client.error(), None);
    assert_eq!(world.answer(&client.thread()), client.text());
    assert_eq!(world.ask(&add(&client.thread(), "Hello?")).text(), "Yes?");
    let unknown = world.stop("run_unknown");
    world.run_ms(10);
    assert_eq!(unknown.status.get(), 404);
}

#[test]
fn a_stop_goes_before_an_event_that_arrives_at_the_same_time() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "A")]);
    let thread = world.ask(&create("Hi")).thread();
    let mut script = says("b", "B").in_one_piece();
    script.steps.insert(0, Step::Pause(1_000));
    script.steps.splice(0..0, response("b").steps);
    world.host.model.answers([script]);
    let delete = json!({"type": "threads.delete", "params": {"thread_id": thread}});
    let deleted = world.post_in_ms(1_000, &delete);
    let client = world.post(&add(&thread, "Question"));
    world.finish();
    assert!(deleted.is_over.get() && client.is_over.get());
    assert_eq!(client.text(), "");
    assert_eq!(world.host.stores.threads.entry_count(), 0);
}

#[test]
fn an_open_workflow_is_closed_when_the_answer_stops() {
    let world = World::new(json!({}));
    let script = response("a")
        .event(json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "rs", "type": "reasoning", "summary": []}}))
        .event(json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs", "output_index": 0, "summary_index": 0, "delta": "Hm"}))
        .hang();
    world.host.model.answers([script, says("b", "y")]);
    let client = world.post(&create("Hi"));
    world.run_ms(2_000);
    let stop = world.stop(&client.run());
    world.run_ms(10);
    assert_eq!(stop.status.get(), 200);
    let items = world.items(&client.thread());
    assert_eq!(items[1]["workflow"]["tasks"][0]["status_indicator"], "none");
    assert_eq!(client.events().last().unwrap()["item"], items[1]);
    // The next call has no reasoning that nothing follows.
    assert_eq!(world.ask(&add(&client.thread(), "So?")).text(), "y");
}
