//! A store in memory, for tests and for hosts that keep nothing.

use super::store::{Entry, EntryKind, Listed, Store, Stored, StoredThread};
use crate::protocol::{FeedbackKind, ItemOrder, PageParams, ThreadItem, Timestamp, to_json};
use serde_json::value::RawValue;
use std::cell::RefCell;

/// The threads of one user, the oldest first.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RefCell<State>,
}

#[derive(Debug, Default, Clone)]
struct State {
    threads: Vec<StoredThread>,
    entries: Vec<Row>,
    last_seq: u64,
    feedback: Vec<(String, String, FeedbackKind, Timestamp)>,
}

#[derive(Debug, Clone)]
struct Row {
    thread_id: String,
    id: Option<String>,
    entry: Entry,
}

impl State {
    fn add(&mut self, thread_id: &str, id: Option<String>, kind: EntryKind, json: Box<RawValue>) {
        self.last_seq = self.last_seq.saturating_add(1);
        let entry = Entry {
            seq: self.last_seq,
            kind,
            json,
        };
        self.entries.push(Row {
            thread_id: thread_id.to_owned(),
            id,
            entry,
        });
    }

    fn find(&self, thread_id: &str, id: &str) -> Option<&Row> {
        self.entries
            .iter()
            .find(|row| row.thread_id == thread_id && row.id.as_deref() == Some(id))
    }
}

impl MemoryStore {
    /// All opinions: thread, item, kind, time.
    #[must_use]
    pub fn feedback(&self) -> Vec<(String, String, FeedbackKind, Timestamp)> {
        self.state.borrow().feedback.clone()
    }

    /// How many entries there are, in all threads.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.state.borrow().entries.len()
    }
}

/// A value as raw JSON.
fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    RawValue::from_string(to_json(value)).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The part of a list that a page asks for, and one entry more.
fn paged<T>(mut all: Vec<T>, page: &PageParams, id: impl Fn(&T) -> &str) -> Vec<T> {
    if page.order == ItemOrder::Descending {
        all.reverse();
    }
    let skipped = match &page.after {
        None => 0,
        Some(after) => all
            .iter()
            .position(|entry| id(entry) == after)
            .map_or(all.len(), |at| at.saturating_add(1)),
    };
    let wanted = usize::try_from(page.limit)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    all.into_iter().skip(skipped).take(wanted).collect()
}

impl Store for MemoryStore {
    fn transaction<T>(&self, work: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let before = self.state.borrow().clone();
        work().inspect_err(|_| *self.state.borrow_mut() = before)
    }

    fn put_thread(&self, thread: &StoredThread) -> Stored<()> {
        let threads = &mut self.state.borrow_mut().threads;
        match threads
            .iter_mut()
            .find(|known| known.thread.id == thread.thread.id)
        {
            Some(known) => *known = thread.clone(),
            None => threads.push(thread.clone()),
        }
        Ok(())
    }

    fn thread(&self, id: &str) -> Stored<Option<StoredThread>> {
        Ok(self
            .state
            .borrow()
            .threads
            .iter()
            .find(|known| known.thread.id == id)
            .cloned())
    }

    fn threads(&self, page: &PageParams) -> Stored<Vec<StoredThread>> {
        Ok(paged(self.state.borrow().threads.clone(), page, |thread| {
            &thread.thread.id
        }))
    }

    fn delete_thread(&self, id: &str) -> Stored<bool> {
        let mut state = self.state.borrow_mut();
        let before = state.threads.len();
        state.threads.retain(|known| known.thread.id != id);
        state.entries.retain(|row| row.thread_id != id);
        state.feedback.retain(|(thread, ..)| thread != id);
        Ok(state.threads.len() < before)
    }

    fn put_item(&self, item: &ThreadItem, kind: EntryKind) -> Stored<()> {
        let mut state = self.state.borrow_mut();
        let is_item =
            |row: &&mut Row| row.thread_id == item.thread_id && row.id.as_deref() == Some(&item.id);
        match state.entries.iter_mut().find(is_item) {
            Some(row) => row.entry.json = raw(item),
            None => state.add(&item.thread_id, Some(item.id.clone()), kind, raw(item)),
        }
        Ok(())
    }

    fn add_model_item(&self, thread_id: &str, item: &RawValue) -> Stored<()> {
        self.state
            .borrow_mut()
            .add(thread_id, None, EntryKind::Model, item.to_owned());
        Ok(())
    }

    fn item(&self, thread_id: &str, id: &str) -> Stored<Option<ThreadItem>> {
        let state = self.state.borrow();
        let row = state.find(thread_id, id);
        Ok(row.and_then(|row| serde_json::from_str(row.entry.json.get()).ok()))
    }

    fn items(&self, thread_id: &str, page: &PageParams) -> Stored<Vec<Listed>> {
        let state = self.state.borrow();
        let visible = state
            .entries
            .iter()
            .filter(|row| row.thread_id == thread_id && row.entry.kind.is_visible());
        let visible = visible
            .filter_map(|row| {
                Some(Listed {
                    id: row.id.clone()?,
                    json: row.entry.json.clone(),
                })
            })
            .collect();
        Ok(paged(visible, page, |listed: &Listed| &listed.id))
    }

    fn entries_before(
        &self,
        thread_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Stored<Vec<Entry>> {
        let state = self.state.borrow();
        let rows = state
            .entries
            .iter()
            .rev()
            .filter(|row| row.thread_id == thread_id);
        let rows = rows.filter(|row| before.is_none_or(|before| row.entry.seq < before));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(rows.take(limit).map(|row| row.entry.clone()).collect())
    }

    fn place(&self, thread_id: &str, id: &str) -> Stored<Option<u64>> {
        Ok(self
            .state
            .borrow()
            .find(thread_id, id)
            .map(|row| row.entry.seq))
    }

    fn delete_item(&self, thread_id: &str, id: &str) -> Stored<()> {
        let is_item = |row: &Row| row.thread_id == thread_id && row.id.as_deref() == Some(id);
        self.state.borrow_mut().entries.retain(|row| !is_item(row));
        Ok(())
    }

    fn delete_after(&self, thread_id: &str, place: u64) -> Stored<Vec<String>> {
        let mut state = self.state.borrow_mut();
        let is_after = |row: &Row| row.thread_id == thread_id && row.entry.seq > place;
        let deleted = state
            .entries
            .iter()
            .filter(|row| is_after(row) && row.entry.kind.is_visible());
        let deleted = deleted.filter_map(|row| row.id.clone()).collect();
        state.entries.retain(|row| !is_after(row));
        Ok(deleted)
    }

    fn put_feedback(
        &self,
        thread_id: &str,
        item_id: &str,
        kind: FeedbackKind,
        at: Timestamp,
    ) -> Stored<()> {
        let feedback = &mut self.state.borrow_mut().feedback;
        feedback.retain(|(thread, item, ..)| thread != thread_id || item != item_id);
        feedback.push((thread_id.to_owned(), item_id.to_owned(), kind, at));
        Ok(())
    }
}
