//! Counters that are read back from KV.

use rules::counters::day::Day;
use rules::counters::snapshot::Snapshot;
use rules::counters::stats::Stats;
use serde_json::Value;
use std::collections::BTreeSet;

/// In Unix milliseconds.
const NOW: u64 = 1_795_262_400_000;

/// The input is a shard's published text.
pub fn check(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input)
        && let Some(snapshot) = Snapshot::parse(text)
    {
        published(&snapshot);
    }
}

/// Two shards add up, only the last ninety days are shown, and both formats have the same numbers.
fn published(snapshot: &Snapshot) {
    let text = snapshot.to_json();
    assert_eq!(Snapshot::parse(&text).as_ref(), Some(snapshot));
    let once = stats(&[Some(snapshot.clone())]);
    let twice = stats(&[Some(snapshot.clone()), None, Some(snapshot.clone())]);
    for (name, count) in once["totals"].as_object().expect("totals") {
        let count = count.as_u64().expect("a number");
        assert_eq!(twice["totals"][name], count.saturating_mul(2));
    }
    let days = once["days"].as_array().expect("days");
    assert!(days.len() <= 90);
    let dates: Vec<&str> = days.iter().filter_map(|day| day["date"].as_str()).collect();
    dates.iter().for_each(|date| is_date(date));
    assert!(dates.is_sorted_by(|later, earlier| later > earlier));
    assert!(
        dates
            .iter()
            .all(|date| *date <= Day::of(NOW).date().as_str())
    );
}

fn stats(shards: &[Option<Snapshot>]) -> Value {
    let stats = Stats::of(shards, NOW, 120);
    let json: Value = serde_json::to_value(stats.view()).expect("stats are JSON");
    assert!(
        json["as_of"]
            .as_u64()
            .is_some_and(|as_of| as_of <= NOW / 1000)
    );
    is_prometheus(&stats.to_prometheus(), &json);
    json
}

/// Each line is a comment, or a name with at most one label and a number. No name and label appear twice. Codes are those of
/// the JSON, and the buckets of the histogram never fall.
fn is_prometheus(text: &str, json: &Value) {
    assert!(text.ends_with('\n'));
    let mut seen = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut bucket = 0.0;
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, number) = line.rsplit_once(' ').expect("a name and a number");
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        assert!(number.bytes().all(is_number), "{line}");
        let number: f64 = number.parse().expect("a number");
        assert!(seen.insert(name), "{line} is there twice");
        let (name, label) = name
            .split_once('{')
            .map_or((name, None), |(name, label)| (name, Some(label)));
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{line}"
        );
        let Some(label) = label else { continue };
        let (label, value) = label.split_once("=\"").expect("one label");
        let value = value.strip_suffix("\"}").expect("one label");
        is_escaped(value);
        if label == "le" {
            assert!(number >= bucket, "{line}");
            bucket = number;
        } else {
            assert_eq!(label, "code");
            codes.insert(value);
        }
    }
    assert_eq!(
        codes.len(),
        json["failures"].as_object().expect("failures").len()
    );
}

/// Quotes and backslashes of a label's value are escaped.
fn is_escaped(value: &str) {
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        assert!(c != '"' && c != '\n', "{value:?}");
        if c == '\\' {
            assert!(matches!(rest.next(), Some('\\' | '"' | 'n')), "{value:?}");
        }
    }
}

fn is_date(date: &str) {
    let parts: Vec<&str> = date.split('-').collect();
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    assert!(
        parts.len() == 3 && digits == 8 && date.len() == 10,
        "{date:?}"
    );
}
