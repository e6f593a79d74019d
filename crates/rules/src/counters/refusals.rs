//! Refused session requests, gathered in the isolate and written together.
//!
//! A request without proof, with a wrong body, or while the settings are wrong costs its sender nothing. If each were written,
//! anyone could use up the ledger's daily rows. So an isolate writes at most once per [`WRITE_INTERVAL_MS`]: the first refusal at
//! once, later ones with the next refusal or session after the interval. What an isolate has gathered when it ends is not
//! counted. Analytics Engine and the log have every refusal.

use std::cell::{Cell, RefCell};

/// The minimum interval between two writes of one isolate, in milliseconds.
pub const WRITE_INTERVAL_MS: u64 = 60_000;

/// The refusals that are not written yet, by the problem's code.
#[derive(Debug, Default)]
pub struct Refusals {
    gathered: RefCell<Vec<(&'static str, u32)>>,
    written_ms: Cell<Option<u64>>,
}

impl Refusals {
    /// Gathers a refusal. There are few codes, so this never grows.
    pub fn add(&self, code: &'static str) {
        let mut gathered = self.gathered.borrow_mut();
        match gathered.iter_mut().find(|(other, _)| *other == code) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => gathered.push((code, 1)),
        }
    }

    /// Takes what is to be written at `now`, in Unix milliseconds: nothing if the last write was less than the interval ago.
    pub fn take_due(&self, now_ms: u64) -> Vec<(&'static str, u32)> {
        let next = self
            .written_ms
            .get()
            .map(|then| then.saturating_add(WRITE_INTERVAL_MS));
        if self.gathered.borrow().is_empty() || next.is_some_and(|next| now_ms < next) {
            return Vec::new();
        }
        self.written_ms.set(Some(now_ms));
        self.gathered.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refusal_is_due_at_once_and_later_ones_after_the_interval() {
        let refusals = Refusals::default();
        assert_eq!(refusals.take_due(5), []);
        refusals.add("invalid_json");
        assert_eq!(refusals.take_due(5), [("invalid_json", 1)]);
        for code in ["invalid_json", "identity_required", "invalid_json"] {
            refusals.add(code);
        }
        assert_eq!(refusals.take_due(5 + WRITE_INTERVAL_MS - 1), []);
        let due = refusals.take_due(5 + WRITE_INTERVAL_MS);
        assert_eq!(due, [("invalid_json", 2), ("identity_required", 1)]);
        assert_eq!(refusals.take_due(u64::MAX), []);
    }
}
