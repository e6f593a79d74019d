//! The backend `hosted`: sessions of workflows that OpenAI runs.

pub mod openai;
pub mod retry;
pub mod session_record;
pub mod session_request;
pub mod single_flight;
