//! Asks the ledger's objects. Whatever fails here is for the log: counting never breaks a session.

mod object;
mod store;

use crate::runtime::{self, Namespace};
use broker::ledger::{Command, Reply};
use wasm_bindgen::JsValue;
use worker::Env;

/// The binding of the object's class in `wrangler.toml`.
const BINDING: &str = "LEDGER";

/// The most that is read of an object's answer: the reports that it keeps are the longest.
const MAX_REPLY_BYTES: usize = 1024 * 1024;

/// Sends a command to the object of a name, and waits until what it did is durable.
///
/// # Errors
/// Why it was not done, in words for the log.
pub async fn ask(env: &Env, object: &str, command: &Command) -> Result<Reply, String> {
    let namespace = runtime::binding::<Namespace>(env, BINDING)
        .ok_or_else(|| format!("{BINDING} is not bound"))?;
    let command = serde_json::to_string(command).map_err(|error| error.to_string())?;
    let said = |error: JsValue| runtime::said(&error);
    let response = runtime::ask_object(&namespace, object, &command)
        .await
        .map_err(said)?;
    if response.status() == 204 {
        return Ok(Reply::Done);
    }
    let answer = runtime::read_answer(MAX_REPLY_BYTES, &response)
        .await
        .map_err(said)?
        .unwrap_or_default();
    if response.status() != 200 {
        return Err(String::from_utf8_lossy(&answer).into_owned());
    }
    serde_json::from_slice(&answer).map_err(|error| error.to_string())
}
