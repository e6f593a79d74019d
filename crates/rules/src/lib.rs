//! The rules of ChatKit Edge: everything that is decided about a request, free of any runtime.
//!
//! The Worker in `src/` hands in a request and implements the traits of [`platform`]; [`app::serve`] returns the response.
//! A session request passes, in this order:
//!
//! 1. [`router`]: every route and its handler. [`context`]: what a handler gets. [`isolate`]: the state that requests share.
//! 2. [`http`]: origins and CORS, bodies, queries. [`rate_limits`]: how often.
//! 3. [`settings`]: what the owner configured, checked as a whole.
//! 4. [`identity`]: who sent the request.
//! 5. [`hosted`]: sessions of workflows that OpenAI hosts.
//!    [`chat`]: ChatKit's server protocol.
//! 6. [`counters`]: what is counted, stored and published. [`ledger_call`]: how long the ledger is waited for. [`doctor`]: the
//!    set-up, checked for the owner.
//! 7. [`error`]: what can fail. [`problem`]: what the client is told (the texts are in `problem_texts`). [`log`]: what the owner is told, with the [`reason`],
//!    after [`redact`].

#![forbid(unsafe_code)]

pub mod app;
pub mod chat;
pub mod context;
pub mod counters;
pub mod doctor;
pub mod error;
pub mod health;
pub mod hosted;
pub mod http;
pub mod identity;
pub mod isolate;
pub mod ledger_call;
pub mod log;
pub mod platform;
pub mod problem;
mod problem_texts;
pub mod public_config;
pub mod rate_limits;
pub mod reason;
pub mod redact;
pub mod router;
pub mod runs;
pub mod secret;
pub mod settings;
pub mod url_origin;
pub mod validate;
