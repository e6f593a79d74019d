//! Origins, the patterns that allow them, addresses in settings, and the paths of requests.

use rules::error::Error;
use rules::hosted::openai_request::cancel_path;
use rules::http::cors::{OriginPattern, RequestOrigin, classify, parse_pattern};
use rules::http::response::Headers;
use rules::log::path_for_log;
use rules::router::{Route, is_api, route, session_id};
use rules::settings::value::{base_url, fetched_url};
use rules::url_origin::{canonical_path, is_loopback, of_url};
use url::{Host, Url};

const OWN: &str = "https://own.example";

/// The first line is an `Origin`, an address and a path; each other line is an entry of `ALLOWED_ORIGINS`.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let rules: Vec<OriginPattern> = lines.filter_map(parse_pattern).collect();
    rules.iter().for_each(is_narrow);
    judged(first, &rules);
    address(first);
    path(first);
}

/// A pattern allows one origin, or the subdomains of a domain that is not a top-level domain.
fn is_narrow(rule: &OriginPattern) {
    match rule {
        OriginPattern::Exact(origin) => {
            assert_eq!(of_url(origin).as_ref(), Some(origin));
            assert_eq!(
                classify(Some(origin), OWN, std::slice::from_ref(rule)),
                if origin == OWN {
                    RequestOrigin::Own
                } else {
                    RequestOrigin::Allowed(origin.clone())
                }
            );
        }
        OriginPattern::Subdomains(suffix) => {
            let labels: Vec<&str> = suffix.split('.').collect();
            assert!(labels.len() >= 3 && labels[0].is_empty(), "{suffix}");
            assert!(
                labels[1..].iter().all(|label| !label.is_empty()),
                "{suffix}"
            );
        }
    }
}

/// An allowed origin matches a pattern, and can stand in a header.
fn judged(origin: &str, rules: &[OriginPattern]) {
    assert_eq!(classify(None, OWN, rules), RequestOrigin::Absent);
    let judged = classify(Some(origin), OWN, rules);
    let mut headers = Headers::default();
    judged.add_cors(&mut headers);
    judged.add_preflight(&mut headers, "GET", Some(origin));
    let allowed = headers
        .all()
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .find(|(name, _)| *name == "Access-Control-Allow-Origin");
    let RequestOrigin::Allowed(echoed) = &judged else {
        assert_eq!(allowed, None);
        assert_eq!(judged == RequestOrigin::Own, origin == OWN);
        return;
    };
    assert_eq!(allowed, Some(("Access-Control-Allow-Origin", origin)));
    assert_eq!(echoed, origin);
    assert!(origin.bytes().all(|byte| byte.is_ascii_graphic()) && origin != "null");
    assert!(rules.iter().any(|rule| match rule {
        OriginPattern::Exact(exact) => exact == origin,
        OriginPattern::Subdomains(suffix) => is_subdomain(origin, suffix),
    }));
}

/// Decided by the URL as a browser parses it, if a browser can parse it.
fn is_subdomain(origin: &str, suffix: &str) -> bool {
    let Ok(url) = Url::parse(origin) else {
        return true;
    };
    let Some(Host::Domain(host)) = url.host() else {
        return true;
    };
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    url.scheme() == "https"
        && url.username().is_empty()
        && format!("{host}{port}").ends_with(suffix)
}

/// The URL that is validated is the URL that the runtime would fetch.
pub fn address(text: &str) {
    if let Some(origin) = of_url(text) {
        assert!(origin.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(
            of_url(&origin),
            Some(origin.clone()),
            "it is its own origin"
        );
        assert_eq!(parse_pattern(&origin), Some(OriginPattern::Exact(origin)));
    }
    if let Ok(fetched) = fetched_url(text) {
        assert_eq!(fetched, text);
        let origin = goes_to(&fetched);
        assert!(origin.starts_with("https://") || is_loopback(&origin));
    }
    if let Ok(base) = base_url(text) {
        assert!(!base.ends_with('/'));
        assert_eq!(base_url(&base), Ok(base.clone()));
        let whole = format!("{base}/chatkit/sessions");
        goes_to(&whole);
        if let Ok(url) = Url::parse(&whole) {
            assert!(url.path().ends_with("/chatkit/sessions"));
        }
    }
}

/// The origin of a URL, which must be the same for us and for a browser.
fn goes_to(text: &str) -> String {
    let origin = of_url(text).expect("an address that was let through has an origin");
    if let Ok(url) = Url::parse(text) {
        assert!(url.username().is_empty() && url.password().is_none());
        // Browsers normalize numeric addresses. They leave names unchanged except for their case.
        if let Some(Host::Domain(_)) = url.host() {
            assert_eq!(url.origin().ascii_serialization(), origin);
        }
    }
    origin
}

fn path(text: &str) {
    let logged = path_for_log(text);
    super::check_redacted::is_clean(&logged);
    assert!(logged.chars().count() <= 200 && !logged.contains(['?', '#']));
    let canonical = canonical_path(text);
    assert!(text.contains(canonical) && text.len() <= canonical.len() + 2);
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "get", ""] {
        match route(method, text) {
            Ok(Route::DemoPage) => assert_eq!(text, "/"),
            Ok(Route::EmbedScript) => assert_eq!(text, "/embed.js"),
            Ok(Route::Asset) => assert!(!is_api(text)),
            Ok(Route::ShowSession | Route::CancelSession) => {
                let id = session_id(text).expect("the path names a session");
                assert_eq!(format!("/api/chatkit/session/{id}"), text);
                assert!(!id.is_empty() && !id.contains('/'));
            }
            Ok(Route::Options { allow }) | Err(Error::MethodNotAllowed { allow }) => {
                assert!(allow.ends_with("OPTIONS"));
                assert_eq!(
                    allow.split(", ").any(|allowed| allowed == method),
                    method == "OPTIONS"
                );
            }
            Ok(_) => assert!(text.starts_with("/api/") || ["/health", "/metrics"].contains(&text)),
            Err(cause) => assert!(cause == Error::NotFound && is_api(text)),
        }
    }
    if let Some(cancel) = cancel_path(text) {
        let segments: Vec<&str> = cancel.split('/').collect();
        assert_eq!(segments, ["", "chatkit", "sessions", text, "cancel"]);
        assert!(!text.starts_with('.') && text.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
