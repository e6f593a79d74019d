//! How the Worker reaches OpenAI, or another server with its API: the key, the address, the organization and the project.

use super::reader::Reader;
use super::value;
use crate::secret::Secret;
use crate::validate::is_header_word;

/// OpenAI's own API.
pub(super) const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// What a request to OpenAI needs.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    /// `OPENAI_API_KEY`.
    pub api_key: Secret,
    /// `OPENAI_BASE_URL`, without a trailing slash.
    pub base_url: String,
    /// `OPENAI_ORG_ID`.
    pub organization: Option<String>,
    /// `OPENAI_PROJECT_ID`.
    pub project: Option<String>,
}

impl OpenAiSettings {
    /// Reads the variables. `None` without a key.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        reader: &mut Reader<F>,
        api_key: Option<Secret>,
    ) -> Option<Self> {
        let base_url = reader
            .read("OPENAI_BASE_URL", value::base_url)
            .unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
        let organization = reader.header_word("OPENAI_ORG_ID");
        let project = reader.header_word("OPENAI_PROJECT_ID");
        Some(Self {
            api_key: api_key?,
            base_url,
            organization,
            project,
        })
    }
}

/// The API key. A missing one is an error if it is required, a malformed one always.
pub(super) fn api_key<F: Fn(&str) -> Option<String>>(
    reader: &mut Reader<F>,
    is_required: bool,
) -> Option<Secret> {
    const NAME: &str = "OPENAI_API_KEY";
    let key = reader.secret(NAME);
    let sentence = match &key {
        None if !is_required => return None,
        None => "OPENAI_API_KEY is not set: add it with: npx wrangler secret put OPENAI_API_KEY.",
        Some(key) if !is_header_word(key.expose(), 512) => {
            "OPENAI_API_KEY contains characters that no API key has. Copy the key again, without spaces or line breaks."
        }
        Some(_) => return key,
    };
    reader.error(NAME, sentence);
    None
}
