//! Tokens with signatures that anyone can make, and the verifier that accepts them.
//!
//! A signature is valid if it is `signed:` and the key's first part: `n` of an RSA key without its zeros, `x` of a key on a curve.

use super::{NOON, Twin};
use base64ct::{Base64UrlUnpadded, Encoding};
use rules::identity::jwks::{KeyMaterial, PublicKey};
use rules::platform::SignatureVerifier;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://site.example";
pub const AUDIENCE: &str = "chat";

/// An RSA key of a set: 2048 bits, most of them zero.
pub fn rsa_key(id: &str) -> Value {
    json!({"kty": "RSA", "kid": id, "n": format!("modulus-{id:A<334}"), "e": "AQAB"})
}

/// A key on a curve.
pub fn ec_key(id: &str) -> Value {
    json!({"kty": "EC", "kid": id, "crv": "P-256", "x": format!("point-{id}"), "y": "AA"})
}

/// The body of a JWKS.
pub fn key_set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

/// A token for `user-1` that is valid for two days and signed with an RSA key.
pub fn token(key_id: &str) -> String {
    signed(
        &json!({"alg": "RS256", "kid": key_id}),
        &claims(),
        &format!("signed:modulus-{key_id}"),
    )
}

/// Claims that the settings of the tests accept.
pub fn claims() -> Value {
    let expires = NOON / 1000 + 2 * 86_400;
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "exp": expires})
}

/// A token from its three parts.
pub fn signed(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let (header, claims) = (header.to_string(), claims.to_string());
    format!(
        "{}.{}.{}",
        encode(&header),
        encode(&claims),
        encode(signature)
    )
}

impl SignatureVerifier for Twin {
    async fn verify(&self, key: &PublicKey, _: &[u8], signature: &[u8]) -> bool {
        self.world.note("verify");
        self.world.clock.turn().await;
        let (KeyMaterial::Rsa { n: part, .. } | KeyMaterial::Ec { x: part, .. }) = &key.material;
        signature == format!("signed:{}", part.trim_end_matches('A')).as_bytes()
    }
}
