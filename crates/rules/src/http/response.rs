//! An answer to a client, before the runtime's own types.

use crate::problem::Problem;

/// Headers, each name once, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(&'static str, String)>);

impl Headers {
    /// Sets one, in place of one of the same name.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[(&'static str, String)] {
        &self.0
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers of this answer alone; [`Response::finish`] adds those of every answer.
    pub headers: Headers,
    /// The body; `None` where there is none to send.
    pub body: Option<String>,
}

impl Response {
    /// `200` with JSON that must not be stored.
    #[must_use]
    pub fn json(body: String) -> Self {
        Self::ok("application/json", "no-store", body)
    }

    /// `200` with text for Prometheus.
    #[must_use]
    pub fn metrics(body: String) -> Self {
        Self::ok("text/plain; version=0.0.4; charset=utf-8", "no-store", body)
    }

    /// `200` with JSON that may be kept for `seconds` by anyone.
    #[must_use]
    pub fn cacheable_json(body: String, seconds: u32) -> Self {
        Self::ok(
            "application/json",
            format!("public, max-age={seconds}"),
            body,
        )
    }

    fn ok(content_type: &str, cache_control: impl Into<String>, body: String) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Type", content_type);
        headers.set("Cache-Control", cache_control);
        Self {
            status: 200,
            headers,
            body: Some(body),
        }
    }

    /// `204`, to `OPTIONS`.
    #[must_use]
    pub fn options(allow: &'static str) -> Self {
        let mut headers = Headers::default();
        headers.set("Allow", allow);
        headers.set("Cache-Control", "no-store");
        Self {
            status: 204,
            headers,
            body: None,
        }
    }

    /// A problem, with `Retry-After` and `Allow` where it has them.
    #[must_use]
    pub fn problem(problem: &Problem, request_id: &str) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Type", "application/problem+json");
        headers.set("Cache-Control", "no-store");
        if let Some(seconds) = problem.retry_after {
            headers.set("Retry-After", seconds.to_string());
        }
        if let Some(allow) = problem.allow {
            headers.set("Allow", allow);
        }
        if problem.status == 401 {
            // HTTP asks for a challenge with every 401; a visitor's way out is a new session.
            headers.set("WWW-Authenticate", "Bearer realm=\"ChatKit Edge\"");
        }
        Self {
            status: problem.status,
            headers,
            body: Some(problem.to_json(request_id)),
        }
    }

    /// Adds what every answer of ours carries. `HEAD` gets the headers alone.
    #[must_use]
    pub fn finish(mut self, method: &str, request_id: &str) -> Self {
        self.headers.set("X-Content-Type-Options", "nosniff");
        self.headers.set("X-Request-Id", request_id);
        if method == "HEAD" {
            self.body = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn head_has_the_headers_of_get_and_no_body() {
        let get = Response::json("{}".into()).finish("GET", "r");
        let head = Response::json("{}".into()).finish("HEAD", "r");
        assert_eq!(get.headers, head.headers);
        assert_eq!(head.body, None);
    }

    #[test]
    fn a_401_carries_a_challenge() {
        let cause = Error::IdentityRequired(crate::identity::AuthError::NoToken);
        let answer = Response::problem(&Problem::from(&cause), "r");
        let challenge = "Bearer realm=\"ChatKit Edge\"".to_owned();
        assert!(
            answer
                .headers
                .all()
                .contains(&("WWW-Authenticate", challenge))
        );
    }

    #[test]
    fn a_problem_says_which_methods_are_allowed() {
        let cause = Error::MethodNotAllowed { allow: "GET" };
        let answer = Response::problem(&Problem::from(&cause), "r");
        assert!(answer.headers.all().contains(&("Allow", "GET".to_owned())));
    }
}
