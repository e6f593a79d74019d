//! Any JSON, compared with how `serde_json` reads it.

use rules::json::Json;
use serde_json::Value;

/// The input is read where `serde_json` reads it, and means the same.
pub fn check(input: &[u8]) {
    let expected: Option<Value> = serde_json::from_slice(input).ok();
    let read = Json::parse(input);
    assert_eq!(read.is_some(), expected.is_some());
    if let (Some(read), Some(expected)) = (read, expected) {
        is_same(&read, &expected);
        let written = read.to_string();
        assert_eq!(Json::parse(written.as_bytes()).as_ref(), Some(&read));
        let again: Value = serde_json::from_str(&written).expect("what is written is JSON");
        assert_eq!(again, expected);
    }
}

fn is_same(read: &Json<'_>, expected: &Value) {
    match (read, expected) {
        (Json::Null, Value::Null) => {}
        (Json::Bool(read), Value::Bool(expected)) => assert_eq!(read, expected),
        (Json::Text(read), Value::String(expected)) => assert_eq!(read, expected),
        (Json::Number(text), Value::Number(expected)) => {
            assert_eq!(serde_json::from_str(text).ok().as_ref(), Some(expected));
            assert_eq!(read.whole(), expected.as_u64());
        }
        (Json::Array(items), Value::Array(expected)) => {
            assert_eq!(items.len(), expected.len());
            items
                .iter()
                .zip(expected)
                .for_each(|(read, expected)| is_same(read, expected));
        }
        (Json::Object(fields), Value::Object(expected)) => {
            assert!(
                fields
                    .iter()
                    .all(|(name, _)| expected.contains_key(name.as_ref()))
            );
            for (name, expected) in expected {
                is_same(read.get(name).expect("a field"), expected);
            }
        }
        _ => panic!("{read} is not {expected}"),
    }
}
