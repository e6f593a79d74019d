//! The object's tables. Each method is one statement, or several without a pause between them,
//! which SQLite in an object commits together.

use super::{number, text_at, whole_at};
use crate::runtime::{Result, failure};
use js_sys::Array;
use rules::counters::{Day, MAX_REPORTS, Record, Snapshot};
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::{SqlStorage, SqlStorageCursor};

/// `publishing.waiting` counts the events that are not published. `day` is days since 1970, or [`TOTAL`]. `owner` is empty for all together.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER);
CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT);
CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, owner TEXT, workflow TEXT, created_at INTEGER, expires_at INTEGER, cancelled INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_end ON records (expires_at);
CREATE TABLE IF NOT EXISTS places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID;
";

/// The `day` of a counter's total.
const TOTAL: i32 = -1;

/// The owner under whom the places of all are counted; nobody's, because a real one has 43 characters.
const ALL: &str = "";

/// The tables, open or not: a error in opening them shows with the first statement.
pub struct Store {
    sql: SqlStorage,
}

/// A publication that has begun.
pub struct Publication {
    /// How many events it publishes.
    waiting: JsValue,
    /// How many publications failed just before.
    pub failures: u32,
}

impl Store {
    pub fn open(sql: SqlStorage) -> Self {
        // Fails only with the disk; every statement after it then says so.
        let _ = sql.exec(TABLES, Array::new());
        Self { sql }
    }

    fn exec<const N: usize>(
        &self,
        statement: &str,
        values: [JsValue; N],
    ) -> Result<SqlStorageCursor> {
        self.sql.exec(statement, values.into_iter().collect())
    }

    fn run<const N: usize>(&self, statement: &str, values: [JsValue; N]) -> Result<()> {
        self.exec(statement, values).map(|_| ())
    }

    /// The rows of a query, each an array of its columns.
    fn rows<const N: usize>(&self, query: &str, values: [JsValue; N]) -> Result<Array> {
        Ok(Array::from(&self.exec(query, values)?.raw()))
    }

    /// The first row.
    fn row<const N: usize>(&self, query: &str, values: [JsValue; N]) -> Result<Option<Array>> {
        Ok(self.rows(query, values)?.get(0).dyn_into().ok())
    }

    /// Adds to counters, in total and for a day, and notes that there is something to publish.
    /// `counts` is a JSON object of numbers by counter.
    pub fn count(&self, counts: &str, day: Day, shard: u32, publish_seconds: u64) -> Result<()> {
        self.run(
            "INSERT INTO counters SELECT day, key, value FROM json_each(?1), (SELECT ?2 AS day UNION ALL SELECT ?3) WHERE true
             ON CONFLICT (day, name) DO UPDATE SET count = count + excluded.count",
            [counts.into(), TOTAL.into(), number(day.number()).into()],
        )?;
        self.run(
            "INSERT INTO publishing VALUES (1, ?1, ?2, 1, NULL, 0)
             ON CONFLICT (one) DO UPDATE SET shard = ?1, seconds = ?2, waiting = waiting + 1",
            [shard.into(), number(publish_seconds).into()],
        )
    }

    /// The shard and the pause between publications, if there is something to publish.
    pub fn unpublished(&self) -> Result<Option<(u32, u64)>> {
        let row = self.row(
            "SELECT shard, seconds FROM publishing WHERE waiting > 0",
            [],
        )?;
        Ok(row.map(|row| {
            let shard = u32::try_from(whole_at(&row, 0)).unwrap_or_default();
            (shard, whole_at(&row, 1))
        }))
    }

    /// When the counters were last published, in Unix milliseconds.
    pub fn published_ms(&self) -> Result<Option<u64>> {
        let row = self.row("SELECT at FROM publishing WHERE at IS NOT NULL", [])?;
        Ok(row.map(|row| whole_at(&row, 0)))
    }

    /// Notes a publication that begins. Until it has succeeded its events count as waiting.
    pub fn begin_publishing(&self, now: u64) -> Result<Publication> {
        let row = self
            .row("SELECT waiting, failures FROM publishing", [])?
            .ok_or_else(|| failure("nothing was counted"))?;
        self.run(
            "UPDATE publishing SET at = ?1, failures = failures + 1",
            [number(now).into()],
        )?;
        Ok(Publication {
            waiting: row.get(0),
            failures: u32::try_from(whole_at(&row, 1)).unwrap_or(u32::MAX),
        })
    }

    /// Notes that a publication succeeded.
    pub fn published(&self, publication: &Publication) -> Result<()> {
        self.run(
            "UPDATE publishing SET failures = 0, waiting = waiting - ?1",
            [publication.waiting.clone()],
        )
    }

    /// The counters as they are, after those of days past their time are gone.
    pub fn snapshot(&self, now: u64) -> Result<Snapshot> {
        self.run(
            "DELETE FROM counters WHERE day >= 0 AND day < ?1",
            [number(Day::of(now).first_kept().number()).into()],
        )?;
        let mut snapshot = Snapshot::at(now);
        for row in self
            .rows("SELECT day, name, count FROM counters", [])?
            .iter()
        {
            let row = Array::from(&row);
            let is_total = row.get(0).as_f64() == Some(f64::from(TOTAL));
            let day = (!is_total).then(|| Day::from_number(whole_at(&row, 0)));
            let name = text_at(&row, 1);
            snapshot.add(day, &name, whole_at(&row, 2));
        }
        Ok(snapshot)
    }

    /// Keeps reports, a JSON array, and of all only the latest.
    pub fn keep_reports(&self, reports: &str) -> Result<()> {
        self.run(
            "INSERT INTO reports (at, message, stack, url)
             SELECT value ->> 'at', value ->> 'message', value ->> 'stack', value ->> 'url' FROM json_each(?1)",
            [reports.into()],
        )?;
        self.run(
            "DELETE FROM reports WHERE number <= (SELECT max(number) FROM reports) - ?1",
            [MAX_REPORTS.into()],
        )
    }

    /// The reports that are kept, newest first.
    pub fn reports(&self) -> Result<Array> {
        self.rows(
            "SELECT at, message, stack, url FROM reports ORDER BY number DESC",
            [],
        )
    }

    pub fn put_record(
        &self,
        id: &str,
        owner: &str,
        workflow: &str,
        created_at: f64,
        expires_at: f64,
    ) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, 0)",
            [
                id.into(),
                owner.into(),
                workflow.into(),
                created_at.into(),
                expires_at.into(),
            ],
        )
    }

    /// A record's row, without its id; nothing if there is none.
    pub fn get_record(&self, id: &str) -> Result<JsValue> {
        let rows = self.rows(
            "SELECT owner, workflow, created_at, expires_at, cancelled FROM records WHERE id = ?1",
            [id.into()],
        )?;
        Ok(rows.get(0))
    }

    pub fn cancelled(&self, id: &str) -> Result<()> {
        self.run(
            "UPDATE records SET cancelled = 1 WHERE id = ?1",
            [id.into()],
        )
    }

    /// Forgets the records of sessions that ended up to a time, in Unix seconds.
    pub fn forget_sessions(&self, ended: u64) -> Result<()> {
        self.run(
            "DELETE FROM records WHERE expires_at <= ?1",
            [number(ended).into()],
        )
    }

    /// When the next record is past its day, in Unix seconds.
    pub fn next_record_to_forget(&self) -> Result<Option<u64>> {
        let row = self.row(
            "SELECT expires_at FROM records ORDER BY expires_at LIMIT 1",
            [],
        )?;
        Ok(row.map(|row| Record::kept_until(whole_at(&row, 0))))
    }

    /// Takes a place for a day if there is one. The check and the count have no pause between them.
    pub fn reserve(
        &self,
        day: f64,
        owner: &str,
        for_all: Option<f64>,
        for_one: Option<f64>,
    ) -> Result<bool> {
        for (owner, limit) in [(ALL, for_all), (owner, for_one)] {
            if let Some(limit) = limit
                && self.places(day, owner)? >= limit
            {
                return Ok(false);
            }
        }
        self.run("DELETE FROM places WHERE day < ?1", [day.into()])?;
        self.run(
            "INSERT INTO places VALUES (?1, ?2, 1), (?1, ?3, 1)
             ON CONFLICT (day, owner) DO UPDATE SET count = count + 1",
            [day.into(), ALL.into(), owner.into()],
        )?;
        Ok(true)
    }

    pub fn release(&self, day: f64, owner: &str) -> Result<()> {
        self.run(
            "UPDATE places SET count = count - 1 WHERE day = ?1 AND owner IN (?2, ?3) AND count > 0",
            [day.into(), ALL.into(), owner.into()],
        )
    }

    fn places(&self, day: f64, owner: &str) -> Result<f64> {
        let row = self.row(
            "SELECT count FROM places WHERE day = ?1 AND owner = ?2",
            [day.into(), owner.into()],
        )?;
        Ok(row.and_then(|row| row.get(0).as_f64()).unwrap_or_default())
    }
}
