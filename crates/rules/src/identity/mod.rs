//! Signed-in auth: a token, the key that must have signed it, and what it must say.
//!
//! 1. [`Token::parse`] takes a compact JWS apart, within bounds.
//! 2. A key is found by the settings, never by the token: the one secret, or in a [`KeySet`] by key id.
//! 3. The key's own algorithm must be the one the token names; then the signature is checked.
//! 4. [`Token::user`] checks expiry, start, issuer and audience, and gives the `sub` claim.
//!
//! Every check that fails is an [`AuthError`], and each of those is a `401`.

mod jwks;
mod token;
pub mod visitor;

pub use jwks::{Algorithm, FETCH_SECONDS, Key, KeySet, MAX_KEY_SET_BYTES, is_fetch_due};
pub use token::Token;

use crate::error::Error;
use crate::secret::Secret;

/// Where a request carries its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Cf-Access-Jwt-Assertion`, which Cloudflare Access adds.
    Access,
}

/// Where the key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// `AUTH_JWT_SECRET`, for HS256.
    Secret(Secret),
    /// The address of a key set, for RS256 and ES256.
    Url(String),
}

/// What a token must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// Where it is carried.
    pub place: TokenSource,
    /// What it is signed with.
    pub keys: KeySource,
    /// What `iss` must be, where the owner says.
    pub issuer: Option<String>,
    /// What `aud` must be or contain, where the owner says.
    pub audience: Option<String>,
}

/// Why nothing proves who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    /// An admin endpoint without its token.
    NotAdmin,
    /// A refresh without a visitor's signed value.
    NoVisitor,
    /// No token.
    NoToken,
    /// A text that is no token, or too long for one.
    Malformed,
    /// Signed by another algorithm than the key is for.
    WrongAlgorithm,
    /// Signed by a key that is not in the key set.
    UnknownKey,
    /// The key set could not be had, so nothing can be checked.
    NoKeys,
    /// Not signed by the key.
    BadSignature,
    /// `exp` is past or missing.
    Expired,
    /// `nbf` is to come.
    NotYetValid,
    /// `iss` is another.
    WrongIssuer,
    /// `aud` is another.
    WrongAudience,
    /// `sub` is missing, or no `user` for OpenAI.
    NoSubject,
}

impl AuthError {
    /// What the caller is told.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::NoVisitor => "Nothing in the request proves who it is for. Start a new session.",
            Self::NotAdmin => "This address needs the header Authorization: Bearer ADMIN_TOKEN.",
            Self::NoToken => "The request has no token. Sign in first.",
            Self::Malformed => "The token is not a signed JSON web token.",
            Self::WrongAlgorithm => {
                "The token is signed with an algorithm that its key is not for."
            }
            Self::UnknownKey => "The token is signed with a key that is not known.",
            Self::NoKeys => {
                "The keys that tokens are checked with could not be had from AUTH_JWKS_URL. Try again in a moment."
            }
            Self::BadSignature => "The token's signature is wrong.",
            Self::Expired => "The token has expired. Sign in again.",
            Self::NotYetValid => "The token is not valid yet.",
            Self::WrongIssuer => "The token is of another issuer.",
            Self::WrongAudience => "The token is for another audience.",
            Self::NoSubject => "The token has no subject of 1 to 512 characters.",
        }
    }
}

/// The token of an `Authorization` header, where it is a bearer's.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Lets an admin in, by the `Authorization` header.
///
/// # Errors
/// [`Error::NotFound`] where no `ADMIN_TOKEN` is set: nobody can be admin, so there is nothing to
/// find. [`AuthError::NotAdmin`] for any other token.
pub fn require_admin(header: Option<&str>, token: Option<&Secret>) -> Result<(), Error> {
    let token = token.ok_or(Error::NotFound)?;
    match header.and_then(bearer) {
        Some(offered) if token.matches(offered) => Ok(()),
        _ => Err(AuthError::NotAdmin.into()),
    }
}

impl From<AuthError> for Error {
    fn from(why: AuthError) -> Self {
        Self::IdentityRequired(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_has_its_scheme_in_any_case() {
        assert_eq!(bearer("Bearer a.b"), Some("a.b"));
        assert_eq!(bearer("bearer  a.b "), Some("a.b"));
        for header in ["", "Bearer", "Bearer ", "Basic a.b", "a.b"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }

    #[test]
    fn admin_endpoints_exist_only_with_a_token_and_open_only_to_it() {
        let token = Secret::new("right");
        assert_eq!(require_admin(Some("Bearer right"), Some(&token)), Ok(()));
        for header in [
            None,
            Some("Bearer wrong"),
            Some("right"),
            Some("Bearer right2"),
        ] {
            assert_eq!(
                require_admin(header, Some(&token)),
                Err(AuthError::NotAdmin.into())
            );
        }
        assert_eq!(
            require_admin(Some("Bearer right"), None),
            Err(Error::NotFound)
        );
        assert_eq!(require_admin(None, None), Err(Error::NotFound));
    }
}
