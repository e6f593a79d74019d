//! The Durable Object: its methods, which the Worker calls by RPC (`src/index.js` lists them), and its alarm.
//!
//! Each method does all its work or none of it. Workers hold a response back until what was written is on disk (output
//! gate), so a response means that it is durable. Only the alarm writes to KV.

use super::{counter_tables, grant_table, quota_table, record_table};
use crate::runtime::{COUNTERS, clock, console};
use rules::counters::day::Day;
use rules::counters::publish_schedule;
use rules::counters::snapshot::snapshot_key;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::SessionRecord;
use rules::log::LogLine;
use rules::settings::DailyLimits;
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use worker::durable::{ScheduledTime, State};
use worker::worker_sys::DurableObjectState;
use worker::{Env, Result, SqlStorage, Storage};

/// The object as the runtime sees it. Numbers from JavaScript are `f64`.
#[wasm_bindgen]
pub struct Ledger {
    storage: Storage,
    sql: SqlStorage,
    env: Env,
    /// Whether the alarm is known to be set. After an eviction it is not known.
    alarm_is_set: Cell<bool>,
}

#[wasm_bindgen]
impl Ledger {
    /// Creates the object's tables.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let storage = State::from(state).storage();
        let sql = storage.sql();
        for tables in [
            counter_tables::TABLES,
            record_table::TABLES,
            grant_table::TABLES,
            quota_table::TABLES,
        ] {
            // Fails only with the disk; then every statement after it fails and says so.
            let _ = sql.exec(tables, None);
        }
        Self {
            storage,
            sql,
            env,
            alarm_is_set: Cell::new(false),
        }
    }

    /// Adds `counts`, a JSON object of numbers by counter, and stores `reports`, a JSON array.
    pub async fn count(
        &self,
        shard: u32,
        publish_seconds: f64,
        counts: String,
        reports: Option<String>,
    ) -> Result<(), JsValue> {
        let (now, publish_seconds) = (clock::now_ms(), publish_seconds as u64);
        counter_tables::count(&self.sql, &counts, Day::of(now), shard, publish_seconds)?;
        if let Some(reports) = reports {
            counter_tables::put_reports(&self.sql, &reports)?;
        }
        if !self.alarm_is_set.get() {
            let published = counter_tables::published_ms(&self.sql)?;
            let at = publish_schedule::alarm_at(now, published, publish_seconds);
            self.set_alarm_by(at).await?;
        }
        Ok(())
    }

    /// Stores a session's record, as JSON.
    #[wasm_bindgen(js_name = putRecord)]
    pub async fn put_record(&self, record: String) -> Result<(), JsValue> {
        let record: SessionRecord =
            serde_json::from_slice(record.as_bytes()).map_err(JsError::from)?;
        record_table::put(&self.sql, &record)?;
        if !self.alarm_is_set.get() {
            self.set_deletion_alarm().await?;
        }
        Ok(())
    }

    /// Returns a session's record, as JSON.
    #[wasm_bindgen(js_name = getRecord)]
    pub fn get_record(&self, id: &str) -> Result<Option<String>, JsValue> {
        let record = record_table::get(&self.sql, id)?;
        let json = record.as_ref().map(serde_json::to_string).transpose();
        Ok(json.map_err(JsError::from)?)
    }

    /// Marks a session's record as cancelled. `false` if it is marked already.
    #[wasm_bindgen(js_name = cancelRecord)]
    pub fn cancel_record(&self, id: &str) -> Result<bool, JsValue> {
        Ok(record_table::cancel(&self.sql, id)?)
    }

    /// Stores the grant of a client secret, as JSON.
    #[wasm_bindgen(js_name = putGrant)]
    pub async fn put_grant(&self, grant: String) -> Result<(), JsValue> {
        let grant: StoredGrant = serde_json::from_slice(grant.as_bytes()).map_err(JsError::from)?;
        grant_table::put(&self.sql, &grant)?;
        if !self.alarm_is_set.get() {
            self.set_deletion_alarm().await?;
        }
        Ok(())
    }

    /// Returns the grant of a client secret, as JSON.
    #[wasm_bindgen(js_name = getGrant)]
    pub fn get_grant(&self, id: &str) -> Result<Option<String>, JsValue> {
        let grant = grant_table::get(&self.sql, id)?;
        let json = grant.as_ref().map(serde_json::to_string).transpose();
        Ok(json.map_err(JsError::from)?)
    }

    /// Notes when a client secret was first exchanged, in Unix seconds.
    #[wasm_bindgen(js_name = exchangeGrant)]
    pub fn exchange_grant(&self, id: &str, at: f64) -> Result<(), JsValue> {
        Ok(grant_table::exchange(&self.sql, id, at as u64)?)
    }

    /// Takes a session off the limits of a day (days since 1970), if one is left.
    pub fn reserve(
        &self,
        day: f64,
        user: &str,
        total: Option<f64>,
        per_user: Option<f64>,
    ) -> Result<bool, JsValue> {
        let limits = DailyLimits {
            total: total.map(|limit| limit as u64),
            per_user: per_user.map(|limit| limit as u64),
        };
        Ok(quota_table::reserve(&self.sql, day as u64, user, limits)?)
    }

    /// Returns a reservation.
    pub fn release(&self, day: f64, user: &str) -> Result<(), JsValue> {
        Ok(quota_table::release(&self.sql, day as u64, user)?)
    }

    /// The stored error reports, newest first, as JSON.
    pub fn reports(&self) -> Result<String, JsValue> {
        let reports = counter_tables::reports(&self.sql)?;
        Ok(serde_json::to_string(&reports).map_err(JsError::from)?)
    }

    /// Deletes records past their retention and publishes counters. After an error the runtime calls it again.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        let now = clock::now_ms();
        self.alarm_is_set.set(false);
        let expired = SessionRecord::oldest_kept(now / 1000);
        record_table::delete_expired(&self.sql, expired)?;
        grant_table::delete_expired(&self.sql, expired)?;
        self.set_deletion_alarm().await?;
        if let Some(due) = counter_tables::unpublished(&self.sql)? {
            self.publish(due.shard, due.seconds, now).await?;
        }
        Ok(())
    }
}

impl Ledger {
    /// Writes the counters to KV. Events that arrive meanwhile wait for the next publication.
    async fn publish(&self, shard: u32, publish_seconds: u64, now: u64) -> Result<()> {
        let snapshot = counter_tables::snapshot(&self.sql, now)?;
        // Noted before the write, so that an event during it does not set an earlier alarm.
        let publication = counter_tables::begin_publication(&self.sql, now)?;
        let mut line = LogLine {
            level: "info",
            event: "counters.published",
            shard: Some(shard),
            ..LogLine::default()
        };
        match self.write(&snapshot_key(shard), &snapshot.to_json()).await {
            Ok(()) => {
                console::write(&line);
                counter_tables::end_publication(&self.sql, &publication)
            }
            Err(error) => {
                let cause = error.to_string();
                line.level = "error";
                line.event = "counters.not_published";
                line.cause = Some(&cause);
                console::write(&line);
                let failures = publication.failures;
                let at = publish_schedule::retry_at(now, failures, publish_seconds);
                self.set_alarm_by(at).await
            }
        }
    }

    async fn write(&self, key: &str, text: &str) -> Result<()> {
        Ok(self.env.kv(COUNTERS)?.put(key, text)?.execute().await?)
    }

    /// Sets the alarm for the next deletion. A grant is kept for as long as the record of its session.
    async fn set_deletion_alarm(&self) -> Result<()> {
        let grant = grant_table::next_expiry(&self.sql)?.map(SessionRecord::kept_until);
        let record = record_table::next_deletion(&self.sql)?;
        match record.into_iter().chain(grant).min() {
            Some(at) => self.set_alarm_by(at.saturating_mul(1000)).await,
            None => Ok(()),
        }
    }

    /// Sets the alarm, unless it is set for an earlier time.
    async fn set_alarm_by(&self, at_ms: u64) -> Result<()> {
        let set = self.storage.get_alarm().await?;
        let is_earlier = |set: i64| u64::try_from(set).is_ok_and(|set| set <= at_ms);
        if !set.is_some_and(is_earlier) {
            let at = js_sys::Date::new(&(at_ms as f64).into());
            self.storage.set_alarm(ScheduledTime::new(at)).await?;
        }
        self.alarm_is_set.set(true);
        Ok(())
    }
}
