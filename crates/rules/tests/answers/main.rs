//! Answers of the agent on the host: the object of a user, from a request to what is stored, shown, counted and sent to the model.
//!
//! [`chat_world`] is one user with an object, clients and a model whose responses are scripted ([`scripted_responses`]). Time is virtual,
//! and the object can be killed at any moment: what is stored stays, and the next request starts a new one.

// Clippy allows these in test functions, not in the helpers of tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs
)]

mod answer_numbers;
mod background_answers;
mod chat_world;
mod failed_answers;
mod interrupted_answers;
mod kept_answers;
mod killed_anywhere;
mod model_calls;
mod object_host;
mod object_stores;
mod page_functions;
mod recorded_client;
mod repeated_messages;
mod retried_answers;
mod scripted_model;
mod scripted_responses;
mod stopped_answers;
mod task_clock;
mod thread_titles;
mod valid_input;
