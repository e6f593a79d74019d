//! The items of a thread.

use super::annotation::Annotation;
use super::attachment::Attachment;
use super::structured_input::{FormInput, FormStatus};
use super::task::{Task, Workflow};
use super::timestamp::Timestamp;
use super::user_input::{InferenceOptions, UserContent};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An item: what all have, then what its type has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadItem {
    /// Its id.
    pub id: String,
    /// Its thread's id.
    pub thread_id: String,
    /// When it was created. It never changes.
    pub created_at: Timestamp,
    /// Its type and the rest.
    #[serde(flatten)]
    pub body: ItemBody,
}

/// The types of items. The last two never leave the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ItemBody {
    /// A message of the visitor.
    UserMessage {
        /// Its parts.
        content: Vec<UserContent>,
        /// Its files.
        #[serde(default)]
        attachments: Vec<Attachment>,
        /// Text of the thread that it refers to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted_text: Option<String>,
        /// What the visitor chose for the answer.
        #[serde(default)]
        inference_options: InferenceOptions,
    },
    /// A message of the assistant.
    AssistantMessage {
        /// Its parts.
        content: Vec<AssistantContent>,
    },
    /// A call of a function of the page.
    ClientToolCall {
        /// Whether the page has answered.
        #[serde(default)]
        status: ClientToolStatus,
        /// The model's id of the call.
        call_id: String,
        /// The function.
        name: String,
        /// Its arguments.
        arguments: Map<String, Value>,
        /// What the page answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
    /// A widget.
    Widget {
        /// Its tree, without `null`s.
        widget: Value,
        /// What is copied instead of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copy_text: Option<String>,
    },
    /// An image that the model made.
    GeneratedImage {
        /// The image, once there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image: Option<GeneratedImage>,
    },
    /// A form.
    StructuredInput {
        /// How far it is.
        status: FormStatus,
        /// Its questions.
        inputs: Vec<FormInput>,
    },
    /// A group of tasks.
    Workflow {
        /// The group.
        workflow: Workflow,
    },
    /// A task by itself.
    Task {
        /// The task.
        task: Task,
    },
    /// A hint that the assistant has finished its turn.
    EndOfTurn,
    /// What the owner tells the model.
    HiddenContextItem {
        /// Anything.
        content: Value,
    },
    /// What the server tells the model.
    SdkHiddenContext {
        /// The text.
        content: String,
    },
}

impl ItemBody {
    /// Whether it never leaves the server.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        matches!(
            self,
            Self::HiddenContextItem { .. } | Self::SdkHiddenContext { .. }
        )
    }

    /// Whether it is a message of the visitor.
    #[must_use]
    pub fn is_user_message(&self) -> bool {
        matches!(self, Self::UserMessage { .. })
    }
}

/// A part of an assistant's message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AssistantContent {
    /// Its annotations.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// Markdown.
    pub text: String,
    /// Always `output_text`.
    #[serde(default, rename = "type")]
    pub kind: OutputText,
}

impl AssistantContent {
    /// A part without annotations.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// The only type of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputText {
    /// Text.
    #[default]
    OutputText,
}

/// Whether the page has answered a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientToolStatus {
    /// Not yet.
    #[default]
    Pending,
    /// It has.
    Completed,
}

/// An image that the model made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedImage {
    /// Its id.
    pub id: String,
    /// Its URL.
    pub url: String,
}
