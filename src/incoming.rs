//! What the rules need to know of a request, and its body, measured while it is read.

use crate::clock;
use broker::ask::MAX_BODY_BYTES;
use broker::origin::{self, Sender};
use broker::problem::Cause;
use broker::settings::Settings;
use futures_util::StreamExt;
use worker::{ByteStream, Request};

/// A request, translated.
pub struct Incoming {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The page that sent it.
    pub sender: Sender,
    /// The id that its answer and its log lines carry: 32 hexadecimal digits.
    pub request_id: String,
    /// The request itself, for its headers and its body.
    pub request: Request,
}

impl Incoming {
    pub fn new(request: Request, settings: &Settings) -> Self {
        let header = request.headers().get("Origin").ok().flatten();
        let url = request.inner().url();
        let own = origin::of_url(&url).unwrap_or_default();
        let id = clock::random().map_or(0, u128::from_ne_bytes);
        Self {
            // `Request::method` knows only some methods and takes the others for GET.
            method: request.inner().method(),
            path: request.path(),
            query: url
                .split_once('?')
                .map_or_else(String::new, |(_, query)| query.to_owned()),
            sender: origin::sender(header.as_deref(), &own, &settings.origins),
            request_id: format!("{id:032x}"),
            request,
        }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).ok().flatten()
    }

    /// The whole body, if it is within the limit. `Content-Length` is not asked: it can be absent.
    pub async fn body(&mut self) -> Result<Vec<u8>, Cause> {
        if self.request.inner().body().is_none() {
            return Ok(Vec::new());
        }
        let stream = self.request.stream().map_err(|_| Cause::Internal)?;
        match read_at_most(MAX_BODY_BYTES, stream).await {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(Cause::PayloadTooLarge),
            // The client went away or broke off; nobody reads the answer.
            Err(_) => Err(Cause::InvalidJson),
        }
    }
}

/// Reads a stream to its end; `None` if it has more than `most` bytes, as soon as that is known.
pub async fn read_at_most(most: usize, mut stream: ByteStream) -> worker::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if bytes.len().saturating_add(chunk.len()) > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}
