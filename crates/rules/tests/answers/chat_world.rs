//! One user: the object, the clients that call it, and what they received.

use super::object_stores::ObjectStores;
use super::scripted_model::ScriptedModel;
use super::task_clock::TaskClock;
use chatkit::server::store::Store;
use futures::future::select;
use rules::chat::chat_call::ChatCall;
use rules::error::Error;
use rules::isolate::Isolate;
use rules::log::LogLine;
use rules::platform::{Clock, CounterSink, Counts, Dataset, Log};
use rules::runs::chat_object::{ChatObject, ObjectReply};
use rules::runs::object_request::{ObjectOperation, ObjectRequest};
use rules::runs::run_host::{Object, RunStore, Task};
use rules::settings::Settings;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// Noon on 2026-11-21, UTC, in Unix milliseconds.
const NOON: u64 = 1_795_262_400_000;
pub const API_KEY: &str = "sk-proj-T3stK3yOfTheWorld0123456789";

/// What the object runs on. It outlives the object.
pub struct Host {
    pub stores: ObjectStores,
    pub model: ScriptedModel,
    pub clock: Rc<TaskClock>,
    counts: RefCell<BTreeMap<String, u64>>,
    lines: RefCell<Vec<Value>>,
    alarm_ms: Cell<Option<u64>>,
    randoms: Cell<u64>,
}

impl Clock for Host {
    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        self.randoms.set(self.randoms.get() + 1);
        let bytes = Sha256::digest(self.randoms.get().to_le_bytes());
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    async fn sleep(&self, ms: u64) {
        self.deadline(ms).await;
    }

    async fn deadline(&self, ms: u64) {
        self.clock.until(self.clock.now_ms() + ms).await;
    }
}

impl Log for Host {
    fn write(&self, line: &LogLine<'_>) {
        let json = line.to_json();
        assert!(!json.contains(API_KEY), "{json}");
        let mut lines = self.lines.borrow_mut();
        lines.push(serde_json::from_str(&json).expect("a line is JSON"));
    }
}

impl CounterSink for Host {
    fn count_later(&self, counts: &Counts<'_>, _request_id: &str) {
        let increments: BTreeMap<String, u64> =
            serde_json::from_str(counts.increments).expect("counts are JSON");
        for (counter, count) in increments {
            *self.counts.borrow_mut().entry(counter).or_default() += count;
        }
    }
}

impl Dataset for Host {
    fn write_event(&self, _event: &str, _code: &str, _times: u32) -> Result<(), String> {
        Ok(())
    }
}

impl Object for Host {
    fn spawn(&self, task: Task) {
        self.clock.spawn(task);
    }

    async fn ensure_alarm(&self, at_ms: u64) {
        let at_ms = self.alarm_ms.get().map_or(at_ms, |set| set.min(at_ms));
        self.alarm_ms.set(Some(at_ms));
    }
}

/// What a client received.
#[derive(Default)]
pub struct Client {
    pub status: Cell<u16>,
    pub run: RefCell<Option<String>>,
    /// The pieces of the body, with their times.
    pub pieces: RefCell<Vec<(u64, String)>>,
    pub is_over: Cell<bool>,
    has_left: Cell<bool>,
}

impl Client {
    /// Goes away. The object notices when it runs next.
    pub fn leave(&self) {
        self.has_left.set(true);
    }

    pub fn body(&self) -> String {
        let pieces = self.pieces.borrow();
        pieces.iter().map(|(_, piece)| piece.as_str()).collect()
    }

    pub fn run(&self) -> String {
        self.run.borrow().clone().expect("the stream has a run")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body()).expect("the body is JSON")
    }

    /// All events so far, without comments.
    pub fn events(&self) -> Vec<Value> {
        events_of(&self.body())
    }

    /// The types of all events so far; of an update, the type of the update.
    pub fn types(&self) -> Vec<String> {
        let events = self.events().into_iter();
        let kind = |event: Value| {
            let update = event["update"]["type"].as_str();
            let kind = update.or(event["type"].as_str());
            kind.expect("an event has a type").to_owned()
        };
        events.map(kind).collect()
    }

    /// The text of all deltas.
    pub fn text(&self) -> String {
        let events = self.events();
        let deltas = events
            .iter()
            .filter_map(|event| event["update"]["delta"].as_str());
        deltas.collect()
    }

    /// The sentence of the error, and whether it offers to try again.
    pub fn error(&self) -> Option<(String, bool)> {
        let events = self.events();
        let error = events.iter().find(|event| event["type"] == "error")?;
        let message = error["message"]
            .as_str()
            .expect("an error has a sentence")
            .to_owned();
        Some((message, error["allow_retry"] == true))
    }

    /// The thread that the stream created.
    pub fn thread(&self) -> String {
        let events = self.events();
        let created = events
            .iter()
            .find(|event| event["type"] == "thread.created");
        let id = created.expect("a thread was created")["thread"]["id"].as_str();
        id.expect("a thread has an id").to_owned()
    }
}

/// The events of frames.
pub fn events_of(body: &str) -> Vec<Value> {
    let frames = body.split("\n\n").filter(|frame| !frame.is_empty());
    let data = frames.filter(|frame| !frame.starts_with(':')).map(|frame| {
        let json = frame.strip_prefix("data: ").expect("a frame has data");
        serde_json::from_str(json).expect("an event is JSON")
    });
    data.collect()
}

pub struct World {
    pub host: Rc<Host>,
    isolate: Rc<Isolate>,
    object: RefCell<Rc<ChatObject<Host>>>,
    requests: Cell<u32>,
}

impl World {
    /// A world with these fields of the agent besides its model, without titles.
    pub fn new(agent: Value) -> Self {
        Self::with(agent, &[("THREAD_TITLES", "false")])
    }

    pub fn with(agent: Value, settings: &[(&str, &str)]) -> Self {
        let mut agent = agent;
        if agent.get("model").is_none() {
            agent["model"] = "gpt-5.2".into();
        }
        let agent = agent.to_string();
        let lookup = |name: &str| {
            let own = [
                ("OPENAI_API_KEY", API_KEY),
                ("VISITOR_SECRET", "the-visitor-secret-of-the-world"),
                ("AGENT", agent.as_str()),
            ];
            let mut all = settings.iter().copied().chain(own);
            let found = all.find(|(variable, _)| *variable == name);
            found.map(|(_, text)| text.to_owned())
        };
        let isolate = Rc::new(Isolate::new(Settings::read(lookup)));
        if let Err(error) = isolate.settings.chat() {
            panic!("the settings are wrong: {error:?}");
        }
        let host = Rc::new(Host {
            stores: ObjectStores::default(),
            model: ScriptedModel::default(),
            clock: Rc::new(TaskClock::new(NOON)),
            counts: RefCell::default(),
            lines: RefCell::default(),
            alarm_ms: Cell::new(None),
            randoms: Cell::new(0),
        });
        let object = ChatObject::new(Rc::clone(&host), Rc::clone(&isolate));
        Self {
            host,
            isolate,
            object: RefCell::new(object),
            requests: Cell::new(0),
        }
    }

    /// The call of a request, from a tab whose answers end when it leaves.
    pub fn call(&self) -> ChatCall {
        self.requests.set(self.requests.get() + 1);
        ChatCall {
            user: "hash-of-the-user".to_owned(),
            user_id: "user_1".to_owned(),
            agent: None,
            locale: None,
            claims: Map::new(),
            frame: Some("tab".to_owned()),
            finish: false,
            origin: "https://edge.example.net".to_owned(),
            request_id: format!("request-{}", self.requests.get()),
        }
    }

    /// Sends a request. It is taken when time passes.
    pub fn post(&self, request: &Value) -> Rc<Client> {
        self.post_as(self.call(), request)
    }

    /// The same by a page whose answers go on when it leaves.
    pub fn post_finishing(&self, request: &Value) -> Rc<Client> {
        let call = ChatCall {
            finish: true,
            ..self.call()
        };
        self.post_as(call, request)
    }

    pub fn post_as(&self, call: ChatCall, request: &Value) -> Rc<Client> {
        let raw = RawValue::from_string(request.to_string()).expect("JSON");
        self.send(call, ObjectOperation::Request(raw))
    }

    pub fn attach(&self, run: &str) -> Rc<Client> {
        self.send(self.call(), ObjectOperation::Attach(run.to_owned()))
    }

    pub fn stop(&self, run: &str) -> Rc<Client> {
        self.send(self.call(), ObjectOperation::Stop(run.to_owned()))
    }

    fn send(&self, call: ChatCall, operation: ObjectOperation) -> Rc<Client> {
        let client = Rc::new(Client::default());
        let (received, host) = (Rc::clone(&client), Rc::clone(&self.host));
        let object = Rc::clone(&self.object.borrow());
        self.host.clock.spawn(Box::pin(async move {
            let work = pin!(receive(
                &object,
                &host,
                &received,
                ObjectRequest { call, operation }
            ));
            let gone = poll_fn(|_| match received.has_left.get() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            });
            select(work, gone).await;
        }));
        client
    }

    /// Lets time pass. The alarm rings when its time has come.
    pub fn run_ms(&self, ms: u64) {
        let end_ms = self.host.now_ms() + ms;
        loop {
            // The alarm may be set by a task that can go on now.
            self.host.clock.settle_now();
            if !self.host.clock.step(end_ms, self.host.alarm_ms.get()) {
                return;
            }
            self.ring_if_due();
        }
    }

    /// Lets time pass until all clients have their answer and all answers have ended.
    pub fn finish(&self) {
        while {
            self.host.clock.settle_now();
            !self.host.clock.is_idle()
        } {
            assert!(
                self.host.clock.step(u64::MAX - 1, None),
                "a task waits for nothing"
            );
            self.ring_if_due();
        }
    }

    fn ring_if_due(&self) {
        let now = self.host.now_ms();
        if self.host.alarm_ms.get().is_some_and(|at| at <= now) {
            self.ring();
        }
    }

    /// Calls the alarm.
    pub fn ring(&self) {
        self.host.alarm_ms.set(None);
        let object = Rc::clone(&self.object.borrow());
        self.host
            .clock
            .spawn(Box::pin(async move { object.alarm().await }));
    }

    /// Sends a request and waits for its whole answer.
    pub fn ask(&self, request: &Value) -> Rc<Client> {
        let client = self.post(request);
        self.finish();
        client
    }

    /// Kills the object with all its tasks and connections. What is stored stays.
    pub fn kill(&self) {
        self.host.clock.kill_all();
        self.object.replace(ChatObject::new(
            Rc::clone(&self.host),
            Rc::clone(&self.isolate),
        ));
    }

    /// The items of a thread, as a page gets them.
    pub fn items(&self, thread: &str) -> Vec<Value> {
        let request = json!({"type": "items.list", "params": {"thread_id": thread, "limit": 100, "order": "asc"}});
        let client = self.post(&request);
        self.host.clock.settle_now();
        let page = client.json();
        page["data"].as_array().expect("a list").clone()
    }

    /// The text of the assistant's messages of a thread.
    pub fn answer(&self, thread: &str) -> String {
        let items = self.items(thread);
        let messages = items
            .iter()
            .filter(|item| item["type"] == "assistant_message");
        let parts = messages.flat_map(|item| item["content"].as_array().expect("parts"));
        parts.filter_map(|part| part["text"].as_str()).collect()
    }

    /// A counter's sum.
    pub fn counted(&self, counter: &str) -> u64 {
        let counts = self.host.counts.borrow();
        counts.get(counter).copied().unwrap_or_default()
    }

    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.host.counts.borrow().clone()
    }

    /// The lines of the log with this event.
    pub fn lines(&self, event: &str) -> Vec<Value> {
        let lines = self.host.lines.borrow();
        let with_event = lines.iter().filter(|line| line["event"] == event);
        with_event.cloned().collect()
    }
}

async fn receive(
    object: &Rc<ChatObject<Host>>,
    host: &Host,
    client: &Client,
    request: ObjectRequest,
) {
    let push = |text: String| client.pieces.borrow_mut().push((host.now_ms(), text));
    match object.serve(request).await {
        ObjectReply::Json(json) => {
            client.status.set(200);
            push(json);
        }
        ObjectReply::Refused { status, body } => {
            client.status.set(status);
            push(body);
        }
        ObjectReply::Frames { run, frames } => {
            client.status.set(200);
            client.run.replace(run);
            push(frames);
        }
        ObjectReply::Live { run, mut reader } => {
            client.status.set(200);
            client.run.replace(Some(run.clone()));
            while let Some(frames) = reader.next().await {
                check_is_stored(&frames, &run, host);
                push(frames);
            }
        }
    }
    client.is_over.set(true);
}

/// Whatever says that something is complete is stored, with its frame, before a client gets it.
fn check_is_stored(frames: &str, run: &str, host: &Host) {
    if host.run(run).expect("a store").is_none() {
        return;
    }
    let stored = host.frames(run).expect("a store");
    for event in events_of(frames) {
        if event["type"] != "thread.item.done" {
            continue;
        }
        let id = event["item"]["id"].as_str().expect("an id");
        assert!(stored.contains(&event.to_string()), "no frame: {event}");
        let thread = event["item"]["thread_id"].as_str().expect("an id");
        let item = host.item(thread, id).expect("a store");
        let item = serde_json::to_value(item.expect("the item is stored")).expect("JSON");
        assert_eq!(item, event["item"]);
    }
}

pub fn content(text: &str) -> Value {
    json!([{"type": "input_text", "text": text}])
}

/// A message that begins a thread.
pub fn create(text: &str) -> Value {
    json!({"type": "threads.create", "params": {"input": {"content": content(text)}}})
}

/// A message in a thread.
pub fn add(thread: &str, text: &str) -> Value {
    json!({"type": "threads.add_user_message", "params": {"thread_id": thread, "input": {"content": content(text)}}})
}
