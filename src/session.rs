//! Creates a session: who asks, what for, and what OpenAI makes of it.

use crate::caller::{self, Caller};
use crate::incoming::Incoming;
use crate::limits;
use crate::upstream::{self, Exchange};
use broker::answer::Answer;
use broker::ask::Ask;
use broker::log::Line;
use broker::openai;
use broker::problem::Cause;
use broker::route::Route;
use broker::settings::Settings;
use worker::Env;

/// What is worth a place in the log, gathered on the way.
#[derive(Default)]
pub struct Trace {
    session_id: Option<String>,
    refresh: bool,
    exchange: Option<Exchange>,
}

impl Trace {
    /// Adds what was gathered to the request's line.
    pub fn note<'a>(&'a self, line: &mut Line<'a>) {
        if let Some(id) = &self.session_id {
            line.session_id = Some(id);
            line.event = if self.refresh {
                "session.refreshed"
            } else {
                "session.created"
            };
        }
        if let Some(exchange) = &self.exchange {
            line.tries = Some(exchange.tries);
            line.openai_status = exchange.status;
            line.openai_request_id = exchange.request_id.as_deref();
            line.cause = exchange.cause.as_deref();
        }
    }
}

/// Serves `session` and `refresh`.
pub async fn create(
    route: Route,
    incoming: &mut Incoming,
    env: &Env,
    settings: &Settings,
    trace: &mut Trace,
) -> Result<Answer, Cause> {
    // 1. Without settings, and beyond its address's limit, nothing of the request is read.
    let settings = settings
        .sessions
        .as_ref()
        .map_err(|faults| Cause::NotConfigured(faults.clone()))?;
    if settings.rate_limits {
        limits::count_address(env, incoming).await?;
    }

    // 2. What is asked for.
    let body = incoming.body().await?;
    let ask = Ask::read(&body, settings)?;

    // 3. Who is asking.
    trace.refresh = route == Route::Refresh;
    let caller = caller::identify(trace.refresh, incoming, &ask, &settings.callers).await?;
    let user = caller.user();
    if settings.rate_limits {
        limits::count_caller(env, user.clone()).await?;
    }

    // 4. OpenAI's answer.
    let body = openai::create_session_body(settings, &ask, &user);
    let (exchange, result) = upstream::create_session(settings, &body).await;
    trace.exchange = Some(exchange);
    let session = result.map_err(Cause::OpenAi)?;
    trace.session_id.clone_from(&session.id);

    // 5. The page gets the secret, and what lets it prove who it is next time.
    let third_party = incoming.sender.is_third_party();
    let visitors = &settings.callers.visitors;
    let signed = match &caller {
        Caller::Visitor(visitor) if third_party => Some(visitors.sign(visitor)),
        _ => None,
    };
    let mut answer = Answer::json(openai::session_answer(
        &session,
        signed.as_deref(),
        ask.thread.as_ref(),
    ));
    if let Caller::Visitor(visitor) = &caller {
        // Set each time: it renews the cookie's age, and its signature after a change of secret.
        answer
            .headers
            .add("Set-Cookie", visitors.cookie(visitor, third_party));
    }
    Ok(answer)
}
