//! Reads the fields of a table in the settings, and collects what is wrong by the field's path, as in `AGENT.tools[2].url`.

use crate::error::SettingError;
use serde_json::{Map, Value};

/// Everything that is wrong with a variable that is a table.
#[derive(Debug)]
pub(super) struct Faults {
    variable: &'static str,
    errors: Vec<SettingError>,
}

impl Faults {
    pub(super) fn of(variable: &'static str) -> Self {
        Self {
            variable,
            errors: Vec::new(),
        }
    }

    pub(super) fn into_errors(self) -> Vec<SettingError> {
        self.errors
    }

    /// Adds a sentence, which begins with the field's path and contains no value.
    pub(super) fn add(&mut self, sentence: impl Into<String>) {
        self.errors.push(SettingError::new(self.variable, sentence));
    }

    /// Adds a sentence, and a longer one for the owner.
    pub(super) fn add_for_owner(&mut self, sentence: String, for_owner: String) {
        let error = SettingError::new(self.variable, sentence);
        self.errors.push(error.with_detail(for_owner));
    }
}

/// A table at a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) path: &'a str,
    table: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(path: &'a str, table: &'a Map<String, Value>) -> Self {
        Self { path, table }
    }

    /// A field that is there and not `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.table.get(name).filter(|value| !value.is_null())
    }

    /// A field's value, or a fault that says what it must be.
    pub(super) fn read<T>(
        &self,
        name: &str,
        expected: &str,
        faults: &mut Faults,
        parse: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(self.get(name)?);
        if parsed.is_none() {
            faults.add(format!("{}.{name} must be {expected}.", self.path));
        }
        parsed
    }

    /// A text that is not blank, trimmed.
    pub(super) fn text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.read(name, "a text", faults, text)
    }

    /// A list of texts, as a list or as one text with commas.
    pub(super) fn texts(&self, name: &str, faults: &mut Faults) -> Vec<String> {
        let texts = self.read(name, "a list of texts", faults, |value| match value {
            Value::String(text) => Some(super::value::list(text).collect()),
            Value::Array(parts) => parts.iter().map(text).collect(),
            _ => None,
        });
        texts.unwrap_or_default()
    }

    /// A table.
    pub(super) fn table(&self, name: &str, faults: &mut Faults) -> Option<&'a Map<String, Value>> {
        self.read(name, "a table", faults, Value::as_object)
    }
}

/// A text that is not blank, trimmed.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A whole number from `least` to `most`.
pub(super) fn whole(value: &Value, least: u64, most: u64) -> Option<u64> {
    value
        .as_u64()
        .filter(|number| (least..=most).contains(number))
}

/// What a field of `POST /responses` must be, as the end of a sentence.
type Kind = (&'static str, fn(&Value) -> bool);

const A_SWITCH: Kind = ("true or false", Value::is_boolean);
const A_TABLE: Kind = ("a table", Value::is_object);
const A_TEXT: Kind = ("a text", Value::is_string);
const A_COUNT: Kind = ("a whole number of 1 or more", |value| {
    value.as_u64().is_some_and(|number| number > 0)
});

/// The fields of `POST /responses` whose type is checked. Others are sent as they are.
const KNOWN: [(&str, Kind); 15] = [
    ("background", A_SWITCH),
    (
        "context_management",
        ("a list of tables", is_list_of_tables),
    ),
    (
        "include",
        ("a list of texts", |value| is_list(value, Value::is_string)),
    ),
    ("max_output_tokens", A_COUNT),
    ("max_tool_calls", A_COUNT),
    ("metadata", A_TABLE),
    ("parallel_tool_calls", A_SWITCH),
    ("reasoning", A_TABLE),
    ("service_tier", A_TEXT),
    (
        "temperature",
        ("a number from 0 to 2", |value| is_between(value, 2.0)),
    ),
    ("text", A_TABLE),
    (
        "tool_choice",
        ("a text or a table", |value| {
            value.is_string() || value.is_object()
        }),
    ),
    (
        "top_logprobs",
        ("a whole number from 0 to 20", |value| {
            whole(value, 0, 20).is_some()
        }),
    ),
    (
        "top_p",
        ("a number from 0 to 1", |value| is_between(value, 1.0)),
    ),
    (
        "truncation",
        ("auto or disabled", |value| {
            matches!(value.as_str(), Some("auto" | "disabled"))
        }),
    ),
];

/// Checks the known fields of `POST /responses`.
pub(super) fn check_known(fields: &Fields<'_>, faults: &mut Faults) {
    for (name, (expected, is_valid)) in KNOWN {
        fields.read(name, expected, faults, |value| {
            is_valid(value).then_some(())
        });
    }
}

fn is_list(value: &Value, is_valid: impl Fn(&Value) -> bool) -> bool {
    value
        .as_array()
        .is_some_and(|parts| parts.iter().all(is_valid))
}

fn is_list_of_tables(value: &Value) -> bool {
    is_list(value, Value::is_object)
}

fn is_between(value: &Value, most: f64) -> bool {
    value
        .as_f64()
        .is_some_and(|number| (0.0..=most).contains(&number))
}
