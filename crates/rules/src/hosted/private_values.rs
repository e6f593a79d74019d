//! The values of a request to OpenAI that are the visitor's own: the user, the state variables, the messages. OpenAI's error texts
//! quote them, and the log must not.

use crate::http::response::to_json;
use crate::redact::MARK;
use serde_json::Value;

/// A value of this length or more is replaced inside words too.
const LONG_BYTES: usize = 8;
/// The least that is replaced of a value that is cut off at the end of a text.
const LEAST_PIECE_BYTES: usize = 4;

/// Replaces the values of a request's body in a text.
#[must_use]
pub fn remove(text: &str, body: Option<&str>) -> String {
    let body: Value = body
        .and_then(|body| serde_json::from_slice(body.as_bytes()).ok())
        .unwrap_or_default();
    let variables = body
        .pointer("/workflow/state_variables")
        .and_then(Value::as_object);
    let values = variables
        .into_iter()
        .flat_map(|variables| variables.values());
    let mut clean = text.to_owned();
    for value in values.chain(body.get("user")) {
        match value {
            Value::String(value) => {
                clean = replace(&clean, value);
                // The same as JSON, in a text that quotes JSON.
                let json = to_json(value);
                clean = replace(&clean, json.trim_matches('"'));
            }
            Value::Number(value) => clean = replace(&clean, &value.to_string()),
            _ => {}
        }
    }
    clean
}

/// Replaces what a chat says in a text: the messages, the outputs of functions and the instructions of a call of the model. Short
/// ones stay: they tell nothing, and would hide the words of the text itself.
#[must_use]
pub fn remove_messages(text: &str, body: Option<&str>) -> String {
    let body: Value = body
        .and_then(|body| serde_json::from_slice(body.as_bytes()).ok())
        .unwrap_or_default();
    let items = body.get("input").and_then(Value::as_array);
    let items = items.into_iter().flatten();
    let said = items.flat_map(|item| {
        let parts = item.get("content").and_then(Value::as_array);
        let texts = parts.into_iter().flatten().map(|part| part.get("text"));
        texts.chain([item.get("output"), item.get("arguments")])
    });
    let said = said.chain([body.get("instructions")]).flatten();
    let long = said
        .filter_map(Value::as_str)
        .filter(|said| said.trim().len() >= LONG_BYTES);
    long.fold(text.to_owned(), |clean, said| {
        let json = to_json(&said);
        replace(&replace(&clean, said), json.trim_matches('"'))
    })
}

fn replace(text: &str, value: &str) -> String {
    let value = value.trim();
    if value.is_empty() {
        return text.to_owned();
    }
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(value) {
        let is_word =
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        clean.push_str(before);
        clean.push_str(if is_word || value.len() >= LONG_BYTES {
            MARK
        } else {
            value
        });
        rest = after;
    }
    // A text may be cut in the middle of the value.
    let cuts = value
        .char_indices()
        .map(|(at, _)| at)
        .filter(|at| *at >= LEAST_PIECE_BYTES);
    let pieces = cuts.rev().filter_map(|at| value.get(..at));
    match pieces.filter_map(|piece| rest.strip_suffix(piece)).next() {
        Some(before) => {
            clean.push_str(before);
            clean.push_str(MARK);
        }
        None => clean.push_str(rest),
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"workflow":{"id":"wf_1","state_variables":{"plan":"pro","name":"Jane \"J\" Doe","seats":42,"on":true}},"user":"jane@shop.example"}"#;

    #[test]
    fn what_a_chat_says_is_replaced_and_short_words_stay() {
        let body = r#"{"instructions":"Be kind to them.","input":[{"role":"user","content":[{"text":"my \"private\" question"},{"text":"No"}]},{"type":"function_call_output","output":"{\"card\":4242}"}]}"#;
        for (text, expected) in [
            ("Invalid: my \"private\" question.", "Invalid: ***."),
            (r#"Invalid: "my \"private\" question""#, r#"Invalid: "***""#),
            (r#"Output {"card":4242} is wrong"#, "Output *** is wrong"),
            ("No such model. Be kind to them.", "No such model. ***"),
        ] {
            assert_eq!(
                remove_messages(text, Some(body)),
                expected.replace("***", MARK)
            );
        }
        assert_eq!(remove_messages("No.", None), "No.");
    }

    #[test]
    fn the_user_and_the_state_variables_are_removed() {
        for (text, expected) in [
            (
                "Invalid user 'jane@shop.example'.",
                "Invalid user '[redacted]'.",
            ),
            ("xjane@shop.examplex", "x[redacted]x"),
            (
                "plan 'pro' is no problem",
                "plan '[redacted]' is no problem",
            ),
            (r#"name Jane "J" Doe"#, "name [redacted]"),
            (r#"{"name":"Jane \"J\" Doe"}"#, r#"{"name":"[redacted]"}"#),
            (
                "42 seats, status 420, true",
                "[redacted] seats, status 420, true",
            ),
            ("the user is jane@sh", "the user is [redacted]"),
            ("wf_1 is not known", "wf_1 is not known"),
        ] {
            assert_eq!(remove(text, Some(BODY)), expected);
        }
        assert_eq!(remove("as it is", None), "as it is");
        assert_eq!(remove("as it is", Some("not JSON")), "as it is");
    }
}
