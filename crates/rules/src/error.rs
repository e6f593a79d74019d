//! Every way a request can fail. `problem_texts.rs` has the status, the code and the text of each.

use std::borrow::Cow;
use std::fmt;

/// Why a request was not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The body is not JSON.
    InvalidJson,
    /// A field of the body has a wrong value.
    InvalidRequest {
        /// The field's path, for example `chatkit_configuration.file_upload.enabled`.
        field: String,
        /// What is allowed there, as the end of a sentence: "a string of …".
        expected: Cow<'static, str>,
    },
    /// Nothing proves who sent the request.
    IdentityRequired(AuthError),
    /// Tokens cannot be verified, because the key set could not be fetched. The user is not at fault.
    KeysUnavailable {
        /// Whole seconds until the next fetch.
        retry_after: u64,
    },
    /// The page's origin is neither the Worker's own nor on the list. Contains the origin, as [`crate::http::cors::shown`]
    /// returns it.
    OriginNotAllowed(String),
    /// The workflow is not on the list.
    WorkflowNotAllowed,
    /// No such endpoint, or a session of another user.
    NotFound,
    /// The endpoint exists, but not with this method.
    MethodNotAllowed {
        /// The value for `Allow`.
        allow: &'static str,
    },
    /// The endpoint belongs to another backend than the active one.
    WrongBackend {
        /// The value of `BACKEND`.
        active: &'static str,
        /// What the page should use instead.
        instead: &'static str,
    },
    /// The body is larger than allowed.
    PayloadTooLarge {
        /// The most that is allowed, for example "16 KiB".
        most: &'static str,
    },
    /// Too many requests from one user or one address.
    RateLimited {
        /// Whole seconds to wait.
        retry_after: u64,
    },
    /// A daily limit is used up.
    DailyLimitReached {
        /// Whole seconds until the next day.
        retry_after: u64,
    },
    /// The ledger does not say whether a daily limit is used up, and `DAILY_LIMITS_FAIL` is `closed`.
    DailyLimitUnknown,
    /// The day's rows for events are used up.
    DailyEventsReached {
        /// Whole seconds until the next day.
        retry_after: u64,
    },
    /// Settings are missing or wrong; never empty.
    NotConfigured(Vec<SettingError>),
    /// OpenAI did not create the session, or did not answer.
    OpenAi(OpenAiError),
    /// The ChatKit server at `CHATKIT_SERVER_URL` did not answer.
    ChatServer(ChatServerError),
    /// An answer failed within its stream.
    Answer(AnswerError),
    /// An error with another text, in words for visitors.
    WithDetail {
        /// The error.
        error: Box<Error>,
        /// The text.
        detail: String,
    },
    /// An error that is the only event of a stream.
    InStream(Box<Error>),
    /// A failure of the Worker itself.
    Internal,
}

impl Error {
    /// An error for a field of the body.
    pub fn invalid(field: impl Into<String>, expected: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidRequest {
            field: field.into(),
            expected: expected.into(),
        }
    }

    /// Whether a session that failed with this error is counted. Foreign origins and rate-limited requests are not,
    /// because counting them would be work done for an attacker. A disconnected client is not, because nothing failed.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        !matches!(
            self,
            Self::OriginNotAllowed(_)
                | Self::RateLimited { .. }
                | Self::OpenAi(OpenAiError::Aborted)
        )
    }

    /// The error whose code is this, for those that the object of a user returns. [`Error::Internal`] for every other code.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        match code {
            "not_found" => Self::NotFound,
            "invalid_request" => Self::invalid("The request", "one that this chat can serve"),
            "thread_busy" => Self::Answer(AnswerError::ThreadBusy),
            "answer_interrupted" => Self::Answer(AnswerError::Interrupted),
            "answer_filtered" => Self::Answer(AnswerError::Filtered),
            "context_too_long" => Self::Answer(AnswerError::ContextTooLong),
            _ => Self::Internal,
        }
    }

    /// Whether the request was refused before OpenAI was called. A refusal costs its sender nothing, so refusals are gathered
    /// and written together ([`crate::counters::refusals`]).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::OpenAi(_) | Self::ChatServer(_) | Self::Answer(_) | Self::Internal
        )
    }
}

/// Why nothing proves who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    /// An admin endpoint without the admin token.
    NotAdmin,
    /// A request that names a user, without the secret of the owner's proxy.
    NotProxy,
    /// No signed visitor value where proof is needed.
    NoVisitor,
    /// A refresh with neither a signed visitor value nor a client secret.
    NoRefreshProof,
    /// A refresh whose only proof is a client secret that does not prove it.
    SecretRefused,
    /// No token.
    NoToken,
    /// Not a token, or longer than a token may be.
    Malformed,
    /// Signed with another algorithm than the key is for.
    WrongAlgorithm,
    /// Signed with a key that is not in the key set.
    UnknownKey,
    /// The signature does not match.
    BadSignature,
    /// `exp` has passed or is missing.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iss` is not the expected one.
    WrongIssuer,
    /// `aud` is not the expected one.
    WrongAudience,
    /// `sub` is missing, or cannot be a `user` at OpenAI.
    NoSubject,
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        Self::IdentityRequired(error)
    }
}

/// Why a request to OpenAI failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenAiError {
    /// 401.
    KeyRejected,
    /// 403.
    BetaUnavailable,
    /// 404 in OpenAI's shape: it does not know the workflow, or the session.
    WorkflowNotFound,
    /// 404 in OpenAI's shape to a request for an answer: it does not know the model.
    ModelNotFound,
    /// 404 of something else: a gateway, or another address than that of the API.
    NoApi,
    /// Any other 4xx, with its status.
    Rejected(u16),
    /// 429 after retries.
    RateLimited {
        /// Whole seconds to wait, if OpenAI said.
        retry_after: Option<u64>,
    },
    /// Refused, reset, or 5xx after retries.
    Unavailable,
    /// A response that is not what the API sends.
    BadResponse,
    /// No usable response within `OPENAI_TIMEOUT_SECONDS`.
    Timeout,
    /// The client disconnected and nobody else waits for the session. Nobody reads the response; it is for the log.
    Aborted,
}

impl From<OpenAiError> for Error {
    fn from(error: OpenAiError) -> Self {
        Self::OpenAi(error)
    }
}

/// Why the ChatKit server at `CHATKIT_SERVER_URL` did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatServerError {
    /// 4xx, with its status.
    Rejected(u16),
    /// 429.
    RateLimited {
        /// Whole seconds to wait, if it said.
        retry_after: Option<u64>,
    },
    /// Refused, reset, or 5xx.
    Unavailable,
    /// Neither an event stream where one belongs, nor JSON.
    BadResponse,
    /// No response within `OPENAI_TIMEOUT_SECONDS`.
    Timeout,
}

impl From<ChatServerError> for Error {
    fn from(error: ChatServerError) -> Self {
        Self::ChatServer(error)
    }
}

/// Why an answer failed after its stream began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerError {
    /// It broke off.
    Interrupted,
    /// The model's content filter stopped it.
    Filtered,
    /// The thread is longer than the model's context.
    ContextTooLong,
    /// Another answer of the thread is going on.
    ThreadBusy,
}

impl From<AnswerError> for Error {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

/// One wrong setting. Its text is for everyone, so it contains no value: anyone can ask for a session while the settings are
/// wrong, and people paste secrets into the wrong variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The variable.
    pub variable: &'static str,
    sentence: String,
    for_owner: Option<String>,
}

impl SettingError {
    /// An error as a whole sentence that names the variable and contains no value.
    pub fn new(variable: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            variable,
            sentence: sentence.into(),
            for_owner: None,
        }
    }

    /// A variable whose value is not allowed. `value` is shown to the owner only, without secrets; `allowed` ends the
    /// sentence.
    #[must_use]
    pub fn wrong(variable: &'static str, value: &str, allowed: &str) -> Self {
        Self {
            variable,
            sentence: format!("{variable} must be {allowed}."),
            for_owner: Some(format!("{variable} is \"{value}\" and must be {allowed}.")),
        }
    }

    /// With a sentence for the owner, which says more. Without secrets.
    #[must_use]
    pub fn with_detail(self, for_owner: String) -> Self {
        Self {
            for_owner: Some(for_owner),
            ..self
        }
    }

    /// The sentence for the admin, which quotes the value.
    #[must_use]
    pub fn for_owner(&self) -> &str {
        self.for_owner.as_deref().unwrap_or(&self.sentence)
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_and_aborted_requests_are_not_counted_as_failed_sessions() {
        for error in [
            Error::OriginNotAllowed("https://evil.example".to_owned()),
            Error::RateLimited { retry_after: 60 },
            Error::OpenAi(OpenAiError::Aborted),
        ] {
            assert!(!error.is_counted(), "{error:?}");
        }
        assert!(Error::OpenAi(OpenAiError::Timeout).is_counted());
        assert!(Error::InvalidJson.is_counted());
    }

    #[test]
    fn only_failures_of_openai_and_of_the_worker_are_no_refusals() {
        assert!(!Error::OpenAi(OpenAiError::Timeout).is_refusal());
        assert!(!Error::Internal.is_refusal());
        for error in [
            Error::InvalidJson,
            Error::PayloadTooLarge { most: "16 KiB" },
            AuthError::NoVisitor.into(),
            Error::DailyLimitReached { retry_after: 1 },
            Error::NotConfigured(Vec::new()),
        ] {
            assert!(error.is_refusal(), "{error:?}");
        }
    }
}
