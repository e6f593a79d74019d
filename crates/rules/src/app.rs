//! Serves one request, from its route to its line in the log.

use crate::chat::error_event;
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{AuthError, Error};
use crate::hosted::create_session::SHARED;
use crate::http::cors::{self, RequestOrigin};
use crate::http::response::Response;
use crate::identity::admin::{bearer, require_admin};
use crate::identity::local_cookie;
use crate::log::{LogLine, path_for_log};
use crate::platform::Platform;
use crate::problem::Problem;
use crate::rate_limits::ADMIN_GUESSES_PER_ADDRESS;
use crate::reason;
use crate::router::{self, Route};
use crate::url_origin;

/// Finds the route of a request, files included. With `LOOPBACK_ONLY` only requests for this machine have one, and those for
/// an allowed origin: a page whose host name is bound to 127.0.0.1 (DNS rebinding) sends its own name as `Host`, and its
/// requests look like those of the Worker's own pages.
///
/// # Errors
/// [`Error::OriginNotAllowed`] for another host, and those of [`router::route`].
pub fn route<P: Platform>(ctx: &Context<'_, P>) -> Result<Route, Error> {
    if ctx.settings().loopback_only {
        let own = url_origin::of_url(&ctx.platform.url()).unwrap_or_default();
        let is_allowed = cors::classify(Some(&own), "", &ctx.settings().origins);
        if !url_origin::is_loopback(&own) && !is_allowed.is_third_party() {
            return Err(Error::OriginNotAllowed(cors::shown(&own)));
        }
    }
    router::route(&ctx.method, &ctx.path)
}

/// Serves the request of a context whose route is not a file. Every failure becomes a response.
///
/// 1. A disallowed origin and a missing admin token are rejected before anything is done or spent.
/// 2. The handler of the route runs ([`router::dispatch`]).
/// 3. An error becomes a problem. A failed session is counted by its code.
/// 4. The response gets the headers of every response, and the request its line in the log.
pub async fn serve<P: Platform>(
    route: Result<Route, Error>,
    started_ms: u64,
    ctx: &Context<'_, P>,
) -> Response {
    let found = route.as_ref().ok().copied();
    let creates_session = route.as_ref().is_ok_and(|route| route.creates_session());
    let refused_origin = found.and_then(|route| refused_origin(route, ctx));
    let result = match route {
        Ok(route) => handle(route, refused_origin.as_deref(), ctx).await,
        Err(error) => Err(error),
    };
    let mut failure = None;
    let mut response = result.unwrap_or_else(|error| {
        let mut problem = Problem::from(&error);
        failure = Some((problem.code, reason::of(&error, found), problem.status));
        if creates_session {
            problem = problem.for_session();
            // The request that made a shared session counts its failure.
            if error.is_counted() && ctx.log.event() != Some(SHARED) {
                if error.is_refusal() {
                    recorder::count_refusal(problem.code, ctx);
                } else {
                    recorder::count_later(&Event::SessionFailed(problem.code.to_owned()), ctx);
                }
            }
        }
        match error {
            Error::InStream(cause) => {
                // A refusal is no answer that failed.
                if !cause.is_refusal() {
                    recorder::count_failed_answer(problem.code, ctx);
                }
                error_event::response(&problem)
            }
            _ => problem.into_response(&ctx.request_id),
        }
    });
    ctx.origin.add_cors(&mut response.headers);
    if found.is_some_and(Route::is_chat) {
        ctx.origin.expose_chat(&mut response.headers);
    }
    if let Some(origin) = &refused_origin {
        cors::add_refusal(origin, &mut response.headers);
    }
    if ctx.is_local && ctx.origin == RequestOrigin::Absent {
        local_cookie::add(&mut response.headers);
    }
    let response = response.finish(&ctx.method, &ctx.request_id);
    let failure = failure.as_ref();
    log(
        &response,
        failure.map(|(code, reason, status)| (*code, reason.as_str(), *status)),
        started_ms,
        ctx,
    );
    response
}

/// The `Origin` header, if the page may not do this.
fn refused_origin<P: Platform>(route: Route, ctx: &Context<'_, P>) -> Option<String> {
    let is_preflight = matches!(route, Route::Options { .. });
    let is_refused =
        ctx.origin == RequestOrigin::Disallowed && (route.changes_state() || is_preflight);
    is_refused.then(|| ctx.platform.header("Origin"))?
}

/// Why a page may not do this. With invalid `ALLOWED_ORIGINS` it is not known which pages may.
fn refuse<P: Platform>(origin: &str, ctx: &Context<'_, P>) -> Error {
    match &ctx.settings().backend {
        Err(errors)
            if errors
                .iter()
                .any(|error| error.variable == "ALLOWED_ORIGINS") =>
        {
            Error::NotConfigured(errors.clone())
        }
        _ => Error::OriginNotAllowed(cors::shown(origin)),
    }
}

/// Whether a preflight is for a request that changes something. A refused page may send that: it is refused before anything
/// is done, and unlike a refused preflight the page can read it.
fn is_for_a_change<P: Platform>(ctx: &Context<'_, P>) -> bool {
    let method = ctx.platform.header("Access-Control-Request-Method");
    let route = router::route(&method.unwrap_or_default(), &ctx.path);
    route.is_ok_and(Route::changes_state)
}

async fn handle<P: Platform>(
    route: Route,
    refused_origin: Option<&str>,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    if let Some(origin) = refused_origin {
        let is_preflight = matches!(route, Route::Options { .. });
        if !is_preflight || !is_for_a_change(ctx) {
            return Err(refuse(origin, ctx));
        }
    }
    if route.is_for_admin() {
        let header = ctx.platform.header("Authorization");
        let checked = require_admin(header.as_deref(), &ctx.settings().admin_token);
        if let Err(error) = checked {
            limit_guesses(header.as_deref(), &error, ctx).await?;
            return Err(error);
        }
    }
    router::dispatch(route, ctx).await
}

/// Counts a wrong admin token for its address. A request without a token guesses nothing, and the right token is never
/// counted, so that nobody can lock the owner out.
async fn limit_guesses<P: Platform>(
    header: Option<&str>,
    error: &Error,
    ctx: &Context<'_, P>,
) -> Result<(), Error> {
    let is_guess = *error == AuthError::NotAdmin.into() && header.and_then(bearer).is_some();
    if !is_guess {
        return Ok(());
    }
    match ctx.rate_limit_client(ADMIN_GUESSES_PER_ADDRESS).await {
        Err(limited @ Error::RateLimited { .. }) => Err(limited),
        // A stranger does not learn that the limiter is not bound; the doctor says it.
        Ok(()) | Err(_) => Ok(()),
    }
}

fn log<P: Platform>(
    response: &Response,
    failure: Option<(&str, &str, u16)>,
    started_ms: u64,
    ctx: &Context<'_, P>,
) {
    let path = path_for_log(&ctx.path);
    let line = LogLine {
        // The status of a failure within a stream is 200.
        level: if failure.map_or(response.status, |(.., status)| status) < 500 {
            "info"
        } else {
            "error"
        },
        event: "request",
        request_id: Some(&ctx.request_id),
        method: Some(&ctx.method),
        path: Some(&path),
        status: Some(response.status),
        code: failure.map(|(code, ..)| code),
        cause: failure.map(|(_, reason, _)| reason),
        took_ms: Some(ctx.platform.now_ms().saturating_sub(started_ms)),
        ..LogLine::default()
    };
    ctx.log.complete(line, |line| ctx.platform.write(line));
}
