//! A refresh that the client secret itself proves, as OpenAI's own code sends it to another origin; and what every refresh keeps
//! of the session before.

use super::twins::test_client::{OWN_ORIGIN, TestRequest, delete, refresh, start};
use super::twins::{Fault, NOON, Reply, World};
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::rc::Rc;

const SITE: &str = "https://shop.example.com";
const ALLOWED: (&str, &str) = ("ALLOWED_ORIGINS", "https://shop.example.com");
const JWT_SECRET: &str = "a-secret-of-32-bytes-for-the-tokens";
const VARIABLES: (&str, &str) = ("STATE_VARIABLES", "plan,seats");

/// A start as OpenAI's guide sends it: cross-origin, without credentials.
fn guide_start() -> TestRequest {
    start().origin(SITE)
}

/// A refresh as OpenAI's guide sends it.
fn guide_refresh(secret: &str) -> TestRequest {
    let body = json!({"currentClientSecret": secret}).to_string();
    refresh().origin(SITE).body(body)
}

fn secret(reply: &Reply) -> String {
    let secret = reply.json()["client_secret"].clone();
    secret.as_str().expect("a secret").to_owned()
}

fn workflow(world: &Rc<World>) -> Value {
    let sent = world.upstream.sent();
    sent.last().expect("a request").json()["workflow"].clone()
}

/// A token signed with [`JWT_SECRET`].
fn hs256(claims: &Value) -> String {
    let encode = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let header = json!({"alg": "HS256"}).to_string();
    let signed = format!("{}.{}", encode(header), encode(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(JWT_SECRET.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    let signature = Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn refused() -> (u16, String) {
    (401, "identity_required".to_owned())
}

/// A world with a session of a page of another site, and its secret.
fn world(settings: &[(&str, &str)]) -> (Rc<World>, String) {
    let settings: Vec<_> = settings.iter().copied().chain([ALLOWED]).collect();
    let world = World::new(&settings);
    let secret = secret(&world.serve(guide_start()));
    (world, secret)
}

#[test]
fn the_chat_of_openais_guide_goes_on_for_the_same_visitor() {
    let (world, mut current) = world(&[]);
    for _ in 0..3 {
        world.clock.advance(590_000);
        let reply = world.serve(guide_refresh(&current));
        assert_eq!(reply.status(), 200, "{reply:?}");
        assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(SITE));
        let next = secret(&reply);
        assert_ne!(next, current);
        current = next;
    }
    let users: Vec<String> = world
        .upstream
        .sent()
        .iter()
        .map(|sent| sent.user())
        .collect();
    assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
    assert_eq!(world.ledger.counted("sessions_refreshed"), 3);
}

#[test]
fn a_secret_does_not_become_a_cookie_or_a_visitor_value() {
    let (world, current) = world(&[]);
    let reply = world.serve(guide_refresh(&current));
    assert_eq!(reply.header("Set-Cookie"), None);
    let body = reply.json();
    let fields: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["client_secret", "expires_at", "session_id"]);
}

#[test]
fn every_name_of_the_old_secret_works_in_body_and_query() {
    for name in [
        "currentClientSecret",
        "current_client_secret",
        "client_secret",
        "token",
        "existingSecret",
    ] {
        let (world, current) = world(&[]);
        let body = format!(r#"{{"{name}":"{current}"}}"#);
        let in_body = refresh().origin(SITE).body(body);
        assert_eq!(world.serve(in_body).status(), 200, "{name}");
        let path = format!("/api/chatkit/refresh?{name}={current}");
        let in_query = super::twins::test_client::post(&path).origin(SITE);
        assert_eq!(world.serve(in_query).status(), 200, "{name}");
    }
}

#[test]
fn a_secret_proves_a_refresh_until_a_minute_after_it_expired() {
    for (after, status) in [(660_000, 200), (661_000, 401)] {
        let (world, current) = world(&[]);
        world.clock.advance(after);
        assert_eq!(world.serve(guide_refresh(&current)).status(), status);
    }
}

#[test]
fn a_secret_proves_refreshes_for_a_minute_after_its_first_exchange() {
    let (world, current) = world(&[]);
    for wait in [0, 30_000, 30_000] {
        world.clock.advance(wait);
        assert_eq!(world.serve(guide_refresh(&current)).status(), 200);
    }
    world.clock.advance(1_000);
    assert_eq!(world.serve(guide_refresh(&current)).outcome(), refused());
}

#[test]
fn a_refresh_that_failed_is_no_exchange() {
    let (world, current) = world(&[]);
    let failure = super::twins::scripted_upstream::Answer::error(401, "no");
    world.upstream.answer(super::twins::SESSIONS_URL, [failure]);
    assert_eq!(world.serve(guide_refresh(&current)).status(), 502);
    world.clock.advance(120_000);
    assert_eq!(world.serve(guide_refresh(&current)).status(), 200);
}

#[test]
fn a_refresh_with_a_cookie_exchanges_its_secret_too() {
    let world = World::new(&[ALLOWED]);
    let first = world.serve(guide_start());
    let with_cookie = guide_refresh(&secret(&first)).cookie(first.cookie());
    assert_eq!(world.serve(with_cookie).status(), 200);
    world.clock.advance(61_000);
    let reply = world.serve(guide_refresh(&secret(&first)));
    assert_eq!(reply.outcome(), refused());
}

#[test]
fn the_secret_of_a_cancelled_session_proves_nothing() {
    let world = World::new(&[ALLOWED]);
    let first = world.serve(guide_start());
    let path = "/api/chatkit/session/cksess_1";
    let cancel = delete(path).origin(SITE).cookie(first.cookie());
    assert_eq!(world.serve(cancel).status(), 200);
    let reply = world.serve(guide_refresh(&secret(&first)));
    assert_eq!(reply.outcome(), refused());
}

#[test]
fn a_secret_that_this_worker_did_not_issue_proves_nothing() {
    let (world, current) = world(&[]);
    let longer = format!("{current}x");
    for foreign in ["ek_secret_9", "ek_foreign", &longer, "x"] {
        let reply = world.serve(guide_refresh(foreign));
        assert_eq!(reply.outcome(), refused(), "{foreign}");
    }
    assert_eq!(world.upstream.sent().len(), 1);
}

#[test]
fn a_secret_proves_nothing_without_an_allowed_origin() {
    let (world, current) = world(&[]);
    let body = json!({"currentClientSecret": current}).to_string();
    for request in [refresh(), refresh().origin(OWN_ORIGIN)] {
        assert_eq!(world.serve(request.body(body.clone())).outcome(), refused());
    }
    let foreign = refresh().origin("https://evil.example").body(body);
    assert_eq!(world.serve(foreign).status(), 403);
}

#[test]
fn a_secret_does_not_replace_a_token() {
    let settings = [
        ALLOWED,
        ("AUTH", "jwt"),
        ("AUTH_JWT_SECRET", JWT_SECRET),
        VARIABLES,
    ];
    let world = World::new(&settings);
    let token = hs256(&json!({"sub": "user-1", "exp": NOON / 1000 + 60}));
    let body = r#"{"state_variables":{"plan":"pro"}}"#;
    let first = world.serve(guide_start().bearer(&token).body(body));
    assert_eq!(first.status(), 200, "{first:?}");
    let secret = secret(&first);
    let reply = world.serve(guide_refresh(&secret).bearer(&token));
    assert_eq!(reply.status(), 200, "{reply:?}");
    assert_eq!(workflow(&world)["state_variables"], json!({"plan": "pro"}));
    assert_eq!(world.serve(guide_refresh(&secret)).outcome(), refused());
    world.clock.advance(300_000);
    let reply = world.serve(guide_refresh(&secret).bearer(&token));
    assert_eq!(
        reply.outcome(),
        refused(),
        "an expired token is not bypassed"
    );
}

#[test]
fn a_user_that_a_proxy_names_is_not_proven_by_a_secret() {
    let world = World::new(&[
        ALLOWED,
        ("TRUST_CLIENT_USER", "true"),
        ("PROXY_SECRET", "proxy"),
        VARIABLES,
    ]);
    let body = r#"{"user":"customer 7","state_variables":{"plan":"pro"}}"#;
    let named = guide_start().header("X-ChatKit-Proxy-Secret", "proxy");
    let first = world.serve(named.body(body));
    assert_eq!(first.status(), 200);
    let reply = world.serve(guide_refresh(&secret(&first)));
    assert_eq!(reply.outcome(), refused());
}

#[test]
fn the_401_says_what_is_missing_and_the_title_is_not_about_signing_in() {
    let (world, _) = world(&[]);
    for (request, words) in [
        (
            refresh().origin(SITE),
            "neither the visitor's cookie nor the old client secret",
        ),
        (
            guide_refresh("ek_unknown"),
            "unknown, cancelled, expired or already exchanged",
        ),
    ] {
        let problem = world.serve(request).json();
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(words), "{detail}");
        assert_eq!(problem["title"], "The user is not known");
        assert!(!problem.to_string().to_lowercase().contains("sign in"));
    }
}

#[test]
fn a_ledger_that_fails_is_not_taken_for_a_secret_that_proves_nothing() {
    for call in ["get_grant", "get_record"] {
        let (world, current) = world(&[]);
        world.ledger.break_next(call, &[Fault::Broken]);
        let reply = world.serve(guide_refresh(&current));
        assert_eq!(reply.outcome(), (500, "internal".to_owned()));
        assert_eq!(world.serve(guide_refresh(&current)).status(), 200, "{call}");
    }
}

#[test]
fn a_grant_that_is_not_stored_does_not_fail_the_session() {
    let world = World::new(&[ALLOWED]);
    world.ledger.break_next("put_grant", &[Fault::Broken]);
    assert_eq!(world.serve(guide_start()).status(), 200);
    let cause = "the ledger failed: Error: Network connection lost.";
    assert_eq!(world.lines.last()["cause"], cause);
}

#[test]
fn a_refresh_keeps_workflow_and_state_variables_unless_it_names_others() {
    let body = json!({"workflowId": "wf_2", "state_variables": {"plan": "pro", "seats": 3}});
    let kept = json!({"id": "wf_2", "state_variables": {"plan": "pro", "seats": 3}});
    for by_cookie in [true, false] {
        let world = World::new(&[ALLOWED, VARIABLES]);
        let mut reply = world.serve(guide_start().body(body.to_string()));
        let cookie = reply.cookie();
        let send = |body: Value| {
            let request = refresh().origin(SITE).body(body.to_string());
            let reply = world.serve(if by_cookie {
                request.cookie(&cookie)
            } else {
                request
            });
            assert_eq!(reply.status(), 200, "{reply:?}");
            reply
        };
        for _ in 0..2 {
            reply = send(json!({"currentClientSecret": secret(&reply)}));
            assert_eq!(workflow(&world), kept);
        }
        let current = secret(&reply);
        send(json!({"currentClientSecret": current, "workflowId": "wf_1", "state_variables": {}}));
        assert_eq!(workflow(&world), json!({"id": "wf_1"}));
        send(json!({"currentClientSecret": current, "state_variables": {"plan": "free"}}));
        let named = json!({"id": "wf_2", "state_variables": {"plan": "free"}});
        assert_eq!(workflow(&world), named);
    }
}

#[test]
fn a_page_of_the_workers_own_keeps_them_too() {
    let world = World::new(&[]);
    let first = world.serve(start().body(r#"{"workflowId":"wf_2"}"#));
    let body = json!({"currentClientSecret": secret(&first)}).to_string();
    assert_eq!(
        world
            .serve(refresh().cookie(first.cookie()).body(body))
            .status(),
        200
    );
    assert_eq!(workflow(&world)["id"], "wf_2");
}

#[test]
fn the_secret_of_another_visitor_gives_nothing_of_its_session() {
    let world = World::new(&[ALLOWED, VARIABLES]);
    let body = r#"{"workflowId":"wf_2","state_variables":{"plan":"pro"}}"#;
    let other = secret(&world.serve(guide_start().body(body)));
    let own = world.serve(guide_start()).cookie();
    assert_eq!(world.serve(guide_refresh(&other).cookie(own)).status(), 200);
    assert_eq!(workflow(&world), json!({"id": "wf_1"}));
    let sent = world.upstream.sent();
    assert_eq!(sent[2].user(), sent[1].user());
}

#[test]
fn a_session_that_needs_no_grant_stores_none() {
    let world = World::new(&[]);
    let first = world.serve(start());
    let body = json!({"currentClientSecret": secret(&first)}).to_string();
    world.serve(refresh().cookie(first.cookie()).body(body));
    assert_eq!(world.ledger.grants(), 0);
    let world = World::new(&[ALLOWED]);
    world.serve(guide_start());
    assert_eq!(world.ledger.grants(), 1);
}

#[test]
fn neither_the_secret_nor_the_user_is_stored_or_logged() {
    let (world, current) = world(&[]);
    world.serve(guide_refresh(&current));
    world.serve(guide_refresh("ek_secret_unknown"));
    let user = world.upstream.sent()[0].user();
    let kept = format!("{}{}", world.lines.text(), world.ledger.stored());
    for text in ["ek_secret", &user["visitor_".len()..]] {
        assert!(!kept.contains(text), "{text}");
    }
}

#[test]
fn openais_quick_start_sends_nothing_and_so_starts_for_a_new_visitor() {
    let (world, _) = world(&[]);
    assert_eq!(world.serve(guide_start()).status(), 200);
    let sent = world.upstream.sent();
    assert_ne!(sent[0].user(), sent[1].user());
}
