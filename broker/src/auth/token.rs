//! A JSON web token in its compact form: RFC 7515 and 7519, strictly read.

use super::{Algorithm, TokenRules, Unproven};
use crate::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// The longest token that is looked at. Cloudflare takes headers of 16 KB; tokens have 1 or 2.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY_SECONDS: f64 = 60.0;
/// OpenAI's `user` is bounded like this for every kind of caller.
const MOST_SUBJECT_CHARS: usize = 512;

/// A token taken apart. Nothing in it is believed before its signature is checked.
#[derive(Debug)]
pub struct Token<'a> {
    header: Header,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Unproven::Malformed`] for anything but three parts of base64url, the first two JSON objects.
    pub fn parse(text: &'a str) -> Result<Self, Unproven> {
        let take_apart = || {
            let (signed, signature) = text.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
            let claims: Value = serde_json::from_slice(&decode(claims)?).ok()?;
            // An extension that must be understood is one we do not.
            (claims.is_object() && header.crit.is_none()).then_some(Self {
                header,
                claims,
                signed,
                signature: decode(signature)?,
            })
        };
        (text.len() <= MAX_TOKEN_BYTES)
            .then(take_apart)
            .flatten()
            .ok_or(Unproven::Malformed)
    }

    /// The id of the key that it says it is signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The bytes that are signed, and the signature.
    #[must_use]
    pub fn signed_bytes(&self) -> (&[u8], &[u8]) {
        (self.signed.as_bytes(), &self.signature)
    }

    /// Checks that the token names the algorithm of its key.
    ///
    /// # Errors
    /// [`Unproven::WrongAlgorithm`]: believing the token instead is how signatures are forged.
    pub fn expect_algorithm(&self, of_key: Algorithm) -> Result<(), Unproven> {
        if self.header.alg == of_key.name() {
            Ok(())
        } else {
            Err(Unproven::WrongAlgorithm)
        }
    }

    /// Checks the signature against a shared secret, in constant time.
    ///
    /// # Errors
    /// [`Unproven::WrongAlgorithm`] or [`Unproven::BadSignature`].
    pub fn verify_shared(&self, secret: &Secret) -> Result<(), Unproven> {
        self.expect_algorithm(Algorithm::Hs256)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
            .map_err(|_| Unproven::BadSignature)?;
        mac.update(self.signed.as_bytes());
        mac.verify_slice(&self.signature)
            .map_err(|_| Unproven::BadSignature)
    }

    /// The user that a token with a right signature speaks of, at `now` in Unix seconds.
    ///
    /// # Errors
    /// The first of expiry, start, issuer, audience and subject that is not as the rules say.
    pub fn user(&self, rules: &TokenRules, now: u64) -> Result<String, Unproven> {
        #[allow(clippy::cast_precision_loss)]
        let now = now as f64;
        let time = |claim: &str| self.claims.get(claim).map(Value::as_f64);
        match time("exp") {
            Some(Some(end)) if now < end + LEEWAY_SECONDS => {}
            _ => return Err(Unproven::Expired),
        }
        match time("nbf") {
            None => {}
            Some(Some(start)) if start - LEEWAY_SECONDS <= now => {}
            Some(_) => return Err(Unproven::NotYetValid),
        }
        if let Some(issuer) = &rules.issuer
            && self.claims.get("iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(Unproven::WrongIssuer);
        }
        if let Some(audience) = &rules.audience
            && !self.is_for(audience)
        {
            return Err(Unproven::WrongAudience);
        }
        self.claims
            .get("sub")
            .and_then(Value::as_str)
            .filter(|sub| (1..=MOST_SUBJECT_CHARS).contains(&sub.chars().count()))
            .filter(|sub| !sub.contains(char::is_control))
            .map(str::to_owned)
            .ok_or(Unproven::NoSubject)
    }

    fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{KeySource, TokenPlace};
    use super::*;

    const NOW: u64 = 1_000_000;

    fn rules() -> TokenRules {
        TokenRules {
            place: TokenPlace::Bearer,
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

    fn user(claims: &str) -> Result<String, Unproven> {
        let text = sign(r#"{"alg":"HS256"}"#, claims, "secret");
        let token = Token::parse(&text)?;
        token.verify_shared(&Secret::new("secret"))?;
        token.user(&rules(), NOW)
    }

    fn claims(more: &str) -> String {
        format!(r#"{{"iss":"https://site.example","aud":"chat","exp":1000010{more}}}"#)
    }

    #[test]
    fn a_right_token_names_its_user() {
        assert_eq!(user(&claims(r#","sub":"u1""#)), Ok("u1".into()));
        let many = r#"{"iss":"https://site.example","aud":["x","chat"],"exp":1000010,"sub":"u1"}"#;
        assert_eq!(user(many), Ok("u1".into()));
    }

    #[test]
    fn time_has_a_minute_of_leeway_on_both_sides() {
        let at = |exp: u64, nbf: u64| {
            user(&format!(
                r#"{{"iss":"https://site.example","aud":"chat","exp":{exp},"nbf":{nbf},"sub":"u"}}"#
            ))
        };
        assert!(at(NOW - 59, NOW + 60).is_ok());
        assert_eq!(at(NOW - 60, 0), Err(Unproven::Expired));
        assert_eq!(at(NOW + 1, NOW + 61), Err(Unproven::NotYetValid));
    }

    #[test]
    fn each_claim_is_checked() {
        for (claims, why) in [
            (
                r#"{"iss":"https://site.example","aud":"chat","sub":"u"}"#,
                Unproven::Expired,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","sub":"u","exp":"1000010"}"#,
                Unproven::Expired,
            ),
            (
                r#"{"iss":"https://evil.example","aud":"chat","sub":"u","exp":1000010}"#,
                Unproven::WrongIssuer,
            ),
            (
                r#"{"aud":"chat","sub":"u","exp":1000010}"#,
                Unproven::WrongIssuer,
            ),
            (
                r#"{"iss":"https://site.example","aud":"other","sub":"u","exp":1000010}"#,
                Unproven::WrongAudience,
            ),
            (
                r#"{"iss":"https://site.example","sub":"u","exp":1000010}"#,
                Unproven::WrongAudience,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010}"#,
                Unproven::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":""}"#,
                Unproven::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":7}"#,
                Unproven::NoSubject,
            ),
            (
                r#"{"iss":"https://site.example","aud":"chat","exp":1000010,"sub":"a\nb"}"#,
                Unproven::NoSubject,
            ),
        ] {
            assert_eq!(user(claims), Err(why), "{claims}");
        }
    }

    #[test]
    fn the_key_says_which_algorithm_not_the_token() {
        for alg in ["none", "None", "HS384", "RS256", "hs256", ""] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            let text = sign(&header, &claims(r#","sub":"u""#), "secret");
            let token = Token::parse(&text).unwrap();
            assert_eq!(
                token.verify_shared(&Secret::new("secret")),
                Err(Unproven::WrongAlgorithm),
                "{alg}"
            );
        }
        let text = sign(r#"{"alg":"HS256"}"#, &claims(r#","sub":"u""#), "other");
        let token = Token::parse(&text).unwrap();
        assert_eq!(
            token.verify_shared(&Secret::new("secret")),
            Err(Unproven::BadSignature)
        );
    }

    #[test]
    fn what_is_no_token_is_refused() {
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
                Some(Unproven::Malformed),
                "{text}"
            );
        }
    }
}
