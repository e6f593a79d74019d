//! What the targets check, shared with the property tests.

#[path = "../../crates/rules/tests/properties/checks/mod.rs"]
pub mod checks;
