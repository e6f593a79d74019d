//! What is counted, and which counters each event adds to.

use crate::http::response::to_json;
use serde::{Serialize, Serializer};

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session was created.
    SessionCreated,
    /// The next session was created for a proven user.
    SessionRefreshed,
    /// A session was cancelled.
    SessionCancelled,
    /// A session could not be created; contains the problem's code.
    SessionFailed(String),
    /// A message was sent or answered.
    Message,
    /// The page changed to another thread.
    ThreadChange,
    /// A page reported an error.
    ClientError,
}

impl Event {
    /// Its name, which is also its counter's.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SessionCreated => "sessions_created",
            Self::SessionRefreshed => "sessions_refreshed",
            Self::SessionCancelled => "sessions_cancelled",
            Self::SessionFailed(_) => "sessions_failed",
            Self::Message => "messages",
            Self::ThreadChange => "thread_changes",
            Self::ClientError => "client_errors",
        }
    }

    /// The problem's code of a failed session.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::SessionFailed(code) => Some(code),
            _ => None,
        }
    }

    /// The counters that it adds to: its own, and for a failure that of its code.
    #[must_use]
    pub fn counters(&self) -> Vec<String> {
        let mut counters = vec![self.name().to_owned()];
        if let Some(code) = self.code() {
            counters.push(format!("{FAILURE_PREFIX}{code}"));
        }
        counters
    }

    /// What it adds when it happens `times` times: a JSON object of numbers by counter.
    #[must_use]
    pub fn counts_json(&self, times: u32) -> String {
        Increments::of(self, times).to_json()
    }
}

/// The largest number that SQLite, JavaScript and JSON readers all have exactly.
pub const LARGEST_COUNT: u64 = (1 << 53) - 1;

/// Numbers to add, by counter, in their order. No counter is there twice.
#[derive(Debug, Default)]
pub struct Increments(Vec<(String, u64)>);

impl Increments {
    /// What an event adds when it happens `times` times.
    #[must_use]
    pub fn of(event: &Event, times: u32) -> Self {
        let mut increments = Self::default();
        increments.add(event, times);
        increments
    }

    /// Adds another event.
    pub fn add(&mut self, event: &Event, times: u32) {
        for counter in event.counters() {
            self.add_number(&counter, times.into());
        }
    }

    /// Adds a number to a counter, up to [`LARGEST_COUNT`].
    pub fn add_number(&mut self, counter: &str, number: u64) {
        match self.0.iter_mut().find(|(other, _)| other == counter) {
            Some((_, sum)) => *sum = sum.saturating_add(number).min(LARGEST_COUNT),
            None => self.0.push((counter.to_owned(), number.min(LARGEST_COUNT))),
        }
    }

    /// Whether there is nothing to add.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl Serialize for Increments {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(counter, number)| (counter, number)))
    }
}

/// What the name of a counter with totals only contains. Such a counter has no numbers by day.
pub const TOTAL_ONLY_MARK: &str = ":";

/// The prefix of the counter of failed sessions with a code.
pub const FAILURE_PREFIX: &str = "failed:";

/// The prefix of the counter of failed answers with a code.
pub const ANSWER_FAILURE_PREFIX: &str = "answers_failed:";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::numbers::Counts;

    #[test]
    fn every_event_has_its_own_number() {
        for event in [
            Event::SessionCreated,
            Event::SessionRefreshed,
            Event::SessionCancelled,
            Event::SessionFailed("openai_timeout".into()),
            Event::Message,
            Event::ThreadChange,
            Event::ClientError,
        ] {
            let mut counts = Counts::default();
            for counter in event.counters() {
                counts.add(&counter, 2);
            }
            let mut counted = counts.by_name();
            counted.retain(|(_, count)| *count > 0);
            assert_eq!(counted, [(event.name(), 2)]);
        }
    }

    #[test]
    fn a_failure_is_also_counted_by_its_code_in_total_only() {
        let counters = Event::SessionFailed("openai_timeout".into()).counters();
        assert_eq!(counters, ["sessions_failed", "failed:openai_timeout"]);
        let is_total_only = |counter: &String| counter.contains(TOTAL_ONLY_MARK);
        assert!(!is_total_only(&counters[0]) && is_total_only(&counters[1]));
        for prefix in [FAILURE_PREFIX, ANSWER_FAILURE_PREFIX] {
            assert!(prefix.ends_with(TOTAL_ONLY_MARK));
        }
    }

    #[test]
    fn a_sum_of_increments_stays_exact() {
        let mut increments = Increments::default();
        increments.add_number("input_tokens", u64::MAX);
        increments.add_number("input_tokens", 1);
        assert_eq!(increments.to_json(), r#"{"input_tokens":9007199254740991}"#);
    }
}
