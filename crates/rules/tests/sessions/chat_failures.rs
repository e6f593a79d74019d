//! What fails in `/chatkit`: in the stream where the widget would repeat the message, and a problem elsewhere.

use super::chat_requests::{AGENT, chat, create};
use super::twins::scripted_chats::ObjectAnswer;
use super::twins::test_client::{get, post, refresh, start};
use super::twins::{Reply, World};
use serde_json::{Value, json};
use std::rc::Rc;

fn world(more: &[(&str, &str)]) -> Rc<World> {
    World::new(&[more, &AGENT].concat())
}

/// The only event of a stream, and whether a retry is offered.
fn failure(reply: &Reply) -> (String, bool) {
    assert_eq!(reply.status(), 200, "{}", reply.text());
    assert_eq!(reply.header("Content-Type"), Some("text/event-stream"));
    let event = reply
        .text()
        .strip_prefix("data: ")
        .and_then(|rest| rest.strip_suffix("\n\n"));
    let event: Value = serde_json::from_str(event.expect("one event")).expect("JSON");
    assert_eq!(
        (&event["type"], &event["code"]),
        (&json!("error"), &json!("custom"))
    );
    let message = event["message"].as_str().expect("a message").to_owned();
    (message, event["allow_retry"].as_bool().expect("a switch"))
}

#[test]
fn a_failure_of_the_object_is_an_event_of_the_stream_and_its_cause_is_in_the_log() {
    for (answer, cause) in [
        (
            ObjectAnswer::Lost("Error: Network connection lost."),
            "Network connection lost.",
        ),
        (
            ObjectAnswer::Lost("CHATS is not bound"),
            "CHATS is not bound",
        ),
        (
            ObjectAnswer::Refused(500, "oops".to_owned()),
            "the object of the user answered 500",
        ),
        (ObjectAnswer::Never, "no answer within 30 seconds"),
    ] {
        let world = world(&[]);
        world.chats.answer(answer.clone());
        let (message, allow_retry) = failure(&world.serve(create()));
        assert!(
            message.starts_with("Something went wrong") && allow_retry,
            "{message}"
        );
        let line = world.lines.last();
        assert_eq!(
            (&line["level"], &line["code"], &line["status"]),
            (&json!("error"), &json!("internal"), &json!(200))
        );
        assert!(line["cause"].as_str().unwrap().contains(cause), "{line}");
        assert_eq!(line["event"], "threads.create");
        assert_eq!(world.ledger.counted("answers_failed"), 1);
        assert_eq!(
            world.ledger.counted("answers_failed:internal"),
            1,
            "{:?}",
            world.ledger.counts()
        );
        // The same for a request without a stream is a problem.
        let cookie = world.serve(create()).cookie();
        world.chats.answer(answer);
        let list = chat(&json!({"type": "threads.list", "params": {}}));
        assert_eq!(
            world.serve(list.cookie(cookie)).outcome(),
            (500, "internal".to_owned())
        );
    }
}

#[test]
fn what_the_object_refuses_has_its_code_and_its_words() {
    let world = world(&[]);
    let busy = r#"{"code":"thread_busy"}"#;
    world
        .chats
        .answer(ObjectAnswer::Refused(409, busy.to_owned()));
    let (message, allow_retry) = failure(&world.serve(create()));
    assert!(message.starts_with("This chat is still answering.") && allow_retry);
    assert_eq!(world.lines.last()["code"], "thread_busy");
    let words = r#"{"code":"not_found","detail":"There is no such thread."}"#;
    world
        .chats
        .answer(ObjectAnswer::Refused(404, words.to_owned()));
    assert_eq!(
        failure(&world.serve(create())),
        ("There is no such thread.".to_owned(), false)
    );
    let cookie = world.serve(create()).cookie();
    world
        .chats
        .answer(ObjectAnswer::Refused(404, words.to_owned()));
    let get = json!({"type": "threads.get_by_id", "params": {"thread_id": "thr_1"}});
    let reply = world.serve(chat(&get).cookie(cookie));
    assert_eq!(reply.outcome(), (404, "not_found".to_owned()));
    assert_eq!(reply.json()["message"], "There is no such thread.");
    let field = r#"{"code":"invalid_request","field":"params.limit","expected":"a number"}"#;
    world
        .chats
        .answer(ObjectAnswer::Refused(400, field.to_owned()));
    let reply = world.serve(create());
    assert_eq!(failure(&reply).0, "params.limit must be a number.");
}

#[test]
fn wrong_settings_are_an_event_of_the_stream_and_a_problem_elsewhere() {
    let world = World::new(&[
        ("AGENT", r#"{"model":""}"#),
        ("OPENAI_CHATKIT_WORKFLOW_ID", ""),
    ]);
    let (message, allow_retry) = failure(&world.serve(create()));
    assert_eq!(
        (message.as_str(), allow_retry),
        ("AGENT.model must be a text.", false)
    );
    let list = chat(&json!({"type": "threads.list", "params": {}}));
    assert_eq!(
        world.serve(list).outcome(),
        (500, "not_configured".to_owned())
    );
    assert_eq!(world.serve(post("/chatkit").body("{")).status(), 400);
    assert_eq!(world.chats.calls(), []);
}

#[test]
fn keys_that_cannot_be_fetched_make_nobody_send_a_message_again() {
    let url = "https://site.example/keys";
    let world = world(&[
        ("AUTH", "jwt"),
        ("AUTH_JWKS_URL", url),
        ("AUTH_ISSUER", "https://site.example"),
        ("AUTH_AUDIENCE", "chat"),
    ]);
    world
        .upstream
        .answer_always(url, super::twins::scripted_upstream::Answer::status(500));
    let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ";
    let (message, allow_retry) =
        failure(&world.serve(create().bearer(&format!("{header}.e30.AAAA"))));
    assert!(message.starts_with("The signing keys could not be fetched") && allow_retry);
    // No token at all is the visitor's own.
    assert_eq!(world.serve(create()).status(), 401);
}

#[test]
fn an_endpoint_of_another_backend_is_a_409_that_says_what_to_use() {
    let agent = world(&[]);
    for request in [start(), refresh(), get("/api/chatkit/session/cksess_1")] {
        let reply = agent.serve(request);
        assert_eq!(reply.outcome(), (409, "wrong_backend".to_owned()));
        assert!(
            reply.json()["detail"]
                .as_str()
                .unwrap()
                .contains("POST /chatkit "),
            "{}",
            reply.text()
        );
    }
    let hosted = World::new(&[]);
    for request in [create(), get("/chatkit/runs/run_1")] {
        let reply = hosted.serve(request);
        assert_eq!(reply.outcome(), (409, "wrong_backend".to_owned()));
        assert!(
            reply.json()["message"]
                .as_str()
                .unwrap()
                .contains("POST /api/chatkit/session")
        );
    }
}
