//! What is counted of an answer of the chat server, once, when it has ended.

use super::event::{ANSWER_FAILURE_PREFIX, Increments};
use super::first_token::first_token_counters;

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// The model finished.
    Completed,
    /// It broke off; contains the problem's code.
    Failed(String),
    /// The visitor stopped it, or left.
    Stopped,
}

/// An answer in numbers. All calls to models that belong to the answer are added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerCounts {
    /// How it ended.
    pub outcome: AnswerOutcome,
    /// How many tools were called.
    pub tool_calls: u32,
    /// Tokens that the model read, cached ones included.
    pub input_tokens: u64,
    /// Tokens that the model read from its cache.
    pub cached_input_tokens: u64,
    /// Tokens that the model wrote, those of its reasoning included.
    pub output_tokens: u64,
    /// The cost in millionths of a US dollar; 0 without a `price`.
    pub cost_micros: u64,
    /// The time from the request to the first token, in milliseconds; `None` if there was no token.
    pub first_token_ms: Option<u64>,
}

impl AnswerCounts {
    /// An answer with an outcome and nothing else.
    #[must_use]
    pub fn new(outcome: AnswerOutcome) -> Self {
        Self {
            outcome,
            tool_calls: 0,
            input_tokens: 0,
            cached_input_tokens: 0,
            output_tokens: 0,
            cost_micros: 0,
            first_token_ms: None,
        }
    }

    /// The code of a failure, else an empty text.
    #[must_use]
    pub fn code(&self) -> &str {
        match &self.outcome {
            AnswerOutcome::Failed(code) => code,
            _ => "",
        }
    }

    /// What it adds to the counters that have a number in total and for each day, without zeros. An answer counts among
    /// `answers` whatever its outcome.
    ///
    /// A number is at most `u32::MAX`, far above any answer's: a server that reports nonsense must not fill a counter for good.
    #[must_use]
    pub fn numbers(&self) -> Vec<(&'static str, u32)> {
        let is = |outcome: bool| u64::from(outcome);
        [
            ("answers", 1),
            (
                "answers_failed",
                is(matches!(self.outcome, AnswerOutcome::Failed(_))),
            ),
            (
                "answers_stopped",
                is(self.outcome == AnswerOutcome::Stopped),
            ),
            ("tool_calls", self.tool_calls.into()),
            ("input_tokens", self.input_tokens),
            ("cached_input_tokens", self.cached_input_tokens),
            ("output_tokens", self.output_tokens),
            ("cost_micros", self.cost_micros),
        ]
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| (name, u32::try_from(number).unwrap_or(u32::MAX)))
        .collect()
    }

    /// All numbers to add, by counter: those of [`Self::numbers`], that of the failure's code, and those of the histogram of the
    /// time to the first token.
    #[must_use]
    pub fn increments(&self) -> Increments {
        let mut increments = Increments::default();
        for (counter, number) in self.numbers() {
            increments.add_number(counter, number.into());
        }
        if let AnswerOutcome::Failed(code) = &self.outcome {
            increments.add_number(&format!("{ANSWER_FAILURE_PREFIX}{code}"), 1);
        }
        if let Some(ms) = self.first_token_ms {
            for (counter, number) in first_token_counters(ms.min(u32::MAX.into())) {
                increments.add_number(&counter, number);
            }
        }
        increments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn added(answer: &AnswerCounts) -> Value {
        serde_json::from_str(&answer.increments().to_json()).unwrap()
    }

    #[test]
    fn a_completed_answer_adds_its_numbers_and_no_zeros() {
        let answer = AnswerCounts {
            tool_calls: 2,
            input_tokens: 1_000,
            output_tokens: 50,
            cost_micros: 1_750,
            first_token_ms: Some(700),
            ..AnswerCounts::new(AnswerOutcome::Completed)
        };
        let expected = json!({
            "answers": 1, "tool_calls": 2, "input_tokens": 1_000, "output_tokens": 50, "cost_micros": 1_750,
            "first_token_ms:1000": 1, "first_token_ms:sum": 700,
        });
        assert_eq!(added(&answer), expected);
    }

    #[test]
    fn a_failed_answer_also_counts_by_its_code() {
        let answer = AnswerCounts::new(AnswerOutcome::Failed("openai_timeout".into()));
        let expected =
            json!({"answers": 1, "answers_failed": 1, "answers_failed:openai_timeout": 1});
        assert_eq!(added(&answer), expected);
        assert_eq!(answer.code(), "openai_timeout");
    }

    #[test]
    fn a_stopped_answer_is_an_answer_and_no_failure() {
        let answer = AnswerCounts::new(AnswerOutcome::Stopped);
        assert_eq!(added(&answer), json!({"answers": 1, "answers_stopped": 1}));
        assert_eq!(answer.code(), "");
    }

    #[test]
    fn usage_that_no_answer_can_have_does_not_fill_a_counter() {
        let answer = AnswerCounts {
            input_tokens: u64::MAX,
            cost_micros: u64::MAX,
            first_token_ms: Some(u64::MAX),
            ..AnswerCounts::new(AnswerOutcome::Completed)
        };
        let added = added(&answer);
        for counter in ["input_tokens", "cost_micros", "first_token_ms:sum"] {
            assert_eq!(added[counter], u32::MAX, "{counter}");
        }
    }
}
