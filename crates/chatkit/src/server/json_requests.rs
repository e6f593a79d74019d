//! Requests that answer with JSON: they read threads and items, or change something without an answer of the model.

use super::engine::{Agents, Engine};
use super::env::Env;
use super::server_error::ServerError;
use super::store::{EntryKind, Listed, Store};
use super::thread_title;
use crate::protocol::{
    Action, FeedbackKind, ItemOrder, Operation, Page, PageParams, Thread, to_json,
};
use serde_json::value::RawValue;

/// The items that a thread comes with.
const FIRST_ITEMS: u32 = 20;

impl<S: Store, E: Env, A: Agents> Engine<'_, S, E, A> {
    /// Takes a request of [`crate::protocol::chatkit_request::JSON_TYPES`].
    pub(super) fn handle_json(&mut self, operation: &Operation) -> Result<String, ServerError> {
        match operation {
            Operation::GetThread { thread_id } => self.get_thread(thread_id),
            Operation::ListThreads(page) => self.list_threads(page),
            Operation::ListItems { thread_id, page } => self.list_items(thread_id, page),
            Operation::AddFeedback {
                thread_id,
                item_ids,
                kind,
            } => self.add_feedback(thread_id, item_ids, *kind),
            Operation::CreateAttachment { .. } => {
                Err(ServerError::NotOffered("This chat takes no files."))
            }
            Operation::DeleteAttachment { .. } => Err(ServerError::NotFound("file")),
            Operation::UpdateThread { thread_id, title } => self.update_thread(thread_id, title),
            Operation::DeleteThread { thread_id } => self.delete_thread(thread_id),
            Operation::Transcribe { .. } => {
                Err(ServerError::NotOffered("This chat takes no speech."))
            }
            Operation::SyncCustomAction(action) => self.sync_custom_action(action),
            Operation::CreateThread { .. }
            | Operation::AddUserMessage { .. }
            | Operation::AddClientToolOutput { .. }
            | Operation::AddStructuredInput { .. }
            | Operation::RetryAfterItem { .. }
            | Operation::CustomAction(_) => {
                Err(ServerError::Store("the request has a stream".to_owned()))
            }
        }
    }

    /// The model is told of the action with the next message.
    fn sync_custom_action(&mut self, action: &Action) -> Result<String, ServerError> {
        let note = self.action_note(action)?;
        self.store.put_item(&note, EntryKind::Hidden)?;
        Ok("{}".to_owned())
    }

    fn get_thread(&mut self, id: &str) -> Result<String, ServerError> {
        let thread = self.thread(id)?.thread;
        let page = PageParams {
            limit: FIRST_ITEMS,
            order: ItemOrder::Ascending,
            after: None,
        };
        let items = listed_page(self.store.items(id, &page)?, &page);
        // The items are passed on as they are stored, so the thread's own JSON is opened for them.
        let json = to_json(&thread);
        let head = json
            .strip_suffix(r#""items":{"data":[],"has_more":false}}"#)
            .unwrap_or_default();
        Ok(format!(r#"{head}"items":{}}}"#, to_json(&items)))
    }

    fn list_threads(&mut self, page: &PageParams) -> Result<String, ServerError> {
        let mut threads = self.store.threads(page)?;
        let has_more = cut(&mut threads, page);
        let after = threads
            .last()
            .filter(|_| has_more)
            .map(|last| last.thread.id.clone());
        let data: Vec<Thread> = threads.into_iter().map(|stored| stored.thread).collect();
        Ok(to_json(&Page {
            data,
            has_more,
            after,
        }))
    }

    fn list_items(&mut self, thread_id: &str, page: &PageParams) -> Result<String, ServerError> {
        self.thread(thread_id)?;
        Ok(to_json(&listed_page(
            self.store.items(thread_id, page)?,
            page,
        )))
    }

    fn add_feedback(
        &mut self,
        thread_id: &str,
        items: &[String],
        kind: FeedbackKind,
    ) -> Result<String, ServerError> {
        self.thread(thread_id)?;
        let now = self.env.now();
        self.store.transaction(|| {
            for id in items {
                if self.store.place(thread_id, id)?.is_some() {
                    self.store.put_feedback(thread_id, id, kind, now)?;
                }
            }
            Ok(())
        })?;
        Ok("{}".to_owned())
    }

    fn update_thread(&mut self, thread_id: &str, title: &str) -> Result<String, ServerError> {
        let title = thread_title::checked(title)
            .ok_or_else(|| ServerError::invalid("params.title", "a text that is not blank"))?;
        let mut stored = self.thread(thread_id)?;
        stored.thread.title = Some(title);
        self.store.put_thread(&stored)?;
        Ok(to_json(&stored.thread))
    }

    fn delete_thread(&mut self, thread_id: &str) -> Result<String, ServerError> {
        match self.store.delete_thread(thread_id)? {
            true => Ok("{}".to_owned()),
            false => Err(ServerError::NotFound("thread")),
        }
    }
}

/// Cuts a list to its page. Whether there is more.
fn cut<T>(entries: &mut Vec<T>, page: &PageParams) -> bool {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    has_more
}

fn listed_page(mut items: Vec<Listed>, page: &PageParams) -> Page<Box<RawValue>> {
    let has_more = cut(&mut items, page);
    let after = items
        .last()
        .filter(|_| has_more)
        .map(|last| last.id.clone());
    Page {
        data: items.into_iter().map(|listed| listed.json).collect(),
        has_more,
        after,
    }
}
