//! What the object of one user does with a request.
//!
//! All requests of a user come to one object, and between two waits nothing else runs in it. So a request is checked against the
//! runs that go on, stored, and begun as a run without any other request in between.

use super::agent_call::ConfiguredAgents;
use super::live_run::{LiveRun, StopReason};
use super::object_env::ObjectEnv;
use super::object_reply::{ObjectReply, refusal_of, refused, stream_of_error};
use super::object_request::{ObjectOperation, ObjectRequest};
use super::paid_once::{Repetition, repetition, request_key};
use super::run_counts::count_answer;
use super::run_host::RunHost;
use super::run_record::{KEPT_MS, RunRecord, RunStatus};
use crate::chat::chat_call::ChatCall;
use crate::chat::error_event::event_of;
use crate::counters::answer_counts::{AnswerCounts, AnswerOutcome};
use crate::error::{AnswerError, Error};
use crate::isolate::Isolate;
use crate::log::LogLine;
use crate::problem::Problem;
use crate::settings::ChatSettings;
use chatkit::protocol::{ChatKitRequest, Operation, StreamEvent, to_json};
use chatkit::server::engine::{Engine, Reply};
use chatkit::server::server_error::ServerError;
use chatkit::server::store::Stored;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How often the alarm looks after a run that goes on, in milliseconds. After a restart it finds the runs to recover.
pub(super) const WATCH_MS: u64 = 30_000;

/// The object of one user.
pub struct ChatObject<H> {
    pub(super) host: Rc<H>,
    pub(super) isolate: Rc<Isolate>,
    /// The runs that go on.
    pub(super) live: RefCell<Vec<Rc<LiveRun>>>,
    pub(super) has_recovered: Cell<bool>,
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
                self.log_store_failed(&cause, &call);
                self.refuse_stream(&Error::Internal, &call)
            }
            Err(error) => stream_of_error(&StreamEvent::error(error.to_string(), false)),
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
        let lives = self.live.borrow();
        let is_stopping = |live: &&Rc<LiveRun>| live.stop_reason().is_some() && !live.has_ended();
        let mut stopping = lives.iter().filter(is_stopping).peekable();
        // Mostly there is none, and then nothing is read.
        stopping.peek()?;
        let equal = self.host.run_of_request(key).ok().flatten();
        let thread = thread_of(operation);
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
                    self.log_store_failed(cause, call);
                }
                refusal_of(&error)
            }
        }
    }

    pub(super) fn engine(
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
        stream_of_error(&event_of(&problem))
    }

    fn log_store_failed(&self, cause: &str, call: &ChatCall) {
        let line = LogLine::store_failed(cause, Some(&call.request_id));
        self.host.write(&line);
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
