//! The request that is served, and its client, which may disconnect.

use super::{ADMIN_TOKEN, Twin};
use rules::platform::{Client, ReadError};

/// The origin of every world.
pub const OWN_ORIGIN: &str = "https://edge.example.net";

/// A request. Everything except method and path is optional.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// How long after the start of the test the request arrives.
    pub arrives_after_ms: u64,
    leaves_after_ms: Option<u64>,
    leaves_after_sleeps: Option<u32>,
    breaks_off: bool,
    is_in_small_pieces: bool,
    /// The origin that the request is sent to; [`OWN_ORIGIN`] if none is set.
    host: Option<&'static str>,
}

pub fn request(method: &'static str, path: &str) -> TestRequest {
    TestRequest {
        method,
        path: path.to_owned(),
        headers: vec![("CF-Connecting-IP", "192.0.2.1".to_owned())],
        ..TestRequest::default()
    }
}

pub fn get(path: &str) -> TestRequest {
    request("GET", path)
}

pub fn post(path: &str) -> TestRequest {
    request("POST", path)
}

pub fn delete(path: &str) -> TestRequest {
    request("DELETE", path)
}

/// A request for a session.
pub fn start() -> TestRequest {
    post("/api/chatkit/session")
}

/// A request for the next session of the same user.
pub fn refresh() -> TestRequest {
    post("/api/chatkit/refresh")
}

impl TestRequest {
    /// Is sent to this origin.
    pub fn to(mut self, origin: &'static str) -> Self {
        self.host = Some(origin);
        self
    }

    /// Sets a header, and replaces one of the same name.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    pub fn cookie(self, cookie: impl Into<String>) -> Self {
        self.header("Cookie", cookie)
    }

    pub fn origin(self, origin: &str) -> Self {
        self.header("Origin", origin)
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// With the admin token.
    pub fn admin(self) -> Self {
        self.bearer(ADMIN_TOKEN)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Arrives so long after the requests that are served at once.
    pub fn after(mut self, ms: u64) -> Self {
        self.arrives_after_ms = ms;
        self
    }

    /// The client disconnects so long after its request arrived.
    pub fn leaves_after_ms(mut self, ms: u64) -> Self {
        self.leaves_after_ms = Some(ms);
        self
    }

    /// The client disconnects while its request sleeps for the nth time.
    pub fn leaves_after_sleeps(mut self, sleeps: u32) -> Self {
        self.leaves_after_sleeps = Some(sleeps);
        self
    }

    /// The body arrives in more pieces than allowed.
    pub fn in_small_pieces(mut self) -> Self {
        self.is_in_small_pieces = true;
        self
    }

    /// The client breaks off its body. The runtime need not have noticed that it is gone.
    pub fn breaks_off(mut self) -> Self {
        self.breaks_off = true;
        self
    }
}

impl Twin {
    /// When the client disconnects, if a time is set.
    pub(super) fn leaves_ms(&self) -> Option<u64> {
        let after_ms = self.request.leaves_after_ms?;
        Some(self.arrived_ms.get() + after_ms)
    }
}

impl Client for Twin {
    fn method(&self) -> String {
        self.request.method.to_owned()
    }

    fn url(&self) -> String {
        format!(
            "{}{}",
            self.request.host.unwrap_or(OWN_ORIGIN),
            self.request.path
        )
    }

    fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.request.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }

    async fn body(&self, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
        self.world.note("body");
        self.world.clock.turn().await;
        if self.request.breaks_off {
            let words = "TypeError: Network connection lost.";
            return Err(ReadError::Failed(words.to_owned()));
        }
        if self.request.is_in_small_pieces {
            return Err(ReadError::TooManyPieces);
        }
        if self.request.body.len() > max_bytes {
            return Err(ReadError::TooLarge);
        }
        Ok(self.request.body.clone())
    }

    fn is_gone(&self) -> bool {
        let now = self.world.clock.now_ms();
        let slept = |sleeps: u32| self.sleeps.get() >= sleeps;
        self.leaves_ms().is_some_and(|leaves| now >= leaves)
            || self.request.leaves_after_sleeps.is_some_and(slept)
    }
}
