//! Who runs the chats: the objects of users, and the owner's server.

use super::Twin;
use super::scripted_upstream::Answer;
use rules::platform::{
    CHAT_HEADERS, ChatAnswer, ChatServers, FetchError, OutgoingRequest, Upstream,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::VecDeque;

/// What an object answers.
#[derive(Debug, Clone)]
pub enum ObjectAnswer {
    /// A stream or JSON, with the id of a run.
    Passed(&'static str, String),
    /// A status with a code.
    Refused(u16, String),
    /// The call fails.
    Lost(&'static str),
    /// No answer ever comes.
    Never,
}

#[derive(Default)]
pub struct ScriptedChats {
    next: RefCell<VecDeque<ObjectAnswer>>,
    calls: RefCell<Vec<(String, Value)>>,
}

impl ScriptedChats {
    /// The next call gets this answer. Without one, calls get an empty stream.
    pub fn answer(&self, answer: ObjectAnswer) {
        self.next.borrow_mut().push_back(answer);
    }

    /// All calls so far: the name of the object, and the call.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.calls.borrow().clone()
    }

    /// The last call.
    pub fn last(&self) -> (String, Value) {
        self.calls().pop().expect("an object was called")
    }
}

impl ChatServers for Twin {
    async fn call_object(&self, name: &str, call: &str) -> Result<ChatAnswer, String> {
        let chats = &self.world.chats;
        self.world.note(format!("object {name}"));
        let call = serde_json::from_str(call).expect("a call is JSON");
        chats.calls.borrow_mut().push((name.to_owned(), call));
        let answer = chats.next.borrow_mut().pop_front();
        let stream = ObjectAnswer::Passed("text/event-stream", String::new());
        self.world.clock.turn().await;
        match answer.unwrap_or(stream) {
            ObjectAnswer::Passed(kind, body) => {
                self.passed.replace(Some(body));
                let kind = ("content-type", kind.to_owned());
                Ok(ChatAnswer {
                    status: 200,
                    headers: vec![kind, ("x-chatkit-run", "run_1".to_owned())],
                    failure: Vec::new(),
                })
            }
            ObjectAnswer::Refused(status, body) => Ok(ChatAnswer {
                status,
                headers: Vec::new(),
                failure: body.into_bytes(),
            }),
            ObjectAnswer::Lost(words) => Err(words.to_owned()),
            ObjectAnswer::Never => std::future::pending().await,
        }
    }

    async fn forward(
        &self,
        request: &OutgoingRequest<'_>,
        expected: &str,
        _max_ms: u64,
    ) -> Result<ChatAnswer, FetchError> {
        let request = OutgoingRequest {
            wanted_headers: &CHAT_HEADERS,
            max_bytes: 1 << 20,
            ..*request
        };
        let response = self.send(&request).await?;
        let kind = response.header("content-type").unwrap_or_default();
        let body = response.body.clone().unwrap_or_default();
        if response.status == 200 && kind.starts_with(expected) {
            self.passed
                .replace(Some(String::from_utf8(body).expect("text")));
        }
        Ok(ChatAnswer {
            status: response.status,
            headers: response.headers,
            failure: Vec::new(),
        })
    }
}

/// An answer of the owner's server with a stream.
pub fn stream(body: &str) -> Answer {
    Answer::new(200, body).header("content-type", "text/event-stream")
}
