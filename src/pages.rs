//! Static files, which the platform serves, and the two that need something of the settings.

use crate::incoming::Incoming;
use crate::outgoing;
use crate::runtime::{self, Fetcher, Result, failure};
use crate::scope::Scope;
use broker::answer::{Answer, Headers};
use broker::page;
use broker::route::Route;
use broker::settings::Settings;
use js_sys::futures::JsFuture;
use web_sys::Response;

/// The binding of the files in `public/`.
const ASSETS: &str = "ASSETS";

/// How long a browser may keep `/embed.js`: as long as what `/api/chatkit/config` says, and a while longer
/// while it asks again.
const EMBED_CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

/// Serves a file.
pub async fn serve(route: Route, incoming: &Incoming, scope: &Scope) -> Result<Response> {
    let files = runtime::binding::<Fetcher>(&scope.env, ASSETS)
        .ok_or_else(|| failure("ASSETS is not bound"))?;
    match route {
        Route::Page => page(&files, incoming, &scope.settings).await,
        Route::Embed => embed(&files, incoming, &scope.settings).await,
        _ => runtime::pass_on(&files, &incoming.request).await,
    }
}

/// The demo page. Its `Content-Security-Policy` names the script's origin, a setting, and its `Link` has the
/// browser load that script beside the page's own.
async fn page(files: &Fetcher, incoming: &Incoming, settings: &Settings) -> Result<Response> {
    let file = runtime::pass_on(files, &incoming.request).await?;
    let page = runtime::copy(&file)?;
    let headers = page.headers();
    headers.set(
        "Content-Security-Policy",
        &page::content_security_policy(settings),
    )?;
    if let Some(link) = page::preload(settings) {
        headers.set("Link", &link)?;
    }
    Ok(page)
}

/// The element, with what a page may know in front of it. The file is asked for without the request's
/// conditions: it may be unchanged while the settings are not.
async fn embed(files: &Fetcher, incoming: &Incoming, settings: &Settings) -> Result<Response> {
    let file = runtime::get_file(files, &incoming.request.url(), &incoming.method).await?;
    if file.status() != 200 {
        return Ok(file);
    }
    let mut script = page::embed_prelude(settings);
    let file_tag = file.headers().get("ETag")?.unwrap_or_default();
    let tag = page::embed_tag(&script, &file_tag);
    let held = incoming.header("If-None-Match");
    let is_held = held.is_some_and(|held| page::is_held(&held, &tag));
    if !is_held {
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
    outgoing::response(&Answer {
        status: if is_held { 304 } else { 200 },
        headers,
        body: (!is_held).then_some(script),
    })
}
