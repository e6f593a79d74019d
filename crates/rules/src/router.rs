//! Every route and its handler.

use crate::chat::{chat_runs, front_door};
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::{collect, reporting};
use crate::doctor;
use crate::error::Error;
use crate::health;
use crate::hosted::{create_session, session_access};
use crate::http::response::Response;
use crate::identity::identify::Proof;
use crate::platform::Platform;
use crate::public_config;
use crate::validate::is_name;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Creates a session.
    CreateSession,
    /// Creates the next session for the same proven user.
    RefreshSession,
    /// Shows a session of the user's own; [`session_id`] returns its id.
    ShowSession,
    /// Cancels a session of the user's own; [`session_id`] returns its id.
    CancelSession,
    /// ChatKit's server protocol.
    Chat,
    /// Sends the events of an answer from the first; [`run_id`] returns its id.
    AttachRun,
    /// Stops an answer; [`run_id`] returns its id.
    StopRun,
    /// Counts messages.
    CountMessages,
    /// Counts changes of thread.
    CountThreadChanges,
    /// Stores error reports.
    CollectErrors,
    /// Returns the latest error reports; admin.
    ErrorReports,
    /// Returns the counters; admin.
    Stats,
    /// Returns the counters for Prometheus; admin.
    Metrics,
    /// Checks the whole set-up; admin.
    Doctor,
    /// Returns what a page may know.
    Config,
    /// Says that the Worker is up.
    Health,
    /// Serves the demo page, whose headers depend on the settings.
    DemoPage,
    /// Serves `/embed.js`, with what a page may know in front of it.
    EmbedScript,
    /// Serves a static file, or the 404 page.
    Asset,
    /// Answers `OPTIONS` on a known path: a preflight, or a question about methods.
    Options {
        /// The value for `Allow` and `Access-Control-Allow-Methods`.
        allow: &'static str,
    },
}

/// What `GET`, `POST` and `DELETE` do at a path.
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
            "/api/chatkit/session" => post(Route::CreateSession),
            "/api/chatkit/start" => post(Route::CreateSession),
            "/api/create-session" => post(Route::CreateSession),
            "/api/chatkit/refresh" => post(Route::RefreshSession),
            "/chatkit" => post(Route::Chat),
            "/api/analytics/message" => post(Route::CountMessages),
            "/api/analytics/thread-change" => post(Route::CountThreadChanges),
            "/api/errors" => Self {
                get: Some(Route::ErrorReports),
                ..post(Route::CollectErrors)
            },
            "/api/chatkit/stats" => get(Route::Stats),
            "/metrics" => get(Route::Metrics),
            "/api/chatkit/doctor" => post(Route::Doctor),
            "/api/chatkit/config" => get(Route::Config),
            "/health" | "/api/health" => get(Route::Health),
            _ if session_id(path).is_some() => Self {
                delete: Some(Route::CancelSession),
                ..get(Route::ShowSession)
            },
            _ if run_id(path).is_some() => Self {
                delete: Some(Route::StopRun),
                ..get(Route::AttachRun)
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

/// The id in the path of `/api/chatkit/session/{id}`.
fn id<'a, P>(ctx: &'a Context<'_, P>) -> Result<&'a str, Error> {
    session_id(&ctx.path).ok_or(Error::NotFound)
}

/// The id in the path of `/chatkit/runs/{id}`.
fn run<'a, P>(ctx: &'a Context<'_, P>) -> Result<&'a str, Error> {
    let id = run_id(&ctx.path).filter(|id| is_name(id, 128));
    id.ok_or(Error::NotFound)
}

/// Calls the handler of a route.
///
/// # Errors
/// Whatever the handler fails with. The Worker serves files itself, so their routes are [`Error::Internal`] here.
pub async fn dispatch<P: Platform>(route: Route, ctx: &Context<'_, P>) -> Result<Response, Error> {
    match route {
        Route::CreateSession => create_session::handle(Proof::Optional, ctx).await,
        Route::RefreshSession => create_session::handle(Proof::Required, ctx).await,
        Route::ShowSession => session_access::show(id(ctx)?, ctx).await,
        Route::CancelSession => session_access::cancel(id(ctx)?, ctx).await,
        Route::Chat => front_door::handle(ctx).await,
        Route::AttachRun => chat_runs::attach(run(ctx)?, ctx).await,
        Route::StopRun => chat_runs::stop(run(ctx)?, ctx).await,
        Route::CountMessages => collect::handle(Event::Message, ctx).await,
        Route::CountThreadChanges => collect::handle(Event::ThreadChange, ctx).await,
        Route::CollectErrors => collect::handle(Event::ClientError, ctx).await,
        Route::ErrorReports => reporting::error_reports(ctx).await,
        Route::Stats => reporting::stats(ctx).await,
        Route::Metrics => reporting::metrics(ctx).await,
        Route::Doctor => doctor::handle(ctx).await,
        Route::Config => Ok(public_config::response(ctx.settings(), &ctx.own_origin())),
        Route::Health => Ok(health::response()),
        Route::Options { allow } => Ok(ctx.options(allow)),
        Route::DemoPage | Route::EmbedScript | Route::Asset => Err(Error::Internal),
    }
}

/// Finds the route of a request.
///
/// # Errors
/// [`Error::NotFound`] for an unknown path under `/api/`, and [`Error::MethodNotAllowed`] for a known path with another
/// method.
pub fn route(method: &str, path: &str) -> Result<Route, Error> {
    let Some(endpoints) = Endpoints::of(path) else {
        return match path {
            "/" => Ok(Route::DemoPage),
            "/embed.js" => Ok(Route::EmbedScript),
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

/// The session that a path names: one segment, not decoded.
#[must_use]
pub fn session_id(path: &str) -> Option<&str> {
    path.strip_prefix("/api/chatkit/session/")
        .filter(|id| !id.is_empty() && !id.contains('/'))
}

/// The answer that a path names: one segment, not decoded.
#[must_use]
pub fn run_id(path: &str) -> Option<&str> {
    path.strip_prefix("/chatkit/runs/")
        .filter(|id| !id.is_empty() && !id.contains('/'))
}

/// Whether a path belongs to the API, so that its errors are problems and not pages.
#[must_use]
pub fn is_api(path: &str) -> bool {
    let is_in = |root| {
        path == root
            || path
                .strip_prefix(root)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    is_in("/api") || is_in("/chatkit")
}

impl Route {
    /// Whether the Worker serves a file for it.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::DemoPage | Self::EmbedScript | Self::Asset)
    }

    /// Whether it needs the admin token.
    #[must_use]
    pub fn is_for_admin(self) -> bool {
        matches!(
            self,
            Self::Doctor | Self::Stats | Self::Metrics | Self::ErrorReports
        )
    }

    /// Whether it creates or changes something, so that its `Origin` must be the Worker's own or allowed.
    #[must_use]
    pub fn changes_state(self) -> bool {
        self.creates_session()
            || matches!(
                self,
                Self::CancelSession
                    | Self::Chat
                    | Self::StopRun
                    | Self::Doctor
                    | Self::CountMessages
                    | Self::CountThreadChanges
                    | Self::CollectErrors
            )
    }

    /// Whether it belongs to the chat server.
    #[must_use]
    pub fn is_chat(self) -> bool {
        matches!(self, Self::Chat | Self::AttachRun | Self::StopRun)
    }

    /// Whether an error here is a session that could not be created.
    #[must_use]
    pub fn creates_session(self) -> bool {
        matches!(self, Self::CreateSession | Self::RefreshSession)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_allowed(allow: &'static str) -> Result<Route, Error> {
        Err(Error::MethodNotAllowed { allow })
    }

    #[test]
    fn three_paths_start_a_session() {
        for path in [
            "/api/chatkit/session",
            "/api/chatkit/start",
            "/api/create-session",
        ] {
            assert_eq!(route("POST", path), Ok(Route::CreateSession));
        }
    }

    #[test]
    fn a_session_id_is_one_segment() {
        assert_eq!(
            route("GET", "/api/chatkit/session/cksess_1"),
            Ok(Route::ShowSession)
        );
        assert_eq!(
            route("DELETE", "/api/chatkit/session/%00"),
            Ok(Route::CancelSession)
        );
        assert_eq!(session_id("/api/chatkit/session/a/b"), None);
        for path in ["/api/chatkit/session/", "/api/chatkit/session/a/b"] {
            assert_eq!(route("GET", path), Err(Error::NotFound), "{path}");
        }
    }

    #[test]
    fn a_chat_is_posted_and_its_answers_are_followed_and_stopped() {
        assert_eq!(route("POST", "/chatkit"), Ok(Route::Chat));
        assert_eq!(route("GET", "/chatkit"), not_allowed("POST, OPTIONS"));
        assert_eq!(route("GET", "/chatkit/runs/run_1"), Ok(Route::AttachRun));
        assert_eq!(route("DELETE", "/chatkit/runs/run_1"), Ok(Route::StopRun));
        assert!(Route::Chat.changes_state() && Route::StopRun.changes_state());
    }

    #[test]
    fn a_known_path_with_another_method_names_the_allowed_ones() {
        assert_eq!(
            route("GET", "/api/chatkit/refresh"),
            not_allowed("POST, OPTIONS")
        );
        assert_eq!(
            route("PROPFIND", "/health"),
            not_allowed("GET, HEAD, OPTIONS")
        );
        assert_eq!(
            route("PUT", "/api/errors"),
            not_allowed("GET, HEAD, POST, OPTIONS")
        );
        assert_eq!(
            route("POST", "/api/chatkit/session/x"),
            not_allowed("GET, HEAD, DELETE, OPTIONS")
        );
        assert_eq!(route("get", "/health"), not_allowed("GET, HEAD, OPTIONS"));
    }

    #[test]
    fn head_works_wherever_get_does_and_options_everywhere() {
        assert_eq!(route("HEAD", "/health"), Ok(Route::Health));
        assert_eq!(
            route("OPTIONS", "/api/chatkit/session"),
            Ok(Route::Options {
                allow: "POST, OPTIONS"
            })
        );
        assert_eq!(
            route("HEAD", "/api/chatkit/session"),
            not_allowed("POST, OPTIONS")
        );
    }

    #[test]
    fn health_has_two_paths_and_the_doctor_is_post() {
        assert_eq!(route("GET", "/api/health"), Ok(Route::Health));
        assert_eq!(
            route("GET", "/api/chatkit/doctor"),
            not_allowed("POST, OPTIONS")
        );
    }

    #[test]
    fn an_unknown_path_is_a_problem_under_api_and_an_asset_elsewhere() {
        for path in [
            "/api",
            "/api/",
            "/api/nope",
            "/chatkit/",
            "/chatkit/runs",
            "/chatkit/runs/a/b",
        ] {
            assert_eq!(route("GET", path), Err(Error::NotFound), "{path}");
        }
        assert_eq!(route("GET", "/embed.js"), Ok(Route::EmbedScript));
        assert_eq!(route("GET", "/apis"), Ok(Route::Asset));
        assert_eq!(route("GET", "/chatkits"), Ok(Route::Asset));
        assert_eq!(route("POST", "/demo.css"), Ok(Route::Asset));
    }
}
