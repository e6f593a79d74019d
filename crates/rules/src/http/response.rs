//! A response to a client, before it becomes the runtime's own type.

use serde::Serialize;

/// Headers, each name once, in the order in which they were set, and those that repeat a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    set: Vec<(&'static str, String)>,
    repeated: Vec<(&'static str, String)>,
}

impl Headers {
    /// Sets a header, and replaces one of the same name.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.set.retain(|(known, _)| *known != name);
        self.set.push((name, value.into()));
    }

    /// Adds a header whose name is set already, which only `Set-Cookie` may be.
    pub fn repeat(&mut self, name: &'static str, value: impl Into<String>) {
        self.repeated.push((name, value.into()));
    }

    /// All headers, without those that repeat a name.
    #[must_use]
    pub fn all(&self) -> &[(&'static str, String)] {
        &self.set
    }

    /// The headers that repeat a name.
    #[must_use]
    pub fn repeated(&self) -> &[(&'static str, String)] {
        &self.repeated
    }
}

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers of this response alone; [`Response::finish`] adds those of every response.
    pub headers: Headers,
    /// The body, if there is one.
    pub body: Option<String>,
    /// Whether the platform adds the body of the answer that it got for this request.
    pub is_passed_on: bool,
}

impl Response {
    /// `200` with a value as JSON, which must not be stored.
    #[must_use]
    pub fn json(value: &impl Serialize) -> Self {
        Self::new(200, "application/json", "no-store", to_json(value))
    }

    /// `200` with a value as JSON that any cache may keep for `seconds`.
    #[must_use]
    pub fn cacheable_json(value: &impl Serialize, seconds: u32) -> Self {
        let cache_control = format!("public, max-age={seconds}");
        Self::new(200, "application/json", cache_control, to_json(value))
    }

    /// `200` with text for Prometheus.
    #[must_use]
    pub fn metrics(body: String) -> Self {
        let content_type = "text/plain; version=0.0.4; charset=utf-8";
        Self::new(200, content_type, "no-store", body)
    }

    /// `204`, the answer to `OPTIONS`.
    #[must_use]
    pub fn options(allow: &'static str) -> Self {
        let mut headers = Headers::default();
        headers.set("Allow", allow);
        headers.set("Cache-Control", "no-store");
        Self {
            status: 204,
            headers,
            body: None,
            is_passed_on: false,
        }
    }

    /// A response with a body.
    #[must_use]
    pub fn new(
        status: u16,
        content_type: &str,
        cache_control: impl Into<String>,
        body: String,
    ) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Type", content_type);
        headers.set("Cache-Control", cache_control);
        Self {
            status,
            headers,
            body: Some(body),
            is_passed_on: false,
        }
    }

    /// `200` with the body of the answer that the platform got for this request.
    #[must_use]
    pub fn passed_on(content_type: &str) -> Self {
        Self {
            body: None,
            is_passed_on: true,
            ..Self::new(200, content_type, "no-store", String::new())
        }
    }

    /// Adds the headers of every response. `HEAD` gets the headers alone.
    #[must_use]
    pub fn finish(mut self, method: &str, request_id: &str) -> Self {
        self.headers.set("X-Content-Type-Options", "nosniff");
        self.headers.set("X-Request-Id", request_id);
        if method == "HEAD" {
            self.body = None;
            self.is_passed_on = false;
        }
        self
    }
}

/// A value as JSON. Serialization of this crate's types cannot fail: their keys are strings and their numbers are integers.
#[must_use]
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_has_the_headers_of_get_and_no_body() {
        let get = Response::json(&()).finish("GET", "r");
        let head = Response::json(&()).finish("HEAD", "r");
        assert_eq!(get.headers, head.headers);
        assert_eq!(head.body, None);
    }
}
