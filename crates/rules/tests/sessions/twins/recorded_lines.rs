//! The log: the lines that were written.

use super::Twin;
use rules::log::LogLine;
use rules::platform::Log;
use serde_json::Value;
use std::cell::RefCell;

#[derive(Default)]
pub struct RecordedLines(RefCell<Vec<String>>);

impl RecordedLines {
    /// All lines so far.
    pub fn all(&self) -> Vec<Value> {
        let lines = self.0.borrow();
        let parse = |line: &String| serde_json::from_str(line).expect("a line is JSON");
        lines.iter().map(parse).collect()
    }

    /// The last line.
    pub fn last(&self) -> Value {
        self.all().pop().expect("a line")
    }

    /// The values of a field in all lines that have it.
    pub fn values(&self, field: &str) -> Vec<Value> {
        let lines = self.all().into_iter();
        lines.filter_map(|line| line.get(field).cloned()).collect()
    }

    /// How many lines have this value in a field.
    pub fn count(&self, field: &str, value: &str) -> usize {
        self.values(field)
            .iter()
            .filter(|other| *other == value)
            .count()
    }

    /// All lines as a text to search.
    pub fn text(&self) -> String {
        self.0.borrow().join("\n")
    }
}

impl Log for Twin {
    fn write(&self, line: &LogLine<'_>) {
        self.world.note("log");
        self.world.lines.0.borrow_mut().push(line.to_json());
    }
}
