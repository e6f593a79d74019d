//! The settings that every backend has: who may call, what is limited, uploads and history.

use super::auth::AuthSettings;
use super::reader::Reader;
use super::value::{self, Expected};
use crate::secret::Secret;

const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
/// The element gives up after 45 seconds, so nobody would wait for more.
const MAX_TIMEOUT_SECONDS: u64 = 40;

/// How many state variables OpenAI accepts, and how long their names may be.
const MAX_STATE_VARIABLES: usize = 64;
/// See [`MAX_STATE_VARIABLES`].
pub const MAX_NAME_CHARS: usize = 64;

/// What every backend needs.
#[derive(Debug, Clone)]
pub struct SharedSettings {
    /// `OPENAI_TIMEOUT_SECONDS`: for a session, retries included; for an answer, until its first event.
    pub timeout_seconds: u64,
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

impl SharedSettings {
    /// Reads the variables. `None` if nothing can sign visitors; the reader then has an error.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        r: &mut Reader<F>,
        api_key: Option<&Secret>,
        is_key_required: bool,
    ) -> Option<Self> {
        let timeout_seconds = r
            .number("OPENAI_TIMEOUT_SECONDS", 1, MAX_TIMEOUT_SECONDS)
            .unwrap_or(DEFAULT_TIMEOUT_SECONDS);
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
        let auth = AuthSettings::read(r, api_key, is_key_required);
        let daily = DailyLimits {
            total: r.number("DAILY_SESSION_LIMIT", 1, 1 << 53),
            per_user: r.number("DAILY_SESSIONS_PER_USER", 1, 1 << 53),
        };
        let daily_limits_fail = r
            .read("DAILY_LIMITS_FAIL", when_ledger_fails)
            .unwrap_or_default();
        Some(Self {
            timeout_seconds,
            uploads,
            history,
            recent_threads,
            thread_titles,
            state_variables,
            auth: auth?,
            daily,
            daily_limits_fail,
        })
    }
}

fn when_ledger_fails(text: &str) -> Result<WhenLedgerFails, Expected> {
    match text.to_ascii_lowercase().as_str() {
        "open" => Ok(WhenLedgerFails::Open),
        "closed" => Ok(WhenLedgerFails::Closed),
        _ => Err("open or closed".to_owned()),
    }
}

fn state_variable_names(text: &str) -> Result<Vec<String>, Expected> {
    value::named_list(text, |name| {
        let is_plain = !name.contains(char::is_control) && !value::is_list_or_table(name);
        is_plain && name.chars().count() <= MAX_NAME_CHARS
    })
    .filter(|names| names.len() <= MAX_STATE_VARIABLES)
    .ok_or_else(|| {
        format!("up to {MAX_STATE_VARIABLES} names of up to {MAX_NAME_CHARS} characters, separated by commas")
    })
}
