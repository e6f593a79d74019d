//! The events of a stream.

use super::item_update::ItemUpdate;
use super::thread::Thread;
use super::thread_item::ThreadItem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum StreamEvent {
    /// A thread was created.
    #[serde(rename = "thread.created")]
    ThreadCreated {
        /// The thread.
        thread: Thread,
    },
    /// A thread's title or status changed.
    #[serde(rename = "thread.updated")]
    ThreadUpdated {
        /// The thread, without items.
        thread: Thread,
    },
    /// An item that still grows was added.
    #[serde(rename = "thread.item.added")]
    ItemAdded {
        /// The item so far.
        item: ThreadItem,
    },
    /// An item grew.
    #[serde(rename = "thread.item.updated")]
    ItemUpdated {
        /// The item's id.
        item_id: String,
        /// What changed.
        update: ItemUpdate,
    },
    /// An item is complete. It may not have been added before.
    #[serde(rename = "thread.item.done")]
    ItemDone {
        /// The item.
        item: ThreadItem,
    },
    /// An item was removed.
    #[serde(rename = "thread.item.removed")]
    ItemRemoved {
        /// The item's id.
        item_id: String,
    },
    /// An item was replaced.
    #[serde(rename = "thread.item.replaced")]
    ItemReplaced {
        /// The new item, with the same id.
        item: ThreadItem,
    },
    /// What the page may do with the stream.
    #[serde(rename = "stream_options")]
    Options {
        /// The options.
        stream_options: StreamOptions,
    },
    /// What is being done, shown until the next item.
    #[serde(rename = "progress_update")]
    ProgressUpdate {
        /// An icon's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        icon: Option<String>,
        /// The text.
        text: String,
    },
    /// Something that the page does.
    #[serde(rename = "client_effect")]
    ClientEffect {
        /// Its name.
        name: String,
        /// Its data.
        #[serde(default)]
        data: Map<String, Value>,
    },
    /// The answer failed.
    #[serde(rename = "error")]
    Error {
        /// `custom`, with a message that is shown as it is, or `stream.error`.
        code: String,
        /// What happened and what to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Whether the page offers to try again.
        #[serde(default)]
        allow_retry: bool,
    },
    /// A remark beside the answer.
    #[serde(rename = "notice")]
    Notice {
        /// How serious it is.
        level: NoticeLevel,
        /// Markdown.
        message: String,
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// What a page may do with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamOptions {
    /// Whether the composer shows a stop button.
    pub allow_cancel: bool,
}

/// How serious a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// A remark.
    Info,
    /// Something is not as expected.
    Warning,
    /// Something is wrong.
    Danger,
}

impl StreamEvent {
    /// An error whose message is shown as it is.
    #[must_use]
    pub fn error(message: impl Into<String>, allow_retry: bool) -> Self {
        Self::Error {
            code: "custom".to_owned(),
            message: Some(message.into()),
            allow_retry,
        }
    }

    /// The event's frame in a stream.
    #[must_use]
    pub fn frame(&self) -> String {
        format!("data: {}\n\n", super::to_json(self))
    }

    /// Whether it may be sent to a page: hidden items may not, in any event.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        match self {
            Self::ItemAdded { item } | Self::ItemDone { item } | Self::ItemReplaced { item } => {
                !item.body.is_hidden()
            }
            _ => true,
        }
    }
}
