//! What the object answers, and how it refuses.

use super::live_run::Reader;
use crate::error::Error;
use crate::problem::Problem;
use chatkit::protocol::{StreamEvent, to_json};
use chatkit::server::server_error::ServerError;
use serde_json::json;

/// What a request gets.
#[derive(Debug)]
pub enum ObjectReply {
    /// JSON.
    Json(String),
    /// A stream that has ended.
    Frames {
        /// The run's id, if it is one.
        run: Option<String>,
        /// All frames.
        frames: String,
    },
    /// A stream that goes on.
    Live {
        /// The run's id.
        run: String,
        /// Its frames.
        reader: Reader,
    },
    /// The request was refused before its stream.
    Refused {
        /// The status.
        status: u16,
        /// `{"code": …}`, for `invalid_request` with a `message`. The front door turns it into a problem.
        body: String,
    },
}

/// A stream whose only event is an error.
#[must_use]
pub fn stream_of_error(message: &str, allow_retry: bool) -> ObjectReply {
    ObjectReply::Frames {
        run: None,
        frames: StreamEvent::error(message, allow_retry).frame(),
    }
}

/// A refusal before the stream.
#[must_use]
pub fn refused(error: &Error) -> ObjectReply {
    let problem = Problem::from(error);
    ObjectReply::Refused {
        status: problem.status,
        body: to_json(&json!({"code": problem.code})),
    }
}

/// The refusal of a request that was read.
#[must_use]
pub fn refusal_of(error: &ServerError) -> ObjectReply {
    match error {
        ServerError::NotFound(_) => refused(&Error::NotFound),
        ServerError::Store(_) => refused(&Error::Internal),
        error => ObjectReply::Refused {
            status: 400,
            body: to_json(&json!({"code": "invalid_request", "message": error.to_string()})),
        },
    }
}
