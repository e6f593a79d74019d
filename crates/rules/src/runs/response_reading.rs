//! How a run reads one response of the model: opens it, takes its events, saves once a second, and reads a background response
//! again where its stream broke off.

use super::agent_call;
use super::live_run::{LiveRun, StopReason};
use super::model_client::{self, BrokenStream, ModelEvents};
use super::run_host::{ModelRequest, RunHost};
use super::run_loop::{Run, SAVE_MS};
use crate::error::{AnswerError, Error, OpenAiError};
use crate::log::OpenAiCall;
use chatkit::responses::model_event::ModelEvent;
use chatkit::server::turn::StreamEnd;
use futures_util::future::{Either, select};
use std::pin::pin;

/// After so much silence clients get a comment, in milliseconds.
const HEARTBEAT_MS: u64 = 15_000;
/// How often a background response is read again after its stream broke off.
const MAX_RESUMES: u32 = 3;
/// The wait before that, in milliseconds, doubled with each.
const RESUME_DELAY_MS: u64 = 500;

/// How one response ended.
pub(super) struct ResponseEnd {
    /// For the turn.
    pub end: StreamEnd,
    /// For the visitor.
    pub failure: Option<Error>,
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
    /// Calls the model and takes its events until the response ends in some way.
    pub(super) async fn read_response(&mut self, resumes: bool) -> ResponseEnd {
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
                self.agent.is_background() && self.progress.turn.answer().response_id().is_some();
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
        let opened = self.request("GET", &url, None).await;
        opened.map_err(|mut end| {
            // The server does not have the response any more, so what it says is not about the model.
            if let Some(Error::OpenAi(error)) = &end.failure
                && matches!(
                    error,
                    OpenAiError::ModelNotFound | OpenAiError::NoApi | OpenAiError::Rejected(_)
                )
            {
                end.failure = Some(AnswerError::Interrupted.into());
            }
            end
        })
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

    /// Waits. Whether the run is to stop.
    async fn is_stopped_within(&self, ms: u64) -> bool {
        let stopped = pin!(wait_with_heartbeats(self.host, &self.live));
        let delay = pin!(self.host.deadline(ms));
        matches!(select(delay, stopped).await, Either::Right(_))
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
