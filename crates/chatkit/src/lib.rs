//! ChatKit's server protocol, and a server that answers from any Responses API.
//!
//! Nothing here does input or output. A host (a Cloudflare Worker, an axum server, a test) reads requests and the model's stream,
//! implements [`server::store::Store`], and sends what it gets.

#![forbid(unsafe_code)]

pub mod protocol;
pub mod responses;
pub mod server;
