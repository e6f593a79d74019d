//! The model's server: gives scripted responses, and notes the calls. Every call for an answer must have a valid input.

use super::object_host::Host;
use super::scripted_responses::{Script, Step};
use super::task_clock::TaskClock;
use super::valid_input;
use rules::platform::FetchError;
use rules::runs::run_host::{ModelBody, ModelRequest, ModelResponse, ModelServer};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub at_ms: u64,
    /// When it ended or was dropped.
    pub dropped_ms: Rc<Cell<Option<u64>>>,
}

impl Call {
    /// The input, as JSON.
    pub fn input(&self) -> &Vec<Value> {
        self.body["input"].as_array().expect("a call has an input")
    }
}

#[derive(Default)]
pub struct ScriptedModel {
    answers: RefCell<VecDeque<Script>>,
    titles: RefCell<VecDeque<Script>>,
    /// What the next calls get that read a background response again.
    resumed: RefCell<VecDeque<Script>>,
    calls: RefCell<Vec<Call>>,
    /// The events of the last background response, which goes on without its stream.
    background: RefCell<Vec<Step>>,
}

impl ScriptedModel {
    /// What the next calls get.
    pub fn answers(&self, scripts: impl IntoIterator<Item = Script>) {
        self.answers.borrow_mut().extend(scripts);
    }

    /// What the next call gets that reads the background response again.
    pub fn resumes(&self, script: Script) {
        self.resumed.borrow_mut().push_back(script);
    }

    /// What the next calls for a title get.
    pub fn titles(&self, script: Script) {
        self.titles.borrow_mut().push_back(script);
    }

    /// Forgets the answers that nobody asked for.
    pub fn forget(&self) {
        self.answers.borrow_mut().clear();
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    pub fn last(&self) -> Call {
        self.calls().pop().expect("a call")
    }

    /// What follows an event of the background response.
    fn rest_after(&self, sequence: u64) -> Vec<Step> {
        let all = self.background.borrow();
        let follows = |step: &&Step| match step {
            Step::Event(number, _) => *number > sequence,
            _ => false,
        };
        all.iter().filter(follows).cloned().collect()
    }
}

/// A body of a script. Notes when it is dropped.
pub struct ScriptedBody {
    steps: VecDeque<Step>,
    clock: Rc<TaskClock>,
    /// Until when a pause lasts.
    paused_ms: Option<u64>,
    _dropped: NotesDrop,
}

struct NotesDrop {
    at_ms: Rc<Cell<Option<u64>>>,
    clock: Rc<TaskClock>,
}

impl Drop for NotesDrop {
    fn drop(&mut self) {
        self.at_ms.set(Some(self.clock.now_ms()));
    }
}

impl ModelBody for ScriptedBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            if let Some(until) = self.paused_ms {
                self.clock.until(until).await;
                self.paused_ms = None;
            }
            return match self.steps.pop_front() {
                None => Ok(None),
                Some(Step::Bytes(text) | Step::Event(_, text)) => Ok(Some(text.into_bytes())),
                Some(Step::Cut) => Err("Network connection lost.".to_owned()),
                Some(Step::Hang) => {
                    self.paused_ms = Some(u64::MAX);
                    continue;
                }
                Some(Step::Pause(ms)) => {
                    self.paused_ms = Some(self.clock.now_ms() + ms);
                    continue;
                }
            };
        }
    }
}

impl ModelServer for Host {
    type Body = ScriptedBody;

    async fn open(
        &self,
        request: &ModelRequest<'_>,
    ) -> Result<ModelResponse<ScriptedBody>, FetchError> {
        let body: Value = serde_json::from_str(request.body.unwrap_or("null")).expect("JSON");
        let dropped_ms = Rc::new(Cell::new(None));
        let dropped = NotesDrop {
            at_ms: Rc::clone(&dropped_ms),
            clock: Rc::clone(&self.clock),
        };
        let model = &self.model;
        model.calls.borrow_mut().push(Call {
            method: request.method,
            url: request.url.to_owned(),
            headers: request.headers.to_vec(),
            body: body.clone(),
            at_ms: self.clock.now_ms(),
            dropped_ms,
        });
        let mut script = if body["stream"] == false {
            let title = model.titles.borrow_mut().pop_front();
            title.expect("a call for a title is expected")
        } else if request.method == "GET" {
            let (_, after) = request.url.split_once("starting_after=").expect("a place");
            let mut script = super::scripted_responses::response("rest");
            script.steps = model.rest_after(after.parse().expect("a number"));
            model.resumed.borrow_mut().pop_front().unwrap_or(script)
        } else if request.url.ends_with("/cancel") {
            super::scripted_responses::refusal(200, &Value::Null)
        } else {
            valid_input::check(body["input"].as_array().expect("an input"));
            let script = model.answers.borrow_mut().pop_front();
            let script = script.expect("a call is expected");
            if body["background"] == true {
                model.background.replace(script.steps.clone());
            }
            script
        };
        if let Some(Step::Pause(ms)) = script.steps.first().cloned() {
            script.steps.remove(0);
            self.clock.until(self.clock.now_ms() + ms).await;
        }
        if script.is_refused {
            return Err(FetchError::Connection("Connection refused.".to_owned()));
        }
        Ok(ModelResponse {
            status: script.status,
            headers: script.headers,
            body: ScriptedBody {
                steps: script.steps.into(),
                clock: Rc::clone(&self.clock),
                paused_ms: None,
                _dropped: dropped,
            },
        })
    }
}
