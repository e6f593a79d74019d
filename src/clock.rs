//! The time and chance that the rules are given, and waiting.

use broker::problem::Cause;
use js_sys::{Object, Promise, Reflect, futures::JsFuture};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Workers' own timer. Unlike `setTimeout` it can be ended by a signal.
    #[wasm_bindgen(js_namespace = scheduler, catch)]
    fn wait(ms: f64, options: &Object) -> Result<Promise, JsValue>;
}

/// Waits, or until the signal says to stop.
pub async fn pause(ms: u64, signal: &web_sys::AbortSignal) {
    let ms = u32::try_from(ms).unwrap_or(u32::MAX);
    let options = Object::new();
    let pause = Reflect::set(&options, &"signal".into(), signal)
        .and_then(|_| wait(f64::from(ms), &options));
    if let Ok(pause) = pause {
        // An error says that the signal ended it.
        let _ = JsFuture::from(pause).await;
    }
}

/// Milliseconds since 1970. Workers' clock moves only with input and output.
pub fn now_ms() -> u64 {
    // A date's milliseconds are a whole number far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = js_sys::Date::now() as u64;
    now
}

/// Fresh random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Cause> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Cause::Internal)?;
    Ok(bytes)
}
