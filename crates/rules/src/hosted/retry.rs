//! When a request to OpenAI is retried, and after how long.
//!
//! The policy is that of OpenAI's own SDKs: connection failures, 408, 409, 429 and 5xx, at most twice, after 0.5 s doubling
//! to 8 s with jitter. `x-should-retry`, `retry-after-ms` and `Retry-After` are obeyed. In addition, no retry is delayed beyond
//! the deadline.

/// The maximum number of retries.
const MAX_RETRIES: u32 = 2;
const FIRST_DELAY_MS: u64 = 500;
const MAX_DELAY_MS: u64 = 8_000;
/// The longest wait that OpenAI can ask for: a day. `Retry-After` is passed on to the page, and may name the year 9999.
const MAX_RETRY_AFTER_MS: u64 = 86_400_000;

/// How a failed attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No response: refused, reset, unknown host.
    NoConnection,
    /// A response with this status.
    Status(u16),
}

/// The headers of a response that say something about a retry.
pub const RETRY_HEADERS: [&str; 3] = ["x-should-retry", "retry-after-ms", "retry-after"];

/// What a response's headers say about a retry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryHeaders {
    /// `x-should-retry`.
    pub should_retry: Option<bool>,
    /// `retry-after-ms`, or `Retry-After` in milliseconds; a day at most.
    pub retry_after_ms: Option<u64>,
}

impl RetryHeaders {
    /// Parses the [`RETRY_HEADERS`] of a response. `now` as for [`Self::read`].
    #[must_use]
    pub fn of<'a>(header: impl Fn(&str) -> Option<&'a str>, now: u64) -> Self {
        let [should_retry, retry_after_ms, retry_after] = RETRY_HEADERS.map(header);
        Self::read(should_retry, retry_after_ms, retry_after, now)
    }

    /// Parses the three headers. `now`, in Unix milliseconds, is for a `Retry-After` that is a date.
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
                .and_then(|text| milliseconds(text, 1.0))
                .or_else(|| retry_after.and_then(|text| milliseconds(text, 1000.0)))
                .or_else(|| retry_after.and_then(|text| until_date(text, now)))
                .map(|ms| ms.min(MAX_RETRY_AFTER_MS)),
        }
    }
}

/// A number of seconds or milliseconds in milliseconds, rounded up.
fn milliseconds(text: &str, scale: f64) -> Option<u64> {
    let ms = text.trim().parse::<f64>().ok()? * scale;
    (ms >= 0.0 && ms.is_finite()).then(|| ms.ceil() as u64)
}

fn until_date(text: &str, now: u64) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = u64::try_from(since_epoch.as_millis()).ok()?;
    Some(at.saturating_sub(now))
}

/// How many milliseconds to wait before the next attempt, or `None` to give up.
///
/// `attempts` counts those that have ended, `jitter` is a random byte, `left_ms` remains until the deadline.
#[must_use]
pub fn delay(
    outcome: Outcome,
    headers: RetryHeaders,
    attempts: u32,
    jitter: u8,
    left_ms: u64,
) -> Option<u64> {
    let by_default = match outcome {
        Outcome::NoConnection => true,
        Outcome::Status(status) => matches!(status, 408 | 409 | 429 | 500..=599),
    };
    if attempts > MAX_RETRIES || !headers.should_retry.unwrap_or(by_default) {
        return None;
    }
    let delay = headers
        .retry_after_ms
        .unwrap_or_else(|| exponential_backoff(attempts, jitter));
    (delay < left_ms).then_some(delay)
}

/// Half a second, doubled with each attempt up to eight seconds, minus up to a quarter at random.
fn exponential_backoff(attempts: u32, jitter: u8) -> u64 {
    let doublings = attempts.saturating_sub(1).min(10);
    let full = FIRST_DELAY_MS
        .saturating_mul(1 << doublings)
        .min(MAX_DELAY_MS);
    full.saturating_sub(full.saturating_mul(u64::from(jitter)) / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: u64 = 30_000;

    #[test]
    fn temporary_failures_are_retried_twice_and_permanent_ones_are_not() {
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
    fn jitter_shortens_a_delay_by_at_most_a_quarter() {
        assert_eq!(exponential_backoff(1, 0), 500);
        assert_eq!(exponential_backoff(1, 255), 376);
        assert_eq!(exponential_backoff(9, 0), 8_000);
    }

    #[test]
    fn the_header_x_should_retry_decides() {
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
        for text in ["", "-1", "soon", "NaN", "inf"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn retry_after_is_at_most_a_day() {
        let ms = |text| RetryHeaders::read(None, None, Some(text), 784_111_770_000).retry_after_ms;
        assert_eq!(ms("86400"), Some(86_400_000));
        for text in [
            "86401",
            "99999999999",
            "1e300",
            "Mon, 07 Nov 1994 08:49:31 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(ms(text), Some(86_400_000), "{text}");
        }
        let in_ms = RetryHeaders::read(None, Some("86400001"), None, 0);
        assert_eq!(in_ms.retry_after_ms, Some(86_400_000));
    }

    #[test]
    fn a_delay_beyond_the_deadline_means_no_retry() {
        let later = RetryHeaders::read(None, None, Some("60"), 0);
        assert_eq!(delay(Outcome::Status(429), later, 1, 0, PLENTY), None);
        assert_eq!(
            delay(Outcome::NoConnection, RetryHeaders::default(), 1, 0, 400),
            None
        );
    }
}
