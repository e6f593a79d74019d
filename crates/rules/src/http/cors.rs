//! The origin of a request: whether it is allowed, and the CORS headers of the response.

use super::response::Headers;
use crate::url_origin::{is_host_byte, of_url, split_scheme};
use crate::validate::{is_header_name, is_header_word};

/// The request headers that a preflight always allows. A page's own come from the preflight.
const REQUEST_HEADERS: &str = "Content-Type, Authorization, X-ChatKit-Visitor-Token, X-ChatKit-Visitor, \
     chatkit-frame-instance-id";

/// The longest list of header names that a preflight is granted; browsers send a few names.
const MAX_ASKED_BYTES: usize = 1024;

/// The maximum length of an origin in a response: that of a host name, and some for scheme and port.
const MAX_ORIGIN_BYTES: usize = 280;

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

    /// Lets an allowed page read the headers of a chat's answer too.
    pub fn expose_chat(&self, headers: &mut Headers) {
        if let Self::Allowed(_) = self {
            headers.set(
                "Access-Control-Expose-Headers",
                "X-Request-Id, Retry-After, X-ChatKit-Run, X-ChatKit-Visitor-Token",
            );
        }
    }

    /// Adds the answer to a preflight, which asks for these request headers.
    pub fn add_preflight(&self, headers: &mut Headers, methods: &str, asked: Option<&str>) {
        if let Self::Allowed(_) = self {
            headers.set("Access-Control-Allow-Methods", methods);
            headers.set("Access-Control-Allow-Headers", allowed_headers(asked));
            headers.set("Access-Control-Max-Age", "7200");
        }
    }
}

/// The request headers that a preflight allows: the usual ones, and each valid name that it asks for.
#[must_use]
pub fn allowed_headers(asked: Option<&str>) -> String {
    let mut allowed = REQUEST_HEADERS.to_owned();
    let asked = asked.filter(|names| names.len() <= MAX_ASKED_BYTES);
    for name in asked.unwrap_or_default().split(',').map(str::trim) {
        let mut known = allowed.split(", ");
        if is_header_name(name) && !known.any(|known| known.eq_ignore_ascii_case(name)) {
            allowed.push_str(", ");
            allowed.push_str(name);
        }
    }
    allowed
}

/// An `Origin` header as it may be shown and logged: without anything that no origin contains, and truncated.
#[must_use]
pub fn shown(origin: &str) -> String {
    let visible = origin.chars().filter(char::is_ascii_graphic);
    visible.take(MAX_ORIGIN_BYTES).collect()
}

/// Lets the page of a refused origin read why it is refused. Without credentials, because nothing else is for it.
pub fn add_refusal(origin: &str, headers: &mut Headers) {
    if is_header_word(origin, MAX_ORIGIN_BYTES) {
        headers.set("Access-Control-Allow-Origin", origin);
        headers.set("Access-Control-Expose-Headers", "X-Request-Id");
    }
}

/// Lets the browser of a refused origin send the request after its preflight: the page can read only the refusal of the
/// request itself. Not cached, because the owner may add the origin at any time.
pub fn add_refused_preflight(headers: &mut Headers, methods: &str, asked: Option<&str>) {
    headers.set("Access-Control-Allow-Methods", methods);
    headers.set("Access-Control-Allow-Headers", allowed_headers(asked));
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
    fn a_preflight_gets_the_valid_names_that_it_asks_for_besides_the_usual_ones() {
        assert_eq!(allowed_headers(None), REQUEST_HEADERS);
        assert_eq!(
            allowed_headers(Some("content-type, x-shop ,traceparent,X-Shop")),
            format!("{REQUEST_HEADERS}, x-shop, traceparent")
        );
        for asked in ["", ",", "a b", "x:y", "\u{e9}", "x\r\ny", &"x,".repeat(600)] {
            assert_eq!(allowed_headers(Some(asked)), REQUEST_HEADERS, "{asked}");
        }
    }

    #[test]
    fn a_refused_origin_is_shown_without_what_no_origin_contains() {
        assert_eq!(shown("https://a.example"), "https://a.example");
        assert_eq!(shown("a\u{7}b\u{e9} c"), "abc");
        assert_eq!(shown(&"x".repeat(500)).len(), MAX_ORIGIN_BYTES);
        let mut headers = Headers::default();
        add_refusal("not an origin", &mut headers);
        assert_eq!(headers, Headers::default());
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
