//! The Durable Object: its methods, which others call, and its alarm.
//!
//! A method carries out all it is called for or nothing. Workers holds its answer back until what it
//! wrote is on disk, so an answer means that it is durable. Counters go to KV from the alarm alone.

use super::store::Store;
use super::{number, whole};
use crate::clock;
use crate::console;
use crate::runtime::{self, Kv, Result};
use crate::stats::COUNTERS;
use crate::tasks;
use js_sys::{Array, Date, Object, futures::JsFuture};
use rules::counters::{Day, Record, publish_schedule, snapshot_key};
use rules::log::Line;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use worker::Env;
use worker::worker_sys::{DurableObjectState, DurableObjectStorage};

/// The object as the runtime sees it. Times are in Unix milliseconds, those of sessions in seconds.
#[wasm_bindgen]
pub struct Ledger(Rc<LedgerObject>);

#[wasm_bindgen]
impl Ledger {
    /// Opens the object's tables.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Result<Self> {
        let storage = state.storage()?;
        Ok(Self(Rc::new(LedgerObject {
            store: Store::open(storage.sql()),
            storage,
            env,
            alarm_is_set: Cell::new(false),
        })))
    }

    /// Adds `counts`, a JSON object of numbers by counter, and keeps `reports`, a JSON array.
    pub fn count(
        &self,
        shard: u32,
        publish_seconds: f64,
        now: f64,
        counts: String,
        reports: Option<String>,
    ) -> JsValue {
        let (keeper, publish_seconds, now) =
            (Rc::clone(&self.0), whole(publish_seconds), whole(now));
        tasks::run(async move {
            let store = &keeper.store;
            store.count(&counts, Day::of(now), shard, publish_seconds)?;
            if let Some(reports) = reports {
                store.keep_reports(&reports)?;
            }
            if !keeper.alarm_is_set.get() {
                let published = store.published_ms()?;
                keeper
                    .set_alarm_by(publish_schedule::alarm_at(now, published, publish_seconds))
                    .await?;
            }
            Ok(JsValue::UNDEFINED)
        })
        .into()
    }

    /// Keeps a session's record.
    #[wasm_bindgen(js_name = putRecord)]
    pub fn put_record(
        &self,
        id: String,
        owner: String,
        workflow: String,
        created_at: f64,
        expires_at: f64,
    ) -> JsValue {
        let keeper = Rc::clone(&self.0);
        tasks::run(async move {
            let store = &keeper.store;
            store.put_record(&id, &owner, &workflow, created_at, expires_at)?;
            if !keeper.alarm_is_set.get()
                && let Some(ends) = store.next_record_to_forget()?
            {
                keeper.set_alarm_by(ends.saturating_mul(1000)).await?;
            }
            Ok(JsValue::UNDEFINED)
        })
        .into()
    }

    /// Gives a session's owner, workflow, two times and whether it was cancelled, if it is known.
    #[wasm_bindgen(js_name = getRecord)]
    pub fn get_record(&self, id: &str) -> Result<JsValue> {
        self.0.store.get_record(id)
    }

    /// Notes that a session was cancelled.
    pub fn cancelled(&self, id: &str) -> Result<()> {
        self.0.store.cancelled(id)
    }

    /// Takes a place for a day (days since 1970) under the limits, if there is one.
    pub fn reserve(
        &self,
        day: f64,
        owner: &str,
        for_all: Option<f64>,
        for_one: Option<f64>,
    ) -> Result<bool> {
        self.0.store.reserve(day, owner, for_all, for_one)
    }

    /// Gives a place back.
    pub fn release(&self, day: f64, owner: &str) -> Result<()> {
        self.0.store.release(day, owner)
    }

    /// The reports that are kept, newest first: when, message, stack and page of each.
    pub fn reports(&self) -> Result<Array> {
        self.0.store.reports()
    }

    /// Does what the alarm was set for. A failure makes the runtime ring again.
    pub fn alarm(&self) -> JsValue {
        let keeper = Rc::clone(&self.0);
        tasks::run(async move {
            keeper.on_alarm().await?;
            Ok(JsValue::UNDEFINED)
        })
        .into()
    }
}

struct LedgerObject {
    storage: DurableObjectStorage,
    env: Env,
    store: Store,
    /// Whether the alarm is known to be set; after an eviction that is not known.
    alarm_is_set: Cell<bool>,
}

impl LedgerObject {
    async fn on_alarm(&self) -> Result<()> {
        let now = clock::now_ms();
        self.alarm_is_set.set(false);
        self.store
            .forget_sessions(Record::oldest_kept(now / 1000))?;
        if let Some(ends) = self.store.next_record_to_forget()? {
            self.set_alarm_by(ends.saturating_mul(1000)).await?;
        }
        if let Some((shard, publish_seconds)) = self.store.unpublished()? {
            self.publish(shard, publish_seconds, now).await?;
        }
        Ok(())
    }

    /// Writes the counters to KV. What is counted meanwhile waits for the next time.
    async fn publish(&self, shard: u32, publish_seconds: u64, now: u64) -> Result<()> {
        let snapshot = self.store.snapshot(now)?;
        let text = snapshot.to_string();
        // Noted before the write, so that an event during it does not ring too early.
        let publication = self.store.begin_publishing(now)?;
        let mut line = Line {
            level: "info",
            event: "counters.published",
            shard: Some(shard),
            ..Line::default()
        };
        match self.write(&snapshot_key(shard), &text).await {
            Ok(()) => {
                console::write(&line);
                self.store.published(&publication)
            }
            Err(why) => {
                line.level = "error";
                line.event = "counters.not_published";
                line.cause = Some(&why);
                console::write(&line);
                self.set_alarm_by(publish_schedule::retry_at(
                    now,
                    publication.failures,
                    publish_seconds,
                ))
                .await
            }
        }
    }

    async fn write(&self, key: &str, text: &str) -> std::result::Result<(), String> {
        let kv = runtime::binding::<Kv>(&self.env, COUNTERS)
            .ok_or_else(|| format!("{COUNTERS} is not bound"))?;
        runtime::kv_put(&kv, key, text)
            .await
            .map_err(|error| runtime::said(&error))
    }

    /// Sets the alarm, unless it is set for an earlier time.
    async fn set_alarm_by(&self, at_ms: u64) -> Result<()> {
        let at = number(at_ms);
        let set = JsFuture::from(self.storage.get_alarm(Object::new())?).await?;
        if set.as_f64().is_none_or(|set| at < set) {
            let date = Date::new(&at.into());
            JsFuture::from(self.storage.set_alarm(date, Object::new())?).await?;
        }
        self.alarm_is_set.set(true);
        Ok(())
    }
}
