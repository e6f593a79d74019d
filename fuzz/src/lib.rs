//! What the targets check, shared with the property tests.

#[path = "../../crates/rules/tests/parsers/checks/mod.rs"]
pub mod checks;
