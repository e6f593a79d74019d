//! ChatKit's wire protocol, as chatkit-python 1.6.5 reads and writes it.
//!
//! - [`chatkit_request`]: the 16 requests, with [`user_input`]; `request_reader` reads them by [`params`].
//! - [`stream_event`]: the 12 events of a stream, with the 10 updates of [`item_update`].
//! - [`thread`]: threads and pages. [`thread_item`]: the 11 items, with [`task`], [`annotation`], [`structured_input`] and
//!   [`attachment`].
//!
//! Reading is lenient: missing optional fields get their defaults and unknown fields are ignored. Writing is exact: the order of
//! the fields, the defaults that are written and the `null`s that are not are those of the reference's serializer.

pub mod annotation;
pub mod attachment;
pub mod chatkit_request;
pub mod item_update;
pub mod params;
mod request_reader;
pub mod stream_event;
pub mod structured_input;
pub mod task;
pub mod thread;
pub mod thread_item;
pub mod timestamp;
pub mod user_input;

pub use annotation::{Annotation, Source, SourceKind};
pub use attachment::{Attachment, AttachmentKind, UploadDescriptor, UploadMethod};
pub use chatkit_request::{Action, ChatKitRequest, FeedbackKind, ItemOrder, Operation, PageParams};
pub use item_update::ItemUpdate;
pub use params::InvalidParam;
pub use stream_event::{NoticeLevel, StreamEvent, StreamOptions};
pub use structured_input::{
    Answer, FormInput, FormInputKind, FormOption, FormStatus, Submission, SubmissionStatus,
    SubmittedAnswer,
};
pub use task::{StatusIndicator, Task, TaskKind, Workflow, WorkflowKind, WorkflowSummary};
pub use thread::{Page, Thread, ThreadStatus};
pub use thread_item::{AssistantContent, ClientToolStatus, GeneratedImage, ItemBody, ThreadItem};
pub use timestamp::Timestamp;
pub use user_input::{InferenceOptions, ToolChoice, UserContent, UserMessageInput};

/// A value as JSON. Serialization of this crate's types cannot fail: their keys are strings and their numbers are finite.
#[must_use]
pub fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
