//! Time and randomness.

use super::timer::Timer;
use super::{Runtime, bindings};
use rules::error::Error;
use rules::platform::Clock;

impl Clock for Runtime {
    fn now_ms(&self) -> u64 {
        now_ms()
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        random_bytes()
    }

    async fn sleep(&self, ms: u64) {
        bindings::sleep(ms, self.signal()).await;
    }

    async fn deadline(&self, ms: u64) {
        Timer::new(ms).await;
    }
}

/// Fresh random bytes.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal)?;
    Ok(bytes)
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    // Whole, positive and far below 2^53.
    js_sys::Date::now() as u64
}
