//! What the rules need of an object: its storage, its clock, its alarm, the log and the ledger.

use super::{run_tables, thread_tables};
use crate::ledger;
use crate::runtime::sql::Transactions;
use crate::runtime::timer::Timer;
use crate::runtime::{clock, console, dataset};
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Stored;
use rules::error::Error;
use rules::log::LogLine;
use rules::platform::{Clock, CounterSink, Counts, Dataset, Log};
use rules::runs::run_host::{Object, Task};
use std::cell::{Cell, RefCell};
use worker::durable::State;
use worker::{Env, SqlStorage, Storage};

/// The platform of the runs of one user.
pub struct ChatsHost {
    /// The object's database.
    pub sql: SqlStorage,
    storage: Storage,
    transactions: Transactions,
    env: Env,
    /// When the alarm is known to ring, in Unix milliseconds. After a restart it is not known.
    alarm_ms: Cell<Option<u64>>,
}

impl ChatsHost {
    /// Creates the object's tables.
    pub fn new(state: &State, env: Env) -> Self {
        let storage = state.storage();
        let transactions = Transactions::of(state);
        let sql = storage.sql();
        for tables in [thread_tables::TABLES, run_tables::TABLES] {
            // Fails only with the disk; then every statement after it fails and says so.
            let _ = sql.exec(tables, None);
        }
        Self {
            sql,
            storage,
            transactions,
            env,
            alarm_ms: Cell::new(None),
        }
    }

    /// Notes that the alarm has rung.
    pub fn forget_alarm(&self) {
        self.alarm_ms.set(None);
    }

    /// A result of the database as one of the store.
    pub fn stored<T>(&self, result: worker::Result<T>) -> Stored<T> {
        result.map_err(|error| ServerError::Store(error.to_string()))
    }

    /// Runs statements, all or none of them. Transactions may be nested.
    pub fn run_transaction<T>(&self, work: impl FnOnce() -> Stored<T>) -> Stored<T> {
        // The database undoes the statements if the work fails, and only knows its own errors.
        let failure = RefCell::new(None);
        let result = self.transactions.run(|| {
            work().map_err(|error| {
                let text = error.to_string();
                failure.replace(Some(error));
                worker::Error::RustError(text)
            })
        });
        result.map_err(|error| {
            let failure = failure.take();
            failure
                .unwrap_or_else(|| ServerError::Store(crate::runtime::bindings::error_text(&error)))
        })
    }
}

impl Clock for ChatsHost {
    fn now_ms(&self) -> u64 {
        clock::now_ms()
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        clock::random_bytes()
    }

    async fn sleep(&self, ms: u64) {
        Timer::new(ms).await;
    }

    async fn deadline(&self, ms: u64) {
        Timer::new(ms).await;
    }
}

impl Log for ChatsHost {
    fn write(&self, line: &LogLine<'_>) {
        console::write(line);
    }
}

impl Object for ChatsHost {
    fn spawn(&self, task: Task) {
        wasm_bindgen_futures::spawn_local(task);
    }

    async fn ensure_alarm(&self, at_ms: u64) {
        if self.alarm_ms.get().is_none() {
            let set = self.storage.get_alarm().await.ok().flatten();
            self.alarm_ms.set(set.and_then(|ms| u64::try_from(ms).ok()));
        }
        if self.alarm_ms.get().is_some_and(|set| set <= at_ms) {
            return;
        }
        self.alarm_ms.set(Some(at_ms));
        let delay = at_ms.saturating_sub(clock::now_ms());
        let at = std::time::Duration::from_millis(delay);
        if let Err(error) = self.storage.set_alarm(at).await {
            self.alarm_ms.set(None);
            let cause = error.to_string();
            console::write(&LogLine {
                level: "error",
                event: "alarm.not_set",
                cause: Some(&cause),
                ..LogLine::default()
            });
        }
    }
}

impl CounterSink for ChatsHost {
    fn count_later(&self, counts: &Counts<'_>, request_id: &str) {
        // An object lives as long as its calls.
        let _ = ledger::start_count(&self.env, counts, request_id);
    }
}

impl Dataset for ChatsHost {
    fn write_event(&self, event: &str, code: &str, times: u32) -> Result<(), String> {
        dataset::write_event(&self.env, event, code, times)
    }
}
