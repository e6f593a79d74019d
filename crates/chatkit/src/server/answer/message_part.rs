//! A message of the assistant while it grows, part by part.
//!
//! The page counts parts from 0 without gaps. The model's own index of a part is only the key by which it is found again: parts
//! that are not shown leave gaps in it.

use super::emitter::Emitter;
use super::sources::annotation;
use crate::protocol::{AssistantContent, ItemBody, ItemUpdate, Timestamp};
use crate::responses::MessagePart;
use crate::responses::output_item::Citation;
use crate::server::env::Env;
use serde::{Deserialize, Serialize};

/// A message that is not complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenMessage {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    parts: Vec<OpenPart>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OpenPart {
    /// The model's index.
    content_index: u64,
    content: AssistantContent,
    /// `content_part.done` was sent.
    is_done: bool,
}

impl OpenMessage {
    /// A message that nobody has seen.
    pub(super) fn new<E: Env>(out: &mut Emitter<'_, E>) -> Self {
        Self {
            id: out.id("msg"),
            created_at: out.now(),
            parts: Vec::new(),
        }
    }

    /// Whether there is nothing to read in it.
    pub(super) fn is_blank(&self) -> bool {
        self.texts().is_empty()
    }

    /// The parts that have text.
    pub(super) fn texts(&self) -> Vec<&str> {
        let texts = self.parts.iter().map(|part| part.content.text.as_str());
        texts.filter(|text| !text.trim().is_empty()).collect()
    }

    /// The message as it is now.
    pub(super) fn body(&self) -> ItemBody {
        ItemBody::AssistantMessage {
            content: self.parts.iter().map(|part| part.content.clone()).collect(),
        }
    }

    /// A part begins.
    pub(super) fn begin_part<E: Env>(
        &mut self,
        content_index: u64,
        part: &MessagePart,
        out: &mut Emitter<'_, E>,
    ) {
        if self.find(content_index).is_none() {
            self.push(content_index, content_of(part), out);
        }
    }

    /// More text of a part, which may not have been announced.
    pub(super) fn append<E: Env>(
        &mut self,
        content_index: u64,
        delta: &str,
        out: &mut Emitter<'_, E>,
    ) {
        if delta.is_empty() {
            return;
        }
        let Some((position, id, part)) = self.find_or_push(content_index, out) else {
            return;
        };
        if part.is_done {
            return;
        }
        part.content.text.push_str(delta);
        let update = ItemUpdate::TextDelta {
            content_index: position,
            delta: delta.to_owned(),
        };
        out.updated(id, update);
    }

    /// A citation in a part.
    pub(super) fn cite<E: Env>(
        &mut self,
        content_index: u64,
        citation: &Citation,
        out: &mut Emitter<'_, E>,
    ) {
        let Some((position, id, part)) = self.find_or_push(content_index, out) else {
            return;
        };
        let annotation = annotation(citation);
        let annotation_index = count(part.content.annotations.len());
        part.content.annotations.push(annotation.clone());
        let update = ItemUpdate::AnnotationAdded {
            content_index: position,
            annotation_index,
            annotation: Box::new(annotation),
        };
        out.updated(id, update);
    }

    /// A part is complete. The page is told once, and again if the model corrects what it was told.
    pub(super) fn finish_part<E: Env>(
        &mut self,
        content_index: u64,
        whole: &MessagePart,
        out: &mut Emitter<'_, E>,
    ) {
        let Some((position, id, part)) = self.find_or_push(content_index, out) else {
            return;
        };
        let is_corrected = part.correct(whole);
        if part.is_done && !is_corrected {
            return;
        }
        part.is_done = true;
        let update = ItemUpdate::ContentPartDone {
            content_index: position,
            content: part.content.clone(),
        };
        out.updated(id, update);
    }

    /// Takes the parts of the final message. No event: `thread.item.done` has all of it.
    pub(super) fn correct(&mut self, parts: &[(u64, MessagePart)]) {
        for (content_index, whole) in parts {
            let known = self
                .parts
                .iter_mut()
                .find(|part| part.content_index == *content_index);
            if let Some(part) = known {
                part.correct(whole);
            } else {
                self.parts.push(OpenPart {
                    content_index: *content_index,
                    content: content_of(whole),
                    is_done: true,
                });
            }
        }
    }

    fn find(&self, content_index: u64) -> Option<usize> {
        let mut parts = self.parts.iter();
        parts.position(|part| part.content_index == content_index)
    }

    fn find_or_push<E: Env>(
        &mut self,
        content_index: u64,
        out: &mut Emitter<'_, E>,
    ) -> Option<(u64, &str, &mut OpenPart)> {
        let position = match self.find(content_index) {
            Some(position) => position,
            None => self.push(content_index, AssistantContent::default(), out),
        };
        let part = self.parts.get_mut(position)?;
        Some((count(position), &self.id, part))
    }

    fn push<E: Env>(
        &mut self,
        content_index: u64,
        content: AssistantContent,
        out: &mut Emitter<'_, E>,
    ) -> usize {
        let position = self.parts.len();
        let update = ItemUpdate::ContentPartAdded {
            content_index: count(position),
            content: content.clone(),
        };
        out.updated(&self.id, update);
        self.parts.push(OpenPart {
            content_index,
            content,
            is_done: false,
        });
        position
    }
}

impl OpenPart {
    /// Takes the final text if there is one, and the final annotations if there are more. Servers may leave out either.
    fn correct(&mut self, whole: &MessagePart) -> bool {
        let mut is_corrected = false;
        if !whole.text.is_empty() && whole.text != self.content.text {
            self.content.text.clone_from(&whole.text);
            is_corrected = true;
        }
        if whole.citations.len() > self.content.annotations.len() {
            self.content.annotations = whole.citations.iter().map(annotation).collect();
            is_corrected = true;
        }
        is_corrected
    }
}

fn content_of(part: &MessagePart) -> AssistantContent {
    AssistantContent {
        annotations: part.citations.iter().map(annotation).collect(),
        ..AssistantContent::text(part.text.as_str())
    }
}

/// An index on the wire.
pub(super) fn count(position: usize) -> u64 {
    u64::try_from(position).unwrap_or(u64::MAX)
}
