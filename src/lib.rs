//! ChatKit Edge: the Worker.
//!
//! It translates between the runtime and the rules of the `rules` crate, and decides nothing
//! itself. A request passes through [`response`], which
//!
//! 1. gives it an id,
//! 2. asks the rules which endpoint it means and which page sent it,
//! 3. serves it ([`session`], [`record`], [`events`], [`stats`], [`doctor`], [`pages`], or an answer
//!    that the rules hold ready),
//! 4. writes its line in the log, and
//! 5. hands the answer back with the headers that every answer has.
//!
//! A request whose client goes away is brought to its end: what it took is given back, those who
//! wait for the same are told, and its memory is freed.

mod client_request;
mod client_response;
mod clock;
mod console;
mod doctor;
mod env_settings;
mod events;
mod identify;
mod jwks_cache;
mod ledger;
mod openai_client;
mod pages;
mod rate_limiter;
mod record;
mod request_context;
mod runtime;
mod session;
mod shared_sessions;
mod stats;
mod tasks;

use client_request::ClientRequest;
use request_context::{LogFields, RequestContext};
use rules::counters::Event;
use rules::error::Error;
use rules::http::origin::RequestOrigin;
use rules::http::response::Response;
use rules::identity;
use rules::log::{Line, path_for_log};
use rules::problem::Problem;
use rules::public_config;
use rules::router::{self, Route};
use shared_sessions::SHARED;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Request;
use worker::worker_sys::Context;
use worker::{Env, event};

/// How long a page may keep what `/api/chatkit/config` says, in seconds.
const CONFIG_SECONDS: u32 = 60;

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// What the runtime calls for each request. Gives a response or a promise of one.
#[wasm_bindgen]
pub fn fetch(request: Request, env: Env, context: Context) -> JsValue {
    let context = Rc::new(context);
    let its_own = Rc::clone(&context);
    tasks::run(async move {
        match answer(request, env, its_own).await {
            Ok(response) => Ok(response.into()),
            Err(error) => {
                web_sys::console::error_1(&error);
                Ok(runtime::plain_response(500, None)?.into())
            }
        }
    })
    .keep_alive(&context)
    .into()
}

async fn answer(
    request: Request,
    env: Env,
    context: Rc<Context>,
) -> runtime::Result<web_sys::Response> {
    let ctx = RequestContext::new(&request, env, context);
    let started = clock::now_ms();
    let request = ClientRequest::new(request, &ctx.settings);
    let route = router::route(&request.method, &request.path);
    if let Ok(route @ (Route::Page | Route::Embed | Route::Asset)) = route {
        return pages::serve(route, &request, &ctx).await;
    }

    let mut line = Line {
        event: "request",
        ..Line::default()
    };
    let mut log = LogFields::default();
    let creates_session = route.as_ref().is_ok_and(|route| route.creates_session());
    let served = match route {
        Ok(route) => serve(route, &request, &ctx, &mut log).await,
        Err(cause) => Err(cause),
    };
    let mut answer = served.unwrap_or_else(|cause| {
        let mut problem = Problem::from(&cause);
        line.code = Some(problem.code);
        if creates_session {
            problem = problem.for_session();
            // A failure that several share is counted once.
            if cause.is_counted() && log.event != Some(SHARED) {
                ctx.count_later(&Event::SessionFailed(problem.code.to_owned()));
            }
        }
        Response::problem(&problem, &request.request_id)
    });
    request.request_origin.add_cors(&mut answer.headers);
    let answer = answer.finish(&request.method, &request.request_id);

    line.level = if answer.status < 500 { "info" } else { "error" };
    line.request_id = &request.request_id;
    line.method = Some(&request.method);
    let path = path_for_log(&request.path);
    line.path = Some(&path);
    line.status = Some(answer.status);
    line.took_ms = Some(clock::now_ms().saturating_sub(started));
    log.note(&mut line);
    console::write(&line);
    client_response::response(&answer)
}

async fn serve(
    route: Route,
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Response, Error> {
    // A foreign page is stopped before anything is done or spent for it.
    let preflight = matches!(route, Route::Options { .. });
    if request.request_origin == RequestOrigin::Disallowed && (route.changes_state() || preflight) {
        return Err(Error::OriginNotAllowed);
    }
    let settings = &ctx.settings;
    if route.is_for_admin() {
        let header = request.header("Authorization");
        identity::require_admin(header.as_deref(), settings.admin_token.as_ref())?;
    }
    match route {
        Route::Start | Route::Refresh => session::create(route, request, ctx, log).await,
        Route::Show => record::show(request, ctx, log).await,
        Route::Cancel => record::cancel(request, ctx, log).await,
        Route::Messages => events::take(Event::Message, request, ctx, log).await,
        Route::ThreadChanges => events::take(Event::ThreadChange, request, ctx, log).await,
        Route::TakeReports => events::take(Event::ClientError, request, ctx, log).await,
        Route::Reports => stats::reports(ctx, log).await,
        Route::Stats => stats::stats(ctx, log).await,
        Route::Metrics => stats::metrics(ctx, log).await,
        Route::Doctor => Ok(Response::json(doctor::examine(ctx).await.to_json())),
        Route::Config => Ok(Response::cacheable_json(
            public_config::config_json(settings),
            CONFIG_SECONDS,
        )),
        Route::Health => Ok(Response::json(
            concat!(
                r#"{"status":"healthy","version":""#,
                env!("CARGO_PKG_VERSION"),
                r#""}"#
            )
            .to_owned(),
        )),
        Route::Options { allow } => {
            let mut answer = Response::options(allow);
            request
                .request_origin
                .add_preflight(&mut answer.headers, allow);
            Ok(answer)
        }
        Route::Page | Route::Embed | Route::Asset => Err(Error::Internal),
    }
}
