//! `POST /api/chatkit/session` and `/api/chatkit/refresh`: creates a session at OpenAI.

use super::daily_quota;
use super::openai_client::{self, Leftover};
use super::openai_request::create_session_body;
use super::openai_response::Session;
use super::refresh::{self, Caller};
use super::refresh_grant::RefreshGrant;
use super::session_record::{SessionRecord, UserHash};
use super::session_request::SessionRequest;
use super::session_response::SessionResponse;
use super::single_flight::{Flight, Leader};
use super::unused_session;
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{Error, OpenAiError};
use crate::http::response::Response;
use crate::identity::identify::{Identity, Proof};
use crate::platform::Platform;
use crate::rate_limits::{SESSIONS_PER_ADDRESS, SESSIONS_PER_CALLER};
use crate::settings::{AuthSettings, SessionSettings};
use futures_util::future::join;

/// The log's event for a request that shared another's session.
pub const SHARED: &str = "session.shared";

/// Serves the request. A refresh requires proof: it is for the same user as before.
///
/// # Errors
/// Every [`Error`] of section "Errors" in the API's description that can prevent a session.
pub async fn handle<P: Platform>(proof: Proof, ctx: &Context<'_, P>) -> Result<Response, Error> {
    // 1. With wrong settings, and beyond the address's limit, the body is not read.
    let settings = ctx.session_settings()?;
    ctx.rate_limit_client(SESSIONS_PER_ADDRESS).await?;

    // 2. What is requested, and for whom.
    let body = ctx.body().await?;
    let request = SessionRequest::parse(&body, &ctx.query, settings)?;
    let caller = refresh::identify_caller(proof, &request, settings, ctx).await?;
    let user = caller.identity.user();
    ctx.rate_limit(SESSIONS_PER_CALLER, &user).await?;
    let request = refresh::keep(request, caller.grant.as_ref(), settings);

    // 3. A new session, or the one that an equal request is creating at this moment.
    let new_session = NewSession {
        body: create_session_body(settings, &request, &user),
        owner: settings.shared.auth.owners.hash(&user),
        user,
        request: &request,
        caller: &caller,
        is_refresh: proof == Proof::Required,
    };
    let create = async |leader: &Leader<_>| {
        let session = new_session.create(settings, leader, ctx).await;
        let is_aborted = session == Err(Error::OpenAi(OpenAiError::Aborted));
        (session, is_aborted)
    };
    let (sessions, max_ms) = (&ctx.isolate.sessions, settings.max_flight_ms());
    let flight = sessions.run(&new_session.body, max_ms, ctx.platform, create);
    let session = match flight.await {
        Flight::Made(session) => session,
        Flight::Shared(session) => {
            ctx.log.set_event(SHARED);
            session
        }
        Flight::Aborted => Err(OpenAiError::Aborted.into()),
    }?;

    // 4. The page gets the secret, and the signed visitor for its next request.
    if new_session.is_refresh {
        refresh::exchange(&request, settings, ctx);
    }
    if let Some(id) = &session.id {
        ctx.log.set_session_id(id);
    }
    let (identity, auth) = (&caller.identity, &settings.shared.auth);
    Ok(respond(&session, &request, identity, auth, ctx))
}

/// A session to create.
struct NewSession<'a> {
    body: String,
    owner: UserHash,
    user: String,
    request: &'a SessionRequest<'a>,
    caller: &'a Caller,
    is_refresh: bool,
}

impl NewSession<'_> {
    /// Creates the session, within the daily limits. Its record is stored before the page can ask for it. Neither the record
    /// nor the counters can fail the session.
    ///
    /// If the client disconnects meanwhile, the followers get the session; without followers it is cancelled.
    async fn create<P: Platform>(
        &self,
        settings: &SessionSettings,
        leader: &Leader<Result<Session, Error>>,
        ctx: &Context<'_, P>,
    ) -> Result<Session, Error> {
        let former = match settings.shared.daily.per_user {
            Some(_) => settings.shared.auth.owners.former(&self.user),
            None => Vec::new(),
        };
        let reservation = daily_quota::reserve(settings, &self.owner, &former, ctx).await?;
        let is_unwanted = || ctx.platform.is_gone() && !leader.is_awaited();
        let (error, leftover) = if is_unwanted() {
            (OpenAiError::Aborted, Leftover::Nothing)
        } else {
            let (call, result) =
                openai_client::create_session(settings, &self.body, ctx.platform).await;
            ctx.log.set_call(call);
            match result {
                Ok(session) if !is_unwanted() => {
                    return Ok(self.keep(session, settings, ctx).await);
                }
                Ok(session) => {
                    let leftover = session.id.map_or(Leftover::Unknown, Leftover::Session);
                    (OpenAiError::Aborted, leftover)
                }
                Err(failed) if is_unwanted() => (OpenAiError::Aborted, failed.leftover),
                Err(failed) => (failed.error, failed.leftover),
            }
        };
        unused_session::clean_up(leftover, reservation.as_ref(), settings, ctx).await;
        Err(error.into())
    }

    /// Stores the session's record and counts it.
    async fn keep<P: Platform>(
        &self,
        session: Session,
        settings: &SessionSettings,
        ctx: &Context<'_, P>,
    ) -> Session {
        self.store(&session, settings, ctx).await;
        let (name, event) = if self.is_refresh {
            ("session.refreshed", Event::SessionRefreshed)
        } else {
            ("session.created", Event::SessionCreated)
        };
        ctx.log.set_event(name);
        recorder::count_later(&event, ctx);
        session
    }

    async fn store<P: Platform>(
        &self,
        session: &Session,
        settings: &SessionSettings,
        ctx: &Context<'_, P>,
    ) {
        let Some(id) = session.id.clone() else {
            return;
        };
        let record = SessionRecord {
            id: id.clone(),
            owner: self.owner.clone(),
            workflow: self.request.workflow.clone(),
            created_at: ctx.platform.now_ms() / 1000,
            expires_at: session.expires_at,
            cancelled: false,
        };
        let record = ctx.platform.put_record(&record);
        // Most sessions need no grant; for the others both calls are made at once.
        let results = if self.needs_grant(settings) {
            let key = settings
                .shared
                .auth
                .client_secrets
                .for_new(&session.client_secret);
            let grant = self.grant(id).seal(&key, session.expires_at);
            let (record, grant) = join(record, ctx.platform.put_grant(&grant)).await;
            record.and(grant)
        } else {
            record.await
        };
        if let Err(error) = results {
            ctx.log.ledger_failed(&error);
        }
    }

    /// Whether a refresh may be proven by the secret, or would lose something without the grant.
    fn needs_grant(&self, settings: &SessionSettings) -> bool {
        self.caller.is_provable_by_secret
            || !self.request.state_variables.is_empty()
            || settings.workflow.ids.first() != Some(&self.request.workflow)
    }

    fn grant(&self, session: String) -> RefreshGrant {
        let variables = self.request.state_variables.iter();
        RefreshGrant {
            user: self.user.clone(),
            is_proof: self.caller.is_provable_by_secret,
            session,
            workflow: self.request.workflow.clone(),
            state_variables: variables
                .map(|(name, value)| (name.clone(), (*value).to_owned()))
                .collect(),
        }
    }
}

fn respond<P: Platform>(
    session: &Session,
    request: &SessionRequest<'_>,
    identity: &Identity,
    auth: &AuthSettings,
    ctx: &Context<'_, P>,
) -> Response {
    let now = ctx.platform.now_ms() / 1000;
    let proof = identity.next_proof(&auth.visitors, now, &ctx.origin);
    let body = SessionResponse::new(session, proof.value.as_deref(), request.thread.as_ref());
    let mut response = Response::json(&body);
    if let Some(cookie) = proof.cookie {
        response.headers.set("Set-Cookie", cookie);
    }
    response
}
