//! Reports from programs: one or many of a day as JSON, under the rules and refusals of forms.

use super::model::{Command, Content, Filing, MOST_REPORTS, Photo, Refused};
use super::pages::rule;
use super::photos;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::journal::Document;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{FILE_COUNT, Files};
use crate::web::forms::{Values, derived_id};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::civil::Date;

/// Characters of what is said about JSON that cannot be read.
const WHY_CHARS: usize = 200;
/// Characters of a building's id that a refusal repeats.
const ID_CHARS: usize = 60;

/// A NUL as JSON writes it.
const NUL: &[u8] = b"\\u0000";

/// Routes for programs.
pub(super) fn routes() -> Router<Site> {
    Router::new().route("/api/reports", post(file))
}

/// A report as a program sends it.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    id: String,
    building: String,
    on: Date,
    #[serde(default)]
    unchanged: bool,
    #[serde(default)]
    content: Content,
    /// Photographs, each a whole file in base64.
    #[serde(default)]
    photos: Vec<String>,
}

/// One report or a list of them. What is wrong is named with its line and column.
fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Posted>, Refusal> {
    let unreadable = |why: String| {
        let why = why.chars().take(WHY_CHARS).collect();
        Refusal { code: "R-135", reason: Reason::Rule, params: vec![("why", why)], field: None }
    };
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    // A page of another site can send other types in a person's name without asking first.
    if !kind.starts_with(b"application/json") {
        return Err(unreadable("Content-Type: application/json".into()));
    }
    // No database takes a NUL, and no text of a report has one.
    if body.windows(NUL.len()).any(|part| part == NUL) {
        return Err(unreadable("\\u0000".into()));
    }
    let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let read = if is_list { serde_json::from_slice(body) } else { serde_json::from_slice(body).map(|one| vec![one]) };
    read.map_err(|fault| unreadable(fault.to_string()))
}

/// The report that was sent with the papers of its photographs, once its building is one on which this person may report.
async fn filing(site: &Site, conn: &mut Conn, visitor: &Visitor, Posted { id, building, on, unchanged, mut content, photos }: Posted) -> Result<(Filing, Vec<Document>), Problem> {
    let unsound = |_| Refusal { code: "R-135", reason: Reason::Rule, params: vec![("why", "id: [A-Za-z0-9-]{8,64}".to_owned())], field: None };
    let report = Values::default().with("request_id", &id).request_id().map_err(unsound)?;
    visitor.place_for(conn, &building, Verb::Report).await?;
    // Photographs are checked and copied where they are taken; a program sends them and cannot name one.
    if !content.photos.is_empty() {
        return Err(rule("R-120", "photos").into());
    }
    let (photos, documents) = taken(site, photos).await?;
    content.photos = photos;
    if unchanged && content != Content::default() {
        return Err(rule("R-138", "content").into());
    }
    if !unchanged && content.is_empty() {
        return Err(rule("R-132", "content").into());
    }
    Ok((Filing { report, building, on, content: (!unchanged).then(|| Box::new(content)) }, documents))
}

/// Takes what was sent for photographs, under the limits of forms.
async fn taken(site: &Site, photos: Vec<String>) -> Result<(Vec<Photo>, Vec<Document>), Problem> {
    if photos.len() > FILE_COUNT {
        let params = vec![("limit", FILE_COUNT.to_string())];
        return Err(Refusal { code: "G-114", reason: Reason::Rule, params, field: Some("photos") }.into());
    }
    let files: Result<Vec<Vec<u8>>, _> = photos.iter().map(|text| STANDARD.decode(text)).collect();
    let files = files.map_err(|_| rule("R-120", "photos"))?;
    Ok(photos::take(site, Files::of(files)).await??)
}

async fn file(State(site): State<Site>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    visitor.permit()?;
    let posted = parse(&headers, &body)?;
    if posted.len() > MOST_REPORTS {
        return Err(Refusal::from(Refused::TooManyReports { limit: MOST_REPORTS.to_string() }).into());
    }
    let mut conn = site.reader().await?;
    let (mut reports, mut documents) = (Vec::with_capacity(posted.len()), Vec::new());
    for one in posted {
        let building: String = one.building.chars().take(ID_CHARS).collect();
        let (report, papers) = filing(&site, &mut conn, &visitor, one).await.map_err(|problem| match problem {
            Problem::Refused(refusal) => Problem::Refused(refusal.at(&building)),
            other => other,
        })?;
        reports.push(report);
        documents.extend(papers);
    }
    drop(conn);
    let ids: Vec<String> = reports.iter().map(|one| one.report.clone()).collect();
    // The same bytes from the same person are the same request; others under an id that is in use are refused by the rule.
    let bytes = serde_json::to_vec(&reports).context("reports are JSON")?;
    let request_id = derived_id(visitor.account.as_deref().unwrap_or_default(), &bytes);
    let receipt = site.submit_with(&visitor, request_id, Command::FileSheet { reports }, documents).await?;
    let status = if receipt.is_repeat { StatusCode::OK } else { StatusCode::CREATED };
    let answer = serde_json::json!({
        "reports": ids,
        "first_number": receipt.first_number,
        "number": receipt.last_number,
        "hash": receipt.hash.to_string(),
    });
    Ok((status, Json(answer)).into_response())
}
