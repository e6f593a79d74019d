//! What is said of a run that has ended: its counts, and its line in the log.

use super::run_counts::count_answer;
use super::run_host::RunHost;
use super::run_loop::Run;
use super::run_record::RunStatus;
use crate::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use crate::error::Error;
use crate::log::LogLine;
use crate::problem::Problem;

impl<H: RunHost> Run<'_, H> {
    /// Counts the answer and writes its line in the log.
    pub(super) fn report(&self, status: RunStatus, failure: Option<&Error>) {
        let problem = failure.map(Problem::from);
        let code = problem.as_ref().map(|problem| problem.code);
        let usage = self.progress.turn.usage();
        let outcome = match (status, code) {
            (_, Some(code)) => AnswerOutcome::Failed(code.to_owned()),
            (RunStatus::Ended, None) => AnswerOutcome::Completed,
            _ => AnswerOutcome::Stopped,
        };
        let event = match &outcome {
            AnswerOutcome::Completed => "answer.completed",
            AnswerOutcome::Failed(_) => "answer.failed",
            AnswerOutcome::Stopped => "answer.stopped",
        };
        let counts = AnswerCounts {
            outcome,
            tool_calls: self.progress.turn.tool_calls(),
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: self.agent.price.map_or(0, |price| {
                price.cost_micros(
                    usage.input_tokens,
                    usage.cached_input_tokens,
                    usage.output_tokens,
                )
            }),
            first_token_ms: self.progress.first_token_ms,
        };
        let request_id = &self.progress.call.request_id;
        count_answer(&counts, self.settings, request_id, self.host);
        self.host.write(&LogLine {
            level: if code.is_some() { "error" } else { "info" },
            event,
            request_id: Some(request_id),
            code,
            took_ms: Some(self.host.now_ms().saturating_sub(self.record.started_ms)),
            openai_status: self.call.status,
            openai_request_id: self.call.request_id.as_deref(),
            tries: Some(self.call.tries),
            cause: self.call.cause.as_deref(),
            ..LogLine::default()
        });
    }
}
