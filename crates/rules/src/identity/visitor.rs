//! Anonymous visitors: a random id with the Worker's signature, in a cookie or a header.
//!
//! The value is `ID.MAC`: the id is 16 random bytes, the MAC is HMAC-SHA-256 of the id's text,
//! both in base64url without padding. HKDF-SHA-256 derives the signing key from `VISITOR_SECRET`, or from the API key if that
//! is not set. Of several secrets the first signs and all verify, so a secret can be replaced without losing a visitor.

use crate::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The cookie's name. With `__Host-` browsers require `Secure`, `Path=/` and no `Domain`.
pub const COOKIE: &str = "__Host-chatkit_visitor";

/// The header with the same value, for pages whose browser stores no cookie.
pub const HEADER: &str = "X-ChatKit-Visitor";

/// How many random bytes an id has.
pub const ID_BYTES: usize = 16;

/// The cookie's `Max-Age`: 400 days, the maximum in browsers.
const COOKIE_SECONDS: u32 = 34_560_000;

/// Separates these keys from all others that may be derived from the same secret.
const KEY_PURPOSE: &[u8] = b"chatkit-edge visitor 1";

/// A visitor whose id this Worker generated: just now, or before, as its signature proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    id: String,
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
}

impl std::fmt::Debug for VisitorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[keys]")
    }
}

impl VisitorKeys {
    /// Derives the keys: the first secret signs, the others only verify.
    #[must_use]
    pub fn derive<'a>(first: &Secret, others: impl Iterator<Item = &'a Secret>) -> Self {
        Self {
            signing: derive_key(first),
            retired: others.map(derive_key).collect(),
        }
    }

    /// A new visitor, from fresh random bytes.
    #[must_use]
    pub fn new_visitor(&self, random: [u8; ID_BYTES]) -> Visitor {
        Visitor {
            id: Base64UrlUnpadded::encode_string(&random),
        }
    }

    /// The value for cookie or header that proves this visitor later.
    #[must_use]
    pub fn sign(&self, visitor: &Visitor) -> String {
        let mac = mac(&self.signing, &visitor.id).map(|mac| mac.finalize().into_bytes());
        let mac = mac.map_or_else(String::new, |mac| Base64UrlUnpadded::encode_string(&mac));
        format!("{}.{mac}", visitor.id)
    }

    /// The visitor that a value proves, if its signature is valid.
    #[must_use]
    pub fn verify(&self, value: &str) -> Option<Visitor> {
        let (id, signature) = value.split_once('.')?;
        let mut bytes = [0; ID_BYTES];
        let decoded = Base64UrlUnpadded::decode(id, &mut bytes).ok()?;
        let mut signed = [0; 32];
        let signed = Base64UrlUnpadded::decode(signature, &mut signed).ok()?;
        let whole = decoded.len() == ID_BYTES && signed.len() == 32;
        let proven = std::iter::once(&self.signing)
            .chain(&self.retired)
            .any(|key| mac(key, id).is_some_and(|mac| mac.verify_slice(signed).is_ok()));
        (whole && proven).then(|| Visitor { id: id.to_owned() })
    }

    /// The visitor that a request proves: by the cookie, else by the header.
    #[must_use]
    pub fn from_headers(&self, cookies: Option<&str>, header: Option<&str>) -> Option<Visitor> {
        cookies
            .into_iter()
            .flat_map(values_of_cookie)
            .chain(header)
            .find_map(|value| self.verify(value))
    }

    /// The value of `Set-Cookie`. On a third-party page the cookie is partitioned: browsers block other cookies there. It is
    /// separate for each embedding site.
    #[must_use]
    pub fn cookie(&self, visitor: &Visitor, third_party: bool) -> String {
        let value = self.sign(visitor);
        let site = if third_party {
            "SameSite=None; Secure; Partitioned"
        } else {
            "SameSite=Lax; Secure"
        };
        format!("{COOKIE}={value}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; {site}")
    }
}

fn derive_key(secret: &Secret) -> [u8; 32] {
    let mut key = [0; 32];
    // HKDF rejects only outputs of more than 255 blocks; this is one.
    let _ = Hkdf::<Sha256>::new(None, secret.expose().as_bytes()).expand(KEY_PURPOSE, &mut key);
    key
}

/// Never `None`: HMAC accepts keys of any length.
fn mac(key: &[u8], id: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(id.as_bytes());
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

    fn keys(secrets: &[&str]) -> VisitorKeys {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        VisitorKeys::derive(&secrets[0], secrets[1..].iter())
    }

    #[test]
    fn a_signed_visitor_is_recognized_in_cookie_and_header() {
        let keys = keys(&["one"]);
        let visitor = keys.new_visitor([7; ID_BYTES]);
        let value = keys.sign(&visitor);
        let cookies = format!("a=b; {COOKIE}={value}; c=d");
        assert_eq!(
            keys.from_headers(Some(&cookies), None),
            Some(visitor.clone())
        );
        assert_eq!(keys.from_headers(None, Some(&value)), Some(visitor));
    }

    #[test]
    fn a_damaged_cookie_does_not_hide_a_good_one() {
        let keys = keys(&["one"]);
        let value = keys.sign(&keys.new_visitor([7; ID_BYTES]));
        let cookies = format!("{COOKIE}=x.y; {COOKIE}={value}");
        assert!(keys.from_headers(Some(&cookies), None).is_some());
    }

    #[test]
    fn forged_cut_swapped_and_foreign_values_prove_no_visitor() {
        let ours = keys(&["one"]);
        let one = ours.sign(&ours.new_visitor([1; ID_BYTES]));
        let two = ours.sign(&ours.new_visitor([2; ID_BYTES]));
        let (id_one, mac_one) = one.split_once('.').unwrap();
        let (id_two, _) = two.split_once('.').unwrap();
        let foreign = keys(&["other"]);
        for value in [
            String::new(),
            ".".to_owned(),
            id_one.to_owned(),
            format!("{id_one}."),
            format!("{id_two}.{mac_one}"),
            format!("{id_one}.{}", mac_one.get(..42).unwrap()),
            format!("{id_one}.{mac_one}A"),
            format!("{one}."),
            foreign.sign(&foreign.new_visitor([1; ID_BYTES])),
        ] {
            assert_eq!(ours.verify(&value), None, "{value}");
        }
    }

    #[test]
    fn a_new_secret_in_front_keeps_visitors_until_the_old_one_is_removed() {
        let old = keys(&["old"]);
        let visitor = old.new_visitor([9; ID_BYTES]);
        let value = old.sign(&visitor);
        let both = keys(&["new", "old"]);
        assert_eq!(both.verify(&value), Some(visitor.clone()));
        let renewed = both.sign(&visitor);
        assert_eq!(keys(&["new"]).verify(&renewed), Some(visitor));
        assert_eq!(keys(&["new"]).verify(&value), None);
    }

    #[test]
    fn third_party_cookies_are_partitioned() {
        let keys = keys(&["one"]);
        let visitor = keys.new_visitor([7; ID_BYTES]);
        assert!(
            keys.cookie(&visitor, true)
                .ends_with("HttpOnly; SameSite=None; Secure; Partitioned")
        );
        assert!(
            keys.cookie(&visitor, false)
                .ends_with("HttpOnly; SameSite=Lax; Secure")
        );
    }
}
