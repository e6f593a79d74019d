//! Who is asking, by what the request carries and what the settings ask for.

use crate::client_request::ClientRequest;
use crate::clock;
use crate::jwks_cache;
use rules::error::Error;
use rules::identity::visitor::{self, Visitor};
use rules::identity::{self, AuthError, KeySource, Token, TokenPolicy, TokenSource};
use rules::settings::{Auth, AuthSettings};

/// The header that Cloudflare Access adds to what it lets through.
const ACCESS_HEADER: &str = "Cf-Access-Jwt-Assertion";

/// Whom a session is for.
pub enum Identity {
    /// A user that a token proves, or that the owner's own proxy names.
    Named(String),
    /// An anonymous visitor.
    Visitor(Visitor),
}

impl Identity {
    /// The `user` for OpenAI.
    pub fn user(&self) -> String {
        match self {
            Self::Named(user) => user.clone(),
            Self::Visitor(visitor) => visitor.user(),
        }
    }
}

/// Finds out who is asking. Only a new session may be for a new visitor; everything else needs proof.
/// `named` is the user whom the owner's own proxy names.
pub async fn identify(
    must_prove: bool,
    request: &ClientRequest,
    named: Option<&str>,
    auth: &AuthSettings,
) -> Result<Identity, Error> {
    if let Auth::Token(rules) = &auth.auth {
        return Ok(Identity::Named(signed_in(request, rules).await?));
    }
    if let Some(user) = named {
        return Ok(Identity::Named(user.to_owned()));
    }
    let cookies = request.header("Cookie");
    let header = request.header(visitor::HEADER);
    match auth
        .visitors
        .from_headers(cookies.as_deref(), header.as_deref())
    {
        Some(visitor) => Ok(Identity::Visitor(visitor)),
        None if must_prove => Err(AuthError::NoVisitor.into()),
        None => Ok(Identity::Visitor(
            auth.visitors.new_visitor(clock::random()?),
        )),
    }
}

async fn signed_in(request: &ClientRequest, rules: &TokenPolicy) -> Result<String, AuthError> {
    let text = match rules.place {
        TokenSource::Bearer => request
            .header("Authorization")
            .and_then(|header| identity::bearer(&header).map(str::to_owned)),
        TokenSource::Access => request.header(ACCESS_HEADER),
    };
    let text = text.ok_or(AuthError::NoToken)?;
    let token = Token::parse(&text)?;
    match &rules.keys {
        KeySource::Secret(secret) => token.verify_shared(secret)?,
        KeySource::Url(url) => jwks_cache::verify(&token, url).await?,
    }
    token.user(rules, clock::now_ms() / 1000)
}
