//! The workbook that somebody sent, marked with what was found in it: a dry run shows a table of cells, and this is the sheet to
//! mend.
//!
//! It is kept in memory for whoever sent it until later ones push it out, and never stored. The copy is written in a child of
//! limited memory and time, as the workbook was read in one.

use super::Site;
use super::layout::Found;
use super::papers::{self, XLSX};
use super::problem::Problem;
use super::shelf::{Shelf, Shown};
use super::visitor::Visitor;
use crate::features::authority::missing;
use crate::limited::{self, Input, UPLOADED};
use crate::web::forms::new_id;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use guatu_formats::marked::{Mark, Words, write};
use guatu_kernel::diagnose::Severity;
use maud::{Markup, html};
use std::process::ExitCode;
use std::sync::Arc;

/// The hidden verb of the child that writes a marked copy.
pub const VERB: &str = "mark-workbook";

/// Workbooks that were sent and can be fetched marked: so many, and so many bytes of all of them.
static SHELF: Shelf<Kept> = Shelf::new(32, 64 << 20);
/// They are for no place: whoever sent one may have it back.
const PLACE: &str = "-";

/// A workbook and what was found in it.
struct Kept {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
}

/// The route of a marked copy.
pub fn routes() -> Router<Site> {
    Router::new().route("/marked/{id}", get(fetch))
}

/// Keeps a workbook with what was found in it; the id of its marked copy, where a cell of it was found wrong.
pub fn keep(visitor: &Visitor, file: &str, bytes: Vec<u8>, found: &[Found]) -> Option<String> {
    let account = visitor.account.clone()?;
    let mark = |one: &Found| Mark {
        at: one.at.clone(),
        said: one.said.clone(),
        code: one.code.to_owned(),
        is_error: one.severity == Severity::Error,
    };
    let marks: Vec<Mark> = found.iter().map(mark).collect();
    if !bytes.starts_with(b"PK") || marks.iter().all(|mark| mark.cell().is_none()) {
        return None;
    }
    let (request_id, place, file, size) = (new_id(), PLACE.to_owned(), file.to_owned(), bytes.len());
    let content = Arc::new(Kept { bytes, marks });
    SHELF.put(Shown { request_id: request_id.clone(), account, place, file, size, content });
    Some(request_id)
}

/// Where a marked copy can be fetched; nothing where there is none.
pub fn link(visitor: &Visitor, id: Option<&str>) -> Markup {
    html! { @if let Some(id) = id { p { a.button.second href={ "/marked/" (id) } download { (visitor.t("import.marked")) } } } }
}

async fn fetch(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let account = visitor.account.as_deref().ok_or(Problem::LoginNeeded)?;
    let shown = SHELF.find(account, PLACE, &id).ok_or(missing())?;
    let headings = ["import.at", "import.finding", "import.code"].map(|key| visitor.t(key));
    let words = Words { name: visitor.t("import.findings"), headings };
    let kept = shown.content.clone();
    let copy = limited::in_turn(move || marked(&kept, &words)).await?.ok_or(missing())?;
    let name = shown.file.strip_suffix(".xlsx").unwrap_or(&shown.file);
    Ok(papers::saved(copy, XLSX, &format!("{name}-{}.xlsx", visitor.t("import.marked_name"))))
}

/// The marked copy; `None` when its child gave up.
fn marked(kept: &Kept, words: &Words) -> anyhow::Result<Option<Vec<u8>>> {
    // A test of pages runs inside the test harness, which has no such verb.
    if cfg!(test) {
        return Ok(write(&kept.bytes, &kept.marks, words));
    }
    // One line of marks, which holds no other line end, and the workbook behind it.
    let mut input = serde_json::to_vec(&(&kept.marks, words))?;
    input.push(b'\n');
    input.extend_from_slice(&kept.bytes);
    Ok(limited::ask(UPLOADED, VERB, None, Input::Bytes(input))?.filter(|copy| !copy.is_empty()))
}

/// The child: reads marks and a workbook from standard input and writes the marked copy to standard output.
pub fn child() -> ExitCode {
    limited::child(UPLOADED, |input| {
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return Vec::new() };
        let Ok((marks, words)) = serde_json::from_slice::<(Vec<Mark>, Words)>(&input[..end]) else { return Vec::new() };
        write(&input[end + 1..], &marks, &words).unwrap_or_default()
    })
}
