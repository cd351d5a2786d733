//! The page's files, which are part of the program.
//!
//! A debug build reads them from the source tree, so that the page can be written without building the server.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use super::headers::Inline;
use super::plain;

/// How long an invitation's code may be, in bytes.
const INVITATION_BYTES_MAX: usize = 64;

#[derive(RustEmbed)]
#[folder = "../../web"]
#[include = "index.html"]
#[include = "app.css"]
#[include = "icon.svg"]
#[include = "js/**"]
#[include = "vendor/**"]
struct Web;

#[derive(RustEmbed)]
#[folder = "../../locales"]
#[include = "*.ftl"]
struct Locales;

#[derive(RustEmbed)]
#[folder = "../../examples"]
#[include = "browser.html"]
struct Examples;

/// The paths of the page; everything else is 404, and methods other than GET and HEAD are 405.
pub(super) fn router() -> Router {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { answer(&headers, "index.html", Web::get("index.html")) }))
        .route("/invite/{code}", get(|Path(code): Path<String>| async move { invited(&code) }))
        .route(
            "/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { answer(&headers, &path, file(&path)) }),
        )
}

/// To the page, with the code where no server, no log and no other site gets to see it.
fn invited(code: &str) -> Response<Body> {
    let is_code =
        (1..=INVITATION_BYTES_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_code {
        return plain(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    let mut response = plain(StatusCode::SEE_OTHER, "The page has this invitation.");
    let location = HeaderValue::try_from(format!("../#/invite/{code}")).expect("a code is letters and digits");
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(path: &str) -> Option<EmbeddedFile> {
    // A debug build looks the path up in the source tree.
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    match path.split_once('/') {
        Some(("locales", name)) => Locales::get(name),
        Some(("examples", name)) => Examples::get(name),
        _ => Web::get(path),
    }
}

fn answer(request: &HeaderMap, path: &str, file: Option<EmbeddedFile>) -> Response<Body> {
    let Some(file) = file else {
        return plain(StatusCode::NOT_FOUND, "There is nothing here.");
    };
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16]));
    let is_known = request.get_all(IF_NONE_MATCH).iter().any(|known| is_among(known, &tag));
    let content_type = content_type(path);

    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::try_from(&tag).expect("base64 is ASCII"));
    // A browser asks every time whether its copy is the newest: after an update nobody has half of the old page.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if content_type.starts_with("text/html") {
        response.extensions_mut().insert(inline(&file.data));
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    response
}

/// Whether `tag` is one of those in an If-None-Match (RFC 9110, section 13.1.2); the comparison is weak.
fn is_among(list: &HeaderValue, tag: &str) -> bool {
    let Ok(list) = list.to_str() else {
        return false;
    };
    list.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

/// The hashes of a file's inline scripts and styles, so that the strict policy lets exactly these run.
fn inline(html: &[u8]) -> Inline {
    let html = String::from_utf8_lossy(html);
    Inline { scripts: hashes(&html, "script"), styles: hashes(&html, "style") }
}

fn hashes(html: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    html.split(&open)
        .skip(1)
        .filter_map(|rest| {
            let (attributes, rest) = rest.split_once('>')?;
            let (content, _) = rest.split_once(&close)?;
            let is_inline = !attributes.contains("src=");
            is_inline.then(|| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(content))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_hashed_and_others_are_not() {
        let html = b"<style>b{}</style><script type=\"module\" src=\"js/main.js\"></script><script>alert(1)</script>";
        let found = inline(html);
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert_eq!(found.scripts, ["'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"]);
        assert_eq!(found.styles.len(), 1);
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        for (list, is_known) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(is_among(&list.parse().unwrap(), "\"a\""), is_known, "{list}");
        }
    }
}
