//! What changes in an item while it grows.

use super::annotation::Annotation;
use super::task::Task;
use super::thread_item::{AssistantContent, GeneratedImage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The updates of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ItemUpdate {
    /// An assistant's message has a new part.
    #[serde(rename = "assistant_message.content_part.added")]
    ContentPartAdded {
        /// The part's index.
        content_index: u64,
        /// The part.
        content: AssistantContent,
    },
    /// Text was added to a part.
    #[serde(rename = "assistant_message.content_part.text_delta")]
    TextDelta {
        /// The part's index.
        content_index: u64,
        /// The text.
        delta: String,
    },
    /// An annotation was added to a part.
    #[serde(rename = "assistant_message.content_part.annotation_added")]
    AnnotationAdded {
        /// The part's index.
        content_index: u64,
        /// The annotation's index within the part.
        annotation_index: u64,
        /// The annotation.
        annotation: Box<Annotation>,
    },
    /// A part is complete.
    #[serde(rename = "assistant_message.content_part.done")]
    ContentPartDone {
        /// The part's index.
        content_index: u64,
        /// The whole part.
        content: AssistantContent,
    },
    /// Text was added to a component of a widget.
    #[serde(rename = "widget.streaming_text.value_delta")]
    WidgetTextDelta {
        /// The component's id.
        component_id: String,
        /// The text.
        delta: String,
        /// Whether the text is complete.
        done: bool,
    },
    /// A widget was replaced.
    #[serde(rename = "widget.root.updated")]
    WidgetRootUpdated {
        /// The whole widget.
        widget: Value,
    },
    /// A component of a widget was replaced.
    #[serde(rename = "widget.component.updated")]
    WidgetComponentUpdated {
        /// The component's id.
        component_id: String,
        /// The whole component.
        component: Value,
    },
    /// A workflow has a new task.
    #[serde(rename = "workflow.task.added")]
    TaskAdded {
        /// The task's index.
        task_index: u64,
        /// The task.
        task: Task,
    },
    /// A task of a workflow changed.
    #[serde(rename = "workflow.task.updated")]
    TaskUpdated {
        /// The task's index.
        task_index: u64,
        /// The whole task.
        task: Task,
    },
    /// An image is more complete.
    #[serde(rename = "generated_image.updated")]
    GeneratedImageUpdated {
        /// The image so far.
        image: GeneratedImage,
        /// From 0 to 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<f64>,
    },
}
