//! `POST /chatkit`: checks a request, and hands it to who answers it.

use super::chat_body::{self, ChatBody};
use super::chat_call::ChatOperation;
use super::chat_caller::{add_proof, chat_call, identify_caller, requested_agent};
use super::error_event::{for_stream, within_stream};
use super::{object_call, remote_server};
use crate::context::Context;
use crate::counters::event::Event;
use crate::counters::recorder;
use crate::error::{AuthError, Error};
use crate::http::response::Response;
use crate::identity::identify::{Identity, Proof};
use crate::platform::Platform;
use crate::rate_limits::{MESSAGES_PER_ADDRESS, MESSAGES_PER_CALLER};
use crate::settings::{Backend, BackendKind};
use chatkit::protocol::{Operation, Page, Thread};

/// Serves a request.
///
/// # Errors
/// A problem for a request that is malformed or whose caller is not known. Every other failure of a streaming request is
/// [`Error::InStream`].
pub async fn handle<P: Platform>(ctx: &Context<'_, P>) -> Result<Response, Error> {
    if ctx.settings().kind == Some(BackendKind::Hosted) {
        return Err(BackendKind::Hosted.error());
    }
    let body = chat_body::read(ctx).await?;
    let request = ChatBody::parse(&body)?;
    ctx.log.set_event(request.name);
    let served = serve(&request, ctx).await;
    match request.is_streaming() {
        true => served.map_err(for_stream),
        false => served,
    }
}

async fn serve<P: Platform>(
    request: &ChatBody<'_>,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    // 1. The settings, what is asked for, and how often.
    let backend = ctx.settings().active()?;
    let agent = match backend {
        Backend::Agent(chat) => requested_agent(chat, ctx)?,
        _ => None,
    };
    if request.is_streaming() {
        ctx.rate_limit_client(MESSAGES_PER_ADDRESS).await?;
    }

    // 2. For whom. A visitor who is not known yet has no threads; everything else that exists needs proof.
    let auth = &backend.shared().auth;
    let proof = match request.operation.makes_visitor() {
        true => Proof::Optional,
        false => Proof::Required,
    };
    let identity = match identify_caller(proof, auth, ctx).await {
        Err(Error::IdentityRequired(AuthError::NoVisitor))
            if matches!(request.operation, Operation::ListThreads(_)) =>
        {
            return Ok(Response::json(&Page::<Thread>::default()));
        }
        identity => identity?,
    };

    // 3. The answer. From here on the caller may chat, so nothing makes the widget send the message again.
    let answered = answer(request, backend, &identity, agent, ctx).await;
    let mut response = match request.is_streaming() {
        true => answered.map_err(within_stream)?,
        false => answered?,
    };
    add_proof(&mut response, &identity, auth, ctx);
    Ok(response)
}

async fn answer<P: Platform>(
    request: &ChatBody<'_>,
    backend: &Backend,
    identity: &Identity,
    agent: Option<String>,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    if request.is_streaming() {
        ctx.rate_limit(MESSAGES_PER_CALLER, &identity.user())
            .await?;
    }
    let response = match backend {
        Backend::Hosted(_) => return Err(BackendKind::Hosted.error()),
        Backend::Agent(chat) => {
            let call = chat_call(identity, agent, chat, ctx);
            let request = request.raw;
            object_call::call(&call, ChatOperation::Request { request }, ctx).await?
        }
        Backend::Remote(remote) => {
            let response = remote_server::forward(request, identity, remote, ctx).await?;
            count(&request.operation, ctx);
            response
        }
    };
    Ok(response)
}

/// Counts messages and threads, which the page does not report. The object of a user counts its own, repeated requests once.
fn count<P: Platform>(operation: &Operation, ctx: &Context<'_, P>) {
    match operation {
        Operation::CreateThread { .. } => {
            recorder::count_later(&Event::ThreadChange, ctx);
            recorder::count_later(&Event::Message, ctx);
        }
        Operation::AddUserMessage { .. } => recorder::count_later(&Event::Message, ctx),
        _ => {}
    }
}
