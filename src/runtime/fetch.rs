//! Requests to other servers.

use super::{Runtime, bindings, body};
use rules::platform::{FetchError, IncomingResponse, OutgoingRequest, ReadError, Upstream};
use web_sys::AbortSignal;

impl Upstream for Runtime {
    async fn send(&self, request: &OutgoingRequest<'_>) -> Result<IncomingResponse, FetchError> {
        let signal = AbortSignal::timeout_with_f64(request.timeout_ms as f64);
        let response = match bindings::fetch(request, &signal).await {
            Ok(response) => response,
            Err(error) => {
                let text = bindings::error_text(&error);
                return Err(if signal.aborted() {
                    FetchError::Timeout(text)
                } else {
                    FetchError::Connection(text)
                });
            }
        };
        let headers = response.headers();
        let header = |name: &&'static str| Some((*name, headers.get(name).ok().flatten()?));
        let mut wanted: Vec<_> = request.wanted_headers.iter().filter_map(header).collect();
        if !response.ok() {
            wanted.extend(request.wanted_error_headers.iter().filter_map(header));
        }
        let whole = || response.array_buffer();
        let body = body::read(request.max_bytes, &headers, || response.body(), whole).await;
        Ok(IncomingResponse {
            status: response.status(),
            headers: wanted,
            body: body.map_err(|error| timed_out(error, &signal)),
        })
    }
}

/// A body that the signal ended is a timeout.
fn timed_out(error: ReadError, signal: &AbortSignal) -> ReadError {
    match error {
        ReadError::Failed(text) if signal.aborted() => ReadError::Timeout(text),
        other => other,
    }
}
