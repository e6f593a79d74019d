//! What a server needs of its host besides the store: the time, and new ids.

use crate::protocol::Timestamp;

/// Time and ids of the host.
pub trait Env {
    /// The time.
    fn now(&self) -> Timestamp;

    /// A new id: the prefix, `_`, and at least 128 random bits.
    fn id(&mut self, prefix: &str) -> String;
}
