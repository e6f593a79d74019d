//! Runs that a restart of the object interrupted: a crash, an eviction, a deployment.
//!
//! What such a run had stored is closed, so that the thread opens with what was there and its next call is valid. A background
//! response goes on at OpenAI, so its run goes on too.

use super::object_env::ObjectEnv;
use super::run_host::RunHost;
use super::run_loop::frames;
use super::run_record::{Progress, RunRecord, RunStatus};
use crate::error::{AnswerError, Error};
use crate::problem::Problem;
use crate::settings::AgentSettings;
use chatkit::protocol::StreamEvent;
use chatkit::server::store::Stored;
use chatkit::server::turn::StreamEnd;

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
        let problem = Problem::from(&Error::from(AnswerError::Interrupted));
        last.push_str(&StreamEvent::error(problem.detail, problem.allow_retry).frame());
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
    agent.fields.get("background") == Some(&true.into())
        && progress.turn.answer().response_id().is_some()
}
