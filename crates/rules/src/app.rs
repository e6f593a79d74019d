//! Serves one request, from its route to its line in the log.

use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{AuthError, Error};
use crate::hosted::create_session::SHARED;
use crate::http::cors::RequestOrigin;
use crate::http::response::Response;
use crate::identity::admin::{bearer, require_admin};
use crate::log::{LogLine, path_for_log};
use crate::platform::Platform;
use crate::problem::Problem;
use crate::rate_limits::ADMIN_GUESSES_PER_ADDRESS;
use crate::router::{self, Route};

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
    let creates_session = route.as_ref().is_ok_and(|route| route.creates_session());
    let result = match route {
        Ok(route) => handle(route, ctx).await,
        Err(error) => Err(error),
    };
    let mut code = None;
    let mut response = result.unwrap_or_else(|error| {
        let mut problem = Problem::from(&error);
        code = Some(problem.code);
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
        problem.into_response(&ctx.request_id)
    });
    ctx.origin.add_cors(&mut response.headers);
    let response = response.finish(&ctx.method, &ctx.request_id);
    log(&response, code, started_ms, ctx);
    response
}

async fn handle<P: Platform>(route: Route, ctx: &Context<'_, P>) -> Result<Response, Error> {
    let is_preflight = matches!(route, Route::Options { .. });
    if ctx.origin == RequestOrigin::Disallowed && (route.changes_state() || is_preflight) {
        return Err(Error::OriginNotAllowed);
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
    code: Option<&str>,
    started_ms: u64,
    ctx: &Context<'_, P>,
) {
    let path = path_for_log(&ctx.path);
    let line = LogLine {
        level: if response.status < 500 {
            "info"
        } else {
            "error"
        },
        event: "request",
        request_id: Some(&ctx.request_id),
        method: Some(&ctx.method),
        path: Some(&path),
        status: Some(response.status),
        code,
        took_ms: Some(ctx.platform.now_ms().saturating_sub(started_ms)),
        ..LogLine::default()
    };
    ctx.log.complete(line, |line| ctx.platform.write(line));
}
