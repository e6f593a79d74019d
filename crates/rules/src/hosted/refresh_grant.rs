//! What is stored for a client secret, so that a refresh can name the session by it.
//!
//! OpenAI's own code sends neither cookie nor header to another origin, only the old client secret. The grant says for whom and
//! for what that session was. It is stored under a keyed hash of the secret and sealed with the secret.

use crate::http::json_object::from_object;
use crate::http::response::to_json;
use crate::identity::client_secret::SecretKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How long a secret proves a refresh after it expired, and after it was first exchanged, in seconds.
const GRACE_SECONDS: u64 = 60;

/// What a client secret lets its page refresh.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshGrant {
    /// The user whose session it is.
    pub user: String,
    /// Whether the secret proves this user. If not, it only says what the session was for.
    pub is_proof: bool,
    /// OpenAI's id of the session.
    pub session: String,
    /// The workflow it runs.
    pub workflow: String,
    /// Its state variables, as the page sent them.
    pub state_variables: BTreeMap<String, Box<RawValue>>,
}

/// A grant as the ledger stores it. Times are in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGrant {
    /// The keyed hash of the secret.
    pub id: String,
    /// The grant, sealed.
    pub sealed: String,
    /// When the secret expires.
    pub expires_at: u64,
    /// When it was first exchanged for the next session's.
    pub exchanged_at: Option<u64>,
}

impl RefreshGrant {
    /// The grant for the ledger.
    #[must_use]
    pub fn seal(&self, key: &SecretKey, expires_at: u64) -> StoredGrant {
        StoredGrant {
            id: key.id(),
            sealed: key.seal(&to_json(self)),
            expires_at,
            exchanged_at: None,
        }
    }
}

impl StoredGrant {
    /// What the grant says.
    #[must_use]
    pub fn open(&self, key: &SecretKey) -> Option<RefreshGrant> {
        from_object(key.open(&self.sealed)?.as_bytes())
    }

    /// Whether the secret still proves a refresh at `now`, in Unix seconds. A page may exchange it twice, for example because the
    /// first response was lost.
    #[must_use]
    pub fn is_usable(&self, now: u64) -> bool {
        let is_past = |at: u64| now > at.saturating_add(GRACE_SECONDS);
        !is_past(self.expires_at) && !self.exchanged_at.is_some_and(is_past)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::client_secret::ClientSecretKeys;
    use crate::secret::Secret;

    #[test]
    fn a_grant_is_stored_without_the_user_and_keeps_every_digit() {
        let secret = Secret::new("ek_1");
        let key = ClientSecretKeys::derive(&Secret::new("k"), std::iter::empty()).for_new(&secret);
        let variables = serde_json::from_slice(br#"{"seats":1.50}"#).unwrap();
        let grant = RefreshGrant {
            user: "visitor_1".into(),
            is_proof: true,
            session: "cksess_1".into(),
            workflow: "wf_1".into(),
            state_variables: variables,
        };
        let stored = grant.seal(&key, 700);
        let json = to_json(&stored);
        assert!(!json.contains("visitor_1") && !json.contains("ek_1") && !json.contains("cksess"));
        let opened = stored.open(&key).unwrap();
        assert_eq!(to_json(&opened), to_json(&grant));
        assert_eq!(opened.state_variables["seats"].get(), "1.50");
    }

    #[test]
    fn a_secret_proves_until_a_minute_after_its_end_and_after_its_first_exchange() {
        let mut grant = StoredGrant {
            id: "id".into(),
            sealed: String::new(),
            expires_at: 700,
            exchanged_at: None,
        };
        assert!(grant.is_usable(760) && !grant.is_usable(761));
        grant.exchanged_at = Some(600);
        assert!(grant.is_usable(660) && !grant.is_usable(661));
    }
}
