//! A failure as the only event of a stream.
//!
//! The widget sends a message up to five times more when it gets 5xx, and each would be paid. So a streaming request whose caller
//! may chat gets 200, and the failure in the stream.

use crate::error::Error;
use crate::http::response::Response;
use crate::problem::Problem;
use chatkit::protocol::StreamEvent;

/// The type of a stream.
pub const EVENT_STREAM: &str = "text/event-stream";

/// The same error, within a stream if it is one that a repeated request could run into again.
#[must_use]
pub fn for_stream(error: Error) -> Error {
    let status = Problem::from(&error).status;
    if status == 429 || status >= 500 {
        within_stream(error)
    } else {
        error
    }
}

/// The same error within a stream.
#[must_use]
pub fn within_stream(error: Error) -> Error {
    match error {
        Error::InStream(_) => error,
        _ => Error::InStream(Box::new(error)),
    }
}

/// The event of a problem.
#[must_use]
pub fn event_of(problem: &Problem) -> StreamEvent {
    StreamEvent::error(problem.detail.as_str(), problem.allow_retry)
}

/// The stream of a problem.
#[must_use]
pub fn response(problem: &Problem) -> Response {
    let body = event_of(problem).frame();
    let mut response = Response::new(200, EVENT_STREAM, "no-store", body);
    if let Some(seconds) = problem.retry_after {
        response.headers.set("Retry-After", seconds.to_string());
    }
    response
}
