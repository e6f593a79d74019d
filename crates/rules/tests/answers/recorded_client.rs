//! A client of the object: what it received, and when. Whatever says that something is complete must be stored by then.

use super::object_host::Host;
use chatkit::server::store::Store;
use futures::StreamExt;
use rules::platform::Clock;
use rules::runs::chat_object::ChatObject;
use rules::runs::object_reply::ObjectReply;
use rules::runs::object_request::ObjectRequest;
use rules::runs::run_host::RunStore;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What a client received.
#[derive(Default)]
pub struct Client {
    pub status: Cell<u16>,
    pub run: RefCell<Option<String>>,
    /// The pieces of the body, with their times.
    pub pieces: RefCell<Vec<(u64, String)>>,
    pub is_over: Cell<bool>,
    pub has_left: Cell<bool>,
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

/// Sends a request and reads its whole answer.
pub async fn receive(
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
