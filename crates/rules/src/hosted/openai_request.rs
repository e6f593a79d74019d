//! Requests to OpenAI's ChatKit API.
//!
//! Source: OpenAI's description of `POST /chatkit/sessions`. A field that is not set is not sent, so that OpenAI's own default
//! applies.

use super::session_request::{SessionRequest, StateVariables};
use crate::http::response::to_json;
use crate::settings::SessionSettings;
use crate::validate::is_name;
use serde::Serialize;

/// The path under `OPENAI_BASE_URL`.
pub const SESSIONS_PATH: &str = "/chatkit/sessions";

/// The path that cancels a session. `None` if a path cannot contain the id.
#[must_use]
pub fn cancel_path(session_id: &str) -> Option<String> {
    is_name(session_id, 256).then(|| format!("{SESSIONS_PATH}/{session_id}/cancel"))
}

/// The headers of every request to OpenAI.
#[must_use]
pub fn request_headers(settings: &SessionSettings) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        (
            "Authorization",
            format!("Bearer {}", settings.openai.api_key.expose()),
        ),
        ("OpenAI-Beta", "chatkit_beta=v1".to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    if let Some(organization) = &settings.openai.organization {
        headers.push(("OpenAI-Organization", organization.clone()));
    }
    if let Some(project) = &settings.openai.project {
        headers.push(("OpenAI-Project", project.clone()));
    }
    headers
}

#[derive(Serialize)]
struct CreateSession<'a> {
    workflow: Workflow<'a>,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_after: Option<ExpiresAfter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limits: Option<RateLimits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chatkit_configuration: Option<Configuration>,
}

#[derive(Serialize)]
struct Workflow<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "StateVariables::is_empty")]
    state_variables: &'a StateVariables<'a>,
}

#[derive(Serialize)]
struct ExpiresAfter {
    anchor: &'static str,
    seconds: u64,
}

#[derive(Serialize)]
struct RateLimits {
    max_requests_per_1_minute: u64,
}

#[derive(Serialize, Default, PartialEq)]
struct Configuration {
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_thread_titling: Option<Titling>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_upload: Option<FileUpload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<History>,
}

#[derive(Serialize, PartialEq)]
struct Titling {
    enabled: bool,
}

#[derive(Serialize, PartialEq)]
struct FileUpload {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_file_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_files: Option<u64>,
}

#[derive(Serialize, Default, PartialEq)]
struct History {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_threads: Option<u64>,
}

/// The value, unless none of its fields is set.
fn if_any<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

/// The body that creates a session.
#[must_use]
pub fn create_session_body(
    settings: &SessionSettings,
    request: &SessionRequest<'_>,
    user: &str,
) -> String {
    let configuration = Configuration {
        automatic_thread_titling: settings
            .shared
            .thread_titles
            .map(|enabled| Titling { enabled }),
        file_upload: request.uploads.then_some(FileUpload {
            enabled: true,
            max_file_size: settings.shared.uploads.max_megabytes,
            max_files: settings.shared.uploads.max_files,
        }),
        history: if_any(History {
            enabled: settings.shared.history,
            recent_threads: settings.shared.recent_threads,
        }),
    };
    to_json(&CreateSession {
        workflow: Workflow {
            id: &request.workflow,
            version: settings.workflow.version.as_deref(),
            state_variables: &request.state_variables,
        },
        user,
        expires_after: settings.workflow.ttl_seconds.map(|seconds| ExpiresAfter {
            anchor: "created_at",
            seconds,
        }),
        rate_limits: settings
            .workflow
            .max_requests_per_minute
            .map(|most| RateLimits {
                max_requests_per_1_minute: most,
            }),
        chatkit_configuration: if_any(configuration),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::sessions;

    fn body(variables: &[(&str, &str)], body: &str) -> serde_json::Value {
        let settings = sessions(variables);
        let request = SessionRequest::parse(body.as_bytes(), "", &settings).unwrap();
        serde_json::from_str(&create_session_body(&settings, &request, "visitor_1")).unwrap()
    }

    #[test]
    fn fields_that_are_not_set_are_not_sent() {
        assert_eq!(
            body(&[], ""),
            serde_json::json!({"workflow": {"id": "wf_1"}, "user": "visitor_1"})
        );
    }

    #[test]
    fn every_setting_reaches_its_field() {
        let sent = body(
            &[
                ("SESSION_TTL_SECONDS", "300"),
                ("MAX_REQUESTS_PER_MINUTE", "20"),
                ("FILE_UPLOAD", "on"),
                ("FILE_UPLOAD_MAX_FILES", "3"),
                ("FILE_UPLOAD_MAX_MB", "12"),
                ("HISTORY", "off"),
                ("HISTORY_RECENT_THREADS", "5"),
                ("THREAD_TITLES", "false"),
                ("WORKFLOW_VERSION", "2"),
                ("STATE_VARIABLES", "plan"),
            ],
            r#"{"state_variables":{"plan":"pro"}}"#,
        );
        assert_eq!(
            sent,
            serde_json::json!({
                "workflow": {"id": "wf_1", "version": "2", "state_variables": {"plan": "pro"}},
                "user": "visitor_1",
                "expires_after": {"anchor": "created_at", "seconds": 300},
                "rate_limits": {"max_requests_per_1_minute": 20},
                "chatkit_configuration": {
                    "automatic_thread_titling": {"enabled": false},
                    "file_upload": {"enabled": true, "max_files": 3, "max_file_size": 12},
                    "history": {"enabled": false, "recent_threads": 5},
                },
            })
        );
    }
}
