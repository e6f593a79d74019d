//! The course of a run: calls the model, stores what arrives, publishes it, and ends.
//!
//! What is complete is stored before it is published, in one transaction with the frames that say so and with what the run needs
//! to go on. Text that still grows is stored once a second. So after a restart the thread, the frames and the run agree, and at
//! most a second of text is lost.

use super::agent_call;
use super::live_run::{LiveRun, StopReason};
use super::model_client::{self, BrokenStream, ModelEvents};
use super::model_failure;
use super::object_env::ObjectEnv;
use super::run_counts::count_answer;
use super::run_host::{ModelRequest, RunHost};
use super::run_record::{Progress, RunRecord, RunStatus};
use crate::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use crate::error::{AnswerError, Error, OpenAiError};
use crate::log::{LogLine, OpenAiCall};
use crate::problem::Problem;
use crate::settings::{AgentSettings, ChatSettings, Settings};
use chatkit::protocol::{StreamEvent, to_json};
use chatkit::responses::model_event::ModelEvent;
use chatkit::server::store::Stored;
use chatkit::server::turn::{MAX_ROUNDS, StreamEnd};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::rc::Rc;

/// How often text that grows is stored, in milliseconds.
const SAVE_MS: u64 = 1_000;
/// After so much silence clients get a comment, in milliseconds.
const HEARTBEAT_MS: u64 = 15_000;
/// How often a background response is read again after its stream broke off.
const MAX_RESUMES: u32 = 3;
/// The wait before that, in milliseconds, doubled with each.
const RESUME_DELAY_MS: u64 = 500;

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

/// How one response ended.
struct ResponseEnd {
    end: StreamEnd,
    failure: Option<Error>,
}

impl ResponseEnd {
    fn finished(failure: Option<Error>) -> Self {
        Self {
            end: StreamEnd::Finished,
            failure,
        }
    }

    fn stopped() -> Self {
        Self {
            end: StreamEnd::Stopped,
            failure: None,
        }
    }

    fn interrupted(failure: impl Into<Error>) -> Self {
        Self {
            end: StreamEnd::Interrupted,
            failure: Some(failure.into()),
        }
    }
}

/// What a run waits for.
enum Woken {
    Stopped,
    Events(Result<Option<Vec<ModelEvent>>, BrokenStream>),
    Time,
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
        (self.is_background() && answer.terminal().is_none()).then(|| id.to_owned())
    }

    /// Calls the model and takes its events until the response ends in some way.
    async fn read_response(&mut self, resumes: bool) -> ResponseEnd {
        let mut opened = if resumes {
            self.resume().await
        } else {
            self.open().await
        };
        let mut resumed = 0_u32;
        loop {
            let broken = match opened {
                Ok((events, first)) => match self.read_events(events, first).await {
                    Ok(end) => return end,
                    Err(broken) => broken,
                },
                Err(end) => return end,
            };
            // A background response goes on without us, so it is read again where its stream broke off.
            let can_resume =
                self.is_background() && self.progress.turn.answer().response_id().is_some();
            if !can_resume
                || resumed >= MAX_RESUMES
                || matches!(broken.failure, Some(Error::OpenAi(OpenAiError::Timeout)))
            {
                return broken;
            }
            if self
                .is_stopped_within(RESUME_DELAY_MS.saturating_mul(1 << resumed))
                .await
            {
                return ResponseEnd::stopped();
            }
            resumed = resumed.saturating_add(1);
            opened = self.resume().await;
        }
    }

    /// Waits. Whether the run is to stop.
    async fn is_stopped_within(&self, ms: u64) -> bool {
        let stopped = pin!(wait_with_heartbeats(self.host, &self.live));
        let delay = pin!(self.host.deadline(ms));
        matches!(select(delay, stopped).await, Either::Right(_))
    }

    fn is_background(&self) -> bool {
        self.agent.fields.get("background") == Some(&true.into())
    }

    async fn open(&mut self) -> Result<(ModelEvents<H::Body>, Vec<ModelEvent>), ResponseEnd> {
        let body = agent_call::body(&self.progress, self.agent, self.host.now_ms(), self.host);
        let body = body.map_err(|error| ResponseEnd::interrupted(self.store_failed(&error)))?;
        let url = agent_call::responses_url(self.agent);
        self.request("POST", &url, Some(&body)).await
    }

    /// Reads a background response from where its last event was stored.
    async fn resume(&mut self) -> Result<(ModelEvents<H::Body>, Vec<ModelEvent>), ResponseEnd> {
        let answer = self.progress.turn.answer();
        let id = answer.response_id().unwrap_or_default();
        let after = answer.last_sequence().unwrap_or_default();
        let url = format!(
            "{}/{id}?stream=true&starting_after={after}",
            agent_call::responses_url(self.agent)
        );
        self.request("GET", &url, None).await
    }

    async fn request(
        &mut self,
        method: &'static str,
        url: &str,
        body: Option<&str>,
    ) -> Result<(ModelEvents<H::Body>, Vec<ModelEvent>), ResponseEnd> {
        let headers = agent_call::headers(self.agent, self.chat);
        let request = ModelRequest {
            method,
            url,
            headers: &headers,
            body,
        };
        let timeout_ms = self.chat.shared.timeout_seconds.saturating_mul(1000);
        let mut call = OpenAiCall::default();
        let result = {
            let key = &self.chat.openai.api_key;
            let opening = pin!(model_client::open(
                self.host, &request, timeout_ms, key, &mut call
            ));
            let stopped = pin!(wait_with_heartbeats(self.host, &self.live));
            match select(opening, stopped).await {
                Either::Left((Ok(opened), _)) => Ok(opened),
                Either::Left((Err(error), _)) => Err(ResponseEnd::interrupted(error)),
                Either::Right(_) => Err(ResponseEnd::stopped()),
            }
        };
        self.call = call;
        result
    }

    /// Takes events to the end of the stream. A stream that broke off is an error, because it may be read again.
    async fn read_events(
        &mut self,
        mut events: ModelEvents<H::Body>,
        first: Vec<ModelEvent>,
    ) -> Result<ResponseEnd, ResponseEnd> {
        let mut arrived_ms = self.host.now_ms();
        let mut beat_ms = arrived_ms;
        let stall_ms = self.chat.stall_seconds.saturating_mul(1000);
        let answer_ms = self.chat.answer_timeout_seconds.saturating_mul(1000);
        let latest_ms = self.record.started_ms.saturating_add(answer_ms);
        let mut woken = Woken::Events(Ok(Some(first)));
        loop {
            let now = self.host.now_ms();
            match woken {
                Woken::Stopped => return Ok(ResponseEnd::stopped()),
                Woken::Events(Ok(Some(batch))) => {
                    arrived_ms = now;
                    let taken = self.take(&batch);
                    // What the page gets nothing of is silence to it.
                    if self.live.announce() {
                        beat_ms = now;
                    }
                    match taken {
                        Ok(true) => return Ok(ResponseEnd::finished(self.terminal_failure())),
                        Ok(false) => {}
                        Err(error) => {
                            return Ok(ResponseEnd::interrupted(self.store_failed(&error)));
                        }
                    }
                }
                Woken::Events(Ok(None)) => {
                    self.call.cause = Some("the stream ended without a terminal event".to_owned());
                    return Err(ResponseEnd::interrupted(AnswerError::Interrupted));
                }
                Woken::Events(Err(BrokenStream::Cut(cause))) => {
                    self.call.cause = Some(crate::redact::redact(
                        &cause,
                        Some(&self.chat.openai.api_key),
                    ));
                    return Err(ResponseEnd::interrupted(AnswerError::Interrupted));
                }
                Woken::Events(Err(BrokenStream::Malformed(cause))) => {
                    self.call.cause = Some(cause.to_owned());
                    return Ok(ResponseEnd::interrupted(OpenAiError::BadResponse));
                }
                Woken::Time if now >= latest_ms => {
                    self.call.cause =
                        Some("the answer took longer than ANSWER_TIMEOUT_SECONDS".to_owned());
                    return Ok(ResponseEnd::interrupted(OpenAiError::Timeout));
                }
                Woken::Time if now >= arrived_ms.saturating_add(stall_ms) => {
                    self.call.cause = Some("no event within OPENAI_STALL_SECONDS".to_owned());
                    return Ok(ResponseEnd::interrupted(OpenAiError::Timeout));
                }
                Woken::Time => {
                    if now >= beat_ms.saturating_add(HEARTBEAT_MS) {
                        beat_ms = now;
                        self.live.beat();
                    }
                    if self.live.has_unstored()
                        && now >= self.saved_ms.saturating_add(SAVE_MS)
                        && let Err(error) = self.host.transaction(|| self.save())
                    {
                        return Ok(ResponseEnd::interrupted(self.store_failed(&error)));
                    }
                    self.saved_ms = if self.live.has_unstored() {
                        self.saved_ms
                    } else {
                        now
                    };
                }
            }
            let mut next_ms = latest_ms
                .min(arrived_ms.saturating_add(stall_ms))
                .min(beat_ms.saturating_add(HEARTBEAT_MS));
            if self.live.has_unstored() {
                next_ms = next_ms.min(self.saved_ms.saturating_add(SAVE_MS));
            }
            let wait_ms = next_ms.saturating_sub(self.host.now_ms()).max(1);
            woken = wait(self.host, &self.live, &mut events, wait_ms).await;
        }
    }

    /// Takes events that arrived together, and stores what is complete. Whether the response is over.
    fn take(&mut self, batch: &[ModelEvent]) -> Stored<bool> {
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
            let can_resume = self.is_background() && is_named_now && !is_named;
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
    fn save(&self) -> Stored<()> {
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
        })?;
        self.live.announce();
        Ok(calls_again)
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

    fn terminal_failure(&mut self) -> Option<Error> {
        let terminal = self.progress.turn.answer().terminal()?;
        let failure = model_failure::of_terminal(terminal);
        if failure.is_some() {
            self.call.cause = Some(format!("the response ended as {}", to_json(terminal)));
        }
        failure
    }

    fn store_failed(&mut self, error: &chatkit::server::server_error::ServerError) -> Error {
        self.call.cause = Some(super::object_env::store_cause(error));
        Error::Internal
    }

    /// Counts the answer and writes its line in the log.
    fn report(&self, status: RunStatus, failure: Option<&Error>) {
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

fn error_frame(error: &Error) -> String {
    let problem = Problem::from(error);
    StreamEvent::error(problem.detail, problem.allow_retry).frame()
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

async fn wait<H: RunHost>(
    host: &H,
    live: &LiveRun,
    events: &mut ModelEvents<H::Body>,
    ms: u64,
) -> Woken {
    // A stop goes first: a model that never pauses could not be stopped, and a deleted thread must get nothing more.
    let (events, time) = (pin!(events.next()), pin!(host.deadline(ms)));
    match select(pin!(live.stopped()), select(events, time)).await {
        Either::Left(_) => Woken::Stopped,
        Either::Right((Either::Left((events, _)), _)) => Woken::Events(events),
        Either::Right((Either::Right(_), _)) => Woken::Time,
    }
}

/// Waits until the run is to stop. Meanwhile clients get comments.
async fn wait_with_heartbeats<H: RunHost>(host: &H, live: &LiveRun) -> StopReason {
    loop {
        match select(pin!(live.stopped()), pin!(host.deadline(HEARTBEAT_MS))).await {
            Either::Left((reason, _)) => return reason,
            Either::Right(_) => live.beat(),
        }
    }
}
