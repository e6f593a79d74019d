//! What the object runs on, in memory. It outlives the object.

use super::object_stores::ObjectStores;
use super::scripted_model::ScriptedModel;
use super::task_clock::TaskClock;
use rules::error::Error;
use rules::log::LogLine;
use rules::platform::{Clock, CounterSink, Counts, Dataset, Log};
use rules::runs::run_host::{Object, Task};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Noon on 2026-11-21, UTC, in Unix milliseconds.
const NOON: u64 = 1_795_262_400_000;
pub const API_KEY: &str = "sk-proj-T3stK3yOfTheWorld0123456789";

/// What the object runs on. It outlives the object.
pub struct Host {
    pub stores: ObjectStores,
    pub model: ScriptedModel,
    pub clock: Rc<TaskClock>,
    pub counts: RefCell<BTreeMap<String, u64>>,
    pub lines: RefCell<Vec<Value>>,
    pub alarm_ms: Cell<Option<u64>>,
    randoms: Cell<u64>,
}

impl Host {
    pub fn new() -> Self {
        Self {
            stores: ObjectStores::default(),
            model: ScriptedModel::default(),
            clock: Rc::new(TaskClock::new(NOON)),
            counts: RefCell::default(),
            lines: RefCell::default(),
            alarm_ms: Cell::new(None),
            randoms: Cell::new(0),
        }
    }
}

impl Clock for Host {
    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        self.randoms.set(self.randoms.get() + 1);
        let bytes = Sha256::digest(self.randoms.get().to_le_bytes());
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    async fn sleep(&self, ms: u64) {
        self.deadline(ms).await;
    }

    async fn deadline(&self, ms: u64) {
        self.clock.until(self.clock.now_ms() + ms).await;
    }
}

impl Log for Host {
    fn write(&self, line: &LogLine<'_>) {
        let json = line.to_json();
        assert!(!json.contains(API_KEY), "{json}");
        let mut lines = self.lines.borrow_mut();
        lines.push(serde_json::from_str(&json).expect("a line is JSON"));
    }
}

impl CounterSink for Host {
    fn count_later(&self, counts: &Counts<'_>, _request_id: &str) {
        let increments: BTreeMap<String, u64> =
            serde_json::from_str(counts.increments).expect("counts are JSON");
        for (counter, count) in increments {
            *self.counts.borrow_mut().entry(counter).or_default() += count;
        }
    }
}

impl Dataset for Host {
    fn write_event(&self, _event: &str, _code: &str, _times: u32) -> Result<(), String> {
        Ok(())
    }
}

impl Object for Host {
    fn spawn(&self, task: Task) {
        self.clock.spawn(task);
    }

    async fn ensure_alarm(&self, at_ms: u64) {
        let at_ms = self.alarm_ms.get().map_or(at_ms, |set| set.min(at_ms));
        self.alarm_ms.set(Some(at_ms));
    }
}
