//! Properties of everything that reads bytes from outside: no input panics, and what is let
//! through is what the rest of the product relies on.
//!
//! [`checks`] says what must hold of each group of parsers. The other modules make inputs that get
//! past the first refusal, and properties of inputs that are known to be right or wrong.
//! `fuzz/README.md` says how the same checks are fuzzed.

// A test may stop at what must not happen; Clippy's leave for tests covers test functions only.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs
)]

mod checks;
mod configuration_page;
mod counters_properties;
mod event_batch_properties;
mod fuzz_seeds;
mod identity_properties;
mod json_object_properties;
mod openai_properties;
mod origin_properties;
mod session_request_properties;
mod settings_properties;
mod strategies;
