//! Creates a session: who asks, what for, and what OpenAI makes of it.

use crate::caller::{self, Caller};
use crate::clock;
use crate::flights;
use crate::incoming::Incoming;
use crate::ledger;
use crate::limits;
use crate::scope::{Scope, Trace};
use crate::upstream;
use broker::answer::Answer;
use broker::ask::Ask;
use broker::cause::Cause;
use broker::ledger::{Day, Event, Owner, Record, seconds_to_midnight};
use broker::openai::{self, Session};
use broker::redact::redact;
use broker::route::Route;
use broker::settings::{DailyLimits, SessionSettings};

/// Serves `session` and `refresh`.
pub async fn create(
    route: Route,
    incoming: &Incoming,
    scope: &Scope,
    trace: &mut Trace,
) -> Result<Answer, Cause> {
    // 1. Without settings, and beyond its address's limit, nothing of the request is read.
    let settings = scope.sessions()?;
    if scope.settings.rate_limits {
        limits::count_address(&scope.env, incoming).await?;
    }

    // 2. What is asked for.
    let body = incoming.body().await?;
    let ask = Ask::read(&body, settings)?;

    // 3. Who is asking. A refresh is for the same caller as before.
    let refresh = route == Route::Refresh;
    let caller =
        caller::identify(refresh, incoming, ask.user.as_deref(), &settings.callers).await?;
    let user = caller.user();
    if scope.settings.rate_limits {
        limits::count_caller(&scope.env, &user).await?;
    }

    // 4. A new session, or the one that an equal request is getting at this moment.
    let order = Order {
        body: openai::create_session_body(settings, &ask, &user),
        owner: Owner::of(&user),
        workflow: &ask.workflow,
        refresh,
    };
    let session = flights::share(&order.body, scope, trace, async |trace: &mut Trace| {
        make(&order, scope, settings, trace).await
    })
    .await?;
    trace.session_id = session.id.as_deref().map(|id| redact(id, None));

    // 5. The page gets the secret, and what lets it prove who it is next time.
    Ok(answer(&session, &ask, &caller, incoming, settings))
}

/// What is asked of OpenAI, and for whom.
struct Order<'a> {
    body: String,
    owner: Owner,
    workflow: &'a str,
    refresh: bool,
}

async fn make(
    order: &Order<'_>,
    scope: &Scope,
    settings: &SessionSettings,
    trace: &mut Trace,
) -> Result<Session, Cause> {
    // A place under the daily limits, before OpenAI is asked.
    let day = Day::of(clock::now_ms());
    let reserved = reserve(scope, settings.daily, day, &order.owner, trace).await?;

    let (exchange, result) = upstream::create_session(settings, &order.body, &scope.client()).await;
    trace.exchange = Some(exchange);
    let session = result.map_err(|failure| {
        if reserved {
            scope.see_to(ledger::give_back(&scope.env, day, &order.owner));
        }
        Cause::OpenAi(failure)
    })?;

    // The session's record is there before the page can ask for it; counting can wait.
    remember(scope, &session, order, trace).await;
    let (name, event) = if order.refresh {
        ("session.refreshed", Event::SessionRefreshed)
    } else {
        ("session.created", Event::SessionCreated)
    };
    trace.event = Some(name);
    scope.count_later(&event);
    Ok(session)
}

/// Takes a place. Where no limit is set nothing is asked, and where the ledger fails nobody is kept out.
async fn reserve(
    scope: &Scope,
    daily: DailyLimits,
    day: Day,
    owner: &Owner,
    trace: &mut Trace,
) -> Result<bool, Cause> {
    if !daily.are_set() {
        return Ok(false);
    }
    let mut granted = ledger::reserve(&scope.env, day, owner, daily).await;
    if granted.is_err() {
        // An object that was moved or restarted fails what it was at, and is there again at once.
        granted = ledger::reserve(&scope.env, day, owner, daily).await;
    }
    match granted {
        Ok(false) => Err(Cause::DailyLimitReached {
            retry_after: seconds_to_midnight(clock::now_ms()),
        }),
        Ok(true) => Ok(true),
        Err(error) => {
            trace.ledger_failed(&error);
            Ok(false)
        }
    }
}

async fn remember(scope: &Scope, session: &Session, order: &Order<'_>, trace: &mut Trace) {
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
    if let Err(error) = ledger::outcome(ledger::remember(&scope.env, &record)).await {
        trace.ledger_failed(&error);
    }
}

fn answer(
    session: &Session,
    ask: &Ask,
    caller: &Caller,
    incoming: &Incoming,
    settings: &SessionSettings,
) -> Answer {
    let third_party = incoming.sender.is_third_party();
    let visitors = &settings.callers.visitors;
    let signed = match caller {
        Caller::Visitor(visitor) if third_party => Some(visitors.sign(visitor)),
        _ => None,
    };
    let mut answer = Answer::json(openai::session_answer(
        session,
        signed.as_deref(),
        ask.thread.as_ref(),
    ));
    if let Caller::Visitor(visitor) = caller {
        // Set each time: it renews the cookie's age, and its signature after a change of secret.
        answer
            .headers
            .set("Set-Cookie", visitors.cookie(visitor, third_party));
    }
    answer
}
