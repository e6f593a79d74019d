//! What the user's object gets: who calls, from where, and what for.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Who calls, as the front door has checked it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatCall {
    /// The user's keyed hash, which names the object.
    pub user: String,
    /// The user's id.
    pub user_id: String,
    /// The agent that the page asks for; the default one if it asks for none. A thread keeps the agent that it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The visitor's language, for example `de-CH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The claims of the user's token that the instructions of an agent name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// `chatkit-frame-instance-id`: the tab. The same request of the same tab joins the run that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<String>,
    /// Whether the answer goes on when the client disconnects (`X-ChatKit-On-Disconnect: finish`).
    #[serde(default)]
    pub finish: bool,
    /// The origin that the request was sent to, for absolute URLs.
    pub origin: String,
    /// The id of the response and of its lines in the log.
    pub request_id: String,
}

/// What is called for. The request is as the page sent it, so that an equal one can be recognized.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatOperation<'a> {
    /// A request of ChatKit's protocol.
    Request {
        /// The request.
        request: &'a RawValue,
    },
    /// The events of a run, from the first.
    Attach {
        /// The run.
        run: &'a str,
    },
    /// Stops a run.
    Stop {
        /// The run.
        run: &'a str,
    },
}

/// The body of a call to the object.
#[derive(Debug, Serialize)]
pub struct ObjectRequest<'a> {
    /// Who calls.
    pub call: &'a ChatCall,
    /// What for.
    pub operation: ChatOperation<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::to_json;
    use serde_json::json;

    #[test]
    fn a_call_has_the_request_as_it_arrived() {
        let call = ChatCall {
            user: "hash".to_owned(),
            user_id: "visitor_1".to_owned(),
            agent: None,
            locale: Some("de-CH".to_owned()),
            claims: Map::new(),
            frame: None,
            finish: true,
            origin: "https://edge.example.net".to_owned(),
            request_id: "r".to_owned(),
        };
        let raw = r#"{"type":"threads.list" , "n":1.50}"#;
        let request: &RawValue = serde_json::from_str(raw).unwrap();
        let body = to_json(&ObjectRequest {
            call: &call,
            operation: ChatOperation::Request { request },
        });
        assert!(body.contains(raw), "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["operation"]["type"], "request");
        assert_eq!(
            serde_json::from_value::<ChatCall>(body["call"].clone()).unwrap(),
            call
        );
        let stop = serde_json::to_value(ChatOperation::Stop { run: "run_1" }).unwrap();
        assert_eq!(stop, json!({"type": "stop", "run": "run_1"}));
    }
}
