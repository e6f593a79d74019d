//! Why a request failed, for its line in the log: which claim, which field, which variable.

use crate::error::{AuthError, Error};
use crate::problem::Problem;
use crate::redact::redact;
use crate::router::Route;

/// The reason of a failure on a route (`None`: there is no such route), as one line without secrets and without values of
/// settings.
#[must_use]
pub fn of(error: &Error, route: Option<Route>) -> String {
    let detail = || Problem::from(error).detail;
    let reason = match error {
        Error::IdentityRequired(cause) => match part_of_proof(*cause) {
            Some(part) => format!("{part}: {}", detail()),
            None => detail(),
        },
        Error::NotFound => match route {
            Some(route) if route.is_for_admin() => "ADMIN_TOKEN is not set.".to_owned(),
            Some(route) if route.is_chat() => {
                "No thread, item or run of this user has this id.".to_owned()
            }
            Some(_) => "No session of this user has this id.".to_owned(),
            None => "No endpoint has this path.".to_owned(),
        },
        _ => detail(),
    };
    redact(&reason, None)
}

/// Which part of the request does not prove who sent it.
fn part_of_proof(cause: AuthError) -> Option<&'static str> {
    Some(match cause {
        AuthError::NotAdmin => "header Authorization",
        AuthError::Expired => "claim exp",
        AuthError::NotYetValid => "claim nbf",
        AuthError::WrongIssuer => "claim iss",
        AuthError::WrongAudience => "claim aud",
        AuthError::NoSubject => "claim sub",
        AuthError::WrongAlgorithm => "token header alg",
        AuthError::UnknownKey => "token header kid",
        AuthError::BadSignature => "token signature",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SettingError;

    #[test]
    fn a_reason_names_the_claim_the_field_or_the_variable() {
        for (error, expected) in [
            (
                Error::IdentityRequired(AuthError::WrongIssuer),
                "claim iss: The token is not from the expected issuer.",
            ),
            (
                Error::invalid("threadId", "a string or null"),
                "threadId must be a string or null.",
            ),
            (
                Error::NotConfigured(vec![SettingError::wrong(
                    "HISTORY",
                    "maybe",
                    "true or false",
                )]),
                "HISTORY must be true or false.",
            ),
            (Error::NotFound, "No endpoint has this path."),
        ] {
            assert_eq!(of(&error, None), expected);
        }
        assert_eq!(
            of(&Error::NotFound, Some(Route::Stats)),
            "ADMIN_TOKEN is not set."
        );
    }

    #[test]
    fn a_reason_contains_no_secret_that_a_client_sent_as_a_name() {
        let error = Error::invalid("state_variables: \"ek_secret\"", "a listed name");
        assert!(!of(&error, None).contains("ek_"));
    }
}
