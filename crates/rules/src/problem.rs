//! Every error as the client sees it: a problem (RFC 9457). One table has the status, the code and the text of each.
//!
//! A problem never contains OpenAI's own text, which echoes parts of the API key. That goes to the log.

use crate::error::{AuthError, Error, OpenAiError, SettingError};
use crate::http::response::{Response, to_json};
use serde::Serialize;

/// An error as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable name, which programs compare.
    pub code: &'static str,
    /// What the code means; the same for every problem with this code.
    pub title: &'static str,
    /// What happened and what to do, in one or two sentences.
    pub detail: String,
    /// The value for `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// The value for `Allow`.
    pub allow: Option<&'static str>,
}

/// The prefix of the detail of a failed session request. Clients of older snippets expect it.
const SESSION_PREFIX: &str = "Error creating ChatKit session: ";

/// When to try again while the daily limit cannot be checked.
const UNKNOWN_LIMIT_RETRY_SECONDS: u64 = 60;

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidJson => plain(
                400,
                "invalid_json",
                "The body is not JSON",
                "The body is not valid JSON. Send a JSON object, or no body at all.",
            ),
            Error::InvalidRequest { field, expected } => row(
                400,
                "invalid_request",
                "The request is not valid",
                format!("{field} must be {expected}."),
            ),
            Error::IdentityRequired(reason) => plain(
                401,
                "identity_required",
                "The user is not known",
                identity_detail(*reason),
            ),
            Error::KeysUnavailable { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    503,
                    "keys_unavailable",
                    "The signing keys are not available",
                    "The signing keys could not be fetched from AUTH_JWKS_URL. Try again in a moment.",
                )
            },
            Error::OriginNotAllowed(origin) => row(
                403,
                "origin_not_allowed",
                "The origin is not allowed",
                origin_detail(origin),
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
                    format!("Allowed methods: {allow}."),
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
                    "Too many requests. Wait a minute and try again.",
                )
            },
            Error::DailyLimitReached { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "No more sessions can start today. The next day begins at 00:00 UTC.",
                )
            },
            Error::DailyLimitUnknown => Problem {
                retry_after: Some(UNKNOWN_LIMIT_RETRY_SECONDS),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "The daily limit could not be checked, so no session starts. Try again in a minute.",
                )
            },
            Error::DailyEventsReached { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "No more events are stored today. The next day begins at 00:00 UTC.",
                )
            },
            Error::NotConfigured(errors) => row(
                500,
                "not_configured",
                "The Worker is not configured",
                sentences(errors),
            ),
            Error::OpenAi(error) => Self::from(*error),
            Error::Internal => plain(
                500,
                "internal",
                "Internal error",
                "Something went wrong in the Worker. Look up this request id in its log.",
            ),
        }
    }
}

impl From<OpenAiError> for Problem {
    fn from(error: OpenAiError) -> Self {
        match error {
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
                "Workflow not found: the API key and the workflow must belong to the same OpenAI project, and the workflow must be published.",
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
                    "OpenAI is limiting the requests of this account. Try again later.",
                )
            },
            OpenAiError::Unavailable => plain(
                502,
                "openai_unavailable",
                "OpenAI is not available",
                "OpenAI could not be reached or had an error. Try again in a moment.",
            ),
            OpenAiError::BadResponse => plain(
                502,
                "openai_bad_response",
                "OpenAI's response is not usable",
                "OpenAI's response is not usable. Check that OPENAI_BASE_URL is the address of the API.",
            ),
            OpenAiError::NoApi => plain(
                502,
                "openai_bad_response",
                "OpenAI's response is not usable",
                "There is no ChatKit API at OPENAI_BASE_URL. Check the address: OpenAI's ends in /v1, as https://api.openai.com/v1 does.",
            ),
            OpenAiError::Timeout => plain(
                504,
                "openai_timeout",
                "OpenAI timed out",
                "OpenAI did not respond in time. Try again in a moment.",
            ),
            OpenAiError::Aborted => plain(
                499,
                "client_gone",
                "The client disconnected",
                "The client disconnected before there was a response.",
            ),
        }
    }
}

fn origin_detail(origin: &str) -> String {
    if origin == "null" {
        // Local files, sandboxed frames, and no-cors requests of pages that hide their address.
        return "The request states no origin (Origin: null), so it may not use this Worker. Open the page over https."
            .to_owned();
    }
    format!("The origin {origin} may not use this Worker. The owner can add it to ALLOWED_ORIGINS.")
}

fn identity_detail(error: AuthError) -> &'static str {
    match error {
        AuthError::NoVisitor => {
            "Nothing in the request proves who the visitor is. Send it with credentials: 'include'."
        }
        AuthError::NoRefreshProof => {
            "The refresh has neither the visitor's cookie nor the old client secret. \
             Send it with credentials: 'include', or send currentClientSecret."
        }
        AuthError::SecretRefused => {
            "The client secret does not prove this refresh: it is unknown, cancelled, expired or already exchanged, \
             or the page's origin is not in ALLOWED_ORIGINS. Start a new session."
        }
        AuthError::NotAdmin => {
            "This address requires the header Authorization: Bearer ADMIN_TOKEN."
        }
        AuthError::NotProxy => {
            "The request names a user, and its X-ChatKit-Proxy-Secret is missing or is not PROXY_SECRET."
        }
        AuthError::NoToken => "The request has no token. Sign in first.",
        AuthError::Malformed => "The token is not a signed JSON web token.",
        AuthError::WrongAlgorithm => {
            "The token is signed with another algorithm than its key is for."
        }
        AuthError::UnknownKey => "The token is signed with an unknown key.",
        AuthError::BadSignature => "The token's signature is not valid.",
        AuthError::Expired => "The token has expired. Sign in again.",
        AuthError::NotYetValid => "The token is not valid yet.",
        AuthError::WrongIssuer => "The token is not from the expected issuer.",
        AuthError::WrongAudience => "The token is not for the expected audience.",
        AuthError::NoSubject => "The token has no subject of 1 to 512 characters.",
    }
}

/// The body.
#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
    /// The detail again, for clients that read one of these names.
    error: &'a str,
    message: &'a str,
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
        to_json(&ProblemBody {
            r#type: format!("urn:chatkit-edge:problem:{}", self.code),
            title: self.title,
            status: self.status,
            detail: &self.detail,
            code: self.code,
            request_id,
            error: &self.detail,
            message: &self.detail,
        })
    }

    /// The response, with `Retry-After` and `Allow` where they apply.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response {
        let body = self.to_json(request_id);
        let mut response = Response::new(self.status, "application/problem+json", "no-store", body);
        if let Some(seconds) = self.retry_after {
            response.headers.set("Retry-After", seconds.to_string());
        }
        if let Some(allow) = self.allow {
            response.headers.set("Allow", allow);
        }
        if self.status == 401 {
            // HTTP requires a challenge with every 401; a visitor can only start a new session.
            let challenge = "Bearer realm=\"ChatKit Edge\"";
            response.headers.set("WWW-Authenticate", challenge);
        }
        response
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

fn sentences(errors: &[SettingError]) -> String {
    let sentences: Vec<String> = errors.iter().map(SettingError::to_string).collect();
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_error_and_message_are_the_same_sentence() {
        let problem = Problem::from(&Error::NotFound).for_session();
        let json: serde_json::Value = serde_json::from_str(&problem.to_json("r1")).unwrap();
        assert_eq!(
            json["detail"],
            "Error creating ChatKit session: There is nothing at this address."
        );
        assert_eq!(json["detail"], json["error"]);
        assert_eq!(json["detail"], json["message"]);
        assert_eq!(json["request_id"], "r1");
        assert_eq!(json["status"], 404);
        assert_eq!(json["type"], "urn:chatkit-edge:problem:not_found");
    }

    #[test]
    fn openai_says_when_to_retry() {
        let problem = Problem::from(OpenAiError::RateLimited {
            retry_after: Some(7),
        });
        assert_eq!((problem.status, problem.retry_after), (429, Some(7)));
    }

    #[test]
    fn a_401_has_a_challenge() {
        let error = Error::IdentityRequired(AuthError::NoToken);
        let response = Problem::from(&error).into_response("r");
        let challenge = "Bearer realm=\"ChatKit Edge\"".to_owned();
        assert!(
            response
                .headers
                .all()
                .contains(&("WWW-Authenticate", challenge))
        );
    }

    #[test]
    fn a_405_says_which_methods_are_allowed() {
        let error = Error::MethodNotAllowed { allow: "GET" };
        let response = Problem::from(&error).into_response("r");
        assert!(
            response
                .headers
                .all()
                .contains(&("Allow", "GET".to_owned()))
        );
    }
}
