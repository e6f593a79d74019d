//! OpenAI's responses: sessions, errors, and headers about retries.

use super::check_redacted;
use rules::error::OpenAiError;
use rules::hosted::openai_response::{
    Session, error_of_response, error_of_status, parse_error, parse_session, parse_session_id,
};
use rules::hosted::retry::{Outcome, RetryHeaders, delay};
use rules::hosted::session_response::SessionResponse;
use rules::problem::Problem;
use serde_json::{Value, json};

/// In Unix milliseconds.
const NOW_MS: u64 = 1_795_262_400_000;
/// 10000-01-01, in Unix seconds: from here on, years have five digits.
const END_OF_TIME: u64 = 253_402_300_800;
const KEY: &str = "sk-proj-Zq3vXw8RkLm5NpTs7YbDc2Fg";

/// The input is the body of a session, the body of an error, and a line for each of the headers.
pub fn check(input: &[u8]) {
    match parse_session(input, Some(60), NOW_MS / 1000) {
        Ok(session) => {
            is_handed_on(input, &session);
            let id = parse_session_id(input).filter(|id| !id.is_empty());
            assert_eq!(id, session.id, "the id of an unusable session is found too");
        }
        Err(failure) => assert_eq!(failure, OpenAiError::BadResponse),
    }
    error(input);
    if let Ok(text) = str::from_utf8(input) {
        let mut lines = text.split('\n');
        headers([(); 3].map(|()| lines.next()));
    }
}

/// The page gets the secret unchanged, a time within the calendar, and no other field.
fn is_handed_on(input: &[u8], session: &Session) {
    let said: Value = serde_json::from_slice(input).expect("a session is JSON");
    let secret = session.client_secret.expose();
    assert!(!secret.is_empty() && said["client_secret"] == secret);
    assert!(session.expires_at < END_OF_TIME);
    if let Some(at) = said["expires_at"].as_u64().filter(|at| *at < END_OF_TIME) {
        assert_eq!(session.expires_at, at);
    }
    if session.id.as_deref() != Some(secret) {
        assert!(!format!("{session:?}").contains(&format!("{secret:?}")));
    }
    let thread = Some("cthr_1".to_owned());
    let response = SessionResponse::new(session, Some("v.m"), Some(&thread));
    let response = serde_json::to_value(response).expect("a response is JSON");
    let expected = json!({
        "client_secret": secret,
        "expires_at": session.expires_at,
        "session_id": session.id,
        "visitor": "v.m",
        "thread_id": "cthr_1",
    });
    assert_eq!(response, expected);
}

/// The error's message is found, and no part of the key remains in it.
fn error(input: &[u8]) {
    let text = parse_error(input);
    let said: Option<Value> = serde_json::from_slice(input).ok();
    match said
        .as_ref()
        .and_then(|said| said["error"]["message"].as_str())
    {
        Some(message) => assert_eq!(text, message),
        None => assert!(text.chars().count() <= 400),
    }
    if error_of_response(404, None, input) == OpenAiError::WorkflowNotFound {
        assert!(said.is_some_and(|said| said["error"]["message"].is_string()));
    }
    check_redacted::redacted(&text, KEY);
    echoed(&text);
}

/// Texts that echo the key or its end among other text.
fn echoed(around: &str) {
    let half = (0..=around.len() / 2)
        .rev()
        .find(|at| around.is_char_boundary(*at));
    let (before, after) = around.split_at(half.unwrap_or(0));
    let tail = &KEY[KEY.len() - 8..];
    for echo in [KEY, tail, &format!("sk-proj-****{}", &tail[4..])] {
        check_redacted::redacted(&format!("{before}{echo}{after}"), KEY);
    }
}

/// No header causes a delay beyond the deadline or an unlimited number of retries.
fn headers([should, ms, after]: [Option<&str>; 3]) {
    let advice = RetryHeaders::read(should, ms, after, NOW_MS);
    for (attempts, left_ms) in [(1, 30_000), (2, 1), (2, 600_000), (3, 600_000)] {
        for outcome in [
            Outcome::NoConnection,
            Outcome::Status(429),
            Outcome::Status(400),
        ] {
            let pause = delay(outcome, advice, attempts, 128, left_ms);
            assert!(pause.is_none_or(|pause| pause < left_ms && attempts <= 2));
            if advice.should_retry == Some(false) {
                assert_eq!(pause, None);
            }
        }
    }
    // The Retry-After for the client is in whole seconds and never less than OpenAI's.
    let problem = Problem::from(error_of_status(429, advice.retry_after_ms));
    assert_eq!(
        problem.retry_after.is_some(),
        advice.retry_after_ms.is_some()
    );
    if let (Some(seconds), Some(ms)) = (problem.retry_after, advice.retry_after_ms) {
        assert!(seconds * 1_000 >= ms && seconds * 1_000 < ms + 1_000);
        assert!(seconds <= 86_400, "a page waits a day at most");
    }
}
