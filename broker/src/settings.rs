//! What the owner configured, read once and checked as a whole.
//!
//! Each variable is read by one line of [`Settings::read`], with its bounds. A missing variable
//! has its default; a wrong one is a [`Fault`], and all faults are found, not just the first.
//! What a page needs even then (the origins, the script) is usable in any case.

use crate::origin::{self, Rule};
use crate::secret::Secret;
use crate::spelling::{self, Allowed};
use crate::visitor::VisitorKeys;
use std::fmt;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";
const DEFAULT_SCRIPT: &str = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;

/// How many state variables OpenAI takes, and how long their names may be.
const MOST_STATE_VARIABLES: usize = 64;
/// See [`MOST_STATE_VARIABLES`].
pub const MOST_NAME_CHARS: usize = 64;

/// Everything that is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ALLOWED_ORIGINS`, without the entries that are wrong.
    pub origins: Vec<Rule>,
    /// `CHATKIT_JS_URL`, or OpenAI's if it is wrong.
    pub script_url: String,
    /// What sessions need, or everything that is wrong; never an empty list.
    pub sessions: Result<SessionSettings, Vec<Fault>>,
}

/// What it takes to create sessions.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `OPENAI_API_KEY`.
    pub api_key: Secret,
    /// `OPENAI_BASE_URL`, without a slash at the end.
    pub base_url: String,
    /// `OPENAI_ORG_ID`.
    pub organization: Option<String>,
    /// `OPENAI_PROJECT_ID`.
    pub project: Option<String>,
    /// `OPENAI_TIMEOUT_SECONDS`.
    pub timeout_seconds: u64,
    /// `OPENAI_CHATKIT_WORKFLOW_ID`: the ids a page may ask for, the default first; never empty.
    pub workflows: Vec<String>,
    /// `WORKFLOW_VERSION`.
    pub workflow_version: Option<String>,
    /// `SESSION_TTL_SECONDS`.
    pub ttl_seconds: Option<u64>,
    /// `MAX_REQUESTS_PER_MINUTE`.
    pub max_requests_per_minute: Option<u64>,
    /// `FILE_UPLOAD` and its bounds.
    pub uploads: Uploads,
    /// `HISTORY`.
    pub history: Option<bool>,
    /// `HISTORY_RECENT_THREADS`.
    pub recent_threads: Option<u64>,
    /// `THREAD_TITLES`.
    pub thread_titles: Option<bool>,
    /// `STATE_VARIABLES`: the names a page may set.
    pub state_variables: Vec<String>,
    /// `TRUST_CLIENT_USER`.
    pub trust_client_user: bool,
    /// From `VISITOR_SECRET`, or from the API key.
    pub visitors: VisitorKeys,
}

/// Whether files may be uploaded, and how many of what size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uploads {
    /// `FILE_UPLOAD`.
    pub enabled: bool,
    /// `FILE_UPLOAD_MAX_FILES`.
    pub max_files: Option<u64>,
    /// `FILE_UPLOAD_MAX_MB`.
    pub max_megabytes: Option<u64>,
}

/// One thing that is wrong with the settings, as a sentence for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// Reads variables one at a time and gathers what is wrong with them.
struct Reader<F> {
    lookup: F,
    faults: Vec<Fault>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    /// The variable's text; one that is empty or blank counts as not set.
    fn text(&self, variable: &str) -> Option<String> {
        let text = (self.lookup)(variable)?;
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn fault(&mut self, variable: &'static str, sentence: String) {
        self.faults.push(Fault { variable, sentence });
    }

    /// A variable that is no secret: a fault shows what it holds.
    fn read<T>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Allowed>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(allowed) => {
                let shown: String = text.chars().take(80).collect();
                self.fault(
                    variable,
                    format!("{variable} is {shown:?} and must be {allowed}."),
                );
                None
            }
        }
    }

    fn number(&mut self, variable: &'static str, least: u64, most: u64) -> Option<u64> {
        self.read(variable, |text| spelling::whole_number(text, least, most))
    }

    fn switch(&mut self, variable: &'static str) -> Option<bool> {
        self.read(variable, spelling::switch)
    }

    fn header_word(&mut self, variable: &'static str) -> Option<String> {
        self.read(variable, |text| {
            if spelling::is_header_word(text, 256) {
                Ok(text.to_owned())
            } else {
                Err("up to 256 letters, digits and signs without spaces".to_owned())
            }
        })
    }

    fn api_key(&mut self) -> Option<Secret> {
        const NAME: &str = "OPENAI_API_KEY";
        let Some(text) = self.text(NAME) else {
            self.fault(
                NAME,
                "OPENAI_API_KEY is not set: add it with `wrangler secret put OPENAI_API_KEY`."
                    .to_owned(),
            );
            return None;
        };
        if spelling::is_header_word(&text, 512) {
            return Some(Secret::new(text));
        }
        self.fault(
            NAME,
            "OPENAI_API_KEY holds characters that no key has; was it pasted whole and alone?"
                .to_owned(),
        );
        None
    }

    fn workflows(&mut self) -> Option<Vec<String>> {
        const NAME: &str = "OPENAI_CHATKIT_WORKFLOW_ID";
        if self.text(NAME).is_none() {
            self.fault(
                NAME,
                "No workflow ID configured: set OPENAI_CHATKIT_WORKFLOW_ID to the wf_… id of your workflow.".to_owned(),
            );
            return None;
        }
        self.read(NAME, |text| {
            named_list(text, spelling::is_workflow_id).ok_or_else(|| {
                "a workflow id like wf_123, or several, separated by commas".to_owned()
            })
        })
    }

    fn visitor_keys(&self, api_key: Option<&Secret>) -> Option<VisitorKeys> {
        let own: Vec<Secret> = self
            .text("VISITOR_SECRET")
            .iter()
            .flat_map(|text| spelling::list(text))
            .map(Secret::new)
            .collect();
        match own.split_first() {
            Some((first, others)) => Some(VisitorKeys::derive(first, others.iter())),
            None => api_key.map(|key| VisitorKeys::derive(key, std::iter::empty())),
        }
    }
}

/// The parts of a list, if there is at least one and each is right.
fn named_list(text: &str, is_right: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let parts: Vec<String> = spelling::list(text).map(str::to_owned).collect();
    (!parts.is_empty() && parts.iter().all(|part| is_right(part))).then_some(parts)
}

impl Settings {
    /// Reads all variables through `lookup`, which gives a variable's text or `None`.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let mut reader = Reader {
            lookup,
            faults: Vec::new(),
        };
        let r = &mut reader;

        let origins = r
            .read("ALLOWED_ORIGINS", |text| {
                spelling::list(text).map(origin::rule).collect()
            })
            .unwrap_or_default();
        let script_url = r
            .read("CHATKIT_JS_URL", spelling::script_url)
            .unwrap_or_else(|| DEFAULT_SCRIPT.to_owned());

        let api_key = r.api_key();
        let workflows = r.workflows();
        let base_url = r
            .read("OPENAI_BASE_URL", spelling::base_url)
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let organization = r.header_word("OPENAI_ORG_ID");
        let project = r.header_word("OPENAI_PROJECT_ID");
        let timeout_seconds = r
            .number("OPENAI_TIMEOUT_SECONDS", 1, 600)
            .unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        let workflow_version = r.read("WORKFLOW_VERSION", workflow_version);
        let ttl_seconds = r.number("SESSION_TTL_SECONDS", 1, 600);
        // OpenAI names no most; this is the largest number that JSON readers agree on.
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
        let trust_client_user = r.switch("TRUST_CLIENT_USER").unwrap_or(false);
        r.read("AUTH", auth);
        let visitors = r.visitor_keys(api_key.as_ref());

        let sessions = match (api_key, workflows, visitors) {
            (Some(api_key), Some(workflows), Some(visitors)) if reader.faults.is_empty() => {
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
                    trust_client_user,
                    visitors,
                })
            }
            _ => Err(reader.faults),
        };
        Self {
            origins,
            script_url,
            sessions,
        }
    }
}

fn auth(text: &str) -> Result<(), Allowed> {
    match text {
        "anonymous" => Ok(()),
        _ => Err("anonymous".to_owned()),
    }
}

fn workflow_version(text: &str) -> Result<String, Allowed> {
    if text != "latest" && spelling::is_header_word(text, 128) {
        Ok(text.to_owned())
    } else {
        Err("a version's number, not `latest`, with which the chat fails later; leave it out for the newest".to_owned())
    }
}

fn state_variable_names(text: &str) -> Result<Vec<String>, Allowed> {
    named_list(text, |name| {
        name.chars().count() <= MOST_NAME_CHARS && !name.contains(char::is_control)
    })
    .filter(|names| names.len() <= MOST_STATE_VARIABLES)
    .ok_or_else(|| {
        format!("up to {MOST_STATE_VARIABLES} names of up to {MOST_NAME_CHARS} characters, separated by commas")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::read(|name| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    const KEY: (&str, &str) = ("OPENAI_API_KEY", "sk-test");
    const WORKFLOW: (&str, &str) = ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1, wf_2");

    fn faults(variables: &[(&str, &str)]) -> Vec<String> {
        let sessions = read(variables).sessions;
        let faults = sessions.expect_err("the settings are wrong");
        faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_key_and_a_workflow_are_enough() {
        let settings = read(&[KEY, WORKFLOW]).sessions.unwrap();
        assert_eq!(settings.workflows, ["wf_1", "wf_2"]);
        assert_eq!(settings.base_url, DEFAULT_BASE_URL);
        assert_eq!(settings.timeout_seconds, 30);
        assert!(!settings.uploads.enabled && !settings.trust_client_user);
    }

    #[test]
    fn all_faults_are_found_at_once_and_name_what_is_allowed() {
        let found = faults(&[
            ("SESSION_TTL_SECONDS", "601"),
            ("WORKFLOW_VERSION", "latest"),
            ("FILE_UPLOAD", "maybe"),
        ]);
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(found[0].starts_with("OPENAI_API_KEY is not set"));
        assert!(found[1].starts_with("No workflow ID configured"));
        assert!(found.contains(
            &"SESSION_TTL_SECONDS is \"601\" and must be a whole number from 1 to 600.".to_owned()
        ));
    }

    #[test]
    fn a_secret_never_shows_in_a_fault_or_in_debug_output() {
        let wrong = [
            ("OPENAI_API_KEY", "sk-abc def"),
            ("VISITOR_SECRET", "vs-abc"),
        ];
        assert!(!faults(&wrong).concat().contains("abc"));
        let settings = read(&[
            ("OPENAI_API_KEY", "sk-abc"),
            ("VISITOR_SECRET", "vs-abc"),
            WORKFLOW,
        ]);
        assert!(!format!("{settings:?}").contains("abc"));
    }

    #[test]
    fn origins_and_script_are_usable_while_sessions_are_not() {
        let settings = read(&[("ALLOWED_ORIGINS", "https://a.example")]);
        assert!(settings.sessions.is_err());
        assert_eq!(settings.origins, [Rule::Exact("https://a.example".into())]);
        assert_eq!(settings.script_url, DEFAULT_SCRIPT);
    }

    #[test]
    fn a_blank_variable_counts_as_not_set() {
        let settings = read(&[KEY, WORKFLOW, ("SESSION_TTL_SECONDS", "  ")]);
        assert_eq!(settings.sessions.unwrap().ttl_seconds, None);
    }

    #[test]
    fn every_variable_has_its_bounds() {
        for (variable, wrong) in [
            ("OPENAI_CHATKIT_WORKFLOW_ID", "workflow"),
            ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1,x"),
            ("OPENAI_BASE_URL", "api.openai.com"),
            ("OPENAI_ORG_ID", "org with spaces"),
            ("OPENAI_PROJECT_ID", "proj\u{e9}"),
            ("OPENAI_TIMEOUT_SECONDS", "0"),
            ("MAX_REQUESTS_PER_MINUTE", "0"),
            ("FILE_UPLOAD_MAX_FILES", "0"),
            ("FILE_UPLOAD_MAX_MB", "513"),
            ("HISTORY", "1"),
            ("HISTORY_RECENT_THREADS", "0"),
            ("THREAD_TITLES", "no"),
            ("STATE_VARIABLES", ","),
            ("ALLOWED_ORIGINS", "*"),
            ("TRUST_CLIENT_USER", "maybe"),
            ("AUTH", "none"),
            ("CHATKIT_JS_URL", "http://cdn.example/x.js"),
        ] {
            let found = faults(&[(variable, wrong), KEY, WORKFLOW]);
            assert_eq!(found.len(), 1, "{variable}: {found:?}");
            assert!(found[0].starts_with(variable), "{found:?}");
        }
    }
}
