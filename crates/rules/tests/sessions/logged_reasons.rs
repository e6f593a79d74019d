//! Every failure has its reason in its line of the log: which claim, which field, which variable, which limit.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::{TestRequest, delete, get, post, refresh, request, start};
use super::twins::{Limit, SESSIONS_URL, World};
use rules::rate_limits::{EVENTS_OVERALL, SESSIONS_PER_CALLER};
use std::rc::Rc;

/// Serves a request, which fails with this code, and returns the reason in the log.
fn reason(world: &Rc<World>, request: TestRequest, code: &str) -> String {
    let reply = world.serve(request);
    assert!(reply.status() >= 400, "{reply:?}");
    let line = world.lines.last();
    assert_eq!(line["code"], code);
    line["cause"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_request_that_is_not_valid_names_the_field() {
    let world = World::new(&[]);
    for (request, code, expected) in [
        (
            start().body("{"),
            "invalid_json",
            "The body is not valid JSON. Send a JSON object, or no body at all.",
        ),
        (
            start().body(r#"{"thread_id":"a b"}"#),
            "invalid_request",
            "thread_id must be null or 1 to 256 letters, digits, underscores and hyphens.",
        ),
        (
            start().body(r#"{"state_variables":{"plan":1}}"#),
            "invalid_request",
            "state_variables: \"plan\" must be one of the names in STATE_VARIABLES.",
        ),
        (
            post("/api/analytics/message").body(r#"{"threadId":7}"#),
            "invalid_request",
            "threadId must be a string or null.",
        ),
        (
            start().body(" ".repeat(20_000)),
            "payload_too_large",
            "The body is larger than 16 KiB.",
        ),
        (
            start().body("{}").in_small_pieces(),
            "invalid_request",
            "The body must be sent in at most 256 pieces.",
        ),
        (
            start().body(r#"{"workflow_id":"wf_9"}"#),
            "workflow_not_allowed",
            "This workflow is not one of those in OPENAI_CHATKIT_WORKFLOW_ID.",
        ),
        (
            request("PUT", "/health"),
            "method_not_allowed",
            "Allowed methods: GET, HEAD, OPTIONS.",
        ),
        (get("/api/x"), "not_found", "No endpoint has this path."),
    ] {
        assert_eq!(reason(&world, request, code), expected);
    }
}

#[test]
fn a_request_without_proof_says_what_is_missing() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let unproven = reason(&world, refresh(), "identity_required");
    assert!(
        unproven.starts_with("The refresh has neither"),
        "{unproven}"
    );
    let unknown = delete("/api/chatkit/session/cksess_9").cookie(cookie);
    assert_eq!(
        reason(&world, unknown, "not_found"),
        "No session of this user has this id."
    );
}

#[test]
fn a_limit_is_named() {
    for (limiter, request) in [
        (SESSIONS_PER_CALLER, start()),
        (EVENTS_OVERALL, post("/api/errors")),
    ] {
        let world = World::new(&[]);
        world.limiters.set(limiter, Limit::Over);
        assert_eq!(
            reason(&world, request, "rate_limited"),
            format!("over the limit of {limiter}")
        );
    }
}

#[test]
fn wrong_settings_are_named_without_their_values() {
    let world = World::new(&[("HISTORY", "maybe"), ("OPENAI_TIMEOUT_SECONDS", "60")]);
    assert_eq!(
        reason(&world, start(), "not_configured"),
        "OPENAI_TIMEOUT_SECONDS must be a whole number from 1 to 40. HISTORY must be true or false."
    );
}

#[test]
fn a_body_that_breaks_off_is_an_aborted_request_before_the_runtime_notices_it() {
    for request in [start(), refresh(), post("/api/errors")] {
        let world = World::new(&[]);
        assert_eq!(
            reason(&world, request.body("{").breaks_off(), "client_gone"),
            "the body broke off: TypeError: Network connection lost."
        );
        assert_eq!(world.lines.last()["status"], 499);
        assert_eq!(world.ledger.counts(), [].into(), "it is not counted");
    }
}

#[test]
fn a_failure_of_openai_has_openais_words_or_ours() {
    for (answer, code, expected) in [
        (
            Answer::error(400, "no such field"),
            "openai_rejected",
            "no such field",
        ),
        (
            Answer::status(400),
            "openai_rejected",
            "OpenAI rejected the request with status 400.",
        ),
    ] {
        let world = World::new(&[]);
        world.upstream.answer_always(SESSIONS_URL, answer);
        assert_eq!(reason(&world, start(), code), expected);
    }
}
