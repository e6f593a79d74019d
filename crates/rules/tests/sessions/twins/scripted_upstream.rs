//! The other servers: OpenAI, which creates and cancels every session unless a script says otherwise, and a JWKS.

use super::Twin;
use rules::platform::{Clock, FetchError, IncomingResponse, OutgoingRequest, ReadError, Upstream};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

/// What a server answers, and after how long.
#[derive(Debug, Clone)]
pub struct Answer {
    after_ms: u64,
    response: Result<IncomingResponse, FetchError>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            after_ms: 0,
            response: Ok(IncomingResponse {
                status,
                headers: Vec::new(),
                body: Ok(body.into()),
            }),
        }
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::new(status, "")
    }

    /// An error body like OpenAI's.
    pub fn error(status: u16, message: &str) -> Self {
        Self::new(status, json!({"error": {"message": message}}).to_string())
    }

    /// The connection is lost.
    pub fn no_connection(words: &str) -> Self {
        Self {
            after_ms: 0,
            response: Err(FetchError::Connection(words.to_owned())),
        }
    }

    /// No answer ever comes.
    pub fn never() -> Self {
        Self::status(200).after(u64::from(u32::MAX))
    }

    /// The body cannot be read.
    pub fn unreadable(status: u16, error: ReadError) -> Self {
        let mut answer = Self::status(status);
        if let Ok(response) = &mut answer.response {
            response.body = Err(error);
        }
        answer
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(response) = &mut self.response {
            response.headers.push((name, value.to_owned()));
        }
        self
    }

    pub fn after(mut self, ms: u64) -> Self {
        self.after_ms = ms;
        self
    }
}

/// A request that a server got.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
    pub timeout_ms: u64,
    /// When it was sent.
    pub at_ms: u64,
}

impl Sent {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.body.as_deref().expect("a body")).expect("JSON")
    }

    /// The user in the body.
    pub fn user(&self) -> String {
        self.json()["user"].as_str().expect("a user").to_owned()
    }
}

#[derive(Default)]
pub struct ScriptedUpstream {
    next: RefCell<BTreeMap<String, VecDeque<Answer>>>,
    always: RefCell<BTreeMap<String, Answer>>,
    sent: RefCell<Vec<Sent>>,
    sessions: Cell<u64>,
}

impl ScriptedUpstream {
    /// The next requests to an address get these answers, one each.
    pub fn answer(&self, url: &str, answers: impl IntoIterator<Item = Answer>) {
        let mut next = self.next.borrow_mut();
        next.entry(url.to_owned()).or_default().extend(answers);
    }

    /// Requests to an address get this answer from now on.
    pub fn answer_always(&self, url: &str, answer: Answer) {
        self.always.borrow_mut().insert(url.to_owned(), answer);
    }

    /// All requests so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.borrow().clone()
    }

    fn take(&self, url: &str, now_ms: u64) -> Answer {
        if let Some(answer) = self
            .next
            .borrow_mut()
            .get_mut(url)
            .and_then(VecDeque::pop_front)
        {
            return answer;
        }
        if let Some(answer) = self.always.borrow().get(url) {
            return answer.clone();
        }
        if url.ends_with("/chatkit/sessions") {
            return self.new_session(now_ms);
        }
        assert!(url.ends_with("/cancel"), "no answer for {url}");
        Answer::new(200, "{}")
    }

    /// A session that lives for ten minutes. Their ids are `cksess_1`, `cksess_2`, and so on.
    pub fn new_session(&self, now_ms: u64) -> Answer {
        let number = self.sessions.get() + 1;
        self.sessions.set(number);
        let session = json!({
            "id": format!("cksess_{number}"),
            "client_secret": format!("ek_secret_{number}"),
            "expires_at": now_ms / 1000 + 600,
        });
        Answer::new(200, session.to_string())
    }
}

impl Upstream for Twin {
    async fn send(&self, request: &OutgoingRequest<'_>) -> Result<IncomingResponse, FetchError> {
        let upstream = &self.world.upstream;
        let now = self.now_ms();
        self.world.note(format!("upstream {}", request.url));
        upstream.sent.borrow_mut().push(Sent {
            method: request.method,
            url: request.url.to_owned(),
            headers: request.headers.to_vec(),
            body: request.body.map(str::to_owned),
            timeout_ms: request.timeout_ms,
            at_ms: now,
        });
        let answer = upstream.take(request.url, now);
        let end = now + answer.after_ms.min(request.timeout_ms);
        self.world.clock.until(end).await;
        if answer.after_ms >= request.timeout_ms {
            let words = "TimeoutError: The operation was aborted due to timeout";
            return Err(FetchError::Timeout(words.to_owned()));
        }
        let mut response = answer.response?;
        let is_error = !(200..300).contains(&response.status);
        let is_wanted = |(name, _): &(&str, String)| {
            request.wanted_headers.contains(name)
                || (is_error && request.wanted_error_headers.contains(name))
        };
        response.headers.retain(is_wanted);
        response.body = response.body.and_then(|body| {
            let fits = body.len() <= request.max_bytes;
            fits.then_some(body).ok_or(ReadError::TooLarge)
        });
        Ok(response)
    }
}
