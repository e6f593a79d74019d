//! The body of a call of `POST /responses`.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// A call to make.
#[derive(Debug, Clone)]
pub struct ModelCall<'a> {
    /// The agent's fields, by the names of the Responses API. They are sent as they are, except for what is below.
    pub fields: &'a Map<String, Value>,
    /// The model, if it is not the agent's.
    pub model: Option<&'a str>,
    /// The instructions, with their placeholders filled.
    pub instructions: Option<&'a str>,
    /// The tool that the model has to use, by a function's name or a tool's type.
    pub tool: Option<&'a str>,
    /// The thread.
    pub input: &'a [Box<RawValue>],
    /// Calls with the same key share OpenAI's cache of prompts.
    pub cache_key: &'a str,
    /// A hash of the user.
    pub safety_identifier: &'a str,
}

/// Fields of a function tool that are for the server, not for the model.
const SERVER_FIELDS: [&str; 3] = ["client", "url", "headers"];

impl ModelCall<'_> {
    /// The body.
    #[must_use]
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            fields: &'a Map<String, Value>,
            input: &'a [Box<RawValue>],
        }
        let mut fields = self.fields.clone();
        if let Some(model) = self.model {
            fields.insert("model".to_owned(), model.into());
        }
        if let Some(instructions) = self.instructions {
            fields.insert("instructions".to_owned(), instructions.into());
        }
        if let Some(Value::Array(tools)) = fields.get_mut("tools") {
            tools.iter_mut().for_each(strip_server_fields);
        }
        if let Some(tool) = self.tool {
            fields.insert("tool_choice".to_owned(), tool_choice(self.fields, tool));
        }
        let include = include(&fields);
        if !include.is_empty() {
            fields.insert("include".to_owned(), include.into());
        }
        // A background response can be read again only if it is stored.
        let is_background = fields.get("background") == Some(&Value::Bool(true));
        fields.insert("store".to_owned(), is_background.into());
        fields.insert("stream".to_owned(), true.into());
        fields.insert("prompt_cache_key".to_owned(), self.cache_key.into());
        fields.insert(
            "safety_identifier".to_owned(),
            self.safety_identifier.into(),
        );
        crate::protocol::to_json(&Body {
            fields: &fields,
            input: self.input,
        })
    }
}

fn strip_server_fields(tool: &mut Value) {
    if tool.get("type") == Some(&Value::from("function"))
        && let Value::Object(fields) = tool
    {
        fields.retain(|name, _| !SERVER_FIELDS.contains(&name.as_str()));
    }
}

/// What a visitor chooses a tool by: a function's name, another tool's type.
#[must_use]
pub fn tool_id(tool: &Value) -> Option<&str> {
    let kind = tool.get("type")?.as_str()?;
    if kind == "function" {
        tool.get("name")?.as_str()
    } else {
        Some(kind)
    }
}

fn tools(fields: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let tools = fields.get("tools").and_then(Value::as_array);
    tools.into_iter().flatten()
}

fn tool_choice(fields: &Map<String, Value>, id: &str) -> Value {
    let mut functions =
        tools(fields).filter(|tool| tool.get("type") == Some(&Value::from("function")));
    if functions.any(|tool| tool.get("name") == Some(&Value::from(id))) {
        json!({"type": "function", "name": id})
    } else {
        json!({"type": id})
    }
}

/// What is asked for besides the answer: the owner's wishes, and what the chat shows or sends again.
fn include(fields: &Map<String, Value>) -> Vec<Value> {
    let mut include = fields
        .get("include")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut add = |name: &str| {
        if !include.contains(&Value::from(name)) {
            include.push(name.into());
        }
    };
    if fields
        .get("model")
        .and_then(Value::as_str)
        .is_none_or(reasons)
    {
        add("reasoning.encrypted_content");
    }
    for id in tools(fields).filter_map(tool_id) {
        if id.starts_with("web_search") {
            add("web_search_call.action.sources");
        } else if id == "file_search" {
            add("file_search_call.results");
        }
    }
    include
}

/// Whether a model may have reasoning to send again. OpenAI rejects the wish for models that do not reason.
fn reasons(model: &str) -> bool {
    !["gpt-4", "gpt-3", "chatgpt-"]
        .iter()
        .any(|prefix| model.starts_with(prefix))
}
