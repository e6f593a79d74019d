//! Properties of all parsers of external input: no input panics, and what is accepted is what the rest of the code relies on.
//!
//! [`checks`] has the conditions that must hold for each group of parsers. The other modules generate inputs that get past
//! the first rejection, and test inputs that are known to be valid or invalid. `fuzz/README.md` describes how the same checks
//! are fuzzed.

// Clippy allows these in test functions, not in the helpers of tests.
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
