//! What runs need of the object that they are in: one narrow trait for each capability.

// Workers are single-threaded, so no future here has to be `Send`.
#![allow(async_fn_in_trait)]

use super::run_record::RunRecord;
use crate::platform::{Clock, CounterSink, Dataset, FetchError, Log};
use chatkit::server::store::{Store, Stored};
use std::future::Future;
use std::pin::Pin;

/// Stores runs and their frames. Together with [`Store`] it is one database: a transaction is over both.
pub trait RunStore {
    /// Adds or replaces a run.
    ///
    /// # Errors
    /// The store's.
    fn put_run(&self, run: &RunRecord) -> Stored<()>;

    /// A run.
    ///
    /// # Errors
    /// The store's.
    fn run(&self, id: &str) -> Stored<Option<RunRecord>>;

    /// The newest run of a request.
    ///
    /// # Errors
    /// The store's.
    fn run_of_request(&self, request_key: &str) -> Stored<Option<RunRecord>>;

    /// The newest run of a thread.
    ///
    /// # Errors
    /// The store's.
    fn newest_run_of(&self, thread_id: &str) -> Stored<Option<RunRecord>>;

    /// The runs that have not ended.
    ///
    /// # Errors
    /// The store's.
    fn running(&self) -> Stored<Vec<RunRecord>>;

    /// Adds frames at the end of a run's.
    ///
    /// # Errors
    /// The store's.
    fn add_frames(&self, run_id: &str, frames: &str) -> Stored<()>;

    /// All frames of a run.
    ///
    /// # Errors
    /// The store's.
    fn frames(&self, run_id: &str) -> Stored<String>;

    /// Deletes all runs of a thread, with their frames.
    ///
    /// # Errors
    /// The store's.
    fn delete_runs_of(&self, thread_id: &str) -> Stored<()>;

    /// Deletes the runs that ended up to a time, with their frames.
    ///
    /// # Errors
    /// The store's.
    fn delete_runs_ended_by(&self, ms: u64) -> Stored<()>;

    /// When the first of the ended runs ended.
    ///
    /// # Errors
    /// The store's.
    fn first_end_ms(&self) -> Stored<Option<u64>>;
}

/// A request to the model's server.
#[derive(Debug, Clone, Copy)]
pub struct ModelRequest<'a> {
    /// The method.
    pub method: &'static str,
    /// The URL.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a [(String, String)],
    /// The body, if there is one.
    pub body: Option<&'a str>,
}

/// A response whose body has not been read.
#[derive(Debug)]
pub struct ModelResponse<S> {
    /// The status.
    pub status: u16,
    /// The headers, by lowercase names; only those of [`READ_HEADERS`].
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: S,
}

/// The headers of a response that are read.
pub const READ_HEADERS: [&str; 5] = [
    "content-type",
    "x-request-id",
    "x-should-retry",
    "retry-after-ms",
    "retry-after",
];

impl<S> ModelResponse<S> {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A body that arrives in pieces. Dropping it aborts the request.
pub trait ModelBody {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The runtime's message, if the connection broke off.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, String>;
}

/// Sends requests to the model's server.
pub trait ModelServer {
    /// The body of a response.
    type Body: ModelBody;

    /// Sends a request, and returns once the response's headers arrive. Dropping the future aborts it.
    ///
    /// # Errors
    /// [`FetchError`] if there is no response.
    async fn open(
        &self,
        request: &ModelRequest<'_>,
    ) -> Result<ModelResponse<Self::Body>, FetchError>;
}

/// A task of the object.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The object itself.
pub trait Object {
    /// Runs a task beside the requests. It goes on when they end.
    fn spawn(&self, task: Task);

    /// Calls the object's alarm at a time at the latest.
    async fn ensure_alarm(&self, at_ms: u64);
}

/// Everything together.
pub trait RunHost:
    Store + RunStore + ModelServer + Clock + Log + CounterSink + Dataset + Object + 'static
{
}

impl<T> RunHost for T where
    T: Store + RunStore + ModelServer + Clock + Log + CounterSink + Dataset + Object + 'static
{
}
