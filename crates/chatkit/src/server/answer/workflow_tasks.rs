//! The open workflow of an answer: what the model thinks and which tools it uses before it writes.

use super::emitter::Emitter;
use super::message_part::count;
use crate::protocol::{
    ItemBody, ItemUpdate, StatusIndicator, Task, TaskKind, Timestamp, Workflow, WorkflowKind,
    WorkflowSummary,
};
use crate::server::env::Env;
use serde::{Deserialize, Serialize};

/// At most one workflow is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Workflows {
    open: Option<OpenWorkflow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OpenWorkflow {
    id: String,
    created_at: Timestamp,
    tasks: Vec<Task>,
}

/// Where a task is. The workflow may have been closed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TaskPlace {
    workflow_id: String,
    index: usize,
}

/// A thought that streams. Its text is in the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Thought {
    pub(super) summary_index: u64,
    place: TaskPlace,
    /// How many bytes of the text the page has.
    sent: usize,
    is_done: bool,
}

impl Workflows {
    /// Opens a workflow unless one is open.
    pub(super) fn open<E: Env>(&mut self, out: &mut Emitter<'_, E>) {
        self.ensure(out);
    }

    fn ensure<E: Env>(&mut self, out: &mut Emitter<'_, E>) -> &mut OpenWorkflow {
        self.open.get_or_insert_with(|| {
            let workflow = OpenWorkflow {
                id: out.id("wf"),
                created_at: out.now(),
                tasks: Vec::new(),
            };
            out.added(&workflow.id, workflow.created_at, workflow.body(None));
            workflow
        })
    }

    /// Adds a task, to a new workflow if none is open.
    pub(super) fn add<E: Env>(&mut self, task: Task, out: &mut Emitter<'_, E>) -> TaskPlace {
        let workflow = self.ensure(out);
        let index = workflow.tasks.len();
        workflow.tasks.push(task.clone());
        let update = ItemUpdate::TaskAdded {
            task_index: count(index),
            task,
        };
        out.updated(&workflow.id, update);
        TaskPlace {
            workflow_id: workflow.id.clone(),
            index,
        }
    }

    /// Replaces a task, unless its workflow is closed.
    pub(super) fn update<E: Env>(
        &mut self,
        place: &TaskPlace,
        task: Task,
        out: &mut Emitter<'_, E>,
    ) {
        if let Some(known) = self.find(place) {
            *known = task;
            self.show(place, out);
        }
    }

    fn show<E: Env>(&mut self, place: &TaskPlace, out: &mut Emitter<'_, E>) {
        if let Some(task) = self.find(place) {
            let update = ItemUpdate::TaskUpdated {
                task_index: count(place.index),
                task: task.clone(),
            };
            out.updated(&place.workflow_id, update);
        }
    }

    fn find(&mut self, place: &TaskPlace) -> Option<&mut Task> {
        let open = self.open.as_mut();
        let workflow = open.filter(|open| open.id == place.workflow_id)?;
        workflow.tasks.get_mut(place.index)
    }

    fn find_thought(&mut self, place: &TaskPlace) -> Option<&mut String> {
        match &mut self.find(place)?.kind {
            TaskKind::Thought { content, .. } => Some(content),
            _ => None,
        }
    }

    /// Closes the workflow because the model begins to write. Tools that did not report their end count as complete.
    pub(super) fn finish<E: Env>(&mut self, out: &mut Emitter<'_, E>) {
        self.close_with(StatusIndicator::Complete, out);
    }

    /// Closes the workflow at the end of the answer. One without tasks is removed.
    pub(super) fn end<E: Env>(&mut self, status: StatusIndicator, out: &mut Emitter<'_, E>) {
        if self.open.as_ref().is_some_and(|open| open.tasks.is_empty()) {
            if let Some(empty) = self.open.take() {
                out.removed(&empty.id);
            }
        } else {
            self.close_with(status, out);
        }
    }

    /// The open workflow's id, when it was created, and what it is now.
    pub(super) fn current(&self) -> Option<(&str, Timestamp, ItemBody)> {
        let open = self.open.as_ref()?;
        Some((&open.id, open.created_at, open.body(None)))
    }

    fn close_with<E: Env>(&mut self, status: StatusIndicator, out: &mut Emitter<'_, E>) {
        let Some(mut workflow) = self.open.take() else {
            return;
        };
        for task in &mut workflow.tasks {
            if task.status_indicator == StatusIndicator::Loading {
                task.status_indicator = status;
            }
        }
        let summary = WorkflowSummary::Duration {
            duration: out.now().seconds_since(workflow.created_at),
        };
        out.done(
            &workflow.id,
            workflow.created_at,
            workflow.body(Some(summary)),
        );
    }
}

impl OpenWorkflow {
    fn body(&self, summary: Option<WorkflowSummary>) -> ItemBody {
        ItemBody::Workflow {
            workflow: Workflow {
                kind: WorkflowKind::Reasoning,
                tasks: self.tasks.clone(),
                summary,
                expanded: false,
            },
        }
    }
}

impl Thought {
    /// A thought with its first text.
    pub(super) fn begin<E: Env>(
        summary_index: u64,
        text: &str,
        workflows: &mut Workflows,
        out: &mut Emitter<'_, E>,
    ) -> Self {
        Self {
            summary_index,
            place: workflows.add(thought(text), out),
            sent: text.len(),
            is_done: false,
        }
    }

    /// More text. Each update has the whole text, so a longer text is sent in larger steps: at least a sixteenth of it. What is
    /// sent then grows with the text, not with its square.
    pub(super) fn append<E: Env>(
        &mut self,
        delta: &str,
        workflows: &mut Workflows,
        out: &mut Emitter<'_, E>,
    ) {
        let Some(text) = workflows.find_thought(&self.place) else {
            return;
        };
        if self.is_done || delta.is_empty() {
            return;
        }
        text.push_str(delta);
        let length = text.len();
        if length.saturating_sub(self.sent).saturating_mul(16) >= length {
            self.sent = length;
            workflows.show(&self.place, out);
        }
    }

    /// The whole text. The page is told once, and again if the model corrects it.
    pub(super) fn finish<E: Env>(
        &mut self,
        whole: &str,
        workflows: &mut Workflows,
        out: &mut Emitter<'_, E>,
    ) {
        let Some(text) = workflows.find_thought(&self.place) else {
            return;
        };
        let is_corrected = !whole.is_empty() && whole != text;
        if is_corrected {
            whole.clone_into(text);
        }
        if is_corrected || !self.is_done {
            self.is_done = true;
            workflows.show(&self.place, out);
        }
    }
}

fn thought(text: &str) -> Task {
    Task {
        status_indicator: StatusIndicator::None,
        kind: TaskKind::Thought {
            title: None,
            content: text.to_owned(),
        },
    }
}
