//! Takes secrets out of texts that come from OpenAI, before they reach the log.
//!
//! OpenAI's errors echo the API key with its middle starred out, so its tail shows. Any word
//! that has a star run, a secret's usual beginning, or a piece in common with the key is replaced.

use crate::secret::Secret;

/// How many bytes in a row a word must share with the key to be taken for a part of it.
const TELLING_BYTES: usize = 5;
/// How much of a text is kept.
const MAX_CHARS: usize = 400;
/// What stands where a secret was.
pub const MARK: &str = "[redacted]";

/// The text without secrets, on one line, cut to size.
#[must_use]
pub fn redact(text: &str, key: Option<&Secret>) -> String {
    let key = key.map(Secret::expose).unwrap_or_default();
    let mut clean = String::new();
    for word in text.split_whitespace() {
        if clean.len() >= MAX_CHARS {
            break;
        }
        // Cleaned and cut before it is judged: a control character inside a secret would hide it,
        // and a long word would cost as much time as it has bytes.
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
        .any(|telling| contains(word, telling))
        || shares_a_piece(word, key)
}

/// Whether the word has [`TELLING_BYTES`] in a row from the key, or all of a shorter key.
fn shares_a_piece(word: &str, key: &str) -> bool {
    let telling = key.len().clamp(1, TELLING_BYTES);
    let mut pieces = key.as_bytes().windows(telling);
    pieces.any(|piece| has_bytes(word, piece))
}

/// Whether a text has a piece in it, which is not empty. The one of `str` is made for long texts, and is 4 KB
/// of WebAssembly.
pub(crate) fn contains(text: &str, piece: &str) -> bool {
    has_bytes(text, piece.as_bytes())
}

fn has_bytes(text: &str, piece: &[u8]) -> bool {
    let mut windows = text.as_bytes().windows(piece.len().max(1));
    windows.any(|window| window == piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_openai_echoes_of_a_key_is_taken_out() {
        let key = Secret::new("test_api_key_123456789");
        let said = "Incorrect API key provided: test_api****6789. You can find it at https://platform.openai.com.";
        let clean = redact(said, Some(&key));
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
    fn a_control_character_hides_no_secret() {
        let key = Secret::new("test_api_key_123456789");
        assert_eq!(
            redact("s\u{0}k-proj-1 e\u{1}k_1", None),
            "[redacted] [redacted]"
        );
        assert_eq!(redact("tail 4567\u{7f}89", Some(&key)), "tail [redacted]");
        assert_eq!(redact("\u{0} a", None), "a");
    }

    #[test]
    fn a_key_shorter_than_any_real_one_is_taken_out_whole() {
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
