//! Who sends a `/chatkit` request, and what proves the visitor next time.

use super::chat_call::ChatCall;
use crate::context::Context;
use crate::error::Error;
use crate::http::query;
use crate::http::response::Response;
use crate::identity::identify::{Identity, Proof, claims_of_token, identify};
use crate::identity::{named_user, visitor};
use crate::platform::Platform;
use crate::settings::{AuthSettings, ChatSettings};
use crate::validate::is_header_word;

/// Identifies the caller.
///
/// # Errors
/// Those of [`identify`]: without proof where proof is required, and for a token that is not valid.
pub async fn identify_caller<P: Platform>(
    proof: Proof,
    auth: &AuthSettings,
    ctx: &Context<'_, P>,
) -> Result<Identity, Error> {
    let named = match auth.trust_client_user {
        true => named_user::in_query(&ctx.query)?,
        false => None,
    };
    let (jwks, log) = (&ctx.isolate.jwks, &ctx.log);
    identify(proof, named.as_deref(), auth, jwks, log, ctx.platform).await
}

/// The agent that the page asks for by `?agent=NAME`.
///
/// # Errors
/// [`Error::InvalidRequest`] for a name that is not in the settings.
pub fn requested_agent<P: Platform>(
    settings: &ChatSettings,
    ctx: &Context<'_, P>,
) -> Result<Option<String>, Error> {
    let name = query::value(&ctx.query, "agent").filter(|name| !name.is_empty());
    if name
        .as_deref()
        .is_some_and(|name| settings.agent(Some(name)).is_none())
    {
        return Err(Error::invalid(
            "agent",
            "the name of an agent of this Worker",
        ));
    }
    Ok(name)
}

/// What the object of a user needs to know of a request.
pub fn chat_call<P: Platform>(
    identity: &Identity,
    agent: Option<String>,
    settings: &ChatSettings,
    ctx: &Context<'_, P>,
) -> ChatCall {
    let auth = &settings.shared.auth;
    let user_id = identity.user();
    let mut claims = claims_of_token(auth, ctx.platform);
    claims.retain(|name, _| settings.names_claim(name));
    let on_disconnect = ctx.platform.header("X-ChatKit-On-Disconnect");
    ChatCall {
        user: auth.owners.object_name(&user_id),
        user_id,
        agent,
        locale: locale(ctx),
        claims,
        frame: frame(ctx),
        finish: on_disconnect.is_some_and(|what| what.trim().eq_ignore_ascii_case("finish")),
        origin: ctx.own_origin(),
        request_id: ctx.request_id.clone(),
    }
}

/// The tab that a request came from.
pub fn frame<P: Platform>(ctx: &Context<'_, P>) -> Option<String> {
    let frame = ctx.platform.header("chatkit-frame-instance-id");
    frame.filter(|frame| is_header_word(frame, 128))
}

/// The first language of `Accept-Language`.
fn locale<P: Platform>(ctx: &Context<'_, P>) -> Option<String> {
    let languages = ctx.platform.header("Accept-Language")?;
    let first = languages.split([',', ';']).next()?.trim();
    let is_tag_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_tag = (1..=35).contains(&first.len()) && first.bytes().all(is_tag_byte);
    is_tag.then(|| first.to_owned())
}

/// Adds what proves the visitor next time: the cookie, and the header where a session would have the field `visitor`.
pub fn add_proof<P: Platform>(
    response: &mut Response,
    identity: &Identity,
    auth: &AuthSettings,
    ctx: &Context<'_, P>,
) {
    let proof = identity.next_proof(&auth.visitors, ctx.platform.now_ms() / 1000, &ctx.origin);
    if let Some(value) = proof.value {
        response.headers.set(visitor::HEADER, value);
    }
    if let Some(cookie) = proof.cookie {
        response.headers.set("Set-Cookie", cookie);
    }
}
