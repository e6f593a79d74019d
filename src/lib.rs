//! ChatKit Edge: the Worker.
//!
//! It translates between Cloudflare's runtime and the crate `rules`, which decides everything. The routes are in
//! `crates/rules/src/router.rs`.
//!
//! - [`fetch`] serves each request: files by [`assets`], everything else by [`rules::app::serve`].
//! - [`runtime`] implements what the rules need of the platform, except for the ledger.
//! - [`chats`] is the Durable Object `Chats`, one for each user of the chat server, and the calls to whoever runs a chat.
//! - [`ledger`] is the Durable Object `Ledger`, and the calls to it.

mod assets;
mod chats;
mod ledger;
mod runtime;

use rules::context::Context;
use rules::isolate::Isolate;
use rules::platform::Clock;
use runtime::{Runtime, bindings, tasks, variables};
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use worker::{Env, event};

thread_local! {
    static ISOLATE: OnceCell<Rc<Isolate>> = const { OnceCell::new() };
}

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Serves a request. Returns a response or a promise of one.
///
/// When the client disconnects, the request still runs to completion (`keep_alive`), so that its quota is released and
/// waiting requests are notified.
#[wasm_bindgen]
pub fn fetch(request: web_sys::Request, env: Env, context: worker::worker_sys::Context) -> JsValue {
    let runtime = Runtime::new(request, env, context);
    let context = Rc::clone(&runtime.context);
    tasks::run(async move {
        match serve(&runtime).await {
            Ok(response) => Ok(response.into()),
            Err(error) => {
                web_sys::console::error_1(&error);
                Ok(bindings::empty_response(500)?.into())
            }
        }
    })
    .keep_alive(&context)
    .into()
}

/// The state of this isolate, which the Worker and the objects in it share.
fn isolate(env: &Env) -> Rc<Isolate> {
    ISOLATE.with(|isolate| {
        let isolate = isolate.get_or_init(|| Rc::new(Isolate::new(variables::settings(env))));
        Rc::clone(isolate)
    })
}

async fn serve(runtime: &Runtime) -> bindings::Result<web_sys::Response> {
    let started_ms = runtime.now_ms();
    let isolate = isolate(&runtime.env);
    let ctx = Context::new(&isolate, runtime);
    match rules::app::route(&ctx) {
        Ok(route) if route.is_file() => assets::serve(route, &ctx).await,
        route => {
            let response = rules::app::serve(route, started_ms, &ctx).await;
            bindings::response(&response, runtime.passed.take())
        }
    }
}
