//! The cache of signing keys as a state machine: when it fetches, which keys it uses meanwhile, and what proves a user.

use super::twins::scripted_upstream::Answer;
use super::twins::signed_tokens::{
    AUDIENCE, ISSUER, claims, ec_key, key_set, rsa_key, signed, token,
};
use super::twins::test_client::{TestRequest, start};
use super::twins::{NOON, Reply, World};
use serde_json::json;
use std::rc::Rc;

const URL: &str = "https://id.example/jwks";
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A world for signed-in users, whose JWKS has the key `one`.
fn world() -> Rc<World> {
    let world = World::new(&[
        ("AUTH", "jwt"),
        ("AUTH_JWKS_URL", URL),
        ("AUTH_ISSUER", ISSUER),
        ("AUTH_AUDIENCE", AUDIENCE),
    ]);
    publish(&world, &["one"]);
    world
}

/// The JWKS has these keys from now on.
fn publish(world: &Rc<World>, ids: &[&str]) {
    let keys: Vec<_> = ids.iter().map(|id| rsa_key(id)).collect();
    world
        .upstream
        .answer_always(URL, Answer::new(200, key_set(&keys)));
}

fn with_key(id: &str) -> TestRequest {
    start().bearer(&token(id))
}

/// When the JWKS was fetched, in milliseconds since the world started.
fn fetches(world: &Rc<World>) -> Vec<u64> {
    let sent = world.upstream.sent().into_iter();
    sent.filter(|sent| sent.url == URL)
        .map(|sent| sent.at_ms - NOON)
        .collect()
}

fn at(world: &Rc<World>, ms: u64) {
    world.clock.advance(NOON + ms - world.clock.now_ms());
}

fn detail(reply: &Reply) -> String {
    assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
    reply.json()["detail"]
        .as_str()
        .expect("a detail")
        .to_owned()
}

#[test]
fn a_valid_token_proves_its_user_and_the_keys_are_fetched_once() {
    let world = world();
    for _ in 0..5 {
        let reply = world.serve(with_key("one").body(r#"{"user":"victim"}"#));
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("Set-Cookie"), None);
    }
    assert_eq!(fetches(&world), [0]);
    let sent = world.upstream.sent();
    assert_eq!((sent[0].method, sent[0].timeout_ms), ("GET", 5_000));
    assert_eq!((&sent[0].body, sent[0].headers.len()), (&None, 0));
    for created in &sent[1..] {
        assert_eq!(created.user(), "user-1");
    }
}

#[test]
fn keys_are_used_for_an_hour_and_then_fetched_again() {
    let world = world();
    world.serve(with_key("one"));
    at(&world, HOUR - 1);
    assert_eq!(world.serve(with_key("one")).status(), 200);
    assert_eq!(fetches(&world), [0]);
    publish(&world, &["two"]);
    at(&world, HOUR);
    let reply = world.serve(with_key("one"));
    assert!(
        detail(&reply).contains("signed with an unknown key"),
        "a withdrawn key"
    );
    assert_eq!(world.serve(with_key("two")).status(), 200);
    assert_eq!(fetches(&world), [0, HOUR]);
}

#[test]
fn an_unknown_key_causes_at_most_one_fetch_a_minute() {
    let world = world();
    world.serve(with_key("one"));
    for ms in [
        1,
        30_000,
        MINUTE - 1,
        MINUTE,
        MINUTE + 1,
        2 * MINUTE - 1,
        2 * MINUTE,
    ] {
        at(&world, ms);
        let reply = world.serve(with_key("two"));
        assert!(detail(&reply).contains("signed with an unknown key"));
    }
    assert_eq!(fetches(&world), [0, MINUTE, 2 * MINUTE]);
    publish(&world, &["one", "two"]);
    at(&world, 3 * MINUTE);
    assert_eq!(
        world.serve(with_key("two")).status(),
        200,
        "a new key is found"
    );
}

#[test]
fn requests_during_a_refetch_use_the_old_keys_and_do_not_wait() {
    let world = world();
    world.serve(with_key("one"));
    let slow = Answer::new(200, key_set(&[rsa_key("two")])).after(3_000);
    world.upstream.answer(URL, [slow]);
    at(&world, HOUR);
    let replies = world.serve_all([
        with_key("one"),
        with_key("one").after(1_000),
        with_key("one").after(2_999),
        with_key("one").after(3_001),
    ]);
    let statuses: Vec<u16> = replies.iter().map(Reply::status).collect();
    assert_eq!(
        statuses,
        [401, 200, 200, 401],
        "the key is withdrawn by the refetch"
    );
    assert_eq!(fetches(&world), [0, HOUR]);
    let took = world.lines.values("took_ms");
    assert_eq!(
        took,
        [0, 0, 0, 3_000, 0],
        "in the order in which the requests ended"
    );
}

#[test]
fn without_keys_the_requests_of_a_cold_isolate_share_one_fetch() {
    let world = world();
    let slow = Answer::new(200, key_set(&[rsa_key("one")])).after(1_000);
    world.upstream.answer_always(URL, slow);
    let replies = world.serve_all((0..20).map(|n| with_key("one").after(n)));
    assert!(replies.iter().all(|reply| reply.status() == 200));
    assert_eq!(fetches(&world), [0]);
    let took = world.lines.values("took_ms");
    assert!(took.iter().all(|ms| ms.as_u64() <= Some(1_200)), "{took:?}");
}

#[test]
fn fifty_junk_tokens_on_a_cold_isolate_make_one_fetch_and_it_serves_the_next_minute() {
    let world = world();
    let slow = Answer::new(200, key_set(&[rsa_key("one")])).after(100);
    world.upstream.answer_always(URL, slow);
    let junk = (0..50).map(|n| with_key(&format!("junk-{n}")));
    for reply in world.serve_all(junk) {
        assert!(detail(&reply).contains("signed with an unknown key"));
    }
    world.serve(with_key("junk"));
    assert_eq!(world.serve(with_key("one")).status(), 200);
    assert_eq!(fetches(&world), [0]);
}

#[test]
fn tokens_that_no_key_can_verify_cause_no_fetch() {
    let world = world();
    for request in [
        start(),
        start().bearer("a.b.c"),
        start().bearer(&signed(&json!({"alg": "none"}), &claims(), "")),
        start().bearer(&signed(
            &json!({"alg": "HS256", "kid": "one"}),
            &claims(),
            "x",
        )),
    ] {
        detail(&world.serve(request));
    }
    assert_eq!(fetches(&world), [0; 0]);
}

#[test]
fn requests_with_a_new_key_wait_for_the_refetch_and_those_with_a_known_key_do_not() {
    let world = world();
    world.serve(with_key("one"));
    let slow = Answer::new(200, key_set(&[rsa_key("one"), rsa_key("two")])).after(1_000);
    world.upstream.answer(URL, [slow]);
    at(&world, MINUTE);
    let ids = ["two", "two", "two", "one"];
    let replies = world.serve_all(ids.map(with_key));
    assert!(replies.iter().all(|reply| reply.status() == 200));
    assert_eq!(fetches(&world), [0, MINUTE]);
    // In the order in which the requests ended: the first of the world, then the one with the known key.
    assert_eq!(world.lines.values("took_ms")[..3], [0, 0, 1_000]);
}

#[test]
fn of_two_keys_with_one_id_each_is_tried() {
    let world = world();
    let mut second = rsa_key("two");
    second["kid"] = json!("one");
    let keys = key_set(&[rsa_key("one"), second]);
    world.upstream.answer_always(URL, Answer::new(200, keys));
    let header = json!({"alg": "RS256", "kid": "one"});
    for (signature, status) in [("one", 200), ("two", 200), ("three", 401)] {
        let signature = format!("signed:modulus-{signature}");
        let request = start().bearer(&signed(&header, &claims(), &signature));
        assert_eq!(world.serve(request).status(), status, "{signature}");
    }
}

#[test]
fn a_client_that_leaves_while_another_fetches_does_not_wait_for_the_keys() {
    let world = world();
    let slow = Answer::new(200, key_set(&[rsa_key("one")])).after(4_000);
    world.upstream.answer(URL, [slow]);
    let replies = world.serve_all([with_key("one"), with_key("one").leaves_after_ms(300)]);
    assert_eq!(replies[0].status(), 200);
    assert_eq!(replies[1].outcome(), (499, "client_gone".to_owned()));
    assert!(world.lines.values("took_ms")[0].as_u64() < Some(1_000));
}

#[test]
fn a_disconnecting_client_does_not_abort_the_fetch_for_the_others() {
    let world = world();
    let slow = Answer::new(200, key_set(&[rsa_key("one")])).after(1_000);
    world.upstream.answer(URL, [slow]);
    let reply = world.serve(with_key("one").leaves_after_ms(300));
    assert_eq!(reply.outcome(), (499, "client_gone".to_owned()));
    let sent = world.upstream.sent();
    assert_eq!(
        sent.len(),
        1,
        "OpenAI is not asked for a client that is gone"
    );
    assert_eq!(world.serve(with_key("one")).status(), 200);
    assert_eq!(fetches(&world), [0]);
}

#[test]
fn the_key_decides_the_algorithm_and_the_signature_must_match_it() {
    let world = world();
    let keys = key_set(&[rsa_key("one"), ec_key("curve")]);
    world.upstream.answer_always(URL, Answer::new(200, keys));
    let request = |alg: &str, kid: &str, signature: &str| {
        let header = json!({"alg": alg, "kid": kid});
        start().bearer(&signed(&header, &claims(), signature))
    };
    assert_eq!(
        world
            .serve(request("ES256", "curve", "signed:point-curve"))
            .status(),
        200
    );
    for alg in ["none", "HS256", "RS512", "ES256"] {
        let reply = world.serve(request(alg, "one", "signed:modulus-one"));
        assert!(
            detail(&reply).contains("another algorithm than its key is for"),
            "{alg}"
        );
    }
    for signature in ["", "signed:modulus-two", "signed:point-curve"] {
        let reply = world.serve(request("RS256", "one", signature));
        assert!(
            detail(&reply).contains("signature is not valid"),
            "{signature}"
        );
    }
    assert_eq!(world.dataset.failures("identity_required"), 7);
    let verified = world
        .calls()
        .into_iter()
        .filter(|call| call == "verify")
        .count();
    assert_eq!(
        verified,
        1 + 3,
        "a wrong algorithm is rejected without a look at the signature"
    );
}

#[test]
fn claims_are_checked_after_the_signature() {
    let world = world();
    let header = json!({"alg": "RS256", "kid": "one"});
    let with_claim = |name: &str, value: serde_json::Value| {
        let mut claims = claims();
        claims[name] = value;
        start().bearer(&signed(&header, &claims, "signed:modulus-one"))
    };
    for (request, words) in [
        (with_claim("exp", json!(NOON / 1000 - 60)), "expired"),
        (with_claim("nbf", json!(NOON / 1000 + 61)), "not valid yet"),
        (with_claim("iss", json!("https://evil.example")), "issuer"),
        (with_claim("aud", json!("other")), "audience"),
        (with_claim("sub", json!("")), "subject"),
        (start(), "no token"),
        (start().bearer("a.b.c"), "not a signed"),
    ] {
        assert!(detail(&world.serve(request)).contains(words), "{words}");
    }
    assert_eq!(
        world
            .serve(with_claim("exp", json!(NOON / 1000 - 59)))
            .status(),
        200
    );
}

#[test]
fn access_has_its_keys_at_the_issuer_and_its_token_in_a_header_of_its_own() {
    let team = "https://team.cloudflareaccess.com";
    let settings = [
        ("AUTH", "access"),
        ("AUTH_ISSUER", team),
        ("AUTH_AUDIENCE", AUDIENCE),
    ];
    let world = World::new(&settings);
    let certs = format!("{team}/cdn-cgi/access/certs");
    world
        .upstream
        .answer_always(&certs, Answer::new(200, key_set(&[rsa_key("one")])));
    let mut claims = claims();
    claims["iss"] = json!(team);
    let header = json!({"alg": "RS256", "kid": "one"});
    let token = signed(&header, &claims, "signed:modulus-one");
    let reply = world.serve(start().header("Cf-Access-Jwt-Assertion", &token));
    assert_eq!(reply.status(), 200);
    let reply = world.serve(start().bearer(&token));
    assert!(
        detail(&reply).contains("no token"),
        "a request that bypasses Access"
    );
}
