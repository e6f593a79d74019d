//! What differs on a developer's machine: a cookie for programs, and no other host with `LOOPBACK_ONLY`.

use super::twins::test_client::{get, refresh, request, start};
use super::twins::{Reply, World};

const LOCAL: &str = "http://localhost:8787";

/// The second cookie of a response, as a program sends it back.
fn second_cookie(reply: &Reply) -> Option<String> {
    let (name, cookie) = reply.repeated().first()?;
    assert_eq!(*name, "Set-Cookie");
    assert!(!cookie.contains("Secure") && cookie.contains("; HttpOnly; SameSite=Lax"));
    Some(cookie.split(';').next().unwrap_or_default().to_owned())
}

#[test]
fn a_program_that_returns_no_secure_cookies_over_http_can_refresh_on_this_machine() {
    let world = World::new(&[]);
    let first = world.serve(start().to(LOCAL));
    assert!(first.cookie().starts_with("__Host-chatkit_visitor="));
    let cookie = second_cookie(&first).expect("a second cookie");
    assert!(cookie.starts_with("chatkit_visitor="), "{cookie}");
    let again = world.serve(refresh().to(LOCAL).cookie(format!("theme=dark; {cookie}")));
    assert_eq!(again.status(), 200);
    let shown = world.serve(
        get("/api/chatkit/session/cksess_2")
            .to(LOCAL)
            .cookie(&cookie),
    );
    assert_eq!(shown.status(), 200);
    let users: Vec<String> = world
        .upstream
        .sent()
        .iter()
        .map(|sent| sent.user())
        .collect();
    assert_eq!(users[0], users[1]);
}

#[test]
fn elsewhere_there_is_no_second_cookie_and_none_counts() {
    let world = World::new(&[("ALLOWED_ORIGINS", "https://shop.example.com")]);
    let cookie = second_cookie(&world.serve(start().to(LOCAL))).expect("a second cookie");
    for origin in [
        "https://edge.example.net",
        "http://edge.example.net",
        "https://localhost",
    ] {
        assert_eq!(
            second_cookie(&world.serve(start().to(origin))),
            None,
            "{origin}"
        );
        let reply = world.serve(refresh().to(origin).cookie(&cookie));
        assert_eq!(reply.status(), 401, "{origin}");
    }
    // Browsers return secure cookies to localhost, and state the origin of what they send.
    for origin in [LOCAL, "https://shop.example.com"] {
        let reply = world.serve(start().to(LOCAL).origin(origin));
        assert_eq!((reply.status(), second_cookie(&reply)), (200, None));
    }
}

#[test]
fn with_loopback_only_a_page_whose_name_is_bound_to_this_machine_is_refused() {
    const REBOUND: &str = "http://evil.example:8787";
    let settings = [
        ("LOOPBACK_ONLY", "true"),
        ("ALLOWED_ORIGINS", "http://box.lan:8787"),
    ];
    let world = World::new(&settings);
    for (method, path) in [
        ("POST", "/api/chatkit/session"),
        ("GET", "/api/chatkit/config"),
        ("GET", "/health"),
        ("GET", "/"),
        ("GET", "/demo.css"),
    ] {
        for origin in [None, Some(REBOUND)] {
            let rebound = request(method, path).to(REBOUND);
            let rebound = match origin {
                Some(origin) => rebound.origin(origin),
                None => rebound,
            };
            let reply = world.serve(rebound);
            assert_eq!(
                reply.outcome(),
                (403, "origin_not_allowed".to_owned()),
                "{path}"
            );
            assert!(reply.text().contains(REBOUND));
        }
    }
    assert_eq!(world.calls(), [""; 0]);
    for host in [
        LOCAL,
        "http://127.0.0.1:9000",
        "http://[::1]:8787",
        "http://box.lan:8787",
    ] {
        assert_eq!(world.serve(start().to(host)).status(), 200, "{host}");
    }
    // A deployment does not set it.
    assert_eq!(World::new(&[]).serve(start().to(REBOUND)).status(), 200);
}
