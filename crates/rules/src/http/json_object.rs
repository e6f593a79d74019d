//! A JSON object from outside whose fields are parsed one by one.
//!
//! Unknown fields are ignored, `null` and a blank text count as missing, and an empty list counts as an object without
//! fields, because PHP writes an empty array for it. A derived type for a whole body would reject it with serde's
//! message. Here each field is parsed by its own type when it is used, so an error names the field and what is allowed
//! there. A field keeps its original text ([`RawValue`]), so a number that is only passed on keeps every digit.

use crate::error::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An object's fields by name. Of several fields with one name, the last counts.
#[derive(Debug, Default)]
pub struct JsonObject<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> JsonObject<'a> {
    /// Parses a body. An empty body, `null` and an empty list are an object without fields.
    ///
    /// # Errors
    /// [`Error::InvalidJson`], or [`Error::InvalidRequest`] for JSON that is not an object.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        // A RawValue is not checked for depth and for numbers beyond a double; a Value is.
        match serde_json::from_slice(body).map_err(|_| Error::InvalidJson)? {
            Value::Null => Ok(Self::default()),
            Value::Array(fields) if fields.is_empty() => Ok(Self::default()),
            Value::Object(_) => serde_json::from_slice(body)
                .map(Self)
                .map_err(|_| Error::InvalidJson),
            _ => Err(Error::invalid("The body", "a JSON object")),
        }
    }

    /// Whether the object has the field, `null` included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field that is neither `null` nor a blank text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let value = *self.0.get(name)?;
        (value.get() != "null" && !is_blank(value)).then_some(value)
    }

    /// The first of `names` that is there and not `null`, with its name.
    #[must_use]
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'a RawValue)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// A field that is an object; an empty one if it is missing or `null`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] that names `path` if it is anything else.
    pub fn object(&self, name: &str, path: &str) -> Result<Self, Error> {
        match self.get(name) {
            None => Ok(Self::default()),
            Some(value) => Self::of(value).ok_or_else(|| Error::invalid(path, "an object")),
        }
    }

    /// The fields of a value that is an object.
    #[must_use]
    pub fn of(value: &'a RawValue) -> Option<Self> {
        if is_empty_list(value) {
            return Some(Self::default());
        }
        parse_as(value).map(Self)
    }

    /// All fields, `null` included, in the order of their names.
    pub fn into_fields(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.0.into_iter()
    }
}

/// The text of a value that is a string, trimmed.
#[must_use]
pub fn trimmed_text(value: &RawValue) -> Option<String> {
    parse_as(value).map(|text: String| text.trim().to_owned())
}

fn is_blank(value: &RawValue) -> bool {
    value.get().starts_with('"') && trimmed_text(value).is_some_and(|text| text.is_empty())
}

fn is_empty_list(value: &RawValue) -> bool {
    let inner = value
        .get()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_whitespace()))
}

/// A value of a type, or `None` if it is of another.
#[must_use]
pub fn parse_as<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    // From bytes, like all JSON here: a second kind of input would add a tenth of the code of serde_json again.
    serde_json::from_slice(value.get().as_bytes()).ok()
}

/// Parses bytes that must be a JSON object. serde also fills a derived type from an array, in the order of its fields.
#[must_use]
pub fn from_object<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    is_object
        .then(|| serde_json::from_slice(bytes).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_body_and_null_have_no_fields() {
        for body in ["", " \r\n", "null", "{}", "[]", " [ ] "] {
            let object = JsonObject::parse(body.as_bytes()).unwrap();
            assert_eq!(object.into_fields().count(), 0, "{body:?}");
        }
    }

    #[test]
    fn a_blank_text_counts_as_missing_and_an_empty_list_as_an_empty_object() {
        let object =
            JsonObject::parse(br#"{"a":"","b":" \u00a0\n","c":[ ],"d":"0","e":[1]}"#).unwrap();
        assert!(object.get("a").is_none() && object.get("b").is_none());
        assert_eq!(object.get("d").map(RawValue::get), Some("\"0\""));
        for name in ["a", "b", "c"] {
            assert_eq!(object.object(name, name).unwrap().into_fields().count(), 0);
        }
        assert!(object.object("e", "e").is_err());
    }

    #[test]
    fn the_last_of_several_fields_with_one_name_counts() {
        let object = JsonObject::parse(br#"{"a":1,"a":2,"b":null}"#).unwrap();
        assert_eq!(object.get("a").map(RawValue::get), Some("2"));
        assert!(object.has("b") && object.get("b").is_none() && !object.has("c"));
        assert_eq!(object.first(&["b", "a"]).map(|(name, _)| name), Some("a"));
    }

    #[test]
    fn an_array_does_not_stand_for_an_object() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        struct Pair {
            a: u8,
        }
        assert_eq!(from_object(b" {\"a\":1}"), Some(Pair { a: 1 }));
        assert_eq!(from_object::<Pair>(b"[1]"), None);
        let outer = JsonObject::parse(br#"{"a":[1],"b":{}}"#).unwrap();
        assert!(outer.object("a", "a").is_err() && outer.object("b", "b").is_ok());
    }
}
