//! Conditions that must hold for every parser of external input, whatever the bytes are.
//!
//! There is one module for each group of parsers. Its function `check` takes any bytes and panics if a condition does not
//! hold. The property tests call it with generated inputs and with the seeds in `fuzz/corpus`; the fuzz targets call it with
//! everything else.

pub mod check_counters;
pub mod check_event_batch;
pub mod check_identity;
pub mod check_json_object;
pub mod check_openai;
pub mod check_origin;
pub mod check_redacted;
pub mod check_session_request;
pub mod check_settings;
