//! OpenAI's responses, and what is logged of them.

use super::checks::check_openai::check;
use super::checks::check_redacted;
use super::strategies::{around, bytes, json_with};
use proptest::prelude::*;
use rules::error::OpenAiError;
use rules::hosted::openai_response::{error_of_status, parse_session};
use rules::hosted::retry::{Outcome, RetryHeaders, delay};
use rules::problem::Problem;
use rules::redact::redact;
use rules::secret::Secret;
use serde_json::json;

const NAMES: [&str; 6] = [
    "client_secret",
    "expires_at",
    "id",
    "error",
    "message",
    "status",
];
const VALUES: [&str; 4] = [
    "ek_1",
    "1735689600",
    "cksess_1",
    "Incorrect API key: sk-proj-****c2Fg",
];

/// OpenAI's keys, and those of servers with a compatible API.
fn key() -> impl Strategy<Value = String> {
    prop_oneof!["sk-proj-[A-Za-z0-9_-]{20,60}", "[A-Za-z0-9_-]{20,60}"]
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_as_a_session_or_an_error(bytes in bytes()) {
        check(&bytes);
    }

    #[test]
    fn any_json_is_parsed_as_a_session_or_an_error(answer in json_with(&NAMES, &VALUES)) {
        check(answer.to_string().as_bytes());
        check(json!({"client_secret": "ek_1", "expires_at": answer}).to_string().as_bytes());
        check(json!({"error": {"message": answer}}).to_string().as_bytes());
    }

    #[test]
    fn a_session_is_parsed_whatever_other_fields_the_response_has(
        secret in ".{1,40}", ends in 0u64..253_402_300_800, as_text in any::<bool>(), more in json_with(&NAMES, &VALUES),
    ) {
        let ends_at = if as_text { json!(ends.to_string()) } else { json!(ends) };
        let answer = json!({"client_secret": secret, "expires_at": ends_at, "user": more, "new": [more]});
        let session = parse_session(answer.to_string().as_bytes(), None, 0).expect("a session");
        prop_assert_eq!(session.client_secret.expose(), &secret);
        prop_assert_eq!(session.expires_at, ends);
    }

    #[test]
    fn a_truncated_response_is_rejected(secret in "[a-z0-9_]{1,40}", at in any::<prop::sample::Index>()) {
        let answer = json!({"client_secret": secret, "expires_at": 1}).to_string();
        let cut = answer.get(..at.index(answer.len())).expect("ASCII");
        prop_assert_eq!(parse_session(cut.as_bytes(), None, 0), Err(OpenAiError::BadResponse));
    }

    #[test]
    fn no_retry_is_delayed_beyond_the_deadline(
        should in "(true|false|.{0,6})", ms in "(-?[0-9.]{1,12}|.{0,12})",
        after in prop_oneof![".{0,30}", "[0-9]{1,12}", "[A-Z][a-z]{2}, [0-3][0-9] (Jan|Nov) [0-9]{4} [0-2][0-9]:00:00 GMT"],
        status in any::<u16>(), attempts in 1u32..9, jitter in any::<u8>(), left in 0u64..60_000,
    ) {
        check(format!("{should}\n{ms}\n{after}").as_bytes());
        let advice = RetryHeaders::read(Some(&should), Some(&ms), Some(&after), 0);
        if let Some(pause) = delay(Outcome::Status(status), advice, attempts, jitter, left) {
            prop_assert!(pause < left && attempts <= 2);
        }
    }

    #[test]
    fn retry_after_is_parsed_as_seconds_milliseconds_or_a_date_up_to_a_day(
        seconds in 0u32..100_000, now in 0u64..4_000_000_000,
    ) {
        let (now_ms, ms) = (now * 1_000, u64::from(seconds) * 1_000);
        let date = std::time::UNIX_EPOCH + std::time::Duration::from_secs(now + u64::from(seconds));
        let date = httpdate::fmt_http_date(date);
        for (in_ms, after) in [(Some(ms.to_string()), "9".to_owned()), (None, seconds.to_string()), (None, date)] {
            let advice = RetryHeaders::read(None, in_ms.as_deref(), Some(&after), now_ms);
            prop_assert_eq!(advice.retry_after_ms, Some(ms.min(86_400_000)), "{}", after);
        }
    }

    #[test]
    fn every_status_becomes_one_of_our_problems(status in any::<u16>(), wait in prop::option::of(0u64..1 << 50)) {
        let problem = Problem::from(error_of_status(status, wait));
        prop_assert!(matches!(problem.status, 429 | 502 | 504));
        prop_assert_eq!(problem.status == 429, status == 429);
        prop_assert!(problem.code.starts_with("openai_") || problem.code == "workflow_not_found");
    }

    #[test]
    fn no_piece_of_the_api_key_remains_after_redaction(
        key in key(), before in ".{0,40}", from in 0usize..12, length in 8usize..20, after in ".{0,40}",
    ) {
        let piece = key.get(from..(from + length).min(key.len())).expect("ASCII");
        check_redacted::redacted(&format!("{before}{piece}{after}"), &key);
        // A control character hides the key from a naive search, not from a reader.
        let (one, two) = piece.split_at(4);
        check_redacted::redacted(&format!("{before}{one}\u{0}{two}{after}"), &key);
        let far = format!("{} {}", "x".repeat(from * 60), piece);
        check_redacted::redacted(&far, &key);
        check_redacted::redacted(&far.replace(' ', ""), &key);
    }

    #[test]
    fn no_client_secret_remains_after_redaction((text, secret) in around("ek_[A-Za-z0-9_]{8,60}")) {
        for key in [None, Some(Secret::new("sk-test"))] {
            let said = redact(&text, key.as_ref());
            check_redacted::is_clean(&said);
            prop_assert!(!said.contains(&secret[3..]), "{}", said);
        }
    }

    #[test]
    fn a_text_without_secrets_is_logged_unchanged(words in prop::collection::vec("[a-z]{1,4}", 0..20)) {
        let text = words.join(" ");
        prop_assert_eq!(redact(&text, Some(&Secret::new("sk-0123456789"))), text);
    }
}
