//! Tasks and workflows: what the assistant does before it answers.

use super::annotation::Source;
use serde::{Deserialize, Serialize};

/// A task: how far it is, then what its kind has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// How far it is.
    #[serde(default)]
    pub status_indicator: StatusIndicator,
    /// Its kind.
    #[serde(flatten)]
    pub kind: TaskKind,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusIndicator {
    /// Nothing is shown.
    #[default]
    None,
    /// It goes on.
    Loading,
    /// It is done.
    Complete,
}

/// The kinds of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TaskKind {
    /// Anything, as text.
    Custom {
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// An icon's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        icon: Option<String>,
        /// Markdown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
    /// A search of the web.
    WebSearch {
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The query as the title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title_query: Option<String>,
        /// All queries.
        #[serde(default)]
        queries: Vec<String>,
        /// The pages that were found.
        #[serde(default)]
        sources: Vec<Source>,
    },
    /// A summary of the model's reasoning.
    Thought {
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Markdown.
        content: String,
    },
    /// Files that were read.
    File {
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// The files.
        #[serde(default)]
        sources: Vec<Source>,
    },
    /// An image that was made.
    Image {
        /// A title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

/// A group of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: WorkflowKind,
    /// Its tasks.
    pub tasks: Vec<Task>,
    /// What is shown once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<WorkflowSummary>,
    /// Whether it is shown with its tasks.
    #[serde(default)]
    pub expanded: bool,
}

/// The kinds of workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowKind {
    /// The owner's.
    Custom,
    /// The model's reasoning and the tools that it uses meanwhile.
    Reasoning,
}

/// What a workflow shows once it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WorkflowSummary {
    /// A text.
    Custom {
        /// The text.
        title: String,
        /// An icon's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        icon: Option<String>,
    },
    /// How long it took.
    Duration {
        /// In seconds.
        duration: u64,
    },
}
