//! `BACKEND=remote`: what the owner's ChatKit server gets, and what becomes of its errors.

use super::chat_requests::{chat, create};
use super::twins::World;
use super::twins::scripted_chats::stream;
use super::twins::scripted_upstream::Answer;
use super::twins::test_client::get;
use rules::chat::request_signature::sign;
use rules::secret::Secret;
use serde_json::json;
use std::rc::Rc;

const URL: &str = "https://chat.example/chatkit";
const TOOLS_SECRET: &str = "tools-0123456789abcdef";

fn world() -> Rc<World> {
    World::new(&[
        ("OPENAI_API_KEY", ""),
        ("OPENAI_CHATKIT_WORKFLOW_ID", ""),
        ("CHATKIT_SERVER_URL", URL),
        ("TOOLS_SECRET", TOOLS_SECRET),
    ])
}

#[test]
fn a_request_is_forwarded_signed_and_without_cookies_or_tokens() {
    let world = world();
    world.upstream.answer_always(URL, stream("data: {}\n\n"));
    let first = world.serve(create());
    assert_eq!((first.status(), first.text()), (200, "data: {}\n\n"));
    let request = create()
        .cookie(first.cookie())
        .header("X-ChatKit-Visitor-Token", "x");
    let request = request
        .header("Accept-Language", "de")
        .header("chatkit-frame-instance-id", "f-1");
    world.serve(request.bearer("a-token"));
    let sent = world.upstream.sent();
    let (first, sent) = (&sent[0], &sent[1]);
    let header = |name: &str| {
        let found = sent.headers.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (sent.method, sent.url.as_str(), &sent.body),
        ("POST", URL, &first.body)
    );
    assert!(header("X-ChatKit-User").unwrap().starts_with("visitor_"));
    assert!(first.headers.contains(&(
        "X-ChatKit-User",
        header("X-ChatKit-User").unwrap().to_owned()
    )));
    let signed = sign(
        &Secret::new(TOOLS_SECRET),
        sent.at_ms / 1000,
        sent.body.as_ref().unwrap(),
    );
    assert_eq!(header("X-ChatKit-Signature"), Some(signed.as_str()));
    let names: Vec<&str> = sent.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "Content-Type",
            "Accept",
            "X-ChatKit-User",
            "X-ChatKit-Signature",
            "Accept-Language",
            "chatkit-frame-instance-id"
        ]
    );
    assert_eq!(
        (header("Accept"), sent.timeout_ms),
        (Some("text/event-stream"), 30_000)
    );
    assert_eq!(world.ledger.counted("messages"), 2);
}

#[test]
fn an_answer_without_a_stream_is_passed_on_as_json() {
    let world = world();
    world.upstream.answer_always(URL, stream(""));
    let cookie = world.serve(create()).cookie();
    let json = Answer::new(200, r#"{"data":[]}"#).header("content-type", "application/json");
    world.upstream.answer_always(URL, json);
    let list = json!({"type": "threads.list", "params": {}});
    let reply = world.serve(chat(&list).cookie(cookie));
    assert_eq!((reply.status(), reply.text()), (200, r#"{"data":[]}"#));
    assert_eq!(
        world.serve(chat(&list)).json()["has_more"],
        false,
        "a stranger has no threads"
    );
    assert_eq!(world.upstream.sent().len(), 2);
}

#[test]
fn the_servers_errors_become_events_of_the_stream_or_problems() {
    let html = Answer::new(200, "<html>").header("content-type", "text/html");
    for (answer, code, status, retry) in [
        (Answer::status(401), "openai_rejected", 502, false),
        (Answer::status(422), "openai_rejected", 502, false),
        (
            Answer::status(429).header("retry-after", "7"),
            "openai_rate_limited",
            429,
            true,
        ),
        (Answer::status(500), "openai_unavailable", 502, true),
        (
            Answer::no_connection("Error: refused"),
            "openai_unavailable",
            502,
            true,
        ),
        (Answer::never(), "openai_timeout", 504, true),
        (Answer::status(302), "openai_bad_response", 502, true),
        (html, "openai_bad_response", 502, true),
    ] {
        let world = world();
        world.upstream.answer_always(URL, stream(""));
        let cookie = world.serve(create()).cookie();
        world.upstream.answer_always(URL, answer);
        let reply = world.serve(create());
        assert_eq!(
            (reply.status(), reply.header("Content-Type")),
            (200, Some("text/event-stream")),
            "{code}"
        );
        assert!(
            reply.text().contains(r#""message":"The ChatKit server"#),
            "{}",
            reply.text()
        );
        assert!(
            reply.text().contains(&format!(r#""allow_retry":{retry}"#)),
            "{code}"
        );
        assert_eq!(world.lines.last()["code"], code);
        let get = json!({"type": "threads.get_by_id", "params": {"thread_id": "t"}});
        let reply = world.serve(chat(&get).cookie(cookie));
        assert_eq!(reply.outcome(), (status, code.to_owned()));
        assert_eq!(
            world.ledger.counted("messages"),
            1,
            "only what was answered is counted"
        );
    }
}

#[test]
fn the_server_has_no_runs_here() {
    let reply = world().serve(get("/chatkit/runs/run_1"));
    assert_eq!(reply.outcome(), (409, "wrong_backend".to_owned()));
}
