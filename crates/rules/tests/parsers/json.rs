//! JSON of any shape.

use super::checks::json::check;
use super::inputs::{bytes, json_with};
use proptest::prelude::*;
use rules::json::Json;

proptest! {
    #[test]
    fn any_bytes_are_read_as_serde_json_reads_them(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_read_as_serde_json_reads_it(value in json_with(&["a", "", "\u{0}é\"\\"], &["x"]), spaced in any::<bool>()) {
        let text = if spaced { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        check(text.expect("it is JSON").as_bytes());
    }

    #[test]
    fn what_looks_like_json_is_read_as_serde_json_reads_it(
        text in r#"([\[\]{},: \n]|"a"|"[a-z\\"u0-9\x00-\x20é]{0,6}"|"(\\u[dD][89a-fA-F][0-9a-f]{2}){1,2}"|true|null|-?[0-9.eE+-]{1,6}){0,8}"#,
    ) {
        check(text.as_bytes());
        check(format!("[{text}]").as_bytes());
        check(format!("{{\"a\":{text},\"a\":{text}}}").as_bytes());
    }

    #[test]
    fn any_number_is_read_as_serde_json_reads_it(
        text in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
    ) {
        check(text.as_bytes());
        let double: f64 = text.parse().expect("a number");
        if let Some(up) = Json::parse(text.as_bytes()).as_ref().and_then(Json::rounded_up)
            && (0.0..9e15).contains(&double)
        {
            let up = i64::try_from(up).expect("a small number");
            let expected = double.ceil() as i64;
            // A double has lost what comes after its seventeenth digit.
            prop_assert!((expected..=expected + 1).contains(&up), "{} for {}", up, text);
        }
    }
}
