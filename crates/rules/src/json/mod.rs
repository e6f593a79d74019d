//! JSON as the Worker takes and gives it: one type for both ways, in which a number stays as it is spelt.
//!
//! `serde_json` would do, but brings floating point with its tables and the words of its errors into the
//! WebAssembly, and new code for each type that it reads.
//!
//! [`Json::parse`] refuses what `serde_json` refuses to read as a value: what is no JSON, nesting beyond
//! [`MAX_DEPTH`], half of a surrogate pair, and a number that is out of the range of a double.

mod number;
mod write;

use hifijson::token::{Expect, Lex};
use hifijson::{Error, SliceLexer, num::LexWrite, str::LexAlloc};
use std::borrow::Cow;

/// How deep arrays and objects may be in one another; a reader that recursed further could run out of stack.
pub const MAX_DEPTH: u8 = 127;

/// An object's fields in their order. Of those that share a name, the last counts.
pub type Fields<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// One value; its `Display` is its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is spelt.
    Number(Cow<'a, str>),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Fields<'a>),
}

impl<'a> Json<'a> {
    /// Reads bytes that are one value and nothing else; `None` if they are not.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        SliceLexer::new(bytes)
            .exactly_one(Lex::ws_peek, |next, lexer| read(next, lexer, MAX_DEPTH))
            .ok()
    }

    /// An object of these fields.
    #[must_use]
    pub fn object(fields: Vec<(&'a str, Self)>) -> Self {
        let named = |(name, value)| (Cow::Borrowed(name), value);
        Self::Object(fields.into_iter().map(named).collect())
    }

    /// An object of those fields that have a value.
    #[must_use]
    pub fn object_of_some(fields: Vec<(&'a str, Option<Self>)>) -> Self {
        let named = |(name, value): (&'a str, Option<Self>)| Some((Cow::Borrowed(name), value?));
        Self::Object(fields.into_iter().filter_map(named).collect())
    }

    /// An object that has a field.
    #[must_use]
    pub fn if_any(self) -> Option<Self> {
        self.fields()
            .is_some_and(|fields| !fields.is_empty())
            .then_some(self)
    }

    /// A field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let (_, value) = self.fields()?.iter().rfind(|(other, _)| other == name)?;
        Some(value)
    }

    /// An object's fields.
    #[must_use]
    pub fn fields(&self) -> Option<&Fields<'a>> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// An array's items.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// A string's text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is spelt as a whole one, without fraction and exponent, and not below zero.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Any number, rounded up to a whole one; 0 for those below zero, [`u64::MAX`] for those beyond it.
    #[must_use]
    pub fn rounded_up(&self) -> Option<u64> {
        match self {
            Self::Number(text) => Some(number::rounded_up(text)),
            _ => None,
        }
    }
}

fn read<'a>(next: u8, lexer: &mut SliceLexer<'a>, depth: u8) -> Result<Json<'a>, Error> {
    let inner = || depth.checked_sub(1).ok_or(Error::Depth);
    Ok(match next {
        b'"' => Json::Text(lexer.discarded().str_string()?),
        b'-' | b'0'..=b'9' => match lexer.num_string().validated()? {
            (text, _) if number::is_in_range(text) => Json::Number(Cow::Borrowed(text)),
            _ => return Err(Expect::Value.into()),
        },
        b'[' => {
            let depth = inner()?;
            let mut items = Vec::new();
            lexer.discarded().seq(b']', Lex::ws_peek, |next, lexer| {
                items.push(read(next, lexer, depth)?);
                Ok::<_, Error>(())
            })?;
            Json::Array(items)
        }
        b'{' => {
            let depth = inner()?;
            let mut fields = Vec::new();
            lexer.discarded().seq(b'}', Lex::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                let name = lexer.str_string()?;
                lexer.expect(Lex::ws_peek, b':').ok_or(Expect::Colon)?;
                let next = lexer.ws_peek().ok_or(Expect::Value)?;
                fields.push((name, read(next, lexer, depth)?));
                Ok::<_, Error>(())
            })?;
            Json::Object(fields)
        }
        _ => match lexer.null_or_bool().ok_or(Expect::Value)? {
            Some(flag) => Json::Bool(flag),
            None => Json::Null,
        },
    })
}

#[cfg(test)]
mod tests;
