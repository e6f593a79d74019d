//! Responses of the model, event by event, with pauses and faults between them.

use serde_json::{Value, json};

/// What the model's server does next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends bytes.
    Bytes(String),
    /// Sends the event of this number.
    Event(u64, String),
    /// Waits.
    Pause(u64),
    /// Breaks the connection.
    Cut,
    /// Sends nothing more.
    Hang,
}

/// A response: its head, then steps.
#[derive(Debug, Clone)]
pub struct Script {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub steps: Vec<Step>,
    /// Whether there is no connection at all.
    pub is_refused: bool,
    id: String,
    sequence: u64,
    /// The items so far.
    output: Vec<Value>,
    open_text: String,
}

/// A response with this id that has begun.
pub fn response(id: &str) -> Script {
    let script = Script {
        status: 200,
        headers: vec![(
            "content-type",
            "text/event-stream; charset=utf-8".to_owned(),
        )],
        steps: Vec::new(),
        is_refused: false,
        id: id.to_owned(),
        sequence: 0,
        output: Vec::new(),
        open_text: String::new(),
    };
    script.event(json!({"type": "response.created", "response": {"id": id}}))
}

/// A response that says this and is complete.
pub fn says(id: &str, text: &str) -> Script {
    response(id).message(&[text]).completed()
}

/// A response without a stream.
pub fn refusal(status: u16, body: &Value) -> Script {
    let mut script = response("none");
    script.status = status;
    script.headers = vec![("content-type", "application/json".to_owned())];
    script.steps = vec![Step::Bytes(body.to_string())];
    script
}

/// A refusal with an error of OpenAI's.
pub fn api_error(status: u16, code: &str) -> Script {
    refusal(
        status,
        &json!({"error": {"message": "No.", "code": code, "type": "t"}}),
    )
}

/// A server that refuses the connection.
pub fn no_connection() -> Script {
    let mut script = response("none");
    script.is_refused = true;
    script
}

impl Script {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The server answers after this time.
    pub fn late(mut self, ms: u64) -> Self {
        self.steps.insert(0, Step::Pause(ms));
        self
    }

    /// All events at once.
    pub fn in_one_piece(mut self) -> Self {
        let text = |step: &Step| match step {
            Step::Event(_, text) | Step::Bytes(text) => text.clone(),
            _ => String::new(),
        };
        self.steps = vec![Step::Bytes(self.steps.iter().map(text).collect())];
        self
    }

    pub fn event(mut self, mut event: Value) -> Self {
        event["sequence_number"] = self.sequence.into();
        let kind = event["type"].as_str().expect("an event has a type");
        let frame = format!("event: {kind}\ndata: {event}\n\n");
        self.steps.push(Step::Event(self.sequence, frame));
        self.sequence += 1;
        self
    }

    pub fn bytes(mut self, bytes: &str) -> Self {
        self.steps.push(Step::Bytes(bytes.to_owned()));
        self
    }

    pub fn pause(mut self, ms: u64) -> Self {
        self.steps.push(Step::Pause(ms));
        self
    }

    pub fn cut(mut self) -> Self {
        self.steps.push(Step::Cut);
        self
    }

    pub fn hang(mut self) -> Self {
        self.steps.push(Step::Hang);
        self
    }

    fn index(&self) -> usize {
        self.output.len()
    }

    fn item_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}_{}", self.id, self.index())
    }

    /// Begins a message.
    pub fn begins(self, text: &str) -> Self {
        let (at, id) = (self.index(), self.item_id("msg"));
        let item = json!({"id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": []});
        let part = json!({"type": "output_text", "text": "", "annotations": []});
        self.event(json!({"type": "response.output_item.added", "output_index": at, "item": item}))
            .event(json!({"type": "response.content_part.added", "item_id": id, "output_index": at, "content_index": 0, "part": part}))
            .goes_on(text)
    }

    /// Adds text to the message.
    pub fn goes_on(mut self, text: &str) -> Self {
        self.open_text.push_str(text);
        let (at, id) = (self.index(), self.item_id("msg"));
        self.event(json!({"type": "response.output_text.delta", "item_id": id, "output_index": at, "content_index": 0, "delta": text}))
    }

    /// Ends the message.
    pub fn ends(mut self) -> Self {
        let text = std::mem::take(&mut self.open_text);
        let (at, id) = (self.index(), self.item_id("msg"));
        let part = json!({"type": "output_text", "text": text, "annotations": []});
        let item = json!({"id": id, "type": "message", "role": "assistant", "status": "completed", "content": [part]});
        self.event(json!({"type": "response.output_text.done", "item_id": id, "output_index": at, "content_index": 0, "text": text}))
            .event(json!({"type": "response.content_part.done", "item_id": id, "output_index": at, "content_index": 0, "part": part}))
            .done(item)
    }

    fn done(mut self, item: Value) -> Self {
        let at = self.index();
        self.output.push(item.clone());
        self.event(json!({"type": "response.output_item.done", "output_index": at, "item": item}))
    }

    /// A whole message in pieces.
    pub fn message(self, pieces: &[&str]) -> Self {
        let (first, rest) = pieces.split_first().expect("a message has a piece");
        let script = rest
            .iter()
            .fold(self.begins(first), |script, piece| script.goes_on(piece));
        script.ends()
    }

    /// Reasoning with a summary.
    pub fn reasons(self, summary: &str) -> Self {
        let (at, id) = (self.index(), self.item_id("rs"));
        let added = json!({"id": id, "type": "reasoning", "summary": []});
        let parts = json!([{"type": "summary_text", "text": summary}]);
        let item =
            json!({"id": id, "type": "reasoning", "summary": parts, "encrypted_content": "sealed"});
        self.event(json!({"type": "response.output_item.added", "output_index": at, "item": added}))
            .event(json!({"type": "response.reasoning_summary_text.delta", "item_id": id, "output_index": at, "summary_index": 0, "delta": summary}))
            .event(json!({"type": "response.reasoning_summary_text.done", "item_id": id, "output_index": at, "summary_index": 0, "text": summary}))
            .done(item)
    }

    /// A call of a function.
    pub fn calls(self, name: &str, call_id: &str, arguments: &str) -> Self {
        let (at, id) = (self.index(), self.item_id("fc"));
        let call = |arguments: &str, status: &str| json!({"id": id, "type": "function_call", "status": status, "call_id": call_id, "name": name, "arguments": arguments});
        let item = call(arguments, "completed");
        let added = call("", "in_progress");
        self.event(json!({"type": "response.output_item.added", "output_index": at, "item": added}))
            .event(json!({"type": "response.function_call_arguments.delta", "item_id": id, "output_index": at, "delta": arguments}))
            .done(item)
    }

    fn terminal(self, kind: &str, mut more: Value) -> Self {
        more["id"] = self.id.as_str().into();
        more["output"] = self.output.clone().into();
        more["usage"] = json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 20});
        self.event(json!({"type": kind, "response": more}))
    }

    pub fn completed(self) -> Self {
        self.terminal("response.completed", json!({}))
    }

    pub fn incomplete(self, reason: &str) -> Self {
        let details = json!({"reason": reason});
        self.terminal(
            "response.incomplete",
            json!({"incomplete_details": details}),
        )
    }

    pub fn failed(self, code: &str) -> Self {
        let error = json!({"code": code, "message": "No."});
        self.terminal("response.failed", json!({"error": error}))
    }
}
