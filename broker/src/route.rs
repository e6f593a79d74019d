//! Which endpoint a method and a path name, or why none.

use crate::problem::Cause;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Create a session.
    Start,
    /// Create the next session for a proven caller.
    Refresh,
    /// Check the whole set-up; for the admin.
    Doctor,
    /// What a page may know.
    Config,
    /// Is the Worker up.
    Health,
    /// The demo page, which needs headers made from the settings.
    Page,
    /// A static file, or its absence.
    Asset,
    /// `OPTIONS` on a known path: a preflight, or a question about methods.
    Options {
        /// The value for `Allow` and `Access-Control-Allow-Methods`.
        allow: &'static str,
    },
}

const GET: &str = "GET, HEAD, OPTIONS";
const POST: &str = "POST, OPTIONS";

/// Finds the endpoint for a request.
///
/// # Errors
/// [`Cause::NotFound`] for a path under `/api/` that is none of ours, and
/// [`Cause::MethodNotAllowed`] for a known path with another method.
pub fn route(method: &str, path: &str) -> Result<Route, Cause> {
    let (route, allow) = match path {
        "/api/chatkit/session" | "/api/chatkit/start" | "/api/create-session" => {
            (Route::Start, POST)
        }
        "/api/chatkit/refresh" => (Route::Refresh, POST),
        "/api/chatkit/doctor" => (Route::Doctor, GET),
        "/api/chatkit/config" => (Route::Config, GET),
        "/health" => (Route::Health, GET),
        "/" => return Ok(Route::Page),
        _ if is_api(path) => return Err(Cause::NotFound),
        _ => return Ok(Route::Asset),
    };
    match method {
        "OPTIONS" => Ok(Route::Options { allow }),
        "HEAD" if allow == GET => Ok(route),
        _ if allow.split(", ").any(|allowed| allowed == method) => Ok(route),
        _ => Err(Cause::MethodNotAllowed { allow }),
    }
}

/// Whether a path belongs to the API, and its failures are therefore problems, not pages.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

impl Route {
    /// Whether only the admin may ask.
    #[must_use]
    pub fn is_for_admin(self) -> bool {
        matches!(self, Self::Doctor)
    }

    /// Whether the request would create or change something, so that its `Origin` must be ours or allowed.
    #[must_use]
    pub fn changes_state(self) -> bool {
        matches!(self, Self::Start | Self::Refresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_paths_start_a_session() {
        for path in [
            "/api/chatkit/session",
            "/api/chatkit/start",
            "/api/create-session",
        ] {
            assert_eq!(route("POST", path), Ok(Route::Start));
        }
    }

    #[test]
    fn a_known_path_with_another_method_names_the_allowed_ones() {
        assert_eq!(
            route("GET", "/api/chatkit/refresh"),
            Err(Cause::MethodNotAllowed { allow: POST })
        );
        assert_eq!(
            route("PROPFIND", "/health"),
            Err(Cause::MethodNotAllowed { allow: GET })
        );
    }

    #[test]
    fn head_is_taken_where_get_is_and_options_everywhere() {
        assert_eq!(route("HEAD", "/health"), Ok(Route::Health));
        assert_eq!(
            route("OPTIONS", "/api/chatkit/session"),
            Ok(Route::Options { allow: POST })
        );
        assert_eq!(
            route("HEAD", "/api/chatkit/session"),
            Err(Cause::MethodNotAllowed { allow: POST })
        );
    }

    #[test]
    fn an_unknown_path_is_a_problem_under_api_and_an_asset_elsewhere() {
        for path in ["/api", "/api/", "/api/nope", "/api/chatkit/session/"] {
            assert_eq!(route("GET", path), Err(Cause::NotFound), "{path}");
        }
        assert_eq!(route("GET", "/apis"), Ok(Route::Asset));
        assert_eq!(route("POST", "/demo.css"), Ok(Route::Asset));
    }
}
