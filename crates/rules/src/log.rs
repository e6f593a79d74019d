//! The lines of the log: one JSON object each, one per request.
//!
//! A line holds no secret, no user, no query and no body, by what its fields are.

use crate::json::Json;
use crate::redact::redact;

/// One line.
#[derive(Debug, Clone, Default)]
pub struct Line<'a> {
    /// `info` or `error`.
    pub level: &'static str,
    /// What happened, as `session.created`.
    pub event: &'a str,
    /// The id that the answer carries in `X-Request-Id`; empty for what belongs to no answer.
    pub request_id: &'a str,
    /// The request's method.
    pub method: Option<&'a str>,
    /// The request's path, without its query.
    pub path: Option<&'a str>,
    /// The status that was answered.
    pub status: Option<u16>,
    /// The problem's code.
    pub code: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// OpenAI's session id.
    pub session_id: Option<&'a str>,
    /// The status of OpenAI's last answer.
    pub openai_status: Option<u16>,
    /// OpenAI's `x-request-id`.
    pub openai_request_id: Option<&'a str>,
    /// The shard of the counters.
    pub shard: Option<u32>,
    /// How many requests to OpenAI it took.
    pub attempts: Option<u32>,
    /// What went wrong, redacted.
    pub cause: Option<&'a str>,
}

impl Line<'_> {
    /// The line's text, with those fields that are known.
    #[must_use]
    pub fn to_json(&self) -> String {
        let request_id = (!self.request_id.is_empty()).then_some(self.request_id);
        Json::object_of_some(vec![
            ("level", Some(self.level.into())),
            ("event", Some(self.event.into())),
            ("request_id", request_id.map(Json::from)),
            ("method", self.method.map(Json::from)),
            ("path", self.path.map(Json::from)),
            ("status", self.status.map(Json::from)),
            ("code", self.code.map(Json::from)),
            ("took_ms", self.took_ms.map(Json::from)),
            ("session_id", self.session_id.map(Json::from)),
            ("openai_status", self.openai_status.map(Json::from)),
            ("openai_request_id", self.openai_request_id.map(Json::from)),
            ("shard", self.shard.map(Json::from)),
            ("tries", self.attempts.map(Json::from)),
            ("cause", self.cause.map(Json::from)),
        ])
        .to_string()
    }
}

/// The longest path that is logged whole.
const MAX_PATH_CHARS: usize = 200;

/// A path for the log: cut to size, without a query, and without a secret that a client put there.
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
        let line = Line {
            level: "info",
            event: "request",
            request_id: "r",
            status: Some(200),
            ..Line::default()
        };
        assert_eq!(
            line.to_json(),
            r#"{"level":"info","event":"request","request_id":"r","status":200}"#
        );
    }

    #[test]
    fn a_path_is_logged_without_its_query_and_not_beyond_reason() {
        assert_eq!(
            path_for_log("/api/chatkit/refresh?token=ek_1"),
            "/api/chatkit/refresh"
        );
        assert_eq!(path_for_log(&"é".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn a_secret_in_the_place_of_an_id_is_not_logged() {
        assert_eq!(
            path_for_log("/api/chatkit/session/ek_68f/x"),
            "/api/chatkit/session/[redacted]/x"
        );
    }
}
