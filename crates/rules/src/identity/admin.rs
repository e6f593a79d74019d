//! The owner's access to the admin endpoints.

use crate::error::{AuthError, Error};
use crate::secret::Secret;

/// The token of an `Authorization` header with the scheme `Bearer`.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Checks the `Authorization` header against `ADMIN_TOKEN`.
///
/// # Errors
/// [`Error::NotFound`] if no `ADMIN_TOKEN` is set, because then the admin endpoints do not exist.
/// [`AuthError::NotAdmin`] for every other token.
pub fn require_admin(header: Option<&str>, token: Option<&Secret>) -> Result<(), Error> {
    let token = token.ok_or(Error::NotFound)?;
    match header.and_then(bearer) {
        Some(offered) if token.matches(offered) => Ok(()),
        _ => Err(AuthError::NotAdmin.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_of_a_bearer_token_is_case_insensitive() {
        assert_eq!(bearer("Bearer a.b"), Some("a.b"));
        assert_eq!(bearer("bearer  a.b "), Some("a.b"));
        for header in ["", "Bearer", "Bearer ", "Basic a.b", "a.b"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }

    #[test]
    fn admin_endpoints_exist_only_with_a_token_and_accept_only_that_token() {
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
