//! The settings.

use super::check_origin::address;
use rules::doctor::report::Report;
use rules::error::{Error, SettingError};
use rules::http::response::to_json;
use rules::problem::Problem;
use rules::public_config::{PublicConfig, content_security_policy, embed_prelude, preload};
use rules::settings::{Auth, KeySource, SessionSettings, Settings, TokenSource};
use rules::url_origin::{is_loopback, of_url};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The variables whose values must never be shown.
const SECRETS: [&str; 5] = [
    "OPENAI_API_KEY",
    "VISITOR_SECRET",
    "AUTH_JWT_SECRET",
    "ADMIN_TOKEN",
    "PROXY_SECRET",
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
    match &settings.sessions {
        Ok(sessions) => are_right(sessions),
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
    let prelude = embed_prelude(settings);
    assert_eq!(prelude.lines().count(), 1);
    let json = prelude
        .split_once('=')
        .and_then(|(_, json)| json.strip_suffix(";\n"));
    let config: Value = serde_json::from_str(json.unwrap_or_default()).expect("the configuration");
    assert_eq!(config["chatkit_js_url"], settings.script_url);
    assert_eq!(config["configured"], settings.sessions.is_ok());
}

fn are_right(sessions: &SessionSettings) {
    assert!(!sessions.workflows.is_empty());
    for workflow in &sessions.workflows {
        let name = workflow.strip_prefix("wf_").expect("a workflow's id");
        assert!((1..=128).contains(&name.len()) && name.is_ascii());
    }
    assert!((1..=40).contains(&sessions.timeout_seconds));
    assert!(
        sessions
            .ttl_seconds
            .is_none_or(|ttl| (1..=600).contains(&ttl))
    );
    assert!(
        sessions
            .uploads
            .max_megabytes
            .is_none_or(|most| (1..=512).contains(&most))
    );
    assert!(sessions.max_requests_per_minute != Some(0) && sessions.recent_threads != Some(0));
    assert!(sessions.daily.total != Some(0) && sessions.daily.per_user != Some(0));
    assert!(sessions.workflow_version.as_deref() != Some("latest"));
    assert!(sessions.state_variables.len() <= 64);
    address(&sessions.base_url);
    for (name, value) in rules::hosted::openai_request::request_headers(sessions) {
        let is_plain = value
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
        assert!(is_plain && value.len() <= 600, "{name}: {value:?}");
    }
    assert!(!sessions.auth.trust_client_user || sessions.auth.proxy_secret.is_some());
    assert!(sessions.base_url.starts_with("https:") || is_loopback(&sessions.base_url));
    if let Auth::Token(policy) = &sessions.auth.auth {
        assert!(!sessions.auth.trust_client_user);
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
        to_json(&PublicConfig::of(settings)),
        content_security_policy(settings),
    ];
    if let Err(errors) = &settings.sessions {
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
