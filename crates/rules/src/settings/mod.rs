//! What the owner configured, read once and checked as a whole.
//!
//! [`Settings::read`] reads each variable in one line, with its bounds. A missing variable has its default; a wrong one is
//! a [`SettingError`], and all errors are found, not just the first. The settings that pages need (the origins, the script)
//! are usable even if others are wrong.

mod agent;
mod agent_fields;
mod agent_tools;
mod auth;
mod backend;
mod instructions;
mod openai_access;
mod reader;
mod secret_names;
mod shared;
pub mod value;
mod workflows;

pub use agent::{AgentSettings, Prompt};
pub use agent_tools::AgentTools;
pub use auth::{Auth, AuthSettings, KeySource, TokenPolicy, TokenSource};
pub use backend::{Backend, BackendKind, ChatSettings, RemoteSettings};
pub use instructions::{Instructions, Placeholders};
pub use openai_access::OpenAiSettings;
pub use shared::{DailyLimits, MAX_NAME_CHARS, SharedSettings, Uploads, WhenLedgerFails};
pub use workflows::{SessionSettings, WorkflowSettings};

use crate::counters::event_budget::DEFAULT_DAILY_ROWS;
use crate::error::{Error, SettingError};
use crate::http::cors::{OriginPattern, parse_pattern};
use crate::identity::admin::AdminToken;
use crate::secret::Secret;
use reader::Reader;

const DEFAULT_SCRIPT: &str = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";

/// What `ALLOWED_ORIGINS` may contain.
const ORIGINS: &str =
    "origins like https://www.example.com or https://*.example.com, separated by commas";

/// The shortest `ADMIN_TOKEN` and `TOOLS_SECRET`, in bytes.
const MIN_SECRET_BYTES: usize = 16;

const DEFAULT_PUBLISH_SECONDS: u64 = 120;
/// Each shard is one more read of KV for `stats`.
const MAX_SHARDS: u64 = 64;

const DEFAULT_STALL_SECONDS: u64 = 60;
const DEFAULT_ANSWER_SECONDS: u64 = 600;

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ALLOWED_ORIGINS`, without the entries that are wrong.
    pub origins: Vec<OriginPattern>,
    /// `CHATKIT_JS_URL`, or OpenAI's if it is wrong.
    pub script_url: String,
    /// `CHATKIT_DOMAIN_KEY`, if it is set and not wrong.
    pub domain_key: Option<String>,
    /// `ADMIN_TOKEN`: opens the admin endpoints, which do not exist without it. A short one does not open them.
    pub admin_token: AdminToken,
    /// `LOOPBACK_ONLY`: requests for another host than this machine are refused.
    pub loopback_only: bool,
    /// `RATE_LIMITS`.
    pub rate_limits: bool,
    /// `COUNTER_SHARDS`: how many objects share the counting, at least 1.
    pub counter_shards: u32,
    /// `COUNTER_PUBLISH_SECONDS`: the minimum interval between publications.
    pub counter_publish_seconds: u64,
    /// `DAILY_EVENT_ROWS`: the rows that events of pages may write in a UTC day.
    pub daily_event_rows: u64,
    /// `BACKEND`, or the only backend that is set up. `None` if that is not known.
    pub kind: Option<BackendKind>,
    /// What the active backend needs, or everything that is wrong (never empty).
    pub backend: Result<Backend, Vec<SettingError>>,
}

impl Settings {
    /// Reads all variables through `lookup`, which returns a variable's text: a list or a table as JSON.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let mut reader = Reader::new(lookup);
        let r = &mut reader;

        let origins = r
            .read("ALLOWED_ORIGINS", |text| {
                value::list(text)
                    .map(|entry| parse_pattern(&entry).ok_or_else(|| ORIGINS.to_owned()))
                    .collect()
            })
            .unwrap_or_default();
        let script_url = r
            .public("CHATKIT_JS_URL", value::fetched_url)
            .unwrap_or_else(|| DEFAULT_SCRIPT.to_owned());
        let domain_key = r.public("CHATKIT_DOMAIN_KEY", value::header_word);

        let admin_token = r.long_secret("ADMIN_TOKEN", MIN_SECRET_BYTES);
        let loopback_only = r.switch("LOOPBACK_ONLY").unwrap_or(false);
        let rate_limits = r.switch("RATE_LIMITS").unwrap_or(true);
        let shards = r.number("COUNTER_SHARDS", 1, MAX_SHARDS);
        let counter_publish_seconds = r
            .number("COUNTER_PUBLISH_SECONDS", 1, 86_400)
            .unwrap_or(DEFAULT_PUBLISH_SECONDS);
        let daily_event_rows = r
            .number("DAILY_EVENT_ROWS", 1, 1 << 53)
            .unwrap_or(DEFAULT_DAILY_ROWS);
        let (kind, backend) = read_backend(reader);
        Self {
            origins,
            script_url,
            domain_key,
            admin_token,
            loopback_only,
            rate_limits,
            counter_shards: shards.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            counter_publish_seconds,
            daily_event_rows,
            kind,
            backend,
        }
    }

    /// What every backend has, if the settings are valid.
    #[must_use]
    pub fn shared(&self) -> Option<&SharedSettings> {
        self.backend.as_ref().ok().map(Backend::shared)
    }

    /// The active backend.
    ///
    /// # Errors
    /// [`Error::NotConfigured`] if any setting is wrong.
    pub fn active(&self) -> Result<&Backend, Error> {
        let backend = self.backend.as_ref();
        backend.map_err(|errors| Error::NotConfigured(errors.clone()))
    }

    /// The settings of sessions that OpenAI hosts.
    ///
    /// # Errors
    /// [`Error::NotConfigured`], or [`Error::WrongBackend`] with another backend.
    pub fn sessions(&self) -> Result<&SessionSettings, Error> {
        match self.active()? {
            Backend::Hosted(sessions) => Ok(sessions),
            other => Err(other.kind().error()),
        }
    }

    /// The settings of this Worker's own chat.
    ///
    /// # Errors
    /// [`Error::NotConfigured`], or [`Error::WrongBackend`] with another backend.
    pub fn chat(&self) -> Result<&ChatSettings, Error> {
        match self.active()? {
            Backend::Agent(chat) => Ok(chat),
            other => Err(other.kind().error()),
        }
    }
}

/// The active backend with its settings. What is set is checked for every backend; what is missing, for the active one alone.
fn read_backend<F: Fn(&str) -> Option<String>>(
    mut reader: Reader<F>,
) -> (Option<BackendKind>, Result<Backend, Vec<SettingError>>) {
    let r = &mut reader;
    let kind = BackendKind::chosen(r);
    let is_remote = kind == Some(BackendKind::Remote);
    let api_key = openai_access::api_key(r, !is_remote);
    BackendKind::check(kind, r);
    let workflow_ids = workflows::workflow_ids(r);
    let openai = OpenAiSettings::read(r, api_key.clone());
    let workflow = WorkflowSettings::read(r, workflow_ids);
    let shared = SharedSettings::read(r, api_key.as_ref(), !is_remote);
    let agents = agent::read(r, openai.as_ref());
    let url = r.read("CHATKIT_SERVER_URL", value::fetched_url);
    let stall_seconds = r
        .number("OPENAI_STALL_SECONDS", 1, 600)
        .unwrap_or(DEFAULT_STALL_SECONDS);
    let answer_timeout_seconds = r
        .number("ANSWER_TIMEOUT_SECONDS", 1, 3600)
        .unwrap_or(DEFAULT_ANSWER_SECONDS);
    let tools_secret = tools_secret(r, is_remote);
    BackendKind::is_ambiguous(
        [workflow.is_some(), agents.is_some(), url.is_some()],
        kind,
        r,
    );

    let errors = reader.into_errors();
    if !errors.is_empty() {
        return (kind, Err(errors));
    }
    let complete = || {
        let shared = shared?;
        Some(match kind? {
            BackendKind::Hosted => Backend::Hosted(SessionSettings {
                openai: openai?,
                shared,
                workflow: workflow?,
            }),
            BackendKind::Agent => Backend::Agent(ChatSettings {
                openai: openai?,
                shared,
                agents: agents?,
                stall_seconds,
                answer_timeout_seconds,
                tools_secret,
            }),
            BackendKind::Remote => Backend::Remote(RemoteSettings {
                shared,
                url: url?,
                answer_timeout_seconds,
                tools_secret: tools_secret?,
            }),
        })
    };
    (kind, complete().ok_or(errors))
}

fn tools_secret<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    is_required: bool,
) -> Option<Secret> {
    const NAME: &str = "TOOLS_SECRET";
    let secret = reader.long_secret(NAME, MIN_SECRET_BYTES).ok()?;
    if is_required && secret.is_none() {
        reader.error(
            NAME,
            "TOOLS_SECRET is not set, and with BACKEND=remote it signs each request: \
             add it with npx wrangler secret put TOOLS_SECRET.",
        );
    }
    secret
}

#[cfg(test)]
mod agent_tests;
#[cfg(test)]
pub(crate) mod tests;
