//! Threads, their entries and opinions about them.
//!
//! An entry's place is its number within its thread. An item has an id and is found by it; a model item has none. Only items are
//! in the index of ids, so a model item is one row written, and an item is two. Replacing an item writes one.

use super::chats_host::ChatsHost;
use crate::runtime::sql::{Values, first, integer, number, rows, run};
use chatkit::protocol::{FeedbackKind, ItemOrder, PageParams, ThreadItem, Timestamp, to_json};
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{Entry, EntryKind, Listed, Store, Stored, StoredThread};
use serde::Deserialize;
use serde_json::value::RawValue;
use worker::SqlStorageValue;

/// A thread's and an entry's `json` is what chatkit's store gets. `kind` is the number of an [`EntryKind`]. Times are in Unix
/// microseconds.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS threads (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (thread TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT, kind INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (thread, seq)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS entries_by_id ON entries (thread, id) WHERE id IS NOT NULL;
CREATE TABLE IF NOT EXISTS feedback (thread TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (thread, item)) WITHOUT ROWID;
";

/// The place after the last entry of a thread.
const NEXT_PLACE: &str = "(SELECT COALESCE(MAX(seq), 0) + 1 FROM entries WHERE thread = ?1)";
/// No entry is at a place as high as this, the largest integer of JavaScript.
const LAST_PLACE: u64 = 9_007_199_254_740_991;
/// The kinds of entries that pages see: [`EntryKind::Item`] and [`EntryKind::Derived`].
const VISIBLE: &str = "kind <= 1 AND id IS NOT NULL";

#[derive(Deserialize)]
struct JsonRow {
    json: String,
}

#[derive(Deserialize)]
struct IdRow {
    id: String,
}

/// Stored JSON without parsing it.
fn raw(json: String) -> Stored<Box<RawValue>> {
    RawValue::from_string(json).map_err(|error| ServerError::Store(error.to_string()))
}

fn parsed<T: serde::de::DeserializeOwned>(json: &str) -> Stored<T> {
    serde_json::from_str(json).map_err(|error| ServerError::Store(error.to_string()))
}

/// The order of a list, and how places compare in it.
fn direction(order: ItemOrder) -> (&'static str, &'static str) {
    match order {
        ItemOrder::Ascending => ("ASC", ">"),
        ItemOrder::Descending => ("DESC", "<"),
    }
}

/// One entry more than the page has, which tells that there are more.
fn page_rows(page: &PageParams) -> SqlStorageValue {
    integer(u64::from(page.limit).saturating_add(1))
}

impl Store for ChatsHost {
    fn transaction<T>(&self, work: impl FnOnce() -> Stored<T>) -> Stored<T> {
        self.run_transaction(work)
    }

    fn put_thread(&self, thread: &StoredThread) -> Stored<()> {
        let statement = "INSERT INTO threads (id, json) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET json = excluded.json";
        self.stored(run(
            &self.sql,
            statement,
            vec![thread.thread.id.as_str().into(), to_json(thread).into()],
        ))
    }

    fn thread(&self, id: &str) -> Stored<Option<StoredThread>> {
        let query = "SELECT json FROM threads WHERE id = ?1";
        let row: Option<JsonRow> = self.stored(first(&self.sql, query, vec![id.into()]))?;
        row.map(|row| parsed(&row.json)).transpose()
    }

    fn threads(&self, page: &PageParams) -> Stored<Vec<StoredThread>> {
        let (order, comes_after) = direction(page.order);
        let (after, mut values) = match &page.after {
            Some(after) => (
                format!("WHERE seq {comes_after} (SELECT seq FROM threads WHERE id = ?2)"),
                vec![SqlStorageValue::from(after.as_str())],
            ),
            None => (String::new(), Values::new()),
        };
        values.insert(0, page_rows(page));
        let query = format!("SELECT json FROM threads {after} ORDER BY seq {order} LIMIT ?1");
        let found: Vec<JsonRow> = self.stored(rows(&self.sql, &query, values))?;
        found.iter().map(|row| parsed(&row.json)).collect()
    }

    fn delete_thread(&self, id: &str) -> Stored<bool> {
        let exists = self.thread(id)?.is_some();
        self.transaction(|| {
            for statement in [
                "DELETE FROM threads WHERE id = ?1",
                "DELETE FROM entries WHERE thread = ?1",
                "DELETE FROM feedback WHERE thread = ?1",
            ] {
                self.stored(run(&self.sql, statement, vec![id.into()]))?;
            }
            Ok(exists)
        })
    }

    fn put_item(&self, item: &ThreadItem, kind: EntryKind) -> Stored<()> {
        let statement = format!(
            "INSERT INTO entries (thread, seq, id, kind, json) VALUES (?1, {NEXT_PLACE}, ?2, ?3, ?4) \
             ON CONFLICT (thread, id) WHERE id IS NOT NULL DO UPDATE SET json = excluded.json"
        );
        let values = vec![
            item.thread_id.as_str().into(),
            item.id.as_str().into(),
            integer(kind.number().into()),
            to_json(item).into(),
        ];
        self.stored(run(&self.sql, &statement, values))
    }

    fn add_model_item(&self, thread_id: &str, item: &RawValue) -> Stored<()> {
        let statement = format!(
            "INSERT INTO entries (thread, seq, kind, json) VALUES (?1, {NEXT_PLACE}, ?2, ?3)"
        );
        let values = vec![
            thread_id.into(),
            integer(EntryKind::Model.number().into()),
            item.get().into(),
        ];
        self.stored(run(&self.sql, &statement, values))
    }

    fn item(&self, thread_id: &str, id: &str) -> Stored<Option<ThreadItem>> {
        let query = "SELECT json FROM entries WHERE thread = ?1 AND id = ?2";
        let row: Option<JsonRow> =
            self.stored(first(&self.sql, query, vec![thread_id.into(), id.into()]))?;
        row.map(|row| parsed(&row.json)).transpose()
    }

    fn items(&self, thread_id: &str, page: &PageParams) -> Stored<Vec<Listed>> {
        #[derive(Deserialize)]
        struct Row {
            id: String,
            json: String,
        }
        let (order, comes_after) = direction(page.order);
        let mut values = vec![thread_id.into(), page_rows(page)];
        let mut after = String::new();
        if let Some(id) = &page.after {
            after = format!(
                "AND seq {comes_after} (SELECT seq FROM entries WHERE thread = ?1 AND id = ?3)"
            );
            values.push(id.as_str().into());
        }
        let query = format!(
            "SELECT id, json FROM entries WHERE thread = ?1 AND {VISIBLE} {after} ORDER BY seq {order} LIMIT ?2"
        );
        let found: Vec<Row> = self.stored(rows(&self.sql, &query, values))?;
        found
            .into_iter()
            .map(|row| {
                Ok(Listed {
                    id: row.id,
                    json: raw(row.json)?,
                })
            })
            .collect()
    }

    fn entries_before(
        &self,
        thread_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Stored<Vec<Entry>> {
        #[derive(Deserialize)]
        struct Row {
            seq: u64,
            kind: u8,
            json: String,
        }

        let before = before.unwrap_or(LAST_PLACE);
        let query = "SELECT seq, kind, json FROM entries WHERE thread = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
        let values = vec![thread_id.into(), integer(before), integer(limit.into())];
        let found: Vec<Row> = self.stored(rows(&self.sql, query, values))?;
        let entry = |row: Row| {
            let kind = EntryKind::of_number(row.kind)
                .ok_or_else(|| ServerError::Store("an unknown kind".to_owned()))?;
            Ok(Entry {
                seq: row.seq,
                kind,
                json: raw(row.json)?,
            })
        };
        found.into_iter().map(entry).collect()
    }

    fn place(&self, thread_id: &str, id: &str) -> Stored<Option<u64>> {
        let query = "SELECT seq AS value FROM entries WHERE thread = ?1 AND id = ?2";
        self.stored(number(&self.sql, query, vec![thread_id.into(), id.into()]))
    }

    fn delete_item(&self, thread_id: &str, id: &str) -> Stored<()> {
        let statement = "DELETE FROM entries WHERE thread = ?1 AND id = ?2";
        self.stored(run(&self.sql, statement, vec![thread_id.into(), id.into()]))
    }

    fn delete_after(&self, thread_id: &str, place: u64) -> Stored<Vec<String>> {
        let values = || vec![thread_id.into(), integer(place)];
        let query = format!(
            "SELECT id FROM entries WHERE thread = ?1 AND seq > ?2 AND {VISIBLE} ORDER BY seq"
        );
        let visible: Vec<IdRow> = self.stored(rows(&self.sql, &query, values()))?;
        let statement = "DELETE FROM entries WHERE thread = ?1 AND seq > ?2";
        self.stored(run(&self.sql, statement, values()))?;
        Ok(visible.into_iter().map(|row| row.id).collect())
    }

    fn put_feedback(
        &self,
        thread_id: &str,
        item_id: &str,
        kind: FeedbackKind,
        at: Timestamp,
    ) -> Stored<()> {
        let statement = "INSERT OR REPLACE INTO feedback VALUES (?1, ?2, ?3, ?4)";
        let values = vec![
            thread_id.into(),
            item_id.into(),
            kind.name().into(),
            integer(at.micros()),
        ];
        self.stored(run(&self.sql, statement, values))
    }
}
