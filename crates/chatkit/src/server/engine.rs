//! Takes requests: JSON for those that only read or change something ([`super::json_requests`]), first events and a [`Turn`] for
//! those that want an answer ([`super::stream_requests`]).
//!
//! A request either changes everything that it should or nothing: it is checked before the first write, and its writes are one
//! transaction.

use super::env::Env;
use super::server_error::ServerError;
use super::store::{Store, StoredThread};
use super::turn::Turn;
use crate::protocol::{ChatKitRequest, ItemBody, Operation, StreamEvent, ThreadItem, ThreadStatus};

/// What a request has to know of an agent.
#[derive(Debug, Clone, Default)]
pub struct AgentInfo {
    /// The models that a visitor may choose.
    pub models: Vec<String>,
    /// The tools that a visitor may choose: names of functions, types of other tools.
    pub tools: Vec<String>,
    /// Whether the first words of a thread become its title.
    pub titles_by_words: bool,
}

/// The agents of a server. A thread whose agent is gone is answered by the default one.
pub trait Agents {
    /// An agent by its name; `None`: the default one.
    fn info(&self, name: Option<&str>) -> AgentInfo;
}

/// What a request gets.
#[derive(Debug)]
pub enum Reply {
    /// JSON.
    Json(String),
    /// A stream.
    Stream(Box<Opening>),
}

/// The beginning of a stream.
#[derive(Debug)]
pub struct Opening {
    /// The thread.
    pub thread_id: String,
    /// The first events. What they say is stored.
    pub events: Vec<StreamEvent>,
    /// The answer that is wanted, if one is.
    pub turn: Option<Turn>,
}

/// Takes the requests of one user.
#[derive(Debug)]
pub struct Engine<'a, S, E, A> {
    /// The user's store.
    pub store: &'a S,
    /// The time, and new ids.
    pub env: &'a mut E,
    /// The agents.
    pub agents: &'a A,
    /// The agent that the page asks for.
    pub agent: Option<&'a str>,
}

impl<S: Store, E: Env, A: Agents> Engine<'_, S, E, A> {
    /// Takes a request.
    ///
    /// # Errors
    /// [`ServerError`]; nothing was changed then.
    pub fn handle(&mut self, request: &ChatKitRequest) -> Result<Reply, ServerError> {
        let opening = match &request.operation {
            Operation::CreateThread { input } => self.create_thread(input),
            Operation::AddUserMessage { thread_id, input } => {
                self.add_user_message(thread_id, input)
            }
            Operation::AddClientToolOutput {
                thread_id,
                call,
                result,
            } => self.add_client_tool_output(thread_id, call.as_deref(), result),
            Operation::AddStructuredInput {
                thread_id,
                item_id,
                input,
            } => self.add_structured_input(thread_id, item_id, input),
            Operation::RetryAfterItem { thread_id, item_id } => {
                self.retry_after_item(thread_id, item_id)
            }
            Operation::CustomAction(action) => self.custom_action(action),
            other => return self.handle_json(other).map(Reply::Json),
        };
        opening.map(|opening| Reply::Stream(Box::new(opening)))
    }

    pub(super) fn thread(&self, id: &str) -> Result<StoredThread, ServerError> {
        self.store
            .thread(id)?
            .ok_or(ServerError::NotFound("thread"))
    }

    /// A thread that takes messages.
    pub(super) fn open_thread(&self, id: &str) -> Result<StoredThread, ServerError> {
        let stored = self.thread(id)?;
        match stored.thread.status {
            ThreadStatus::Active => Ok(stored),
            ThreadStatus::Locked { reason } | ThreadStatus::Closed { reason } => {
                Err(ServerError::ThreadClosed(reason))
            }
        }
    }

    /// An item that pages see.
    pub(super) fn item(&self, thread_id: &str, id: &str) -> Result<ThreadItem, ServerError> {
        let item = self
            .store
            .item(thread_id, id)?
            .filter(|item| !item.body.is_hidden());
        item.ok_or(ServerError::NotFound("item"))
    }

    pub(super) fn new_item(&mut self, prefix: &str, thread_id: &str, body: ItemBody) -> ThreadItem {
        ThreadItem {
            id: self.env.id(prefix),
            thread_id: thread_id.to_owned(),
            created_at: self.env.now(),
            body,
        }
    }
}
