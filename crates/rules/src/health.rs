//! `GET /health`: whether the Worker is up.

use crate::http::response::Response;
use serde::Serialize;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// The response.
#[must_use]
pub fn response() -> Response {
    Response::json(&Health {
        status: "healthy",
        version: env!("CARGO_PKG_VERSION"),
    })
}
