//! Files that a visitor attaches to a message.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file: what all have, then what its kind has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Where the page uploads it; absent once it is uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_descriptor: Option<UploadDescriptor>,
    /// The thread that it belongs to, once it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Its kind.
    #[serde(flatten)]
    pub kind: AttachmentKind,
}

/// The kinds of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttachmentKind {
    /// Any file.
    File,
    /// An image, which is shown.
    Image {
        /// An absolute URL.
        preview_url: String,
    },
}

/// How the page uploads a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadDescriptor {
    /// An absolute URL.
    pub url: String,
    /// The method.
    pub method: UploadMethod,
    /// More headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// The method of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UploadMethod {
    /// A form with one field `file`.
    Post,
    /// The bytes alone.
    Put,
}
