//! Workers' rate limiters. They count per Cloudflare location and are not exact.

use crate::incoming::Incoming;
use crate::runtime::{self, RateLimiter};
use broker::cause::Cause;
use broker::limits::{
    self, EVENTS_OVERALL, EVENTS_PER_ADDRESS, PERIOD_SECONDS, SESSIONS_PER_ADDRESS,
    SESSIONS_PER_CALLER,
};
use broker::settings::Fault;
use worker::Env;

/// Counts a session against the client's address.
pub async fn count_address(env: &Env, incoming: &Incoming) -> Result<(), Cause> {
    count(env, SESSIONS_PER_ADDRESS, &address(incoming)).await
}

/// Counts a report of events against the client's address, and against all.
pub async fn count_events(env: &Env, incoming: &Incoming) -> Result<(), Cause> {
    count(env, EVENTS_PER_ADDRESS, &address(incoming)).await?;
    count(env, EVENTS_OVERALL, "all").await
}

fn address(incoming: &Incoming) -> String {
    // Cloudflare sets this header itself; a client cannot.
    limits::address_key(incoming.header("CF-Connecting-IP").as_deref())
}

/// Counts a session against the user it is for.
pub async fn count_caller(env: &Env, user: &str) -> Result<(), Cause> {
    count(env, SESSIONS_PER_CALLER, user).await
}

async fn count(env: &Env, limiter: &'static str, key: &str) -> Result<(), Cause> {
    let Some(binding) = runtime::binding::<RateLimiter>(env, limiter) else {
        return Err(Cause::NotConfigured(vec![Fault::new(
            "RATE_LIMITS",
            format!(
                "The rate limiter {limiter} is not bound: take it from wrangler.toml, or set RATE_LIMITS to off."
            ),
        )]));
    };
    match runtime::is_within(&binding, key).await {
        Ok(false) => Err(Cause::RateLimited {
            retry_after: PERIOD_SECONDS,
        }),
        // A limiter that fails must not close the door to everyone.
        Ok(true) | Err(_) => Ok(()),
    }
}
