//! The bytes of a Responses stream: events from any chunks, and what is read of each event.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(clippy::arithmetic_side_effects, missing_docs)]

use chatkit::responses::{
    Malformed, ModelEvent, ModelEventBody, PartPlace, Place, SseDecoder, Terminal, TooLong,
};
use proptest::prelude::*;

fn decode(max: usize, chunks: &[&[u8]]) -> Vec<Result<String, TooLong>> {
    let mut decoder = SseDecoder::new(max);
    let mut events: Vec<_> = chunks
        .iter()
        .flat_map(|chunk| decoder.push(chunk))
        .collect();
    events.extend(decoder.finish());
    events
}

fn decode_text(text: &str) -> Vec<String> {
    let events = decode(1000, &[text.as_bytes()]);
    events
        .into_iter()
        .map(|event| event.unwrap_or_default())
        .collect()
}

#[test]
fn a_frame_gives_its_data() {
    assert_eq!(
        decode_text("event: response.created\ndata: {\"a\":1}\n\ndata:{}\n\n"),
        ["{\"a\":1}", "{}"]
    );
}

#[test]
fn all_line_ends_are_the_same() {
    for end in ["\n", "\r", "\r\n"] {
        let text = ["data: a", "data: b", "", "data: c", "", ""].join(end);
        assert_eq!(decode_text(&text), ["a\nb", "c"], "{end:?}");
    }
}

#[test]
fn comments_other_fields_and_blank_lines_are_skipped() {
    assert_eq!(
        decode_text(
            "\n\n: ping\n\nid: 7\nretry: 1\ndatax: no\n\ndata: a\n: in between\ndata\ndata: b\n\n"
        ),
        ["a\n\nb"]
    );
}

#[test]
fn one_space_after_the_colon_is_no_data() {
    assert_eq!(decode_text("data:  a \n\n"), [" a "]);
}

#[test]
fn a_byte_order_mark_at_the_beginning_is_skipped() {
    assert_eq!(decode_text("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"]);
}

#[test]
fn invalid_utf_8_is_replaced() {
    assert_eq!(
        decode(100, &[b"data: a\xff\n\n"]),
        [Ok("a\u{fffd}".to_owned())]
    );
}

#[test]
fn an_event_without_its_last_blank_line_is_given_at_the_end() {
    assert_eq!(decode_text("data: a\n\ndata: [DONE]"), ["a", "[DONE]"]);
    assert_eq!(decode_text("data: a\n\ndata: b\n"), ["a", "b"]);
    assert_eq!(decode_text("data: a\n\n"), ["a"]);
}

#[test]
fn an_event_that_is_too_long_is_reported_and_the_next_one_is_read() {
    let long = "x".repeat(200);
    for text in [
        format!("data: {long}\n\ndata: b\n\n"),
        format!("event: e\ndata: {long}\ndata: more\n\ndata: b\n\n"),
        format!(
            "{}\ndata: b\n\n",
            format!("data: {}\n", "y".repeat(40)).repeat(4)
        ),
    ] {
        assert_eq!(
            decode(100, &[text.as_bytes()]),
            [Err(TooLong), Ok("b".to_owned())],
            "{text}"
        );
    }
    let comment = format!(": {long}\ndata: b\n\n");
    assert_eq!(decode(100, &[comment.as_bytes()]), [Ok("b".to_owned())]);
    let last = format!("data: {long}");
    assert_eq!(decode(100, &[last.as_bytes()]), [Err(TooLong)]);
}

#[test]
fn a_line_of_5_megabytes_is_read_by_default() {
    let data = "x".repeat(5 * 1024 * 1024);
    let mut decoder = SseDecoder::default();
    let events: Vec<_> = format!("data: {data}\n\n")
        .as_bytes()
        .chunks(65_536)
        .flat_map(|chunk| decoder.push(chunk))
        .collect();
    assert_eq!(events, [Ok(data)]);
}

/// Bytes that matter to the decoder, in any order, with lines around the maximum of 20 bytes.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"data".to_vec()),
        Just(b":".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just("é日".as_bytes().to_vec()),
        Just(b"0123456789".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_chunks_give_the_same_events(bytes in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        prop_assert_eq!(decode(20, &chunks), decode(20, &[&bytes]));
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(decode(20, &single), decode(20, &[&bytes]));
    }

    #[test]
    fn any_text_is_read_or_malformed(text in "\\PC{0,40}", kind in "[a-z_.]{0,12}") {
        let _ = ModelEvent::parse(&text);
        let event = format!(r#"{{"type":"response.{kind}","item":{{"type":"message"}},"delta":[1]}}"#);
        prop_assert!(ModelEvent::parse(&event).is_ok());
    }
}

#[test]
fn what_is_no_json_object_is_malformed() {
    for data in [
        "",
        "{",
        "[]",
        "3",
        "null",
        r#"{"type":"response.completed""#,
        "[DONE",
    ] {
        assert_eq!(ModelEvent::parse(data).err(), Some(Malformed), "{data}");
    }
}

#[test]
fn done_is_an_event_that_is_not_terminal() {
    let event = ModelEvent::parse(" [DONE]").expect("an event");
    assert!(matches!(event.body, ModelEventBody::StreamDone));
    assert!(!event.is_terminal());
}

#[test]
fn an_event_has_its_number_and_its_place() {
    let event = ModelEvent::parse(
        r#"{"type":"response.output_text.delta","sequence_number":7,"item_id":"m","output_index":2,"content_index":1,"delta":"é\n","logprobs":[],"obfuscation":"x"}"#,
    )
    .expect("an event");
    assert_eq!(event.sequence_number, Some(7));
    let ModelEventBody::TextDelta(place, delta) = event.body else {
        panic!("a delta");
    };
    let item = Place {
        output_index: Some(2),
        item_id: Some("m".to_owned()),
    };
    assert_eq!(
        place,
        PartPlace {
            item,
            content_index: 1
        }
    );
    assert_eq!(delta, "é\n");
}

#[test]
fn a_failure_has_what_the_server_says_for_the_log() {
    for data in [
        r#"{"type":"error","message":"no"}"#,
        r#"{"type":"error","error":{"message":"no"}}"#,
        r#"{"error":"no"}"#,
        r#"{"type":"response.failed","response":{"error":{"message":"no"}}}"#,
    ] {
        let event = ModelEvent::parse(data).expect("an event");
        assert!(event.is_terminal());
        let ModelEventBody::Ended(ended) = event.body else {
            panic!("an end");
        };
        assert_eq!(ended.terminal, Terminal::Failed { code: None });
        assert_eq!(ended.message.as_deref(), Some("no"), "{data}");
    }
}
