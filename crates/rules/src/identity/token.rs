//! A JSON web token in its compact form: RFC 7515 and 7519, strictly read.

use super::{Algorithm, AuthError, TokenPolicy};
use crate::json::Json;
use crate::secret::Secret;
use crate::settings::value;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The longest token that is looked at. Cloudflare takes headers of 16 KB; tokens have 1 or 2.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 60;

/// A token taken apart. Nothing in it is believed before its signature is checked.
#[derive(Debug)]
pub struct Token<'a> {
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Debug)]
struct Header {
    alg: String,
    kid: Option<String>,
}

impl Header {
    /// `None` for anything but an object with the name of an algorithm, that has each name once and
    /// no extension that must be understood: we understand none.
    fn read(json: &[u8]) -> Option<Self> {
        let header = Json::parse(json)?;
        let names = header.fields()?.iter().map(|(name, _)| name);
        let is_once = |name: &&str| names.clone().filter(|other| other == name).count() <= 1;
        let text = |name| match header.get(name) {
            None | Some(Json::Null) => Some(None),
            Some(value) => value.text().map(|text| Some(text.to_owned())),
        };
        let may_be_read = ["alg", "kid", "crit"].iter().all(is_once)
            && matches!(header.get("crit"), None | Some(Json::Null));
        may_be_read.then_some(Self {
            alg: text("alg")??,
            kid: text("kid")?,
        })
    }
}

/// What a token says. Times are in Unix seconds, rounded up.
#[derive(Debug)]
struct Claims {
    /// `exp`, if it is a time.
    end: Option<u64>,
    /// `nbf`; never, if it is there and no time.
    start: u64,
    issuer: Option<String>,
    audience: Vec<String>,
    subject: Option<String>,
}

impl Claims {
    /// `None` for anything but an object.
    fn read(json: &[u8]) -> Option<Self> {
        let claims = Json::parse(json)?;
        claims.fields()?;
        let text = |name| claims.get(name)?.text().map(str::to_owned);
        let audience = claims.get("aud").map(|aud| match aud.items() {
            Some(many) => many,
            None => std::slice::from_ref(aud),
        });
        let audience = audience.unwrap_or_default().iter().filter_map(Json::text);
        Some(Self {
            end: claims.get("exp").and_then(Json::rounded_up),
            start: claims
                .get("nbf")
                .map_or(0, |nbf| nbf.rounded_up().unwrap_or(u64::MAX)),
            issuer: text("iss"),
            audience: audience.map(str::to_owned).collect(),
            subject: text("sub"),
        })
    }
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`AuthError::Malformed`] for anything but three parts of base64url, the first two JSON objects.
    pub fn parse(text: &'a str) -> Result<Self, AuthError> {
        let take_apart = || {
            let (signed, signature) = text.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            Some(Self {
                header: Header::read(&decode(header)?)?,
                claims: Claims::read(&decode(claims)?)?,
                signed,
                signature: decode(signature)?,
            })
        };
        (text.len() <= MAX_TOKEN_BYTES)
            .then(take_apart)
            .flatten()
            .ok_or(AuthError::Malformed)
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
    /// [`AuthError::WrongAlgorithm`]: believing the token instead is how signatures are forged.
    pub fn expect_algorithm(&self, of_key: Algorithm) -> Result<(), AuthError> {
        if self.header.alg == of_key.name() {
            Ok(())
        } else {
            Err(AuthError::WrongAlgorithm)
        }
    }

    /// Checks the signature against a shared secret, in constant time.
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

    /// The user that a token with a right signature speaks of, at `now` in Unix seconds.
    ///
    /// # Errors
    /// The first of expiry, start, issuer, audience and subject that is not as the rules say.
    pub fn user(&self, rules: &TokenPolicy, now: u64) -> Result<String, AuthError> {
        // A time is a number of any spelling; what is between two seconds counts as the later one.
        let is_over = |end: u64| end.saturating_add(LEEWAY_SECONDS) <= now;
        if self.claims.end.is_none_or(is_over) {
            return Err(AuthError::Expired);
        }
        if self.claims.start > now.saturating_add(LEEWAY_SECONDS) {
            return Err(AuthError::NotYetValid);
        }
        if rules.issuer.is_some() && self.claims.issuer != rules.issuer {
            return Err(AuthError::WrongIssuer);
        }
        if let Some(audience) = &rules.audience
            && !self.claims.audience.contains(audience)
        {
            return Err(AuthError::WrongAudience);
        }
        self.claims
            .subject
            .as_ref()
            .filter(|sub| value::is_user(sub))
            .cloned()
            .ok_or(AuthError::NoSubject)
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{KeySource, TokenSource};
    use super::*;

    const NOW: u64 = 1_000_000;

    fn rules() -> TokenPolicy {
        TokenPolicy {
            place: TokenSource::Bearer,
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
        assert_eq!(at(NOW - 60, 0), Err(AuthError::Expired));
        assert_eq!(at(NOW + 1, NOW + 61), Err(AuthError::NotYetValid));
    }

    #[test]
    fn a_time_may_be_a_number_of_any_spelling() {
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
    fn a_header_is_read_strictly() {
        let is_read = |header: &str| Token::parse(&sign(header, "{}", "secret")).is_ok();
        assert!(is_read(
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
            assert!(!is_read(header), "{header}");
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
    fn the_key_says_which_algorithm_not_the_token() {
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
                Some(AuthError::Malformed),
                "{text}"
            );
        }
    }
}
