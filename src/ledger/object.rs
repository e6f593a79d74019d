//! The Durable Object: its methods, which the Worker calls by RPC (`src/index.js` lists them), and its alarm.
//!
//! Each method sets its alarm first and then does its work in one transaction: all of it, or none. An alarm without work does no
//! harm. Workers hold a response back until what was written is on disk (output gate), so a response means that it is durable.
//! Only the alarm writes to KV.

use super::{counter_tables, grant_table, quota_table, record_table, report_table};
use crate::runtime::sql::Transactions;
use crate::runtime::{COUNTERS, clock, console};
use rules::counters::day::{Day, next_quarter_hour};
use rules::counters::event_budget::{EventBudget, cost};
use rules::counters::publish_schedule;
use rules::counters::snapshot::snapshot_key;
use rules::hosted::daily_quota::deletion_at;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::SessionRecord;
use rules::http::response::to_json;
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
    transactions: Transactions,
    sql: SqlStorage,
    env: Env,
    /// Whether the alarm is known to be set for the work of a call: a publication, or a deletion. After an eviction it is not
    /// known. Each object has one kind of work.
    alarm_is_set: Cell<bool>,
    /// What events have written today. It is stored with each publication and not with each event, which would write a row
    /// more; after a restart the number of unpublished calls tells the rest.
    event_budget: Cell<Option<EventBudget>>,
}

#[wasm_bindgen]
impl Ledger {
    /// Creates the object's tables.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let state = State::from(state);
        let storage = state.storage();
        let transactions = Transactions::of(&state);
        let sql = storage.sql();
        for tables in [
            counter_tables::TABLES,
            report_table::TABLES,
            record_table::TABLES,
            grant_table::TABLES,
            quota_table::TABLES,
        ] {
            // Fails only with the disk; then every statement after it fails and says so.
            let _ = sql.exec(tables, None);
        }
        Self {
            storage,
            transactions,
            sql,
            env,
            alarm_is_set: Cell::new(false),
            event_budget: Cell::new(None),
        }
    }

    /// Adds `counts`, a JSON object of numbers by counter, and stores `reports`, a JSON array. With `event_rows`, the rows that
    /// events may write in a day: does nothing and returns `false` once they are used up.
    pub async fn count(
        &self,
        shard: u32,
        publish_seconds: f64,
        counts: String,
        reports: Option<String>,
        event_rows: Option<f64>,
    ) -> Result<bool, JsValue> {
        let (now, publish_seconds) = (clock::now_ms(), publish_seconds as u64);
        let today = Day::of(now);
        if let Some(rows) = event_rows
            && !self.spend(today, cost(reports.is_some()), rows as u64)?
        {
            return Ok(false);
        }
        self.ensure_alarm(|| {
            let published = counter_tables::published_ms(&self.sql)?;
            Ok(publish_schedule::alarm_at(now, published, publish_seconds))
        })
        .await?;
        self.transactions.run(|| {
            counter_tables::count(&self.sql, &counts, today, shard, publish_seconds)?;
            match &reports {
                Some(reports) => report_table::put_reports(&self.sql, reports),
                None => Ok(()),
            }
        })?;
        Ok(true)
    }

    /// Stores a session's record, as JSON.
    #[wasm_bindgen(js_name = putRecord)]
    pub async fn put_record(&self, record: String) -> Result<(), JsValue> {
        let record: SessionRecord =
            serde_json::from_slice(record.as_bytes()).map_err(JsError::from)?;
        self.set_deletion_alarm(record.expires_at).await?;
        Ok(record_table::put(&self.sql, &record)?)
    }

    /// Returns a session's record, as JSON.
    #[wasm_bindgen(js_name = getRecord)]
    pub fn get_record(&self, id: &str) -> Result<Option<String>, JsValue> {
        let record = record_table::get(&self.sql, id)?;
        Ok(record.map(|record| to_json(&record)))
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
        self.set_deletion_alarm(grant.expires_at).await?;
        Ok(grant_table::put(&self.sql, &grant)?)
    }

    /// Returns the grant of a client secret, as JSON.
    #[wasm_bindgen(js_name = getGrant)]
    pub fn get_grant(&self, id: &str) -> Result<Option<String>, JsValue> {
        let grant = grant_table::get(&self.sql, id)?;
        Ok(grant.map(|grant| to_json(&grant)))
    }

    /// Notes when a client secret was first exchanged, in Unix seconds.
    #[wasm_bindgen(js_name = exchangeGrant)]
    pub fn exchange_grant(&self, id: &str, at: f64) -> Result<(), JsValue> {
        Ok(grant_table::exchange(&self.sql, id, at as u64)?)
    }

    /// Takes a session off the day's limits. `stamped` is the day at the Worker (days since 1970), `request` the request's id,
    /// `former` the user's other hashes, separated by commas. Returns the day that the session counts for, or `false` if none
    /// is left.
    pub async fn reserve(
        &self,
        stamped: f64,
        user: String,
        total: Option<f64>,
        per_user: Option<f64>,
        request: Option<String>,
        former: Option<String>,
    ) -> Result<JsValue, JsValue> {
        let now = clock::now_ms();
        let request = quota_table::Request {
            stamped: Day::from_number(stamped as u64),
            user: &user,
            former: former.as_deref().unwrap_or_default(),
            limits: DailyLimits {
                total: total.map(|limit| limit as u64),
                per_user: per_user.map(|limit| limit as u64),
            },
            id: request.as_deref().unwrap_or_default(),
        };
        self.ensure_alarm(|| Ok(deletion_at(now))).await?;
        let reserve = || quota_table::reserve(&self.sql, &request, now);
        let day = self.transactions.run(reserve)?;
        Ok(day.map_or(JsValue::FALSE, |day| (day.number() as f64).into()))
    }

    /// Returns a reservation of a day (days since 1970). Without a day: what the request was granted, if it was.
    pub fn release(
        &self,
        day: Option<f64>,
        user: &str,
        request: Option<String>,
    ) -> Result<(), JsValue> {
        let day = day.map(|day| Day::from_number(day as u64));
        let request = request.unwrap_or_default();
        let release = || quota_table::release(&self.sql, day, user, &request);
        self.transactions.run(release)
    }

    /// The stored error reports, newest first, as JSON.
    pub fn reports(&self) -> Result<String, JsValue> {
        Ok(to_json(&report_table::reports(&self.sql)?))
    }

    /// Deletes what is past its retention and publishes counters. After an error the runtime calls it again.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        let now = clock::now_ms();
        self.alarm_is_set.set(false);
        let expired = SessionRecord::oldest_kept(now / 1000);
        record_table::delete_expired(&self.sql, expired)?;
        grant_table::delete_expired(&self.sql, expired)?;
        let record = record_table::next_expiry(&self.sql)?;
        let grant = grant_table::next_expiry(&self.sql)?;
        if let Some(next) = record.into_iter().chain(grant).min() {
            self.set_deletion_alarm(next).await?;
        }
        quota_table::delete_past(&self.sql, now)?;
        if let Some(at) = quota_table::next_deletion(&self.sql, now)? {
            self.set_alarm_by(at).await?;
        }
        if let Some(publishing) = counter_tables::publishing(&self.sql)? {
            let published = publishing.at.unwrap_or_default();
            let heartbeat = publish_schedule::heartbeat_at(published, publishing.seconds);
            if publishing.waiting > 0.0 || heartbeat <= now {
                self.publish(publishing.shard, publishing.seconds, now)
                    .await?;
            } else {
                self.set_alarm_by(heartbeat).await?;
            }
        }
        Ok(())
    }
}

impl Ledger {
    /// Writes the counters to KV. Events that arrive meanwhile wait for the next publication.
    async fn publish(&self, shard: u32, publish_seconds: u64, now: u64) -> Result<()> {
        report_table::put_event_budget(&self.sql, self.budget(Day::of(now))?)?;
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
                counter_tables::end_publication(&self.sql, &publication)?;
                let heartbeat = publish_schedule::heartbeat_at(now, publish_seconds);
                self.set_alarm_by(heartbeat).await
            }
            Err(error) => {
                let cause = error.to_string();
                line.level = "error";
                line.event = "counters.not_published";
                line.cause = Some(&cause);
                console::write(&line);
                let failures = publication.failures;
                let at = publish_schedule::retry_at(now, failures, publish_seconds);
                self.set_alarm_by(at).await?;
                // The next event must not set an earlier one.
                self.alarm_is_set.set(true);
                Ok(())
            }
        }
    }

    async fn write(&self, key: &str, text: &str) -> Result<()> {
        Ok(self.env.kv(COUNTERS)?.put(key, text)?.execute().await?)
    }

    /// Takes the rows of a request of events off the day's. Whether they were left.
    fn spend(&self, today: Day, cost: u64, limit: u64) -> Result<bool> {
        let mut budget = self.budget(today)?;
        let is_left = budget.spend(today, cost, limit);
        self.event_budget.set(Some(budget));
        Ok(is_left)
    }

    fn budget(&self, today: Day) -> Result<EventBudget> {
        if let Some(budget) = self.event_budget.get() {
            return Ok(budget);
        }
        let publishing = counter_tables::publishing(&self.sql)?;
        let unpublished = publishing.map_or(0.0, |publishing| publishing.waiting);
        let budget = report_table::event_budget(&self.sql, today, unpublished)?;
        self.event_budget.set(Some(budget));
        Ok(budget)
    }

    /// Sets the alarm for the deletion of what expires at a time, in Unix seconds: at a whole quarter of an hour, so one alarm
    /// deletes everything that ends in it.
    async fn set_deletion_alarm(&self, expires_at: u64) -> Result<()> {
        self.ensure_alarm(|| {
            let kept_until = SessionRecord::kept_until(expires_at);
            Ok(next_quarter_hour(kept_until.saturating_mul(1000)))
        })
        .await
    }

    /// Sets the alarm for the work of a call, unless it is known to be set.
    async fn ensure_alarm(&self, at: impl FnOnce() -> Result<u64>) -> Result<()> {
        if !self.alarm_is_set.get() {
            self.set_alarm_by(at()?).await?;
            self.alarm_is_set.set(true);
        }
        Ok(())
    }

    /// Sets the alarm, unless it is set for an earlier time.
    async fn set_alarm_by(&self, at_ms: u64) -> Result<()> {
        let set = self.storage.get_alarm().await?;
        let is_earlier = |set: i64| u64::try_from(set).is_ok_and(|set| set <= at_ms);
        if !set.is_some_and(is_earlier) {
            let at = js_sys::Date::new(&(at_ms as f64).into());
            self.storage.set_alarm(ScheduledTime::new(at)).await?;
        }
        Ok(())
    }
}
