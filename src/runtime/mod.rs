//! The platform of the rules on Cloudflare's runtime: one file for each capability.

pub mod bindings;
mod body;
pub mod clock;
pub mod console;
mod dataset;
mod fetch;
mod kv;
mod limiter;
mod request;
pub mod tasks;
mod timer;
pub mod variables;
mod web_crypto;

pub use kv::COUNTERS;

use std::rc::Rc;
use web_sys::{Headers, Request};
use worker::Env;
use worker::worker_sys::Context;

/// One request with its environment.
pub struct Runtime {
    /// The bindings and variables of the deployment.
    pub env: Env,
    /// Keeps work alive after the response.
    pub context: Rc<Context>,
    /// The request.
    pub request: Request,
    headers: Headers,
}

impl Runtime {
    /// The platform for a request.
    pub fn new(request: Request, env: Env, context: Context) -> Self {
        Self {
            env,
            context: Rc::new(context),
            headers: request.headers(),
            request,
        }
    }
}
