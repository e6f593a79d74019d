//! The key set at `AUTH_JWKS_URL`, cached for the isolate's lifetime and refetched when it is due.
//!
//! [`State::next`] decides, from the keys' age, the last failure and the fetch in flight, what a request does next:
//!
//! | keys | key of the token | fetch in flight | fetch failed less than 5 s ago | else |
//! | --- | --- | --- | --- | --- |
//! | none, or two hours old | | wait | [`Error::KeysUnavailable`] | fetch |
//! | less than an hour old | known | use it | use it | use it |
//! | less than two hours old | known | use it | use it | fetch |
//! | less than a minute old | unknown | wait | | reject the token |
//! | less than two hours old | unknown | wait | [`Error::KeysUnavailable`] | fetch |
//!
//! So all requests share one fetch, a failed fetch is retried after 5 seconds, an unknown `kid` causes a successful fetch once a
//! minute at most, and a withdrawn key is used for two hours at most. After a fetch, the state decides again.
//!
//! The state is never borrowed across an `await`. Requests that wait poll the state, because on Workers a task may only be
//! woken by its own request. A fetch whose request was torn down counts as lost when it is over its time.

use super::jwks::{KeySet, MAX_KEY_SET_BYTES, PUBLIC_ALGORITHMS, PublicKey};
use super::token::Token;
use crate::error::{AuthError, Error, OpenAiError};
use crate::log::LogFields;
use crate::platform::{
    Client, Clock, FetchError, OutgoingRequest, ReadError, SignatureVerifier, Upstream,
};
use std::cell::RefCell;

/// The limit for fetching a key set.
const FETCH_TIMEOUT_MS: u64 = 5 * 1000;
/// A fetch that started so long ago was lost with its request.
const LOST_MS: u64 = FETCH_TIMEOUT_MS + 1000;
/// How long keys are used before they are fetched again, so that withdrawn keys disappear.
const FRESH_MS: u64 = 60 * 60 * 1000;
/// How long keys are used if they cannot be fetched again.
const USABLE_MS: u64 = 2 * FRESH_MS;
/// Minimum age of the keys at a refetch caused by an unknown `kid`.
const REFETCH_MS: u64 = 60 * 1000;
/// Minimum interval after a failed fetch.
const RETRY_MS: u64 = 5 * 1000;
/// The shortest and the longest interval at which a request polls for the result of another's fetch.
const POLL_MS: (u64, u64) = (25, 200);

/// The keys of one address; a deployment has one.
#[derive(Debug, Default)]
pub struct JwksCache(RefCell<State>);

#[derive(Debug, Default)]
struct State {
    keys: KeySet,
    /// When the keys arrived.
    fetched_ms: Option<u64>,
    /// When the last fetch ended, if it failed, and why.
    failure: Option<(u64, String)>,
    /// When the fetch in flight started.
    started_ms: Option<u64>,
}

/// What a request does next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Verify the signature with one of these keys; never empty.
    Use(Vec<PublicKey>),
    /// Fetch the key set.
    Fetch,
    /// Wait for the fetch of another request.
    Wait,
    /// Reject the token: its key is not in a set that is up to date.
    Reject,
    /// Fail: the key set cannot be fetched.
    Fail { retry_after: u64 },
}

impl State {
    fn next(&self, id: Option<&str>, now: u64) -> Step {
        let since = |then: u64| now.saturating_sub(then);
        let age = self.fetched_ms.map(since).filter(|age| *age < USABLE_MS);
        let known: Vec<PublicKey> = match age {
            Some(_) => self.keys.find(id).cloned().collect(),
            None => Vec::new(),
        };
        let is_in_flight = self.started_ms.is_some_and(|start| since(start) < LOST_MS);
        let failed = self.failure.as_ref().map(|(at, _)| since(*at));
        let pause = failed
            .and_then(|ago| RETRY_MS.checked_sub(ago))
            .filter(|pause| *pause > 0);
        let is_known = !known.is_empty();
        match (age, pause) {
            (Some(age), _) if is_known && age < FRESH_MS => Step::Use(known),
            _ if is_known && (is_in_flight || pause.is_some()) => Step::Use(known),
            _ if is_in_flight => Step::Wait,
            (_, Some(pause)) => Step::Fail {
                retry_after: pause.div_ceil(1000),
            },
            (Some(age), None) if !is_known && age < REFETCH_MS => Step::Reject,
            _ => Step::Fetch,
        }
    }
}

/// A fetch in flight. If its request is dropped, others fetch.
struct Flight<'a> {
    cache: &'a JwksCache,
    started_ms: u64,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.cache.0.borrow_mut();
        // A fetch that took longer than LOST_MS must not end its successor.
        if state.started_ms == Some(self.started_ms) {
            state.started_ms = None;
        }
    }
}

impl JwksCache {
    /// Verifies a token's signature with the key set at `url`. A token of an algorithm that no key can have causes no fetch.
    ///
    /// # Errors
    /// [`Error::IdentityRequired`] for an unknown key, another algorithm than the key's, or a wrong signature, and
    /// [`Error::KeysUnavailable`] if the keys are needed and cannot be fetched.
    pub async fn verify(
        &self,
        token: &Token<'_>,
        url: &str,
        log: &LogFields,
        platform: &(impl Client + Clock + Upstream + SignatureVerifier),
    ) -> Result<(), Error> {
        let is_of = |algorithm| token.expect_algorithm(algorithm).is_ok();
        if !PUBLIC_ALGORITHMS.into_iter().any(is_of) {
            return Err(AuthError::WrongAlgorithm.into());
        }
        let keys = self.keys(token.key_id(), url, log, platform).await?;
        let mut keys = keys.iter().filter(|key| is_of(key.algorithm())).peekable();
        if keys.peek().is_none() {
            return Err(AuthError::WrongAlgorithm.into());
        }
        let (signed, signature) = token.signed_bytes();
        for key in keys {
            if platform.verify(key, signed, signature).await {
                return Ok(());
            }
        }
        Err(AuthError::BadSignature.into())
    }

    /// The keys with an id; never empty.
    async fn keys(
        &self,
        id: Option<&str>,
        url: &str,
        log: &LogFields,
        platform: &(impl Client + Clock + Upstream),
    ) -> Result<Vec<PublicKey>, Error> {
        let mut poll_ms = POLL_MS.0;
        loop {
            // A statement of its own: the state must not be borrowed in the arms.
            let step = self.0.borrow().next(id, platform.now_ms());
            match step {
                Step::Use(keys) => return Ok(keys),
                Step::Reject => return Err(AuthError::UnknownKey.into()),
                Step::Fail { retry_after } => {
                    if let Some((_, reason)) = &self.0.borrow().failure {
                        log.set_failure(reason.clone());
                    }
                    return Err(Error::KeysUnavailable { retry_after });
                }
                Step::Fetch => self.refetch(url, log, platform).await,
                Step::Wait if platform.is_gone() => return Err(OpenAiError::Aborted.into()),
                Step::Wait => {
                    platform.sleep(poll_ms).await;
                    poll_ms = poll_ms.saturating_mul(2).min(POLL_MS.1);
                }
            }
        }
    }

    async fn refetch(&self, url: &str, log: &LogFields, platform: &(impl Clock + Upstream)) {
        let started_ms = platform.now_ms();
        self.0.borrow_mut().started_ms = Some(started_ms);
        let flight = Flight {
            cache: self,
            started_ms,
        };
        let fetched = fetch(url, platform).await;
        drop(flight);
        let now = platform.now_ms();
        let mut state = self.0.borrow_mut();
        match fetched {
            Ok(keys) => {
                state.keys = keys;
                state.fetched_ms = Some(now);
                state.failure = None;
            }
            Err(reason) => {
                let reason = format!("AUTH_JWKS_URL could not be fetched: {reason}");
                log.set_failure(reason.clone());
                state.failure = Some((now, reason));
            }
        }
    }
}

/// Fetches the key set. The error is for the log.
async fn fetch(url: &str, upstream: &impl Upstream) -> Result<KeySet, String> {
    let request = OutgoingRequest {
        method: "GET",
        url,
        max_bytes: MAX_KEY_SET_BYTES,
        timeout_ms: FETCH_TIMEOUT_MS,
        ..OutgoingRequest::default()
    };
    let response = upstream.send(&request).await.map_err(|error| match error {
        FetchError::Connection(text) | FetchError::Timeout(text) => text,
    })?;
    if response.status != 200 {
        return Err(format!("status {}", response.status));
    }
    let body = response.body.map_err(|error| match error {
        ReadError::TooLarge => format!("it is larger than {} KiB", MAX_KEY_SET_BYTES / 1024),
        ReadError::TooManyPieces => "it arrives in too many pieces".to_owned(),
        ReadError::Failed(text) | ReadError::Timeout(text) => text,
    })?;
    KeySet::parse(&body).map_err(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"{"keys":[{"kty":"EC","kid":"e","crv":"P-256","x":"AA","y":"AA"}]}"#;
    const HOUR: u64 = 60 * 60 * 1000;

    /// A state whose keys arrived at 0.
    fn fetched() -> State {
        State {
            keys: KeySet::parse(KEY.as_bytes()).unwrap(),
            fetched_ms: Some(0),
            ..State::default()
        }
    }

    fn failed(state: State, at: u64) -> State {
        State {
            failure: Some((at, "status 503".to_owned())),
            ..state
        }
    }

    #[test]
    fn without_keys_one_request_fetches_and_the_others_wait() {
        let mut state = State::default();
        assert_eq!(state.next(Some("e"), 0), Step::Fetch);
        state.started_ms = Some(0);
        assert_eq!(state.next(Some("e"), LOST_MS - 1), Step::Wait);
        assert_eq!(state.next(Some("e"), LOST_MS), Step::Fetch, "a lost fetch");
    }

    #[test]
    fn known_keys_are_fetched_again_after_an_hour_and_used_for_two() {
        let used = |state: &State, now| matches!(state.next(Some("e"), now), Step::Use(_));
        let state = fetched();
        assert!(used(&state, HOUR - 1));
        assert_eq!(state.next(Some("e"), HOUR), Step::Fetch);
        let state = failed(fetched(), 2 * HOUR - 1);
        assert!(used(&state, 2 * HOUR - 1));
        assert_eq!(
            state.next(Some("e"), 2 * HOUR),
            Step::Fail { retry_after: 5 }
        );
    }

    #[test]
    fn an_unknown_key_is_rejected_for_a_minute_and_a_failure_pauses_for_five_seconds() {
        let state = fetched();
        assert_eq!(state.next(Some("x"), REFETCH_MS - 1), Step::Reject);
        assert_eq!(state.next(Some("x"), REFETCH_MS), Step::Fetch);
        let state = failed(fetched(), REFETCH_MS);
        let fail = |retry_after| Step::Fail { retry_after };
        assert_eq!(state.next(Some("x"), REFETCH_MS), fail(5));
        assert_eq!(state.next(Some("x"), REFETCH_MS + 4_001), fail(1));
        assert_eq!(state.next(Some("x"), REFETCH_MS + RETRY_MS), Step::Fetch);
    }
}
