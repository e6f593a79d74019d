//! A set of public keys after RFC 7517, and when to fetch it again.

use super::AuthError;
use crate::json::Json;

/// The most that is read of a key set; a real one has a few KB.
pub const MAX_KEY_SET_BYTES: usize = 128 * 1024;
/// How long fetching one may take, in seconds.
pub const FETCH_SECONDS: u32 = 5;

/// How long a key set is used before it is fetched again, so that withdrawn keys go.
const FRESH_MS: u64 = 60 * 60 * 1000;
/// How long after a fetch an unknown key id does not cause another.
const REFETCH_MS: u64 = 60 * 1000;
/// How long after a failed fetch there is no other.
const RETRY_MS: u64 = 5 * 1000;

/// The algorithms that keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256, for a shared secret.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
}

impl Algorithm {
    /// The name in a token's header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A public key that tokens are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    id: Option<String>,
    /// What the key is for, by its kind.
    pub algorithm: Algorithm,
    /// The key alone, as JSON for WebCrypto: its kind and its numbers.
    pub jwk: String,
}

/// The keys of a set that can check tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a key set of at most [`MAX_KEY_SET_BYTES`]. Keys of other kinds and uses are passed over.
    ///
    /// # Errors
    /// [`AuthError::NoKeys`] if it is not JSON, or has no key of use.
    pub fn parse(bytes: &[u8]) -> Result<Self, AuthError> {
        let set = Json::parse(bytes).ok_or(AuthError::NoKeys)?;
        let keys = set.get("keys").and_then(Json::items).unwrap_or_default();
        let keys: Vec<Key> = keys.iter().filter_map(read_key).collect();
        if keys.is_empty() {
            Err(AuthError::NoKeys)
        } else {
            Ok(Self(keys))
        }
    }

    /// The key of an id; without an id, the only key there is.
    #[must_use]
    pub fn find(&self, id: Option<&str>) -> Option<&Key> {
        match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

fn read_key(key: &Json<'_>) -> Option<Key> {
    let text = |name| key.get(name).and_then(Json::text);
    let number = |name| Some((name, text(name)?.into()));
    let (algorithm, jwk) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (
            Algorithm::Rs256,
            vec![("kty", "RSA".into()), number("n")?, number("e")?],
        ),
        ("EC", Some("P-256")) => (
            Algorithm::Es256,
            vec![
                ("kty", "EC".into()),
                ("crv", "P-256".into()),
                number("x")?,
                number("y")?,
            ],
        ),
        _ => return None,
    };
    let for_this = text("alg").is_none_or(|alg| alg == algorithm.name())
        && text("use").is_none_or(|usage| usage == "sig");
    for_this.then(|| Key {
        id: text("kid").map(str::to_owned),
        algorithm,
        jwk: Json::object(jwk).to_string(),
    })
}

/// Whether to fetch the key set now. Times are in milliseconds; `fetched` is when it last arrived,
/// `failed` when a fetch last failed, `known` whether the key that is asked for is in it.
#[must_use]
pub fn is_fetch_due(fetched: Option<u64>, failed: Option<u64>, known: bool, now: u64) -> bool {
    let longer_ago =
        |then: Option<u64>, span| then.is_none_or(|then| now.saturating_sub(then) >= span);
    let wait = if known { FRESH_MS } else { REFETCH_MS };
    longer_ago(fetched, wait) && longer_ago(failed, RETRY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","alg":"RS256","use":"sig"}"#;
    const EC: &str = r#"{"kty":"EC","kid":"e","crv":"P-256","x":"AA","y":"AA"}"#;

    fn set(keys: &[&str]) -> Result<KeySet, AuthError> {
        KeySet::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    #[test]
    fn a_key_is_found_by_its_id_and_has_the_algorithm_of_its_kind() {
        let keys = set(&[RSA, EC]).unwrap();
        assert_eq!(keys.find(Some("r")).unwrap().algorithm, Algorithm::Rs256);
        assert_eq!(keys.find(Some("e")).unwrap().algorithm, Algorithm::Es256);
        assert_eq!(keys.find(Some("x")), None);
        assert_eq!(keys.find(None), None);
        assert!(set(&[EC]).unwrap().find(None).is_some());
    }

    #[test]
    fn keys_of_other_kinds_and_uses_are_passed_over() {
        for key in [
            r#"{"kty":"oct","k":"AA","kid":"r"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","use":"enc"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","alg":"HS256"}"#,
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            "7",
        ] {
            assert_eq!(set(&[key]), Err(AuthError::NoKeys), "{key}");
        }
        for bytes in [&b""[..], b"<html>", b"[]", b"{}", br#"{"keys":{}}"#] {
            assert_eq!(KeySet::parse(bytes), Err(AuthError::NoKeys));
        }
    }

    #[test]
    fn an_unknown_key_causes_one_fetch_a_minute_at_most() {
        assert!(is_fetch_due(None, None, false, 0));
        assert!(!is_fetch_due(Some(0), None, false, 59_999));
        assert!(is_fetch_due(Some(0), None, false, 60_000));
        assert!(!is_fetch_due(Some(0), None, true, 60_000));
        assert!(is_fetch_due(Some(0), None, true, 3_600_000));
        assert!(!is_fetch_due(None, Some(0), false, 4_999));
        assert!(is_fetch_due(None, Some(0), false, 5_000));
    }
}
