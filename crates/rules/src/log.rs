//! The log: one JSON object a line, one line a request.
//!
//! The fields of a line are chosen so that it contains no secret, no user, no query and no body.

use crate::http::response::to_json;
use crate::redact::redact;
use serde::Serialize;
use std::cell::{Cell, RefCell};

/// One line. Fields that are not known are left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LogLine<'a> {
    /// `info` or `error`.
    pub level: &'static str,
    /// What happened, for example `session.created`.
    pub event: &'a str,
    /// The id that the response has in `X-Request-Id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
    /// The request's method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    /// The request's path, without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// The status of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The problem's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// OpenAI's session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<&'a str>,
    /// The status of OpenAI's last response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openai_status: Option<u16>,
    /// OpenAI's `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openai_request_id: Option<&'a str>,
    /// The shard of the counters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// How many requests were sent to OpenAI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// What went wrong, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
}

impl LogLine<'_> {
    /// The line's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// A failure of the database of a user's chats.
    #[must_use]
    pub fn store_failed<'a>(cause: &'a str, request_id: Option<&'a str>) -> LogLine<'a> {
        LogLine {
            level: "error",
            event: "store.failed",
            request_id,
            cause: Some(cause),
            ..LogLine::default()
        }
    }

    /// A failure of the ledger that no response waited for.
    #[must_use]
    pub fn ledger_failed<'a>(cause: &'a str, request_id: &'a str) -> LogLine<'a> {
        LogLine {
            level: "error",
            event: "ledger.failed",
            request_id: Some(request_id),
            cause: Some(cause),
            ..LogLine::default()
        }
    }
}

/// What happened between the Worker and OpenAI.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OpenAiCall {
    /// How many requests were sent.
    pub tries: u32,
    /// The status of the last response.
    pub status: Option<u16>,
    /// OpenAI's id of the last request, redacted: a header may contain anything.
    pub request_id: Option<String>,
    /// Why it failed, redacted.
    pub cause: Option<String>,
}

/// What a handler adds to its request's line. Cells, because several futures of one request may note something.
#[derive(Debug, Default)]
pub struct LogFields {
    event: Cell<Option<&'static str>>,
    session_id: RefCell<Option<String>>,
    call: RefCell<Option<OpenAiCall>>,
    failure: RefCell<Option<String>>,
}

impl LogFields {
    /// Notes what happened, if it was more than a request.
    pub fn set_event(&self, event: &'static str) {
        self.event.set(Some(event));
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> Option<&'static str> {
        self.event.get()
    }

    /// Notes OpenAI's session id, redacted: a client may have sent its secret in place of the id.
    pub fn set_session_id(&self, id: &str) {
        self.session_id.replace(Some(redact(id, None)));
    }

    /// Notes a call to OpenAI.
    pub fn set_call(&self, call: OpenAiCall) {
        self.call.replace(Some(call));
    }

    /// Notes something that went wrong. The line has all of them, in their order; the same one twice in a row only once.
    pub fn set_failure(&self, failure: String) {
        let mut all = self.failure.borrow_mut();
        *all = Some(match all.take() {
            Some(earlier) if earlier.ends_with(&failure) => earlier,
            Some(earlier) => format!("{earlier}; {failure}"),
            None => failure,
        });
    }

    /// Notes a failure of the ledger.
    pub fn ledger_failed(&self, cause: &str) {
        self.set_failure(format!("the ledger failed: {cause}"));
    }

    /// Completes a line with the fields, and hands it on.
    pub fn complete(&self, line: LogLine<'_>, write: impl FnOnce(&LogLine<'_>)) {
        let (session_id, failure) = (self.session_id.borrow(), self.failure.borrow());
        let call = self.call.borrow();
        let mut line = line;
        if let Some(event) = self.event.get() {
            line.event = event;
        }
        line.session_id = session_id.as_deref();
        if let Some(call) = &*call {
            line.tries = Some(call.tries);
            line.openai_status = call.status;
            line.openai_request_id = call.request_id.as_deref();
        }
        // An error without a body has an empty cause.
        let cause = call.as_ref().and_then(|call| call.cause.as_deref());
        let noted: Vec<&str> = cause
            .filter(|cause| !cause.is_empty())
            .into_iter()
            .chain(failure.as_deref())
            .collect();
        let noted = noted.join("; ");
        // The line's own cause says only what the code says too.
        if !noted.is_empty() {
            line.cause = Some(&noted);
        }
        write(&line);
    }
}

/// The maximum length of a path in the log.
const MAX_PATH_CHARS: usize = 200;

/// A path for the log: truncated, without a query, and without a secret that a client put there.
#[must_use]
pub fn path_for_log(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<String> = path.split('/').map(|part| redact(part, None)).collect();
    parts.join("/").chars().take(MAX_PATH_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_only_the_fields_that_are_known() {
        let line = LogLine {
            level: "info",
            event: "request",
            request_id: Some("r"),
            status: Some(200),
            ..LogLine::default()
        };
        assert_eq!(
            line.to_json(),
            r#"{"level":"info","event":"request","request_id":"r","status":200}"#
        );
    }

    #[test]
    fn a_line_has_every_trouble_of_its_request() {
        let fields = LogFields::default();
        fields.ledger_failed("reset");
        fields.set_failure("the rate limiter A failed: lost".to_owned());
        fields.set_call(OpenAiCall {
            cause: Some("No such workflow".to_owned()),
            ..OpenAiCall::default()
        });
        fields.complete(LogLine::default(), |line| {
            let all = "No such workflow; the ledger failed: reset; the rate limiter A failed: lost";
            assert_eq!(line.cause, Some(all));
        });
    }

    #[test]
    fn a_path_is_logged_without_its_query_and_cut_to_size() {
        assert_eq!(
            path_for_log("/api/chatkit/refresh?token=ek_1"),
            "/api/chatkit/refresh"
        );
        assert_eq!(path_for_log(&"é".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn a_secret_in_place_of_an_id_is_not_logged() {
        let visitor = format!("{}.{}", "a".repeat(22), "b".repeat(43));
        assert_eq!(
            path_for_log(&format!(
                "/api/chatkit/session/{visitor};jsessionid=1/x;JSESSIONID=2"
            )),
            "/api/chatkit/session/[redacted]/x"
        );
        assert_eq!(
            path_for_log("/api/chatkit/session/ek_68f/x"),
            "/api/chatkit/session/[redacted]/x"
        );
    }
}
