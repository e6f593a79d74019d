//! Questions that a visitor answers in a form within the thread.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormStatus {
    /// It waits for the visitor.
    Pending,
    /// It was answered.
    Answered,
    /// It was skipped.
    Skipped,
}

/// A question: what all have, then what its kind has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormInput {
    /// Its id within the form.
    pub id: String,
    /// The question.
    pub question: String,
    /// The visitor's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Its kind.
    #[serde(flatten)]
    pub kind: FormInputKind,
}

/// The kinds of questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FormInputKind {
    /// A choice.
    MultipleChoice {
        /// What can be chosen.
        options: Vec<FormOption>,
        /// Whether several can.
        #[serde(default)]
        multiple: bool,
    },
    /// Any text.
    Freeform {
        /// A hint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormOption {
    /// Its text.
    pub value: String,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was chosen or written.
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether the question was skipped.
    #[serde(default)]
    pub skipped: bool,
}

/// What the page submits for a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Whether the form was answered or skipped.
    pub status: SubmissionStatus,
    /// Answers by the question's id.
    pub answers: BTreeMap<String, SubmittedAnswer>,
}

/// Whether a form was answered or skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionStatus {
    /// Answered.
    Answered,
    /// Skipped.
    Skipped,
}

/// A submitted answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubmittedAnswer {
    /// What was chosen or written; need not be among the options.
    pub values: Vec<String>,
    /// Whether the question was skipped.
    pub skipped: bool,
}

impl FormInput {
    /// Stores the answer of a submission. A question without a usable answer counts as skipped, and a single choice has one value.
    pub fn answer_with(&mut self, submission: &Submission) {
        let given = submission.answers.get(&self.id);
        let values = match (submission.status, given) {
            (SubmissionStatus::Answered, Some(given)) if !given.skipped => given.values.clone(),
            _ => Vec::new(),
        };
        let takes_one = matches!(
            self.kind,
            FormInputKind::MultipleChoice {
                multiple: false,
                ..
            }
        );
        let kept = if takes_one { 1 } else { values.len() };
        self.answer = Some(Answer {
            skipped: values.is_empty(),
            values: values.into_iter().take(kept).collect(),
        });
    }
}
