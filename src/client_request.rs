//! What the rules need to know of a request, and its body, measured while it is read.

use crate::clock;
use crate::runtime;
use rules::error::Error;
use rules::hosted::session_request::MAX_BODY_BYTES;
use rules::http::origin::{self, RequestOrigin};
use rules::router;
use rules::settings::Settings;
use web_sys::{Headers, Request};

/// A request, translated.
pub struct ClientRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The page that sent it.
    pub request_origin: RequestOrigin,
    /// The id that its answer and its log lines carry: 32 hexadecimal digits.
    pub request_id: String,
    headers: Headers,
    /// The request itself.
    pub request: Request,
}

impl ClientRequest {
    pub fn new(request: Request, settings: &Settings) -> Self {
        let headers = request.headers();
        let origin = headers.get("Origin").ok().flatten();
        let url = request.url();
        let (path, query) = router::path_and_query(&url);
        // Ours is only asked for where the page states its own.
        let own = origin.as_ref().and_then(|_| origin::of_url(&url));
        let id = clock::random().map_or(0, u128::from_ne_bytes);
        Self {
            method: request.method(),
            path: path.to_owned(),
            query: query.to_owned(),
            request_origin: origin::classify(
                origin.as_deref(),
                &own.unwrap_or_default(),
                &settings.origins,
            ),
            request_id: format!("{id:032x}"),
            headers,
            request,
        }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    /// The whole body, if it is within the limit. `Content-Length` only says how to read: it can be absent, and what
    /// counts is what arrives.
    pub async fn body(&self) -> Result<Vec<u8>, Error> {
        let whole = || self.request.array_buffer();
        let read = runtime::read_body(MAX_BODY_BYTES, &self.headers, self.request.body(), whole);
        match read.await {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(Error::PayloadTooLarge),
            // The client went away or broke off; nobody reads the answer.
            Err(_) => Err(Error::InvalidJson),
        }
    }
}
