//! The tasks of a run: its course, and beside it the call for its thread's title.

use super::agent_call::agent_or_default;
use super::chat_object::ChatObject;
use super::live_run::LiveRun;
use super::object_env::store_cause;
use super::object_reply::ObjectReply;
use super::run_beginning::BegunRun;
use super::run_counts::count_message;
use super::run_host::RunHost;
use super::run_loop::Run;
use super::run_record::{Progress, RunRecord};
use super::{model_client, title_call};
use crate::chat::chat_call::ChatCall;
use crate::log::{LogLine, OpenAiCall};
use chatkit::protocol::Operation;
use chatkit::server::thread_title::set_title;
use std::rc::Rc;

impl<H: RunHost> ChatObject<H> {
    /// Begins the course of a run, and returns its stream.
    pub(super) fn start(self: &Rc<Self>, begun: BegunRun) -> ObjectReply {
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
    pub(super) fn count_message(&self, operation: &Operation, call: &ChatCall) {
        let is_new_thread = matches!(operation, Operation::CreateThread { .. });
        if is_new_thread || matches!(operation, Operation::AddUserMessage { .. }) {
            let settings = &self.isolate.settings;
            count_message(is_new_thread, settings, &call.request_id, &*self.host);
        }
    }

    /// Runs the course of a run, and beside it the call for its thread's title.
    pub(super) fn spawn(
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
                Err(error) => host.write(&LogLine::store_failed(&store_cause(&error), None)),
            }
        }));
    }
}
