//! The chats: Durable Objects of one class, with SQLite, one for each user.
//!
//! - [`servers`]: the calls to the object, or to the owner's server.
//! - [`chats_object`]: the class. What it does with a request is in [`rules::runs`].
//! - [`chats_host`]: what the rules need of the object. [`thread_tables`] and [`run_tables`]: its SQL. [`model_server`]: calls of
//!   the model.

mod chats_host;
mod chats_object;
mod model_server;
mod run_tables;
mod servers;
mod thread_tables;
