//! Pages of versions: a draft from a template, one version, its approval, two side by side.

use super::model::{Command, Source, VersionState};
use super::pages::{days_between, float_lamp, no_activity, project, project_for, source_text};
use super::store::{self, Version};
use super::template::{self, Building, Setting, TEMPLATES, compose};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::rule_sets::pages::source_of;
use crate::features::{calendars, identity, places};
use crate::journal::Document;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal, seal};
use crate::web::layout::{PAGE_LEN, finding, page, pager};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use guatu_formats::plans::json;
use guatu_kernel::plan::{Activity, Plan, Resource};
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of these pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/plans/{project}/template", get(template_form).post(draft))
        .route("/plans/{project}/compare", get(compare))
        .route("/plan-versions/{id}", get(version).post(approve))
}

async fn template_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project_for(&mut conn, &visitor, &id, Verb::Plan).await?;
    let usual = place.attributes.programme.as_deref().and_then(places::model::programme).map(|programme| programme.template.clone());
    let chosen = query.get("template").cloned().or(usual).filter(|id| template::template(id).is_some()).unwrap_or_else(|| TEMPLATES[0].id.clone());
    let values = Values::default().with("template", chosen).with("start", site.clock.today());
    template_page(&site, &visitor, &place, &values, None).await
}

async fn template_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let buildings = buildings_of(&mut conn, place, site.clock.today()).await?;
    let chosen = template::template(values.text("template")).unwrap_or(&TEMPLATES[0]);
    let today = site.clock.today();
    let winters: Vec<calendars::store::Period> = calendars::store::winters(&mut conn).await?.into_iter().filter(|winter| winter.to >= today).collect();
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
            (seal(visitor))
            input type="hidden" name="template" value=(chosen.id);
            div.field {
                label for="field-start" { (visitor.t("field.start")) }
                input id="field-start" type="date" name="start" value=(values.text("start")) required;
            }
            // Winter is no number of days: what it stops stands still wherever the work falls, and moves when the period is changed.
            div.notice {
                @if winters.is_empty() { p { (visitor.t("plans.no_winter")) } } @else {
                    p { (visitor.t("plans.winter_heeded")) }
                    ul { @for winter in &winters { li { (winter.from) " – " (winter.to) " " (calendars::pages::kind_names(visitor, &winter.kinds)) span.quiet { " " (winter.source) } } } }
                }
                p { a href="/calendars" { (visitor.t("nav.calendars")) } }
            }
            p.hint { (visitor.t("plans.days_hint")) }
            p.quiet { (visitor.tf("plans.template_source", &[("source", source_of(visitor, &chosen.id, &chosen.source))])) }
            @let resources = chosen.resources(buildings.len());
            @if !resources.is_empty() {
                @let named = |one: &Resource| format!("{} {}", visitor.t(&format!("resource.{}", one.id)), one.capacity);
                p.quiet { (visitor.tf("plans.template_resources", &[("resources", visitor.list(resources.iter().map(named)))])) }
            }
            div.scroll tabindex="0" { table {
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
    Ok(form_response(refused, page(site, visitor, &visitor.t("plans.from_template"), body)))
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
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project_for(&mut conn, &visitor, &id, Verb::Plan).await?;
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

async fn version_page(site: &Site, visitor: &Visitor, id: &str, first: usize, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (version, place) = readable_version(&mut conn, visitor, id).await?;
    let base = site.domain.networks.base(&mut conn, &version.document).await?;
    let names = identity::names(&mut conn).await?;
    let title = visitor.tf("plans.version_number", &[("number", version.ordinal.to_string())]);
    let errors: Vec<_> = base.baseline.diagnostics.iter().collect();
    let lost = if version.state == VersionState::Draft { store::lost_by(&mut conn, &version).await? } else { Vec::new() };
    let in_force = store::project_plan(&mut conn, &place.id).await?.map(|plan| plan.version).filter(|other| *other != version.id);
    // Whoever approves a draft sees first what becomes of the dates that are mandated.
    let beside = match (&in_force, version.state) {
        (Some(other), VersionState::Draft) => store::version(&mut conn, other).await?,
        _ => None,
    };
    let dates = match &beside {
        Some(other) => {
            let name = visitor.tf("plans.version_number", &[("number", other.ordinal.to_string())]);
            let (before, after) = (kept(&mut conn, site, other).await?, kept(&mut conn, site, &version).await?);
            mandates(visitor, [&name, &title], [&before, &after])
        }
        None => html! {},
    };
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
        @if let Some(other) = &in_force { p.no-print { a.button.second href={ "/plans/" (place.id) "/compare?a=" (form_urlencoded(other)) "&b=" (form_urlencoded(&version.id)) } { (visitor.t("plans.compare")) } } }
        @if !errors.is_empty() {
            div.notice { ul { @for found in errors.iter().take(20) { li { (found.code) " " (finding(visitor, found.code, &found.message)) } } } }
        }
        @if !lost.is_empty() {
            div.notice { p { (visitor.t("plans.loses")) } ul { @for one in &lost { li { (one) } } } }
        }
        (dates)
        @if version.state == VersionState::Draft && visitor.may(Verb::Approve, &place.path) {
            @let form = Form::new(visitor, format!("/plan-versions/{id}"), "plans.approve", values).text("reason");
            @let form = if lost.is_empty() { form } else { form.choice("accepts_loss", vec![("yes".into(), visitor.t("plans.accepts_loss"))], false) };
            h2 { (visitor.t("plans.approve")) }
            (form.refused(refused).render())
        }
        h2 { (visitor.t("plans.activities")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.name")) } th.number { (visitor.t("plans.duration")) } th { (visitor.t("plans.start")) } th { (visitor.t("plans.finish")) } th.number { (visitor.t("plans.total_float")) } } }
            tbody { @for (at, activity) in base.plan.activities.iter().enumerate().skip(first).take(PAGE_LEN) {
                @let dates = base.baseline.activities[at].as_ref();
                tr {
                    td class={ "indent-" (base.depths[at].min(4)) } { (visitor.shown(&activity.name)) }
                    td.number { (guatu_formats::plans::span::print(activity.duration)) }
                    td { @if let Some(dates) = dates { (dates.early_start.date()) } @else { "—" } }
                    td { @if let Some(dates) = dates { (dates.early_finish.date()) } @else { "—" } }
                    td.number { @match dates.and_then(|dates| dates.total_float_days) { Some(float) => (format!("{float:.0}")), None => "—" } }
                }
            } }
        } }
        (pager(visitor, &format!("/plan-versions/{id}"), first, base.plan.activities.len()))
    };
    Ok(form_response(refused, page(site, visitor, &title, body)))
}


async fn approve(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let (version, _) = readable_version(&mut site.reader().await?, &visitor, &id).await?;
    let done = async {
        let accepts_loss = values.text("accepts_loss") == "yes";
        let command = Command::Approve { version: id.clone(), reason: values.text("reason").into(), accepts_loss };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", version.project)).into_response()),
        Err(problem) => version_page(&site, &visitor, &id, 0, &values, Some(&refusal(problem)?)).await,
    }
}

/// What becomes of a mandated date by one version.
struct Kept {
    activity: String,
    name: String,
    finish_by: Date,
    forecast: Date,
    float_days_e3: Option<i64>,
}

/// What becomes of the mandated dates of a project by one of its versions, with everything that has happened.
async fn kept(conn: &mut Conn, site: &Site, version: &Version) -> Result<Vec<Kept>, Problem> {
    let Some(plan) = site.domain.networks.with_facts(conn, version).await? else { return Ok(Vec::new()) };
    let scheduled = tokio::task::spawn_blocking(move || {
        let schedule = guatu_kernel::schedule(&plan);
        (plan, schedule)
    });
    let (plan, schedule) = scheduled.await.context("scheduling")?;
    let of = |outlook: &guatu_kernel::Outlook| {
        let mandate = &plan.mandated[outlook.mandate];
        Kept {
            activity: mandate.activity.clone(),
            name: mandate.name.clone().unwrap_or_else(|| plan.activities[outlook.activity].name.clone()),
            finish_by: mandate.finish_by.date(),
            forecast: outlook.forecast.date(),
            float_days_e3: outlook.float_days.map(|days| (days * 1000.0).round() as i64),
        }
    };
    Ok(schedule.milestones.iter().map(of).collect())
}

/// The mandated dates by two versions, side by side.
fn mandates(visitor: &Visitor, names: [&str; 2], [old, new]: [&[Kept]; 2]) -> Markup {
    let told = |one: Option<&Kept>| {
        html! { @match one { Some(kept) => { (kept.forecast) " " (float_lamp(visitor, kept.float_days_e3)) }, None => (no_activity(visitor)) } }
    };
    let of = |list: &'_ [Kept], activity: &str| list.iter().position(|one| one.activity == activity);
    html! {
        h2 { (visitor.t("plans.mandated_dates")) }
        p.quiet { (visitor.t("plans.with_facts")) }
        @if old.is_empty() && new.is_empty() { p.quiet { (visitor.t("plans.no_mandates")) } } @else {
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("field.finish_by")) } @for name in names { th { (name) } } th.number { (visitor.t("plans.moved")) } } }
                tbody { @for one in old.iter().chain(new.iter().filter(|one| of(old, &one.activity).is_none())) {
                    @let [before, after] = [old, new].map(|list| of(list, &one.activity).map(|at| &list[at]));
                    tr {
                        td { (visitor.shown(&one.name)) } td.dates { (one.finish_by) } td { (told(before)) } td { (told(after)) }
                        td.number { @if let (Some(before), Some(after)) = (before, after) { (format!("{:+}", days_between(before.forecast, after.forecast))) } @else { "—" } }
                    }
                } }
            } }
        }
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
    // Every building has works of the same names: what they stand under says which.
    let named = |base: &super::network::BasePlan, activity: &Activity| {
        let above = activity.parent.as_ref().and_then(|parent| base.index.get(parent)).map(|at| base.plan.activities[*at].name.clone());
        above.map_or_else(|| activity.name.clone(), |above| format!("{above} · {}", activity.name))
    };
    let mut rows: Vec<(String, Extent, Extent)> = Vec::new();
    for activity in &new.plan.activities {
        let (before, after) = (extent(&old, &activity.id), extent(&new, &activity.id));
        if before != after {
            rows.push((named(&new, activity), before, after));
        }
    }
    for activity in old.plan.activities.iter().filter(|activity| !new.index.contains_key(&activity.id)) {
        rows.push((named(&old, activity), extent(&old, &activity.id), None));
    }
    let (before, after) = (kept(&mut conn, &site, &a).await?, kept(&mut conn, &site, &b).await?);
    let cell = |extent: &Extent| extent.map_or("—".to_owned(), |(start, finish)| format!("{start} – {finish}"));
    let name = |version: &Version| visitor.tf("plans.version_number", &[("number", version.ordinal.to_string())]);
    let body = html! {
        p.crumbs { a href={ "/plans/" (id) } { (place.attributes.name) " · " (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.compare")) }
        dl.facts { @for version in [&a, &b] { @if let Some(reason) = version.reason.as_ref().filter(|reason| !reason.is_empty()) { dt { (name(version)) } dd { (reason) } } } }
        (mandates(&visitor, [&name(&a), &name(&b)], [&before, &after]))
        h2 { (visitor.t("plans.activities")) }
        p.lead { (visitor.tf("plans.differences", &[("count", rows.len().to_string())])) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.name")) } th { (name(&a)) } th { (name(&b)) } th.number { (visitor.t("plans.moved")) } } }
            tbody { @for (activity, before, after) in rows.iter().take(PAGE_LEN) {
                tr {
                    td { (visitor.shown(activity)) } td { (cell(before)) } td { (cell(after)) }
                    td.number { @match (before, after) { (Some((_, old)), Some((_, new))) => (format!("{:+}", days_between(*old, *new))), (None, _) => (visitor.t("plans.added")), (_, None) => (visitor.t("plans.removed")) } }
                }
            } }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("plans.compare"), body))
}
