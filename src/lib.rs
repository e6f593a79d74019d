//! ChatKit Edge: the Worker.
//!
//! It translates between the runtime and the rules of the `broker` crate, and decides nothing
//! itself. A request passes through [`answer`], which
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

mod bindings;
mod caller;
mod clock;
mod console;
mod doctor;
mod events;
mod flights;
mod incoming;
mod keys;
mod ledger;
mod limits;
mod outgoing;
mod pages;
mod record;
mod runtime;
mod scope;
mod session;
mod stats;
mod tasks;
mod upstream;

use broker::answer::Answer;
use broker::auth;
use broker::cause::Cause;
use broker::ledger::Event;
use broker::log::{Line, path_for_log};
use broker::origin::Sender;
use broker::page;
use broker::problem::Problem;
use broker::route::{self, Route};
use flights::SHARED;
use incoming::Incoming;
use scope::{Scope, Trace};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
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

async fn answer(request: Request, env: Env, context: Rc<Context>) -> runtime::Result<Response> {
    let scope = Scope::new(&request, env, context);
    let started = clock::now_ms();
    let incoming = Incoming::new(request, &scope.settings);
    let route = route::route(&incoming.method, &incoming.path);
    if let Ok(route @ (Route::Page | Route::Embed | Route::Asset)) = route {
        return pages::serve(route, &incoming, &scope).await;
    }

    let mut line = Line {
        event: "request",
        ..Line::default()
    };
    let mut trace = Trace::default();
    let creates_session = route.as_ref().is_ok_and(|route| route.creates_session());
    let served = match route {
        Ok(route) => serve(route, &incoming, &scope, &mut trace).await,
        Err(cause) => Err(cause),
    };
    let mut answer = served.unwrap_or_else(|cause| {
        let mut problem = Problem::from(&cause);
        line.code = Some(problem.code);
        if creates_session {
            problem = problem.for_session();
            // A failure that several share is counted once.
            if cause.is_counted() && trace.event != Some(SHARED) {
                scope.count_later(&Event::SessionFailed(problem.code.to_owned()));
            }
        }
        Answer::problem(&problem, &incoming.request_id)
    });
    incoming.sender.add_cors(&mut answer.headers);
    let answer = answer.finish(&incoming.method, &incoming.request_id);

    line.level = if answer.status < 500 { "info" } else { "error" };
    line.request_id = &incoming.request_id;
    line.method = Some(&incoming.method);
    let path = path_for_log(&incoming.path);
    line.path = Some(&path);
    line.status = Some(answer.status);
    line.took_ms = Some(clock::now_ms().saturating_sub(started));
    trace.note(&mut line);
    console::write(&line);
    outgoing::response(&answer)
}

async fn serve(
    route: Route,
    incoming: &Incoming,
    scope: &Scope,
    trace: &mut Trace,
) -> Result<Answer, Cause> {
    // A foreign page is stopped before anything is done or spent for it.
    let preflight = matches!(route, Route::Options { .. });
    if incoming.sender == Sender::Foreign && (route.changes_state() || preflight) {
        return Err(Cause::OriginNotAllowed);
    }
    let settings = &scope.settings;
    if route.is_for_admin() {
        let header = incoming.header("Authorization");
        auth::admit_admin(header.as_deref(), settings.admin_token.as_ref())?;
    }
    match route {
        Route::Start | Route::Refresh => session::create(route, incoming, scope, trace).await,
        Route::Show => record::show(incoming, scope, trace).await,
        Route::Cancel => record::cancel(incoming, scope, trace).await,
        Route::Messages => events::take(Event::Message, incoming, scope, trace).await,
        Route::ThreadChanges => events::take(Event::ThreadChange, incoming, scope, trace).await,
        Route::TakeReports => events::take(Event::ClientError, incoming, scope, trace).await,
        Route::Reports => stats::reports(scope, trace).await,
        Route::Stats => stats::stats(scope, trace).await,
        Route::Metrics => stats::metrics(scope, trace).await,
        Route::Doctor => Ok(Answer::json(doctor::examine(scope).await.to_json())),
        Route::Config => Ok(Answer::cacheable_json(
            page::config_json(settings),
            CONFIG_SECONDS,
        )),
        Route::Health => Ok(Answer::json(
            concat!(
                r#"{"status":"healthy","version":""#,
                env!("CARGO_PKG_VERSION"),
                r#""}"#
            )
            .to_owned(),
        )),
        Route::Options { allow } => {
            let mut answer = Answer::options(allow);
            incoming.sender.add_preflight(&mut answer.headers, allow);
            Ok(answer)
        }
        Route::Page | Route::Embed | Route::Asset => Err(Cause::Internal),
    }
}
