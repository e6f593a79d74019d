//! Origins, the patterns that allow them, client addresses and paths.

use super::checks::check_origin::check;
use super::strategies::bytes;
use proptest::prelude::*;
use rules::error::Error;
use rules::http::cors::{OriginPattern, RequestOrigin, classify, parse_pattern};
use rules::log::{LogLine, path_for_log};
use rules::rate_limits::address_keys;
use rules::router::{Route, route, session_id};
use rules::url_origin::of_url;
use serde_json::Value;
use std::net::{Ipv4Addr, Ipv6Addr};

const LABEL: &str = "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?";

/// A host name of several labels that is not an IP address.
fn host() -> impl Strategy<Value = String> {
    (prop::collection::vec(LABEL, 1..4), "[a-z]{2,6}")
        .prop_map(|(labels, last)| format!("{}.{last}", labels.join(".")))
}

proptest! {
    #[test]
    fn any_bytes_are_checked_without_a_panic(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_origin_is_classified_by_the_patterns(
        first in "(https?://|HTTPS://|/api/)?(\\*\\.)?[a-zA-Z0-9.*@:/\\[\\]%_-]{0,30}",
        rules in prop::collection::vec("https?://(\\*\\.)?[a-z0-9.:@/-]{0,20}", 0..3),
    ) {
        check(format!("{first}\n{}", rules.join("\n")).as_bytes());
        for rule in &rules {
            check(format!("{rule}\n{rule}").as_bytes());
        }
    }

    #[test]
    fn a_wildcard_allows_subdomains_and_no_look_alikes(domain in host(), label in LABEL, evil in host()) {
        prop_assume!(!evil.ends_with(&domain));
        let rules = [parse_pattern(&format!("https://*.{domain}")).expect("a rule")];
        let judge = |origin: String| classify(Some(&origin), "https://own.example", &rules);
        let inside = format!("https://{label}.{domain}");
        prop_assert_eq!(judge(inside.clone()), RequestOrigin::Allowed(inside));
        for outside in [
            format!("https://{domain}"),
            format!("http://{label}.{domain}"),
            format!("https://{label}.{domain}.{evil}"),
            format!("https://{label}{domain}"),
            format!("https://{label}.{domain}:8443"),
            format!("https://{label}.{domain}."),
            format!("https://{evil}/.{domain}"),
            format!("https://{evil}@.{domain}"),
            format!("https://{evil}?.{domain}"),
        ] {
            prop_assert_eq!(judge(outside.clone()), RequestOrigin::Disallowed, "{}", outside);
        }
    }

    #[test]
    fn an_entry_allows_its_origin_in_upper_case_and_with_a_slash_too(
        domain in host(), port in 1u16.., upper in any::<bool>(), slash in "/?",
    ) {
        let port = if port == 443 { String::new() } else { format!(":{port}") };
        let origin = format!("https://{domain}{port}");
        let written = if upper { origin.to_uppercase() } else { origin.clone() };
        prop_assert_eq!(parse_pattern(&format!("{written}{slash}")), Some(OriginPattern::Exact(origin.clone())));
        prop_assert_eq!(of_url(&format!("{written}/a/b?c#d")), Some(origin.clone()));
        prop_assert_eq!(of_url(&format!("https://{domain}:443/")), Some(format!("https://{domain}")));
    }

    #[test]
    fn any_single_segment_is_a_session_id(id in "[^/]{1,60}", more in "[^/]{0,5}") {
        let path = format!("/api/chatkit/session/{id}");
        prop_assert_eq!(session_id(&path), Some(id.as_str()));
        prop_assert_eq!(route("GET", &path), Ok(Route::ShowSession));
        prop_assert_eq!(route("DELETE", &path), Ok(Route::CancelSession));
        prop_assert_eq!(route("GET", &format!("{path}/{more}")), Err(Error::NotFound));
        check(path.as_bytes());
    }

    #[test]
    fn queries_and_secrets_in_paths_are_not_logged(
        path in "(/[a-z]{0,8}){0,5}", secret in "(ek_|sk-)[a-z0-9]{8,30}", query in "[?#].{0,20}",
    ) {
        let logged = path_for_log(&format!("{path}/{secret}/x{query}"));
        prop_assert_eq!(logged, format!("{path}/[redacted]/x"));
    }

    #[test]
    fn every_log_line_is_one_line_of_json(
        path in ".{0,60}", id in ".{0,20}", cause in ".{0,40}", status in any::<u16>(),
    ) {
        let path = path_for_log(&path);
        let line = LogLine {
            path: Some(&path),
            session_id: Some(&id),
            cause: Some(&cause),
            status: Some(status),
            ..LogLine::default()
        };
        let text = line.to_json();
        prop_assert!(text.bytes().all(|byte| byte >= b' '));
        let read: Value = serde_json::from_str(&text).expect("a line is JSON");
        prop_assert_eq!(&read["path"], &path);
        prop_assert_eq!(&read["session_id"], &id);
        prop_assert_eq!(&read["cause"], &cause);
        prop_assert_eq!(&read["status"], status);
    }

    #[test]
    fn ipv4_addresses_count_alone_and_ipv6_addresses_by_network(
        network in any::<u64>(), one in any::<u64>(), other in any::<u64>(), v4 in any::<u32>(), text in ".{0,40}",
    ) {
        // Some addresses below 2000::/3 stand for IPv4 addresses.
        let network = network | 1 << 61;
        let address = |host: u64| Ipv6Addr::from(u128::from(network) << 64 | u128::from(host)).to_string();
        prop_assert_eq!(address_keys(Some(&address(one))), address_keys(Some(&address(other))));
        let neighbour = Ipv6Addr::from(u128::from(network ^ 1) << 64).to_string();
        let (own, others) = (address_keys(Some(&address(one))), address_keys(Some(&neighbour)));
        prop_assert!(own.len() == 2 && own.iter().all(|key| !others.contains(key)));
        let near = Ipv6Addr::from(u128::from(network ^ 2) << 64).to_string();
        let near = address_keys(Some(&near));
        prop_assert!(near[0] != own[0] && near[1] == own[1]);
        let v4 = Ipv4Addr::from(v4).to_string();
        prop_assert_eq!(address_keys(Some(&format!(" {v4} "))), [v4]);
        // The key is derived from a parsed address, so clients cannot invent long keys.
        prop_assert!(address_keys(Some(&text)).iter().all(|key| key.len() <= 30));
    }
}
