//! Identifies the user of a request, from its headers and the settings.

use super::admin::bearer;
use super::jwks_cache::JwksCache;
use super::local_cookie;
use super::token::Token;
use super::visitor::{self, Visitor, VisitorKeys};
use crate::error::{AuthError, Error};
use crate::http::cors::RequestOrigin;
use crate::log::LogFields;
use crate::platform::{Client, Clock, SignatureVerifier, Upstream};
use crate::settings::{Auth, AuthSettings, KeySource, TokenPolicy, TokenSource};
use serde_json::{Map, Value};

/// The header that Cloudflare Access adds to the requests that it lets through.
const ACCESS_HEADER: &str = "Cf-Access-Jwt-Assertion";

/// The header with `PROXY_SECRET`, from the owner's own proxy.
pub const PROXY_HEADER: &str = "X-ChatKit-Proxy-Secret";

/// Who a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user that a token proves, or that the owner's own proxy names.
    User(String),
    /// An anonymous visitor.
    Visitor(Visitor, VisitorProof),
}

/// What proves a visitor. It decides how the response returns their signed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitorProof {
    /// The cookie. The value is `HttpOnly`, so a script must not read it in the body either.
    Cookie,
    /// The header alone. The value must not become a cookie: a page could give its own visitor to the Worker's pages.
    Header,
    /// Nothing: the visitor is new.
    None {
        /// Whether the request had a visitor's cookie, which proves nothing.
        had_cookie: bool,
    },
}

impl VisitorProof {
    /// Whether the response sets the cookie.
    #[must_use]
    pub fn sets_cookie(self) -> bool {
        self != Self::Header
    }

    /// Whether the body has the signed value. A new visitor gets it only on a page of another site whose browser sent no cookie.
    #[must_use]
    pub fn is_in_body(self, is_third_party: bool) -> bool {
        match self {
            Self::Cookie => false,
            Self::Header => true,
            Self::None { had_cookie } => is_third_party && !had_cookie,
        }
    }
}

/// What a response has for the next request of a visitor.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NextProof {
    /// The signed value, where the page is to send it itself.
    pub value: Option<String>,
    /// The value of `Set-Cookie`.
    pub cookie: Option<String>,
}

impl Identity {
    /// What proves a visitor next time, at `now` in Unix seconds. Set each time: this renews the cookie's age, and its signature
    /// after a change of the secret.
    #[must_use]
    pub fn next_proof(&self, keys: &VisitorKeys, now: u64, origin: &RequestOrigin) -> NextProof {
        let Self::Visitor(visitor, proof) = self else {
            return NextProof::default();
        };
        let third_party = origin.is_third_party();
        let is_in_body = proof.is_in_body(third_party);
        let sets_cookie = proof.sets_cookie();
        NextProof {
            value: is_in_body.then(|| keys.sign(visitor, now)),
            cookie: sets_cookie.then(|| keys.cookie(visitor, now, third_party)),
        }
    }

    /// The `user` for OpenAI. It decides whose chats are shown.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            Self::User(user) => user.clone(),
            Self::Visitor(visitor, _) => visitor.user(),
        }
    }
}

/// Whether a request without proof gets a new identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A new session may be for a new visitor.
    Optional,
    /// Everything else needs proof.
    Required,
}

/// Identifies the user of a request. `named` is the user that the request names, where `TRUST_CLIENT_USER` is on.
///
/// # Errors
/// [`Error::IdentityRequired`] without a valid token, without a visitor where proof is required, or for a named user without
/// the proxy's secret. [`Error::KeysUnavailable`] if a token cannot be verified.
pub async fn identify(
    proof: Proof,
    named: Option<&str>,
    settings: &AuthSettings,
    jwks: &JwksCache,
    log: &LogFields,
    platform: &(impl Client + Clock + Upstream + SignatureVerifier),
) -> Result<Identity, Error> {
    if let Auth::Token(policy) = &settings.auth {
        let user = signed_in_user(policy, jwks, log, platform).await?;
        return Ok(Identity::User(user));
    }
    if let Some(user) = named {
        let offered = platform.header(PROXY_HEADER).unwrap_or_default();
        let secret = settings.proxy_secret.as_ref();
        // Ignoring the user instead would give all users of a misconfigured proxy to new visitors.
        return match secret.is_some_and(|secret| secret.matches(&offered)) {
            true => Ok(Identity::User(user.to_owned())),
            false => Err(AuthError::NotProxy.into()),
        };
    }
    identify_visitor(proof, settings, platform)
}

fn identify_visitor(
    proof: Proof,
    settings: &AuthSettings,
    platform: &(impl Client + Clock),
) -> Result<Identity, Error> {
    let (keys, now) = (&settings.visitors, platform.now_ms() / 1000);
    let cookies = local_cookie::accepted(platform.header("Cookie"), platform).unwrap_or_default();
    if let Some(visitor) = keys.from_cookies(&cookies, now) {
        return Ok(Identity::Visitor(visitor, VisitorProof::Cookie));
    }
    let value = platform.header(visitor::HEADER);
    let value = value.or_else(|| platform.header(visitor::OLD_HEADER));
    if let Some(visitor) = value.and_then(|value| keys.verify(&value, now)) {
        return Ok(Identity::Visitor(visitor, VisitorProof::Header));
    }
    if proof == Proof::Required {
        return Err(AuthError::NoVisitor.into());
    }
    let visitor = keys.new_visitor(platform.random_bytes()?);
    let had_cookie = visitor::has_cookie(&cookies);
    Ok(Identity::Visitor(
        visitor,
        VisitorProof::None { had_cookie },
    ))
}

/// The claims of the token of a request that [`identify`] accepted. Empty without `AUTH=jwt` and `AUTH=access`.
#[must_use]
pub fn claims_of_token(settings: &AuthSettings, client: &impl Client) -> Map<String, Value> {
    let Auth::Token(policy) = &settings.auth else {
        return Map::new();
    };
    let text = token_of(policy, client).unwrap_or_default();
    Token::parse(&text).map_or_else(|_| Map::new(), Token::into_claims)
}

fn token_of(policy: &TokenPolicy, client: &impl Client) -> Option<String> {
    match policy.source {
        TokenSource::Bearer => client
            .header("Authorization")
            .and_then(|header| bearer(&header).map(str::to_owned)),
        TokenSource::Access => client.header(ACCESS_HEADER),
    }
}

async fn signed_in_user(
    policy: &TokenPolicy,
    jwks: &JwksCache,
    log: &LogFields,
    platform: &(impl Client + Clock + Upstream + SignatureVerifier),
) -> Result<String, Error> {
    let text = token_of(policy, platform).ok_or(AuthError::NoToken)?;
    let token = Token::parse(&text)?;
    match &policy.keys {
        KeySource::Secret(secret) => token.verify_shared(secret)?,
        KeySource::Jwks(url) => jwks.verify(&token, url, log, platform).await?,
    }
    Ok(token.user(policy, platform.now_ms() / 1000)?)
}
