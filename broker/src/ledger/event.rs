//! What is counted, and what each event adds to.

use crate::json::Json;

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session was created.
    SessionCreated,
    /// The next session was created for a proven caller.
    SessionRefreshed,
    /// A session was cancelled.
    SessionCancelled,
    /// A session could not be created; holds the problem's code.
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

    /// The problem's code, for a failure.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::SessionFailed(code) => Some(code),
            _ => None,
        }
    }

    /// The counters that it adds to: its own, and for a failure the one of its code.
    #[must_use]
    pub fn counters(&self) -> Vec<String> {
        let mut counters = vec![self.name().to_owned()];
        if let Some(code) = self.code() {
            counters.push(format!("{FAILURE_PREFIX}{code}"));
        }
        counters
    }

    /// What it adds when it happened so many times: a JSON object of numbers by counter.
    #[must_use]
    pub fn counts_json(&self, times: u32) -> String {
        let counters = self.counters();
        let counts = counters
            .iter()
            .map(|counter| (counter.as_str(), times.into()));
        Json::object(counts.collect()).to_string()
    }
}

/// What a counter of failures is called before its code.
const FAILURE_PREFIX: &str = "failed:";

/// One number for each thing that is counted, in total or for a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerDay {
    /// Sessions created.
    pub sessions_created: u64,
    /// Sessions refreshed.
    pub sessions_refreshed: u64,
    /// Sessions cancelled.
    pub sessions_cancelled: u64,
    /// Sessions that could not be created.
    pub sessions_failed: u64,
    /// Messages.
    pub messages: u64,
    /// Changes of thread.
    pub thread_changes: u64,
    /// Errors that pages reported.
    pub client_errors: u64,
}

impl PerDay {
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

    /// The numbers as an object.
    pub(super) fn to_json(self) -> Json<'static> {
        let fields = self.by_name().map(|(name, count)| (name, count.into()));
        Json::object(fields.into())
    }

    /// Reads an object; a number that is not there is 0.
    pub(super) fn read(json: &Json<'_>) -> Option<Self> {
        json.fields()?;
        let mut numbers = Self::default();
        for (name, _) in numbers.by_name() {
            let count = json.get(name).map_or(Some(0), Json::whole);
            numbers.add(name, count?);
        }
        Some(numbers)
    }

    /// Adds to the number of a counter; other names are passed over.
    pub(super) fn add(&mut self, counter: &str, count: u64) {
        let number = match counter {
            "sessions_created" => &mut self.sessions_created,
            "sessions_refreshed" => &mut self.sessions_refreshed,
            "sessions_cancelled" => &mut self.sessions_cancelled,
            "sessions_failed" => &mut self.sessions_failed,
            "messages" => &mut self.messages,
            "thread_changes" => &mut self.thread_changes,
            "client_errors" => &mut self.client_errors,
            _ => return,
        };
        *number = number.saturating_add(count);
    }

    /// Adds all numbers of another.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (name, count) in other.by_name() {
            self.add(name, count);
        }
    }
}

/// The code that a counter of failures is for.
pub(super) fn failure_code(counter: &str) -> Option<&str> {
    counter.strip_prefix(FAILURE_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_number_of_its_own() {
        for event in [
            Event::SessionCreated,
            Event::SessionRefreshed,
            Event::SessionCancelled,
            Event::SessionFailed("openai_timeout".into()),
            Event::Message,
            Event::ThreadChange,
            Event::ClientError,
        ] {
            let mut numbers = PerDay::default();
            for counter in event.counters() {
                numbers.add(&counter, 2);
            }
            let counted: Vec<u64> = numbers.by_name().map(|(_, count)| count).into();
            assert_eq!(counted.iter().sum::<u64>(), 2, "{event:?}");
        }
    }

    #[test]
    fn a_failure_is_counted_by_its_code_too() {
        let counters = Event::SessionFailed("openai_timeout".into()).counters();
        assert_eq!(failure_code(&counters[1]), Some("openai_timeout"));
        assert_eq!(failure_code(&counters[0]), None);
    }
}
