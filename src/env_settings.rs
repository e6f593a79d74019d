//! The settings, read from the Worker's variables and secrets once per isolate.

use js_sys::{Object, Reflect};
use rules::settings::Settings;
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use worker::Env;

thread_local! {
    // An isolate serves one version of one deployment, so its variables never change.
    static SETTINGS: OnceCell<Rc<Settings>> = const { OnceCell::new() };
}

/// The settings of this deployment.
pub fn settings(env: &Env) -> Rc<Settings> {
    SETTINGS.with(|cell| {
        cell.get_or_init(|| Rc::new(Settings::read(|name| variable(env, name))))
            .clone()
    })
}

/// A variable's text. In `wrangler.toml` it may also be a number or a boolean, as in `HISTORY = true`.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    let is_plain = value.is_string() || value.as_f64().is_some() || value.as_bool().is_some();
    // JavaScript writes it, because to write floating point is kilobytes of tables here.
    is_plain.then(|| String::from(Object::from(value).to_string()))
}
