//! The Worker's calls to the ledger's objects, by RPC.
//!
//! A call with its values takes a tenth less CPU than a request with JSON in it, and its response.

use crate::runtime::{Runtime, bindings, console};
use futures_util::future::try_join_all;
use js_sys::{Promise, futures::JsFuture};
use rules::counters::day::Day;
use rules::counters::error_report::ErrorReport;
use rules::counters::recorder::counters_object;
use rules::hosted::daily_quota::LIMITS_OBJECT;
use rules::hosted::refresh_grant::StoredGrant;
use rules::hosted::session_record::{SessionRecord, UserHash, records_object};
use rules::http::response::to_json;
use rules::log::LogLine;
use rules::platform::Ledger;
use rules::settings::DailyLimits;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

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
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn release(this: &Stub, day: f64, user: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reports(this: &Stub) -> Result<Promise, JsValue>;
}

/// The binding of the class in `wrangler.toml`.
const LEDGER: &str = "LEDGER";

/// A call that was sent, or why it could not be.
type Call = bindings::Result<Promise>;

impl Runtime {
    fn object(&self, name: &str) -> bindings::Result<Stub> {
        bindings::get_binding(&self.env, LEDGER)
            .ok_or_else(|| JsValue::from_str(&format!("{LEDGER} is not bound")))?
            .unchecked_into::<Namespace>()
            .get_by_name(name)
    }

    /// Lets a call finish after the response. A failure is logged.
    fn finish_later(&self, call: Call) {
        match call {
            Ok(promise) => LOG_FAILURE.with(|log_failure| {
                // Fails only for a request that is over.
                let _ = self.context.wait_until(&promise.catch(log_failure));
            }),
            Err(error) => log_failure(&error),
        }
    }
}

thread_local! {
    // One for the isolate: a closure for each call would have to be freed by JavaScript.
    static LOG_FAILURE: Closure<dyn FnMut(JsValue)> = Closure::new(|error| log_failure(&error));
}

fn log_failure(error: &JsValue) {
    console::write(&LogLine::ledger_failed(&bindings::error_text(error)));
}

/// Waits for a call. Its error is text for the log.
async fn finish(call: Call) -> Result<JsValue, String> {
    let result = match call {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    result.map_err(|error| bindings::error_text(&error))
}

/// What a method returned as JSON, if it returned something.
fn from_json<T: DeserializeOwned>(value: JsValue) -> Result<Option<T>, String> {
    let json = value.as_string();
    json.map(|json| serde_json::from_slice(json.as_bytes()).map_err(|error| error.to_string()))
        .transpose()
}

impl Ledger for Runtime {
    async fn count(
        &self,
        shard: u32,
        publish_seconds: u64,
        counts: &str,
        reports: &[ErrorReport],
    ) -> Result<(), String> {
        let reports = (!reports.is_empty()).then(|| to_json(&reports));
        let object = self.object(&counters_object(shard));
        let call =
            object.and_then(|object| object.count(shard, publish_seconds as f64, counts, reports));
        finish(call).await.map(|_| ())
    }

    fn count_later(&self, shard: u32, publish_seconds: u64, counts: String) {
        let object = self.object(&counters_object(shard));
        self.finish_later(
            object.and_then(|object| object.count(shard, publish_seconds as f64, &counts, None)),
        );
    }

    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String> {
        // All at once, so that no call is left unawaited when another fails.
        let calls = (0..shards).map(|shard| async move {
            let call = self
                .object(&counters_object(shard))
                .and_then(|object| object.reports());
            let json = finish(call).await?.as_string().unwrap_or_default();
            serde_json::from_slice(json.as_bytes()).map_err(|error| error.to_string())
        });
        let reports: Vec<Vec<ErrorReport>> = try_join_all(calls).await?;
        Ok(reports.into_iter().flatten().collect())
    }

    async fn put_record(&self, record: &SessionRecord) -> Result<(), String> {
        let object = self.object(&records_object(&record.id));
        let call = object.and_then(|object| object.put_record(&to_json(record)));
        finish(call).await.map(|_| ())
    }

    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String> {
        let object = self.object(&records_object(id));
        let record = finish(object.and_then(|object| object.get_record(id))).await?;
        from_json(record)
    }

    async fn cancel_record(&self, id: &str) -> Result<bool, String> {
        let object = self.object(&records_object(id));
        let call = object.and_then(|object| object.cancel_record(id));
        // An object of the version before returns nothing.
        Ok(finish(call).await?.as_bool() != Some(false))
    }

    async fn put_grant(&self, grant: &StoredGrant) -> Result<(), String> {
        let object = self.object(&records_object(&grant.id));
        let call = object.and_then(|object| object.put_grant(&to_json(grant)));
        finish(call).await.map(|_| ())
    }

    async fn get_grant(&self, id: &str) -> Result<Option<StoredGrant>, String> {
        let object = self.object(&records_object(id));
        let grant = finish(object.and_then(|object| object.get_grant(id))).await?;
        from_json(grant)
    }

    fn exchange_later(&self, id: &str, at: u64) {
        let object = self.object(&records_object(id));
        self.finish_later(object.and_then(|object| object.exchange_grant(id, at as f64)));
    }

    async fn reserve(
        &self,
        day: Day,
        user: &UserHash,
        limits: DailyLimits,
    ) -> Result<bool, String> {
        let call = self.object(LIMITS_OBJECT).and_then(|object| {
            object.reserve(
                day.number() as f64,
                user.as_str(),
                limits.total.map(|limit| limit as f64),
                limits.per_user.map(|limit| limit as f64),
            )
        });
        Ok(finish(call).await?.as_bool() != Some(false))
    }

    fn release_later(&self, day: Day, user: &UserHash) {
        let object = self.object(LIMITS_OBJECT);
        self.finish_later(
            object.and_then(|object| object.release(day.number() as f64, user.as_str())),
        );
    }

    async fn is_up(&self) -> bool {
        let call = self
            .object(LIMITS_OBJECT)
            .and_then(|object| object.reports());
        finish(call).await.is_ok()
    }
}
