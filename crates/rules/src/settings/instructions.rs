//! An agent's instructions, with placeholders such as `{{today}}` for what differs between answers.

use serde_json::{Map, Value};

/// Instructions, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Today,
    User,
    Locale,
    /// A claim of the user's token.
    Claim(String),
    /// One of `STATE_VARIABLES`.
    Variable(String),
}

/// What the placeholders of one answer stand for. A missing value is an empty text.
#[derive(Debug, Clone, Copy)]
pub struct Placeholders<'a> {
    /// `{{today}}`: the date, for example `2026-11-28`.
    pub today: &'a str,
    /// `{{user}}`: the user's id.
    pub user: &'a str,
    /// `{{locale}}`: the visitor's language, for example `de-CH`.
    pub locale: &'a str,
    /// `{{claims.NAME}}`: the claims of the user's token.
    pub claims: &'a Map<String, Value>,
    /// `{{vars.NAME}}`: the state variables.
    pub variables: &'a Map<String, Value>,
}

/// What the placeholders may be.
pub(super) const ALLOWED: &str = "{{today}}, {{user}}, {{locale}}, {{claims.NAME}}, or {{vars.NAME}} with a name of STATE_VARIABLES";

impl Instructions {
    /// Parses a text. Braces that do not close are text.
    ///
    /// # Errors
    /// The names of the placeholders that are unknown.
    pub(super) fn parse(text: &str, state_variables: &[String]) -> Result<Self, Vec<String>> {
        let (mut parts, mut unknown) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, name, after)) = split_placeholder(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            match Part::named(name.trim(), state_variables) {
                Some(part) => parts.push(part),
                None => unknown.push(name.trim().to_owned()),
            }
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        match unknown.is_empty() {
            true => Ok(Self(parts)),
            false => Err(unknown),
        }
    }

    /// The instructions of one answer. Placeholders within a value are left as they are.
    #[must_use]
    pub fn render(&self, values: &Placeholders<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Today => text.push_str(values.today),
                Part::User => text.push_str(values.user),
                Part::Locale => text.push_str(values.locale),
                Part::Claim(name) => text.push_str(&shown(values.claims.get(name))),
                Part::Variable(name) => text.push_str(&shown(values.variables.get(name))),
            }
        }
        text
    }

    /// The claims that the instructions name.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Claim(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

impl Part {
    fn named(name: &str, state_variables: &[String]) -> Option<Self> {
        Some(match name {
            "today" => Self::Today,
            "user" => Self::User,
            "locale" => Self::Locale,
            _ => match name.split_once('.')? {
                ("claims", claim) if !claim.is_empty() => Self::Claim(claim.to_owned()),
                ("vars", variable) if state_variables.iter().any(|known| known == variable) => {
                    Self::Variable(variable.to_owned())
                }
                _ => return None,
            },
        })
    }
}

/// What is before the first placeholder, its name, and what is after it.
fn split_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

/// A value as text: a string without quotes, everything else as JSON.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(text: &str) -> String {
        let instructions = Instructions::parse(text, &["plan".to_owned()]).unwrap();
        let claims = json!({"name": "Ada {{today}}", "age": 36, "none": null});
        let variables = json!({"plan": "pro", "other": "x"});
        instructions.render(&Placeholders {
            today: "2026-11-28",
            user: "user-1",
            locale: "de-CH",
            claims: claims.as_object().unwrap(),
            variables: variables.as_object().unwrap(),
        })
    }

    #[test]
    fn each_placeholder_is_replaced_and_a_missing_value_is_empty() {
        assert_eq!(
            render("{{today}} {{ user }} {{locale}} {{claims.age}} {{vars.plan}}!"),
            "2026-11-28 user-1 de-CH 36 pro!"
        );
        assert_eq!(render("[{{claims.nobody}}{{claims.none}}]"), "[]");
    }

    #[test]
    fn a_value_is_not_searched_for_placeholders() {
        assert_eq!(render("{{claims.name}}"), "Ada {{today}}");
    }

    #[test]
    fn braces_that_do_not_close_are_text() {
        for text in ["", "{", "{{today", "}} {x}", "{\"a\":{\"b\":1}"] {
            assert_eq!(render(text), text);
        }
    }

    #[test]
    fn unknown_placeholders_are_named() {
        let unknown = Instructions::parse("{{now}} {{vars.other}} {{claims.}} {{}}", &[]);
        assert_eq!(
            unknown,
            Err(["now", "vars.other", "claims.", ""]
                .map(str::to_owned)
                .to_vec())
        );
    }

    #[test]
    fn the_claims_that_are_named_are_listed() {
        let text = "{{claims.name}} {{user}} {{claims.https://a.example/role}}";
        let instructions = Instructions::parse(text, &[]).unwrap();
        let claims: Vec<&str> = instructions.claims().collect();
        assert_eq!(claims, ["name", "https://a.example/role"]);
    }
}
