//! The body of a session request: what it requests, and what the settings allow of it.
//!
//! Unknown fields are ignored, `null` and blank texts count as missing, and padded texts are trimmed. A known field with a wrong
//! value is an error that names it.

use crate::error::Error;
use crate::http::json_object::{JsonObject, parse_as, trimmed_text};
use crate::http::query;
use crate::identity::named_user;
use crate::secret::Secret;
use crate::settings::{MAX_NAME_CHARS, SessionSettings};
use crate::validate::is_name;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const MAX_THREAD_CHARS: usize = 256;

/// The names that clients use for the old client secret, in the body or the query.
const SECRET_FIELDS: [&str; 5] = [
    "currentClientSecret",
    "current_client_secret",
    "client_secret",
    "token",
    "existingSecret",
];

/// State variables by name. Their values stay as the body has them: a number keeps every digit.
pub type StateVariables<'a> = BTreeMap<String, &'a RawValue>;

/// A session request, checked against the settings.
#[derive(Debug, Clone)]
pub struct SessionRequest<'a> {
    /// The workflow to run; one of the configured ones.
    pub workflow: String,
    /// Whether the body names the workflow. If not, it is the default one.
    pub names_workflow: bool,
    /// The thread to continue, if the body names one; `Some(None)` is an explicit `null`.
    pub thread: Option<Option<String>>,
    /// The user that the body names; `None` unless `TRUST_CLIENT_USER` is on.
    pub user: Option<String>,
    /// Whether uploads are on: never more than the settings allow.
    pub uploads: bool,
    /// State variables for the workflow, with names that the settings list.
    pub state_variables: StateVariables<'a>,
    /// Whether the body names state variables, even if none.
    pub names_state_variables: bool,
    /// The client secret of the session before, if the body or the query has one. Only a refresh reads it.
    pub old_secret: Option<Secret>,
}

impl<'a> SessionRequest<'a> {
    /// Parses a body of at most [`crate::http::MAX_BODY_BYTES`]. An empty body is the normal case.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], [`Error::InvalidRequest`] or [`Error::WorkflowNotAllowed`].
    pub fn parse(bytes: &'a [u8], query: &str, settings: &SessionSettings) -> Result<Self, Error> {
        let body = JsonObject::parse(bytes)?;
        let workflow = workflow(&body, settings)?;
        let state_variables = state_variables(&body, &settings.shared.state_variables)?;
        Ok(Self {
            names_workflow: workflow.is_some(),
            workflow: match workflow {
                Some(named) => named,
                None => settings
                    .workflow
                    .ids
                    .first()
                    .cloned()
                    .ok_or(Error::Internal)?,
            },
            thread: thread(&body)?,
            user: if settings.shared.auth.trust_client_user {
                named_user::in_body(bytes, &body)?
            } else {
                None
            },
            uploads: wants_uploads(&body)? && settings.shared.uploads.enabled,
            names_state_variables: state_variables.is_some(),
            state_variables: state_variables.unwrap_or_default(),
            old_secret: old_secret(&body, query),
        })
    }
}

/// A value of another type counts as none, because the secret is not needed.
fn old_secret(body: &JsonObject<'_>, query: &str) -> Option<Secret> {
    let in_body = body.first(&SECRET_FIELDS);
    let secret = in_body.and_then(|(_, value)| trimmed_text(value));
    let secret: String =
        secret.or_else(|| query::first(query, &SECRET_FIELDS).map(|(_, value)| value))?;
    (!secret.is_empty()).then(|| Secret::new(secret))
}

/// The workflow that the body names.
fn workflow(body: &JsonObject<'_>, settings: &SessionSettings) -> Result<Option<String>, Error> {
    let requested = match body.first(&["workflowId", "workflow_id"]) {
        Some(named) => Some(named),
        None => body
            .object("workflow", "workflow")?
            .get("id")
            .map(|value| ("workflow.id", value)),
    };
    match requested {
        None => Ok(None),
        Some((field, value)) => {
            let id = trimmed_text(value).ok_or_else(|| Error::invalid(field, "a string"))?;
            let listed = settings.workflow.ids.contains(&id);
            listed.then_some(Some(id)).ok_or(Error::WorkflowNotAllowed)
        }
    }
}

fn thread(body: &JsonObject<'_>) -> Result<Option<Option<String>>, Error> {
    const NAMES: [&str; 2] = ["thread_id", "threadId"];
    const EXPECTED: &str = "null or 1 to 256 letters, digits, underscores and hyphens";
    let Some((field, value)) = body.first(&NAMES) else {
        return Ok(NAMES.iter().any(|name| body.has(name)).then_some(None));
    };
    trimmed_text(value)
        .filter(|id| is_name(id, MAX_THREAD_CHARS))
        .map(|id| Some(Some(id)))
        .ok_or_else(|| Error::invalid(field, EXPECTED))
}

/// Uploads are on unless the body turns them off.
fn wants_uploads(body: &JsonObject<'_>) -> Result<bool, Error> {
    const ENABLED: &str = "chatkit_configuration.file_upload.enabled";
    let uploads = body
        .object("chatkit_configuration", "chatkit_configuration")?
        .object("file_upload", "chatkit_configuration.file_upload")?;
    match uploads.get("enabled") {
        None => Ok(true),
        Some(value) => parse_as(value).ok_or_else(|| Error::invalid(ENABLED, "true or false")),
    }
}

fn state_variables<'a>(
    body: &JsonObject<'a>,
    listed: &[String],
) -> Result<Option<StateVariables<'a>>, Error> {
    let (field, value) = match body.first(&["state_variables", "stateVariables"]) {
        Some(named) => named,
        None => {
            let workflow = body.get("workflow").and_then(JsonObject::of);
            match workflow.unwrap_or_default().get("state_variables") {
                Some(value) => ("workflow.state_variables", value),
                None => return Ok(None),
            }
        }
    };
    let variables = JsonObject::of(value).ok_or_else(|| Error::invalid(field, "an object"))?;
    let mut granted = StateVariables::new();
    for (name, value) in variables.into_fields() {
        if !listed.contains(&name) {
            let visible = name.chars().filter(|c| !c.is_control());
            let name: String = visible.take(MAX_NAME_CHARS).collect();
            return Err(Error::invalid(
                format!("{field}: \"{name}\""),
                "one of the names in STATE_VARIABLES",
            ));
        }
        match value.get().as_bytes().first() {
            Some(b'[' | b'{') => {
                let field = format!("{field}.{name}");
                return Err(Error::invalid(field, "a string, a number, true or false"));
            }
            // null counts as missing.
            Some(b'n') => {}
            _ => {
                granted.insert(name, value);
            }
        }
    }
    Ok(Some(granted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::to_json;
    use crate::settings::tests::sessions;

    fn parse<'a>(body: &'a str, more: &[(&str, &str)]) -> Result<SessionRequest<'a>, Error> {
        SessionRequest::parse(body.as_bytes(), "", &sessions(more))
    }

    #[test]
    fn an_empty_body_requests_the_default_workflow() {
        for body in ["", " \r\n", "null", "{}"] {
            let request = parse(body, &[]).unwrap();
            assert_eq!(
                (request.workflow.as_str(), request.thread, request.user),
                ("wf_1", None, None)
            );
        }
    }

    #[test]
    fn a_workflow_has_three_field_names_and_must_be_on_the_list() {
        for body in [
            r#"{"workflowId":"wf_2"}"#,
            r#"{"workflow_id":"wf_2"}"#,
            r#"{"workflow":{"id":"wf_2"}}"#,
            r#"{"workflowId":null,"workflow":{"id":"wf_2"}}"#,
        ] {
            assert_eq!(parse(body, &[]).unwrap().workflow, "wf_2", "{body}");
        }
        assert_eq!(
            parse(r#"{"workflowId":"wf_9"}"#, &[]).unwrap_err(),
            Error::WorkflowNotAllowed
        );
        assert_eq!(
            parse(r#"{"workflow_id":7}"#, &[]).unwrap_err(),
            Error::invalid("workflow_id", "a string")
        );
    }

    #[test]
    fn a_user_in_the_body_counts_only_with_trust_client_user() {
        let body = r#"{"user":"victim","userId":"victim"}"#;
        assert_eq!(parse(body, &[]).unwrap().user, None);
        let trusting = [("TRUST_CLIENT_USER", "true"), ("PROXY_SECRET", "p")];
        let trusted = parse(body, &trusting).unwrap();
        assert_eq!(trusted.user.as_deref(), Some("victim"));
        let long = format!(r#"{{"user_id":"{}"}}"#, "x".repeat(513));
        assert!(parse(&long, &trusting).is_err());
        assert!(parse(&long, &[]).is_ok());
    }

    #[test]
    fn a_page_can_turn_uploads_off_but_not_on() {
        let on = r#"{"chatkit_configuration":{"file_upload":{"enabled":true}}}"#;
        let off = r#"{"chatkit_configuration":{"file_upload":{"enabled":false}}}"#;
        assert!(!parse(on, &[]).unwrap().uploads);
        assert!(parse(on, &[("FILE_UPLOAD", "on")]).unwrap().uploads);
        assert!(parse("", &[("FILE_UPLOAD", "on")]).unwrap().uploads);
        assert!(!parse(off, &[("FILE_UPLOAD", "on")]).unwrap().uploads);
    }

    #[test]
    fn a_thread_is_accepted_only_if_it_is_a_name_or_null() {
        assert_eq!(
            parse(r#"{"thread_id":null}"#, &[]).unwrap().thread,
            Some(None)
        );
        assert_eq!(
            parse(r#"{"threadId":"cthr_1"}"#, &[]).unwrap().thread,
            Some(Some("cthr_1".into()))
        );
        for id in ["a b", "a\\r\\nb", "é"] {
            assert!(
                parse(&format!(r#"{{"threadId":"{id}"}}"#), &[]).is_err(),
                "{id}"
            );
        }
    }

    #[test]
    fn empty_and_padded_values_count_as_none_or_are_trimmed() {
        let empty = r#"{"workflowId":"","workflow":[],"thread_id":"","state_variables":[],"chatkit_configuration":[]}"#;
        let request = parse(empty, &[]).unwrap();
        assert_eq!(
            (request.workflow.as_str(), request.thread),
            ("wf_1", Some(None))
        );
        let padded = r#"{"workflow":{"id":" wf_2\n","state_variables":[]},"threadId":" cthr_1 ","user":" a "}"#;
        let proxied = [("TRUST_CLIENT_USER", "true"), ("PROXY_SECRET", "p")];
        let request = parse(padded, &proxied).unwrap();
        assert_eq!(request.workflow, "wf_2");
        assert_eq!(request.thread, Some(Some("cthr_1".into())));
        assert_eq!(request.user.as_deref(), Some("a"));
        let unnamed = parse(r#"{"user":"","user_id":" "}"#, &proxied);
        assert_eq!(unnamed.unwrap().user, None);
    }

    #[test]
    fn state_variables_have_listed_names_and_plain_values() {
        let listed = [("STATE_VARIABLES", "plan,seats")];
        let request = parse(r#"{"state_variables":{"plan":"pro","seats":3}}"#, &listed).unwrap();
        assert_eq!(request.state_variables.len(), 2);
        let nested = r#"{"workflow":{"state_variables":{"plan":null}}}"#;
        assert!(parse(nested, &listed).unwrap().state_variables.is_empty());
        assert!(parse(r#"{"state_variables":{"role":"admin"}}"#, &listed).is_err());
        assert!(parse(r#"{"state_variables":{"plan":[1]}}"#, &listed).is_err());
        assert!(parse(r#"{"state_variables":{"plan":1}}"#, &[]).is_err());
    }

    #[test]
    fn the_old_secret_has_five_field_names_in_body_and_query() {
        let settings = sessions(&[]);
        let secret = |body: &str, query: &str| {
            let request = SessionRequest::parse(body.as_bytes(), query, &settings).unwrap();
            request.old_secret.map(|secret| secret.expose().to_owned())
        };
        for name in SECRET_FIELDS {
            let body = format!(r#"{{"{name}":"ek_1"}}"#);
            assert_eq!(secret(&body, "token=ek_2").as_deref(), Some("ek_1"));
            let query = format!("x=1&{name}=ek%5F3");
            assert_eq!(secret("", &query).as_deref(), Some("ek_3"));
        }
        for body in [
            "",
            "{}",
            r#"{"token":null}"#,
            r#"{"token":""}"#,
            r#"{"token":7}"#,
        ] {
            assert_eq!(secret(body, ""), None, "{body}");
        }
    }

    #[test]
    fn a_request_knows_what_it_names_itself() {
        let listed = [("STATE_VARIABLES", "plan")];
        let names = |body| {
            let request = parse(body, &listed).unwrap();
            (request.names_workflow, request.names_state_variables)
        };
        assert_eq!(names(""), (false, false));
        assert_eq!(names(r#"{"workflowId":"wf_1"}"#), (true, false));
        assert_eq!(
            names(r#"{"workflow":{"id":"wf_1","state_variables":{}}}"#),
            (true, true)
        );
        assert_eq!(
            names(r#"{"state_variables":{"plan":"pro"}}"#),
            (false, true)
        );
    }

    #[test]
    fn a_number_keeps_its_digits_and_the_last_of_several_fields_with_one_name_counts() {
        let listed = [("STATE_VARIABLES", "plan,seats")];
        let body =
            r#"{"state_variables":{"seats":[],"plan":1.50e1,"seats":12345678901234567890123}}"#;
        let variables = to_json(&parse(body, &listed).unwrap().state_variables);
        assert_eq!(
            variables,
            r#"{"plan":1.50e1,"seats":12345678901234567890123}"#
        );
    }

    #[test]
    fn a_body_that_is_not_a_json_object_is_rejected() {
        for body in ["{", "{'a':1}", "\u{feff}{}", "{\"a\":1e999}", "{}{}"] {
            assert_eq!(parse(body, &[]).unwrap_err(), Error::InvalidJson, "{body}");
        }
        for body in ["[1]", "1", "\"x\"", "true"] {
            assert_eq!(
                parse(body, &[]).unwrap_err(),
                Error::invalid("The body", "a JSON object")
            );
        }
    }
}
