//! The Durable Object: one command at a time, each carried out whole or not at all.
//!
//! Workers holds an object's answer back until what it wrote is on disk, so an answer means that
//! the command is durable. Counters go to KV from the alarm, never from a command.

use super::store::Store;
use crate::clock;
use crate::console;
use crate::runtime::{self, Kv};
use crate::stats::COUNTERS;
use crate::tasks;
use broker::ledger::{Command, Day, Reply, publish, snapshot_key};
use broker::log::Line;
use js_sys::futures::JsFuture;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::*;
use worker::durable::{State, Storage};
use worker::worker_sys::DurableObjectState;
use worker::{Env, Result};

/// The object as the runtime sees it.
#[wasm_bindgen]
pub struct Ledger(Rc<Keeper>);

#[wasm_bindgen]
impl Ledger {
    /// Opens the object's tables.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let storage = State::from(state).storage();
        Self(Rc::new(Keeper {
            store: Store::open(storage.sql()),
            storage,
            env,
            alarm_is_set: Cell::new(false),
        }))
    }

    /// Carries a command out.
    pub fn fetch(&self, request: web_sys::Request) -> JsValue {
        let keeper = Rc::clone(&self.0);
        tasks::run(async move { Ok(keeper.answer(&request).await?.into()) })
    }

    /// Does what the alarm was set for. A failure makes the runtime ring again.
    pub fn alarm(&self) -> JsValue {
        let keeper = Rc::clone(&self.0);
        tasks::run(async move {
            keeper.ring().await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}

struct Keeper {
    storage: Storage,
    env: Env,
    store: Store,
    /// Whether the alarm is known to be set; after an eviction that is not known.
    alarm_is_set: Cell<bool>,
}

impl Keeper {
    async fn answer(&self, request: &web_sys::Request) -> runtime::Result<web_sys::Response> {
        let body = JsFuture::from(request.text()?).await?;
        let done = match serde_json::from_str(&body.as_string().unwrap_or_default()) {
            Ok(command) => self.carry_out(command).await,
            Err(error) => Err(error.into()),
        };
        let reply = match done {
            // Nobody has to read a body that says no more than the status.
            Ok(Reply::Done) => return runtime::plain_response(204, None),
            Ok(reply) => serde_json::to_string(&reply).map_err(worker::Error::from),
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) => runtime::plain_response(200, Some(&reply)),
            Err(error) => runtime::plain_response(500, Some(&error.to_string())),
        }
    }

    async fn ring(&self) -> Result<()> {
        let now = clock::now_ms();
        self.alarm_is_set.set(false);
        self.store.forget_old_sessions(now / 1000)?;
        if let Some(ends) = self.store.next_record_to_forget()? {
            self.ring_at(ends.saturating_mul(1000)).await?;
        }
        if let Some((shard, publish_seconds)) = self.store.unpublished()? {
            self.publish(shard, publish_seconds, now).await?;
        }
        Ok(())
    }

    async fn carry_out(&self, command: Command) -> Result<Reply> {
        match command {
            Command::Count {
                shard,
                event,
                times,
                reports,
                now,
                publish_seconds,
            } => {
                self.store.count(
                    &event.counters(),
                    times,
                    Day::of(now),
                    shard,
                    publish_seconds,
                )?;
                self.store.keep_reports(&reports)?;
                if !self.alarm_is_set.get() {
                    let published = self.store.published_ms()?;
                    self.ring_at(publish::alarm_at(now, published, publish_seconds))
                        .await?;
                }
                Ok(Reply::Done)
            }
            Command::Remember(record) => {
                self.store.remember(&record)?;
                if !self.alarm_is_set.get()
                    && let Some(ends) = self.store.next_record_to_forget()?
                {
                    self.ring_at(ends.saturating_mul(1000)).await?;
                }
                Ok(Reply::Done)
            }
            Command::Recall { id } => Ok(Reply::Record(self.store.recall(&id)?)),
            Command::Cancelled { id } => {
                self.store.cancelled(&id)?;
                Ok(Reply::Done)
            }
            Command::Reserve {
                day,
                owner,
                for_all,
                for_one,
            } => Ok(Reply::Granted(
                self.store.reserve(day, &owner, for_all, for_one)?,
            )),
            Command::GiveBack { day, owner } => {
                self.store.give_back(day, &owner)?;
                Ok(Reply::Done)
            }
            Command::Reports => Ok(Reply::Reports(self.store.reports()?)),
        }
    }

    /// Writes the counters to KV. What is counted meanwhile waits for the next time.
    async fn publish(&self, shard: u32, publish_seconds: u64, now: u64) -> Result<()> {
        let snapshot = self.store.snapshot(now)?;
        let text = serde_json::to_string(&snapshot)?;
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
                self.ring_at(publish::retry_at(
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
    async fn ring_at(&self, at_ms: u64) -> Result<()> {
        let at = i64::try_from(at_ms).unwrap_or(i64::MAX);
        let set = self.storage.get_alarm().await?;
        if set.is_none_or(|set| at < set) {
            let wait = at_ms.saturating_sub(clock::now_ms());
            self.storage.set_alarm(Duration::from_millis(wait)).await?;
        }
        self.alarm_is_set.set(true);
        Ok(())
    }
}
