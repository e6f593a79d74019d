//! Equal requests at once: they share one call to OpenAI, also when a client disconnects.

use super::twins::scripted_upstream::Answer;
use super::twins::test_client::{TestRequest, refresh, start};
use super::twins::{NOON, Reply, SESSIONS_URL, World};
use rules::counters::day::Day;
use std::rc::Rc;

/// How long OpenAI takes to answer in these tests.
const OPENAI_MS: u64 = 400;

/// A world with a visitor, its cookie, and an OpenAI that takes [`OPENAI_MS`] for each of three more sessions.
fn world(settings: &[(&str, &str)]) -> (Rc<World>, TestRequest) {
    let world = World::new(settings);
    let cookie = world.serve(start()).cookie();
    for _ in 0..3 {
        let answer = world.upstream.new_session(NOON).after(OPENAI_MS);
        world.upstream.answer(SESSIONS_URL, [answer]);
    }
    (world, start().cookie(cookie))
}

fn session_ids(replies: &[Reply]) -> Vec<String> {
    let id = |reply: &Reply| {
        reply.json()["session_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    replies.iter().map(id).collect()
}

#[test]
fn equal_requests_at_once_share_one_call_and_one_session() {
    let (world, request) = world(&[]);
    let cookie = request.clone();
    let requests = (0..6).map(|n| cookie.clone().after(n * 50));
    let replies = world.serve_all(requests);
    assert_eq!(session_ids(&replies), ["cksess_2"; 6]);
    for reply in &replies {
        assert_eq!(reply.json()["client_secret"], "ek_secret_2");
        assert!(reply.header("Set-Cookie").is_some());
    }
    assert_eq!(world.upstream.sent().len(), 2);
    assert_eq!(world.ledger.counted("sessions_created"), 2);
    assert_eq!(world.lines.count("event", "session.created"), 2);
    assert_eq!(world.lines.count("event", "session.shared"), 5);
    assert_eq!(world.clock.now_ms(), NOON + OPENAI_MS + 25);
}

#[test]
fn the_log_of_a_shared_session_has_its_id_and_no_call_of_its_own() {
    let (world, request) = world(&[]);
    world.serve_all([request.clone(), request]);
    let line = world.lines.last();
    assert_eq!(line["event"], "session.shared");
    assert_eq!(
        (&line["session_id"], &line["status"]),
        (&"cksess_2".into(), &200.into())
    );
    assert!(line.get("tries").is_none() && line.get("openai_status").is_none());
}

#[test]
fn a_start_and_a_refresh_share_and_each_gets_its_own_thread() {
    let (world, request) = world(&[]);
    let cookie = world.serve(request.clone()).cookie();
    let replies = world.serve_all([
        request.body(r#"{"thread_id":"cthr_1"}"#),
        refresh().cookie(cookie).body(r#"{"thread_id":"cthr_2"}"#),
    ]);
    assert_eq!(session_ids(&replies), ["cksess_3"; 2]);
    assert_eq!(replies[0].json()["thread_id"], "cthr_1");
    assert_eq!(replies[1].json()["thread_id"], "cthr_2");
    assert_eq!(
        world.ledger.counted("sessions_refreshed"),
        0,
        "the leader is counted"
    );
}

#[test]
fn requests_of_other_users_or_for_other_workflows_do_not_share() {
    let (world, request) = world(&[]);
    let other_workflow = request.clone().body(r#"{"workflow_id":"wf_2"}"#);
    let replies = world.serve_all([request, other_workflow, start()]);
    assert_eq!(session_ids(&replies), ["cksess_2", "cksess_3", "cksess_4"]);
    assert_eq!(world.lines.count("event", "session.shared"), 0);
}

#[test]
fn a_request_after_the_result_makes_its_own_call() {
    let (world, request) = world(&[]);
    let replies = world.serve_all([request.clone(), request.after(OPENAI_MS + 1)]);
    assert_eq!(session_ids(&replies), ["cksess_2", "cksess_3"]);
}

#[test]
fn a_failure_is_shared_and_counted_once() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let failure = Answer::error(401, "no").after(OPENAI_MS);
    world.upstream.answer(SESSIONS_URL, [failure]);
    for reply in world.serve_all((0..4).map(|_| start().cookie(&cookie))) {
        assert_eq!(reply.outcome(), (502, "openai_key_rejected".to_owned()));
    }
    assert_eq!(world.upstream.sent().len(), 2);
    assert_eq!(world.ledger.counted("sessions_failed"), 1);
    assert_eq!(world.ledger.counted("failed:openai_key_rejected"), 1);
    assert_eq!(world.lines.count("event", "session.shared"), 3);
    assert_eq!(world.lines.count("code", "openai_key_rejected"), 4);
    assert_eq!(
        world.serve(start().cookie(&cookie)).status(),
        200,
        "the next one is new"
    );
}

#[test]
fn when_the_leader_disconnects_its_followers_get_its_session() {
    let (world, request) = world(&[]);
    let followers = (0..3).map(|_| request.clone().after(10));
    let leader = request.clone().leaves_after_ms(100);
    let replies = world.serve_all(std::iter::once(leader).chain(followers));
    assert_eq!(session_ids(&replies[1..]), ["cksess_2"; 3]);
    // The visitor's first session, and the one for the followers, which is not cancelled.
    assert_eq!(world.upstream.sent().len(), 2);
    assert_eq!(world.lines.count("event", "session.created"), 2);
    assert_eq!(world.lines.count("event", "session.shared"), 3);
    assert_eq!(world.ledger.counted("sessions_created"), 2);
    assert_eq!(world.ledger.counted("sessions_failed"), 0, "nothing failed");
}

#[test]
fn a_request_that_joins_while_the_leaders_session_is_cancelled_makes_its_own() {
    let (world, request) = world(&[("DAILY_SESSIONS_PER_USER", "2")]);
    let cancelled = Answer::new(200, "{}").after(200);
    let cancel_url = format!("{SESSIONS_URL}/cksess_2/cancel");
    world.upstream.answer(&cancel_url, [cancelled]);
    let leader = request.clone().leaves_after_ms(100);
    let replies = world.serve_all([leader, request.clone().after(OPENAI_MS + 50)]);
    assert_eq!(replies[0].outcome(), (499, "client_gone".to_owned()));
    assert_eq!(session_ids(&replies[1..]), ["cksess_3"]);
    assert_eq!(world.lines.count("code", "client_gone"), 1);
    assert_eq!(world.ledger.counted("sessions_created"), 2);
}

#[test]
fn when_the_runtime_ends_the_leader_a_follower_takes_over_after_the_deadline() {
    let (world, request) = world(&[("OPENAI_TIMEOUT_SECONDS", "10")]);
    world.tear_down_after_ms(request.clone(), 100);
    let replies = world.serve_all([
        request.clone(),
        request.clone(),
        request.clone().after(14_000),
    ]);
    assert_eq!(session_ids(&replies), ["cksess_3"; 3]);
    let took = world.upstream.sent()[2].at_ms - world.upstream.sent()[1].at_ms;
    assert!((15_000..=15_500).contains(&took), "{took}");
    assert_eq!(world.lines.count("event", "session.shared"), 2);
    let ids = session_ids(&[world.serve(request)]);
    assert_eq!(ids, ["cksess_4"], "no entry stays");
}

#[test]
fn an_entry_that_is_too_old_is_replaced_by_the_next_request() {
    let (world, request) = world(&[]);
    world.tear_down_after_ms(request.clone(), 100);
    world.clock.advance(35_000);
    let now = world.clock.now_ms();
    assert_eq!(session_ids(&[world.serve(request)]), ["cksess_3"]);
    assert_eq!(world.clock.now_ms(), now + OPENAI_MS, "without a wait");
}

#[test]
fn followers_of_a_leader_that_disconnected_count_once() {
    let (world, request) = world(&[("DAILY_SESSIONS_PER_USER", "2")]);
    let leader = request.clone().leaves_after_ms(100);
    let replies = world.serve_all([leader, request.clone().after(10)]);
    assert_eq!(replies[1].status(), 200);
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 2);
    assert_eq!(
        world.serve(request).outcome(),
        (429, "daily_limit_reached".to_owned())
    );
}

#[test]
fn a_follower_whose_client_disconnects_stops_at_once() {
    let (world, request) = world(&[]);
    let replies = world.serve_all([
        request.clone(),
        request.clone().leaves_after_ms(100),
        request.leaves_after_sleeps(2),
    ]);
    assert_eq!(replies[0].status(), 200);
    for reply in &replies[1..] {
        assert_eq!(reply.outcome(), (499, "client_gone".to_owned()));
    }
    assert_eq!(world.upstream.sent().len(), 2);
    assert_eq!(world.lines.values("took_ms")[1..], [50, 100, 400]);
    assert_eq!(world.ledger.counted("sessions_failed"), 0, "nothing failed");
}

#[test]
fn when_all_clients_disconnect_nobody_makes_another_request() {
    let (world, request) = world(&[]);
    let requests = [100, 110, 120].map(|ms| request.clone().leaves_after_ms(ms));
    for reply in world.serve_all(requests) {
        assert_eq!(reply.status(), 499);
    }
    let urls: Vec<String> = world
        .upstream
        .sent()
        .into_iter()
        .map(|sent| sent.url)
        .collect();
    let cancel_url = format!("{SESSIONS_URL}/cksess_2/cancel");
    assert_eq!(urls[1..], [SESSIONS_URL.to_owned(), cancel_url]);
    assert_eq!(world.ledger.counted("sessions_created"), 1);
    assert_eq!(world.serve(request).status(), 200);
}

#[test]
fn followers_count_against_rate_limits_and_not_against_daily_limits() {
    let (world, request) = world(&[("DAILY_SESSION_LIMIT", "2")]);
    for reply in world.serve_all([request.clone(), request.clone(), request]) {
        assert_eq!(reply.status(), 200);
    }
    assert_eq!(world.ledger.reserved(Day::of(NOON)), 2);
    let calls = world.calls();
    let counted = calls
        .iter()
        .filter(|call| call.starts_with("limiter SESSIONS_PER_CALLER"));
    assert_eq!(counted.count(), 4);
}
