//! The JSON of an event: which fields each type has.

use super::model_event::{Ended, ModelEventBody, PartPlace, Place, SummaryPlace};
use super::outcome::{Terminal, Usage};
use super::output_item::{Citation, MessagePart, OutputItem, string};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of all events. They stay JSON until the type says what they are.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(default, rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(default, borrow)]
    sequence_number: Option<&'a RawValue>,
    #[serde(default, borrow)]
    output_index: Option<&'a RawValue>,
    #[serde(default, borrow)]
    content_index: Option<&'a RawValue>,
    #[serde(default, borrow)]
    summary_index: Option<&'a RawValue>,
    #[serde(default, borrow)]
    item_id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    item: Option<&'a RawValue>,
    #[serde(default, borrow)]
    part: Option<&'a RawValue>,
    #[serde(default, borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    text: Option<&'a RawValue>,
    #[serde(default, borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(default, borrow)]
    annotation: Option<&'a RawValue>,
    #[serde(default, borrow)]
    response: Option<&'a RawValue>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    #[serde(default, borrow)]
    code: Option<&'a RawValue>,
    #[serde(default, borrow)]
    message: Option<&'a RawValue>,
}

/// The fields of a response.
#[derive(Deserialize, Default)]
struct ResponseHead<'a> {
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    usage: Option<&'a RawValue>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    #[serde(default, borrow)]
    incomplete_details: Option<&'a RawValue>,
    #[serde(default, borrow)]
    output: Option<&'a RawValue>,
}

impl Frame<'_> {
    pub(super) fn sequence_number(&self) -> Option<u64> {
        number(self.sequence_number)
    }

    /// `None` for what is unknown or lacks what matters.
    pub(super) fn body(&self) -> Option<ModelEventBody> {
        use ModelEventBody as Body;
        let Some(kind) = string(self.kind) else {
            // Some servers report a failure as an object with nothing but `error`.
            return self.error.map(|_| self.failure());
        };
        Some(match kind.as_str() {
            "response.created" | "response.in_progress" | "response.queued" => Body::Started {
                response_id: string(self.response().id),
            },
            "response.output_item.added" => Body::ItemAdded(self.place(), self.item()?),
            "response.output_item.done" => Body::ItemDone(self.place(), self.item()?),
            "response.content_part.added" => Body::PartAdded(self.part_place(), self.part()?),
            "response.content_part.done" => Body::PartDone(self.part_place(), self.part()?),
            "response.output_text.delta" | "response.refusal.delta" => {
                Body::TextDelta(self.part_place(), string(self.delta)?)
            }
            "response.output_text.done" => Body::TextDone(self.part_place(), string(self.text)?),
            "response.refusal.done" => Body::TextDone(self.part_place(), string(self.refusal)?),
            "response.output_text.annotation.added" => {
                let annotation = value(self.annotation)?;
                Body::CitationAdded(self.part_place(), Citation::read(&annotation)?)
            }
            "response.reasoning_summary_text.delta" => {
                Body::SummaryDelta(self.summary_place(), string(self.delta)?)
            }
            "response.reasoning_summary_text.done" => {
                Body::SummaryDone(self.summary_place(), string(self.text)?)
            }
            "response.completed" => self.ended(Terminal::Completed),
            "response.incomplete" => {
                let details = value(self.response().incomplete_details);
                let reason = details.and_then(|details| field(&details, "reason"));
                self.ended(Terminal::Incomplete(reason.unwrap_or_default()))
            }
            "response.failed" | "error" => self.failure(),
            _ => return None,
        })
    }

    fn place(&self) -> Place {
        Place {
            output_index: number(self.output_index),
            item_id: string(self.item_id).filter(|id| !id.is_empty()),
        }
    }

    fn part_place(&self) -> PartPlace {
        PartPlace {
            item: self.place(),
            content_index: number(self.content_index).unwrap_or(0),
        }
    }

    fn summary_place(&self) -> SummaryPlace {
        SummaryPlace {
            item: self.place(),
            summary_index: number(self.summary_index).unwrap_or(0),
        }
    }

    fn item(&self) -> Option<OutputItem> {
        OutputItem::read(self.item?)
    }

    fn part(&self) -> Option<MessagePart> {
        MessagePart::read(&value(self.part)?)
    }

    fn response(&self) -> ResponseHead<'_> {
        self.response
            .and_then(|json| serde_json::from_str(json.get()).ok())
            .unwrap_or_default()
    }

    fn ended(&self, terminal: Terminal) -> ModelEventBody {
        let response = self.response();
        ModelEventBody::Ended(Box::new(Ended {
            terminal,
            response_id: string(response.id),
            usage: value(response.usage).map(|usage| read_usage(&usage)),
            message: None,
            output: response.output.map(RawValue::to_owned),
        }))
    }

    /// A failure: its error is in the response, in `error`, or in the event itself.
    fn failure(&self) -> ModelEventBody {
        let error = value(self.response().error)
            .or_else(|| value(self.error))
            .unwrap_or_default();
        let code = field(&error, "code").or_else(|| string(self.code));
        let mut body = self.ended(Terminal::Failed {
            code: code.or_else(|| field(&error, "type")),
        });
        if let ModelEventBody::Ended(ended) = &mut body {
            ended.message = field(&error, "message")
                .or_else(|| string(self.message))
                .or_else(|| error.as_str().map(str::to_owned));
        }
        body
    }
}

fn read_usage(usage: &Value) -> Usage {
    let number = |path| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    Usage {
        input_tokens: number("/input_tokens"),
        cached_input_tokens: number("/input_tokens_details/cached_tokens"),
        output_tokens: number("/output_tokens"),
    }
}

fn number(json: Option<&RawValue>) -> Option<u64> {
    serde_json::from_str(json?.get()).ok()
}

fn value(json: Option<&RawValue>) -> Option<Value> {
    serde_json::from_str(json?.get()).ok()
}

fn field(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}
