//! The object's database in memory: threads and runs. A transaction is over both.

use super::object_host::Host;
use chatkit::protocol::{FeedbackKind, PageParams, ThreadItem, Timestamp};
use chatkit::server::memory_store::MemoryStore;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{Entry, EntryKind, Listed, Store, Stored, StoredThread};
use rules::runs::run_host::RunStore;
use rules::runs::run_record::RunRecord;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};

#[derive(Default)]
pub struct ObjectStores {
    pub threads: MemoryStore,
    runs: RefCell<Vec<(RunRecord, String)>>,
    /// How many transactions fail from now on.
    pub failing: Cell<u32>,
    /// How often runs were written.
    pub run_writes: Cell<u32>,
}

impl ObjectStores {
    /// All runs, with their frames.
    pub fn all_runs(&self) -> Vec<(RunRecord, String)> {
        self.runs.borrow().clone()
    }
}

impl Store for Host {
    fn transaction<T>(&self, work: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let runs = self.stores.runs.borrow().clone();
        let result = self.stores.threads.transaction(|| {
            let done = work()?;
            let failing = self.stores.failing.get();
            if failing > 0 {
                self.stores.failing.set(failing - 1);
                return Err(ServerError::Store("disk I/O error".to_owned()));
            }
            Ok(done)
        });
        result.inspect_err(|_| {
            self.stores.runs.replace(runs);
        })
    }

    fn put_thread(&self, thread: &StoredThread) -> Stored<()> {
        self.stores.threads.put_thread(thread)
    }

    fn thread(&self, id: &str) -> Stored<Option<StoredThread>> {
        self.stores.threads.thread(id)
    }

    fn threads(&self, page: &PageParams) -> Stored<Vec<StoredThread>> {
        self.stores.threads.threads(page)
    }

    fn delete_thread(&self, id: &str) -> Stored<bool> {
        self.stores.threads.delete_thread(id)
    }

    fn put_item(&self, item: &ThreadItem, kind: EntryKind) -> Stored<()> {
        self.stores.threads.put_item(item, kind)
    }

    fn add_model_item(&self, thread_id: &str, item: &RawValue) -> Stored<()> {
        self.stores.threads.add_model_item(thread_id, item)
    }

    fn item(&self, thread_id: &str, id: &str) -> Stored<Option<ThreadItem>> {
        self.stores.threads.item(thread_id, id)
    }

    fn items(&self, thread_id: &str, page: &PageParams) -> Stored<Vec<Listed>> {
        self.stores.threads.items(thread_id, page)
    }

    fn entries_before(
        &self,
        thread_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Stored<Vec<Entry>> {
        self.stores.threads.entries_before(thread_id, before, limit)
    }

    fn place(&self, thread_id: &str, id: &str) -> Stored<Option<u64>> {
        self.stores.threads.place(thread_id, id)
    }

    fn delete_item(&self, thread_id: &str, id: &str) -> Stored<()> {
        self.stores.threads.delete_item(thread_id, id)
    }

    fn delete_after(&self, thread_id: &str, place: u64) -> Stored<Vec<String>> {
        self.stores.threads.delete_after(thread_id, place)
    }

    fn put_feedback(
        &self,
        thread_id: &str,
        item_id: &str,
        kind: FeedbackKind,
        at: Timestamp,
    ) -> Stored<()> {
        self.stores
            .threads
            .put_feedback(thread_id, item_id, kind, at)
    }
}

impl RunStore for Host {
    fn put_run(&self, run: &RunRecord) -> Stored<()> {
        self.stores.run_writes.set(self.stores.run_writes.get() + 1);
        let mut runs = self.stores.runs.borrow_mut();
        match runs.iter_mut().find(|(known, _)| known.id == run.id) {
            Some((known, _)) => *known = run.clone(),
            None => runs.push((run.clone(), String::new())),
        }
        Ok(())
    }

    fn run(&self, id: &str) -> Stored<Option<RunRecord>> {
        let runs = self.stores.runs.borrow();
        Ok(runs
            .iter()
            .map(|(run, _)| run)
            .find(|run| run.id == id)
            .cloned())
    }

    fn run_of_request(&self, request_key: &str) -> Stored<Option<RunRecord>> {
        let runs = self.stores.runs.borrow();
        let mut newest_first = runs.iter().rev().map(|(run, _)| run);
        Ok(newest_first
            .find(|run| run.request_key == request_key)
            .cloned())
    }

    fn newest_run_of(&self, thread_id: &str) -> Stored<Option<RunRecord>> {
        let runs = self.stores.runs.borrow();
        let mut newest_first = runs.iter().rev().map(|(run, _)| run);
        Ok(newest_first.find(|run| run.thread_id == thread_id).cloned())
    }

    fn running(&self) -> Stored<Vec<RunRecord>> {
        let runs = self.stores.runs.borrow();
        let running = runs.iter().map(|(run, _)| run);
        Ok(running
            .filter(|run| run.ended_ms.is_none())
            .cloned()
            .collect())
    }

    fn add_frames(&self, run_id: &str, frames: &str) -> Stored<()> {
        let mut runs = self.stores.runs.borrow_mut();
        let run = runs.iter_mut().find(|(run, _)| run.id == run_id);
        run.expect("frames belong to a run").1.push_str(frames);
        Ok(())
    }

    fn frames(&self, run_id: &str) -> Stored<String> {
        let runs = self.stores.runs.borrow();
        let run = runs.iter().find(|(run, _)| run.id == run_id);
        Ok(run.map(|(_, frames)| frames.clone()).unwrap_or_default())
    }

    fn delete_runs_of(&self, thread_id: &str) -> Stored<()> {
        let mut runs = self.stores.runs.borrow_mut();
        runs.retain(|(run, _)| run.thread_id != thread_id);
        Ok(())
    }

    fn delete_runs_ended_by(&self, ms: u64) -> Stored<()> {
        let mut runs = self.stores.runs.borrow_mut();
        runs.retain(|(run, _)| run.ended_ms.is_none_or(|ended| ended > ms));
        Ok(())
    }

    fn first_end_ms(&self) -> Stored<Option<u64>> {
        let runs = self.stores.runs.borrow();
        Ok(runs.iter().filter_map(|(run, _)| run.ended_ms).min())
    }
}
