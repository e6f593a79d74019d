//! The dataset: what was written to Analytics Engine.

use super::Twin;
use rules::platform::Dataset;
use std::cell::{Cell, RefCell};

/// An event, a failure's code, and how often it happened.
pub type WrittenEvent = (String, String, u32);

#[derive(Default)]
pub struct RecordedEvents {
    events: RefCell<Vec<WrittenEvent>>,
    pub is_failing: Cell<bool>,
}

impl RecordedEvents {
    /// All events so far.
    pub fn all(&self) -> Vec<WrittenEvent> {
        self.events.borrow().clone()
    }

    /// How often something failed with a code.
    pub fn failures(&self, code: &str) -> usize {
        let events = self.events.borrow();
        events.iter().filter(|(_, other, _)| other == code).count()
    }
}

impl Dataset for Twin {
    fn write_event(&self, event: &str, code: &str, times: u32) -> Result<(), String> {
        self.world.note(format!("dataset {event}"));
        if self.world.dataset.is_failing.get() {
            return Err("TypeError: index is too long".to_owned());
        }
        let mut events = self.world.dataset.events.borrow_mut();
        events.push((event.to_owned(), code.to_owned(), times));
        Ok(())
    }
}
