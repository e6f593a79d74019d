//! Reads variables one at a time and gathers what is wrong with them.

use crate::redact::{MARK, contains, redact};
use crate::secret::Secret;
use crate::settings::value::{self, Expected};
use std::fmt;

/// The variables that must not be shown.
const SECRETS: [&str; 4] = [
    "OPENAI_API_KEY",
    "VISITOR_SECRET",
    "AUTH_JWT_SECRET",
    "ADMIN_TOKEN",
];

/// A shorter text can be part of an address by chance.
const MIN_SECRET_BYTES: usize = 8;

/// One thing that is wrong with the settings, as a sentence for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The variable.
    pub variable: &'static str,
    sentence: String,
}

impl SettingError {
    /// A error, told in a whole sentence that names the variable and holds no secret.
    pub fn new(variable: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            variable,
            sentence: sentence.into(),
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// Reads through `lookup`, which gives a variable's text or `None`.
pub(super) struct Reader<F> {
    lookup: F,
    errors: Vec<SettingError>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn new(lookup: F) -> Self {
        Self {
            lookup,
            errors: Vec::new(),
        }
    }

    /// Everything found to be wrong.
    pub(super) fn into_errors(self) -> Vec<SettingError> {
        self.errors
    }

    pub(super) fn error(&mut self, variable: &'static str, sentence: impl Into<String>) {
        self.errors.push(SettingError::new(variable, sentence));
    }

    /// The variable's text; one that is empty or blank counts as not set.
    pub(super) fn text(&self, variable: &str) -> Option<String> {
        let text = (self.lookup)(variable)?;
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// A variable that may hold anything and must not be shown.
    pub(super) fn secret(&self, variable: &str) -> Option<Secret> {
        self.text(variable).map(Secret::new)
    }

    /// A variable that is no secret: a error shows what it holds.
    pub(super) fn read<T>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(allowed) => {
                let shown = self.shown(&text);
                self.error(
                    variable,
                    format!("{variable} is \"{shown}\" and must be {allowed}."),
                );
                None
            }
        }
    }

    /// A variable that every page is told: a secret in it is a error.
    pub(super) fn public<T>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        let mut secrets = SECRETS.iter().filter_map(|name| self.text(name));
        if secrets.any(|secret| secret.len() >= MIN_SECRET_BYTES && contains(&text, &secret)) {
            let sentence = format!("{variable} holds a secret, and every page is told what it is.");
            self.error(variable, sentence);
            return None;
        }
        self.read(variable, parse)
    }

    /// What a variable holds, for a error; without the secrets, which end up in the wrong variable too,
    /// and without addresses that may have a password.
    fn shown(&self, text: &str) -> String {
        let may_have_password = |word: &str| contains(word, "://") && word.contains('@');
        let words = text.split_whitespace();
        let words = words.map(|word| if may_have_password(word) { MARK } else { word });
        let text = words.collect::<Vec<_>>().join(" ");
        let secrets = SECRETS.iter().filter_map(|name| self.secret(name));
        let shown = secrets.fold(redact(&text, None), |shown, secret| {
            if contains(&shown, secret.expose()) {
                MARK.to_owned()
            } else {
                redact(&shown, Some(&secret))
            }
        });
        shown.chars().take(80).collect()
    }

    pub(super) fn number(&mut self, variable: &'static str, least: u64, most: u64) -> Option<u64> {
        self.read(variable, |text| value::whole_number(text, least, most))
    }

    pub(super) fn switch(&mut self, variable: &'static str) -> Option<bool> {
        self.read(variable, value::switch)
    }

    pub(super) fn header_word(&mut self, variable: &'static str) -> Option<String> {
        self.read(variable, |text| {
            if value::is_header_word(text, 256) {
                Ok(text.to_owned())
            } else {
                Err("up to 256 letters, digits and signs without spaces".to_owned())
            }
        })
    }
}
