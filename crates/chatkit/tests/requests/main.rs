//! What the server does with each request, on a store in memory: what it answers, stores and refuses.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod answered_requests;
mod memory_server;
mod read_requests;
