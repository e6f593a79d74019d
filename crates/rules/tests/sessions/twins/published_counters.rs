//! The counters in KV, as a test published them.

use super::Twin;
use rules::counters::snapshot::{Snapshot, snapshot_key};
use rules::platform::CounterStore;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct PublishedCounters {
    values: RefCell<BTreeMap<String, String>>,
    pub is_unbound: Cell<bool>,
    pub is_failing: Cell<bool>,
}

impl PublishedCounters {
    /// Publishes a shard's counters.
    pub fn publish(&self, shard: u32, snapshot: &Snapshot) {
        let mut values = self.values.borrow_mut();
        values.insert(snapshot_key(shard), snapshot.to_json());
    }
}

impl CounterStore for Twin {
    fn is_store_bound(&self) -> bool {
        !self.world.counters.is_unbound.get()
    }

    async fn read(&self, keys: &[String]) -> Result<Vec<Option<String>>, String> {
        self.world.note(format!("store {}", keys.join(" ")));
        self.world.clock.turn().await;
        if self.world.counters.is_failing.get() {
            return Err("Error: KV GET failed: 500".to_owned());
        }
        let values = self.world.counters.values.borrow();
        Ok(keys.iter().map(|key| values.get(key).cloned()).collect())
    }
}
