//! When a request to OpenAI is tried again, and after how long.
//!
//! The rule is that of OpenAI's own SDKs: connection failures, 408, 409, 429 and 5xx, at most
//! twice, after 0.5 s doubling to 8 s with jitter; `x-should-retry`, `retry-after-ms` and
//! `Retry-After` are obeyed. On top of it, nothing is waited for that would pass the deadline.

/// How often a request is tried again.
const MAX_RETRIES: u32 = 2;
const FIRST_PAUSE_MS: u64 = 500;
const MAX_PAUSE_MS: u64 = 8_000;

/// How a try ended that gave no answer of 2xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No answer's head arrived: refused, reset, no such host.
    NoConnection,
    /// An answer with this status.
    Status(u16),
}

/// What an answer's headers say about trying again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryHeaders {
    /// `x-should-retry`.
    pub should_retry: Option<bool>,
    /// `retry-after-ms`, or `Retry-After` in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl RetryHeaders {
    /// Reads the three headers. `now` in Unix milliseconds is for a `Retry-After` that is a date.
    #[must_use]
    pub fn read(
        should_retry: Option<&str>,
        retry_after_ms: Option<&str>,
        retry_after: Option<&str>,
        now: u64,
    ) -> Self {
        Self {
            should_retry: match should_retry {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            retry_after_ms: retry_after_ms
                .and_then(|text| decimal(text, 1))
                .or_else(|| retry_after.and_then(|text| decimal(text, 1000)))
                .or_else(|| retry_after.and_then(|text| until_date(text, now))),
        }
    }
}

/// A decimal number that is not negative, times `scale`, rounded up. Years are long enough for
/// anyone. Read by hand, because floating point is 10 KB of tables.
fn decimal(text: &str, scale: u64) -> Option<u64> {
    const MAX_MS: u64 = 1_000_000_000_000;
    const MAX_DIGITS: usize = 12;
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| {
        (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let parts = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction: u64 = fraction.parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let scaled = whole
        .checked_mul(scale)?
        .checked_add(fraction.checked_mul(scale)?.div_ceil(parts))?;
    (scaled <= MAX_MS).then_some(scaled)
}

fn until_date(text: &str, now: u64) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = u64::try_from(since_epoch.as_millis()).ok()?;
    Some(at.saturating_sub(now))
}

/// How many milliseconds to wait before the next try, or `None` to give up.
///
/// `attempts` counts those that have ended, `jitter` is a random byte, `left_ms` is what remains
/// until the deadline.
#[must_use]
pub fn delay(
    outcome: Outcome,
    advice: RetryHeaders,
    attempts: u32,
    jitter: u8,
    left_ms: u64,
) -> Option<u64> {
    let by_default = match outcome {
        Outcome::NoConnection => true,
        Outcome::Status(status) => matches!(status, 408 | 409 | 429 | 500..=599),
    };
    if attempts > MAX_RETRIES || !advice.should_retry.unwrap_or(by_default) {
        return None;
    }
    let pause = advice
        .retry_after_ms
        .unwrap_or_else(|| exponential_backoff(attempts, jitter));
    (pause < left_ms).then_some(pause)
}

/// Half a second, doubled with each try up to eight, less up to a quarter by chance.
fn exponential_backoff(attempts: u32, jitter: u8) -> u64 {
    let doublings = attempts.saturating_sub(1).min(10);
    let full = FIRST_PAUSE_MS
        .saturating_mul(1 << doublings)
        .min(MAX_PAUSE_MS);
    full.saturating_sub(full.saturating_mul(u64::from(jitter)) / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: u64 = 30_000;

    #[test]
    fn passing_failures_are_tried_twice_more_and_lasting_ones_are_not() {
        let none = RetryHeaders::default();
        for outcome in [
            Outcome::NoConnection,
            Outcome::Status(408),
            Outcome::Status(409),
            Outcome::Status(429),
            Outcome::Status(500),
            Outcome::Status(503),
        ] {
            assert_eq!(delay(outcome, none, 1, 0, PLENTY), Some(500), "{outcome:?}");
            assert_eq!(delay(outcome, none, 2, 0, PLENTY), Some(1_000));
            assert_eq!(delay(outcome, none, 3, 0, PLENTY), None);
        }
        for status in [400, 401, 403, 404, 302] {
            assert_eq!(delay(Outcome::Status(status), none, 1, 0, PLENTY), None);
        }
    }

    #[test]
    fn jitter_shortens_a_pause_by_a_quarter_at_most() {
        assert_eq!(exponential_backoff(1, 0), 500);
        assert_eq!(exponential_backoff(1, 255), 376);
        assert_eq!(exponential_backoff(9, 0), 8_000);
    }

    #[test]
    fn openai_has_the_last_word_on_trying_again() {
        let never = RetryHeaders::read(Some("false"), None, None, 0);
        assert_eq!(delay(Outcome::Status(503), never, 1, 0, PLENTY), None);
        let do_retry = RetryHeaders::read(Some("true"), Some("20"), Some("9"), 0);
        assert_eq!(
            delay(Outcome::Status(400), do_retry, 1, 0, PLENTY),
            Some(20)
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let ms = |text| RetryHeaders::read(None, None, Some(text), 784_111_770_000).retry_after_ms;
        assert_eq!(ms("2"), Some(2_000));
        assert_eq!(ms("0.25"), Some(250));
        assert_eq!(ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7_000));
        for text in ["", "-1", "soon", "NaN", "inf", "1e300"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn a_pause_that_would_pass_the_deadline_is_not_taken() {
        let later = RetryHeaders::read(None, None, Some("60"), 0);
        assert_eq!(delay(Outcome::Status(429), later, 1, 0, PLENTY), None);
        assert_eq!(
            delay(Outcome::NoConnection, RetryHeaders::default(), 1, 0, 400),
            None
        );
    }
}
