//! Writes the log, one JSON object a line.

use broker::log::Line;

/// Writes a line where Workers keeps logs: errors to `console.error`, the rest to `console.log`.
pub fn write(line: &Line<'_>) {
    let text = wasm_bindgen::JsValue::from_str(&line.to_json());
    if line.level == "error" {
        web_sys::console::error_1(&text);
    } else {
        web_sys::console::log_1(&text);
    }
}
