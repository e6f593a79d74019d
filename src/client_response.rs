//! Turns an answer of the rules into a response of the runtime.

use crate::runtime;
use rules::http::response::Response;
use serde::Serialize;
use wasm_bindgen::JsCast;

/// The response that says what the answer says.
pub fn response(answer: &Response) -> runtime::Result<web_sys::Response> {
    #[derive(Serialize)]
    struct Options<'a> {
        status: u16,
        #[serde(serialize_with = "runtime::headers_object")]
        headers: &'a [(&'static str, String)],
    }
    let options = runtime::object(&Options {
        status: answer.status,
        headers: answer.headers.all(),
    })?;
    web_sys::Response::new_with_opt_str_and_init(answer.body.as_deref(), options.unchecked_ref())
}
