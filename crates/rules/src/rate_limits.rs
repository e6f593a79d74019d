//! Workers' rate limiters: their names, and the key of each request. They count per Cloudflare location and are not exact.

use crate::error::{Error, SettingError};
use crate::log::LogFields;
use crate::platform::{Client, RateLimiters};
use crate::settings::BackendKind;
use std::net::IpAddr;

/// The limiter of sessions that one address starts, as bound in `wrangler.toml`.
pub const SESSIONS_PER_ADDRESS: &str = "SESSIONS_PER_ADDRESS";
/// The limiter of sessions that start for one user, as bound in `wrangler.toml`.
pub const SESSIONS_PER_CALLER: &str = "SESSIONS_PER_CALLER";
/// The limiter of events that one address reports, as bound in `wrangler.toml`.
pub const EVENTS_PER_ADDRESS: &str = "EVENTS_PER_ADDRESS";
/// The limiter of all events, as bound in `wrangler.toml`.
pub const EVENTS_OVERALL: &str = "EVENTS_OVERALL";

/// The limiter of wrong admin tokens from one address, as bound in `wrangler.toml`.
pub const ADMIN_GUESSES_PER_ADDRESS: &str = "ADMIN_GUESSES_PER_ADDRESS";

/// The limiter of messages that one address sends, as bound in `wrangler.toml`.
pub const MESSAGES_PER_ADDRESS: &str = "MESSAGES_PER_ADDRESS";
/// The limiter of messages of one user, as bound in `wrangler.toml`.
pub const MESSAGES_PER_CALLER: &str = "MESSAGES_PER_CALLER";

/// The names of the limiters that a backend asks.
pub fn of_backend(backend: Option<BackendKind>) -> impl Iterator<Item = &'static str> {
    let always = [
        ADMIN_GUESSES_PER_ADDRESS,
        EVENTS_PER_ADDRESS,
        EVENTS_OVERALL,
    ];
    let own = match backend {
        None | Some(BackendKind::Hosted) => [SESSIONS_PER_ADDRESS, SESSIONS_PER_CALLER],
        Some(BackendKind::Agent | BackendKind::Remote) => {
            [MESSAGES_PER_ADDRESS, MESSAGES_PER_CALLER]
        }
    };
    always.into_iter().chain(own)
}

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

/// The keys of a request's client.
#[must_use]
pub fn client_keys(client: &impl Client) -> Vec<String> {
    // Cloudflare sets this header itself; a client cannot.
    address_keys(client.header("CF-Connecting-IP").as_deref())
}

/// The keys under which a client's address is counted: the narrower network first, so that a client over its own limit does
/// not use up that of its neighbours. `None` stands for a client without a known address.
///
/// An IPv6 customer has at least a /64, so the addresses of a /64 count as one. Many have a whole /48, which is 65,536 of
/// these, and in other /48s there are thousands of customers. Therefore each half of a /48, its even and its odd networks,
/// also counts as one address: a /48 can do twice what an address can, and one customer cannot use up all of it.
#[must_use]
pub fn address_keys(address: Option<&str>) -> Vec<String> {
    let (key, wider) = match address.and_then(|text| text.trim().parse().ok()) {
        Some(IpAddr::V4(address)) => (address.to_string(), None),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(mapped) => (mapped.to_string(), None),
            None => {
                let [a, b, c, d, ..] = address.segments();
                let half = d % 2;
                (
                    format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"),
                    Some(format!("{a:x}:{b:x}:{c:x}::/48/{half}")),
                )
            }
        },
        None => ("unknown".to_owned(), None),
    };
    std::iter::once(key).chain(wider).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(address: &str) -> Vec<String> {
        address_keys(Some(address))
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_and_so_does_half_of_the_network_around_it() {
        let one = keys("2001:db8:1:2:3:4:5:6");
        assert_eq!(one, ["2001:db8:1:2::/64", "2001:db8:1::/48/0"]);
        assert_eq!(one, keys("2001:db8:1:2::9"));
        assert_eq!(
            keys("2001:db8:1:4::9"),
            ["2001:db8:1:4::/64", "2001:db8:1::/48/0"]
        );
        assert_eq!(
            keys("2001:db8:1:3::9"),
            ["2001:db8:1:3::/64", "2001:db8:1::/48/1"]
        );
        assert_eq!(
            keys("2001:db8:2:2::9"),
            ["2001:db8:2:2::/64", "2001:db8:2::/48/0"]
        );
    }

    #[test]
    fn an_ipv4_address_counts_alone_in_either_notation() {
        assert_eq!(keys("192.0.2.1"), ["192.0.2.1"]);
        assert_eq!(keys("::ffff:192.0.2.1"), ["192.0.2.1"]);
    }

    #[test]
    fn clients_without_an_address_count_as_one() {
        assert_eq!(address_keys(None), keys("not an address"));
    }
}
