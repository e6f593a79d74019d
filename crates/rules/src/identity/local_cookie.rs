//! The visitor's cookie for programs on this machine.
//!
//! Python's `requests`, for example, returns a `Secure` cookie over https only, even to `localhost`. So over http on loopback a
//! request without `Origin`, which no browser sends to an endpoint that sets the cookie, gets the same value a second time,
//! under a name without `__Host-`. It counts on loopback only: elsewhere another site of the same domain could set it.

use super::visitor;
use crate::http::response::Headers;
use crate::platform::Client;
use crate::url_origin;

/// The name of the second cookie.
const COOKIE: &str = "chatkit_visitor";

/// Whether a URL is http on this machine.
#[must_use]
pub fn is_local(url: &str) -> bool {
    url.starts_with("http:")
        && url_origin::of_url(url).is_some_and(|origin| url_origin::is_loopback(&origin))
}

/// The `Cookie` header of a request, where the second cookie has the name of the first if it counts.
#[must_use]
pub fn accepted(cookies: Option<String>, client: &impl Client) -> Option<String> {
    let cookies = cookies?;
    let value = |pair: &str| {
        let value = pair.trim_start().strip_prefix(COOKIE)?.strip_prefix('=')?;
        Some(format!("{}={value}", visitor::COOKIE))
    };
    if !cookies.split(';').any(|pair| value(pair).is_some()) || !is_local(&client.url()) {
        return Some(cookies);
    }
    let pairs = cookies
        .split(';')
        .map(|pair| value(pair).unwrap_or_else(|| pair.to_owned()));
    Some(pairs.collect::<Vec<_>>().join(";"))
}

/// Adds the second cookie if the response sets the first.
pub fn add(headers: &mut Headers) {
    let mut cookies = headers
        .all()
        .iter()
        .filter(|(name, _)| *name == "Set-Cookie");
    let local = cookies.find_map(|(_, cookie)| {
        let value = cookie.strip_prefix(visitor::COOKIE)?;
        Some(format!("{COOKIE}{}", value.replace("; Secure", "")))
    });
    if let Some(local) = local {
        headers.repeat("Set-Cookie", local);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_on_this_machine_is_local() {
        for url in [
            "http://localhost:8787/",
            "http://127.0.0.1/",
            "http://[::1]:1/x",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://localhost/",
            "http://edge.example/",
            "http://localhost.example/",
            "http://192.168.0.7:8787/",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }

    #[test]
    fn the_second_cookie_is_the_first_without_what_https_needs() {
        let mut headers = Headers::default();
        add(&mut headers);
        assert_eq!(headers, Headers::default());
        let cookie =
            "__Host-chatkit_visitor=a.b; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure";
        headers.set("Set-Cookie", cookie);
        add(&mut headers);
        let second = "chatkit_visitor=a.b; Path=/; Max-Age=9; HttpOnly; SameSite=Lax".to_owned();
        assert_eq!(headers.repeated(), [("Set-Cookie", second)]);
    }
}
