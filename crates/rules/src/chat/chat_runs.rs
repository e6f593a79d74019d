//! `GET` and `DELETE /chatkit/runs/{id}`: attaches to an answer that is going on, or stops it.

use super::chat_call::ChatOperation;
use super::chat_caller::{add_proof, chat_call, identify_caller};
use super::error_event::{self, EVENT_STREAM};
use super::object_call;
use crate::context::Context;
use crate::error::Error;
use crate::http::response::Response;
use crate::identity::identify::Proof;
use crate::platform::Platform;
use crate::rate_limits::MESSAGES_PER_ADDRESS;

/// Sends the events of a run from the first, then live.
///
/// # Errors
/// [`Error::NotFound`] for an unknown run and for another user's. What fails in the Worker is an event of the stream.
pub async fn attach<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<Response, Error> {
    let attached = serve(ChatOperation::Attach { run: id }, ctx).await;
    attached.map_err(error_event::for_stream)
}

/// Stops a run. A repeated request changes nothing.
///
/// # Errors
/// Those of [`attach`].
pub async fn stop<P: Platform>(id: &str, ctx: &Context<'_, P>) -> Result<Response, Error> {
    serve(ChatOperation::Stop { run: id }, ctx).await
}

async fn serve<P: Platform>(
    operation: ChatOperation<'_>,
    ctx: &Context<'_, P>,
) -> Result<Response, Error> {
    let settings = ctx.settings().chat()?;
    let auth = &settings.shared.auth;
    ctx.rate_limit_client(MESSAGES_PER_ADDRESS).await?;
    let identity = identify_caller(Proof::Required, auth, ctx).await?;
    let call = chat_call(&identity, None, settings, ctx);
    let mut response = match ctx.method == "HEAD" {
        // Attaching for the headers alone would be a client that leaves.
        true => Response::new(200, EVENT_STREAM, "no-store", String::new()),
        false => object_call::call(&call, operation, ctx).await?,
    };
    add_proof(&mut response, &identity, auth, ctx);
    Ok(response)
}
