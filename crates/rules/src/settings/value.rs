//! Parses the kinds of values that settings have: numbers, switches, lists, addresses.
//!
//! Each parser returns the value, or what is allowed in words that end the sentence "NAME must be …".

use crate::url_origin;
use crate::validate::is_header_word;
use serde_json::Value;

/// What is allowed, as the owner reads it.
pub type Expected = String;

/// A whole number within bounds.
///
/// # Errors
/// What is allowed, for any other text.
pub fn whole_number(text: &str, least: u64, most: u64) -> Result<u64, Expected> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("a whole number from {least} to {most}")),
    }
}

/// `true` or `on`, `false` or `off`, in any case.
///
/// # Errors
/// What is allowed, for any other text.
pub fn switch(text: &str) -> Result<bool, Expected> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" => Ok(true),
        "false" | "off" => Ok(false),
        _ => Err("true or false".to_owned()),
    }
}

/// The parts of a list, trimmed, without empty ones: of a JSON list, as a list of `wrangler.toml` arrives, or of text with
/// commas.
pub fn list(text: &str) -> impl Iterator<Item = String> {
    let parts = if text.starts_with('[') {
        serde_json::from_slice(text.as_bytes()).ok()
    } else {
        None
    };
    let parts = parts.unwrap_or_else(|| text.split(',').map(Value::from).collect::<Vec<Value>>());
    let texts = parts.into_iter().map(|part| match part {
        Value::String(text) => text.trim().to_owned(),
        // A number or a switch as it is written. A list or a table in the list is no part that any setting allows.
        other => other.to_string(),
    });
    texts.filter(|text| !text.is_empty())
}

/// The parts of a list, if there is at least one and all are valid.
pub(super) fn named_list(text: &str, is_valid: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let parts: Vec<String> = list(text).collect();
    (!parts.is_empty() && parts.iter().all(|part| is_valid(part))).then_some(parts)
}

/// A text that may stand in a header.
///
/// # Errors
/// What is allowed, for any other text.
pub fn header_word(text: &str) -> Result<String, Expected> {
    if is_header_word(text, 256) && !is_list_or_table(text) {
        Ok(text.to_owned())
    } else {
        Err("up to 256 visible ASCII characters without spaces".to_owned())
    }
}

/// Whether a text is a list or a table, which a setting with a single value cannot be.
#[must_use]
pub fn is_list_or_table(text: &str) -> bool {
    text.starts_with(['[', '{'])
}

/// The address of an API that gets the key: `https`, or `http` on this machine; without user, query or fragment, and without a
/// slash at the end.
///
/// # Errors
/// What is allowed, for any other text.
pub fn base_url(text: &str) -> Result<String, Expected> {
    let allowed = || "an https address like https://api.openai.com/v1".to_owned();
    let trimmed = text.trim_end_matches('/');
    let plain =
        is_header_word(trimmed, 512) && !trimmed.contains(['?', '#', '@', '\\', '"', '<', '>']);
    match url_origin::of_url(trimmed) {
        Some(origin) if plain && is_secure(&origin) => Ok(trimmed.to_owned()),
        _ => Err(allowed()),
    }
}

/// The address of something that is fetched and trusted: `https`, or `http` on this machine.
///
/// # Errors
/// What is allowed, for any other text.
pub fn fetched_url(text: &str) -> Result<String, Expected> {
    let allowed = || "an https address".to_owned();
    // `;` and `,` would end the source in a Content-Security-Policy, `>` the address in a `Link` header.
    let plain =
        is_header_word(text, 512) && !text.contains(['#', '@', '\\', '"', '<', '>', ';', ',']);
    let origin = url_origin::of_url(text).ok_or_else(allowed)?;
    if plain && is_secure(&origin) {
        Ok(text.to_owned())
    } else {
        Err(allowed())
    }
}

/// Whether nobody between here and an origin can read or change what is sent.
fn is_secure(origin: &str) -> bool {
    origin.starts_with("https:") || url_origin::is_loopback(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_within_bounds() {
        assert_eq!(whole_number("600", 1, 600), Ok(600));
        for text in ["", "0", "601", "+5", " 5", "5.0", "1e2", "٣"] {
            assert_eq!(
                whole_number(text, 1, 600),
                Err("a whole number from 1 to 600".to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_switch_is_true_on_false_or_off_in_any_case() {
        assert_eq!(switch("TRUE"), Ok(true));
        assert_eq!(switch("off"), Ok(false));
        assert!(switch("yes please").is_err());
    }

    #[test]
    fn a_list_is_json_or_text_with_commas() {
        let parts = |text| list(text).collect::<Vec<_>>();
        assert_eq!(parts("a, b,,"), ["a", "b"]);
        assert_eq!(
            parts(r#"["a,b", " c ", "", 7, true]"#),
            ["a,b", "c", "7", "true"]
        );
        assert_eq!(parts(r#"[["a"],{"b":1}]"#), [r#"["a"]"#, r#"{"b":1}"#]);
        assert_eq!(parts("[]"), [""; 0]);
        assert_eq!(parts("[a, b]"), ["[a", "b]"], "not JSON");
    }

    #[test]
    fn a_base_url_loses_its_last_slash_and_may_not_have_a_user_or_query() {
        assert_eq!(
            base_url("http://127.0.0.1:8788/v1/"),
            Ok("http://127.0.0.1:8788/v1".to_owned())
        );
        for text in [
            "api.openai.com/v1",
            "ftp://x/v1",
            "https://",
            "https://u@x/v1",
            "https://x/?a",
            "https://x /v1",
            "http://api.example/v1",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fetched_url_is_https_or_on_this_machine() {
        assert!(fetched_url("https://cdn.example/x.js?v=1").is_ok());
        assert!(fetched_url("http://localhost:8788/chatkit.js").is_ok());
        assert!(fetched_url("http://cdn.example/x.js").is_err());
        assert!(fetched_url("https://cdn.example/x.js; script-src *").is_err());
        assert!(fetched_url("https://cdn.example/x.js>;rel=preload").is_err());
        assert!(fetched_url("https://cdn.example/x>y.js").is_err());
    }
}
