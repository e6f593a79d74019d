//! One user: the object, the clients that call it, and what they received.

use super::object_host::{API_KEY, Host};
use super::recorded_client::{Client, receive};
use futures::future::select;
use rules::chat::chat_call::ChatCall;
use rules::isolate::Isolate;
use rules::platform::Clock;
use rules::runs::chat_object::ChatObject;
use rules::runs::object_request::{ObjectOperation, ObjectRequest};
use rules::runs::run_host::Task;
use rules::settings::Settings;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

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
        let host = Rc::new(Host::new());
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
        self.send(call, request_of(request))
    }

    pub fn attach(&self, run: &str) -> Rc<Client> {
        self.send(self.call(), ObjectOperation::Attach(run.to_owned()))
    }

    pub fn stop(&self, run: &str) -> Rc<Client> {
        self.send(self.call(), ObjectOperation::Stop(run.to_owned()))
    }

    /// The same at a time from now. Then it goes before what an answer that begins later does at this time.
    pub fn post_in_ms(&self, ms: u64, request: &Value) -> Rc<Client> {
        let clock = Rc::clone(&self.host.clock);
        let at_ms = clock.now_ms() + ms;
        let gate = Box::pin(async move { clock.until(at_ms).await });
        self.send_after(gate, self.call(), request_of(request))
    }

    /// The same as soon as a client has left. Then it goes before what the client's answer does about it.
    pub fn post_after(&self, client: &Rc<Client>, request: &Value) -> Rc<Client> {
        let client = Rc::clone(client);
        let gate = poll_fn(move |_| match client.has_left.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        self.send_after(Box::pin(gate), self.call(), request_of(request))
    }

    fn send(&self, call: ChatCall, operation: ObjectOperation) -> Rc<Client> {
        self.send_after(Box::pin(async {}), call, operation)
    }

    fn send_after(&self, gate: Task, call: ChatCall, operation: ObjectOperation) -> Rc<Client> {
        let client = Rc::new(Client::default());
        let (received, host) = (Rc::clone(&client), Rc::clone(&self.host));
        let object = Rc::clone(&self.object.borrow());
        self.host.clock.spawn(Box::pin(async move {
            gate.await;
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

fn request_of(request: &Value) -> ObjectOperation {
    let raw = RawValue::from_string(request.to_string()).expect("JSON");
    ObjectOperation::Request(raw)
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
