//! A visitor's message.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UserContent {
    /// Text.
    InputText {
        /// The text.
        text: String,
    },
    /// A mention of an entity of the owner's.
    InputTag {
        /// The entity's id.
        id: String,
        /// How it is shown, without the `@`.
        text: String,
        /// What the page knows of it.
        #[serde(default)]
        data: Map<String, Value>,
        /// The heading that it was listed under.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Whether it can be clicked.
        #[serde(default)]
        interactive: bool,
    },
}

/// What the visitor chose for the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InferenceOptions {
    /// A tool that the model has to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// A model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// The tool that the visitor chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolChoice {
    /// The tool's id in the page's options.
    pub id: String,
}

/// A new message, as a page sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct UserMessageInput {
    /// Its parts.
    pub content: Vec<UserContent>,
    /// Ids of uploaded files.
    pub attachments: Vec<String>,
    /// Text of the thread that it refers to.
    pub quoted_text: Option<String>,
    /// What the visitor chose for the answer.
    pub inference_options: InferenceOptions,
}

/// The text of a message, with mentions as `@text`.
#[must_use]
pub fn text_of(content: &[UserContent]) -> String {
    let parts = content.iter().map(|part| match part {
        UserContent::InputText { text } => text.clone(),
        UserContent::InputTag { text, .. } => format!("@{text}"),
    });
    parts.collect()
}
