//! What must hold of every parser of bytes from outside, whatever the bytes are.
//!
//! A module for each group of parsers. Each has a function `check`, which takes any bytes and panics
//! where something does not hold. The property tests beside this call them with inputs of their
//! own making and with the seeds in `fuzz/corpus`; the fuzz targets call them with everything else.

pub mod check_counters;
pub mod check_event_batch;
pub mod check_identity;
pub mod check_json_object;
pub mod check_openai;
pub mod check_origin;
pub mod check_redacted;
pub mod check_session_request;
pub mod check_settings;
