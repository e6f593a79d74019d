//! A user's own sessions: shown and cancelled, never those of others.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::{TestRequest, delete, get, request, start};
use super::twins::{NOON, SESSIONS_URL, World};
use rules::hosted::session_record::{SessionRecord, UserHash};
use serde_json::{Value, json};
use std::rc::Rc;

/// Each request counts for its client's address.
const COUNTED: &str = "limiter SESSIONS_PER_ADDRESS 192.0.2.1";
const PATH: &str = "/api/chatkit/session/cksess_1";

/// A world with a visitor's session `cksess_1`, and the visitor's cookie.
fn world() -> (Rc<World>, String) {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    (world, cookie)
}

fn cancel_url() -> String {
    format!("{SESSIONS_URL}/cksess_1/cancel")
}

fn shown_status(world: &Rc<World>, cookie: &str) -> Value {
    world.serve(get(PATH).cookie(cookie)).json()["status"].clone()
}

fn cancelled() -> Value {
    json!({"id": "cksess_1", "status": "cancelled"})
}

#[test]
fn a_session_is_shown_to_its_user_until_it_expires() {
    let (world, cookie) = world();
    let reply = world.serve(get(PATH).cookie(&cookie));
    assert_eq!(
        reply.json(),
        json!({
            "id": "cksess_1",
            "status": "active",
            "workflow_id": "wf_1",
            "created_at": NOON / 1000,
            "expires_at": NOON / 1000 + 600,
        })
    );
    assert_eq!(reply.header("Set-Cookie"), None);
    let line = world.lines.last();
    assert_eq!(
        (&line["event"], &line["session_id"]),
        (&"request".into(), &"cksess_1".into())
    );
    world.clock.advance(599_999);
    assert_eq!(shown_status(&world, &cookie), "active");
    world.clock.advance(1);
    assert_eq!(shown_status(&world, &cookie), "expired");
    assert_eq!(world.upstream.sent().len(), 1, "OpenAI is not asked");
}

#[test]
fn a_session_is_cancelled_at_openai_then_in_the_ledger() {
    let (world, cookie) = world();
    let before = world.calls().len();
    let reply = world.serve(delete(PATH).cookie(&cookie));
    assert_eq!((reply.status(), reply.json()), (200, cancelled()));
    assert_eq!(
        world.calls()[before..],
        [
            COUNTED,
            "ledger get_record",
            &format!("upstream {}", cancel_url()),
            "ledger cancel_record",
            "dataset sessions_cancelled",
            "ledger count_later",
        ]
    );
    let sent = world.upstream.sent();
    assert_eq!((sent[1].method, &sent[1].body), ("POST", &None));
    assert_eq!(sent[1].headers, sent[0].headers);
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
    let line = world.lines.last();
    assert_eq!(line["event"], "session.cancelled");
    assert_eq!(
        (&line["tries"], &line["openai_status"]),
        (&1.into(), &200.into())
    );
    assert_eq!(shown_status(&world, &cookie), "cancelled");
}

#[test]
fn a_repeated_cancellation_changes_nothing() {
    let (world, cookie) = world();
    world.serve(delete(PATH).cookie(&cookie));
    let before = world.calls().len();
    for _ in 0..2 {
        let reply = world.serve(delete(PATH).cookie(&cookie));
        assert_eq!((reply.status(), reply.json()), (200, cancelled()));
    }
    assert_eq!(
        world.calls()[before..],
        [COUNTED, "ledger get_record", COUNTED, "ledger get_record"]
    );
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
    assert_eq!(world.lines.last()["event"], "request");
}

#[test]
fn another_users_session_is_not_found_like_one_that_never_existed() {
    let (world, _) = world();
    let stranger = world.serve(start()).cookie();
    let missing = "/api/chatkit/session/cksess_99";
    let mut problems = Vec::new();
    for method in ["GET", "DELETE"] {
        for path in [PATH, missing] {
            let reply = world.serve(request(method, path).cookie(&stranger));
            assert_eq!(
                reply.outcome(),
                (404, "not_found".to_owned()),
                "{method} {path}"
            );
            let mut problem = reply.json();
            problem["request_id"] = Value::Null;
            problems.push(problem);
        }
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]));
    assert_eq!(
        world.upstream.sent().len(),
        2,
        "the two sessions that started"
    );
    assert!(!world.ledger.record("cksess_1").expect("a record").cancelled);
}

#[test]
fn without_proof_of_the_user_nothing_is_looked_up() {
    let (world, _) = world();
    let before = world.calls().len();
    for method in ["GET", "DELETE"] {
        let reply = world.serve(request(method, PATH));
        assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
    }
    assert_eq!(world.calls()[before..], [COUNTED; 2]);
}

#[test]
fn a_text_that_cannot_be_an_id_is_not_found_without_a_look_up() {
    let (world, cookie) = world();
    let before = world.calls().len();
    for id in ["a.b", "..%2F..%2Fv1", "%00", &"x".repeat(257)] {
        let path = format!("/api/chatkit/session/{id}");
        for method in ["GET", "DELETE"] {
            assert_eq!(
                world.serve(request(method, &path).cookie(&cookie)).status(),
                404
            );
        }
    }
    assert_eq!(world.calls().len(), before);
}

#[test]
fn a_session_that_openai_does_not_know_counts_as_cancelled() {
    let (world, cookie) = world();
    world
        .upstream
        .answer(&cancel_url(), [Answer::error(404, "No such session")]);
    let reply = world.serve(delete(PATH).cookie(&cookie));
    assert_eq!((reply.status(), reply.json()), (200, cancelled()));
    assert_eq!(shown_status(&world, &cookie), "cancelled");
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
}

#[test]
fn a_404_of_a_gateway_is_no_cancellation() {
    let (world, cookie) = world();
    world
        .upstream
        .answer(&cancel_url(), [Answer::new(404, "<html>")]);
    let reply = world.serve(delete(PATH).cookie(&cookie));
    assert_eq!(reply.outcome(), (502, "openai_bad_response".to_owned()));
    assert_eq!(shown_status(&world, &cookie), "active");
    assert_eq!(world.ledger.counted("sessions_cancelled"), 0);
}

#[test]
fn parallel_cancellations_ask_openai_once_and_count_once() {
    let (world, cookie) = world();
    let slow = Answer::new(200, "{}").after(400);
    world.upstream.answer(&cancel_url(), [slow]);
    let requests = (0..5).map(|n| delete(PATH).cookie(&cookie).after(n * 50));
    for reply in world.serve_all(requests) {
        assert_eq!((reply.status(), reply.json()), (200, cancelled()));
    }
    assert_eq!(world.upstream.sent().len(), 2, "the start, and one more");
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
    assert_eq!(world.lines.count("event", "session.cancelled"), 1);
    let failed = Answer::error(401, "no").after(400);
    let other = world.serve(start().cookie(&cookie)).json()["session_id"].clone();
    let id = other.as_str().expect("an id");
    let url = format!("{SESSIONS_URL}/{id}/cancel");
    world.upstream.answer(&url, [failed]);
    let path = format!("/api/chatkit/session/{id}");
    for reply in world.serve_all((0..3).map(|_| delete(&path).cookie(&cookie))) {
        assert_eq!(reply.outcome(), (502, "openai_key_rejected".to_owned()));
    }
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
}

#[test]
fn a_cancellation_goes_on_when_its_client_disconnects() {
    let (world, cookie) = world();
    let slow = Answer::new(200, "{}").after(400);
    world.upstream.answer(&cancel_url(), [slow]);
    world.serve(delete(PATH).cookie(&cookie).leaves_after_ms(100));
    assert_eq!(shown_status(&world, &cookie), "cancelled");
    assert_eq!(world.ledger.counted("sessions_cancelled"), 1);
}

#[test]
fn an_expired_session_is_cancelled_without_a_call_to_openai() {
    let (world, cookie) = world();
    world.clock.advance(600_000);
    let reply = world.serve(delete(PATH).cookie(&cookie));
    assert_eq!((reply.status(), reply.json()), (200, cancelled()));
    assert_eq!(world.upstream.sent().len(), 1);
    assert_eq!(shown_status(&world, &cookie), "cancelled");
}

#[test]
fn a_session_that_openai_does_not_cancel_stays_active() {
    for (answer, status, code) in [
        (Answer::error(401, "no"), 502, "openai_key_rejected"),
        (Answer::error(500, "no"), 502, "openai_unavailable"),
        (Answer::never(), 504, "openai_timeout"),
    ] {
        let (world, cookie) = world();
        world.upstream.answer_always(&cancel_url(), answer);
        let reply = world.serve(delete(PATH).cookie(&cookie));
        assert_eq!(reply.outcome(), (status, code.to_owned()));
        assert!(!reply.text().contains("Error creating ChatKit session"));
        assert_eq!(world.ledger.counted("sessions_cancelled"), 0);
        assert_eq!(
            world.ledger.counted("sessions_failed"),
            0,
            "no session was to start"
        );
        world.clock.advance(1_000);
        assert_eq!(shown_status(&world, &cookie), "active");
    }
}

#[test]
fn a_ledger_that_fails_makes_an_internal_error_and_the_log_says_why() {
    type Attempt = (&'static str, fn(&str) -> TestRequest);
    let attempts: [Attempt; 3] = [
        ("get_record", get),
        ("get_record", delete),
        ("cancel_record", delete),
    ];
    for (call, request) in attempts {
        let (world, cookie) = world();
        world.ledger.fail(call, 2);
        let reply = world.serve(request(PATH).cookie(&cookie));
        assert_eq!(reply.outcome(), (500, "internal".to_owned()));
        let line = world.lines.last();
        assert_eq!(line["level"], "error");
        assert_eq!(
            line["cause"],
            "the ledger failed: Error: Network connection lost."
        );
        assert_eq!(world.ledger.counted("sessions_cancelled"), 0);
        assert_eq!(
            world.serve(request(PATH).cookie(&cookie)).status(),
            200,
            "the next try"
        );
    }
}

#[test]
fn a_record_of_version_0_1_0_and_one_of_a_retired_secret_still_belong_to_their_user() {
    let (old_secret, both) = (
        "the-visitor-secret-of-the-world",
        "a-new-secret, the-visitor-secret-of-the-world",
    );
    let before = World::new(&[("VISITOR_SECRET", old_secret)]);
    let cookie = before.serve(start()).cookie();
    let keyed = before.ledger.record("cksess_1").expect("a record");
    let unkeyed = SessionRecord {
        id: "cksess_2".to_owned(),
        owner: UserHash::of(&before.upstream.sent()[0].user()),
        ..keyed.clone()
    };
    assert_ne!(unkeyed.owner, keyed.owner);
    let world = World::new(&[("VISITOR_SECRET", both)]);
    // The first visitor of each world has the same id.
    world.serve(start());
    let stranger = world.serve(start()).cookie();
    for record in [keyed, unkeyed] {
        let path = format!("/api/chatkit/session/{}", record.id);
        world.ledger.put(record);
        assert_eq!(world.serve(get(&path).cookie(&stranger)).status(), 404);
        assert_eq!(world.serve(get(&path).cookie(&cookie)).status(), 200);
        assert_eq!(
            world.serve(delete(&path).cookie(&cookie)).json()["status"],
            "cancelled"
        );
    }
}
