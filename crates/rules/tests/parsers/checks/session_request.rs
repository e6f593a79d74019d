//! The body and the query of a session request.

use rules::error::Error;
use rules::hosted::openai::create_session_body;
use rules::hosted::session_request::{SessionRequest, user_in_query};
use rules::json::Json;
use rules::problem::Problem;
use rules::settings::{SessionSettings, Settings};
use serde_json::{Value, json};

/// Settings that grant little, and settings that grant all.
pub fn settings(grants_all: bool) -> SessionSettings {
    Settings::read(|name| {
        Some(match name {
            "OPENAI_API_KEY" => "sk-test".to_owned(),
            "OPENAI_CHATKIT_WORKFLOW_ID" => "wf_1,wf_2".to_owned(),
            "STATE_VARIABLES" => "plan,seats".to_owned(),
            "FILE_UPLOAD" | "TRUST_CLIENT_USER" => grants_all.to_string(),
            _ => return None,
        })
    })
    .sessions
    .expect("the settings are right")
}

/// The input is a body, and a query where it is text.
pub fn check(input: &[u8]) {
    for grants_all in [false, true] {
        let settings = settings(grants_all);
        match SessionRequest::read(input, &settings) {
            Ok(ask) => granted(&ask, &settings),
            Err(cause) => refused(input, &cause),
        }
    }
    if let Ok(text) = str::from_utf8(input) {
        query(text);
    }
}

/// What the rest relies on, whatever was asked for.
fn granted(ask: &SessionRequest<'_>, settings: &SessionSettings) {
    assert!(settings.workflows.contains(&ask.workflow));
    assert!(settings.uploads.enabled || !ask.uploads);
    for (name, value) in &ask.state_variables {
        assert!(settings.state_variables.iter().any(|listed| listed == name));
        assert!(matches!(
            value,
            Json::Text(_) | Json::Number(_) | Json::Bool(_)
        ));
    }
    if let Some(Some(thread)) = &ask.thread {
        assert!((1..=256).contains(&thread.len()));
        assert!(thread.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    assert!(settings.auth.trust_client_user || ask.user.is_none());
    if let Some(user) = &ask.user {
        is_user(user);
    }
    sent(ask, settings);
    asked_again(ask, settings);
}

/// OpenAI is asked for what was granted and for nothing else.
fn sent(ask: &SessionRequest<'_>, settings: &SessionSettings) {
    let body = create_session_body(settings, ask, "visitor_1");
    let sent: Value = serde_json::from_str(&body).expect("what is sent is JSON");
    let mut workflow = json!({"id": ask.workflow});
    if !ask.state_variables.is_empty() {
        let variables = serde_json::from_str::<Value>(&variables(ask));
        workflow["state_variables"] = variables.expect("the variables are JSON");
    }
    let mut expected = json!({"workflow": workflow, "user": "visitor_1"});
    if ask.uploads {
        expected["chatkit_configuration"] = json!({"file_upload": {"enabled": true}});
    }
    assert_eq!(sent, expected);
}

fn variables(ask: &SessionRequest<'_>) -> String {
    Json::Object(ask.state_variables.clone()).to_string()
}

/// A body that asks for exactly what was granted is granted the same.
fn asked_again(ask: &SessionRequest<'_>, settings: &SessionSettings) {
    let mut body = json!({
        "workflow": {"id": ask.workflow},
        "user": ask.user,
        "chatkit_configuration": {"file_upload": {"enabled": ask.uploads}},
    });
    if let Some(thread) = &ask.thread {
        body["thread_id"] = json!(thread);
    }
    // As text, because numbers stay as they are spelt.
    let body = body.to_string();
    let rest = body.strip_prefix('{').expect("an object");
    let body = format!(r#"{{"state_variables":{},{rest}"#, variables(ask));
    let again = SessionRequest::read(body.as_bytes(), settings);
    assert_eq!(again.as_ref(), Ok(ask));
}

fn refused(input: &[u8], cause: &Error) {
    let is_json = serde_json::from_slice::<Value>(input).is_ok();
    let problem = Problem::from(cause);
    match cause {
        Error::InvalidJson => assert!(!is_json && problem.status == 400),
        Error::InvalidRequest { field, .. } => {
            assert!(is_json && problem.status == 400);
            // It is said in one line of reasonable length.
            assert!(field.chars().count() <= 1_000 && !field.contains(char::is_control));
        }
        Error::WorkflowNotAllowed => assert!(is_json && problem.status == 403),
        other => panic!("a body cannot cause {other:?}"),
    }
}

fn query(text: &str) {
    if let Ok(Some(user)) = user_in_query(text) {
        is_user(&user);
        let encoded: String = user.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let again = user_in_query(&format!("user={encoded}"));
        assert_eq!(again, Ok(Some(user)));
    }
}

fn is_user(user: &str) {
    assert!((1..=512).contains(&user.chars().count()));
    assert!(!user.contains(char::is_control));
}
