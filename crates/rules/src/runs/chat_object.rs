//! What the object of one user does with a request.
//!
//! All requests of a user come to one object, and between two waits nothing else runs in it. So a request is checked against the
//! runs that go on, stored, and begun as a run without any other request in between.

use super::agent_call::{self, ConfiguredAgents, agent_or_default};
use super::live_run::{LiveRun, Reader, StopReason};
use super::model_client;
use super::object_env::{ObjectEnv, store_cause};
use super::object_request::{ObjectOperation, ObjectRequest};
use super::paid_once::{Repetition, repetition, request_key};
use super::run_counts::{count_answer, count_message};
use super::run_host::RunHost;
use super::run_loop::{Run, frames};
use super::run_record::{KEPT_MS, Origin, Progress, RunRecord, RunStatus};
use super::run_recovery::{Recovered, recover};
use super::title_call;
use crate::chat::chat_call::ChatCall;
use crate::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use crate::error::{AnswerError, Error};
use crate::isolate::Isolate;
use crate::log::{LogLine, OpenAiCall};
use crate::problem::Problem;
use crate::settings::ChatSettings;
use chatkit::protocol::user_input::text_of;
use chatkit::protocol::{ChatKitRequest, Operation, StreamEvent, to_json};
use chatkit::server::engine::{Engine, Reply, set_title};
use chatkit::server::env::Env;
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Stored;
use chatkit::server::turn::Turn;
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How often the alarm looks after a run that goes on, in milliseconds. After a restart it finds the runs to recover.
const WATCH_MS: u64 = 30_000;
/// The longest value of a state variable that is used, in characters.
const MAX_VARIABLE_CHARS: usize = 512;

/// What a request gets.
#[derive(Debug)]
pub enum ObjectReply {
    /// JSON.
    Json(String),
    /// A stream that has ended.
    Frames {
        /// The run's id, if it is one.
        run: Option<String>,
        /// All frames.
        frames: String,
    },
    /// A stream that goes on.
    Live {
        /// The run's id.
        run: String,
        /// Its frames.
        reader: Reader,
    },
    /// The request was refused before its stream.
    Refused {
        /// The status.
        status: u16,
        /// `{"code": …}`, for `invalid_request` with a `message`. The front door turns it into a problem.
        body: String,
    },
}

/// The object of one user.
pub struct ChatObject<H> {
    host: Rc<H>,
    isolate: Rc<Isolate>,
    live: RefCell<Vec<Rc<LiveRun>>>,
    has_recovered: Cell<bool>,
}

impl<H: RunHost> ChatObject<H> {
    /// The object after a start or a restart.
    #[must_use]
    pub fn new(host: Rc<H>, isolate: Rc<Isolate>) -> Rc<Self> {
        Rc::new(Self {
            host,
            isolate,
            live: RefCell::default(),
            has_recovered: Cell::new(false),
        })
    }

    /// Takes a request of the front door, which has checked it.
    pub async fn serve(self: &Rc<Self>, request: ObjectRequest) -> ObjectReply {
        let Ok(chat) = self.isolate.settings.chat() else {
            return refused(&Error::Internal);
        };
        self.recover_once(chat).await;
        let call = request.call;
        match request.operation {
            ObjectOperation::Request(request) => self.take(chat, call, request.get()).await,
            ObjectOperation::Attach(run) => self.attach(&run),
            ObjectOperation::Stop(run) => self.stop(&run).await,
        }
    }

    /// The alarm: recovers what a restart interrupted, and deletes what is past its time.
    pub async fn alarm(self: &Rc<Self>) {
        let Ok(chat) = self.isolate.settings.chat() else {
            return;
        };
        self.recover_once(chat).await;
        let now = self.host.now_ms();
        // If it fails, the next alarm tries again.
        let _ = self.host.delete_runs_ended_by(now.saturating_sub(KEPT_MS));
        if !self.live.borrow().is_empty() {
            self.host.ensure_alarm(now.saturating_add(WATCH_MS)).await;
        } else if let Ok(Some(first)) = self.host.first_end_ms() {
            self.host.ensure_alarm(first.saturating_add(KEPT_MS)).await;
        }
    }

    async fn take(self: &Rc<Self>, chat: &ChatSettings, call: ChatCall, body: &str) -> ObjectReply {
        let parsed: Value = serde_json::from_str(body).unwrap_or_default();
        let request = match ChatKitRequest::parse(&parsed) {
            Ok(request) => request,
            Err(error) => return refusal_of(&ServerError::Invalid(error)),
        };
        if !request.operation.is_streaming() {
            return self.answer_with_json(chat, &call, &request);
        }
        // Before everything that must not be interleaved with another request.
        self.host
            .ensure_alarm(self.host.now_ms().saturating_add(WATCH_MS))
            .await;
        let key = request_key(body, call.frame.as_deref());
        while let Some(live) = self.stopping(&key, &request.operation) {
            live.ended().await;
        }
        let mut restarts = false;
        let begun = match self.earlier(&key) {
            Ok(Some((run, Repetition::Joins))) => return self.join(&run, call.finish),
            Ok(Some((run, Repetition::Restarts))) => {
                restarts = true;
                self.restart(chat, &call, &request, run)
            }
            Ok(_) if self.is_busy(&request.operation) => {
                return self.refuse_stream(&AnswerError::ThreadBusy.into(), &call);
            }
            Ok(_) => self.begin(chat, &call, &request, key),
            Err(error) => Err(error),
        };
        match begun {
            Ok(begun) => {
                if !restarts && begun.progress.is_some() {
                    self.count_message(&request.operation, &call);
                }
                self.start(begun)
            }
            Err(ServerError::Store(cause)) => {
                self.log_failure("store.failed", &cause, &call);
                self.refuse_stream(&Error::Internal, &call)
            }
            Err(error) => stream_of_error(&error.to_string(), false),
        }
    }

    /// An earlier run of an equal request, and what the request does with it.
    fn earlier(&self, key: &str) -> Stored<Option<(RunRecord, Repetition)>> {
        let run = self.host.run_of_request(key)?;
        let Some(run) = run else { return Ok(None) };
        let repetition = match repetition(&run, self.host.now_ms()) {
            // To begin again would delete what followed in the thread.
            Repetition::Restarts if self.has_moved_on(&run)? => Repetition::IsNew,
            other => other,
        };
        Ok(Some((run, repetition)))
    }

    /// Whether something else than a run's answer followed in its thread, or is being answered.
    fn has_moved_on(&self, run: &RunRecord) -> Stored<bool> {
        let is_live = |live: &Rc<LiveRun>| live.thread_id == run.thread_id;
        if self.live.borrow().iter().any(is_live) {
            return Ok(true);
        }
        let newest = self.host.newest_run_of(&run.thread_id)?;
        Ok(newest.is_none_or(|newest| newest.id != run.id))
    }

    /// A run that a request has to wait for because it is about to stop: the one of an equal request, or of the same thread. A page
    /// may stop an answer and send the next message at once.
    fn stopping(&self, key: &str, operation: &Operation) -> Option<Rc<LiveRun>> {
        let equal = self.host.run_of_request(key).ok().flatten();
        let thread = thread_of(operation);
        let lives = self.live.borrow();
        let mut stopping = lives
            .iter()
            .filter(|live| live.stop_reason().is_some() && !live.has_ended());
        let found = stopping.find(|live| {
            equal.as_ref().is_some_and(|equal| equal.id == live.id)
                || thread == Some(live.thread_id.as_str())
        });
        found.cloned()
    }

    /// Whether an answer of the request's thread goes on.
    fn is_busy(&self, operation: &Operation) -> bool {
        let thread = thread_of(operation);
        thread.is_some_and(|thread| {
            self.live
                .borrow()
                .iter()
                .any(|live| live.thread_id == thread)
        })
    }

    fn find_live(&self, run_id: &str) -> Option<Rc<LiveRun>> {
        self.live
            .borrow()
            .iter()
            .find(|live| live.id == run_id)
            .cloned()
    }

    fn join(&self, run: &RunRecord, finish: bool) -> ObjectReply {
        if let Some(live) = self.find_live(&run.id) {
            if finish {
                live.let_finish();
            }
            return ObjectReply::Live {
                run: run.id.clone(),
                reader: live.read(),
            };
        }
        match self.host.frames(&run.id) {
            Ok(frames) => ObjectReply::Frames {
                run: Some(run.id.clone()),
                frames,
            },
            Err(_) => refused(&Error::Internal),
        }
    }

    fn attach(&self, run_id: &str) -> ObjectReply {
        match self.host.run(run_id) {
            Ok(Some(run)) => self.join(&run, false),
            Ok(None) => refused(&Error::NotFound),
            Err(_) => refused(&Error::Internal),
        }
    }

    /// Stops a run, and answers once all of it is stored.
    async fn stop(&self, run_id: &str) -> ObjectReply {
        if let Some(live) = self.find_live(run_id) {
            live.stop(StopReason::Stopped);
            live.ended().await;
        }
        let stored = match self.host.run(run_id) {
            // The page left before it said that it stops: the run must not begin again.
            Ok(Some(run)) if run.status == RunStatus::Left => self.host.put_run(&RunRecord {
                status: RunStatus::Stopped,
                ..run
            }),
            Ok(Some(_)) => Ok(()),
            Ok(None) => return refused(&Error::NotFound),
            Err(error) => Err(error),
        };
        if stored.is_err() {
            return refused(&Error::Internal);
        }
        ObjectReply::Json(to_json(&json!({"id": run_id, "status": "stopped"})))
    }

    fn answer_with_json(
        &self,
        chat: &ChatSettings,
        call: &ChatCall,
        request: &ChatKitRequest,
    ) -> ObjectReply {
        let replied = self.host.transaction(|| {
            let reply = self.engine(chat, call, request)?;
            if let Operation::DeleteThread { thread_id } = &request.operation {
                // Their frames have the thread's texts.
                self.host.delete_runs_of(thread_id)?;
            }
            Ok(reply)
        });
        match replied {
            Ok(Reply::Json(json)) => {
                if let Operation::DeleteThread { thread_id } = &request.operation {
                    let live = self.live.borrow();
                    let runs = live.iter().filter(|live| live.thread_id == *thread_id);
                    runs.for_each(|live| live.stop(StopReason::Deleted));
                }
                ObjectReply::Json(json)
            }
            Ok(Reply::Stream(_)) => refused(&Error::Internal),
            Err(error) => {
                if let ServerError::Store(cause) = &error {
                    self.log_failure("store.failed", cause, call);
                }
                refusal_of(&error)
            }
        }
    }

    fn engine(
        &self,
        chat: &ChatSettings,
        call: &ChatCall,
        request: &ChatKitRequest,
    ) -> Result<Reply, ServerError> {
        let mut engine = Engine {
            store: &*self.host,
            env: &mut ObjectEnv(&*self.host),
            agents: &ConfiguredAgents(chat),
            agent: call.agent.as_deref(),
        };
        engine.handle(request)
    }

    /// Stores a request and its run, as one.
    fn begin(
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
    fn restart(
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

    /// Begins the course of a run, and returns its stream.
    fn start(self: &Rc<Self>, begun: BegunRun) -> ObjectReply {
        let BegunRun {
            record,
            progress,
            frames,
        } = begun;
        let Some(progress) = progress else {
            return ObjectReply::Frames {
                run: Some(record.id),
                frames,
            };
        };
        let live = LiveRun::new(&record.id, &record.thread_id, frames, record.finishes);
        let reader = live.read();
        self.spawn(live, record, progress, false);
        ObjectReply::Live {
            run: reader.run_id().to_owned(),
            reader,
        }
    }

    /// Counts a request that is a message. One whose run begins again was counted before.
    fn count_message(&self, operation: &Operation, call: &ChatCall) {
        let is_new_thread = matches!(operation, Operation::CreateThread { .. });
        if is_new_thread || matches!(operation, Operation::AddUserMessage { .. }) {
            let settings = &self.isolate.settings;
            count_message(is_new_thread, settings, &call.request_id, &*self.host);
        }
    }

    /// Runs the course of a run, and beside it the call for its thread's title.
    fn spawn(
        self: &Rc<Self>,
        live: Rc<LiveRun>,
        record: RunRecord,
        progress: Progress,
        resumes: bool,
    ) {
        self.live.borrow_mut().push(Rc::clone(&live));
        if let Some(message) = progress.titled_by.clone() {
            self.spawn_title(Rc::clone(&live), message, record.agent.clone());
        }
        let object = Rc::clone(self);
        self.host.spawn(Box::pin(async move {
            let settings = object.isolate.settings.chat().ok();
            let agent = settings
                .and_then(|chat| Some((chat, agent_or_default(chat, Some(&record.agent))?)));
            let mut abandoned = None;
            if let Some((chat, agent)) = agent {
                let run = Run {
                    host: &*object.host,
                    settings: &object.isolate.settings,
                    chat,
                    agent,
                    live: Rc::clone(&live),
                    saved_ms: record.started_ms,
                    record,
                    progress,
                    call: OpenAiCall::default(),
                };
                abandoned = run.run(resumes).await;
            }
            object.live.borrow_mut().retain(|other| other.id != live.id);
            if let (Some(response), Some((chat, agent))) = (abandoned, agent) {
                model_client::cancel(&response, agent, chat, &*object.host).await;
            }
        }));
    }

    fn spawn_title(self: &Rc<Self>, live: Rc<LiveRun>, message: String, agent: String) {
        let object = Rc::clone(self);
        self.host.spawn(Box::pin(async move {
            let Ok(chat) = object.isolate.settings.chat() else {
                return;
            };
            let Some(agent) = agent_or_default(chat, Some(&agent)) else {
                return;
            };
            let host = &*object.host;
            // A run that goes on after a restart may have its title.
            let thread = host.thread(&live.thread_id).ok().flatten();
            if thread.is_none_or(|stored| stored.thread.title.is_some()) {
                return;
            }
            let Some(title) = title_call::title_for(&message, agent, chat, host).await else {
                return;
            };
            match set_title(&live.thread_id, &title, host) {
                Ok(Some(event)) if !live.has_ended() => {
                    live.append(&event.frame());
                    live.announce();
                }
                // The list of threads shows it.
                Ok(_) => {}
                Err(error) => host.write(&LogLine {
                    level: "error",
                    event: "store.failed",
                    cause: Some(&store_cause(&error)),
                    ..LogLine::default()
                }),
            }
        }));
    }

    /// After a start of the object nothing runs, so every run that has not ended was interrupted.
    async fn recover_once(self: &Rc<Self>, chat: &ChatSettings) {
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
                Err(error) => host.write(&LogLine {
                    level: "error",
                    event: "store.failed",
                    cause: Some(&store_cause(&error)),
                    ..LogLine::default()
                }),
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

    /// Refuses a streaming request in its stream. Nothing of it is stored.
    fn refuse_stream(&self, error: &Error, call: &ChatCall) -> ObjectReply {
        let problem = Problem::from(error);
        let counts = AnswerCounts::new(AnswerOutcome::Failed(problem.code.to_owned()));
        count_answer(
            &counts,
            &self.isolate.settings,
            &call.request_id,
            &*self.host,
        );
        self.host.write(&LogLine {
            level: "info",
            event: "answer.refused",
            request_id: Some(&call.request_id),
            code: Some(problem.code),
            ..LogLine::default()
        });
        stream_of_error(&problem.detail, problem.allow_retry)
    }

    fn log_failure(&self, event: &str, cause: &str, call: &ChatCall) {
        self.host.write(&LogLine {
            level: "error",
            event,
            request_id: Some(&call.request_id),
            cause: Some(cause),
            ..LogLine::default()
        });
    }
}

/// A run that is stored and has not begun.
struct BegunRun {
    record: RunRecord,
    progress: Option<Progress>,
    frames: String,
}

fn stream_of_error(message: &str, allow_retry: bool) -> ObjectReply {
    ObjectReply::Frames {
        run: None,
        frames: StreamEvent::error(message, allow_retry).frame(),
    }
}

fn refused(error: &Error) -> ObjectReply {
    let problem = Problem::from(error);
    ObjectReply::Refused {
        status: problem.status,
        body: to_json(&json!({"code": problem.code})),
    }
}

fn refusal_of(error: &ServerError) -> ObjectReply {
    match error {
        ServerError::NotFound(_) => refused(&Error::NotFound),
        ServerError::Store(_) => refused(&Error::Internal),
        error => ObjectReply::Refused {
            status: 400,
            body: to_json(&json!({"code": "invalid_request", "message": error.to_string()})),
        },
    }
}

/// The thread that a request adds to.
fn thread_of(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::AddUserMessage { thread_id, .. }
        | Operation::AddClientToolOutput { thread_id, .. }
        | Operation::AddStructuredInput { thread_id, .. }
        | Operation::RetryAfterItem { thread_id, .. } => Some(thread_id),
        Operation::CustomAction(action) => Some(&action.thread_id),
        _ => None,
    }
}

/// The text of a request that is a message.
fn message_of(operation: &Operation) -> Option<String> {
    match operation {
        Operation::CreateThread { input } | Operation::AddUserMessage { input, .. } => {
            Some(text_of(&input.content))
        }
        _ => None,
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
