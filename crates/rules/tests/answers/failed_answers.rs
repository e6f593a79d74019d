//! Every way in which the model fails, before its first event and after some.

use super::chat_world::{World, add, create};
use super::scripted_responses::{Script, api_error, no_connection, refusal, response, says};
use serde_json::{Value, json};

/// A failure: a name, what the server sends, how often it is tried, its code, and whether trying again can help.
type Failure = (&'static str, Vec<Script>, &'static str, bool);

fn before_the_first_event() -> Vec<Failure> {
    let three = |script: Script| vec![script.clone(), script.clone(), script];
    vec![
        (
            "401",
            vec![api_error(401, "invalid_api_key")],
            "openai_key_rejected",
            false,
        ),
        (
            "403",
            vec![api_error(403, "x")],
            "openai_key_rejected",
            false,
        ),
        (
            "no model",
            vec![api_error(404, "model_not_found")],
            "model_not_found",
            false,
        ),
        (
            "no API",
            vec![refusal(404, &Value::Null)],
            "openai_bad_response",
            false,
        ),
        ("400", vec![api_error(400, "x")], "openai_rejected", false),
        (
            "too long",
            vec![api_error(400, "context_length_exceeded")],
            "context_too_long",
            false,
        ),
        (
            "filtered",
            vec![api_error(400, "content_filter")],
            "answer_filtered",
            false,
        ),
        (
            "429",
            three(api_error(429, "rate_limit_exceeded")),
            "openai_rate_limited",
            true,
        ),
        (
            "no quota",
            vec![api_error(429, "insufficient_quota").header("x-should-retry", "false")],
            "openai_rate_limited",
            true,
        ),
        (
            "500",
            three(api_error(500, "server_error")),
            "openai_unavailable",
            true,
        ),
        (
            "no connection",
            three(no_connection()),
            "openai_unavailable",
            true,
        ),
        (
            "an empty stream",
            three(empty()),
            "openai_unavailable",
            true,
        ),
        (
            "a cut stream",
            three(empty().cut()),
            "openai_unavailable",
            true,
        ),
        ("silence", vec![empty().hang()], "openai_timeout", true),
        (
            "no stream",
            vec![refusal(200, &json!({}))],
            "openai_bad_response",
            true,
        ),
        (
            "no JSON",
            vec![empty().bytes("data: <html>\n\n")],
            "openai_bad_response",
            true,
        ),
    ]
}

fn empty() -> Script {
    let mut script = response("e");
    script.steps.clear();
    script
}

#[test]
fn a_failure_before_the_first_event_is_one_sentence_and_the_next_message_works() {
    for (name, scripts, code, allow_retry) in before_the_first_event() {
        let world = World::new(json!({}));
        let tries = scripts.len();
        world.host.model.answers(scripts);
        let client = world.ask(&create("Hi"));
        let (sentence, offers) = client.error().unwrap();
        assert!(
            sentence.ends_with('.') && !sentence.contains("No."),
            "{name}: {sentence}"
        );
        assert_eq!(offers, allow_retry, "{name}");
        assert_eq!(
            client.types(),
            [
                "thread.created",
                "thread.item.done",
                "stream_options",
                "error"
            ],
            "{name}"
        );
        assert_eq!(world.host.model.calls().len(), tries, "{name}");
        let line = world.lines("answer.failed").pop().unwrap();
        assert_eq!(
            (&line["code"], &line["tries"]),
            (&json!(code), &json!(tries)),
            "{name}: {line}"
        );
        assert!(line["cause"].is_string(), "{name}: {line}");
        assert_eq!(world.counted("answers_failed"), 1, "{name}");
        let thread = client.thread();
        assert_eq!(world.items(&thread).len(), 1, "{name}");
        world.host.model.answers([says("b", "Fine")]);
        assert_eq!(world.ask(&add(&thread, "Again")).text(), "Fine", "{name}");
    }
}

fn after_some_events(so_far: Script) -> Vec<Failure> {
    vec![
        (
            "cut",
            vec![so_far.clone().cut()],
            "answer_interrupted",
            true,
        ),
        ("ended", vec![so_far.clone()], "answer_interrupted", true),
        (
            "silence",
            vec![so_far.clone().hang()],
            "openai_timeout",
            true,
        ),
        (
            "no JSON",
            vec![so_far.clone().bytes("data: <html>\n\n")],
            "openai_bad_response",
            true,
        ),
        (
            "failed",
            vec![so_far.clone().failed("server_error")],
            "openai_unavailable",
            true,
        ),
        (
            "limited",
            vec![so_far.clone().failed("rate_limit_exceeded")],
            "openai_rate_limited",
            true,
        ),
        (
            "too long",
            vec![so_far.clone().failed("context_length_exceeded")],
            "context_too_long",
            false,
        ),
        (
            "policy",
            vec![so_far.clone().failed("bio_policy")],
            "answer_filtered",
            false,
        ),
        (
            "filtered",
            vec![so_far.clone().incomplete("content_filter")],
            "answer_filtered",
            false,
        ),
        (
            "error",
            vec![so_far.event(json!({"type": "error", "code": "server_error", "message": "No."}))],
            "openai_unavailable",
            true,
        ),
    ]
}

#[test]
fn a_failure_after_some_text_keeps_it_and_the_next_call_is_valid() {
    let beginnings: [fn() -> Script; 4] = [
        || response("a").begins("Some"),
        || response("a").reasons("Hm").begins("Some"),
        || response("a").message(&["So", "me"]).reasons("Hm"),
        || response("a").message(&["Some"]).calls("show", "c1", "{}"),
    ];
    for beginning in beginnings {
        for (name, scripts, code, allow_retry) in after_some_events(beginning()) {
            let world = World::new(json!({}));
            world.host.model.answers(scripts);
            let client = world.ask(&create("Hi"));
            let (sentence, offers) = client.error().unwrap();
            assert!(!sentence.contains("No."), "{name}: {sentence}");
            assert_eq!(offers, allow_retry, "{name}");
            assert_eq!(client.types().last().unwrap(), "error", "{name}");
            let line = world.lines("answer.failed").pop().unwrap();
            assert_eq!(line["code"], code, "{name}: {line}");
            // Nothing is tried again once something was shown.
            assert_eq!(world.host.model.calls().len(), 1, "{name}");
            let thread = client.thread();
            assert_eq!(world.answer(&thread), "Some", "{name}");
            world.host.model.answers([says("b", "Fine")]);
            assert_eq!(world.ask(&add(&thread, "Again")).text(), "Fine", "{name}");
            let sent = world.host.model.last().body.to_string();
            assert!(sent.contains("Some"), "{name}: {sent}");
        }
    }
}

#[test]
fn a_failure_that_passes_is_retried_before_the_first_event() {
    let world = World::new(json!({}));
    world.host.model.answers([
        no_connection(),
        api_error(503, "x").header("retry-after", "2"),
        says("a", "Third time"),
    ]);
    let client = world.ask(&create("Hi"));
    assert_eq!(
        (client.error(), client.text().as_str()),
        (None, "Third time")
    );
    let calls = world.host.model.calls();
    assert!(calls[2].at_ms >= calls[1].at_ms + 2_000);
    assert_eq!(calls[0].body, calls[2].body);
}

#[test]
fn an_answer_cut_off_at_its_maximum_length_is_kept_with_a_notice() {
    let world = World::new(json!({}));
    world.host.model.answers([response("a")
        .begins("Long")
        .ends()
        .incomplete("max_output_tokens")]);
    let client = world.ask(&create("Hi"));
    assert_eq!(client.error(), None);
    assert!(client.types().contains(&"notice".to_owned()));
    assert_eq!(world.counted("answers_failed"), 0);
}

#[test]
fn an_answer_ends_after_answer_timeout_seconds() {
    let world = World::with(
        json!({}),
        &[("THREAD_TITLES", "false"), ("ANSWER_TIMEOUT_SECONDS", "60")],
    );
    let mut script = response("a").begins("x");
    for _ in 0..100 {
        script = script.pause(1_000).goes_on("x");
    }
    world.host.model.answers([script]);
    let client = world.ask(&create("Hi"));
    assert!(client.error().is_some());
    assert_eq!(world.lines("answer.failed")[0]["code"], "openai_timeout");
    assert_eq!(world.answer(&client.thread()).len(), client.text().len());
}

#[test]
fn a_store_that_fails_is_an_error_in_the_stream() {
    let world = World::new(json!({}));
    world.host.stores.failing.set(1);
    let client = world.ask(&create("Hi"));
    assert_eq!(client.types(), ["error"]);
    assert_eq!(
        (
            world.host.stores.threads.entry_count(),
            world.host.model.calls().len()
        ),
        (0, 0)
    );
    assert!(
        world.lines("store.failed")[0]["cause"]
            .as_str()
            .unwrap()
            .contains("disk")
    );
}

#[test]
fn a_store_that_fails_within_an_answer_ends_it_with_an_error() {
    for failing in [1, 50] {
        let world = World::new(json!({}));
        world
            .host
            .model
            .answers([response("a").pause(100).message(&["Some"]).completed()]);
        let client = world.post(&create("Hi"));
        world.run_ms(50);
        world.host.stores.failing.set(failing);
        world.finish();
        assert_eq!(client.types().last().unwrap(), "error");
        assert_eq!(world.lines("answer.failed")[0]["code"], "internal");
        world.host.stores.failing.set(0);
        world.kill();
        world.host.model.answers([says("b", "Fine")]);
        assert_eq!(world.ask(&add(&client.thread(), "Again")).text(), "Fine");
    }
}

#[test]
fn what_could_not_be_stored_is_not_shown() {
    // The store fails while a whole message arrives, when it is closed, and for good.
    let whole = || says("a", "Whole").in_one_piece().late(1_500);
    let cut = || response("a").begins("Half").pause(1_500).cut();
    let cases: [(fn() -> Script, u32); 3] = [(whole, 1), (cut, 1), (cut, 50)];
    for (script, failing) in cases {
        let world = World::new(json!({}));
        world.host.model.answers([script()]);
        let client = world.post(&create("Hi"));
        world.run_ms(1_400);
        world.host.stores.failing.set(failing);
        world.finish();
        let types = client.types();
        let errors = types.iter().filter(|kind| *kind == "error").count();
        assert_eq!(errors, 1, "{types:?}");
        // The clients check that what is done is stored.
        let done = types.iter().filter(|kind| *kind == "thread.item.done");
        assert_eq!(done.count(), 1, "{types:?}");
    }
}
