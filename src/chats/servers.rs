//! Calls the object of a user, or the owner's ChatKit server, and keeps the answer whose body is passed on.

use crate::ledger::call_error;
use crate::runtime::{Runtime, bindings};
use futures_util::future::{Either, select};
use js_sys::{Promise, futures::JsFuture};
use rules::ledger_call::{self, Retry};
use rules::platform::{CHAT_HEADERS, ChatAnswer, ChatServers, Clock, FetchError, OutgoingRequest};
use serde::Serialize;
use std::pin::pin;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal, Response};

#[wasm_bindgen]
extern "C" {
    /// The namespace of the class `Chats`.
    type ChatNamespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &ChatNamespace, name: &str) -> Result<ChatStub, JsValue>;

    /// A stub of an object.
    type ChatStub;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &ChatStub, url: &str, init: &JsValue) -> Result<Promise, JsValue>;
}

/// The binding of the class in `wrangler.toml`.
const CHATS: &str = "CHATS";

/// The address of every call; the object does not read it.
const URL: &str = "https://chats/";

/// The most that is read of an answer that is not passed on.
const MAX_FAILURE_BYTES: usize = 4096;

#[derive(Serialize)]
struct CallInit<'a> {
    method: &'static str,
    body: &'a str,
}

impl ChatServers for Runtime {
    async fn call_object(&self, name: &str, call: &str) -> Result<ChatAnswer, String> {
        let namespace = bindings::get_binding(&self.env, CHATS);
        let namespace = namespace.ok_or_else(|| format!("{CHATS} is not bound"))?;
        let namespace: ChatNamespace = namespace.unchecked_into();
        let send = async || {
            let method = "POST";
            let init = bindings::object(&CallInit { method, body: call })?;
            // A new stub for each try, because a failure can break the one before.
            let stub = namespace.get_by_name(name)?;
            JsFuture::from(stub.fetch(URL, &init)?).await
        };
        let attempt = async || send().await.map_err(|error| call_error(&error));
        let response = ledger_call::retried(Retry::Once, attempt).await?;
        let response: Response = response.unchecked_into();
        let mut answer = head(&response);
        if answer.status == 200 {
            self.passed.replace(Some(response));
        } else if let Ok(text) = response.text() {
            let text = JsFuture::from(text).await;
            let text = text.ok().and_then(|text: JsValue| text.as_string());
            answer.failure = text.unwrap_or_default().into_bytes();
            answer.failure.truncate(MAX_FAILURE_BYTES);
        }
        Ok(answer)
    }

    async fn forward(
        &self,
        request: &OutgoingRequest<'_>,
        expected: &str,
        max_ms: u64,
    ) -> Result<ChatAnswer, FetchError> {
        let failed = |error: JsValue| FetchError::Connection(bindings::error_text(&error));
        let controller = AbortController::new().map_err(failed)?;
        let ends = AbortSignal::timeout_with_f64(max_ms as f64);
        // The body of the answer ends with the signal too.
        let signal = bindings::any_of(&[&controller.signal(), self.signal(), &ends]);
        let sent = pin!(bindings::fetch(request, &signal));
        let deadline = pin!(self.deadline(request.timeout_ms));
        let response = match select(sent, deadline).await {
            Either::Left((response, _)) => response.map_err(failed)?,
            Either::Right(_) => {
                controller.abort();
                return Err(FetchError::Timeout("no answer in time".to_owned()));
            }
        };
        let answer = head(&response);
        let kind = answer.header("content-type").unwrap_or_default();
        if answer.status == 200 && kind.starts_with(expected) {
            self.passed.replace(Some(response));
        } else {
            controller.abort();
        }
        Ok(answer)
    }
}

fn head(response: &Response) -> ChatAnswer {
    let headers = response.headers();
    let header = |name: &'static str| Some((name, headers.get(name).ok().flatten()?));
    ChatAnswer {
        status: response.status(),
        headers: CHAT_HEADERS.into_iter().filter_map(header).collect(),
        failure: Vec::new(),
    }
}
