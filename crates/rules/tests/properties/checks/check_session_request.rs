//! The body and the query of a session request.

use rules::error::Error;
use rules::hosted::openai_request::create_session_body;
use rules::hosted::session_request::SessionRequest;
use rules::http::response::to_json;
use rules::identity::named_user::in_query;
use rules::problem::Problem;
use rules::settings::{SessionSettings, Settings};
use serde_json::{Value, json};

/// Settings that allow little, and settings that allow everything.
pub fn settings(grants_all: bool) -> SessionSettings {
    let settings = Settings::read(|name| {
        Some(match name {
            "OPENAI_API_KEY" => "sk-test".to_owned(),
            "OPENAI_CHATKIT_WORKFLOW_ID" => "wf_1,wf_2".to_owned(),
            "STATE_VARIABLES" => "plan,seats".to_owned(),
            "FILE_UPLOAD" | "TRUST_CLIENT_USER" => grants_all.to_string(),
            "PROXY_SECRET" => "proxy".to_owned(),
            _ => return None,
        })
    });
    settings.sessions().expect("the settings are right").clone()
}

/// The input is a body, and if it is text also a query.
pub fn check(input: &[u8]) {
    for grants_all in [false, true] {
        let settings = settings(grants_all);
        match SessionRequest::parse(input, "", &settings) {
            Ok(request) => granted(&request, &settings),
            Err(cause) => refused(input, &cause),
        }
    }
    if let Ok(text) = str::from_utf8(input) {
        query(text);
    }
}

/// Conditions that the rest of the code relies on, whatever the request says.
fn granted(request: &SessionRequest<'_>, settings: &SessionSettings) {
    assert!(settings.workflow.ids.contains(&request.workflow));
    assert!(settings.shared.uploads.enabled || !request.uploads);
    for (name, value) in &request.state_variables {
        assert!(
            settings
                .shared
                .state_variables
                .iter()
                .any(|listed| listed == name)
        );
        let value: Value = serde_json::from_str(value.get()).expect("a value is JSON");
        assert!(value.is_string() || value.is_number() || value.is_boolean());
    }
    if let Some(Some(thread)) = &request.thread {
        assert!((1..=256).contains(&thread.len()));
        assert!(thread.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    assert!(settings.shared.auth.trust_client_user || request.user.is_none());
    if let Some(user) = &request.user {
        is_user(user);
    }
    sent(request, settings);
    request_again(request, settings);
}

/// The request to OpenAI contains what was granted and nothing else.
fn sent(request: &SessionRequest<'_>, settings: &SessionSettings) {
    let body = create_session_body(settings, request, "visitor_1");
    let sent: Value = serde_json::from_str(&body).expect("what is sent is JSON");
    let mut workflow = json!({"id": request.workflow});
    if !request.state_variables.is_empty() {
        let variables = serde_json::from_str::<Value>(&variables(request));
        workflow["state_variables"] = variables.expect("the variables are JSON");
    }
    let mut expected = json!({"workflow": workflow, "user": "visitor_1"});
    if request.uploads {
        expected["chatkit_configuration"] = json!({"file_upload": {"enabled": true}});
    }
    assert_eq!(sent, expected);
}

fn variables(request: &SessionRequest<'_>) -> String {
    to_json(&request.state_variables)
}

/// A body that requests exactly what was granted gets the same.
fn request_again(request: &SessionRequest<'_>, settings: &SessionSettings) {
    let mut body = json!({
        "workflow": {"id": request.workflow},
        "user": request.user,
        "chatkit_configuration": {"file_upload": {"enabled": request.uploads}},
    });
    if let Some(thread) = &request.thread {
        body["thread_id"] = json!(thread);
    }
    // As text, because numbers keep their digits.
    let body = body.to_string();
    let rest = body.strip_prefix('{').expect("an object");
    let body = format!(r#"{{"state_variables":{},{rest}"#, variables(request));
    let again = SessionRequest::parse(body.as_bytes(), "", settings).expect("it was granted");
    assert_eq!(again.workflow, request.workflow);
    assert_eq!(again.thread, request.thread);
    assert_eq!(again.user, request.user);
    assert_eq!(again.uploads, request.uploads);
    assert_eq!(variables(&again), variables(request));
}

fn refused(input: &[u8], cause: &Error) {
    let is_json = serde_json::from_slice::<Value>(input).is_ok();
    let problem = Problem::from(cause);
    match cause {
        Error::InvalidJson => assert!(!is_json && problem.status == 400),
        Error::InvalidRequest { field, .. } => {
            assert!(is_json && problem.status == 400);
            // The error is one line of reasonable length.
            assert!(field.chars().count() <= 1_000 && !field.contains(char::is_control));
        }
        Error::WorkflowNotAllowed => assert!(is_json && problem.status == 403),
        other => panic!("a body cannot cause {other:?}"),
    }
}

fn query(text: &str) {
    if let Ok(Some(user)) = in_query(text) {
        is_user(&user);
        let encoded: String = user.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let again = in_query(&format!("user={encoded}"));
        assert_eq!(again, Ok(Some(user)));
    }
}

fn is_user(user: &str) {
    assert!((1..=512).contains(&user.chars().count()));
    assert!(!user.contains(char::is_control));
}
