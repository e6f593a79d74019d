//! Origins, preflights, methods and paths: who may call, and what a browser is told.

use super::twins::test_client::{OWN_ORIGIN, get, post, request, start};
use super::twins::{Reply, World};
use serde_json::{Value, json};
use std::rc::Rc;

const ALLOWED: &str = "https://shop.example.com";
const DISALLOWED: &str = "https://evil.example";
const SESSION: &str = "/api/chatkit/session";

fn world() -> Rc<World> {
    World::new(&[("ALLOWED_ORIGINS", ALLOWED), ("DAILY_SESSION_LIMIT", "5")])
}

/// The requests that change something.
const CHANGES: [(&str, &str); 8] = [
    ("POST", SESSION),
    ("POST", "/api/create-session"),
    ("POST", "/api/chatkit/refresh"),
    ("DELETE", "/api/chatkit/session/cksess_1"),
    ("POST", "/api/analytics/message"),
    ("POST", "/api/analytics/thread-change"),
    ("POST", "/api/errors"),
    ("POST", "/api/chatkit/doctor"),
];

fn has_cors(reply: &Reply) -> bool {
    let mut names = reply.headers().iter().map(|(name, _)| *name);
    names.any(|name| name.starts_with("Access-Control-"))
}

#[test]
fn a_disallowed_origin_is_rejected_before_anything_is_touched_and_is_not_counted() {
    for origin in [DISALLOWED, "https://shop.example.com.evil.example"] {
        for (method, path) in CHANGES {
            let world = world();
            let reply = world.serve(request(method, path).origin(origin).body("{"));
            assert_eq!(
                reply.outcome(),
                (403, "origin_not_allowed".to_owned()),
                "{path}"
            );
            assert_eq!(world.trace(), ["log"], "{method} {path}");
            let line = world.lines.last();
            assert_eq!(line["code"], "origin_not_allowed");
            for text in [&reply.json()["detail"], &line["cause"]] {
                let named = format!(
                    "The origin {origin} may not use this Worker. The owner can add it to ALLOWED_ORIGINS."
                );
                assert!(
                    text.as_str().is_some_and(|text| text.ends_with(&named)),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn the_page_of_a_refused_origin_can_read_why_without_credentials() {
    let world = world();
    for (method, path) in CHANGES {
        for origin in [DISALLOWED, "null"] {
            let reply = world.serve(request(method, path).origin(origin));
            assert_eq!(reply.status(), 403);
            assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(origin));
            assert_eq!(reply.header("Access-Control-Allow-Credentials"), None);
            let exposed = reply.header("Access-Control-Expose-Headers");
            assert_eq!(exposed, Some("X-Request-Id"));
        }
    }
    let reply = world.serve(start().origin("null"));
    let detail = reply.json()["detail"].to_string();
    assert!(
        detail.contains("states no origin (Origin: null)"),
        "{detail}"
    );
    // Nothing that could not be an origin is sent back.
    let reply = world.serve(start().origin("https://evil.example\u{7f} x"));
    assert_eq!((reply.status(), has_cors(&reply)), (403, false));
}

#[test]
fn with_invalid_allowed_origins_no_page_is_told_that_it_is_not_allowed() {
    let world = World::new(&[("ALLOWED_ORIGINS", "https://shop.example.com, *")]);
    for (method, path) in CHANGES {
        let reply = world.serve(request(method, path).origin(ALLOWED));
        assert_eq!(
            reply.outcome(),
            (500, "not_configured".to_owned()),
            "{path}"
        );
        assert!(
            reply
                .text()
                .contains("ALLOWED_ORIGINS must be origins like")
        );
        assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(ALLOWED));
        assert_eq!(reply.header("Access-Control-Allow-Credentials"), None);
    }
    assert!(world.upstream.sent().is_empty());
    // Another wrong setting does not hide that an origin is not allowed.
    let world = World::new(&[("HISTORY", "maybe")]);
    assert_eq!(world.serve(start().origin(DISALLOWED)).status(), 403);
}

#[test]
fn a_slash_too_many_is_forgiven_and_health_has_two_paths() {
    let world = world();
    for path in [
        "/api/chatkit/session/",
        "//api/chatkit/session",
        "//api/create-session/",
    ] {
        assert_eq!(world.serve(post(path)).status(), 200, "{path}");
    }
    for path in ["/health", "/api/health", "/api/health/", "//health"] {
        assert_eq!(world.serve(get(path)).json()["status"], "healthy", "{path}");
    }
    assert_eq!(world.serve(get("/metrics/").admin()).status(), 200);
    let cookie = world.serve(start()).cookie();
    let shown = world.serve(get("//api/chatkit/session/cksess_4/").cookie(cookie));
    assert_eq!(shown.json()["id"], "cksess_4");
}

#[test]
fn the_own_origin_an_allowed_one_and_none_may_change_something() {
    for (method, path) in CHANGES {
        for request in [
            request(method, path),
            request(method, path).origin(OWN_ORIGIN),
            request(method, path).origin(ALLOWED),
        ] {
            assert_ne!(world().serve(request).status(), 403, "{method} {path}");
        }
    }
}

#[test]
fn an_allowed_page_can_read_errors_too() {
    let world = world();
    for reply in [
        world.serve(start().origin(ALLOWED).body("{")),
        world.serve(get("/api/nowhere").origin(ALLOWED)),
        world.serve(get(SESSION).origin(ALLOWED)),
    ] {
        assert!(reply.status() >= 400);
        assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(ALLOWED));
        assert_eq!(
            reply.header("Access-Control-Allow-Credentials"),
            Some("true")
        );
        let exposed = reply.header("Access-Control-Expose-Headers");
        assert_eq!(exposed, Some("X-Request-Id, Retry-After"));
        assert_eq!(reply.header("Vary"), Some("Origin"));
    }
}

#[test]
fn a_preflight_of_an_allowed_page_names_methods_and_headers() {
    let world = world();
    let reply = world.serve(request("OPTIONS", SESSION).origin(ALLOWED));
    assert_eq!((reply.status(), reply.text()), (204, ""));
    assert_eq!(reply.header("Allow"), Some("POST, OPTIONS"));
    assert_eq!(
        reply.header("Access-Control-Allow-Methods"),
        Some("POST, OPTIONS")
    );
    let headers = "Content-Type, Authorization, X-ChatKit-Visitor-Token, X-ChatKit-Visitor, chatkit-frame-instance-id";
    assert_eq!(reply.header("Access-Control-Allow-Headers"), Some(headers));
    let asked = request("OPTIONS", SESSION).origin(ALLOWED);
    let asked = asked.header(
        "Access-Control-Request-Headers",
        "content-type,x-shop,bad name",
    );
    let reply = world.serve(asked);
    let more = format!("{headers}, x-shop");
    assert_eq!(reply.header("Access-Control-Allow-Headers"), Some(&*more));
    assert_eq!(reply.header("Access-Control-Max-Age"), Some("7200"));
    assert_eq!(reply.header("Access-Control-Allow-Origin"), Some(ALLOWED));
    assert_eq!(world.calls(), [""; 0], "it costs nothing");
}

#[test]
fn a_preflight_of_a_disallowed_page_leads_to_a_refusal_that_it_can_read() {
    let preflight = |method: &'static str, path: &str| {
        let request = request("OPTIONS", path).origin(DISALLOWED);
        let asked = request.header("Access-Control-Request-Headers", "content-type");
        world().serve(asked.header("Access-Control-Request-Method", method))
    };
    for (method, path) in CHANGES {
        let reply = preflight(method, path);
        assert_eq!(reply.status(), 204, "{method} {path}");
        assert_eq!(
            reply.header("Access-Control-Allow-Origin"),
            Some(DISALLOWED)
        );
        assert_eq!(reply.header("Access-Control-Allow-Credentials"), None);
        assert_eq!(reply.header("Access-Control-Max-Age"), None);
        let methods = reply.header("Access-Control-Allow-Methods");
        assert!(methods.is_some_and(|methods| methods.contains(method)));
        let headers = reply.header("Access-Control-Allow-Headers");
        assert!(headers.is_some_and(|headers| headers.starts_with("Content-Type, ")));
    }
    // What would be served, though its page could not read it, is refused at once.
    for (method, path) in [
        ("GET", "/api/chatkit/stats"),
        ("GET", "/api/chatkit/session/cksess_1"),
        ("GET", "/api/errors"),
        ("PUT", SESSION),
        ("", SESSION),
    ] {
        let reply = preflight(method, path);
        assert_eq!(
            reply.outcome(),
            (403, "origin_not_allowed".to_owned()),
            "{method} {path}"
        );
    }
}

#[test]
fn options_without_an_origin_names_the_methods() {
    for (path, allow) in [
        (SESSION, "POST, OPTIONS"),
        (
            "/api/chatkit/session/cksess_1",
            "GET, HEAD, DELETE, OPTIONS",
        ),
        ("/api/errors", "GET, HEAD, POST, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
    ] {
        let reply = world().serve(request("OPTIONS", path));
        assert_eq!((reply.status(), reply.header("Allow")), (204, Some(allow)));
        assert!(!has_cors(&reply));
    }
}

#[test]
fn a_page_of_any_origin_may_read_what_is_public() {
    let world = world();
    for path in ["/health", "/api/chatkit/config"] {
        let reply = world.serve(get(path).origin(DISALLOWED));
        assert_eq!(reply.status(), 200);
        assert!(!has_cors(&reply), "but its browser hides it from the page");
        assert!(has_cors(&world.serve(get(path).origin(ALLOWED))));
    }
}

#[test]
fn an_unknown_path_of_the_api_is_not_found() {
    let world = world();
    for path in [
        "/api",
        "/api/",
        "/api//chatkit",
        "/api/nowhere",
        "/api/chatkit/session/a/b",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let reply = world.serve(request(method, path));
            assert_eq!(
                reply.outcome(),
                (404, "not_found".to_owned()),
                "{method} {path}"
            );
        }
    }
    assert_eq!(world.calls(), [""; 0]);
    assert_eq!(world.lines.count("code", "not_found"), 15);
    assert_eq!(world.lines.count("cause", "No endpoint has this path."), 15);
}

#[test]
fn a_known_path_with_another_method_names_the_allowed_ones() {
    let world = world();
    for (method, path, allow) in [
        ("GET", SESSION, "POST, OPTIONS"),
        ("HEAD", SESSION, "POST, OPTIONS"),
        ("PUT", "/api/errors", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "/health", "GET, HEAD, OPTIONS"),
    ] {
        let reply = world.serve(request(method, path));
        assert_eq!(
            (reply.status(), reply.header("Allow")),
            (405, Some(allow)),
            "{path}"
        );
        if method != "HEAD" {
            assert_eq!(reply.json()["code"], "method_not_allowed");
            let detail = reply.json()["detail"].clone();
            assert_eq!(detail, json!(format!("Allowed methods: {allow}.")));
        }
    }
    assert_eq!(world.calls(), [""; 0]);
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let world = world();
    let cookie = world.serve(start()).cookie();
    for path in [
        "/health",
        "/api/chatkit/config",
        "/api/chatkit/session/cksess_1",
        "/metrics",
    ] {
        let ask = |method| world.serve(request(method, path).cookie(&cookie).admin());
        let (get, head) = (ask("GET"), ask("HEAD"));
        assert_eq!((get.status(), head.status()), (200, 200), "{path}");
        assert_eq!((get.text().is_empty(), head.text()), (false, ""));
        let without_id = |reply: &Reply| {
            let headers = reply.headers().iter();
            let kept = headers.filter(|(name, _)| *name != "X-Request-Id");
            kept.cloned().collect::<Vec<_>>()
        };
        assert_eq!(without_id(&get), without_id(&head));
        assert_eq!(world.lines.last()["method"], "HEAD");
    }
}

#[test]
fn health_and_config_need_no_settings() {
    let world = World::new(&[("OPENAI_API_KEY", "")]);
    assert_eq!(world.serve(get("/health")).json()["status"], "healthy");
    let reply = world.serve(get("/api/chatkit/config"));
    assert_eq!(reply.json()["configured"], false);
    assert_eq!(reply.header("Cache-Control"), Some("public, max-age=60"));
    assert_eq!(world.serve(post("/health")).status(), 405);
}

#[test]
fn every_response_has_an_id_of_its_own_that_the_log_has_too() {
    let world = world();
    let replies = world.serve_all((0..5).map(|_| get("/health")));
    let mut ids: Vec<Value> = replies
        .iter()
        .map(|reply| json!(reply.header("X-Request-Id")))
        .collect();
    assert_eq!(world.lines.values("request_id"), ids);
    ids.dedup();
    assert_eq!(ids.len(), 5);
    assert!(
        ids.iter()
            .all(|id| id.as_str().is_some_and(|id| id.len() == 32))
    );
}
