//! Annotations of an assistant's text, and the sources that they and tasks name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A marker in a text part that shows a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "annotation")]
pub struct Annotation {
    /// What it shows.
    pub source: Source,
    /// The offset in characters after which the marker is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

/// A source: what all kinds have, then what its kind has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its title.
    pub title: String,
    /// A longer description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was published, as text to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The heading that it is listed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its kind.
    #[serde(flatten)]
    pub kind: SourceKind,
}

/// The kinds of sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SourceKind {
    /// A web page.
    Url {
        /// Its address.
        url: String,
        /// Who published it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attribution: Option<String>,
    },
    /// A file.
    File {
        /// Its name.
        filename: String,
    },
    /// Something of the owner's.
    Entity {
        /// Its id.
        id: String,
        /// An icon's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        icon: Option<String>,
        /// A label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// A label within the text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inline_label: Option<String>,
        /// Whether it can be clicked.
        #[serde(default)]
        interactive: bool,
        /// What the page gets when it is clicked.
        #[serde(default)]
        data: Map<String, Value>,
        /// Deprecated by the reference; written if it was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preview: Option<String>,
    },
}

impl Source {
    /// A web page.
    #[must_use]
    pub fn url(title: impl Into<String>, url: impl Into<String>) -> Self {
        let kind = SourceKind::Url {
            url: url.into(),
            attribution: None,
        };
        Self::new(title, kind)
    }

    /// A file, with its name as the title.
    #[must_use]
    pub fn file(filename: impl Into<String>) -> Self {
        let filename = filename.into();
        Self::new(filename.clone(), SourceKind::File { filename })
    }

    fn new(title: impl Into<String>, kind: SourceKind) -> Self {
        Self {
            title: title.into(),
            description: None,
            timestamp: None,
            group: None,
            kind,
        }
    }
}
