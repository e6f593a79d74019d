//! Runs and their frames. Both are deleted ten minutes after the run's end.

use super::chats_host::ChatsHost;
use crate::runtime::sql::{Values, first, integer, rows, run};
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{Store, Stored};
use rules::http::response::to_json;
use rules::runs::run_host::RunStore;
use rules::runs::run_record::{Origin, RunRecord, RunStatus};
use serde::Deserialize;
use worker::SqlStorageValue;

/// Times are in Unix milliseconds. `status` is the number of a [`RunStatus`], `origin` and `progress` are JSON.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, thread TEXT NOT NULL, agent TEXT NOT NULL, request_key TEXT NOT NULL, origin TEXT NOT NULL, status INTEGER NOT NULL, finishes INTEGER NOT NULL, delivered INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER, progress TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run_frames (run TEXT NOT NULL, seq INTEGER NOT NULL, frames TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID;
";

/// The largest piece of frames in a row, in bytes. A value may have 2 MB.
const MAX_FRAMES_BYTES: usize = 1_000_000;

const COLUMNS: &str = "id, thread, agent, request_key, origin, status, finishes, delivered, started_ms, ended_ms, progress";

#[derive(Deserialize)]
struct Row {
    id: String,
    thread: String,
    agent: String,
    request_key: String,
    origin: String,
    status: u8,
    finishes: u8,
    delivered: u8,
    started_ms: u64,
    ended_ms: Option<u64>,
    progress: Option<String>,
}

impl Row {
    fn record(self) -> Stored<RunRecord> {
        let origin: Origin = serde_json::from_str(&self.origin)
            .map_err(|error| ServerError::Store(error.to_string()))?;
        let status = RunStatus::of_number(self.status)
            .ok_or_else(|| ServerError::Store("an unknown status".to_owned()))?;
        Ok(RunRecord {
            id: self.id,
            thread_id: self.thread,
            agent: self.agent,
            request_key: self.request_key,
            origin,
            status,
            finishes: self.finishes != 0,
            is_delivered: self.delivered != 0,
            started_ms: self.started_ms,
            ended_ms: self.ended_ms,
            progress: self.progress,
        })
    }
}

impl ChatsHost {
    fn runs_where(&self, condition: &str, values: Values) -> Stored<Vec<RunRecord>> {
        let query = format!("SELECT {COLUMNS} FROM runs WHERE {condition}");
        let found: Vec<Row> = self.stored(rows(&self.sql, &query, values))?;
        found.into_iter().map(Row::record).collect()
    }

    fn delete_runs_where(&self, condition: &str, value: SqlStorageValue) -> Stored<()> {
        self.transaction(|| {
            for statement in [
                format!(
                    "DELETE FROM run_frames WHERE run IN (SELECT id FROM runs WHERE {condition})"
                ),
                format!("DELETE FROM runs WHERE {condition}"),
            ] {
                self.stored(run(&self.sql, &statement, vec![value.clone()]))?;
            }
            Ok(())
        })
    }
}

impl RunStore for ChatsHost {
    fn put_run(&self, record: &RunRecord) -> Stored<()> {
        let statement = format!(
            "INSERT OR REPLACE INTO runs ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        );
        let values = vec![
            record.id.as_str().into(),
            record.thread_id.as_str().into(),
            record.agent.as_str().into(),
            record.request_key.as_str().into(),
            to_json(&record.origin).into(),
            integer(record.status.number().into()),
            integer(record.finishes.into()),
            integer(record.is_delivered.into()),
            integer(record.started_ms),
            record.ended_ms.map_or(SqlStorageValue::Null, integer),
            record
                .progress
                .as_deref()
                .map_or(SqlStorageValue::Null, SqlStorageValue::from),
        ];
        self.stored(run(&self.sql, &statement, values))
    }

    fn run(&self, id: &str) -> Stored<Option<RunRecord>> {
        Ok(self.runs_where("id = ?1", vec![id.into()])?.pop())
    }

    fn run_of_request(&self, request_key: &str) -> Stored<Option<RunRecord>> {
        let condition = "request_key = ?1 ORDER BY started_ms DESC, ended_ms IS NOT NULL LIMIT 1";
        Ok(self.runs_where(condition, vec![request_key.into()])?.pop())
    }

    fn newest_run_of(&self, thread_id: &str) -> Stored<Option<RunRecord>> {
        let condition = "thread = ?1 ORDER BY started_ms DESC, ended_ms IS NOT NULL LIMIT 1";
        Ok(self.runs_where(condition, vec![thread_id.into()])?.pop())
    }

    fn running(&self) -> Stored<Vec<RunRecord>> {
        self.runs_where("ended_ms IS NULL", Values::new())
    }

    fn add_frames(&self, run_id: &str, frames: &str) -> Stored<()> {
        let mut rest = frames;
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(rest.floor_char_boundary(MAX_FRAMES_BYTES));
            let statement = "INSERT INTO run_frames VALUES (?1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM run_frames WHERE run = ?1), ?2)";
            self.stored(run(&self.sql, statement, vec![run_id.into(), piece.into()]))?;
            rest = left;
        }
        Ok(())
    }

    fn frames(&self, run_id: &str) -> Stored<String> {
        #[derive(Deserialize)]
        struct Frames {
            frames: String,
        }
        let query = "SELECT frames FROM run_frames WHERE run = ?1 ORDER BY seq";
        let pieces: Vec<Frames> = self.stored(rows(&self.sql, query, vec![run_id.into()]))?;
        Ok(pieces.into_iter().map(|piece| piece.frames).collect())
    }

    fn delete_runs_of(&self, thread_id: &str) -> Stored<()> {
        self.delete_runs_where("thread = ?1", thread_id.into())
    }

    fn delete_runs_ended_by(&self, ms: u64) -> Stored<()> {
        self.delete_runs_where("ended_ms <= ?1", integer(ms))
    }

    fn first_end_ms(&self) -> Stored<Option<u64>> {
        #[derive(Deserialize)]
        struct First {
            value: Option<u64>,
        }
        let query = "SELECT MIN(ended_ms) AS value FROM runs";
        let row: Option<First> = self.stored(first(&self.sql, query, Values::new()))?;
        Ok(row.and_then(|row| row.value))
    }
}
