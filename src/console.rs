//! Writes the log, one JSON object a line.

use rules::log::Line;

/// Says that the ledger failed at something that no answer waited for.
pub fn ledger_failed(cause: &str) {
    write(&Line {
        level: "error",
        event: "ledger.failed",
        cause: Some(cause),
        ..Line::default()
    });
}

/// Writes a line where Workers keeps logs: errors to `console.error`, the rest to `console.log`.
pub fn write(line: &Line<'_>) {
    let text = wasm_bindgen::JsValue::from_str(&line.to_json());
    if line.level == "error" {
        web_sys::console::error_1(&text);
    } else {
        web_sys::console::log_1(&text);
    }
}
