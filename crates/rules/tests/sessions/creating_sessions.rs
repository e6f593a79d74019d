//! A session from start to response: what the client, OpenAI, the ledger, the dataset and the log get.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::{post, start};
use super::twins::{API_KEY, NOON, SESSIONS_URL, World};
use rules::hosted::session_record::SessionRecord;
use rules::identity::owner_keys::OwnerKeys;
use rules::secret::Secret;
use serde_json::{Value, json};

#[test]
fn a_session_passes_limits_quota_openai_record_counter_and_log_in_this_order() {
    let world = World::new(&[("DAILY_SESSION_LIMIT", "5")]);
    assert_eq!(world.serve(start()).status(), 200);
    let user = world.upstream.sent()[0].user();
    assert_eq!(
        world.trace(),
        [
            "limiter SESSIONS_PER_ADDRESS 192.0.2.1",
            "body",
            &format!("limiter SESSIONS_PER_CALLER {user}"),
            "ledger reserve",
            &format!("upstream {SESSIONS_URL}"),
            "ledger put_record",
            "dataset sessions_created",
            "ledger count_later",
            "log",
        ]
    );
}

#[test]
fn the_response_has_the_secret_its_expiry_and_the_session_id() {
    let world = World::new(&[]);
    for path in [
        "/api/chatkit/session",
        "/api/chatkit/start",
        "/api/create-session",
    ] {
        let reply = world.serve(post(path).body(r#"{"thread_id":"cthr_1"}"#));
        let number = world.upstream.sent().len();
        assert_eq!(reply.status(), 200, "{path}");
        assert_eq!(
            reply.json(),
            json!({
                "client_secret": format!("ek_secret_{number}"),
                "expires_at": NOON / 1000 + 600,
                "session_id": format!("cksess_{number}"),
                "thread_id": "cthr_1",
            })
        );
        assert_eq!(reply.header("Content-Type"), Some("application/json"));
        assert_eq!(reply.header("Cache-Control"), Some("no-store"));
        assert_eq!(reply.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(reply.header("Vary"), Some("Origin"));
        let id = &world.lines.last()["request_id"];
        assert_eq!(reply.header("X-Request-Id"), id.as_str());
    }
}

#[test]
fn openai_gets_the_key_the_beta_header_and_the_body() {
    let world = World::new(&[
        ("OPENAI_ORG_ID", "org-1"),
        ("OPENAI_PROJECT_ID", "proj-1"),
        ("OPENAI_TIMEOUT_SECONDS", "12"),
        ("SESSION_TTL_SECONDS", "300"),
        ("STATE_VARIABLES", "plan"),
    ]);
    let body = r#"{"workflow":{"id":"wf_2"},"state_variables":{"plan":1.50},"user":"victim"}"#;
    assert_eq!(world.serve(start().body(body)).status(), 200);
    let sent = world.upstream.sent();
    assert_eq!(sent.len(), 1);
    let sent = &sent[0];
    assert_eq!((sent.method, sent.url.as_str()), ("POST", SESSIONS_URL));
    assert_eq!(sent.timeout_ms, 12_000);
    assert_eq!(
        sent.headers,
        [
            ("Authorization", format!("Bearer {API_KEY}")),
            ("OpenAI-Beta", "chatkit_beta=v1".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("OpenAI-Organization", "org-1".to_owned()),
            ("OpenAI-Project", "proj-1".to_owned()),
        ]
    );
    let user = sent.user();
    assert!(user.starts_with("visitor_"), "{user}");
    assert_eq!(
        sent.body.as_deref(),
        Some(&*format!(
            r#"{{"workflow":{{"id":"wf_2","state_variables":{{"plan":1.50}}}},"user":"{user}","expires_after":{{"anchor":"created_at","seconds":300}}}}"#
        ))
    );
}

#[test]
fn the_record_has_the_hash_of_the_user_and_the_times() {
    let world = World::new(&[]);
    let answer = world.upstream.new_session(NOON).after(2_000);
    world.upstream.answer(SESSIONS_URL, [answer]);
    world.serve(start());
    let secret = Secret::new("the-visitor-secret-of-the-world");
    let owners = OwnerKeys::derive(&secret, std::iter::empty());
    let record = SessionRecord {
        id: "cksess_1".to_owned(),
        owner: owners.hash(&world.upstream.sent()[0].user()),
        workflow: "wf_1".to_owned(),
        created_at: NOON / 1000 + 2,
        expires_at: NOON / 1000 + 600,
        cancelled: false,
    };
    assert_eq!(world.ledger.record("cksess_1"), Some(record));
}

#[test]
fn a_session_is_counted_once_in_the_ledger_and_in_the_dataset() {
    let world = World::new(&[("COUNTER_PUBLISH_SECONDS", "77")]);
    world.serve(start());
    assert_eq!(
        world.ledger.counts(),
        [("sessions_created".to_owned(), 1)].into()
    );
    assert_eq!(world.ledger.publish_seconds.get(), 77);
    let written = ("sessions_created".to_owned(), String::new(), 1);
    assert_eq!(world.dataset.all(), [written]);
}

#[test]
fn counting_spreads_over_all_shards() {
    let world = World::new(&[("COUNTER_SHARDS", "4")]);
    for _ in 0..20 {
        world.serve(start());
    }
    assert_eq!(world.ledger.shards(), [0, 1, 2, 3]);
    assert_eq!(world.ledger.counted("sessions_created"), 20);
}

#[test]
fn the_log_has_one_line_with_what_happened_at_openai() {
    let world = World::new(&[]);
    let answer = world.upstream.new_session(NOON).after(120);
    let answer = answer
        .header("x-request-id", "req_1")
        .header("set-cookie", "a=b");
    world.upstream.answer(SESSIONS_URL, [answer]);
    let reply = world.serve(post("/api/chatkit/session?user=victim"));
    assert_eq!(
        world.lines.all(),
        [json!({
            "level": "info",
            "event": "session.created",
            "request_id": reply.header("X-Request-Id"),
            "method": "POST",
            "path": "/api/chatkit/session",
            "status": 200,
            "took_ms": 120,
            "session_id": "cksess_1",
            "openai_status": 200,
            "openai_request_id": "req_1",
            "tries": 1,
        })]
    );
}

#[test]
fn a_session_without_an_id_starts_and_has_no_record() {
    let world = World::new(&[("SESSION_TTL_SECONDS", "60")]);
    world.upstream.answer(
        SESSIONS_URL,
        [Answer::new(200, r#"{"client_secret":"ek_1"}"#)],
    );
    let reply = world.serve(start());
    assert_eq!(reply.json()["session_id"], Value::Null);
    assert_eq!(reply.json()["expires_at"], NOON / 1000 + 60);
    assert!(!world.trace().contains(&"ledger put_record".to_owned()));
    assert_eq!(world.ledger.counted("sessions_created"), 1);
}

#[test]
fn a_record_that_cannot_be_stored_does_not_fail_the_session() {
    let world = World::new(&[]);
    world.ledger.fail("put_record", 2);
    assert_eq!(world.serve(start()).status(), 200);
    let line = world.lines.last();
    assert_eq!(line["event"], "session.created");
    assert_eq!(line["level"], "info");
    assert_eq!(
        line["cause"],
        "the ledger failed: Error: Network connection lost."
    );
}

#[test]
fn a_counter_that_cannot_be_stored_does_not_fail_the_session() {
    let world = World::new(&[]);
    world.ledger.fail("count_later", 1);
    assert_eq!(world.serve(start()).status(), 200);
    assert_eq!(
        world.lines.values("event"),
        ["ledger.failed", "session.created"]
    );
    let ids = world.lines.values("request_id");
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]), "both name the request");
}

#[test]
fn wrong_settings_fail_every_session_before_anything_is_done() {
    let world = World::new(&[("OPENAI_API_KEY", ""), ("HISTORY", "maybe")]);
    let reply = world.serve(start().body("{"));
    assert_eq!(reply.outcome(), (500, "not_configured".to_owned()));
    let detail = reply.json()["detail"].to_string();
    assert!(detail.contains("Error creating ChatKit session: OPENAI_API_KEY is not set"));
    assert!(
        detail.contains("HISTORY must be true or false."),
        "{detail}"
    );
    assert_eq!(
        world.trace(),
        ["dataset sessions_failed", "ledger count_later", "log"]
    );
    assert_eq!(world.ledger.counted("failed:not_configured"), 1);
    assert_eq!(world.lines.last()["level"], "error");
    let cause = world.lines.last()["cause"].to_string();
    assert!(cause.contains("OPENAI_API_KEY is not set") && cause.contains("HISTORY must be"));
}

#[test]
fn a_wrong_body_fails_before_anyone_is_identified_and_is_counted() {
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(16 * 1024));
    for (body, status, code) in [
        ("{", 400, "invalid_json"),
        (r#"{"workflow_id":7}"#, 400, "invalid_request"),
        (r#"{"workflow_id":"wf_9"}"#, 403, "workflow_not_allowed"),
        (&large, 413, "payload_too_large"),
    ] {
        let world = World::new(&[]);
        let reply = world.serve(start().body(body));
        assert_eq!(reply.outcome(), (status, code.to_owned()));
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(world.upstream.sent().is_empty());
        let counts = [
            (format!("failed:{code}"), 1),
            ("sessions_failed".to_owned(), 1),
        ];
        assert_eq!(world.ledger.counts(), counts.into());
        let line = world.lines.last();
        assert_eq!(
            (&line["code"], &line["level"]),
            (&json!(code), &json!("info"))
        );
        assert_eq!(line["event"], "request");
    }
}

#[test]
fn a_client_that_disconnects_while_it_sends_the_body_is_not_counted() {
    let world = World::new(&[]);
    world.serve(start().body(r#"{"work"#).breaks_off());
    assert_eq!(world.ledger.counts(), [].into());
    let line = world.lines.last();
    assert_eq!(
        (&line["code"], &line["status"]),
        (&json!("client_gone"), &json!(499))
    );
}

#[test]
fn without_randomness_no_visitor_is_made_up() {
    let world = World::new(&[]);
    world.clock.has_no_randomness.set(true);
    assert_eq!(world.serve(start()).outcome(), (500, "internal".to_owned()));
    assert!(world.upstream.sent().is_empty());
    assert_eq!(world.ledger.counted("failed:internal"), 1);
}
