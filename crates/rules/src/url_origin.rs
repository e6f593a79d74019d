//! The origin of a URL: scheme, host and port, as a browser writes it.
//!
//! The crate `url` does the same, but includes the tables of internationalized names, which an `Origin` header never needs.
//! The property tests compare this module with it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The scheme, host and port of an absolute `http` or `https` URL in lower case, without the scheme's default port.
#[must_use]
pub fn of_url(url: &str) -> Option<String> {
    let (scheme, rest) = split_scheme(url)?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    is_authority(&authority).then(|| {
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        format!("{scheme}://{authority}")
    })
}

/// The scheme of a URL, and what follows `://`.
#[must_use]
pub fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// The path and the query of a URL that the runtime has parsed. Neither is decoded.
#[must_use]
pub fn path_and_query(url: &str) -> (&str, &str) {
    let after_scheme = split_scheme(url).map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..));
    let path = path.unwrap_or("/").split('#').next().unwrap_or_default();
    path.split_once('?').unwrap_or((path, ""))
}

/// A path as the routes are written: without a slash at its end, and with one at its beginning where there are two. Frameworks
/// add the first, and a base address that ends in a slash adds the second.
#[must_use]
pub fn canonical_path(path: &str) -> &str {
    let path = match path.strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    match path.strip_suffix('/') {
        Some("") | None => path,
        Some(rest) => rest,
    }
}

fn is_authority(text: &str) -> bool {
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return port_ok && address.parse::<Ipv6Addr>().is_ok();
    }
    match text.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(text),
    }
}

fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.bytes().all(is_host_byte)
}

/// Whether a byte may stand in a host name.
#[must_use]
pub fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// A port as browsers write it: without a leading zero.
fn is_port(text: &str) -> bool {
    text.starts_with(|first| matches!(first, '1'..='9')) && text.parse::<u16>().is_ok()
}

/// Whether an origin (as [`of_url`] returns it) is on this machine.
#[must_use]
pub fn is_loopback(origin: &str) -> bool {
    let host = split_scheme(origin).map_or(origin, |(_, rest)| rest);
    if host == "[::1]" || host.starts_with("[::1]:") {
        return true;
    }
    let host = host.split(':').next().unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost") || is_loopback_v4(host)
}

fn is_loopback_v4(host: &str) -> bool {
    host.parse::<Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_path_and_may_have_a_query() {
        assert_eq!(
            path_and_query("https://a.example/api/x?b=/c?d#e"),
            ("/api/x", "b=/c?d")
        );
        assert_eq!(path_and_query("https://a.example:1/"), ("/", ""));
        assert_eq!(path_and_query("https://a.example"), ("/", ""));
    }

    #[test]
    fn a_slash_too_many_at_either_end_is_forgiven() {
        for (path, expected) in [
            ("/api/chatkit/session/", "/api/chatkit/session"),
            ("//api/chatkit/session", "/api/chatkit/session"),
            ("//metrics/", "/metrics"),
            ("/", "/"),
            ("//", "/"),
            ("/api//chatkit", "/api//chatkit"),
            ("///health", "//health"),
            ("/health//", "/health/"),
        ] {
            assert_eq!(canonical_path(path), expected, "{path}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_non_default_port() {
        assert_eq!(
            of_url("HTTPS://A.Example:443/x?y"),
            Some("https://a.example".into())
        );
        assert_eq!(
            of_url("http://[::1]:8787/"),
            Some("http://[::1]:8787".into())
        );
        for url in [
            "",
            "null",
            "https://",
            "file:///x",
            "https://a b/",
            "https://a:port/",
            "https://u@h/",
            "https://a:443:443/",
            "https://a:65536/",
            "https://a:0443/",
            "https://[::1/",
            "https://[::1]x/",
            "https://[:::1]/",
        ] {
            assert_eq!(of_url(url), None, "{url}");
        }
    }

    #[test]
    fn look_alikes_of_loopback_are_not_loopback() {
        for origin in [
            "http://localhost:1",
            "http://127.0.0.9",
            "http://[::1]:1",
            "http://a.localhost",
        ] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in [
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
        ] {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
