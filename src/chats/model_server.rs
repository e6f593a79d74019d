//! Requests to the model's server, whose responses are read piece by piece.

use super::chats_host::ChatsHost;
use crate::runtime::bindings;
use js_sys::{Reflect, Uint8Array, futures::JsFuture};
use rules::platform::FetchError;
use rules::runs::run_host::{ModelBody, ModelRequest, ModelResponse, ModelServer, READ_HEADERS};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, ReadableStreamDefaultReader};

/// A response's body. The request is aborted with it, so that an answer that was stopped costs nothing more.
pub struct ResponseBody {
    reader: Option<ReadableStreamDefaultReader>,
    /// A read that was begun, so that a future that is dropped loses nothing.
    reading: Option<JsFuture>,
    abort: AbortController,
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // Does nothing to a request that is over.
        self.abort.abort();
    }
}

impl ResponseBody {
    async fn read(&mut self) -> bindings::Result<Option<Vec<u8>>> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let reading = self
            .reading
            .get_or_insert_with(|| JsFuture::from(reader.read()));
        let read = reading.await;
        self.reading = None;
        let value = Reflect::get(&read?, &"value".into())?;
        // At the end there is no value.
        Ok(value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
    }
}

impl ModelBody for ResponseBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.read()
            .await
            .map_err(|error| bindings::error_text(&error))
    }
}

impl ModelServer for ChatsHost {
    type Body = ResponseBody;

    async fn open(
        &self,
        request: &ModelRequest<'_>,
    ) -> Result<ModelResponse<ResponseBody>, FetchError> {
        let failed = |error: JsValue| FetchError::Connection(bindings::error_text(&error));
        let abort = AbortController::new().map_err(failed)?;
        let signal = abort.signal();
        // Dropped with this future, so that a call that nobody waits for is aborted.
        let mut body = ResponseBody {
            reader: None,
            reading: None,
            abort,
        };
        let ModelRequest {
            method,
            url,
            headers,
            body: sent,
        } = *request;
        let response = bindings::send(method, url, headers, sent, &signal)
            .await
            .map_err(failed)?;
        let response_headers = response.headers();
        let read = |name: &'static str| Some((name, response_headers.get(name).ok().flatten()?));
        // A response without a body is an empty one.
        body.reader = response
            .body()
            .map(|stream| stream.get_reader().unchecked_into());
        Ok(ModelResponse {
            status: response.status(),
            headers: READ_HEADERS.into_iter().filter_map(read).collect(),
            body,
        })
    }
}
