//! Writes the log, one JSON object a line.

use super::Runtime;
use rules::log::LogLine;
use rules::platform::Log;
use wasm_bindgen::JsValue;

impl Log for Runtime {
    fn write(&self, line: &LogLine<'_>) {
        write(line);
    }
}

/// Writes a line to Workers Logs: errors to `console.error`, everything else to `console.log`.
pub fn write(line: &LogLine<'_>) {
    let text = JsValue::from_str(&line.to_json());
    if line.level == "error" {
        web_sys::console::error_1(&text);
    } else {
        web_sys::console::log_1(&text);
    }
}
