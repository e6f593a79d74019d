//! The backend `hosted`: sessions of workflows that OpenAI runs.
//!
//! - [`create_session`]: creates a session. [`session_request`] parses what is requested, [`session_response`] is the
//!   answer. [`refresh`]: who it is for, and what it keeps of the session before; [`refresh_grant`] is what is stored for that.
//! - [`session_access`]: shows and cancels one; [`session_record`] is what is stored of it.
//! - [`openai_client`]: calls OpenAI, with [`openai_request`], [`openai_response`] and [`retry`].
//! - [`single_flight`]: equal requests share a session. [`daily_quota`]: the exact daily limits; [`recent_reservations`]: which
//!   requests they counted just now. [`unused_session`]: what becomes of a session that nobody will use.

pub mod create_session;
pub mod daily_quota;
pub mod openai_client;
pub mod openai_request;
pub mod openai_response;
pub mod private_values;
pub mod recent_reservations;
pub mod refresh;
pub mod refresh_grant;
pub mod retry;
pub mod session_access;
pub mod session_record;
pub mod session_request;
pub mod session_response;
pub mod single_flight;
pub mod unused_session;
