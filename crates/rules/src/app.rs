//! Serves one request, from its route to its line in the log.

use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::Error;
use crate::hosted::create_session::SHARED;
use crate::http::cors::RequestOrigin;
use crate::http::response::Response;
use crate::identity::admin::require_admin;
use crate::log::{LogLine, path_for_log};
use crate::platform::Platform;
use crate::problem::Problem;
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
        require_admin(header.as_deref(), ctx.settings().admin_token.as_ref())?;
    }
    router::dispatch(route, ctx).await
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
