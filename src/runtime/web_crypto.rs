//! Verifies signatures by WebCrypto.

use super::{Runtime, bindings};
use js_sys::{Array, JSON, Object, Uint8Array, futures::JsFuture};
use rules::identity::jwks::{KeyMaterial, PublicKey};
use rules::platform::SignatureVerifier;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, WorkerGlobalScope};

impl SignatureVerifier for Runtime {
    async fn verify(&self, key: &PublicKey, signed: &[u8], signature: &[u8]) -> bool {
        // WebCrypto throws for an invalid key.
        verify(key, signed, signature).await.unwrap_or(false)
    }
}

async fn verify(key: &PublicKey, signed: &[u8], signature: &[u8]) -> bindings::Result<bool> {
    let algorithm = algorithm(&key.material)?;
    let subtle = js_sys::global()
        .unchecked_into::<WorkerGlobalScope>()
        .crypto()?
        .subtle();
    let usages = Array::of1(&JsValue::from_str("verify"));
    let jwk: Object = bindings::object(&key.material)?.unchecked_into();
    let imported = subtle.import_key_with_object("jwk", &jwk, &algorithm, false, &usages)?;
    let imported: CryptoKey = JsFuture::from(imported).await?.dyn_into()?;
    let verified = subtle.verify_with_object_and_js_u8_array_and_js_u8_array(
        &algorithm,
        &imported,
        &Uint8Array::from(signature),
        &Uint8Array::from(signed),
    )?;
    Ok(JsFuture::from(verified).await?.as_bool().unwrap_or(false))
}

/// WebCrypto's parameters for a type of key.
fn algorithm(material: &KeyMaterial) -> bindings::Result<Object> {
    let json = match material {
        KeyMaterial::Rsa { .. } => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#,
        KeyMaterial::Ec { .. } => r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#,
    };
    JSON::parse(json)?.dyn_into()
}
