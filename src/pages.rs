//! Static files, which the platform serves, and the two that need something of the settings.

use broker::page;
use broker::route::Route;
use broker::settings::Settings;
use worker::{Env, Headers, Request, RequestInit, Response, Result};

/// The binding of the files in `public/`.
const ASSETS: &str = "ASSETS";

/// How long a browser may keep `/embed.js`: as long as what `/api/chatkit/config` says, and a while longer
/// while it asks again.
const EMBED_CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

/// Serves a file.
pub async fn serve(
    route: Route,
    request: Request,
    env: &Env,
    settings: &Settings,
) -> Result<Response> {
    match route {
        Route::Page => page(request, env, settings).await,
        Route::Embed => embed(&request, env, settings).await,
        _ => env.assets(ASSETS)?.fetch_request(request).await,
    }
}

/// The demo page. Its `Content-Security-Policy` names the script's origin, a setting, and its `Link` has the
/// browser load that script beside the page's own.
async fn page(request: Request, env: &Env, settings: &Settings) -> Result<Response> {
    let file = env.assets(ASSETS)?.fetch_request(request).await?;
    let headers = Headers::new();
    for (name, value) in file.headers().entries() {
        headers.append(&name, &value)?;
    }
    headers.set(
        "Content-Security-Policy",
        &page::content_security_policy(settings),
    )?;
    if let Some(link) = page::preload(settings) {
        headers.set("Link", &link)?;
    }
    Ok(file.with_headers(headers))
}

/// The element, with what a page may know in front of it. The file is asked for without the request's
/// conditions: it may be unchanged while the settings are not.
async fn embed(request: &Request, env: &Env, settings: &Settings) -> Result<Response> {
    let mut init = RequestInit::new();
    init.with_method(request.method());
    let plain = Request::new_with_init(&request.inner().url(), &init)?;
    let mut file = env.assets(ASSETS)?.fetch_request(plain).await?;
    if file.status_code() != 200 {
        return Ok(file);
    }
    let mut script = page::embed_prelude(settings);
    script.push_str(&file.text().await?);
    let headers = Headers::new();
    headers.set("Content-Type", "text/javascript; charset=utf-8")?;
    headers.set("Cache-Control", EMBED_CACHE)?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    // A module script is loaded with CORS; it holds nothing that is not public.
    headers.set("Access-Control-Allow-Origin", "*")?;
    headers.set("Cross-Origin-Resource-Policy", "cross-origin")?;
    Ok(Response::ok(script)?.with_headers(headers))
}
