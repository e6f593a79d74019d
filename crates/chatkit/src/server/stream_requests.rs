//! Requests that want an answer: what they store, their first events, and the turn that follows.

use super::engine::{AgentInfo, Agents, Engine, Opening};
use super::env::Env;
use super::page_calls::{pending_call, unanswered_calls};
use super::server_error::ServerError;
use super::store::{EntryKind, Store, StoredThread};
use super::thread_title;
use super::turn::{Turn, add_output, client_tool_call};
use crate::protocol::user_input::text_of;
use crate::protocol::{
    Action, ClientToolStatus, FormStatus, InferenceOptions, ItemBody, Page, StreamEvent,
    StreamOptions, Submission, SubmissionStatus, Thread, ThreadItem, ThreadStatus,
    UserMessageInput, to_json,
};
use serde_json::{Value, json};

/// How far back a pending call of the page is looked for, in entries.
const RECENT_ENTRIES: u32 = 100;

impl<S: Store, E: Env, A: Agents> Engine<'_, S, E, A> {
    pub(super) fn create_thread(
        &mut self,
        input: &UserMessageInput,
    ) -> Result<Opening, ServerError> {
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

    pub(super) fn add_user_message(
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

    pub(super) fn add_client_tool_output(
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

    pub(super) fn add_structured_input(
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

    pub(super) fn retry_after_item(
        &mut self,
        thread_id: &str,
        item_id: &str,
    ) -> Result<Opening, ServerError> {
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
    pub(super) fn custom_action(&mut self, action: &Action) -> Result<Opening, ServerError> {
        let note = self.action_note(action)?;
        self.store.put_item(&note, EntryKind::Hidden)?;
        let thread_id = action.thread_id.clone();
        let turn = Turn::new(&thread_id);
        Ok(opening(thread_id, Vec::new(), Some(turn)))
    }

    pub(super) fn action_note(&mut self, action: &Action) -> Result<ThreadItem, ServerError> {
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

    fn user_message(&mut self, thread_id: &str, input: &UserMessageInput) -> ThreadItem {
        let body = ItemBody::UserMessage {
            content: input.content.clone(),
            attachments: Vec::new(),
            quoted_text: input.quoted_text.clone(),
            inference_options: input.inference_options.clone(),
        };
        self.new_item("msg", thread_id, body)
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
