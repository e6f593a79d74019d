//! Calls the ledger's objects. Whatever fails here is for the log: counting never breaks a session.
//!
//! A call is on its way when its function returns; who waits for [`outcome`] knows that what it
//! did is durable.

mod object;
mod store;

use crate::clock;
use crate::runtime::{self, failure};
use js_sys::{Array, Promise, futures::JsFuture};
use rules::counters::{
    Day, Event, LIMITS_OBJECT, Record, Report, UserHash, counters_object, records_object,
};
use rules::settings::{DailyLimits, Settings};
use wasm_bindgen::prelude::*;
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// The namespace of the class [`object::Ledger`].
    type Namespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> Result<Stub, JsValue>;

    /// An object as others see it; its methods are those of [`object::Ledger`].
    type Stub;
    #[wasm_bindgen(method, catch)]
    fn count(
        this: &Stub,
        shard: u32,
        publish_seconds: f64,
        now: f64,
        counts: &str,
        reports: Option<String>,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putRecord)]
    fn put_record(
        this: &Stub,
        id: &str,
        owner: &str,
        workflow: &str,
        created_at: f64,
        expires_at: f64,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getRecord)]
    fn get_record(this: &Stub, id: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancelled(this: &Stub, id: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reserve(
        this: &Stub,
        day: f64,
        owner: &str,
        for_all: Option<f64>,
        for_one: Option<f64>,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn release(this: &Stub, day: f64, owner: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reports(this: &Stub) -> Result<Promise, JsValue>;
}

/// The binding of the object's class in `wrangler.toml`.
const BINDING: &str = "LEDGER";

/// A number as JavaScript has it. Ours are times and counts, far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn number(whole: u64) -> f64 {
    whole as f64
}

/// A number that JavaScript gave, as a whole one; 0 for those below it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// A row's whole number; 0 for anything else.
fn whole_at(row: &Array, column: u32) -> u64 {
    whole(row.get(column).as_f64().unwrap_or_default())
}

/// A row's text; empty for anything else.
fn text_at(row: &Array, column: u32) -> String {
    row.get(column).as_string().unwrap_or_default()
}

fn object(env: &Env, name: &str) -> runtime::Result<Stub> {
    runtime::binding::<Namespace>(env, BINDING)
        .ok_or_else(|| failure(&format!("{BINDING} is not bound")))?
        .get_by_name(name)
}

/// What a call came to.
///
/// # Errors
/// Why it was not done, in words for the log.
pub async fn outcome(call: runtime::Result<Promise>) -> Result<JsValue, String> {
    let done = match call {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    done.map_err(|error| runtime::said(&error))
}

/// Counts an event so many times, and keeps its reports.
pub fn count(
    env: &Env,
    settings: &Settings,
    event: &Event,
    times: u32,
    reports: &[Report],
) -> runtime::Result<Promise> {
    // Any shard will do; chance spreads the load.
    let shard = match settings.counter_shards {
        1 => 0,
        shards => clock::random()
            .map_or(0, u32::from_ne_bytes)
            .checked_rem(shards)
            .unwrap_or(0),
    };
    object(env, &counters_object(shard))?.count(
        shard,
        number(settings.counter_publish_seconds),
        number(clock::now_ms()),
        &event.counts_json(times),
        Report::list_json(reports),
    )
}

/// Keeps a session's record.
pub fn put_record(env: &Env, record: &Record) -> runtime::Result<Promise> {
    object(env, &records_object(&record.id))?.put_record(
        &record.id,
        record.owner.text(),
        &record.workflow,
        number(record.created_at),
        number(record.expires_at),
    )
}

/// Gives a session's record, if there is one.
pub async fn get_record(env: &Env, id: &str) -> Result<Option<Record>, String> {
    let call = object(env, &records_object(id)).and_then(|object| object.get_record(id));
    let row = outcome(call).await?;
    Ok(row.dyn_ref::<Array>().map(|row| Record {
        id: id.to_owned(),
        owner: UserHash::from_text(text_at(row, 0)),
        workflow: text_at(row, 1),
        created_at: whole_at(row, 2),
        expires_at: whole_at(row, 3),
        cancelled: whole_at(row, 4) != 0,
    }))
}

/// Notes that a session was cancelled.
pub fn cancelled(env: &Env, id: &str) -> runtime::Result<Promise> {
    object(env, &records_object(id))?.cancelled(id)
}

/// Takes a place under the daily limits; whether there was one.
pub async fn reserve(
    env: &Env,
    day: Day,
    owner: &UserHash,
    limits: DailyLimits,
) -> Result<bool, String> {
    let call = object(env, LIMITS_OBJECT).and_then(|object| {
        object.reserve(
            number(day.number()),
            owner.text(),
            limits.for_all.map(number),
            limits.for_one.map(number),
        )
    });
    Ok(outcome(call).await?.as_bool() != Some(false))
}

/// Gives a place back, because there was no session.
pub fn release(env: &Env, day: Day, owner: &UserHash) -> runtime::Result<Promise> {
    object(env, LIMITS_OBJECT)?.release(number(day.number()), owner.text())
}

/// Whether an object answers.
pub async fn answers(env: &Env) -> bool {
    let call = object(env, LIMITS_OBJECT).and_then(|object| object.reports());
    outcome(call).await.is_ok()
}

/// The latest reports of so many shards.
pub async fn reports(env: &Env, shards: u32) -> Result<Vec<Report>, String> {
    let calls: runtime::Result<Array> = (0..shards)
        .map(|shard| object(env, &counters_object(shard))?.reports())
        .collect();
    let answers = outcome(calls.map(|calls| Promise::all(&calls))).await?;
    let shards = Array::from(&answers).to_vec();
    let rows = shards.iter().flat_map(|rows| Array::from(rows).to_vec());
    Ok(rows
        .map(|row| {
            let row = Array::from(&row);
            Report {
                at: whole_at(&row, 0),
                message: text_at(&row, 1),
                stack: text_at(&row, 2),
                url: text_at(&row, 3),
            }
        })
        .collect())
}
