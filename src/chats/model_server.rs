//! Requests to the model's server, whose responses are read piece by piece.

use super::chats_host::ChatsHost;
use futures_util::StreamExt;
use rules::platform::FetchError;
use rules::runs::run_host::{ModelBody, ModelRequest, ModelResponse, ModelServer, READ_HEADERS};
use worker::{
    AbortController, ByteStream, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
};

/// A response's body. The request is aborted with it, so that an answer that was stopped costs nothing more.
pub struct ResponseBody {
    stream: Option<ByteStream>,
    abort: Option<AbortController>,
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }
}

impl ModelBody for ResponseBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        // The stream keeps a read that was begun, so a future that is dropped loses nothing.
        let Some(stream) = &mut self.stream else {
            return Ok(None);
        };
        let piece = stream
            .next()
            .await
            .transpose()
            .map_err(|error| error.to_string())?;
        if piece.is_none() {
            // There is nothing left to abort.
            self.abort = None;
        }
        Ok(piece)
    }
}

impl ModelServer for ChatsHost {
    type Body = ResponseBody;

    async fn open(
        &self,
        request: &ModelRequest<'_>,
    ) -> Result<ModelResponse<ResponseBody>, FetchError> {
        let failed = |error: worker::Error| FetchError::Connection(error.to_string());
        let abort = AbortController::default();
        let signal = abort.signal();
        // Dropped with this future, so that a call that nobody waits for is aborted.
        let mut body = ResponseBody {
            stream: None,
            abort: Some(abort),
        };
        let headers = Headers::new();
        for (name, value) in request.headers {
            headers.set(name, value).map_err(failed)?;
        }
        let mut init = RequestInit::new();
        init.with_method(Method::from(request.method.to_owned()))
            .with_headers(headers)
            .with_body(request.body.map(Into::into));
        // A redirect would carry the key elsewhere.
        init.redirect = RequestRedirect::Manual;
        let sent = Request::new_with_init(request.url, &init).map_err(failed)?;
        let mut response = Fetch::Request(sent)
            .send_with_signal(&signal)
            .await
            .map_err(failed)?;
        let read = |name: &'static str| {
            let value = response.headers().get(name).ok().flatten()?;
            Some((name, value))
        };
        let headers = READ_HEADERS.into_iter().filter_map(read).collect();
        // A response without a body is an empty one.
        body.stream = response.stream().ok();
        Ok(ModelResponse {
            status: response.status_code(),
            headers,
            body,
        })
    }
}
