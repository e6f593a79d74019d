//! Agents with `background`: the response goes on at the server, and is read again where it broke off.

use super::chat_world::{World, create};
use super::scripted_responses::{Script, refusal, response};
use serde_json::json;

fn world() -> World {
    World::new(json!({"background": true}))
}

/// A response of ten words, which breaks off after some of them.
fn cut_after(words: usize) -> Script {
    let mut script = response("bg").reasons("Hm").begins("0");
    for word in 1..10 {
        if word == words {
            script = script.cut();
        }
        script = script.pause(200).goes_on(&format!(" {word}"));
    }
    script.ends().completed()
}

const WHOLE: &str = "0 1 2 3 4 5 6 7 8 9";

#[test]
fn a_stream_that_breaks_off_is_read_on_without_a_gap_or_a_repetition() {
    for words in 1..10 {
        let world = world();
        world.host.model.answers([cut_after(words)]);
        let client = world.ask(&create("Hi"));
        assert_eq!((client.error(), client.text().as_str()), (None, WHOLE));
        assert_eq!(world.answer(&client.thread()), WHOLE);
        let calls = world.host.model.calls();
        assert_eq!(calls[0].body["store"], true);
        assert_eq!((calls.len(), calls[1].method), (2, "GET"));
        assert!(
            calls[1]
                .url
                .starts_with("https://api.openai.com/v1/responses/bg?stream=true&")
        );
        assert_eq!(world.counted("answers"), 1);
    }
}

#[test]
fn a_restart_goes_on_where_the_last_event_was_stored() {
    for killed_after in [300, 900, 1_300, 1_900] {
        let world = world();
        world.host.model.answers([cut_after(99)]);
        let client = world.post(&create("Hi"));
        world.run_ms(killed_after);
        world.kill();
        let attached = world.attach(&client.run());
        world.finish();
        assert_eq!((attached.error(), attached.text().as_str()), (None, WHOLE));
        assert_eq!(world.items(&client.thread()).len(), 3);
        assert_eq!(world.answer(&client.thread()), WHOLE);
        assert_eq!(
            (world.counted("answers"), world.counted("answers_failed")),
            (1, 0)
        );
    }
}

#[test]
fn a_restart_before_anything_was_shown_goes_on_too() {
    let world = world();
    world
        .host
        .model
        .answers([response("bg").pause(60_000).message(&["Late"]).completed()]);
    let client = world.post(&create("Hi"));
    world.run_ms(500);
    world.kill();
    let attached = world.attach(&client.run());
    world.finish();
    assert_eq!((attached.error(), attached.text().as_str()), (None, "Late"));
}

#[test]
fn a_response_that_is_stopped_is_cancelled_at_the_server() {
    let world = world();
    world
        .host
        .model
        .answers([response("bg").begins("x").hang()]);
    let client = world.post(&create("Hi"));
    world.run_ms(500);
    client.leave();
    world.run_ms(1_000);
    let last = world.host.model.last();
    assert_eq!(
        (last.method, last.url.as_str()),
        ("POST", "https://api.openai.com/v1/responses/bg/cancel")
    );
    assert!(world.host.clock.is_idle());
}

#[test]
fn a_stop_while_the_stream_is_opened_again_is_obeyed_at_once() {
    let world = world();
    world.host.model.answers([response("bg").begins("x").cut()]);
    let client = world.post(&create("Hi"));
    world.run_ms(100);
    client.leave();
    world.run_ms(1);
    assert_eq!(world.counted("answers_stopped"), 1);
    assert_eq!(world.answer(&client.thread()), "x");
}

#[test]
fn a_stream_that_breaks_off_for_good_is_an_interrupted_answer() {
    let world = world();
    world.host.model.answers([response("bg").begins("x").cut()]);
    let client = world.ask(&create("Hi"));
    assert!(client.error().is_some());
    assert_eq!(world.answer(&client.thread()), "x");
}

#[test]
fn a_response_that_the_server_forgot_is_an_interrupted_answer() {
    let world = world();
    world
        .host
        .model
        .answers([response("bg").begins("x").hang()]);
    let gone = json!({"error": {"message": "Response with id 'bg' not found.", "code": null}});
    world.host.model.resumes(refusal(404, &gone));
    let client = world.post(&create("Hi"));
    world.run_ms(1_100);
    world.kill();
    let attached = world.attach(&client.run());
    world.finish();
    let (sentence, allow_retry) = attached.error().unwrap();
    assert!(
        sentence.starts_with("The answer broke off") && allow_retry,
        "{sentence}"
    );
    assert_eq!(world.answer(&client.thread()), "x");
}

#[test]
fn a_restart_makes_no_second_title() {
    let world = World::with(json!({"background": true}), &[]);
    let output =
        json!([{"type": "message", "content": [{"type": "output_text", "text": "Title"}]}]);
    world
        .host
        .model
        .titles(refusal(200, &json!({"output": output})));
    world.host.model.answers([cut_after(99)]);
    let client = world.post(&create("Hi"));
    world.run_ms(1_000);
    world.kill();
    let attached = world.attach(&client.run());
    world.finish();
    assert_eq!(attached.text(), WHOLE);
    let calls = world.host.model.calls();
    let titles = calls.iter().filter(|call| call.body["stream"] == false);
    assert_eq!(titles.count(), 1);
}
