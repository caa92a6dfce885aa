//! Pages of plans: every project's outlook, one project's versions and mandated dates, drafting from a template,
//! approval, two versions side by side, and progress of one activity.

use super::network::Scheduled;
use super::model::{Command, Progress, Source, VersionState};
use super::store::{self, Mandate, Outlook, ProjectPlan, Version};
use super::template::{self, Building, Setting, TEMPLATES, compose};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::{calendars, identity, places};
use crate::journal::Document;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::forms::{Form, Values, new_id, refusal};
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::plans::json;
use guatu_kernel::plan::Plan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/plans", get(list))
        .route("/plans/{project}", get(show))
        .route("/plans/{project}/template", get(template_form).post(draft))
        .route("/plans/{project}/mandate", get(mandate_form).post(mandate))
        .route("/plans/{project}/activate", post(activate))
        .route("/plans/{project}/compare", get(compare))
        .route("/plans/{project}/progress", get(progress_form).post(record))
        .route("/plans/{project}/ties", get(ties_form).post(tie))
        .route("/ties/{id}/remove", post(untie))
        .route("/plan-versions/{id}", get(version).post(approve))
        .route("/mandates/{id}/change", get(change_form).post(request_change))
        .route("/mandate-requests/{id}", get(answer_form).post(answer))
}

/// Days of float in words, with the lamp they give.
pub fn float_lamp(visitor: &Visitor, float_days_e3: Option<i64>) -> Markup {
    html! {
        @match float_days_e3 {
            None => span.lamp.done { (visitor.t("lamp.done")) },
            Some(float) => {
                @let days = [("days", (float.abs() / 1000).to_string())];
                @if float < 0 { span.lamp.bad { (visitor.tf("plans.late_by", &days)) } }
                @else if float < 10_000 { span.lamp.warn { (visitor.tf("plans.float", &days)) } }
                @else { span.lamp.good { (visitor.tf("plans.float", &days)) } }
            }
        }
    }
}

/// A project this person may read, or as if it were not there.
async fn project(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<Place, Problem> {
    let place = visitor.place(conn, id).await?;
    if place.kind != places::model::Kind::Project {
        return Err(missing().into());
    }
    Ok(place)
}

async fn list(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let plans: HashMap<String, ProjectPlan> = store::project_plans(&mut conn).await?.into_iter().map(|plan| (plan.project.clone(), plan)).collect();
    let drafts = store::draft_counts(&mut conn).await?;
    let schedules: HashMap<String, Arc<Scheduled>> = site.domain.networks.all_scheduled(&mut conn).await?.into_iter().collect();
    let tree = site.domain.places.tree(&mut conn).await?;
    let unscheduled = Arc::default();
    let is_listed = |place: &&Place| place.kind == places::model::Kind::Project && visitor.may(Verb::Read, &place.path);
    let rows: Vec<(&Place, &Arc<Scheduled>, u64)> = tree
        .places()
        .iter()
        .filter(is_listed)
        .map(|place| (place, schedules.get(&place.id).unwrap_or(&unscheduled), drafts.get(&place.id).copied().unwrap_or(0)))
        .collect();
    let today = site.clock.today();
    let body = html! {
        h1 { (visitor.t("plans.title")) }
        p.lead { (visitor.t("plans.lead")) }
        div.scroll { table {
            thead { tr {
                th { (visitor.t("place_kind.project")) } th { (visitor.t("plans.plan_state")) } th { (visitor.t("plans.milestone")) }
                th { (visitor.t("plans.finish_by")) } th.number { (visitor.t("plans.days_left")) } th { (visitor.t("plans.forecast")) } th { (visitor.t("plans.outlook")) }
            } }
            tbody {
                @for (place, scheduled, drafts) in &rows {
                    @let plan = plans.get(&place.id);
                    @let nearest = worst(&scheduled.mandates, &scheduled.outlooks);
                    tr {
                        td { a href={ "/plans/" (place.id) } { (place.attributes.name) } }
                        td { (plan_state(&visitor, plan, *drafts)) }
                        @match nearest {
                            Some((mandate, outlook)) => {
                                td { (mandate.name) } td { (mandate.finish_by) }
                                td.number { (days_between(today, mandate.finish_by)) }
                                td { @match outlook { Some(outlook) => (outlook.forecast), None => "—" } }
                                td { @match outlook { Some(outlook) => (float_lamp(&visitor, outlook.float_days_e3)), None => "—" } }
                            }
                            None => { td { "—" } td { "—" } td.number { "—" } td { @match plan.and_then(|plan| plan.finish_on) { Some(date) => (date), None => "—" } } td { "—" } }
                        }
                    }
                }
                @if rows.is_empty() { tr { td.empty colspan="7" { (visitor.t("places.none")) } } }
            }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("plans.title"), body))
}

/// The mandated date with the least float.
fn worst<'a>(mandates: &'a [Mandate], outlooks: &'a [Outlook]) -> Option<(&'a Mandate, Option<&'a Outlook>)> {
    let of = |mandate: &Mandate| outlooks.iter().find(|outlook| outlook.mandate == mandate.id);
    mandates.iter().map(|mandate| (mandate, of(mandate))).min_by_key(|(mandate, outlook)| {
        (outlook.and_then(|outlook| outlook.float_days_e3).unwrap_or(i64::MAX), mandate.finish_by)
    })
}

fn plan_state(visitor: &Visitor, plan: Option<&ProjectPlan>, drafts: u64) -> Markup {
    html! {
        @match plan {
            Some(plan) if plan.problem.is_some() => span.lamp.bad { (visitor.t("plans.has_problem")) },
            Some(plan) if plan.active_on.is_some() => span.tag { (visitor.t("plans.active")) },
            Some(_) => span.tag { (visitor.t("plans.approved")) },
            None => span.tag { (visitor.t("plans.no_plan")) },
        }
        @if drafts > 0 { " " span.quiet { (visitor.tf("plans.drafts", &[("count", drafts.to_string())])) } }
    }
}

/// Natural days from one date to another.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    show_page(&site, &visitor, &place, None).await
}

async fn show_page(site: &Site, visitor: &Visitor, place: &Place, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let id = &place.id;
    let plan = store::project_plan(&mut conn, id).await?;
    let versions = store::versions(&mut conn, id).await?;
    let scheduled = site.domain.networks.scheduled(&mut conn, id).await?;
    let Scheduled { mandates, outlooks, .. } = &*scheduled;
    let requests = store::requests(&mut conn, id).await?;
    let names = identity::names(&mut conn).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let bar_names = chain_names(&tree, &scheduled);
    let today = site.clock.today();
    let may = |verb| visitor.may(verb, &place.path);
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        (crate::web::forms::error_summary(visitor, refused))
        div.bar {
            h1 { (place.attributes.name) " · " (visitor.t("nav.plans")) }
            (plan_state(visitor, plan.as_ref(), 0))
            span.end {}
            a.button.second href={ "/wall?place=" (id) } { (visitor.t("nav.wall")) }
            @if may(Verb::Plan) {
                a.button.second href={ "/plans/" (id) "/template" } { (visitor.t("plans.from_template")) }
                a.button.second href={ "/import?project=" (id) } { (visitor.t("plans.from_file")) }
            }
        }
        @if let Some(problem) = plan.as_ref().and_then(|plan| plan.problem.as_ref()) { div.notice { p { (problem) } } }
        @if let Some(plan) = &plan {
            ul.counts {
                li { b { (plan.start_on.map_or("—".into(), |date| date.to_string())) } span { (visitor.t("plans.start")) } }
                li { b { (plan.finish_on.map_or("—".into(), |date| date.to_string())) } span { (visitor.t("plans.forecast_end")) } }
                li { b { (plan.data_date) } span { (visitor.t("plans.data_date")) } }
            }
            @if let Some((from, to)) = plan.start_on.zip(plan.finish_on) { (calendars::pages::missing_notice(visitor, from, to)) }
        }
        h2 { (visitor.t("plans.mandated_dates")) }
        @if mandates.is_empty() { p.quiet { (visitor.t("plans.no_mandates")) } }
        @for mandate in mandates {
            @let outlook = outlooks.iter().find(|outlook| outlook.mandate == mandate.id);
            section.sheet {
                div.bar {
                    h3 { (mandate.name) }
                    @if let Some(outlook) = outlook { (float_lamp(visitor, outlook.float_days_e3)) }
                    @if may(Verb::Plan) { a.end href={ "/mandates/" (mandate.id) "/change" } { (visitor.t("plans.request_change")) } }
                }
                dl.facts {
                    dt { (visitor.t("plans.finish_by")) } dd { (mandate.finish_by) " " span.quiet { (visitor.tf("plans.natural_days_left", &[("days", days_between(today, mandate.finish_by).to_string())])) } }
                    dt { (visitor.t("plans.by_document")) } dd { (mandate.issuer) " · " (mandate.document) " · " (mandate.edition) }
                    @if let Some(outlook) = outlook {
                        dt { (visitor.t("plans.forecast")) } dd { (outlook.forecast) }
                        dt { (visitor.t("plans.driving_chain")) } dd { (outlook.driving_chain.iter().map(|id| bar_names.get(id).cloned().unwrap_or_else(|| id.clone())).collect::<Vec<_>>().join(" → ")) }
                        @for concession in outlook.concessions.as_array().into_iter().flatten() {
                            dt { (visitor.t("plans.would_restore")) } dd { (concession_sentence(visitor, concession, &bar_names)) }
                        }
                    }
                    @for request in requests.iter().filter(|request| request.mandate == mandate.id) {
                        dt { (visitor.t("plans.change")) }
                        dd {
                            (request.old_finish_by) " → " (request.new_finish_by) " · " (request.reason) " · "
                            @if request.state == "open" && may(Verb::Mandate) { a href={ "/mandate-requests/" (request.id) } { (visitor.t("plans.answer")) } }
                            @else { (visitor.t(&format!("request_state.{}", request.state))) @if let Some(answer) = &request.answer { "：" (answer) } }
                        }
                    }
                }
            }
        }
        @if plan.is_some() {
            p.bar {
                @if may(Verb::Mandate) { a.button.second href={ "/plans/" (id) "/mandate" } { (visitor.t("plans.mandate")) } }
                @if may(Verb::Plan) { a.button.second href={ "/plans/" (id) "/ties" } { (visitor.t("plans.ties")) } }
                @if may(Verb::Approve) && plan.as_ref().is_some_and(|plan| plan.active_on.is_none()) {
                    form method="post" action={ "/plans/" (id) "/activate" } {
                        input type="hidden" name="request_id" value=(new_id());
                        button type="submit" { (visitor.t("plans.activate")) }
                    }
                }
            }
        }
        h2 { (visitor.t("plans.versions")) }
        @if versions.is_empty() { p.quiet { (visitor.t("plans.no_versions")) } } @else {
            div.scroll { table {
                thead { tr { th { (visitor.t("plans.version")) } th { (visitor.t("field.state")) } th { (visitor.t("plans.source")) } th.number { (visitor.t("plans.activities")) } th { (visitor.t("plans.drafted")) } th { (visitor.t("plans.approval")) } } }
                tbody { @for one in versions.iter().rev() {
                    tr {
                        td { a href={ "/plan-versions/" (one.id) } { (visitor.tf("plans.version_number", &[("number", one.ordinal.to_string())])) } }
                        td { (visitor.t(&format!("version_state.{}", one.state.name()))) }
                        td { (source_text(visitor, &one.source)) }
                        td.number { (one.activity_count) }
                        td { (one.drafted_on) " " (names.get(&one.drafted_by).map_or("", String::as_str)) }
                        td { @if let Some(on) = one.approved_on { (on) " " (one.approved_by.as_ref().and_then(|by| names.get(by)).map_or("", String::as_str)) " " span.quiet { (one.reason.as_deref().unwrap_or_default()) } } @else { "—" } }
                    }
                } }
            } }
            @if versions.len() > 1 {
                @let (a, b) = (&versions[versions.len() - 2], &versions[versions.len() - 1]);
                p { a href={ "/plans/" (id) "/compare?a=" (a.id) "&b=" (b.id) } { (visitor.t("plans.compare")) } }
            }
        }
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &place.attributes.name, body)).into_response())
}

/// Activities that outlooks mention.
fn mentioned(outlooks: &[Outlook]) -> Vec<String> {
    let mut ids = Vec::new();
    for outlook in outlooks {
        ids.extend(outlook.driving_chain.iter().cloned());
        for concession in outlook.concessions.as_array().into_iter().flatten() {
            let on = concession["on"].as_array().into_iter().flatten();
            ids.extend(on.filter_map(|one| one["activity"].as_str().map(str::to_owned)));
        }
    }
    ids
}

fn chain_names(tree: &places::Tree, scheduled: &Scheduled) -> HashMap<String, String> {
    let wanted: HashSet<String> = mentioned(&scheduled.outlooks).into_iter().collect();
    let bars = scheduled.bars.iter().filter(|bar| wanted.contains(&bar.activity));
    bars.map(|bar| {
        let place = bar.place.as_deref().and_then(|id| tree.get(id)).map(|place| format!("{} ", place.attributes.name));
        (bar.activity.clone(), format!("{}{}", place.unwrap_or_default(), bar.name))
    })
    .collect()
}

fn concession_sentence(visitor: &Visitor, concession: &serde_json::Value, names: &HashMap<String, String>) -> String {
    let number = |key: &str| concession[key].as_f64().map_or("?".to_owned(), |value| format!("{value}"));
    let strength = visitor.t(&format!("strength.{}", concession["strength"].as_str().unwrap_or("found")));
    match concession["kind"].as_str() {
        Some("move_date") => visitor.tf(
            "concession.move_date",
            &[("to", concession["to"].as_str().unwrap_or("?").to_owned()), ("days", number("days")), ("calendar_days", number("calendar_days")), ("strength", strength)],
        ),
        Some("shorten") if concession["days_remaining"].as_f64().is_some_and(|days| days > 0.0) => {
            visitor.tf("concession.incurable", &[("days", number("days_remaining"))])
        }
        Some("shorten") => {
            let on: Vec<String> = concession["on"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| {
                    let id = one["activity"].as_str().unwrap_or_default();
                    let name = names.get(id).cloned().unwrap_or_else(|| id.to_owned());
                    visitor.tf("concession.shorten_one", &[("name", name), ("days", one["days"].as_f64().map_or("?".into(), |days| days.to_string()))])
                })
                .collect();
            visitor.tf("concession.shorten", &[("days", number("days")), ("on", on.join("、")), ("strength", strength)])
        }
        _ => concession.to_string(),
    }
}

fn source_text(visitor: &Visitor, source: &str) -> String {
    match serde_json::from_str(source) {
        Ok(Source::Import { format, file }) => visitor.tf("plans.source_import", &[("format", format), ("file", file)]),
        Ok(Source::Template) => visitor.t("plans.source_template"),
        Err(_) => source.to_owned(),
    }
}

async fn template_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let usual = place.attributes.programme.as_deref().and_then(places::model::programme).map(|programme| programme.template.clone());
    let chosen = query.get("template").cloned().or(usual).filter(|id| template::template(id).is_some()).unwrap_or_else(|| TEMPLATES[0].id.clone());
    let values = Values::default().with("template", chosen).with("start", site.clock.today());
    template_page(&site, &visitor, &place, &values, None).await
}

async fn template_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let buildings = buildings_of(&mut conn, place, site.clock.today()).await?;
    let chosen = template::template(values.text("template")).unwrap_or(&TEMPLATES[0]);
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("plans.from_template")) }
        p.lead { (visitor.tf("plans.template_lead", &[("buildings", buildings.len().to_string())])) }
        (crate::web::forms::error_summary(visitor, refused))
        form.bar method="get" action={ "/plans/" (place.id) "/template" } {
            label for="field-template" { (visitor.t("field.template")) }
            select id="field-template" name="template" {
                @for one in TEMPLATES.iter() { option value=(one.id) selected[one.id == chosen.id] { (visitor.t(&format!("template.{}", one.id))) } }
            }
            button.second type="submit" { (visitor.t("plans.choose_template")) }
        }
        form.fields method="post" action={ "/plans/" (place.id) "/template" } {
            input type="hidden" name="request_id" value=(new_id());
            input type="hidden" name="template" value=(chosen.id);
            div.field {
                label for="field-start" { (visitor.t("field.start")) }
                input id="field-start" type="date" name="start" value=(values.text("start")) required;
            }
            p.hint { (visitor.t("plans.days_hint")) }
            p.quiet { (visitor.tf("plans.template_source", &[("source", chosen.source.clone())])) }
            div.scroll { table {
                thead { tr { th { (visitor.t("plans.stage")) } th { (visitor.t("plans.formula")) } th { (visitor.t("plans.own_days")) } } }
                tbody { @for stage in &chosen.stage {
                    tr {
                        td { (visitor.t(&format!("stage.{}", stage.id))) }
                        td { @match stage.base_days {
                            None => (visitor.t("plans.milestone")),
                            Some(base) => (visitor.tf("plans.formula_text", &[("base", base.to_string()), ("floor", stage.per_floor_days.to_string()), ("basement", stage.per_basement_days.to_string())])),
                        } }
                        td { @if stage.base_days.is_some() {
                            @let name = format!("days_{}", stage.id);
                            input aria-label=(visitor.t(&format!("stage.{}", stage.id))) name=(name) inputmode="numeric" value=(values.text(&name));
                        } }
                    }
                } }
            } }
            div.actions { button type="submit" { (visitor.t("plans.draft")) } }
        }
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &visitor.t("plans.from_template"), body)).into_response())
}

/// The buildings of a project, or its facilities where it has no buildings, or the project itself.
async fn buildings_of(conn: &mut Conn, place: &Place, start: Date) -> Result<Vec<Building>, Problem> {
    let under = places::store::subtree(conn, &place.path).await?;
    let of_kind = |kind| under.iter().filter(|other| other.kind == kind).collect::<Vec<_>>();
    let mut chosen = of_kind(places::model::Kind::Building);
    if chosen.is_empty() {
        chosen = of_kind(places::model::Kind::Facility);
    }
    if chosen.is_empty() {
        chosen = vec![place];
    }
    Ok(chosen
        .into_iter()
        .map(|one| Building {
            place: one.id.clone(),
            name: one.attributes.name.clone(),
            floors_above: one.attributes.figures.floors_above.unwrap_or(1),
            floors_below: one.attributes.figures.floors_below.unwrap_or(0),
            start,
        })
        .collect())
}

async fn draft(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let start = values.date("start")?;
        let chosen = template::template(values.text("template")).ok_or_else(|| wrong("G-108", "template"))?;
        let mut days = HashMap::new();
        for stage in &chosen.stage {
            let text = values.text(&format!("days_{}", stage.id));
            if !text.is_empty() {
                let own: i64 = text.parse().ok().filter(|own| (1..=3650).contains(own)).ok_or_else(|| wrong("G-107", "start"))?;
                days.insert(stage.id.clone(), own);
            }
        }
        let buildings = buildings_of(&mut conn, &place, start).await?;
        let stage_name = |stage: &str| visitor.t(&format!("stage.{stage}"));
        let setting = Setting {
            template: chosen,
            days,
            calendars: calendars::plan_calendars(&mut conn).await?,
            stage_name: &stage_name,
            end_name: visitor.t("plans.end_milestone"),
        };
        let plan = compose(&place.attributes.name, &buildings, &setting);
        put_forward(&site, &visitor, &id, values.request_id()?, &plan, Source::Template).await
    };
    match done.await {
        Ok(version) => Ok(Redirect::to(&format!("/plan-versions/{version}")).into_response()),
        Err(problem) => template_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

fn wrong(code: &'static str, field: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(field) }
}

/// Puts a plan forward as a draft and returns the id of its version. Imports come this way too.
pub async fn put_forward(
    site: &Site,
    visitor: &Visitor,
    project: &str,
    request_id: String,
    plan: &Plan,
    source: Source,
) -> Result<String, Problem> {
    let document = Document { media_type: "application/json", bytes: json::write(plan).into_bytes() };
    // Made from the request, so that a resend names the same version.
    let version = format!("v-{request_id}");
    let command = Command::Draft {
        version: version.clone(),
        project: project.to_owned(),
        document: document.sha256(),
        source,
        activity_count: u32::try_from(plan.activities.len()).unwrap_or(u32::MAX),
    };
    site.submit_with(visitor, request_id, command, vec![document]).await?;
    Ok(version)
}

/// A version of a project this person may read.
async fn readable_version(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<(Version, Place), Problem> {
    let version = store::version(conn, id).await?.ok_or(missing())?;
    let place = project(conn, visitor, &version.project).await?;
    Ok((version, place))
}

async fn version(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let first = query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    version_page(&site, &visitor, &id, first, &Values::default(), None).await
}

/// Rows of a page without a script.
const PAGE_LEN: usize = 500;

async fn version_page(site: &Site, visitor: &Visitor, id: &str, first: usize, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (version, place) = readable_version(&mut conn, visitor, id).await?;
    let base = site.domain.networks.base(&mut conn, &version.document).await?;
    let names = identity::names(&mut conn).await?;
    let title = visitor.tf("plans.version_number", &[("number", version.ordinal.to_string())]);
    let errors: Vec<_> = base.baseline.diagnostics.iter().collect();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, &place).await?)
        p.crumbs { a href={ "/plans/" (place.id) } { (place.attributes.name) " · " (visitor.t("nav.plans")) } " ›" }
        div.bar { h1 { (title) } span.tag { (visitor.t(&format!("version_state.{}", version.state.name()))) }
            span.end {}
            @for format in ["mspdi", "xlsx", "json"] { a.button.second href={ "/plan-versions/" (version.id) "/export/" (format) } { (visitor.t(&format!("format.{format}"))) } }
        }
        dl.facts {
            dt { (visitor.t("plans.source")) } dd { (source_text(visitor, &version.source)) }
            dt { (visitor.t("plans.drafted")) } dd { (version.drafted_on) " " (names.get(&version.drafted_by).map_or("", String::as_str)) }
            dt { (visitor.t("plans.forecast_end")) } dd { @match base.baseline.finish { Some(finish) => (finish.date()), None => "—" } }
            dt { (visitor.t("plans.document")) } dd { code { (version.document.get(..16).unwrap_or_default()) } }
        }
        @if !errors.is_empty() {
            div.notice { ul { @for found in errors.iter().take(20) { li { (found.code) " " (found.message) } } } }
        }
        @if version.state == VersionState::Draft && visitor.may(Verb::Approve, &place.path) {
            h2 { (visitor.t("plans.approve")) }
            (Form::new(visitor, format!("/plan-versions/{id}"), "plans.approve", values).text("reason").refused(refused).render())
        }
        h2 { (visitor.t("plans.activities")) }
        div.scroll { table {
            thead { tr { th { (visitor.t("field.name")) } th.number { (visitor.t("plans.duration")) } th { (visitor.t("plans.start")) } th { (visitor.t("plans.finish")) } th.number { (visitor.t("plans.total_float")) } } }
            tbody { @for (at, activity) in base.plan.activities.iter().enumerate().skip(first).take(PAGE_LEN) {
                @let dates = base.baseline.activities[at].as_ref();
                tr {
                    td class={ "indent-" (base.depths[at].min(4)) } { (activity.name) }
                    td.number { (guatu_formats::plans::span::print(activity.duration)) }
                    td { @if let Some(dates) = dates { (dates.early_start.date()) } @else { "—" } }
                    td { @if let Some(dates) = dates { (dates.early_finish.date()) } @else { "—" } }
                    td.number { @match dates.and_then(|dates| dates.total_float_days) { Some(float) => (format!("{float:.0}")), None => "—" } }
                }
            } }
        } }
        (pager(visitor, &format!("/plan-versions/{id}"), first, base.plan.activities.len()))
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &title, body)).into_response())
}

/// Links to the next and previous page of a long list.
pub fn pager(visitor: &Visitor, address: &str, first: usize, total: usize) -> Markup {
    let mark = if address.contains('?') { '&' } else { '?' };
    html! {
        @if total > PAGE_LEN {
            p.bar.no-print {
                @if first > 0 { a href={ (address) (mark) "from=" (first.saturating_sub(PAGE_LEN)) } { (visitor.t("shell.previous")) } }
                span.quiet { (first + 1) "–" ((first + PAGE_LEN).min(total)) " / " (total) }
                @if first + PAGE_LEN < total { a href={ (address) (mark) "from=" (first + PAGE_LEN) } { (visitor.t("shell.next")) } }
            }
        }
    }
}

async fn approve(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (version, _) = readable_version(&mut site.reader().await?, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let command = Command::Approve { version: id.clone(), reason: values.text("reason").into() };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", version.project)).into_response()),
        Err(problem) => version_page(&site, &visitor, &id, 0, &values, Some(&refusal(problem)?)).await,
    }
}

/// Two versions side by side: what is new, gone, or has moved.
async fn compare(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Markup, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let wanted = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (a, _) = readable_version(&mut conn, &visitor, &wanted("a")).await?;
    let (b, _) = readable_version(&mut conn, &visitor, &wanted("b")).await?;
    if a.project != id || b.project != id {
        return Err(missing().into());
    }
    let (old, new) = (site.domain.networks.base(&mut conn, &a.document).await?, site.domain.networks.base(&mut conn, &b.document).await?);
    type Extent = Option<(Date, Date)>;
    let extent = |base: &super::network::BasePlan, id: &str| -> Extent {
        let dates = base.baseline.activities[*base.index.get(id)?].as_ref()?;
        Some((dates.early_start.date(), dates.early_finish.date()))
    };
    let mut rows: Vec<(String, Extent, Extent)> = Vec::new();
    for activity in &new.plan.activities {
        let (before, after) = (extent(&old, &activity.id), extent(&new, &activity.id));
        if before != after {
            rows.push((activity.name.clone(), before, after));
        }
    }
    for activity in old.plan.activities.iter().filter(|activity| !new.index.contains_key(&activity.id)) {
        rows.push((activity.name.clone(), extent(&old, &activity.id), None));
    }
    let cell = |extent: &Extent| extent.map_or("—".to_owned(), |(start, finish)| format!("{start} – {finish}"));
    let name = |version: &Version| visitor.tf("plans.version_number", &[("number", version.ordinal.to_string())]);
    let body = html! {
        p.crumbs { a href={ "/plans/" (id) } { (place.attributes.name) " · " (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.compare")) }
        p.lead { (visitor.tf("plans.differences", &[("count", rows.len().to_string())])) }
        div.scroll { table {
            thead { tr { th { (visitor.t("field.name")) } th { (name(&a)) } th { (name(&b)) } th.number { (visitor.t("plans.moved")) } } }
            tbody { @for (activity, before, after) in rows.iter().take(PAGE_LEN) {
                tr {
                    td { (activity) } td { (cell(before)) } td { (cell(after)) }
                    td.number { @match (before, after) { (Some((_, old)), Some((_, new))) => (format!("{:+}", days_between(*old, *new))), (None, _) => (visitor.t("plans.added")), (_, None) => (visitor.t("plans.removed")) } }
                }
            } }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("plans.compare"), body))
}

async fn mandate_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    let values = Values::default().with("activity", template::END).with("name", visitor.t("plans.end_milestone"));
    mandate_page(&site, &visitor, &place, &values, None).await
}

async fn mandate_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let mut names: HashMap<String, String> = HashMap::new();
    for other in places::store::subtree(&mut conn, &place.path).await? {
        names.insert(other.id, other.attributes.name);
    }
    let milestones = store::bars(&mut conn, &place.id, 0, 100_000)
        .await?
        .into_iter()
        .filter(|bar| bar.kind == "milestone")
        .map(|bar| {
            let at = bar.place.as_ref().and_then(|place| names.get(place)).map(|name| format!("{name} · ")).unwrap_or_default();
            (bar.activity, format!("{at}{}", bar.name))
        })
        .collect();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("plans.mandate")) }
        p.lead { (visitor.t("plans.mandate_lead")) }
        (Form::new(visitor, format!("/plans/{}/mandate", place.id), "plans.mandate", values)
            .choice("activity", milestones, true).text("name").date("finish_by", true).text("issuer").text("document").text("edition").refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &visitor.t("plans.mandate"), body)).into_response())
}

async fn mandate(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let command = Command::Mandate {
            mandate: new_id(),
            project: id.clone(),
            activity: values.text("activity").into(),
            name: values.text("name").into(),
            finish_by: values.date("finish_by")?,
            issuer: values.text("issuer").into(),
            document: values.text("document").into(),
            edition: values.text("edition").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}")).into_response()),
        Err(problem) => mandate_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn activate(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    let request_id = Values::new(pairs).request_id()?;
    match site.submit(&visitor, request_id, Command::Activate { project: id.clone() }).await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}")).into_response()),
        Err(problem) => {
            let mut refused = refusal(problem)?;
            for (_, value) in refused.params.iter_mut().filter(|(name, _)| *name == "seats") {
                *value = value.split(", ").map(|seat| visitor.t(&format!("seat.{seat}"))).collect::<Vec<_>>().join("、");
            }
            show_page(&site, &visitor, &place, Some(&refused)).await
        }
    }
}

async fn readable_mandate(site: &Site, visitor: &Visitor, id: &str) -> Result<Mandate, Problem> {
    let mut conn = site.reader().await?;
    let mandate = store::mandate(&mut conn, id).await?.ok_or(missing())?;
    project(&mut conn, visitor, &mandate.project).await?;
    Ok(mandate)
}

async fn change_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let mandate = readable_mandate(&site, &visitor, &id).await?;
    Ok(change_page(&site, &visitor, &mandate, &Values::default(), None))
}

fn change_page(site: &Site, visitor: &Visitor, mandate: &Mandate, values: &Values, refused: Option<&Refusal>) -> Response {
    let body = html! {
        p.crumbs { a href={ "/plans/" (mandate.project) } { (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.request_change")) }
        p.lead { (mandate.name) " · " (mandate.finish_by) " · " (mandate.issuer) " " (mandate.document) }
        (Form::new(visitor, format!("/mandates/{}/change", mandate.id), "plans.request_change", values).date("finish_by", true).lines("reason", true).refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    (status, page(site, visitor, &visitor.t("plans.request_change"), body)).into_response()
}

async fn request_change(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mandate = readable_mandate(&site, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let command = Command::RequestChange {
            request: new_id(),
            mandate: id.clone(),
            finish_by: values.date("finish_by")?,
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", mandate.project)).into_response()),
        Err(problem) => Ok(change_page(&site, &visitor, &mandate, &values, Some(&refusal(problem)?))),
    }
}

async fn readable_request(site: &Site, visitor: &Visitor, id: &str) -> Result<store::Request, Problem> {
    let mut conn = site.reader().await?;
    let request = store::request(&mut conn, id).await?.ok_or(missing())?;
    project(&mut conn, visitor, &request.project).await?;
    Ok(request)
}

async fn answer_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let request = readable_request(&site, &visitor, &id).await?;
    Ok(answer_page(&site, &visitor, &request, &Values::default(), None))
}

fn answer_page(site: &Site, visitor: &Visitor, request: &store::Request, values: &Values, refused: Option<&Refusal>) -> Response {
    let answers = ["accepted", "declined"].map(|answer| (answer.to_owned(), visitor.t(&format!("request_state.{answer}")))).to_vec();
    let body = html! {
        p.crumbs { a href={ "/plans/" (request.project) } { (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.answer")) }
        p.lead { (request.old_finish_by) " → " (request.new_finish_by) " · " (request.reason) }
        (Form::new(visitor, format!("/mandate-requests/{}", request.id), "plans.answer", values)
            .choice("answer", answers, true).lines("reason", true).opt_text("document").opt_text("edition").refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    (status, page(site, visitor, &visitor.t("plans.answer"), body)).into_response()
}

async fn answer(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let request = readable_request(&site, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let is_accepted = values.choice("answer", |answer| match answer {
            "accepted" => Some(true),
            "declined" => Some(false),
            _ => None,
        })?;
        let command = Command::AnswerChange {
            request: id.clone(),
            is_accepted,
            reason: values.text("reason").into(),
            document: values.text("document").into(),
            edition: values.text("edition").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", request.project)).into_response()),
        Err(problem) => Ok(answer_page(&site, &visitor, &request, &values, Some(&refusal(problem)?))),
    }
}

async fn progress_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let activity = query.get("activity").cloned().unwrap_or_default();
    let known = store::progress(&mut conn, &id, &activity).await?;
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let values = Values::default()
        .with("actual_start", date(known.actual_start))
        .with("actual_finish", date(known.actual_finish))
        .with("percent", known.percent_e3.map(|percent| (percent / 1000).to_string()).unwrap_or_default())
        .with("remaining_days", known.remaining_days.map(|days| days.to_string()).unwrap_or_default());
    progress_page(&site, &visitor, &place, &activity, &values, None).await
}

async fn progress_page(site: &Site, visitor: &Visitor, place: &Place, activity: &str, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let bar = store::bar(&mut conn, &place.id, activity).await?.ok_or(missing())?;
    let action = format!("/plans/{}/progress?activity={}", place.id, form_urlencoded(activity));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (bar.name) }
        p.lead { (visitor.t("plans.progress_lead")) }
        (Form::new(visitor, action, "plans.record", values)
            .date("actual_start", false).date("actual_finish", false).number("percent").number("remaining_days").opt_text("reason").refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &bar.name, body)).into_response())
}

async fn record(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    let activity = query.get("activity").cloned().unwrap_or_default();
    let values = Values::new(pairs);
    let done = async {
        let percent: Option<u32> = values.opt_number("percent")?;
        let progress = Progress {
            actual_start: values.opt_date("actual_start")?,
            actual_finish: values.opt_date("actual_finish")?,
            percent_e3: percent.map(|percent| percent.saturating_mul(1000)),
            remaining_days: values.opt_number("remaining_days")?,
        };
        let command = Command::Record { project: id.clone(), activity: activity.clone(), progress, reason: values.opt("reason") };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/wall/bar?project={id}&activity={}", form_urlencoded(&activity))).into_response()),
        Err(problem) => progress_page(&site, &visitor, &place, &activity, &values, Some(&refusal(problem)?)).await,
    }
}

async fn ties_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    ties_page(&site, &visitor, &place, &Values::default(), None).await
}

async fn ties_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let places = places::all(&mut conn).await?;
    let name = |id: &str| places.iter().find(|place| place.id == id && visitor.may(Verb::Read, &place.path)).map_or("—".to_owned(), |place| place.attributes.name.clone());
    let ties: Vec<_> = store::ties(&mut conn).await?.into_iter().filter(|tie| tie.to_project == place.id || tie.from_project == place.id).collect();
    let projects = places
        .iter()
        .filter(|other| other.kind == places::model::Kind::Project && other.id != place.id && visitor.may(Verb::Plan, &other.path))
        .map(|other| (other.id.clone(), other.attributes.name.clone()))
        .collect();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("plans.ties")) }
        p.lead { (visitor.t("plans.ties_lead")) }
        ul { @for tie in &ties {
            li {
                (name(&tie.from_project)) " " code { (tie.from_activity) } " → " (name(&tie.to_project)) " " code { (tie.to_activity) } " +" (tie.lag_days) " · " (tie.reason)
                @if tie.to_project == place.id && visitor.may(Verb::Plan, &place.path) {
                    details { summary { (visitor.t("plans.untie")) }
                        form method="post" action={ "/ties/" (tie.id) "/remove" } {
                            input type="hidden" name="request_id" value=(new_id());
                            label { (visitor.t("field.reason")) " " input name="reason" required; }
                            button type="submit" { (visitor.t("plans.untie")) }
                        }
                    }
                }
            }
        } }
        (Form::new(visitor, format!("/plans/{}/ties", place.id), "plans.ties", values)
            .choice("from_project", projects, true).text("from_activity").text("to_activity").number("lag_days").text("reason").refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    Ok((status, page(site, visitor, &visitor.t("plans.ties"), body)).into_response())
}

async fn tie(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let place = project(&mut site.reader().await?, &visitor, &id).await?;
    let values = Values::new(pairs);
    let done = async {
        let lag_days: u16 = values.opt_number("lag_days")?.unwrap_or(0);
        let command = Command::Tie {
            tie: new_id(),
            from_project: values.text("from_project").into(),
            from_activity: values.text("from_activity").into(),
            to_project: id.clone(),
            to_activity: values.text("to_activity").into(),
            lag_days: i32::from(lag_days),
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}/ties")).into_response()),
        Err(problem) => ties_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn untie(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let tie = store::tie(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    let values = Values::new(pairs);
    site.submit(&visitor, values.request_id()?, Command::Untie { tie: id, reason: values.text("reason").into() }).await?;
    Ok(Redirect::to(&format!("/plans/{}/ties", tie.to_project)).into_response())
}
