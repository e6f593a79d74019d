//! Identity: visitors in cookies and headers, bearer headers, tokens and key sets.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use rules::error::AuthError;
use rules::identity::admin::{bearer, require_admin};
use rules::identity::jwks::{Algorithm, KeyMaterial, KeySet};
use rules::identity::token::Token;
use rules::identity::visitor::{COOKIE, VisitorKeys};
use rules::secret::Secret;
use rules::settings::{KeySource, TokenPolicy, TokenSource};
use serde_json::Value;
use sha2::Sha256;

/// The time at which tokens are checked, in Unix seconds.
pub const NOW: u64 = 1_795_262_400;
/// A minute before and after [`NOW`]: clocks may be that far apart.
const EARLIEST_END: f64 = 1_795_262_340.0;
const LATEST_START: f64 = 1_795_262_460.0;

/// The input is used as each kind of proof.
pub fn check(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        visitor(text);
        header(text);
        token(text);
    }
    claims(input);
    key_set(input);
}

/// The keys that sign visitors, from one secret.
pub fn keys(secret: &str) -> VisitorKeys {
    VisitorKeys::derive(&Secret::new(secret), std::iter::empty(), 400)
}

/// A value that proves a visitor was signed by us, and has its only valid encoding.
fn visitor(text: &str) {
    let (ours, foreign) = (keys("one"), keys("other"));
    let cookie = format!("{COOKIE}={text}");
    for found in [
        ours.verify(text, NOW),
        ours.from_cookies(text, NOW),
        ours.from_cookies(&cookie, NOW),
    ] {
        let Some(visitor) = found else { continue };
        let value = ours.sign(&visitor, NOW);
        let id = visitor.user().replacen("visitor_", "", 1);
        assert!(text.contains(&id) && value.starts_with(&id));
        assert_eq!(foreign.verify(&value, NOW), None);
        assert!(visitor.user().starts_with("visitor_"));
        assert!(visitor.user().bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

fn header(text: &str) {
    const TOKEN: &str = "the admin's token";
    assert!(require_admin(Some(text), &Ok(None)).is_err());
    if require_admin(Some(text), &Ok(Some(Secret::new(TOKEN)))).is_ok() {
        assert_eq!(bearer(text), Some(TOKEN));
    }
    if let Some(token) = bearer(text) {
        assert!(!token.is_empty() && token.trim() == token);
        assert!(text.trim_end().ends_with(token));
        assert_eq!(bearer(&format!("bearer {token}")), Some(token));
    }
}

/// The parts of a parsed token make up the whole text again, so nothing in it was skipped.
fn token(text: &str) {
    let Ok(token) = Token::parse(text) else {
        return;
    };
    let (signed, signature) = token.signed_bytes();
    let signed = str::from_utf8(signed).expect("it came from text");
    let whole = format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature));
    assert_eq!(whole, text);
    if token.verify_shared(&shared("one")).is_ok() {
        assert_eq!(resign(signed, "one"), text);
        assert_eq!(
            token.verify_shared(&shared("other")),
            Err(AuthError::BadSignature)
        );
    }
}

/// The input as signed claims: only the right key verifies them, and only valid claims prove a user.
fn claims(input: &[u8]) {
    let text = sign(br#"{"alg":"HS256","typ":"JWT"}"#, input);
    let Ok(token) = Token::parse(&text) else {
        let is_object =
            serde_json::from_slice::<Value>(input).is_ok_and(|claims| claims.is_object());
        assert!(!is_object || text.len() > 8_192);
        return;
    };
    assert_eq!(token.verify_shared(&shared("one")), Ok(()));
    assert_eq!(
        token.verify_shared(&shared("other")),
        Err(AuthError::BadSignature)
    );
    assert_eq!(
        token.expect_algorithm(Algorithm::Rs256),
        Err(AuthError::WrongAlgorithm)
    );
    if let Ok(user) = token.user(&policy(), NOW) {
        names_a_user(input, &user);
        // If the policy does not require them, issuer and audience may be anything.
        assert_eq!(token.user(&lenient_policy(), NOW), Ok(user));
    }
}

fn names_a_user(claims: &[u8], user: &str) {
    let claims: Value = serde_json::from_slice(claims).expect("claims are JSON");
    assert_eq!(claims["sub"], user);
    assert!((1..=512).contains(&user.chars().count()) && !user.contains(char::is_control));
    let ends = claims["exp"].as_f64().expect("a token that ends");
    assert!(ends > EARLIEST_END);
    if let Some(begins) = claims.get("nbf") {
        assert!(begins.as_f64().is_some_and(|begins| begins <= LATEST_START));
    }
    assert_eq!(claims["iss"], "https://site.example");
    let audiences = match &claims["aud"] {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    };
    assert!(audiences.iter().any(|audience| audience == "chat"));
}

/// Keys are for public-key algorithms, are found by their id, and contain nothing private.
fn key_set(input: &[u8]) {
    let Ok(keys) = KeySet::parse(input) else {
        return;
    };
    let set: Value = serde_json::from_slice(input).expect("a key set is JSON");
    let listed = set["keys"].as_array().expect("a list of keys");
    let ids = listed
        .iter()
        .filter_map(|key| key["kid"].as_str())
        .map(Some);
    for key in ids.chain([None]).flat_map(|id| keys.find(id)) {
        let jwk: Value = serde_json::to_value(&key.material).expect("a key is JSON");
        let mut names: Vec<&String> = jwk.as_object().expect("an object").keys().collect();
        names.sort();
        match key.algorithm() {
            Algorithm::Rs256 => assert_eq!(names, ["e", "kty", "n"]),
            Algorithm::Es256 => assert_eq!(names, ["crv", "kty", "x", "y"]),
            Algorithm::Hs256 => panic!("a shared secret from a key set"),
        }
        // One of the listed keys, with its numbers unchanged, and for signatures of its kind.
        if let KeyMaterial::Rsa { n, .. } = &key.material {
            let modulus = Base64UrlUnpadded::decode_vec(n).expect("a modulus");
            assert!(modulus.len() >= 256, "a short key");
        }
        let operations = |listed: &Value| match &listed["key_ops"] {
            Value::Array(names) => names.iter().any(|name| name == "verify"),
            other => other.is_null(),
        };
        let may_be = |stated: &Value, right: &str| !stated.is_string() || stated == right;
        let is_listed = |listed: &Value| {
            names.iter().all(|name| listed[*name] == jwk[*name])
                && operations(listed)
                && may_be(&listed["use"], "sig")
                && may_be(&listed["alg"], key.algorithm().name())
        };
        assert!(listed.iter().any(is_listed));
    }
    assert_eq!(keys.find(Some("no such id, whatever the set")).next(), None);
}

/// What a token must be in these checks.
pub fn policy() -> TokenPolicy {
    TokenPolicy {
        issuer: Some("https://site.example".to_owned()),
        audience: Some("chat".to_owned()),
        ..lenient_policy()
    }
}

fn lenient_policy() -> TokenPolicy {
    TokenPolicy {
        source: TokenSource::Bearer,
        keys: KeySource::Secret(shared("one")),
        issuer: None,
        audience: None,
    }
}

/// A shared secret by name.
pub fn shared(name: &str) -> Secret {
    Secret::new(name)
}

/// A token of these parts, signed with the secret "one".
pub fn sign(header: &[u8], claims: &[u8]) -> String {
    let signed = [header, claims]
        .map(Base64UrlUnpadded::encode_string)
        .join(".");
    resign(&signed, "one")
}

fn resign(signed: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(signed.as_bytes());
    let signature = Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}
