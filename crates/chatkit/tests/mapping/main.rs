//! The mapping of a model's response to ChatKit's events.
//!
//! Each test is one rule; [`answer_properties`] holds for any events in any order. [`model_script`] has the events in short.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod answer_properties;
mod item_keys;
mod items_sent_again;
mod message_rules;
mod model_script;
mod response_endings;
mod workflow_rules;
