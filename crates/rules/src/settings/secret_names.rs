//! `$NAME` in the headers of an agent and of its tools stands for the secret of that name.

use crate::secret::Secret;

/// The secrets of a deployment, as a table in the settings needs them.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    /// The secret of a name.
    pub(super) named: &'a dyn Fn(&str) -> Option<Secret>,
    /// A text as the owner may read it: without secrets.
    pub(super) shown: &'a dyn Fn(&str) -> String,
    /// Whether a text contains one of the Worker's own secrets.
    pub(super) are_in: &'a dyn Fn(&str) -> bool,
}

/// Why a text with secrets cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoHeaderValue {
    /// No secret has this name.
    Missing(String),
    /// The text is not one line of visible ASCII characters.
    NotPlain,
}

/// The text with each `$NAME` replaced. A `$` before anything else than a name is a `$`.
///
/// # Errors
/// [`NoHeaderValue`] if a secret is missing, or if no header can have the value.
pub(super) fn expand(
    text: &str,
    secret: &dyn Fn(&str) -> Option<Secret>,
) -> Result<Secret, NoHeaderValue> {
    let mut parts = text.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name_bytes = part.bytes().take_while(|byte| is_in_name(*byte)).count();
        match part.split_at_checked(name_bytes) {
            Some((name, rest)) if is_name(name) => {
                let value = secret(name).ok_or_else(|| NoHeaderValue::Missing(name.to_owned()))?;
                expanded.push_str(value.expose());
                expanded.push_str(rest);
            }
            _ => {
                expanded.push('$');
                expanded.push_str(part);
            }
        }
    }
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let fits = (1..=8192).contains(&expanded.len());
    if fits && expanded.trim() == expanded && expanded.bytes().all(is_plain) {
        Ok(Secret::new(expanded))
    } else {
        Err(NoHeaderValue::NotPlain)
    }
}

fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// A name as secrets have it: capitals, digits and `_`, not a digit first.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && !text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, NoHeaderValue> {
        let secret = |name: &str| match name {
            "TOKEN_1" => Some(Secret::new("t-1")),
            "LINES" => Some(Secret::new("a\nb")),
            _ => None,
        };
        expand(text, &secret).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn a_name_stands_for_its_secret_wherever_it_is() {
        assert_eq!(value("$TOKEN_1").as_deref(), Ok("t-1"));
        assert_eq!(value("Bearer $TOKEN_1.x").as_deref(), Ok("Bearer t-1.x"));
        assert_eq!(value("$TOKEN_1$TOKEN_1").as_deref(), Ok("t-1t-1"));
        for text in ["costs $5", "$", "a$b", "$ TOKEN_1"] {
            assert_eq!(value(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_missing_secret_is_named() {
        let missing = NoHeaderValue::Missing("OTHER".to_owned());
        assert_eq!(value("Bearer $OTHER"), Err(missing));
    }

    #[test]
    fn a_value_that_no_header_can_have_is_refused() {
        for text in ["", " a", "a\r\nb", "é", "$LINES"] {
            assert_eq!(value(text), Err(NoHeaderValue::NotPlain), "{text:?}");
        }
    }
}
