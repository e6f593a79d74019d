//! The ledger: what is counted, kept and limited, and for how long.
//!
//! Durable Objects carry the rules out, with tables of their own. The parts:
//!
//! - [`Event`]: what is counted, under which names.
//! - [`Day`]: the UTC day it is counted for, and which days are kept.
//! - [`Snapshot`]: one shard's counters as published to KV; [`publish_schedule`]: when; [`Stats`]: all shards together.
//! - [`Record`]: a session's metadata, without its secret.
//! - [`Report`]: a page's error report, cut and cleaned.
//! - [`event_batch`]: the bodies that carry events and reports.

mod day;
mod error_report;
mod event;
pub mod event_batch;
pub mod publish_schedule;
mod snapshot;
mod stats;
mod table;

pub use crate::hosted::session_record::{Record, Status, UserHash};
pub use day::{Day, seconds_to_midnight};
pub use error_report::{MAX_REPORTS, Report, latest_json};
pub use event::Event;
pub use snapshot::{Snapshot, snapshot_key};
pub use stats::Stats;

/// How many objects keep session records. A session's id says which, so the number never changes.
const RECORD_OBJECTS: u32 = 16;

/// The name of the object that counts for a shard.
#[must_use]
pub fn counters_object(shard: u32) -> String {
    format!("counters-{shard}")
}

/// The name of the object that keeps a session's record.
#[must_use]
pub fn records_object(session_id: &str) -> String {
    // FNV-1a: spreads ids evenly; nothing depends on its being hard to guess.
    let hash = session_id.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("records-{}", hash % RECORD_OBJECTS)
}

/// The name of the object that keeps the daily limits: one, because the limits are exact.
pub const LIMITS_OBJECT: &str = "limits";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_always_kept_by_the_same_object_and_sessions_spread() {
        assert_eq!(records_object("cksess_1"), records_object("cksess_1"));
        let names: std::collections::BTreeSet<String> = (0..200)
            .map(|n| records_object(&format!("cksess_{n}")))
            .collect();
        assert_eq!(names.len(), 16);
    }
}
