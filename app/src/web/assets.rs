//! Style sheet and scripts, inside the binary.

use super::problem::Problem;
use crate::features::authority::missing;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const FILES: &[(&str, &str, &str)] = &[
    ("guatu.css", "text/css; charset=utf-8", include_str!("assets/guatu.css")),
    ("guatu.js", "text/javascript; charset=utf-8", include_str!("assets/guatu.js")),
    ("mark.svg", "image/svg+xml", include_str!("assets/mark.svg")),
];

/// The version of a file in its URL, so that browsers may keep it for ever.
pub fn url(name: &str) -> String {
    let text = FILES.iter().find(|(known, _, _)| *known == name).map_or("", |(_, _, text)| text);
    format!("/assets/{name}?v={}", guatu_ledger::hash::sha256(&[text.as_bytes()]).short())
}

/// Serves one file.
pub async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let (_, media_type, text) = FILES.iter().find(|(known, _, _)| *known == name).ok_or(missing())?;
    Ok(([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], *text)
        .into_response())
}
