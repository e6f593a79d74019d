//! JSON web tokens in their compact form (RFC 7515 and 7519), parsed strictly.
//!
//! 1. [`Token::parse`] splits a compact JWS, within bounds.
//! 2. The key is found by the settings, never by the token: the one secret, or in a key set by its id.
//! 3. The token must name the key's own algorithm; then the signature is verified.
//! 4. [`Token::user`] checks expiry, start, issuer and audience, and returns the `sub` claim.

use super::jwks::Algorithm;
use crate::error::AuthError;
use crate::http::json_object::from_object;
use crate::secret::Secret;
use crate::settings::TokenPolicy;
use crate::validate::is_user;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::Sha256;

/// The longest token that is parsed. Cloudflare accepts headers of 16 KB; tokens have 1 or 2.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How far the clocks of two machines may differ, in seconds.
const LEEWAY_SECONDS: u64 = 60;

/// A parsed token. Nothing in it is trusted before its signature is verified.
#[derive(Debug)]
pub struct Token<'a> {
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// The header. A derived type rejects a repeated `alg`, `kid` or `crit`: two parsers could each use a different one.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood. None is supported.
    crit: Option<Value>,
}

/// The claims that are checked. Times are in Unix seconds, rounded up.
#[derive(Debug)]
struct Claims {
    /// `exp`, if it is a time.
    expires: Option<u64>,
    /// `nbf`. If it is not a time, the token is never valid.
    not_before: u64,
    issuer: Option<String>,
    audience: Vec<String>,
    subject: Option<String>,
    /// All of them.
    all: Map<String, Value>,
}

impl Claims {
    fn parse(json: &[u8]) -> Option<Self> {
        let claims: Map<String, Value> = from_object(json)?;
        let text = |name| claims.get(name)?.as_str().map(str::to_owned);
        let audience = match claims.get("aud") {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let audience = audience.iter().filter_map(Value::as_str);
        let audience = audience.map(str::to_owned).collect();
        let (issuer, subject) = (text("iss"), text("sub"));
        Some(Self {
            expires: claims.get("exp").and_then(numeric_date),
            not_before: claims
                .get("nbf")
                .map_or(0, |nbf| numeric_date(nbf).unwrap_or(u64::MAX)),
            issuer,
            audience,
            subject,
            all: claims,
        })
    }
}

/// A number of seconds, rounded up: 0 for a negative one, [`u64::MAX`] for one beyond it.
fn numeric_date(value: &Value) -> Option<u64> {
    // The conversion from floating point saturates at both ends.
    let rounded = |seconds: f64| seconds.ceil() as u64;
    value.as_u64().or_else(|| value.as_f64().map(rounded))
}

impl<'a> Token<'a> {
    /// Parses a token.
    ///
    /// # Errors
    /// [`AuthError::Malformed`] unless it is three parts of base64url, the first two JSON objects.
    pub fn parse(text: &'a str) -> Result<Self, AuthError> {
        let parse = || {
            let (signed, signature) = text.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            Some(Self {
                header: from_object(&decode(header)?)?,
                claims: Claims::parse(&decode(claims)?)?,
                signed,
                signature: decode(signature)?,
            })
        };
        (text.len() <= MAX_TOKEN_BYTES)
            .then(parse)
            .flatten()
            .filter(|token| token.header.crit.is_none())
            .ok_or(AuthError::Malformed)
    }

    /// The id of the key that the token says it is signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The signed bytes and the signature.
    #[must_use]
    pub fn signed_bytes(&self) -> (&[u8], &[u8]) {
        (self.signed.as_bytes(), &self.signature)
    }

    /// Checks that the token names the algorithm of its key.
    ///
    /// # Errors
    /// [`AuthError::WrongAlgorithm`]. Trusting the token instead is how signatures are forged.
    pub fn expect_algorithm(&self, of_key: Algorithm) -> Result<(), AuthError> {
        if self.header.alg == of_key.name() {
            Ok(())
        } else {
            Err(AuthError::WrongAlgorithm)
        }
    }

    /// Verifies the signature with a shared secret, in constant time.
    ///
    /// # Errors
    /// [`AuthError::WrongAlgorithm`] or [`AuthError::BadSignature`].
    pub fn verify_shared(&self, secret: &Secret) -> Result<(), AuthError> {
        self.expect_algorithm(Algorithm::Hs256)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
            .map_err(|_| AuthError::BadSignature)?;
        mac.update(self.signed.as_bytes());
        mac.verify_slice(&self.signature)
            .map_err(|_| AuthError::BadSignature)
    }

    /// All claims. They mean nothing before the signature is verified.
    #[must_use]
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims.all
    }

    /// The user of a token whose signature is verified, at `now` in Unix seconds.
    ///
    /// # Errors
    /// The first of expiry, start, issuer, audience and subject that the policy rejects.
    pub fn user(&self, policy: &TokenPolicy, now: u64) -> Result<String, AuthError> {
        let has_passed = |end: u64| end.saturating_add(LEEWAY_SECONDS) <= now;
        if self.claims.expires.is_none_or(has_passed) {
            return Err(AuthError::Expired);
        }
        if self.claims.not_before > now.saturating_add(LEEWAY_SECONDS) {
            return Err(AuthError::NotYetValid);
        }
        if policy.issuer.is_some() && self.claims.issuer != policy.issuer {
            return Err(AuthError::WrongIssuer);
        }
        if let Some(audience) = &policy.audience
            && !self.claims.audience.contains(audience)
        {
            return Err(AuthError::WrongAudience);
        }
        self.claims
            .subject
            .as_ref()
            .filter(|sub| is_user(sub))
            .cloned()
            .ok_or(AuthError::NoSubject)
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{KeySource, TokenSource};

    const NOW: u64 = 1_000_000;

    fn policy() -> TokenPolicy {
        TokenPolicy {
            source: TokenSource::Bearer,
            keys: KeySource::Secret(Secret::new("secret")),
            issuer: Some("https://site.example".into()),
            audience: Some("chat".into()),
        }
    }

    fn sign(header: &str, claims: &str, secret: &str) -> String {
        let signed = format!(
            "{}.{}",
            Base64UrlUnpadded::encode_string(header.as_bytes()),
            Base64UrlUnpadded::encode_string(claims.as_bytes())
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    fn user(claims: &str) -> Result<String, AuthError> {
        let text = sign(r#"{"alg":"HS256"}"#, claims, "secret");
        let token = Token::parse(&text)?;
        token.verify_shared(&Secret::new("secret"))?;
        token.user(&policy(), NOW)
    }

    fn claims(more: &str) -> String {
        format!(r#"{{"iss":"https://site.example","aud":"chat","exp":1000010{more}}}"#)
    }

    #[test]
    fn a_valid_token_names_its_user() {
        assert_eq!(user(&claims(r#","sub":"u1""#)), Ok("u1".into()));
        let many = r#"{"iss":"https://site.example","aud":["x","chat"],"exp":1000010,"sub":"u1"}"#;
        assert_eq!(user(many), Ok("u1".into()));
    }

    #[test]
    fn clocks_may_differ_by_a_minute_in_both_directions() {
        let at = |exp: u64, nbf: u64| {
            user(&format!(
                r#"{{"iss":"https://site.example","aud":"chat","exp":{exp},"nbf":{nbf},"sub":"u"}}"#
            ))
        };
        assert!(at(NOW - 59, NOW + 60).is_ok());
        assert_eq!(at(NOW - 60, 0), Err(AuthError::Expired));
        assert_eq!(at(NOW + 1, NOW + 61), Err(AuthError::NotYetValid));
    }

    #[test]
    fn a_time_may_be_any_json_number() {
        let at = |exp: &str, nbf: &str| {
            user(&format!(
                r#"{{"iss":"https://site.example","aud":"chat","exp":{exp},"nbf":{nbf},"sub":"u"}}"#
            ))
        };
        for exp in ["1000010.5", "1.00001e6", "999940.001", "1e300"] {
            assert!(at(exp, "-1.5").is_ok(), "{exp}");
        }
        for exp in ["999940.000", "9.9994e5", "-1e6", "\"1000010\"", "null"] {
            assert_eq!(at(exp, "0"), Err(AuthError::Expired), "{exp}");
        }
        for nbf in ["1000060.1", "2e6", "1e300", "null", "\"0\""] {
            assert_eq!(at("1000010", nbf), Err(AuthError::NotYetValid), "{nbf}");
        }
        assert!(at("1000010", "1000060.0").is_ok());
    }

    #[test]
    fn a_header_is_parsed_strictly() {
        let is_parsed = |header: &str| Token::parse(&sign(header, "{}", "secret")).is_ok();
        assert!(is_parsed(
            r#"{"alg":"HS256","kid":null,"crit":null,"x":1,"x":2}"#
        ));
        for header in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":7}"#,
            r#"{"alg":"HS256","kid":7}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"{"alg":"HS256","crit":["b64"],"crit":null}"#,
        ] {
            assert!(!is_parsed(header), "{header}");
        }
    }

    #[test]
    fn each_claim_is_checked() {
        for (claims, why) in [
            (
                r#"{"iss":"https://site.example","aud":"chat","sub":"u"}"#,
                AuthError::Expired,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","sub":"u","exp":"1000010"}"#,
                AuthError::Expired,
            ),
            (
                r#"{"iss":"https://evil.example","aud":"chat","sub":"u","exp":1000010}"#,
                AuthError::WrongIssuer,
            ),
            (
                r#"{"aud":"chat","sub":"u","exp":1000010}"#,
                AuthError::WrongIssuer,
            ),
            (
                r#"{"iss":"https://site.example","aud":"other","sub":"u","exp":1000010}"#,
                AuthError::WrongAudience,
            ),
            (
                r#"{"iss":"https://site.example","sub":"u","exp":1000010}"#,
                AuthError::WrongAudience,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010}"#,
                AuthError::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":""}"#,
                AuthError::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":7}"#,
                AuthError::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":"a\nb"}"#,
                AuthError::NoSubject,
            ),
        ] {
            assert_eq!(user(claims), Err(why), "{claims}");
        }
    }

    #[test]
    fn the_key_decides_the_algorithm_not_the_token() {
        for alg in ["none", "None", "HS384", "RS256", "hs256", ""] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            let text = sign(&header, &claims(r#","sub":"u""#), "secret");
            let token = Token::parse(&text).unwrap();
            assert_eq!(
                token.verify_shared(&Secret::new("secret")),
                Err(AuthError::WrongAlgorithm),
                "{alg}"
            );
        }
        let text = sign(r#"{"alg":"HS256"}"#, &claims(r#","sub":"u""#), "other");
        let token = Token::parse(&text).unwrap();
        assert_eq!(
            token.verify_shared(&Secret::new("secret")),
            Err(AuthError::BadSignature)
        );
    }

    #[test]
    fn text_that_is_not_a_token_is_rejected() {
        let good = sign(r#"{"alg":"HS256"}"#, &claims(""), "secret");
        let crit = sign(r#"{"alg":"HS256","crit":["b64"]}"#, &claims(""), "secret");
        let long = format!("{good}{}", "A".repeat(MAX_TOKEN_BYTES));
        for text in [
            "",
            ".",
            "..",
            "a.b.c",
            "e30.e30.",
            "W10.W10.AA",
            good.rsplit_once('.').unwrap().0,
            &format!("{good}="),
            &format!("{good}.x"),
            &crit,
            &long,
        ] {
            assert_eq!(
                Token::parse(text).err(),
                Some(AuthError::Malformed),
                "{text}"
            );
        }
    }
}
