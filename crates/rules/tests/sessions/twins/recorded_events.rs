//! The dataset: what was written to Analytics Engine.

use super::Twin;
use rules::platform::Dataset;
use std::cell::RefCell;

/// An event, a failure's code, and how often it happened.
pub type WrittenEvent = (String, String, u32);

#[derive(Default)]
pub struct RecordedEvents(RefCell<Vec<WrittenEvent>>);

impl RecordedEvents {
    /// All events so far.
    pub fn all(&self) -> Vec<WrittenEvent> {
        self.0.borrow().clone()
    }
}

impl Dataset for Twin {
    fn write_event(&self, event: &str, code: &str, times: u32) {
        self.world.note(format!("dataset {event}"));
        let mut events = self.world.dataset.0.borrow_mut();
        events.push((event.to_owned(), code.to_owned(), times));
    }
}
