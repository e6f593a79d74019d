//! The keys that hash users before they are stored, so that a stored hash does not tell who the user is.
//!
//! Without a key, anyone who reads the ledger could hash a list of customers and find them there.

use crate::hosted::session_record::UserHash;
use crate::secret::Secret;

/// Separates these keys from all others that are derived from the same secret.
const KEY_PURPOSE: &[u8] = b"chatkit-edge owner 1";

/// The keys that hash users; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnerKeys {
    hashing: [u8; 32],
    retired: Vec<[u8; 32]>,
}

impl std::fmt::Debug for OwnerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[keys]")
    }
}

impl OwnerKeys {
    /// Derives the keys: the first secret hashes, the others only recognize what they hashed before.
    #[must_use]
    pub fn derive<'a>(first: &Secret, others: impl Iterator<Item = &'a Secret>) -> Self {
        Self {
            hashing: first.derive_key(KEY_PURPOSE),
            retired: others
                .map(|secret| secret.derive_key(KEY_PURPOSE))
                .collect(),
        }
    }

    /// The hash of a user, as it is stored.
    #[must_use]
    pub fn hash(&self, user: &str) -> UserHash {
        UserHash::keyed(&self.hashing, user)
    }

    /// The name of a user's object. Its key is that of the oldest secret, so that users keep their chats while it is listed: an
    /// object cannot be renamed.
    #[must_use]
    pub fn object_name(&self, user: &str) -> String {
        let key = self.retired.last().unwrap_or(&self.hashing);
        UserHash::keyed(key, user).as_str().to_owned()
    }

    /// The hashes under which a user may have been stored before: with a retired key, or without a key by version 0.1.0.
    #[must_use]
    pub fn former(&self, user: &str) -> Vec<UserHash> {
        let retired = self.retired.iter().map(|key| UserHash::keyed(key, user));
        retired.chain([UserHash::of(user)]).collect()
    }

    /// Whether a stored hash is a user's.
    #[must_use]
    pub fn is_owner(&self, stored: &UserHash, user: &str) -> bool {
        *stored == self.hash(user) || self.former(user).contains(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secrets: &[&str]) -> OwnerKeys {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        OwnerKeys::derive(&secrets[0], secrets[1..].iter())
    }

    #[test]
    fn a_hash_needs_the_key_and_is_one_users() {
        let ours = keys(&["one"]);
        let hash = ours.hash("user-1");
        assert_eq!(hash, ours.hash("user-1"));
        assert_eq!(hash.as_str().len(), 43);
        assert_ne!(hash, keys(&["two"]).hash("user-1"));
        assert_ne!(hash, UserHash::of("user-1"));
        assert!(ours.is_owner(&hash, "user-1"));
        assert!(!ours.is_owner(&hash, "user-2"));
        assert!(!keys(&["two"]).is_owner(&hash, "user-1"));
    }

    #[test]
    fn an_object_keeps_its_name_while_the_oldest_secret_is_listed() {
        let name = keys(&["old"]).object_name("user-1");
        assert_eq!(name, keys(&["old"]).hash("user-1").as_str());
        assert_eq!(name, keys(&["new", "old"]).object_name("user-1"));
        assert_ne!(name, keys(&["new"]).object_name("user-1"));
        assert_ne!(name, keys(&["old"]).object_name("user-2"));
    }

    #[test]
    fn hashes_of_retired_secrets_and_of_version_0_1_0_are_recognized() {
        let both = keys(&["new", "old"]);
        assert!(both.is_owner(&keys(&["old"]).hash("user-1"), "user-1"));
        assert!(both.is_owner(&UserHash::of("user-1"), "user-1"));
        assert!(!both.is_owner(&UserHash::of("user-1"), "user-2"));
    }
}
