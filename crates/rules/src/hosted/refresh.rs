//! Who a request for a session is for, and what a refresh keeps of the session before.
//!
//! A refresh needs proof. Without cookie, header and token, the client secret of the session before proves it, for pages of
//! allowed origins: OpenAI's own code sends nothing else to another origin. A secret that is sent along with other proof only
//! says what the session before was for.

use super::refresh_grant::{RefreshGrant, StoredGrant};
use super::session_request::SessionRequest;
use crate::context::Context;
use crate::error::{AuthError, Error};
use crate::identity::identify::{Identity, Proof, VisitorProof, identify};
use crate::platform::Platform;
use crate::secret::Secret;
use crate::settings::{Auth, SessionSettings};

/// Who a request is for.
#[derive(Debug)]
pub struct Caller {
    /// The identity.
    pub identity: Identity,
    /// Whether a refresh may be proven by the secret of the session that the caller gets.
    pub is_provable_by_secret: bool,
    /// What the session before was for, if the request names that session and it was the caller's.
    pub grant: Option<RefreshGrant>,
}

/// Identifies the caller of a session request.
///
/// # Errors
/// [`Error::IdentityRequired`] without proof where proof is required. [`Error::Internal`] if only a secret could be the proof and
/// the ledger fails.
pub async fn identify_caller<P: Platform>(
    proof: Proof,
    request: &SessionRequest<'_>,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) -> Result<Caller, Error> {
    let (auth, jwks) = (&settings.shared.auth, &ctx.isolate.jwks);
    let secret = request
        .old_secret
        .as_ref()
        .filter(|_| proof == Proof::Required);
    let named = request.user.as_deref();
    match identify(proof, named, auth, jwks, &ctx.log, ctx.platform).await {
        Ok(identity) => {
            let grant = match secret {
                Some(secret) if may_keep_something(request, settings) => {
                    grant_of(&identity, secret, settings, ctx).await
                }
                _ => None,
            };
            // A page that sent a cookie or a header has that for the refresh too, so its session needs no grant in the ledger,
            // which would cost a second call and two rows.
            let is_new = matches!(identity, Identity::Visitor(_, VisitorProof::None { .. }));
            let is_provable_by_secret =
                is_new && ctx.origin.is_third_party() && may_prove_by_secret(settings, ctx);
            Ok(Caller {
                identity,
                is_provable_by_secret,
                grant,
            })
        }
        // The error of AUTH=anonymous only: a secret does not replace a token, which may have expired.
        Err(Error::IdentityRequired(AuthError::NoVisitor)) if proof == Proof::Required => {
            let secret = secret.ok_or(AuthError::NoRefreshProof)?;
            let grant = prove_by_secret(secret, settings, ctx).await?;
            Ok(Caller {
                // A user and not a visitor: a secret must not become a cookie, which is valid for longer.
                identity: Identity::User(grant.user.clone()),
                is_provable_by_secret: true,
                grant: Some(grant),
            })
        }
        Err(error) => Err(error),
    }
}

/// Whether pages can ever prove a refresh by the secret. Without allowed origins nothing needs to be stored for it.
fn may_prove_by_secret<P: Platform>(settings: &SessionSettings, ctx: &Context<'_, P>) -> bool {
    matches!(settings.shared.auth.auth, Auth::Anonymous) && !ctx.settings().origins.is_empty()
}

/// Whether the session before can differ from what the request gets without it.
fn may_keep_something(request: &SessionRequest<'_>, settings: &SessionSettings) -> bool {
    (!request.names_workflow && settings.workflow.ids.len() > 1)
        || (!request.names_state_variables && !settings.shared.state_variables.is_empty())
}

/// The grant for a secret of the caller's own. The caller is proven already, so a ledger that fails does not fail the request.
async fn grant_of<P: Platform>(
    identity: &Identity,
    secret: &Secret,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) -> Option<RefreshGrant> {
    match find(secret, settings, ctx).await {
        Ok(found) => found
            .map(|(_, grant)| grant)
            .filter(|grant| grant.user == identity.user()),
        Err(error) => {
            ctx.log.ledger_failed(&error);
            None
        }
    }
}

async fn prove_by_secret<P: Platform>(
    secret: &Secret,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) -> Result<RefreshGrant, Error> {
    if !ctx.origin.is_third_party() {
        return Err(AuthError::SecretRefused.into());
    }
    let failed = |error: String| {
        ctx.log.ledger_failed(&error);
        Error::Internal
    };
    let found = find(secret, settings, ctx).await.map_err(failed)?;
    let (stored, grant) = found.ok_or(AuthError::SecretRefused)?;
    if !grant.is_proof || !stored.is_usable(ctx.platform.now_ms() / 1000) {
        return Err(AuthError::SecretRefused.into());
    }
    let record = ctx.platform.get_record(&grant.session).await;
    match record.map_err(failed)? {
        Some(record) if record.cancelled => Err(AuthError::SecretRefused.into()),
        // A session without a record cannot be cancelled through this Worker.
        _ => Ok(grant),
    }
}

/// The grant that is stored for a secret.
async fn find<P: Platform>(
    secret: &Secret,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) -> Result<Option<(StoredGrant, RefreshGrant)>, String> {
    for key in settings.shared.auth.client_secrets.for_known(secret) {
        if let Some(stored) = ctx.platform.get_grant(&key.id()).await? {
            return Ok(stored.open(&key).map(|grant| (stored, grant)));
        }
    }
    Ok(None)
}

/// Notes that a secret was exchanged for the next session's, so that it proves nothing more after a minute.
pub fn exchange<P: Platform>(
    request: &SessionRequest<'_>,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) {
    if let Some(secret) = &request.old_secret
        && may_prove_by_secret(settings, ctx)
    {
        let now = ctx.platform.now_ms() / 1000;
        for key in settings.shared.auth.client_secrets.for_known(secret) {
            ctx.platform.exchange_later(&key.id(), now, &ctx.request_id);
        }
    }
}

/// The request with what it does not name itself, but the session before had. The settings still decide what is allowed.
#[must_use]
pub fn keep<'a>(
    mut request: SessionRequest<'a>,
    grant: Option<&'a RefreshGrant>,
    settings: &SessionSettings,
) -> SessionRequest<'a> {
    let Some(grant) = grant else {
        return request;
    };
    if !request.names_workflow && settings.workflow.ids.contains(&grant.workflow) {
        request.workflow.clone_from(&grant.workflow);
    }
    if !request.names_state_variables {
        let variables = grant.state_variables.iter();
        request.state_variables = variables
            .filter(|(name, _)| settings.shared.state_variables.contains(name))
            .map(|(name, value)| (name.clone(), &**value))
            .collect();
    }
    request
}
