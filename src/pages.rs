//! Static files, which the platform serves, and the two that need something of the settings.

use crate::client_request::ClientRequest;
use crate::client_response;
use crate::request_context::RequestContext;
use crate::runtime::{self, Fetcher, Result, failure};
use js_sys::futures::JsFuture;
use rules::http::response::{Headers, Response};
use rules::public_config;
use rules::router::Route;
use rules::settings::Settings;

/// The binding of the files in `public/`.
const ASSETS: &str = "ASSETS";

/// How long a browser may keep `/embed.js`: as long as what `/api/chatkit/config` says, and a while longer
/// while it asks again.
const EMBED_CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

/// Serves a file.
pub async fn serve(
    route: Route,
    request: &ClientRequest,
    ctx: &RequestContext,
) -> Result<web_sys::Response> {
    let files = runtime::binding::<Fetcher>(&ctx.env, ASSETS)
        .ok_or_else(|| failure("ASSETS is not bound"))?;
    match route {
        Route::Page => page(&files, request, &ctx.settings).await,
        Route::Embed => embed(&files, request, &ctx.settings).await,
        _ => runtime::pass_on(&files, &request.request).await,
    }
}

/// The demo page. Its `Content-Security-Policy` names the script's origin, a setting, and its `Link` has the
/// browser load that script beside the page's own.
async fn page(
    files: &Fetcher,
    request: &ClientRequest,
    settings: &Settings,
) -> Result<web_sys::Response> {
    let file = runtime::pass_on(files, &request.request).await?;
    let page = runtime::copy(&file)?;
    let headers = page.headers();
    headers.set(
        "Content-Security-Policy",
        &public_config::content_security_policy(settings),
    )?;
    if let Some(link) = public_config::preload(settings) {
        headers.set("Link", &link)?;
    }
    Ok(page)
}

/// The element, with what a page may know in front of it. The file is asked for without the request's
/// conditions: it may be unchanged while the settings are not.
async fn embed(
    files: &Fetcher,
    request: &ClientRequest,
    settings: &Settings,
) -> Result<web_sys::Response> {
    let file = runtime::get_file(files, &request.request.url(), &request.method).await?;
    if file.status() != 200 {
        return Ok(file);
    }
    let mut script = public_config::embed_prelude(settings);
    let file_tag = file.headers().get("ETag")?.unwrap_or_default();
    let tag = public_config::embed_tag(&script, &file_tag);
    let held = request.header("If-None-Match");
    let etag_matches = held.is_some_and(|held| public_config::etag_matches(&held, &tag));
    if !etag_matches {
        let text = JsFuture::from(file.text()?).await?;
        script.push_str(&text.as_string().unwrap_or_default());
    }
    let mut headers = Headers::default();
    headers.set("ETag", tag);
    headers.set("Content-Type", "text/javascript; charset=utf-8");
    headers.set("Cache-Control", EMBED_CACHE);
    headers.set("X-Content-Type-Options", "nosniff");
    // A module script is loaded with CORS; it holds nothing that is not public.
    headers.set("Access-Control-Allow-Origin", "*");
    headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    client_response::response(&Response {
        status: if etag_matches { 304 } else { 200 },
        headers,
        body: (!etag_matches).then_some(script),
    })
}
