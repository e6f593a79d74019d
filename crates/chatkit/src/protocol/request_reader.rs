//! Reads a request, and names the first wrong field.

use super::chatkit_request::{
    Action, ChatKitRequest, DEFAULT_PAGE, FeedbackKind, ItemOrder, JSON_TYPES, MAX_PAGE, Operation,
    PageParams, STREAMING_TYPES,
};
use super::params::{InvalidParam, Params};
use super::structured_input::{Submission, SubmissionStatus, SubmittedAnswer};
use super::user_input::{InferenceOptions, ToolChoice, UserContent, UserMessageInput};
use serde_json::{Map, Value};

impl ChatKitRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`InvalidParam`] for the first wrong field.
    pub fn parse(body: &Value) -> Result<Self, InvalidParam> {
        let body = Params::of("", body)?;
        let metadata = body.optional_object("metadata")?;
        let operation = Operation::parse(&body)?;
        let metadata = metadata.map(|metadata| metadata.fields().clone());
        Ok(Self {
            operation,
            metadata: metadata.unwrap_or_default(),
        })
    }
}

impl Operation {
    fn parse(body: &Params<'_>) -> Result<Self, InvalidParam> {
        let kind = body.string("type")?;
        if !STREAMING_TYPES.contains(&kind) && !JSON_TYPES.contains(&kind) {
            let known = [&STREAMING_TYPES[..], &JSON_TYPES[..]].concat().join(", ");
            return Err(body.invalid("type", &format!("one of {known}")));
        }
        let empty = Value::Object(Map::new());
        // The reference requires `params` even where it has no fields.
        let params = Params::of("params", body.get("params").unwrap_or(&empty))?;
        let p = &params;
        let thread_id = || p.string("thread_id").map(str::to_owned);
        let item_id = || p.string("item_id").map(str::to_owned);
        Ok(match kind {
            "threads.create" => Self::CreateThread { input: message(p)? },
            "threads.add_user_message" => Self::AddUserMessage {
                thread_id: thread_id()?,
                input: message(p)?,
            },
            "threads.add_client_tool_output" => Self::AddClientToolOutput {
                thread_id: thread_id()?,
                call: p
                    .optional_string("call_id")?
                    .or(p.optional_string("item_id")?)
                    .map(str::to_owned),
                result: p.any("result")?.clone(),
            },
            "threads.add_structured_input" => Self::AddStructuredInput {
                thread_id: thread_id()?,
                item_id: item_id()?,
                input: submission(&p.object("input")?)?,
            },
            "threads.retry_after_item" => Self::RetryAfterItem {
                thread_id: thread_id()?,
                item_id: item_id()?,
            },
            "threads.custom_action" => Self::CustomAction(action(p)?),
            "threads.sync_custom_action" => Self::SyncCustomAction(action(p)?),
            "threads.get_by_id" => Self::GetThread {
                thread_id: thread_id()?,
            },
            "threads.list" => Self::ListThreads(page(p)?),
            "items.list" => Self::ListItems {
                thread_id: thread_id()?,
                page: page(p)?,
            },
            "items.feedback" => Self::AddFeedback {
                thread_id: thread_id()?,
                item_ids: p.strings("item_ids")?,
                kind: feedback_kind(p)?,
            },
            "attachments.create" => Self::CreateAttachment {
                name: p.string("name")?.to_owned(),
                size: size(p)?,
                mime_type: p.string("mime_type")?.to_owned(),
            },
            "attachments.delete" => Self::DeleteAttachment {
                attachment_id: p.string("attachment_id")?.to_owned(),
            },
            "threads.update" => Self::UpdateThread {
                thread_id: thread_id()?,
                title: p.string("title")?.to_owned(),
            },
            "threads.delete" => Self::DeleteThread {
                thread_id: thread_id()?,
            },
            // The last of the types that were checked above.
            _ => Self::Transcribe {
                audio_base64: p.string("audio_base64")?.to_owned(),
                mime_type: p.string("mime_type")?.to_owned(),
            },
        })
    }
}

fn message(params: &Params<'_>) -> Result<UserMessageInput, InvalidParam> {
    let input = params.object("input")?;
    input.any("content")?;
    let content = input.list("content")?.into_iter();
    Ok(UserMessageInput {
        content: content
            .map(|(path, part)| user_content(path, part))
            .collect::<Result<_, _>>()?,
        attachments: input.strings("attachments")?,
        quoted_text: input.optional_string("quoted_text")?.map(str::to_owned),
        inference_options: inference_options(&input)?,
    })
}

fn user_content(path: String, part: &Value) -> Result<UserContent, InvalidParam> {
    let part = Params::of(path, part)?;
    match part.string("type")? {
        "input_text" => Ok(UserContent::InputText {
            text: part.string("text")?.to_owned(),
        }),
        "input_tag" => Ok(UserContent::InputTag {
            id: part.string("id")?.to_owned(),
            text: part.string("text")?.to_owned(),
            data: part
                .optional_object("data")?
                .map(|data| data.fields().clone())
                .unwrap_or_default(),
            group: part.optional_string("group")?.map(str::to_owned),
            interactive: part.optional_bool("interactive")?.unwrap_or(false),
        }),
        _ => Err(part.invalid("type", "input_text or input_tag")),
    }
}

fn inference_options(input: &Params<'_>) -> Result<InferenceOptions, InvalidParam> {
    let Some(options) = input.optional_object("inference_options")? else {
        return Ok(InferenceOptions::default());
    };
    let tool = options.optional_object("tool_choice")?;
    let tool = tool.map(|tool| tool.string("id").map(|id| ToolChoice { id: id.to_owned() }));
    Ok(InferenceOptions {
        tool_choice: tool.transpose()?,
        model: options.optional_string("model")?.map(str::to_owned),
    })
}

fn submission(input: &Params<'_>) -> Result<Submission, InvalidParam> {
    let status = match input.optional_string("status")?.unwrap_or("answered") {
        "answered" => SubmissionStatus::Answered,
        "skipped" => SubmissionStatus::Skipped,
        _ => return Err(input.invalid("status", "answered or skipped")),
    };
    let mut submission = Submission {
        status,
        answers: Default::default(),
    };
    if let Some(answers) = input.optional_object("answers")? {
        for (id, answer) in answers.fields() {
            let answer = Params::of(answers.path(id), answer)?;
            let answer = SubmittedAnswer {
                values: answer.strings("values")?,
                skipped: answer.optional_bool("skipped")?.unwrap_or(false),
            };
            submission.answers.insert(id.clone(), answer);
        }
    }
    Ok(submission)
}

fn action(params: &Params<'_>) -> Result<Action, InvalidParam> {
    let action = params.object("action")?;
    Ok(Action {
        thread_id: params.string("thread_id")?.to_owned(),
        item_id: params.optional_string("item_id")?.map(str::to_owned),
        kind: action.string("type")?.to_owned(),
        payload: action.get("payload").cloned(),
    })
}

fn page(params: &Params<'_>) -> Result<PageParams, InvalidParam> {
    let order = match params.optional_string("order")?.unwrap_or("desc") {
        "asc" => ItemOrder::Ascending,
        "desc" => ItemOrder::Descending,
        _ => return Err(params.invalid("order", "asc or desc")),
    };
    // 0 means the default, as in the reference. A negative one has no meaning.
    let limit = match params.optional_integer("limit")?.unwrap_or(0) {
        0 => DEFAULT_PAGE,
        limit => u32::try_from(limit)
            .map_err(|_| params.invalid("limit", "a whole number from 0"))?
            .min(MAX_PAGE),
    };
    Ok(PageParams {
        limit,
        order,
        after: params.optional_string("after")?.map(str::to_owned),
    })
}

fn feedback_kind(params: &Params<'_>) -> Result<FeedbackKind, InvalidParam> {
    match params.string("kind")? {
        "positive" => Ok(FeedbackKind::Positive),
        "negative" => Ok(FeedbackKind::Negative),
        _ => Err(params.invalid("kind", "positive or negative")),
    }
}

fn size(params: &Params<'_>) -> Result<u64, InvalidParam> {
    let size = params
        .optional_integer("size")?
        .and_then(|size| u64::try_from(size).ok());
    size.ok_or_else(|| params.invalid("size", "a whole number from 0"))
}
