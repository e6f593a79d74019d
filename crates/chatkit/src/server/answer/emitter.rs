//! Collects the events of one step of an answer.

use crate::protocol::{ItemBody, ItemUpdate, StreamEvent, ThreadItem, Timestamp};
use crate::server::env::Env;

/// What a step may use: the thread's id, the host, and the events so far.
pub(super) struct Emitter<'a, E> {
    thread_id: &'a str,
    env: &'a mut E,
    pub(super) events: Vec<StreamEvent>,
}

impl<'a, E: Env> Emitter<'a, E> {
    pub(super) fn new(thread_id: &'a str, env: &'a mut E) -> Self {
        Self {
            thread_id,
            env,
            events: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.env.now()
    }

    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.env.id(prefix)
    }

    pub(super) fn added(&mut self, id: &str, created_at: Timestamp, body: ItemBody) {
        let item = item(self.thread_id, id, created_at, body);
        self.events.push(StreamEvent::ItemAdded { item });
    }

    pub(super) fn updated(&mut self, id: &str, update: ItemUpdate) {
        self.events.push(StreamEvent::ItemUpdated {
            item_id: id.to_owned(),
            update,
        });
    }

    pub(super) fn done(&mut self, id: &str, created_at: Timestamp, body: ItemBody) {
        let item = item(self.thread_id, id, created_at, body);
        self.events.push(StreamEvent::ItemDone { item });
    }

    pub(super) fn removed(&mut self, id: &str) {
        self.events.push(StreamEvent::ItemRemoved {
            item_id: id.to_owned(),
        });
    }
}

/// An item of the thread.
pub(super) fn item(thread_id: &str, id: &str, created_at: Timestamp, body: ItemBody) -> ThreadItem {
    ThreadItem {
        id: id.to_owned(),
        thread_id: thread_id.to_owned(),
        created_at,
        body,
    }
}
