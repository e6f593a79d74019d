//! What the client is told of a failure: a problem after RFC 9457, from the one function that has a row for each.
//!
//! A problem never carries what OpenAI said, which echoes parts of the API key. That goes to the log instead.

use crate::error::{Error, OpenAiError};
use crate::json::Json;
use crate::settings::SettingError;

/// A failure as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable name, which programs compare.
    pub code: &'static str,
    /// The code in words; the same for every problem with this code.
    pub title: &'static str,
    /// What happened this time and what to do, in one sentence or two.
    pub detail: String,
    /// The value for `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The value for `Allow`.
    pub allow: Option<&'static str>,
}

/// What the detail of a failed session request begins with, as clients of old snippets expect.
const SESSION_PREFIX: &str = "Error creating ChatKit session: ";

impl From<&Error> for Problem {
    /// The table of section "Errors" of the API description: one row each.
    fn from(cause: &Error) -> Self {
        match cause {
            Error::InvalidJson => plain(
                400,
                "invalid_json",
                "The body is not JSON",
                "The body is not valid JSON. Send a JSON object, or no body at all.",
            ),
            Error::InvalidRequest { field, allowed } => row(
                400,
                "invalid_request",
                "The request is not valid",
                format!("{field} must be {allowed}."),
            ),
            Error::IdentityRequired(why) => plain(
                401,
                "identity_required",
                "Who is asking is not known",
                why.detail(),
            ),
            Error::OriginNotAllowed => plain(
                403,
                "origin_not_allowed",
                "The origin is not allowed",
                "This page's origin may not use this Worker. Its owner can add it to ALLOWED_ORIGINS.",
            ),
            Error::WorkflowNotAllowed => plain(
                403,
                "workflow_not_allowed",
                "The workflow is not allowed",
                "This workflow is not one of those in OPENAI_CHATKIT_WORKFLOW_ID.",
            ),
            Error::NotFound => plain(
                404,
                "not_found",
                "Not found",
                "There is nothing at this address.",
            ),
            Error::MethodNotAllowed { allow } => Problem {
                allow: Some(allow),
                ..row(
                    405,
                    "method_not_allowed",
                    "The method is not allowed",
                    format!("This address answers {allow}."),
                )
            },
            Error::PayloadTooLarge => plain(
                413,
                "payload_too_large",
                "The body is too large",
                "The body is larger than 16 KiB.",
            ),
            Error::RateLimited { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "rate_limited",
                    "Too many requests",
                    "Too many requests came from here. Wait a minute and try again.",
                )
            },
            Error::DailyLimitReached { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The day's sessions are used up",
                    "No more sessions can be started today. The next day begins at 00:00 UTC.",
                )
            },
            Error::NotConfigured(errors) => row(
                500,
                "not_configured",
                "The Worker is not set up",
                sentence_of(errors),
            ),
            Error::OpenAi(failure) => Self::from(*failure),
            Error::Internal => plain(
                500,
                "internal",
                "Internal error",
                "Something went wrong in the Worker. Its log has more under this request id.",
            ),
        }
    }
}

impl From<OpenAiError> for Problem {
    fn from(failure: OpenAiError) -> Self {
        match failure {
            OpenAiError::KeyRejected => plain(
                502,
                "openai_key_rejected",
                "OpenAI rejected the API key",
                "Invalid API key: OpenAI does not accept OPENAI_API_KEY.",
            ),
            OpenAiError::BetaUnavailable => plain(
                502,
                "openai_key_rejected",
                "OpenAI rejected the API key",
                "Beta feature not available: this OPENAI_API_KEY may not use ChatKit.",
            ),
            OpenAiError::WorkflowNotFound => plain(
                502,
                "workflow_not_found",
                "OpenAI does not know the workflow",
                "Workflow not found: the API key and the workflow must be of one OpenAI project, and the workflow published.",
            ),
            OpenAiError::Rejected(status) => row(
                502,
                "openai_rejected",
                "OpenAI rejected the request",
                format!("OpenAI rejected the request with status {status}."),
            ),
            OpenAiError::RateLimited { retry_after } => Problem {
                retry_after,
                ..plain(
                    429,
                    "openai_rate_limited",
                    "OpenAI limits the rate",
                    "OpenAI is limiting requests of this account. Try again later.",
                )
            },
            OpenAiError::Unavailable => plain(
                502,
                "openai_unavailable",
                "OpenAI cannot be reached",
                "OpenAI could not be reached or had an error. Try again in a moment.",
            ),
            OpenAiError::BadResponse => plain(
                502,
                "openai_bad_response",
                "OpenAI's answer could not be used",
                "OpenAI's answer could not be used. Check that OPENAI_BASE_URL is the address of the API.",
            ),
            OpenAiError::Timeout => plain(
                504,
                "openai_timeout",
                "OpenAI did not answer in time",
                "OpenAI did not answer in time. Try again in a moment.",
            ),
            OpenAiError::Abandoned => plain(
                499,
                "client_gone",
                "The client went away",
                "The client went away before there was an answer.",
            ),
        }
    }
}

impl Problem {
    /// Says in the detail that a session could not be created.
    #[must_use]
    pub fn for_session(mut self) -> Self {
        self.detail.insert_str(0, SESSION_PREFIX);
        self
    }

    /// The body, `application/problem+json`.
    #[must_use]
    pub fn to_json(&self, request_id: &str) -> String {
        let id = format!("urn:chatkit-edge:problem:{}", self.code);
        Json::object(vec![
            ("type", id.into()),
            ("title", self.title.into()),
            ("status", self.status.into()),
            ("detail", (&self.detail).into()),
            ("code", self.code.into()),
            ("request_id", request_id.into()),
            ("error", (&self.detail).into()),
        ])
        .to_string()
    }
}

fn plain(status: u16, code: &'static str, title: &'static str, detail: &'static str) -> Problem {
    row(status, code, title, detail.to_owned())
}

fn row(status: u16, code: &'static str, title: &'static str, detail: String) -> Problem {
    Problem {
        status,
        code,
        title,
        detail,
        retry_after: None,
        allow: None,
    }
}

fn sentence_of(errors: &[SettingError]) -> String {
    let sentences: Vec<String> = errors.iter().map(SettingError::to_string).collect();
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_and_error_are_the_same_sentence() {
        let problem = Problem::from(&Error::NotFound).for_session();
        let json: serde_json::Value = serde_json::from_str(&problem.to_json("r1")).unwrap();
        assert_eq!(
            json["detail"],
            "Error creating ChatKit session: There is nothing at this address."
        );
        assert_eq!(json["detail"], json["error"]);
        assert_eq!(json["request_id"], "r1");
        assert_eq!(json["status"], 404);
        assert_eq!(json["type"], "urn:chatkit-edge:problem:not_found");
    }

    #[test]
    fn openai_says_when_to_come_back() {
        let problem = Problem::from(OpenAiError::RateLimited {
            retry_after: Some(7),
        });
        assert_eq!((problem.status, problem.retry_after), (429, Some(7)));
    }
}
