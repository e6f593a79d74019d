//! Which page is asking, whether it may, and the CORS headers it needs.
//!
//! An origin is compared as browsers write it: scheme, host and, if it is not the scheme's own, port.

use crate::http::response::Headers;
use crate::settings::value::Expected;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An entry of `ALLOWED_ORIGINS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginPattern {
    /// This origin.
    Exact(String),
    /// `https://*.SUFFIX`: any subdomain over https, not the domain itself. Holds `.SUFFIX`.
    Subdomains(String),
}

/// The page that sent a request, as far as its `Origin` header tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestOrigin {
    /// No `Origin`: not a page, or a page of ours that only reads.
    Absent,
    /// A page served by this Worker.
    Own,
    /// A page of an origin on the list.
    Allowed(String),
    /// Any other page.
    Disallowed,
}

/// The scheme, host and port of an absolute `http` or `https` URL, in lower case, or `None`.
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

/// The scheme, and what comes after it and `//`.
pub(crate) fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
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

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// A port as browsers write it: without a zero in front.
fn is_port(text: &str) -> bool {
    text.starts_with(|first| matches!(first, '1'..='9')) && text.parse::<u16>().is_ok()
}

/// Whether an origin (as [`of_url`] gives it) is on the machine itself.
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

/// Reads one entry of `ALLOWED_ORIGINS`.
///
/// # Errors
/// What is allowed, if the entry is neither an origin nor a pattern of subdomains.
pub fn parse_pattern(text: &str) -> Result<OriginPattern, Expected> {
    let allowed =
        || "origins like https://www.example.com or https://*.example.com, separated by commas";
    if let Some(domain) = text.strip_prefix("https://*.") {
        let domain = domain.to_ascii_lowercase();
        // `https://*.com` would let half the web in, and so would `https://*.com.`.
        let labels = domain.split('.');
        return if labels.clone().count() > 1
            && labels.clone().all(|label| !label.is_empty())
            && of_url(&format!("https://{domain}")) == Some(format!("https://{domain}"))
        {
            Ok(OriginPattern::Subdomains(format!(".{domain}")))
        } else {
            Err(allowed().to_owned())
        };
    }
    match of_url(text) {
        Some(origin) if text.trim_end_matches('/').len() >= origin.len() && !has_path(text) => {
            Ok(OriginPattern::Exact(origin))
        }
        _ => Err(allowed().to_owned()),
    }
}

fn has_path(url: &str) -> bool {
    split_scheme(url)
        .and_then(|(_, rest)| rest.find(['/', '?', '#']).map(|at| (rest, at)))
        .is_some_and(|(rest, at)| rest.get(at..) != Some("/"))
}

/// Judges the `Origin` header of a request to `own`, the Worker's origin at that request.
#[must_use]
pub fn classify(header: Option<&str>, own: &str, rules: &[OriginPattern]) -> RequestOrigin {
    let Some(origin) = header else {
        return RequestOrigin::Absent;
    };
    if origin == own {
        return RequestOrigin::Own;
    }
    if rules.iter().any(|rule| rule.admits(origin)) {
        return RequestOrigin::Allowed(origin.to_owned());
    }
    RequestOrigin::Disallowed
}

impl OriginPattern {
    fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == origin,
            Self::Subdomains(suffix) => origin
                .strip_prefix("https://")
                .and_then(|host| host.strip_suffix(suffix.as_str()))
                .is_some_and(|label| !label.is_empty() && label.bytes().all(is_host_byte)),
        }
    }
}

impl RequestOrigin {
    /// Whether the page is of another site, so that its cookie must be a partitioned one.
    #[must_use]
    pub fn is_third_party(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// Adds what a browser needs to hand an answer to the page, errors included.
    pub fn add_cors(&self, headers: &mut Headers) {
        headers.set("Vary", "Origin");
        if let Self::Allowed(origin) = self {
            headers.set("Access-Control-Allow-Origin", origin);
            headers.set("Access-Control-Allow-Credentials", "true");
            headers.set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
        }
    }

    /// Adds what a preflight asks for.
    pub fn add_preflight(&self, headers: &mut Headers, methods: &str) {
        if let Self::Allowed(_) = self {
            headers.set("Access-Control-Allow-Methods", methods);
            headers.set(
                "Access-Control-Allow-Headers",
                "Content-Type, Authorization, X-ChatKit-Visitor",
            );
            headers.set("Access-Control-Max-Age", "7200");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://edge.example.net";

    fn judge(origin: &str, rules: &[&str]) -> RequestOrigin {
        let rules: Vec<OriginPattern> = rules
            .iter()
            .map(|text| parse_pattern(text).unwrap())
            .collect();
        classify(Some(origin), OWN, &rules)
    }

    #[test]
    fn an_origin_is_scheme_host_and_unusual_port() {
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
    fn look_alikes_of_a_wildcard_are_foreign() {
        let rules = ["https://*.tenant.example"];
        assert_eq!(
            judge("https://a.tenant.example", &rules),
            RequestOrigin::Allowed("https://a.tenant.example".into())
        );
        for origin in [
            "https://tenant.example",
            "https://eviltenant.example",
            "https://a.tenant.example.evil.com",
            "http://a.tenant.example",
            "https://a.tenant.example:444",
            "https://evil.com/.tenant.example",
            "https://evil.com@.tenant.example",
            "https://.tenant.example",
            "null",
            "",
        ] {
            assert_eq!(judge(origin, &rules), RequestOrigin::Disallowed, "{origin}");
        }
    }

    #[test]
    fn only_own_and_listed_origins_are_admitted() {
        assert_eq!(judge(OWN, &[]), RequestOrigin::Own);
        assert_eq!(judge("https://x.example", &[]), RequestOrigin::Disallowed);
        assert_eq!(
            judge("https://x.example", &["https://x.example/"]),
            RequestOrigin::Allowed("https://x.example".into())
        );
        assert_eq!(classify(None, OWN, &[]), RequestOrigin::Absent);
    }

    #[test]
    fn patterns_that_admit_too_much_are_refused() {
        for text in [
            "*",
            "https://*",
            "https://*.com",
            "https://*.com.",
            "https://*..com",
            "https://a.*.com",
            "null",
            "example.com",
            "http://*.example.com",
            "https://example.com/path",
            "https://*.example.com/",
        ] {
            assert!(parse_pattern(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_from_its_look_alikes() {
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
