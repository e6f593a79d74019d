//! One answer in a thread: a model response, or several if the model calls functions.
//!
//! A turn can be stored as JSON with each save and go on later, because everything that it knows is in it or in the store.

use super::answer::{Answer, Ending};
use super::env::Env;
use super::history;
use super::item_text::function_output;
use super::store::{EntryKind, Store, Stored};
use crate::protocol::{ClientToolStatus, ItemBody, StreamEvent, ThreadItem, to_json};
use crate::responses::{FunctionCall, ModelEvent, Terminal, Usage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What the model reads after the user stopped an answer.
const STOPPED: &str =
    "The user stopped your previous answer. Do not go on with it unless the user asks for it.";

/// What the model reads if it calls a function that the server does not know.
const UNKNOWN_FUNCTION: &str = "There is no function of this name.";
const INVALID_ARGUMENTS: &str = "The function was not run: its arguments are not a JSON object.";

/// How many model responses a turn may have, unless the agent says otherwise.
pub const MAX_ROUNDS: u32 = 10;

/// An answer that is wanted or being given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Turn {
    thread_id: String,
    /// The model that the visitor chose.
    model: Option<String>,
    /// The tool that the visitor chose.
    tool: Option<String>,
    /// For a retry: the place of the message that is answered again. Everything after it is deleted once the model answers.
    retry_of: Option<u64>,
    /// The number of the current model response, from 1.
    round: u32,
    answer: Answer,
    /// What former responses of the turn used.
    used: Usage,
    former_tool_calls: u32,
}

/// How the model's stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// With a terminal event.
    Finished,
    /// The user stopped it.
    Stopped,
    /// It broke off.
    Interrupted,
}

/// What an event of the model led to.
#[derive(Debug, Default)]
pub struct Taken {
    /// The events for the page.
    pub events: Vec<StreamEvent>,
    /// Whether anything was stored, so that the host stores the turn too.
    pub has_stored: bool,
}

/// What follows the end of a stream.
#[derive(Debug)]
pub struct TurnEnd {
    /// The last events.
    pub events: Vec<StreamEvent>,
    /// Whether the model is to be called again.
    pub calls_again: bool,
}

impl Turn {
    /// The answer to the newest message of a thread.
    #[must_use]
    pub fn new(thread_id: &str) -> Self {
        Self {
            thread_id: thread_id.to_owned(),
            model: None,
            tool: None,
            retry_of: None,
            round: 1,
            answer: Answer::new(thread_id),
            used: Usage::default(),
            former_tool_calls: 0,
        }
    }

    /// With the model and the tool that the visitor chose.
    #[must_use]
    pub fn choosing(mut self, model: Option<String>, tool: Option<String>) -> Self {
        self.model = model;
        self.tool = tool;
        self
    }

    /// Another answer to the message at a place.
    #[must_use]
    pub fn retrying(mut self, place: u64) -> Self {
        self.retry_of = Some(place);
        self
    }

    /// The thread.
    #[must_use]
    pub fn thread_id(&self) -> &str {
        &self.thread_id
    }

    /// The model that the visitor chose.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The tool that the visitor chose. It is for the first response: the model would call it for ever.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.tool.as_deref().filter(|_| self.round == 1)
    }

    /// The answer so far.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The place of the message that is answered again.
    #[must_use]
    pub fn retry_of(&self) -> Option<u64> {
        self.retry_of
    }

    /// What all responses of the turn used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.used.plus(self.answer.usage())
    }

    /// How many tools were called in all responses.
    #[must_use]
    pub fn tool_calls(&self) -> u32 {
        self.former_tool_calls
            .saturating_add(self.answer.tool_calls())
    }

    /// The input of the next call.
    ///
    /// # Errors
    /// The store's.
    pub fn input(&self, store: &impl Store, limit: usize) -> Stored<Vec<Box<RawValue>>> {
        history::model_input(store, &self.thread_id, self.retry_of, limit)
    }

    /// Takes one event of the model. What is complete is stored before its event is returned.
    ///
    /// # Errors
    /// The store's.
    pub fn accept(
        &mut self,
        event: &ModelEvent,
        store: &impl Store,
        env: &mut impl Env,
    ) -> Stored<Taken> {
        let events = self.answer.accept(event, env);
        self.commit(events, store)
    }

    /// Stores the items that still grow, as they are so far.
    ///
    /// # Errors
    /// The store's.
    pub fn save(&self, store: &impl Store) -> Stored<()> {
        self.answer
            .open_items()
            .iter()
            .try_for_each(|item| store.put_item(item, EntryKind::Derived))
    }

    /// Ends the current response. Closes what is open, and decides what follows.
    ///
    /// `client_tools` are the functions of the page. `rounds` is how many responses the turn may have.
    ///
    /// # Errors
    /// The store's.
    pub fn end(
        &mut self,
        end: StreamEnd,
        client_tools: &[String],
        rounds: u32,
        store: &impl Store,
        env: &mut impl Env,
    ) -> Stored<TurnEnd> {
        let is_complete = end == StreamEnd::Finished
            && matches!(self.answer.terminal(), Some(Terminal::Completed));
        let ending = match end {
            StreamEnd::Finished => Ending::Finished,
            StreamEnd::Stopped => Ending::Stopped,
            StreamEnd::Interrupted => Ending::Interrupted,
        };
        store.transaction(|| {
            let events = self.answer.close(ending, env);
            let mut events = self.commit(events, store)?.events;
            // A retry that is stopped before its first event has changed nothing: the former answer was not stopped.
            if end == StreamEnd::Stopped && self.retry_of.is_none() {
                let body = ItemBody::SdkHiddenContext {
                    content: STOPPED.to_owned(),
                };
                store.put_item(&self.new_item("shcx", body, env), EntryKind::Hidden)?;
            }
            let calls = if is_complete {
                self.answer.function_calls().to_vec()
            } else {
                Vec::new()
            };
            let mut calls_again = false;
            let mut has_client_call = false;
            for call in &calls {
                match self.client_call(call, client_tools, env) {
                    // The page can run one call at a time; the others follow once it has answered.
                    Ok(_) if has_client_call => {}
                    Ok(item) => {
                        has_client_call = true;
                        store.put_item(&item, EntryKind::Derived)?;
                        events.push(StreamEvent::ItemDone { item });
                    }
                    Err(output) => {
                        calls_again = true;
                        add_output(&self.thread_id, &call.call_id, &Value::from(output), store)?;
                    }
                }
            }
            calls_again = calls_again && !has_client_call && self.round < rounds;
            if calls_again {
                self.begin_next_round();
            }
            Ok(TurnEnd {
                events,
                calls_again,
            })
        })
    }

    fn begin_next_round(&mut self) {
        self.used = self.usage();
        self.former_tool_calls = self.tool_calls();
        self.answer = Answer::new(&self.thread_id);
        self.round = self.round.saturating_add(1);
        self.retry_of = None;
    }

    /// The item that calls a function of the page, or what the model is told instead.
    fn client_call(
        &self,
        call: &FunctionCall,
        client_tools: &[String],
        env: &mut impl Env,
    ) -> Result<ThreadItem, &'static str> {
        if !client_tools.contains(&call.name) {
            return Err(UNKNOWN_FUNCTION);
        }
        client_tool_call(call).map(|body| self.new_item("tc", body, env))
    }

    fn new_item(&self, prefix: &str, body: ItemBody, env: &mut impl Env) -> ThreadItem {
        ThreadItem {
            id: env.id(prefix),
            thread_id: self.thread_id.clone(),
            created_at: env.now(),
            body,
        }
    }

    /// Stores what events and model items say. A retry deletes the former answer with the first event of the new one, so that a
    /// model that does not answer costs nobody the answer that is there.
    fn commit(&mut self, events: Vec<StreamEvent>, store: &impl Store) -> Stored<Taken> {
        let model_items = self.answer.take_model_items();
        let mut taken = Taken {
            has_stored: !model_items.is_empty(),
            ..Taken::default()
        };
        if events.is_empty() && model_items.is_empty() {
            return Ok(taken);
        }
        if let Some(place) = self.retry_of.take() {
            let removed = store.delete_after(&self.thread_id, place)?;
            taken.events.extend(
                removed
                    .into_iter()
                    .map(|item_id| StreamEvent::ItemRemoved { item_id }),
            );
            taken.has_stored = true;
        }
        for event in &events {
            match event {
                StreamEvent::ItemDone { item } => store.put_item(item, EntryKind::Derived)?,
                StreamEvent::ItemRemoved { item_id } => {
                    store.delete_item(&self.thread_id, item_id)?
                }
                _ => continue,
            }
            taken.has_stored = true;
        }
        for model_item in &model_items {
            store.add_model_item(&self.thread_id, &model_item.item)?;
        }
        taken.events.extend(events);
        Ok(taken)
    }
}

/// The item that calls a function of the page.
///
/// # Errors
/// What the model is told if its arguments are wrong.
pub fn client_tool_call(call: &FunctionCall) -> Result<ItemBody, &'static str> {
    let text = if call.arguments.trim().is_empty() {
        "{}"
    } else {
        &call.arguments
    };
    let arguments: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| INVALID_ARGUMENTS)?;
    Ok(ItemBody::ClientToolCall {
        status: ClientToolStatus::Pending,
        call_id: call.call_id.clone(),
        name: call.name.clone(),
        arguments,
        output: None,
    })
}

/// Adds a function's output to what the model gets.
///
/// # Errors
/// The store's.
pub fn add_output(
    thread_id: &str,
    call_id: &str,
    output: &Value,
    store: &impl Store,
) -> Stored<()> {
    let json = to_json(&function_output(call_id, output));
    let item = RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned());
    store.add_model_item(thread_id, &item)
}
