//! Calls of functions of the page, found again in a thread: which one an output is for, and which ones have none yet.

use super::store::{Entry, EntryKind};
use crate::protocol::{ClientToolStatus, ItemBody, ThreadItem};
use crate::responses::FunctionCall;
use serde::Deserialize;

/// The pending call that an output is for, and the call's id: the one that is named, else the newest.
pub(super) fn pending_call(entries: &[Entry], named: Option<&str>) -> Option<(ThreadItem, String)> {
    let visible = entries.iter().filter(|entry| entry.kind.is_visible());
    visible
        .filter_map(|entry| serde_json::from_str::<ThreadItem>(entry.json.get()).ok())
        .find_map(|item| {
            let ItemBody::ClientToolCall {
                status: ClientToolStatus::Pending,
                call_id,
                ..
            } = &item.body
            else {
                return None;
            };
            let is_meant = named.is_none_or(|named| named == call_id || named == item.id);
            let call_id = call_id.clone();
            is_meant.then_some((item, call_id))
        })
}

/// The function calls of the newest turn that have no output, the oldest first.
pub(super) fn unanswered_calls(entries: &[Entry]) -> Vec<FunctionCall> {
    #[derive(Deserialize)]
    struct Item {
        r#type: String,
        call_id: Option<String>,
        name: Option<String>,
        arguments: Option<String>,
    }
    let (mut answered, mut calls) = (Vec::new(), Vec::new());
    for entry in entries
        .iter()
        .take_while(|entry| entry.kind != EntryKind::Item)
    {
        let item = match entry.kind {
            EntryKind::Model => serde_json::from_str::<Item>(entry.json.get()).ok(),
            _ => None,
        };
        let Some(Item {
            r#type,
            call_id: Some(call_id),
            name,
            arguments,
        }) = item
        else {
            continue;
        };
        if r#type == "function_call_output" {
            answered.push(call_id);
        } else if r#type == "function_call" && !answered.contains(&call_id) {
            let (name, arguments) = (name.unwrap_or_default(), arguments.unwrap_or_default());
            calls.push(FunctionCall {
                call_id,
                name,
                arguments,
            });
        }
    }
    calls.reverse();
    calls
}
