//! Removes secrets from text that comes from outside, before it reaches the log.
//!
//! OpenAI's errors echo the API key with its middle replaced by stars, so its tail shows. Every word with a run of stars,
//! the usual prefix of a secret, a visitor's value, or a piece in common with the key is replaced, and so is the word after
//! `Bearer`. The user and the password of an address are left out, and a session id in its path.

use crate::secret::Secret;

/// How many consecutive bytes a word must have in common with the key to be replaced.
const SHARED_BYTES: usize = 5;
/// The maximum length of a redacted text.
const MAX_CHARS: usize = 400;
/// What replaces a secret.
pub const MARK: &str = "[redacted]";

/// The text without secrets, as one line, truncated.
#[must_use]
pub fn redact(text: &str, key: Option<&Secret>) -> String {
    let key = key.map(Secret::expose).unwrap_or_default();
    let mut clean = String::new();
    let mut is_after_bearer = false;
    for word in text.split_whitespace() {
        if clean.len() >= MAX_CHARS {
            break;
        }
        // Clean and cut before the check: a control character inside a secret would hide it, and the check of a long
        // word takes time in proportion to its length.
        let visible = word.chars().filter(|c| !c.is_control());
        let word: String = visible.take(MAX_CHARS).collect();
        if word.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        let word = without_session_id(&without_user(&word));
        let is_hidden = is_after_bearer || is_secret(&word, key);
        is_after_bearer = is_bearer(&word);
        if is_hidden {
            clean.push_str(MARK);
        } else {
            clean.push_str(&word);
        }
    }
    clean
}

fn is_secret(word: &str, key: &str) -> bool {
    ["**", "sk-", "ek_", "cs_", "eyJ"]
        .iter()
        .any(|prefix| word.contains(prefix))
        || has_visitor(word)
        || word.to_ascii_lowercase().contains("bearer%20")
        || shares_a_piece(word, key)
}

/// Whether a token follows the word: `Bearer`, with anything in front of it that is no part of a word.
fn is_bearer(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let before = word.strip_suffix("bearer");
    before.is_some_and(|before| !before.ends_with(char::is_alphanumeric))
}

/// Whether the word contains what proves a visitor, or the user made from it. The value is of parts in base64url with dots
/// between them: among them the id of 16 bytes, and the signature of 32.
fn has_visitor(word: &str) -> bool {
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut runs = word.split(|c| c != '.' && !is_base64url(c));
    let is_value = |run: &str| {
        let lengths = || run.split('.').map(str::len);
        lengths().any(|length| length == 43) && lengths().filter(|length| *length >= 22).count() > 1
    };
    let is_id = |rest: &str| rest.chars().take_while(|c| is_base64url(*c)).count() >= 22;
    runs.any(is_value) || word.split("visitor_").skip(1).any(is_id)
}

/// The word with each address in it without user and password.
fn without_user(word: &str) -> String {
    let mut parts = word.split("//");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str("//");
        let end = part.find(['/', '?', '#']).unwrap_or(part.len());
        let (authority, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        clean.push_str(authority.rsplit('@').next().unwrap_or_default());
        clean.push_str(rest);
    }
    clean
}

/// The word without a session id of a Java server.
fn without_session_id(word: &str) -> String {
    const NAME: &str = ";jsessionid=";
    // Lower case in ASCII changes no position.
    let lower = word.to_ascii_lowercase();
    let Some((before, value)) = lower
        .find(NAME)
        .and_then(|at| Some((word.get(..at)?, word.get(at.saturating_add(NAME.len())..)?)))
    else {
        return word.to_owned();
    };
    let ends = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '!' | '-' | '_');
    let rest = value.find(ends).and_then(|end| value.get(end..));
    format!("{before}{}", without_session_id(rest.unwrap_or_default()))
}

/// Whether the word contains [`SHARED_BYTES`] consecutive bytes of the key, or all of a shorter key.
fn shares_a_piece(word: &str, key: &str) -> bool {
    let length = key.len().clamp(1, SHARED_BYTES);
    let mut pieces = key.as_bytes().windows(length);
    // Bytes and not text: a key is ASCII, but what a misconfigured one contains is not known.
    pieces.any(|piece| {
        word.as_bytes()
            .windows(length)
            .any(|window| window == piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_key_that_openai_echoes_are_removed() {
        let key = Secret::new("test_api_key_123456789");
        let message = "Incorrect API key provided: test_api****6789. You can find it at https://platform.openai.com.";
        let clean = redact(message, Some(&key));
        assert_eq!(
            clean,
            "Incorrect API key provided: [redacted] You can find it at https://platform.openai.com."
        );
        assert_eq!(
            redact("tail 456789 here", Some(&key)),
            "tail [redacted] here"
        );
        assert_eq!(
            redact("\"ek_abc\" sk-proj-1", None),
            "[redacted] [redacted]"
        );
    }

    #[test]
    fn a_control_character_does_not_hide_a_secret() {
        let key = Secret::new("test_api_key_123456789");
        assert_eq!(
            redact("s\u{0}k-proj-1 e\u{1}k_1", None),
            "[redacted] [redacted]"
        );
        assert_eq!(redact("tail 4567\u{7f}89", Some(&key)), "tail [redacted]");
        assert_eq!(redact("\u{0} a", None), "a");
    }

    #[test]
    fn what_proves_a_visitor_is_removed() {
        let (id, mac) = ("Qk1fS0-hZ3dXc1BvT2FhYg", "M".repeat(43));
        for value in [format!("{id}.{mac}"), format!("{id}.1795262400.{mac}")] {
            assert_eq!(
                redact(&format!("is ({value}) or"), None),
                "is [redacted] or"
            );
        }
        assert_eq!(redact(&format!("user='visitor_{id}'"), None), "[redacted]");
        let plain = format!("https://{}.example/visitor_count {mac}", "h".repeat(43));
        assert_eq!(redact(&plain, None), plain);
    }

    #[test]
    fn the_password_of_an_address_a_session_id_and_a_bearer_token_are_removed() {
        for (text, expected) in [
            ("at https://me:word@a.example/p", "at https://a.example/p"),
            (
                "(https://me:w@rd@a.example:1,//x@b)",
                "(https://a.example:1,//b)",
            ),
            (
                "me@a.example at f@https://a.example/b.js:1:2",
                "me@a.example at f@https://a.example/b.js:1:2",
            ),
            (
                "https://a.example/p;jsessionid=0A1B.n1!7/q",
                "https://a.example/p/q",
            ),
            ("/p;JSESSIONID=1;jsessionid=2;x=3", "/p;x=3"),
            (
                "Authorization: Bearer abc.def failed",
                "Authorization: Bearer [redacted] failed",
            ),
            (
                r#"{"authorization":"bearer abc"}"#,
                r#"{"authorization":"bearer [redacted]"#,
            ),
            ("Bearer%20abc", "[redacted]"),
            ("a forbearer of it", "a forbearer of it"),
        ] {
            assert_eq!(redact(text, None), expected);
            assert_eq!(redact(expected, None), expected);
        }
    }

    #[test]
    fn a_key_shorter_than_a_real_one_is_removed_as_a_whole() {
        assert_eq!(
            redact("is abc or not", Some(&Secret::new("abc"))),
            "is [redacted] or not"
        );
        assert_eq!(redact("as it is", Some(&Secret::new(""))), "as it is");
    }

    #[test]
    fn a_text_becomes_one_short_line() {
        let clean = redact(&"word\n\u{7}\tword ".repeat(1_000), None);
        assert!(clean.len() < MAX_CHARS + 8 && !clean.contains(char::is_control));
    }
}
