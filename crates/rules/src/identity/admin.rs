//! The owner's access to the admin endpoints.

use crate::error::{AuthError, Error, SettingError};
use crate::secret::Secret;

/// The token of an `Authorization` header with the scheme `Bearer`.
#[must_use]
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// `ADMIN_TOKEN`: `None` if it is not set, an error if it is too short.
pub type AdminToken = Result<Option<Secret>, SettingError>;

/// Checks the `Authorization` header against `ADMIN_TOKEN`.
///
/// # Errors
/// [`Error::NotFound`] if no `ADMIN_TOKEN` is set, because then the admin endpoints do not exist.
/// [`Error::NotConfigured`] if it is too short, so that the owner learns why their token does not work.
/// [`AuthError::NotAdmin`] for every other token.
pub fn require_admin(header: Option<&str>, token: &AdminToken) -> Result<(), Error> {
    let token = token
        .as_ref()
        .map_err(|error| Error::NotConfigured(vec![error.clone()]))?;
    let token = token.as_ref().ok_or(Error::NotFound)?;
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
        let token = Ok(Some(Secret::new("right")));
        assert_eq!(require_admin(Some("Bearer right"), &token), Ok(()));
        for header in [
            None,
            Some("Bearer wrong"),
            Some("right"),
            Some("Bearer right2"),
        ] {
            assert_eq!(
                require_admin(header, &token),
                Err(AuthError::NotAdmin.into())
            );
        }
        assert_eq!(
            require_admin(Some("Bearer right"), &Ok(None)),
            Err(Error::NotFound)
        );
        assert_eq!(require_admin(None, &Ok(None)), Err(Error::NotFound));
        let error = SettingError::new("ADMIN_TOKEN", "ADMIN_TOKEN is too short.");
        assert_eq!(
            require_admin(Some("Bearer right"), &Err(error.clone())),
            Err(Error::NotConfigured(vec![error]))
        );
    }
}
