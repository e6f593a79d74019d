//! What the targets check, shared with the property tests.

#[path = "../../broker/tests/parsers/checks/mod.rs"]
pub mod checks;
