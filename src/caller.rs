//! Who is asking, by what the request carries and what the settings ask for.

use crate::clock;
use crate::incoming::Incoming;
use crate::keys;
use broker::auth::{self, KeySource, Token, TokenPlace, TokenRules, Unproven};
use broker::cause::Cause;
use broker::settings::{Auth, Callers};
use broker::visitor::{self, Visitor};

/// The header that Cloudflare Access adds to what it lets through.
const ACCESS_HEADER: &str = "Cf-Access-Jwt-Assertion";

/// Whom a session is for.
pub enum Caller {
    /// A user that a token proves, or that the owner's own proxy names.
    Named(String),
    /// An anonymous visitor.
    Visitor(Visitor),
}

impl Caller {
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
    incoming: &Incoming,
    named: Option<&str>,
    callers: &Callers,
) -> Result<Caller, Cause> {
    if let Auth::Token(rules) = &callers.auth {
        return Ok(Caller::Named(signed_in(incoming, rules).await?));
    }
    if let Some(user) = named {
        return Ok(Caller::Named(user.to_owned()));
    }
    let cookies = incoming.header("Cookie");
    let header = incoming.header(visitor::HEADER);
    match callers
        .visitors
        .recognise(cookies.as_deref(), header.as_deref())
    {
        Some(visitor) => Ok(Caller::Visitor(visitor)),
        None if must_prove => Err(Unproven::NoVisitor.into()),
        None => Ok(Caller::Visitor(callers.visitors.welcome(clock::random()?))),
    }
}

async fn signed_in(incoming: &Incoming, rules: &TokenRules) -> Result<String, Unproven> {
    let text = match rules.place {
        TokenPlace::Bearer => incoming
            .header("Authorization")
            .and_then(|header| auth::bearer(&header).map(str::to_owned)),
        TokenPlace::Access => incoming.header(ACCESS_HEADER),
    };
    let text = text.ok_or(Unproven::NoToken)?;
    let token = Token::parse(&text)?;
    match &rules.keys {
        KeySource::Secret(secret) => token.verify_shared(secret)?,
        KeySource::Url(url) => keys::verify(&token, url).await?,
    }
    token.user(rules, clock::now_ms() / 1000)
}
