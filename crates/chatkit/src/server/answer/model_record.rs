//! What is kept of an answer for the next call to the model.

use super::response_items::Finished;
use crate::responses::output_item::{FunctionCall, OutputBody};
use crate::responses::{ModelItem, OutputItem};
use serde::{Deserialize, Serialize};

/// Calls that only the caller could answer and that an agent does not have. Without an output they would make the next call
/// invalid.
const UNANSWERED: [&str; 4] = [
    "custom_tool_call",
    "computer_call",
    "local_shell_call",
    "apply_patch_call",
];

/// The items that the model finished, until they are taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelRecord {
    items: Vec<ModelItem>,
    function_calls: Vec<FunctionCall>,
}

impl ModelRecord {
    /// Keeps a finished item, unless the next call would be invalid or senseless with it.
    pub(super) fn add(&mut self, item: &OutputItem, finished: Finished) {
        let is_kept = match &item.body {
            OutputBody::Function(call) if !item.is_incomplete => {
                self.function_calls.push(call.clone());
                true
            }
            OutputBody::Function(_) | OutputBody::ImageGeneration => false,
            // A cut message can be sent again, unless nothing was written.
            OutputBody::Message { parts } => parts.iter().any(|(_, part)| !part.is_blank()),
            OutputBody::Other => {
                item.kind != "function_call"
                    && !UNANSWERED.contains(&item.kind.as_str())
                    && !item.is_incomplete
            }
            _ => !item.is_incomplete,
        };
        if is_kept {
            self.items.push(ModelItem {
                item: item.json.clone(),
                kind: item.kind.clone(),
            });
        }
        self.items.extend(finished.missing);
    }

    pub(super) fn function_calls(&self) -> &[FunctionCall] {
        &self.function_calls
    }

    /// Gives what was finished. Reasoning waits for what follows it: the API rejects reasoning that nothing follows.
    pub(super) fn take(&mut self) -> Vec<ModelItem> {
        let last = self.items.iter().rposition(|item| !is_reasoning(item));
        let held = last.map_or(0, |last| last.saturating_add(1));
        let held = self.items.split_off(held.min(self.items.len()));
        std::mem::replace(&mut self.items, held)
    }

    /// Ends the record. Reasoning that nothing followed is dropped; the text of messages that broke off is kept.
    pub(super) fn close<'a>(&mut self, messages: impl Iterator<Item = Vec<&'a str>>) {
        while self.items.last().is_some_and(is_reasoning) {
            self.items.pop();
        }
        for texts in messages.filter(|texts| !texts.is_empty()) {
            self.items.extend(ModelItem::assistant_message(&texts));
        }
    }
}

fn is_reasoning(item: &ModelItem) -> bool {
    item.kind == "reasoning"
}
