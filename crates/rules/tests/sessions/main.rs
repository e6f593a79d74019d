//! Whole requests on the host, from the request to the response and its line in the log.
//!
//! [`twins`] implements the traits of `rules::platform` in memory. A test makes a [`twins::World`] from settings, says what
//! fails in it, serves requests, and compares what the client, OpenAI, the ledger and the log got. Time is virtual: a test
//! that waits half a minute takes no time, and requests that are served at once interleave at every `await`.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs
)]

mod allowed_pages;
mod cached_keys;
mod chat_failures;
mod chat_requests;
mod collected_events;
mod counted_answers;
mod creating_sessions;
mod event_rows;
mod exact_limits;
mod hidden_secrets;
mod key_failures;
mod known_visitors;
mod limited_rates;
mod local_development;
mod logged_reasons;
mod named_users;
mod openai_failures;
mod own_sessions;
mod owner_endpoints;
mod refreshed_by_secret;
mod refused_requests;
mod remote_chats;
mod retried_calls;
mod setup_checks;
mod shared_sessions;
mod slow_ledger;
mod twins;
