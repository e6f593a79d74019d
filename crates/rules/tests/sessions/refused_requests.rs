//! Refused session requests: counting them is no work that an attacker can cause.

use super::twins::test_client::{post, refresh, start};
use super::twins::{NOON, World};
use rules::counters::refusals::WRITE_INTERVAL_MS;
use std::rc::Rc;

/// How often the ledger was called to count.
fn writes(world: &Rc<World>) -> usize {
    let calls = world.calls();
    calls
        .iter()
        .filter(|call| call.starts_with("ledger count"))
        .count()
}

#[test]
fn an_isolate_writes_refusals_at_most_once_a_minute_whatever_they_are() {
    let large = "x".repeat(17 * 1024);
    let bodies = ["{", "7", r#"{"workflow_id":"wf_9"}"#, &large];
    let world = World::new(&[]);
    for _ in 0..100 {
        for body in bodies {
            assert!(world.serve(start().body(body)).status() >= 400);
        }
        assert_eq!(world.serve(refresh()).status(), 401);
        world.clock.advance(100);
    }
    assert_eq!(writes(&world), 1, "500 refusals in ten seconds");
    assert_eq!(world.ledger.counted("sessions_failed"), 1);
    world.clock.advance(WRITE_INTERVAL_MS);
    world.serve(refresh());
    assert_eq!(writes(&world), 2);
    assert_eq!(world.ledger.counted("sessions_failed"), 501);
    for code in [
        "invalid_json",
        "invalid_request",
        "workflow_not_allowed",
        "payload_too_large",
    ] {
        assert_eq!(
            world.ledger.counted(&format!("failed:{code}")),
            100,
            "{code}"
        );
    }
    assert_eq!(world.ledger.counted("failed:identity_required"), 101);
    assert_eq!(world.dataset.all().len(), 501, "Analytics Engine has each");
}

#[test]
fn requests_are_refused_without_the_ledger_while_the_settings_are_wrong() {
    let world = World::new(&[("OPENAI_API_KEY", "")]);
    for _ in 0..50 {
        assert_eq!(world.serve(start()).status(), 500);
    }
    assert_eq!(writes(&world), 1);
    world.clock.advance(WRITE_INTERVAL_MS);
    world.serve(start());
    assert_eq!(world.ledger.counted("failed:not_configured"), 51);
}

#[test]
fn a_session_writes_the_refusals_that_are_due_with_its_own_count() {
    let world = World::new(&[]);
    for _ in 0..3 {
        world.serve(refresh());
    }
    world.serve(start());
    assert_eq!(world.ledger.counted("sessions_failed"), 1, "not due yet");
    world.clock.advance(WRITE_INTERVAL_MS);
    world.serve(start());
    assert_eq!(world.ledger.counted("sessions_failed"), 3);
    assert_eq!(world.ledger.counted("sessions_created"), 2);
    assert_eq!(writes(&world), 3);
}

#[test]
fn failures_of_openai_are_written_at_once() {
    use super::twins::SESSIONS_URL;
    use super::twins::scripted_upstream::Answer;
    let world = World::new(&[]);
    world
        .upstream
        .answer_always(SESSIONS_URL, Answer::status(401));
    for _ in 0..3 {
        world.serve(start());
    }
    assert_eq!(world.ledger.counted("failed:openai_key_rejected"), 3);
    assert_eq!(world.clock.now_ms(), NOON);
}

#[test]
fn a_failure_of_analytics_engine_is_named_as_its_own() {
    let world = World::new(&[]);
    world.dataset.is_failing.set(true);
    world.ledger.fail("count", 2);
    let reply = world.serve(post("/api/analytics/message"));
    assert_eq!(reply.json()["status"], "failed");
    assert_eq!(
        world.lines.last()["cause"],
        "Analytics Engine failed: TypeError: index is too long; the ledger failed: Error: Network connection lost."
    );
    assert_eq!(world.serve(start()).status(), 200);
    let line = world.lines.last();
    assert_eq!(
        line["cause"],
        "Analytics Engine failed: TypeError: index is too long"
    );
    assert_eq!(world.lines.count("event", "ledger.failed"), 0);
}
