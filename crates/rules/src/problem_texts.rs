//! One row for each error: its status, its code, its text, and whether trying again can help.

use crate::error::{AnswerError, AuthError, ChatServerError, Error, OpenAiError, SettingError};
use crate::problem::Problem;

/// When to try again while the daily limit cannot be checked.
const UNKNOWN_LIMIT_RETRY_SECONDS: u64 = 60;

/// The status of a failure within a stream, whose status was sent before.
const IN_STREAM: u16 = 200;

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let problem = match error {
            Error::InvalidJson => plain(
                400,
                "invalid_json",
                "The body is not JSON",
                "The body is not valid JSON. Send a JSON object, or no body at all.",
            ),
            Error::InvalidRequest { field, expected } => row(
                400,
                "invalid_request",
                "The request is not valid",
                format!("{field} must be {expected}."),
            ),
            Error::IdentityRequired(reason) => plain(
                401,
                "identity_required",
                "The user is not known",
                identity_detail(*reason),
            ),
            Error::KeysUnavailable { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    503,
                    "keys_unavailable",
                    "The signing keys are not available",
                    "The signing keys could not be fetched from AUTH_JWKS_URL. Try again in a moment.",
                )
            },
            Error::OriginNotAllowed(origin) => row(
                403,
                "origin_not_allowed",
                "The origin is not allowed",
                origin_detail(origin),
            ),
            Error::WorkflowNotAllowed => plain(
                403,
                "workflow_not_allowed",
                "The workflow is not allowed",
                "This workflow is not one of those in OPENAI_CHATKIT_WORKFLOW_ID.",
            ),
            Error::NotFound => plain(
                404,
                "not_found",
                "Not found",
                "There is nothing at this address.",
            ),
            Error::MethodNotAllowed { allow } => Problem {
                allow: Some(allow),
                ..row(
                    405,
                    "method_not_allowed",
                    "The method is not allowed",
                    format!("Allowed methods: {allow}."),
                )
            },
            Error::WrongBackend { active, instead } => row(
                409,
                "wrong_backend",
                "Another backend is active",
                format!("BACKEND is {active}, which has no such endpoint. Use {instead} instead."),
            ),
            Error::PayloadTooLarge { most } => row(
                413,
                "payload_too_large",
                "The body is too large",
                format!("The body is larger than {most}."),
            ),
            Error::RateLimited { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "rate_limited",
                    "Too many requests",
                    "Too many requests. Wait a minute and try again.",
                )
            },
            Error::DailyLimitReached { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "No more sessions can start today. The next day begins at 00:00 UTC.",
                )
            },
            Error::DailyLimitUnknown => Problem {
                retry_after: Some(UNKNOWN_LIMIT_RETRY_SECONDS),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "The daily limit could not be checked, so no session starts. Try again in a minute.",
                )
            },
            Error::DailyEventsReached { retry_after } => Problem {
                retry_after: Some(*retry_after),
                ..plain(
                    429,
                    "daily_limit_reached",
                    "The daily limit is reached",
                    "No more events are stored today. The next day begins at 00:00 UTC.",
                )
            },
            Error::NotConfigured(errors) => row(
                500,
                "not_configured",
                "The Worker is not configured",
                sentences(errors),
            ),
            Error::OpenAi(error) => Self::from(*error),
            Error::ChatServer(error) => Self::from(*error),
            Error::Answer(error) => Self::from(*error),
            Error::InStream(error) => Self::from(&**error),
            Error::WithDetail { error, detail } => Self {
                detail: detail.clone(),
                ..Self::from(&**error)
            },
            Error::Internal => plain(
                500,
                "internal",
                "Internal error",
                "Something went wrong in the Worker. Look up this request id in its log.",
            ),
        };
        match error {
            Error::KeysUnavailable { .. }
            | Error::RateLimited { .. }
            | Error::DailyLimitUnknown
            | Error::Internal => problem.with_retry(true),
            _ => problem,
        }
    }
}

impl From<OpenAiError> for Problem {
    fn from(error: OpenAiError) -> Self {
        let problem = match error {
            OpenAiError::KeyRejected => plain(
                502,
                "openai_key_rejected",
                "OpenAI rejected the API key",
                "Invalid API key: OpenAI does not accept OPENAI_API_KEY.",
            ),
            OpenAiError::BetaUnavailable => plain(
                502,
                "openai_key_rejected",
                "OpenAI rejected the API key",
                "Beta feature not available: this OPENAI_API_KEY may not use ChatKit.",
            ),
            OpenAiError::WorkflowNotFound => plain(
                502,
                "workflow_not_found",
                "OpenAI does not know the workflow",
                "Workflow not found: the API key and the workflow must belong to the same OpenAI project, and the workflow must be published.",
            ),
            OpenAiError::ModelNotFound => plain(
                502,
                "model_not_found",
                "OpenAI does not know the model",
                "Model not found: the agent's model does not exist, or the API key may not use it.",
            ),
            OpenAiError::Rejected(status) => row(
                502,
                "openai_rejected",
                "OpenAI rejected the request",
                format!("OpenAI rejected the request with status {status}."),
            ),
            OpenAiError::RateLimited { retry_after } => Problem {
                retry_after,
                ..plain(
                    429,
                    "openai_rate_limited",
                    "OpenAI limits the rate",
                    "OpenAI is limiting the requests of this account. Try again later.",
                )
            },
            OpenAiError::Unavailable => plain(
                502,
                "openai_unavailable",
                "OpenAI is not available",
                "OpenAI could not be reached or had an error. Try again in a moment.",
            ),
            OpenAiError::BadResponse => plain(
                502,
                "openai_bad_response",
                "OpenAI's response is not usable",
                "OpenAI's response is not usable. Check that OPENAI_BASE_URL is the address of the API.",
            ),
            OpenAiError::NoApi => plain(
                502,
                "openai_bad_response",
                "OpenAI's response is not usable",
                "There is no ChatKit API at OPENAI_BASE_URL. Check the address: OpenAI's ends in /v1, as https://api.openai.com/v1 does.",
            ),
            OpenAiError::Timeout => plain(
                504,
                "openai_timeout",
                "OpenAI timed out",
                "OpenAI did not respond in time. Try again in a moment.",
            ),
            OpenAiError::Aborted => plain(
                499,
                "client_gone",
                "The client disconnected",
                "The client disconnected before there was a response.",
            ),
        };
        let is_transient = matches!(
            error,
            OpenAiError::RateLimited { .. }
                | OpenAiError::Unavailable
                | OpenAiError::BadResponse
                | OpenAiError::Timeout
                | OpenAiError::Aborted
        );
        problem.with_retry(is_transient)
    }
}

impl From<ChatServerError> for Problem {
    fn from(error: ChatServerError) -> Self {
        let problem = match error {
            ChatServerError::Rejected(status) => row(
                502,
                "openai_rejected",
                "The ChatKit server rejected the request",
                format!("The ChatKit server rejected the request with status {status}."),
            ),
            ChatServerError::RateLimited { retry_after } => Problem {
                retry_after,
                ..plain(
                    429,
                    "openai_rate_limited",
                    "The ChatKit server limits the rate",
                    "The ChatKit server is limiting requests. Try again later.",
                )
            },
            ChatServerError::Unavailable => plain(
                502,
                "openai_unavailable",
                "The ChatKit server is not available",
                "The ChatKit server could not be reached or had an error. Try again in a moment.",
            ),
            ChatServerError::BadResponse => plain(
                502,
                "openai_bad_response",
                "The ChatKit server's response is not usable",
                "The ChatKit server's response is not usable. Check that CHATKIT_SERVER_URL is its address.",
            ),
            ChatServerError::Timeout => plain(
                504,
                "openai_timeout",
                "The ChatKit server timed out",
                "The ChatKit server did not respond in time. Try again in a moment.",
            ),
        };
        problem.with_retry(!matches!(error, ChatServerError::Rejected(_)))
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Interrupted => plain(
                IN_STREAM,
                "answer_interrupted",
                "The answer broke off",
                "The answer broke off before its end. Try again.",
            )
            .with_retry(true),
            AnswerError::Filtered => plain(
                IN_STREAM,
                "answer_filtered",
                "The answer was filtered",
                "The content filter stopped the answer. Ask in other words.",
            ),
            AnswerError::ContextTooLong => plain(
                IN_STREAM,
                "context_too_long",
                "The chat is too long",
                "This chat is too long for the model. Start a new chat.",
            ),
            AnswerError::ThreadBusy => plain(
                IN_STREAM,
                "thread_busy",
                "The chat is still answering",
                "This chat is still answering. Wait for the answer or stop it, then send the message again.",
            )
            .with_retry(true),
        }
    }
}

fn origin_detail(origin: &str) -> String {
    if origin == "null" {
        // Local files, sandboxed frames, and no-cors requests of pages that hide their address.
        return "The request states no origin (Origin: null), so it may not use this Worker. Open the page over https."
            .to_owned();
    }
    format!("The origin {origin} may not use this Worker. The owner can add it to ALLOWED_ORIGINS.")
}

fn identity_detail(error: AuthError) -> &'static str {
    match error {
        AuthError::NoVisitor => {
            "Nothing in the request proves who the visitor is. Send it with credentials: 'include'."
        }
        AuthError::NoRefreshProof => {
            "The refresh has neither the visitor's cookie nor the old client secret. \
             Send it with credentials: 'include', or send currentClientSecret."
        }
        AuthError::SecretRefused => {
            "The client secret does not prove this refresh: it is unknown, cancelled, expired or already exchanged, \
             or the page's origin is not in ALLOWED_ORIGINS. Start a new session."
        }
        AuthError::NotAdmin => {
            "This address requires the header Authorization: Bearer ADMIN_TOKEN."
        }
        AuthError::NotProxy => {
            "The request names a user, and its X-ChatKit-Proxy-Secret is missing or is not PROXY_SECRET."
        }
        AuthError::NoToken => "The request has no token. Sign in first.",
        AuthError::Malformed => "The token is not a signed JSON web token.",
        AuthError::WrongAlgorithm => {
            "The token is signed with another algorithm than its key is for."
        }
        AuthError::UnknownKey => "The token is signed with an unknown key.",
        AuthError::BadSignature => "The token's signature is not valid.",
        AuthError::Expired => "The token has expired. Sign in again.",
        AuthError::NotYetValid => "The token is not valid yet.",
        AuthError::WrongIssuer => "The token is not from the expected issuer.",
        AuthError::WrongAudience => "The token is not for the expected audience.",
        AuthError::NoSubject => "The token has no subject of 1 to 512 characters.",
    }
}

fn plain(status: u16, code: &'static str, title: &'static str, detail: &'static str) -> Problem {
    row(status, code, title, detail.to_owned())
}

fn row(status: u16, code: &'static str, title: &'static str, detail: String) -> Problem {
    Problem {
        status,
        code,
        title,
        detail,
        retry_after: None,
        allow: None,
        allow_retry: false,
    }
}

fn sentences(errors: &[SettingError]) -> String {
    let sentences: Vec<String> = errors.iter().map(SettingError::to_string).collect();
    sentences.join(" ")
}
