//! Counters, records and reports: what is stored, published to KV and read back.

use super::checks::check_counters::check;
use super::strategies::{bytes, json_with};
use proptest::prelude::*;
use rules::counters::day::{Day, seconds_to_midnight};
use rules::counters::error_report::ErrorReport;
use rules::counters::event::Event;
use rules::counters::publish_schedule::{alarm_at, retry_at};
use rules::counters::recorder::counters_object;
use rules::counters::snapshot::Snapshot;
use rules::counters::stats::Stats;
use rules::hosted::session_record::{SessionRecord, Status, UserHash, records_object};
use rules::http::response::to_json;
use serde_json::{Value, json};

const NOW: u64 = 1_795_262_400_000;
const TODAY: u64 = NOW / 86_400_000;
const NAMES: [&str; 6] = [
    "as_of",
    "totals",
    "failures",
    "answer_failures",
    "first_token_ms",
    "days",
];
const VALUES: [&str; 4] = ["messages", "sessions_failed", "20778", "250"];

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::SessionCreated),
        Just(Event::SessionRefreshed),
        Just(Event::SessionCancelled),
        ".{0,12}".prop_map(Event::SessionFailed),
        Just(Event::Message),
        Just(Event::ThreadChange),
        Just(Event::ClientError),
    ]
}

fn report() -> impl Strategy<Value = ErrorReport> {
    (any::<u64>(), ".{0,20}", ".{0,20}", ".{0,20}").prop_map(|(at, message, stack, url)| {
        ErrorReport {
            at,
            message,
            stack,
            url,
        }
    })
}

fn record() -> impl Strategy<Value = SessionRecord> {
    (".{0,20}", ".{0,20}", any::<[u64; 2]>(), any::<bool>()).prop_map(
        |(id, user, [created_at, expires_at], cancelled)| SessionRecord {
            id,
            owner: UserHash::of(&user),
            workflow: "wf_1".to_owned(),
            created_at,
            expires_at,
            cancelled,
        },
    )
}

fn stats(shards: &[Option<Snapshot>]) -> Value {
    serde_json::to_value(Stats::of(shards, NOW, 120).view()).expect("stats are JSON")
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_rejected(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_parsed_or_rejected(said in json_with(&NAMES, &VALUES)) {
        check(said.to_string().as_bytes());
    }

    #[test]
    fn an_event_adds_to_its_own_counter_and_to_that_of_its_code(event in event(), times in any::<u32>()) {
        let counts: Value = serde_json::from_str(&event.counts_json(times)).expect("counts are JSON");
        let mut expected = json!({event.name(): times});
        if let Some(code) = event.code() {
            expected[format!("failed:{code}")] = times.into();
        }
        prop_assert_eq!(counts, expected);
    }

    #[test]
    fn reports_are_serialized_unchanged(reports in prop::collection::vec(report(), 0..4)) {
        let json = to_json(&reports);
        prop_assert_eq!(serde_json::from_str::<Vec<ErrorReport>>(&json).expect("reports"), reports.clone());
        let listed: Value = serde_json::from_str(&json).expect("a list is JSON");
        let expected: Vec<Value> = reports
            .iter()
            .map(|ErrorReport { at, message, stack, url }| json!({"at": at, "message": message, "stack": stack, "url": url}))
            .collect();
        prop_assert_eq!(listed, Value::Array(expected));
    }

    #[test]
    fn a_record_is_shown_without_its_owner_and_expires_on_time(record in record()) {
        let json = to_json(&record);
        prop_assert_eq!(serde_json::from_str::<SessionRecord>(&json).expect("a record"), record.clone());
        let at_end: Value = serde_json::to_value(record.view(record.expires_at)).expect("JSON");
        prop_assert_eq!(&at_end["id"], &record.id);
        prop_assert!(at_end.get("owner").is_none());
        prop_assert_ne!(record.status(record.expires_at), Status::Active);
        prop_assert_eq!(record.status(u64::MAX) == Status::Cancelled, record.cancelled);
    }

    #[test]
    fn the_counters_of_all_shards_add_up(
        events in prop::collection::vec((event(), 0u32..1_000, 0usize..4, TODAY - 89..=TODAY), 0..16),
        ages in any::<[u16; 4]>(),
    ) {
        let mut shards = ages.map(|age| Snapshot::at(NOW - u64::from(age)));
        for (event, times, shard, day) in &events {
            for counter in event.counters() {
                for day in [None, Some(Day::from_number(*day))] {
                    shards[*shard].add(day, &counter, (*times).into());
                }
            }
        }
        let published: Vec<Option<Snapshot>> = shards
            .iter()
            .map(|shard| Snapshot::parse(&shard.to_json()))
            .collect();
        let stats = stats(&published);
        let sum = |is_it: &dyn Fn(&Event) -> bool| -> u64 {
            events.iter().filter(|(event, ..)| is_it(event)).map(|(_, times, ..)| u64::from(*times)).sum()
        };
        for (name, total) in stats["totals"].as_object().expect("totals") {
            prop_assert_eq!(total, &json!(sum(&|event| event.name() == name)), "{}", name);
            let by_day = stats["days"].as_array().expect("days").iter().filter_map(|day| day[name].as_u64());
            prop_assert_eq!(by_day.sum::<u64>(), sum(&|event| event.name() == name), "{}", name);
        }
        for (code, failures) in stats["failures"].as_object().expect("failures") {
            prop_assert_eq!(failures, &json!(sum(&|event| event.code() == Some(code))), "{}", code);
        }
        let oldest = ages.iter().map(|age| (NOW - u64::from(*age)) / 1_000).min();
        prop_assert_eq!(stats["as_of"].as_u64(), oldest);
        for shard in &shards {
            check(shard.to_json().as_bytes());
        }
    }

    #[test]
    fn a_published_day_is_shown_if_it_is_one_of_the_last_ninety(
        day in prop_oneof![any::<u64>(), TODAY - 100..TODAY + 100], count in any::<u64>(),
    ) {
        let text = json!({"as_of": NOW, "totals": {}, "failures": {}, "days": {day.to_string(): {"messages": count}}});
        check(text.to_string().as_bytes());
        let snapshot = Snapshot::parse(&text.to_string());
        let shown = stats(&[snapshot])["days"].as_array().map(Vec::len);
        prop_assert_eq!(shown, Some(usize::from((TODAY - 89..=TODAY).contains(&day))));
    }

    #[test]
    fn a_day_has_the_right_date_and_ends_at_midnight(now in 0u64..253_402_300_800_000) {
        let until = seconds_to_midnight(now) * 1_000;
        prop_assert!((1_000..=86_400_000).contains(&until));
        prop_assert_eq!(Day::of(now + until).number(), Day::of(now).number() + 1);
        let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_millis(now));
        let (year, day) = (date.get(12..16).expect("a year"), date.get(5..7).expect("a day"));
        let expected = Day::of(now).date();
        prop_assert!(expected.starts_with(year) && expected.ends_with(day), "{} and {}", expected, date);
    }

    #[test]
    fn a_publication_is_never_too_early_and_always_retried(
        now in 0u64..1 << 50, published in prop::option::of(0u64..1 << 50), failures in any::<u32>(),
        seconds in 1u64..=86_400,
    ) {
        let at = alarm_at(now, published, seconds);
        prop_assert!(at >= now && published.is_none_or(|then| at >= then + seconds * 1_000));
        let again = retry_at(now, failures, seconds);
        prop_assert!(again > now && again <= now + 3_600_000.max(seconds * 1_000));
    }

    #[test]
    fn any_id_maps_to_one_of_the_objects(id in ".{0,40}", shard in any::<u32>(), user in ".{0,40}") {
        prop_assert_eq!(records_object(&id), records_object(&id));
        let object = records_object(&id);
        let number = object.strip_prefix("records-").and_then(|number| number.parse::<u8>().ok());
        prop_assert!(number.is_some_and(|number| number < 16));
        prop_assert_ne!(counters_object(shard), counters_object(shard.wrapping_add(1)));
        // 43 characters, so it never equals the empty owner that stands for all users.
        prop_assert_eq!(UserHash::of(&user).as_str().len(), 43);
        prop_assert_eq!(UserHash::keyed(&[7; 32], &user).as_str().len(), 43);
    }
}
