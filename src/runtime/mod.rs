//! The platform of the rules on Cloudflare's runtime: one file for each capability.

pub mod bindings;
mod body;
pub mod clock;
pub mod console;
pub mod dataset;
mod fetch;
mod kv;
mod limiter;
mod request;
pub mod sql;
pub mod tasks;
pub mod timer;
pub mod variables;
mod web_crypto;

pub use kv::COUNTERS;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use web_sys::{AbortSignal, Headers, Request};
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
    signal: OnceCell<AbortSignal>,
    /// The answer whose body is passed on.
    pub passed: RefCell<Option<web_sys::Response>>,
}

impl Runtime {
    /// The platform for a request.
    pub fn new(request: Request, env: Env, context: Context) -> Self {
        Self {
            env,
            context: Rc::new(context),
            headers: request.headers(),
            signal: OnceCell::new(),
            passed: RefCell::default(),
            request,
        }
    }

    /// Aborted when the client disconnects. The runtime creates the signal when it is first asked for (compatibility flag
    /// `enable_request_signal`).
    pub fn signal(&self) -> &AbortSignal {
        self.signal.get_or_init(|| self.request.signal())
    }
}
