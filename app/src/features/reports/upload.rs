//! Pages of reports by Excel: fetch the workbook of a day, see what a filled one would file, file exactly that.

use super::model::{Command, Filing, MOST_REPORTS, Refused, check_date};
use super::pages::rule;
use super::sheet::{self, DryRun, FIELD, Outcome, cannot_be_filed};
use crate::features::authority::{Verb, missing};
use crate::features::places;
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent, Upload};
use crate::web::forms::{Form, Values, error_summary, form_response, new_id, refusal, token};
use crate::web::marked;
use crate::web::layout::{Found, findings, page};
use crate::web::papers::{self, XLSX};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::shelf::{Shelf, Shown};
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::reports::{self, Reading};
use jiff::civil::Date;
use maud::{Markup, html};
use std::sync::Arc;

/// A workbook that was shown.
#[derive(Debug)]
struct Filled {
    reading: Reading,
    filings: Vec<Filing>,
}

/// Workbooks that were shown and may be filed next: so many, and so many quantities and counts of all of them.
static SHELF: Shelf<Filled> = Shelf::new(64, 500_000);

/// Routes of reports by Excel.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/reports/sheet", get(workbook))
        .route("/reports/excel", get(form).post(show))
        .route("/reports/excel/file", post(file))
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    place: Option<String>,
    on: Option<Date>,
}

/// The place an address asks for, or the highest one on which this person may report.
async fn asked_place(site: &Site, visitor: &Visitor, asked: &Asked) -> Result<Place, Problem> {
    visitor.need_somewhere(Verb::Report)?;
    let mut conn = site.reader().await?;
    if let Some(id) = &asked.place {
        return visitor.place_for(&mut conn, id, Verb::Report).await;
    }
    let tree = site.domain.places.tree(&mut conn).await?;
    let highest = tree.places().iter().find(|place| visitor.may(Verb::Report, &place.path));
    highest.cloned().ok_or(missing().into())
}

/// `GET /reports/sheet?place=&on=`: the workbook of a day.
async fn workbook(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = asked_place(&site, &visitor, &asked).await?;
    let today = site.clock.today();
    let on = asked.on.unwrap_or(today);
    check_date(on, today).map_err(Refusal::from)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let owing = sheet::owing(&mut conn, &site, &visitor, &tree, &place, on).await?;
    check_count(owing.len())?;
    let form = sheet::form(&mut conn, &site, &visitor, &tree, &place, on, &owing).await?;
    drop(conn);
    let name = format!("{}-{on}.xlsx", place.attributes.name);
    let written = tokio::task::spawn_blocking(move || reports::write(&form, &|key| sheet::word(&visitor, key))).await;
    let bytes = written.context("writing a workbook")?.context("a day of reports fits on a sheet")?;
    Ok(papers::saved(bytes, XLSX, &name))
}

/// A workbook holds as many buildings as are filed together.
fn check_count(buildings: usize) -> Result<(), Refusal> {
    if buildings <= MOST_REPORTS { Ok(()) } else { Err(Refused::TooManyReports { limit: MOST_REPORTS.to_string() }.into()) }
}

async fn form(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = asked_place(&site, &visitor, &asked).await?;
    form_page(&site, &visitor, &place, asked.on, None, None).await
}

/// The page on which a workbook is fetched and handed in; after a refusal with everything that was found.
async fn form_page(site: &Site, visitor: &Visitor, place: &Place, on: Option<Date>, dry: Option<&DryRun>, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let on = on.unwrap_or(site.clock.today());
    let owing = sheet::owing(&mut conn, site, visitor, &tree, place, on).await?;
    let day = check_date(on, site.clock.today()).map_err(Refusal::from).and_then(|()| check_count(owing.len()));
    let action = format!("/reports/excel?place={}&on={on}", form_urlencoded(&place.id));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        (error_summary(visitor, refused.or(day.as_ref().err())))
        h1 { (place.attributes.name) " · " (visitor.t("report_sheet.title")) }
        p.lead { (visitor.t("report_sheet.lead")) }
        @if let Some(dry) = dry {
            (photo_hint(visitor, &dry.findings)) (findings(visitor, &dry.findings)) (marked::link(visitor, dry.marked.as_deref()))
            @if !dry.lines.is_empty() { details { summary { (visitor.t("report_sheet.building_by_building")) } (lines(visitor, dry)) } }
        }
        div.columns {
            section.sheet {
                h2 { (visitor.t("report_sheet.fetch")) }
                form.bar method="get" action="/reports/excel" {
                    input type="hidden" name="place" value=(place.id);
                    label.inline { (visitor.t("field.on")) " " input type="date" id="field-on" name="on" value=(on); }
                    button.second type="submit" { (visitor.t("reports.show_day")) }
                }
                @match (&day, owing.len()) {
                    (Err(_), _) => {},
                    (Ok(()), 0) => p.empty { (visitor.tf("report_sheet.none_owing", &[("date", on.to_string())])) },
                    (Ok(()), count) => {
                        p { (visitor.tf("report_sheet.owing", &[("date", on.to_string()), ("count", count.to_string())])) }
                        p { a.button href={ "/reports/sheet?place=" (form_urlencoded(&place.id)) "&on=" (on) } download { (visitor.t("report_sheet.download")) } }
                    }
                }
            }
            section.sheet {
                h2 { (visitor.t("report_sheet.hand_in")) }
                (Form::new(visitor, action, "report_sheet.show", &Values::default()).file(FIELD, ".xlsx").render())
            }
        }
        p { a href={ "/reports?place=" (form_urlencoded(&place.id)) "&on=" (on) } { (visitor.t("reports.title")) } }
    };
    let title = visitor.t("report_sheet.title");
    Ok(form_response(refused.or(day.as_ref().err()), page(site, visitor, &title, body)))
}

/// A workbook carries no photographs: what claims something complete is filed on the building's own page.
fn photo_hint(visitor: &Visitor, found: &[Found]) -> Markup {
    html! { @if found.iter().any(|one| one.code == "R-110") { div.notice { p { (visitor.t("report_sheet.photo_hint")) } } } }
}

/// The dry run: nothing is kept but what may be filed next.
async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, upload: Upload) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_for(&mut conn, asked.place.as_deref().unwrap_or_default(), Verb::Report).await?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let Some((file, bytes)) = upload.file(FIELD).await? else {
        return form_page(&site, &visitor, &place, asked.on, None, Some(&rule("R-136", FIELD))).await;
    };
    let mut reading = sheet::read(bytes.clone()).await?;
    let request_id = new_id();
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut dry = sheet::check(&mut conn, &site, &visitor, &tree, &place, &reading, &request_id).await?;
    drop(conn);
    dry.marked = marked::keep(&visitor, &file, bytes, &dry.findings);
    if dry.has_errors() {
        return form_page(&site, &visitor, &place, reading.on.or(asked.on), Some(&dry), Some(&cannot_be_filed())).await;
    }
    // Rows that say nothing of buildings nobody knows are not worth the memory.
    reading.buildings.retain(|day| tree.get(&day.building.text).is_some());
    let size = dry.filings.iter().filter_map(|one| one.content.as_ref()).map(|content| 1 + content.items.len() + content.hands.len()).sum();
    let content = Arc::new(Filled { reading, filings: dry.filings.clone() });
    let shown = Shown { request_id, account, place: place.id.clone(), file, size, content };
    SHELF.put(shown.clone());
    shown_page(&site, &visitor, &place, &shown, &dry).await
}

/// The page of a dry run in which nothing is wrong.
async fn shown_page(site: &Site, visitor: &Visitor, place: &Place, shown: &Shown<Filled>, dry: &DryRun) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let on = shown.content.reading.on.unwrap_or(site.clock.today());
    let count = dry.filings.len();
    let again = format!("/reports/excel?place={}&on={on}", form_urlencoded(&place.id));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("report_sheet.shown")) }
        p.lead { (visitor.t("report_sheet.shown_lead")) }
        dl.facts {
            dt { (visitor.t("import.file")) } dd { (shown.file) }
            dt { (visitor.t("field.on")) } dd { (on) }
        }
        ul.counts {
            li { b { (dry.count(|outcome| matches!(outcome, Outcome::Changed(_)))) } span { (visitor.t("report_sheet.changed")) } }
            li { b { (dry.count(|outcome| *outcome == Outcome::Unchanged)) } span { (visitor.t("reports.unchanged")) } }
            li { b { (dry.count(|outcome| *outcome == Outcome::LeftOut)) } span { (visitor.t("report_sheet.left_out")) } }
        }
        form method="post" action="/reports/excel/file" {
            input type="hidden" name="place" value=(place.id);
            input type="hidden" name="request_id" value=(shown.request_id);
            (token(visitor))
            p.actions { button type="submit" { (visitor.tf("report_sheet.file", &[("count", count.to_string())])) } " " a.button.second href=(again) { (visitor.t("report_sheet.other")) } }
        }
        (findings(visitor, &dry.findings))
        (marked::link(visitor, dry.marked.as_deref()))
        (lines(visitor, dry))
    };
    Ok(page(site, visitor, &visitor.t("report_sheet.shown"), body).into_response())
}

/// What would be filed, building by building.
fn lines(visitor: &Visitor, dry: &DryRun) -> Markup {
    html! {
        ul.rows { @for (name, outcome) in &dry.lines { li {
            b { (name) }
            @match outcome {
                Outcome::Changed(said) => { span.lamp.good { (visitor.t("report_sheet.changed")) } span { (visitor.list(said)) } },
                Outcome::Unchanged => span.lamp.good { (visitor.t("reports.unchanged")) },
                Outcome::LeftOut => span.lamp.idle { (visitor.t("report_sheet.left_out")) },
                Outcome::Wrong => span.lamp.bad { (visitor.t("report_sheet.wrong")) },
            }
        } } }
    }
}

/// Files what was shown: all of it or nothing.
async fn file(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let place = visitor.place_for(&mut site.reader().await?, values.text("place"), Verb::Report).await?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let shown = SHELF.find(&account, &place.id, values.text("request_id"));
    let done = async {
        let request_id = values.request_id()?;
        let shown = shown.as_ref().ok_or_else(|| rule("X-103", FIELD))?;
        let reports = shown.content.filings.clone();
        let last = reports.last().map(|one| (one.report.clone(), one.on)).ok_or_else(|| rule("R-132", FIELD))?;
        site.submit(&visitor, request_id, Command::FileSheet { reports }).await?;
        Ok::<(String, Date), Problem>(last)
    };
    match done.await {
        Ok((report, on)) => Ok(Redirect::to(&format!("/reports?place={}&on={on}&filed={report}", form_urlencoded(&place.id))).into_response()),
        Err(problem) => {
            let refused = refusal(problem)?;
            let Some(shown) = shown else { return form_page(&site, &visitor, &place, None, None, Some(&refused)).await };
            // What stands against it has come since it was shown: it is looked at again.
            let mut conn = site.reader().await?;
            let tree = site.domain.places.tree(&mut conn).await?;
            let dry = sheet::check(&mut conn, &site, &visitor, &tree, &place, &shown.content.reading, &shown.request_id).await?;
            drop(conn);
            form_page(&site, &visitor, &place, shown.content.reading.on, Some(&dry), Some(&refused)).await
        }
    }
}
