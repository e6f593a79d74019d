//! The key set at `AUTH_JWKS_URL`, cached for the isolate's lifetime and refetched when it is due.
//!
//! The cache is a state machine over three facts: the keys, when they arrived, and when a fetch was last attempted. Cells
//! are never borrowed across an `await`, so requests may interleave:
//!
//! - While nothing was fetched yet, every request fetches, because none can be served without keys.
//! - Once there are keys, the request that finds them due first notes its attempt and then fetches. The requests that come
//!   meanwhile find nothing due and use the keys that are there.
//! - A fetch that fails leaves the keys in place and does not change their age. The next fetch follows after [`RETRY_MS`],
//!   or after [`REFETCH_MS`] if only an unknown `kid` causes it.

use super::jwks::{KeySet, MAX_KEY_SET_BYTES, PublicKey};
use super::token::Token;
use crate::error::AuthError;
use crate::platform::{Clock, OutgoingRequest, SignatureVerifier, Upstream};
use std::cell::RefCell;

/// The limit for fetching a key set.
const FETCH_TIMEOUT_MS: u64 = 5 * 1000;
/// How long keys are used before they are fetched again, so that withdrawn keys disappear.
const FRESH_MS: u64 = 60 * 60 * 1000;
/// Minimum interval between refetches caused by an unknown `kid`.
const REFETCH_MS: u64 = 60 * 1000;
/// Minimum interval after a failed fetch, for keys that are missing or due.
const RETRY_MS: u64 = 5 * 1000;

#[derive(Debug, Default)]
struct State {
    keys: KeySet,
    fetched_ms: Option<u64>,
    attempted_ms: Option<u64>,
}

/// The keys of one address; a deployment has one.
#[derive(Debug, Default)]
pub struct JwksCache(RefCell<State>);

impl JwksCache {
    /// Verifies a token's signature with the key set at `url`.
    ///
    /// # Errors
    /// The first of: no keys, an unknown key, another algorithm than the key's, a wrong signature.
    pub async fn verify(
        &self,
        token: &Token<'_>,
        url: &str,
        platform: &(impl Clock + Upstream + SignatureVerifier),
    ) -> Result<(), AuthError> {
        let key = self.key(token.key_id(), url, platform).await?;
        token.expect_algorithm(key.algorithm())?;
        let (signed, signature) = token.signed_bytes();
        if platform.verify(&key, signed, signature).await {
            Ok(())
        } else {
            Err(AuthError::BadSignature)
        }
    }

    async fn key(
        &self,
        id: Option<&str>,
        url: &str,
        platform: &(impl Clock + Upstream),
    ) -> Result<PublicKey, AuthError> {
        let (known, is_due) = self.look_up(id, platform.now_ms());
        if is_due {
            return match fetch(url, platform).await {
                Ok(keys) => self.replace(keys, id, platform.now_ms()),
                Err(error) => self.keep(id, platform.now_ms()).ok_or(error),
            };
        }
        let never_fetched = self.0.borrow().fetched_ms.is_none();
        known.ok_or(if never_fetched {
            AuthError::NoKeys
        } else {
            AuthError::UnknownKey
        })
    }

    /// The key with an id, and whether this request has to fetch the set.
    fn look_up(&self, id: Option<&str>, now: u64) -> (Option<PublicKey>, bool) {
        let mut state = self.0.borrow_mut();
        let known = state.keys.find(id).cloned();
        let is_due = is_fetch_due(state.fetched_ms, state.attempted_ms, known.is_some(), now);
        if is_due && state.fetched_ms.is_some() {
            state.attempted_ms = Some(now);
        }
        (known, is_due)
    }

    fn replace(&self, keys: KeySet, id: Option<&str>, now: u64) -> Result<PublicKey, AuthError> {
        let mut state = self.0.borrow_mut();
        state.keys = keys;
        state.fetched_ms = Some(now);
        state.keys.find(id).cloned().ok_or(AuthError::UnknownKey)
    }

    /// Notes a failed fetch. The key with an id may be there: from before, or because another request fetched it meanwhile.
    fn keep(&self, id: Option<&str>, now: u64) -> Option<PublicKey> {
        let mut state = self.0.borrow_mut();
        state.attempted_ms = Some(now);
        state.keys.find(id).cloned()
    }
}

async fn fetch(url: &str, upstream: &impl Upstream) -> Result<KeySet, AuthError> {
    let request = OutgoingRequest {
        method: "GET",
        url,
        max_bytes: MAX_KEY_SET_BYTES,
        timeout_ms: FETCH_TIMEOUT_MS,
        ..OutgoingRequest::default()
    };
    let response = upstream.send(&request).await;
    let response = response.map_err(|_| AuthError::NoKeys)?;
    let body = response.body.map_err(|_| AuthError::NoKeys)?;
    if response.status != 200 {
        return Err(AuthError::NoKeys);
    }
    KeySet::parse(&body)
}

/// Whether to fetch the key set now. Times are in milliseconds: `fetched` is when it last arrived, `attempted` when a fetch
/// last failed, or began while there were keys. `known` says whether the wanted key is in it.
fn is_fetch_due(fetched: Option<u64>, attempted: Option<u64>, known: bool, now: u64) -> bool {
    let is_past =
        |then: Option<u64>, span| then.is_none_or(|then| now.saturating_sub(then) >= span);
    let (age, pause) = match (fetched, known) {
        (None, _) => (0, RETRY_MS),
        (Some(_), true) => (FRESH_MS, RETRY_MS),
        (Some(_), false) => (REFETCH_MS, REFETCH_MS),
    };
    is_past(fetched, age) && is_past(attempted, pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_causes_at_most_one_fetch_a_minute() {
        assert!(is_fetch_due(None, None, false, 0));
        assert!(!is_fetch_due(Some(0), None, false, 59_999));
        assert!(is_fetch_due(Some(0), None, false, 60_000));
        assert!(!is_fetch_due(Some(0), None, true, 60_000));
        assert!(is_fetch_due(Some(0), None, true, 3_600_000));
        assert!(!is_fetch_due(None, Some(0), false, 4_999));
        assert!(is_fetch_due(None, Some(0), false, 5_000));
    }
}
