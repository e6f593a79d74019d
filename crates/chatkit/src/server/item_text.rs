//! What the model reads of ChatKit's items: each becomes messages of the Responses API.
//!
//! Items that were made of model items are not converted; the model gets those as they were.

use crate::protocol::user_input::text_of;
use crate::protocol::{
    ClientToolStatus, FormInput, FormStatus, ItemBody, Task, TaskKind, ThreadItem, UserContent,
    to_json,
};
use serde_json::{Value, json};

/// The messages for an item. `is_last` is whether it is the thread's newest message: only then what it quotes matters.
#[must_use]
pub fn input_items(item: &ThreadItem, is_last: bool) -> Vec<Value> {
    match &item.body {
        ItemBody::UserMessage {
            content,
            quoted_text,
            ..
        } => user_message(content, quoted_text.as_deref().filter(|_| is_last)),
        ItemBody::AssistantMessage { content } => {
            let parts = content
                .iter()
                .map(|part| json!({"type": "output_text", "text": part.text}));
            let parts: Vec<Value> = parts.collect();
            match parts.is_empty() {
                true => Vec::new(),
                false => vec![json!({"type": "message", "role": "assistant", "content": parts})],
            }
        }
        ItemBody::ClientToolCall {
            status,
            call_id,
            name,
            arguments,
            output,
        } => match status {
            ClientToolStatus::Pending => Vec::new(),
            ClientToolStatus::Completed => vec![
                json!({"type": "function_call", "call_id": call_id, "name": name, "arguments": to_json(arguments)}),
                function_output(call_id, output.as_ref().unwrap_or(&Value::Null)),
            ],
        },
        ItemBody::Widget { widget, .. } => {
            vec![note(&format!(
                "The chat showed the user this widget (id {}):\n{}",
                item.id,
                to_json(widget)
            ))]
        }
        ItemBody::GeneratedImage { image } => match image {
            Some(_) => vec![note("The chat showed the user an image that you made.")],
            None => Vec::new(),
        },
        ItemBody::StructuredInput { status, inputs } => vec![note(&form(*status, inputs))],
        ItemBody::Task { task } => tasks(std::slice::from_ref(task)),
        ItemBody::Workflow { workflow } => tasks(&workflow.tasks),
        ItemBody::EndOfTurn => Vec::new(),
        ItemBody::HiddenContextItem { content } => match content {
            Value::String(text) => vec![note(text)],
            other => vec![note(&to_json(other))],
        },
        ItemBody::SdkHiddenContext { content } => vec![note(content)],
    }
}

/// The output of a function for the model. Text stays text; everything else is JSON.
#[must_use]
pub fn function_output(call_id: &str, output: &Value) -> Value {
    let output = output
        .as_str()
        .map_or_else(|| to_json(output), str::to_owned);
    json!({"type": "function_call_output", "call_id": call_id, "output": output})
}

/// What the model has to know and the user did not write. The role keeps a user from imitating it.
fn note(text: &str) -> Value {
    json!({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]})
}

fn user_message(content: &[UserContent], quoted: Option<&str>) -> Vec<Value> {
    let text = |text: &str| json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]});
    let mut items = vec![text(&text_of(content))];
    if let Some(quoted) = quoted {
        items.push(text(&format!(
            "My message is about this passage:\n{quoted}"
        )));
    }
    let mut tags: Vec<String> = Vec::new();
    for part in content {
        if let UserContent::InputTag { id, text, data, .. } = part {
            let line = match data.is_empty() {
                true => format!("- @{text}: id {id}"),
                false => format!("- @{text}: id {id}, {}", to_json(data)),
            };
            if !tags.contains(&line) {
                tags.push(line);
            }
        }
    }
    if !tags.is_empty() {
        items.push(text(&format!("My message mentions:\n{}", tags.join("\n"))));
    }
    items
}

fn form(status: FormStatus, inputs: &[FormInput]) -> String {
    let status = match status {
        FormStatus::Pending => "did not answer it yet",
        FormStatus::Answered => "answered it",
        FormStatus::Skipped => "skipped it",
    };
    let lines = inputs.iter().map(|input| {
        let answer = match &input.answer {
            Some(answer) if !answer.skipped => answer.values.join(", "),
            _ => "(no answer)".to_owned(),
        };
        format!("- {}: {answer}", input.question)
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "The chat showed the user a form. The user {status}.\n{}",
        lines.join("\n")
    )
}

/// Only tasks that the owner showed; the model knows its own.
fn tasks(tasks: &[Task]) -> Vec<Value> {
    let shown = tasks.iter().filter_map(|task| match &task.kind {
        TaskKind::Custom { title, content, .. } if title.is_some() || content.is_some() => {
            let parts = title.iter().chain(content).map(String::as_str);
            Some(parts.collect::<Vec<_>>().join(": "))
        }
        _ => None,
    });
    let shown: Vec<String> = shown.collect();
    match shown.is_empty() {
        true => Vec::new(),
        false => vec![note(&format!(
            "The chat told the user that this was done:\n{}",
            shown.join("\n")
        ))],
    }
}
