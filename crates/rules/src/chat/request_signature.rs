//! Signs what the Worker sends to the owner's servers, so that they can tell it from what anyone sends.

use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::Sha256;
use std::fmt::Write;

/// The header with the signature.
pub const SIGNATURE: &str = "X-ChatKit-Signature";
/// The header with the user's id.
pub const USER: &str = "X-ChatKit-User";

/// What a header cannot have, and the sign of an escape itself.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// `t=SECONDS,v1=HEX`: the HMAC-SHA-256 of `SECONDS.BODY`.
#[must_use]
pub fn sign(secret: &Secret, now: u64, body: &str) -> String {
    let mut hex = String::new();
    // HMAC accepts keys of any length.
    if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) {
        let mac = mac.chain_update(format!("{now}.")).chain_update(body);
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
    }
    format!("t={now},v1={hex}")
}

/// A user's id for a header: whatever is no visible ASCII character is percent-encoded, and so is `%`.
#[must_use]
pub fn user_header(user: &str) -> String {
    utf8_percent_encode(user, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_mac_of_the_time_and_the_body() {
        // printf '1795262400.{"a":1}' | openssl dgst -sha256 -hmac tools-secret-0123
        let secret = Secret::new("tools-secret-0123");
        let signature = sign(&secret, 1_795_262_400, r#"{"a":1}"#);
        assert_eq!(signature, EXPECTED);
        assert_ne!(sign(&secret, 1_795_262_401, r#"{"a":1}"#), signature);
    }

    const EXPECTED: &str =
        "t=1795262400,v1=b26ff61ae646bc34d62e976999e529bcebdf458bc103d8313d6ec526ef1306dc";

    #[test]
    fn a_user_is_readable_where_a_header_can_have_it() {
        assert_eq!(
            user_header("auth0|user-1@a.example"),
            "auth0|user-1@a.example"
        );
        assert_eq!(user_header("Zoë 100%"), "Zo%C3%AB%20100%25");
    }
}
