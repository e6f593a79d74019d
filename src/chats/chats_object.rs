//! The Durable Object: its requests, which the front door sends, and its alarm.
//!
//! A stream goes out through `fetch`, so that the Worker in front passes its bytes on natively. The object is the only one of its
//! user, and a run goes on in it when the request that began it has ended.
//!
//! `worker` has an attribute for such a class. Its `Request` and `Response` link a parser of URLs with tables of Unicode, 80 KB of
//! gzip that nothing here needs.

use super::chats_host::ChatsHost;
use crate::isolate;
use crate::runtime::bindings;
use futures_util::StreamExt;
use js_sys::{Uint8Array, futures::JsFuture};
use rules::http::response::Response;
use rules::runs::chat_object::ChatObject;
use rules::runs::object_reply::ObjectReply;
use rules::runs::object_request::ObjectRequest;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_streams::ReadableStream;
use worker::Env;
use worker::durable::State;
use worker::worker_sys::DurableObjectState;

/// The header with the id of a stream's run.
const RUN_HEADER: &str = "X-ChatKit-Run";

/// The object of one user, as the runtime sees it.
#[wasm_bindgen]
pub struct Chats {
    host: Rc<ChatsHost>,
    object: Rc<ChatObject<ChatsHost>>,
}

#[wasm_bindgen]
impl Chats {
    /// Creates the object's tables.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let isolate = isolate(&env);
        let host = Rc::new(ChatsHost::new(&State::from(state), env));
        let object = ChatObject::new(Rc::clone(&host), isolate);
        Self { host, object }
    }

    /// Serves a request of the front door.
    pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        let body: JsValue = JsFuture::from(request.array_buffer()?).await?;
        let Some(request) = ObjectRequest::parse(&Uint8Array::new(&body).to_vec()) else {
            return bindings::empty_response(400);
        };
        match self.object.serve(request).await {
            ObjectReply::Json(json) => whole(200, "application/json", json, None),
            ObjectReply::Refused { status, body } => whole(status, "application/json", body, None),
            ObjectReply::Frames { run, frames } => {
                whole(200, "text/event-stream", frames, run.as_deref())
            }
            ObjectReply::Live { run, reader } => {
                let pieces = reader.map(|frames| Ok(Uint8Array::from(frames.as_bytes()).into()));
                let stream = ReadableStream::from_stream(pieces).into_raw();
                let head = head(200, "text/event-stream", String::new(), Some(&run));
                bindings::stream_response(&head, &stream)
            }
        }
    }

    /// Looks after runs. After an error the runtime calls it again.
    pub async fn alarm(&self) {
        self.host.forget_alarm();
        self.object.alarm().await;
    }
}

fn head(status: u16, content_type: &str, body: String, run: Option<&str>) -> Response {
    let mut response = Response::new(status, content_type, "no-store", body);
    if let Some(run) = run {
        response.headers.set(RUN_HEADER, run);
    }
    response
}

fn whole(
    status: u16,
    content_type: &str,
    body: String,
    run: Option<&str>,
) -> Result<web_sys::Response, JsValue> {
    bindings::response(&head(status, content_type, body, run), None)
}
