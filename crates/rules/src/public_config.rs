//! What a page may know of the settings, and the headers of the demo page and of `/embed.js`.

use crate::http::response::{Response, to_json};
use crate::settings::Settings;
use crate::url_origin;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How long a page may cache the configuration, in seconds.
const MAX_AGE_SECONDS: u32 = 60;

/// The body of `GET /api/chatkit/config`. It contains no secret.
#[derive(Debug, Serialize)]
pub struct PublicConfig<'a> {
    chatkit_js_url: &'a str,
    sandbox: bool,
    configured: bool,
    features: Features,
}

#[derive(Debug, Serialize)]
struct Features {
    file_upload: bool,
    history: bool,
    auth: &'static str,
}

impl<'a> PublicConfig<'a> {
    /// The public part of the settings.
    #[must_use]
    pub fn of(settings: &'a Settings) -> Self {
        let sessions = settings.sessions.as_ref().ok();
        Self {
            chatkit_js_url: &settings.script_url,
            sandbox: url_origin::is_loopback(&script_origin(settings)),
            configured: sessions.is_some(),
            features: Features {
                file_upload: sessions.is_some_and(|sessions| sessions.uploads.enabled),
                history: sessions.is_none_or(|sessions| sessions.history.unwrap_or(true)),
                auth: sessions.map_or("anonymous", |sessions| sessions.auth.auth.name()),
            },
        }
    }
}

/// The response to `GET /api/chatkit/config`.
#[must_use]
pub fn response(settings: &Settings) -> Response {
    Response::cacheable_json(&PublicConfig::of(settings), MAX_AGE_SECONDS)
}

/// The `Content-Security-Policy` of the demo page: the Worker's own files, the widget's script and frame, and nothing
/// inline except styles, which the widget sets.
#[must_use]
pub fn content_security_policy(settings: &Settings) -> String {
    let widget = script_origin(settings);
    format!(
        "default-src 'none'; script-src 'self' {widget}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: https:; font-src 'self' https: data:; \
         connect-src 'self' {widget} https://api.openai.com; frame-src {widget}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}

/// The first line of `/embed.js`: the configuration, so that the element can load the widget's script without another
/// request.
#[must_use]
pub fn embed_prelude(settings: &Settings) -> String {
    format!(
        "const CHATKIT_EDGE_CONFIG={};\n",
        to_json(&PublicConfig::of(settings))
    )
}

/// The `ETag` of `/embed.js`. It changes with its first line and with the file behind it.
#[must_use]
pub fn embed_tag(prelude: &str, file_tag: &str) -> String {
    let hash = Sha256::new().chain_update(prelude).chain_update(file_tag);
    let hash = Base64UrlUnpadded::encode_string(&hash.finalize());
    format!("W/\"{hash}\"")
}

/// Whether `If-None-Match` contains a tag, by weak comparison. `*` stands for whatever there is.
#[must_use]
pub fn etag_matches(if_none_match: &str, tag: &str) -> bool {
    if if_none_match.trim() == "*" {
        return true;
    }
    let opaque = |tag| str::strip_prefix(tag, "W/").unwrap_or(tag);
    if_none_match
        .split(',')
        .any(|candidate| opaque(candidate.trim()) == opaque(tag))
}

/// The value of `Link` for the demo page: the widget's script, if sessions can be created.
#[must_use]
pub fn preload(settings: &Settings) -> Option<String> {
    settings
        .sessions
        .is_ok()
        .then(|| format!("<{}>; rel=preload; as=script", settings.script_url))
}

/// A script's URL is checked when the settings are read, so it has an origin.
fn script_origin(settings: &Settings) -> String {
    url_origin::of_url(&settings.script_url).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(script: &str) -> Settings {
        Settings::read(|name| (name == "CHATKIT_JS_URL").then(|| script.to_owned()))
    }

    #[test]
    fn the_configuration_names_the_script_and_says_that_nothing_is_set_up() {
        let config: serde_json::Value =
            serde_json::to_value(PublicConfig::of(&settings(""))).unwrap();
        assert_eq!(config["configured"], false);
        assert_eq!(config["sandbox"], false);
        assert!(
            config["chatkit_js_url"]
                .as_str()
                .unwrap()
                .ends_with("/chatkit.js")
        );
    }

    #[test]
    fn the_prelude_contains_the_public_configuration() {
        let settings = settings("http://127.0.0.1:8788/chatkit.js");
        let prelude = embed_prelude(&settings);
        let json = prelude
            .strip_prefix("const CHATKIT_EDGE_CONFIG=")
            .and_then(|rest| rest.strip_suffix(";\n"))
            .unwrap();
        assert_eq!(json, to_json(&PublicConfig::of(&settings)));
        assert_eq!(preload(&settings), None, "nothing is set up");
    }

    #[test]
    fn the_tag_of_the_element_follows_the_settings_and_the_file() {
        let tag = embed_tag("settings", "\"file\"");
        assert_eq!(tag, embed_tag("settings", "\"file\""));
        assert_ne!(tag, embed_tag("others", "\"file\""));
        assert_ne!(tag, embed_tag("settings", "\"another\""));
        let strong = tag.trim_start_matches("W/");
        for header in [tag.as_str(), strong, &format!("\"x\", {tag}")] {
            assert!(etag_matches(header, &tag), "{header}");
        }
        assert!(etag_matches(" * ", &tag));
        for header in ["\"x\"", "\"*\"", "*, \"x\"", ""] {
            assert!(!etag_matches(header, &tag), "{header}");
        }
    }

    #[test]
    fn a_widget_from_this_machine_is_the_sandbox() {
        let settings = settings("http://127.0.0.1:8788/chatkit.js");
        assert!(to_json(&PublicConfig::of(&settings)).contains(r#""sandbox":true"#));
        let policy = content_security_policy(&settings);
        assert!(policy.contains("script-src 'self' http://127.0.0.1:8788;"));
    }
}
