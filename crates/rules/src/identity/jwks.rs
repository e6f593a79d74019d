//! A set of public keys (RFC 7517).

use crate::error::AuthError;
use crate::http::json_object::{JsonObject, parse_as};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The largest key set that is read; a real one has a few KB.
pub const MAX_KEY_SET_BYTES: usize = 128 * 1024;

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
                n: self.n?,
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
            && self.usage.is_none_or(|usage| usage == "sig");
        fits.then_some(key)
    }
}

/// The keys of a set that can verify tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// Parses a key set of at most [`MAX_KEY_SET_BYTES`]. Keys of other types and uses are skipped.
    ///
    /// # Errors
    /// [`AuthError::NoKeys`] if it is not JSON, or has no usable key.
    pub fn parse(bytes: &[u8]) -> Result<Self, AuthError> {
        let set = JsonObject::parse(bytes).map_err(|_| AuthError::NoKeys)?;
        let entries = set.get("keys").and_then(parse_as::<Vec<&RawValue>>);
        let entries = entries.unwrap_or_default().into_iter();
        let keys: Vec<PublicKey> = entries
            .filter_map(parse_as::<Jwk>)
            .filter_map(Jwk::into_key)
            .collect();
        if keys.is_empty() {
            Err(AuthError::NoKeys)
        } else {
            Ok(Self(keys))
        }
    }

    /// The key with an id. Without an id, the only key there is.
    #[must_use]
    pub fn find(&self, id: Option<&str>) -> Option<&PublicKey> {
        match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
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
    fn a_key_is_found_by_its_id_and_has_the_algorithm_of_its_type() {
        let keys = set(&[RSA, EC]).unwrap();
        assert_eq!(keys.find(Some("r")).unwrap().algorithm(), Algorithm::Rs256);
        assert_eq!(keys.find(Some("e")).unwrap().algorithm(), Algorithm::Es256);
        assert_eq!(keys.find(Some("x")), None);
        assert_eq!(keys.find(None), None);
        assert!(set(&[EC]).unwrap().find(None).is_some());
    }

    #[test]
    fn keys_of_other_types_and_uses_are_skipped() {
        for key in [
            r#"{"kty":"oct","k":"AA","kid":"r"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","use":"enc"}"#,
            r#"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB","alg":"HS256"}"#,
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            "7",
        ] {
            assert_eq!(set(&[key]), Err(AuthError::NoKeys), "{key}");
            assert!(set(&[key, RSA, EC]).is_ok(), "{key}");
        }
        for bytes in [&b""[..], b"<html>", b"[]", b"{}", br#"{"keys":{}}"#] {
            assert_eq!(KeySet::parse(bytes), Err(AuthError::NoKeys));
        }
    }
}
