//! Creates a session: who asks, what for, and what OpenAI makes of it.

use crate::client_request::ClientRequest;
use crate::clock;
use crate::identify::{self, Identity};
use crate::ledger;
use crate::openai_client;
use crate::rate_limiter;
use crate::request_context::{LogFields, RequestContext};
use crate::shared_sessions;
use rules::counters::{Day, Event, Record, UserHash, seconds_to_midnight};
use rules::error::Error;
use rules::hosted::openai::{self, Session};
use rules::hosted::session_request::SessionRequest;
use rules::http::response::Response;
use rules::redact::redact;
use rules::router::Route;
use rules::settings::{DailyLimits, SessionSettings};

/// Serves `session` and `refresh`.
pub async fn create(
    route: Route,
    request: &ClientRequest,
    ctx: &RequestContext,
    log: &mut LogFields,
) -> Result<Response, Error> {
    // 1. Without settings, and beyond its address's limit, nothing of the request is read.
    let settings = ctx.sessions()?;
    if ctx.settings.rate_limits {
        rate_limiter::count_address(&ctx.env, request).await?;
    }

    // 2. What is asked for.
    let body = request.body().await?;
    let ask = SessionRequest::read(&body, settings)?;

    // 3. Who is asking. A refresh is for the same caller as before.
    let refresh = route == Route::Refresh;
    let caller = identify::identify(refresh, request, ask.user.as_deref(), &settings.auth).await?;
    let user = caller.user();
    if ctx.settings.rate_limits {
        rate_limiter::count_caller(&ctx.env, &user).await?;
    }

    // 4. A new session, or the one that an equal request is getting at this moment.
    let order = SessionOrder {
        body: openai::create_session_body(settings, &ask, &user),
        owner: UserHash::of(&user),
        workflow: &ask.workflow,
        refresh,
    };
    let session = shared_sessions::share(&order.body, ctx, log, async |log: &mut LogFields| {
        make(&order, ctx, settings, log).await
    })
    .await?;
    log.session_id = session.id.as_deref().map(|id| redact(id, None));

    // 5. The page gets the secret, and what lets it prove who it is next time.
    Ok(answer(&session, &ask, &caller, request, settings))
}

/// What is asked of OpenAI, and for whom.
struct SessionOrder<'a> {
    body: String,
    owner: UserHash,
    workflow: &'a str,
    refresh: bool,
}

async fn make(
    order: &SessionOrder<'_>,
    ctx: &RequestContext,
    settings: &SessionSettings,
    log: &mut LogFields,
) -> Result<Session, Error> {
    // A place under the daily limits, before OpenAI is asked.
    let day = Day::of(clock::now_ms());
    let reserved = reserve(ctx, settings.daily, day, &order.owner, log).await?;

    let (call, result) = openai_client::create_session(settings, &order.body, &ctx.client()).await;
    log.call = Some(call);
    let session = result.map_err(|failure| {
        if reserved {
            ctx.wait_until(ledger::release(&ctx.env, day, &order.owner));
        }
        Error::OpenAi(failure)
    })?;

    // The session's record is there before the page can ask for it; counting can wait.
    put_record(ctx, &session, order, log).await;
    let (name, event) = if order.refresh {
        ("session.refreshed", Event::SessionRefreshed)
    } else {
        ("session.created", Event::SessionCreated)
    };
    log.event = Some(name);
    ctx.count_later(&event);
    Ok(session)
}

/// Takes a place. Where no limit is set nothing is asked, and where the ledger fails nobody is kept out.
async fn reserve(
    ctx: &RequestContext,
    daily: DailyLimits,
    day: Day,
    owner: &UserHash,
    log: &mut LogFields,
) -> Result<bool, Error> {
    if !daily.are_set() {
        return Ok(false);
    }
    let mut granted = ledger::reserve(&ctx.env, day, owner, daily).await;
    if granted.is_err() {
        // An object that was moved or restarted fails what it was at, and is there again at once.
        granted = ledger::reserve(&ctx.env, day, owner, daily).await;
    }
    match granted {
        Ok(false) => Err(Error::DailyLimitReached {
            retry_after: seconds_to_midnight(clock::now_ms()),
        }),
        Ok(true) => Ok(true),
        Err(error) => {
            log.ledger_failed(&error);
            Ok(false)
        }
    }
}

async fn put_record(
    ctx: &RequestContext,
    session: &Session,
    order: &SessionOrder<'_>,
    log: &mut LogFields,
) {
    let Some(id) = session.id.clone() else {
        return;
    };
    let record = Record {
        id,
        owner: order.owner.clone(),
        workflow: order.workflow.to_owned(),
        created_at: clock::now_ms() / 1000,
        expires_at: session.expires_at,
        cancelled: false,
    };
    if let Err(error) = ledger::outcome(ledger::put_record(&ctx.env, &record)).await {
        log.ledger_failed(&error);
    }
}

fn answer(
    session: &Session,
    ask: &SessionRequest,
    caller: &Identity,
    request: &ClientRequest,
    settings: &SessionSettings,
) -> Response {
    let third_party = request.request_origin.is_third_party();
    let visitors = &settings.auth.visitors;
    let signed = match caller {
        Identity::Visitor(visitor) if third_party => Some(visitors.sign(visitor)),
        _ => None,
    };
    let mut answer = Response::json(openai::session_answer(
        session,
        signed.as_deref(),
        ask.thread.as_ref(),
    ));
    if let Identity::Visitor(visitor) = caller {
        // Set each time: it renews the cookie's age, and its signature after a change of secret.
        answer
            .headers
            .set("Set-Cookie", visitors.cookie(visitor, third_party));
    }
    answer
}
