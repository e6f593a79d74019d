//! A ChatKit server without input and output.
//!
//! 1. [`engine`] takes a request: it gives JSON, or the first events of a stream and a [`turn::Turn`].
//! 2. The turn gives the input of a [`model_call`], which is the thread's [`history`], and takes the model's events: it gives events
//!    and writes items to the [`store`]. Each response is an [`answer`]. At its end the turn may ask for another call.
//! 3. The host sends events, saves the turn once a second, and tells it how the stream ended.

pub mod answer;
pub mod engine;
pub mod env;
pub mod history;
pub mod item_text;
mod json_requests;
pub mod memory_store;
pub mod model_call;
mod page_calls;
pub mod server_error;
pub mod store;
mod stream_requests;
pub mod thread_title;
pub mod turn;
