//! The published counters in KV.

use super::{Runtime, bindings};
use futures_util::future::try_join_all;
use rules::platform::CounterStore;

/// The binding of the namespace.
pub const COUNTERS: &str = "COUNTERS";

impl CounterStore for Runtime {
    fn is_store_bound(&self) -> bool {
        bindings::get_binding(&self.env, COUNTERS).is_some()
    }

    async fn read(&self, keys: &[String]) -> Result<Vec<Option<String>>, String> {
        if !self.is_store_bound() {
            return Err(format!("{COUNTERS} is not bound"));
        }
        let store = self.env.kv(COUNTERS).map_err(|error| error.to_string())?;
        let reads = keys.iter().map(|key| store.get(key).text());
        try_join_all(reads).await.map_err(|error| error.to_string())
    }
}
