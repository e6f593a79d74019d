//! The doctor: every check passes, and each one that fails says what to do.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::post;
use super::twins::{API_KEY, Limit, NOON, SESSIONS_URL, World};
use rules::rate_limits::{EVENTS_OVERALL, of_backend};
use serde_json::{Value, json};
use std::rc::Rc;

fn examine(world: &Rc<World>) -> Value {
    let reply = world.serve(post("/api/chatkit/doctor").admin());
    assert_eq!(reply.status(), 200, "failed checks are in the report");
    reply.json()
}

/// A check of a report by its name.
fn check(report: &Value, name: &str) -> Value {
    let checks = report["checks"].as_array().expect("checks");
    let mut named = checks.iter().filter(|check| check["name"] == name);
    let check = named.next().unwrap_or_else(|| panic!("no check {name}"));
    assert!(named.next().is_none(), "{name} is checked once");
    check.clone()
}

/// The names of the checks that have a status.
fn names(report: &Value, status: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let found = checks.filter(|check| check["status"] == status);
    found
        .map(|check| check["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// Panics unless exactly this check failed, with these words in its detail and its hint.
fn assert_only_failed(report: &Value, name: &str, detail: &str, hint: &str) {
    assert_eq!(report["ok"], false);
    assert_eq!(names(report, "failed"), [name]);
    let check = check(report, name);
    assert!(check["detail"].to_string().contains(detail), "{check}");
    assert!(check["hint"].to_string().contains(hint), "{check}");
}

#[test]
fn a_set_up_that_works_passes_every_check() {
    let world = World::new(&[]);
    let passed = |name: &str, detail: &str| json!({"name": name, "status": "ok", "detail": detail, "hint": null});
    let report = json!({
        "ok": true,
        "checks": [
            passed("settings", "Sessions run wf_1, wf_2; AUTH is anonymous."),
            passed("COUNTERS", "The KV namespace is bound."),
            passed("LEDGER", "The Durable Object responds."),
            passed("RATE_LIMITS", "The rate limiters are bound."),
            passed("session", "OpenAI created a session."),
            passed("cancel", "OpenAI cancelled it."),
        ],
    });
    assert_eq!(examine(&world), report);
}

#[test]
fn the_test_session_is_for_a_user_of_its_own_and_is_cancelled_and_not_counted() {
    let world = World::new(&[("DAILY_SESSION_LIMIT", "1"), ("SESSION_TTL_SECONDS", "60")]);
    examine(&world);
    let sent = world.upstream.sent();
    let urls: Vec<&str> = sent.iter().map(|sent| sent.url.as_str()).collect();
    assert_eq!(
        urls,
        [SESSIONS_URL, &format!("{SESSIONS_URL}/cksess_1/cancel")]
    );
    assert_eq!(
        sent[0].json(),
        json!({
            "workflow": {"id": "wf_1"},
            "user": "chatkit-edge-doctor",
            "expires_after": {"anchor": "created_at", "seconds": 60},
        })
    );
    assert_eq!(world.ledger.stored(), World::new(&[]).ledger.stored());
    assert_eq!(world.dataset.all(), []);
    assert_eq!(world.lines.last()["event"], "request");
}

#[test]
fn a_namespace_that_is_not_bound_fails_its_check_and_the_others_go_on() {
    let world = World::new(&[]);
    world.counters.is_unbound.set(true);
    let report = examine(&world);
    assert_only_failed(
        &report,
        "COUNTERS",
        "COUNTERS is not bound",
        "wrangler.toml",
    );
    assert_eq!(names(&report, "ok").len(), 5);
}

#[test]
fn a_ledger_that_does_not_respond_fails_its_check_and_the_others_go_on() {
    let world = World::new(&[]);
    world.ledger.is_down.set(true);
    let report = examine(&world);
    assert_only_failed(&report, "LEDGER", "does not respond", "wrangler.toml");
    assert_eq!(names(&report, "ok").len(), 5);
}

#[test]
fn any_limiter_that_is_not_bound_fails_the_check_unless_limits_are_off() {
    for limiter in of_backend(None) {
        let world = World::new(&[]);
        world.limiters.set(limiter, Limit::NotBound);
        let report = examine(&world);
        assert_only_failed(
            &report,
            "RATE_LIMITS",
            "is not bound",
            "set RATE_LIMITS to off",
        );

        let world = World::new(&[("RATE_LIMITS", "off")]);
        world.limiters.set(limiter, Limit::NotBound);
        let report = examine(&world);
        assert_eq!(
            (&report["ok"], names(&report, "skipped")),
            (&true.into(), vec!["RATE_LIMITS".to_owned()])
        );
    }
}

#[test]
fn a_session_that_openai_rejects_fails_with_a_hint_and_nothing_is_cancelled() {
    for (answer, detail, hint) in [
        (
            Answer::status(401),
            "Invalid API key",
            "npx wrangler secret put OPENAI_API_KEY",
        ),
        (
            Answer::status(403),
            "Beta feature not available",
            "permissions include ChatKit",
        ),
        (
            Answer::error(404, "Workflow with id 'wf_1' not found."),
            "Workflow not found",
            "saved but never published",
        ),
        (
            Answer::status(404),
            "no ChatKit API at OPENAI_BASE_URL",
            "is not OpenAI's API",
        ),
        (
            Answer::status(400),
            "with status 400",
            "OpenAI's own message",
        ),
        (
            Answer::status(429),
            "limiting the requests",
            "billing at OpenAI",
        ),
        (
            Answer::status(503),
            "could not be reached",
            "OpenAI's status page",
        ),
        (
            Answer::never(),
            "did not respond in time",
            "Check OPENAI_BASE_URL",
        ),
        (
            Answer::new(200, "<html>"),
            "not usable",
            "is not OpenAI's API",
        ),
    ] {
        let world = World::new(&[]);
        world.upstream.answer_always(SESSIONS_URL, answer);
        let report = examine(&world);
        assert_only_failed(&report, "session", detail, hint);
        let skipped = check(&report, "cancel");
        assert_eq!(
            (&skipped["status"], &skipped["hint"]),
            (&"skipped".into(), &Value::Null)
        );
        assert_eq!(skipped["detail"], "There was no session to cancel.");
        assert!(
            world
                .upstream
                .sent()
                .iter()
                .all(|sent| sent.url == SESSIONS_URL)
        );
    }
}

#[test]
fn a_cancellation_that_fails_has_a_hint_too() {
    let world = World::new(&[]);
    let url = format!("{SESSIONS_URL}/cksess_1/cancel");
    world.upstream.answer_always(&url, Answer::status(500));
    let report = examine(&world);
    assert_only_failed(
        &report,
        "cancel",
        "could not be reached",
        "OpenAI's status page",
    );
    assert_eq!(check(&report, "session")["status"], "ok");
}

#[test]
fn a_session_without_a_usable_id_is_not_cancelled() {
    for body in [
        r#"{"client_secret":"ek_1"}"#,
        r#"{"client_secret":"ek_1","id":"../files"}"#,
    ] {
        let world = World::new(&[]);
        world
            .upstream
            .answer(SESSIONS_URL, [Answer::new(200, body)]);
        let report = examine(&world);
        assert_eq!(
            (&report["ok"], names(&report, "skipped")),
            (&true.into(), vec!["cancel".to_owned()])
        );
        assert_eq!(world.upstream.sent().len(), 1);
    }
}

#[test]
fn wrong_settings_are_a_check_each_and_no_session_is_created() {
    let world = World::new(&[
        ("OPENAI_CHATKIT_WORKFLOW_ID", ""),
        ("SESSION_TTL_SECONDS", "601"),
    ]);
    let report = examine(&world);
    assert_eq!(report["ok"], false);
    let failed = names(&report, "failed");
    assert_eq!(
        failed,
        ["OPENAI_CHATKIT_WORKFLOW_ID", "SESSION_TTL_SECONDS"]
    );
    let ttl = check(&report, "SESSION_TTL_SECONDS");
    let sentence = "SESSION_TTL_SECONDS is \"601\" and must be a whole number from 1 to 600.";
    assert_eq!(
        (&ttl["detail"], &ttl["hint"]),
        (&sentence.into(), &Value::Null)
    );
    let session = check(&report, "session");
    assert_eq!(session["status"], "skipped");
    assert_eq!(
        session["detail"],
        "The settings are wrong, so no session was created."
    );
    assert_eq!(names(&report, "ok"), ["COUNTERS", "LEDGER", "RATE_LIMITS"]);
    assert!(world.upstream.sent().is_empty());
}

#[test]
fn everything_wrong_at_once_is_one_report() {
    let world = World::new(&[]);
    world.counters.is_unbound.set(true);
    world.ledger.is_down.set(true);
    world.limiters.set(EVENTS_OVERALL, Limit::NotBound);
    world
        .upstream
        .answer(SESSIONS_URL, [Answer::error(401, API_KEY)]);
    let report = examine(&world);
    let failed = names(&report, "failed");
    assert_eq!(failed, ["COUNTERS", "LEDGER", "RATE_LIMITS", "session"]);
    assert_eq!(world.clock.now_ms(), NOON);
}
