//! The items of a response as the page sees them: messages, and a workflow with the thoughts and tools before them.

use super::emitter::Emitter;
use super::message_part::OpenMessage;
use super::output_slots::{Shown, Slot, Slots};
use super::sources::{complete_task, loading_task};
use super::workflow_tasks::{Thought, Workflows};
use crate::protocol::{ItemBody, StatusIndicator, Timestamp};
use crate::responses::output_item::OutputBody;
use crate::responses::{
    MessagePart, ModelEventBody, ModelItem, OutputItem, PartPlace, Place, SummaryPlace,
};
use crate::server::env::Env;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const MESSAGE: &str = "message";
const REASONING: &str = "reasoning";

/// What became of a finished item.
#[derive(Debug)]
pub(super) struct Finished {
    /// The text of a message that was streamed but is missing in the item.
    pub(super) missing: Option<ModelItem>,
}

/// All output items and the open workflow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ResponseItems {
    slots: Slots,
    workflows: Workflows,
}

impl ResponseItems {
    /// Takes what is neither the end of an item nor that of the response.
    pub(super) fn accept<E: Env>(&mut self, event: &ModelEventBody, out: &mut Emitter<'_, E>) {
        match event {
            ModelEventBody::ItemAdded(place, item) => self.begin(place, item, out),
            ModelEventBody::PartAdded(place, part) => {
                self.write(place, out, |index, message, out| {
                    message.begin_part(index, part, out);
                });
            }
            ModelEventBody::TextDelta(place, delta) => {
                self.write(place, out, |index, message, out| {
                    message.append(index, delta, out);
                });
            }
            ModelEventBody::TextDone(place, text) => {
                let whole = MessagePart {
                    text: text.clone(),
                    citations: Vec::new(),
                };
                self.write(place, out, |index, message, out| {
                    message.finish_part(index, &whole, out);
                });
            }
            ModelEventBody::PartDone(place, whole) => {
                self.write(place, out, |index, message, out| {
                    message.finish_part(index, whole, out);
                });
            }
            ModelEventBody::CitationAdded(place, citation) => {
                self.write(place, out, |index, message, out| {
                    message.cite(index, citation, out);
                });
            }
            ModelEventBody::SummaryDelta(place, delta) => {
                self.think(place, delta, Thought::append, out);
            }
            ModelEventBody::SummaryDone(place, text) => {
                self.think(place, text, Thought::finish, out);
            }
            ModelEventBody::Started { .. }
            | ModelEventBody::ItemDone(..)
            | ModelEventBody::Ended(_)
            | ModelEventBody::StreamDone
            | ModelEventBody::Other => {}
        }
    }

    /// Takes a finished item. `None` if it was finished before.
    pub(super) fn finish<E: Env>(
        &mut self,
        place: &Place,
        item: &OutputItem,
        out: &mut Emitter<'_, E>,
    ) -> Option<Finished> {
        let slot = self.slots.finish(place, item)?;
        let mut missing = None;
        match &item.body {
            OutputBody::Message { parts } => {
                let open = match std::mem::take(&mut slot.shown) {
                    Shown::Message(message) => Some(message),
                    _ => None,
                };
                let is_shown = open.is_some();
                let mut message = open.unwrap_or_else(|| OpenMessage::new(out));
                message.correct(parts);
                if !message.is_blank() {
                    if !is_shown {
                        self.workflows.finish(out);
                    }
                    if parts.iter().all(|(_, part)| part.is_blank()) {
                        missing = ModelItem::assistant_message(&message.texts());
                    }
                    out.done(&message.id, message.created_at, message.body());
                } else if is_shown {
                    out.removed(&message.id);
                }
            }
            OutputBody::Reasoning { summaries } => {
                for (summary_index, text) in (0_u64..).zip(summaries) {
                    let workflows = &mut self.workflows;
                    slot.think(summary_index, text, Thought::finish, workflows, out);
                }
            }
            body => {
                if let Some(task) = complete_task(body) {
                    match &slot.shown {
                        Shown::Task(place) => self.workflows.update(place, task, out),
                        _ => slot.shown = Shown::Task(self.workflows.add(task, out)),
                    }
                }
            }
        }
        Some(Finished { missing })
    }

    /// Takes the items of the whole output that were never sent by themselves, and gives them.
    pub(super) fn finish_rest<E: Env>(
        &mut self,
        output: Option<&RawValue>,
        out: &mut Emitter<'_, E>,
    ) -> Vec<(OutputItem, Finished)> {
        let output: Vec<&RawValue> = output
            .and_then(|output| serde_json::from_str(output.get()).ok())
            .unwrap_or_default();
        let mut rest = Vec::new();
        if output.len() <= self.slots.finished() {
            return rest;
        }
        for (index, item) in (0_u64..).zip(output) {
            let Some(item) = OutputItem::read(item) else {
                continue;
            };
            let place = Place {
                output_index: Some(index),
                item_id: None,
            };
            if self.slots.is_finished(index, &item) {
                continue;
            }
            if let Some(finished) = self.finish(&place, &item, out) {
                rest.push((item, finished));
            }
        }
        rest
    }

    /// Closes what is open and gives the messages that broke off.
    pub(super) fn close<E: Env>(
        &mut self,
        status: StatusIndicator,
        out: &mut Emitter<'_, E>,
    ) -> Vec<OpenMessage> {
        let messages = self.slots.close();
        for message in &messages {
            if message.is_blank() {
                out.removed(&message.id);
            } else {
                out.done(&message.id, message.created_at, message.body());
            }
        }
        self.workflows.end(status, out);
        messages
    }

    /// What is open.
    pub(super) fn open(&self) -> impl Iterator<Item = (&str, Timestamp, ItemBody)> {
        let messages = self.slots.open_messages();
        let messages =
            messages.map(|message| (message.id.as_str(), message.created_at, message.body()));
        messages.chain(self.workflows.current())
    }

    /// How many tools were called.
    pub(super) fn tool_calls(&self) -> u32 {
        u32::try_from(self.slots.tool_calls()).unwrap_or(u32::MAX)
    }

    fn begin<E: Env>(&mut self, place: &Place, item: &OutputItem, out: &mut Emitter<'_, E>) {
        let Some(slot) = self.slots.begin(place, item) else {
            return;
        };
        match &item.body {
            OutputBody::Message { .. } => {
                slot.message(&mut self.workflows, out);
            }
            OutputBody::Reasoning { .. } => self.workflows.open(out),
            body => {
                if let Some(task) = loading_task(body) {
                    slot.shown = Shown::Task(self.workflows.add(task, out));
                }
            }
        }
    }

    /// Changes a message, which appears first if it was not announced.
    fn write<E: Env>(
        &mut self,
        place: &PartPlace,
        out: &mut Emitter<'_, E>,
        change: impl FnOnce(u64, &mut OpenMessage, &mut Emitter<'_, E>),
    ) {
        let Some(slot) = self.slots.grow(&place.item, MESSAGE) else {
            return;
        };
        if let Some(message) = slot.message(&mut self.workflows, out) {
            change(place.content_index, message, out);
        }
    }

    fn think<E: Env>(
        &mut self,
        place: &SummaryPlace,
        text: &str,
        change: impl FnOnce(&mut Thought, &str, &mut Workflows, &mut Emitter<'_, E>),
        out: &mut Emitter<'_, E>,
    ) {
        if let Some(slot) = self.slots.grow(&place.item, REASONING) {
            slot.think(place.summary_index, text, change, &mut self.workflows, out);
        }
    }
}

impl Slot {
    /// The message of this slot. A new one closes the open workflow.
    fn message<E: Env>(
        &mut self,
        workflows: &mut Workflows,
        out: &mut Emitter<'_, E>,
    ) -> Option<&mut OpenMessage> {
        if matches!(self.shown, Shown::Nothing) {
            workflows.finish(out);
            let message = OpenMessage::new(out);
            out.added(&message.id, message.created_at, message.body());
            self.shown = Shown::Message(message);
        }
        match &mut self.shown {
            Shown::Message(message) => Some(message),
            _ => None,
        }
    }

    /// Changes a thought of this slot, or begins it with the text.
    fn think<E: Env>(
        &mut self,
        summary_index: u64,
        text: &str,
        change: impl FnOnce(&mut Thought, &str, &mut Workflows, &mut Emitter<'_, E>),
        workflows: &mut Workflows,
        out: &mut Emitter<'_, E>,
    ) {
        if matches!(self.shown, Shown::Nothing) {
            self.shown = Shown::Thoughts(Vec::new());
        }
        let Shown::Thoughts(thoughts) = &mut self.shown else {
            return;
        };
        let mut known = thoughts.iter_mut();
        if let Some(thought) = known.find(|thought| thought.summary_index == summary_index) {
            change(thought, text, workflows, out);
        } else if !text.is_empty() {
            thoughts.push(Thought::begin(summary_index, text, workflows, out));
        }
    }
}
