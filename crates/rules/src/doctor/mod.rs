//! `POST /api/chatkit/doctor`: checks the whole set-up for the owner.

pub mod report;

use crate::context::Context;
use crate::error::Error;
use crate::hosted::openai_client;
use crate::hosted::openai_request::{cancel_path, create_session_body};
use crate::hosted::session_request::SessionRequest;
use crate::http::response::Response;
use crate::platform::Platform;
use crate::rate_limits;
use crate::settings::{Backend, SessionSettings};
use report::Report;

/// The user of the test session. It starts no thread.
const TEST_USER: &str = "chatkit-edge-doctor";

/// Checks the settings, the bindings and a live session, which is created and cancelled. Continues after a failure where
/// possible.
///
/// # Errors
/// None: what fails is in the report.
pub async fn handle<P: Platform>(ctx: &Context<'_, P>) -> Result<Response, Error> {
    let mut report = Report::of_settings(ctx.settings());
    check_counters(&mut report, ctx);
    check_ledger(&mut report, ctx).await;
    check_limiters(&mut report, ctx);
    match &ctx.settings().backend {
        Ok(Backend::Hosted(sessions)) => check_session(sessions, &mut report, ctx).await,
        Ok(other) => report.skipped(
            "session",
            format!(
                "BACKEND is {}, so no session was created.",
                other.kind().name()
            ),
        ),
        Err(_) => report.skipped(
            "session",
            "The settings are wrong, so no session was created.",
        ),
    }
    Ok(Response::json(&report.view()))
}

fn check_counters<P: Platform>(report: &mut Report, ctx: &Context<'_, P>) {
    if ctx.platform.is_store_bound() {
        report.passed("COUNTERS", "The KV namespace is bound.");
    } else {
        report.failed(
            "COUNTERS",
            "The KV namespace COUNTERS is not bound.",
            Some("Restore its entry in wrangler.toml and deploy again."),
        );
    }
}

async fn check_ledger<P: Platform>(report: &mut Report, ctx: &Context<'_, P>) {
    if ctx.platform.is_up().await {
        report.passed("LEDGER", "The Durable Object responds.");
    } else {
        report.failed(
            "LEDGER",
            "The Durable Object LEDGER is not bound, or does not respond.",
            Some("Restore its entries in wrangler.toml and deploy again."),
        );
    }
}

fn check_limiters<P: Platform>(report: &mut Report, ctx: &Context<'_, P>) {
    const NAME: &str = "RATE_LIMITS";
    if !ctx.settings().rate_limits {
        report.skipped(NAME, "RATE_LIMITS is off.");
        return;
    }
    let mut limiters = rate_limits::of_backend(ctx.settings().kind);
    if limiters.all(|limiter| ctx.platform.is_bound(limiter)) {
        report.passed(NAME, "The rate limiters are bound.");
    } else {
        report.failed(
            NAME,
            "RATE_LIMITS is on and a rate limiter is not bound.",
            Some(
                "Copy the [[ratelimits]] entries from the project's wrangler.toml, or set RATE_LIMITS to off.",
            ),
        );
    }
}

async fn check_session<P: Platform>(
    settings: &SessionSettings,
    report: &mut Report,
    ctx: &Context<'_, P>,
) {
    // An empty body requests the default workflow, which the settings always have.
    let Ok(request) = SessionRequest::parse(b"", "", settings) else {
        return;
    };
    let body = create_session_body(settings, &request, TEST_USER);
    let session = match openai_client::create_session(settings, &body, ctx.platform).await {
        (_, Ok(session)) => session,
        (_, Err(failed)) => {
            report.openai_failed("session", failed.error);
            report.skipped("cancel", "There was no session to cancel.");
            return;
        }
    };
    report.passed("session", "OpenAI created a session.");
    let Some(path) = session.id.as_deref().and_then(cancel_path) else {
        report.skipped("cancel", "OpenAI sent no id to cancel the session by.");
        return;
    };
    match openai_client::post(settings, &path, None, ctx.platform).await {
        (_, Ok(_)) => report.passed("cancel", "OpenAI cancelled it."),
        (_, Err(error)) => report.openai_failed("cancel", error),
    }
}
