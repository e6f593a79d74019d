//! One event of a response's stream.

use super::event_frame::Frame;
use super::outcome::{Terminal, Usage};
use super::output_item::{Citation, MessagePart, OutputItem};
use serde_json::value::RawValue;

/// An event of the model.
#[derive(Debug, Clone)]
pub struct ModelEvent {
    /// Its number in the response, by which a background response can be continued.
    pub sequence_number: Option<u64>,
    /// What it says.
    pub body: ModelEventBody,
}

/// What an event says. Only what an answer needs is read.
#[derive(Debug, Clone)]
pub enum ModelEventBody {
    /// The response has begun.
    Started {
        /// Its id.
        response_id: Option<String>,
    },
    /// An item begins.
    ItemAdded(Place, OutputItem),
    /// An item is complete.
    ItemDone(Place, OutputItem),
    /// A part of a message begins.
    PartAdded(PartPlace, MessagePart),
    /// A part of a message is complete, with its citations.
    PartDone(PartPlace, MessagePart),
    /// More text of a message, or of a refusal.
    TextDelta(PartPlace, String),
    /// The whole text of a part.
    TextDone(PartPlace, String),
    /// A citation in a part.
    CitationAdded(PartPlace, Citation),
    /// More text of a summary of reasoning.
    SummaryDelta(SummaryPlace, String),
    /// The whole text of a summary.
    SummaryDone(SummaryPlace, String),
    /// The response has ended.
    Ended(Box<Ended>),
    /// `[DONE]`, with which some servers end a stream. It says nothing about how the response ended.
    StreamDone,
    /// Anything else.
    Other,
}

/// The end of a response.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How it ended.
    pub terminal: Terminal,
    /// Its id.
    pub response_id: Option<String>,
    /// Its tokens.
    pub usage: Option<Usage>,
    /// What the server says about the failure: for the log, never for the page.
    pub message: Option<String>,
    /// All its items, for servers that do not send each.
    pub output: Option<Box<RawValue>>,
}

/// Which item an event is about. Servers may leave out either, or give all items the same id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The item's index in the output.
    pub output_index: Option<u64>,
    /// The item's id.
    pub item_id: Option<String>,
}

/// Which part of which message an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPlace {
    /// The message.
    pub item: Place,
    /// The part.
    pub content_index: u64,
}

/// Which summary of which reasoning an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryPlace {
    /// The reasoning.
    pub item: Place,
    /// The summary.
    pub summary_index: u64,
}

/// The data of an event is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event of the stream is not a JSON object")
    }
}

impl std::error::Error for Malformed {}

impl ModelEvent {
    /// Reads the data of an event.
    ///
    /// # Errors
    /// If it is neither a JSON object nor `[DONE]`.
    pub fn parse(data: &str) -> Result<Self, Malformed> {
        if data.trim() == "[DONE]" {
            return Ok(Self {
                sequence_number: None,
                body: ModelEventBody::StreamDone,
            });
        }
        // A derived struct can be read from an array, too.
        if !data.trim_start().starts_with('{') {
            return Err(Malformed);
        }
        let frame: Frame = serde_json::from_str(data).map_err(|_| Malformed)?;
        Ok(Self {
            sequence_number: frame.sequence_number(),
            body: frame.body().unwrap_or(ModelEventBody::Other),
        })
    }

    /// Whether the response ends with it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.body, ModelEventBody::Ended(_))
    }
}
