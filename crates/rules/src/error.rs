//! Every way a request can fail.

use crate::identity::AuthError;
use crate::settings::SettingError;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is a body and it is not JSON.
    InvalidJson,
    /// A field of the body is not what it may be.
    InvalidRequest {
        /// The field's path, as `chatkit_configuration.file_upload.enabled`.
        field: String,
        /// What is allowed there, as the end of a sentence: "a string of …".
        allowed: &'static str,
    },
    /// Nothing proves who is asking.
    IdentityRequired(AuthError),
    /// The page's origin is neither ours nor on the list.
    OriginNotAllowed,
    /// The workflow is not on the list.
    WorkflowNotAllowed,
    /// No such endpoint.
    NotFound,
    /// The endpoint exists, the method does not.
    MethodNotAllowed {
        /// The value for `Allow`.
        allow: &'static str,
    },
    /// The body is over [`crate::hosted::session_request::MAX_BODY_BYTES`].
    PayloadTooLarge,
    /// Too many sessions from one caller or one address.
    RateLimited {
        /// Whole seconds to wait.
        retry_after: u64,
    },
    /// The day's sessions are used up.
    DailyLimitReached {
        /// Whole seconds until the next day.
        retry_after: u64,
    },
    /// Settings are missing or wrong; never empty.
    NotConfigured(Vec<SettingError>),
    /// OpenAI gave no session.
    OpenAi(OpenAiError),
    /// A error of our own.
    Internal,
}

impl Error {
    /// A field of the body that is not what is allowed there.
    pub fn invalid(field: impl Into<String>, allowed: &'static str) -> Self {
        Self::InvalidRequest {
            field: field.into(),
            allowed,
        }
    }

    /// Whether a session that failed for this is counted. Requests that are turned away at the
    /// door are not: counting them would be work done for an attacker. Nor are those whose page
    /// went away: nothing failed.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        !matches!(
            self,
            Self::OriginNotAllowed
                | Self::RateLimited { .. }
                | Self::OpenAi(OpenAiError::Abandoned)
        )
    }
}

/// Why OpenAI gave no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenAiError {
    /// 401.
    KeyRejected,
    /// 403.
    BetaUnavailable,
    /// 404.
    WorkflowNotFound,
    /// Any other 4xx, with its status.
    Rejected(u16),
    /// 429 after retries.
    RateLimited {
        /// Whole seconds to wait, where OpenAI said.
        retry_after: Option<u64>,
    },
    /// Refused, reset, or 5xx after retries.
    Unavailable,
    /// An answer that cannot be used.
    BadResponse,
    /// Nothing usable within `OPENAI_TIMEOUT_SECONDS`.
    Timeout,
    /// The client went away, so the request was ended. The answer is for the log alone.
    Abandoned,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_away_at_the_door_or_given_up_is_not_counted_as_failed() {
        for cause in [
            Error::OriginNotAllowed,
            Error::RateLimited { retry_after: 60 },
            Error::OpenAi(OpenAiError::Abandoned),
        ] {
            assert!(!cause.is_counted(), "{cause:?}");
        }
        assert!(Error::OpenAi(OpenAiError::Timeout).is_counted());
        assert!(Error::InvalidJson.is_counted());
    }
}
