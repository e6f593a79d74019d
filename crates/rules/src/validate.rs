//! Which texts may be names, users and header values.

/// A workflow's id: `wf_` and 1 to 128 letters, digits, `_` or `-`.
#[must_use]
pub fn is_workflow_id(text: &str) -> bool {
    text.strip_prefix("wf_")
        .is_some_and(|rest| is_name(rest, 128))
}

/// A name of 1 to `most` ASCII letters, digits, `_` or `-`.
#[must_use]
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// A `user` for OpenAI: 1 to 512 characters, none of them a control character.
#[must_use]
pub fn is_user(text: &str) -> bool {
    (1..=512).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// The name of an HTTP header: a token of RFC 9110, up to 128 characters.
#[must_use]
pub fn is_header_name(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_token_byte)
}

/// A text that may stand in an HTTP header unchanged: 1 to `most` visible ASCII characters.
#[must_use]
pub fn is_header_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
