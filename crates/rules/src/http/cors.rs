//! The origin of a request: whether it is allowed, and the CORS headers of the response.

use super::response::Headers;
use crate::url_origin::{is_host_byte, of_url, split_scheme};

/// An entry of `ALLOWED_ORIGINS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginPattern {
    /// This origin.
    Exact(String),
    /// `https://*.SUFFIX`: every subdomain over https, not the domain itself. Contains `.SUFFIX`.
    Subdomains(String),
}

/// What the `Origin` header of a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestOrigin {
    /// No `Origin`: not a browser, or a page of the Worker's own that only reads.
    Absent,
    /// A page that this Worker serves.
    Own,
    /// A page of an origin on the list.
    Allowed(String),
    /// Every other page.
    Disallowed,
}

/// Parses an entry of `ALLOWED_ORIGINS`; `None` if it is neither an origin nor a pattern of subdomains.
#[must_use]
pub fn parse_pattern(text: &str) -> Option<OriginPattern> {
    if let Some(domain) = text.strip_prefix("https://*.") {
        let domain = domain.to_ascii_lowercase();
        // `https://*.com` would allow half the web, and so would `https://*.com.`.
        let labels = domain.split('.');
        let is_domain = labels.clone().count() > 1
            && labels.clone().all(|label| !label.is_empty())
            && of_url(&format!("https://{domain}")) == Some(format!("https://{domain}"));
        return is_domain.then(|| OriginPattern::Subdomains(format!(".{domain}")));
    }
    of_url(text)
        .filter(|origin| text.trim_end_matches('/').len() >= origin.len() && !has_path(text))
        .map(OriginPattern::Exact)
}

fn has_path(url: &str) -> bool {
    split_scheme(url)
        .and_then(|(_, rest)| rest.find(['/', '?', '#']).map(|at| (rest, at)))
        .is_some_and(|(rest, at)| rest.get(at..) != Some("/"))
}

/// Classifies the `Origin` header of a request to `own`, the origin that the request was sent to.
#[must_use]
pub fn classify(header: Option<&str>, own: &str, patterns: &[OriginPattern]) -> RequestOrigin {
    let Some(origin) = header else {
        return RequestOrigin::Absent;
    };
    if origin == own {
        return RequestOrigin::Own;
    }
    if patterns.iter().any(|pattern| pattern.matches(origin)) {
        return RequestOrigin::Allowed(origin.to_owned());
    }
    RequestOrigin::Disallowed
}

impl OriginPattern {
    fn matches(&self, origin: &str) -> bool {
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
    /// Whether the page is on another site, so that its cookie must be partitioned.
    #[must_use]
    pub fn is_third_party(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// Adds the headers that let an allowed page read the response, including errors.
    pub fn add_cors(&self, headers: &mut Headers) {
        headers.set("Vary", "Origin");
        if let Self::Allowed(origin) = self {
            headers.set("Access-Control-Allow-Origin", origin);
            headers.set("Access-Control-Allow-Credentials", "true");
            headers.set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
        }
    }

    /// Adds the answer to a preflight.
    pub fn add_preflight(&self, headers: &mut Headers, methods: &str) {
        if let Self::Allowed(_) = self {
            headers.set("Access-Control-Allow-Methods", methods);
            headers.set(
                "Access-Control-Allow-Headers",
                "Content-Type, Authorization, X-ChatKit-Visitor-Token, X-ChatKit-Visitor",
            );
            headers.set("Access-Control-Max-Age", "7200");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://edge.example.net";

    fn classified(origin: &str, patterns: &[&str]) -> RequestOrigin {
        let patterns = patterns.iter().map(|text| parse_pattern(text).unwrap());
        classify(Some(origin), OWN, &patterns.collect::<Vec<_>>())
    }

    #[test]
    fn look_alikes_of_a_wildcard_are_disallowed() {
        let patterns = ["https://*.tenant.example"];
        assert_eq!(
            classified("https://a.tenant.example", &patterns),
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
            assert_eq!(
                classified(origin, &patterns),
                RequestOrigin::Disallowed,
                "{origin}"
            );
        }
    }

    #[test]
    fn only_the_own_origin_and_those_on_the_list_are_allowed() {
        assert_eq!(classified(OWN, &[]), RequestOrigin::Own);
        assert_eq!(
            classified("https://x.example", &[]),
            RequestOrigin::Disallowed
        );
        assert_eq!(
            classified("https://x.example", &["https://x.example/"]),
            RequestOrigin::Allowed("https://x.example".into())
        );
        assert_eq!(classify(None, OWN, &[]), RequestOrigin::Absent);
    }

    #[test]
    fn patterns_that_allow_too_much_are_rejected() {
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
            assert_eq!(parse_pattern(text), None, "{text}");
        }
    }
}
