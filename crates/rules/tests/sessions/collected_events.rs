//! Events and error reports of pages: what is stored when the answer says `tracked`, and what happens when it cannot be.

use super::twins::World;
use super::twins::test_client::{TestRequest, post};
use serde_json::json;

const MESSAGE: &str = "/api/analytics/message";
const THREAD_CHANGE: &str = "/api/analytics/thread-change";
const ERRORS: &str = "/api/errors";

fn report() -> TestRequest {
    post(ERRORS).body(r#"{"message":"boom","stack":"at f","url":"https://a.example/p?q=1"}"#)
}

#[test]
fn an_event_is_stored_before_the_response_says_so() {
    for (path, counter, status) in [
        (MESSAGE, "messages", "tracked"),
        (THREAD_CHANGE, "thread_changes", "tracked"),
        (ERRORS, "client_errors", "logged"),
    ] {
        let world = World::new(&[]);
        let reply = world.serve(post(path));
        assert_eq!(
            (reply.status(), reply.json()),
            (200, json!({"status": status}))
        );
        assert_eq!(world.ledger.counts(), [(counter.to_owned(), 1)].into());
        assert_eq!(
            world.dataset.all(),
            [(counter.to_owned(), String::new(), 1)]
        );
        let calls = world.calls();
        assert_eq!(
            calls.last().map(String::as_str),
            Some("ledger count"),
            "{calls:?}"
        );
        let line = world.lines.last();
        assert_eq!(
            (&line["event"], &line["status"]),
            (&"request".into(), &200.into())
        );
    }
}

#[test]
fn a_batch_is_one_call_and_counts_as_many_events_as_it_has() {
    let world = World::new(&[("COUNTER_PUBLISH_SECONDS", "30")]);
    let reply = world.serve(post(MESSAGE).body(r#"[{"threadId":"a"},{},{}]"#));
    assert_eq!(reply.json(), json!({"status": "tracked"}));
    assert_eq!(world.ledger.counted("messages"), 3);
    assert_eq!(
        world.dataset.all(),
        [("messages".to_owned(), String::new(), 3)]
    );
    let calls = world
        .calls()
        .into_iter()
        .filter(|call| call == "ledger count");
    assert_eq!(calls.count(), 1);
    assert_eq!(world.ledger.publish_seconds.get(), 30);
}

#[test]
fn an_empty_batch_is_acknowledged_and_stores_nothing() {
    let world = World::new(&[]);
    let reply = world.serve(post(MESSAGE).body("[]"));
    assert_eq!(reply.json(), json!({"status": "tracked"}));
    assert!(!world.calls().contains(&"ledger count".to_owned()));
    assert_eq!(world.dataset.all(), []);
}

#[test]
fn events_at_once_are_all_counted() {
    let world = World::new(&[("COUNTER_SHARDS", "3")]);
    for reply in world.serve_all((0..30).map(|n| post(MESSAGE).after(n % 3))) {
        assert_eq!(reply.json(), json!({"status": "tracked"}));
    }
    assert_eq!(world.ledger.counted("messages"), 30);
    assert_eq!(world.ledger.shards(), [0, 1, 2]);
}

#[test]
fn a_ledger_that_fails_is_answered_with_failed_and_logged() {
    for request in [post(MESSAGE), post(THREAD_CHANGE), report()] {
        let world = World::new(&[]);
        world.ledger.fail("count", 2);
        let reply = world.serve(request.clone());
        assert_eq!(
            (reply.status(), reply.json()),
            (200, json!({"status": "failed"}))
        );
        assert_eq!(world.ledger.counts(), [].into());
        assert_eq!(world.ledger.reports(), []);
        let line = world.lines.last();
        assert_eq!(line["event"], "events.not_stored");
        assert_eq!(
            line["cause"],
            "the ledger failed: Error: Network connection lost."
        );
        assert_ne!(
            world.serve(request).json(),
            json!({"status": "failed"}),
            "the next one"
        );
    }
}

#[test]
fn an_error_report_is_stored_redacted_with_its_time() {
    let world = World::new(&[]);
    world.clock.advance(5);
    assert_eq!(world.serve(report()).json(), json!({"status": "logged"}));
    let reports = serde_json::to_value(world.ledger.reports()).expect("reports are JSON");
    let at = world.clock.now_ms();
    let stored =
        json!({"at": at, "message": "boom", "stack": "at f", "url": "https://a.example/p"});
    assert_eq!(reports, json!([stored]));
}

#[test]
fn reports_are_stored_for_errors_only() {
    let world = World::new(&[]);
    for path in [MESSAGE, THREAD_CHANGE] {
        world.serve(post(path).body(r#"{"message":"boom"}"#));
    }
    assert_eq!(world.ledger.reports(), []);
    world.serve(post(ERRORS).body(r#"[{"message":"boom"},{"x":1}]"#));
    assert_eq!(
        world.ledger.reports().len(),
        1,
        "an empty report is only counted"
    );
    assert_eq!(world.ledger.counted("client_errors"), 2);
}

#[test]
fn a_wrong_body_is_rejected_and_neither_stored_nor_counted_as_a_failed_session() {
    let many = format!("[{}]", vec!["{}"; 101].join(","));
    let large = format!(r#"{{"message":"{}"}}"#, "x".repeat(16 * 1024));
    for (body, status, code) in [
        ("{", 400, "invalid_json"),
        ("7", 400, "invalid_request"),
        (&many, 400, "invalid_request"),
        (&large, 413, "payload_too_large"),
    ] {
        for path in [MESSAGE, ERRORS] {
            let world = World::new(&[]);
            let reply = world.serve(post(path).body(body));
            assert_eq!(reply.outcome(), (status, code.to_owned()));
            assert!(
                !reply.text().contains("ChatKit session"),
                "no session was to start"
            );
            assert_eq!(world.ledger.counts(), [].into());
            assert_eq!(world.dataset.all(), []);
        }
    }
}

#[test]
fn events_need_no_settings_of_sessions() {
    let world = World::new(&[("OPENAI_API_KEY", "")]);
    assert_eq!(
        world.serve(post(MESSAGE)).json(),
        json!({"status": "tracked"})
    );
}

#[test]
fn a_client_that_disconnects_while_it_sends_events_stores_none() {
    let world = World::new(&[]);
    world.serve(post(MESSAGE).body("[{},").breaks_off());
    assert_eq!(world.ledger.counts(), [].into());
    assert_eq!(world.lines.last()["code"], "client_gone");
}

#[test]
fn what_the_workers_own_chats_count_is_not_counted_again_for_pages() {
    let agent = ("AGENT", r#"{"model":"gpt-5.2"}"#);
    let world = World::new(&[agent, ("OPENAI_CHATKIT_WORKFLOW_ID", "")]);
    for path in [MESSAGE, THREAD_CHANGE] {
        let reply = world.serve(post(path).body("[{},{}]"));
        assert_eq!(
            (reply.status(), reply.json()),
            (200, json!({"status": "tracked"}))
        );
        let reply = world.serve(post(path).body("{"));
        assert_eq!(reply.outcome(), (400, "invalid_json".to_owned()));
    }
    assert_eq!(world.ledger.counts(), [].into());
    assert_eq!(world.dataset.all(), []);
    assert_eq!(world.serve(report()).json(), json!({"status": "logged"}));
    assert_eq!(world.ledger.counted("client_errors"), 1);
}
