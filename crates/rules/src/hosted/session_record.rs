//! What is stored of a session: metadata, never its secret.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a record outlives its session, in seconds.
const RETENTION_SECONDS: u64 = 86_400;

/// How many objects store session records. A session's id decides which, so the number never changes.
const RECORD_OBJECTS: u32 = 16;

/// The name of the object that stores a session's record.
#[must_use]
pub fn records_object(session_id: &str) -> String {
    // FNV-1a spreads ids evenly; nothing depends on its being hard to guess.
    let hash = session_id.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("records-{}", hash % RECORD_OBJECTS)
}

/// A user as the ledger stores them: a hash of OpenAI's `user`, so that no name is stored.
/// [`crate::identity::owner_keys::OwnerKeys`] makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserHash(String);

impl UserHash {
    /// The hash of a `user` with a key: HMAC-SHA-256.
    #[must_use]
    pub fn keyed(key: &[u8; 32], user: &str) -> Self {
        // HMAC accepts keys of any length.
        let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(user));
        let hash = mac.map(|mac| mac.finalize().into_bytes());
        Self(hash.map_or_else(
            |_| String::new(),
            |hash| Base64UrlUnpadded::encode_string(&hash),
        ))
    }

    /// The hash that version 0.1.0 stored: the SHA-256 of a `user`, without a key.
    #[must_use]
    pub fn of(user: &str) -> Self {
        Self(Base64UrlUnpadded::encode_string(&Sha256::digest(
            user.as_bytes(),
        )))
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash that was stored as a text.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

/// A session's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its secret works.
    Active,
    /// Its secret has expired.
    Expired,
    /// It was cancelled.
    Cancelled,
}

/// A session's record. Times are in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// OpenAI's id.
    pub id: String,
    /// The user it belongs to.
    pub owner: UserHash,
    /// The workflow it runs.
    pub workflow: String,
    /// When it was created.
    pub created_at: u64,
    /// When its secret expires.
    pub expires_at: u64,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// The body of `GET /api/chatkit/session/{id}`.
#[derive(Debug, Serialize)]
pub struct SessionView<'a> {
    id: &'a str,
    status: Status,
    workflow_id: &'a str,
    created_at: u64,
    expires_at: u64,
}

/// The body of `DELETE /api/chatkit/session/{id}`.
#[derive(Debug, Serialize)]
pub struct CancelledView<'a> {
    id: &'a str,
    status: Status,
}

impl SessionRecord {
    /// The session's status at `now`, in Unix seconds.
    #[must_use]
    pub fn status(&self, now: u64) -> Status {
        if self.cancelled {
            Status::Cancelled
        } else if now >= self.expires_at {
            Status::Expired
        } else {
            Status::Active
        }
    }

    /// A record whose session expired up to this time is deleted at `now`, both in Unix seconds.
    #[must_use]
    pub fn oldest_kept(now: u64) -> u64 {
        now.saturating_sub(RETENTION_SECONDS)
    }

    /// When the record of a session that expires at this time is deleted, both in Unix seconds.
    #[must_use]
    pub fn kept_until(expires_at: u64) -> u64 {
        expires_at.saturating_add(RETENTION_SECONDS)
    }

    /// The record for its user, at `now` in Unix seconds.
    #[must_use]
    pub fn view(&self, now: u64) -> SessionView<'_> {
        SessionView {
            id: &self.id,
            status: self.status(now),
            workflow_id: &self.workflow,
            created_at: self.created_at,
            expires_at: self.expires_at,
        }
    }

    /// The confirmation that the session is cancelled.
    #[must_use]
    pub fn cancelled_view(&self) -> CancelledView<'_> {
        CancelledView {
            id: &self.id,
            status: Status::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::to_json;

    fn record() -> SessionRecord {
        SessionRecord {
            id: "cksess_1".into(),
            owner: UserHash::of("visitor_1"),
            workflow: "wf_1".into(),
            created_at: 100,
            expires_at: 700,
            cancelled: false,
        }
    }

    #[test]
    fn a_session_is_active_until_it_expires_or_is_cancelled() {
        let mut record = record();
        assert_eq!(record.status(699), Status::Active);
        assert_eq!(record.status(700), Status::Expired);
        record.cancelled = true;
        assert_eq!(record.status(699), Status::Cancelled);
        assert_eq!(record.status(9_999), Status::Cancelled);
    }

    #[test]
    fn a_record_shows_neither_owner_nor_secret() {
        assert_eq!(
            to_json(&record().view(100)),
            r#"{"id":"cksess_1","status":"active","workflow_id":"wf_1","created_at":100,"expires_at":700}"#
        );
        assert!(!record().owner.as_str().contains("visitor_1"));
    }

    #[test]
    fn a_record_is_kept_for_a_day_after_its_session_expires() {
        assert_eq!(SessionRecord::oldest_kept(700 + 86_400), 700);
    }

    #[test]
    fn a_session_always_has_the_same_object_and_sessions_spread_over_all() {
        assert_eq!(records_object("cksess_1"), records_object("cksess_1"));
        let names: std::collections::BTreeSet<String> = (0..200)
            .map(|n| records_object(&format!("cksess_{n}")))
            .collect();
        assert_eq!(names.len(), 16);
    }
}
