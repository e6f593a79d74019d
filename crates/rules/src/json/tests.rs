//! Reading and writing, kind by kind; crates/rules/tests/parsers compares with `serde_json` over any input.

use super::*;

fn parse(text: &str) -> Option<Json<'_>> {
    Json::parse(text.as_bytes())
}

#[test]
fn every_kind_of_value_is_read_and_written_as_it_was() {
    for text in [
        "null",
        "true",
        "false",
        "-0",
        "1.50e+3",
        "123456789012345678901234567890",
        r#""a\"b\\c\n\u0001é""#,
        "[]",
        "{}",
        r#"[1,[],{"a":null,"":[true,"x"]}]"#,
    ] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
    let spaced = " {\t\"a\" :\r\n[ 1 , 2 ] } ";
    assert_eq!(parse(spaced).unwrap().to_string(), r#"{"a":[1,2]}"#);
}

#[test]
fn escapes_are_resolved() {
    let text = parse(r#""\u0041\ud83d\ude00\/\b\f\t""#).unwrap();
    assert_eq!(text.text(), Some("A\u{1f600}/\u{8}\u{c}\t"));
}

#[test]
fn what_is_no_value_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{1:2}",
        "{}{}",
        "nul",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e999",
        "\"",
        "\"\n\"",
        r#""\x""#,
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83d\u0041""#,
        "'a'",
        "\u{feff}{}",
        "[1]]",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
    assert_eq!(Json::parse(b"\"\xff\""), None);
}

#[test]
fn nesting_has_an_end_and_needs_little_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (depth, fits) in [(127, true), (128, false)] {
        let text = nested(depth);
        assert_eq!(parse(&text).is_some(), fits, "{depth}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            fits
        );
    }
    assert_eq!(parse(&"[".repeat(1_000_000)), None);
    assert_eq!(parse(&"{\"a\":".repeat(1_000_000)), None);
}

#[test]
fn of_fields_with_one_name_the_last_counts() {
    assert_eq!(
        parse(r#"{"a":1,"b":2,"a":3}"#)
            .unwrap()
            .get("a")
            .unwrap()
            .whole(),
        Some(3)
    );
    assert_eq!(parse("[1]").unwrap().get("a"), None);
}

#[test]
fn a_whole_number_is_spelt_as_one() {
    for (text, whole) in [
        ("0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("-0", None),
        ("1.0", None),
        ("1e2", None),
        ("\"1\"", None),
    ] {
        assert_eq!(parse(text).unwrap().whole(), whole, "{text}");
    }
    assert_eq!(parse("1.5").unwrap().rounded_up(), Some(2));
    assert_eq!(parse("\"1\"").unwrap().rounded_up(), None);
}

#[test]
fn an_object_is_written_with_the_fields_it_has() {
    let object = Json::object(vec![("a", 7_u64.into()), ("b", None::<bool>.into())]);
    assert_eq!(object.to_string(), r#"{"a":7,"b":null}"#);
    let object = Json::object_of_some(vec![("a", None), ("b", Some("x".into()))]);
    assert_eq!(object.to_string(), r#"{"b":"x"}"#);
}
