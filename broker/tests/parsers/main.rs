//! Properties of everything that reads bytes from outside: no input panics, and what is let
//! through is what the rest of the product relies on.

// A test may stop at what must not happen; Clippy's leave for tests covers test functions only.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use broker::ask::Ask;
use broker::log::path_for_log;
use broker::openai;
use broker::origin::{self, Rule, Sender};
use broker::redact::redact;
use broker::retry::{self, Advice, Outcome};
use broker::route::route;
use broker::secret::Secret;
use broker::settings::{SessionSettings, Settings};
use broker::visitor::{COOKIE, VisitorKeys};
use proptest::prelude::*;
use serde_json::{Value, json};

const VARIABLES: [&str; 20] = [
    "ALLOWED_ORIGINS",
    "AUTH",
    "CHATKIT_JS_URL",
    "FILE_UPLOAD",
    "FILE_UPLOAD_MAX_FILES",
    "FILE_UPLOAD_MAX_MB",
    "HISTORY",
    "HISTORY_RECENT_THREADS",
    "MAX_REQUESTS_PER_MINUTE",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_CHATKIT_WORKFLOW_ID",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_TIMEOUT_SECONDS",
    "SESSION_TTL_SECONDS",
    "STATE_VARIABLES",
    "THREAD_TITLES",
    "TRUST_CLIENT_USER",
    "WORKFLOW_VERSION",
];

fn settings() -> SessionSettings {
    Settings::read(|name| match name {
        "OPENAI_API_KEY" => Some("sk-test".to_owned()),
        "OPENAI_CHATKIT_WORKFLOW_ID" => Some("wf_1,wf_2".to_owned()),
        "STATE_VARIABLES" => Some("plan".to_owned()),
        "FILE_UPLOAD" | "TRUST_CLIENT_USER" => Some("true".to_owned()),
        _ => None,
    })
    .sessions
    .expect("the settings are right")
}

fn keys(secret: &str) -> VisitorKeys {
    VisitorKeys::derive(&Secret::new(secret), std::iter::empty())
}

/// JSON of any shape, with the names that the body may carry.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
        Just(json!("wf_2")),
    ];
    let name = prop_oneof![
        Just("workflow".to_owned()),
        Just("workflowId".to_owned()),
        Just("id".to_owned()),
        Just("user".to_owned()),
        Just("thread_id".to_owned()),
        Just("state_variables".to_owned()),
        Just("plan".to_owned()),
        Just("chatkit_configuration".to_owned()),
        Just("file_upload".to_owned()),
        Just("enabled".to_owned()),
        Just("client_secret".to_owned()),
        Just("expires_at".to_owned()),
        ".{0,8}",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What a granted request relies on, whatever the body was.
fn holds(ask: &Ask) {
    let settings = settings();
    assert!(settings.workflows.contains(&ask.workflow));
    assert!(ask.state_variables.keys().all(|name| name == "plan"));
    if let Some(Some(thread)) = &ask.thread {
        assert!(thread.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if let Some(user) = &ask.user {
        assert!((1..=512).contains(&user.chars().count()));
    }
    let sent = openai::create_session_body(&settings, ask, "visitor_1");
    let sent: Value = serde_json::from_str(&sent).expect("what is sent to OpenAI is JSON");
    assert_eq!(sent["user"], "visitor_1");
}

proptest! {
    #[test]
    fn any_bytes_are_a_body_or_a_clear_refusal(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(ask) = Ask::read(&bytes, &settings()) {
            holds(&ask);
        }
    }

    #[test]
    fn any_json_is_a_body_or_a_clear_refusal(body in any_json()) {
        if let Ok(ask) = Ask::read(body.to_string().as_bytes(), &settings()) {
            holds(&ask);
        }
    }

    #[test]
    fn any_answer_of_openai_is_a_session_or_a_failure(body in any_json(), now in any::<u64>()) {
        if let Ok(session) = openai::read_session(body.to_string().as_bytes(), None, now) {
            prop_assert!(!session.client_secret.expose().is_empty());
            let answer = openai::session_answer(&session, None, None);
            let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
            prop_assert!(answer["expires_at"].is_u64());
        }
    }

    #[test]
    fn any_bytes_from_openai_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = openai::read_session(&bytes, Some(60), 0);
        prop_assert!(openai::error_text(&bytes).chars().count() <= 600);
    }

    #[test]
    fn no_cookie_but_a_signed_one_proves_a_visitor(header in ".{0,200}", value in "[A-Za-z0-9_.=-]{0,90}") {
        let keys = keys("secret");
        prop_assert_eq!(keys.recognise(Some(&header), Some(&value)), None);
        let cookies = format!("{COOKIE}={value}");
        prop_assert_eq!(keys.recognise(Some(&cookies), None), None);
    }

    #[test]
    fn a_signed_visitor_survives_any_neighbours_and_no_change(
        id in any::<[u8; 16]>(), before in "[a-z]{1,8}=[^;]{0,8}", at in 0usize..66, with in "[A-Za-z0-9_-]",
    ) {
        let keys = keys("secret");
        let visitor = keys.welcome(id);
        let value = keys.sign(&visitor);
        let cookies = format!("{before}; {COOKIE}={value}");
        prop_assert_eq!(keys.recognise(Some(&cookies), None), Some(visitor));
        let mut changed = value.clone();
        changed.replace_range(at..=at, &with);
        prop_assert_eq!(keys.verify(&changed).is_some(), changed == value);
        prop_assert_eq!(crate::keys("other").verify(&value), None);
    }

    #[test]
    fn an_origin_that_is_not_listed_is_never_allowed(origin in "(https?://)?[a-z.*@:/-]{0,30}") {
        let rules = [origin::rule("https://*.tenant.example").unwrap(), Rule::Exact("https://a.example".into())];
        if let Sender::Allowed(allowed) = origin::sender(Some(&origin), "https://own.example", &rules) {
            prop_assert!(allowed == "https://a.example" || (allowed.starts_with("https://")
                && allowed.ends_with(".tenant.example") && !allowed.contains('@')));
        }
    }

    #[test]
    fn any_url_has_a_plain_origin_or_none(url in ".{0,60}") {
        if let Some(found) = origin::of_url(&url) {
            prop_assert!(found.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(origin::of_url(&found), Some(found));
        }
    }

    #[test]
    fn any_settings_are_right_or_named_as_wrong(texts in prop::collection::vec(prop_oneof![".{0,20}", "[0-9]{0,6}", "wf_[a-z]{1,4}", "https://[a-z.*]{1,12}"], 20)) {
        let read = Settings::read(|name| {
            let at = VARIABLES.iter().position(|variable| *variable == name)?;
            texts.get(at).cloned()
        });
        prop_assert!(origin::of_url(&read.script_url).is_some());
        match read.sessions {
            Ok(sessions) => prop_assert!(!sessions.workflows.is_empty()),
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!(fault.to_string().ends_with(['.', '?']));
                }
            }
        }
    }

    #[test]
    fn any_advice_ends_within_the_deadline(
        should in ".{0,6}", ms in ".{0,12}", after in prop_oneof![".{0,30}", "[0-9]{1,12}"],
        status in any::<u16>(), tries in 1u32..9, jitter in any::<u8>(), left in 0u64..60_000,
    ) {
        let advice = Advice::read(Some(&should), Some(&ms), Some(&after), 0);
        if let Some(pause) = retry::pause(Outcome::Status(status), advice, tries, jitter, left) {
            prop_assert!(pause < left && tries <= 2);
        }
    }

    #[test]
    fn any_method_and_path_are_routed(method in "[A-Z]{0,8}", path in "/.{0,40}") {
        let _ = route(&method, &path);
        prop_assert!(path_for_log(&path).chars().count() <= 200);
    }

    #[test]
    fn no_piece_of_the_key_is_left_in_a_log_text(
        key in "[A-Za-z0-9_-]{20,60}", before in ".{0,40}", from in 0usize..12, length in 8usize..20, after in ".{0,40}",
    ) {
        let piece = key.get(from..(from + length).min(key.len())).unwrap();
        let said = redact(&format!("{before}{piece}{after}"), Some(&Secret::new(key.clone())));
        prop_assert!(!said.contains(piece), "{}", said);
    }
}
