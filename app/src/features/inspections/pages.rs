//! Pages of inspections: the register, reports that stand against each other, the seals and how to check them, the rules.

use super::checklists::{self, Checklist, Outcome, outcome};
use super::draw::{RULES, Severity};
use super::known::Known;
use super::model::Command;
use super::sealing::{Basis, LEAVES, Stop};
use super::showing::stage_lamp;
use super::{acts, doubts, handing, openrosa, phone, plans, store, yearly};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::orders::rules::Mark;
use crate::features::places::model::Kind;
use crate::features::places::tree::Tree;
use crate::features::plan::amounts;
use crate::features::targets::pages::unit_name;
use crate::features::{identity, organisations, places, plan, reports, rule_sets};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, refusal};
use crate::web::layout::{crumbs, page, shell};
use crate::web::problem::Problem;
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;
use std::collections::HashMap;
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/inspections", get(list).post(declare))
        .route("/inspections/new", get(plans::new_form).post(plans::direct))
        .route("/inspections/draw", get(plans::draw_form).post(plans::draw_lots))
        .route("/inspections/year", get(yearly::show).post(yearly::plan))
        .route("/inspections/doubts", get(doubtful))
        .route("/inspections/seals", get(seals))
        .route("/inspections/rules", get(rule_page))
        .route("/inspections/draws/{plan}", get(plans::show_draw))
        .route("/inspections/findings/{id}", get(acts::of_finding))
        .route("/inspections/{id}", get(acts::show))
        .route("/inspections/{id}/{act}", get(acts::score_form).post(acts::act))
        .route("/inspections/{id}/photos/{copy}", get(acts::photo))
        .route("/inspections/{id}/paper/{format}", get(acts::paper))
        .merge(handing::routes())
        .merge(phone::routes())
        .merge(openrosa::routes())
}

/// What pages name things by.
pub(super) struct Names {
    pub(super) tree: Arc<Tree>,
    people: HashMap<String, String>,
    units: HashMap<String, String>,
}

impl Names {
    pub(super) async fn read(conn: &mut Conn, site: &Site) -> Result<Names, Problem> {
        let units = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Names { tree: site.domain.places.tree(conn).await?, people: identity::names(conn).await?, units })
    }

    pub(super) fn unit(&self, id: &str) -> &str {
        self.units.get(id).map_or("—", String::as_str)
    }

    pub(super) fn person(&self, account: &str) -> &str {
        self.people.get(account).map_or("—", String::as_str)
    }

    /// A place's name, of one in a project behind the project's.
    pub(super) fn place(&self, id: &str) -> String {
        let Some(place) = self.tree.get(id) else { return "—".to_owned() };
        let project = self.tree.lineage(place).find(|above| above.kind == Kind::Project && above.id != place.id);
        project.map_or_else(String::new, |project| format!("{} ", project.attributes.name)) + &place.attributes.name
    }

    pub(super) fn path(&self, id: &str) -> &str {
        self.tree.get(id).map_or("", |place| place.path.as_str())
    }
}

/// Whether a person may know of a stop while it is sealed: who goes, who planned it, and who inspects everywhere without an
/// interest there.
pub(super) async fn may_know(conn: &mut Conn, visitor: &Visitor, stop: &Stop, today: Date) -> Result<bool, Problem> {
    let Some(account) = &visitor.account else { return Ok(false) };
    if stop.made_by == *account || stop.inspectors.contains(account) {
        return Ok(true);
    }
    if !visitor.may(Verb::Inspect, "/") {
        return Ok(false);
    }
    let path = places::path(conn, &stop.place).await?.unwrap_or_default();
    Ok(!store::interested(conn, &path, today).await?.contains(account))
}

/// Whether a person plans somewhere: leaders direct, whoever governs everything draws.
fn may_plan(visitor: &Visitor) -> bool {
    visitor.rights.may_somewhere(Verb::Approve) || visitor.may(Verb::Govern, "/")
}

pub(super) fn tenths(value_e1: u32) -> String {
    format!("{}.{}", value_e1 / 10, value_e1 % 10)
}

/// How many of how many items of a checklist have points.
pub(super) fn scored_of(visitor: &Visitor, outcome: &Outcome) -> String {
    visitor.tf("inspections.scored_of", &[("scored", outcome.scored.to_string()), ("items", outcome.items.to_string())])
}

/// What every scored checklist came to, in the order of the file.
pub(super) fn outcomes(known: &Known) -> Vec<(&'static Checklist, Outcome)> {
    let scores = known.scores();
    let of = |list: &'static Checklist| Some((list, outcome(list, scores.get(list.id.as_str())?)?));
    checklists::checklists().iter().filter_map(of).collect()
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    list_page(&site, &visitor, &asked, &Values::default(), None).await
}

async fn list_page(site: &Site, visitor: &Visitor, asked: &registers::Asked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let names = Names::read(&mut conn, site).await?;
    let mut all = store::inspections(&mut conn).await?;
    all.retain(|(known, _)| visitor.may(Verb::Read, names.path(&known.stop().place)) && !names.path(&known.stop().place).is_empty());
    let mut sealed = Vec::new();
    for (stop, hour) in store::sealed_stops(&mut conn).await? {
        if may_know(&mut conn, visitor, &stop, today).await? {
            sealed.push((stop, hour));
        }
    }
    drop(conn);
    let mut register = Register::new(visitor, "/inspections", "nav.inspections", asked)
        .column("opened", "inspections.opened")
        .column("place", "field.place")
        .column("state", "field.state")
        .number("score", "inspections.lowest")
        .column("scored", "inspections.scored")
        .number("findings", "inspections.findings")
        .column("basis", "inspections.basis")
        .column("people", "inspections.people");
    for (known, on) in &all {
        let stop = known.stop();
        // How much of its checklist the lowest stands on: a score of one item says little.
        let lowest = outcomes(known).into_iter().map(|(_, outcome)| outcome).min_by_key(|outcome| outcome.total_e1);
        let scored = lowest.as_ref().map_or(Cell::Empty, |outcome| Cell::Text(scored_of(visitor, outcome)));
        let lowest = lowest.map(|outcome| outcome.total_e1);
        let place = names.place(&stop.place);
        register.row(vec![
            (Cell::Date(*on), None),
            (Cell::Text(place.clone()), Some(html! { a href={ "/inspections/" (stop.id) } { (place) } })),
            (Cell::Text(visitor.t(&format!("inspection_stage.{}", known.stage.name()))), Some(stage_lamp(visitor, known))),
            (lowest.map_or(Cell::Empty, |score| Cell::Number(f64::from(score) / 10.0)), None),
            (scored, None),
            (Cell::Number(known.findings().count() as f64), None),
            (Cell::Text(visitor.t(basis_key(&stop.basis))), None),
            (Cell::Text(visitor.list(known.people().iter().map(|one| names.person(one)))), None),
        ]);
    }
    let projects: Vec<(String, String)> = names
        .tree
        .places()
        .iter()
        .filter(|place| place.kind == Kind::Project && visitor.may(Verb::Inspect, &place.path))
        .map(|place| (place.id.clone(), place.attributes.name.clone()))
        .collect();
    let status = refused.map(|refusal| Problem::status(refusal.reason));
    let answer = register.respond(site, "inspections.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("nav.inspections")) } span.end {}
                @if visitor.rights.may_somewhere(Verb::Approve) { a.button.no-print href="/inspections/new" { (visitor.t("inspections.direct")) } }
                @if visitor.may(Verb::Govern, "/") { a.button.second.no-print href="/inspections/draw" { (visitor.t("inspections.draw")) } }
                @if may_doubt(visitor) { a.button.second.no-print href="/inspections/doubts" { (visitor.t("inspections.doubts")) } }
                @if visitor.rights.may_somewhere(Verb::Inspect) { a.button.no-print href="/phone/visits" { (visitor.t("phone.title")) } a.button.second.no-print href="/inspections/odk" { (visitor.t("odk.title")) } a.button.second.no-print href="/inspections/hand-over" { (visitor.t("handing.title")) } }
                a.button.second.no-print href="/inspections/year" { (visitor.t("inspections.year")) }
                a.button.second.no-print href="/inspections/seals" { (visitor.t("inspections.seals")) }
            }
            p.lead { (visitor.t("inspections.lead")) }
            @if !sealed.is_empty() || may_plan(visitor) {
                section.sheet #sealed {
                    h2 { (visitor.t("inspections.sealed")) }
                    p.hint { (visitor.t("inspections.sealed_hint")) }
                    ul.rows { @for (stop, hour) in &sealed { li {
                        a href={ "/inspections/" (stop.id) } { (names.place(&stop.place)) }
                        span { (visitor.t(basis_key(&stop.basis))) " · " (visitor.list(stop.inspectors.iter().map(|one| names.person(one)))) }
                        span.quiet { (visitor.tf("inspections.until", &[("date", stop.until.to_string())])) " · " @match hour { Some(hour) => (visitor.tf("inspections.sealed_in", &[("hour", hour_text(hour))])), None => (visitor.t("inspections.not_sealed")) } }
                    } } }
                    @if sealed.is_empty() { p.empty { (visitor.t("inspections.none_sealed")) } }
                }
            }
            (table)
            @if !projects.is_empty() {
                details.sheet.no-print open[refused.is_some()] { summary { (visitor.t("inspections.declare")) }
                    p.hint { (visitor.t("inspections.declare_hint")) }
                    (Form::new(visitor, "/inspections", "inspections.declare", values).choice("project", projects, true).refused(refused).render())
                }
            }
        };
        shell(site, visitor, &visitor.t("nav.inspections"), "wide", body).into_response()
    });
    let mut answer = answer?;
    if let Some(status) = status {
        *answer.status_mut() = status;
    }
    Ok(answer)
}

pub(super) fn basis_key(basis: &Basis) -> &'static str {
    match basis {
        Basis::Directed { .. } => "inspections.directed",
        Basis::Drawn { .. } => "inspections.drawn",
    }
}

/// `2026-11-23T09` as people write it.
pub(super) fn hour_text(hour: &str) -> String {
    format!("{}:00", hour.replace('T', " "))
}

async fn declare(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let project = visitor.place_for(&mut site.reader().await?, values.text("project"), Verb::Inspect).await?;
    let done = async { site.submit(&visitor, values.request_id()?, Command::Declare { project: project.id.clone() }).await };
    match done.await {
        Ok(_) => Ok(Redirect::to("/inspections").into_response()),
        Err(problem) => list_page(&site, &visitor, &registers::Asked::default(), &values, Some(&refusal(problem)?)).await,
    }
}

/// Whether a person sends or goes somewhere: to others a doubt would be a charge.
fn may_doubt(visitor: &Visitor) -> bool {
    visitor.rights.may_somewhere(Verb::Govern) || visitor.rights.may_somewhere(Verb::Inspect)
}

/// Reports that stand against each other, where this person sends inspectors or is one.
async fn doubtful(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    if !may_doubt(&visitor) {
        return Err(missing().into());
    }
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let today = site.clock.today();
    let labour = reports::store::labour(&mut conn, today.saturating_sub(i64::from(RULES.doubt.window_days).days()), today).await?;
    let paces = plan::store::paces(&mut conn).await?;
    drop(conn);
    let mut found = doubts::doubts(&labour, &paces, &RULES.doubt);
    found.retain(|one| {
        let path = names.path(&one.building);
        !path.is_empty() && (visitor.may(Verb::Govern, path) || visitor.may(Verb::Inspect, path))
    });
    let mut register = Register::new(&visitor, "/inspections/doubts", "inspections.doubts", &asked)
        .column("on", "field.on")
        .column("place", "field.place")
        .column("rule", "inspections.doubt_rule")
        .column("figures", "inspections.figures");
    for one in &found {
        let mut params = vec![("days", one.days.to_string()), ("hands", one.hands.map_or_else(|| "—".into(), |hands| hands.to_string())), ("works", one.works.to_string())];
        if let Some(work) = &one.work {
            let amount = |amount_e3: i64| format!("{} {}", amounts::text(amount_e3), unit_name(&visitor, &work.unit));
            params.extend([("work", work.name.clone()), ("done", amount(work.done_e3)), ("pace", amount(work.pace_e3)), ("most", amount(work.most_e3)), ("crews", work.crews.to_string())]);
        }
        let place = names.place(&one.building);
        register.row(vec![
            (Cell::Date(one.on), None),
            (Cell::Text(place.clone()), Some(html! { a href={ "/reports/" (one.report) } { (place) } })),
            (Cell::Text(visitor.t(&format!("doubt.{}", one.rule.name()))), None),
            (Cell::Text(visitor.tf(&format!("doubt_figures.{}", one.rule.name()), &params)), None),
        ]);
    }
    register.respond(&site, "inspections.no_doubts", |table| {
        let params = [
            ("days", RULES.doubt.window_days.to_string()),
            ("idle", RULES.doubt.idle_days.to_string()),
            ("times", RULES.doubt.pace.times.to_string()),
            ("crew", RULES.doubt.pace.crew_hands.to_string()),
            ("materials", visitor.list(RULES.doubt.cast.materials.iter().map(|one| visitor.t(&format!("material.{one}"))))),
        ];
        let doubt = &RULES.doubt;
        let sources = [("doubt", &doubt.source, doubt.mark), ("doubt_pace", &doubt.pace.source, doubt.pace.mark), ("doubt_cast", &doubt.cast.source, doubt.cast.mark)];
        let body = html! {
            (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
            h1 { (visitor.t("inspections.doubts")) }
            p.lead { (visitor.tf("inspections.doubts_lead", &params)) }
            (table)
            @for (id, source, mark) in sources { p.quiet #{ (id) "-source" } { (rule_sets::pages::source_of(&visitor, id, source)) " " span.tag { (visitor.t(&format!("order_mark.{}", mark.name()))) } } }
        };
        page(&site, &visitor, &visitor.t("inspections.doubts"), body).into_response()
    })
}

/// Seals shown at once: four days.
const MOST_SEALS: u64 = 96;

async fn seals(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let seals = store::seals(&mut site.reader().await?, MOST_SEALS).await?;
    let mut register = Register::new(&visitor, "/inspections/seals", "inspections.seals", &asked)
        .column("hour", "inspections.hour")
        .number("number", "shell.number")
        .column("root", "inspections.root");
    for (hour, root, number, _) in &seals {
        register.row(vec![
            (Cell::Text(hour_text(hour)), None),
            (Cell::Number(*number as f64), None),
            (Cell::Text(root.clone()), Some(html! { code { (root) } })),
        ]);
    }
    register.respond(&site, "inspections.no_seals", |table| {
        let body = html! {
            (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
            h1 { (visitor.t("inspections.seals")) }
            p.lead { (visitor.t("inspections.seals_lead")) }
            p { (visitor.tf("inspections.seals_check", &[("leaves", LEAVES.to_string())])) }
            (table)
        };
        page(&site, &visitor, &visitor.t("inspections.seals"), body).into_response()
    })
}

/// The rules, with what each number stands on.
async fn rule_page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mark = |mark: Mark| html! { span.tag { (visitor.t(&format!("order_mark.{}", mark.name()))) } };
    let weights = &RULES.draw;
    let params = [
        ("base", weights.base),
        ("late_date", weights.late_date),
        ("overdue_order", weights.overdue_order),
        ("dispute", weights.dispute),
        ("problem", weights.problem),
        ("most_each", weights.most_each),
        ("days_each", weights.days_each),
        ("days_most", weights.days_most),
    ]
    .map(|(name, value)| (name, value.to_string()));
    let numbers = [("team", &RULES.team), ("duplicate", &RULES.duplicate), ("longest", &RULES.sealed), ("objection", &RULES.objection), ("answer", &RULES.answer), ("phone_clock", &RULES.phone_clock)];
    let severity = |one: &Severity| visitor.t(&format!("finding_severity.{}", one.id));
    let body = html! {
        (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.rules")) }
        section.sheet { h2 { (visitor.t("inspections.weights")) " " (mark(weights.mark)) } p { (visitor.tf("inspections.weight_rule", &params)) } p.quiet lang="en" { (weights.source) } }
        @for (key, number) in numbers { section.sheet { p { (visitor.tf(&format!("inspection_rule.{key}"), &[("value", number.value.to_string())])) " " (mark(number.mark)) } p.quiet lang="en" { (number.source) } } }
        section.sheet { p { (visitor.tf("inspection_rule.yearly", &[("visits", RULES.yearly.visits.to_string()), ("days", RULES.yearly.days.to_string())])) " " (mark(RULES.yearly.mark)) } p.quiet lang="en" { (RULES.yearly.source) } }
        @for one in &RULES.severity { section.sheet {
            p { (severity(one)) " → " (visitor.t(&format!("order_limit.{}_{}", one.preset, one.limit))) " · " (visitor.t(&format!("order_preset.{}", one.preset))) " " (mark(one.mark)) }
            p.quiet lang="en" { (one.source) }
        } }
        h2 { (visitor.t("inspections.checklists")) }
        @for list in checklists::checklists() { details.sheet {
            summary { (visitor.t(&format!("checklist.{}", list.id))) " " (mark(list.mark)) }
            p { (visitor.t(rule_key(list))) }
            @for table in &list.tables {
                h3 { (visitor.t(&format!("checklist_table.{}", table.id))) " " span.quiet { (visitor.tf(if table.group.is_some() { "inspections.weighs_together" } else { "inspections.weighs" }, &[("weight", table.weight.to_string())])) } }
                ul { @for item in &table.items { li { (visitor.t(&format!("checklist_item.{}", item.id))) " " (item.points) @if item.is_guarantee { " " span.tag { (visitor.t("inspections.guarantee")) } } } } }
            }
            p.quiet lang="en" { (list.source) }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("inspections.rules"), body).into_response())
}

pub(super) fn rule_key(list: &Checklist) -> &'static str {
    match list.rule {
        checklists::Rule::Jgj59 => "inspections.rule_jgj59",
        checklists::Rule::Own => "inspections.rule_own",
    }
}
