//! Runs that a restart of the object interrupted: a crash, an eviction, a deployment.
//!
//! What such a run had stored is closed, so that the thread opens with what was there and its next call is valid. A background
//! response goes on at OpenAI, so its run goes on too.

use super::agent_call::agent_or_default;
use super::chat_object::{ChatObject, WATCH_MS};
use super::live_run::LiveRun;
use super::object_env::{ObjectEnv, store_cause};
use super::run_counts::count_answer;
use super::run_host::RunHost;
use super::run_loop::{error_frame, frames};
use super::run_record::{Progress, RunRecord, RunStatus};
use crate::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use crate::error::{AnswerError, Error};
use crate::log::LogLine;
use crate::problem::Problem;
use crate::settings::{AgentSettings, ChatSettings};
use chatkit::server::store::Stored;
use chatkit::server::turn::StreamEnd;
use std::rc::Rc;

/// What becomes of an interrupted run.
pub enum Recovered {
    /// It goes on where its last event was stored.
    Resumes(Box<Progress>),
    /// It has ended. Its progress says what to count, if it could be read.
    Ended(Option<Box<Progress>>),
}

/// Ends an interrupted run, or says that it can go on.
///
/// # Errors
/// The store's.
pub fn recover<H: RunHost>(run: &RunRecord, agent: &AgentSettings, host: &H) -> Stored<Recovered> {
    let progress = run
        .progress
        .as_deref()
        .and_then(|json| serde_json::from_str::<Progress>(json).ok());
    let mut progress = match progress {
        Some(progress) if is_resumable(&progress, agent) => {
            return Ok(Recovered::Resumes(Box::new(progress)));
        }
        other => other,
    };
    host.transaction(|| {
        let mut last = String::new();
        if let Some(progress) = &mut progress {
            let client_tools = agent.tools.client();
            let end = progress.turn.end(
                StreamEnd::Interrupted,
                client_tools,
                0,
                host,
                &mut ObjectEnv(host),
            )?;
            last = frames(&end.events);
        }
        last.push_str(&error_frame(&AnswerError::Interrupted.into()));
        host.add_frames(&run.id, &last)?;
        host.put_run(&RunRecord {
            status: RunStatus::Interrupted,
            ended_ms: Some(host.now_ms()),
            progress: None,
            ..run.clone()
        })
    })?;
    Ok(Recovered::Ended(progress.map(Box::new)))
}

fn is_resumable(progress: &Progress, agent: &AgentSettings) -> bool {
    agent.is_background() && progress.turn.answer().response_id().is_some()
}

impl<H: RunHost> ChatObject<H> {
    /// After a start of the object nothing runs, so every run that has not ended was interrupted.
    pub(super) async fn recover_once(self: &Rc<Self>, chat: &ChatSettings) {
        if self.has_recovered.replace(true) {
            return;
        }
        let host = &*self.host;
        for run in host.running().unwrap_or_default() {
            let Some(agent) = agent_or_default(chat, Some(&run.agent)) else {
                continue;
            };
            match recover(&run, agent, host) {
                Ok(Recovered::Resumes(progress)) => {
                    let frames = host.frames(&run.id).unwrap_or_default();
                    let live = LiveRun::new(&run.id, &run.thread_id, frames, true);
                    self.spawn(live, run, *progress, true);
                }
                Ok(Recovered::Ended(progress)) => self.report_interrupted(progress.as_deref()),
                Err(error) => host.write(&LogLine::store_failed(&store_cause(&error), None)),
            }
        }
        // The ended runs are deleted later.
        host.ensure_alarm(host.now_ms().saturating_add(WATCH_MS))
            .await;
    }

    fn report_interrupted(&self, progress: Option<&Progress>) {
        let problem = Problem::from(&Error::from(AnswerError::Interrupted));
        let request_id = progress
            .map(|progress| progress.call.request_id.as_str())
            .unwrap_or_default();
        let counts = AnswerCounts {
            first_token_ms: progress.and_then(|progress| progress.first_token_ms),
            ..AnswerCounts::new(AnswerOutcome::Failed(problem.code.to_owned()))
        };
        count_answer(&counts, &self.isolate.settings, request_id, &*self.host);
        self.host.write(&LogLine {
            level: "error",
            event: "answer.failed",
            request_id: Some(request_id),
            code: Some(problem.code),
            cause: Some("the object was restarted"),
            ..LogLine::default()
        });
    }
}
