//! Static files, which the platform serves, and the two whose response depends on the settings.

use crate::runtime::Runtime;
use crate::runtime::bindings::{self, Assets, Result};
use js_sys::futures::JsFuture;
use rules::context::Context;
use rules::http::response::{Headers, Response};
use rules::platform::Client;
use rules::public_config;
use rules::router::Route;
use wasm_bindgen::{JsCast, JsValue};

/// The binding of the files in `public/`.
const ASSETS: &str = "ASSETS";

/// How long a browser may cache `/embed.js`: as long as `/api/chatkit/config`, and longer while it revalidates.
const EMBED_CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

/// Serves a file.
pub async fn serve(route: Route, ctx: &Context<'_, Runtime>) -> Result<web_sys::Response> {
    let files: Assets = bindings::get_binding(&ctx.platform.env, ASSETS)
        .ok_or_else(|| JsValue::from_str("ASSETS is not bound"))?
        .unchecked_into();
    match route {
        Route::DemoPage => demo_page(&files, ctx).await,
        Route::EmbedScript => embed_script(&files, ctx).await,
        _ => files.pass_on(&ctx.platform.request).await,
    }
}

/// The demo page. Its `Content-Security-Policy` names the origin of the widget's script, which is a setting, and its `Link`
/// makes the browser load that script in parallel.
async fn demo_page(files: &Assets, ctx: &Context<'_, Runtime>) -> Result<web_sys::Response> {
    let file = files.pass_on(&ctx.platform.request).await?;
    let page = bindings::with_mutable_headers(&file)?;
    let headers = page.headers();
    headers.set(
        "Content-Security-Policy",
        &public_config::content_security_policy(ctx.settings()),
    )?;
    if let Some(link) = public_config::preload(ctx.settings()) {
        headers.set("Link", &link)?;
    }
    Ok(page)
}

/// The element, after a first line with the public configuration. The file is requested without the client's conditions: it
/// may be unchanged while the settings are not.
async fn embed_script(files: &Assets, ctx: &Context<'_, Runtime>) -> Result<web_sys::Response> {
    let file = files.get(&ctx.platform.url(), &ctx.method).await?;
    if file.status() != 200 {
        return Ok(file);
    }
    let mut script = public_config::embed_prelude(ctx.settings(), &ctx.own_origin());
    let file_tag = file.headers().get("ETag")?.unwrap_or_default();
    let tag = public_config::embed_tag(&script, &file_tag);
    let condition = ctx.platform.header("If-None-Match");
    let is_unchanged = condition.is_some_and(|tags| public_config::etag_matches(&tags, &tag));
    if !is_unchanged {
        let text = JsFuture::from(file.text()?).await?;
        script.push_str(&text.as_string().unwrap_or_default());
    }
    let mut headers = Headers::default();
    headers.set("ETag", tag);
    headers.set("Content-Type", "text/javascript; charset=utf-8");
    headers.set("Cache-Control", EMBED_CACHE);
    headers.set("X-Content-Type-Options", "nosniff");
    // A module script is loaded with CORS; everything in it is public.
    headers.set("Access-Control-Allow-Origin", "*");
    headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    let response = Response {
        status: if is_unchanged { 304 } else { 200 },
        headers,
        body: (!is_unchanged).then_some(script),
        is_passed_on: false,
    };
    bindings::response(&response, None)
}
