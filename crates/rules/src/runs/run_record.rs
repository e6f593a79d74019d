//! What is stored of a run.

use serde::{Deserialize, Serialize};

/// How long a run is kept after its end, in milliseconds.
pub const KEPT_MS: u64 = 600_000;

/// A run as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The thread that it answers in.
    pub thread_id: String,
    /// The agent that answers.
    pub agent: String,
    /// Equal requests have equal keys ([`super::paid_once::request_key`]).
    pub request_key: String,
    /// Where it began, so that it can begin again.
    pub origin: Origin,
    /// How far it is.
    pub status: RunStatus,
    /// Whether it goes on when its client leaves.
    pub finishes: bool,
    /// Whether a client read it to its end.
    pub is_delivered: bool,
    /// When it began, in Unix milliseconds.
    pub started_ms: u64,
    /// When it ended, in Unix milliseconds.
    pub ended_ms: Option<u64>,
    /// What it needs to go on, as JSON ([`Progress`]); none after its end.
    pub progress: Option<String>,
}

/// Where a run began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The place of the newest entry that the model reads; what follows is the run's own.
    pub place: u64,
    /// The model that the visitor chose.
    pub model: Option<String>,
    /// The tool that the visitor chose.
    pub tool: Option<String>,
    /// The length of the frames that precede the answer.
    pub opening_bytes: usize,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// It goes on, or the object was restarted meanwhile.
    Running,
    /// The model answered, whether or not it did well.
    Ended,
    /// The user stopped it.
    Stopped,
    /// Its client left.
    Left,
    /// The object was restarted.
    Interrupted,
}

impl RunStatus {
    /// All of them, by their number.
    const ALL: [Self; 5] = [
        Self::Running,
        Self::Ended,
        Self::Stopped,
        Self::Left,
        Self::Interrupted,
    ];

    /// The number that is stored.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The status of a stored number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What a run needs to go on after a restart.
#[derive(Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The call of the front door.
    pub call: crate::chat::chat_call::ChatCall,
    /// The turn.
    pub turn: chatkit::server::turn::Turn,
    /// The state variables that the page sent.
    pub variables: serde_json::Map<String, serde_json::Value>,
    /// The first message of a new thread, which still needs a title.
    pub titled_by: Option<String>,
    /// When the first token arrived, in milliseconds after the start.
    pub first_token_ms: Option<u64>,
}
