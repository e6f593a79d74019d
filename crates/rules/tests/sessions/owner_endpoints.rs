//! The admin's endpoints for counters and error reports, and who gets at them.

use super::twins::test_client::{TestRequest, get, post, request};
use super::twins::{Limit, NOON, World};
use rules::counters::day::Day;
use rules::counters::event::Event;
use rules::counters::snapshot::Snapshot;
use rules::rate_limits::ADMIN_GUESSES_PER_ADDRESS;
use serde_json::{Value, json};
use std::rc::Rc;

const STATS: &str = "/api/chatkit/stats";
const METRICS: &str = "/metrics";
const ERRORS: &str = "/api/errors";
const DOCTOR: &str = "/api/chatkit/doctor";

/// A request to an endpoint of the admin's.
fn ask(path: &str) -> TestRequest {
    request(if path == DOCTOR { "POST" } else { "GET" }, path)
}

/// A shard's counters, published so long before noon.
fn snapshot(age_ms: u64, event: &Event, count: u64) -> Snapshot {
    let mut snapshot = Snapshot::at(NOON - age_ms);
    for counter in event.counters() {
        snapshot.add(None, &counter, count);
        snapshot.add(Some(Day::of(NOON)), &counter, count);
    }
    snapshot
}

/// A world with two shards: three messages, and two sessions that timed out.
fn world() -> Rc<World> {
    let world = World::new(&[("COUNTER_SHARDS", "2")]);
    let timeouts = Event::SessionFailed("openai_timeout".to_owned());
    world
        .counters
        .publish(0, &snapshot(9_000, &Event::Message, 3));
    world.counters.publish(1, &snapshot(60_000, &timeouts, 2));
    world
}

#[test]
fn only_the_admin_token_opens_the_admin_endpoints() {
    let world = world();
    for path in [STATS, METRICS, ERRORS, DOCTOR] {
        for request in [ask(path), ask(path).header("Authorization", "Basic abc")] {
            let reply = world.serve(request);
            assert_eq!(reply.status(), 401, "{path}");
            assert!(reply.header("WWW-Authenticate").is_some());
        }
        assert_eq!(world.calls(), [""; 0], "nothing is read for others");
    }
    for path in [STATS, METRICS, ERRORS, DOCTOR] {
        let reply = world.serve(ask(path).bearer("wrong"));
        assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
    }
    let guesses = ["limiter ADMIN_GUESSES_PER_ADDRESS 192.0.2.1"; 4];
    assert_eq!(world.calls(), guesses, "nothing is read for a wrong token");
    for path in [STATS, METRICS, ERRORS, DOCTOR] {
        assert_eq!(world.serve(ask(path).admin()).status(), 200, "{path}");
    }
    let line = world.lines.all().remove(0);
    let cause =
        "header Authorization: This address requires the header Authorization: Bearer [redacted]";
    assert_eq!(line["cause"], cause);
}

#[test]
fn the_doctor_creates_a_session_so_it_is_not_a_get() {
    let world = world();
    for method in ["GET", "HEAD"] {
        let reply = world.serve(request(method, DOCTOR).admin());
        assert_eq!(
            (reply.status(), reply.header("Allow")),
            (405, Some("POST, OPTIONS"))
        );
    }
    assert_eq!(world.calls(), [""; 0]);
}

#[test]
fn without_an_admin_token_the_admin_endpoints_do_not_exist() {
    let world = World::new(&[("ADMIN_TOKEN", "")]);
    for path in [STATS, METRICS, ERRORS, DOCTOR] {
        let reply = world.serve(ask(path).admin());
        assert_eq!(world.lines.last()["cause"], "ADMIN_TOKEN is not set.");
        assert_eq!(reply.outcome(), (404, "not_found".to_owned()), "{path}");
    }
    assert_eq!(
        world.serve(post(ERRORS)).status(),
        200,
        "pages can still report"
    );
    assert_eq!(world.upstream.sent().len(), 0);
}

#[test]
fn a_short_admin_token_opens_nothing_and_the_problem_names_it() {
    for token in ["x", "fifteen-bytes-x"] {
        let world = World::new(&[("ADMIN_TOKEN", token)]);
        for path in [STATS, METRICS, ERRORS, DOCTOR] {
            for request in [
                ask(path),
                ask(path).bearer(token),
                ask(path).bearer("wrong"),
            ] {
                let reply = world.serve(request);
                assert_eq!(
                    reply.outcome(),
                    (500, "not_configured".to_owned()),
                    "{path}"
                );
                assert!(
                    reply
                        .text()
                        .contains("ADMIN_TOKEN is shorter than 16 bytes.")
                );
                assert!(!reply.text().contains("fifteen"));
            }
        }
        assert_eq!(world.calls(), [""; 0], "nothing is compared or counted");
        let session = world.serve(post("/api/chatkit/session"));
        assert_eq!(session.outcome(), (500, "not_configured".to_owned()));
    }
    let world = World::new(&[("ADMIN_TOKEN", "sixteen-bytes-xx")]);
    assert_eq!(
        world.serve(get(STATS).bearer("sixteen-bytes-xx")).status(),
        200
    );
}

#[test]
fn wrong_admin_tokens_are_limited_per_address_and_the_right_one_always_works() {
    let world = world();
    let guess = || get(STATS).bearer("wrong");
    assert_eq!(world.serve(guess()).status(), 401);
    let wide = guess().header("CF-Connecting-IP", "2001:db8:1:2::9");
    assert_eq!(world.serve(wide).status(), 401);
    let counted = [
        "limiter ADMIN_GUESSES_PER_ADDRESS 192.0.2.1",
        "limiter ADMIN_GUESSES_PER_ADDRESS 2001:db8:1:2::/64",
        "limiter ADMIN_GUESSES_PER_ADDRESS 2001:db8:1::/48/0",
    ];
    assert_eq!(world.calls(), counted);
    world.limiters.set(ADMIN_GUESSES_PER_ADDRESS, Limit::Over);
    let reply = world.serve(guess());
    assert_eq!(reply.outcome(), (429, "rate_limited".to_owned()));
    assert_eq!(reply.header("Retry-After"), Some("60"));
    assert_eq!(world.serve(get(STATS).admin()).status(), 200);
    assert_eq!(
        world.serve(get(STATS)).status(),
        401,
        "no token is no guess"
    );
    for limit in [Limit::Failing, Limit::NotBound] {
        world.limiters.set(ADMIN_GUESSES_PER_ADDRESS, limit);
        assert_eq!(world.serve(guess()).status(), 401, "{limit:?}");
    }
    let unlimited = World::new(&[("RATE_LIMITS", "off")]);
    assert_eq!(unlimited.serve(guess()).status(), 401);
    assert_eq!(unlimited.calls(), [""; 0]);
}

#[test]
fn stats_add_up_the_shards_and_are_as_old_as_the_oldest() {
    let world = world();
    let reply = world.serve(get(STATS).admin());
    assert_eq!(reply.header("Cache-Control"), Some("no-store"));
    let stats = reply.json();
    assert_eq!(stats["as_of"], NOON / 1000 - 60);
    assert_eq!(stats["totals"]["messages"], 3);
    assert_eq!(stats["totals"]["sessions_failed"], 2);
    assert_eq!(stats["failures"], json!({"openai_timeout": 2}));
    assert_eq!(stats["days"].as_array().map(Vec::len), Some(1));
    assert_eq!(stats["days"][0]["date"], "2026-11-21");
    assert_eq!(
        world.calls(),
        ["store counters/1/0 counters/1/1"],
        "one read for all shards"
    );
}

#[test]
fn a_shard_that_has_not_published_may_have_events_of_the_last_interval() {
    let world = World::new(&[("COUNTER_SHARDS", "3"), ("COUNTER_PUBLISH_SECONDS", "40")]);
    world
        .counters
        .publish(1, &snapshot(1_000, &Event::Message, 7));
    let stats = world.serve(get(STATS).admin()).json();
    assert_eq!(
        (&stats["as_of"], &stats["totals"]["messages"]),
        (&(NOON / 1000 - 40).into(), &7.into())
    );
}

#[test]
fn metrics_have_the_same_numbers_for_prometheus() {
    let world = world();
    let reply = world.serve(get(METRICS).admin());
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(reply.header("Content-Type"), Some(content_type));
    for line in [
        "chatkit_messages_total 3".to_owned(),
        "chatkit_sessions_failed_total{code=\"openai_timeout\"} 2".to_owned(),
        format!("chatkit_counters_as_of_seconds {}", NOON / 1000 - 60),
    ] {
        assert!(reply.text().lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn a_kv_that_fails_is_an_internal_error_and_the_log_says_why() {
    let world = world();
    world.counters.is_failing.set(true);
    for path in [STATS, METRICS] {
        let reply = world.serve(get(path).admin());
        assert_eq!(reply.outcome(), (500, "internal".to_owned()));
        let line = world.lines.last();
        assert_eq!(
            (&line["level"], &line["path"]),
            (&"error".into(), &path.into())
        );
        let cause = "the counters could not be read: Error: KV GET failed: 500";
        assert_eq!(line["cause"], cause);
    }
    assert_eq!(world.ledger.counts(), [].into());
}

#[test]
fn error_reports_of_all_shards_are_listed_newest_first() {
    let world = world();
    for number in 0..60 {
        world.clock.advance(1_000);
        let body = format!(r#"{{"message":"boom {number}"}}"#);
        world.serve(post(ERRORS).body(body));
    }
    assert_eq!(world.ledger.shards(), [0, 1]);
    let reports = world.serve(get(ERRORS).admin()).json();
    let reports = reports["reports"].as_array().expect("reports");
    let messages: Vec<&Value> = reports.iter().map(|report| &report["message"]).collect();
    assert_eq!(messages.len(), 50);
    let expected: Vec<Value> = (10..60).rev().map(|n| json!(format!("boom {n}"))).collect();
    assert_eq!(messages, expected.iter().collect::<Vec<_>>());
    assert_eq!(reports[0]["at"], world.clock.now_ms());
}

#[test]
fn error_reports_that_cannot_be_read_are_an_internal_error() {
    let world = world();
    world.ledger.fail("error_reports", 2);
    let reply = world.serve(get(ERRORS).admin());
    assert_eq!(reply.outcome(), (500, "internal".to_owned()));
    let cause = "the counters could not be read: Error: Network connection lost.";
    assert_eq!(world.lines.last()["cause"], cause);
    assert_eq!(
        world.serve(get(ERRORS).admin()).json(),
        json!({"reports": []})
    );
}

#[test]
fn admin_endpoints_work_while_the_settings_are_wrong() {
    let world = World::new(&[("OPENAI_API_KEY", "")]);
    for path in [STATS, METRICS, ERRORS, DOCTOR] {
        assert_eq!(world.serve(ask(path).admin()).status(), 200, "{path}");
    }
}
