//! Answers that a restart of the object interrupts.

use super::chat_world::{World, add, create};
use super::scripted_responses::{response, says};
use serde_json::json;

#[test]
fn a_killed_answer_keeps_its_text_and_the_thread_works() {
    let world = World::new(json!({}));
    let mut script = response("a").reasons("Hm").begins("Word");
    for _ in 0..20 {
        script = script.pause(300).goes_on(" word");
    }
    world.host.model.answers([script]);
    let client = world.post(&create("Hi"));
    world.run_ms(3_000);
    let (thread, shown) = (client.thread(), client.text());
    world.kill();
    let kept = world.answer(&thread);
    // At most what a second brings is lost.
    assert!(shown.starts_with(&kept) && shown.len() - kept.len() <= 4 * " word".len());
    let attached = world.attach(&client.run());
    world.run_ms(1);
    assert_eq!(attached.text(), kept);
    assert_eq!(
        attached.error().unwrap(),
        (
            "The answer broke off before its end. Try again.".to_owned(),
            true
        )
    );
    assert!(attached.is_over.get());
    world.host.model.answers([says("b", "Fine")]);
    assert_eq!(world.ask(&add(&thread, "Again")).text(), "Fine");
    assert_eq!(
        world.lines("answer.failed")[0]["code"],
        "answer_interrupted"
    );
    assert_eq!(world.counted("answers_failed"), 1);
}

#[test]
fn the_alarm_recovers_a_killed_answer_that_nobody_asks_for() {
    let world = World::new(json!({}));
    world.host.model.answers([response("a").begins("x").hang()]);
    let client = world.post(&create("Hi"));
    world.run_ms(100);
    world.kill();
    world.run_ms(60_000);
    assert_eq!(world.lines("answer.failed").len(), 1);
    assert_eq!(world.host.stores.all_runs()[0].0.progress, None);
    world.run_ms(700_000);
    assert!(world.host.stores.all_runs().is_empty());
    assert_eq!(world.items(&client.thread()).len(), 1);
}

#[test]
fn a_repeated_request_after_a_kill_joins_what_is_left() {
    let world = World::new(json!({}));
    world
        .host
        .model
        .answers([response("a").message(&["Kept"]).hang()]);
    let client = world.post(&create("Hi"));
    world.run_ms(100);
    world.kill();
    let again = world.ask(&create("Hi"));
    assert_eq!((again.run(), again.text().as_str()), (client.run(), "Kept"));
    assert!(again.error().is_some());
    assert_eq!(world.host.model.calls().len(), 1);
}

#[test]
fn an_answer_that_is_over_is_not_touched_by_a_restart() {
    let world = World::new(json!({}));
    world.host.model.answers([says("a", "Whole")]);
    let client = world.ask(&create("Hi"));
    let before = world.host.stores.all_runs();
    world.kill();
    world.ring();
    world.finish();
    assert_eq!(world.host.stores.all_runs(), before);
    assert_eq!(world.answer(&client.thread()), "Whole");
}
