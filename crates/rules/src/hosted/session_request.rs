//! What the body of a session request asks for, and what of it is granted.
//!
//! Real clients send all sorts, so unknown fields are ignored, and `null` counts as not there.
//! What is known is checked: a wrong value is refused by the field's name.

use crate::error::Error;
use crate::http::query;
use crate::json::{Fields, Json};
use crate::settings::value;
use crate::settings::{MAX_NAME_CHARS, SessionSettings};

/// The most that is read of a request's body.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

const MAX_THREAD_CHARS: usize = 256;

/// A session request, checked against the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest<'a> {
    /// The workflow to run; one of the configured.
    pub workflow: String,
    /// The thread to continue, where the body names one; `Some(None)` is an explicit `null`.
    pub thread: Option<Option<String>>,
    /// The user the body names; `None` unless `TRUST_CLIENT_USER` is on.
    pub user: Option<String>,
    /// Whether uploads are on: never more than the settings say.
    pub uploads: bool,
    /// State variables for the workflow, each of a listed name and spelt as the body has them.
    pub state_variables: Fields<'a>,
}

impl<'a> SessionRequest<'a> {
    /// Reads a body of at most [`MAX_BODY_BYTES`]. None at all is the normal case.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], [`Error::InvalidRequest`] or [`Error::WorkflowNotAllowed`].
    pub fn read(body: &'a [u8], settings: &SessionSettings) -> Result<Self, Error> {
        let body = Body::parse(body)?;
        Ok(Self {
            workflow: workflow(&body, settings)?,
            thread: thread(&body)?,
            user: if settings.auth.trust_client_user {
                user(&body)?
            } else {
                None
            },
            uploads: wants_uploads(&body)? && settings.uploads.enabled,
            state_variables: state_variables(&body, &settings.state_variables)?,
        })
    }
}

/// A body's object, empty where there is no body.
struct Body<'a>(Json<'a>);

impl<'a> Body<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Json::Null));
        }
        match Json::parse(bytes).ok_or(Error::InvalidJson)? {
            body @ (Json::Object(_) | Json::Null) => Ok(Self(body)),
            _ => Err(Error::invalid("The body", "a JSON object")),
        }
    }

    /// The first of `names` that is there and not `null`, with its name.
    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &Json<'a>)> {
        names
            .iter()
            .filter_map(|name| Some((*name, self.0.get(name)?)))
            .find(|(_, value)| **value != Json::Null)
    }

    /// A field of an object in the body, where both are there and not `null`.
    fn nested(&self, outer: &str, inner: &str) -> Result<Option<&Json<'a>>, Error> {
        match self.0.get(outer) {
            None | Some(Json::Null) => Ok(None),
            Some(object @ Json::Object(_)) => {
                Ok(object.get(inner).filter(|value| **value != Json::Null))
            }
            Some(_) => Err(Error::invalid(outer, "an object")),
        }
    }
}

fn workflow(body: &Body<'_>, settings: &SessionSettings) -> Result<String, Error> {
    let asked = match body.first(&["workflowId", "workflow_id"]) {
        Some(named) => Some(named),
        None => body
            .nested("workflow", "id")?
            .map(|value| ("workflow.id", value)),
    };
    match asked {
        None => settings.workflows.first().cloned().ok_or(Error::Internal),
        Some((field, value)) => {
            let id = value
                .text()
                .ok_or_else(|| Error::invalid(field, "a string"))?;
            let listed = settings.workflows.iter().find(|listed| *listed == id);
            listed.cloned().ok_or(Error::WorkflowNotAllowed)
        }
    }
}

fn thread(body: &Body<'_>) -> Result<Option<Option<String>>, Error> {
    const NAMES: [&str; 2] = ["thread_id", "threadId"];
    const ALLOWED: &str = "null or 1 to 256 letters, digits, underscores and hyphens";
    match body.first(&NAMES) {
        Some((_, Json::Text(id))) if value::is_name(id, MAX_THREAD_CHARS) => {
            Ok(Some(Some(id.to_string())))
        }
        Some((field, _)) => Err(Error::invalid(field, ALLOWED)),
        None => Ok(NAMES
            .iter()
            .any(|name| body.0.get(name).is_some())
            .then_some(None)),
    }
}

fn user(body: &Body<'_>) -> Result<Option<String>, Error> {
    const ALLOWED: &str = "a string of 1 to 512 characters without control characters";
    match body.first(&["user", "user_id", "userId"]) {
        None => Ok(None),
        Some((_, Json::Text(user))) if value::is_user(user) => Ok(Some(user.to_string())),
        Some((field, _)) => Err(Error::invalid(field, ALLOWED)),
    }
}

/// The user that a query names, as the owner's own proxy does for requests without a body.
///
/// # Errors
/// [`Error::InvalidRequest`] for a user that is empty, too long or has control characters.
pub fn user_in_query(query: &str) -> Result<Option<String>, Error> {
    user(&Body(query::fields(query)))
}

/// Uploads are wanted unless the body turns them off.
fn wants_uploads(body: &Body<'_>) -> Result<bool, Error> {
    let Some(uploads) = body.nested("chatkit_configuration", "file_upload")? else {
        return Ok(true);
    };
    if uploads.fields().is_none() {
        return Err(Error::invalid(
            "chatkit_configuration.file_upload",
            "an object",
        ));
    }
    match uploads.get("enabled") {
        None | Some(Json::Null) => Ok(true),
        Some(Json::Bool(enabled)) => Ok(*enabled),
        Some(_) => Err(Error::invalid(
            "chatkit_configuration.file_upload.enabled",
            "true or false",
        )),
    }
}

fn state_variables<'a>(body: &Body<'a>, listed: &[String]) -> Result<Fields<'a>, Error> {
    let nested = || {
        let value = body.0.get("workflow")?.get("state_variables")?;
        (*value != Json::Null).then_some(("workflow.state_variables", value))
    };
    let Some((field, value)) = body
        .first(&["state_variables", "stateVariables"])
        .or_else(nested)
    else {
        return Ok(Fields::new());
    };
    let variables = value
        .fields()
        .ok_or_else(|| Error::invalid(field, "an object"))?;
    let mut granted = Fields::new();
    for (name, value) in variables {
        if !listed.iter().any(|listed| listed == name) {
            let visible = name.chars().filter(|c| !c.is_control());
            let name: String = visible.take(MAX_NAME_CHARS).collect();
            return Err(Error::invalid(
                format!("{field}: \"{name}\""),
                "one of the names in STATE_VARIABLES",
            ));
        }
        // The last of those with one name counts.
        granted.retain(|(earlier, _)| earlier != name);
        granted.push((name.clone(), value.clone()));
    }
    granted.retain(|(_, value)| *value != Json::Null);
    match granted
        .iter()
        .find(|(_, value)| matches!(value, Json::Array(_) | Json::Object(_)))
    {
        None => Ok(granted),
        Some((name, _)) => Err(Error::invalid(
            format!("{field}.{name}"),
            "a string, a number, true or false",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::sessions;

    fn ask<'a>(body: &'a str, more: &[(&str, &str)]) -> Result<SessionRequest<'a>, Error> {
        SessionRequest::read(body.as_bytes(), &sessions(more))
    }

    #[test]
    fn no_body_asks_for_the_default() {
        for body in ["", " \r\n", "null", "{}"] {
            let ask = ask(body, &[]).unwrap();
            assert_eq!(
                (ask.workflow.as_str(), ask.thread, ask.user),
                ("wf_1", None, None)
            );
        }
    }

    #[test]
    fn three_spellings_name_a_workflow_and_only_listed_ones_are_granted() {
        for body in [
            r#"{"workflowId":"wf_2"}"#,
            r#"{"workflow_id":"wf_2"}"#,
            r#"{"workflow":{"id":"wf_2"}}"#,
            r#"{"workflowId":null,"workflow":{"id":"wf_2"}}"#,
        ] {
            assert_eq!(ask(body, &[]).unwrap().workflow, "wf_2", "{body}");
        }
        assert_eq!(
            ask(r#"{"workflowId":"wf_9"}"#, &[]),
            Err(Error::WorkflowNotAllowed)
        );
        assert_eq!(
            ask(r#"{"workflow_id":7}"#, &[]),
            Err(Error::invalid("workflow_id", "a string"))
        );
    }

    #[test]
    fn a_named_user_counts_only_where_the_owner_trusts_it() {
        let body = r#"{"user":"victim","userId":"victim"}"#;
        assert_eq!(ask(body, &[]).unwrap().user, None);
        let trusted = ask(body, &[("TRUST_CLIENT_USER", "true")]).unwrap();
        assert_eq!(trusted.user.as_deref(), Some("victim"));
        let long = format!(r#"{{"user_id":"{}"}}"#, "x".repeat(513));
        assert!(ask(&long, &[("TRUST_CLIENT_USER", "true")]).is_err());
        assert!(ask(&long, &[]).is_ok());
    }

    #[test]
    fn a_query_names_a_user_too() {
        assert_eq!(
            user_in_query("x=1&user=a%40b.example").unwrap().as_deref(),
            Some("a@b.example")
        );
        assert_eq!(user_in_query("").unwrap(), None);
        assert!(user_in_query("user=").is_err());
        assert!(user_in_query("user=a%0Ab").is_err());
    }

    #[test]
    fn a_page_can_turn_uploads_off_and_never_on() {
        let on = r#"{"chatkit_configuration":{"file_upload":{"enabled":true}}}"#;
        let off = r#"{"chatkit_configuration":{"file_upload":{"enabled":false}}}"#;
        assert!(!ask(on, &[]).unwrap().uploads);
        assert!(ask(on, &[("FILE_UPLOAD", "on")]).unwrap().uploads);
        assert!(ask("", &[("FILE_UPLOAD", "on")]).unwrap().uploads);
        assert!(!ask(off, &[("FILE_UPLOAD", "on")]).unwrap().uploads);
    }

    #[test]
    fn a_thread_is_echoed_only_if_it_is_a_name_or_null() {
        assert_eq!(
            ask(r#"{"thread_id":null}"#, &[]).unwrap().thread,
            Some(None)
        );
        assert_eq!(
            ask(r#"{"threadId":"cthr_1"}"#, &[]).unwrap().thread,
            Some(Some("cthr_1".into()))
        );
        for id in ["", "a b", "a\\r\\nb", "é"] {
            assert!(
                ask(&format!(r#"{{"threadId":"{id}"}}"#), &[]).is_err(),
                "{id}"
            );
        }
    }

    #[test]
    fn state_variables_are_of_listed_names_and_plain_values() {
        let listed = [("STATE_VARIABLES", "plan,seats")];
        let asked = ask(r#"{"state_variables":{"plan":"pro","seats":3}}"#, &listed).unwrap();
        assert_eq!(asked.state_variables.len(), 2);
        let nested = r#"{"workflow":{"state_variables":{"plan":null}}}"#;
        assert!(ask(nested, &listed).unwrap().state_variables.is_empty());
        assert!(ask(r#"{"state_variables":{"role":"admin"}}"#, &listed).is_err());
        assert!(ask(r#"{"state_variables":{"plan":[1]}}"#, &listed).is_err());
        assert!(ask(r#"{"state_variables":{"plan":1}}"#, &[]).is_err());
    }

    #[test]
    fn a_number_is_handed_on_as_it_is_spelt_and_the_last_of_a_name_counts() {
        let listed = [("STATE_VARIABLES", "plan,seats")];
        let body =
            r#"{"state_variables":{"seats":[],"plan":1.50e1,"seats":12345678901234567890123}}"#;
        let variables = Json::Object(ask(body, &listed).unwrap().state_variables);
        assert_eq!(
            variables.to_string(),
            r#"{"plan":1.50e1,"seats":12345678901234567890123}"#
        );
    }

    #[test]
    fn what_is_not_a_json_object_is_refused() {
        for body in ["{", "{'a':1}", "\u{feff}{}", "{\"a\":1e999}", "{}{}"] {
            assert_eq!(ask(body, &[]), Err(Error::InvalidJson), "{body}");
        }
        for body in ["[]", "1", "\"x\"", "true"] {
            assert_eq!(
                ask(body, &[]),
                Err(Error::invalid("The body", "a JSON object"))
            );
        }
    }
}
