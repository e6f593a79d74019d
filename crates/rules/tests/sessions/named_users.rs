//! Users that the owner's own proxy names, with `TRUST_CLIENT_USER`.

use super::twins::World;
use super::twins::test_client::{TestRequest, delete, get, refresh, start};
use std::rc::Rc;

const SITE: &str = "https://shop.example.com";
const ALLOWED: (&str, &str) = ("ALLOWED_ORIGINS", "https://*.example.com");
const SECRET: &str = "the-secret-of-the-proxy";
const PATH: &str = "/api/chatkit/session/cksess_1";

fn world() -> Rc<World> {
    World::new(&[
        ("TRUST_CLIENT_USER", "true"),
        ("PROXY_SECRET", SECRET),
        ALLOWED,
    ])
}

/// A request as the owner's proxy sends it.
fn proxied(request: TestRequest) -> TestRequest {
    request.header("X-ChatKit-Proxy-Secret", SECRET)
}

/// The users of all requests to OpenAI.
fn users(world: &Rc<World>) -> Vec<String> {
    let sent = world.upstream.sent();
    sent.iter().map(|sent| sent.user()).collect()
}

#[test]
fn the_body_from_the_proxy_names_the_user_and_no_cookie_is_set() {
    let world = world();
    for field in ["user", "user_id", "userId"] {
        let body = format!(r#"{{"{field}":" customer 7 "}}"#);
        let reply = world.serve(proxied(start().origin(SITE).body(body)));
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(reply.json().get("visitor").is_none());
    }
    assert_eq!(users(&world), ["customer 7"; 3]);
    let reply = world.serve(proxied(refresh().body(r#"{"user":"customer 7"}"#)));
    assert_eq!(reply.status(), 200, "a named user may refresh");
    let kept = format!("{}{}", world.lines.text(), world.ledger.stored());
    assert!(!kept.contains("customer") && !kept.contains(SECRET));
}

#[test]
fn a_user_without_the_secret_of_the_proxy_is_rejected_and_gets_no_session() {
    let world = world();
    world.serve(proxied(start().body(r#"{"user":"victim"}"#)));
    let named = || start().body(r#"{"user":"victim"}"#);
    for request in [
        named(),
        named().header("X-ChatKit-Proxy-Secret", ""),
        named().header("X-ChatKit-Proxy-Secret", "the-secret-of-the-prox"),
        named().header("X-ChatKit-Proxy-Secret", format!("{SECRET}x")),
        refresh().body(r#"{"user":"victim"}"#),
        get(&format!("{PATH}?user=victim")),
        delete(&format!("{PATH}?user=victim")),
    ] {
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
        assert!(
            reply
                .text()
                .contains("X-ChatKit-Proxy-Secret is missing or is not PROXY_SECRET")
        );
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(!reply.text().contains(SECRET));
    }
    assert_eq!(world.upstream.sent().len(), 1);
    let own = format!("{PATH}?user=victim");
    assert_eq!(world.serve(proxied(get(&own))).status(), 200);
}

#[test]
fn a_request_with_two_users_is_rejected() {
    let world = world();
    for body in [
        r#"{"user":"page","user_id":"proxy"}"#,
        r#"{"user":"page","user":"proxy"}"#,
        r#"{"userId":"proxy","userId":"proxy"}"#,
    ] {
        for request in [start(), refresh()] {
            let reply = world.serve(proxied(request.body(body)));
            assert_eq!(
                reply.outcome(),
                (400, "invalid_request".to_owned()),
                "{body}"
            );
        }
    }
    for query in ["user=page&user=proxy", "user=page&userId=proxy"] {
        let reply = world.serve(proxied(get(&format!("{PATH}?{query}"))));
        assert_eq!(
            reply.outcome(),
            (400, "invalid_request".to_owned()),
            "{query}"
        );
    }
    assert_eq!(world.upstream.sent().len(), 0);
}

#[test]
fn a_request_without_a_user_is_for_a_visitor() {
    let world = world();
    let reply = world.serve(start());
    assert!(users(&world)[0].starts_with("visitor_"));
    for body in [r#"{"user":null}"#, r#"{"user":""}"#] {
        world.serve(proxied(start().cookie(reply.cookie()).body(body)));
    }
    let users = users(&world);
    assert_eq!(users, vec![users[0].clone(); 3]);
}

#[test]
fn the_query_names_the_user_of_a_session() {
    let world = world();
    world.serve(proxied(start().body(r#"{"user":"a@b.example"}"#)));
    let path = |user: &str| format!("{PATH}?user={user}");
    let own = path("a%40b.example");
    assert_eq!(world.serve(proxied(get(&own))).status(), 200);
    assert_eq!(world.serve(proxied(get(&path("other")))).status(), 404);
    assert_eq!(
        world.serve(proxied(get(&path("")))).status(),
        401,
        "no user"
    );
    assert_eq!(
        world.serve(proxied(delete(&own))).json()["status"],
        "cancelled"
    );
    assert!(!world.lines.text().contains("b.example"));
}

#[test]
fn without_trust_client_user_a_user_in_body_or_query_is_ignored() {
    let world = World::new(&[]);
    let own = world.serve(start()).cookie();
    world.serve(start().cookie(&own).body(r#"{"user":"victim"}"#));
    let users = users(&world);
    assert_eq!(users[0], users[1]);
    let path = "/api/chatkit/session/cksess_1?user=victim";
    assert_eq!(world.serve(get(path)).status(), 401);
    assert_eq!(world.serve(get(path).cookie(own)).status(), 200);
}
