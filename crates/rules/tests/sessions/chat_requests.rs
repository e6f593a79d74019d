//! `POST /chatkit` with an agent: what reaches the object of a user, and for whom.

use super::twins::scripted_chats::ObjectAnswer;
use super::twins::scripted_upstream::Answer;
use super::twins::signed_tokens::{AUDIENCE, ISSUER, claims, key_set, rsa_key, signed};
use super::twins::test_client::{TestRequest, delete, get, post, request};
use super::twins::{Limit, World};
use serde_json::{Value, json};
use std::rc::Rc;

pub const AGENT: [(&str, &str); 2] = [
    ("OPENAI_CHATKIT_WORKFLOW_ID", ""),
    (
        "AGENT",
        r#"{"model":"gpt-5.2","instructions":"{{claims.name}}"}"#,
    ),
];
const SITE: &str = "https://www.example.com";

fn world(more: &[(&str, &str)]) -> Rc<World> {
    World::new(&[more, &AGENT].concat())
}

pub fn chat(body: &Value) -> TestRequest {
    post("/chatkit").body(body.to_string())
}

pub fn create() -> TestRequest {
    let content = json!([{"type": "input_text", "text": "Hi"}]);
    chat(&json!({"type": "threads.create", "params": {"input": {"content": content}}}))
}

fn list() -> TestRequest {
    chat(&json!({"type": "threads.list", "params": {"limit": 9999, "order": "desc"}}))
}

#[test]
fn a_new_visitor_creates_a_thread_and_gets_what_proves_them() {
    let world = world(&[]);
    let stream = "data: {\"type\":\"thread.created\"}\n\n";
    world
        .chats
        .answer(ObjectAnswer::Passed("text/event-stream", stream.to_owned()));
    let reply = world.serve(create());
    assert_eq!((reply.status(), reply.text()), (200, stream));
    for (name, value) in [
        ("Content-Type", "text/event-stream"),
        ("Cache-Control", "no-store"),
        ("X-ChatKit-Run", "run_1"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
    // The same visitor has the same object; another visitor has another.
    let (name, call) = world.chats.last();
    assert_eq!((name.len(), &call["call"]["user"]), (43, &json!(name)));
    assert!(
        call["call"]["user_id"]
            .as_str()
            .unwrap()
            .starts_with("visitor_")
    );
    assert_eq!(call["operation"]["type"], "request");
    assert_eq!(call["operation"]["request"]["type"], "threads.create");
    world.serve(list().cookie(reply.cookie()));
    assert_eq!(world.chats.last().0, name);
    world.serve(create());
    assert_ne!(world.chats.last().0, name);
}

#[test]
fn a_page_of_another_site_reads_the_visitor_and_the_run_in_headers() {
    let world = world(&[("ALLOWED_ORIGINS", SITE)]);
    let reply = world.serve(create().origin(SITE));
    let value = reply.header("X-ChatKit-Visitor-Token").unwrap().to_owned();
    assert_eq!(
        reply.header("Access-Control-Expose-Headers"),
        Some("X-Request-Id, Retry-After, X-ChatKit-Run, X-ChatKit-Visitor-Token")
    );
    assert!(
        reply
            .header("Set-Cookie")
            .unwrap()
            .ends_with("SameSite=None; Secure; Partitioned")
    );
    let (name, _) = world.chats.last();
    // By the header alone: the same visitor, and no cookie.
    let again = world.serve(
        list()
            .origin(SITE)
            .header("X-ChatKit-Visitor-Token", value.as_str()),
    );
    assert_eq!(world.chats.last().0, name);
    assert_eq!(
        again.header("X-ChatKit-Visitor-Token"),
        Some(value.as_str())
    );
    assert_eq!(again.header("Set-Cookie"), None);
    // By the cookie: a script must not read the value.
    let by_cookie = world.serve(list().origin(SITE).cookie(reply.cookie()));
    assert_eq!(by_cookie.header("X-ChatKit-Visitor-Token"), None);
}

#[test]
fn a_visitor_without_proof_has_no_threads_and_may_do_nothing_else() {
    let world = world(&[]);
    let reply = world.serve(list());
    assert_eq!(
        (reply.status(), reply.text()),
        (200, r#"{"data":[],"has_more":false}"#)
    );
    for body in [
        json!({"type": "threads.get_by_id", "params": {"thread_id": "thr_1"}}),
        json!({"type": "threads.delete", "params": {"thread_id": "thr_1"}}),
        json!({"type": "threads.retry_after_item", "params": {"thread_id": "thr_1", "item_id": "msg_1"}}),
        json!({"type": "threads.add_user_message", "params": {"thread_id": "thr_1", "input": {"content": []}}}),
        json!({"type": "input.transcribe", "params": {"audio_base64": "", "mime_type": "audio/mp4"}}),
    ] {
        let reply = world.serve(chat(&body));
        assert_eq!(
            reply.outcome(),
            (401, "identity_required".to_owned()),
            "{body}"
        );
        assert_eq!(reply.json()["message"], reply.json()["detail"]);
    }
    for request in [get("/chatkit/runs/run_1"), delete("/chatkit/runs/run_1")] {
        assert_eq!(world.serve(request).status(), 401);
    }
    assert_eq!(world.chats.calls(), []);
}

#[test]
fn a_malformed_request_is_a_400_that_names_the_field_and_reaches_nobody() {
    let world = world(&[]);
    for (body, code, detail) in [
        ("{", "invalid_json", "The body is not valid JSON"),
        ("", "invalid_request", "The body must be"),
        (
            r#"{"type":"threads.stop"}"#,
            "invalid_request",
            "type must be one of threads.create",
        ),
        (
            r#"{"type":"threads.create","params":{"input":{}}}"#,
            "invalid_request",
            "params.input.content must be",
        ),
    ] {
        let reply = world.serve(post("/chatkit").body(body));
        assert_eq!(reply.outcome(), (400, code.to_owned()), "{body}");
        assert!(
            reply.json()["detail"].as_str().unwrap().starts_with(detail),
            "{}",
            reply.text()
        );
    }
    let large = world.serve(post("/chatkit").body(vec![b' '; 256 * 1024 + 1]));
    assert_eq!(large.outcome(), (413, "payload_too_large".to_owned()));
    assert_eq!(large.json()["detail"], "The body is larger than 256 KiB.");
    assert_eq!(world.chats.calls(), []);
}

#[test]
fn only_a_recording_may_be_larger_than_256_kib_and_none_than_10_mib() {
    let world = world(&[]);
    let cookie = world.serve(create()).cookie();
    let sized = |kind: &str, bytes: usize| {
        let params = json!({"audio_base64": "a".repeat(bytes), "mime_type": "audio/mp4"});
        let request = chat(&json!({"type": kind, "params": params})).cookie(cookie.as_str());
        request.header("Content-Length", (bytes + 100).to_string())
    };
    assert_eq!(
        world.serve(sized("input.transcribe", 1_000_000)).status(),
        200
    );
    let other = world.serve(sized("threads.list", 1_000_000));
    assert_eq!(other.json()["detail"], "The body is larger than 256 KiB.");
    let large = world.serve(sized("input.transcribe", 10 * 1024 * 1024));
    assert_eq!(large.json()["detail"], "The body is larger than 10 MiB.");
    assert_eq!(world.chats.calls().len(), 2);
}

#[test]
fn a_foreign_page_may_not_chat() {
    let world = world(&[("ALLOWED_ORIGINS", SITE)]);
    let foreign = "https://evil.example";
    for request in [
        create().origin(foreign),
        delete("/chatkit/runs/run_1").origin(foreign),
    ] {
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (403, "origin_not_allowed".to_owned()));
        assert!(reply.json()["message"].as_str().unwrap().contains(foreign));
    }
    let asked = "content-type, chatkit-frame-instance-id, x-chatkit-on-disconnect";
    let preflight = request("OPTIONS", "/chatkit").origin(SITE);
    let preflight = preflight.header("Access-Control-Request-Headers", asked);
    let reply = world.serve(preflight.header("Access-Control-Request-Method", "POST"));
    let allowed = reply
        .header("Access-Control-Allow-Headers")
        .unwrap()
        .to_ascii_lowercase();
    assert!(
        asked.split(", ").all(|name| allowed.contains(name)),
        "{allowed}"
    );
    assert_eq!(world.chats.calls(), []);
}

#[test]
fn a_call_says_who_calls_from_where_and_how() {
    let keys = "https://site.example/keys";
    let world = world(&[
        ("AUTH", "jwt"),
        ("AUTH_JWKS_URL", keys),
        ("AUTH_ISSUER", ISSUER),
        ("AUTH_AUDIENCE", AUDIENCE),
        ("AGENTS", r#"{"sales":{"model":"m"}}"#),
    ]);
    world
        .upstream
        .answer_always(keys, Answer::new(200, key_set(&[rsa_key("a")])));
    let mut claims = claims();
    claims["name"] = json!("Ada");
    claims["email"] = json!("ada@example.com");
    let token = signed(
        &json!({"alg": "RS256", "kid": "a"}),
        &claims,
        "signed:modulus-a",
    );
    let body = json!({"type": "threads.list", "params": {}});
    let request = post("/chatkit?agent=sales")
        .body(body.to_string())
        .bearer(&token);
    let request = request.header("Accept-Language", "de-CH, en;q=0.8");
    let request = request.header("chatkit-frame-instance-id", "frame-1");
    let reply = world.serve(request.header("X-ChatKit-On-Disconnect", "finish"));
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.header("Set-Cookie"), None);
    let (name, call) = world.chats.last();
    let mut call = call["call"].clone();
    assert_eq!(call["request_id"].as_str(), reply.header("X-Request-Id"));
    call.as_object_mut().unwrap().remove("request_id");
    // Only the claims that an agent's instructions name leave the Worker.
    assert_eq!(
        call,
        json!({
            "user": name, "user_id": "user-1", "agent": "sales", "locale": "de-CH", "claims": {"name": "Ada"},
            "frame": "frame-1", "finish": true, "origin": "https://edge.example.net",
        })
    );
}

#[test]
fn an_unknown_agent_is_a_400() {
    let world = world(&[]);
    let body = json!({"type": "threads.list", "params": {}});
    let reply = world.serve(post("/chatkit?agent=nobody").body(body.to_string()));
    assert_eq!(reply.outcome(), (400, "invalid_request".to_owned()));
    assert_eq!(
        reply.json()["detail"],
        "agent must be the name of an agent of this Worker."
    );
}

#[test]
fn runs_are_attached_to_and_stopped_through_the_object() {
    let world = world(&[]);
    let cookie = world.serve(create()).cookie();
    let name = world.chats.last().0;
    world.chats.answer(ObjectAnswer::Passed(
        "text/event-stream",
        "data: 1\n\n".to_owned(),
    ));
    let attached = world.serve(get("/chatkit/runs/run_1").cookie(cookie.as_str()));
    assert_eq!(attached.text(), "data: 1\n\n");
    let operation = |call: &(String, Value)| (call.0.clone(), call.1["operation"].clone());
    let attach = json!({"type": "attach", "run": "run_1"});
    assert_eq!(operation(&world.chats.last()), (name.clone(), attach));
    let stopped = r#"{"id":"run_1","status":"stopped"}"#;
    world
        .chats
        .answer(ObjectAnswer::Passed("application/json", stopped.to_owned()));
    let reply = world.serve(delete("/chatkit/runs/run_1").cookie(cookie.as_str()));
    assert_eq!(
        (reply.text(), reply.header("Content-Type")),
        (stopped, Some("application/json"))
    );
    assert_eq!(
        operation(&world.chats.last()),
        (name, json!({"type": "stop", "run": "run_1"}))
    );
    world.chats.answer(ObjectAnswer::Refused(
        404,
        r#"{"code":"not_found"}"#.to_owned(),
    ));
    let unknown = world.serve(get("/chatkit/runs/run_2").cookie(cookie.as_str()));
    assert_eq!(unknown.outcome(), (404, "not_found".to_owned()));
    // HEAD attaches to nothing: leaving could stop the answer.
    let calls = world.chats.calls().len();
    assert_eq!(
        world
            .serve(request("HEAD", "/chatkit/runs/run_1").cookie(cookie))
            .status(),
        200
    );
    assert_eq!(world.chats.calls().len(), calls);
}

#[test]
fn messages_are_limited_for_the_caller_and_the_address_and_reading_is_not() {
    let world = world(&[]);
    let cookie = world.serve(create()).cookie();
    let limiters: Vec<String> = world
        .calls()
        .into_iter()
        .filter(|call| call.starts_with("limiter"))
        .collect();
    assert_eq!(limiters.len(), 2, "{limiters:?}");
    for limiter in ["MESSAGES_PER_ADDRESS", "MESSAGES_PER_CALLER"] {
        world.limiters.set(limiter, Limit::Over);
        let reply = world.serve(create().cookie(cookie.as_str()));
        assert_eq!(
            (reply.status(), reply.header("Retry-After")),
            (200, Some("60"))
        );
        assert!(
            reply.text().contains("Wait a minute and try again."),
            "{}",
            reply.text()
        );
        assert_eq!(world.lines.last()["code"], "rate_limited");
        let read = world.serve(list().cookie(cookie.as_str()));
        assert_eq!(
            read.header("Content-Type"),
            Some("text/event-stream"),
            "the twin's answer"
        );
        world.limiters.set(limiter, Limit::Within);
    }
    assert_eq!(world.chats.calls().len(), 3);
}

#[test]
fn what_a_page_reports_of_messages_and_threads_is_not_counted_twice() {
    let world = world(&[]);
    world.serve(create());
    for path in ["/api/analytics/message", "/api/analytics/thread-change"] {
        let reply = world.serve(post(path).body("{}"));
        assert_eq!(reply.json(), json!({"status": "tracked"}));
    }
    // The object counts them, and here there is none.
    assert_eq!(world.ledger.counts().len(), 0);
    world.serve(post("/api/errors").body(r#"{"message":"x"}"#));
    assert_eq!(world.ledger.counted("client_errors"), 1);
}
