//! Which run a repeated request joins, so that it is paid once.
//!
//! The widget sends a message up to five times more when its stream does not begin, and a page may send it again after its
//! connection broke off. Both are equal requests of the same frame.

use super::run_record::{RunRecord, RunStatus};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// How long after its end a run that nobody read to its end is joined, in milliseconds.
const JOINED_MS: u64 = 60_000;
/// How long after its client left a run begins again, in milliseconds.
const RESTARTED_MS: u64 = 10_000;

/// The key of a request: equal for the same bytes of the same frame.
#[must_use]
pub fn request_key(body: &str, frame: Option<&str>) -> String {
    let frame = frame.unwrap_or_default();
    // The length keeps a frame's name from running into the body.
    let length = u64::try_from(frame.len()).unwrap_or_default();
    let hash = Sha256::new()
        .chain_update(length.to_be_bytes())
        .chain_update(frame)
        .chain_update(body);
    Base64UrlUnpadded::encode_string(&hash.finalize())
}

/// What a request does that is equal to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// It reads the run of the earlier one.
    Joins,
    /// It begins the run again, for the same message.
    Restarts,
    /// It is a new request: the earlier one got its answer.
    IsNew,
}

/// What a request does that is equal to the one of a run.
#[must_use]
pub fn repetition(run: &RunRecord, now_ms: u64) -> Repetition {
    let Some(ended_ms) = run.ended_ms else {
        return Repetition::Joins;
    };
    let since = now_ms.saturating_sub(ended_ms);
    match run.status {
        RunStatus::Running => Repetition::Joins,
        RunStatus::Left if since <= RESTARTED_MS => Repetition::Restarts,
        // Whoever stops an answer and sends the message again wants a new answer.
        RunStatus::Left | RunStatus::Stopped => Repetition::IsNew,
        RunStatus::Ended | RunStatus::Interrupted if run.is_delivered || since > JOINED_MS => {
            Repetition::IsNew
        }
        RunStatus::Ended | RunStatus::Interrupted => Repetition::Joins,
    }
}
