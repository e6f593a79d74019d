//! A set of public keys (RFC 7517).

use crate::http::json_object::{JsonObject, parse_as};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The largest key set that is read; a real one has a few KB.
pub const MAX_KEY_SET_BYTES: usize = 128 * 1024;

/// The shortest RSA modulus that is used (RFC 7518, section 3.3). Shorter keys can be factored.
const MIN_RSA_BITS: u64 = 2048;

/// The algorithms of public keys.
pub const PUBLIC_ALGORITHMS: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Es256];

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

/// The parts of a public key that WebCrypto needs, serialized as a JWK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum KeyMaterial {
    /// An RSA key.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
    /// A key on the curve P-256.
    #[serde(rename = "EC")]
    Ec {
        /// The curve.
        crv: &'static str,
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
    },
}

/// The curve of ES256.
const P256: &str = "P-256";

/// A public key that verifies tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: Option<String>,
    /// The key itself.
    pub material: KeyMaterial,
}

impl PublicKey {
    /// The algorithm of a key is decided by its type, never by a token.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            KeyMaterial::Rsa { .. } => Algorithm::Rs256,
            KeyMaterial::Ec { .. } => Algorithm::Es256,
        }
    }
}

/// An entry of a key set.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The key, if it is for verifying signatures with the algorithm of its type.
    fn into_key(self) -> Option<PublicKey> {
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => KeyMaterial::Rsa {
                n: self.n.filter(|n| bits(n) >= MIN_RSA_BITS)?,
                e: self.e?,
            },
            ("EC", Some(P256)) => KeyMaterial::Ec {
                crv: P256,
                x: self.x?,
                y: self.y?,
            },
            _ => return None,
        };
        let key = PublicKey {
            id: self.kid,
            material,
        };
        let fits = self.alg.is_none_or(|alg| alg == key.algorithm().name())
            && self.usage.is_none_or(|usage| usage == "sig")
            && self
                .key_ops
                .is_none_or(|operations| operations.iter().any(|name| name == "verify"));
        fits.then_some(key)
    }
}

/// How many bits a number has. 0 if it is not base64url.
fn bits(number: &str) -> u64 {
    let bytes = Base64UrlUnpadded::decode_vec(number).unwrap_or_default();
    let mut significant = bytes.iter().skip_while(|byte| **byte == 0);
    let first = significant.next().and_then(|byte| byte.checked_ilog2());
    let rest = (significant.count() as u64).saturating_mul(8);
    first.map_or(0, |log| {
        rest.saturating_add(u64::from(log)).saturating_add(1)
    })
}

/// The keys of a set that can verify tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Parses a key set of at most [`MAX_KEY_SET_BYTES`]. Keys of other types and uses, and keys that are too short, are skipped.
    ///
    /// # Errors
    /// What is wrong, for the log, if it is not JSON, or has no usable key.
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let set = JsonObject::parse(bytes).map_err(|_| "it is not a JSON object")?;
        let entries = set.get("keys").and_then(parse_as::<Vec<&RawValue>>);
        let entries = entries.unwrap_or_default().into_iter();
        let keys: Vec<PublicKey> = entries
            .filter_map(parse_as::<Jwk>)
            .filter_map(Jwk::into_key)
            .collect();
        if keys.is_empty() {
            Err("it has no key for RS256 or ES256")
        } else {
            Ok(Self(keys))
        }
    }

    /// The keys with an id: more than one while a provider replaces a key and reuses its id. Without an id, the only key there
    /// is.
    pub fn find(&self, id: Option<&str>) -> impl Iterator<Item = &PublicKey> {
        let is_only = self.0.len() == 1;
        self.0.iter().filter(move |key| match id {
            Some(id) => key.id.as_deref() == Some(id),
            None => is_only,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#"{"kty":"EC","kid":"e","crv":"P-256","x":"AA","y":"AA"}"#;

    /// An RSA key whose modulus has so many bits, with more fields.
    fn rsa(bits: usize, more: &str) -> String {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        if bits % 8 == 7 {
            modulus[0] = 0x7f;
        }
        let n = Base64UrlUnpadded::encode_string(&modulus);
        format!(r#"{{"kty":"RSA","kid":"r","n":"{n}","e":"AQAB"{more}}}"#)
    }

    fn set(keys: &[&str]) -> Result<KeySet, &'static str> {
        KeySet::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
    }

    fn algorithms(keys: &KeySet, id: Option<&str>) -> Vec<Algorithm> {
        keys.find(id).map(PublicKey::algorithm).collect()
    }

    #[test]
    fn keys_are_found_by_their_id_and_have_the_algorithm_of_their_type() {
        let rsa = rsa(2048, r#","alg":"RS256","use":"sig","key_ops":["verify"]"#);
        let keys = set(&[&rsa, EC]).unwrap();
        assert_eq!(algorithms(&keys, Some("r")), [Algorithm::Rs256]);
        assert_eq!(algorithms(&keys, Some("e")), [Algorithm::Es256]);
        assert_eq!(algorithms(&keys, Some("x")), []);
        assert_eq!(algorithms(&keys, None), []);
        assert_eq!(algorithms(&set(&[EC]).unwrap(), None), [Algorithm::Es256]);
        let twice = set(&[&rsa, &EC.replace(r#""e""#, r#""r""#)]).unwrap();
        assert_eq!(algorithms(&twice, Some("r")), PUBLIC_ALGORITHMS);
    }

    #[test]
    fn keys_of_other_types_and_uses_are_skipped() {
        let good = rsa(2048, "");
        for key in [
            r#"{"kty":"oct","k":"AA","kid":"r"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB"}"#,
            &rsa(2048, r#","use":"enc""#),
            &rsa(2048, r#","alg":"HS256""#),
            &rsa(2048, r#","key_ops":["encrypt"]"#),
            &rsa(2048, r#","key_ops":[]"#),
            &rsa(2048, r#","key_ops":"verify""#),
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            "7",
        ] {
            assert!(set(&[key]).is_err(), "{key}");
            assert_eq!(
                algorithms(&set(&[key, &good]).unwrap(), Some("r")).len(),
                1,
                "{key}"
            );
        }
        for bytes in [&b""[..], b"<html>", b"[]", b"{}", br#"{"keys":{}}"#] {
            assert!(KeySet::parse(bytes).is_err());
        }
    }

    #[test]
    fn an_rsa_key_has_at_least_2048_bits() {
        for (bits, is_used) in [
            (512, false),
            (1024, false),
            (2047, false),
            (2048, true),
            (4096, true),
        ] {
            assert_eq!(set(&[&rsa(bits, "")]).is_ok(), is_used, "{bits}");
        }
        let padded = [vec![0; 128], vec![0xff; 128]].concat();
        assert_eq!(bits(&Base64UrlUnpadded::encode_string(&padded)), 1024);
        assert_eq!(
            (bits("AQAB"), bits("AA"), bits(""), bits("%")),
            (17, 0, 0, 0)
        );
    }
}
