//! Pages of plans: every project's outlook, one project's versions and mandated dates, drafting from a template,
//! approval, two versions side by side, and progress of one activity.

use super::network::Scheduled;
use super::model::{Command, Source};
use super::store::{self, Mandate, Outlook, ProjectPlan};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::{calendars, identity, organisations, places};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{form_response, refusal, seal};
use crate::web::layout::{finding, page};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/plans", get(list))
        .route("/plans/{project}", get(show))
        .route("/plans/{project}/activate", post(activate))
        .merge(super::registers::routes())
        .merge(super::versions::routes())
        .merge(super::mandates::routes())
        .merge(super::progress::routes())
        .merge(super::ties::routes())
}

/// The lamp that days of float give, and its words.
pub fn float_words(visitor: &Visitor, float_days_e3: Option<i64>) -> (&'static str, String) {
    let Some(float) = float_days_e3 else { return ("done", visitor.t("lamp.done")) };
    let days = [("days", (float.abs() / 1000).to_string())];
    match float {
        ..0 => ("bad", visitor.tf("plans.late_by", &days)),
        0..10_000 => ("warn", visitor.tf("plans.float", &days)),
        _ => ("good", visitor.tf("plans.float", &days)),
    }
}

/// Days of float in words, with the lamp they give.
pub fn float_lamp(visitor: &Visitor, float_days_e3: Option<i64>) -> Markup {
    let (lamp, words) = float_words(visitor, float_days_e3);
    html! { span class={ "lamp " (lamp) } { (words) } }
}

/// The lamp of a mandated date for which the approved plan has no activity: nothing leads to it, so nothing keeps it.
pub fn no_activity(visitor: &Visitor) -> Markup {
    html! { span.lamp.bad { (visitor.t("plans.no_activity")) } }
}

/// A project this person may read, or as if it were not there.
pub async fn project(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<Place, Problem> {
    let place = visitor.place(conn, id).await?;
    if place.kind != places::model::Kind::Project {
        return Err(missing().into());
    }
    Ok(place)
}

/// A project at which this person may do something.
/// A project at which this person may do something.
pub async fn project_for(conn: &mut Conn, visitor: &Visitor, id: &str, verb: Verb) -> Result<Place, Problem> {
    let place = project(conn, visitor, id).await?;
    visitor.need(verb, &place.path)?;
    Ok(place)
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
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
    let mut register = Register::new(&visitor, "/plans", "plans.title", &asked)
        .column("name", "place_kind.project")
        .column("state", "plans.plan_state")
        .column("milestone", "plans.milestone")
        .column("finish_by", "plans.finish_by")
        .number("days_left", "plans.days_left")
        .column("forecast", "plans.forecast")
        .number("float", "plans.outlook");
    let date = |date: Option<Date>| (date.map_or(Cell::Empty, Cell::Date), None);
    for (place, scheduled, drafts) in rows {
        let plan = plans.get(&place.id);
        let nearest = worst(&scheduled.mandates, &scheduled.outlooks);
        let forecast = nearest.map_or(plan.and_then(|plan| plan.finish_on), |(_, outlook)| outlook.map(|outlook| outlook.forecast));
        let float_e3 = nearest.and_then(|(_, outlook)| outlook?.float_days_e3);
        let lamp = nearest.map(|(_, outlook)| match outlook {
            Some(outlook) => float_lamp(&visitor, outlook.float_days_e3),
            None => no_activity(&visitor),
        });
        register.row(vec![
            (Cell::Text(place.attributes.name.clone()), Some(html! { a href={ "/plans/" (place.id) } { (place.attributes.name) } })),
            (Cell::Text(visitor.t(plan_state_key(plan))), Some(plan_state(&visitor, plan, drafts))),
            (nearest.map_or(Cell::Empty, |(mandate, _)| Cell::Text(visitor.shown(&mandate.name).to_string())), None),
            date(nearest.map(|(mandate, _)| mandate.finish_by)),
            (nearest.map_or(Cell::Empty, |(mandate, _)| Cell::Number(days_between(today, mandate.finish_by).into())), None),
            date(forecast),
            (float_e3.map_or(Cell::Empty, |float| Cell::Number(float as f64 / 1000.0)), lamp),
        ]);
    }
    register.respond(&site, "places.none", |table| {
        let body = html! { h1 { (visitor.t("plans.title")) } p.lead { (visitor.t("plans.lead")) } (table)
            p.no-print { a href="/mandates" { (visitor.t("plans.mandated_dates")) } " · " a href="/plan-versions" { (visitor.t("plans.versions")) } }
        };
        page(&site, &visitor, &visitor.t("plans.title"), body).into_response()
    })
}

/// The mandated date with the least float, and what is to be expected of it.
pub fn worst<'a>(mandates: &'a [Mandate], outlooks: &'a [Outlook]) -> Option<(&'a Mandate, Option<&'a Outlook>)> {
    let of = |mandate: &Mandate| outlooks.iter().find(|outlook| outlook.mandate == mandate.id);
    mandates.iter().map(|mandate| (mandate, of(mandate))).min_by_key(|(mandate, outlook)| {
        (outlook.and_then(|outlook| outlook.float_days_e3).unwrap_or(i64::MAX), mandate.finish_by)
    })
}

/// The name of a plan's state.
fn plan_state_key(plan: Option<&ProjectPlan>) -> &'static str {
    match plan {
        Some(plan) if plan.problem.is_some() => "plans.has_problem",
        Some(plan) if plan.active_on.is_some() => "plans.active",
        Some(_) => "plans.approved",
        None => "plans.no_plan",
    }
}

fn plan_state(visitor: &Visitor, plan: Option<&ProjectPlan>, drafts: u64) -> Markup {
    html! {
        @if plan.is_some_and(|plan| plan.problem.is_some()) { span.lamp.bad { (visitor.t(plan_state_key(plan))) } } @else { span.tag { (visitor.t(plan_state_key(plan))) } }
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
    let issuers: HashMap<String, String> =
        organisations::all(&mut conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let tree = site.domain.places.tree(&mut conn).await?;
    let bar_names = chain_names(visitor, &tree, &scheduled);
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
            @if plan.is_some() { a.button.second href={ "/plans/" (id) "/what-if" } { (visitor.t("what_if.title")) } }
            a.button.second href={ "/places/" (id) "/profile" } { (visitor.t("profile.title")) }
            @if may(Verb::Plan) {
                a.button.second href={ "/plans/" (id) "/template" } { (visitor.t("plans.from_template")) }
                a.button.second href={ "/import?project=" (id) } { (visitor.t("plans.from_file")) }
            }
        }
        @if let Some((code, message)) = plan.as_ref().and_then(|plan| plan.problem.as_deref()).and_then(|problem| problem.split_once(' ')) {
            div.notice { (code) " " (finding(visitor, code, message)) }
        }
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
                    h3 { (visitor.shown(&mandate.name)) }
                    @match outlook { Some(outlook) => (float_lamp(visitor, outlook.float_days_e3)), None => (no_activity(visitor)) }
                    a.no-print href={ "/orders/of?kind=mandate&id=" (mandate.id) } { (visitor.t("orders.of_this")) }
                    @if outlook.is_some_and(|outlook| outlook.float_days_e3.is_some()) { a.no-print href={ "/wall/paths?project=" (id) "&activity=" (form_urlencoded(&mandate.activity)) } { (visitor.t("paths.title")) } }
                    @if may(Verb::Plan) { a.end href={ "/mandates/" (mandate.id) "/change" } { (visitor.t("plans.request_change")) } }
                }
                dl.facts {
                    dt { (visitor.t("plans.finish_by")) } dd { (mandate.finish_by) " " span.quiet { (visitor.tf("plans.natural_days_left", &[("days", days_between(today, mandate.finish_by).to_string())])) } }
                    dt { (visitor.t("plans.by_document")) } dd { (issuers.get(&mandate.issuer).map_or("—", String::as_str)) " · " (mandate.document) " · " (mandate.edition) }
                    @if let Some(outlook) = outlook {
                        dt { (visitor.t("plans.forecast")) } dd { (outlook.forecast) }
                        dt { (visitor.t("plans.driving_chain")) } dd { (chain(outlook, &bar_names)) }
                        @for sentence in restorations(visitor, outlook, &bar_names) {
                            dt { (visitor.t("plans.would_restore")) } dd { (sentence) }
                        }
                    }
                    @for request in requests.iter().filter(|request| request.mandate == mandate.id) {
                        dt { (visitor.t("plans.change")) }
                        dd {
                            (request.old_finish_by) " → " (request.new_finish_by) " · " (request.reason) " · "
                            @let state = visitor.t(&format!("request_state.{}", request.state));
                            @if request.state == "open" && may(Verb::Mandate) { a href={ "/mandate-requests/" (request.id) } { (visitor.t("plans.answer")) } }
                            @else { @match &request.answer { Some(answer) => (visitor.labelled(state, answer)), None => (state) } }
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
                        (seal(visitor))
                        button type="submit" { (visitor.t("plans.activate")) }
                    }
                }
            }
        }
        h2 { (visitor.t("plans.versions")) }
        @if versions.is_empty() { p.quiet { (visitor.t("plans.no_versions")) } } @else {
            div.scroll tabindex="0" { table {
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
    Ok(form_response(refused, page(site, visitor, &place.attributes.name, body)))
}

/// Activities that outlooks mention.
fn mentioned(outlooks: &[Outlook]) -> Vec<String> {
    let mut ids = Vec::new();
    for outlook in outlooks {
        ids.extend(outlook.driving_chain.iter().cloned());
        for concession in outlook.concessions.as_array().into_iter().flatten() {
            let on = concession["on"].as_array().into_iter().flatten();
            ids.extend(on.filter_map(|one| one["activity"].as_str().map(str::to_owned)));
            ids.extend(sharers(concession).map(str::to_owned));
        }
    }
    ids
}

/// What drives a date, from its origin on. Neighbours that are called the same are one step: a reader cannot tell them apart.
pub(super) fn chain(outlook: &Outlook, names: &HashMap<String, String>) -> String {
    let mut steps: Vec<&str> = outlook.driving_chain.iter().map(|id| names.get(id).unwrap_or(id).as_str()).collect();
    steps.dedup();
    steps.join(" → ")
}

fn chain_names(visitor: &Visitor, tree: &places::Tree, scheduled: &Scheduled) -> HashMap<String, String> {
    let wanted: HashSet<String> = mentioned(&scheduled.outlooks).into_iter().collect();
    let bars = scheduled.bars.iter().filter(|bar| wanted.contains(&bar.activity));
    bars.map(|bar| {
        let place = bar.place.as_deref().and_then(|id| tree.get(id)).map(|place| format!("{} ", place.attributes.name));
        (bar.activity.clone(), format!("{}{}", place.unwrap_or_default(), visitor.shown(&bar.name)))
    })
    .collect()
}

/// Activities that need a resource of the work while more crews do it.
fn sharers(concession: &serde_json::Value) -> impl Iterator<Item = &str> {
    let shared = concession["shared"].as_array().into_iter().flatten();
    shared.flat_map(|one| one["with"].as_array().into_iter().flatten()).filter_map(|id| id.as_str())
}

/// Activities that one sentence offers more crews for, the fewest crews first, or names as sharers; there may be hundreds.
const CREWS_SHOWN: usize = 5;

/// What would restore a date, a sentence each; that more crews on any one of some activities would is one sentence.
pub(super) fn restorations(visitor: &Visitor, outlook: &Outlook, names: &HashMap<String, String>) -> Vec<String> {
    let all = outlook.concessions.as_array().into_iter().flatten();
    let (crews, others): (Vec<_>, Vec<_>) = all.partition(|one| one["kind"] == "add_crews");
    let mut sentences: Vec<String> = others.iter().map(|one| concession_sentence(visitor, one, names)).collect();
    if let Some(first) = crews.first() {
        let strength = visitor.t(&format!("strength.{}", first["strength"].as_str().unwrap_or("found")));
        let shown = crews.iter().take(CREWS_SHOWN).map(|one| crews_phrase(visitor, one, names));
        let on = visitor.list(shown);
        sentences.push(match crews.len().saturating_sub(CREWS_SHOWN) {
            0 => visitor.tf("concession.add_crews", &[("on", on), ("strength", strength)]),
            more => visitor.tf("concession.add_crews_more", &[("on", on), ("count", more.to_string()), ("strength", strength)]),
        });
    }
    sentences
}

/// How many crews more on which activity, and who else needs what they need at that time.
fn crews_phrase(visitor: &Visitor, concession: &serde_json::Value, names: &HashMap<String, String>) -> String {
    let called = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let number = |key: &str| concession[key].as_f64().map_or("?".to_owned(), |value| format!("{value}"));
    let name = called(concession["on"][0]["activity"].as_str().unwrap_or_default());
    let sharers: BTreeSet<String> = sharers(concession).map(called).collect();
    let key = if sharers.is_empty() { "concession.add_crews_one" } else { "concession.add_crews_shared" };
    let mut with = visitor.list(sharers.iter().take(CREWS_SHOWN));
    if let more @ 1.. = sharers.len().saturating_sub(CREWS_SHOWN) {
        with = visitor.tf("concession.and_others", &[("names", with), ("count", more.to_string())]);
    }
    visitor.tf(key, &[("name", name), ("crews", number("crews")), ("days", number("days")), ("with", with)])
}

pub(super) fn concession_sentence(visitor: &Visitor, concession: &serde_json::Value, names: &HashMap<String, String>) -> String {
    let number = |key: &str| concession[key].as_f64().map_or("?".to_owned(), |value| format!("{value}"));
    let strength = visitor.t(&format!("strength.{}", concession["strength"].as_str().unwrap_or("found")));
    match concession["kind"].as_str() {
        Some("move_date") => visitor.tf(
            "concession.move_date",
            &[("to", concession["to"].as_str().unwrap_or("?").replacen('T', " ", 1)), ("days", number("days")), ("calendar_days", number("calendar_days")), ("strength", strength)],
        ),
        Some("shorten") if concession["days_remaining"].as_f64().is_some_and(|days| days > 0.0) => {
            visitor.tf("concession.incurable", &[("days", number("days_remaining"))])
        }
        Some("work_days") => {
            let on: Vec<&str> = concession["on"].as_array().into_iter().flatten().filter_map(|day| day.as_str()).collect();
            visitor.tf("concession.work_days", &[("count", on.len().to_string()), ("days", visitor.list(&on)), ("strength", strength)])
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
            let params = [("days", number("days")), ("on", visitor.list(on)), ("strength", strength), ("yuan", number("cost"))];
            let key = if concession["cost"].is_number() { "concession.shorten_priced" } else { "concession.shorten" };
            visitor.tf(key, &params)
        }
        _ => concession.to_string(),
    }
}

pub(super) fn source_text(visitor: &Visitor, source: &str) -> String {
    match serde_json::from_str(source) {
        Ok(Source::Import { format, file }) => visitor.tf("plans.source_import", &[("format", format), ("file", file)]),
        Ok(Source::Template) => visitor.t("plans.source_template"),
        Ok(Source::Tried { changes, reason, .. }) => visitor.tf("plans.source_tried", &[("count", changes.to_string()), ("reason", reason)]),
        Err(_) => source.to_owned(),
    }
}

async fn activate(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Approve).await?;
    let request_id = values.request_id()?;
    match site.submit(&visitor, request_id, Command::Activate { project: id.clone() }).await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}")).into_response()),
        Err(problem) => {
            let mut refused = refusal(problem)?;
            for (_, value) in refused.params.iter_mut().filter(|(name, _)| *name == "seats") {
                *value = visitor.list(value.split(", ").map(|seat| visitor.t(&format!("seat.{seat}"))));
            }
            show_page(&site, &visitor, &place, Some(&refused)).await
        }
    }
}

/// That work at a place stands still because of a major hazard: since when, where, and which. Whoever reports, confirms or asks
/// what is to be done there must not have to know it from elsewhere.
pub async fn stopped(conn: &mut Conn, visitor: &Visitor, tree: &places::Tree, place: &Place, on: Date) -> Result<Markup, Problem> {
    let stops = super::heard::stopped_by(conn, &place.path, on).await?;
    Ok(html! { @for stop in &stops { @if let (Some(hazard), Some(at)) = (&stop.hazard, tree.get(&stop.place)) {
        aside.notice.stopped { p {
            strong { (visitor.tf("plans.stopped_by_hazard", &[("place", tree.full_name(at)), ("date", stop.from.to_string())])) } " "
            a href={ "/hazards/" (hazard) } { (visitor.t("plans.the_hazard")) }
        } p { (visitor.t("plans.stopped_means")) } }
    } } })
}
