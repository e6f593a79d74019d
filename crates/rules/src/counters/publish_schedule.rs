//! When a shard's counters are published to KV.

/// When the alarm should run, in Unix milliseconds, after an event at `now`: at once if nothing was published for
/// `publish_seconds`, else when they have passed.
#[must_use]
pub fn alarm_at(now_ms: u64, published_ms: Option<u64>, publish_seconds: u64) -> u64 {
    let earliest = published_ms.map_or(0, |then| {
        then.saturating_add(publish_seconds.saturating_mul(1000))
    });
    earliest.max(now_ms)
}

/// How long counters that do not change stay unpublished, in milliseconds.
const HEARTBEAT_MS: u64 = 3_600_000;

/// When counters are published even if nothing was counted since, in Unix milliseconds. So `as_of` of a site without visitors
/// stays recent, and an old one means that nothing is published.
#[must_use]
pub fn heartbeat_at(published_ms: u64, publish_seconds: u64) -> u64 {
    let interval = publish_seconds.saturating_mul(1000).max(HEARTBEAT_MS);
    published_ms.saturating_add(interval)
}

/// When to retry after `failures` failed publications in a row: a delay that doubles up to an hour.
#[must_use]
pub fn retry_at(now_ms: u64, failures: u32, publish_seconds: u64) -> u64 {
    const HOUR_MS: u64 = 3_600_000;
    let delay = publish_seconds
        .saturating_mul(1000)
        .saturating_mul(1 << failures.min(10));
    now_ms.saturating_add(delay.min(HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publications_keep_the_minimum_interval() {
        assert_eq!(alarm_at(5_000, None, 120), 5_000);
        assert_eq!(alarm_at(5_000, Some(4_000), 120), 124_000);
        assert_eq!(alarm_at(500_000, Some(4_000), 120), 500_000);
    }

    #[test]
    fn idle_counters_are_published_once_an_hour_or_as_rarely_as_configured() {
        assert_eq!(heartbeat_at(5, 120), 3_600_005);
        assert_eq!(heartbeat_at(5, 86_400), 86_400_005);
    }

    #[test]
    fn failed_publications_are_retried_with_growing_delays() {
        assert_eq!(retry_at(0, 0, 120), 120_000);
        assert_eq!(retry_at(0, 1, 120), 240_000);
        assert_eq!(retry_at(0, 30, 120), 3_600_000);
    }
}
