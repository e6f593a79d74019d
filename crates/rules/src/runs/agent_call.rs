//! What a call of the model carries: the agent's fields, the filled instructions, the thread.

use super::run_record::Progress;
use crate::settings::{AgentSettings, ChatSettings, Placeholders};
use chatkit::protocol::Timestamp;
use chatkit::server::engine::{AgentInfo, Agents};
use chatkit::server::model_call::{ModelCall, tool_id};
use chatkit::server::store::{Store, Stored};
use serde_json::{Map, Value};

/// The agents, for the engine.
#[derive(Debug)]
pub struct ConfiguredAgents<'a>(pub &'a ChatSettings);

impl Agents for ConfiguredAgents<'_> {
    fn info(&self, name: Option<&str>) -> AgentInfo {
        let Some(agent) = agent_or_default(self.0, name) else {
            return AgentInfo::default();
        };
        AgentInfo {
            models: selectable_models(agent),
            tools: agent
                .tools
                .sent()
                .iter()
                .filter_map(tool_id)
                .map(str::to_owned)
                .collect(),
            titles_by_words: !titles_by_model(self.0),
        }
    }
}

/// An agent by its name; the default one for a name that is gone.
#[must_use]
pub fn agent_or_default<'a>(
    chat: &'a ChatSettings,
    name: Option<&str>,
) -> Option<&'a AgentSettings> {
    chat.agent(name).or_else(|| chat.agent(None))
}

/// Whether titles are made by the model.
#[must_use]
pub fn titles_by_model(chat: &ChatSettings) -> bool {
    chat.shared.thread_titles.unwrap_or(true)
}

/// The agent's own model may always be chosen.
fn selectable_models(agent: &AgentSettings) -> Vec<String> {
    let mut models = agent.models.clone();
    if !models.contains(&agent.model) {
        models.push(agent.model.clone());
    }
    models
}

/// The address of responses.
#[must_use]
pub fn responses_url(agent: &AgentSettings) -> String {
    format!("{}/responses", agent.base_url)
}

/// The headers of a call. Those of the agent replace ours.
#[must_use]
pub fn headers(agent: &AgentSettings, chat: &ChatSettings) -> Vec<(String, String)> {
    let openai = &chat.openai;
    let mut headers = vec![
        (
            "authorization".to_owned(),
            format!("Bearer {}", openai.api_key.expose()),
        ),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    for (name, value) in [
        ("openai-organization", &openai.organization),
        ("openai-project", &openai.project),
    ] {
        headers.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
    }
    for (name, value) in &agent.headers {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((name.clone(), value.expose().to_owned()));
    }
    headers
}

/// The body of a call.
///
/// # Errors
/// The store's.
pub fn body(
    progress: &Progress,
    agent: &AgentSettings,
    now_ms: u64,
    store: &impl Store,
) -> Stored<String> {
    let turn = &progress.turn;
    let input = turn.input(store, agent.history)?;
    let call = &progress.call;
    let today = Timestamp::from_millis(now_ms).date();
    let instructions = agent.instructions.as_ref().map(|instructions| {
        instructions.render(&Placeholders {
            today: &today,
            user: &call.user_id,
            locale: call.locale.as_deref().unwrap_or_default(),
            claims: &call.claims,
            variables: &progress.variables,
        })
    });
    let call = ModelCall {
        fields: &sent_fields(agent),
        model: turn.model(),
        instructions: instructions.as_deref(),
        tool: turn.tool(),
        input: &input,
        cache_key: turn.thread_id(),
        safety_identifier: call.user.as_str(),
    };
    Ok(call.body())
}

/// The agent's fields by the names of the Responses API.
fn sent_fields(agent: &AgentSettings) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("model".to_owned(), agent.model.as_str().into());
    fields.extend(agent.fields.clone());
    if !agent.tools.sent().is_empty() {
        fields.insert("tools".to_owned(), agent.tools.sent().to_vec().into());
    }
    fields
}
