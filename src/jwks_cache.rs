//! The public keys that tokens are checked with: fetched, kept for the isolate, used by WebCrypto.

use crate::clock;
use crate::runtime::{self, RequestOptions, read_answer};
use js_sys::{Array, JSON, Object, Uint8Array, futures::JsFuture};
use rules::identity::{
    Algorithm, AuthError, FETCH_SECONDS, Key, KeySet, MAX_KEY_SET_BYTES, Token, is_fetch_due,
};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, CryptoKey, WorkerGlobalScope};

/// What is known of `AUTH_JWKS_URL`; one deployment has one.
#[derive(Default)]
struct Cache {
    keys: KeySet,
    fetched_ms: Option<u64>,
    failed_ms: Option<u64>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// Checks a token's signature against the key set at `url`.
pub async fn verify(token: &Token<'_>, url: &str) -> Result<(), AuthError> {
    let key = find(token.key_id(), url).await?;
    token.expect_algorithm(key.algorithm)?;
    match verify_with(&key, token).await {
        Ok(true) => Ok(()),
        // WebCrypto throws for a key that is not one.
        Ok(false) | Err(_) => Err(AuthError::BadSignature),
    }
}

async fn find(id: Option<&str>, url: &str) -> Result<Key, AuthError> {
    let now = clock::now_ms();
    let (known, due) = CACHE.with_borrow_mut(|cache| {
        let known = cache.keys.find(id).cloned();
        let due = is_fetch_due(cache.fetched_ms, cache.failed_ms, known.is_some(), now);
        if due && cache.fetched_ms.is_some() {
            // Requests that come while this one fetches again go on with the keys that are here.
            cache.fetched_ms = Some(now);
        }
        (known, due)
    });
    if due {
        let fetched = fetch(url).await;
        return CACHE.with_borrow_mut(|cache| match fetched {
            Ok(keys) => {
                cache.keys = keys;
                cache.fetched_ms = Some(now);
                cache.keys.find(id).cloned().ok_or(AuthError::UnknownKey)
            }
            Err(why) => {
                cache.failed_ms = Some(clock::now_ms());
                known.ok_or(why)
            }
        });
    }
    let never_had = CACHE.with_borrow(|cache| cache.fetched_ms.is_none());
    known.ok_or(if never_had {
        AuthError::NoKeys
    } else {
        AuthError::UnknownKey
    })
}

async fn fetch(url: &str) -> Result<KeySet, AuthError> {
    let body = read(url).await.ok().flatten().ok_or(AuthError::NoKeys)?;
    KeySet::parse(&body)
}

async fn read(url: &str) -> runtime::Result<Option<Vec<u8>>> {
    let signal = AbortSignal::timeout_with_u32(FETCH_SECONDS.saturating_mul(1000));
    let options = RequestOptions {
        method: "GET",
        redirect: Some("manual"),
        ..RequestOptions::default()
    };
    let response = runtime::fetch(url, &options, &signal).await?;
    if response.status() != 200 {
        return Ok(None);
    }
    read_answer(MAX_KEY_SET_BYTES, &response).await
}

async fn verify_with(key: &Key, token: &Token<'_>) -> Result<bool, JsValue> {
    let algorithm = algorithm(key.algorithm)?;
    let subtle = js_sys::global()
        .unchecked_into::<WorkerGlobalScope>()
        .crypto()?
        .subtle();
    let usages = Array::of1(&JsValue::from_str("verify"));
    let imported =
        subtle.import_key_with_object("jwk", &object(&key.jwk)?, &algorithm, false, &usages)?;
    let imported: CryptoKey = JsFuture::from(imported).await?.dyn_into()?;
    let (signed, signature) = token.signed_bytes();
    let verified = subtle.verify_with_object_and_js_u8_array_and_js_u8_array(
        &algorithm,
        &imported,
        &Uint8Array::from(signature),
        &Uint8Array::from(signed),
    )?;
    Ok(JsFuture::from(verified).await?.as_bool().unwrap_or(false))
}

/// WebCrypto's name for an algorithm.
fn algorithm(of_key: Algorithm) -> Result<Object, JsValue> {
    object(match of_key {
        Algorithm::Rs256 => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#,
        Algorithm::Es256 => r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#,
        // A shared secret never comes from a key set.
        Algorithm::Hs256 => return Err(JsValue::NULL),
    })
}

fn object(json: &str) -> Result<Object, JsValue> {
    JSON::parse(json)?.dyn_into()
}
