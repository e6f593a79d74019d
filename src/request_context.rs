//! What serving a request needs besides the request, and what is gathered for its line in the log.

use crate::console;
use crate::env_settings;
use crate::ledger;
use crate::openai_client::OpenAiCall;
use crate::runtime::{self, Dataset};
use crate::tasks;
use js_sys::Promise;
use rules::counters::{Event, Report};
use rules::error::Error;
use rules::log::Line;
use rules::settings::{SessionSettings, Settings};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, Request};
use worker::Env;
use worker::worker_sys::Context;

/// The binding of the optional Analytics Engine dataset.
const DATASET: &str = "EVENTS";

/// The deployment, and the request's own lifetime.
pub struct RequestContext {
    pub env: Env,
    context: Rc<Context>,
    pub settings: Rc<Settings>,
    request: Request,
}

impl RequestContext {
    pub fn new(request: &Request, env: Env, context: Rc<Context>) -> Self {
        let settings = env_settings::settings(&env);
        Self {
            env,
            context,
            settings,
            // `Request` has a `clone` of its own, which copies the body.
            request: Clone::clone(request),
        }
    }

    /// The settings of sessions, if all settings are right.
    pub fn sessions(&self) -> Result<&SessionSettings, Error> {
        let sessions = self.settings.sessions.as_ref();
        sessions.map_err(|errors| Error::NotConfigured(errors.clone()))
    }

    /// Says when the client went away. The runtime makes it when it is first asked for.
    pub fn client(&self) -> AbortSignal {
        self.request.signal()
    }

    /// Counts an event and waits until that is durable.
    pub async fn count(&self, event: &Event, times: u32, reports: &[Report]) -> Result<(), String> {
        self.write_to_dataset(event, times);
        let call = ledger::count(&self.env, &self.settings, event, times, reports);
        ledger::outcome(call).await.map(|_| ())
    }

    /// Counts an event after the answer is sent; nobody waits for it.
    pub fn count_later(&self, event: &Event) {
        self.write_to_dataset(event, 1);
        self.wait_until(ledger::count(&self.env, &self.settings, event, 1, &[]));
    }

    /// Writes an event to Analytics Engine too, where the owner bound a dataset.
    fn write_to_dataset(&self, event: &Event, times: u32) {
        let Some(dataset) = runtime::binding::<Dataset>(&self.env, DATASET) else {
            return;
        };
        let blobs = [event.name(), event.code().unwrap_or_default()];
        if let Err(error) = runtime::write_point(&dataset, event.name(), blobs, times) {
            console::ledger_failed(&runtime::said(&error));
        }
    }

    /// Lets a call of the ledger go on after the answer is sent.
    pub fn wait_until(&self, call: runtime::Result<Promise>) {
        tasks::run(async move {
            if let Err(error) = ledger::outcome(call).await {
                console::ledger_failed(&error);
            }
            Ok(JsValue::UNDEFINED)
        })
        .keep_alive(&self.context);
    }
}

/// What is worth a place in the log, gathered on the way.
#[derive(Default)]
pub struct LogFields {
    /// What happened, where it was more than a request.
    pub event: Option<&'static str>,
    /// OpenAI's session id.
    pub session_id: Option<String>,
    /// The last call with OpenAI.
    pub call: Option<OpenAiCall>,
    /// What failed without failing the request.
    pub trouble: Option<String>,
}

impl LogFields {
    /// Notes that the ledger failed at something.
    pub fn ledger_failed(&mut self, why: &str) {
        self.trouble = Some(format!("the ledger failed: {why}"));
    }

    /// Adds what was gathered to the request's line.
    pub fn note<'a>(&'a self, line: &mut Line<'a>) {
        if let Some(event) = self.event {
            line.event = event;
        }
        line.session_id = self.session_id.as_deref();
        line.cause = self.trouble.as_deref();
        if let Some(call) = &self.call {
            line.attempts = Some(call.attempts);
            line.openai_status = call.status;
            line.openai_request_id = call.request_id.as_deref();
            line.cause = call.cause.as_deref().or(line.cause);
        }
    }
}
