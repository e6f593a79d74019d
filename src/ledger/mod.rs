//! Asks the ledger's objects. Whatever fails here is for the log: counting never breaks a session.

mod object;
mod store;

use broker::ledger::{Command, Reply};
use js_sys::Uint8Array;
use worker::{Env, Error, Method, Request, RequestInit, Result};

/// The binding of the object's class in `wrangler.toml`.
pub const BINDING: &str = "LEDGER";

/// Sends a command to the object of a name, and waits until what it did is durable.
pub async fn ask(env: &Env, object: &str, command: &Command) -> Result<Reply> {
    let stub = env.durable_object(BINDING)?.get_by_name(object)?;
    let body = serde_json::to_vec(command)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(Uint8Array::from(body.as_slice()).into()));
    // An object is found by its name; the address only has to be one.
    let request = Request::new_with_init("https://ledger/", &init)?;
    let mut response = stub.fetch_with_request(request).await?;
    let answer = response.bytes().await?;
    if response.status_code() != 200 {
        return Err(Error::RustError(
            String::from_utf8_lossy(&answer).into_owned(),
        ));
    }
    Ok(serde_json::from_slice(&answer)?)
}
