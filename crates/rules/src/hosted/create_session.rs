//! `POST /api/chatkit/session` and `/api/chatkit/refresh`: creates a session at OpenAI.

use super::daily_quota;
use super::openai_client;
use super::openai_request::create_session_body;
use super::openai_response::Session;
use super::session_record::{SessionRecord, UserHash};
use super::session_request::SessionRequest;
use super::session_response::SessionResponse;
use super::single_flight::Flight;
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{Error, OpenAiError};
use crate::http::response::Response;
use crate::identity::identify::{Identity, Proof, identify};
use crate::platform::Platform;
use crate::rate_limits::{SESSIONS_PER_ADDRESS, SESSIONS_PER_CALLER};
use crate::settings::{AuthSettings, SessionSettings};

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
    let request = SessionRequest::parse(&body, settings)?;
    let (auth, jwks) = (&settings.auth, &ctx.isolate.jwks);
    let identity = identify(proof, request.user.as_deref(), auth, jwks, ctx.platform).await?;
    let user = identity.user();
    ctx.rate_limit(SESSIONS_PER_CALLER, &user).await?;

    // 3. A new session, or the one that an equal request is creating at this moment.
    let new_session = NewSession {
        body: create_session_body(settings, &request, &user),
        owner: UserHash::of(&user),
        workflow: &request.workflow,
        is_refresh: proof == Proof::Required,
    };
    let create = async || {
        let session = new_session.create(settings, ctx).await;
        let is_aborted = session == Err(Error::OpenAi(OpenAiError::Aborted));
        (session, is_aborted)
    };
    let sessions = &ctx.isolate.sessions;
    let session = match sessions.run(&new_session.body, ctx.platform, create).await {
        Flight::Made(session) => session,
        Flight::Shared(session) => {
            ctx.log.set_event(SHARED);
            session
        }
        Flight::Aborted => Err(OpenAiError::Aborted.into()),
    }?;

    // 4. The page gets the secret, and the signed visitor for its next request.
    if let Some(id) = &session.id {
        ctx.log.set_session_id(id);
    }
    Ok(respond(&session, &request, &identity, auth, ctx))
}

/// A session to create.
struct NewSession<'a> {
    body: String,
    owner: UserHash,
    workflow: &'a str,
    is_refresh: bool,
}

impl NewSession<'_> {
    /// Creates the session, within the daily limits. Its record is stored before the page can ask for it. Neither the record
    /// nor the counters can fail the session.
    async fn create<P: Platform>(
        &self,
        settings: &SessionSettings,
        ctx: &Context<'_, P>,
    ) -> Result<Session, Error> {
        let reservation = daily_quota::reserve(settings, &self.owner, ctx).await?;
        let (call, result) =
            openai_client::create_session(settings, &self.body, ctx.platform).await;
        ctx.log.set_call(call);
        let session = result.inspect_err(|_| {
            if let Some(reservation) = &reservation {
                reservation.release(ctx.platform);
            }
        })?;
        self.store(&session, ctx).await;
        let (name, event) = if self.is_refresh {
            ("session.refreshed", Event::SessionRefreshed)
        } else {
            ("session.created", Event::SessionCreated)
        };
        ctx.log.set_event(name);
        recorder::count_later(&event, ctx);
        Ok(session)
    }

    async fn store<P: Platform>(&self, session: &Session, ctx: &Context<'_, P>) {
        let Some(id) = session.id.clone() else {
            return;
        };
        let record = SessionRecord {
            id,
            owner: self.owner.clone(),
            workflow: self.workflow.to_owned(),
            created_at: ctx.platform.now_ms() / 1000,
            expires_at: session.expires_at,
            cancelled: false,
        };
        if let Err(error) = ctx.platform.put_record(&record).await {
            ctx.log.ledger_failed(&error);
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
    let third_party = ctx.origin.is_third_party();
    let signed = match identity {
        Identity::Visitor(visitor) if third_party => Some(auth.visitors.sign(visitor)),
        _ => None,
    };
    let body = SessionResponse::new(session, signed.as_deref(), request.thread.as_ref());
    let mut response = Response::json(&body);
    if let Identity::Visitor(visitor) = identity {
        // Set each time: this renews the cookie's age, and its signature after a change of the secret.
        let cookie = auth.visitors.cookie(visitor, third_party);
        response.headers.set("Set-Cookie", cookie);
    }
    response
}
