//! A server with one agent, on a store in memory.

use chatkit::protocol::{AssistantContent, ChatKitRequest, ItemBody, ThreadItem, ThreadStatus};
use chatkit::server::engine::{AgentInfo, Agents, Engine, Opening, Reply};
use chatkit::server::env::CountingEnv;
use chatkit::server::memory_store::MemoryStore;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::{EntryKind, Store};
use serde_json::{Value, json};

struct OneAgent;

impl Agents for OneAgent {
    fn info(&self, _name: Option<&str>) -> AgentInfo {
        AgentInfo {
            models: vec!["m".to_owned()],
            tools: vec!["show".to_owned()],
            titles_by_words: true,
        }
    }
}

#[derive(Default)]
pub struct Server {
    pub store: MemoryStore,
    pub env: CountingEnv,
}

impl Server {
    pub fn handle(&mut self, kind: &str, params: Value) -> Result<Reply, ServerError> {
        self.env.pass(1);
        let request = ChatKitRequest::parse(&json!({"type": kind, "params": params}))
            .map_err(ServerError::Invalid)?;
        Engine {
            store: &self.store,
            env: &mut self.env,
            agents: &OneAgent,
            agent: Some("sales"),
        }
        .handle(&request)
    }

    pub fn json(&mut self, kind: &str, params: Value) -> Value {
        match self.handle(kind, params).unwrap() {
            Reply::Json(json) => serde_json::from_str(&json).unwrap(),
            Reply::Stream(_) => panic!("{kind} has a stream"),
        }
    }

    pub fn stream(&mut self, kind: &str, params: Value) -> Opening {
        match self.handle(kind, params).unwrap() {
            Reply::Stream(opening) => *opening,
            Reply::Json(json) => panic!("{kind} has JSON: {json}"),
        }
    }

    pub fn create(&mut self, text: &str) -> String {
        let input = json!({"content": [{"type": "input_text", "text": text}]});
        self.stream("threads.create", json!({"input": input}))
            .thread_id
    }

    pub fn put(&self, thread: &str, id: &str, body: ItemBody, kind: EntryKind) {
        let item = ThreadItem {
            id: id.to_owned(),
            thread_id: thread.to_owned(),
            created_at: self.env.time,
            body,
        };
        self.store.put_item(&item, kind).unwrap();
    }

    /// Items as other parts of the server add them.
    pub fn put_json(&self, thread: &str, mut item: Value) {
        item["thread_id"] = thread.into();
        item["created_at"] = "2026-11-28T07:12:35.000001Z".into();
        let item: ThreadItem = serde_json::from_value(item).unwrap();
        self.store.put_item(&item, EntryKind::Item).unwrap();
    }

    pub fn answer(&self, thread: &str, id: &str) {
        let content = vec![AssistantContent::text("x")];
        let body = ItemBody::AssistantMessage { content };
        self.put(thread, id, body, EntryKind::Derived);
    }

    pub fn set_status(&self, thread: &str, status: ThreadStatus) {
        let mut stored = self.store.thread(thread).unwrap().unwrap();
        stored.thread.status = status;
        self.store.put_thread(&stored).unwrap();
    }
}

pub fn types(opening: &Opening) -> Vec<String> {
    let events = opening
        .events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap());
    events
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

pub fn ids(page: &Value) -> Vec<&str> {
    let data = page["data"].as_array().unwrap().iter();
    data.map(|entry| entry["id"].as_str().unwrap()).collect()
}
