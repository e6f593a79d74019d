//! A value that must never be printed, logged or serialized.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// A secret string. It has no `Display` and no `Serialize`, and `Debug` hides it. The only way to its text is
/// [`Secret::expose`], which is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a text is this secret, compared in constant time.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // Both sides pass through HMAC, so the comparison reveals neither length nor content.
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

    /// A key for one purpose, by HKDF-SHA-256. The keys of two purposes say nothing about each other or about the secret.
    #[must_use]
    pub fn derive_key(&self, purpose: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        // HKDF rejects only outputs of more than 255 blocks; this is one.
        let _ = Hkdf::<Sha256>::new(None, self.0.as_bytes()).expand(purpose, &mut key);
        key
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
    fn debug_output_hides_a_secret() {
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
