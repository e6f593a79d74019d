//! One response of the model in a thread: takes the model's events and gives ChatKit's.
//!
//! What the page sees is the reference's mapping, with these differences: every summary of the reasoning streams; tools of the
//! server appear as tasks of the workflow; refusals are text; a finished part keeps its annotations; what was cut off is kept.
//! Nothing that the model sends ends an answer: what is unknown, comes twice or comes too late is skipped.
//!
//! An [`Answer`] can be stored after any event and go on from there.

mod emitter;
mod message_part;
mod model_record;
mod output_slots;
mod response_items;
mod sources;
mod workflow_tasks;

use crate::protocol::{NoticeLevel, StatusIndicator, StreamEvent, ThreadItem};
use crate::responses::{FunctionCall, ModelEvent, ModelEventBody, ModelItem, Terminal, Usage};
use crate::server::env::Env;
use emitter::{Emitter, item};
use model_record::ModelRecord;
use response_items::ResponseItems;
use serde::{Deserialize, Serialize};

/// One response of the model, while it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    thread_id: String,
    items: ResponseItems,
    record: ModelRecord,
    usage: Usage,
    response_id: Option<String>,
    last_sequence: Option<u64>,
    terminal: Option<Terminal>,
    has_started: bool,
    is_closed: bool,
}

/// Why no more events of the model come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The response has ended.
    Finished,
    /// The visitor stopped it.
    Stopped,
    /// It failed or broke off.
    Interrupted,
}

impl Answer {
    /// An answer in this thread.
    #[must_use]
    pub fn new(thread_id: &str) -> Self {
        Self {
            thread_id: thread_id.to_owned(),
            items: ResponseItems::default(),
            record: ModelRecord::default(),
            usage: Usage::default(),
            response_id: None,
            last_sequence: None,
            terminal: None,
            has_started: false,
            is_closed: false,
        }
    }

    /// Takes one event of the model. The events go to the page in this order.
    ///
    /// A failure gives no event: [`terminal`](Self::terminal) has it. Nothing is accepted after the terminal event.
    pub fn accept(&mut self, event: &ModelEvent, env: &mut impl Env) -> Vec<StreamEvent> {
        if self.is_closed || self.terminal.is_some() {
            return Vec::new();
        }
        if event.sequence_number.is_some() {
            self.last_sequence = event.sequence_number;
        }
        let mut out = Emitter::new(&self.thread_id, env);
        match &event.body {
            ModelEventBody::Started { response_id } => {
                if self.response_id.is_none() {
                    self.response_id.clone_from(response_id);
                }
            }
            ModelEventBody::ItemDone(place, item) => {
                if let Some(finished) = self.items.finish(place, item, &mut out) {
                    self.record.add(item, finished);
                }
            }
            ModelEventBody::Ended(ended) => {
                if !matches!(ended.terminal, Terminal::Failed { .. }) {
                    for (item, finished) in
                        self.items.finish_rest(ended.output.as_deref(), &mut out)
                    {
                        self.record.add(&item, finished);
                    }
                }
                out.events.extend(notice(&ended.terminal));
                self.terminal = Some(ended.terminal.clone());
                self.usage = ended.usage.unwrap_or(self.usage);
                if self.response_id.is_none() {
                    self.response_id.clone_from(&ended.response_id);
                }
            }
            other => self.items.accept(other, &mut out),
        }
        let events = out.events;
        self.has_started |= !events.is_empty();
        events
    }

    /// Closes what is open: after a terminal event, an interruption, a stop, a failure.
    ///
    /// Text is kept. Messages without text and workflows without tasks are removed. A tool that was at work counts as complete
    /// only if the response has ended by itself.
    pub fn close(&mut self, ending: Ending, env: &mut impl Env) -> Vec<StreamEvent> {
        if std::mem::replace(&mut self.is_closed, true) {
            return Vec::new();
        }
        let status = match ending {
            Ending::Finished => StatusIndicator::Complete,
            Ending::Stopped | Ending::Interrupted => StatusIndicator::None,
        };
        let mut out = Emitter::new(&self.thread_id, env);
        let messages = self.items.close(status, &mut out);
        self.record
            .close(messages.iter().map(message_part::OpenMessage::texts));
        out.events
    }

    /// Items that were added and are not done, as they are so far.
    #[must_use]
    pub fn open_items(&self) -> Vec<ThreadItem> {
        let open = self.items.open();
        open.map(|(id, created_at, body)| item(&self.thread_id, id, created_at, body))
            .collect()
    }

    /// The model's items that were completed since the last call, in order, to be sent to the model again.
    ///
    /// Reasoning is held back until something follows it. After [`close`](Self::close) the rest comes: the text of messages that
    /// broke off, without reasoning that nothing followed.
    pub fn take_model_items(&mut self) -> Vec<ModelItem> {
        self.record.take()
    }

    /// The model's calls of the agent's functions. Each needs an output before the next call to the model.
    #[must_use]
    pub fn function_calls(&self) -> &[FunctionCall] {
        self.record.function_calls()
    }

    /// The tokens, which are known from the terminal event.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The response's id at the server, by which a background response can be continued.
    #[must_use]
    pub fn response_id(&self) -> Option<&str> {
        self.response_id.as_deref()
    }

    /// The number of the last event that was accepted.
    #[must_use]
    pub fn last_sequence(&self) -> Option<u64> {
        self.last_sequence
    }

    /// How the response ended, if it has.
    #[must_use]
    pub fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// How many tools were called: the server's own and functions.
    #[must_use]
    pub fn tool_calls(&self) -> u32 {
        self.items.tool_calls()
    }

    /// Whether something was shown.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.has_started
    }
}

/// What the visitor is told of an answer that was cut off. A content filter is a failure, of which the host tells.
fn notice(terminal: &Terminal) -> Option<StreamEvent> {
    let Terminal::Incomplete(reason) = terminal else {
        return None;
    };
    let message = match reason.as_str() {
        "max_output_tokens" => "The answer was cut off because it reached its maximum length.",
        "content_filter" => return None,
        _ => "The answer was cut off.",
    };
    Some(StreamEvent::Notice {
        level: NoticeLevel::Warning,
        message: message.to_owned(),
        title: None,
    })
}
