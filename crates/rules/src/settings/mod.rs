//! What the owner configured, read once and checked as a whole.
//!
//! [`Settings::read`] reads each variable in one line, with its bounds. A missing variable has its default; a wrong one is
//! a [`SettingError`], and all errors are found, not just the first. The settings that pages need (the origins, the script)
//! are usable even if others are wrong.

mod auth;
mod reader;
pub mod value;

pub use auth::{Auth, AuthSettings, KeySource, TokenPolicy, TokenSource};

use crate::counters::event_budget::DEFAULT_DAILY_ROWS;
use crate::error::SettingError;
use crate::http::cors::{OriginPattern, parse_pattern};
use crate::identity::admin::AdminToken;
use crate::secret::Secret;
use crate::validate::{is_header_word, is_workflow_id};
use reader::Reader;
use value::Expected;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
const DEFAULT_SCRIPT: &str = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
/// The element gives up after 45 seconds, so nobody would wait for more.
const MAX_TIMEOUT_SECONDS: u64 = 40;

/// What `ALLOWED_ORIGINS` may contain.
const ORIGINS: &str =
    "origins like https://www.example.com or https://*.example.com, separated by commas";

/// The shortest `ADMIN_TOKEN`, in bytes.
const MIN_ADMIN_TOKEN_BYTES: usize = 16;

const DEFAULT_PUBLISH_SECONDS: u64 = 120;
/// Each shard is one more read of KV for `stats`.
const MAX_SHARDS: u64 = 64;

/// How many state variables OpenAI accepts, and how long their names may be.
const MAX_STATE_VARIABLES: usize = 64;
/// See [`MAX_STATE_VARIABLES`].
pub const MAX_NAME_CHARS: usize = 64;

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ALLOWED_ORIGINS`, without the entries that are wrong.
    pub origins: Vec<OriginPattern>,
    /// `CHATKIT_JS_URL`, or OpenAI's if it is wrong.
    pub script_url: String,
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
    /// What sessions need, or everything that is wrong (never empty).
    pub sessions: Result<SessionSettings, Vec<SettingError>>,
}

/// What creating a session needs.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `OPENAI_API_KEY`.
    pub api_key: Secret,
    /// `OPENAI_BASE_URL`, without a trailing slash.
    pub base_url: String,
    /// `OPENAI_ORG_ID`.
    pub organization: Option<String>,
    /// `OPENAI_PROJECT_ID`.
    pub project: Option<String>,
    /// `OPENAI_TIMEOUT_SECONDS`.
    pub timeout_seconds: u64,
    /// `OPENAI_CHATKIT_WORKFLOW_ID`: the workflows a page may request, the default first; never empty.
    pub workflows: Vec<String>,
    /// `WORKFLOW_VERSION`.
    pub workflow_version: Option<String>,
    /// `SESSION_TTL_SECONDS`.
    pub ttl_seconds: Option<u64>,
    /// `MAX_REQUESTS_PER_MINUTE`.
    pub max_requests_per_minute: Option<u64>,
    /// `FILE_UPLOAD` and its limits.
    pub uploads: Uploads,
    /// `HISTORY`.
    pub history: Option<bool>,
    /// `HISTORY_RECENT_THREADS`.
    pub recent_threads: Option<u64>,
    /// `THREAD_TITLES`.
    pub thread_titles: Option<bool>,
    /// `STATE_VARIABLES`: the names a page may set.
    pub state_variables: Vec<String>,
    /// `AUTH` and the settings that belong to it.
    pub auth: AuthSettings,
    /// `DAILY_SESSION_LIMIT` and `DAILY_SESSIONS_PER_USER`.
    pub daily: DailyLimits,
    /// `DAILY_LIMITS_FAIL`.
    pub daily_limits_fail: WhenLedgerFails,
}

impl SessionSettings {
    /// The longest time that a call to OpenAI takes with what belongs to it, in milliseconds: [`Self::timeout_seconds`], and five
    /// seconds for the ledger before and after it.
    #[must_use]
    pub fn max_flight_ms(&self) -> u64 {
        self.timeout_seconds.saturating_add(5).saturating_mul(1000)
    }
}

/// How many sessions may start in a UTC day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DailyLimits {
    /// `DAILY_SESSION_LIMIT`: in the whole deployment.
    pub total: Option<u64>,
    /// `DAILY_SESSIONS_PER_USER`.
    pub per_user: Option<u64>,
}

impl DailyLimits {
    /// Whether any limit is set.
    #[must_use]
    pub fn are_set(self) -> bool {
        self.total.is_some() || self.per_user.is_some()
    }
}

/// Whether a session starts while the ledger does not say if a daily limit is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenLedgerFails {
    /// It starts.
    #[default]
    Open,
    /// It does not.
    Closed,
}

/// Whether visitors may upload files, and how many of what size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uploads {
    /// `FILE_UPLOAD`.
    pub enabled: bool,
    /// `FILE_UPLOAD_MAX_FILES`.
    pub max_files: Option<u64>,
    /// `FILE_UPLOAD_MAX_MB`.
    pub max_megabytes: Option<u64>,
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

        let admin_token = r.long_secret("ADMIN_TOKEN", MIN_ADMIN_TOKEN_BYTES);
        let loopback_only = r.switch("LOOPBACK_ONLY").unwrap_or(false);
        let rate_limits = r.switch("RATE_LIMITS").unwrap_or(true);
        let shards = r.number("COUNTER_SHARDS", 1, MAX_SHARDS);
        let counter_publish_seconds = r
            .number("COUNTER_PUBLISH_SECONDS", 1, 86_400)
            .unwrap_or(DEFAULT_PUBLISH_SECONDS);
        let daily_event_rows = r
            .number("DAILY_EVENT_ROWS", 1, 1 << 53)
            .unwrap_or(DEFAULT_DAILY_ROWS);

        let api_key = api_key(r);
        let workflows = workflows(r);
        let base_url = r
            .read("OPENAI_BASE_URL", value::base_url)
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let organization = r.header_word("OPENAI_ORG_ID");
        let project = r.header_word("OPENAI_PROJECT_ID");
        let timeout_seconds = r
            .number("OPENAI_TIMEOUT_SECONDS", 1, MAX_TIMEOUT_SECONDS)
            .unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        let workflow_version = r.read("WORKFLOW_VERSION", workflow_version);
        let ttl_seconds = r.number("SESSION_TTL_SECONDS", 1, 600);
        // OpenAI states no maximum; this is the largest integer that all JSON parsers agree on.
        let max_requests_per_minute = r.number("MAX_REQUESTS_PER_MINUTE", 1, 1 << 53);
        let uploads = Uploads {
            enabled: r.switch("FILE_UPLOAD").unwrap_or(false),
            max_files: r.number("FILE_UPLOAD_MAX_FILES", 1, 1 << 53),
            max_megabytes: r.number("FILE_UPLOAD_MAX_MB", 1, 512),
        };
        let history = r.switch("HISTORY");
        let recent_threads = r.number("HISTORY_RECENT_THREADS", 1, 1 << 53);
        let thread_titles = r.switch("THREAD_TITLES");
        let state_variables = r
            .read("STATE_VARIABLES", state_variable_names)
            .unwrap_or_default();
        let auth = AuthSettings::read(r, api_key.as_ref());
        let daily = DailyLimits {
            total: r.number("DAILY_SESSION_LIMIT", 1, 1 << 53),
            per_user: r.number("DAILY_SESSIONS_PER_USER", 1, 1 << 53),
        };
        let daily_limits_fail = r
            .read("DAILY_LIMITS_FAIL", when_ledger_fails)
            .unwrap_or_default();

        let errors = reader.into_errors();
        let sessions = match (api_key, workflows, auth) {
            (Some(api_key), Some(workflows), Some(auth)) if errors.is_empty() => {
                Ok(SessionSettings {
                    api_key,
                    base_url,
                    organization,
                    project,
                    timeout_seconds,
                    workflows,
                    workflow_version,
                    ttl_seconds,
                    max_requests_per_minute,
                    uploads,
                    history,
                    recent_threads,
                    thread_titles,
                    state_variables,
                    auth,
                    daily,
                    daily_limits_fail,
                })
            }
            _ => Err(errors),
        };
        Self {
            origins,
            script_url,
            admin_token,
            loopback_only,
            rate_limits,
            counter_shards: shards.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            counter_publish_seconds,
            daily_event_rows,
            sessions,
        }
    }
}

fn when_ledger_fails(text: &str) -> Result<WhenLedgerFails, Expected> {
    match text.to_ascii_lowercase().as_str() {
        "open" => Ok(WhenLedgerFails::Open),
        "closed" => Ok(WhenLedgerFails::Closed),
        _ => Err("open or closed".to_owned()),
    }
}

fn api_key<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Secret> {
    const NAME: &str = "OPENAI_API_KEY";
    let key = reader.secret(NAME);
    let sentence = match &key {
        None => "OPENAI_API_KEY is not set: add it with: npx wrangler secret put OPENAI_API_KEY.",
        Some(key) if !is_header_word(key.expose(), 512) => {
            "OPENAI_API_KEY contains characters that no API key has. Copy the key again, without spaces or line breaks."
        }
        Some(_) => return key,
    };
    reader.error(NAME, sentence);
    None
}

fn workflows<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Vec<String>> {
    const NAME: &str = "OPENAI_CHATKIT_WORKFLOW_ID";
    if reader.text(NAME).is_none() {
        reader.error(
            NAME,
            "No workflow ID configured: set OPENAI_CHATKIT_WORKFLOW_ID to the wf_… id of your workflow.",
        );
        return None;
    }
    reader.read(NAME, |text| {
        named_list(text, is_workflow_id)
            .ok_or_else(|| "a workflow id like wf_123, or several, separated by commas".to_owned())
    })
}

/// The parts of a list, if there is at least one and all are valid.
fn named_list(text: &str, is_valid: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let parts: Vec<String> = value::list(text).collect();
    (!parts.is_empty() && parts.iter().all(|part| is_valid(part))).then_some(parts)
}

fn workflow_version(text: &str) -> Result<String, Expected> {
    if text != "latest" && is_header_word(text, 128) && !value::is_list_or_table(text) {
        Ok(text.to_owned())
    } else {
        Err("a version number, not latest (leave it out for the newest version)".to_owned())
    }
}

fn state_variable_names(text: &str) -> Result<Vec<String>, Expected> {
    named_list(text, |name| {
        let is_plain = !name.contains(char::is_control) && !value::is_list_or_table(name);
        is_plain && name.chars().count() <= MAX_NAME_CHARS
    })
    .filter(|names| names.len() <= MAX_STATE_VARIABLES)
    .ok_or_else(|| {
        format!("up to {MAX_STATE_VARIABLES} names of up to {MAX_NAME_CHARS} characters, separated by commas")
    })
}

#[cfg(test)]
pub(crate) mod tests;
