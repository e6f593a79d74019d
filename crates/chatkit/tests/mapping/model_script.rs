//! Scripts of a model's events, and ChatKit's events as short lines.

use chatkit::protocol::{ItemBody, ItemUpdate, StreamEvent, WorkflowSummary, to_json};
use chatkit::responses::ModelEvent;
use chatkit::server::answer::{Answer, Ending};
use chatkit::server::env::CountingEnv;
use serde_json::{Value, json};

/// An answer, its host, and what the page was sent.
pub struct Script {
    pub answer: Answer,
    pub env: CountingEnv,
    pub events: Vec<StreamEvent>,
}

impl Script {
    pub fn new() -> Self {
        Self {
            answer: Answer::new("thr_1"),
            env: CountingEnv::default(),
            events: Vec::new(),
        }
    }

    /// Plays events and gives what they lead to, as lines.
    pub fn play(&mut self, events: &[Value]) -> Vec<String> {
        let mut lines = Vec::new();
        for event in events {
            let event = ModelEvent::parse(&event.to_string()).expect("an object");
            let sent = self.answer.accept(&event, &mut self.env);
            lines.extend(sent.iter().map(line));
            self.events.extend(sent);
        }
        lines
    }

    pub fn close(&mut self, ending: Ending) -> Vec<String> {
        let sent = self.answer.close(ending, &mut self.env);
        let lines = sent.iter().map(line).collect();
        self.events.extend(sent);
        lines
    }

    /// The model items as JSON.
    pub fn model_items(&mut self) -> Vec<Value> {
        let items = self.answer.take_model_items();
        let parsed = items
            .iter()
            .map(|item| serde_json::from_str(item.item.get()));
        parsed.map(|item| item.expect("JSON")).collect()
    }
}

/// What these events lead to in a new answer.
pub fn lines_of(events: &[Value]) -> Vec<String> {
    Script::new().play(events)
}

/// An event as a line. Ids are shortened: `msg_0…02` is `msg2`.
pub fn line(event: &StreamEvent) -> String {
    match event {
        StreamEvent::ItemAdded { item } => format!("+ {}", short(&item.id)),
        StreamEvent::ItemUpdated { item_id, update } => {
            format!("{} {}", short(item_id), update_line(update))
        }
        StreamEvent::ItemDone { item } => format!("= {} {}", short(&item.id), body(&item.body)),
        StreamEvent::ItemRemoved { item_id } => format!("- {}", short(item_id)),
        other => to_json(other),
    }
}

fn short(id: &str) -> String {
    let (prefix, number) = id.split_once('_').expect("a prefix");
    format!("{prefix}{}", number.trim_start_matches('0'))
}

fn update_line(update: &ItemUpdate) -> String {
    match update {
        ItemUpdate::ContentPartAdded {
            content_index,
            content,
        } => format!("part {content_index} added {:?}", content.text),
        ItemUpdate::TextDelta {
            content_index,
            delta,
        } => format!("part {content_index} text {delta:?}"),
        ItemUpdate::AnnotationAdded {
            content_index,
            annotation_index,
            annotation,
        } => format!(
            "part {content_index} annotation {annotation_index} {}",
            to_json(annotation)
        ),
        ItemUpdate::ContentPartDone {
            content_index,
            content,
        } => format!(
            "part {content_index} done {:?} with {} annotations",
            content.text,
            content.annotations.len()
        ),
        ItemUpdate::TaskAdded { task_index, task } => {
            format!("task {task_index} added {}", to_json(task))
        }
        ItemUpdate::TaskUpdated { task_index, task } => {
            format!("task {task_index} {}", to_json(task))
        }
        other => to_json(other),
    }
}

fn body(body: &ItemBody) -> String {
    match body {
        ItemBody::AssistantMessage { content } => {
            let parts = content.iter().map(|part| match part.annotations.len() {
                0 => format!("{:?}", part.text),
                count => format!("{:?} with {count} annotations", part.text),
            });
            parts.collect::<Vec<_>>().join(" | ")
        }
        ItemBody::Workflow { workflow } => {
            assert!(!workflow.expanded);
            let Some(WorkflowSummary::Duration { duration }) = workflow.summary else {
                panic!("a finished workflow has its duration");
            };
            let tasks: Vec<String> = workflow.tasks.iter().map(to_json).collect();
            format!("{duration}s [{}]", tasks.join(", "))
        }
        other => panic!("{other:?}"),
    }
}

pub fn added(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

pub fn done(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

pub fn message(content: &[Value]) -> Value {
    json!({"type": "message", "id": "msg_m", "role": "assistant", "status": "completed", "content": content})
}

pub fn output_text(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": []})
}

pub fn reasoning(summaries: &[&str]) -> Value {
    let summary: Vec<Value> = summaries
        .iter()
        .map(|text| json!({"type": "summary_text", "text": text}))
        .collect();
    json!({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "gAAA"})
}

pub fn part_added(index: u64, content_index: u64, part: &Value) -> Value {
    json!({"type": "response.content_part.added", "output_index": index, "item_id": "msg_m",
           "content_index": content_index, "part": part})
}

pub fn part_done(index: u64, content_index: u64, part: &Value) -> Value {
    json!({"type": "response.content_part.done", "output_index": index, "item_id": "msg_m",
           "content_index": content_index, "part": part})
}

pub fn delta(index: u64, content_index: u64, text: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": index, "item_id": "msg_m",
           "content_index": content_index, "delta": text})
}

pub fn text_done(index: u64, content_index: u64, text: &str) -> Value {
    json!({"type": "response.output_text.done", "output_index": index, "item_id": "msg_m",
           "content_index": content_index, "text": text})
}

pub fn annotated(index: u64, content_index: u64, annotation: &Value) -> Value {
    json!({"type": "response.output_text.annotation.added", "output_index": index, "item_id": "msg_m",
           "content_index": content_index, "annotation_index": 0, "annotation": annotation})
}

pub fn summary_delta(index: u64, summary_index: u64, text: &str) -> Value {
    json!({"type": "response.reasoning_summary_text.delta", "output_index": index, "item_id": "rs_1",
           "summary_index": summary_index, "delta": text})
}

pub fn summary_done(index: u64, summary_index: u64, text: &str) -> Value {
    json!({"type": "response.reasoning_summary_text.done", "output_index": index, "item_id": "rs_1",
           "summary_index": summary_index, "text": text})
}

pub fn completed() -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "output": []}})
}
