//! The daily limits: exact, per deployment and per user, and what happens when the ledger fails.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::start;
use super::twins::{Fault, NOON, Reply, SESSIONS_URL, World};
use rules::counters::day::Day;
use rules::hosted::session_record::UserHash;
use rules::platform::ReadError;

const TOTAL: &str = "DAILY_SESSION_LIMIT";
const PER_USER: &str = "DAILY_SESSIONS_PER_USER";

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(Reply::status).collect()
}

fn limit_reached() -> (u16, String) {
    (429, "daily_limit_reached".to_owned())
}

#[test]
fn exactly_as_many_sessions_start_as_the_limit_allows_also_at_once() {
    let world = World::new(&[(TOTAL, "4")]);
    let replies = world.serve_all((0..10).map(|_| start()));
    let started = replies.iter().filter(|reply| reply.status() == 200).count();
    assert_eq!(started, 4, "{:?}", statuses(&replies));
    assert_eq!(
        world.upstream.sent().len(),
        4,
        "OpenAI is not asked for the others"
    );
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 4);
    for reply in replies.iter().filter(|reply| reply.status() != 200) {
        assert_eq!(reply.outcome(), limit_reached());
        assert_eq!(reply.header("Retry-After"), Some("43200"), "until midnight");
    }
    assert_eq!(world.dataset.failures("daily_limit_reached"), 6);
    assert_eq!(world.lines.count("code", "daily_limit_reached"), 6);
}

#[test]
fn a_user_has_a_limit_of_their_own() {
    let world = World::new(&[(PER_USER, "2")]);
    let cookie = world.serve(start()).cookie();
    assert_eq!(world.serve(start().cookie(&cookie)).status(), 200);
    assert_eq!(
        world.serve(start().cookie(&cookie)).outcome(),
        limit_reached()
    );
    assert_eq!(world.serve(start()).status(), 200, "another visitor");
}

#[test]
fn both_limits_apply_and_a_rejected_session_uses_up_neither() {
    let world = World::new(&[(PER_USER, "1"), (TOTAL, "2")]);
    let cookie = world.serve(start()).cookie();
    for _ in 0..3 {
        assert_eq!(
            world.serve(start().cookie(&cookie)).outcome(),
            limit_reached()
        );
    }
    assert_eq!(world.serve(start()).status(), 200, "the second of two");
    assert_eq!(world.serve(start()).outcome(), limit_reached());
}

#[test]
fn the_limit_begins_again_at_midnight_utc() {
    let world = World::new(&[(TOTAL, "1")]);
    assert_eq!(world.serve(start()).status(), 200);
    world.clock.advance(43_200_000 - 1);
    let reply = world.serve(start());
    assert_eq!(reply.outcome(), limit_reached());
    assert_eq!(reply.header("Retry-After"), Some("1"));
    world.clock.advance(1);
    assert_eq!(world.serve(start()).status(), 200);
}

#[test]
fn without_limits_the_ledger_reserves_nothing() {
    let world = World::new(&[]);
    world.serve(start());
    assert!(!world.trace().contains(&"ledger reserve".to_owned()));
}

#[test]
fn a_ledger_that_fails_once_is_retried_and_the_limit_stays_exact() {
    let world = World::new(&[(TOTAL, "1")]);
    world.ledger.fail("reserve", 1);
    assert_eq!(world.serve(start()).status(), 200);
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 1);
    assert_eq!(world.lines.last().get("cause"), None);
    world.ledger.fail("reserve", 1);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
}

#[test]
fn a_ledger_that_fails_twice_lets_the_session_start_and_the_log_says_so() {
    let world = World::new(&[(TOTAL, "1")]);
    world.ledger.fail("reserve", 2);
    assert_eq!(world.serve(start()).status(), 200);
    let reserved = world
        .trace()
        .into_iter()
        .filter(|call| call == "ledger reserve");
    assert_eq!(reserved.count(), 2, "not more often");
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
    let line = world.lines.last();
    assert_eq!(
        (&line["event"], &line["level"]),
        (&"session.created".into(), &"info".into())
    );
    assert_eq!(
        line["cause"],
        "the ledger failed: Error: Network connection lost."
    );
}

#[test]
fn with_fail_closed_no_session_starts_while_the_ledger_fails() {
    let closed = World::new(&[(TOTAL, "5"), ("DAILY_LIMITS_FAIL", "closed")]);
    for fault in [Fault::Broken, Fault::Overloaded, Fault::Hangs] {
        closed.ledger.break_next("reserve", &[fault]);
        let reply = closed.serve(start());
        assert_eq!(reply.outcome(), limit_reached(), "{fault:?}");
        assert_eq!(reply.header("Retry-After"), Some("60"));
        let detail = "Error creating ChatKit session: The daily limit could not be checked, so no session starts. \
                      Try again in a minute.";
        assert_eq!(reply.json()["detail"], detail);
        let cause = closed.lines.last()["cause"].to_string();
        assert!(cause.contains("the ledger failed: "), "{cause}");
    }
    assert!(closed.upstream.sent().is_empty());
    assert_eq!(closed.serve(start()).status(), 200, "the ledger answers");
    let open = World::new(&[(TOTAL, "5"), ("DAILY_LIMITS_FAIL", "open")]);
    open.ledger.break_next("reserve", &[Fault::Broken]);
    assert_eq!(open.serve(start()).status(), 200);
}

#[test]
fn with_fail_closed_a_lost_answer_does_not_use_up_the_limit() {
    let world = World::new(&[(TOTAL, "1"), ("DAILY_LIMITS_FAIL", "closed")]);
    let lost = [Fault::AnswerLost, Fault::AnswerLost];
    world.ledger.break_next("reserve", &lost);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
    assert_eq!(world.serve(start()).status(), 200);
}

#[test]
fn a_reservation_whose_answer_was_lost_counts_once() {
    let world = World::new(&[(TOTAL, "2")]);
    for _ in 0..2 {
        world.ledger.break_next("reserve", &[Fault::AnswerLost]);
        assert_eq!(world.serve(start()).status(), 200);
    }
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 2);
    assert_eq!(world.lines.last().get("cause"), None, "nothing went wrong");
    world.ledger.break_next("reserve", &[Fault::AnswerLost]);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
}

#[test]
fn a_request_that_arrives_after_midnight_does_not_start_the_day_before_anew() {
    let world = World::new(&[(TOTAL, "1")]);
    assert_eq!(world.serve(start()).status(), 200);
    // Stamped a tenth of a second before midnight, and counted half a second after.
    world.clock.advance(43_200_000 - 100);
    world.ledger.break_next("reserve", &[Fault::Slow(600)]);
    assert_eq!(
        world.serve(start()).status(),
        200,
        "the first of the new day"
    );
    assert_eq!(world.ledger.reserved(Day::of(world.clock.now_ms())), 1);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
    let reserved = world.ledger.reserved(Day::of(NOON));
    assert_eq!(reserved, 1, "yesterday's count is as it was");
}

#[test]
fn a_session_that_started_without_a_reservation_releases_none() {
    let world = World::new(&[(TOTAL, "1")]);
    world.ledger.fail("reserve", 2);
    world.upstream.answer(SESSIONS_URL, [Answer::status(404)]);
    assert_eq!(world.serve(start()).status(), 502);
    assert!(!world.trace().contains(&"ledger release_later".to_owned()));
}

#[test]
fn a_failed_session_releases_its_reservation_once() {
    for failure in [
        Answer::error(404, "Workflow with id 'wf_1' not found."),
        Answer::status(404),
        Answer::status(503),
        Answer::no_connection("TypeError: fetch failed"),
    ] {
        let world = World::new(&[(TOTAL, "1")]);
        world.upstream.answer_always(SESSIONS_URL, failure);
        assert!(world.serve(start()).status() >= 500);
        let trace = world.trace();
        let count = |call: &str| trace.iter().filter(|other| *other == call).count();
        assert_eq!(
            (count("ledger reserve"), count("ledger release_later")),
            (1, 1)
        );
        assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
        let session = world.upstream.new_session(NOON);
        world.upstream.answer_always(SESSIONS_URL, session);
        assert_eq!(world.serve(start()).status(), 200, "it can start now");
        assert_eq!(world.serve(start()).outcome(), limit_reached());
    }
}

#[test]
fn a_session_that_openai_may_have_created_still_counts() {
    let words = || "TypeError: Network connection lost.".to_owned();
    for failure in [
        Answer::new(200, "<html>"),
        Answer::new(200, ""),
        Answer::new(200, r#"{"id":"../1"}"#),
        Answer::unreadable(200, ReadError::Failed(words())),
        Answer::unreadable(200, ReadError::Timeout(words())),
        Answer::unreadable(200, ReadError::TooLarge),
        Answer::never(),
    ] {
        let world = World::new(&[(TOTAL, "1")]);
        world.upstream.answer(SESSIONS_URL, [failure]);
        assert!(world.serve(start()).status() >= 500);
        assert_eq!(world.ledger.reserved(Day::of(NOON)), 1);
        assert_eq!(world.serve(start()).outcome(), limit_reached());
    }
}

#[test]
fn a_session_whose_secret_is_missing_is_cancelled_and_then_released() {
    let cancel_url = format!("{SESSIONS_URL}/cksess_9/cancel");
    for (cancelled, reserved) in [
        (Answer::new(200, "{}"), 0),
        (Answer::error(404, "Chatkit Session not found."), 0),
        (Answer::new(404, "<html>"), 1),
        (Answer::error(401, "no"), 1),
        (Answer::never(), 1),
    ] {
        let world = World::new(&[(TOTAL, "1")]);
        let unusable = Answer::new(200, r#"{"id":"cksess_9"}"#);
        world.upstream.answer(SESSIONS_URL, [unusable]);
        world.upstream.answer(&cancel_url, [cancelled]);
        let reply = world.serve(start());
        assert_eq!(reply.outcome(), (502, "openai_bad_response".to_owned()));
        assert_eq!(world.ledger.reserved(Day::of(NOON)), reserved);
        assert_eq!(world.upstream.sent()[1].url, cancel_url);
    }
}

#[test]
fn a_session_whose_client_disconnects_is_cancelled_before_its_reservation_is_released() {
    let world = World::new(&[(TOTAL, "1")]);
    let slow = world.upstream.new_session(NOON).after(400);
    world.upstream.answer(SESSIONS_URL, [slow]);
    assert_eq!(world.serve(start().leaves_after_ms(70)).status(), 499);
    let calls = world.calls();
    assert_eq!(
        calls[calls.len() - 4..],
        [
            "ledger reserve".to_owned(),
            format!("upstream {SESSIONS_URL}"),
            format!("upstream {SESSIONS_URL}/cksess_1/cancel"),
            "ledger release_later".to_owned(),
        ]
    );
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
    assert_eq!(world.ledger.counts(), [].into(), "nothing failed");
    let line = world.lines.last();
    assert_eq!(
        (&line["code"], &line["session_id"]),
        (&"client_gone".into(), &"cksess_1".into())
    );
    assert_eq!(world.serve(start()).status(), 200);
}

#[test]
fn clients_that_disconnect_at_once_do_not_make_openai_create_more_sessions_than_the_limit() {
    let world = World::new(&[(TOTAL, "3")]);
    for _ in 0..21 {
        let slow = world.upstream.new_session(NOON).after(400);
        world.upstream.answer(SESSIONS_URL, [slow]);
    }
    // Each disconnects before OpenAI has answered the first of them.
    let requests = (0..21).map(|n| start().after(n * 10).leaves_after_ms(60));
    world.serve_all(requests);
    let sent = world.upstream.sent();
    let created = sent.iter().filter(|sent| sent.url == SESSIONS_URL).count();
    assert_eq!((created, sent.len()), (3, 6), "each is cancelled");
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
}

#[test]
fn a_session_that_cannot_be_cancelled_after_its_client_disconnected_still_counts() {
    let world = World::new(&[(TOTAL, "1")]);
    let slow = world.upstream.new_session(NOON).after(400);
    world.upstream.answer(SESSIONS_URL, [slow]);
    let cancel_url = format!("{SESSIONS_URL}/cksess_1/cancel");
    world
        .upstream
        .answer_always(&cancel_url, Answer::status(500));
    assert_eq!(world.serve(start().leaves_after_ms(70)).status(), 499);
    let left = "OpenAI may have a session that nobody uses; it counts against the daily limits";
    assert_eq!(world.lines.last()["cause"], left);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
}

#[test]
fn a_reservation_is_released_on_the_day_it_was_made() {
    let world = World::new(&[(TOTAL, "1")]);
    world.clock.advance(43_200_000 - 1_000);
    world
        .upstream
        .answer(SESSIONS_URL, [Answer::status(404).after(5_000)]);
    assert_eq!(world.serve(start()).status(), 502);
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 0);
    assert_eq!(world.serve(start()).status(), 200, "the next day");
}

#[test]
fn a_session_whose_record_is_not_stored_still_counts() {
    let world = World::new(&[(TOTAL, "1")]);
    world.ledger.fail("put_record", 2);
    assert_eq!(world.serve(start()).status(), 200);
    assert_eq!(world.serve(start()).outcome(), limit_reached());
}

#[test]
fn what_was_counted_today_under_a_former_hash_of_the_user_counts() {
    let world = World::new(&[("DAILY_SESSIONS_PER_USER", "2")]);
    let cookie = world.serve(start()).cookie();
    let user = world.upstream.sent()[0].user();
    world.ledger.take(Day::of(NOON), &UserHash::of(&user));
    let reply = world.serve(start().cookie(&cookie));
    assert_eq!(reply.outcome(), (429, "daily_limit_reached".to_owned()));
    assert_eq!(world.serve(start()).status(), 200, "another visitor");
}
