//! The requests. One URL takes them all: `{"type": …, "params": {…}, "metadata"?: {…}}`.

use super::structured_input::Submission;
use super::user_input::UserMessageInput;
use serde_json::{Map, Value};

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatKitRequest {
    /// What is requested.
    pub operation: Operation,
    /// What the page sends beside it.
    pub metadata: Map<String, Value>,
}

/// What a request is for, by its type. The first six answer with a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// `threads.create`: a thread with its first message.
    CreateThread {
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_user_message`.
    AddUserMessage {
        /// The thread.
        thread_id: String,
        /// The message.
        input: UserMessageInput,
    },
    /// `threads.add_client_tool_output`: what a function of the page returned.
    AddClientToolOutput {
        /// The thread.
        thread_id: String,
        /// Which call it answers, by its item's or its call's id; the reference's pages do not say.
        call: Option<String>,
        /// Any JSON.
        result: Value,
    },
    /// `threads.add_structured_input`: a form was answered.
    AddStructuredInput {
        /// The thread.
        thread_id: String,
        /// The form.
        item_id: String,
        /// The answers.
        input: Submission,
    },
    /// `threads.retry_after_item`: answers a message again.
    RetryAfterItem {
        /// The thread.
        thread_id: String,
        /// The message.
        item_id: String,
    },
    /// `threads.custom_action`: a widget's action.
    CustomAction(Action),
    /// `threads.get_by_id`.
    GetThread {
        /// The thread.
        thread_id: String,
    },
    /// `threads.list`.
    ListThreads(PageParams),
    /// `items.list`.
    ListItems {
        /// The thread.
        thread_id: String,
        /// Which part of the list.
        page: PageParams,
    },
    /// `items.feedback`.
    AddFeedback {
        /// The thread.
        thread_id: String,
        /// The items.
        item_ids: Vec<String>,
        /// The opinion.
        kind: FeedbackKind,
    },
    /// `attachments.create`: begins an upload.
    CreateAttachment {
        /// The file's name.
        name: String,
        /// Its size in bytes.
        size: u64,
        /// Its media type.
        mime_type: String,
    },
    /// `attachments.delete`.
    DeleteAttachment {
        /// The file.
        attachment_id: String,
    },
    /// `threads.update`: renames a thread.
    UpdateThread {
        /// The thread.
        thread_id: String,
        /// The title.
        title: String,
    },
    /// `threads.delete`.
    DeleteThread {
        /// The thread.
        thread_id: String,
    },
    /// `input.transcribe`: speech to text.
    Transcribe {
        /// The recording.
        audio_base64: String,
        /// Its media type.
        mime_type: String,
    },
    /// `threads.sync_custom_action`: a widget's action without a stream.
    SyncCustomAction(Action),
}

/// A widget's action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The thread.
    pub thread_id: String,
    /// The widget's item; absent for an action of the page.
    pub item_id: Option<String>,
    /// The action's name.
    pub kind: String,
    /// Any JSON.
    pub payload: Option<Value>,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageParams {
    /// How many entries at most, from 1 to [`MAX_PAGE`].
    pub limit: u32,
    /// In which order.
    pub order: ItemOrder,
    /// Only entries after the one with this id.
    pub after: Option<String>,
}

/// The order of a list, by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemOrder {
    /// The oldest first.
    Ascending,
    /// The newest first.
    Descending,
}

/// An opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackKind {
    /// Good.
    Positive,
    /// Bad.
    Negative,
}

impl FeedbackKind {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }
}

/// The entries of a page without a `limit`.
pub const DEFAULT_PAGE: u32 = 20;
/// The most entries of a page. The widget asks for 9999 threads and follows `has_more`.
pub const MAX_PAGE: u32 = 100;

/// The types of requests that answer with a stream.
pub const STREAMING_TYPES: [&str; 6] = [
    "threads.create",
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.add_structured_input",
    "threads.retry_after_item",
    "threads.custom_action",
];

/// The types of requests that answer with JSON.
pub const JSON_TYPES: [&str; 10] = [
    "threads.get_by_id",
    "threads.list",
    "items.list",
    "items.feedback",
    "attachments.create",
    "attachments.delete",
    "threads.update",
    "threads.delete",
    "input.transcribe",
    "threads.sync_custom_action",
];

impl Operation {
    /// Whether the answer is a stream.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        matches!(
            self,
            Self::CreateThread { .. }
                | Self::AddUserMessage { .. }
                | Self::AddClientToolOutput { .. }
                | Self::AddStructuredInput { .. }
                | Self::RetryAfterItem { .. }
                | Self::CustomAction(_)
        )
    }

    /// Whether it may be the first request of a new visitor.
    #[must_use]
    pub fn makes_visitor(&self) -> bool {
        matches!(
            self,
            Self::CreateThread { .. } | Self::CreateAttachment { .. }
        )
    }
}
