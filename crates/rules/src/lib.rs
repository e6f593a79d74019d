//! The rules of ChatKit Edge, free of any runtime.
//!
//! Everything that is decided about a request is decided here, from values that the Worker
//! hands in (bytes, headers, settings, the time, random bytes), and is tested on the host.
//! In the order in which a session request meets them:
//!
//! 1. [`router`]: which endpoint a method and path name.
//! 2. [`settings`]: what the owner configured, checked as a whole; [`parse`] reads each kind of value.
//! 3. [`origin`]: which page is asking, and what CORS headers it gets.
//! 4. [`session_request`]: what the body, or the [`query`], asks for.
//! 5. [`auth`] and [`visitor`]: who is asking; [`rate_limits`]: how often.
//! 6. [`single_flight`]: who makes the request when several ask the same at once; [`openai`]: the request to OpenAI and
//!    the meaning of its answer; [`retry`] for trying again.
//! 7. [`doctor`]: the whole set-up, checked for the owner.
//! 8. [`ledger`]: what is counted, kept and limited.
//! 9. [`error`]: what can fail; [`problem`] and [`response`]: what the page is told; [`log`] and [`redact`]: what the owner is told.
//!
//! [`page`] is for what is served besides the API. [`json`] reads and writes all of it, and [`secret`] keeps what
//! none of it may show.

#![forbid(unsafe_code)]

pub mod counters;
pub mod doctor;
pub mod error;
pub mod hosted;
pub mod http;
pub mod identity;
pub mod json;
pub mod log;
pub mod problem;
pub mod public_config;
pub mod rate_limits;
pub mod redact;
pub mod router;
pub mod secret;
pub mod settings;
