//! Every error as the client sees it: a problem (RFC 9457). `problem_texts.rs` has the status, the code and the text of each.
//!
//! A problem never contains OpenAI's own text, which echoes parts of the API key. That goes to the log.

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
    /// Whether trying again can help, for the button of an `error` event.
    pub allow_retry: bool,
}

/// The prefix of the detail of a failed session request. Clients of older snippets expect it.
const SESSION_PREFIX: &str = "Error creating ChatKit session: ";

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
    /// Says whether trying again can help.
    #[must_use]
    pub fn with_retry(self, allow_retry: bool) -> Self {
        Self {
            allow_retry,
            ..self
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{AuthError, Error, OpenAiError};

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
