//! The title of a new thread: a small call of the model beside the answer. If it fails, the first words of the message.

use super::agent_call;
use super::model_client::read_limited;
use super::run_host::{ModelRequest, ModelServer};
use crate::platform::Clock;
use crate::settings::{AgentSettings, ChatSettings};
use chatkit::protocol::to_json;
use chatkit::server::thread_title;
use futures_util::future::{Either, select};
use serde::Deserialize;
use serde_json::json;
use std::pin::pin;

/// How much of a message the title is made of, in characters.
const MAX_MESSAGE_CHARS: usize = 2_000;
/// Enough for a model that reasons first.
const MAX_OUTPUT_TOKENS: u32 = 1_000;

/// A title for a thread that begins with a message.
pub async fn title_for<H: ModelServer + Clock>(
    message: &str,
    agent: &AgentSettings,
    chat: &ChatSettings,
    host: &H,
) -> Option<String> {
    let by_words = thread_title::from_words(message);
    let timeout_ms = chat.shared.timeout_seconds.saturating_mul(1000);
    let call = pin!(by_model(message, agent, chat, host));
    match select(call, pin!(host.deadline(timeout_ms))).await {
        Either::Left((title, _)) => title.or(by_words),
        Either::Right(_) => by_words,
    }
}

async fn by_model<H: ModelServer>(
    message: &str,
    agent: &AgentSettings,
    chat: &ChatSettings,
    host: &H,
) -> Option<String> {
    let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
    let body = to_json(&json!({
        "model": agent.title_model.as_deref().unwrap_or(&agent.model),
        "instructions": thread_title::INSTRUCTIONS,
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": message}]}],
        "max_output_tokens": MAX_OUTPUT_TOKENS,
        "store": false,
        "stream": false,
    }));
    let url = agent_call::responses_url(agent);
    let headers = agent_call::headers(agent, chat);
    let request = ModelRequest {
        method: "POST",
        url: &url,
        headers: &headers,
        body: Some(&body),
    };
    let mut response = host
        .open(&request)
        .await
        .ok()
        .filter(|response| response.status == 200)?;
    title_of(&read_limited(&mut response.body).await)
}

/// The text of a whole response.
fn title_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Response {
        #[serde(default)]
        output: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        #[serde(default)]
        content: Option<Vec<Part>>,
    }
    #[derive(Deserialize)]
    struct Part {
        r#type: String,
        #[serde(default)]
        text: String,
    }
    let response: Response = serde_json::from_slice(body).ok()?;
    let parts = response
        .output
        .into_iter()
        .flat_map(|item| item.content.unwrap_or_default());
    let text: String = parts
        .filter(|part| part.r#type == "output_text")
        .map(|part| part.text)
        .collect();
    thread_title::checked(text.trim_matches(['"', '“', '”', '.', ' ', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_text_of_the_response() {
        let body = br#"{"output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"\"Trip to Rome.\""}]}]}"#;
        assert_eq!(title_of(body), Some("Trip to Rome".to_owned()));
        for other in [
            &b""[..],
            b"{}",
            br#"{"output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}"#,
        ] {
            assert_eq!(title_of(other), None);
        }
    }
}
