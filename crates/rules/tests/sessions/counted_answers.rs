//! How an answer of the chat server is counted: in the ledger and in Analytics Engine, from outside a request's context.

use super::twins::World;
use rules::counters::answer_cost::Price;
use rules::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use rules::counters::event::Event;
use rules::counters::recorder::{Destination, record_answer, record_event};
use std::collections::BTreeMap;

const DESTINATION: Destination<'_> = Destination {
    shards: 1,
    publish_seconds: 77,
    request_id: "00112233445566778899aabbccddeeff",
};

fn answer() -> AnswerCounts {
    let price = Price {
        input: 2.0,
        cached_input: Some(0.5),
        output: 8.0,
    };
    AnswerCounts {
        tool_calls: 1,
        input_tokens: 1_000,
        cached_input_tokens: 400,
        output_tokens: 100,
        cost_micros: price.cost_micros(1_000, 400, 100),
        first_token_ms: Some(1_500),
        ..AnswerCounts::new(AnswerOutcome::Completed)
    }
}

#[test]
fn an_answer_is_one_call_to_the_ledger_with_all_its_numbers() {
    let world = World::new(&[]);
    assert_eq!(
        record_answer(&answer(), DESTINATION, &world.platform()),
        Ok(())
    );
    let expected = [
        ("answers", 1),
        ("cached_input_tokens", 400),
        ("cost_micros", 2_200),
        ("first_token_ms:2000", 1),
        ("first_token_ms:sum", 1_500),
        ("input_tokens", 1_000),
        ("output_tokens", 100),
        ("tool_calls", 1),
    ];
    let expected = expected.map(|(counter, number)| (counter.to_owned(), number));
    assert_eq!(world.ledger.counts(), BTreeMap::from(expected));
    assert_eq!(world.ledger.publish_seconds.get(), 77);
    let calls = world.calls();
    let to_ledger = calls.iter().filter(|call| call.starts_with("ledger"));
    assert_eq!(to_ledger.collect::<Vec<_>>(), ["ledger count_later"]);
}

#[test]
fn analytics_engine_gets_each_number_and_the_time_itself() {
    let world = World::new(&[]);
    record_answer(&answer(), DESTINATION, &world.platform()).expect("it is written");
    let failed = AnswerCounts::new(AnswerOutcome::Failed("openai_timeout".to_owned()));
    record_answer(&failed, DESTINATION, &world.platform()).expect("it is written");
    let written = world.dataset.all();
    let written: Vec<_> = written
        .iter()
        .map(|(name, code, number)| (name.as_str(), code.as_str(), *number))
        .collect();
    let expected = [
        ("answers", "", 1),
        ("tool_calls", "", 1),
        ("input_tokens", "", 1_000),
        ("cached_input_tokens", "", 400),
        ("output_tokens", "", 100),
        ("cost_micros", "", 2_200),
        ("first_token_ms", "", 1_500),
        ("answers", "", 1),
        ("answers_failed", "openai_timeout", 1),
    ];
    assert_eq!(written, expected);
}

#[test]
fn an_answer_is_in_the_ledger_even_if_analytics_engine_fails() {
    let world = World::new(&[]);
    world.dataset.is_failing.set(true);
    let cause = record_answer(&answer(), DESTINATION, &world.platform());
    assert_eq!(cause, Err("TypeError: index is too long".to_owned()));
    assert_eq!(world.ledger.counted("answers"), 1);
}

#[test]
fn a_ledger_that_fails_is_logged_with_the_id_of_the_request() {
    let world = World::new(&[]);
    world.ledger.fail("count_later", 1);
    assert_eq!(
        record_answer(&answer(), DESTINATION, &world.platform()),
        Ok(())
    );
    let line = world.lines.last();
    assert_eq!(line["request_id"], DESTINATION.request_id);
    assert_eq!(line["event"], "ledger.failed");
}

#[test]
fn answers_and_messages_of_the_chats_spread_over_all_shards() {
    let world = World::new(&[]);
    let destination = Destination {
        shards: 3,
        ..DESTINATION
    };
    for _ in 0..60 {
        record_answer(&answer(), destination, &world.platform()).expect("it is written");
        record_event(&Event::Message, destination, &world.platform()).expect("it is written");
    }
    assert_eq!(world.ledger.shards(), [0, 1, 2]);
    assert_eq!(world.ledger.counted("answers"), 60);
    assert_eq!(world.ledger.counted("messages"), 60);
    let messages = world.dataset.all();
    let messages = messages.iter().filter(|(name, ..)| name == "messages");
    assert_eq!(messages.count(), 60);
}
