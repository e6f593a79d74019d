//! The time and new ids, as ChatKit's server wants them.

use crate::platform::Clock;
use chatkit::protocol::Timestamp;
use chatkit::server::env::{Env, id_from};
use chatkit::server::server_error::ServerError;

/// The time and new ids of an object.
#[derive(Debug)]
pub struct ObjectEnv<'a, H>(pub &'a H);

impl<H: Clock> Env for ObjectEnv<'_, H> {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.now_ms())
    }

    fn id(&mut self, prefix: &str) -> String {
        // Without randomness the platform is broken; then ids repeat, and the store replaces items of the same user only.
        id_from(prefix, self.0.random_bytes().unwrap_or_default())
    }
}

/// What the log says of an error of the store.
#[must_use]
pub fn store_cause(error: &ServerError) -> String {
    match error {
        ServerError::Store(cause) => format!("the store failed: {cause}"),
        other => other.to_string(),
    }
}
