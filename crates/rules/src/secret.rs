//! A value that must never be printed, logged or serialised.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// A secret string. It has no `Display` and no `Serialize`, and `Debug` hides it, so the only
/// way to its text is [`Secret::expose`], which is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text is this secret, in a time that does not tell how much of it is right.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // Both sides pass through HMAC, so neither length nor content shows in the comparison.
        let mac = |text: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"chatkit-edge comparison").ok()?;
            mac.update(text.as_bytes());
            Some(mac)
        };
        match (mac(&self.0), mac(text)) {
            (Some(own), Some(other)) => own.verify(&other.finalize().into_bytes()).is_ok(),
            _ => false,
        }
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Secret::new("sk-live")), "[secret]");
    }

    #[test]
    fn only_the_whole_text_matches() {
        let secret = Secret::new("token");
        assert!(secret.matches("token"));
        for text in ["", "toke", "tokens", "Token"] {
            assert!(!secret.matches(text), "{text}");
        }
    }
}
