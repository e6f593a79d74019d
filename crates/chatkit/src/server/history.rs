//! The part of a thread that a model call carries.
//!
//! The model gets whole turns, the newest first, as many as fit. A turn is a message of the user with all that follows it. What an
//! interrupted turn left open is closed here, so that the call is always valid: a function call gets an output, an output without
//! its call and a reasoning item without what it led to are left out.

use super::item_text::{function_output, input_items};
use super::store::{Entry, EntryKind, Store, Stored};
use crate::protocol::{ThreadItem, to_json};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;

/// How many entries are read at a time.
const READ_AT_ONCE: u32 = 100;

/// The output that a function call gets if it has none.
const NO_OUTPUT: &str = "The function was not run: the answer was interrupted.";

/// An item of the input.
#[derive(Debug)]
struct Input {
    json: Box<RawValue>,
    role: Role,
}

/// What an item is to those beside it.
#[derive(Debug, PartialEq, Eq)]
enum Role {
    Call(String),
    Output(String),
    Reasoning,
    /// Anything else of the model's, which reasoning can have led to.
    OfModel,
    /// A message of somebody else.
    OfOthers,
}

/// What is read of a model item.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    r#type: Cow<'a, str>,
    #[serde(borrow, default)]
    call_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    role: Option<Cow<'a, str>>,
}

/// The input of a model call: whole turns of a thread up to a place, at most `limit` items. The newest turn is always there.
///
/// # Errors
/// The store's.
pub fn model_input(
    store: &impl Store,
    thread_id: &str,
    until: Option<u64>,
    limit: usize,
) -> Stored<Vec<Box<RawValue>>> {
    let mut before = until.map(|place| place.saturating_add(1));
    // All newest first, until the end.
    let (mut kept, mut turn): (Vec<Input>, Vec<Input>) = (Vec::new(), Vec::new());
    let mut is_last = true;
    'reading: loop {
        let entries = store.entries_before(thread_id, before, READ_AT_ONCE)?;
        let Some(oldest) = entries.last() else { break };
        before = Some(oldest.seq);
        for entry in &entries {
            let (inputs, begins_turn) = convert(entry, is_last);
            turn.extend(inputs.into_iter().rev());
            if begins_turn {
                is_last = false;
                if !kept.is_empty() && kept.len().saturating_add(turn.len()) > limit {
                    turn.clear();
                    break 'reading;
                }
                kept.append(&mut turn);
            }
        }
    }
    // What precedes the first message of the user, such as a greeting.
    if kept.len().saturating_add(turn.len()) <= limit || kept.is_empty() {
        kept.append(&mut turn);
    }
    kept.reverse();
    Ok(closed(kept))
}

/// The input items of an entry, and whether a turn begins with it.
fn convert(entry: &Entry, is_last: bool) -> (Vec<Input>, bool) {
    match entry.kind {
        EntryKind::Derived => (Vec::new(), false),
        EntryKind::Model => {
            let role = role_of(entry.json.get());
            (
                vec![Input {
                    json: entry.json.clone(),
                    role,
                }],
                false,
            )
        }
        EntryKind::Item | EntryKind::Hidden => {
            let Ok(item) = serde_json::from_str::<ThreadItem>(entry.json.get()) else {
                return (Vec::new(), false);
            };
            let inputs = input_items(&item, is_last)
                .iter()
                .filter_map(input)
                .collect();
            (inputs, item.body.is_user_message())
        }
    }
}

fn input(value: &Value) -> Option<Input> {
    let json = RawValue::from_string(to_json(value)).ok()?;
    let role = role_of(json.get());
    Some(Input { json, role })
}

fn role_of(json: &str) -> Role {
    let Ok(head) = serde_json::from_str::<Head<'_>>(json) else {
        return Role::OfOthers;
    };
    match (head.r#type.as_ref(), head.call_id) {
        ("function_call", Some(id)) => Role::Call(id.into_owned()),
        ("function_call_output", Some(id)) => Role::Output(id.into_owned()),
        ("reasoning", _) => Role::Reasoning,
        _ if head.role.is_none_or(|role| role == "assistant") => Role::OfModel,
        _ => Role::OfOthers,
    }
}

/// Closes what is open.
fn closed(inputs: Vec<Input>) -> Vec<Box<RawValue>> {
    let ids = |wanted: fn(&Role) -> Option<&String>| -> HashSet<String> {
        inputs
            .iter()
            .filter_map(|input| wanted(&input.role))
            .cloned()
            .collect()
    };
    let calls = ids(|role| {
        if let Role::Call(id) = role {
            Some(id)
        } else {
            None
        }
    });
    let outputs = ids(|role| {
        if let Role::Output(id) = role {
            Some(id)
        } else {
            None
        }
    });
    // From the end: a reasoning item needs the message or call that follows it.
    let mut kept: Vec<Box<RawValue>> = Vec::with_capacity(inputs.len());
    let mut is_followed = false;
    for Input { json, role } in inputs.into_iter().rev() {
        match role {
            Role::Call(id) => {
                if !outputs.contains(&id) {
                    let output = function_output(&id, &Value::from(NO_OUTPUT));
                    kept.extend(RawValue::from_string(to_json(&output)));
                }
                kept.push(json);
                is_followed = true;
            }
            Role::Output(id) => {
                if calls.contains(&id) {
                    kept.push(json);
                }
                is_followed = false;
            }
            Role::Reasoning => {
                if is_followed {
                    kept.push(json);
                }
            }
            Role::OfModel | Role::OfOthers => {
                is_followed = role == Role::OfModel;
                kept.push(json);
            }
        }
    }
    kept.reverse();
    kept
}
