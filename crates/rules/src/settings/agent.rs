//! `AGENT` and `AGENTS`: the agents that this Worker runs itself.
//!
//! An agent is a table. Its fields are those of `POST /responses` by their names, and some of the Worker's own ([`OURS`]).

use super::agent_fields::{Faults, Fields, check_known, text, whole};
use super::agent_tools::{self, AgentTools};
use super::instructions::{self, Instructions};
use super::openai_access::{DEFAULT_BASE_URL, OpenAiSettings};
use super::reader::Reader;
use super::secret_names::Secrets;
use super::value;
use crate::counters::answer_cost::Price;
use crate::secret::Secret;
use crate::validate::{is_header_word, is_name};
use serde_json::{Map, Value};

/// The id of the agent in `AGENT`.
pub const DEFAULT_AGENT: &str = "default";

/// The fields that are the Worker's own, and those that it sends in another form.
const OURS: [&str; 13] = [
    "actions_url",
    "base_url",
    "greeting",
    "headers",
    "history",
    "instructions",
    "model",
    "models",
    "name",
    "price",
    "prompts",
    "title_model",
    "tools",
];

/// The fields that the Worker sets for each call.
const MANAGED: [&str; 9] = [
    "conversation",
    "input",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "safety_identifier",
    "store",
    "stream",
    "user",
];

const DEFAULT_HISTORY: usize = 200;

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSettings {
    /// [`DEFAULT_AGENT`], or its name in `AGENTS`.
    pub id: String,
    /// `model`: the model, unless the visitor chooses another.
    pub model: String,
    /// `instructions`.
    pub instructions: Option<Instructions>,
    /// `tools`.
    pub tools: AgentTools,
    /// Every other field of `POST /responses`, in the order of the table.
    pub fields: Map<String, Value>,
    /// `base_url`, else `OPENAI_BASE_URL`; without a trailing slash.
    pub base_url: String,
    /// `headers`: more headers for `base_url`, with their secrets.
    pub headers: Vec<(String, Secret)>,
    /// `name`: shown to visitors.
    pub name: Option<String>,
    /// `greeting`: shown above an empty chat.
    pub greeting: Option<String>,
    /// `prompts`: shown as buttons in an empty chat.
    pub prompts: Vec<Prompt>,
    /// `models`: those that a visitor may choose.
    pub models: Vec<String>,
    /// `title_model`: writes the titles of threads.
    pub title_model: Option<String>,
    /// `history`: how many items a call may carry.
    pub history: usize,
    /// `actions_url`: gets the actions of widgets.
    pub actions_url: Option<String>,
    /// `price`.
    pub price: Option<Price>,
}

/// A button of an empty chat.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Prompt {
    /// Its text.
    pub label: String,
    /// The message that it sends.
    pub prompt: String,
    /// The name of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

/// What every agent of a deployment is read with.
struct Deployment<'a> {
    state_variables: &'a [String],
    base_url: &'a str,
    secrets: Secrets<'a>,
}

/// Reads `AGENT` and `AGENTS`, the default agent first. `None` if neither is set or something in them is wrong; the reader then
/// has the errors.
pub(super) fn read<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    openai: Option<&OpenAiSettings>,
) -> Option<Vec<AgentSettings>> {
    let agent = reader.read("AGENT", |text| table(text, "a table, or the same as JSON"));
    let agents = reader.read("AGENTS", |text| {
        let allowed = "a table with a table for each agent by its name, or the same as JSON";
        let agents = table(text, allowed)?;
        let is_empty = agents.is_empty();
        (!is_empty).then_some(agents).ok_or(allowed.to_owned())
    });
    let variables = reader.text("STATE_VARIABLES");
    let variables: Vec<String> = variables
        .iter()
        .flat_map(|text| value::list(text))
        .collect();
    let (mut one, mut more) = (Faults::of("AGENT"), Faults::of("AGENTS"));
    let mut all = Vec::new();
    {
        let named = |name: &str| reader.secret(name);
        let shown = |text: &str| reader.shown(text);
        let are_in = |text: &str| reader.has_secret(text);
        let deployment = Deployment {
            state_variables: &variables,
            base_url: openai.map_or(DEFAULT_BASE_URL, |openai| &openai.base_url),
            secrets: Secrets {
                named: &named,
                shown: &shown,
                are_in: &are_in,
            },
        };
        if let Some(table) = &agent {
            all.extend(AgentSettings::read(
                DEFAULT_AGENT,
                "AGENT",
                table,
                &deployment,
                &mut one,
            ));
        }
        for (name, value) in agents.iter().flatten() {
            if !is_name(name, 64) {
                more.add("AGENTS: the name of an agent must be up to 64 letters, digits, _ or -.");
                continue;
            }
            let path = format!("AGENTS.{}", shown(name));
            if name == DEFAULT_AGENT && agent.is_some() {
                more.add(format!(
                    "{path} must have another name: AGENT is the default agent."
                ));
            }
            match value.as_object() {
                Some(table) => all.extend(AgentSettings::read(
                    name,
                    &path,
                    table,
                    &deployment,
                    &mut more,
                )),
                None => more.add(format!("{path} must be a table.")),
            }
        }
    }
    let errors = [one.into_errors(), more.into_errors()].concat();
    let is_valid = errors.is_empty();
    reader.errors(errors);
    // Without AGENT, an agent of that name is the default one, else the first.
    if let Some(at) = all.iter().position(|agent| agent.id == DEFAULT_AGENT) {
        let default = all.remove(at);
        all.insert(0, default);
    }
    (is_valid && !all.is_empty()).then_some(all)
}

fn table(text: &str, allowed: &str) -> Result<Map<String, Value>, value::Expected> {
    match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Object(table)) => Ok(table),
        _ => Err(allowed.to_owned()),
    }
}

impl AgentSettings {
    /// Whether a response goes on at the server without us, and can be read again.
    #[must_use]
    pub fn is_background(&self) -> bool {
        self.fields.get("background") == Some(&true.into())
    }

    fn read(
        id: &str,
        path: &str,
        table: &Map<String, Value>,
        deployment: &Deployment<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let fields = &Fields::of(path, table);
        for name in MANAGED.iter().filter(|name| fields.get(name).is_some()) {
            faults.add(format!(
                "{path}.{name} is set by the Worker for each call: remove it."
            ));
        }
        check_known(fields, faults);
        let model = fields.text("model", faults);
        if fields.get("model").is_none() {
            faults.add(format!(
                "{path}.model is missing: for example model = \"gpt-5.2\"."
            ));
        }
        let instructions = fields.read("instructions", "a text", faults, Value::as_str);
        let instructions =
            instructions.and_then(|text| instructions_of(text, path, deployment, faults));
        let base_url = fields.read("base_url", "an https address", faults, |address| {
            value::base_url(address.as_str()?.trim()).ok()
        });
        let actions_url = fields.read("actions_url", "an https address", faults, |address| {
            value::fetched_url(address.as_str()?.trim()).ok()
        });
        let history = fields.read(
            "history",
            "a whole number from 1 to 10000",
            faults,
            |number| whole(number, 1, 10_000).and_then(|number| usize::try_from(number).ok()),
        );
        let tools = AgentTools::read(fields, deployment.secrets, faults);
        let headers = agent_tools::headers(fields, deployment.secrets, faults);
        let own_field = |name: &str| OURS.contains(&name);
        let sent = table
            .iter()
            .filter(|(name, value)| !own_field(name) && !value.is_null());
        let agent = Self {
            id: id.to_owned(),
            instructions,
            tools,
            fields: sent
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            base_url: base_url.unwrap_or_else(|| deployment.base_url.to_owned()),
            headers,
            name: fields.text("name", faults),
            greeting: fields.text("greeting", faults),
            prompts: prompts(fields, faults),
            models: fields.texts("models", faults),
            title_model: fields.text("title_model", faults),
            history: history.unwrap_or(DEFAULT_HISTORY),
            actions_url,
            price: price(fields, faults),
            model: model?,
        };
        if agent.public_texts().any(deployment.secrets.are_in) {
            faults.add(format!(
                "{path} contains a secret in a field that every page can read."
            ));
        }
        Some(agent)
    }

    /// What pages can read of the agent.
    fn public_texts(&self) -> impl Iterator<Item = &str> {
        let texts = [
            Some(&self.id),
            Some(&self.model),
            self.name.as_ref(),
            self.greeting.as_ref(),
        ];
        let prompts = self.prompts.iter().flat_map(|prompt| {
            [
                Some(&prompt.label),
                Some(&prompt.prompt),
                prompt.icon.as_ref(),
            ]
        });
        let texts = texts.into_iter().chain(prompts).flatten();
        texts.chain(&self.models).map(String::as_str)
    }
}

fn instructions_of(
    text: &str,
    path: &str,
    deployment: &Deployment<'_>,
    faults: &mut Faults,
) -> Option<Instructions> {
    let unknown = match Instructions::parse(text, deployment.state_variables) {
        Ok(instructions) => return Some(instructions),
        Err(unknown) => unknown,
    };
    for name in unknown {
        let allowed = instructions::ALLOWED;
        let shown = (deployment.secrets.shown)(&name);
        faults.add_for_owner(
            format!("{path}.instructions: a placeholder is unknown. Use {allowed}."),
            format!(
                "{path}.instructions: the placeholder {{{{{shown}}}}} is unknown. Use {allowed}."
            ),
        );
    }
    None
}

/// Texts, or tables with `label`, `prompt` and `icon`.
fn prompts(fields: &Fields<'_>, faults: &mut Faults) -> Vec<Prompt> {
    let list = fields.read(
        "prompts",
        "a list of texts or tables",
        faults,
        Value::as_array,
    );
    let mut prompts = Vec::new();
    for (at, value) in list.into_iter().flatten().enumerate() {
        let path = format!("{}.prompts[{at}]", fields.path);
        if let Some(text) = text(value) {
            prompts.push(Prompt {
                label: text.clone(),
                prompt: text,
                icon: None,
            });
            continue;
        }
        let Some(table) = value.as_object() else {
            faults.add(format!("{path} must be a text or a table."));
            continue;
        };
        let fields = Fields::of(&path, table);
        let icon = fields.read("icon", "the name of an icon", faults, |name| {
            name.as_str()
                .filter(|name| is_header_word(name, 64))
                .map(str::to_owned)
        });
        match (fields.text("label", faults), fields.text("prompt", faults)) {
            (label, Some(prompt)) => {
                let label = label.unwrap_or_else(|| prompt.clone());
                prompts.push(Prompt {
                    label,
                    prompt,
                    icon,
                });
            }
            (_, None) if fields.get("prompt").is_none() => {
                faults.add(format!("{path}.prompt is missing."));
            }
            (_, None) => {}
        }
    }
    prompts
}

fn price(fields: &Fields<'_>, faults: &mut Faults) -> Option<Price> {
    let path = format!("{}.price", fields.path);
    let table = Fields::of(&path, fields.table("price", faults)?);
    let dollars = |value: &Value| {
        value
            .as_f64()
            .filter(|dollars| (0.0..1e6).contains(dollars))
    };
    let mut number = |name, is_required| {
        if is_required && table.get(name).is_none() {
            faults.add(format!(
                "{path}.{name} is missing: dollars for a million tokens."
            ));
        }
        table.read(
            name,
            "a number of dollars for a million tokens",
            faults,
            dollars,
        )
    };
    let (input, cached_input, output) = (
        number("input", true),
        number("cached_input", false),
        number("output", true),
    );
    let input = input?;
    Some(Price {
        input,
        cached_input,
        output: output?,
    })
}
