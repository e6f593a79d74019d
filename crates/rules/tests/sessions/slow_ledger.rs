//! A ledger that is slow, hangs, or fails for a moment: what waits for it, for how long, and what is tried again.

use super::twins::test_client::{delete, get, post, start};
use super::twins::{Fault, NOON, World};
use rules::ledger_call::{DEADLINE_MS, NO_ANSWER};
use serde_json::json;

const SHOW: &str = "/api/chatkit/session/cksess_1";
const MESSAGE: &str = "/api/analytics/message";

fn no_answer() -> String {
    format!("the ledger failed: {NO_ANSWER}")
}

#[test]
fn a_session_waits_a_second_for_each_call_of_the_ledger_and_then_starts() {
    for (method, hangs_for) in [
        ("put_record", vec![Fault::Hangs]),
        ("reserve", vec![Fault::Hangs]),
        ("put_record", vec![Fault::Lost, Fault::Hangs]),
        ("put_record", vec![Fault::Slow(DEADLINE_MS + 1)]),
    ] {
        let world = World::new(&[("DAILY_SESSION_LIMIT", "5")]);
        world.ledger.break_next(method, &hangs_for);
        let reply = world.serve(start());
        assert_eq!(reply.status(), 200, "{method} {hangs_for:?}");
        assert_eq!(world.clock.now_ms(), NOON + DEADLINE_MS, "{method}");
        let line = world.lines.last();
        assert_eq!(line["event"], "session.created");
        assert_eq!(line["cause"], no_answer());
        assert_eq!(world.ledger.counted("sessions_created"), 1);
    }
}

#[test]
fn a_call_that_is_answered_within_a_second_is_waited_for() {
    let world = World::new(&[]);
    let slow = [Fault::Slow(DEADLINE_MS - 1)];
    world.ledger.break_next("put_record", &slow);
    let cookie = world.serve(start()).cookie();
    assert_eq!(world.lines.last().get("cause"), None);
    assert_eq!(world.serve(get(SHOW).cookie(cookie)).status(), 200);
}

#[test]
fn a_session_whose_client_disconnects_still_waits_for_its_record() {
    let world = World::new(&[]);
    world.ledger.break_next("put_record", &[Fault::Slow(500)]);
    world.serve(start().leaves_after_ms(100));
    assert!(world.ledger.record("cksess_1").is_some());
    assert_eq!(world.lines.last().get("cause"), None);
}

#[test]
fn events_and_look_ups_wait_a_second_and_then_say_that_they_failed() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    world.ledger.break_next("count", &[Fault::Hangs]);
    let reply = world.serve(post(MESSAGE));
    assert_eq!(
        (reply.status(), reply.json()),
        (200, json!({"status": "failed"}))
    );
    assert_eq!(world.clock.now_ms(), NOON + DEADLINE_MS);
    assert_eq!(world.lines.last()["cause"], no_answer());
    for (method, request) in [("get_record", get(SHOW)), ("cancel_record", delete(SHOW))] {
        let before = world.clock.now_ms();
        world.ledger.break_next(method, &[Fault::Hangs]);
        let reply = world.serve(request.cookie(&cookie));
        assert_eq!(reply.outcome(), (500, "internal".to_owned()));
        assert_eq!(world.clock.now_ms(), before + DEADLINE_MS, "{method}");
        assert_eq!(world.lines.last()["cause"], no_answer());
    }
}

#[test]
fn a_failure_that_may_pass_is_tried_once_more_and_an_overloaded_object_is_left_alone() {
    for (faults, tries, status) in [
        (vec![Fault::Lost], 2, 200),
        (vec![Fault::AnswerLost], 2, 200),
        (vec![Fault::Lost, Fault::Lost], 2, 500),
        (vec![Fault::Broken], 1, 500),
        (vec![Fault::Overloaded], 1, 500),
    ] {
        let world = World::new(&[]);
        let cookie = world.serve(start()).cookie();
        world.ledger.break_next("get_record", &faults);
        let reply = world.serve(get(SHOW).cookie(cookie));
        assert_eq!(reply.status(), status, "{faults:?}");
        let calls = world.calls();
        let tried = calls.iter().filter(|call| *call == "ledger get_record");
        assert_eq!(tried.count(), tries, "{faults:?}");
    }
}

#[test]
fn records_and_events_survive_a_failure_that_passes() {
    let world = World::new(&[]);
    world.ledger.fail("put_record", 1);
    assert_eq!(world.serve(start()).status(), 200);
    assert!(world.ledger.record("cksess_1").is_some());
    world.ledger.fail("count", 1);
    let reply = world.serve(post(MESSAGE));
    assert_eq!(reply.json(), json!({"status": "tracked"}));
    assert_eq!(world.ledger.counted("messages"), 1);
    assert!(world.lines.values("cause").is_empty());
}
