//! Removes secrets from text that comes from outside, before it reaches the log.
//!
//! OpenAI's errors echo the API key with its middle replaced by stars, so its tail shows. Every word with a run of stars,
//! the usual prefix of a secret, or a piece in common with the key is replaced.

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
        if is_secret(&word, key) {
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
        || shares_a_piece(word, key)
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
