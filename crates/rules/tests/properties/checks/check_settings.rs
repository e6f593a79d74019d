//! The settings.

use super::check_origin::address;
use rules::doctor::report::Report;
use rules::error::{Error, SettingError};
use rules::http::response::to_json;
use rules::problem::Problem;
use rules::public_config::{PublicConfig, content_security_policy, embed_prelude, preload};
use rules::settings::{
    AgentSettings, Auth, Backend, KeySource, OpenAiSettings, SessionSettings, Settings,
    SharedSettings, TokenSource,
};
use rules::url_origin::{is_loopback, of_url};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The Worker's own origin.
const OWN: &str = "https://edge.example.net";

/// The variables whose values must never be shown.
const SECRETS: [&str; 6] = [
    "OPENAI_API_KEY",
    "VISITOR_SECRET",
    "AUTH_JWT_SECRET",
    "ADMIN_TOKEN",
    "PROXY_SECRET",
    "TOOLS_SECRET",
];

/// Each line of the input is `NAME=TEXT`.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let variables = text.split('\n').filter_map(|line| line.split_once('='));
    read(&variables.collect());
}

/// The names of all variables that are looked up.
pub static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let asked = RefCell::new(BTreeSet::new());
    let _ = Settings::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    asked.into_inner()
});

/// Settings are valid, or every wrong variable is named. Pages are served in either case.
pub fn read(variables: &BTreeMap<&str, &str>) {
    let settings = Settings::read(|name| variables.get(name).map(|text| (*text).to_owned()));
    assert!((1..=64).contains(&settings.counter_shards));
    assert!((1..=86_400).contains(&settings.counter_publish_seconds));
    address(&settings.script_url);
    a_page_is_served(&settings);
    match &settings.backend {
        Ok(backend) => are_right(backend),
        Err(errors) => are_named(errors),
    }
    shows_no_secret(&settings, variables);
}

fn a_page_is_served(settings: &Settings) {
    let script = of_url(&settings.script_url).expect("the script has an origin");
    let policy = content_security_policy(settings);
    let sources: Vec<&str> = policy.split(';').collect();
    // No setting can add a directive or a source.
    assert_eq!(sources.len(), 10, "{policy}");
    assert_eq!(sources[1], format!(" script-src 'self' {script}"));
    if let Some(link) = preload(settings) {
        let ends = link.split(['<', '>', ';', ',']).count();
        assert!(
            ends == 5 && link.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{link}"
        );
    }
    let prelude = embed_prelude(settings, OWN);
    assert_eq!(prelude.lines().count(), 1);
    let json = prelude
        .split_once('=')
        .and_then(|(_, json)| json.strip_suffix(";\n"));
    let config: Value = serde_json::from_str(json.unwrap_or_default()).expect("the configuration");
    assert_eq!(config["chatkit_js_url"], settings.script_url);
    assert_eq!(config["configured"], settings.backend.is_ok());
}

fn are_right(backend: &Backend) {
    shared_are_right(backend.shared());
    match backend {
        Backend::Hosted(sessions) => sessions_are_right(sessions),
        Backend::Agent(chat) => {
            openai_is_right(&chat.openai);
            chat.agents.iter().for_each(agent_is_right);
            assert!(chat.agent(None).is_some());
        }
        Backend::Remote(remote) => {
            address(&remote.url);
            assert!(remote.tools_secret.expose().len() >= 16);
        }
    }
}

fn agent_is_right(agent: &AgentSettings) {
    address(&agent.base_url);
    assert!(!agent.model.is_empty() && (1..=10_000).contains(&agent.history));
    for name in ["input", "stream", "store", "user", "model", "tools"] {
        assert!(!agent.fields.contains_key(name), "{name}");
    }
}

fn openai_is_right(openai: &OpenAiSettings) {
    address(&openai.base_url);
    assert!(openai.base_url.starts_with("https:") || is_loopback(&openai.base_url));
}

fn sessions_are_right(sessions: &SessionSettings) {
    openai_is_right(&sessions.openai);
    let workflow = &sessions.workflow;
    assert!(!workflow.ids.is_empty());
    for id in &workflow.ids {
        let name = id.strip_prefix("wf_").expect("a workflow's id");
        assert!((1..=128).contains(&name.len()) && name.is_ascii());
    }
    let ttl = workflow.ttl_seconds;
    assert!(ttl.is_none_or(|ttl| (1..=600).contains(&ttl)));
    assert!(workflow.max_requests_per_minute != Some(0));
    assert!(workflow.version.as_deref() != Some("latest"));
    for (name, value) in rules::hosted::openai_request::request_headers(sessions) {
        let is_plain = value
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        assert!(is_plain && value.len() <= 600, "{name}: {value:?}");
    }
}

fn shared_are_right(shared: &SharedSettings) {
    assert!((1..=40).contains(&shared.timeout_seconds));
    let most = shared.uploads.max_megabytes;
    assert!(most.is_none_or(|most| (1..=512).contains(&most)));
    assert!(shared.recent_threads != Some(0));
    assert!(shared.daily.total != Some(0) && shared.daily.per_user != Some(0));
    assert!(shared.state_variables.len() <= 64);
    let auth = &shared.auth;
    assert!(!auth.trust_client_user || auth.proxy_secret.is_some());
    if let Auth::Token(policy) = &auth.auth {
        assert!(!auth.trust_client_user);
        if let KeySource::Jwks(url) = &policy.keys {
            address(url);
            // These keys sign tokens for other sites too.
            assert!(policy.issuer.is_some() && policy.audience.is_some());
        } else {
            assert_eq!(policy.source, TokenSource::Bearer);
        }
    }
}

fn are_named(errors: &[SettingError]) {
    assert!(!errors.is_empty());
    for error in errors {
        let sentence = error.to_string();
        assert!(NAMES.contains(error.variable));
        for sentence in [&sentence, error.for_owner()] {
            assert!(sentence.contains(error.variable), "{sentence}");
            assert!(sentence.ends_with(['.', '?']), "{sentence}");
            assert!(!sentence.contains(char::is_control), "{sentence:?}");
        }
        // Without a value, so it is the same for every wrong one.
        assert!(!sentence.contains(" is \""), "{sentence}");
    }
    let problem = Problem::from(&Error::NotConfigured(errors.to_vec()));
    assert_eq!((problem.status, problem.code), (500, "not_configured"));
}

/// No secret is shown, even if it was set in the wrong variable.
fn shows_no_secret(settings: &Settings, variables: &BTreeMap<&str, &str>) {
    let mut shown = vec![
        to_json(&PublicConfig::of(settings, OWN)),
        content_security_policy(settings),
    ];
    if let Err(errors) = &settings.backend {
        shown.push(to_json(&Report::of_settings(settings).view()));
        shown.push(Problem::from(&Error::NotConfigured(errors.clone())).to_json("r"));
    }
    let secrets = SECRETS.iter().filter_map(|name| variables.get(name));
    for secret in secrets
        .map(|text| text.trim())
        .filter(|text| is_telling(text))
    {
        for shown in &shown {
            assert!(!shown.contains(secret), "{secret:?} shows in {shown}");
        }
    }
}

/// Whether a text is long and unusual enough that it cannot appear in a response by chance.
fn is_telling(secret: &str) -> bool {
    secret.len() >= 16
        && secret.bytes().any(|byte| byte.is_ascii_digit())
        && !secret.contains(['"', '\\', '.', '/'])
}
