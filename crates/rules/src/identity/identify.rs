//! Identifies the user of a request, from its headers and the settings.

use super::admin::bearer;
use super::jwks_cache::JwksCache;
use super::local_cookie;
use super::token::Token;
use super::visitor::{self, Visitor};
use crate::error::{AuthError, Error};
use crate::platform::{Client, Clock, SignatureVerifier, Upstream};
use crate::settings::{Auth, AuthSettings, KeySource, TokenPolicy, TokenSource};

/// The header that Cloudflare Access adds to the requests that it lets through.
const ACCESS_HEADER: &str = "Cf-Access-Jwt-Assertion";

/// Who a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user that a token proves, or that the owner's own proxy names.
    User(String),
    /// An anonymous visitor.
    Visitor(Visitor),
}

impl Identity {
    /// The `user` for OpenAI. It decides whose chats are shown.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            Self::User(user) => user.clone(),
            Self::Visitor(visitor) => visitor.user(),
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

/// Identifies the user of a request. `named` is the user that the owner's own proxy names.
///
/// # Errors
/// [`Error::IdentityRequired`] without a valid token, or without a visitor where proof is required.
pub async fn identify(
    proof: Proof,
    named: Option<&str>,
    settings: &AuthSettings,
    jwks: &JwksCache,
    platform: &(impl Client + Clock + Upstream + SignatureVerifier),
) -> Result<Identity, Error> {
    if let Auth::Token(policy) = &settings.auth {
        let user = signed_in_user(policy, jwks, platform).await?;
        return Ok(Identity::User(user));
    }
    if let Some(user) = named {
        return Ok(Identity::User(user.to_owned()));
    }
    let keys = &settings.visitors;
    let cookies = local_cookie::accepted(platform.header("Cookie"), platform);
    let by_cookie = keys.from_headers(cookies.as_deref(), None);
    let by_header = || keys.from_headers(None, platform.header(visitor::HEADER).as_deref());
    match (by_cookie.or_else(by_header), proof) {
        (Some(visitor), _) => Ok(Identity::Visitor(visitor)),
        (None, Proof::Required) => Err(AuthError::NoVisitor.into()),
        (None, Proof::Optional) => Ok(Identity::Visitor(
            keys.new_visitor(platform.random_bytes()?),
        )),
    }
}

async fn signed_in_user(
    policy: &TokenPolicy,
    jwks: &JwksCache,
    platform: &(impl Client + Clock + Upstream + SignatureVerifier),
) -> Result<String, AuthError> {
    let text = match policy.source {
        TokenSource::Bearer => platform
            .header("Authorization")
            .and_then(|header| bearer(&header).map(str::to_owned)),
        TokenSource::Access => platform.header(ACCESS_HEADER),
    };
    let text = text.ok_or(AuthError::NoToken)?;
    let token = Token::parse(&text)?;
    match &policy.keys {
        KeySource::Secret(secret) => token.verify_shared(secret)?,
        KeySource::Jwks(url) => jwks.verify(&token, url, platform).await?,
    }
    token.user(policy, platform.now_ms() / 1000)
}
