//! Pages of inspections: the register, plans for those who may know of them, one inspection, the seals and how to check them.

use super::checklists::{self, Checklist, Outcome, outcome};
use super::draw::{Candidate, Drawing, RULES, Severity};
use super::model::{self, Act, Basis, Command, Consequence, Fact, Known, MOST_STOPS, Opening, Person, Position, Refused, Route, Stage, Step, Stop, Verdict, may};
use super::store::{self, Plan};
use super::{doubts, draw, gather, print};
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::orders::model::Stage as OrderStage;
use crate::features::orders::rules::Mark;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::Photo;
use crate::features::reports::photos;
use crate::features::task_force::model::{Holder, Seat};
use crate::features::{identity, orders, organisations, places, reports, task_force};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal_with};
use crate::web::layout::{crumbs, page, shell};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/inspections", get(list).post(declare))
        .route("/inspections/new", get(new_form).post(direct))
        .route("/inspections/draw", get(draw_form).post(draw_lots))
        .route("/inspections/doubts", get(doubtful))
        .route("/inspections/seals", get(seals))
        .route("/inspections/rules", get(rule_page))
        .route("/inspections/draws/{plan}", get(show_draw))
        .route("/inspections/findings/{id}", get(of_finding))
        .route("/inspections/{id}", get(show))
        .route("/inspections/{id}/{act}", get(score_form).post(act))
        .route("/inspections/{id}/photos/{copy}", get(photo))
        .route("/inspections/{id}/paper/{format}", get(paper))
}

/// What pages name things by.
pub(super) struct Names {
    tree: Arc<Tree>,
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

    fn path(&self, id: &str) -> &str {
        self.tree.get(id).map_or("", |place| place.path.as_str())
    }
}

/// Whether a person may know of a stop while it is sealed: who goes, who planned it, and who inspects everywhere without an
/// interest there.
async fn may_know(conn: &mut Conn, visitor: &Visitor, stop: &Stop, today: Date) -> Result<bool, Problem> {
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

fn stage_lamp(visitor: &Visitor, known: &Known) -> Markup {
    let text = visitor.t(&format!("inspection_stage.{}", known.stage.name()));
    let verdict = known.concluded().and_then(|step| match &step.fact {
        Fact::Concluded { verdict, .. } => Some(*verdict),
        _ => None,
    });
    html! { span.lamp.bad[verdict == Some(Verdict::Grave)].warn[verdict == Some(Verdict::Defects)].good[verdict == Some(Verdict::Sound)].idle[verdict.is_none()] {
        (text) @if let Some(verdict) = verdict { " · " (visitor.t(&format!("inspection_verdict.{}", verdict.name()))) }
    } }
}

pub(super) fn tenths(value_e1: u32) -> String {
    format!("{}.{}", value_e1 / 10, value_e1 % 10)
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
        .number("findings", "inspections.findings")
        .column("basis", "inspections.basis")
        .column("people", "inspections.people");
    for (known, on) in &all {
        let stop = known.stop();
        let lowest = outcomes(known).into_iter().map(|(_, outcome)| outcome.total_e1).min();
        let place = names.place(&stop.place);
        register.row(vec![
            (Cell::Date(*on), None),
            (Cell::Text(place.clone()), Some(html! { a href={ "/inspections/" (stop.id) } { (place) } })),
            (Cell::Text(visitor.t(&format!("inspection_stage.{}", known.stage.name()))), Some(stage_lamp(visitor, known))),
            (lowest.map_or(Cell::Empty, |score| Cell::Number(f64::from(score) / 10.0)), None),
            (Cell::Number(known.findings().count() as f64), None),
            (Cell::Text(visitor.t(basis_key(&stop.basis))), None),
            (Cell::Text(visitor.list(stop.inspectors.iter().map(|one| names.person(one)))), None),
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

fn basis_key(basis: &Basis) -> &'static str {
    match basis {
        Basis::Directed { .. } => "inspections.directed",
        Basis::Drawn { .. } => "inspections.drawn",
    }
}

/// `2026-11-23T09` as people write it.
fn hour_text(hour: &str) -> String {
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

const PLACES: [&str; MOST_STOPS] = ["site1", "site2", "site3"];
const PEOPLE: [&str; 3] = ["inspector1", "inspector2", "inspector3"];

async fn new_form(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    let until = site.clock.today().saturating_add(7.days());
    new_page(&site, &visitor, &Values::default().with("last_day", until), None).await
}

async fn new_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Approve)?;
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let names = Names::read(&mut conn, site).await?;
    let at = |place: &&Place| matches!(place.kind, Kind::Project | Kind::Building | Kind::Facility) && visitor.may(Verb::Approve, &place.path);
    let places: Vec<(String, String)> = names.tree.places().iter().filter(at).map(|place| (place.id.clone(), names.place(&place.id))).collect();
    let ids: Vec<String> = names.tree.places().iter().filter(|place| place.kind == Kind::Project).map(|place| place.id.clone()).collect();
    let ground = store::ground(&mut conn, &ids, today).await?;
    drop(conn);
    let mut people: Vec<(String, String)> = ground.inspect.values().flatten().map(|account| (account.clone(), names.person(account).to_owned())).collect();
    people.sort();
    people.dedup();
    let mut form = Form::new(visitor, "/inspections/new", "inspections.direct", values);
    for (at, field) in PLACES.into_iter().enumerate() {
        form = form.choice(field, places.clone(), at == 0);
    }
    for (at, field) in PEOPLE.into_iter().enumerate() {
        form = form.choice(field, people.clone(), at < RULES.team.value as usize);
    }
    let refused = refused.map(|refusal| named(refusal, &names));
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.direct")) }
        p.lead { (visitor.t("inspections.direct_lead")) }
        (form.lines("reason", true).date("last_day", true).opt_text("again").refused(refused.as_ref()).render())
    };
    Ok(form_response(refused.as_ref(), page(site, visitor, &visitor.t("inspections.direct"), body)))
}

/// A refusal whose place is called by its name.
fn named(refusal: &Refusal, names: &Names) -> Refusal {
    let mut refusal = refusal.clone();
    for (name, value) in &mut refusal.params {
        if *name == "place" {
            *value = names.place(value);
        }
    }
    refusal
}

async fn direct(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Approve)?;
    let mut conn = site.reader().await?;
    let chosen: Vec<String> = PLACES.iter().filter_map(|field| values.opt(field)).collect();
    for place in &chosen {
        visitor.place_for(&mut conn, place, Verb::Approve).await?;
    }
    let ground = store::ground(&mut conn, &chosen, site.clock.today()).await?;
    drop(conn);
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let done = async {
        let route = Route {
            plan: values.request_id()?,
            places: chosen,
            inspectors: PEOPLE.iter().filter_map(|field| values.opt(field)).collect(),
            reason: values.text("reason").to_owned(),
            again: values.text("again").to_owned(),
            until: values.date("last_day")?,
            made_by: account,
        };
        let stops = model::directed(&route, &ground).map_err(Refusal::from)?;
        keep(&site, &Plan::Directed(stops)).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/inspections#sealed").into_response()),
        Err(problem) => new_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}

/// Writes a plan beside the ledger. No fact tells of it before it is opened, not even that there is one.
async fn keep(site: &Site, plan: &Plan) -> Result<(), Problem> {
    Ok(store::keep_plan(&mut site.db.writer().await?, plan).await?)
}

async fn draw_form(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    let until = site.clock.today().saturating_add(7.days());
    draw_page(&site, &visitor, &Values::default().with("last_day", until).with("count", 2), None).await
}

async fn draw_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    let candidates = gather::candidates(&mut conn, &site.domain, civil(site.clock.now())).await?;
    let ids: Vec<String> = candidates.iter().map(|one| one.place.clone()).collect();
    let ground = store::ground(&mut conn, &ids, site.clock.today()).await?;
    drop(conn);
    let candidates = store::weighed(candidates, &ground);
    let form = Form::new(visitor, "/inspections/draw", "inspections.draw", values).text("count").date("last_day", true);
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.draw")) }
        p.lead { (visitor.t("inspections.draw_lead")) }
        (form.refused(refused).render())
        h2 { (visitor.t("inspections.weights")) }
        (weights(visitor, &names, &candidates))
        p { a href="/inspections/rules" { (visitor.t("inspections.rules")) } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("inspections.draw"), body)))
}

/// Candidates with the figures that make their weights, the heaviest first.
fn weights(visitor: &Visitor, names: &Names, candidates: &[Candidate]) -> Markup {
    let total: u32 = candidates.iter().map(|one| one.weight).sum();
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.weight));
    html! { div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.weights")) { table {
        thead { tr { th { (visitor.t("field.place")) } @for key in ["late_dates", "overdue_orders", "disputes", "problems", "visited", "weight", "chance"] { th.number { (visitor.t(&format!("inspections.{key}"))) } } } }
        tbody { @for one in sorted { tr {
            td { (names.place(&one.place)) }
            td.number { (one.late_dates) } td.number { (one.overdue_orders) } td.number { (one.disputes) } td.number { (one.problems) }
            td.number { @match one.visited_on { Some(on) => (on), None => "—" } }
            td.number { (one.weight) }
            td.number { (u64::from(one.weight) * 100 / u64::from(total.max(1))) " %" }
        } } }
    } } }
}

async fn draw_lots(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let done = async {
        let plan = values.request_id()?;
        let (count, until) = (values.opt_number::<u32>("count")?.unwrap_or(0), values.date("last_day")?);
        let mut conn = site.reader().await?;
        // A form that is sent twice draws once.
        if store::is_kept(&mut conn, &plan).await? {
            return Ok(());
        }
        let (today, candidates) = (site.clock.today(), gather::candidates(&mut conn, &site.domain, civil(site.clock.now())).await?);
        let ids: Vec<String> = candidates.iter().map(|one| one.place.clone()).collect();
        let ground = store::ground(&mut conn, &ids, today).await?;
        drop(conn);
        let seed = store::new_salt().iter().map(|byte| format!("{byte:02x}")).collect();
        let drawing = Drawing { plan, seed, count, team: RULES.team.value, candidates: store::weighed(candidates, &ground), inspectors: store::eligible(&ground) };
        let salt = store::new_salt();
        let commitment = store::drawing_commitment(&drawing, &salt)?;
        let stops = model::drawn(&drawing, &commitment, until, &account, today).map_err(Refusal::from)?;
        keep(&site, &Plan::Drawn(stops, Box::new(drawing), salt)).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/inspections#sealed").into_response()),
        Err(problem) => draw_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
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
    drop(conn);
    let mut found = doubts::doubts(&labour, &RULES.doubt);
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
        let params = [("days", one.days.to_string()), ("hands", one.hands.to_string()), ("works", one.works.to_string())];
        let place = names.place(&one.building);
        register.row(vec![
            (Cell::Date(one.on), None),
            (Cell::Text(place.clone()), Some(html! { a href={ "/reports/" (one.report) } { (place) } })),
            (Cell::Text(visitor.t(&format!("doubt.{}", one.rule.name()))), None),
            (Cell::Text(visitor.tf(&format!("doubt_figures.{}", one.rule.name()), &params)), None),
        ]);
    }
    register.respond(&site, "inspections.no_doubts", |table| {
        let params = [("days", RULES.doubt.window_days.to_string()), ("idle", RULES.doubt.idle_days.to_string())];
        let body = html! {
            (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
            h1 { (visitor.t("inspections.doubts")) }
            p.lead { (visitor.tf("inspections.doubts_lead", &params)) }
            (table)
            p.quiet lang="en" { (RULES.doubt.source) " " span.tag { (visitor.t(&format!("order_mark.{}", RULES.doubt.mark.name()))) } }
        };
        page(&site, &visitor, &visitor.t("inspections.doubts"), body).into_response()
    })
}

/// Seals shown at once: four days.
const MOST_SEALS: u64 = 96;

async fn seals(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let seals = store::seals(&mut site.reader().await?, MOST_SEALS).await?;
    let body = html! {
        (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.seals")) }
        p.lead { (visitor.t("inspections.seals_lead")) }
        p { (visitor.tf("inspections.seals_check", &[("leaves", model::LEAVES.to_string())])) }
        div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.seals")) { table {
            thead { tr { th { (visitor.t("inspections.hour")) } th.number { "№" } th { (visitor.t("inspections.root")) } } }
            tbody { @for (hour, root, number, _) in &seals { tr { td { (hour_text(hour)) } td.number { (number) } td { code { (root) } } } } }
        } }
        @if seals.is_empty() { p.empty { (visitor.t("inspections.no_seals")) } }
    };
    Ok(page(&site, &visitor, &visitor.t("inspections.seals"), body).into_response())
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
    let numbers = [("team", &RULES.team), ("duplicate", &RULES.duplicate), ("longest", &RULES.sealed), ("objection", &RULES.objection), ("answer", &RULES.answer)];
    let severity = |one: &Severity| visitor.t(&format!("finding_severity.{}", one.id));
    let body = html! {
        (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.rules")) }
        section.sheet { h2 { (visitor.t("inspections.weights")) " " (mark(weights.mark)) } p { (visitor.tf("inspections.weight_rule", &params)) } p.quiet lang="en" { (weights.source) } }
        @for (key, number) in numbers { section.sheet { p { (visitor.tf(&format!("inspection_rule.{key}"), &[("value", number.value.to_string())])) " " (mark(number.mark)) } p.quiet lang="en" { (number.source) } } }
        @for one in &RULES.severity { section.sheet {
            p { (severity(one)) " → " (visitor.t(&format!("order_limit.{}_{}", one.preset, one.limit))) " · " (visitor.t(&format!("order_preset.{}", one.preset))) " " (mark(one.mark)) }
            p.quiet lang="en" { (one.source) }
        } }
        h2 { (visitor.t("inspections.checklists")) }
        @for list in checklists::checklists() { details.sheet {
            summary { (visitor.t(&format!("checklist.{}", list.id))) " " (mark(list.mark)) }
            p { (visitor.t(rule_key(list))) }
            @for table in &list.tables {
                h3 { (visitor.t(&format!("checklist_table.{}", table.id))) " " span.quiet { (visitor.tf("inspections.weighs", &[("weight", table.weight.to_string())])) } }
                ul { @for item in &table.items { li { (visitor.t(&format!("checklist_item.{}", item.id))) " " (item.points) @if item.is_guarantee { " " span.tag { (visitor.t("inspections.guarantee")) } } } } }
            }
            p.quiet lang="en" { (list.source) }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("inspections.rules"), body).into_response())
}

fn rule_key(list: &Checklist) -> &'static str {
    match list.rule {
        checklists::Rule::Jgj59 => "inspections.rule_jgj59",
        checklists::Rule::Own => "inspections.rule_own",
    }
}

/// A draw that is open, drawn again.
async fn show_draw(State(site): State<Site>, visitor: Visitor, Path(plan): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (opening, number) = store::drawing(&mut conn, &plan).await?.ok_or(missing())?;
    // A draw speaks of every project: whoever reads some of them alone is told whether it holds, on the inspection's page.
    if !visitor.may(Verb::Read, "/") && !visitor.rights.may_somewhere(Verb::Audit) {
        return Err(missing().into());
    }
    let names = Names::read(&mut conn, &site).await?;
    let proof = store::seal_of(&mut conn, &opening.hour).await?.is_some_and(|(root, ..)| opening.is_proved_by(&root));
    drop(conn);
    let drawing = &opening.content;
    let body = html! {
        (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.the_draw")) }
        p { (proof_mark(&visitor, proof)) " " a href={ "/facts?subject=" (plan) } { "№ " (number) } }
        dl.facts {
            dt { (visitor.t("inspections.seed")) } dd { code { (drawing.seed) } }
            dt { (visitor.t("inspections.hour")) } dd { (hour_text(&opening.hour)) }
        }
        h2 { (visitor.t("inspections.picks")) }
        ol { @for pick in draw::draw(drawing) { li { (names.place(&pick.place)) " · " (visitor.list(pick.inspectors.iter().map(|one| names.person(one)))) } } }
        h2 { (visitor.t("inspections.weights")) }
        (weights(&visitor, &names, &drawing.candidates))
        h2 { (visitor.t("inspections.eligible")) }
        ul { @for one in &drawing.inspectors { li { (names.person(&one.account)) " · " (visitor.tf("inspections.places_free", &[("count", one.places.len().to_string())])) } } }
    };
    Ok(page(&site, &visitor, &visitor.t("inspections.the_draw"), body).into_response())
}

fn proof_mark(visitor: &Visitor, is_proved: bool) -> Markup {
    html! { span.lamp.good[is_proved].bad[!is_proved] { (visitor.t(if is_proved { "inspections.proved" } else { "inspections.unproved" })) } }
}

async fn of_finding(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let (inspection, _) = store::finding(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    readable(&site, &visitor, &inspection).await?;
    Ok(Redirect::to(&format!("/inspections/{inspection}#findings")).into_response())
}

fn to(id: &str) -> Response {
    Redirect::to(&format!("/inspections/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Known, u64, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (known, number) = store::inspection(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &known.stop().place).await?;
    Ok((known, number, place))
}

/// A stop that is sealed, for whoever may know of it.
async fn knowable(site: &Site, visitor: &Visitor, id: &str) -> Result<Option<model::Unopened>, Problem> {
    let mut conn = site.reader().await?;
    let Some(unopened) = store::unopened(&mut conn, id).await? else { return Ok(None) };
    let is_known = may_know(&mut conn, visitor, &unopened.stop, site.clock.today()).await?;
    Ok(is_known.then_some(unopened))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    if let Some(unopened) = knowable(&site, &visitor, &id).await? {
        return sealed_page(&site, &visitor, &unopened, &Values::default(), None).await;
    }
    let (known, number, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &known, number, &place, &Values::default(), None).await
}

fn plan_facts(visitor: &Visitor, names: &Names, stop: &Stop) -> Markup {
    html! {
        dt { (visitor.t("field.place")) } dd { a href={ "/places/" (stop.place) } { (names.place(&stop.place)) } }
        dt { (visitor.t("inspections.people")) } dd { (visitor.list(stop.inspectors.iter().map(|one| names.person(one)))) }
        dt { (visitor.t("inspections.basis")) } dd { (visitor.t(basis_key(&stop.basis))) @if let Basis::Directed { reason } = &stop.basis { " · " (reason) } }
        @if !stop.again.is_empty() { dt { (visitor.t("field.again")) } dd { (stop.again) } }
        dt { (visitor.t("inspections.made_by")) } dd { (names.person(&stop.made_by)) }
        dt { (visitor.t("inspections.last_day")) } dd { (stop.until) }
    }
}

/// The page of a stop that is sealed.
async fn sealed_page(site: &Site, visitor: &Visitor, unopened: &model::Unopened, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    drop(conn);
    let stop = &unopened.stop;
    let goes = visitor.account.as_ref().is_some_and(|account| stop.inspectors.contains(account));
    let refused = refused.map(|refusal| named(refusal, &names));
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        div.bar { h1 { (names.place(&stop.place)) } span.lamp.idle { (visitor.t("inspections.sealed_state")) } }
        aside.notice { p { (visitor.t("inspections.secret")) } }
        dl.facts {
            (plan_facts(visitor, &names, stop))
            dt { (visitor.t("inspections.seal")) } dd { @match &unopened.opening { Some(opening) => (visitor.tf("inspections.sealed_in", &[("hour", hour_text(&opening.hour))])), None => (visitor.t("inspections.not_sealed")) } }
        }
        @if goes { section.sheet {
            h2 { (visitor.t("inspection_act.check_in")) }
            p.hint { (visitor.t("inspections.check_in_hint")) }
            (Form::new(visitor, format!("/inspections/{}/check_in", stop.id), "inspection_act.check_in", values).opt_text("position").number("accuracy_m").refused(refused.as_ref()).render())
        } }
    };
    Ok(form_response(refused.as_ref(), page(site, visitor, &visitor.t("inspections.sealed_state"), body)))
}

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

fn act_key(act: Act) -> &'static str {
    match act {
        Act::CheckIn => "inspection_act.check_in",
        Act::Score => "inspection_act.score",
        Act::Find => "inspection_act.find",
        Act::Conclude => "inspection_act.conclude",
        Act::Receive => "inspection_act.receive",
        Act::Object => "inspection_act.object",
        Act::Answer => "inspection_act.answer",
        Act::Propose => "inspection_act.propose",
        Act::Settle => "inspection_act.settle",
        Act::Reinspect => "inspection_act.reinspect",
    }
}

/// What forms of an inspection choose from.
struct Choices {
    units: Vec<(String, String)>,
    /// Findings that wait for somebody to look again.
    reported: Vec<(String, String)>,
}

fn act_form<'a>(visitor: &'a Visitor, id: &str, person: &Person, act: Act, values: &'a Values, choices: &Choices) -> Form<'a> {
    let form = Form::new(visitor, format!("/inspections/{id}/{}", act.name()), act_key(act), values);
    let named = |names: &[&str], table: &str| names.iter().map(|name| ((*name).to_owned(), visitor.t(&format!("{table}.{name}")))).collect::<Vec<_>>();
    let yes_no = |yes: &str, no: &str| vec![("yes".to_owned(), visitor.t(yes)), ("no".to_owned(), visitor.t(no))];
    match act {
        Act::CheckIn | Act::Score => form,
        Act::Find => {
            let severities: Vec<&str> = RULES.severity.iter().map(|one| one.id.as_str()).collect();
            form.lines("finding", true).choice("severity", named(&severities, "finding_severity"), true).choice("lead", choices.units.clone(), true).files("photos", PICTURES)
        }
        Act::Conclude => form.choice("verdict", named(&Verdict::ALL.map(|(_, name)| name), "inspection_verdict"), true).lines("conclusion", true),
        Act::Receive if person.is_target => form,
        Act::Receive => form.text("paper"),
        Act::Object => form.lines("objection", true),
        Act::Answer => form.choice("upheld", yes_no("inspections.upheld", "inspections.changed"), true).lines("reason", true),
        Act::Propose => form.choice("consequence", named(&Consequence::ALL.map(|(_, name)| name), "consequence"), true).lines("reason", true),
        Act::Settle => form.choice("approved", yes_no("inspections.approved", "inspections.refused"), true).lines("reason", true),
        Act::Reinspect => form.choice("found", choices.reported.clone(), true).choice("done", yes_no("inspections.done", "inspections.not_done"), true).lines("finding", true).files("photos", PICTURES),
    }
}

/// Units by how likely one puts things right: who builds, who else sits in the task force of the place's project, all others.
async fn units(conn: &mut Conn, place: &Place) -> Result<Vec<(String, String)>, Problem> {
    let mut seated = Vec::new();
    for above in place.path.trim_matches('/').split('/') {
        for member in task_force::store::members(conn, above).await?.into_iter().filter(|member| member.to.is_none()) {
            if let Holder::Organisation(unit) = member.holder {
                seated.push((member.seat != Seat::Contractor, unit));
            }
        }
    }
    seated.sort_by_key(|(is_other, _)| *is_other);
    let mut all: Vec<(String, String)> = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    all.sort_by_key(|(id, _)| seated.iter().position(|(_, unit)| unit == id).unwrap_or(usize::MAX));
    Ok(all)
}

async fn show_page(site: &Site, visitor: &Visitor, known: &Known, number: u64, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (now, today) = (civil(site.clock.now()), site.clock.today());
    let names = Names::read(&mut conn, site).await?;
    let stop = known.stop();
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path, today).await?;
    let mut ordered: BTreeMap<&str, (String, OrderStage)> = BTreeMap::new();
    for (id, _) in known.findings() {
        if let Some((_, order)) = store::finding(&mut conn, id).await?
            && let Some(found) = orders::store::order(&mut conn, &order).await?
        {
            ordered.insert(id, (order, found.known.stage));
        }
    }
    let mut choices = Choices { units: Vec::new(), reported: Vec::new() };
    for (id, step) in known.findings() {
        if let Fact::Found { content, .. } = &step.fact
            && ordered.get(id).is_some_and(|(_, stage)| *stage == OrderStage::Reported)
            && step.by != account
        {
            choices.reported.push((id.to_owned(), content.chars().take(40).collect()));
        }
    }
    let is_offered = |act: &Act| may(*act, known, &person, now).is_ok() && (*act != Act::Reinspect || !choices.reported.is_empty());
    let acts: Vec<Act> = Act::ALL.iter().map(|(act, _)| *act).filter(is_offered).collect();
    choices.units = units(&mut conn, place).await?;
    let seal = store::seal_of(&mut conn, &known.opening.hour).await?;
    let drawing = store::drawing(&mut conn, &stop.plan).await?;
    let drawing_seal = match &drawing {
        Some((opening, _)) => store::seal_of(&mut conn, &opening.hour).await?,
        None => None,
    };
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let blank = Values::default();
    let form = |act: Act| {
        let is_this = values.text("act") == act.name();
        let form = act_form(visitor, &stop.id, &person, act, if is_this { values } else { &blank }, &choices).refused(refused.filter(|_| is_this));
        html! { details.sheet open[is_this || act == Act::Receive || act == Act::Answer || act == Act::Settle || act == Act::Reinspect] { summary { (visitor.t(act_key(act))) } (form.render()) } }
    };
    let checklists: Vec<&Checklist> = checklists::checklists().iter().filter(|list| list.holds(today)).collect();
    let results = outcomes(known);
    let conclusion = known.concluded().and_then(|step| match &step.fact {
        Fact::Concluded { content, .. } => Some((step, content)),
        _ => None,
    });
    let body = html! {
        (crumb)
        (error_summary(visitor, refused.filter(|_| values.text("act").is_empty())))
        div.bar {
            h1 { (visitor.t("inspections.one")) " · " (names.place(&place.id)) } (stage_lamp(visitor, known)) span.end {}
            @if conclusion.is_some() { span.no-print { (visitor.t("inspections.paper")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/inspections/" (stop.id) "/paper/" (format) } { (name) } } } }
        }
        @if let Some((step, content)) = conclusion { section.sheet { h2 { (visitor.t("inspections.conclusion")) } p { (content) } p.quiet { (names.person(&step.by)) " · " (step.at.date()) " · № " (step.number) } (clocks(visitor, known, now)) } }
        dl.facts {
            (plan_facts(visitor, &names, stop))
            dt { (visitor.t("inspections.seal")) } dd { (proof(visitor, known, seal.as_ref())) }
            @if let Basis::Drawn { .. } = &stop.basis { dt { (visitor.t("inspections.the_draw")) } dd { (draw_proof(visitor, stop, drawing.as_ref(), drawing_seal.as_ref())) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (stop.id) } { "№ " (number) } }
        }
        @if acts.contains(&Act::Score) { section.sheet.no-print {
            h2 { (visitor.t("inspection_act.score")) }
            p.bar.choices { @for list in checklists { a.button.second href={ "/inspections/" (stop.id) "/score?checklist=" (list.id) } { (visitor.t(&format!("checklist.{}", list.id))) } } }
            p.hint { (visitor.t("inspections.verify_hint")) " " a href={ "/reports?place=" (form_urlencoded(&place.id)) } { (visitor.t("nav.reports")) } }
        } }
        @if acts.iter().any(|act| *act != Act::Score) { div.masonry.no-print { @for act in acts.iter().filter(|act| **act != Act::Score) { (form(*act)) } } }
        @if !results.is_empty() { h2 { (visitor.t("inspections.scores")) } (scores(visitor, &results)) p { a href="/inspections/rules" { (visitor.t("inspections.rules")) } } }
        h2 #findings { (visitor.t("inspections.findings")) }
        @if ordered.is_empty() { p.empty { (visitor.t("inspections.no_findings")) } }
        ol.course { @for (id, step) in known.findings() { (finding(visitor, &names, stop, step, ordered.get(id))) } }
        h2 { (visitor.t("orders.course")) }
        ol.course { @for step in &known.steps { li {
            div { time datetime=(step.at.to_string()) { (step.at.strftime("%Y-%m-%d %H:%M").to_string()) } br; span.quiet { "№ " (step.number) } }
            div { p { strong { (visitor.t(&format!("fact.inspections_{}", fact_name(&step.fact)))) } " " span.quiet { @if step.by == "system" { (visitor.t("ledger.system")) } @else { (names.person(&step.by)) } } }
                @for line in said(visitor, &step.fact) { p { (line) } } }
        } } }
    };
    Ok(form_response(refused, page(site, visitor, &names.place(&place.id), body)))
}

/// Until when the target may object, and until when that is answered.
fn clocks(visitor: &Visitor, known: &Known, now: DateTime) -> Markup {
    let objection = known.objection_clock().filter(|_| known.stage == Stage::Delivered);
    let answer = known.answer_clock().filter(|_| known.stage == Stage::Objected);
    let clock = |key: &str, clock: &orders::budget::Budget| visitor.tf(key, &[("date", clock.last_due().map_or_else(String::new, |due| due.text()))]);
    html! {
        @if known.stage == Stage::Concluded { p { (visitor.t("inspections.not_received")) } }
        @if let Some(one) = &objection { p { (clock(if one.is_over(now) { "inspections.objection_over" } else { "inspections.objection_until" }, one)) } }
        @if let Some(one) = &answer { p { (clock("inspections.answer_until", one)) @if one.is_over(now) { " " span.lamp.bad { (visitor.t("orders.is_over")) } } } }
    }
}

/// That the plan stood before it was opened.
fn proof(visitor: &Visitor, known: &Known, seal: Option<&(String, u64, DateTime)>) -> Markup {
    let opened = known.steps.first();
    html! {
        @match (seal, opened) {
            (Some((root, number, at)), Some(opened)) => {
                (proof_mark(visitor, known.opening.is_proved_by(root) && *number < opened.number)) " "
                (visitor.tf("inspections.sealed_then", &[("sealed", at.strftime("%Y-%m-%d %H:%M").to_string()), ("number", number.to_string()), ("opened", opened.at.strftime("%Y-%m-%d %H:%M").to_string())]))
            }
            _ => (proof_mark(visitor, false)),
        }
    }
}

/// That the seed gives the place and the people.
fn draw_proof(visitor: &Visitor, stop: &Stop, drawing: Option<&(Opening<Drawing>, u64)>, seal: Option<&(String, u64, DateTime)>) -> Markup {
    html! {
        @match drawing {
            Some((opening, number)) => {
                (proof_mark(visitor, opening.gives(stop) && seal.is_some_and(|(root, ..)| opening.is_proved_by(root))))
                @if visitor.may(Verb::Read, "/") { " " a href={ "/inspections/draws/" (stop.plan) } { "№ " (number) } } @else { " № " (number) }
            }
            None => (visitor.t("inspections.draw_sealed")),
        }
    }
}

fn scores(visitor: &Visitor, results: &[(&'static Checklist, Outcome)]) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.scores")) { table {
        thead { tr { th { (visitor.t("inspections.subject")) } th.number { (visitor.t("inspections.points")) } th { (visitor.t("inspections.grade")) } th { (visitor.t("inspections.rule")) } } }
        tbody { @for (list, outcome) in results {
            tr { th scope="row" { (visitor.t(&format!("checklist.{}", list.id))) } td.number { (tenths(outcome.total_e1)) } td { (visitor.t(&format!("checklist_grade.{}", outcome.grade.name()))) } td { (visitor.t(match list.rule { checklists::Rule::Jgj59 => "inspections.short_jgj59", checklists::Rule::Own => "inspections.short_own" })) } }
            @if list.tables.len() > 1 || outcome.tables.iter().any(|table| table.zero.is_some()) { @for table in &outcome.tables { tr {
                td.quiet { (visitor.t(&format!("checklist_table.{}", table.id))) } td.number { (tenths(table.score_e1)) } td colspan="2" { @if let Some(zero) = table.zero { (visitor.t(match zero { checklists::Zero::Item => "inspections.zero_item", checklists::Zero::Sum => "inspections.zero_sum" })) } }
            } } }
        } }
    } } }
}

fn finding(visitor: &Visitor, names: &Names, stop: &Stop, step: &Step, order: Option<&(String, OrderStage)>) -> Markup {
    let Fact::Found { content, severity, lead, photos, .. } = &step.fact else { return html! {} };
    html! { li {
        div { time datetime=(step.at.to_string()) { (step.at.strftime("%Y-%m-%d %H:%M").to_string()) } br; span.quiet { "№ " (step.number) } }
        div {
            p { strong { (visitor.t(&format!("finding_severity.{severity}"))) } " " (content) }
            p { (names.unit(lead)) @if let Some((order, stage)) = order { " · " a href={ "/orders/" (order) } { (visitor.t("nav.orders")) } " " (visitor.t(&format!("order_stage.{}", stage.name()))) } }
            @if !photos.is_empty() { div.photos { @for photo in photos { a href={ "/inspections/" (stop.id) "/photos/" (photo.copy) } { img loading="lazy" src={ "/inspections/" (stop.id) "/photos/" (photo.copy) } alt=(visitor.t("field.photos")); } } } }
        }
    } }
}

/// The name of a fact as its kind has it.
fn fact_name(fact: &Fact) -> String {
    let value = serde_json::to_value(fact).unwrap_or_default();
    value.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default()
}

/// What a fact says, in lines.
fn said(visitor: &Visitor, fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Opened { position: Some(position), .. } => vec![position_text(visitor, position)],
        Fact::Scored { checklist, .. } => vec![visitor.t(&format!("checklist.{checklist}"))],
        Fact::Found { content, .. } | Fact::Objected { content } | Fact::Concluded { content, .. } => vec![content.clone()],
        Fact::Received { paper } if !paper.is_empty() => vec![paper.clone()],
        Fact::Answered { is_upheld, content } => vec![visitor.t(if *is_upheld { "inspections.upheld" } else { "inspections.changed" }), content.clone()],
        Fact::Proposed { consequence, content } => vec![visitor.t(&format!("consequence.{}", consequence.name())), content.clone()],
        Fact::Settled { is_approved, reason } => vec![visitor.t(if *is_approved { "inspections.approved" } else { "inspections.refused" }), reason.clone()],
        Fact::Reinspected { is_done, content, .. } => vec![visitor.t(if *is_done { "inspections.done" } else { "inspections.not_done" }), content.clone()],
        _ => Vec::new(),
    }
}

fn position_text(visitor: &Visitor, position: &Position) -> String {
    let degrees = |value_e6: i64| format!("{}{}.{:06}", if value_e6 < 0 { "-" } else { "" }, value_e6.abs() / 1_000_000, value_e6.abs() % 1_000_000);
    let accuracy = position.accuracy_m.map_or_else(|| "—".to_owned(), |metres| metres.to_string());
    visitor.tf("inspections.position", &[("latitude", degrees(position.latitude_e6)), ("longitude", degrees(position.longitude_e6)), ("accuracy", accuracy)])
}

/// What an address asks of the form of a checklist.
#[derive(Debug, Default, serde::Deserialize)]
struct Scoring {
    checklist: Option<String>,
}

async fn score_form(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, Query(scoring): Query<Scoring>) -> Result<Response, Problem> {
    let (known, _, place) = readable(&site, &visitor, &id).await?;
    if name != Act::Score.name() {
        return Err(missing().into());
    }
    let list = checklists::checklist(scoring.checklist.as_deref().unwrap_or_default()).ok_or(missing())?;
    let mut values = Values::default().with("checklist", &list.id);
    if let Some(points) = known.scores().get(list.id.as_str()) {
        for (item, points) in *points {
            values = values.with(&format!("item-{item}"), points);
        }
    }
    score_page(&site, &visitor, &known, &place, list, &values, None).await
}

async fn score_page(site: &Site, visitor: &Visitor, known: &Known, place: &Place, list: &'static Checklist, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path, site.clock.today()).await?;
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    may(Act::Score, known, &person, civil(site.clock.now())).map_err(Refusal::from)?;
    let id = &known.stop().id;
    let title = visitor.t(&format!("checklist.{}", list.id));
    let body = html! {
        (crumb)
        h1 { (title) }
        p { a href={ "/inspections/" (id) } { (visitor.t("inspections.back")) } }
        p.hint { (visitor.t("inspections.score_hint")) " " (visitor.t(rule_key(list))) }
        (error_summary(visitor, refused))
        form.fields #field-checklist method="post" action={ "/inspections/" (id) "/score" } {
            (seal_with(visitor, values))
            input type="hidden" name="checklist" value=(list.id);
            @for table in &list.tables {
                fieldset {
                    legend { (visitor.t(&format!("checklist_table.{}", table.id))) }
                    @for item in &table.items {
                        @let field = format!("item-{}", item.id);
                        div.field {
                            label for=(field) { (visitor.t(&format!("checklist_item.{}", item.id))) " " span.quiet { "0–" (item.points) } @if item.is_guarantee { " " span.tag { (visitor.t("inspections.guarantee")) } } }
                            input id=(field) name=(field) type="number" min="0" max=(item.points) inputmode="numeric" value=(values.text(&field));
                        }
                    }
                }
            }
            div.actions { button type="submit" { (visitor.t("inspections.keep_score")) } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// Points of the items that have some.
fn points(values: &Values) -> Result<BTreeMap<String, u32>, Refusal> {
    let mut points = BTreeMap::new();
    for (item, text) in values.under("item-").filter(|(_, text)| !text.trim().is_empty()) {
        let number = text.trim().parse().map_err(|_| Refusal::from(Refused::UnknownItem { item: item.to_owned() }))?;
        points.insert(item.to_owned(), number);
    }
    Ok(points)
}

/// `34.746600, 113.625300` as a position.
fn position(values: &Values) -> Result<Option<Position>, Refusal> {
    let Some(text) = values.opt("position") else { return Ok(None) };
    let unreadable = || Refusal::from(Refused::BadPosition);
    let (latitude, longitude) = text.split_once([',', '\u{ff0c}']).ok_or_else(unreadable)?;
    let read = |text: &str, most: f64| text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most).map(|degrees| (degrees * 1e6).round() as i64);
    let (latitude_e6, longitude_e6) = read(latitude, 90.0).zip(read(longitude, 180.0)).ok_or_else(unreadable)?;
    Ok(Some(Position { latitude_e6, longitude_e6, accuracy_m: values.opt_number("accuracy_m")? }))
}

fn command_of(act: Act, id: &str, values: &Values, photos: Vec<Photo>) -> Result<Command, Refusal> {
    let inspection = id.to_owned();
    let text = |name: &str| values.text(name).to_owned();
    let is_yes = |name: &'static str| values.choice(name, |said| matches!(said, "yes" | "no").then_some(said == "yes"));
    Ok(match act {
        Act::CheckIn => Command::CheckIn { inspection, position: position(values)? },
        Act::Score => Command::Score { inspection, checklist: text("checklist"), points: points(values)? },
        Act::Find => Command::Find { inspection, finding: values.request_id()?, content: text("finding"), severity: text("severity"), lead: text("lead"), photos },
        Act::Conclude => Command::Conclude { inspection, verdict: values.choice("verdict", Verdict::from_name)?, content: text("conclusion") },
        Act::Receive => Command::Receive { inspection, paper: text("paper") },
        Act::Object => Command::Object { inspection, content: text("objection") },
        Act::Answer => Command::Answer { inspection, is_upheld: is_yes("upheld")?, content: text("reason") },
        Act::Propose => Command::Propose { inspection, consequence: values.choice("consequence", Consequence::from_name)?, content: text("reason") },
        Act::Settle => Command::Settle { inspection, is_approved: is_yes("approved")?, reason: text("reason") },
        Act::Reinspect => Command::Reinspect { inspection, finding: text("found"), is_done: is_yes("done")?, content: text("finding"), photos },
    })
}

async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let act = Act::from_name(&name).ok_or(missing())?;
    let SentWithFiles { values, files } = sent;
    if let Some(unopened) = knowable(&site, &visitor, &id).await? {
        if act != Act::CheckIn {
            return Err(missing().into());
        }
        let done = async { site.submit(&visitor, values.request_id()?, command_of(act, &id, &values, Vec::new())?).await };
        return match done.await {
            Ok(_) => Ok(to(&id)),
            Err(problem) => sealed_page(&site, &visitor, &unopened, &values, Some(&refusal(problem)?)).await,
        };
    }
    let (known, number, place) = readable(&site, &visitor, &id).await?;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let account = visitor.account.clone().unwrap_or_default();
        let person = store::person(&mut site.reader().await?, &account, &visitor.rights, &place.path, site.clock.today()).await?;
        let files = if may(act, &known, &person, civil(site.clock.now())).is_ok() { files } else { Vec::new() };
        let (photos, documents) = photos::take(files).await??;
        site.submit_with(&visitor, request, command_of(act, &id, &values, photos)?, documents).await
    };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let refused = refusal(problem)?;
            match checklists::checklist(values.text("checklist")).filter(|_| act == Act::Score) {
                Some(list) => score_page(&site, &visitor, &known, &place, list, &values, Some(&refused)).await,
                None => {
                    // A refusal without a field of the form is the page's.
                    let values = if refused.field.is_some() { values.with("act", act.name()) } else { Values::default() };
                    show_page(&site, &visitor, &known, number, &place, &values, Some(&refused)).await
                }
            }
        }
    }
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (known, ..) = readable(&site, &visitor, &id).await?;
    let shows = |step: &Step| match &step.fact {
        Fact::Found { photos, .. } | Fact::Reinspected { photos, .. } => photos.iter().any(|photo| photo.copy == copy),
        _ => false,
    };
    if !known.steps.iter().any(shows) {
        return Err(missing().into());
    }
    let bytes = site.paper(&copy).await?.ok_or(missing())?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=86400")], bytes).into_response())
}

/// The conclusion as an official letter.
async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let (known, number, _) = readable(&site, &visitor, &id).await?;
    let concluded = known.concluded().ok_or(missing())?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let organisation = identity::store::account(&mut conn, &concluded.by).await?.and_then(|account| account.organisation);
    drop(conn);
    let issuer = organisation.map_or_else(|| visitor.t("bulletin.office"), |unit| names.unit(&unit).to_owned());
    let paper = print::conclusion(&site, &visitor, &names, &known, number, &issuer);
    papers::download(&visitor, paper, &format, &format!("guatu-inspection-{}", concluded.at.date())).await
}
