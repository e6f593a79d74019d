//! The report on the set-up: what is right, what is wrong, and what to do about it.

use crate::error::OpenAiError;
use crate::problem::Problem;
use crate::settings::{Backend, Settings};
use serde::Serialize;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Failed,
    /// Not checked, because something before it failed.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    status: Outcome,
    detail: String,
    hint: Option<&'static str>,
}

/// All checks, in order.
#[derive(Debug, Default)]
pub struct Report {
    checks: Vec<Check>,
}

/// The body of the response.
#[derive(Debug, Serialize)]
pub struct ReportView<'a> {
    ok: bool,
    checks: &'a [Check],
}

impl Report {
    /// A report with the check of the settings.
    #[must_use]
    pub fn of_settings(settings: &Settings) -> Self {
        let mut report = Self::default();
        match &settings.backend {
            Ok(backend) => {
                let what = match backend {
                    Backend::Hosted(sessions) => {
                        format!("Sessions run {}", sessions.workflow.ids.join(", "))
                    }
                    Backend::Agent(chat) => {
                        let models = chat.agents.iter();
                        let models =
                            models.map(|agent| format!("{} runs {}", agent.id, agent.model));
                        format!("The agent {}", models.collect::<Vec<_>>().join(", "))
                    }
                    Backend::Remote(_) => "Requests are forwarded to CHATKIT_SERVER_URL".to_owned(),
                };
                let auth = backend.shared().auth.auth.name();
                report.passed("settings", format!("{what}; AUTH is {auth}."));
            }
            Err(errors) => {
                for error in errors {
                    report.failed(error.variable, error.for_owner(), None);
                }
            }
        }
        report
    }

    /// Adds a check that passed.
    pub fn passed(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, Outcome::Ok, detail.into(), None);
    }

    /// Adds a check that failed. The hint says what to do, if the detail does not.
    pub fn failed(
        &mut self,
        name: &'static str,
        detail: impl Into<String>,
        hint: Option<&'static str>,
    ) {
        self.add(name, Outcome::Failed, detail.into(), hint);
    }

    /// Adds a check that could not be made.
    pub fn skipped(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, Outcome::Skipped, detail.into(), None);
    }

    /// Adds a call to OpenAI that failed.
    pub fn openai_failed(&mut self, name: &'static str, error: OpenAiError) {
        self.failed(name, Problem::from(error).detail, hint(error));
    }

    fn add(
        &mut self,
        name: &'static str,
        status: Outcome,
        detail: String,
        hint: Option<&'static str>,
    ) {
        self.checks.push(Check {
            name,
            status,
            detail,
            hint,
        });
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.status != Outcome::Failed)
    }

    /// The report as JSON shows it.
    #[must_use]
    pub fn view(&self) -> ReportView<'_> {
        ReportView {
            ok: self.is_ok(),
            checks: &self.checks,
        }
    }
}

fn hint(error: OpenAiError) -> Option<&'static str> {
    Some(match error {
        OpenAiError::KeyRejected => {
            "Copy the key again from the API keys page of the workflow's project, and store it with: npx wrangler secret put OPENAI_API_KEY"
        }
        OpenAiError::BetaUnavailable => {
            "Check that the key's permissions include ChatKit, and that OpenAI has enabled it for the organization."
        }
        OpenAiError::WorkflowNotFound => {
            "Most often the key belongs to another project than the workflow, or the workflow was saved but never published. \
             If it worked until 30 November 2026: docs/agent-builder.md says what OpenAI retired that day."
        }
        OpenAiError::ModelNotFound => {
            "Check the model's name, and that the key's project may use it."
        }
        OpenAiError::Rejected(_) => {
            "The log has OpenAI's own message under this request id. Probably a setting is outside what OpenAI accepts."
        }
        OpenAiError::RateLimited { .. } => "Check the organization's limits and billing at OpenAI.",
        OpenAiError::Unavailable | OpenAiError::Timeout | OpenAiError::Aborted => {
            "Check OPENAI_BASE_URL, and OpenAI's status page."
        }
        OpenAiError::BadResponse | OpenAiError::NoApi => {
            "The server at OPENAI_BASE_URL is not OpenAI's API."
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::to_json;

    #[test]
    fn every_wrong_setting_is_a_check_of_its_own() {
        let report = Report::of_settings(&Settings::read(|_| None));
        assert!(!report.is_ok());
        let json: serde_json::Value = serde_json::to_value(report.view()).unwrap();
        assert_eq!(json["ok"], false);
        let names: Vec<&str> = json["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| check["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["OPENAI_API_KEY", "OPENAI_CHATKIT_WORKFLOW_ID"]);
    }

    #[test]
    fn a_skipped_check_does_not_fail_the_report() {
        let mut report = Report::default();
        report.passed("a", "fine");
        report.skipped("b", "not checked");
        assert!(report.is_ok());
        report.openai_failed("c", OpenAiError::WorkflowNotFound);
        assert!(!report.is_ok());
        assert!(to_json(&report.view()).contains("never published"));
        assert!(to_json(&report.view()).contains("docs/agent-builder.md"));
    }
}
