//! Threads, and pages of threads and items.

use super::thread_item::ThreadItem;
use super::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A thread as pages see it. The owner's metadata stays on the server, so `metadata` is always empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its id.
    pub id: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether messages can be added.
    #[serde(default)]
    pub status: ThreadStatus,
    /// Where images in its texts may come from; `None`: anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_image_domains: Option<Vec<String>>,
    /// Always empty.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Its first items, or none.
    #[serde(default)]
    pub items: Page<ThreadItem>,
}

/// Whether messages can be added to a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThreadStatus {
    /// They can.
    #[default]
    Active,
    /// They cannot for now.
    Locked {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// They cannot.
    Closed {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Whether there are more.
    pub has_more: bool,
    /// The id of the last entry, for the next request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            data: Vec::new(),
            has_more: false,
            after: None,
        }
    }
}
