//! Requests and responses as the rules see them.

pub mod origin;
pub mod query;
pub mod response;
