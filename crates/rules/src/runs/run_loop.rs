//! The course of a run: calls the model, stores what arrives, publishes it, and ends.
//!
//! What is complete is stored before it is published, in one transaction with the frames that say so and with what the run needs
//! to go on. Text that still grows is stored once a second. So after a restart the thread, the frames and the run agree, and at
//! most a second of text is lost.

use super::live_run::{LiveRun, StopReason};
use super::model_failure;
use super::object_env::{ObjectEnv, store_cause};
use super::response_reading::ResponseEnd;
use super::run_host::RunHost;
use super::run_record::{Progress, RunRecord, RunStatus};
use crate::chat::error_event::event_of;
use crate::error::Error;
use crate::log::OpenAiCall;
use crate::problem::Problem;
use crate::settings::{AgentSettings, ChatSettings, Settings};
use chatkit::protocol::{StreamEvent, to_json};
use chatkit::responses::model_event::ModelEvent;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Stored;
use chatkit::server::turn::MAX_ROUNDS;
use std::rc::Rc;

/// How often text that grows is stored, in milliseconds.
pub(super) const SAVE_MS: u64 = 1_000;

/// A run with everything that its course needs.
pub struct Run<'a, H> {
    /// The object.
    pub host: &'a H,
    /// All settings.
    pub settings: &'a Settings,
    /// The settings of chats.
    pub chat: &'a ChatSettings,
    /// The agent.
    pub agent: &'a AgentSettings,
    /// The run's frames and readers.
    pub live: Rc<LiveRun>,
    /// What is stored of the run.
    pub record: RunRecord,
    /// What the run needs to go on.
    pub progress: Progress,
    /// The last call of the model, for the log.
    pub call: OpenAiCall,
    /// When the frames were stored last, in Unix milliseconds.
    pub saved_ms: u64,
}

impl<H: RunHost> Run<'_, H> {
    /// Runs to the end. `resumes` is whether a restart interrupted the run and its background response goes on.
    ///
    /// Returns the id of a background response that goes on at OpenAI although nobody will read it.
    pub async fn run(mut self, mut resumes: bool) -> Option<String> {
        let mut failure = loop {
            let response = self.read_response(resumes).await;
            resumes = false;
            if self.live.stop_reason() == Some(StopReason::Deleted) {
                self.live.end();
                self.report(RunStatus::Stopped, None);
                return self.abandoned();
            }
            match self.end_response(&response) {
                Ok(true) if response.failure.is_none() => {}
                Ok(_) => break response.failure,
                Err(error) => break Some(self.store_failed(&error)),
            }
        };
        let status = match self.live.stop_reason() {
            Some(StopReason::Left) => RunStatus::Left,
            Some(_) => RunStatus::Stopped,
            None => RunStatus::Ended,
        };
        if status != RunStatus::Ended {
            failure = None;
        }
        if let Err(error) = self.finish(status, failure.as_ref()) {
            let error = self.store_failed(&error);
            self.live.discard_unannounced();
            self.live.append(&error_frame(&error));
            self.live.announce();
            failure = Some(error);
        }
        self.live.end();
        self.report(status, failure.as_ref());
        self.abandoned()
    }

    fn abandoned(&self) -> Option<String> {
        let answer = self.progress.turn.answer();
        let id = answer.response_id()?;
        (self.agent.is_background() && answer.terminal().is_none()).then(|| id.to_owned())
    }

    /// Takes events that arrived together, and stores what is complete. Whether the response is over.
    pub(super) fn take(&mut self, batch: &[ModelEvent]) -> Stored<bool> {
        let now = self.host.now_ms();
        let had_started = self.progress.turn.answer().has_started();
        // From now on a background response can be read again after a restart.
        let is_named = self.progress.turn.answer().response_id().is_some();
        let is_due = now >= self.saved_ms.saturating_add(SAVE_MS);
        let host = self.host;
        let stored = host.transaction(|| {
            let mut has_stored = false;
            for event in batch {
                let taken = self
                    .progress
                    .turn
                    .accept(event, host, &mut ObjectEnv(host))?;
                has_stored |= taken.has_stored;
                self.live.append(&frames(&taken.events));
            }
            if !had_started && self.progress.turn.answer().has_started() {
                let waited_ms = now.saturating_sub(self.record.started_ms);
                self.progress.first_token_ms.get_or_insert(waited_ms);
            }
            let is_named_now = self.progress.turn.answer().response_id().is_some();
            let can_resume = self.agent.is_background() && is_named_now && !is_named;
            if has_stored || is_due || can_resume {
                self.save()?;
            }
            Ok(())
        });
        if let Err(error) = stored {
            self.live.discard_unannounced();
            return Err(error);
        }
        if !self.live.has_unstored() {
            self.saved_ms = now;
        }
        Ok(self.progress.turn.answer().terminal().is_some())
    }

    /// Stores what grows, the frames, and what the run needs to go on.
    pub(super) fn save(&self) -> Stored<()> {
        self.progress.turn.save(self.host)?;
        let progress = Some(to_json(&self.progress));
        self.host.put_run(&RunRecord {
            progress,
            finishes: self.live.finishes(),
            ..self.record.clone()
        })?;
        self.host
            .add_frames(&self.live.id, &self.live.take_unstored())
    }

    /// Closes what a response left open. Whether the model is to be called again.
    fn end_response(&mut self, response: &ResponseEnd) -> Stored<bool> {
        let host = self.host;
        let calls_again = host.transaction(|| {
            let client_tools = self.agent.tools.client();
            let turn = &mut self.progress.turn;
            let end = turn.end(
                response.end,
                client_tools,
                MAX_ROUNDS,
                host,
                &mut ObjectEnv(host),
            )?;
            self.live.append(&frames(&end.events));
            self.save()?;
            Ok(end.calls_again)
        });
        if calls_again.is_err() {
            self.live.discard_unannounced();
        }
        self.live.announce();
        calls_again
    }

    /// Stores the end of the run.
    fn finish(&mut self, status: RunStatus, failure: Option<&Error>) -> Stored<()> {
        if let Some(error) = failure {
            self.live.append(&error_frame(error));
        }
        self.record = RunRecord {
            status,
            is_delivered: self.live.is_read(),
            finishes: self.live.finishes(),
            ended_ms: Some(self.host.now_ms()),
            progress: None,
            ..self.record.clone()
        };
        self.host.transaction(|| {
            self.host.put_run(&self.record)?;
            self.host
                .add_frames(&self.live.id, &self.live.take_unstored())
        })?;
        self.live.announce();
        Ok(())
    }

    pub(super) fn terminal_failure(&mut self) -> Option<Error> {
        let terminal = self.progress.turn.answer().terminal()?;
        let failure = model_failure::of_terminal(terminal);
        if failure.is_some() {
            self.call.cause = Some(format!("the response ended as {}", to_json(terminal)));
        }
        failure
    }

    pub(super) fn store_failed(&mut self, error: &ServerError) -> Error {
        self.call.cause = Some(store_cause(error));
        Error::Internal
    }
}

/// The frame of a failure.
pub(super) fn error_frame(error: &Error) -> String {
    event_of(&Problem::from(error)).frame()
}

/// The frames of events that pages may see.
#[must_use]
pub fn frames(events: &[StreamEvent]) -> String {
    events
        .iter()
        .filter(|event| event.is_visible())
        .map(StreamEvent::frame)
        .collect()
}
