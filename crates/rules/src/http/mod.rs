//! Requests and responses as the rules see them: origins and CORS, JSON bodies, queries, headers.

pub mod cors;
pub mod json_object;
pub mod query;
pub mod response;

/// The most that is read of a request's body.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
