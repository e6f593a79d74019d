//! Checks the whole set-up: settings, bindings, and a live session that is created and cancelled.

use crate::ledger;
use crate::openai_client;
use crate::request_context::RequestContext;
use crate::runtime::{self, Kv, RateLimiter};
use crate::stats::COUNTERS;
use rules::doctor::Report;
use rules::hosted::openai;
use rules::hosted::session_request::SessionRequest;
use rules::rate_limits::LIMITERS;
use rules::settings::{SessionSettings, Settings};
use worker::Env;

/// The user of the session that is created as a test; it starts no thread.
const DOCTOR: &str = "chatkit-edge-doctor";

/// Looks at everything, and goes on after a failure as far as that makes sense.
pub async fn examine(ctx: &RequestContext) -> Report {
    let (env, settings) = (&ctx.env, &*ctx.settings);
    let mut report = Report::of_settings(settings);
    match runtime::binding::<Kv>(env, COUNTERS) {
        Some(_) => report.passed("COUNTERS", "The KV namespace is bound."),
        None => report.failed(
            "COUNTERS",
            "The KV namespace COUNTERS is not bound.",
            Some("Keep its entry in wrangler.toml and deploy again."),
        ),
    }
    if ledger::answers(env).await {
        report.passed("LEDGER", "The Durable Object answers.");
    } else {
        report.failed(
            "LEDGER",
            "The Durable Object LEDGER is not bound, or does not answer.",
            Some("Keep its entries in wrangler.toml and deploy again."),
        );
    }
    limiters(env, settings, &mut report);
    match &settings.sessions {
        Ok(sessions) => {
            live_session(sessions, ctx, &mut report).await;
        }
        Err(_) => report.skipped(
            "session",
            "The settings are wrong, so no session was tried.",
        ),
    }
    report
}

fn limiters(env: &Env, settings: &Settings, report: &mut Report) {
    const NAME: &str = "RATE_LIMITS";
    if !settings.rate_limits {
        report.skipped(NAME, "RATE_LIMITS is off.");
        return;
    }
    let bound = LIMITERS
        .iter()
        .all(|limiter| runtime::binding::<RateLimiter>(env, limiter).is_some());
    if bound {
        report.passed(NAME, "The rate limiters are bound.");
    } else {
        report.failed(
            NAME,
            "RATE_LIMITS is on and a rate limiter is not bound.",
            Some("Take the [[ratelimits]] entries from wrangler.toml, or set RATE_LIMITS to off."),
        );
    }
}

async fn live_session(sessions: &SessionSettings, ctx: &RequestContext, report: &mut Report) {
    // No body asks for the default, which the settings always have.
    let Ok(ask) = SessionRequest::read(b"", sessions) else {
        return;
    };
    let body = openai::create_session_body(sessions, &ask, DOCTOR);
    let session = match openai_client::create_session(sessions, &body, &ctx.client()).await {
        (_, Ok(session)) => session,
        (_, Err(failure)) => {
            report.openai_failed("session", failure);
            report.skipped("cancel", "There was no session to cancel.");
            return;
        }
    };
    report.passed("session", "OpenAI created a session.");
    let Some(path) = session.id.as_deref().and_then(openai::cancel_path) else {
        report.skipped("cancel", "OpenAI gave the session no id to cancel it by.");
        return;
    };
    match openai_client::post(sessions, &path, None, &ctx.client()).await {
        (_, Ok(_)) => report.passed("cancel", "OpenAI cancelled it."),
        (_, Err(failure)) => report.openai_failed("cancel", failure),
    }
}
