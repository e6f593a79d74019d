//! What the object receives of the front door: [`crate::chat::chat_call::ObjectRequest`], read again.

use crate::chat::chat_call::ChatCall;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The body of a call to the object.
#[derive(Debug)]
pub struct ObjectRequest {
    /// Who calls.
    pub call: ChatCall,
    /// What for.
    pub operation: ObjectOperation,
}

/// What is called for.
#[derive(Debug)]
pub enum ObjectOperation {
    /// A request of ChatKit's protocol, as the page sent it.
    Request(Box<RawValue>),
    /// The events of a run, from the first.
    Attach(String),
    /// Stops a run.
    Stop(String),
}

impl ObjectRequest {
    /// Reads a body. `None` if the front door did not write it.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        // A tagged enum would read its fields through serde's own values, which lose the request's bytes.
        #[derive(Deserialize)]
        struct Body {
            call: ChatCall,
            operation: Fields,
        }
        #[derive(Deserialize)]
        struct Fields {
            r#type: String,
            request: Option<Box<RawValue>>,
            run: Option<String>,
        }
        let Body { call, operation } = serde_json::from_slice(body).ok()?;
        let operation = match operation.r#type.as_str() {
            "request" => ObjectOperation::Request(operation.request?),
            "attach" => ObjectOperation::Attach(operation.run?),
            "stop" => ObjectOperation::Stop(operation.run?),
            _ => return None,
        };
        Some(Self { call, operation })
    }
}
