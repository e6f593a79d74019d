//! An item of the model as it came, to be sent to it again.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// An item as it is sent to the model again.
#[derive(Debug, Clone)]
pub struct ModelItem {
    /// The item as JSON.
    pub item: Box<RawValue>,
    /// Its type.
    pub kind: String,
}

impl ModelItem {
    /// An item from JSON text. `None` if it is not valid.
    #[must_use]
    pub fn new(kind: impl Into<String>, json: String) -> Option<Self> {
        Some(Self {
            item: RawValue::from_string(json).ok()?,
            kind: kind.into(),
        })
    }

    /// A message of the assistant with these texts, for an answer that broke off.
    #[must_use]
    pub fn assistant_message(texts: &[&str]) -> Option<Self> {
        let content: Vec<Value> = texts
            .iter()
            .map(|text| serde_json::json!({"type": "output_text", "text": text}))
            .collect();
        let message =
            serde_json::json!({"type": "message", "role": "assistant", "content": content});
        Some(Self {
            item: to_raw_value(&message).ok()?,
            kind: "message".to_owned(),
        })
    }
}

impl PartialEq for ModelItem {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.item.get() == other.item.get()
    }
}

/// A model item is stored as its type and its JSON in a text: raw JSON would not survive the buffers of serde's tagged enums.
impl Serialize for ModelItem {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&self.kind, self.item.get()).serialize(to)
    }
}

impl<'de> Deserialize<'de> for ModelItem {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (kind, json) = <(String, String)>::deserialize(from)?;
        Self::new(kind, json).ok_or_else(|| D::Error::custom("a model item is not JSON"))
    }
}
