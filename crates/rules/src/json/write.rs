//! Values from what there is to say, and their text.

use super::Json;
use std::borrow::Cow;
use std::fmt::{self, Write};

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(true) => f.write_str("true"),
            Self::Bool(false) => f.write_str("false"),
            Self::Number(text) => f.write_str(text),
            Self::Text(text) => quote(text, f),
            Self::Array(items) => {
                f.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    item.fmt(f)?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    quote(name, f)?;
                    f.write_char(':')?;
                    value.fmt(f)?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quote(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_escaped = |c: char| matches!(c, '"' | '\\' | '\0'..='\x1f');
    f.write_char('"')?;
    for piece in text.split_inclusive(is_escaped) {
        let last = piece.chars().next_back().filter(|last| is_escaped(*last));
        let plain = last.and_then(|last| piece.strip_suffix(last));
        f.write_str(plain.unwrap_or(piece))?;
        match last {
            Some('"') => f.write_str("\\\""),
            Some('\\') => f.write_str("\\\\"),
            Some('\n') => f.write_str("\\n"),
            Some(control) => write!(f, "\\u{:04x}", u32::from(control)),
            None => Ok(()),
        }?;
    }
    f.write_char('"')
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Json<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Json<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u64> for Json<'_> {
    fn from(number: u64) -> Self {
        Self::Number(Cow::Owned(number.to_string()))
    }
}

impl From<u32> for Json<'_> {
    fn from(number: u32) -> Self {
        Self::from(u64::from(number))
    }
}

impl From<u16> for Json<'_> {
    fn from(number: u16) -> Self {
        Self::from(u64::from(number))
    }
}

/// Nothing is `null`.
impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
