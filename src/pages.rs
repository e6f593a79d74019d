//! Static files, which the platform serves, and the demo page with the policy it needs.

use broker::page;
use broker::route::Route;
use broker::settings::Settings;
use worker::{Env, Headers, Request, Response, Result};

/// The binding of the files in `public/`.
const ASSETS: &str = "ASSETS";

/// Serves a file. The demo page's `Content-Security-Policy` names the script's origin, a setting.
pub async fn serve(
    route: Route,
    request: Request,
    env: &Env,
    settings: &Settings,
) -> Result<Response> {
    let file = env.assets(ASSETS)?.fetch_request(request).await?;
    if route != Route::Page {
        return Ok(file);
    }
    let headers = Headers::new();
    for (name, value) in file.headers().entries() {
        headers.append(&name, &value)?;
    }
    headers.set(
        "Content-Security-Policy",
        &page::content_security_policy(settings),
    )?;
    Ok(file.with_headers(headers))
}
