//! Rate limits: over, failing, not bound, off, and what requests are counted under.

use super::twins::test_client::{delete, get, post, refresh, start};
use super::twins::{Limit, World};
use rules::rate_limits::{
    EVENTS_OVERALL, EVENTS_PER_ADDRESS, SESSIONS_PER_ADDRESS, SESSIONS_PER_CALLER, of_backend,
};
use std::rc::Rc;

/// The calls of limiters, without `limiter`.
fn counted(world: &Rc<World>) -> Vec<String> {
    let calls = world.calls();
    let counted = calls
        .iter()
        .filter_map(|call| call.strip_prefix("limiter "));
    counted.map(str::to_owned).collect()
}

#[test]
fn an_address_over_its_limit_is_rejected_before_its_body_is_read() {
    let world = World::new(&[]);
    world.limiters.set(SESSIONS_PER_ADDRESS, Limit::Over);
    for request in [start().body("{"), refresh()] {
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (429, "rate_limited".to_owned()));
        assert_eq!(reply.header("Retry-After"), Some("60"));
    }
    assert_eq!(world.calls(), ["limiter SESSIONS_PER_ADDRESS 192.0.2.1"; 2]);
    assert_eq!(world.lines.count("code", "rate_limited"), 2);
}

#[test]
fn a_user_over_their_limit_is_rejected_before_openai_and_is_not_counted() {
    let world = World::new(&[("DAILY_SESSION_LIMIT", "5")]);
    world.limiters.set(SESSIONS_PER_CALLER, Limit::Over);
    let reply = world.serve(start());
    assert_eq!(reply.outcome(), (429, "rate_limited".to_owned()));
    assert!(world.upstream.sent().is_empty());
    assert_eq!(world.ledger.stored(), World::new(&[]).ledger.stored());
    assert_eq!(world.dataset.all(), []);
}

#[test]
fn a_session_is_counted_under_its_address_and_its_user() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let other = start()
        .header("CF-Connecting-IP", "2001:db8:1:2:3:4:5:6")
        .cookie(cookie);
    world.serve(other);
    let user = world.upstream.sent()[0].user();
    assert_eq!(
        counted(&world),
        [
            "SESSIONS_PER_ADDRESS 192.0.2.1".to_owned(),
            format!("SESSIONS_PER_CALLER {user}"),
            "SESSIONS_PER_ADDRESS 2001:db8:1:2::/64".to_owned(),
            "SESSIONS_PER_ADDRESS 2001:db8:1::/48/0".to_owned(),
            format!("SESSIONS_PER_CALLER {user}"),
        ]
    );
}

#[test]
fn a_client_cannot_choose_the_address_it_is_counted_under() {
    let world = World::new(&[]);
    world.serve(start().header("X-Forwarded-For", "203.0.113.9"));
    assert_eq!(counted(&world)[0], "SESSIONS_PER_ADDRESS 192.0.2.1");
}

#[test]
fn events_are_counted_per_address_and_overall() {
    for path in [
        "/api/analytics/message",
        "/api/analytics/thread-change",
        "/api/errors",
    ] {
        let world = World::new(&[]);
        assert_eq!(world.serve(post(path)).status(), 200);
        assert_eq!(
            counted(&world),
            ["EVENTS_PER_ADDRESS 192.0.2.1", "EVENTS_OVERALL all"]
        );
        for limiter in [EVENTS_PER_ADDRESS, EVENTS_OVERALL] {
            let world = World::new(&[]);
            world.limiters.set(limiter, Limit::Over);
            let reply = world.serve(post(path).body("{"));
            assert_eq!(
                reply.outcome(),
                (429, "rate_limited".to_owned()),
                "{limiter}"
            );
            assert_eq!(world.ledger.counts(), [].into());
            assert!(!world.trace().contains(&"body".to_owned()));
        }
    }
}

#[test]
fn a_limiter_that_fails_lets_requests_pass() {
    let world = World::new(&[]);
    for limiter in of_backend(None) {
        world.limiters.set(limiter, Limit::Failing);
    }
    let cookie = world.serve(start()).cookie();
    let cause = |limiters: [&str; 2]| {
        limiters
            .map(|limiter| format!("the rate limiter {limiter} failed: Error: internal error"))
            .join("; ")
    };
    let sessions = cause([SESSIONS_PER_ADDRESS, SESSIONS_PER_CALLER]);
    assert_eq!(world.lines.last()["cause"], sessions, "the log says so");
    assert_eq!(world.serve(post("/api/analytics/message")).status(), 200);
    let events = cause([EVENTS_PER_ADDRESS, EVENTS_OVERALL]);
    assert_eq!(world.lines.last()["cause"], events);
    assert_eq!(counted(&world).len(), 4);
    let show = get("/api/chatkit/session/cksess_1").cookie(cookie);
    assert_eq!(world.serve(show).status(), 200);
}

#[test]
fn a_limiter_that_is_not_bound_fails_the_request_and_is_named() {
    for (limiter, path) in [
        (SESSIONS_PER_ADDRESS, "/api/chatkit/session"),
        (SESSIONS_PER_CALLER, "/api/chatkit/session"),
        (EVENTS_PER_ADDRESS, "/api/analytics/message"),
        (EVENTS_OVERALL, "/api/errors"),
    ] {
        let world = World::new(&[]);
        world.limiters.set(limiter, Limit::NotBound);
        let reply = world.serve(post(path));
        assert_eq!(reply.outcome(), (500, "not_configured".to_owned()));
        let detail = reply.json()["detail"].to_string();
        let sentence = format!("The rate limiter {limiter} is not bound: ");
        assert!(detail.contains(&sentence), "{detail}");
        assert!(world.upstream.sent().is_empty());
    }
}

#[test]
fn with_rate_limits_off_no_limiter_is_needed_or_called() {
    let world = World::new(&[("RATE_LIMITS", "off")]);
    for limiter in of_backend(None) {
        world.limiters.set(limiter, Limit::NotBound);
    }
    assert_eq!(world.serve(start()).status(), 200);
    assert_eq!(world.serve(post("/api/errors")).status(), 200);
    assert_eq!(counted(&world), [""; 0]);
}

#[test]
fn requests_that_ask_nothing_of_the_ledger_are_not_limited() {
    let world = World::new(&[]);
    assert_eq!(world.serve(get("/health")).status(), 200);
    assert_eq!(world.serve(get("/api/chatkit/config")).status(), 200);
    assert_eq!(counted(&world), [""; 0]);
}

#[test]
fn an_address_over_its_limit_can_neither_show_nor_cancel_sessions() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    world.limiters.set(SESSIONS_PER_ADDRESS, Limit::Over);
    let before = world.calls().len();
    for request in [get, delete] {
        let reply = world.serve(request("/api/chatkit/session/cksess_1").cookie(&cookie));
        assert_eq!(reply.outcome(), (429, "rate_limited".to_owned()));
        assert_eq!(reply.header("Retry-After"), Some("60"));
    }
    assert_eq!(
        world.calls()[before..],
        ["limiter SESSIONS_PER_ADDRESS 192.0.2.1"; 2],
        "the ledger is not asked"
    );
    world.limiters.set(SESSIONS_PER_ADDRESS, Limit::Within);
    let show = get("/api/chatkit/session/cksess_1").cookie(&cookie);
    assert_eq!(world.serve(show).status(), 200);
}
