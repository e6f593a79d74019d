//! The state of an isolate, which its requests share.

use crate::counters::refusals::Refusals;
use crate::error::Error;
use crate::hosted::openai_response::Session;
use crate::hosted::single_flight::SingleFlight;
use crate::identity::jwks_cache::JwksCache;
use crate::settings::Settings;
use std::cell::Cell;

/// The state of one isolate. It serves one version of one deployment, so its settings never change.
#[derive(Debug)]
pub struct Isolate {
    /// The settings.
    pub settings: Settings,
    /// The keys that verify tokens.
    pub jwks: JwksCache,
    /// Sessions that are being created.
    pub sessions: SingleFlight<Result<Session, Error>>,
    /// Sessions that are being cancelled, by id.
    pub cancellations: SingleFlight<Result<(), Error>>,
    /// Refused session requests that are not counted yet.
    pub refusals: Refusals,
    /// Until when the day's rows for events are used up, in Unix milliseconds. The ledger is not asked before.
    pub events_refused_until_ms: Cell<u64>,
}

impl Isolate {
    /// The state of a new isolate.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            jwks: JwksCache::default(),
            sessions: SingleFlight::default(),
            cancellations: SingleFlight::default(),
            refusals: Refusals::default(),
            events_refused_until_ms: Cell::new(0),
        }
    }
}
