//! Workers' rate limiters. They count per Cloudflare location and are not exact.

use crate::client_request::ClientRequest;
use crate::runtime::{self, RateLimiter};
use rules::error::Error;
use rules::rate_limits::{
    self, EVENTS_OVERALL, EVENTS_PER_ADDRESS, PERIOD_SECONDS, SESSIONS_PER_ADDRESS,
    SESSIONS_PER_CALLER,
};
use rules::settings::SettingError;
use worker::Env;

/// Counts a session against the client's address.
pub async fn count_address(env: &Env, request: &ClientRequest) -> Result<(), Error> {
    count(env, SESSIONS_PER_ADDRESS, &address(request)).await
}

/// Counts a report of events against the client's address, and against all.
pub async fn count_events(env: &Env, request: &ClientRequest) -> Result<(), Error> {
    count(env, EVENTS_PER_ADDRESS, &address(request)).await?;
    count(env, EVENTS_OVERALL, "all").await
}

fn address(request: &ClientRequest) -> String {
    // Cloudflare sets this header itself; a client cannot.
    rate_limits::address_key(request.header("CF-Connecting-IP").as_deref())
}

/// Counts a session against the user it is for.
pub async fn count_caller(env: &Env, user: &str) -> Result<(), Error> {
    count(env, SESSIONS_PER_CALLER, user).await
}

async fn count(env: &Env, limiter: &'static str, key: &str) -> Result<(), Error> {
    let Some(binding) = runtime::binding::<RateLimiter>(env, limiter) else {
        return Err(Error::NotConfigured(vec![SettingError::new(
            "RATE_LIMITS",
            format!(
                "The rate limiter {limiter} is not bound: take it from wrangler.toml, or set RATE_LIMITS to off."
            ),
        )]));
    };
    match runtime::is_within(&binding, key).await {
        Ok(false) => Err(Error::RateLimited {
            retry_after: PERIOD_SECONDS,
        }),
        // A limiter that fails must not close the door to everyone.
        Ok(true) | Err(_) => Ok(()),
    }
}
