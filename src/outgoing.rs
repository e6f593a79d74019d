//! Turns an answer of the rules into a response of the runtime.

use broker::answer::Answer;
use worker::{Headers, Response, ResponseBody, Result};

/// The response that says what the answer says.
pub fn response(answer: Answer) -> Result<Response> {
    let headers = Headers::new();
    for (name, value) in answer.headers.iter() {
        // Appended, because `Set-Cookie` and `Vary` may come more than once.
        headers.append(name, value)?;
    }
    let body = answer.body.map_or(ResponseBody::Empty, |text| {
        ResponseBody::Body(text.into_bytes())
    });
    Ok(Response::from_body(body)?
        .with_status(answer.status)
        .with_headers(headers))
}
