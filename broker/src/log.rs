//! The lines of the log: one JSON object each, one per request.
//!
//! A line holds no secret, no user, no query and no body, by what its fields are.

use crate::redact::redact;
use serde::Serialize;

/// One line.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Line<'a> {
    /// `info` or `error`.
    pub level: &'static str,
    /// What happened, as `session.created`.
    pub event: &'a str,
    /// The id that the answer carries in `X-Request-Id`; empty for what belongs to no answer.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub request_id: &'a str,
    /// The request's method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    /// The request's path, without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// The status that was answered.
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
    /// The status of OpenAI's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openai_status: Option<u16>,
    /// OpenAI's `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openai_request_id: Option<&'a str>,
    /// The shard of the counters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// How many requests to OpenAI it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// What went wrong, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
}

impl Line<'_> {
    /// The line's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The longest path that is logged whole.
const MOST_PATH_CHARS: usize = 200;

/// A path for the log: cut to size, without a query, and without a secret that a client put there.
#[must_use]
pub fn path_for_log(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<String> = path.split('/').map(|part| redact(part, None)).collect();
    parts.join("/").chars().take(MOST_PATH_CHARS).collect()
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
