//! How a run begins: a request is stored with its run, as one, or the run of an equal request begins again.

use super::agent_call::{self, agent_or_default};
use super::chat_object::ChatObject;
use super::object_env::ObjectEnv;
use super::run_host::RunHost;
use super::run_loop::frames;
use super::run_record::{Origin, Progress, RunRecord, RunStatus};
use crate::chat::chat_call::ChatCall;
use crate::settings::ChatSettings;
use chatkit::protocol::user_input::text_of;
use chatkit::protocol::{ChatKitRequest, Operation, to_json};
use chatkit::server::engine::Reply;
use chatkit::server::env::Env;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Stored;
use chatkit::server::turn::Turn;
use serde_json::{Map, Value};

/// The longest value of a state variable that is used, in characters.
const MAX_VARIABLE_CHARS: usize = 512;

/// A run that is stored and has not begun.
pub(super) struct BegunRun {
    /// What is stored of it.
    pub record: RunRecord,
    /// What its course needs; `None` if no answer is wanted.
    pub progress: Option<Progress>,
    /// Its first frames.
    pub frames: String,
}

impl<H: RunHost> ChatObject<H> {
    /// Stores a request and its run, as one.
    pub(super) fn begin(
        &self,
        chat: &ChatSettings,
        call: &ChatCall,
        request: &ChatKitRequest,
        key: String,
    ) -> Stored<BegunRun> {
        let host = &*self.host;
        host.transaction(|| {
            let Reply::Stream(opening) = self.engine(chat, call, request)? else {
                return Err(ServerError::Store("the request has no stream".to_owned()));
            };
            let thread = host
                .thread(&opening.thread_id)?
                .ok_or(ServerError::NotFound("thread"))?;
            let newest = host.entries_before(&opening.thread_id, None, 1)?;
            let frames = frames(&opening.events);
            let turn = opening.turn.as_ref();
            let origin = Origin {
                place: turn
                    .and_then(Turn::retry_of)
                    .or(newest.first().map(|entry| entry.seq))
                    .unwrap_or_default(),
                model: turn.and_then(Turn::model).map(str::to_owned),
                tool: turn.and_then(Turn::tool).map(str::to_owned),
                opening_bytes: frames.len(),
            };
            let needs_title = thread.thread.title.is_none() && agent_call::titles_by_model(chat);
            let first_message = message_of(&request.operation).filter(|_| needs_title);
            let progress = opening
                .turn
                .map(|turn| self.progress(chat, call, request, turn, first_message));
            let agent =
                agent_or_default(chat, thread.agent.as_deref()).map(|agent| agent.id.clone());
            let record = self.record(
                opening.thread_id,
                agent.unwrap_or_default(),
                key,
                origin,
                call,
                progress.as_ref(),
            );
            self.put_run(record, progress, frames)
        })
    }

    /// Stores a run that begins again after its client left, for the same message. What it wrote before is deleted with the first
    /// event of the new answer.
    pub(super) fn restart(
        &self,
        chat: &ChatSettings,
        call: &ChatCall,
        request: &ChatKitRequest,
        former: RunRecord,
    ) -> Stored<BegunRun> {
        let host = &*self.host;
        host.transaction(|| {
            let mut frames = host.frames(&former.id)?;
            frames.truncate(former.origin.opening_bytes);
            let origin = former.origin.clone();
            let turn = Turn::new(&former.thread_id)
                .choosing(origin.model.clone(), origin.tool.clone())
                .retrying(origin.place);
            let progress = Some(self.progress(chat, call, request, turn, None));
            let key = former.request_key;
            let record = self.record(
                former.thread_id,
                former.agent,
                key,
                origin,
                call,
                progress.as_ref(),
            );
            self.put_run(record, progress, frames)
        })
    }

    fn progress(
        &self,
        chat: &ChatSettings,
        call: &ChatCall,
        request: &ChatKitRequest,
        turn: Turn,
        titled_by: Option<String>,
    ) -> Progress {
        let variables = variables(&request.metadata, &chat.shared.state_variables);
        Progress {
            call: call.clone(),
            turn,
            variables,
            titled_by,
            first_token_ms: None,
        }
    }

    fn record(
        &self,
        thread_id: String,
        agent: String,
        request_key: String,
        origin: Origin,
        call: &ChatCall,
        progress: Option<&Progress>,
    ) -> RunRecord {
        let now = self.host.now_ms();
        let is_over = progress.is_none();
        RunRecord {
            id: ObjectEnv(&*self.host).id("run"),
            thread_id,
            agent,
            request_key,
            origin,
            status: if is_over {
                RunStatus::Ended
            } else {
                RunStatus::Running
            },
            finishes: call.finish,
            is_delivered: is_over,
            started_ms: now,
            ended_ms: is_over.then_some(now),
            progress: progress.map(to_json),
        }
    }

    fn put_run(
        &self,
        record: RunRecord,
        progress: Option<Progress>,
        frames: String,
    ) -> Stored<BegunRun> {
        self.host.put_run(&record)?;
        self.host.add_frames(&record.id, &frames)?;
        Ok(BegunRun {
            record,
            progress,
            frames,
        })
    }
}

/// The state variables that a page sends in the request's metadata, as far as the owner allows their names.
fn variables(metadata: &Map<String, Value>, allowed: &[String]) -> Map<String, Value> {
    let Some(Value::Object(sent)) = metadata.get("state_variables") else {
        return Map::new();
    };
    let is_usable = |value: &Value| match value {
        Value::String(text) => text.chars().count() <= MAX_VARIABLE_CHARS,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    let kept = sent
        .iter()
        .filter(|(name, value)| allowed.contains(name) && is_usable(value));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The text of a request that is a message.
pub(super) fn message_of(operation: &Operation) -> Option<String> {
    match operation {
        Operation::CreateThread { input } | Operation::AddUserMessage { input, .. } => {
            Some(text_of(&input.content))
        }
        _ => None,
    }
}
