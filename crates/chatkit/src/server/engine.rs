//! Takes requests: JSON for those that only read or change something, first events and a [`Turn`] for those that want an answer.
//!
//! A request either changes everything that it should or nothing: it is checked before the first write, and its writes are one
//! transaction.

use super::env::Env;
use super::server_error::ServerError;
use super::store::{Entry, EntryKind, Listed, Store, Stored, StoredThread};
use super::thread_title;
use super::turn::{Turn, add_output, client_tool_call};
use crate::protocol::user_input::text_of;
use crate::protocol::{
    Action, ChatKitRequest, ClientToolStatus, FeedbackKind, FormStatus, InferenceOptions, ItemBody,
    ItemOrder, Operation, Page, PageParams, StreamEvent, StreamOptions, Submission,
    SubmissionStatus, Thread, ThreadItem, ThreadStatus, UserMessageInput, to_json,
};
use crate::responses::FunctionCall;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The items that a thread comes with.
const FIRST_ITEMS: u32 = 20;
/// How far back a pending call of the page is looked for, in entries.
const RECENT_ENTRIES: u32 = 100;

/// What a request has to know of an agent.
#[derive(Debug, Clone, Default)]
pub struct AgentInfo {
    /// The models that a visitor may choose.
    pub models: Vec<String>,
    /// The tools that a visitor may choose: names of functions, types of other tools.
    pub tools: Vec<String>,
    /// Whether the first words of a thread become its title.
    pub titles_by_words: bool,
}

/// The agents of a server. A thread whose agent is gone is answered by the default one.
pub trait Agents {
    /// An agent by its name; `None`: the default one.
    fn info(&self, name: Option<&str>) -> AgentInfo;
}

/// What a request gets.
#[derive(Debug)]
pub enum Reply {
    /// JSON.
    Json(String),
    /// A stream.
    Stream(Box<Opening>),
}

/// The beginning of a stream.
#[derive(Debug)]
pub struct Opening {
    /// The thread.
    pub thread_id: String,
    /// The first events. What they say is stored.
    pub events: Vec<StreamEvent>,
    /// The answer that is wanted, if one is.
    pub turn: Option<Turn>,
}

/// Takes the requests of one user.
#[derive(Debug)]
pub struct Engine<'a, S, E, A> {
    /// The user's store.
    pub store: &'a S,
    /// The time, and new ids.
    pub env: &'a mut E,
    /// The agents.
    pub agents: &'a A,
    /// The agent that the page asks for.
    pub agent: Option<&'a str>,
}

impl<S: Store, E: Env, A: Agents> Engine<'_, S, E, A> {
    /// Takes a request.
    ///
    /// # Errors
    /// [`ServerError`]; nothing was changed then.
    pub fn handle(&mut self, request: &ChatKitRequest) -> Result<Reply, ServerError> {
        let json = match &request.operation {
            Operation::CreateThread { input } => {
                return self
                    .create_thread(input)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::AddUserMessage { thread_id, input } => {
                return self
                    .add_user_message(thread_id, input)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::AddClientToolOutput {
                thread_id,
                call,
                result,
            } => {
                return self
                    .add_client_tool_output(thread_id, call.as_deref(), result)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::AddStructuredInput {
                thread_id,
                item_id,
                input,
            } => {
                return self
                    .add_structured_input(thread_id, item_id, input)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::RetryAfterItem { thread_id, item_id } => {
                return self
                    .retry_after_item(thread_id, item_id)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::CustomAction(action) => {
                return self
                    .custom_action(action)
                    .map(|opening| Reply::Stream(Box::new(opening)));
            }
            Operation::GetThread { thread_id } => self.get_thread(thread_id)?,
            Operation::ListThreads(page) => self.list_threads(page)?,
            Operation::ListItems { thread_id, page } => self.list_items(thread_id, page)?,
            Operation::AddFeedback {
                thread_id,
                item_ids,
                kind,
            } => self.add_feedback(thread_id, item_ids, *kind)?,
            Operation::CreateAttachment { .. } => {
                return Err(ServerError::NotOffered("This chat takes no files."));
            }
            Operation::DeleteAttachment { .. } => return Err(ServerError::NotFound("file")),
            Operation::UpdateThread { thread_id, title } => self.update_thread(thread_id, title)?,
            Operation::DeleteThread { thread_id } => self.delete_thread(thread_id)?,
            Operation::Transcribe { .. } => {
                return Err(ServerError::NotOffered("This chat takes no speech."));
            }
            Operation::SyncCustomAction(action) => self.sync_custom_action(action)?,
        };
        Ok(Reply::Json(json))
    }

    fn create_thread(&mut self, input: &UserMessageInput) -> Result<Opening, ServerError> {
        let info = self.agents.info(self.agent);
        check_input(input, &info)?;
        let title = info
            .titles_by_words
            .then(|| thread_title::from_words(&text_of(&input.content)))
            .flatten();
        let thread = Thread {
            title,
            id: self.env.id("thr"),
            created_at: self.env.now(),
            status: ThreadStatus::Active,
            allowed_image_domains: None,
            metadata: Default::default(),
            items: Page::default(),
        };
        let stored = StoredThread {
            thread: thread.clone(),
            agent: self.agent.map(str::to_owned),
        };
        let thread_id = thread.id.clone();
        let item = self.user_message(&thread_id, input);
        self.store.transaction(|| {
            self.store.put_thread(&stored)?;
            self.store.put_item(&item, EntryKind::Item)
        })?;
        let turn = turn_for(&thread_id, &input.inference_options);
        let events = vec![
            StreamEvent::ThreadCreated { thread },
            StreamEvent::ItemDone { item },
        ];
        Ok(opening(thread_id, events, Some(turn)))
    }

    fn add_user_message(
        &mut self,
        thread_id: &str,
        input: &UserMessageInput,
    ) -> Result<Opening, ServerError> {
        let stored = self.open_thread(thread_id)?;
        check_input(input, &self.agents.info(stored.agent.as_deref()))?;
        let item = self.user_message(thread_id, input);
        self.store.put_item(&item, EntryKind::Item)?;
        let turn = turn_for(thread_id, &input.inference_options);
        Ok(opening(
            thread_id.to_owned(),
            vec![StreamEvent::ItemDone { item }],
            Some(turn),
        ))
    }

    fn add_client_tool_output(
        &mut self,
        thread_id: &str,
        call: Option<&str>,
        result: &Value,
    ) -> Result<Opening, ServerError> {
        self.thread(thread_id)?;
        let entries = self.store.entries_before(thread_id, None, RECENT_ENTRIES)?;
        let (mut item, call_id) = pending_call(&entries, call)
            .ok_or(ServerError::NotFound("pending call of a function"))?;
        if let ItemBody::ClientToolCall { status, output, .. } = &mut item.body {
            *status = ClientToolStatus::Completed;
            *output = Some(result.clone());
        }
        // The page runs one call at a time. If the model made several at once, the next one follows.
        let next = unanswered_calls(&entries)
            .into_iter()
            .find(|call| call.call_id != call_id);
        let next = next
            .and_then(|call| client_tool_call(&call).ok())
            .map(|body| self.new_item("tc", thread_id, body));
        self.store.transaction(|| {
            self.store.put_item(&item, EntryKind::Derived)?;
            add_output(thread_id, &call_id, result, self.store)?;
            next.iter()
                .try_for_each(|next| self.store.put_item(next, EntryKind::Derived))
        })?;
        Ok(match next {
            Some(item) => continued(thread_id.to_owned(), StreamEvent::ItemDone { item }, None),
            None => opening(thread_id.to_owned(), Vec::new(), Some(Turn::new(thread_id))),
        })
    }

    fn add_structured_input(
        &mut self,
        thread_id: &str,
        item_id: &str,
        input: &Submission,
    ) -> Result<Opening, ServerError> {
        self.thread(thread_id)?;
        let mut item = self.item(thread_id, item_id)?;
        let ItemBody::StructuredInput { status, inputs } = &mut item.body else {
            return Err(ServerError::invalid("params.item_id", "the id of a form"));
        };
        if *status != FormStatus::Pending {
            return Err(ServerError::invalid(
                "params.item_id",
                "the id of a form that waits for an answer",
            ));
        }
        inputs
            .iter_mut()
            .for_each(|question| question.answer_with(input));
        *status = match input.status {
            SubmissionStatus::Answered => FormStatus::Answered,
            SubmissionStatus::Skipped => FormStatus::Skipped,
        };
        self.store.put_item(&item, EntryKind::Item)?;
        Ok(continued(
            thread_id.to_owned(),
            StreamEvent::ItemReplaced { item },
            Some(Turn::new(thread_id)),
        ))
    }

    fn retry_after_item(&mut self, thread_id: &str, item_id: &str) -> Result<Opening, ServerError> {
        self.open_thread(thread_id)?;
        let item = self.item(thread_id, item_id)?;
        let ItemBody::UserMessage {
            inference_options, ..
        } = &item.body
        else {
            return Err(ServerError::invalid(
                "params.item_id",
                "the id of a message of the user",
            ));
        };
        let place = self
            .store
            .place(thread_id, item_id)?
            .ok_or(ServerError::NotFound("item"))?;
        let turn = turn_for(thread_id, inference_options).retrying(place);
        Ok(opening(thread_id.to_owned(), Vec::new(), Some(turn)))
    }

    /// The model is told of the action and answers.
    fn custom_action(&mut self, action: &Action) -> Result<Opening, ServerError> {
        let note = self.action_note(action)?;
        self.store.put_item(&note, EntryKind::Hidden)?;
        let thread_id = action.thread_id.clone();
        let turn = Turn::new(&thread_id);
        Ok(opening(thread_id, Vec::new(), Some(turn)))
    }

    /// The model is told of the action with the next message.
    fn sync_custom_action(&mut self, action: &Action) -> Result<String, ServerError> {
        let note = self.action_note(action)?;
        self.store.put_item(&note, EntryKind::Hidden)?;
        Ok("{}".to_owned())
    }

    fn action_note(&mut self, action: &Action) -> Result<ThreadItem, ServerError> {
        self.thread(&action.thread_id)?;
        if let Some(item_id) = &action.item_id {
            let item = self.item(&action.thread_id, item_id)?;
            if !matches!(item.body, ItemBody::Widget { .. }) {
                return Err(ServerError::invalid("params.item_id", "the id of a widget"));
            }
        }
        let said =
            json!({"action": action.kind, "payload": action.payload, "widget": action.item_id});
        let content = Value::from(format!(
            "The user triggered this action in the chat: {}",
            to_json(&said)
        ));
        Ok(self.new_item(
            "shcx",
            &action.thread_id,
            ItemBody::HiddenContextItem { content },
        ))
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

    fn thread(&self, id: &str) -> Result<StoredThread, ServerError> {
        self.store
            .thread(id)?
            .ok_or(ServerError::NotFound("thread"))
    }

    /// A thread that takes messages.
    fn open_thread(&self, id: &str) -> Result<StoredThread, ServerError> {
        let stored = self.thread(id)?;
        match stored.thread.status {
            ThreadStatus::Active => Ok(stored),
            ThreadStatus::Locked { reason } | ThreadStatus::Closed { reason } => {
                Err(ServerError::ThreadClosed(reason))
            }
        }
    }

    /// An item that pages see.
    fn item(&self, thread_id: &str, id: &str) -> Result<ThreadItem, ServerError> {
        let item = self
            .store
            .item(thread_id, id)?
            .filter(|item| !item.body.is_hidden());
        item.ok_or(ServerError::NotFound("item"))
    }

    fn user_message(&mut self, thread_id: &str, input: &UserMessageInput) -> ThreadItem {
        let body = ItemBody::UserMessage {
            content: input.content.clone(),
            attachments: Vec::new(),
            quoted_text: input.quoted_text.clone(),
            inference_options: input.inference_options.clone(),
        };
        self.new_item("msg", thread_id, body)
    }

    fn new_item(&mut self, prefix: &str, thread_id: &str, body: ItemBody) -> ThreadItem {
        ThreadItem {
            id: self.env.id(prefix),
            thread_id: thread_id.to_owned(),
            created_at: self.env.now(),
            body,
        }
    }
}

fn check_input(input: &UserMessageInput, agent: &AgentInfo) -> Result<(), ServerError> {
    if !input.attachments.is_empty() {
        return Err(ServerError::NotFound("file"));
    }
    if text_of(&input.content).trim().is_empty() {
        return Err(ServerError::invalid(
            "params.input.content",
            "a message that is not blank",
        ));
    }
    let options = &input.inference_options;
    if let Some(model) = &options.model
        && !agent.models.contains(model)
    {
        let expected = format!("one of these models: {}", agent.models.join(", "));
        return Err(ServerError::invalid(
            "params.input.inference_options.model",
            &expected,
        ));
    }
    if let Some(tool) = &options.tool_choice
        && !agent.tools.contains(&tool.id)
    {
        let expected = format!("one of these tools: {}", agent.tools.join(", "));
        return Err(ServerError::invalid(
            "params.input.inference_options.tool_choice.id",
            &expected,
        ));
    }
    Ok(())
}

fn turn_for(thread_id: &str, options: &InferenceOptions) -> Turn {
    let tool = options.tool_choice.as_ref().map(|tool| tool.id.clone());
    Turn::new(thread_id).choosing(options.model.clone(), tool)
}

/// The beginning of a stream. Before an answer, the page is told that it can be stopped.
fn opening(thread_id: String, mut events: Vec<StreamEvent>, turn: Option<Turn>) -> Opening {
    events.push(StreamEvent::Options {
        stream_options: StreamOptions { allow_cancel: true },
    });
    Opening {
        thread_id,
        events,
        turn,
    }
}

/// A stream that goes on where the thread is. As in the reference, its options come before its first event.
fn continued(thread_id: String, event: StreamEvent, turn: Option<Turn>) -> Opening {
    let mut opening = opening(thread_id, Vec::new(), turn);
    opening.events.push(event);
    opening
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

/// The pending call that an output is for, and the call's id: the one that is named, else the newest.
fn pending_call(entries: &[Entry], named: Option<&str>) -> Option<(ThreadItem, String)> {
    let visible = entries.iter().filter(|entry| entry.kind.is_visible());
    visible
        .filter_map(|entry| serde_json::from_str::<ThreadItem>(entry.json.get()).ok())
        .find_map(|item| {
            let ItemBody::ClientToolCall {
                status: ClientToolStatus::Pending,
                call_id,
                ..
            } = &item.body
            else {
                return None;
            };
            let is_meant = named.is_none_or(|named| named == call_id || named == item.id);
            let call_id = call_id.clone();
            is_meant.then_some((item, call_id))
        })
}

/// The function calls of the newest turn that have no output, the oldest first.
fn unanswered_calls(entries: &[Entry]) -> Vec<FunctionCall> {
    #[derive(Deserialize)]
    struct Item {
        r#type: String,
        call_id: Option<String>,
        name: Option<String>,
        arguments: Option<String>,
    }
    let (mut answered, mut calls) = (Vec::new(), Vec::new());
    for entry in entries
        .iter()
        .take_while(|entry| entry.kind != EntryKind::Item)
    {
        let item = match entry.kind {
            EntryKind::Model => serde_json::from_str::<Item>(entry.json.get()).ok(),
            _ => None,
        };
        let Some(Item {
            r#type,
            call_id: Some(call_id),
            name,
            arguments,
        }) = item
        else {
            continue;
        };
        if r#type == "function_call_output" {
            answered.push(call_id);
        } else if r#type == "function_call" && !answered.contains(&call_id) {
            let (name, arguments) = (name.unwrap_or_default(), arguments.unwrap_or_default());
            calls.push(FunctionCall {
                call_id,
                name,
                arguments,
            });
        }
    }
    calls.reverse();
    calls
}

/// Sets a thread's title, unless it has one. The event for the page, if the title was set.
///
/// # Errors
/// The store's.
pub fn set_title(thread_id: &str, title: &str, store: &impl Store) -> Stored<Option<StreamEvent>> {
    let (Some(title), Some(mut stored)) = (thread_title::checked(title), store.thread(thread_id)?)
    else {
        return Ok(None);
    };
    if stored.thread.title.is_some() {
        return Ok(None);
    }
    stored.thread.title = Some(title);
    store.put_thread(&stored)?;
    Ok(Some(StreamEvent::ThreadUpdated {
        thread: stored.thread,
    }))
}
