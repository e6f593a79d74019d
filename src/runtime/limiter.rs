//! Workers' rate limiters.

use super::{Runtime, bindings};
use rules::platform::RateLimiters;
use wasm_bindgen::JsCast;
use worker::RateLimiter;

impl RateLimiters for Runtime {
    fn is_bound(&self, limiter: &str) -> bool {
        bindings::get_binding(&self.env, limiter).is_some()
    }

    async fn is_within_limit(&self, limiter: &str, key: &str) -> Result<bool, String> {
        let binding = bindings::get_binding(&self.env, limiter)
            .ok_or_else(|| format!("{limiter} is not bound"))?;
        // Not worker's own look-up: it checks the name of the class, which the local stand-in does not have.
        let limiter: RateLimiter = binding.unchecked_into();
        let outcome = limiter.limit(key.to_owned()).await;
        outcome
            .map(|outcome| outcome.success)
            .map_err(|error| error.to_string())
    }
}
