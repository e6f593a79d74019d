//! Reads variables one at a time and collects their errors.

use super::value::{self, Expected};
use crate::error::SettingError;
use crate::redact::{MARK, redact};
use crate::secret::Secret;

/// The variables that must not be shown.
const SECRETS: [&str; 6] = [
    "OPENAI_API_KEY",
    "VISITOR_SECRET",
    "AUTH_JWT_SECRET",
    "ADMIN_TOKEN",
    "PROXY_SECRET",
    "TOOLS_SECRET",
];

/// A shorter secret can be part of an address by chance.
const MIN_SECRET_BYTES: usize = 8;

/// Reads through `lookup`, which returns a variable's text or `None`.
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

    /// All errors.
    pub(super) fn into_errors(self) -> Vec<SettingError> {
        self.errors
    }

    pub(super) fn error(&mut self, variable: &'static str, sentence: impl Into<String>) {
        self.errors.push(SettingError::new(variable, sentence));
    }

    /// Adds errors.
    pub(super) fn errors(&mut self, errors: Vec<SettingError>) {
        self.errors.extend(errors);
    }

    /// The variable's text. An empty or blank one counts as not set.
    pub(super) fn text(&self, variable: &str) -> Option<String> {
        let text = (self.lookup)(variable)?;
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// A variable that may contain anything and must not be shown.
    pub(super) fn secret(&self, variable: &str) -> Option<Secret> {
        self.text(variable).map(Secret::new)
    }

    /// A secret of at least so many bytes. A shorter one could be guessed.
    ///
    /// # Errors
    /// The error, which [`Reader::into_errors`] returns too.
    pub(super) fn long_secret(
        &mut self,
        variable: &'static str,
        min_bytes: usize,
    ) -> Result<Option<Secret>, SettingError> {
        let secret = self.secret(variable);
        if secret
            .as_ref()
            .is_none_or(|secret| secret.expose().len() >= min_bytes)
        {
            return Ok(secret);
        }
        let sentence = format!(
            "{variable} is shorter than {min_bytes} bytes. Create a longer one, for example with: openssl rand -base64 32."
        );
        let error = SettingError::new(variable, sentence);
        self.errors.push(error.clone());
        Err(error)
    }

    /// A variable that is not a secret: the error quotes its value for the owner.
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
                self.errors
                    .push(SettingError::wrong(variable, &shown, &allowed));
                None
            }
        }
    }

    /// A variable that every page can read: a secret in it is an error.
    pub(super) fn public<T>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let text = self.text(variable)?;
        if self.has_secret(&text) {
            let sentence = format!("{variable} contains a secret, and every page can read it.");
            self.error(variable, sentence);
            return None;
        }
        self.read(variable, parse)
    }

    /// Whether a text contains one of the Worker's own secrets.
    pub(super) fn has_secret(&self, text: &str) -> bool {
        let mut secrets = SECRETS.iter().filter_map(|name| self.text(name));
        secrets.any(|secret| secret.len() >= MIN_SECRET_BYTES && text.contains(&secret))
    }

    /// A variable's value for the owner: without secrets, which people paste into the wrong variable, without addresses that
    /// may contain a password, and without anything that may be a secret that is set nowhere else.
    pub(super) fn shown(&self, text: &str) -> String {
        let may_have_password = |word: &str| word.contains("://") && word.contains('@');
        let is_hidden = |word: &str| may_have_password(word) || looks_random(word);
        let words = text.split_whitespace();
        let words = words.map(|word| if is_hidden(word) { MARK } else { word });
        let text = words.collect::<Vec<_>>().join(" ");
        let secrets = SECRETS.iter().filter_map(|name| self.secret(name));
        let shown = secrets.fold(redact(&text, None), |shown, secret| {
            if shown.contains(secret.expose()) {
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
        self.read(variable, value::header_word)
    }
}

/// Whether a word may be a generated secret: long, of letters and digits, and nothing that settings usually contain.
fn looks_random(word: &str) -> bool {
    const USUAL: [&str; 4] = ["wf_", "org-", "proj_", "http"];
    let may_occur = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    word.len() >= 16
        && !USUAL.iter().any(|prefix| word.starts_with(prefix))
        && word.bytes().all(may_occur)
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_generated_secret_is_not_shown() {
        for word in [
            "q8Zk3nV0pTf5Wm2xLr7c",
            "c29tZSByYW5kb20gYnl0ZXM0=",
            "0d4f0c1e-6f1c-4c51-9c0b-4a8b7c1f2d3e",
        ] {
            assert!(looks_random(word), "{word}");
        }
        for word in [
            "wf_68f0a1b2c3d4e5f6a7b8c9d0",
            "workflow",
            "9007199254740993",
            "https://api.example/v1",
            "www.example-shop-number-1.com",
            "seventy-seven-days",
        ] {
            assert!(!looks_random(word), "{word}");
        }
    }
}
