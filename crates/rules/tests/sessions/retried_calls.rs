//! Retries of calls to OpenAI: which failures, how often, with which delays, and within which deadline.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::start;
use super::twins::{NOON, SESSIONS_URL, World};
use std::rc::Rc;

/// A world whose OpenAI gives these answers, and then creates sessions.
fn world_with(answers: impl IntoIterator<Item = Answer>) -> Rc<World> {
    let world = World::new(&[]);
    world.upstream.answer(SESSIONS_URL, answers);
    world
}

/// The delays between the requests to OpenAI.
fn delays(world: &Rc<World>) -> Vec<u64> {
    let sent = world.upstream.sent();
    let pairs = sent.windows(2);
    pairs.map(|pair| pair[1].at_ms - pair[0].at_ms).collect()
}

#[test]
fn temporary_failures_are_retried_twice_with_growing_delays() {
    for (failure, status, code) in [
        (Answer::status(500), 502, "openai_unavailable"),
        (Answer::status(503), 502, "openai_unavailable"),
        (Answer::status(408), 502, "openai_rejected"),
        (Answer::status(409), 502, "openai_rejected"),
        (Answer::status(429), 429, "openai_rate_limited"),
        (
            Answer::no_connection("TypeError: fetch failed"),
            502,
            "openai_unavailable",
        ),
    ] {
        let world = world_with([]);
        world.upstream.answer_always(SESSIONS_URL, failure);
        assert_eq!(world.serve(start()).outcome(), (status, code.to_owned()));
        let delays = delays(&world);
        assert_eq!(delays.len(), 2, "{code}: {delays:?}");
        assert!((375..=500).contains(&delays[0]), "{delays:?}");
        assert!((750..=1_000).contains(&delays[1]), "{delays:?}");
        assert_eq!(world.lines.last()["tries"], 3);
        assert_eq!(world.ledger.counted(&format!("failed:{code}")), 1);
    }
}

#[test]
fn a_session_starts_if_a_retry_succeeds() {
    for failures in [1, 2] {
        let world = world_with((0..failures).map(|_| Answer::status(503)));
        let reply = world.serve(start());
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.json()["session_id"], "cksess_1");
        let line = world.lines.last();
        assert_eq!(line["tries"], failures + 1);
        assert_eq!(
            (&line["openai_status"], line.get("cause")),
            (&200.into(), None)
        );
        assert_eq!(world.ledger.counted("sessions_failed"), 0);
    }
}

#[test]
fn every_attempt_sends_the_same_request() {
    let world = world_with([Answer::status(503), Answer::status(503)]);
    world.serve(start());
    let sent = world.upstream.sent();
    assert_eq!(sent.len(), 3);
    for later in &sent[1..] {
        assert_eq!(
            (&later.body, &later.headers),
            (&sent[0].body, &sent[0].headers)
        );
    }
}

#[test]
fn permanent_failures_are_not_retried() {
    for (status, problem, code) in [
        (400, 502, "openai_rejected"),
        (401, 502, "openai_key_rejected"),
        (403, 502, "openai_key_rejected"),
        (404, 502, "workflow_not_found"),
        (422, 502, "openai_rejected"),
        (302, 502, "openai_bad_response"),
    ] {
        let world = world_with([Answer::error(status, "no")]);
        assert_eq!(
            world.serve(start()).outcome(),
            (problem, code.to_owned()),
            "{status}"
        );
        assert_eq!(world.upstream.sent().len(), 1, "{status}");
        assert_eq!(world.lines.last()["openai_status"], status);
    }
}

#[test]
fn the_header_x_should_retry_decides() {
    let world = world_with([Answer::status(503).header("x-should-retry", "false")]);
    assert_eq!(world.serve(start()).status(), 502);
    assert_eq!(world.upstream.sent().len(), 1);

    let world = world_with([Answer::status(400).header("x-should-retry", "true")]);
    assert_eq!(world.serve(start()).status(), 200);
    assert_eq!(world.upstream.sent().len(), 2);

    let always = Answer::status(400).header("x-should-retry", "true");
    let world = world_with([]);
    world.upstream.answer_always(SESSIONS_URL, always);
    assert_eq!(world.serve(start()).status(), 502);
    assert_eq!(
        world.upstream.sent().len(),
        3,
        "never more than two retries"
    );
}

#[test]
fn the_retry_after_headers_decide_how_long_to_wait() {
    let limited = || Answer::status(429);
    for (answer, expected) in [
        (limited().header("retry-after", "3"), 3_000),
        (limited().header("retry-after", "0"), 0),
        (
            limited()
                .header("retry-after-ms", "1250")
                .header("retry-after", "9"),
            1_250,
        ),
        (
            limited().header("retry-after", "Sat, 21 Nov 2026 12:00:07 GMT"),
            7_000,
        ),
    ] {
        let world = world_with([answer]);
        assert_eq!(world.serve(start()).status(), 200);
        assert_eq!(delays(&world), [expected]);
    }
}

#[test]
fn a_wait_beyond_the_deadline_is_left_to_the_client() {
    let world = world_with([Answer::status(429).header("retry-after", "30")]);
    let reply = world.serve(start());
    assert_eq!(reply.outcome(), (429, "openai_rate_limited".to_owned()));
    assert_eq!(reply.header("Retry-After"), Some("30"));
    assert_eq!(
        (world.upstream.sent().len(), world.clock.now_ms()),
        (1, NOON)
    );

    let world = world_with([Answer::status(429).header("retry-after-ms", "29001")]);
    assert_eq!(world.serve(start()).status(), 200, "it fits");
}

#[test]
fn all_attempts_together_have_one_deadline() {
    let world = World::new(&[("OPENAI_TIMEOUT_SECONDS", "20")]);
    let slow_failure = Answer::status(503).after(9_000);
    world.upstream.answer(
        SESSIONS_URL,
        [slow_failure.clone(), slow_failure, Answer::never()],
    );
    assert_eq!(
        world.serve(start()).outcome(),
        (504, "openai_timeout".to_owned())
    );
    assert_eq!(world.clock.now_ms(), NOON + 20_000);
    let sent = world.upstream.sent();
    assert_eq!(sent.len(), 3);
    for sent in sent {
        assert_eq!(sent.at_ms + sent.timeout_ms, NOON + 20_000);
    }
}

#[test]
fn no_retry_begins_after_the_deadline() {
    let world = World::new(&[("OPENAI_TIMEOUT_SECONDS", "1")]);
    world
        .upstream
        .answer(SESSIONS_URL, [Answer::status(503).after(700)]);
    assert_eq!(
        world.serve(start()).outcome(),
        (502, "openai_unavailable".to_owned())
    );
    assert_eq!(
        (world.upstream.sent().len(), world.clock.now_ms()),
        (1, NOON + 700)
    );
}

#[test]
fn an_openai_that_does_not_answer_times_out_and_is_not_retried() {
    let world = world_with([Answer::never()]);
    let reply = world.serve(start());
    assert_eq!(reply.outcome(), (504, "openai_timeout".to_owned()));
    assert_eq!(world.clock.now_ms(), NOON + 30_000);
    let line = world.lines.last();
    assert_eq!(
        (&line["tries"], &line["took_ms"]),
        (&1.into(), &30_000.into())
    );
    assert_eq!(
        line["cause"],
        "TimeoutError: The operation was aborted due to timeout; OpenAI may have a session that nobody uses; it counts against the daily limits"
    );
    assert_eq!(line.get("openai_status"), None);
}

#[test]
fn a_client_that_disconnects_does_not_end_the_call_and_no_retry_follows() {
    for (answer, status) in [
        (Answer::status(503).after(2_000), Some(503)),
        (Answer::no_connection("TypeError").after(2_000), None),
    ] {
        let world = world_with([answer]);
        let reply = world.serve(start().leaves_after_ms(1_500));
        assert_eq!(reply.outcome(), (499, "client_gone".to_owned()));
        assert_eq!(world.clock.now_ms(), NOON + 2_000);
        assert_eq!(world.upstream.sent().len(), 1);
        let line = world.lines.last();
        assert_eq!(line.get("openai_status").cloned(), status.map(Into::into));
        assert_eq!(world.ledger.counts(), [].into(), "nothing failed");
    }
}

#[test]
fn a_retry_after_of_years_is_passed_on_as_a_day() {
    for after in ["99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let world = world_with([Answer::status(429).header("retry-after", after)]);
        let reply = world.serve(start());
        assert_eq!(reply.outcome(), (429, "openai_rate_limited".to_owned()));
        assert_eq!(reply.header("Retry-After"), Some("86400"), "{after}");
    }
}

#[test]
fn a_client_that_disconnects_ends_a_delay_and_no_retry_follows() {
    for request in [
        start().leaves_after_ms(5_000),
        start().leaves_after_sleeps(1),
    ] {
        let world = world_with([Answer::status(503).header("retry-after", "20")]);
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (499, "client_gone".to_owned()));
        assert_eq!(world.upstream.sent().len(), 1);
        assert_eq!(world.ledger.counts(), [].into(), "nothing failed");
    }
}
