//! Lists by Excel: fetch an empty workbook, see what a filled one would do row by row, and do exactly that, all of it or nothing.
//!
//! A feature says which columns its list has and what a row means; reading, showing and keeping what was shown is here. A
//! workbook is read in a child of limited memory and time.

use super::Site;
use super::extract::{Query, Sent, Upload};
use super::forms::{Form, Values, error_summary, form_response, new_id, refusal, token};
use super::layout::{Found, capped, finding, findings, page};
use super::marked;
use super::papers::{self, XLSX};
use super::problem::{Problem, form_urlencoded, sentence};
use super::shelf::{Shelf, Shown};
use super::visitor::Visitor;
use crate::db::Conn;
use crate::features::Command;
use crate::limited::{self, Input, UPLOADED};
use crate::refusal::{Reason, Refusal};
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::lists::{self, Column, Reading, Row};
use guatu_formats::plans::begins_formula;
use guatu_kernel::diagnose::Severity;
use maud::{Markup, html};
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

/// The hidden verb of the child that reads a workbook.
pub const VERB: &str = "parse-list";

/// What is said of a workbook whose child died.
pub const GAVE_UP: &str = "reading this workbook took more than 512 MB of memory or 10 seconds, so it was stopped; fetch it again and fill that one in";

/// The field of the page that a finding about the workbook leads to.
const FIELD: &str = "list_file";

/// Rows that the page of a dry run shows.
const ROWS_SHOWN: usize = 200;

/// A place that a list is for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Ids from the root of the tree.
    pub path: String,
    /// Its name.
    pub name: String,
}

/// A list that people fill in: what a filled one would do.
pub trait List: Sized + Send + Sync + 'static {
    /// Its address.
    const PATH: &'static str;
    /// Its section of the locale files: `title`, `lead`, and `line_1` … that say how it is filled in.
    const SECTION: &'static str;
    /// Paragraphs that say how it is filled in.
    const LINES: usize;

    /// Where what was shown waits.
    fn shelf() -> &'static Shelf<Filled<Self>>;

    /// The place it is for, once it is certain that this person may fill it in there; none for the whole installation.
    fn place(
        conn: &mut Conn,
        visitor: &Visitor,
        asked: Option<&str>,
    ) -> impl Future<Output = Result<Option<Subject>, Problem>> + Send;

    /// Its columns, with the choices that there are.
    fn columns(conn: &mut Conn, visitor: &Visitor) -> impl Future<Output = Result<Vec<Column>, Problem>> + Send;

    /// What rows would do; what stands against them goes into `dry`.
    fn check(
        conn: &mut Conn,
        site: &Site,
        visitor: &Visitor,
        asked: &Rows<'_>,
        dry: &mut DryRun,
    ) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// The command that does it.
    fn command(&self, place: Option<&Subject>) -> Command;

    /// Where it is seen afterwards.
    fn seen_at(place: Option<&Subject>) -> String;
}

/// Rows to be looked at.
pub struct Rows<'a> {
    /// The place they are for.
    pub place: Option<&'a Subject>,
    /// The rows.
    pub rows: &'a [Row],
    /// The request they would come with: ids made of it are the same when it is sent again.
    pub request_id: &'a str,
}

/// What would be done, and what stands against it.
#[derive(Default)]
pub struct DryRun {
    /// What every row would do: what it is about, and what is said of it.
    pub lines: Vec<(String, Vec<String>)>,
    /// Everything that was found, with cells.
    pub findings: Vec<Found>,
    /// Where the workbook is with its cells marked, when any is wrong.
    pub marked: Option<String>,
}

impl DryRun {
    /// What a rule says of a cell.
    pub fn refuse(&mut self, visitor: &Visitor, at: &str, refusal: &Refusal) {
        let said = sentence(visitor, refusal);
        self.findings.push(Found { severity: Severity::Error, at: at.to_owned(), said, code: refusal.code });
    }

    fn has_errors(&self) -> bool {
        self.findings.iter().any(|one| one.severity == Severity::Error)
    }
}

/// A workbook that was shown.
#[derive(Debug)]
pub struct Filled<L> {
    rows: Vec<Row>,
    list: L,
}

/// The child: reads a workbook from standard input and writes what it says to standard output.
pub fn child() -> ExitCode {
    limited::child(UPLOADED, |bytes| lists::pack(&lists::read(&bytes)))
}

async fn read(bytes: Vec<u8>) -> anyhow::Result<Reading> {
    limited::in_turn(move || {
        // A test of pages runs inside the test harness, which has no such verb.
        if cfg!(test) {
            return Ok(lists::read(&bytes));
        }
        let answer = limited::ask(UPLOADED, VERB, None, Input::Bytes(bytes))?;
        Ok(answer.and_then(|answer| lists::unpack(&answer)).unwrap_or_else(|| lists::gave_up(GAVE_UP)))
    })
    .await
}

/// A rule about the workbook itself.
pub fn rule(code: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(FIELD) }
}

/// Routes of a list: its page, the empty workbook, and doing what was shown.
pub fn routes<L: List>() -> Router<Site> {
    Router::new()
        .route(L::PATH, get(form::<L>).post(show::<L>))
        .route(&format!("{}/sheet", L::PATH), get(workbook::<L>))
        .route(&format!("{}/do", L::PATH), post(carry_out::<L>))
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    place: Option<String>,
}

/// An address of the list for a place.
fn address<L: List>(part: &str, place: Option<&Subject>) -> String {
    let query = place.map_or_else(String::new, |place| format!("?place={}", form_urlencoded(&place.id)));
    format!("{}{part}{query}", L::PATH)
}

fn title<L: List>(visitor: &Visitor, place: Option<&Subject>) -> String {
    let title = visitor.t(&format!("{}.title", L::SECTION));
    place.map_or(title.clone(), |place| format!("{} · {title}", place.name))
}

async fn workbook<L: List>(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = L::place(&mut conn, &visitor, asked.place.as_deref()).await?;
    let as_of = visitor.tf("shell.as_of", &[("number", site.head().to_string())]);
    let form = lists::Form {
        title: title::<L>(&visitor, place.as_ref()),
        note: format!("{}   {as_of}   {}", site.clock.today(), papers::stamps(&site, &visitor).join(" "))
            .trim_end()
            .to_owned(),
        lines: (1..=L::LINES).map(|line| visitor.t(&format!("{}.line_{line}", L::SECTION))).collect(),
        columns: L::columns(&mut conn, &visitor).await?,
        not_a_choice: visitor.t("list_sheet.not_a_choice"),
    };
    drop(conn);
    let name = format!("{}.xlsx", form.title);
    let written = tokio::task::spawn_blocking(move || lists::write(&form)).await;
    let bytes = written.context("writing a workbook")?.context("an empty list fits on a sheet")?;
    Ok(papers::saved(bytes, XLSX, &name))
}

async fn form<L: List>(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let place = L::place(&mut site.reader().await?, &visitor, asked.place.as_deref()).await?;
    form_page::<L>(&site, &visitor, place.as_ref(), None, None)
}

/// The page on which a workbook is fetched and handed in; after a refusal with everything that was found.
fn form_page<L: List>(
    site: &Site,
    visitor: &Visitor,
    place: Option<&Subject>,
    dry: Option<&DryRun>,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let title = title::<L>(visitor, place);
    let body = html! {
        (error_summary(visitor, refused))
        h1 { (title) }
        p.lead { (visitor.t(&format!("{}.lead", L::SECTION))) }
        @if let Some(dry) = dry { (findings(visitor, &dry.findings)) (marked::link(visitor, dry.marked.as_deref())) }
        div.columns {
            section.sheet {
                h2 { (visitor.t("list_sheet.fetch")) }
                ol { @for line in 1..=L::LINES { li { (visitor.t(&format!("{}.line_{line}", L::SECTION))) } } }
                p { a.button href=(address::<L>("/sheet", place)) download { (visitor.t("list_sheet.download")) } }
            }
            section.sheet {
                h2 { (visitor.t("list_sheet.hand_in")) }
                (Form::new(visitor, address::<L>("", place), "list_sheet.show", &Values::default()).file(FIELD, ".xlsx").render())
            }
        }
        p { a href=(L::seen_at(place)) { (visitor.t("list_sheet.back")) } }
    };
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// Everything that the reader and the rules say.
async fn looked_at<L: List>(
    conn: &mut Conn,
    site: &Site,
    visitor: &Visitor,
    asked: &Rows<'_>,
    read: &Reading,
) -> Result<(L, DryRun), Problem> {
    let mut dry = DryRun::default();
    for one in &read.diagnostics {
        let said = finding(visitor, one.code, &one.message);
        dry.findings.push(Found {
            severity: one.severity,
            at: one.at.clone().unwrap_or_default(),
            said,
            code: one.code,
        });
    }
    // What a form does not take, a list does not take either.
    for (_, cell) in asked.rows.iter().flat_map(|row| &row.cells).filter(|(_, cell)| begins_formula(&cell.text)) {
        dry.refuse(visitor, &cell.at, &rule("G-117"));
    }
    let list = L::check(conn, site, visitor, asked, &mut dry).await?;
    if dry.lines.is_empty() && !dry.has_errors() {
        dry.refuse(visitor, "", &rule("G-121"));
    }
    capped(visitor, &mut dry.findings);
    Ok((list, dry))
}

/// The dry run: nothing is kept but what may be done next.
async fn show<L: List>(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    upload: Upload,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = L::place(&mut conn, &visitor, asked.place.as_deref()).await?;
    let place = place.as_ref();
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let Some((file, bytes)) = upload.file(FIELD).await? else {
        return form_page::<L>(&site, &visitor, place, None, Some(&rule("G-120")));
    };
    drop(conn);
    let reading = read(bytes.clone()).await?;
    let request_id = new_id();
    let rows = Rows { place, rows: &reading.rows, request_id: &request_id };
    let (list, mut dry) = looked_at::<L>(&mut site.reader().await?, &site, &visitor, &rows, &reading).await?;
    dry.marked = marked::keep(&visitor, &file, bytes, &dry.findings);
    if dry.has_errors() {
        return form_page::<L>(&site, &visitor, place, Some(&dry), Some(&rule("G-122")));
    }
    let size = reading.rows.iter().map(|row| 1 + row.cells.len()).sum();
    let content = Arc::new(Filled { rows: reading.rows, list });
    let shown = Shown { request_id, account, place: place_key(place), file, size, content };
    L::shelf().put(shown.clone());
    let title = title::<L>(&visitor, place);
    let body = html! {
        h1 { (title) }
        p.lead { (visitor.t("list_sheet.shown_lead")) }
        dl.facts { dt { (visitor.t("import.file")) } dd { (shown.file) } }
        form method="post" action=(address::<L>("/do", place)) {
            input type="hidden" name="request_id" value=(shown.request_id);
            (token(&visitor))
            p.actions { button type="submit" { (visitor.tf("list_sheet.do", &[("count", dry.lines.len().to_string())])) } " " a.button.second href=(address::<L>("", place)) { (visitor.t("report_sheet.other")) } }
        }
        (findings(&visitor, &dry.findings))
        (marked::link(&visitor, dry.marked.as_deref()))
        (lines(&visitor, &dry))
    };
    Ok(page(&site, &visitor, &title, body).into_response())
}

/// What keeps what was shown for one place apart from what was shown for another.
fn place_key(place: Option<&Subject>) -> String {
    place.map_or_else(|| "-".to_owned(), |place| place.id.clone())
}

fn lines(visitor: &Visitor, dry: &DryRun) -> Markup {
    html! {
        ul.rows { @for (name, said) in dry.lines.iter().take(ROWS_SHOWN) { li { b { (name) } span { (visitor.list(said)) } } } }
        @if dry.lines.len() > ROWS_SHOWN { p.quiet { (visitor.tf("round.more", &[("count", (dry.lines.len() - ROWS_SHOWN).to_string())])) } }
    }
}

/// Does what was shown.
async fn carry_out<L: List>(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = L::place(&mut site.reader().await?, &visitor, asked.place.as_deref()).await?;
    let place = place.as_ref();
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let shown = L::shelf().find(&account, &place_key(place), values.text("request_id"));
    let done = async {
        let request_id = values.request_id()?;
        let shown = shown.as_ref().ok_or_else(|| rule("X-103"))?;
        site.submit(&visitor, request_id, shown.content.list.command(place)).await?;
        Ok::<(), Problem>(())
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&L::seen_at(place)).into_response()),
        Err(problem) => {
            let refused = refusal(problem)?;
            let Some(shown) = shown else { return form_page::<L>(&site, &visitor, place, None, Some(&refused)) };
            // What stands against it has come since it was shown: it is looked at again.
            let rows = Rows { place, rows: &shown.content.rows, request_id: &shown.request_id };
            let (_, dry) =
                looked_at::<L>(&mut site.reader().await?, &site, &visitor, &rows, &Reading::default()).await?;
            form_page::<L>(&site, &visitor, place, Some(&dry), Some(&refused))
        }
    }
}
