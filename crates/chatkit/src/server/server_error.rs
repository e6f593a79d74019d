//! What can be wrong with a request that was read.

use crate::protocol::InvalidParam;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerError {
    /// A field's value is wrong.
    Invalid(InvalidParam),
    /// There is no such thread, item or file of this user.
    NotFound(&'static str),
    /// The thread takes no messages. The owner's reason, if there is one.
    ThreadClosed(Option<String>),
    /// The server does not offer this; a sentence that says so.
    NotOffered(&'static str),
    /// The store failed; its message, for the log.
    Store(String),
}

impl ServerError {
    /// A wrong field.
    #[must_use]
    pub fn invalid(field: &str, expected: &str) -> Self {
        Self::Invalid(InvalidParam::new(field, expected))
    }
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(param) => write!(f, "{param}"),
            Self::NotFound(what) => write!(f, "There is no such {what}."),
            Self::ThreadClosed(Some(reason)) => write!(f, "This chat takes no messages: {reason}"),
            Self::ThreadClosed(None) => f.write_str("This chat takes no messages."),
            Self::NotOffered(sentence) => f.write_str(sentence),
            Self::Store(_) => f.write_str("The chat could not be stored. Try again in a moment."),
        }
    }
}

impl std::error::Error for ServerError {}
