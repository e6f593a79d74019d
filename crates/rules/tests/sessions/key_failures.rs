//! A JWKS that cannot be fetched: the old keys stay, and the fetch is retried, but not at once.

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
    reply.status() == 401
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
    for answer in [
        Answer::status(503),
        Answer::new(404, key_set(&[rsa_key("one")])),
        Answer::new(302, key_set(&[rsa_key("one")])),
        Answer::new(200, "<html>"),
        Answer::new(200, r#"{"keys":[]}"#),
        Answer::new(200, keys(128 * 1024 + 1)),
        Answer::no_connection("TypeError: fetch failed"),
        Answer::unreadable(200, ReadError::Failed("cut".to_owned())),
        Answer::never(),
    ] {
        let world = world();
        world.upstream.answer_always(URL, answer);
        let reply = world.serve(with_key("one"));
        assert!(is_without_keys(&reply), "{reply:?}");
        assert_eq!(world.upstream.sent().len(), 1, "OpenAI is not asked");
        assert_eq!(world.ledger.counted("failed:identity_required"), 1);
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
fn an_unknown_key_causes_at_most_one_fetch_a_minute_also_while_fetches_fail() {
    let world = world();
    publish(&world, &["one"]);
    serve_at(&world, 0, "one");
    take_down(&world);
    for ms in [MINUTE, MINUTE + 5 * SECOND, 2 * MINUTE - 1, 2 * MINUTE] {
        assert_eq!(serve_at(&world, ms, "two").status(), 401, "{ms}");
    }
    assert_eq!(fetches(&world), [0, MINUTE, 2 * MINUTE]);
    assert_eq!(
        serve_at(&world, 2 * MINUTE, "one").status(),
        200,
        "the old key stays"
    );
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
fn a_request_whose_own_fetch_fails_uses_the_keys_that_another_fetched() {
    let world = world();
    let keys = Answer::new(200, key_set(&[rsa_key("one")])).after(50);
    world
        .upstream
        .answer(URL, [Answer::status(503).after(100), keys]);
    let replies = world.serve_all([with_key("one"), with_key("one")]);
    assert!(
        replies.iter().all(|reply| reply.status() == 200),
        "{replies:?}"
    );
    assert_eq!(fetches(&world).len(), 2);
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
