//! Which output item an event is about.
//!
//! The item's index in the output is the key. Ids are the second choice, because some servers leave them out, change them between
//! the events of one item, or give all items the same. An event without either is about the latest item of its kind.

use super::message_part::OpenMessage;
use super::workflow_tasks::{TaskPlace, Thought};
use crate::responses::{OutputItem, Place};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The output items of a response so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Slots(Vec<Slot>);

/// An output item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Slot {
    output_index: Option<u64>,
    item_id: Option<String>,
    kind: String,
    /// A digest of the finished item, by which the same one is recognized when it comes again.
    finished: Option<u64>,
    pub(super) shown: Shown,
}

/// What the page has of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Shown {
    #[default]
    Nothing,
    Message(OpenMessage),
    Thoughts(Vec<Thought>),
    Task(TaskPlace),
}

impl Slots {
    /// A slot for an item that begins. `None` if it has one.
    pub(super) fn begin(&mut self, place: &Place, item: &OutputItem) -> Option<&mut Slot> {
        let place = with_id(place, item);
        let is_known = self.find(&place, &item.kind).is_some_and(|slot| {
            slot.kind == item.kind
                && (slot.finished.is_none()
                    || (slot.output_index.is_some() && slot.item_id == place.item_id))
        });
        if is_known {
            return None;
        }
        self.push(place, &item.kind)
    }

    /// The slot of an item that more comes of, which may not have been announced. `None` if it is finished.
    pub(super) fn grow(&mut self, place: &Place, kind: &str) -> Option<&mut Slot> {
        let known = self.position(place, kind);
        match known.and_then(|at| self.0.get(at)) {
            Some(slot) if slot.kind == kind => known
                .filter(|_| slot.finished.is_none())
                .and_then(|at| self.0.get_mut(at)),
            _ => self.push(place.clone(), kind),
        }
    }

    /// Marks an item as finished and gives its slot. `None` if it was finished before.
    pub(super) fn finish(&mut self, place: &Place, item: &OutputItem) -> Option<&mut Slot> {
        let place = with_id(place, item);
        let digest = digest(item);
        let known = self.position(&place, &item.kind);
        let slot = match known.and_then(|at| self.0.get(at)) {
            Some(slot) if slot.kind == item.kind && slot.finished.is_none() => {
                known.and_then(|at| self.0.get_mut(at))
            }
            Some(slot) if slot.is_again(&place, item, digest) => None,
            None if place == Place::default() && self.has(digest) => None,
            _ => self.push(place.clone(), &item.kind),
        }?;
        slot.finished = Some(digest);
        slot.item_id = place.item_id.or(slot.item_id.take());
        Some(slot)
    }

    fn has(&self, digest: u64) -> bool {
        self.0.iter().any(|slot| slot.finished == Some(digest))
    }

    /// Whether an item of the whole output was finished.
    pub(super) fn is_finished(&self, index: u64, item: &OutputItem) -> bool {
        self.0.iter().any(|slot| {
            slot.finished.is_some()
                && match slot.output_index {
                    Some(own) => own == index,
                    None => slot.finished == Some(digest(item)) || slot.item_id == item.id,
                }
        })
    }

    /// How many items were finished.
    pub(super) fn finished(&self) -> usize {
        self.0.iter().filter(|slot| slot.finished.is_some()).count()
    }

    /// How many tools were called.
    pub(super) fn tool_calls(&self) -> usize {
        self.0
            .iter()
            .filter(|slot| slot.kind.ends_with("_call"))
            .count()
    }

    /// The messages that are not complete.
    pub(super) fn open_messages(&self) -> impl Iterator<Item = &OpenMessage> {
        self.0.iter().filter_map(|slot| match &slot.shown {
            Shown::Message(message) => Some(message),
            _ => None,
        })
    }

    /// Takes the messages that are not complete, and ends all slots.
    pub(super) fn close(&mut self) -> Vec<OpenMessage> {
        let slots = self.0.iter_mut();
        slots
            .filter_map(|slot| match std::mem::take(&mut slot.shown) {
                Shown::Message(message) => Some(message),
                _ => None,
            })
            .collect()
    }

    fn push(&mut self, place: Place, kind: &str) -> Option<&mut Slot> {
        self.0.push(Slot {
            output_index: place.output_index,
            item_id: place.item_id,
            kind: kind.to_owned(),
            finished: None,
            shown: Shown::Nothing,
        });
        self.0.last_mut()
    }

    fn find(&self, place: &Place, kind: &str) -> Option<&Slot> {
        self.0.get(self.position(place, kind)?)
    }

    /// The latest slot that matches.
    fn position(&self, place: &Place, kind: &str) -> Option<usize> {
        let last = |matches: &dyn Fn(&Slot) -> bool| self.0.iter().rposition(matches);
        match (place.output_index, &place.item_id) {
            (Some(index), id) => last(&|slot| slot.output_index == Some(index)).or_else(|| {
                last(&|slot| slot.output_index.is_none() && id.is_some() && slot.item_id == *id)
            }),
            (None, Some(_)) => last(&|slot| slot.item_id == place.item_id),
            (None, None) => last(&|slot| slot.kind == kind && slot.finished.is_none()),
        }
    }
}

impl Slot {
    /// Whether a finished item comes again. Without an index only its content can tell.
    fn is_again(&self, place: &Place, item: &OutputItem, digest: u64) -> bool {
        self.finished == Some(digest)
            || (self.output_index.is_some()
                && self.kind == item.kind
                && self.item_id == place.item_id)
    }
}

fn with_id(place: &Place, item: &OutputItem) -> Place {
    Place {
        output_index: place.output_index,
        item_id: item.id.clone().or_else(|| place.item_id.clone()),
    }
}

fn digest(item: &OutputItem) -> u64 {
    let mut hasher = DefaultHasher::new();
    item.json.get().hash(&mut hasher);
    hasher.finish()
}
