//! Pages of imports and exports: choose a file, see what it holds, import what was seen; download a version or the
//! Excel template.

use super::{Format, Written, format_of, parser, write};
use crate::db::Conn;
use crate::features::authority::{Verb, forbidden, missing};
use crate::features::places::store::Place;
use crate::features::plan::mapping;
use crate::features::plan::model::Source;
use crate::features::plan::network::STAGES;
use crate::features::{places, plan};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Query, Sent, Upload};
use crate::web::forms::{Form, Values, error_summary, form_response, new_id, refusal, token};
use crate::web::layout::{Found, finding, findings, page};
use crate::web::marked;
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::shelf::{self, Shelf};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::plans::{Reading, sheet, span};
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{ActivityKind, Plan};
use guatu_kernel::{Schedule, schedule};
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// What a browser offers to choose.
const ACCEPT: &str = ".xml,.xer,.xlsx,.json";

/// Activities shown by a dry run.
const FIRST_ACTIVITIES: usize = 50;

/// Works whose building and stage can be chosen at import: as many as one reads on a page.
const MAPPED_WORKS: usize = 80;
/// Levels of summaries among them.
const MAPPED_DEPTH: usize = 2;

/// Plans that were shown and may be imported next: so many, and so many activities of all of them.
static SHELF: Shelf<Plan> = Shelf::new(32, 300_000);

type Shown = shelf::Shown<Plan>;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/import", get(form).post(show))
        .route("/import/shown", post(import))
        .route("/import/template.xlsx", get(template))
        .route("/plan-versions/{id}/export/{format}", get(export))
}

/// A project for which this person may put plans forward; a foreign one answers like a missing one.
async fn project(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<Place, Problem> {
    let place = visitor.place(conn, id).await?;
    if place.kind != places::model::Kind::Project {
        return Err(missing().into());
    }
    if !visitor.may(Verb::Plan, &place.path) {
        return Err(forbidden(Verb::Plan).into());
    }
    Ok(place)
}

async fn asked_project(conn: &mut Conn, visitor: &Visitor, query: &HashMap<String, String>) -> Result<Place, Problem> {
    project(conn, visitor, query.get("project").map_or("", String::as_str)).await
}

async fn form(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = asked_project(&mut conn, &visitor, &query).await?;
    form_page(&site, &visitor, &place, None, &[], None).await
}

/// The form; after a refusal with what was wrong.
async fn form_page(
    site: &Site,
    visitor: &Visitor,
    place: &Place,
    refused: Option<&Refusal>,
    diagnostics: &[Diagnostic],
    marked: Option<&str>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let action = format!("/import?project={}", form_urlencoded(&place.id));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        p.crumbs { a href={ "/plans/" (place.id) } { (place.attributes.name) " · " (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("import.title")) }
        p.lead { (visitor.t("import.lead")) }
        (Form::new(visitor, action, "import.show", &Values::default()).file("plan_file", ACCEPT).refused(refused).render())
        (found(visitor, diagnostics))
        (marked::link(visitor, marked))
        p { a href="/import/template.xlsx" download { (visitor.t("import.template")) } " " span.quiet { (visitor.t("import.template_hint")) } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("import.title"), body)))
}

/// The dry run: nothing is kept but what may be imported next.
async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query<HashMap<String, String>>,
    upload: Upload,
) -> Result<Response, Problem> {
    let place = asked_project(&mut site.reader().await?, &visitor, &query).await?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let Some((file, bytes)) = upload.file("plan_file").await? else {
        return form_page(&site, &visitor, &place, Some(&wrong("X-101")), &[], None).await;
    };
    let Reading { plan, mut diagnostics, .. } = parser::read_in_turn(Some(file.clone()), bytes.clone()).await?;
    let Some(plan) = plan else {
        let marked = marked::keep(&visitor, &file, bytes, &rows(&visitor, &diagnostics));
        return form_page(&site, &visitor, &place, Some(&wrong("X-102")), &diagnostics, marked.as_deref()).await;
    };
    let size = plan.activities.len();
    let shown = Shown { request_id: new_id(), account, place: place.id.clone(), file, size, content: Arc::new(plan) };
    let computed = scheduled(&shown).await?;
    diagnostics.extend(computed.diagnostics.iter().cloned());
    let marked = marked::keep(&visitor, &shown.file, bytes, &rows(&visitor, &diagnostics));
    if computed.has_errors() {
        return form_page(&site, &visitor, &place, Some(&wrong("X-102")), &diagnostics, marked.as_deref()).await;
    }
    SHELF.put(shown.clone());
    let dry_run = DryRun { shown: &shown, computed: &computed, diagnostics: &diagnostics, marked: marked.as_deref() };
    shown_page(&site, &visitor, &place, &dry_run, &Values::default(), None).await
}

/// A plan as it would be put forward: mandated dates of a file are not commands, and a file may hold any number.
async fn scheduled(shown: &Shown) -> Result<Schedule, Problem> {
    let plan = plan::network::as_approved(&shown.content);
    Ok(tokio::task::spawn_blocking(move || schedule(&plan)).await.map_err(anyhow::Error::from)?)
}

/// What a dry run has found.
struct DryRun<'a> {
    shown: &'a Shown,
    computed: &'a Schedule,
    diagnostics: &'a [Diagnostic],
    /// Where the workbook is with its cells marked.
    marked: Option<&'a str>,
}

/// The page of a dry run; after a refusal with everything that was chosen.
async fn shown_page(site: &Site, visitor: &Visitor, place: &Place, dry_run: &DryRun<'_>, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let DryRun { shown, computed, diagnostics, marked } = dry_run;
    let mut conn = site.reader().await?;
    let places = places::store::subtree(&mut conn, &place.path).await?;
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        p.crumbs { a href={ "/plans/" (place.id) } { (place.attributes.name) " · " (visitor.t("nav.plans")) } " ›" }
        (error_summary(visitor, refused))
        h1 { (visitor.t("import.shown")) }
        p.lead { (visitor.t("import.shown_lead")) }
        (counts(visitor, shown, computed))
        form method="post" action="/import/shown" {
            input type="hidden" name="project" value=(shown.place);
            input type="hidden" name="request_id" value=(shown.request_id);
            (token(visitor))
            (mapping_table(visitor, &shown.content, &place.id, &places, values))
            p.actions { button type="submit" { (visitor.t("import.import")) } " " a.button.second href={ "/import?project=" (form_urlencoded(&shown.place)) } { (visitor.t("import.other")) } }
        }
        @if !shown.content.mandated.is_empty() { div.notice { p { (visitor.tf("import.mandated_left", &[("count", shown.content.mandated.len().to_string())])) } } }
        (found(visitor, diagnostics))
        (marked::link(visitor, *marked))
        (first_activities(visitor, shown, computed))
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("import.shown"), body)))
}

/// Works that are shown for a choice of building and stage: summaries, or works without one above them.
fn mapped_works(plan: &Plan) -> Vec<(usize, usize)> {
    let index: HashMap<&str, usize> = plan.activities.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    let depth = |at: usize| {
        let above = |at: &usize| plan.activities[*at].parent.as_deref().and_then(|parent| index.get(parent)).copied();
        std::iter::successors(Some(at), above).take(MAPPED_DEPTH + 2).count() - 1
    };
    let works = plan.activities.iter().enumerate().map(|(at, one)| (at, depth(at), one.kind));
    let shown = works.filter(|(_, depth, kind)| *depth <= MAPPED_DEPTH && (*kind == ActivityKind::Summary || *depth == 0));
    shown.map(|(at, depth, _)| (at, depth)).take(MAPPED_WORKS).collect()
}

/// The choice of building and stage, filled with what names tell. What is chosen holds for everything below as well.
fn mapping_table(visitor: &Visitor, plan: &Plan, project: &str, places: &[Place], values: &Values) -> Markup {
    let named = mapping::named(project, places);
    let index: HashMap<&str, usize> = plan.activities.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    let above = |at: usize| plan.activities[at].parent.as_deref().and_then(|parent| index.get(parent)).copied();
    let works = || plan.activities.iter().filter(|one| one.kind != ActivityKind::Summary);
    let of_work = |found: &[Option<&str>]| found.iter().zip(&plan.activities).filter(|(found, one)| found.is_some() && one.kind != ActivityKind::Summary).count();
    let with_place = of_work(&mapping::inherited(&plan.activities, above, |one| mapping::own_place(one, &named)));
    let with_stage = of_work(&mapping::inherited(&plan.activities, above, mapping::own_stage));
    let params = [("all", works().count().to_string()), ("places", with_place.to_string()), ("stages", with_stage.to_string())];
    html! {
        h2 { (visitor.t("import.mapping")) }
        p { (visitor.tf("import.mapped", &params)) " " span.quiet { (visitor.t("import.mapping_hint")) } }
        div.scroll.mapping tabindex="0" { table {
            thead { tr { th { (visitor.t("import.work")) } th { (visitor.t("wall.place")) } th { (visitor.t("import.stage")) } } }
            tbody { @for (at, depth) in mapped_works(plan) {
                @let one = &plan.activities[at];
                @let (of_place, of_stage) = (format!("place.{at}"), format!("stage.{at}"));
                @let (chosen_place, chosen_stage) = (values.opt(&of_place), values.opt(&of_stage));
                @let place = chosen_place.as_deref().or_else(|| mapping::own_place(one, &named));
                @let stage = chosen_stage.as_deref().or_else(|| mapping::own_stage(one));
                tr {
                    td style={ "padding-left:" (0.75 + depth as f64 * 1.25) "rem" } { (one.name) }
                    td { select name=(of_place) aria-label={ (visitor.t("wall.place")) " " (one.name) } {
                        option value="" { (visitor.t("import.as_above")) }
                        @for known in &named { option value=(known.id) selected[place == Some(known.id)] { (known.name) } }
                    } }
                    td { select name=(of_stage) aria-label={ (visitor.t("import.stage")) " " (one.name) } {
                        option value="" { (visitor.t("import.by_name")) }
                        @for known in STAGES.iter() { option value=(known.id) selected[stage == Some(&*known.id)] { (visitor.t(&format!("stage.{}", known.id))) } }
                    } }
                }
            } }
        } }
    }
}

/// The plan with the buildings and stages that were chosen. A place outside the project, a stage nobody knows or a work
/// that was not shown is refused.
fn mapped(plan: &Plan, values: &Values, places: &[Place]) -> Result<Plan, Refusal> {
    let mut plan = plan.clone();
    for (prefix, is_place) in [("place.", true), ("stage.", false)] {
        for (at, chosen) in values.under(prefix).filter(|(_, chosen)| !chosen.is_empty()) {
            let activity = at.parse().ok().and_then(|at: usize| plan.activities.get_mut(at)).ok_or_else(|| wrong("X-104"))?;
            if is_place {
                let known = places.iter().find(|place| place.id == chosen).ok_or_else(|| wrong("X-104"))?;
                activity.place = Some(known.id.clone());
            } else {
                let known = STAGES.iter().find(|stage| stage.id == chosen).ok_or_else(|| wrong("X-104"))?;
                activity.stage = Some(known.id.clone());
            }
        }
    }
    Ok(plan)
}

fn wrong(code: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some("plan_file") }
}

fn counts(visitor: &Visitor, shown: &Shown, computed: &Schedule) -> Markup {
    let plan = &shown.content;
    html! {
        dl.facts {
            dt { (visitor.t("import.file")) } dd { (shown.file) }
            dt { (visitor.t("plans.activities")) } dd { (plan.activities.len()) }
            dt { (visitor.t("import.links")) } dd { (plan.links.len()) }
            dt { (visitor.t("import.calendars")) } dd { (plan.calendars.len()) }
            dt { (visitor.t("plans.start")) } dd { @match computed.start { Some(start) => (start.date()), None => "—" } }
            dt { (visitor.t("plans.forecast_end")) } dd { @match computed.finish { Some(finish) => (finish.date()), None => "—" } }
        }
    }
}

/// Findings of readers and of the kernel as a table, in the person's language.
fn found(visitor: &Visitor, diagnostics: &[Diagnostic]) -> Markup {
    findings(visitor, &rows(visitor, diagnostics))
}

fn rows(visitor: &Visitor, diagnostics: &[Diagnostic]) -> Vec<Found> {
    let row = |one: &Diagnostic| Found {
        severity: one.severity,
        at: one.at.clone().or_else(|| one.activity.clone()).unwrap_or_default(),
        said: finding(visitor, one.code, &one.message),
        code: one.code,
    };
    diagnostics.iter().map(row).collect()
}

fn first_activities(visitor: &Visitor, shown: &Shown, computed: &Schedule) -> Markup {
    html! {
        h2 { (visitor.tf("import.first", &[("count", shown.content.activities.len().min(FIRST_ACTIVITIES).to_string())])) }
        div.scroll tabindex="0" { table.activities {
            thead { tr { th { (visitor.t("import.id")) } th { (visitor.t("field.name")) } th.number { (visitor.t("plans.duration")) } th { (visitor.t("plans.start")) } th { (visitor.t("plans.finish")) } } }
            tbody { @for (activity, dates) in shown.content.activities.iter().zip(&computed.activities).take(FIRST_ACTIVITIES) {
                tr {
                    td { code { (activity.id) } } td { (activity.name) } td.number { (span::print(activity.duration)) }
                    td { @match dates { Some(dates) => (dates.early_start.date()), None => "—" } }
                    td { @match dates { Some(dates) => (dates.early_finish.date()), None => "—" } }
                }
            } }
        } }
    }
}

/// Imports what was shown.
async fn import(
    State(site): State<Site>,
    visitor: Visitor,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, values.text("project")).await?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let done = async {
        let request_id = values.request_id()?;
        let shown = SHELF.find(&account, &place.id, &request_id).ok_or_else(|| wrong("X-103"))?;
        let places = places::store::subtree(&mut site.reader().await?, &place.path).await?;
        let plan = mapped(&shown.content, &values, &places)?;
        let source = Source::Import { format: format_of(&shown.file).to_owned(), file: shown.file };
        plan::versions::put_forward(&site, &visitor, &place.id, request_id, &plan, source).await
    };
    match done.await {
        Ok(version) => Ok(Redirect::to(&format!("/plan-versions/{version}")).into_response()),
        Err(problem) => {
            let refused = refusal(problem)?;
            let Some(shown) = SHELF.find(&account, &place.id, values.text("request_id")) else {
                return form_page(&site, &visitor, &place, Some(&refused), &[], None).await;
            };
            let computed = scheduled(&shown).await?;
            let dry_run = DryRun { shown: &shown, computed: &computed, diagnostics: &computed.diagnostics, marked: None };
            shown_page(&site, &visitor, &place, &dry_run, &values, Some(&refused)).await
        }
    }
}

/// A version as a file for other programs, with the dates of its own schedule.
async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Path((id, format)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let format = Format::from_name(&format).ok_or_else(missing)?;
    if visitor.account.is_none() {
        return Err(Problem::LoginNeeded);
    }
    let version = plan::store::version(&mut conn, &id).await?.ok_or_else(missing)?;
    let place = visitor.place(&mut conn, &version.project).await?;
    let base = site.domain.networks.base(&mut conn, &version.document).await?;
    drop(conn);
    let written = tokio::task::spawn_blocking(move || write(format, &base.plan, &base.baseline)).await;
    let Written { bytes, .. } = written.map_err(anyhow::Error::from)??;
    let name = format!("{}-{}.{}", place.attributes.name, version.ordinal, format.extension());
    Ok(papers::saved(bytes, format.media_type(), &name))
}

async fn template(visitor: Visitor) -> Result<Response, Problem> {
    if visitor.account.is_none() {
        return Err(Problem::LoginNeeded);
    }
    Ok(papers::saved(sheet::template(), Format::Xlsx.media_type(), "guatu-plan.xlsx"))
}
