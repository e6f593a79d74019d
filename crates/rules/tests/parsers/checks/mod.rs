//! What must hold of every parser of bytes from outside, whatever the bytes are.
//!
//! A module for each group of parsers. Each has a function `check`, which takes any bytes and panics
//! where something does not hold. The property tests beside this call them with inputs of their
//! own making and with the seeds in `fuzz/corpus`; the fuzz targets call them with everything else.

pub mod clean;
pub mod event_batch;
pub mod identity;
pub mod json;
pub mod ledger;
pub mod openai;
pub mod origin;
pub mod session_request;
pub mod settings;
