//! Who a session is for: visitors by cookie and header, pages of other sites, refreshes, and users that a proxy names.

use super::twins::test_client::{OWN_ORIGIN, TestRequest, refresh, start};
use super::twins::{NOON, Reply, World};
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rules::identity::visitor::UNTIMED_ISSUED;
use sha2::Sha256;
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
    world.clock.advance(86_399_000);
    let second = world.serve(start().cookie(format!("theme=dark; {}", first.cookie())));
    assert_eq!(
        second.header("Set-Cookie"),
        Some(cookie),
        "the cookie's age is renewed"
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

    for header in ["X-ChatKit-Visitor-Token", "X-ChatKit-Visitor"] {
        let next = world.serve(start().origin(SITE).header(header, visitor));
        assert_eq!(next.json()["visitor"], visitor);
        assert_eq!(
            next.header("Set-Cookie"),
            None,
            "it could be another page's visitor"
        );
    }
    let users = users(&world);
    assert_eq!(users, vec![users[0].clone(); 3]);
}

#[test]
fn a_page_whose_browser_sent_the_cookie_does_not_get_its_value_in_the_body() {
    let world = World::new(&[ALLOWED]);
    let cookie = world.serve(start()).cookie();
    let value = cookie.split('=').nth(1).expect("a value").to_owned();
    let with_cookie = || start().origin(SITE).cookie(&cookie);
    for request in [
        with_cookie(),
        with_cookie().header("X-ChatKit-Visitor-Token", &value),
    ] {
        let reply = world.serve(request);
        assert!(reply.json().get("visitor").is_none());
        assert_eq!(reply.cookie(), cookie);
    }
    let damaged = start()
        .origin(SITE)
        .cookie("__Host-chatkit_visitor=AAAA.BBBB");
    let reply = world.serve(damaged);
    assert!(
        reply.json().get("visitor").is_none(),
        "this browser keeps cookies"
    );
    assert_ne!(reply.cookie(), cookie);
}

/// Serves a request a number of days after the world started.
fn serve_on_day(world: &Rc<World>, day: u64, request: TestRequest) -> Reply {
    world
        .clock
        .advance(NOON + day * 86_400_000 - world.clock.now_ms());
    world.serve(request)
}

#[test]
fn a_visitor_who_comes_back_in_time_stays_and_one_who_does_not_is_new() {
    let world = World::new(&[("VISITOR_MAX_AGE_DAYS", "30"), ALLOWED]);
    let first = world.serve(start());
    assert!(
        first
            .header("Set-Cookie")
            .expect("a cookie")
            .contains("; Max-Age=2592000;")
    );
    let second = serve_on_day(&world, 29, start().cookie(first.cookie()));
    assert_ne!(second.cookie(), first.cookie(), "a new time of issue");
    let ended = serve_on_day(&world, 30, refresh().cookie(first.cookie()));
    assert_eq!(ended.outcome(), (401, "identity_required".to_owned()));
    let header = second
        .cookie()
        .split('=')
        .nth(1)
        .expect("a value")
        .to_owned();
    let by_header = start()
        .origin(SITE)
        .header("X-ChatKit-Visitor-Token", header);
    let third = serve_on_day(&world, 58, by_header);
    let renewed = third.json()["visitor"]
        .as_str()
        .expect("a value")
        .to_owned();
    serve_on_day(
        &world,
        87,
        refresh().header("X-ChatKit-Visitor-Token", renewed),
    );
    let users = users(&world);
    assert_eq!(users, vec![users[0].clone(); 4]);
}

/// A visitor's value as version 0.1.0 signed it.
fn untimed(id: &str) -> String {
    let mut key = [0; 32];
    let secret = b"the-visitor-secret-of-the-world";
    let derived = Hkdf::<Sha256>::new(None, secret).expand(b"chatkit-edge visitor 1", &mut key);
    derived.expect("one block");
    let mac = Hmac::<Sha256>::new_from_slice(&key)
        .expect("a key")
        .chain_update(id);
    format!(
        "{id}.{}",
        Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes())
    )
}

#[test]
fn a_visitor_of_version_0_1_0_stays_and_gets_a_value_with_a_time() {
    let world = World::new(&[ALLOWED]);
    let old = untimed("AAECAwQFBgcICQoLDA0ODw");
    let by_cookie = world.serve(start().cookie(format!("__Host-chatkit_visitor={old}")));
    let by_header = world.serve(start().origin(SITE).header("X-ChatKit-Visitor", &old));
    let next = world.serve(refresh().cookie(by_cookie.cookie()));
    assert_eq!(next.status(), 200);
    assert_eq!(users(&world), ["visitor_AAECAwQFBgcICQoLDA0ODw"; 3]);
    let issued = format!("AAECAwQFBgcICQoLDA0ODw.{}.", NOON / 1000);
    assert!(by_cookie.cookie().contains(&issued));
    assert!(by_header.json()["visitor"].to_string().contains(&issued));
    let last_second = UNTIMED_ISSUED + 400 * 86_400 - 1;
    for (seconds, status) in [(last_second, 200), (last_second + 1, 401)] {
        world.clock.advance(seconds * 1000 - world.clock.now_ms());
        let reply = world.serve(refresh().cookie(format!("__Host-chatkit_visitor={old}")));
        assert_eq!(reply.status(), status);
    }
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
        refresh().header("X-ChatKit-Visitor-Token", "AAAA.1.BBBB"),
    ] {
        let reply = world.serve(request);
        assert_eq!(reply.outcome(), (401, "identity_required".to_owned()));
        assert_eq!(reply.header("Set-Cookie"), None);
        assert!(reply.header("WWW-Authenticate").is_some());
    }
    assert!(world.upstream.sent().is_empty());
    assert_eq!(world.dataset.failures("identity_required"), 4);
}
