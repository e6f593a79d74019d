//! Workers' rate limiters: their names, and the key of each request. They count per Cloudflare location and are not exact.

use crate::error::{Error, SettingError};
use crate::log::LogFields;
use crate::platform::{Client, RateLimiters};
use std::net::IpAddr;

/// The limiter of sessions that one address starts, as bound in `wrangler.toml`.
pub const SESSIONS_PER_ADDRESS: &str = "SESSIONS_PER_ADDRESS";
/// The limiter of sessions that start for one user, as bound in `wrangler.toml`.
pub const SESSIONS_PER_CALLER: &str = "SESSIONS_PER_CALLER";
/// The limiter of events that one address reports, as bound in `wrangler.toml`.
pub const EVENTS_PER_ADDRESS: &str = "EVENTS_PER_ADDRESS";
/// The limiter of all events, as bound in `wrangler.toml`.
pub const EVENTS_OVERALL: &str = "EVENTS_OVERALL";

/// The names of all limiters.
pub const LIMITERS: [&str; 4] = [
    SESSIONS_PER_ADDRESS,
    SESSIONS_PER_CALLER,
    EVENTS_PER_ADDRESS,
    EVENTS_OVERALL,
];

/// The period of the limiters, in seconds: the maximum wait of a rejected client.
const PERIOD_SECONDS: u64 = 60;

/// Counts a request under a key. A limiter that fails lets the request pass, and the log says so: it must not lock everyone
/// out.
///
/// # Errors
/// [`Error::RateLimited`], or [`Error::NotConfigured`] if the limiter is not bound.
pub async fn count(
    limiter: &'static str,
    key: &str,
    limiters: &impl RateLimiters,
    log: &LogFields,
) -> Result<(), Error> {
    if !limiters.is_bound(limiter) {
        return Err(Error::NotConfigured(vec![SettingError::new(
            "RATE_LIMITS",
            format!(
                "The rate limiter {limiter} is not bound: copy it from the project's wrangler.toml, or set RATE_LIMITS to off."
            ),
        )]));
    }
    match limiters.is_within_limit(limiter, key).await {
        Ok(false) => Err(Error::RateLimited {
            retry_after: PERIOD_SECONDS,
        }),
        Ok(true) => Ok(()),
        Err(error) => {
            log.set_failure(format!("the rate limiter {limiter} failed: {error}"));
            Ok(())
        }
    }
}

/// The key of a request's client.
#[must_use]
pub fn client_key(client: &impl Client) -> String {
    // Cloudflare sets this header itself; a client cannot.
    address_key(client.header("CF-Connecting-IP").as_deref())
}

/// The key under which a client's address is counted. An IPv6 customer has at least a /64, so its addresses count as one.
/// `None` stands for a client without a known address.
#[must_use]
pub fn address_key(address: Option<&str>) -> String {
    match address.and_then(|text| text.trim().parse().ok()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let key = address_key(Some("2001:db8:1:2:3:4:5:6"));
        assert_eq!(key, "2001:db8:1:2::/64");
        assert_eq!(key, address_key(Some("2001:db8:1:2::9")));
        assert_ne!(key, address_key(Some("2001:db8:1:3::9")));
    }

    #[test]
    fn an_ipv4_address_counts_alone_in_either_notation() {
        assert_eq!(address_key(Some("192.0.2.1")), "192.0.2.1");
        assert_eq!(address_key(Some("::ffff:192.0.2.1")), "192.0.2.1");
        assert_ne!(address_key(Some("192.0.2.2")), "192.0.2.1");
    }

    #[test]
    fn clients_without_an_address_count_as_one() {
        assert_eq!(address_key(None), address_key(Some("not an address")));
    }
}
