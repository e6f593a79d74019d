//! The ledger: counters, records, reservations and error reports in maps. Calls can be made to fail.

use super::{Twin, World};
use rules::counters::day::Day;
use rules::counters::error_report::ErrorReport;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::{SessionRecord, UserHash};
use rules::http::response::to_json;
use rules::log::LogLine;
use rules::platform::{Ledger, Log};
use rules::settings::DailyLimits;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The words of a call that fails.
pub const WORDS: &str = "Error: Network connection lost.";
/// Under whom the sessions of all users are counted.
const EVERYONE: &str = "";

#[derive(Default)]
pub struct MemoryLedger {
    counters: RefCell<BTreeMap<(u32, String), u64>>,
    records: RefCell<BTreeMap<String, SessionRecord>>,
    grants: RefCell<BTreeMap<String, StoredGrant>>,
    reserved: RefCell<BTreeMap<(u64, String), u64>>,
    reports: RefCell<BTreeMap<u32, Vec<ErrorReport>>>,
    /// How many calls fail, by method.
    failures: RefCell<BTreeMap<&'static str, u32>>,
    pub is_down: Cell<bool>,
    pub publish_seconds: Cell<u64>,
}

impl MemoryLedger {
    /// The next `times` calls of a method fail.
    pub fn fail(&self, method: &'static str, times: u32) {
        self.failures.borrow_mut().insert(method, times);
    }

    /// The sum of all shards, by counter.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((_, counter), count) in &*self.counters.borrow() {
            *sums.entry(counter.clone()).or_default() += count;
        }
        sums
    }

    /// A counter's sum; 0 if nothing was counted.
    pub fn counted(&self, counter: &str) -> u64 {
        self.counts().get(counter).copied().unwrap_or_default()
    }

    /// The shards that counted something.
    pub fn shards(&self) -> Vec<u32> {
        let counters = self.counters.borrow();
        let mut shards: Vec<u32> = counters.keys().map(|(shard, _)| *shard).collect();
        shards.dedup();
        shards
    }

    /// Stores a record that is there already when the test starts.
    pub fn put(&self, record: SessionRecord) {
        self.records.borrow_mut().insert(record.id.clone(), record);
    }

    /// How many grants of client secrets are stored.
    pub fn grants(&self) -> usize {
        self.grants.borrow().len()
    }

    pub fn record(&self, id: &str) -> Option<SessionRecord> {
        self.records.borrow().get(id).cloned()
    }

    /// How many sessions of all users are taken off a day's limits.
    pub fn reserved(&self, day: Day) -> u64 {
        let key = (day.number(), EVERYONE.to_owned());
        self.reserved
            .borrow()
            .get(&key)
            .copied()
            .unwrap_or_default()
    }

    pub fn reports(&self) -> Vec<ErrorReport> {
        self.reports.borrow().values().flatten().cloned().collect()
    }

    /// Everything that is stored, as a text to search.
    pub fn stored(&self) -> String {
        let records: Vec<_> = self.records.borrow().values().cloned().collect();
        format!(
            "{:?} {} {:?} {:?} {:?}",
            self.counters.borrow(),
            to_json(&records),
            self.grants.borrow(),
            self.reserved.borrow(),
            self.reports.borrow(),
        )
    }

    fn add(&self, shard: u32, counts: &str) {
        let counts: BTreeMap<String, u64> = serde_json::from_str(counts).expect("counts are JSON");
        for (counter, count) in counts {
            *self
                .counters
                .borrow_mut()
                .entry((shard, counter))
                .or_default() += count;
        }
    }

    fn use_up_failure(&self, method: &'static str) -> Result<(), String> {
        match self.failures.borrow_mut().get_mut(method) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(WORDS.to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Notes a call, lets other requests run, and fails if a test said so.
async fn call(world: &World, method: &'static str) -> Result<(), String> {
    world.note(format!("ledger {method}"));
    world.clock.turn().await;
    world.ledger.use_up_failure(method)
}

impl Ledger for Twin {
    async fn count(
        &self,
        shard: u32,
        publish_seconds: u64,
        counts: &str,
        reports: &[ErrorReport],
    ) -> Result<(), String> {
        call(&self.world, "count").await?;
        let ledger = &self.world.ledger;
        ledger.publish_seconds.set(publish_seconds);
        ledger.add(shard, counts);
        let mut stored = ledger.reports.borrow_mut();
        stored.entry(shard).or_default().extend(reports.to_vec());
        Ok(())
    }

    fn count_later(&self, shard: u32, publish_seconds: u64, counts: String) {
        self.world.note("ledger count_later");
        self.world.ledger.publish_seconds.set(publish_seconds);
        match self.world.ledger.use_up_failure("count_later") {
            Ok(()) => self.world.ledger.add(shard, &counts),
            Err(error) => self.write(&LogLine::ledger_failed(&error)),
        }
    }

    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String> {
        call(&self.world, "error_reports").await?;
        let reports = self.world.ledger.reports.borrow();
        Ok(reports
            .range(..shards)
            .flat_map(|(_, reports)| reports.clone())
            .collect())
    }

    async fn put_record(&self, record: &SessionRecord) -> Result<(), String> {
        call(&self.world, "put_record").await?;
        let mut records = self.world.ledger.records.borrow_mut();
        records.insert(record.id.clone(), record.clone());
        Ok(())
    }

    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String> {
        call(&self.world, "get_record").await?;
        Ok(self.world.ledger.record(id))
    }

    async fn cancel_record(&self, id: &str) -> Result<bool, String> {
        call(&self.world, "cancel_record").await?;
        let mut records = self.world.ledger.records.borrow_mut();
        let was_cancelled = &mut records.get_mut(id).expect("a record").cancelled;
        Ok(!std::mem::replace(was_cancelled, true))
    }

    async fn put_grant(&self, grant: &StoredGrant) -> Result<(), String> {
        call(&self.world, "put_grant").await?;
        let mut grants = self.world.ledger.grants.borrow_mut();
        grants.insert(grant.id.clone(), grant.clone());
        Ok(())
    }

    async fn get_grant(&self, id: &str) -> Result<Option<StoredGrant>, String> {
        call(&self.world, "get_grant").await?;
        Ok(self.world.ledger.grants.borrow().get(id).cloned())
    }

    fn exchange_later(&self, id: &str, at: u64) {
        self.world.note("ledger exchange_later");
        let mut grants = self.world.ledger.grants.borrow_mut();
        if let Some(grant) = grants.get_mut(id) {
            grant.exchanged_at.get_or_insert(at);
        }
    }

    async fn reserve(
        &self,
        day: Day,
        user: &UserHash,
        limits: DailyLimits,
    ) -> Result<bool, String> {
        call(&self.world, "reserve").await?;
        let mut reserved = self.world.ledger.reserved.borrow_mut();
        let keys = [EVERYONE, user.as_str()].map(|owner| (day.number(), owner.to_owned()));
        let is_left = |(key, limit): (_, Option<u64>)| {
            limit.is_none_or(|limit| reserved.get(key).copied().unwrap_or_default() < limit)
        };
        let is_granted = keys
            .iter()
            .zip([limits.total, limits.per_user])
            .all(is_left);
        if is_granted {
            for key in keys {
                *reserved.entry(key).or_default() += 1;
            }
        }
        Ok(is_granted)
    }

    fn release_later(&self, day: Day, user: &UserHash) {
        self.world.note("ledger release_later");
        let mut reserved = self.world.ledger.reserved.borrow_mut();
        for owner in [EVERYONE, user.as_str()] {
            let key = (day.number(), owner.to_owned());
            *reserved.get_mut(&key).expect("a reservation") -= 1;
        }
    }

    async fn is_up(&self) -> bool {
        self.world.clock.turn().await;
        !self.world.ledger.is_down.get()
    }
}
