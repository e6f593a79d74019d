//! The front door of the chat server: `POST /chatkit` and `/chatkit/runs/{id}`.
//!
//! [`front_door`] checks a request ([`chat_body`], [`chat_caller`]) and hands it to the user's object ([`object_call`]) or to the
//! owner's server ([`remote_server`]), whose answer the platform passes on. [`chat_runs`]: answers that are going on.
//! [`error_event`]: failures within a stream.

pub mod chat_body;
pub mod chat_call;
pub mod chat_caller;
pub mod chat_runs;
pub mod error_event;
pub mod front_door;
pub mod object_call;
pub mod remote_server;
pub mod request_signature;
