//! What is counted, and which counters each event adds to.

use crate::http::response::to_json;
use serde::{Deserialize, Serialize, Serializer};

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

/// Numbers to add, by counter, in their order. No counter is there twice.
#[derive(Debug, Default)]
pub struct Increments(Vec<(String, u32)>);

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
            match self.0.iter_mut().find(|(other, _)| *other == counter) {
                Some((_, number)) => *number = number.saturating_add(times),
                None => self.0.push((counter, times)),
            }
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

/// The prefix of a failure's counter, before its code. These have totals only, no numbers by day.
pub const FAILURE_PREFIX: &str = "failed:";

/// The code that a failure's counter is for.
#[must_use]
pub fn failure_code(counter: &str) -> Option<&str> {
    counter.strip_prefix(FAILURE_PREFIX)
}

/// One number for each event, in total or for a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    sessions_created: u64,
    sessions_refreshed: u64,
    sessions_cancelled: u64,
    sessions_failed: u64,
    messages: u64,
    thread_changes: u64,
    client_errors: u64,
}

impl Counts {
    /// The numbers by name, in the order in which they are shown.
    #[must_use]
    pub fn by_name(&self) -> [(&'static str, u64); 7] {
        [
            ("sessions_created", self.sessions_created),
            ("sessions_refreshed", self.sessions_refreshed),
            ("sessions_cancelled", self.sessions_cancelled),
            ("sessions_failed", self.sessions_failed),
            ("messages", self.messages),
            ("thread_changes", self.thread_changes),
            ("client_errors", self.client_errors),
        ]
    }

    fn number(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "sessions_created" => &mut self.sessions_created,
            "sessions_refreshed" => &mut self.sessions_refreshed,
            "sessions_cancelled" => &mut self.sessions_cancelled,
            "sessions_failed" => &mut self.sessions_failed,
            "messages" => &mut self.messages,
            "thread_changes" => &mut self.thread_changes,
            "client_errors" => &mut self.client_errors,
            _ => return None,
        })
    }

    /// Adds to the number of a counter. Unknown names are skipped.
    pub fn add(&mut self, counter: &str, count: u64) {
        if let Some(number) = self.number(counter) {
            *number = number.saturating_add(count);
        }
    }

    /// Adds all numbers of another.
    pub fn add_all(&mut self, other: &Self) {
        for (name, count) in other.by_name() {
            self.add(name, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let counted: Vec<_> = counts
                .by_name()
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .collect();
            assert_eq!(counted, [(event.name(), 2)]);
        }
    }

    #[test]
    fn a_failure_is_also_counted_by_its_code() {
        let counters = Event::SessionFailed("openai_timeout".into()).counters();
        assert_eq!(failure_code(&counters[1]), Some("openai_timeout"));
        assert_eq!(failure_code(&counters[0]), None);
    }
}
