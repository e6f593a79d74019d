//! The set-up, checked for the owner: what is right, what is wrong, and what to do about it.

use crate::error::OpenAiError;
use crate::json::Json;
use crate::problem::Problem;
use crate::settings::Settings;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Wrong.
    Failed,
    /// Not looked at, because something before it failed.
    Skipped,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    name: &'static str,
    status: Status,
    detail: String,
    hint: Option<&'static str>,
}

/// All that was looked at, in order.
#[derive(Debug, Default)]
pub struct Report {
    checks: Vec<Check>,
}

impl Report {
    /// The beginning of a report: the settings.
    #[must_use]
    pub fn of_settings(settings: &Settings) -> Self {
        let mut report = Self::default();
        match &settings.sessions {
            Ok(sessions) => {
                report.passed(
                    "settings",
                    format!(
                        "Sessions run {}, auth are known by AUTH={}.",
                        sessions.workflows.join(", "),
                        sessions.auth.auth.name()
                    ),
                );
            }
            Err(errors) => {
                for error in errors {
                    report.failed(error.variable, error.to_string(), None);
                }
            }
        }
        report
    }

    /// Adds a check that passed.
    pub fn passed(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, Status::Ok, detail.into(), None);
    }

    /// Adds a check that failed, with what to do if the detail does not say it.
    pub fn failed(
        &mut self,
        name: &'static str,
        detail: impl Into<String>,
        hint: Option<&'static str>,
    ) {
        self.add(name, Status::Failed, detail.into(), hint);
    }

    /// Adds a check that could not be made.
    pub fn skipped(&mut self, name: &'static str, detail: impl Into<String>) {
        self.add(name, Status::Skipped, detail.into(), None);
    }

    /// Adds a call to OpenAI that failed.
    pub fn openai_failed(&mut self, name: &'static str, failure: OpenAiError) {
        self.failed(name, Problem::from(failure).detail, hint(failure));
    }

    fn add(
        &mut self,
        name: &'static str,
        status: Status,
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
            .all(|check| check.status != Status::Failed)
    }

    /// The body of the answer: `{"ok","checks":[{"name","status","detail","hint"}]}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let checks = self.checks.iter().map(|check| {
            Json::object(vec![
                ("name", check.name.into()),
                ("status", check.status.name().into()),
                ("detail", (&check.detail).into()),
                ("hint", check.hint.into()),
            ])
        });
        Json::object(vec![
            ("ok", self.is_ok().into()),
            ("checks", Json::Array(checks.collect())),
        ])
        .to_string()
    }
}

fn hint(failure: OpenAiError) -> Option<&'static str> {
    Some(match failure {
        OpenAiError::KeyRejected => {
            "Copy the key anew from the API keys page of the workflow's project, and store it with: npx wrangler secret put OPENAI_API_KEY"
        }
        OpenAiError::BetaUnavailable => {
            "Check that the key's permissions include ChatKit, and that OpenAI has enabled it for the organization."
        }
        OpenAiError::WorkflowNotFound => {
            "Most often the key is of another project than the workflow, or the workflow was saved but never published. \
             If it worked until 30 November 2026: docs/agent-builder.md has what OpenAI ended then."
        }
        OpenAiError::Rejected(_) => {
            "The log has OpenAI's own words under this request id; a setting is likely beyond what OpenAI takes."
        }
        OpenAiError::RateLimited { .. } => "Check the organization's limits and billing at OpenAI.",
        OpenAiError::Unavailable | OpenAiError::Timeout | OpenAiError::Abandoned => {
            "Check OPENAI_BASE_URL, and OpenAI's status page."
        }
        OpenAiError::BadResponse => "Something other than the API answers at OPENAI_BASE_URL.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_the_settings_is_a_check_of_its_own() {
        let report = Report::of_settings(&Settings::read(|_| None));
        assert!(!report.is_ok());
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
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
        report.skipped("b", "not looked at");
        assert!(report.is_ok());
        report.openai_failed("c", OpenAiError::WorkflowNotFound);
        assert!(!report.is_ok());
        assert!(report.to_json().contains("never published"));
        assert!(report.to_json().contains("docs/agent-builder.md"));
    }
}
