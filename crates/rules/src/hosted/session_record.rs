//! What is kept of a session: metadata, never its secret.

use crate::json::Json;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// How long a record outlives its session, in seconds.
const KEPT_SECONDS: u64 = 86_400;

/// A caller as the ledger knows them: the SHA-256 of OpenAI's `user`, so that no name is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHash(String);

impl UserHash {
    /// The owner for a `user`.
    #[must_use]
    pub fn of(user: &str) -> Self {
        Self(Base64UrlUnpadded::encode_string(&Sha256::digest(
            user.as_bytes(),
        )))
    }

    /// The text that is stored.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The owner stored as a text.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }
}

/// A session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its secret works.
    Active,
    /// Its time is over.
    Expired,
    /// It was ended.
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A session's record. Times are in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// OpenAI's id.
    pub id: String,
    /// Whose it is.
    pub owner: UserHash,
    /// The workflow it runs.
    pub workflow: String,
    /// When it was created.
    pub created_at: u64,
    /// When its secret ends.
    pub expires_at: u64,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

impl Record {
    /// The session's state at `now`, in Unix seconds.
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

    /// A record whose session ended before this, in Unix seconds, is past its day at `now`.
    #[must_use]
    pub fn oldest_kept(now: u64) -> u64 {
        now.saturating_sub(KEPT_SECONDS)
    }

    /// When a record is past its day whose session ends at this time, both in Unix seconds.
    #[must_use]
    pub fn kept_until(expires_at: u64) -> u64 {
        expires_at.saturating_add(KEPT_SECONDS)
    }

    /// The body of `GET /api/chatkit/session/{id}` at `now`, in Unix seconds.
    #[must_use]
    pub fn to_json(&self, now: u64) -> String {
        Json::object(vec![
            ("id", (&self.id).into()),
            ("status", self.status(now).name().into()),
            ("workflow_id", (&self.workflow).into()),
            ("created_at", self.created_at.into()),
            ("expires_at", self.expires_at.into()),
        ])
        .to_string()
    }

    /// The body of `DELETE /api/chatkit/session/{id}`.
    #[must_use]
    pub fn cancelled_json(&self) -> String {
        Json::object(vec![
            ("id", (&self.id).into()),
            ("status", Status::Cancelled.name().into()),
        ])
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            id: "cksess_1".into(),
            owner: UserHash::of("visitor_1"),
            workflow: "wf_1".into(),
            created_at: 100,
            expires_at: 700,
            cancelled: false,
        }
    }

    #[test]
    fn a_session_is_active_until_its_last_second_or_its_end() {
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
            record().to_json(100),
            r#"{"id":"cksess_1","status":"active","workflow_id":"wf_1","created_at":100,"expires_at":700}"#
        );
        assert!(!record().owner.text().contains("visitor_1"));
    }

    #[test]
    fn a_record_is_kept_for_a_day_after_its_session() {
        assert_eq!(Record::oldest_kept(700 + 86_400), 700);
    }
}
