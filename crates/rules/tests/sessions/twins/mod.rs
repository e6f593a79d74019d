//! In-memory twins of everything that the rules need of a platform: one file for each trait.
//!
//! A [`World`] is one deployment with one isolate. A [`Twin`] is the platform of one request in it.

mod memory_ledger;
mod preset_limiters;
mod published_counters;
mod recorded_events;
mod recorded_lines;
pub mod scripted_chats;
pub mod scripted_upstream;
pub mod signed_tokens;
pub mod test_client;
mod virtual_clock;

pub use memory_ledger::Fault;
pub use preset_limiters::Limit;

use futures::future::{Either, join_all, select};
use rules::app;
use rules::context::Context;
use rules::http::response::Response;
use rules::isolate::Isolate;
use rules::platform::Clock;
use rules::settings::Settings;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use test_client::TestRequest;

/// The API key of every world. No part of it may show anywhere except in requests to OpenAI.
pub const API_KEY: &str = "sk-proj-T3stK3yOfTheWorld0123456789";
/// The admin token of every world.
pub const ADMIN_TOKEN: &str = "the-admin-token-of-the-world";
/// Where sessions are created.
pub const SESSIONS_URL: &str = "https://api.openai.com/v1/chatkit/sessions";
/// Noon on 2026-11-21, UTC, in Unix milliseconds: when every world starts.
pub const NOON: u64 = 1_795_262_400_000;

/// What every world has set, unless the test sets it itself.
const SETTINGS: [(&str, &str); 4] = [
    ("OPENAI_API_KEY", API_KEY),
    ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1, wf_2"),
    ("VISITOR_SECRET", "the-visitor-secret-of-the-world"),
    ("ADMIN_TOKEN", ADMIN_TOKEN),
];

/// One deployment: the isolate's state, and the state of everything outside.
pub struct World {
    pub isolate: Isolate,
    pub clock: virtual_clock::VirtualClock,
    pub upstream: scripted_upstream::ScriptedUpstream,
    pub limiters: preset_limiters::PresetLimiters,
    pub chats: scripted_chats::ScriptedChats,
    pub ledger: memory_ledger::MemoryLedger,
    pub counters: published_counters::PublishedCounters,
    pub dataset: recorded_events::RecordedEvents,
    pub lines: recorded_lines::RecordedLines,
    trace: RefCell<Vec<String>>,
}

/// The platform of one request.
pub struct Twin {
    world: Rc<World>,
    request: TestRequest,
    arrived_ms: Cell<u64>,
    sleeps: Cell<u32>,
    /// The body that is passed on.
    passed: RefCell<Option<String>>,
}

impl World {
    /// A world with these settings besides [`SETTINGS`]. An empty text unsets a variable.
    pub fn new(settings: &[(&str, &str)]) -> Rc<Self> {
        let lookup = |name: &str| {
            let mut all = settings.iter().chain(&SETTINGS);
            let found = all.find(|(variable, _)| *variable == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        Rc::new(Self {
            isolate: Isolate::new(Settings::read(lookup)),
            clock: virtual_clock::VirtualClock::new(NOON),
            upstream: scripted_upstream::ScriptedUpstream::default(),
            limiters: preset_limiters::PresetLimiters::default(),
            chats: scripted_chats::ScriptedChats::default(),
            ledger: memory_ledger::MemoryLedger::default(),
            counters: published_counters::PublishedCounters::default(),
            dataset: recorded_events::RecordedEvents::default(),
            lines: recorded_lines::RecordedLines::default(),
            trace: RefCell::default(),
        })
    }

    /// The platform for rules that run outside of a request.
    pub fn platform(self: &Rc<Self>) -> Twin {
        Twin {
            world: Rc::clone(self),
            arrived_ms: Cell::new(self.clock.now_ms()),
            request: test_client::get("/"),
            sleeps: Cell::new(0),
            passed: RefCell::default(),
        }
    }

    /// Serves one request.
    pub fn serve(self: &Rc<Self>, request: TestRequest) -> Reply {
        self.serve_all([request]).remove(0)
    }

    /// Serves several requests at once. The replies are in the order of the requests.
    pub fn serve_all(
        self: &Rc<Self>,
        requests: impl IntoIterator<Item = TestRequest>,
    ) -> Vec<Reply> {
        let twins: Vec<Twin> = requests
            .into_iter()
            .map(|request| Twin {
                world: Rc::clone(self),
                arrived_ms: Cell::new(self.clock.now_ms() + request.arrives_after_ms),
                request,
                sleeps: Cell::new(0),
                passed: RefCell::default(),
            })
            .collect();
        self.clock.run(join_all(twins.iter().map(serve)))
    }

    /// Serves a request for so long, then ends it where it stands, as the runtime can: it is neither finished nor dropped.
    pub fn tear_down_after_ms(self: &Rc<Self>, request: TestRequest, ms: u64) {
        let twin = Twin {
            world: Rc::clone(self),
            arrived_ms: Cell::new(self.clock.now_ms()),
            request,
            sleeps: Cell::new(0),
            passed: RefCell::default(),
        };
        let twin: &'static Twin = Box::leak(Box::new(twin));
        let mut serving = Box::pin(serve(twin));
        let end = pin!(self.clock.until(self.clock.now_ms() + ms));
        let either = select(serving.as_mut(), end);
        let is_finished = matches!(self.clock.run(either), Either::Left(_));
        assert!(!is_finished, "the request is over");
        std::mem::forget(serving);
    }

    /// Everything that happened outside of the isolate, in order.
    pub fn trace(&self) -> Vec<String> {
        self.trace.borrow().clone()
    }

    /// The same without the lines of the log.
    pub fn calls(&self) -> Vec<String> {
        let trace = self.trace.borrow();
        trace
            .iter()
            .filter(|what| *what != "log")
            .cloned()
            .collect()
    }

    fn note(&self, what: impl Into<String>) {
        self.trace.borrow_mut().push(what.into());
    }
}

/// Serves a request as `src/lib.rs` does.
async fn serve(twin: &Twin) -> Reply {
    twin.world.clock.until(twin.arrived_ms.get()).await;
    let started_ms = twin.now_ms();
    let ctx = Context::new(&twin.world.isolate, twin);
    let route = app::route(&ctx);
    let mut response = app::serve(route, started_ms, &ctx).await;
    if response.is_passed_on {
        response.body = twin.passed.take();
        assert!(response.body.is_some(), "there is nothing to pass on");
    }
    Reply(response)
}

/// A response, as a test reads it.
#[derive(Debug)]
pub struct Reply(Response);

impl Reply {
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Panics if a header is set twice: the runtime would send both.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.0.headers.all().iter();
        let mut found = headers.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        assert!(found.next().is_none(), "{name} is set twice");
        Some(value)
    }

    pub fn headers(&self) -> &[(&'static str, String)] {
        self.0.headers.all()
    }

    /// The headers that repeat a name, which the runtime sends too.
    pub fn repeated(&self) -> &[(&'static str, String)] {
        self.0.headers.repeated()
    }

    /// The body's text; empty if there is none.
    pub fn text(&self) -> &str {
        self.0.body.as_deref().unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).expect("the body is JSON")
    }

    /// The status, and the code of a problem; the code is empty if there is none.
    pub fn outcome(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().unwrap_or_default().to_owned();
        (self.status(), code)
    }

    /// The cookie that a browser would send back.
    pub fn cookie(&self) -> String {
        let cookie = self
            .header("Set-Cookie")
            .expect("the response sets a cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}
