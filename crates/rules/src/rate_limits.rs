//! The rate limiters: their names, their period, and the key under which a client is counted.

use std::net::IpAddr;

/// The limiter of sessions started by one address, as bound in `wrangler.toml`.
pub const SESSIONS_PER_ADDRESS: &str = "SESSIONS_PER_ADDRESS";
/// The limiter of sessions started for one user, as bound in `wrangler.toml`.
pub const SESSIONS_PER_CALLER: &str = "SESSIONS_PER_CALLER";
/// The limiter of events reported by one address, as bound in `wrangler.toml`.
pub const EVENTS_PER_ADDRESS: &str = "EVENTS_PER_ADDRESS";
/// The limiter of events reported by all together, as bound in `wrangler.toml`.
pub const EVENTS_OVERALL: &str = "EVENTS_OVERALL";

/// The names of all limiters.
pub const LIMITERS: [&str; 4] = [
    SESSIONS_PER_ADDRESS,
    SESSIONS_PER_CALLER,
    EVENTS_PER_ADDRESS,
    EVENTS_OVERALL,
];

/// The period of the limiters, in seconds: how long a refused client waits at most.
pub const PERIOD_SECONDS: u64 = 60;

/// The key under which a client's address is counted. One IPv6 customer has a /64 at least, so
/// its addresses count as one. `None` stands for a client whose address is not known.
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
    fn an_ipv4_address_counts_alone_however_it_is_written() {
        assert_eq!(address_key(Some("192.0.2.1")), "192.0.2.1");
        assert_eq!(address_key(Some("::ffff:192.0.2.1")), "192.0.2.1");
        assert_ne!(address_key(Some("192.0.2.2")), "192.0.2.1");
    }

    #[test]
    fn clients_without_an_address_count_as_one() {
        assert_eq!(address_key(None), address_key(Some("not an address")));
    }
}
