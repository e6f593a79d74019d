//! The counters that have one number in total and one for each day: their names, in the order in which they are shown.

use serde::{Deserialize, Serialize};

/// Defines [`Counts`] once for all that depends on the names: its fields, their order, look-up by name, and help texts.
macro_rules! counters {
    ($($name:ident: $help:literal,)+) => {
        /// One number for each counter, in total or for a day.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counts {
            $($name: u64,)+
        }

        impl Counts {
            /// The numbers by name, in the order in which they are shown.
            #[must_use]
            pub fn by_name(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)+]
            }

            fn number(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }

        /// What a counter counts, in one sentence. Empty for an unknown name.
        #[must_use]
        pub fn help(name: &str) -> &'static str {
            match name {
                $(stringify!($name) => $help,)+
                _ => "",
            }
        }
    };
}

counters! {
    sessions_created: "Sessions created.",
    sessions_refreshed: "Sessions refreshed.",
    sessions_cancelled: "Sessions cancelled.",
    sessions_failed: "Sessions that could not be created, by code.",
    messages: "Messages.",
    thread_changes: "Changes of thread.",
    client_errors: "Errors reported by pages.",
    answers: "Answers, whatever their outcome.",
    answers_failed: "Answers that failed, by code.",
    answers_stopped: "Answers that were stopped before their end.",
    tool_calls: "Calls of tools in answers.",
    input_tokens: "Tokens that models read, cached ones included.",
    cached_input_tokens: "Tokens that models read from their cache.",
    output_tokens: "Tokens that models wrote.",
    cost_micros: "The cost of answers by the agents' prices, in US dollars.",
}

impl Counts {
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
    fn every_counter_has_a_number_of_its_own_and_a_help_text() {
        for (name, _) in Counts::default().by_name() {
            let mut counts = Counts::default();
            counts.add(name, 2);
            counts.add("unknown", 3);
            let mut counted = counts.by_name();
            counted.retain(|(_, count)| *count > 0);
            assert_eq!(counted, [(name, 2)]);
            assert!(help(name).ends_with('.'), "{name}");
        }
        assert_eq!(help("unknown"), "");
    }

    #[test]
    fn numbers_published_before_a_counter_existed_are_read_with_zeros() {
        let counts: Counts = serde_json::from_str(r#"{"messages":2}"#).unwrap();
        assert_eq!(counts.messages, 2);
        assert_eq!(counts.answers, 0);
    }
}
