//! The ledger: counters, records, reservations and error reports in maps. Calls can be made to fail, to lose their answer, and
//! not to end.

use super::{Twin, World};
use rules::counters::day::Day;
use rules::counters::error_report::{ErrorReport, keep_latest};
use rules::counters::event_budget::{EventBudget, cost};
use rules::hosted::daily_quota::{day_of_arrival, first_kept};
use rules::hosted::recent_reservations::RecentReservations;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::{SessionRecord, UserHash};
use rules::http::response::to_json;
use rules::ledger_call::{self, CallError, Retry};
use rules::log::LogLine;
use rules::platform::{CounterSink, Counts, Ledger, Log};
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
    recent: RefCell<RecentReservations>,
    budgets: RefCell<BTreeMap<u32, EventBudget>>,
    reports: RefCell<BTreeMap<u32, Vec<ErrorReport>>>,
    /// What happens to the next calls, by method.
    faults: RefCell<BTreeMap<&'static str, Vec<Fault>>>,
    pub is_down: Cell<bool>,
    pub publish_seconds: Cell<u64>,
}

/// What happens to a try of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails before anything is done, and may be retried.
    Lost,
    /// It fails before anything is done, and may not be retried.
    Broken,
    /// It fails because the object has too many calls.
    Overloaded,
    /// It is carried out, and its answer is lost.
    AnswerLost,
    /// It is never answered.
    Hangs,
    /// It is carried out and answered after this time.
    Slow(u64),
}

impl Fault {
    /// The error of a try that failed.
    fn error(self) -> CallError {
        CallError {
            cause: WORDS.to_owned(),
            retryable: self != Self::Broken,
            overloaded: self == Self::Overloaded,
        }
    }
}

impl MemoryLedger {
    /// The next `times` tries of a method fail, and may be retried.
    pub fn fail(&self, method: &'static str, times: usize) {
        self.break_next(method, &vec![Fault::Lost; times]);
    }

    /// What happens to the next tries of a method.
    pub fn break_next(&self, method: &'static str, faults: &[Fault]) {
        let faults = faults.iter().rev().copied().collect();
        self.faults.borrow_mut().insert(method, faults);
    }

    fn next_fault(&self, method: &'static str) -> Option<Fault> {
        self.faults.borrow_mut().get_mut(method)?.pop()
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

    /// Counts a session of a day that was there already when the test starts.
    pub fn take(&self, day: Day, user: &UserHash) {
        for owner in [EVERYONE, user.as_str()] {
            let key = (day.number(), owner.to_owned());
            *self.reserved.borrow_mut().entry(key).or_default() += 1;
        }
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

    fn give_back(&self, day: u64, user: &UserHash) {
        let mut reserved = self.reserved.borrow_mut();
        for owner in [EVERYONE, user.as_str()] {
            let key = (day, owner.to_owned());
            *reserved.get_mut(&key).expect("a reservation") -= 1;
        }
    }
}

/// Notes each try of a call, lets other requests run, carries the call out as `act` does, and fails if a test said so.
async fn call<T>(
    twin: &Twin,
    method: &'static str,
    retry: Retry,
    act: impl Fn(&World) -> T,
) -> Result<T, String> {
    let world = &twin.world;
    ledger_call::run(twin, retry, async || {
        world.note(format!("ledger {method}"));
        world.clock.turn().await;
        match world.ledger.next_fault(method) {
            None => Ok(act(world)),
            Some(Fault::Hangs) => {
                world.clock.until(u64::MAX).await;
                Err(Fault::Hangs.error())
            }
            Some(Fault::Slow(ms)) => {
                world.clock.until(world.clock.now_ms() + ms).await;
                Ok(act(world))
            }
            Some(Fault::AnswerLost) => {
                act(world);
                Err(Fault::AnswerLost.error())
            }
            Some(fault) => Err(fault.error()),
        }
    })
    .await
}

impl CounterSink for Twin {
    fn count_later(&self, counts: &Counts<'_>, request_id: &str) {
        let ledger = &self.world.ledger;
        self.world.note("ledger count_later");
        ledger.publish_seconds.set(counts.publish_seconds);
        match ledger.next_fault("count_later") {
            None => ledger.add(counts.shard, counts.increments),
            Some(_) => self.write(&LogLine::ledger_failed(WORDS, request_id)),
        }
    }
}

impl Ledger for Twin {
    async fn count(&self, counts: &Counts<'_>) -> Result<bool, String> {
        call(self, "count", Retry::Once, |world| {
            let ledger = &world.ledger;
            let today = Day::of(world.clock.now_ms());
            let mut budgets = ledger.budgets.borrow_mut();
            let budget = budgets.entry(counts.shard).or_default();
            let is_left = counts
                .event_rows
                .is_none_or(|rows| budget.spend(today, cost(!counts.reports.is_empty()), rows));
            if is_left {
                ledger.publish_seconds.set(counts.publish_seconds);
                ledger.add(counts.shard, counts.increments);
                let mut stored = ledger.reports.borrow_mut();
                let stored = stored.entry(counts.shard).or_default();
                *stored = keep_latest(std::mem::take(stored), counts.reports.to_vec());
            }
            is_left
        })
        .await
    }

    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String> {
        call(self, "error_reports", Retry::Once, |world| {
            let reports = world.ledger.reports.borrow();
            let latest = reports.range(..shards);
            latest.flat_map(|(_, reports)| reports.clone()).collect()
        })
        .await
    }

    async fn put_record(&self, record: &SessionRecord) -> Result<(), String> {
        call(self, "put_record", Retry::Once, |world| {
            let mut records = world.ledger.records.borrow_mut();
            records.insert(record.id.clone(), record.clone());
        })
        .await
    }

    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String> {
        call(self, "get_record", Retry::Once, |world| {
            world.ledger.record(id)
        })
        .await
    }

    async fn cancel_record(&self, id: &str) -> Result<bool, String> {
        call(self, "cancel_record", Retry::Once, |world| {
            let mut records = world.ledger.records.borrow_mut();
            let was_cancelled = &mut records.get_mut(id).expect("a record").cancelled;
            !std::mem::replace(was_cancelled, true)
        })
        .await
    }

    async fn put_grant(&self, grant: &StoredGrant) -> Result<(), String> {
        call(self, "put_grant", Retry::Once, |world| {
            let mut grants = world.ledger.grants.borrow_mut();
            grants.insert(grant.id.clone(), grant.clone());
        })
        .await
    }

    async fn get_grant(&self, id: &str) -> Result<Option<StoredGrant>, String> {
        call(self, "get_grant", Retry::Once, |world| {
            world.ledger.grants.borrow().get(id).cloned()
        })
        .await
    }

    fn exchange_later(&self, id: &str, at: u64, _request_id: &str) {
        self.world.note("ledger exchange_later");
        let mut grants = self.world.ledger.grants.borrow_mut();
        if let Some(grant) = grants.get_mut(id) {
            grant.exchanged_at.get_or_insert(at);
        }
    }

    async fn reserve(
        &self,
        stamped: Day,
        user: &UserHash,
        former: &[UserHash],
        limits: DailyLimits,
        request_id: &str,
    ) -> Result<Option<Day>, String> {
        call(self, "reserve", Retry::Once, |world| {
            let ledger = &world.ledger;
            let now = world.clock.now_ms();
            let mut recent = ledger.recent.borrow_mut();
            if let Some(day) = recent.day_of(request_id) {
                return Some(day);
            }
            let day = day_of_arrival(stamped, now);
            let mut reserved = ledger.reserved.borrow_mut();
            let kept = first_kept(now).number();
            reserved.retain(|(day, _), _| *day >= kept);
            let keys = [EVERYONE, user.as_str()].map(|owner| (day.number(), owner.to_owned()));
            let used = |owner: &str| {
                let count = reserved.get(&(day.number(), owner.to_owned()));
                count.copied().unwrap_or_default()
            };
            let by_user = std::iter::once(user).chain(former);
            let by_user: u64 = by_user.map(|hash| used(hash.as_str())).sum();
            let counted = [(used(EVERYONE), limits.total), (by_user, limits.per_user)];
            if counted
                .iter()
                .any(|(count, limit)| limit.is_some_and(|limit| *count >= limit))
            {
                return None;
            }
            for key in keys {
                *reserved.entry(key).or_default() += 1;
            }
            recent.add(request_id, day, now);
            Some(day)
        })
        .await
    }

    fn release_later(&self, day: Option<Day>, user: &UserHash, request_id: &str) {
        let ledger = &self.world.ledger;
        self.world.note("ledger release_later");
        let granted = ledger.recent.borrow_mut().remove(request_id);
        if let Some(day) = day.or(granted) {
            ledger.give_back(day.number(), user);
        }
    }

    async fn is_up(&self) -> bool {
        self.world.clock.turn().await;
        !self.world.ledger.is_down.get()
    }
}
