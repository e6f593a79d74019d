//! The user that the owner's own proxy names, in the body of a session request or in the query.
//!
//! The proxy adds the user to what the page sent. If the page already named one, parsers differ on which of the two counts, so
//! the page's could win. A request with two users is therefore rejected.

use crate::error::Error;
use crate::http::json_object::{JsonObject, parse_as};
use crate::http::query;
use crate::validate::is_user;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The names that clients use for a user.
const NAMES: [&str; 3] = ["user", "user_id", "userId"];

/// The user that a body names, if any. An empty name counts as none.
///
/// # Errors
/// [`Error::InvalidRequest`] for a value that cannot be a user, for a name that occurs twice, and for two different users.
pub fn in_body(bytes: &[u8], body: &JsonObject<'_>) -> Result<Option<String>, Error> {
    // The fields of `body` no longer tell that one occurred twice.
    if let Ok(Repeated(Some(name))) = serde_json::from_slice(bytes) {
        return Err(repeated(name));
    }
    let named = NAMES.map(|name| body.get(name).map(parse_as::<String>));
    only(named)
}

/// The user that a query names, if any.
///
/// # Errors
/// Those of [`in_body`].
pub fn in_query(query: &str) -> Result<Option<String>, Error> {
    let is_named = |pair: &&str, name: &str| pair.split('=').next() == Some(name);
    let times = |name| query.split('&').filter(|pair| is_named(pair, name)).count();
    if let Some(name) = NAMES.into_iter().find(|name| times(name) > 1) {
        return Err(repeated(name));
    }
    only(NAMES.map(|name| query::value(query, name).map(Some)))
}

/// The only user of those under [`NAMES`]. A value is `Some(None)` if it is not a string.
fn only(named: [Option<Option<String>>; 3]) -> Result<Option<String>, Error> {
    const EXPECTED: &str = "a string of up to 512 characters without control characters";
    let mut only: Option<String> = None;
    for (name, value) in NAMES.into_iter().zip(named) {
        let Some(value) = value else { continue };
        let user = value.ok_or_else(|| Error::invalid(name, EXPECTED))?;
        if !user.is_empty() && !is_user(&user) {
            return Err(Error::invalid(name, EXPECTED));
        }
        let user = user.trim();
        if user.is_empty() {
            continue;
        }
        match &only {
            Some(other) if other != user => {
                return Err(Error::invalid(
                    name,
                    "left out: the request names another user already",
                ));
            }
            _ => only = Some(user.to_owned()),
        }
    }
    Ok(only)
}

fn repeated(name: &'static str) -> Error {
    Error::invalid(name, "in the request only once")
}

/// The first of [`NAMES`] that an object has twice.
struct Repeated(Option<&'static str>);

impl<'de> Deserialize<'de> for Repeated {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Repeated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Repeated, M::Error> {
                let mut seen = [false; NAMES.len()];
                let mut repeated = None;
                while let Some((field, _)) = map.next_entry::<String, IgnoredAny>()? {
                    for (name, seen) in NAMES.into_iter().zip(&mut seen) {
                        if field == name && std::mem::replace(seen, true) {
                            repeated = repeated.or(Some(name));
                        }
                    }
                }
                Ok(Repeated(repeated))
            }
        }
        from.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<Option<String>, Error> {
        let object = JsonObject::parse(text.as_bytes())?;
        in_body(text.as_bytes(), &object)
    }

    fn user(text: &str) -> Result<Option<String>, Error> {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn a_body_names_a_user_under_one_of_three_names() {
        for text in [
            r#"{"user":"u 7"}"#,
            r#"{"user_id":" u 7 "}"#,
            r#"{"user":null,"userId":"u 7"}"#,
            r#"{"user":"","userId":"u 7"}"#,
            r#"{"user":"u 7","userId":"u 7","x":{"user":"other"}}"#,
        ] {
            assert_eq!(body(text), user("u 7"), "{text}");
        }
        for text in ["", "{}", "null", r#"{"user":null}"#, r#"{"user":"  "}"#] {
            assert_eq!(body(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn two_users_in_a_body_are_rejected() {
        for (text, name) in [
            (r#"{"user":"a","user_id":"b"}"#, "user_id"),
            (r#"{"userId":"a","user":"b"}"#, "userId"),
            (r#"{"user":"a","user":"b"}"#, "user"),
            (r#"{"user":"a","user":"a"}"#, "user"),
            (r#"{"user":null,"user":"a"}"#, "user"),
            (r#"{"userId":"a","user\u0049d":"b"}"#, "userId"),
        ] {
            let error = body(text).unwrap_err();
            assert!(
                matches!(&error, Error::InvalidRequest { field, .. } if field == name),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn a_value_that_cannot_be_a_user_is_rejected() {
        let long = format!(r#"{{"user":"{}"}}"#, "x".repeat(513));
        for text in [
            r#"{"user":7}"#,
            r#"{"user":["a"]}"#,
            r#"{"user":"a\r\nb"}"#,
            r#"{"user":"a\n"}"#,
            &long,
        ] {
            assert!(body(text).is_err(), "{text}");
        }
        assert!(in_query("user=a%0Ab").is_err());
    }

    #[test]
    fn a_query_names_one_user() {
        assert_eq!(in_query("x=1&user=a%40b.example"), user("a@b.example"));
        assert_eq!(in_query("user=&user_id=a"), user("a"));
        for query in ["", "x=1", "user", "user="] {
            assert_eq!(in_query(query), Ok(None), "{query}");
        }
        for query in ["user=a&user=a", "user&user=a", "user=a&userId=b"] {
            assert!(in_query(query).is_err(), "{query}");
        }
    }
}
