//! Anonymous visitors: a random id with the Worker's signature, in a cookie or a header.
//!
//! The value is `ID.TIME.MAC`: the id is 16 random bytes, the time is when the value was issued, in Unix seconds, and the MAC is
//! HMAC-SHA-256 of the text `ID.TIME`. Id and MAC are in base64url without padding. HKDF-SHA-256 derives the signing key from
//! `VISITOR_SECRET`, or from the API key if that is not set. Of several secrets the first signs and all verify, so a secret can
//! be replaced without losing a visitor.
//!
//! A value ends `VISITOR_MAX_AGE_DAYS` after it was issued, so a stolen one does not work forever. Each visit replaces a value
//! that is older than a day, so a visitor who comes back in time stays the same.
//!
//! Version 0.1.0 signed `ID.MAC`, without a time. Such a value counts as issued at [`UNTIMED_ISSUED`], and the first visit
//! replaces it.

use crate::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The cookie's name. With `__Host-` browsers require `Secure`, `Path=/` and no `Domain`.
pub const COOKIE: &str = "__Host-chatkit_visitor";

/// The header with the same value, for pages whose browser stores no cookie.
/// The platform redacts it in its logs, because its name contains "token".
pub const HEADER: &str = "X-ChatKit-Visitor-Token";

/// The header's name in version 0.1.0, still accepted.
pub const OLD_HEADER: &str = "X-ChatKit-Visitor";

/// How many random bytes an id has.
pub const ID_BYTES: usize = 16;

/// When a value without a time counts as issued: 2026-11-29, in Unix seconds, after which no such value is signed.
pub const UNTIMED_ISSUED: u64 = 1_795_910_400;

const DAY_SECONDS: u64 = 86_400;

/// Separates these keys from all others that may be derived from the same secret.
const KEY_PURPOSE: &[u8] = b"chatkit-edge visitor 1";

/// A visitor whose id this Worker generated: just now, or before, as its signature proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    id: String,
    /// When the value that proves them was issued, in Unix seconds. `None` for a new visitor, and for a value of version 0.1.0.
    issued: Option<u64>,
}

impl Visitor {
    /// The `user` for OpenAI. It decides whose chat history is shown.
    #[must_use]
    pub fn user(&self) -> String {
        format!("visitor_{}", self.id)
    }
}

/// The keys that sign and verify visitors; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct VisitorKeys {
    signing: [u8; 32],
    retired: Vec<[u8; 32]>,
    /// `VISITOR_MAX_AGE_DAYS`.
    max_age_days: u64,
}

impl std::fmt::Debug for VisitorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[keys]")
    }
}

impl VisitorKeys {
    /// Derives the keys: the first secret signs, the others only verify. Values end after so many days.
    #[must_use]
    pub fn derive<'a>(
        first: &Secret,
        others: impl Iterator<Item = &'a Secret>,
        max_age_days: u64,
    ) -> Self {
        Self {
            signing: first.derive_key(KEY_PURPOSE),
            retired: others
                .map(|secret| secret.derive_key(KEY_PURPOSE))
                .collect(),
            max_age_days,
        }
    }

    /// A new visitor, from fresh random bytes.
    #[must_use]
    pub fn new_visitor(&self, random: [u8; ID_BYTES]) -> Visitor {
        Visitor {
            id: Base64UrlUnpadded::encode_string(&random),
            issued: None,
        }
    }

    /// The value for cookie or header that proves this visitor later, at `now` in Unix seconds. It changes once a day at most,
    /// so that the tabs of a page agree on it.
    #[must_use]
    pub fn sign(&self, visitor: &Visitor, now: u64) -> String {
        let is_young = |issued: &u64| now < issued.saturating_add(DAY_SECONDS);
        let issued = visitor.issued.filter(is_young).unwrap_or(now);
        let signed = format!("{}.{issued}", visitor.id);
        let mac = mac(&self.signing, &signed).map(|mac| mac.finalize().into_bytes());
        let mac = mac.map_or_else(String::new, |mac| Base64UrlUnpadded::encode_string(&mac));
        format!("{signed}.{mac}")
    }

    /// The visitor that a value proves at `now`, in Unix seconds, if its signature is valid and it has not ended.
    #[must_use]
    pub fn verify(&self, value: &str, now: u64) -> Option<Visitor> {
        let (signed, signature) = value.rsplit_once('.')?;
        let (id, issued) = match signed.split_once('.') {
            Some((id, time)) => (id, Some(whole_seconds(time)?)),
            None => (signed, None),
        };
        let mut bytes = [0; ID_BYTES];
        let decoded = Base64UrlUnpadded::decode(id, &mut bytes).ok()?;
        let mut mac_bytes = [0; 32];
        let signature = Base64UrlUnpadded::decode(signature, &mut mac_bytes).ok()?;
        let whole = decoded.len() == ID_BYTES && signature.len() == 32;
        let proven = std::iter::once(&self.signing)
            .chain(&self.retired)
            .any(|key| mac(key, signed).is_some_and(|mac| mac.verify_slice(signature).is_ok()));
        let ends = issued
            .unwrap_or(UNTIMED_ISSUED)
            .saturating_add(self.max_age_days.saturating_mul(DAY_SECONDS));
        (whole && proven && now < ends).then(|| Visitor {
            id: id.to_owned(),
            issued,
        })
    }

    /// The visitor that a `Cookie` header proves at `now`, in Unix seconds.
    #[must_use]
    pub fn from_cookies(&self, header: &str, now: u64) -> Option<Visitor> {
        values_of_cookie(header).find_map(|value| self.verify(value, now))
    }

    /// The value of `Set-Cookie` at `now`, in Unix seconds. On a third-party page the cookie is partitioned: browsers block
    /// other cookies there. It is separate for each embedding site.
    #[must_use]
    pub fn cookie(&self, visitor: &Visitor, now: u64, third_party: bool) -> String {
        let value = self.sign(visitor, now);
        let max_age = self.max_age_days.saturating_mul(DAY_SECONDS);
        let site = if third_party {
            "SameSite=None; Secure; Partitioned"
        } else {
            "SameSite=Lax; Secure"
        };
        format!("{COOKIE}={value}; Path=/; Max-Age={max_age}; HttpOnly; {site}")
    }
}

/// A time in its only valid notation: decimal digits without a leading zero.
fn whole_seconds(text: &str) -> Option<u64> {
    let seconds: u64 = text.parse().ok()?;
    (seconds.to_string() == text).then_some(seconds)
}

/// Whether a `Cookie` header has a visitor's cookie, valid or not.
#[must_use]
pub fn has_cookie(header: &str) -> bool {
    values_of_cookie(header).next().is_some()
}

/// Never `None`: HMAC accepts keys of any length.
fn mac(key: &[u8], signed: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(signed.as_bytes());
    Some(mac)
}

/// Every value of the cookie in a `Cookie` header: a page can have both a partitioned and an unpartitioned one.
fn values_of_cookie(header: &str) -> impl Iterator<Item = &str> {
    header.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == COOKIE).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const MAX_AGE_DAYS: u64 = 30;

    fn keys(secrets: &[&str]) -> VisitorKeys {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        VisitorKeys::derive(&secrets[0], secrets[1..].iter(), MAX_AGE_DAYS)
    }

    /// A value as version 0.1.0 signed it.
    fn untimed(keys: &VisitorKeys, visitor: &Visitor) -> String {
        let mac = mac(&keys.signing, &visitor.id).unwrap().finalize();
        format!(
            "{}.{}",
            visitor.id,
            Base64UrlUnpadded::encode_string(&mac.into_bytes())
        )
    }

    fn users(keys: &VisitorKeys, value: &str, now: u64) -> Option<String> {
        keys.verify(value, now).map(|visitor| visitor.user())
    }

    #[test]
    fn a_damaged_cookie_does_not_hide_a_good_one() {
        let keys = keys(&["one"]);
        let visitor = keys.new_visitor([7; ID_BYTES]);
        let value = keys.sign(&visitor, NOW);
        let cookies = format!("a=b; {COOKIE}=x.y; {COOKIE}={value}; c=d");
        let found = keys.from_cookies(&cookies, NOW).unwrap();
        assert_eq!(found.user(), visitor.user());
        assert!(has_cookie(&cookies) && has_cookie(&format!("{COOKIE}=")));
        assert!(!has_cookie(&format!("x{COOKIE}={value}; a=b")));
    }

    #[test]
    fn forged_cut_swapped_and_foreign_values_prove_no_visitor() {
        let ours = keys(&["one"]);
        let one = ours.sign(&ours.new_visitor([1; ID_BYTES]), NOW);
        let two = ours.sign(&ours.new_visitor([2; ID_BYTES]), NOW);
        let (id_one, rest_one) = one.split_once('.').unwrap();
        let (id_two, _) = two.split_once('.').unwrap();
        let (time, mac_one) = rest_one.split_once('.').unwrap();
        let foreign = keys(&["other"]);
        for value in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            id_one.to_owned(),
            format!("{id_one}."),
            format!("{id_one}.{time}."),
            format!("{id_one}.{mac_one}"),
            format!("{id_two}.{rest_one}"),
            format!("{id_one}.{}.{mac_one}", NOW + 1),
            format!("{id_one}.0{time}.{mac_one}"),
            format!("{id_one}.+{time}.{mac_one}"),
            format!("{id_one}.{time}.{}", mac_one.get(..42).unwrap()),
            format!("{one}A"),
            format!("{one}."),
            foreign.sign(&foreign.new_visitor([1; ID_BYTES]), NOW),
        ] {
            assert_eq!(ours.verify(&value, NOW), None, "{value}");
        }
    }

    #[test]
    fn a_value_ends_after_its_maximum_age_and_a_visit_after_a_day_replaces_it() {
        let keys = keys(&["one"]);
        let value = keys.sign(&keys.new_visitor([7; ID_BYTES]), NOW);
        let end = NOW + MAX_AGE_DAYS * DAY_SECONDS;
        assert!(keys.verify(&value, end - 1).is_some());
        assert_eq!(keys.verify(&value, end), None);
        let visitor = keys.verify(&value, NOW).unwrap();
        assert_eq!(keys.sign(&visitor, NOW + DAY_SECONDS - 1), value);
        let next = keys.sign(&visitor, NOW + DAY_SECONDS);
        assert_ne!(next, value);
        assert_eq!(users(&keys, &next, end), Some(visitor.user()));
    }

    #[test]
    fn a_value_of_version_0_1_0_is_replaced_and_ends_with_those_issued_on_its_last_day() {
        let keys = keys(&["one"]);
        let visitor = keys.new_visitor([7; ID_BYTES]);
        let value = untimed(&keys, &visitor);
        let end = UNTIMED_ISSUED + MAX_AGE_DAYS * DAY_SECONDS;
        assert_eq!(
            users(&keys, &value, UNTIMED_ISSUED - DAY_SECONDS),
            Some(visitor.user())
        );
        assert_eq!(users(&keys, &value, end - 1), Some(visitor.user()));
        assert_eq!(keys.verify(&value, end), None);
        let proven = keys.verify(&value, end - 1).unwrap();
        assert_eq!(
            users(&keys, &keys.sign(&proven, end - 1), end),
            Some(visitor.user())
        );
    }

    #[test]
    fn a_new_secret_in_front_keeps_visitors_until_the_old_one_is_removed() {
        let old = keys(&["old"]);
        let value = old.sign(&old.new_visitor([9; ID_BYTES]), NOW);
        let both = keys(&["new", "old"]);
        let visitor = both.verify(&value, NOW).unwrap();
        let renewed = both.sign(&visitor, NOW);
        assert_eq!(keys(&["new"]).verify(&renewed, NOW), Some(visitor));
        assert_eq!(keys(&["new"]).verify(&value, NOW), None);
    }

    #[test]
    fn third_party_cookies_are_partitioned() {
        let keys = keys(&["one"]);
        let visitor = keys.new_visitor([7; ID_BYTES]);
        let of_other_site = keys.cookie(&visitor, NOW, true);
        assert!(
            of_other_site
                .ends_with("Max-Age=2592000; HttpOnly; SameSite=None; Secure; Partitioned")
        );
        assert!(
            keys.cookie(&visitor, NOW, false)
                .ends_with("HttpOnly; SameSite=Lax; Secure")
        );
    }
}
