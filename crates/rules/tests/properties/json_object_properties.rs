//! JSON of any shape.

use super::checks::check_json_object::check;
use super::strategies::{bytes, json_with};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_parsed_as_serde_json_parses_them(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_parsed_as_serde_json_parses_it(
        value in json_with(&["a", "", "\u{0}é\"\\"], &["x"]), spaced in any::<bool>(),
    ) {
        let text = if spaced { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        check(text.expect("it is JSON").as_bytes());
    }

    #[test]
    fn text_that_looks_like_json_is_parsed_as_serde_json_parses_it(
        text in r#"([\[\]{},: \n]|"a"|"[a-z\\"u0-9\x00-\x20é]{0,6}"|"(\\u[dD][89a-fA-F][0-9a-f]{2}){1,2}"|true|null|-?[0-9.eE+-]{1,6}){0,8}"#,
    ) {
        check(text.as_bytes());
        check(format!("{{\"a\":{text}}}").as_bytes());
        check(format!("{{\"a\":{text},\"a\":{text}}}").as_bytes());
    }

    #[test]
    fn any_number_is_parsed_as_serde_json_parses_it(
        text in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
    ) {
        check(format!("{{\"a\":{text}}}").as_bytes());
    }
}
