//! What the rules need of the world around them: one narrow trait for each capability.
//!
//! The Worker implements them on Cloudflare's runtime (`src/runtime/`, `src/ledger/`), the tests in memory
//! (`crates/rules/tests/sessions/twins/`), so a whole session, from request to response, also runs on the host.

// Workers are single-threaded, so no future here has to be `Send`.
#![allow(async_fn_in_trait)]

use crate::counters::day::Day;
use crate::counters::error_report::ErrorReport;
use crate::error::Error;
use crate::hosted::refresh_grant::StoredGrant;
use crate::hosted::session_record::{SessionRecord, UserHash};
use crate::identity::jwks::PublicKey;
use crate::log::LogLine;
use crate::settings::DailyLimits;

/// Time and randomness.
pub trait Clock {
    /// Milliseconds since 1970. On Workers the clock advances only with input and output.
    fn now_ms(&self) -> u64;

    /// Fresh random bytes.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system has none.
    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error>;

    /// Waits, or returns early when the client disconnects.
    async fn sleep(&self, ms: u64);

    /// Waits, whether or not the client disconnects. Dropping the future ends the timer.
    async fn deadline(&self, ms: u64);
}

/// The request that is being served, and its client.
pub trait Client {
    /// The method, in capitals.
    fn method(&self) -> String;

    /// The URL as the runtime has parsed it.
    fn url(&self) -> String;

    /// A header's value.
    fn header(&self, name: &str) -> Option<String>;

    /// The whole body. Counts the bytes that arrive, because `Content-Length` may be missing or wrong.
    ///
    /// # Errors
    /// [`ReadError::TooLarge`] if there are more than `max_bytes`, [`ReadError::TooManyPieces`] if they are too small, and
    /// [`ReadError::Failed`] if the client disconnects.
    async fn body(&self, max_bytes: usize) -> Result<Vec<u8>, ReadError>;

    /// Whether the client has disconnected.
    fn is_gone(&self) -> bool;
}

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It has more bytes than allowed.
    TooLarge,
    /// It arrives in more pieces than [`crate::http::max_pieces`] allows.
    TooManyPieces,
    /// It ended early; contains the runtime's message.
    Failed(String),
    /// It took too long; contains the runtime's message.
    Timeout(String),
}

/// A request to another server. Redirects are not followed: they could carry the API key elsewhere.
#[derive(Debug, Default, Clone, Copy)]
pub struct OutgoingRequest<'a> {
    /// The method.
    pub method: &'static str,
    /// The URL.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a [(&'static str, String)],
    /// The body, if there is one.
    pub body: Option<&'a str>,
    /// Which of the response's headers are needed.
    pub wanted_headers: &'static [&'static str],
    /// Which of them are needed besides if the status is not 2xx. Reading a header takes about 5 µs on Workers.
    pub wanted_error_headers: &'static [&'static str],
    /// The maximum size of the response's body.
    pub max_bytes: usize,
    /// The limit for everything, from connecting to the last byte of the response.
    pub timeout_ms: u64,
}

/// A response of another server.
#[derive(Debug, Clone)]
pub struct IncomingResponse {
    /// The status.
    pub status: u16,
    /// Those of the wanted headers that it has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Result<Vec<u8>, ReadError>,
}

impl IncomingResponse {
    /// The value of a wanted header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(other, _)| *other == name)?;
        Some(value)
    }
}

/// Why there is no response, with the runtime's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// Not connected: refused, reset, unknown host.
    Connection(String),
    /// No response within the time limit.
    Timeout(String),
}

/// Sends requests to other servers: OpenAI, and the address of a JWKS.
pub trait Upstream {
    /// Sends a request and reads the response. Aborts it when its time is up, and not when the client disconnects: the other
    /// server may have acted on it.
    ///
    /// # Errors
    /// [`FetchError`] if no response arrived.
    async fn send(&self, request: &OutgoingRequest<'_>) -> Result<IncomingResponse, FetchError>;
}

/// The answer of who runs a chat. The platform keeps the body of a `200`, and adds it to a response that
/// [`crate::http::response::Response::passed_on`] made.
#[derive(Debug, Clone, Default)]
pub struct ChatAnswer {
    /// The status.
    pub status: u16,
    /// Those of [`CHAT_HEADERS`] that it has.
    pub headers: Vec<(&'static str, String)>,
    /// The beginning of a body that is not passed on.
    pub failure: Vec<u8>,
}

/// The headers of a [`ChatAnswer`].
pub const CHAT_HEADERS: [&str; 3] = ["content-type", "retry-after", "x-chatkit-run"];

impl ChatAnswer {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(other, _)| *other == name)?;
        Some(value)
    }
}

/// Who runs a chat: the object of a user, or the server at `CHATKIT_SERVER_URL`.
pub trait ChatServers {
    /// Calls the object of this name with a JSON text. A call whose connection broke is repeated once: the object recognizes it.
    ///
    /// # Errors
    /// The cause, for the log.
    async fn call_object(&self, name: &str, call: &str) -> Result<ChatAnswer, String>;

    /// Sends a request, and keeps the body of a `200` whose type begins with `expected`. The timeout of the request is for the head
    /// of the answer; the body may take `max_ms` in all. It ends when the client disconnects.
    ///
    /// # Errors
    /// [`FetchError`] if no response arrived.
    async fn forward(
        &self,
        request: &OutgoingRequest<'_>,
        expected: &str,
        max_ms: u64,
    ) -> Result<ChatAnswer, FetchError>;
}

/// Verifies signatures made with public keys.
pub trait SignatureVerifier {
    /// Whether the key's owner signed the bytes. `false` for an invalid key too.
    async fn verify(&self, key: &PublicKey, signed: &[u8], signature: &[u8]) -> bool;
}

/// The rate limiters, by their binding in `wrangler.toml`.
pub trait RateLimiters {
    /// Whether the limiter is bound.
    fn is_bound(&self, limiter: &str) -> bool;

    /// Counts a request. Whether it is within the limit.
    ///
    /// # Errors
    /// The runtime's message, if the limiter failed.
    async fn is_within_limit(&self, limiter: &str, key: &str) -> Result<bool, String>;
}

/// What a shard of the counters is to add.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// The shard.
    pub shard: u32,
    /// `COUNTER_PUBLISH_SECONDS`.
    pub publish_seconds: u64,
    /// A JSON object of numbers by counter.
    pub increments: &'a str,
    /// Error reports to store.
    pub reports: &'a [ErrorReport],
    /// The shard's rows for events in a day; `None` for what is counted in any case.
    pub event_rows: Option<u64>,
}

/// The ledger: counters, session records and daily limits in Durable Objects. Once a call returns `Ok`, it is durable.
/// Every call that is awaited goes through [`crate::ledger_call::run`]. Every error is the cause, for the log.
pub trait Ledger {
    /// Adds counts and stores error reports, both or neither. `false` if the rows for events are used up, so that neither is
    /// stored.
    async fn count(&self, counts: &Counts<'_>) -> Result<bool, String>;

    /// The latest error reports of the first `shards` shards.
    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String>;

    /// Stores a session's record.
    async fn put_record(&self, record: &SessionRecord) -> Result<(), String>;

    /// Returns a session's record.
    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String>;

    /// Marks a session's record as cancelled. `false` if it is marked already.
    async fn cancel_record(&self, id: &str) -> Result<bool, String>;

    /// Stores the grant of a client secret.
    async fn put_grant(&self, grant: &StoredGrant) -> Result<(), String>;

    /// Returns the grant of a client secret, by the keyed hash of the secret.
    async fn get_grant(&self, id: &str) -> Result<Option<StoredGrant>, String>;

    /// Notes after the response that a secret was exchanged at this time, in Unix seconds, unless it was before; a failure is
    /// logged. There may be no grant with this id.
    fn exchange_later(&self, id: &str, at: u64, request_id: &str);

    /// Reserves one session of the day's limits, and returns the day that it counts for; `None` if no session is left. Check
    /// and count are one transaction, so limits are exact. The same request counts once, however often it is sent. What was
    /// counted today under a former hash of the user counts too.
    async fn reserve(
        &self,
        stamped: Day,
        user: &UserHash,
        former: &[UserHash],
        limits: DailyLimits,
        request_id: &str,
    ) -> Result<Option<Day>, String>;

    /// Releases a reservation after the response; a failure is logged. Without a day: releases what the request was granted, if
    /// it was.
    fn release_later(&self, day: Option<Day>, user: &UserHash, request_id: &str);

    /// Whether the objects answer.
    async fn is_up(&self) -> bool;
}

/// Adds counts to the ledger beside everything else.
pub trait CounterSink {
    /// Adds counts later, after the response; a failure is logged with the request's id.
    fn count_later(&self, counts: &Counts<'_>, request_id: &str);
}

/// The published counters in KV.
pub trait CounterStore {
    /// Whether the namespace is bound.
    fn is_store_bound(&self) -> bool;

    /// The values of several keys.
    ///
    /// # Errors
    /// The runtime's message.
    async fn read(&self, keys: &[String]) -> Result<Vec<Option<String>>, String>;
}

/// Analytics Engine, if the owner bound a dataset.
pub trait Dataset {
    /// Writes an event, a failure's code, and how often it happened.
    ///
    /// # Errors
    /// The runtime's message.
    fn write_event(&self, event: &str, code: &str, times: u32) -> Result<(), String>;
}

/// Workers Logs.
pub trait Log {
    /// Writes a line: errors to `console.error`, everything else to `console.log`.
    fn write(&self, line: &LogLine<'_>);
}

/// Everything together.
pub trait Platform:
    Clock
    + Client
    + Upstream
    + ChatServers
    + SignatureVerifier
    + RateLimiters
    + Ledger
    + CounterSink
    + CounterStore
    + Dataset
    + Log
{
}

impl<T> Platform for T where
    T: Clock
        + Client
        + Upstream
        + ChatServers
        + SignatureVerifier
        + RateLimiters
        + Ledger
        + CounterSink
        + CounterStore
        + Dataset
        + Log
{
}
