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

/// The names of what is counted, in the order in which they are shown.
const NAMES: [&str; 7] = [
    "sessions_created",
    "sessions_refreshed",
    "sessions_cancelled",
    "sessions_failed",
    "messages",
    "thread_changes",
    "client_errors",
];

/// One number for each of [`NAMES`], in total or for a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts([u64; NAMES.len()]);

impl Counts {
    /// The numbers by name, in the order in which they are shown.
    pub(super) fn by_name(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NAMES.into_iter().zip(self.0)
    }

    /// The numbers as an object.
    pub(super) fn to_json(self) -> Json<'static> {
        let fields = self.by_name().map(|(name, count)| (name, count.into()));
        Json::object(fields.collect())
    }

    /// Reads an object; a number that is not there is 0.
    pub(super) fn read(json: &Json<'_>) -> Option<Self> {
        json.fields()?;
        let mut counts = Self::default();
        for (name, number) in NAMES.into_iter().zip(&mut counts.0) {
            *number = json.get(name).map_or(Some(0), Json::whole)?;
        }
        Some(counts)
    }

    /// Adds to the number of a counter; other names are passed over.
    pub(super) fn add(&mut self, counter: &str, count: u64) {
        let mut numbers = NAMES.into_iter().zip(&mut self.0);
        if let Some((_, number)) = numbers.find(|(name, _)| *name == counter) {
            *number = number.saturating_add(count);
        }
    }

    /// Adds all numbers of another.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (number, count) in self.0.iter_mut().zip(other.0) {
            *number = number.saturating_add(count);
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
            let mut counts = Counts::default();
            for counter in event.counters() {
                counts.add(&counter, 2);
            }
            let counted: Vec<_> = counts.by_name().filter(|(_, count)| *count > 0).collect();
            assert_eq!(counted, [(event.name(), 2)]);
        }
    }

    #[test]
    fn a_failure_is_counted_by_its_code_too() {
        let counters = Event::SessionFailed("openai_timeout".into()).counters();
        assert_eq!(failure_code(&counters[1]), Some("openai_timeout"));
        assert_eq!(failure_code(&counters[0]), None);
    }
}
