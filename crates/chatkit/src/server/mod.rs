//! A ChatKit server that answers from a Responses API.

pub mod answer;
pub mod env;
