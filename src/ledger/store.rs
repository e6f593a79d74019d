//! The object's tables. Each method is one statement, or several without a pause between them,
//! which SQLite in an object commits together.

use broker::ledger::{Day, MOST_REPORTS, Owner, Record, Report, Snapshot};
use js_sys::Reflect;
use serde::de::DeserializeOwned;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

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
const TOTAL: i64 = -1;

/// The tables, open or not: a fault in opening them shows with the first statement.
pub struct Store {
    sql: SqlStorage,
}

/// A publication that has begun.
pub struct Publication {
    /// How many events it publishes.
    waiting: u64,
    /// How many publications failed just before.
    pub failures: u32,
}

fn number(value: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn text(value: &str) -> SqlStorageValue {
    SqlStorageValue::String(value.to_owned())
}

impl Store {
    pub fn open(sql: SqlStorage) -> Self {
        // Fails only with the disk; every statement after it then says so.
        let _ = sql.exec(TABLES, None);
        Self { sql }
    }

    fn run(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        self.sql.exec(statement, values).map(|_| ())
    }

    /// The rows of a query, each as a tuple of its columns. SQLite writes them as one text of
    /// JSON, which crosses to WebAssembly at once.
    fn rows<T: DeserializeOwned>(
        &self,
        columns: &str,
        of: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Vec<T>> {
        let query = format!("SELECT json_group_array(json_array({columns})) AS rows {of}");
        let mut cursor = self.sql.exec(&query, values)?;
        let row = Iterator::next(&mut cursor);
        let row = row.ok_or_else(|| Error::from("a query gave no row"))??;
        let text = Reflect::get(&row, &"rows".into())?.as_string();
        Ok(serde_json::from_str(&text.unwrap_or_default())?)
    }

    fn row<T: DeserializeOwned>(
        &self,
        columns: &str,
        of: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Option<T>> {
        Ok(self.rows(columns, of, values)?.into_iter().next())
    }

    /// Adds to counters, in total and for a day, and notes that there is something to publish.
    pub fn count(
        &self,
        counters: &[String],
        times: u32,
        day: Day,
        shard: u32,
        publish_seconds: u64,
    ) -> Result<()> {
        for counter in counters {
            self.run(
                "INSERT INTO counters VALUES (?1, ?3, ?4), (?2, ?3, ?4)
                 ON CONFLICT (day, name) DO UPDATE SET count = count + excluded.count",
                vec![
                    SqlStorageValue::Integer(TOTAL),
                    number(day.number()),
                    text(counter),
                    number(times.into()),
                ],
            )?;
        }
        self.run(
            "INSERT INTO publishing VALUES (1, ?1, ?2, 1, NULL, 0)
             ON CONFLICT (one) DO UPDATE SET shard = ?1, seconds = ?2, waiting = waiting + 1",
            vec![number(shard.into()), number(publish_seconds)],
        )
    }

    /// The shard and the pause between publications, if there is something to publish.
    pub fn unpublished(&self) -> Result<Option<(u32, u64)>> {
        self.row(
            "shard, seconds",
            "FROM publishing WHERE waiting > 0",
            vec![],
        )
    }

    /// When the counters were last published, in Unix milliseconds.
    pub fn published_ms(&self) -> Result<Option<u64>> {
        let row: Option<(Option<u64>,)> = self.row("at", "FROM publishing", vec![])?;
        Ok(row.and_then(|(at,)| at))
    }

    /// Notes a publication that begins. Until it has succeeded its events count as waiting.
    pub fn begin_publishing(&self, now: u64) -> Result<Publication> {
        let row = self.row("waiting, failures", "FROM publishing", vec![])?;
        self.run(
            "UPDATE publishing SET at = ?1, failures = failures + 1",
            vec![number(now)],
        )?;
        let (waiting, failures) = row.ok_or_else(|| Error::from("nothing was counted"))?;
        Ok(Publication { waiting, failures })
    }

    /// Notes that a publication succeeded.
    pub fn published(&self, publication: &Publication) -> Result<()> {
        self.run(
            "UPDATE publishing SET failures = 0, waiting = waiting - ?1",
            vec![number(publication.waiting)],
        )
    }

    /// The counters as they are, after those of days past their time are gone.
    pub fn snapshot(&self, now: u64) -> Result<Snapshot> {
        self.run(
            "DELETE FROM counters WHERE day >= 0 AND day < ?1",
            vec![number(Day::of(now).first_kept().number())],
        )?;
        let mut snapshot = Snapshot::at(now);
        let counters = self.rows::<(i64, String, u64)>("day, name, count", "FROM counters", vec![]);
        for (day, name, count) in counters? {
            let day = u64::try_from(day).ok().map(Day::from_number);
            snapshot.add(day, &name, count);
        }
        Ok(snapshot)
    }

    /// Keeps reports, and of all only the latest.
    pub fn keep_reports(&self, reports: &[Report]) -> Result<()> {
        for report in reports {
            self.run(
                "INSERT INTO reports (at, message, stack, url) VALUES (?1, ?2, ?3, ?4)",
                vec![
                    number(report.at),
                    text(&report.message),
                    text(&report.stack),
                    text(&report.url),
                ],
            )?;
        }
        if reports.is_empty() {
            return Ok(());
        }
        self.run(
            "DELETE FROM reports WHERE number <= (SELECT max(number) FROM reports) - ?1",
            vec![number(MOST_REPORTS.into())],
        )
    }

    /// The reports that are kept, newest first.
    pub fn reports(&self) -> Result<Vec<Report>> {
        let rows: Vec<(u64, String, String, String)> = self.rows(
            "at, message, stack, url",
            "FROM (SELECT * FROM reports ORDER BY number DESC)",
            vec![],
        )?;
        let report = |(at, message, stack, url)| Report {
            at,
            message,
            stack,
            url,
        };
        Ok(rows.into_iter().map(report).collect())
    }

    pub fn remember(&self, record: &Record) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            vec![
                text(&record.id),
                text(record.owner.text()),
                text(&record.workflow),
                number(record.created_at),
                number(record.expires_at),
                number(record.cancelled.into()),
            ],
        )
    }

    pub fn recall(&self, id: &str) -> Result<Option<Record>> {
        let row: Option<(String, String, u64, u64, u64)> = self.row(
            "owner, workflow, created_at, expires_at, cancelled",
            "FROM records WHERE id = ?1",
            vec![text(id)],
        )?;
        let record = |(owner, workflow, created_at, expires_at, cancelled)| Record {
            id: id.to_owned(),
            owner: Owner::from_text(owner),
            workflow,
            created_at,
            expires_at,
            cancelled: cancelled != 0,
        };
        Ok(row.map(record))
    }

    pub fn cancelled(&self, id: &str) -> Result<()> {
        self.run(
            "UPDATE records SET cancelled = 1 WHERE id = ?1",
            vec![text(id)],
        )
    }

    /// Forgets the records that are past their day. `now` is in Unix seconds.
    pub fn forget_old_sessions(&self, now: u64) -> Result<()> {
        self.run(
            "DELETE FROM records WHERE expires_at <= ?1",
            vec![number(Record::oldest_kept(now))],
        )
    }

    /// When the next record is past its day, in Unix seconds.
    pub fn next_record_to_forget(&self) -> Result<Option<u64>> {
        let row: Option<(u64,)> = self.row(
            "expires_at",
            "FROM (SELECT expires_at FROM records ORDER BY expires_at LIMIT 1)",
            vec![],
        )?;
        Ok(row.map(|(first,)| Record::kept_until(first)))
    }

    /// Takes a place for a day if there is one. The check and the count have no pause between them.
    pub fn reserve(
        &self,
        day: Day,
        owner: &Owner,
        for_all: Option<u64>,
        for_one: Option<u64>,
    ) -> Result<bool> {
        let is_full = |owner: &str, limit: Option<u64>| match limit {
            None => Ok(false),
            Some(limit) => Ok::<bool, Error>(self.places(day, owner)? >= limit),
        };
        if is_full(ALL, for_all)? || is_full(owner.text(), for_one)? {
            return Ok(false);
        }
        self.run(
            "DELETE FROM places WHERE day < ?1",
            vec![number(day.number())],
        )?;
        self.run(
            "INSERT INTO places VALUES (?1, ?2, 1), (?1, ?3, 1)
             ON CONFLICT (day, owner) DO UPDATE SET count = count + 1",
            vec![number(day.number()), text(ALL), text(owner.text())],
        )?;
        Ok(true)
    }

    pub fn give_back(&self, day: Day, owner: &Owner) -> Result<()> {
        self.run(
            "UPDATE places SET count = count - 1 WHERE day = ?1 AND owner IN (?2, ?3) AND count > 0",
            vec![number(day.number()), text(ALL), text(owner.text())],
        )
    }

    fn places(&self, day: Day, owner: &str) -> Result<u64> {
        let row: Option<(u64,)> = self.row(
            "count",
            "FROM places WHERE day = ?1 AND owner = ?2",
            vec![number(day.number()), text(owner)],
        )?;
        Ok(row.map_or(0, |(count,)| count))
    }
}

/// The owner under whom the places of all are counted; nobody's, because a real one has 43 characters.
const ALL: &str = "";
