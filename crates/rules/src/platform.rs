//! What the rules need of the world around them: one narrow trait for each capability.
//!
//! The Worker implements them on Cloudflare's runtime (`src/runtime/`, `src/ledger/`), the tests in memory
//! (`crates/rules/tests/sessions/twins/`), so a whole session, from request to response, also runs on the host.

// Workers are single-threaded, so no future here has to be `Send`.
#![allow(async_fn_in_trait)]

use crate::counters::day::Day;
use crate::counters::error_report::ErrorReport;
use crate::error::Error;
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
    /// Whether other requests need the response too, so that it is not aborted when the client disconnects.
    pub is_shared: bool,
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
    /// The client disconnected, so the request was aborted.
    Aborted,
}

/// Sends requests to other servers: OpenAI, and the address of a JWKS.
pub trait Upstream {
    /// Sends a request and reads the response. Aborts it when its time is up, and when the client disconnects unless it is
    /// shared.
    ///
    /// # Errors
    /// [`FetchError`] if no response arrived.
    async fn send(&self, request: &OutgoingRequest<'_>) -> Result<IncomingResponse, FetchError>;
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

/// The ledger: counters, session records and daily limits in Durable Objects. Once a call returns `Ok`, it is durable.
/// Every error is the runtime's message, for the log.
pub trait Ledger {
    /// Adds counts, a JSON object of numbers by counter, to a shard, and stores error reports.
    async fn count(
        &self,
        shard: u32,
        publish_seconds: u64,
        counts: &str,
        reports: &[ErrorReport],
    ) -> Result<(), String>;

    /// The same after the response; a failure is logged.
    fn count_later(&self, shard: u32, publish_seconds: u64, counts: String);

    /// The latest error reports of the first `shards` shards.
    async fn error_reports(&self, shards: u32) -> Result<Vec<ErrorReport>, String>;

    /// Stores a session's record.
    async fn put_record(&self, record: &SessionRecord) -> Result<(), String>;

    /// Returns a session's record.
    async fn get_record(&self, id: &str) -> Result<Option<SessionRecord>, String>;

    /// Marks a session's record as cancelled.
    async fn cancel_record(&self, id: &str) -> Result<(), String>;

    /// Reserves one session of the day's limits, if one is left. Check and count are one transaction, so limits are exact.
    async fn reserve(&self, day: Day, user: &UserHash, limits: DailyLimits)
    -> Result<bool, String>;

    /// Releases a reservation after the response; a failure is logged.
    fn release_later(&self, day: Day, user: &UserHash);

    /// Whether the objects answer.
    async fn is_up(&self) -> bool;
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
    /// Writes an event, a failure's code, and how often it happened. A failure is logged.
    fn write_event(&self, event: &str, code: &str, times: u32);
}

/// Workers Logs.
pub trait Log {
    /// Writes a line: errors to `console.error`, everything else to `console.log`.
    fn write(&self, line: &LogLine<'_>);
}

/// Everything together.
pub trait Platform:
    Clock + Client + Upstream + SignatureVerifier + RateLimiters + Ledger + CounterStore + Dataset + Log
{
}

impl<T> Platform for T where
    T: Clock
        + Client
        + Upstream
        + SignatureVerifier
        + RateLimiters
        + Ledger
        + CounterStore
        + Dataset
        + Log
{
}
