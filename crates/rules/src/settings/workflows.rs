//! The settings of sessions that OpenAI hosts.

use super::openai_access::OpenAiSettings;
use super::reader::Reader;
use super::shared::SharedSettings;
use super::value::{self, Expected};
use crate::validate::{is_header_word, is_workflow_id};

/// What creating a session needs.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// How OpenAI is reached.
    pub openai: OpenAiSettings,
    /// What every backend has.
    pub shared: SharedSettings,
    /// What only sessions have.
    pub workflow: WorkflowSettings,
}

/// What only sessions have.
#[derive(Debug, Clone, Default)]
pub struct WorkflowSettings {
    /// `OPENAI_CHATKIT_WORKFLOW_ID`: the workflows a page may request, the default first; never empty in valid settings.
    pub ids: Vec<String>,
    /// `WORKFLOW_VERSION`.
    pub version: Option<String>,
    /// `SESSION_TTL_SECONDS`.
    pub ttl_seconds: Option<u64>,
    /// `MAX_REQUESTS_PER_MINUTE`.
    pub max_requests_per_minute: Option<u64>,
}

impl SessionSettings {
    /// The longest time that a call to OpenAI takes with what belongs to it, in milliseconds: `OPENAI_TIMEOUT_SECONDS`, and five
    /// seconds for the ledger before and after it.
    #[must_use]
    pub fn max_flight_ms(&self) -> u64 {
        let seconds = self.shared.timeout_seconds.saturating_add(5);
        seconds.saturating_mul(1000)
    }
}

impl WorkflowSettings {
    /// Reads the variables, with the workflows' ids as [`workflow_ids`] returned them.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        ids: Option<Vec<String>>,
    ) -> Option<Self> {
        let version = reader.read("WORKFLOW_VERSION", workflow_version);
        let ttl_seconds = reader.number("SESSION_TTL_SECONDS", 1, 600);
        // OpenAI states no maximum; this is the largest integer that all JSON parsers agree on.
        let max_requests_per_minute = reader.number("MAX_REQUESTS_PER_MINUTE", 1, 1 << 53);
        Some(Self {
            ids: ids?,
            version,
            ttl_seconds,
            max_requests_per_minute,
        })
    }
}

/// `OPENAI_CHATKIT_WORKFLOW_ID`.
pub(super) fn workflow_ids<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
) -> Option<Vec<String>> {
    reader.read("OPENAI_CHATKIT_WORKFLOW_ID", |text| {
        value::named_list(text, is_workflow_id)
            .ok_or_else(|| "a workflow id like wf_123, or several, separated by commas".to_owned())
    })
}

fn workflow_version(text: &str) -> Result<String, Expected> {
    if text != "latest" && is_header_word(text, 128) && !value::is_list_or_table(text) {
        Ok(text.to_owned())
    } else {
        Err("a version number, not latest (leave it out for the newest version)".to_owned())
    }
}
