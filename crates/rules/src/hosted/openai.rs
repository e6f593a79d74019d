//! The request for a session at OpenAI, and what its answer means.
//!
//! Source: OpenAI's description of `POST /chatkit/sessions`. A field that is not set is not sent,
//! so that OpenAI's own default holds. The answer is read leniently: only `client_secret` is
//! indispensable.

use crate::error::OpenAiError;
use crate::hosted::session_request::SessionRequest;
use crate::json::Json;
use crate::secret::Secret;
use crate::settings::SessionSettings;
use crate::settings::value;

/// The path under `OPENAI_BASE_URL`.
pub const SESSIONS_PATH: &str = "/chatkit/sessions";

/// The most that is read of OpenAI's answer; a real one has about 1 KB.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// How long a session lives where neither we nor OpenAI's answer say.
const DEFAULT_TTL_SECONDS: u64 = 600;

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// A session that OpenAI created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id, where OpenAI gave one.
    pub id: Option<String>,
    /// What the widget authenticates with.
    pub client_secret: Secret,
    /// When the secret ends, in Unix seconds.
    pub expires_at: u64,
}

/// The path that cancels a session, or `None` if the id is none that a path can carry.
#[must_use]
pub fn cancel_path(session_id: &str) -> Option<String> {
    value::is_name(session_id, 256).then(|| format!("{SESSIONS_PATH}/{session_id}/cancel"))
}

/// The headers of every request to OpenAI.
#[must_use]
pub fn request_headers(settings: &SessionSettings) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        (
            "Authorization",
            format!("Bearer {}", settings.api_key.expose()),
        ),
        ("OpenAI-Beta", "chatkit_beta=v1".to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    if let Some(organization) = &settings.organization {
        headers.push(("OpenAI-Organization", organization.clone()));
    }
    if let Some(project) = &settings.project {
        headers.push(("OpenAI-Project", project.clone()));
    }
    headers
}

/// The body that asks OpenAI for a session.
#[must_use]
pub fn create_session_body(
    settings: &SessionSettings,
    ask: &SessionRequest<'_>,
    user: &str,
) -> String {
    let variables = &ask.state_variables;
    let workflow = Json::object_of_some(vec![
        ("id", Some((&ask.workflow).into())),
        (
            "version",
            settings.workflow_version.as_ref().map(Json::from),
        ),
        (
            "state_variables",
            (!variables.is_empty()).then(|| Json::Object(variables.clone())),
        ),
    ]);
    let expires_after = settings.ttl_seconds.map(|seconds| {
        Json::object(vec![
            ("anchor", "created_at".into()),
            ("seconds", seconds.into()),
        ])
    });
    let rate_limits = settings
        .max_requests_per_minute
        .map(|most| Json::object(vec![("max_requests_per_1_minute", most.into())]));
    let titling = settings
        .thread_titles
        .map(|enabled| Json::object(vec![("enabled", enabled.into())]));
    let file_upload = ask.uploads.then(|| {
        Json::object_of_some(vec![
            ("enabled", Some(true.into())),
            (
                "max_file_size",
                settings.uploads.max_megabytes.map(Json::from),
            ),
            ("max_files", settings.uploads.max_files.map(Json::from)),
        ])
    });
    let history = Json::object_of_some(vec![
        ("enabled", settings.history.map(Json::from)),
        ("recent_threads", settings.recent_threads.map(Json::from)),
    ]);
    let configuration = Json::object_of_some(vec![
        ("automatic_thread_titling", titling),
        ("file_upload", file_upload),
        ("history", history.if_any()),
    ]);
    Json::object_of_some(vec![
        ("workflow", Some(workflow)),
        ("user", Some(user.into())),
        ("expires_after", expires_after),
        ("rate_limits", rate_limits),
        ("chatkit_configuration", configuration.if_any()),
    ])
    .to_string()
}

/// Reads the body of a 2xx answer that arrived at `now`, in Unix seconds.
///
/// # Errors
/// [`OpenAiError::BadResponse`] if it is not JSON or has no `client_secret`.
pub fn parse_session(
    body: &[u8],
    ttl_seconds: Option<u64>,
    now: u64,
) -> Result<Session, OpenAiError> {
    let answer = Json::parse(body).ok_or(OpenAiError::BadResponse)?;
    let text = |name| {
        let text = answer.get(name).and_then(Json::text);
        text.filter(|text| !text.is_empty())
    };
    let client_secret = text("client_secret").ok_or(OpenAiError::BadResponse)?;
    let expires_at = answer.get("expires_at").and_then(unix_seconds);
    let ttl = ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS);
    Ok(Session {
        id: text("id").map(str::to_owned),
        client_secret: Secret::new(client_secret),
        expires_at: expires_at.unwrap_or_else(|| now.saturating_add(ttl)),
    })
}

/// OpenAI's description says a whole number; some clients have seen text. A time that no calendar
/// has is none: alarms and JavaScript's dates are made from it.
fn unix_seconds(value: &Json<'_>) -> Option<u64> {
    let seconds = match value.text() {
        Some(text) => text.parse().ok(),
        None => value.whole(),
    };
    seconds.filter(|seconds| *seconds <= LAST_SECOND)
}

/// What an answer with a status other than 2xx means.
#[must_use]
pub fn failure_of_status(status: u16, retry_after_ms: Option<u64>) -> OpenAiError {
    match status {
        401 => OpenAiError::KeyRejected,
        403 => OpenAiError::BetaUnavailable,
        404 => OpenAiError::WorkflowNotFound,
        429 => OpenAiError::RateLimited {
            retry_after: retry_after_ms.map(|ms| ms.div_ceil(1000)),
        },
        400..=499 => OpenAiError::Rejected(status),
        500..=599 => OpenAiError::Unavailable,
        // A redirect is not followed: it would carry the key to another address.
        _ => OpenAiError::BadResponse,
    }
}

/// What OpenAI says in an error body, for the log: `error.message`, or the beginning of the body.
#[must_use]
pub fn parse_error(body: &[u8]) -> String {
    let said = || {
        let body = Json::parse(body)?;
        Some(body.get("error")?.get("message")?.text()?.to_owned())
    };
    said().unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(400).collect())
}

/// The body of our own answer: `client_secret`, `expires_at`, `session_id`, and where they apply
/// `visitor` and `thread_id`.
#[must_use]
pub fn session_answer(
    session: &Session,
    visitor: Option<&str>,
    thread: Option<&Option<String>>,
) -> String {
    Json::object_of_some(vec![
        ("client_secret", Some(session.client_secret.expose().into())),
        ("expires_at", Some(session.expires_at.into())),
        ("session_id", Some(session.id.as_deref().into())),
        ("visitor", visitor.map(Json::from)),
        ("thread_id", thread.map(|thread| thread.as_deref().into())),
    ])
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::sessions;

    fn body(variables: &[(&str, &str)], ask_body: &str) -> serde_json::Value {
        let settings = sessions(variables);
        let ask = SessionRequest::read(ask_body.as_bytes(), &settings).unwrap();
        serde_json::from_str(&create_session_body(&settings, &ask, "visitor_1")).unwrap()
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

    #[test]
    fn only_the_secret_is_indispensable() {
        let odd = br#"{"client_secret":"ek_1","expires_at":"soon","id":7,"new":[{}]}"#;
        let session = parse_session(odd, Some(60), 1_000).unwrap();
        assert_eq!((session.id, session.expires_at), (None, 1_060));
        let far = br#"{"client_secret":"ek_1","expires_at":18446744073709551615}"#;
        assert_eq!(parse_session(far, None, 1_000).unwrap().expires_at, 1_600);
        let text = br#"{"client_secret":"ek_1","expires_at":"1735689600","id":"cksess_1"}"#;
        let session = parse_session(text, None, 0).unwrap();
        assert_eq!(session.expires_at, 1_735_689_600);
        for bad in [
            &b""[..],
            b"<html>",
            b"{}",
            br#"{"client_secret":""}"#,
            br#"{"client_secret":7}"#,
            b"[]",
        ] {
            assert_eq!(parse_session(bad, None, 0), Err(OpenAiError::BadResponse));
        }
    }

    #[test]
    fn each_status_has_one_meaning() {
        assert_eq!(failure_of_status(401, None), OpenAiError::KeyRejected);
        assert_eq!(failure_of_status(403, None), OpenAiError::BetaUnavailable);
        assert_eq!(failure_of_status(404, None), OpenAiError::WorkflowNotFound);
        assert_eq!(
            failure_of_status(429, Some(1_200)),
            OpenAiError::RateLimited {
                retry_after: Some(2)
            }
        );
        assert_eq!(failure_of_status(422, None), OpenAiError::Rejected(422));
        assert_eq!(failure_of_status(503, None), OpenAiError::Unavailable);
        assert_eq!(failure_of_status(302, None), OpenAiError::BadResponse);
    }

    #[test]
    fn an_answer_has_three_fields_unless_there_is_more_to_say() {
        let session = parse_session(
            br#"{"client_secret":"ek_1","id":"s","expires_at":9}"#,
            None,
            0,
        );
        let session = session.unwrap();
        assert_eq!(
            session_answer(&session, None, None),
            r#"{"client_secret":"ek_1","expires_at":9,"session_id":"s"}"#
        );
        assert!(
            session_answer(&session, Some("v"), Some(&None))
                .ends_with(r#""visitor":"v","thread_id":null}"#)
        );
    }
}
