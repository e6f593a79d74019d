//! What a server keeps, as a narrow trait. All calls are for one user: a host opens the store of that user.
//!
//! The calls are synchronous, because SQL is where it runs: in a Durable Object and in most embedded databases. An item keeps its
//! place in the thread when it is put again, so that an answer can be saved while it grows.

use super::server_error::ServerError;
use crate::protocol::{FeedbackKind, PageParams, Thread, ThreadItem, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A thread as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredThread {
    /// The thread, without items.
    pub thread: Thread,
    /// The agent that answers in it; `None`: the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// What an entry of a thread is, and whether the model gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// An item that the page sees. The model gets a text made of it.
    Item,
    /// An item that the page sees and that was made of model items. The model gets those instead.
    Derived,
    /// An item that only the model gets.
    Hidden,
    /// An item of the Responses API that is sent again as it is.
    Model,
}

impl EntryKind {
    /// All kinds, by their number.
    pub const ALL: [Self; 4] = [Self::Item, Self::Derived, Self::Hidden, Self::Model];

    /// The number that is stored.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The kind of a stored number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether pages see it.
    #[must_use]
    pub fn is_visible(self) -> bool {
        matches!(self, Self::Item | Self::Derived)
    }
}

/// An entry of a thread.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the thread.
    pub seq: u64,
    /// Its kind.
    pub kind: EntryKind,
    /// A [`ThreadItem`], or a model item.
    pub json: Box<RawValue>,
}

/// An entry of a list that is only passed on.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub json: Box<RawValue>,
}

/// A result of the store.
pub type Stored<T> = Result<T, ServerError>;

/// What a server keeps for one user. Every error is [`ServerError::Store`].
pub trait Store {
    /// Runs several writes as one: all of them, or none.
    ///
    /// # Errors
    /// That of `work`, or the store's.
    fn transaction<T>(&self, work: impl FnOnce() -> Stored<T>) -> Stored<T>;

    /// Adds or replaces a thread.
    ///
    /// # Errors
    /// The store's.
    fn put_thread(&self, thread: &StoredThread) -> Stored<()>;

    /// A thread.
    ///
    /// # Errors
    /// The store's.
    fn thread(&self, id: &str) -> Stored<Option<StoredThread>>;

    /// Threads by creation: up to `page.limit` and one more, which tells that there are more. After an unknown thread: none.
    ///
    /// # Errors
    /// The store's.
    fn threads(&self, page: &PageParams) -> Stored<Vec<StoredThread>>;

    /// Deletes a thread with all that belongs to it. `false` if there is none.
    ///
    /// # Errors
    /// The store's.
    fn delete_thread(&self, id: &str) -> Stored<bool>;

    /// Adds an item at the end of its thread, or replaces it where it is. The kind of an item never changes.
    ///
    /// # Errors
    /// The store's.
    fn put_item(&self, item: &ThreadItem, kind: EntryKind) -> Stored<()>;

    /// Adds a model item at the end of a thread.
    ///
    /// # Errors
    /// The store's.
    fn add_model_item(&self, thread_id: &str, item: &RawValue) -> Stored<()>;

    /// An item, hidden or not.
    ///
    /// # Errors
    /// The store's.
    fn item(&self, thread_id: &str, id: &str) -> Stored<Option<ThreadItem>>;

    /// Visible items: up to `page.limit` and one more. After an unknown item: none.
    ///
    /// # Errors
    /// The store's.
    fn items(&self, thread_id: &str, page: &PageParams) -> Stored<Vec<Listed>>;

    /// The newest `limit` entries before a place, newest first.
    ///
    /// # Errors
    /// The store's.
    fn entries_before(
        &self,
        thread_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Stored<Vec<Entry>>;

    /// The place of an item.
    ///
    /// # Errors
    /// The store's.
    fn place(&self, thread_id: &str, id: &str) -> Stored<Option<u64>>;

    /// Deletes an item.
    ///
    /// # Errors
    /// The store's.
    fn delete_item(&self, thread_id: &str, id: &str) -> Stored<()>;

    /// Deletes all entries after a place, and returns the ids of the visible ones.
    ///
    /// # Errors
    /// The store's.
    fn delete_after(&self, thread_id: &str, place: u64) -> Stored<Vec<String>>;

    /// Keeps an opinion about an item.
    ///
    /// # Errors
    /// The store's.
    fn put_feedback(
        &self,
        thread_id: &str,
        item_id: &str,
        kind: FeedbackKind,
        at: Timestamp,
    ) -> Stored<()>;
}
