//! The page on which an inspector lets ODK Collect in, and sees which of its forms wait for photographs.

use super::super::checklists;
use super::super::pages::Names;
use super::super::store;
use super::{file, form, origin, read, waiting};
use crate::clock::civil;
use crate::features::authority::{Verb, missing};
use crate::features::identity::keys::{self, Purpose};
use crate::features::identity::session;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{error_summary, form_response, refusal, seal};
use crate::web::layout::{crumbs, page};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::xforms::settings_code;
use jiff::civil::DateTime;
use maud::{Markup, html};

const HERE: &str = "/inspections/odk";

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route(HERE, get(show))
        .route("/inspections/odk/key", post(make))
        .route("/inspections/odk/key/end", post(end))
        .route("/inspections/odk/waiting/{instance}/file", post(file_waiting))
        .route("/inspections/odk/waiting/{instance}/drop", post(drop_waiting))
}

/// The account of whoever inspects somewhere.
fn inspector(visitor: &Visitor) -> Result<&str, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    visitor.account.as_deref().ok_or(Problem::LoginNeeded)
}

/// A form that waits, as the page shows it.
struct Row {
    instance: String,
    title: String,
    at: DateTime,
    held: u64,
    count: usize,
}

async fn rows(site: &Site, visitor: &Visitor, account: &str) -> Result<Vec<Row>, Problem> {
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    let mut rows = Vec::new();
    for (instance, content, at, held) in waiting::all(&mut conn, account).await? {
        let Ok((_, filled)) = read(&content) else { continue };
        let (inspection, subject) = filled.form.rsplit_once('.').unwrap_or_default();
        let place = store::place_of(&mut conn, inspection).await?.map(|place| names.place(&place)).unwrap_or_default();
        let subject = checklists::checklist(subject).map(|list| visitor.t(&format!("checklist.{}", list.id))).unwrap_or_default();
        rows.push(Row { instance, title: format!("{subject} · {place}"), at: civil(at), held, count: form::photo_count(&filled) });
    }
    Ok(rows)
}

async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    odk_page(&site, &visitor, None, None).await
}

async fn odk_page(site: &Site, visitor: &Visitor, made: Option<&str>, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let account = inspector(visitor)?;
    let has_key = keys::is_set(&mut site.reader().await?, account, Purpose::Forms).await?;
    let rows = rows(site, visitor, account).await?;
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        (error_summary(visitor, refused))
        h1 { (visitor.t("odk.title")) }
        p.lead { (visitor.t("odk.lead")) }
        @if let Some(address) = made { (new_key(visitor, address)) }
        section.sheet {
            h2 { (visitor.t("odk.set_up")) }
            ol { @for step in ["odk.step_install", "odk.step_key", "odk.step_scan", "odk.step_check_in", "odk.step_send"] { li { (visitor.t(step)) } } }
            p.quiet { (visitor.t(if has_key { "odk.has_key" } else { "odk.no_key" })) }
            form.inline method="post" action="/inspections/odk/key" { (seal(visitor)) button type="submit" { (visitor.t("odk.make_key")) } }
            @if has_key { " " form.inline method="post" action="/inspections/odk/key/end" { (seal(visitor)) button.second type="submit" { (visitor.t("odk.end_key")) } } }
        }
        @if !rows.is_empty() { (waiting_list(visitor, &rows)) }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("odk.title"), body)))
}

/// Shown once: only a hash of the key is kept.
fn new_key(visitor: &Visitor, address: &str) -> Markup {
    html! {
        div.notice role="status" {
            p { strong { (visitor.t("odk.made")) } " " (visitor.t("odk.once")) }
            p { code.address { (address) } }
            @if let Some(cells) = settings_code(address, &visitor.t("shell.name")) { (code(visitor, &cells)) }
        }
    }
}

/// A code for a camera, dark on light whatever the colours of the page are, with the margin that readers need.
fn code(visitor: &Visitor, cells: &[Vec<bool>]) -> Markup {
    const MARGIN: usize = 4;
    let side = cells.len() + 2 * MARGIN;
    let dark = cells.iter().enumerate().flat_map(|(y, row)| row.iter().enumerate().filter(|(_, dark)| **dark).map(move |(x, _)| (x, y)));
    let path: String = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN)).collect();
    html! {
        svg role="img" aria-label=(visitor.t("odk.code")) width="280" height="280" viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(path) fill="#000000" {}
        }
    }
}

fn waiting_list(visitor: &Visitor, rows: &[Row]) -> Markup {
    html! {
        section.sheet #waiting {
            h2 { (visitor.t("odk.waiting")) }
            p.hint { (visitor.t("odk.waiting_hint")) }
            ul.rows { @for row in rows { li {
                span { (row.title) }
                span.quiet { (row.at.strftime("%Y-%m-%d %H:%M")) " · " (visitor.tf("odk.held", &[("held", row.held.to_string()), ("count", row.count.to_string())])) }
                span {
                    form.inline method="post" action={ "/inspections/odk/waiting/" (row.instance) "/file" } { (seal(visitor)) button.second type="submit" { (visitor.t("odk.file_without")) } }
                    " " form.inline method="post" action={ "/inspections/odk/waiting/" (row.instance) "/drop" } { (seal(visitor)) button.second type="submit" { (visitor.t("odk.drop")) } }
                }
            } } }
        }
    }
}

async fn make(State(site): State<Site>, visitor: Visitor, headers: HeaderMap, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    values.check()?;
    let key = session::token();
    keys::set(&mut site.db.writer().await?, account, Purpose::Forms, Some(&key)).await?;
    odk_page(&site, &visitor, Some(&format!("{}/openrosa/{key}", origin(&site, &headers))), None).await
}

async fn end(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    values.check()?;
    keys::set(&mut site.db.writer().await?, account, Purpose::Forms, None).await?;
    Ok(Redirect::to(HERE).into_response())
}

/// Makes facts of a form with the photographs that are here: the others are gone.
async fn file_waiting(State(site): State<Site>, visitor: Visitor, Path(instance): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    values.check()?;
    let waits = waiting::read(&mut site.reader().await?, account, &instance).await?.ok_or(missing())?;
    let done = async {
        let (request, filled) = read(&waits.form)?;
        let asked = form::asked(&site, &visitor, &filled, &request).await?;
        file(&site, &visitor, &request, waits, asked).await
    };
    match done.await {
        Ok(_) => drop_form(&site, account, &instance).await,
        Err(problem) => odk_page(&site, &visitor, None, Some(&refusal(problem)?)).await,
    }
}

async fn drop_waiting(State(site): State<Site>, visitor: Visitor, Path(instance): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    values.check()?;
    drop_form(&site, account, &instance).await
}

async fn drop_form(site: &Site, account: &str, instance: &str) -> Result<Response, Problem> {
    waiting::drop_one(&mut site.db.writer().await?, account, instance).await?;
    Ok(Redirect::to(HERE).into_response())
}
