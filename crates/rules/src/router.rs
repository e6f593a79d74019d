//! Which endpoint a method and a path name, or why none.

use crate::error::Error;
use crate::http::origin;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Create a session.
    Start,
    /// Create the next session for a proven caller.
    Refresh,
    /// Show a session of the caller's own; [`session_id`] has its id.
    Show,
    /// Cancel a session of the caller's own; [`session_id`] has its id.
    Cancel,
    /// Count messages.
    Messages,
    /// Count changes of thread.
    ThreadChanges,
    /// Take error reports.
    TakeReports,
    /// Give the latest error reports; for the admin.
    Reports,
    /// Give the counters; for the admin.
    Stats,
    /// Give the counters to Prometheus; for the admin.
    Metrics,
    /// Check the whole set-up; for the admin.
    Doctor,
    /// What a page may know.
    Config,
    /// Is the Worker up.
    Health,
    /// The demo page, which needs headers made from the settings.
    Page,
    /// The element for other sites' pages, with what a page may know in front of it.
    Embed,
    /// A static file, or its absence.
    Asset,
    /// `OPTIONS` on a known path: a preflight, or a question about methods.
    Options {
        /// The value for `Allow` and `Access-Control-Allow-Methods`.
        allow: &'static str,
    },
}

const SESSION: &str = "/api/chatkit/session/";

/// The endpoints of a path: what `GET`, `POST` and `DELETE` mean there.
#[derive(Default)]
struct Endpoints {
    get: Option<Route>,
    post: Option<Route>,
    delete: Option<Route>,
}

impl Endpoints {
    fn of(path: &str) -> Option<Self> {
        let get = |route| Self {
            get: Some(route),
            ..Self::default()
        };
        let post = |route| Self {
            post: Some(route),
            ..Self::default()
        };
        Some(match path {
            "/api/chatkit/session" | "/api/chatkit/start" | "/api/create-session" => {
                post(Route::Start)
            }
            "/api/chatkit/refresh" => post(Route::Refresh),
            "/api/analytics/message" => post(Route::Messages),
            "/api/analytics/thread-change" => post(Route::ThreadChanges),
            "/api/errors" => Self {
                get: Some(Route::Reports),
                ..post(Route::TakeReports)
            },
            "/api/chatkit/stats" => get(Route::Stats),
            "/metrics" => get(Route::Metrics),
            "/api/chatkit/doctor" => get(Route::Doctor),
            "/api/chatkit/config" => get(Route::Config),
            "/health" => get(Route::Health),
            _ if session_id(path).is_some() => Self {
                delete: Some(Route::Cancel),
                ..get(Route::Show)
            },
            _ => return None,
        })
    }

    fn allow(&self) -> &'static str {
        match (self.get, self.post, self.delete) {
            (Some(_), None, None) => "GET, HEAD, OPTIONS",
            (Some(_), Some(_), _) => "GET, HEAD, POST, OPTIONS",
            (Some(_), None, Some(_)) => "GET, HEAD, DELETE, OPTIONS",
            _ => "POST, OPTIONS",
        }
    }
}

/// The path and the query of a URL that the runtime has parsed. Neither is decoded.
#[must_use]
pub fn path_and_query(url: &str) -> (&str, &str) {
    let after_scheme = origin::split_scheme(url).map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..));
    let path = path.unwrap_or("/").split('#').next().unwrap_or_default();
    path.split_once('?').unwrap_or((path, ""))
}

/// Finds the endpoint for a request.
///
/// # Errors
/// [`Error::NotFound`] for a path under `/api/` that is none of ours, and
/// [`Error::MethodNotAllowed`] for a known path with another method.
pub fn route(method: &str, path: &str) -> Result<Route, Error> {
    let Some(endpoints) = Endpoints::of(path) else {
        return match path {
            "/" => Ok(Route::Page),
            "/embed.js" => Ok(Route::Embed),
            _ if is_api(path) => Err(Error::NotFound),
            _ => Ok(Route::Asset),
        };
    };
    let allow = endpoints.allow();
    match method {
        "GET" | "HEAD" => endpoints.get,
        "POST" => endpoints.post,
        "DELETE" => endpoints.delete,
        "OPTIONS" => Some(Route::Options { allow }),
        _ => None,
    }
    .ok_or(Error::MethodNotAllowed { allow })
}

/// The session that a path names: one segment, as it stands in the path.
#[must_use]
pub fn session_id(path: &str) -> Option<&str> {
    path.strip_prefix(SESSION)
        .filter(|id| !id.is_empty() && !id.contains('/'))
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
        matches!(
            self,
            Self::Doctor | Self::Stats | Self::Metrics | Self::Reports
        )
    }

    /// Whether the request would create or change something, so that its `Origin` must be ours or allowed.
    #[must_use]
    pub fn changes_state(self) -> bool {
        self.creates_session()
            || matches!(
                self,
                Self::Cancel | Self::Messages | Self::ThreadChanges | Self::TakeReports
            )
    }

    /// Whether a failure here is a session that could not be created.
    #[must_use]
    pub fn creates_session(self) -> bool {
        matches!(self, Self::Start | Self::Refresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(allow: &'static str) -> Result<Route, Error> {
        Err(Error::MethodNotAllowed { allow })
    }

    #[test]
    fn a_url_has_a_path_and_maybe_a_query() {
        assert_eq!(
            path_and_query("https://a.example/api/x?b=/c?d#e"),
            ("/api/x", "b=/c?d")
        );
        assert_eq!(path_and_query("https://a.example:1/"), ("/", ""));
        assert_eq!(path_and_query("https://a.example"), ("/", ""));
    }

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
    fn a_session_is_named_by_one_segment() {
        assert_eq!(
            route("GET", "/api/chatkit/session/cksess_1"),
            Ok(Route::Show)
        );
        assert_eq!(
            route("DELETE", "/api/chatkit/session/%00"),
            Ok(Route::Cancel)
        );
        assert_eq!(session_id("/api/chatkit/session/a/b"), None);
        for path in ["/api/chatkit/session/", "/api/chatkit/session/a/b"] {
            assert_eq!(route("GET", path), Err(Error::NotFound), "{path}");
        }
    }

    #[test]
    fn a_known_path_with_another_method_names_the_allowed_ones() {
        assert_eq!(
            route("GET", "/api/chatkit/refresh"),
            refused("POST, OPTIONS")
        );
        assert_eq!(route("PROPFIND", "/health"), refused("GET, HEAD, OPTIONS"));
        assert_eq!(
            route("PUT", "/api/errors"),
            refused("GET, HEAD, POST, OPTIONS")
        );
        assert_eq!(
            route("POST", "/api/chatkit/session/x"),
            refused("GET, HEAD, DELETE, OPTIONS")
        );
        assert_eq!(route("get", "/health"), refused("GET, HEAD, OPTIONS"));
    }

    #[test]
    fn head_is_taken_where_get_is_and_options_everywhere() {
        assert_eq!(route("HEAD", "/health"), Ok(Route::Health));
        assert_eq!(
            route("OPTIONS", "/api/chatkit/session"),
            Ok(Route::Options {
                allow: "POST, OPTIONS"
            })
        );
        assert_eq!(
            route("HEAD", "/api/chatkit/session"),
            refused("POST, OPTIONS")
        );
    }

    #[test]
    fn an_unknown_path_is_a_problem_under_api_and_an_asset_elsewhere() {
        for path in ["/api", "/api/", "/api/nope"] {
            assert_eq!(route("GET", path), Err(Error::NotFound), "{path}");
        }
        assert_eq!(route("GET", "/embed.js"), Ok(Route::Embed));
        assert_eq!(route("GET", "/apis"), Ok(Route::Asset));
        assert_eq!(route("POST", "/demo.css"), Ok(Route::Asset));
    }
}
