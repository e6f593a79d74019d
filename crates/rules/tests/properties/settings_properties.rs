//! The settings, with any values of all variables.

use super::checks::check_settings::{NAMES, check, read};
use super::strategies::bytes;
use proptest::prelude::*;
use rules::settings::Settings;
use rules::settings::value::whole_number;
use std::collections::BTreeMap;

/// Texts that some variable accepts, and texts that none does.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => ".{0,20}",
        2 => "[0-9]{1,4}",
        1 => "(true|false|on|off|jwt|access|latest)",
        1 => "wf_[a-z]{1,4}(, ?wf_[a-z]{1,4})?",
        1 => "https?://(\\*\\.|localhost|u@)?[a-z.]{1,12}(:[0-9]{1,6})?(/[a-z.]{0,5}){0,2}",
        1 => "(sk-proj-)?[A-Za-z0-9]{20}",
    ]
}

fn all_of(texts: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(texts, NAMES.len())
        .prop_map(|texts| NAMES.iter().cloned().zip(texts).collect())
}

fn borrowed(variables: &[(String, String)]) -> BTreeMap<&str, &str> {
    variables
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_are_valid_settings_or_errors_that_name_the_variable(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_settings_are_valid_or_errors_that_name_the_variable(variables in all_of(text())) {
        read(&borrowed(&variables));
    }

    #[test]
    fn any_settings_with_the_required_ones_are_valid_or_errors_that_name_the_variable(
        mut variables in all_of(text()), keep in any::<u64>(),
    ) {
        // Set only a few at a time: otherwise almost every set would be invalid.
        for (at, (name, text)) in variables.iter_mut().enumerate() {
            match name.as_str() {
                "OPENAI_API_KEY" => *text = "sk-proj-0123456789abcdef".to_owned(),
                "OPENAI_CHATKIT_WORKFLOW_ID" => *text = "wf_1".to_owned(),
                _ if keep >> at & 3 != 0 => text.clear(),
                _ => {}
            }
        }
        read(&borrowed(&variables));
    }

    #[test]
    fn an_api_key_in_any_variable_is_never_shown(
        key in "sk-[A-Za-z0-9]{20,60}", at in any::<prop::sample::Index>(), own in any::<bool>(),
    ) {
        let name = NAMES.iter().nth(at.index(NAMES.len())).expect("a variable");
        let mut variables = BTreeMap::from([(name.as_str(), key.as_str())]);
        if own {
            variables.insert("OPENAI_API_KEY", &key);
        }
        read(&variables);
    }

    #[test]
    fn a_password_in_a_url_is_not_quoted_in_an_error(
        password in "[A-Za-z0-9]{8,20}", at in any::<prop::sample::Index>(),
    ) {
        let name = NAMES.iter().nth(at.index(NAMES.len())).expect("a variable");
        let address = format!("https://me:{password}@proxy.example/v1");
        let settings = Settings::read(|asked| (asked == name).then(|| address.clone()));
        let errors = settings.backend.expect_err("one at most is set");
        for error in errors {
            prop_assert!(!error.for_owner().contains(&password), "{}", error);
        }
    }

    #[test]
    fn sign_in_settings_are_complete_or_rejected(
        access in any::<bool>(), secret in any::<bool>(), url in any::<bool>(), issuer in any::<bool>(),
        audience in any::<bool>(),
    ) {
        let variables = [
            ("OPENAI_API_KEY", "sk-test", true),
            ("OPENAI_CHATKIT_WORKFLOW_ID", "wf_1", true),
            ("AUTH", if access { "access" } else { "jwt" }, true),
            ("AUTH_JWT_SECRET", "jwt-0123456789abcdef0123456789ab", secret),
            ("AUTH_JWKS_URL", "https://site.example/keys", url),
            ("AUTH_ISSUER", "https://site.example", issuer),
            ("AUTH_AUDIENCE", "chat", audience),
        ];
        let set = variables.into_iter().filter(|(.., is_set)| *is_set);
        let variables = set.map(|(name, text, _)| (name, text)).collect();
        read(&variables);
        let read = Settings::read(|name| variables.get(name).map(|text| (*text).to_owned()));
        let whole = if access || (url && !secret) { issuer && audience } else { secret && !url };
        prop_assert_eq!(read.backend.is_ok(), whole);
    }

    #[test]
    fn a_number_is_accepted_only_within_its_bounds(
        number in any::<u64>(), least in 0u64..9, most in 9u64.., zeros in 0usize..3,
    ) {
        let text = format!("{}{number}", "0".repeat(zeros));
        let expected = (least..=most).contains(&number).then_some(number);
        prop_assert_eq!(whole_number(&text, least, most).ok(), expected);
        for other in [format!("-{text}"), format!("{text}.0"), format!(" {text}")] {
            prop_assert!(whole_number(&other, least, most).is_err());
        }
    }
}

#[test]
fn variables_that_depend_on_others_are_in_the_list_too() {
    // `NAMES` are the variables that are looked up when none is set. Setting one must not cause a look-up of others.
    for (auth, secret) in [
        ("jwt", "AUTH_JWT_SECRET"),
        ("jwt", "AUTH_JWKS_URL"),
        ("access", "AUTH_ISSUER"),
    ] {
        let _ = Settings::read(|name| {
            assert!(NAMES.contains(name), "{name}");
            match name {
                "AUTH" => Some(auth.to_owned()),
                "OPENAI_API_KEY" => Some("sk-test".to_owned()),
                _ if name == secret => Some("https://a.example".to_owned()),
                _ => None,
            }
        });
    }
}
