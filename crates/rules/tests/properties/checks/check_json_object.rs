//! Bodies as JSON objects, compared with how `serde_json` parses them as values.

use rules::error::Error;
use rules::http::json_object::{JsonObject, from_object, parse_as};
use serde_json::{Map, Value, json};

/// The input is parsed if `serde_json` parses it as an object, and its fields mean the same.
pub fn check(input: &[u8]) {
    let expected: Option<Value> = serde_json::from_slice(input).ok();
    let is_blank = input.iter().all(u8::is_ascii_whitespace);
    match (JsonObject::parse(input), expected) {
        (Ok(object), None) => assert!(is_blank && object.into_fields().count() == 0),
        (Ok(object), Some(Value::Null)) => assert_eq!(object.into_fields().count(), 0),
        (Ok(object), Some(Value::Array(fields))) => {
            assert!(fields.is_empty() && object.into_fields().count() == 0);
        }
        (Ok(object), Some(Value::Object(expected))) => {
            is_same(&object, &expected);
            assert_eq!(from_object::<Map<String, Value>>(input), Some(expected));
        }
        (Ok(_), Some(other)) => panic!("{other} is not an object"),
        (Err(Error::InvalidJson), expected) => assert_eq!(expected, None),
        (Err(Error::InvalidRequest { .. }), Some(expected)) => {
            assert!(!expected.is_object() && !expected.is_null() && expected != json!([]));
            assert_eq!(from_object::<Value>(input), None);
        }
        (Err(error), _) => panic!("a body cannot cause {error:?}"),
    }
}

fn is_same(object: &JsonObject<'_>, expected: &Map<String, Value>) {
    for (name, value) in expected {
        assert!(object.has(name));
        let Some(raw) = object.get(name) else {
            let is_blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            assert!(value.is_null() || is_blank);
            continue;
        };
        assert_eq!(parse_as::<Value>(raw).as_ref(), Some(value));
        assert_eq!(parse_as::<String>(raw).as_deref(), value.as_str());
        assert_eq!(parse_as::<bool>(raw), value.as_bool());
        match (object.object(name, name), value) {
            (Ok(inner), Value::Object(expected)) => is_same(&inner, expected),
            (Ok(inner), Value::Array(fields)) => {
                assert!(fields.is_empty() && inner.into_fields().count() == 0);
            }
            (Err(error), _) => {
                assert!(!value.is_object() && error == Error::invalid(name.clone(), "an object"))
            }
            (Ok(_), value) => panic!("{value} is not an object"),
        }
        // A field that is only passed on is unchanged.
        let again = serde_json::to_string(raw).expect("a raw value is JSON");
        assert_eq!(again, raw.get());
    }
}
