//! What a failure of the model means for the answer.

use crate::error::{AnswerError, Error, OpenAiError};
use chatkit::responses::Terminal;
use serde::Deserialize;

/// The codes of a failure that no retry can help.
const FILTERED: [&str; 5] = [
    "content_filter",
    "content_policy_violation",
    "invalid_prompt",
    "bio_policy",
    "misalignment_policy_violation",
];

/// What a status other than 2xx means, by its status and its body.
///
/// A 404 is about the model only if it is OpenAI's error: a gateway's 404, and OpenAI's own for an unknown address, mean that
/// there is no Responses API at this address.
#[must_use]
pub fn of_response(status: u16, retry_after_ms: Option<u64>, body: &[u8]) -> Error {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        error: Option<Detail>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Detail {
        code: Option<String>,
        message: Option<String>,
    }
    let detail = serde_json::from_slice::<Body>(body)
        .ok()
        .and_then(|body| body.error);
    let code = detail.as_ref().and_then(|detail| detail.code.as_deref());
    if let Some(error) = code.and_then(of_known_code) {
        return error;
    }
    let is_about_the_model = detail
        .as_ref()
        .and_then(|detail| detail.message.as_deref())
        .is_some_and(|message| !message.starts_with("Invalid URL"));
    match status {
        401 | 403 => OpenAiError::KeyRejected.into(),
        404 if is_about_the_model => OpenAiError::ModelNotFound.into(),
        404 | 405 => OpenAiError::NoApi.into(),
        429 => OpenAiError::RateLimited {
            retry_after: retry_after_ms.map(|ms| ms.div_ceil(1000)),
        }
        .into(),
        400..=499 => OpenAiError::Rejected(status).into(),
        500..=599 => OpenAiError::Unavailable.into(),
        _ => OpenAiError::BadResponse.into(),
    }
}

/// What the end of a response means; `None` if the answer is good, cut off at its maximum length included.
#[must_use]
pub fn of_terminal(terminal: &Terminal) -> Option<Error> {
    match terminal {
        Terminal::Completed => None,
        Terminal::Incomplete(reason) => {
            (reason == "content_filter").then(|| AnswerError::Filtered.into())
        }
        Terminal::Failed { code } => {
            let known = code.as_deref().and_then(of_known_code);
            Some(known.unwrap_or_else(|| OpenAiError::Unavailable.into()))
        }
    }
}

fn of_known_code(code: &str) -> Option<Error> {
    Some(match code {
        "context_length_exceeded" => AnswerError::ContextTooLong.into(),
        "model_not_found" => OpenAiError::ModelNotFound.into(),
        "rate_limit_exceeded" => OpenAiError::RateLimited { retry_after: None }.into(),
        code if FILTERED.contains(&code) => AnswerError::Filtered.into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_response_has_one_meaning() {
        let about_the_model =
            br#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#;
        let too_long = br#"{"error":{"message":"m","code":"context_length_exceeded"}}"#;
        for (status, body, expected) in [
            (401, &b"{}"[..], OpenAiError::KeyRejected.into()),
            (403, b"", OpenAiError::KeyRejected.into()),
            (404, about_the_model, OpenAiError::ModelNotFound.into()),
            (
                404,
                br#"{"error":{"message":"The model"}}"#,
                OpenAiError::ModelNotFound.into(),
            ),
            (
                404,
                br#"{"error":{"message":"Invalid URL (POST /responses)"}}"#,
                OpenAiError::NoApi.into(),
            ),
            (404, b"<html>", OpenAiError::NoApi.into()),
            (400, too_long, AnswerError::ContextTooLong.into()),
            (400, b"{}", OpenAiError::Rejected(400).into()),
            (503, b"", OpenAiError::Unavailable.into()),
            (302, b"", OpenAiError::BadResponse.into()),
        ] {
            assert_eq!(of_response(status, None, body), expected, "{status}");
        }
        let limited = of_response(429, Some(1_500), b"");
        assert_eq!(
            limited,
            OpenAiError::RateLimited {
                retry_after: Some(2)
            }
            .into()
        );
    }

    #[test]
    fn an_answer_at_its_maximum_length_has_not_failed() {
        assert_eq!(of_terminal(&Terminal::Completed), None);
        assert_eq!(
            of_terminal(&Terminal::Incomplete("max_output_tokens".to_owned())),
            None
        );
        let filtered = of_terminal(&Terminal::Incomplete("content_filter".to_owned()));
        assert_eq!(filtered, Some(AnswerError::Filtered.into()));
        let failed = |code: Option<&str>| {
            of_terminal(&Terminal::Failed {
                code: code.map(str::to_owned),
            })
        };
        assert_eq!(failed(None), Some(OpenAiError::Unavailable.into()));
        assert_eq!(
            failed(Some("bio_policy")),
            Some(AnswerError::Filtered.into())
        );
    }
}
