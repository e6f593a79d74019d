//! The time and chance that the rules are given.

use rules::error::Error;

/// Milliseconds since 1970. Workers' clock moves only with input and output.
pub fn now_ms() -> u64 {
    // A date's milliseconds are a whole number far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = js_sys::Date::now() as u64;
    now
}

/// Fresh random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal)?;
    Ok(bytes)
}
