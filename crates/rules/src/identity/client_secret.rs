//! What this Worker can tell about a client secret: whether it issued it, and what it stored for it.
//!
//! From a secret and a key of the Worker two things are derived by HMAC-SHA-256: an id, under which something can be stored
//! without the secret, and a key that seals it with ChaCha20-Poly1305. Who reads the storage learns neither the secret nor what is
//! sealed: the one needs the Worker's key, the other the secret too. The Worker's keys come by HKDF-SHA-256 from `VISITOR_SECRET`,
//! or from the API key if that is not set. Of several secrets the first is used for what is stored now, and all for what was
//! stored before.

use crate::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, array::Array};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Separates these keys from all others that may be derived from the same secret.
const KEY_PURPOSE: &[u8] = b"chatkit-edge client secret 1";
const ID: &[u8] = b"id";
const CIPHER: &[u8] = b"cipher";

/// A secret seals one text, so its cipher needs one nonce.
const NONCE: Nonce = Array([0; 12]);

/// The keys for client secrets; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecretKeys {
    current: [u8; 32],
    retired: Vec<[u8; 32]>,
}

impl std::fmt::Debug for ClientSecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[keys]")
    }
}

impl ClientSecretKeys {
    /// Derives the keys: the first is for new secrets, the others are for those issued before.
    #[must_use]
    pub fn derive<'a>(first: &Secret, others: impl Iterator<Item = &'a Secret>) -> Self {
        Self {
            current: first.derive_key(KEY_PURPOSE),
            retired: others
                .map(|secret| secret.derive_key(KEY_PURPOSE))
                .collect(),
        }
    }

    /// For storing something for a secret.
    #[must_use]
    pub fn for_new(&self, secret: &Secret) -> SecretKey {
        SecretKey::new(&self.current, secret)
    }

    /// For finding what was stored for a secret, the most likely first.
    pub fn for_known<'a>(&'a self, secret: &'a Secret) -> impl Iterator<Item = SecretKey> + 'a {
        std::iter::once(&self.current)
            .chain(&self.retired)
            .map(|key| SecretKey::new(key, secret))
    }
}

/// What is derived from one client secret and one key of the Worker.
pub struct SecretKey([u8; 32]);

impl SecretKey {
    fn new(key: &[u8; 32], secret: &Secret) -> Self {
        Self(hmac(key, secret.expose().as_bytes()))
    }

    /// Where something is stored for the secret.
    #[must_use]
    pub fn id(&self) -> String {
        Base64UrlUnpadded::encode_string(&hmac(&self.0, ID))
    }

    /// A text that only the secret opens.
    #[must_use]
    pub fn seal(&self, text: &str) -> String {
        // Fails only for texts of gigabytes. Nothing opens an empty one.
        let sealed = self.cipher().encrypt(&NONCE, text.as_bytes());
        Base64UrlUnpadded::encode_string(&sealed.unwrap_or_default())
    }

    /// The text that was sealed, if this secret sealed it.
    #[must_use]
    pub fn open(&self, sealed: &str) -> Option<String> {
        let sealed = Base64UrlUnpadded::decode_vec(sealed).ok()?;
        let text = self.cipher().decrypt(&NONCE, &*sealed).ok()?;
        String::from_utf8(text).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&hmac(&self.0, CIPHER).into())
    }
}

fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secrets: &[&str]) -> ClientSecretKeys {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        ClientSecretKeys::derive(&secrets[0], secrets[1..].iter())
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_secret_and_key_only() {
        let (one, two) = (Secret::new("ek_1"), Secret::new("ek_2"));
        for text in ["", "x", &"visitor é ".repeat(40)] {
            let sealed = keys(&["k"]).for_new(&one).seal(text);
            assert!(text.is_empty() || !sealed.contains("visitor"));
            let open = |keys: &ClientSecretKeys, secret| keys.for_new(secret).open(&sealed);
            assert_eq!(open(&keys(&["k"]), &one).as_deref(), Some(text));
            assert_eq!(open(&keys(&["k"]), &two), None);
            assert_eq!(open(&keys(&["other"]), &one), None);
            let mut changed = sealed.clone();
            changed.replace_range(..1, if sealed.starts_with('A') { "B" } else { "A" });
            assert_eq!(keys(&["k"]).for_new(&one).open(&changed), None);
        }
        for text in ["", "AAAA", "not base64!"] {
            assert_eq!(keys(&["k"]).for_new(&one).open(text), None);
        }
    }

    #[test]
    fn an_id_does_not_contain_the_secret_and_depends_on_the_key() {
        let secret = Secret::new("ek_1");
        let id = keys(&["k"]).for_new(&secret).id();
        assert_eq!(id.len(), 43);
        assert!(!id.contains("ek_1"));
        assert_eq!(id, keys(&["k"]).for_new(&secret).id());
        assert_ne!(id, keys(&["other"]).for_new(&secret).id());
        assert_ne!(id, keys(&["k"]).for_new(&Secret::new("ek_2")).id());
    }

    #[test]
    fn a_new_key_in_front_still_finds_what_was_stored_before() {
        let secret = Secret::new("ek_1");
        let before = keys(&["old"]).for_new(&secret).id();
        let rotated = keys(&["new", "old"]);
        assert_ne!(rotated.for_new(&secret).id(), before);
        assert!(rotated.for_known(&secret).any(|key| key.id() == before));
        assert!(
            !keys(&["new"])
                .for_known(&secret)
                .any(|key| key.id() == before)
        );
    }
}
