//! The Responses API, as far as an answer needs it.
//!
//! - [`sse`] splits the bytes of a stream into events.
//! - [`model_event`] reads one event. [`output_item`] reads the items in it, [`outcome`] is how a response ended.
//! - [`model_item`] is an item that is sent to the model again.
//!
//! Any server that speaks the API will do, so reading is lenient: an unknown event, item or field is skipped, and a field that is
//! missing or has another type than expected counts as none.

mod event_frame;
pub mod model_event;
pub mod model_item;
pub mod outcome;
pub mod output_item;
pub mod sse;

pub use model_event::{
    Ended, Malformed, ModelEvent, ModelEventBody, PartPlace, Place, SummaryPlace,
};
pub use model_item::ModelItem;
pub use outcome::{Terminal, Usage};
pub use output_item::{FunctionCall, MessagePart, OutputItem};
pub use sse::{SseDecoder, TooLong};
