//! How long a call to the ledger is waited for, and when it is retried.

use crate::platform::Clock;
use futures_util::future::{Either, select};
use std::pin::pin;

/// How long a call is waited for, its retry included, in milliseconds. A slow ledger must not hold a session that OpenAI has
/// already created.
pub const DEADLINE_MS: u64 = 1_000;

/// The cause of a call that was not answered in time.
pub const NO_ANSWER: &str = "no answer within one second";

/// Why one try of a call failed. The runtime sets both flags on the error itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The runtime's message.
    pub cause: String,
    /// Another try may succeed: the object was moved or restarted, or the connection was lost.
    pub retryable: bool,
    /// The object has more calls than it can serve.
    pub overloaded: bool,
}

impl CallError {
    /// Whether the call is tried again. An overloaded object is left alone.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        self.retryable && !self.overloaded
    }
}

/// Whether a call is repeated after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Once, if the error allows it. Only for calls that change nothing more when their first answer was lost.
    Once,
    /// Never.
    Never,
}

/// Makes a call and waits for its answer until [`DEADLINE_MS`] have passed. A call that is abandoned may still be carried out.
///
/// # Errors
/// The cause, for the log.
pub async fn run<T>(
    clock: &impl Clock,
    retry: Retry,
    attempt: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, String> {
    match select(
        pin!(retried(retry, attempt)),
        pin!(clock.deadline(DEADLINE_MS)),
    )
    .await
    {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => Err(NO_ANSWER.to_owned()),
    }
}

/// Makes a call, and a second time if the error of the first allows it.
///
/// # Errors
/// The cause, for the log.
pub async fn retried<T>(
    retry: Retry,
    attempt: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, String> {
    let answer = match attempt().await {
        Err(error) if retry == Retry::Once && error.may_retry() => attempt().await,
        first => first,
    };
    answer.map_err(|error| error.cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_retryable_error_of_an_object_that_is_not_overloaded_is_retried() {
        for (retryable, overloaded, expected) in [
            (true, false, true),
            (true, true, false),
            (false, false, false),
            (false, true, false),
        ] {
            let error = CallError {
                cause: String::new(),
                retryable,
                overloaded,
            };
            assert_eq!(error.may_retry(), expected, "{error:?}");
        }
    }
}
