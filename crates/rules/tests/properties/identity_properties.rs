//! Identity: visitors, tokens and key sets.

use super::checks::check_identity::{NOW, check, keys, policy, shared, sign};
use super::strategies::{bytes, json_with};
use proptest::prelude::*;
use rules::error::AuthError;
use rules::error::Error;
use rules::http::response::to_json;
use rules::identity::admin::{bearer, require_admin};
use rules::identity::jwks::{Algorithm, KeySet};
use rules::identity::token::Token;
use rules::identity::visitor::{COOKIE, VisitorKeys};
use rules::secret::Secret;
use serde_json::{Value, json};

const HEADER: &[u8] = br#"{"alg":"HS256"}"#;
const CLAIMS: [&str; 6] = ["iss", "aud", "exp", "nbf", "sub", "kid"];
const CLAIM_VALUES: [&str; 3] = ["https://site.example", "chat", "u1"];
const KEY_NAMES: [&str; 11] = [
    "keys", "kty", "kid", "crv", "alg", "use", "key_ops", "n", "e", "x", "y",
];
const KEY_VALUES: [&str; 7] = ["RSA", "EC", "P-256", "RS256", "ES256", "sig", "verify"];

/// A key of a set, for RS256 or ES256, with a private part that must be ignored.
fn key(kind: bool, id: &str) -> Value {
    if kind {
        let n = format!("{:_<341}A", "");
        json!({"kty": "RSA", "kid": id, "n": n, "e": "AQAB", "d": "private"})
    } else {
        json!({"kty": "EC", "kid": id, "crv": "P-256", "x": "AA", "y": "AA", "d": "private"})
    }
}

proptest! {
    #[test]
    fn any_bytes_prove_nobody_or_a_signed_identity(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_text_proves_nobody_or_a_signed_identity(text in "(Bearer )?.{0,40}(\\.[A-Za-z0-9_-]{0,40}){0,3}") {
        check(text.as_bytes());
    }

    #[test]
    fn any_claims_prove_nobody_or_the_right_user(claims in json_with(&CLAIMS, &CLAIM_VALUES)) {
        check(claims.to_string().as_bytes());
    }

    #[test]
    fn any_key_set_has_usable_keys_or_is_rejected(set in json_with(&KEY_NAMES, &KEY_VALUES)) {
        check(set.to_string().as_bytes());
        check(json!({"keys": [set]}).to_string().as_bytes());
    }

    #[test]
    fn only_a_signed_cookie_proves_a_visitor(header in ".{0,200}", value in "[A-Za-z0-9_.=-]{0,90}") {
        let keys = keys("one");
        prop_assert_eq!(keys.from_cookies(&header, NOW), None);
        let cookies = format!("{COOKIE}={value}");
        prop_assert_eq!(keys.from_cookies(&cookies, NOW), None);
        prop_assert_eq!(keys.verify(&value, NOW), None);
    }

    #[test]
    fn a_signed_visitor_is_found_among_other_cookies_and_rejected_after_any_change(
        id in any::<[u8; 16]>(), before in "[a-z]{1,8}=[^;]{0,8}", at in 0usize..77, with in "[A-Za-z0-9_-]",
    ) {
        let keys = keys("one");
        let visitor = keys.new_visitor(id);
        let value = keys.sign(&visitor, NOW);
        check(value.as_bytes());
        let cookies = format!("{before}; {COOKIE}={value}");
        let found = keys.from_cookies(&cookies, NOW).map(|visitor| visitor.user());
        prop_assert_eq!(found, Some(visitor.user()));
        let mut changed = value.clone();
        changed.replace_range(at..=at, &with);
        prop_assert_eq!(keys.verify(&changed, NOW).is_some(), changed == value);
    }

    #[test]
    fn a_visitor_is_valid_while_its_secret_is_listed(
        id in any::<[u8; 16]>(), secrets in prop::collection::btree_set("[ -~]{1,40}", 2..5),
    ) {
        let secrets: Vec<Secret> = secrets.into_iter().map(Secret::new).collect();
        let (gone, listed) = secrets.split_first().expect("two at least");
        let (first, others) = listed.split_first().expect("one at least");
        let now = VisitorKeys::derive(first, others.iter(), 400);
        for secret in &secrets {
            let then = VisitorKeys::derive(secret, std::iter::empty(), 400);
            let visitor = then.new_visitor(id);
            let found = now.verify(&then.sign(&visitor, NOW), NOW).map(|visitor| visitor.user());
            prop_assert_eq!(found, (secret != gone).then(|| visitor.user()));
        }
    }

    #[test]
    fn only_the_admin_token_is_accepted(token in "[!-~]{1,40}", other in "[!-~]{0,40}", space in " {1,3}") {
        let secret = Ok(Some(Secret::new(token.clone())));
        let header = format!("BEARER{space}{token}{space}");
        prop_assert_eq!(bearer(&header), Some(token.as_str()));
        prop_assert_eq!(require_admin(Some(&header), &secret), Ok(()));
        prop_assert_eq!(require_admin(Some(&header), &Ok(None)), Err(Error::NotFound));
        let offered = format!("Bearer {other}");
        prop_assert_eq!(require_admin(Some(&offered), &secret).is_ok(), other == token);
        prop_assert!(require_admin(Some(&token), &secret).is_err());
    }

    #[test]
    fn a_signed_token_proves_its_user_and_is_rejected_after_any_change(
        user in r"[^\x00-\x1f\x7f-\x9f]{1,100}", ends in 0u64..7_200, at in any::<prop::sample::Index>(),
        with in "[A-Za-z0-9_-]",
    ) {
        let claims = json!({"iss": "https://site.example", "aud": "chat", "exp": NOW - 3_600 + ends, "sub": user});
        let text = sign(HEADER, claims.to_string().as_bytes());
        let token = Token::parse(&text).expect("a token");
        prop_assert_eq!(token.verify_shared(&shared("one")), Ok(()));
        let expected = if ends > 3_540 { Ok(user) } else { Err(AuthError::Expired) };
        prop_assert_eq!(token.user(&policy(), NOW), expected);
        let mut changed = text.clone();
        let at = at.index(text.len());
        changed.replace_range(at..=at, &with);
        let verified = Token::parse(&changed).and_then(|token| token.verify_shared(&shared("one")));
        prop_assert_eq!(verified.is_ok(), changed == text);
    }

    #[test]
    fn only_the_algorithm_of_the_key_is_accepted(alg in "(none|None|HS256|HS384|RS256|ES256|[A-Za-z0-9]{0,6})") {
        let text = sign(json!({"alg": alg}).to_string().as_bytes(), b"{}");
        let token = Token::parse(&text).expect("a token");
        for algorithm in [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256] {
            prop_assert_eq!(token.expect_algorithm(algorithm).is_ok(), alg == algorithm.name());
        }
        prop_assert_eq!(token.verify_shared(&shared("one")).is_ok(), alg == "HS256");
    }

    #[test]
    fn a_key_is_found_by_its_id_and_without_an_id_only_if_it_is_the_only_one(
        kinds in prop::collection::vec(any::<bool>(), 1..8), wanted in any::<prop::sample::Index>(),
        noise in prop::collection::vec(0usize..6, 0..4),
    ) {
        let mut listed: Vec<Value> = kinds.iter().enumerate().map(|(at, kind)| key(*kind, &format!("k{at}"))).collect();
        for at in noise {
            let mut unfit = key(true, "k0");
            let (name, value) = [
                ("kty", json!("oct")), ("use", json!("enc")), ("alg", json!("HS256")), ("alg", json!("RS512")),
                ("key_ops", json!(["encrypt"])), ("n", json!("AQAB")),
            ][at].clone();
            unfit[name] = value;
            listed.insert(0, unfit);
        }
        let set = json!({"keys": listed}).to_string();
        check(set.as_bytes());
        let keys = KeySet::parse(set.as_bytes()).expect("keys of use");
        let wanted = wanted.index(kinds.len());
        let id = format!("k{wanted}");
        let algorithm = if kinds[wanted] { Algorithm::Rs256 } else { Algorithm::Es256 };
        let found: Vec<Algorithm> = keys.find(Some(&id)).map(|key| key.algorithm()).collect();
        prop_assert_eq!(found, [algorithm]);
        prop_assert_eq!(keys.find(None).count(), usize::from(kinds.len() == 1));
        prop_assert!(keys.find(Some(&id)).all(|key| !to_json(&key.material).contains("private")));
    }
}
