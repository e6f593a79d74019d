//! The Worker's calls to the ledger's objects, by RPC.
//!
//! A call with its values takes a tenth less CPU than a request with JSON in it, and its response.

use crate::runtime::{Runtime, bindings, console, tasks};
use futures_util::future::try_join_all;
use js_sys::{Promise, futures::JsFuture};
use rules::counters::day::Day;
use rules::counters::error_report::ErrorReport;
use rules::counters::recorder::counters_object;
use rules::hosted::daily_quota::LIMITS_OBJECT;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::{SessionRecord, UserHash, records_object};
use rules::http::response::to_json;
use rules::ledger_call::{self, CallError, Retry};
use rules::log::LogLine;
use rules::platform::{CounterSink, Counts, Ledger};
use rules::settings::DailyLimits;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// The namespace of the class [`super::object::Ledger`].
    type Namespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> Result<Stub, JsValue>;

    /// A stub of an object; its methods are those of [`super::object::Ledger`].
    type Stub;
    #[wasm_bindgen(method, catch)]
    fn count(
        this: &Stub,
        shard: u32,
        publish_seconds: f64,
        counts: &str,
        reports: Option<String>,
        event_rows: Option<f64>,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putRecord)]
    fn put_record(this: &Stub, record: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getRecord)]
    fn get_record(this: &Stub, id: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = cancelRecord)]
    fn cancel_record(this: &Stub, id: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putGrant)]
    fn put_grant(this: &Stub, grant: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getGrant)]
    fn get_grant(this: &Stub, id: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = exchangeGrant)]
    fn exchange_grant(this: &Stub, id: &str, at: f64) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reserve(
        this: &Stub,
        day: f64,
        user: &str,
        total: Option<f64>,
        per_user: Option<f64>,
        request: &str,
        former: &str,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn release(
        this: &Stub,
        day: Option<f64>,
        user: &str,
        request: &str,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reports(this: &Stub) -> Result<Promise, JsValue>;
}

/// The binding of the class in `wrangler.toml`.
const LEDGER: &str = "LEDGER";

fn namespace(env: &Env) -> bindings::Result<Namespace> {
    let namespace = bindings::get_binding(env, LEDGER);
    let namespace =
        namespace.ok_or_else(|| JsValue::from_str(&format!("{LEDGER} is not bound")))?;
    Ok(namespace.unchecked_into())
}

/// Starts a call of a method of an object that nothing waits for. A failure is logged.
fn start(
    env: &Env,
    object: String,
    retry: Retry,
    request_id: &str,
    send: impl Fn(&Stub) -> Result<Promise, JsValue> + 'static,
) -> tasks::Running {
    let (namespace, request_id) = (namespace(env), request_id.to_owned());
    tasks::run(async move {
        let attempt = async || attempt(&namespace, &object, &send).await;
        if let Err(cause) = ledger_call::retried(retry, attempt).await {
            console::write(&LogLine::ledger_failed(&cause, &request_id));
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Starts to add counts. Nothing waits for it, except for an object, which lives as long as its calls.
pub fn start_count(env: &Env, counts: &Counts<'_>, request_id: &str) -> tasks::Running {
    let (shard, publish_seconds) = (counts.shard, counts.publish_seconds as f64);
    let increments = counts.increments.to_owned();
    let send = move |object: &Stub| object.count(shard, publish_seconds, &increments, None, None);
    start(env, counters_object(shard), Retry::Once, request_id, send)
}

impl Runtime {
    /// Calls a method of an object, until its deadline.
    async fn call(
        &self,
        object: &str,
        retry: Retry,
        send: &dyn Fn(&Stub) -> Result<Promise, JsValue>,
    ) -> Result<JsValue, String> {
        let namespace = namespace(&self.env);
        let attempt = async || attempt(&namespace, object, send).await;
        ledger_call::run(self, retry, attempt).await
    }

    /// Calls a method of an object after the response. A failure is logged.
    fn call_later(
        &self,
        object: String,
        retry: Retry,
        request_id: &str,
        send: impl Fn(&Stub) -> Result<Promise, JsValue> + 'static,
    ) {
        start(&self.env, object, retry, request_id, send).keep_alive(&self.context);
    }
}

/// One try of a call. Each takes a new stub, because a failure can break the one before.
async fn attempt(
    namespace: &bindings::Result<Namespace>,
    object: &str,
    send: &dyn Fn(&Stub) -> Result<Promise, JsValue>,
) -> Result<JsValue, CallError> {
    let answer = async || {
        let stub = namespace
            .as_ref()
            .map_err(Clone::clone)?
            .get_by_name(object)?;
        JsFuture::from(send(&stub)?).await
    };
    answer().await.map_err(|error| call_error(&error))
}

/// An error of a call to an object, with the flags that the runtime sets on it.
pub fn call_error(error: &JsValue) -> CallError {
    let flag = |name: &str| {
        let value = js_sys::Reflect::get(error, &JsValue::from_str(name));
        value.is_ok_and(|value| value.is_truthy())
    };
    CallError {
        cause: bindings::error_text(error),
        retryable: flag("retryable"),
        overloaded: flag("overloaded"),
    }
}

/// What a method returned as JSON, if it returned something.
fn from_json<T: DeserializeOwned>(value: JsValue) -> Result<Option<T>, String> {
    let json = value.as_string();
    json.map(|json| serde_json::from_slice(json.as_bytes()).map_err(|error| error.to_string()))
        .transpose()
}

impl CounterSink for Runtime {
    fn count_later(&self, counts: &Counts<'_>, request_id: &str) {
        start_count(&self.env, counts, request_id).keep_alive(&self.context);
    }
}

impl Ledger for Runtime {
    async fn count(&self, counts: &Counts<'_>) -> Result<bool, String> {
        let reports = (!counts.reports.is_empty()).then(|| to_json(&counts.reports));
        let send = |object: &Stub| {
            object.count(
                counts.shard,
                counts.publish_seconds as f64,
                counts.increments,
                reports.clone(),
                counts.event_rows.map(|rows| rows as f64),
            )
        };
        let counted = self
            .call(&counters_object(counts.shard), Retry::Once, &send)
            .await?;
        Ok(counted.as_bool() != Some(false))
    }

    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String> {
        // All at once, so that no call is left unawaited when another fails.
        let calls = (0..shards).map(|shard| async move {
            let json = self
                .call(&counters_object(shard), Retry::Once, &Stub::reports)
                .await?;
            let json = json.as_string().unwrap_or_default();
            serde_json::from_slice(json.as_bytes()).map_err(|error| error.to_string())
        });
        let reports: Vec<Vec<ErrorReport>> = try_join_all(calls).await?;
        Ok(reports.into_iter().flatten().collect())
    }

    async fn put_record(&self, record: &SessionRecord) -> Result<(), String> {
        let (object, record) = (records_object(&record.id), to_json(record));
        self.call(&object, Retry::Once, &|object: &Stub| {
            object.put_record(&record)
        })
        .await
        .map(|_| ())
    }

    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String> {
        let send = |object: &Stub| object.get_record(id);
        from_json(self.call(&records_object(id), Retry::Once, &send).await?)
    }

    async fn cancel_record(&self, id: &str) -> Result<bool, String> {
        let send = |object: &Stub| object.cancel_record(id);
        let cancelled = self.call(&records_object(id), Retry::Once, &send).await?;
        // An object of version 0.1.0, still running during a deployment, returns nothing.
        Ok(cancelled.as_bool() != Some(false))
    }

    async fn put_grant(&self, grant: &StoredGrant) -> Result<(), String> {
        let (object, grant) = (records_object(&grant.id), to_json(grant));
        let send = |object: &Stub| object.put_grant(&grant);
        self.call(&object, Retry::Once, &send).await.map(|_| ())
    }

    async fn get_grant(&self, id: &str) -> Result<Option<StoredGrant>, String> {
        let send = |object: &Stub| object.get_grant(id);
        from_json(self.call(&records_object(id), Retry::Once, &send).await?)
    }

    fn exchange_later(&self, id: &str, at: u64, request_id: &str) {
        let (object, id) = (records_object(id), id.to_owned());
        let send = move |object: &Stub| object.exchange_grant(&id, at as f64);
        self.call_later(object, Retry::Once, request_id, send);
    }

    async fn reserve(
        &self,
        stamped: Day,
        user: &UserHash,
        former: &[UserHash],
        limits: DailyLimits,
        request_id: &str,
    ) -> Result<Option<Day>, String> {
        let former: Vec<&str> = former.iter().map(UserHash::as_str).collect();
        let former = former.join(",");
        let send = |object: &Stub| {
            object.reserve(
                stamped.number() as f64,
                user.as_str(),
                limits.total.map(|limit| limit as f64),
                limits.per_user.map(|limit| limit as f64),
                request_id,
                &former,
            )
        };
        let day = self.call(LIMITS_OBJECT, Retry::Once, &send).await?;
        if day.as_bool() == Some(false) {
            return Ok(None);
        }
        // An object of version 0.1.0, still running during a deployment, returns `true`.
        Ok(Some(
            day.as_f64()
                .map_or(stamped, |day| Day::from_number(day as u64)),
        ))
    }

    fn release_later(&self, day: Option<Day>, user: &UserHash, request_id: &str) {
        let (user, request) = (user.clone(), request_id.to_owned());
        let day = day.map(|day| day.number() as f64);
        let send = move |object: &Stub| object.release(day, user.as_str(), &request);
        self.call_later(LIMITS_OBJECT.to_owned(), Retry::Never, request_id, send);
    }

    async fn is_up(&self) -> bool {
        self.call(LIMITS_OBJECT, Retry::Once, &Stub::reports)
            .await
            .is_ok()
    }
}
