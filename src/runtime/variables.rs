//! The deployment's variables and secrets.

use js_sys::{JSON, Object, Reflect};
use rules::settings::Settings;
use wasm_bindgen::JsValue;
use worker::Env;

/// The settings of this deployment.
pub fn settings(env: &Env) -> Settings {
    Settings::read(|name| variable(env, name))
}

/// A variable's text. In `wrangler.toml` it may also be a number or a boolean, for example `HISTORY = true`, or a list or a
/// table, which is read as JSON.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if value.is_object() {
        return JSON::stringify(&value).ok()?.as_string();
    }
    let is_plain = value.is_string() || value.as_f64().is_some() || value.as_bool().is_some();
    is_plain.then(|| String::from(Object::from(value).to_string()))
}
