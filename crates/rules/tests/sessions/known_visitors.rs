//! Who a session is for: visitors by cookie and header, pages of other sites, refreshes, and users that a proxy names.

use super::twins::World;
use super::twins::test_client::{OWN_ORIGIN, get, refresh, start};
use std::rc::Rc;

const SITE: &str = "https://shop.example.com";
const ALLOWED: (&str, &str) = ("ALLOWED_ORIGINS", "https://*.example.com");

/// The users of all requests to OpenAI.
fn users(world: &Rc<World>) -> Vec<String> {
    world
        .upstream
        .sent()
        .iter()
        .map(|sent| sent.user())
        .collect()
}

#[test]
fn a_visitor_is_recognised_by_the_cookie_at_the_next_request() {
    let world = World::new(&[]);
    let first = world.serve(start());
    let cookie = first.header("Set-Cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-chatkit_visitor="), "{cookie}");
    let attributes = "; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure";
    assert!(cookie.ends_with(attributes), "{cookie}");
    world.clock.advance(86_400_000);
    let second = world.serve(start().cookie(format!("theme=dark; {}", first.cookie())));
    assert_eq!(
        second.header("Set-Cookie"),
        Some(cookie),
        "the cookie is renewed"
    );
    let users = users(&world);
    assert_eq!(users[0], users[1]);
    assert_ne!(first.json()["session_id"], second.json()["session_id"]);
}

#[test]
fn a_visitor_is_recognised_by_another_isolate_with_the_same_secret() {
    let (one, other) = (World::new(&[]), World::new(&[]));
    let stranger = World::new(&[("VISITOR_SECRET", "another")]);
    let cookie = one.serve(start()).cookie();
    for world in [&other, &stranger] {
        // Each world makes the same random values, so a new visitor after this one differs from the first world's.
        world.serve(start());
        world.serve(start().cookie(&cookie));
    }
    assert_eq!(users(&other)[1], users(&one)[0]);
    assert_ne!(users(&stranger)[1], users(&one)[0]);
}

#[test]
fn a_cookie_with_a_wrong_signature_gets_a_new_visitor() {
    let world = World::new(&[]);
    let cookie = world.serve(start()).cookie();
    let mut forged = cookie.clone();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'Q' } else { 'A' });
    let reply = world.serve(start().cookie(&forged));
    assert_eq!(reply.status(), 200);
    let users = users(&world);
    assert_ne!(users[0], users[1]);
    assert_ne!(reply.cookie(), cookie);
}

#[test]
fn a_page_of_another_site_gets_the_visitor_and_a_partitioned_cookie() {
    let world = World::new(&[ALLOWED]);
    let reply = world.serve(start().origin(SITE));
    let cookie = reply.header("Set-Cookie").expect("a cookie");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=None; Secure; Partitioned"),
        "{cookie}"
    );
    let body = reply.json();
    let visitor = body["visitor"].as_str().expect("the visitor");
    assert_eq!(reply.cookie(), format!("__Host-chatkit_visitor={visitor}"));
    assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(SITE));
    assert_eq!(
        reply.header("Access-Control-Allow-Credentials"),
        Some("true")
    );

    let next = world.serve(start().origin(SITE).header("X-ChatKit-Visitor", visitor));
    assert_eq!(next.json()["visitor"], visitor);
    let users = users(&world);
    assert_eq!(users[0], users[1]);
}

#[test]
fn a_page_of_the_workers_own_gets_no_visitor_in_the_body() {
    let world = World::new(&[ALLOWED]);
    for request in [start(), start().origin(OWN_ORIGIN)] {
        let reply = world.serve(request);
        assert_eq!(reply.status(), 200);
        assert!(reply.json().get("visitor").is_none());
        assert!(
            reply
                .header("Set-Cookie")
                .expect("a cookie")
                .contains("SameSite=Lax")
        );
        assert_eq!(reply.header("Access-Control-Allow-Origin"), None);
    }
}

#[test]
fn a_refresh_creates_the_next_session_of_the_same_visitor() {
    let world = World::new(&[]);
    let first = world.serve(start());
    let next = world.serve(refresh().cookie(first.cookie()));
    assert_eq!(next.status(), 200);
    assert_eq!(next.json()["session_id"], "cksess_2");
    let users = users(&world);
    assert_eq!(users[0], users[1]);
    assert_eq!(world.ledger.counted("sessions_created"), 1);
    assert_eq!(world.ledger.counted("sessions_refreshed"), 1);
    let line = world.lines.last();
    assert_eq!(line["event"], "session.refreshed");
    assert_eq!(line["path"], "/api/chatkit/refresh");
    assert_eq!(world.dataset.all()[1].0, "sessions_refreshed");
}

#[test]
fn a_refresh_without_proof_is_rejected_and_makes_up_no_visitor() {
    let world = World::new(&[]);
    for request in [
        refresh(),
        refresh().cookie("__Host-chatkit_visitor=AAAA.BBBB"),
        refresh().header("X-ChatKit-Visitor", "AAAA.BBBB"),
    ] {
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(reply.header("WWW-Authenticate").is_some());
    }
    assert!(world.upstream.sent().is_empty());
    assert_eq!(world.ledger.counted("failed:identity_required"), 3);
}

#[test]
fn with_trust_client_user_the_body_names_the_user_and_no_cookie_is_set() {
    let world = World::new(&[("TRUST_CLIENT_USER", "true"), ALLOWED]);
    for field in ["user", "user_id", "userId"] {
        let body = format!(r#"{{"{field}":"customer 7"}}"#);
        let reply = world.serve(start().origin(SITE).body(body));
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(reply.json().get("visitor").is_none());
    }
    assert_eq!(users(&world), ["customer 7"; 3]);
    assert!(!world.lines.text().contains("customer"));
    let reply = world.serve(refresh().body(r#"{"user":"customer 7"}"#));
    assert_eq!(reply.status(), 200, "a named user may refresh");
}

#[test]
fn with_trust_client_user_a_request_without_a_user_is_for_a_visitor() {
    let world = World::new(&[("TRUST_CLIENT_USER", "true")]);
    let reply = world.serve(start());
    assert!(users(&world)[0].starts_with("visitor_"));
    world.serve(start().cookie(reply.cookie()).body(r#"{"user":null}"#));
    world.serve(start().cookie(reply.cookie()).body(r#"{"user":" "}"#));
    let users = users(&world);
    assert!(
        users.len() == 3 && users.iter().all(|user| *user == users[0]),
        "a blank name is none"
    );
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
