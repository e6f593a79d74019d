//! What the body of a session request asks for, and what of it is granted.
//!
//! Real clients send all sorts, so unknown fields are ignored, and `null` counts as not there.
//! What is known is checked: a wrong value is refused by the field's name.

use crate::problem::Cause;
use crate::settings::{MOST_NAME_CHARS, SessionSettings};
use crate::spelling;
use serde_json::{Map, Value};

/// The most that is read of a request's body.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

const MOST_USER_CHARS: usize = 512;
const MOST_THREAD_CHARS: usize = 256;

/// A session request, checked against the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The workflow to run; one of the configured.
    pub workflow: String,
    /// The thread to continue, where the body names one; `Some(None)` is an explicit `null`.
    pub thread: Option<Option<String>>,
    /// The user the body names; `None` unless `TRUST_CLIENT_USER` is on.
    pub user: Option<String>,
    /// Whether uploads are on: never more than the settings say.
    pub uploads: bool,
    /// State variables for the workflow, each of a listed name.
    pub state_variables: Map<String, Value>,
}

impl Ask {
    /// Reads a body of at most [`MAX_BODY_BYTES`]. None at all is the normal case.
    ///
    /// # Errors
    /// [`Cause::InvalidJson`], [`Cause::InvalidRequest`] or [`Cause::WorkflowNotAllowed`].
    pub fn read(body: &[u8], settings: &SessionSettings) -> Result<Self, Cause> {
        let body = Body::parse(body)?;
        Ok(Self {
            workflow: workflow(&body, settings)?,
            thread: thread(&body)?,
            user: if settings.callers.trust_client_user {
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
struct Body(Map<String, Value>);

impl Body {
    fn parse(bytes: &[u8]) -> Result<Self, Cause> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(Value::Null) => Ok(Self(Map::new())),
            Ok(_) => Err(wrong("The body", "a JSON object")),
            Err(_) => Err(Cause::InvalidJson),
        }
    }

    /// The first of `names` that is there and not `null`, with its name.
    fn first<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &Value)> {
        names
            .iter()
            .filter_map(|name| Some((*name, self.0.get(*name)?)))
            .find(|(_, value)| !value.is_null())
    }

    /// A field of an object in the body, where both are there and not `null`.
    fn nested(&self, outer: &str, inner: &str) -> Result<Option<&Value>, Cause> {
        match self.0.get(outer) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(fields.get(inner).filter(|value| !value.is_null())),
            Some(_) => Err(wrong(outer, "an object")),
        }
    }
}

fn wrong(field: impl Into<String>, allowed: &'static str) -> Cause {
    Cause::InvalidRequest {
        field: field.into(),
        allowed,
    }
}

fn workflow(body: &Body, settings: &SessionSettings) -> Result<String, Cause> {
    let asked = match body.first(&["workflowId", "workflow_id"]) {
        Some(named) => Some(named),
        None => body
            .nested("workflow", "id")?
            .map(|value| ("workflow.id", value)),
    };
    match asked {
        None => settings.workflows.first().cloned().ok_or(Cause::Internal),
        Some((_, Value::String(id))) if settings.workflows.contains(id) => Ok(id.clone()),
        Some((_, Value::String(_))) => Err(Cause::WorkflowNotAllowed),
        Some((field, _)) => Err(wrong(field, "a string")),
    }
}

fn thread(body: &Body) -> Result<Option<Option<String>>, Cause> {
    const NAMES: [&str; 2] = ["thread_id", "threadId"];
    const ALLOWED: &str = "null or 1 to 256 letters, digits, underscores and hyphens";
    match body.first(&NAMES) {
        Some((_, Value::String(id))) if spelling::is_name(id, MOST_THREAD_CHARS) => {
            Ok(Some(Some(id.clone())))
        }
        Some((field, _)) => Err(wrong(field, ALLOWED)),
        None => Ok(NAMES
            .iter()
            .any(|name| body.0.contains_key(*name))
            .then_some(None)),
    }
}

fn user(body: &Body) -> Result<Option<String>, Cause> {
    const ALLOWED: &str = "a string of 1 to 512 characters without control characters";
    match body.first(&["user", "user_id", "userId"]) {
        None => Ok(None),
        Some((_, Value::String(user)))
            if (1..=MOST_USER_CHARS).contains(&user.chars().count())
                && !user.contains(char::is_control) =>
        {
            Ok(Some(user.clone()))
        }
        Some((field, _)) => Err(wrong(field, ALLOWED)),
    }
}

/// The user that a query names, as the owner's own proxy does for requests without a body.
///
/// # Errors
/// [`Cause::InvalidRequest`] for a user that is empty, too long or has control characters.
pub fn user_in_query(query: &str) -> Result<Option<String>, Cause> {
    let fields = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), Value::String(percent_decode(value))))
    });
    user(&Body(fields.collect()))
}

/// What is no escape of UTF-8 stays as it is.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (
            ahead.next().and_then(hex_digit),
            ahead.next().and_then(hex_digit),
        );
        match (byte, digits) {
            (b'%', (Some(high), Some(low))) => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Uploads are wanted unless the body turns them off.
fn wants_uploads(body: &Body) -> Result<bool, Cause> {
    let Some(uploads) = body.nested("chatkit_configuration", "file_upload")? else {
        return Ok(true);
    };
    let Value::Object(uploads) = uploads else {
        return Err(wrong("chatkit_configuration.file_upload", "an object"));
    };
    match uploads.get("enabled") {
        None | Some(Value::Null) => Ok(true),
        Some(Value::Bool(enabled)) => Ok(*enabled),
        Some(_) => Err(wrong(
            "chatkit_configuration.file_upload.enabled",
            "true or false",
        )),
    }
}

fn state_variables(body: &Body, listed: &[String]) -> Result<Map<String, Value>, Cause> {
    let asked = match body.first(&["state_variables", "stateVariables"]) {
        Some(named) => Some(named),
        None => match body.0.get("workflow") {
            Some(Value::Object(workflow)) => workflow
                .get("state_variables")
                .filter(|value| !value.is_null())
                .map(|value| ("workflow.state_variables", value)),
            _ => None,
        },
    };
    let Some((field, value)) = asked else {
        return Ok(Map::new());
    };
    let Value::Object(variables) = value else {
        return Err(wrong(field, "an object"));
    };
    let mut granted = Map::new();
    for (name, value) in variables {
        if !listed.contains(name) {
            let name: String = name.chars().take(MOST_NAME_CHARS).collect();
            return Err(wrong(
                format!("{field}: {name:?}"),
                "one of the names in STATE_VARIABLES",
            ));
        }
        match value {
            Value::Null => {}
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                granted.insert(name.clone(), value.clone());
            }
            Value::Array(_) | Value::Object(_) => {
                return Err(wrong(
                    format!("{field}.{name}"),
                    "a string, a number, true or false",
                ));
            }
        }
    }
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn settings(more: &[(&str, &str)]) -> SessionSettings {
        let read = Settings::read(|name| {
            [
                ("OPENAI_API_KEY", "sk-test"),
                ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1,wf_2"),
            ]
            .iter()
            .chain(more)
            .find(|(variable, _)| *variable == name)
            .map(|(_, text)| (*text).to_owned())
        });
        read.sessions.unwrap()
    }

    fn ask(body: &str, more: &[(&str, &str)]) -> Result<Ask, Cause> {
        Ask::read(body.as_bytes(), &settings(more))
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
            Err(Cause::WorkflowNotAllowed)
        );
        assert_eq!(
            ask(r#"{"workflow_id":7}"#, &[]),
            Err(wrong("workflow_id", "a string"))
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
        assert_eq!(
            user_in_query("userId=a+b%zz").unwrap().as_deref(),
            Some("a b%zz")
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
    fn what_is_not_a_json_object_is_refused() {
        for body in ["{", "{'a':1}", "\u{feff}{}", "{\"a\":1e999}", "{}{}"] {
            assert_eq!(ask(body, &[]), Err(Cause::InvalidJson), "{body}");
        }
        for body in ["[]", "1", "\"x\"", "true"] {
            assert_eq!(ask(body, &[]), Err(wrong("The body", "a JSON object")));
        }
    }
}
