//! What a page may know of the settings, and the headers of the demo page and of `/embed.js`.

use crate::http::response::{Response, to_json};
use crate::settings::{AgentSettings, Backend, BackendKind, Prompt, Settings};
use crate::url_origin;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How long a page may cache the configuration, in seconds.
const MAX_AGE_SECONDS: u32 = 60;

/// The domain key of a page on this machine, where the widget does not check it.
const LOOPBACK_DOMAIN_KEY: &str = "domain_pk_localhost_dev";

/// The body of `GET /api/chatkit/config`. It contains no secret.
#[derive(Debug, Serialize)]
pub struct PublicConfig<'a> {
    backend: &'static str,
    chatkit_js_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_key: Option<&'a str>,
    sandbox: bool,
    configured: bool,
    features: Features,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<PublicAgent<'a>>,
}

#[derive(Debug, Serialize)]
struct Features {
    file_upload: bool,
    history: bool,
    auth: &'static str,
}

/// What a page may know of an agent.
#[derive(Debug, Serialize)]
struct PublicAgent<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    model: &'a str,
    models: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    greeting: Option<&'a str>,
    prompts: &'a [Prompt],
}

impl<'a> PublicConfig<'a> {
    /// The public part of the settings, for a page of the origin `own`, which is the Worker's.
    #[must_use]
    pub fn of(settings: &'a Settings, own: &str) -> Self {
        let shared = settings.shared();
        let backend = settings.kind.unwrap_or(BackendKind::Hosted);
        let agents = match &settings.backend {
            Ok(Backend::Agent(chat)) => chat.agents.iter().map(PublicAgent::of).collect(),
            _ => Vec::new(),
        };
        Self {
            backend: backend.name(),
            chatkit_js_url: &settings.script_url,
            domain_key: domain_key(settings, own).filter(|_| backend != BackendKind::Hosted),
            sandbox: url_origin::is_loopback(&script_origin(settings)),
            configured: shared.is_some(),
            features: Features {
                file_upload: shared.is_some_and(|shared| shared.uploads.enabled),
                history: shared.is_none_or(|shared| shared.history.unwrap_or(true)),
                auth: shared.map_or("anonymous", |shared| shared.auth.auth.name()),
            },
            agents,
        }
    }
}

impl<'a> PublicAgent<'a> {
    fn of(agent: &'a AgentSettings) -> Self {
        Self {
            id: &agent.id,
            name: agent.name.as_deref(),
            model: &agent.model,
            models: &agent.models,
            greeting: agent.greeting.as_deref(),
            prompts: &agent.prompts,
        }
    }
}

fn domain_key<'a>(settings: &'a Settings, own: &str) -> Option<&'a str> {
    let default = url_origin::is_loopback(own).then_some(LOOPBACK_DOMAIN_KEY);
    settings.domain_key.as_deref().or(default)
}

/// The response to `GET /api/chatkit/config`, which was sent to the origin `own`.
#[must_use]
pub fn response(settings: &Settings, own: &str) -> Response {
    Response::cacheable_json(&PublicConfig::of(settings, own), MAX_AGE_SECONDS)
}

/// The `Content-Security-Policy` of the demo page: the Worker's own files, the widget's script and frame, and nothing
/// inline except styles, which the widget sets.
#[must_use]
pub fn content_security_policy(settings: &Settings) -> String {
    let widget = script_origin(settings);
    format!(
        "default-src 'none'; script-src 'self' {widget}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: https:; font-src 'self' https: data:; \
         connect-src 'self' {widget} https://api.openai.com; frame-src {widget}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}

/// The first line of `/embed.js`: the configuration, so that the element can load the widget's script without another
/// request.
#[must_use]
pub fn embed_prelude(settings: &Settings, own: &str) -> String {
    format!(
        "const CHATKIT_EDGE_CONFIG={};\n",
        to_json(&PublicConfig::of(settings, own))
    )
}

/// The `ETag` of `/embed.js`. It changes with its first line and with the file behind it.
#[must_use]
pub fn embed_tag(prelude: &str, file_tag: &str) -> String {
    let hash = Sha256::new().chain_update(prelude).chain_update(file_tag);
    let hash = Base64UrlUnpadded::encode_string(&hash.finalize());
    format!("W/\"{hash}\"")
}

/// Whether `If-None-Match` contains a tag, by weak comparison. `*` stands for whatever there is.
#[must_use]
pub fn etag_matches(if_none_match: &str, tag: &str) -> bool {
    if if_none_match.trim() == "*" {
        return true;
    }
    let opaque = |tag| str::strip_prefix(tag, "W/").unwrap_or(tag);
    if_none_match
        .split(',')
        .any(|candidate| opaque(candidate.trim()) == opaque(tag))
}

/// The value of `Link` for the demo page: the widget's script, if chats can start.
#[must_use]
pub fn preload(settings: &Settings) -> Option<String> {
    settings
        .backend
        .is_ok()
        .then(|| format!("<{}>; rel=preload; as=script", settings.script_url))
}

/// A script's URL is checked when the settings are read, so it has an origin.
fn script_origin(settings: &Settings) -> String {
    url_origin::of_url(&settings.script_url).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://edge.example.net";

    fn settings(script: &str) -> Settings {
        Settings::read(|name| (name == "CHATKIT_JS_URL").then(|| script.to_owned()))
    }

    #[test]
    fn the_configuration_names_the_script_and_says_that_nothing_is_set_up() {
        let config: serde_json::Value =
            serde_json::to_value(PublicConfig::of(&settings(""), OWN)).unwrap();
        assert_eq!(config["configured"], false);
        assert_eq!(config["sandbox"], false);
        assert!(
            config["chatkit_js_url"]
                .as_str()
                .unwrap()
                .ends_with("/chatkit.js")
        );
    }

    #[test]
    fn the_prelude_contains_the_public_configuration() {
        let settings = settings("http://127.0.0.1:8788/chatkit.js");
        let prelude = embed_prelude(&settings, OWN);
        let json = prelude
            .strip_prefix("const CHATKIT_EDGE_CONFIG=")
            .and_then(|rest| rest.strip_suffix(";\n"))
            .unwrap();
        assert_eq!(json, to_json(&PublicConfig::of(&settings, OWN)));
        assert_eq!(preload(&settings), None, "nothing is set up");
    }

    #[test]
    fn the_tag_of_the_element_follows_the_settings_and_the_file() {
        let tag = embed_tag("settings", "\"file\"");
        assert_eq!(tag, embed_tag("settings", "\"file\""));
        assert_ne!(tag, embed_tag("others", "\"file\""));
        assert_ne!(tag, embed_tag("settings", "\"another\""));
        let strong = tag.trim_start_matches("W/");
        for header in [tag.as_str(), strong, &format!("\"x\", {tag}")] {
            assert!(etag_matches(header, &tag), "{header}");
        }
        assert!(etag_matches(" * ", &tag));
        for header in ["\"x\"", "\"*\"", "*, \"x\"", ""] {
            assert!(!etag_matches(header, &tag), "{header}");
        }
    }

    #[test]
    fn a_widget_from_this_machine_is_the_sandbox() {
        let settings = settings("http://127.0.0.1:8788/chatkit.js");
        assert!(to_json(&PublicConfig::of(&settings, OWN)).contains(r#""sandbox":true"#));
        let policy = content_security_policy(&settings);
        assert!(policy.contains("script-src 'self' http://127.0.0.1:8788;"));
    }

    fn config(variables: &[(&str, &str)], own: &str) -> serde_json::Value {
        let settings = Settings::read(|name| {
            let all = [("OPENAI_API_KEY", "sk-test")];
            let mut all = variables.iter().chain(&all);
            let found = all.find(|(variable, _)| *variable == name);
            found.map(|(_, text)| (*text).to_owned())
        });
        serde_json::to_value(PublicConfig::of(&settings, own)).unwrap()
    }

    #[test]
    fn an_agent_shows_its_name_its_models_and_how_to_begin_and_nothing_else() {
        let agent = r#"{"model":"gpt-5.2","name":"Shop","greeting":"Hi","models":["gpt-5.2","gpt-5.2-mini"],
            "instructions":"Be kind.","prompts":["Where is my order?",{"label":"Pay","prompt":"How do I pay?","icon":"bolt"}],
            "headers":{"x-gateway":"hidden"}}"#;
        let agents = r#"{"sales":{"model":"gpt-5.2-mini"}}"#;
        let config = config(&[("AGENT", agent), ("AGENTS", agents)], OWN);
        assert_eq!(config["backend"], "agent");
        assert_eq!(config["configured"], true);
        assert_eq!(config.get("domain_key"), None);
        assert_eq!(
            config["agents"],
            serde_json::json!([
                {"id": "default", "name": "Shop", "model": "gpt-5.2", "models": ["gpt-5.2", "gpt-5.2-mini"], "greeting": "Hi",
                 "prompts": [{"label": "Where is my order?", "prompt": "Where is my order?"},
                             {"label": "Pay", "prompt": "How do I pay?", "icon": "bolt"}]},
                {"id": "sales", "model": "gpt-5.2-mini", "models": [], "prompts": []},
            ])
        );
    }

    #[test]
    fn the_domain_key_is_for_backends_that_need_it_and_has_a_default_on_this_machine() {
        let agent = ("AGENT", r#"{"model":"gpt-5.2"}"#);
        let key = ("CHATKIT_DOMAIN_KEY", "domain_pk_1");
        let local = "http://localhost:8787";
        assert_eq!(
            config(&[agent], local)["domain_key"],
            "domain_pk_localhost_dev"
        );
        assert_eq!(config(&[agent, key], local)["domain_key"], "domain_pk_1");
        assert_eq!(config(&[agent, key], OWN)["domain_key"], "domain_pk_1");
        let hosted = config(&[("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1"), key], local);
        assert_eq!(hosted["backend"], "hosted");
        assert_eq!(
            (hosted.get("domain_key"), hosted.get("agents")),
            (None, None)
        );
    }
}
