//! Answers of OpenAI that are not sessions: what the client is told, and what the log says.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::start;
use super::twins::{API_KEY, SESSIONS_URL, World};
use rules::platform::ReadError;
use serde_json::{Value, json};
use std::rc::Rc;

/// What the log adds if OpenAI may have created the session.
const LEFT: &str = "OpenAI may have a session that nobody uses; it counts against the daily limits";

/// A world whose OpenAI gives this answer to every request.
fn world_with(answer: Answer) -> Rc<World> {
    let world = World::new(&[]);
    world.upstream.answer_always(SESSIONS_URL, answer);
    world
}

/// Starts a session, and returns the status, the code, and the cause in the log.
fn failure(answer: Answer) -> (u16, String, Value) {
    let world = world_with(answer);
    let (status, code) = world.serve(start()).outcome();
    (status, code, world.lines.last()["cause"].clone())
}

#[test]
fn the_line_of_a_failure_has_tries_status_request_id_and_redacted_cause() {
    let tail = &API_KEY[API_KEY.len() - 6..];
    let message = format!("Incorrect API key provided: sk-proj-****{tail}. Find it at x.");
    let answer = Answer::error(401, &message)
        .header("x-request-id", "req_9")
        .after(80);
    let world = world_with(answer);
    let reply = world.serve(start());
    assert_eq!(
        world.lines.all(),
        [json!({
            "level": "error",
            "event": "request",
            "request_id": reply.header("X-Request-Id"),
            "method": "POST",
            "path": "/api/chatkit/session",
            "status": 502,
            "code": "openai_key_rejected",
            "took_ms": 80,
            "openai_status": 401,
            "openai_request_id": "req_9",
            "tries": 1,
            "cause": "Incorrect API key provided: [redacted] Find it at x.",
        })]
    );
}

#[test]
fn the_client_gets_our_words_and_not_those_of_openai() {
    let world = world_with(Answer::error(400, "The workflow of proj_secret is broken"));
    let reply = world.serve(start());
    let sentence = "Error creating ChatKit session: OpenAI rejected the request with status 400.";
    assert_eq!(
        reply.json(),
        json!({
            "type": "urn:chatkit-edge:problem:openai_rejected",
            "title": "OpenAI rejected the request",
            "status": 502,
            "detail": sentence,
            "code": "openai_rejected",
            "request_id": reply.header("X-Request-Id"),
            "error": sentence,
            "message": sentence,
        })
    );
    assert_eq!(
        reply.header("Content-Type"),
        Some("application/problem+json")
    );
    assert_eq!(reply.header("Set-Cookie"), None);
}

#[test]
fn the_log_has_the_last_attempt() {
    let world = World::new(&[]);
    world.upstream.answer(
        SESSIONS_URL,
        [
            Answer::error(500, "first").header("x-request-id", "req_1"),
            Answer::no_connection("TypeError: fetch failed"),
            Answer::error(400, "last").header("x-request-id", "req_3"),
        ],
    );
    world.serve(start());
    let line = world.lines.last();
    assert_eq!(
        (&line["tries"], &line["openai_status"]),
        (&3.into(), &400.into())
    );
    assert_eq!(
        (&line["openai_request_id"], &line["cause"]),
        (&"req_3".into(), &"last".into())
    );
}

#[test]
fn a_response_of_up_to_1_mib_is_read_and_a_larger_one_is_not_usable() {
    let session = |length: usize| {
        let rest = r#"{"client_secret":"ek_1","x":""}"#.len();
        format!(
            r#"{{"client_secret":"ek_1","x":"{}"}}"#,
            "x".repeat(length - rest)
        )
    };
    let world = world_with(Answer::new(200, session(1024 * 1024)));
    assert_eq!(world.serve(start()).status(), 200);
    let large = Answer::new(200, session(1024 * 1024 + 1));
    let cause = json!(format!("the response is larger than 1 MiB; {LEFT}"));
    assert_eq!(
        failure(large),
        (502, "openai_bad_response".to_owned(), cause)
    );
}

#[test]
fn a_response_without_a_session_is_not_usable_and_none_of_it_is_logged() {
    for body in [
        "<html>ek_1</html>",
        "",
        "[]",
        r#"{"client_secret":""}"#,
        r#"{"secret":"ek_1","error":{"message":"ek_1"}}"#,
    ] {
        let cause = json!(format!("the response contains no session; {LEFT}"));
        let expected = (502, "openai_bad_response".to_owned(), cause);
        assert_eq!(failure(Answer::new(200, body)), expected, "{body}");
    }
}

#[test]
fn a_body_that_breaks_off_is_not_usable_and_one_that_takes_too_long_is_a_timeout() {
    let words = || "TypeError: Network connection lost.".to_owned();
    let cause = || json!(format!("{}; {LEFT}", words()));
    let broken = Answer::unreadable(200, ReadError::Failed(words()));
    let expected = (502, "openai_bad_response".to_owned(), cause());
    assert_eq!(failure(broken), expected);
    let slow = Answer::unreadable(200, ReadError::Timeout(words()));
    let expected = (504, "openai_timeout".to_owned(), cause());
    assert_eq!(failure(slow), expected);
}

#[test]
fn an_error_whose_body_cannot_be_read_still_means_its_status() {
    let broken = Answer::unreadable(401, ReadError::TooLarge);
    let (status, code, _) = failure(broken);
    assert_eq!((status, code.as_str()), (502, "openai_key_rejected"));
}

#[test]
fn an_error_without_a_body_has_our_own_words_as_its_cause() {
    let world = world_with(Answer::status(401));
    world.serve(start());
    let cause = world.lines.last()["cause"].to_string();
    assert!(cause.starts_with("\"Invalid API key: "), "{cause}");
}

#[test]
fn a_404_of_a_gateway_is_not_about_the_workflow_and_names_the_address() {
    for body in [
        "",
        "<html>404 page not found</html>",
        r#"{"detail":"Not Found"}"#,
        r#"{"error":{"message":"Invalid URL (POST /chatkit/sessions)"}}"#,
    ] {
        let world = world_with(Answer::new(404, body));
        let reply = world.serve(start());
        assert_eq!(reply.outcome(), (502, "openai_bad_response".to_owned()));
        let detail = reply.json()["detail"].clone();
        let detail = detail.as_str().expect("a detail");
        assert!(
            detail.contains("OPENAI_BASE_URL") && detail.contains("/v1"),
            "{detail}"
        );
    }
    let world = world_with(Answer::error(404, "Workflow with id 'wf_1' not found."));
    let expected = (502, "workflow_not_found".to_owned());
    assert_eq!(world.serve(start()).outcome(), expected);
}

#[test]
fn an_error_without_a_body_does_not_hide_that_the_ledger_failed() {
    let world = World::new(&[("DAILY_SESSION_LIMIT", "5")]);
    world.upstream.answer(SESSIONS_URL, [Answer::status(404)]);
    world.ledger.fail("reserve", 2);
    assert_eq!(world.serve(start()).status(), 502);
    let cause = "the ledger failed: Error: Network connection lost.";
    assert_eq!(world.lines.last()["cause"], cause);
}

#[test]
fn each_failure_is_counted_by_its_code() {
    let world = World::new(&[]);
    let answers = [401, 404, 404, 400].map(|status| Answer::error(status, "no"));
    world.upstream.answer(SESSIONS_URL, answers);
    for _ in 0..4 {
        world.serve(start());
    }
    let counts = [
        ("sessions_failed", 4),
        ("failed:openai_key_rejected", 1),
        ("failed:workflow_not_found", 2),
        ("failed:openai_rejected", 1),
    ];
    let counts = counts.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(world.ledger.counts(), counts.into());
    let codes: Vec<String> = world
        .dataset
        .all()
        .into_iter()
        .map(|(_, code, _)| code)
        .collect();
    let expected = [
        "openai_key_rejected",
        "workflow_not_found",
        "workflow_not_found",
        "openai_rejected",
    ];
    assert_eq!(codes, expected);
}
