//! The Durable Object: its requests, which the front door sends, and its alarm.
//!
//! A stream goes out through `fetch`, so that the Worker in front passes its bytes on natively. The object is the only one of its
//! user, and a run goes on in it when the request that began it has ended.

use super::chats_host::ChatsHost;
use crate::isolate;
use futures_util::StreamExt;
use rules::runs::chat_object::{ChatObject, ObjectReply};
use rules::runs::object_request::ObjectRequest;
use std::rc::Rc;
use worker::{
    DurableObject, Env, Request, Response, ResponseBuilder, Result, State, durable_object,
};

/// The header with the id of a stream's run.
const RUN_HEADER: &str = "X-ChatKit-Run";

/// The object of one user.
#[durable_object]
pub struct Chats {
    host: Rc<ChatsHost>,
    object: Rc<ChatObject<ChatsHost>>,
}

impl DurableObject for Chats {
    fn new(state: State, env: Env) -> Self {
        let isolate = isolate(&env);
        let host = Rc::new(ChatsHost::new(&state, env));
        let object = ChatObject::new(Rc::clone(&host), isolate);
        Self { host, object }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.bytes().await?;
        let Some(request) = ObjectRequest::parse(&body) else {
            return Response::error("The body is not a call of the front door.", 400);
        };
        match self.object.serve(request).await {
            ObjectReply::Json(json) => json_response(200, json),
            ObjectReply::Refused { status, body } => json_response(status, body),
            ObjectReply::Frames { run, frames } => {
                Ok(stream_of(run.as_deref())?.fixed(frames.into_bytes()))
            }
            ObjectReply::Live { run, reader } => {
                let pieces = reader.map(|frames| Ok::<_, worker::Error>(frames.into_bytes()));
                stream_of(Some(&run))?.from_stream(pieces)
            }
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.host.forget_alarm();
        self.object.alarm().await;
        Response::empty()
    }
}

fn json_response(status: u16, json: String) -> Result<Response> {
    let response = Response::builder()
        .with_status(status)
        .with_header("Content-Type", "application/json")?;
    Ok(response.fixed(json.into_bytes()))
}

fn stream_of(run: Option<&str>) -> Result<ResponseBuilder> {
    let response = Response::builder().with_header("Content-Type", "text/event-stream")?;
    match run {
        Some(run) => response.with_header(RUN_HEADER, run),
        None => Ok(response),
    }
}
