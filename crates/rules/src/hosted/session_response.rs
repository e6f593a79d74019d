//! The Worker's own response to a session request.

use super::openai_response::Session;
use serde::Serialize;

/// The body: `client_secret`, `expires_at`, `session_id`, and where they apply `visitor` and
/// `thread_id`.
#[derive(Debug, Serialize)]
pub struct SessionResponse<'a> {
    client_secret: &'a str,
    expires_at: u64,
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a Option<String>>,
}

impl<'a> SessionResponse<'a> {
    /// The response for a session.
    #[must_use]
    pub fn new(
        session: &'a Session,
        visitor: Option<&'a str>,
        thread: Option<&'a Option<String>>,
    ) -> Self {
        Self {
            client_secret: session.client_secret.expose(),
            expires_at: session.expires_at,
            session_id: session.id.as_deref(),
            visitor,
            thread_id: thread,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosted::openai_response::parse_session;
    use crate::http::response::to_json;

    #[test]
    fn a_response_has_three_fields_unless_visitor_or_thread_apply() {
        let session = parse_session(
            br#"{"client_secret":"ek_1","id":"s","expires_at":9}"#,
            None,
            0,
        );
        let session = session.unwrap();
        assert_eq!(
            to_json(&SessionResponse::new(&session, None, None)),
            r#"{"client_secret":"ek_1","expires_at":9,"session_id":"s"}"#
        );
        assert!(
            to_json(&SessionResponse::new(&session, Some("v"), Some(&None)))
                .ends_with(r#""visitor":"v","thread_id":null}"#)
        );
    }
}
