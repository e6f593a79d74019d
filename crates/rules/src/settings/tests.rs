//! The settings as a whole: defaults, bounds, and every error at once.

use super::*;

fn read(variables: &[(&str, &str)]) -> Settings {
    Settings::read(|name| {
        variables
            .iter()
            .find(|(variable, _)| *variable == name)
            .map(|(_, text)| (*text).to_owned())
    })
}

/// Valid settings with `wf_1` and `wf_2`, and these; the tests of other modules use it too.
pub(crate) fn sessions(more: &[(&str, &str)]) -> SessionSettings {
    hosted(read(&[&[KEY, WORKFLOW], more].concat()))
}

fn hosted(settings: Settings) -> SessionSettings {
    match settings.backend {
        Ok(Backend::Hosted(sessions)) => sessions,
        other => panic!("sessions are not what is set up: {other:?}"),
    }
}

const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-test");
const WORKFLOW: (&str, &str) = ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1, wf_2");

const JWT_SECRET: &str = "jwt-0123456789abcdef0123456789ab";

fn errors(variables: &[(&str, &str)]) -> Vec<String> {
    let backend = read(variables).backend;
    let errors = backend.expect_err("the settings are wrong");
    let for_owner = errors.iter().map(SettingError::for_owner);
    for_owner.map(str::to_owned).collect()
}

#[test]
fn a_key_and_a_workflow_are_enough() {
    let settings = hosted(read(&[KEY, WORKFLOW]));
    assert_eq!(settings.workflow.ids, ["wf_1", "wf_2"]);
    assert_eq!(settings.openai.base_url, openai_access::DEFAULT_BASE_URL);
    assert_eq!(settings.shared.timeout_seconds, 30);
    assert!(!settings.shared.uploads.enabled && !settings.shared.auth.trust_client_user);
}

#[test]
fn all_errors_are_found_at_once_and_name_what_is_allowed() {
    let found = errors(&[
        ("SESSION_TTL_SECONDS", "601"),
        ("WORKFLOW_VERSION", "latest"),
        ("FILE_UPLOAD", "maybe"),
    ]);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found[0].starts_with("OPENAI_API_KEY is not set"));
    assert!(found[1].starts_with("No workflow ID configured"));
    assert!(found.contains(
        &"SESSION_TTL_SECONDS is \"601\" and must be a whole number from 1 to 600.".to_owned()
    ));
}

#[test]
fn a_secret_in_the_wrong_variable_is_not_shown() {
    let key = "sk-proj-0123456789";
    let found = errors(&[
        ("OPENAI_API_KEY", key),
        ("OPENAI_CHATKIT_WORKFLOW_ID", key),
        ("ADMIN_TOKEN", "please let me in"),
        ("AUTH", "please let me in"),
        ("VISITOR_SECRET", "vs-abc"),
        ("HISTORY", "vs-abc"),
        ("OPENAI_BASE_URL", "https://me:password@proxy.example/v1"),
    ]);
    assert_eq!(found.len(), 4, "{found:#?}");
    for error in found {
        assert!(
            error.contains(r#" is "[redacted]" and must be "#),
            "{error}"
        );
    }
}

#[test]
fn everyone_is_told_which_variables_are_wrong_and_no_value() {
    // A secret in the wrong variable, and set nowhere else.
    let settings = read(&[
        KEY,
        WORKFLOW,
        ("HISTORY", "q8Zk3nV0pTf5Wm2xLr7c"),
        ("AUTH", "let me in"),
        ("RATE_LIMITS", "maybe"),
    ]);
    let errors = settings.backend.expect_err("the settings are wrong");
    let public: Vec<String> = errors.iter().map(SettingError::to_string).collect();
    assert_eq!(
        public,
        [
            "RATE_LIMITS must be true or false.",
            "HISTORY must be true or false.",
            "AUTH must be anonymous, jwt or access.",
        ]
    );
    let for_owner: Vec<&str> = errors.iter().map(SettingError::for_owner).collect();
    assert_eq!(
        for_owner,
        [
            "RATE_LIMITS is \"maybe\" and must be true or false.",
            "HISTORY is \"[redacted]\" and must be true or false.",
            "AUTH is \"let me in\" and must be anonymous, jwt or access.",
        ]
    );
}

#[test]
fn a_list_is_read_where_several_values_are_allowed_and_an_error_elsewhere() {
    let settings = read(&[
        KEY,
        ("OPENAI_CHATKIT_WORKFLOW_ID", r#"["wf_1","wf_2"]"#),
        (
            "ALLOWED_ORIGINS",
            r#"["https://a.example","https://*.b.example"]"#,
        ),
        ("STATE_VARIABLES", r#"["plan, monthly","seats"]"#),
        ("VISITOR_SECRET", r#"["new","old"]"#),
    ]);
    assert_eq!(settings.origins.len(), 2);
    let sessions = hosted(settings);
    assert_eq!(sessions.workflow.ids, ["wf_1", "wf_2"]);
    assert_eq!(sessions.shared.state_variables, ["plan, monthly", "seats"]);
    let as_text = self::sessions(&[("VISITOR_SECRET", "new, old")]);
    assert_eq!(sessions.shared.auth.visitors, as_text.shared.auth.visitors);
    for (variable, value) in [
        ("SESSION_TTL_SECONDS", "[600]"),
        ("HISTORY", "[true]"),
        ("AUTH_ISSUER", r#"["https://a.example"]"#),
        ("OPENAI_ORG_ID", r#"{"id":"org-1"}"#),
        ("WORKFLOW_VERSION", r#"["1"]"#),
        ("OPENAI_CHATKIT_WORKFLOW_ID", "[]"),
        (
            "ALLOWED_ORIGINS",
            r#"["https://a.example",["https://b.example"]]"#,
        ),
        ("STATE_VARIABLES", r#"[["plan"]]"#),
        ("STATE_VARIABLES", r#"{"plan":"pro"}"#),
        ("CHATKIT_JS_URL", r#"["https://cdn.example/x.js"]"#),
    ] {
        let found = errors(&[(variable, value), KEY, WORKFLOW]);
        assert_eq!(found.len(), 1, "{variable}: {found:?}");
        assert!(found[0].starts_with(variable), "{found:?}");
    }
}

#[test]
fn public_settings_contain_no_secret() {
    let script = (
        "CHATKIT_JS_URL",
        "https://cdn.example/x.js?key=sk-0123456789",
    );
    let variables = [("OPENAI_API_KEY", "sk-0123456789"), WORKFLOW, script];
    assert_eq!(
        errors(&variables),
        ["CHATKIT_JS_URL contains a secret, and every page can read it."]
    );
    assert_eq!(read(&variables).script_url, DEFAULT_SCRIPT);
    assert_eq!(read(&[KEY, WORKFLOW, script]).script_url, script.1);
}

#[test]
fn a_secret_is_never_shown_in_an_error_or_in_debug_output() {
    let wrong = [
        ("OPENAI_API_KEY", "sk-abc def"),
        ("VISITOR_SECRET", "vs-abc"),
    ];
    assert!(!errors(&wrong).concat().contains("abc"));
    let settings = read(&[
        ("OPENAI_API_KEY", "sk-abc"),
        ("VISITOR_SECRET", "vs-abc"),
        WORKFLOW,
    ]);
    assert!(!format!("{settings:?}").contains("abc"));
}

#[test]
fn origins_and_script_are_usable_while_sessions_are_not() {
    let settings = read(&[("ALLOWED_ORIGINS", "https://a.example")]);
    assert!(settings.backend.is_err());
    assert_eq!(
        settings.origins,
        [OriginPattern::Exact("https://a.example".into())]
    );
    assert_eq!(settings.script_url, DEFAULT_SCRIPT);
}

#[test]
fn a_blank_variable_counts_as_not_set() {
    let settings = read(&[KEY, WORKFLOW, ("SESSION_TTL_SECONDS", "  ")]);
    assert_eq!(hosted(settings).workflow.ttl_seconds, None);
}

#[test]
fn an_error_names_each_variable_that_sign_in_requires() {
    let needs = |variables: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [KEY, WORKFLOW]
            .into_iter()
            .chain(variables.iter().copied())
            .collect();
        errors(&all).join(" ")
    };
    assert!(needs(&[("AUTH", "jwt")]).contains("AUTH_JWT_SECRET or the address AUTH_JWKS_URL"));
    let keys = ("AUTH_JWKS_URL", "https://id.example/jwks");
    let found = needs(&[("AUTH", "jwt"), keys]);
    assert!(found.contains("AUTH_ISSUER is not set") && found.contains("AUTH_AUDIENCE is not set"));
    assert!(needs(&[("AUTH", "jwt"), keys, ("AUTH_JWT_SECRET", JWT_SECRET)]).contains("both set"));
    assert!(needs(&[("AUTH", "access")]).contains("AUTH_ISSUER is not set"));
    let trusted = needs(&[
        ("AUTH", "jwt"),
        ("AUTH_JWT_SECRET", JWT_SECRET),
        ("TRUST_CLIENT_USER", "true"),
    ]);
    assert!(trusted.contains("TRUST_CLIENT_USER"));
}

#[test]
fn secrets_that_could_be_guessed_are_rejected_and_not_shown() {
    for (variable, short, long) in [
        ("ADMIN_TOKEN", "fifteen-bytes-x", "sixteen-bytes-xx"),
        (
            "AUTH_JWT_SECRET",
            "thirty-one-bytes-0123456789abcd",
            JWT_SECRET,
        ),
    ] {
        let found = errors(&[KEY, WORKFLOW, (variable, short)]).concat();
        assert!(
            found.starts_with(&format!("{variable} is shorter than ")),
            "{found}"
        );
        assert!(!found.contains(short));
        assert!(read(&[KEY, WORKFLOW, (variable, long)]).backend.is_ok());
    }
    assert!(read(&[("ADMIN_TOKEN", "short")]).admin_token.is_err());
    // Four characters of four bytes each.
    assert!(read(&[("ADMIN_TOKEN", "🔑🔑🔑🔑")]).admin_token.is_ok());
}

#[test]
fn trusting_the_clients_user_needs_the_secret_of_the_proxy() {
    let trusting = ("TRUST_CLIENT_USER", "true");
    let found = errors(&[KEY, WORKFLOW, trusting]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("TRUST_CLIENT_USER is true and PROXY_SECRET is not set"));
    let auth = sessions(&[trusting, ("PROXY_SECRET", "p")]).shared.auth;
    assert!(auth.trust_client_user && auth.proxy_secret.is_some());
}

#[test]
fn with_access_the_keys_are_at_the_issuer() {
    let read = read(&[
        KEY,
        WORKFLOW,
        ("AUTH", "access"),
        ("AUTH_ISSUER", "https://team.cloudflareaccess.com"),
        ("AUTH_AUDIENCE", "aud"),
    ]);
    let Auth::Token(rules) = hosted(read).shared.auth.auth else {
        panic!("AUTH=access requires a token");
    };
    assert_eq!(
        rules.keys,
        KeySource::Jwks("https://team.cloudflareaccess.com/cdn-cgi/access/certs".into())
    );
}

#[test]
fn every_variable_has_its_bounds() {
    for (variable, wrong) in [
        ("OPENAI_CHATKIT_WORKFLOW_ID", "workflow"),
        ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1,x"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("OPENAI_BASE_URL", "http://api.openai.com/v1"),
        ("OPENAI_ORG_ID", "org with spaces"),
        ("OPENAI_PROJECT_ID", "proj\u{e9}"),
        ("OPENAI_TIMEOUT_SECONDS", "0"),
        ("OPENAI_TIMEOUT_SECONDS", "41"),
        ("MAX_REQUESTS_PER_MINUTE", "0"),
        ("FILE_UPLOAD_MAX_FILES", "0"),
        ("FILE_UPLOAD_MAX_MB", "513"),
        ("HISTORY", "1"),
        ("HISTORY_RECENT_THREADS", "0"),
        ("THREAD_TITLES", "no"),
        ("STATE_VARIABLES", ","),
        ("ALLOWED_ORIGINS", "*"),
        ("TRUST_CLIENT_USER", "maybe"),
        ("AUTH", "none"),
        ("AUTH", "jwt"),
        ("AUTH_ISSUER", "a b"),
        ("AUTH_JWKS_URL", "http://keys.example"),
        ("AUTH_JWT_SECRET", "thirty-one-bytes-0123456789abcd"),
        ("ADMIN_TOKEN", "fifteen-bytes-x"),
        ("VISITOR_MAX_AGE_DAYS", "401"),
        ("LOOPBACK_ONLY", "maybe"),
        ("RATE_LIMITS", "maybe"),
        ("COUNTER_SHARDS", "65"),
        ("COUNTER_PUBLISH_SECONDS", "0"),
        ("DAILY_SESSION_LIMIT", "0"),
        ("DAILY_SESSIONS_PER_USER", "-1"),
        ("DAILY_LIMITS_FAIL", "true"),
        ("DAILY_EVENT_ROWS", "0"),
        ("CHATKIT_JS_URL", "http://cdn.example/x.js"),
    ] {
        let found = errors(&[(variable, wrong), KEY, WORKFLOW]);
        assert_eq!(found.len(), 1, "{variable}: {found:?}");
        assert!(found[0].contains(variable), "{found:?}");
    }
}
