//! A JWKS that cannot be fetched: the old keys stay for an hour more, and the fetch is retried, but not at once.

use super::twins::scripted_upstream::Answer;
use super::twins::signed_tokens::{AUDIENCE, ISSUER, claims, key_set, rsa_key, signed, token};
use super::twins::test_client::{TestRequest, start};
use super::twins::{NOON, Reply, World};
use rules::platform::ReadError;
use std::rc::Rc;

const URL: &str = "https://id.example/jwks";
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn world() -> Rc<World> {
    World::new(&[
        ("AUTH", "jwt"),
        ("AUTH_JWKS_URL", URL),
        ("AUTH_ISSUER", ISSUER),
        ("AUTH_AUDIENCE", AUDIENCE),
    ])
}

/// The JWKS has these keys from now on.
fn publish(world: &Rc<World>, ids: &[&str]) {
    let keys: Vec<_> = ids.iter().map(|id| rsa_key(id)).collect();
    world
        .upstream
        .answer_always(URL, Answer::new(200, key_set(&keys)));
}

/// The JWKS is down from now on.
fn take_down(world: &Rc<World>) {
    world.upstream.answer_always(URL, Answer::status(503));
}

fn with_key(id: &str) -> TestRequest {
    start().bearer(&token(id))
}

/// Serves a request with a key at a time, in milliseconds since the world started.
fn serve_at(world: &Rc<World>, ms: u64, key: &str) -> Reply {
    world.clock.advance(NOON + ms - world.clock.now_ms());
    world.serve(with_key(key))
}

/// When the JWKS was fetched, in milliseconds since the world started.
fn fetches(world: &Rc<World>) -> Vec<u64> {
    let sent = world.upstream.sent().into_iter();
    sent.filter(|sent| sent.url == URL)
        .map(|sent| sent.at_ms - NOON)
        .collect()
}

fn is_without_keys(reply: &Reply) -> bool {
    reply.outcome() == (503, "keys_unavailable".to_owned())
        && reply.header("WWW-Authenticate").is_none()
        && reply
            .text()
            .contains("could not be fetched from AUTH_JWKS_URL")
}

#[test]
fn without_any_keys_nobody_is_proven_and_the_address_is_named() {
    let keys = |size: usize| {
        let set = key_set(&[rsa_key("one")]);
        let padding = "x".repeat(size - set.len() - r#","x":"""#.len());
        set.replace("]}", &format!(r#"],"x":"{padding}"}}"#))
    };
    for (answer, reason) in [
        (Answer::status(503), "status 503"),
        (Answer::new(404, key_set(&[rsa_key("one")])), "status 404"),
        (Answer::new(302, key_set(&[rsa_key("one")])), "status 302"),
        (Answer::new(200, "<html>"), "it is not a JSON object"),
        (
            Answer::new(200, r#"{"keys":[]}"#),
            "it has no key for RS256 or ES256",
        ),
        (
            Answer::new(200, keys(128 * 1024 + 1)),
            "it is larger than 128 KiB",
        ),
        (
            Answer::no_connection("TypeError: fetch failed"),
            "TypeError: fetch failed",
        ),
        (
            Answer::unreadable(200, ReadError::Failed("cut".to_owned())),
            "cut",
        ),
        (
            Answer::never(),
            "TimeoutError: The operation was aborted due to timeout",
        ),
    ] {
        let world = world();
        world.upstream.answer_always(URL, answer);
        let replies = [world.serve(with_key("one")), world.serve(with_key("one"))];
        assert_eq!(world.upstream.sent().len(), 1, "OpenAI is not asked");
        assert_eq!(world.dataset.failures("keys_unavailable"), 2);
        for (reply, line) in replies.iter().zip(world.lines.all()) {
            assert!(is_without_keys(reply), "{reply:?}");
            assert_eq!(reply.header("Retry-After"), Some("5"));
            let cause = format!("AUTH_JWKS_URL could not be fetched: {reason}");
            assert_eq!(
                (&line["level"], &line["cause"]),
                (&"error".into(), &cause.into())
            );
        }
    }
    let world = world();
    world
        .upstream
        .answer_always(URL, Answer::new(200, keys(128 * 1024)));
    assert_eq!(
        world.serve(with_key("one")).status(),
        200,
        "the largest set that is read"
    );
}

#[test]
fn a_fetch_that_never_ends_takes_five_seconds() {
    let world = world();
    world.upstream.answer_always(URL, Answer::never());
    world.serve(with_key("one"));
    assert_eq!(world.lines.last()["took_ms"], 5 * SECOND);
}

#[test]
fn a_first_fetch_that_fails_is_retried_after_five_seconds() {
    let world = world();
    take_down(&world);
    for ms in [0, 1, 4_999, 5_000, 5_001, 9_999] {
        assert!(is_without_keys(&serve_at(&world, ms, "one")), "{ms}");
    }
    assert_eq!(fetches(&world), [0, 5 * SECOND]);
    publish(&world, &["one"]);
    assert!(is_without_keys(&serve_at(&world, 9_999, "one")));
    assert_eq!(serve_at(&world, 10_000, "one").status(), 200);
    assert_eq!(fetches(&world), [0, 5 * SECOND, 10 * SECOND]);
}

#[test]
fn a_refetch_that_fails_keeps_the_old_keys_and_is_retried_after_five_seconds() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    take_down(&world);
    for after in [0, 1, 4_999, 5_000, 9_999] {
        assert_eq!(
            serve_at(&world, HOUR + after, "one").status(),
            200,
            "{after}"
        );
    }
    assert_eq!(fetches(&world), [0, HOUR, HOUR + 5 * SECOND]);
    // The key is withdrawn, so it must not outlive the outage.
    publish(&world, &["two"]);
    assert_eq!(serve_at(&world, HOUR + 10 * SECOND, "one").status(), 401);
    assert_eq!(serve_at(&world, HOUR + 10 * SECOND, "two").status(), 200);
}

#[test]
fn keys_that_cannot_be_fetched_again_are_used_for_one_more_hour_and_then_not() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    take_down(&world);
    for ms in [HOUR, HOUR + 30 * MINUTE, 2 * HOUR - 1] {
        assert_eq!(serve_at(&world, ms, "one").status(), 200, "{ms}");
        let cause = "AUTH_JWKS_URL could not be fetched: status 503";
        assert_eq!(
            world.lines.last()["cause"],
            cause,
            "the log says it while the keys still work"
        );
    }
    for ms in [2 * HOUR, 2 * HOUR + 4_998, 2 * HOUR + 4_999, 48 * HOUR - 1] {
        assert!(is_without_keys(&serve_at(&world, ms, "one")), "{ms}");
    }
    let last = [2 * HOUR - 1, 2 * HOUR + 4_999, 48 * HOUR - 1];
    assert_eq!(fetches(&world)[3..], last);
    publish(&world, &["one"]);
    assert_eq!(serve_at(&world, 48 * HOUR + 4_999, "one").status(), 200);
}

#[test]
fn a_new_key_is_found_five_seconds_after_a_failed_fetch() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    take_down(&world);
    for ms in [MINUTE, MINUTE + 1, MINUTE + 4_999] {
        let reply = serve_at(&world, ms, "two");
        assert!(is_without_keys(&reply), "the set may have the key: {ms}");
    }
    assert_eq!(
        serve_at(&world, MINUTE + 4_999, "one").status(),
        200,
        "the old key stays"
    );
    publish(&world, &["one", "two"]);
    assert_eq!(serve_at(&world, MINUTE + 5 * SECOND, "two").status(), 200);
    assert_eq!(fetches(&world), [0, MINUTE, MINUTE + 5 * SECOND]);
}

#[test]
fn a_failed_refetch_does_not_make_old_keys_young() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    take_down(&world);
    serve_at(&world, 59 * MINUTE, "two");
    publish(&world, &["two"]);
    assert_eq!(
        serve_at(&world, HOUR, "one").status(),
        401,
        "an hour after they arrived"
    );
    assert_eq!(fetches(&world), [0, 59 * MINUTE, HOUR]);
}

#[test]
fn requests_during_a_refetch_that_fails_use_the_old_keys() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    world
        .upstream
        .answer_always(URL, Answer::status(503).after(2 * SECOND));
    world.clock.advance(HOUR);
    let replies = world.serve_all((0..4).map(|n| with_key("one").after(n * SECOND)));
    assert!(replies.iter().all(|reply| reply.status() == 200));
    assert_eq!(fetches(&world), [0, HOUR]);
}

#[test]
fn a_fetch_that_fails_fails_all_that_wait_for_it() {
    let world = world();
    world
        .upstream
        .answer_always(URL, Answer::status(503).after(100));
    let replies = world.serve_all((0..50).map(|_| with_key("one")));
    assert!(replies.iter().all(is_without_keys), "{replies:?}");
    assert_eq!(fetches(&world), [0]);
}

#[test]
fn a_token_without_a_key_id_needs_a_set_of_one_key() {
    let header = serde_json::json!({"alg": "RS256"});
    let token = signed(&header, &claims(), "signed:modulus-one");
    for (ids, status) in [(&["one"][..], 200), (&["one", "two"], 401)] {
        let world = world();
        publish(&world, ids);
        assert_eq!(world.serve(start().bearer(&token)).status(), status);
    }
}
