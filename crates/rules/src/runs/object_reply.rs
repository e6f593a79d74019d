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
        /// `{"code": …}`, with `field` and `expected`, or with `detail`. The front door turns it into a problem.
        body: String,
    },
}

/// A stream whose only event is an error.
#[must_use]
pub fn stream_of_error(event: &StreamEvent) -> ObjectReply {
    ObjectReply::Frames {
        run: None,
        frames: event.frame(),
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
    let (status, body) = match error {
        ServerError::Store(_) => return refused(&Error::Internal),
        ServerError::NotFound(_) => (
            404,
            json!({"code": "not_found", "detail": error.to_string()}),
        ),
        ServerError::Invalid(param) => {
            let (field, expected) = (&param.field, &param.expected);
            (
                400,
                json!({"code": "invalid_request", "field": field, "expected": expected}),
            )
        }
        error => (
            400,
            json!({"code": "invalid_request", "detail": error.to_string()}),
        ),
    };
    ObjectReply::Refused {
        status,
        body: to_json(&body),
    }
}
