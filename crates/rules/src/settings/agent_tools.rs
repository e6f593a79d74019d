//! The tools of an agent.

use super::agent_fields::{Faults, Fields, text};
use super::secret_names::{self, NoHeaderValue, Secrets};
use crate::secret::Secret;
use crate::validate::{is_header_name, is_name};
use serde_json::{Map, Value};
use std::fmt;

/// The tools of an agent. Their headers may contain secrets, so `Debug` shows only how many there are.
#[derive(Clone, Default, PartialEq)]
pub struct AgentTools {
    sent: Vec<Value>,
    client: Vec<String>,
}

impl fmt::Debug for AgentTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} tools]", self.sent.len())
    }
}

impl AgentTools {
    /// The tools as `POST /responses` gets them, secrets included.
    #[must_use]
    pub fn sent(&self) -> &[Value] {
        &self.sent
    }

    /// The names of the functions that the page calls.
    #[must_use]
    pub fn client(&self) -> &[String] {
        &self.client
    }

    /// Reads the list.
    pub(super) fn read(fields: &Fields<'_>, secrets: Secrets<'_>, faults: &mut Faults) -> Self {
        let mut tools = Self::default();
        let list = fields.read("tools", "a list of tables", faults, Value::as_array);
        for (at, tool) in list.into_iter().flatten().enumerate() {
            let path = format!("{}.tools[{at}]", fields.path);
            match tool.as_object() {
                Some(table) => tools.add(&Fields::of(&path, table), table, secrets, faults),
                None => faults.add(format!("{path} must be a table.")),
            }
        }
        tools
    }

    fn add(
        &mut self,
        fields: &Fields<'_>,
        table: &Map<String, Value>,
        secrets: Secrets<'_>,
        faults: &mut Faults,
    ) {
        let path = fields.path;
        let Some(kind) = fields.get("type") else {
            faults.add(format!(
                "{path}.type is missing: for example web_search or function."
            ));
            return;
        };
        let mut sent = Map::new();
        if kind == "function" {
            self.check_function(fields, faults);
        }
        for (name, value) in table.iter().filter(|(_, value)| !value.is_null()) {
            let value = match name.as_str() {
                // Ours; the API does not know it.
                "client" if kind == "function" => continue,
                "authorization" => header_value(&format!("{path}.{name}"), value, secrets, faults)
                    .map_or(Value::Null, |value| value.expose().into()),
                "headers" => {
                    let headers = headers(fields, secrets, faults);
                    let headers = headers.into_iter();
                    headers
                        .map(|(name, value)| (name, Value::from(value.expose())))
                        .collect()
                }
                _ => value.clone(),
            };
            sent.insert(name.clone(), value);
        }
        if text(kind).is_none() {
            faults.add(format!("{path}.type must be a text."));
        }
        self.sent.push(Value::Object(sent));
    }

    fn check_function(&mut self, fields: &Fields<'_>, faults: &mut Faults) {
        let path = fields.path;
        let name = fields.read(
            "name",
            "a name of up to 64 letters, digits, _ or -",
            faults,
            |value| value.as_str().filter(|name| is_name(name, 64)),
        );
        if fields.get("name").is_none() {
            faults.add(format!("{path}.name is missing."));
        }
        let is_known = |other: &Value| name.is_some() && other["name"].as_str() == name;
        if self.sent.iter().any(is_known) {
            faults.add(format!("{path}.name is the name of another tool."));
        }
        fields.read("parameters", "a table", faults, Value::as_object);
        fields.read("description", "a text", faults, Value::as_str);
        fields.read("strict", "true or false", faults, Value::as_bool);
        let is_client = fields.read("client", "true or false", faults, Value::as_bool);
        if fields.get("url").is_some() {
            faults.add(format!(
                "{path}.url: tools that the Worker calls come with a later version. Remove the tool, or set client = true instead."
            ));
        } else if is_client == Some(true) {
            self.client.extend(name.map(str::to_owned));
        } else if is_client == Some(false) || fields.get("client").is_none() {
            faults.add(format!(
                "{path}.client must be true: a function tool is called in the page."
            ));
        }
    }
}

/// The table `headers` with its secrets.
pub(super) fn headers(
    fields: &Fields<'_>,
    secrets: Secrets<'_>,
    faults: &mut Faults,
) -> Vec<(String, Secret)> {
    let Some(table) = fields.table("headers", faults) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in table {
        if !is_header_name(name) {
            faults.add(format!(
                "{}.headers: a name is not that of a header.",
                fields.path
            ));
            continue;
        }
        let path = format!("{}.headers.{}", fields.path, (secrets.shown)(name));
        if let Some(value) = header_value(&path, value, secrets, faults) {
            headers.push((name.clone(), value));
        }
    }
    headers
}

fn header_value(
    path: &str,
    value: &Value,
    secrets: Secrets<'_>,
    faults: &mut Faults,
) -> Option<Secret> {
    let Some(text) = value.as_str() else {
        faults.add(format!("{path} must be a text."));
        return None;
    };
    match secret_names::expand(text, secrets.named) {
        Ok(value) => Some(value),
        Err(NoHeaderValue::Missing(name)) => {
            // A pasted secret may look like a name.
            let name = (secrets.shown)(&name);
            let sentence = format!("{path}: a secret that it names with $ is not set.");
            let for_owner = format!(
                "{path}: the secret {name} is not set: add it with: npx wrangler secret put {name}."
            );
            faults.add_for_owner(sentence, for_owner);
            None
        }
        Err(NoHeaderValue::NotPlain) => {
            faults.add(format!(
                "{path} must be one line of visible ASCII characters."
            ));
            None
        }
    }
}
