//! Pages of risks: the four-colour map with its list, a building with its risks and dangerous works, and by which rules.

use super::gather::{self, At};
use super::model::{Command, Fact, Needed, Outcome, Refused, Side};
use super::pages::hazard_lamp;
use super::risks::{Dangerous, Point, Recorded, Risks, dangerous, risks};
use super::rules::{self, Colour, HAZARDS, RISKS};
use super::store::{self, DangerStep, Hazard};
use super::{posts, print};
use crate::journal::course::fact_name;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::amounts;
use crate::features::plan::store::Bar;
use crate::features::{identity, places, plan};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::Attempt;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, seal_with};
use crate::web::layout::{crumbs, page, shell};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of these pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/risks", get(map))
        .route("/risks/rules", get(rule_page))
        .route("/risks/{place}", get(show))
        .route("/risks/{place}/card/{format}", get(card))
        .route("/risks/{place}/{act}", post(act))
}

/// A colour as a tile: its letter, its pattern, never the shape of a lamp.
fn tile(visitor: &Visitor, colour: Colour) -> Markup {
    let name = visitor.t(&format!("risk_colour.{}", colour.name()));
    html! { span class={ "risk " (colour.name()) } title=(name) { (visitor.t(&format!("risk_letter.{}", colour.name()))) } }
}

/// Of which place.
#[derive(Debug, Default, serde::Deserialize)]
struct Within {
    place: Option<String>,
}

/// The four-colour map: every building as a tile, by parcel, of a district by project. Places have no footprints, so that it
/// is a plan of blocks, not of the ground; as links it can be walked by keyboard and read aloud, which a drawing could not.
async fn map(State(site): State<Site>, visitor: Visitor, Query(asking): Query<Within>, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let within = visitor.place_or_highest(&mut conn, &site.domain, asking.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let today = site.clock.today();
    let all = gather::within(&mut conn, &site.domain, &tree, &within, today).await?;
    let chains = store::chains(&mut conn).await?;
    let crumb = places::pages::crumbs_of(&mut conn, &visitor, &within).await?;
    drop(conn);
    let is_above = matches!(within.kind, Kind::District | Kind::Zone);
    let heading = if is_above { Kind::Project } else { Kind::Parcel };
    let shown: Vec<&Place> = tree.under(&within).iter().filter(|place| all.contains_key(&place.id) && visitor.may(Verb::Read, &place.path)).collect();
    let mut register = Register::new(&visitor, "/risks", "nav.risks", &asked)
        .keep("place", &within.id)
        .column("place", "field.place")
        .column("colour", "risks.colour")
        .column("risk", "field.risk")
        .column("level", "risks.level")
        .column("since", "risks.since")
        .column("checked", "risks.checked")
        .column("due", "risks.due")
        .column("state", "field.state");
    let (mut counts, mut overdue, mut gaps, mut overtaken) = ([0usize; 4], 0, 0, 0);
    for place in &shown {
        let At { risks: found, works } = &all[&place.id];
        gaps += found.gaps.len();
        overtaken += works.iter().filter(|work| is_overtaken(work, chains.get(&(place.id.clone(), work.danger.id.clone())))).count();
        for point in &found.points {
            counts[point.colour as usize] += 1;
            overdue += usize::from(point.is_overdue(today));
            // Of a whole district the list holds what somebody above has to know.
            if is_above && point.colour > Colour::Orange && !point.is_overdue(today) {
                continue;
            }
            let name = visitor.t(&format!("risk.{}", point.risk.id));
            let place_text = tree.full_name(place);
            register.row(vec![
                (Cell::Text(place_text.clone()), Some(html! { a href={ "/risks/" (place.id) } { (place_text) } })),
                (Cell::Text(colour_text(&visitor, point.colour)), Some(html! { (tile(&visitor, point.colour)) })),
                (Cell::Text(name), None),
                (Cell::Text(level_text(&visitor, point.colour)), None),
                (Cell::Date(point.since), None),
                (point.checked.map_or(Cell::Empty, |(on, _)| Cell::Date(on)), None),
                (Cell::Date(point.due), None),
                (Cell::Text(state_text(&visitor, point, today)), Some(state_lamp(&visitor, point, today))),
            ]);
        }
    }
    let block = |place: &Place| {
        let worst = all.get(&place.id).and_then(|at| at.risks.points.first()).map(|point| point.colour);
        let late = all.get(&place.id).is_some_and(|at| at.risks.points.iter().any(|point| point.is_overdue(today)));
        html! { li { a href={ "/risks/" (place.id) } {
            @match worst { Some(colour) => (tile(&visitor, colour)), None => span.risk.none { "–" } }
            span { (place.attributes.name) } @if late { span.quiet { (visitor.t("risks.late_mark")) } }
        } } }
    };
    let sections: Vec<(&Place, Vec<&Place>)> = {
        let mut sections: Vec<(&Place, Vec<&Place>)> = Vec::new();
        for place in shown.iter().filter(|place| matches!(place.kind, Kind::Building | Kind::Facility)) {
            let head = tree.lineage(place).find(|above| above.kind == heading).unwrap_or(place);
            match sections.iter_mut().find(|(known, _)| known.id == head.id) {
                Some((_, places)) => places.push(place),
                None => sections.push((head, vec![place])),
            }
        }
        sections
    };
    register.respond(&site, "risks.none", |table| {
        let body = html! {
            (crumb)
            div.bar { h1 { (visitor.t("risks.map")) " · " (within.attributes.name) } span.end {} a.button.second.no-print href="/risks/rules" { (visitor.t("risks.rules")) } a.button.second.no-print href="/hazards" { (visitor.t("nav.hazards")) } }
            p.lead { (visitor.t("risks.lead")) }
            ul.legend { @for (colour, _) in Colour::ALL { li { (tile(&visitor, colour)) " " (colour_text(&visitor, colour)) " " b { (counts[colour as usize]) } " · " span.quiet { (level_text(&visitor, colour)) " · " (visitor.tf("risks.every", &[("days", colour.rule().check_days.to_string())])) } } } }
            p { (visitor.tf("risks.summary", &[("overdue", overdue.to_string()), ("gaps", gaps.to_string()), ("overtaken", overtaken.to_string())])) }
            div.blocks { @for (head, places) in &sections { section {
                h2 { @if head.kind == Kind::Project { a href={ "/risks?place=" (form_urlencoded(&head.id)) } { (head.attributes.name) } } @else { (head.attributes.name) } }
                ul { @for place in places { (block(place)) } }
            } } }
            h2 { (visitor.t(if is_above { "risks.list_above" } else { "risks.list" })) }
            (table)
        };
        shell(&site, &visitor, &visitor.t("risks.map"), "wide", body).into_response()
    })
}

/// Whether the next step goes on while nobody has accepted the work. Acceptance that came late is in its facts.
fn is_overtaken(work: &Dangerous, chain: Option<&super::model::Chain>) -> bool {
    work.overtaken.is_some() && chain.and_then(|chain| chain.accepted_on).is_none()
}

fn colour_text(visitor: &Visitor, colour: Colour) -> String {
    visitor.t(&format!("risk_colour.{}", colour.name()))
}

fn level_text(visitor: &Visitor, colour: Colour) -> String {
    visitor.t(&format!("risk_level.{}", colour.rule().level))
}

fn state_text(visitor: &Visitor, point: &Point, today: Date) -> String {
    match point.checked {
        _ if point.is_overdue(today) => visitor.tf("risks.overdue", &[("days", (today - point.due).get_days().to_string())]),
        None => visitor.t("risks.not_checked"),
        Some((_, true)) => visitor.t("risks.sound"),
        Some((_, false)) => visitor.t("risks.unsound"),
    }
}

fn state_lamp(visitor: &Visitor, point: &Point, today: Date) -> Markup {
    let is_overdue = point.is_overdue(today);
    let is_sound = point.checked.is_some_and(|(_, is_sound)| is_sound) && !is_overdue;
    let is_unsound = point.checked.is_some_and(|(_, is_sound)| !is_sound) && !is_overdue;
    html! { span.lamp.bad[is_overdue].warn[is_unsound].good[is_sound].idle[point.checked.is_none() && !is_overdue] { (state_text(visitor, point, today)) } }
}

/// A building with what its pages need.
pub(super) struct Shown {
    pub place: Place,
    pub title: String,
    pub found: Risks,
    works: Vec<(Dangerous, Vec<DangerStep>)>,
    recorded: Recorded,
    /// Open hazards here, or of what it stands in.
    hazards: Vec<Hazard>,
    people: HashMap<String, String>,
    pub number: u64,
}

async fn read(site: &Site, visitor: &Visitor, id: &str) -> Result<Shown, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, id).await?;
    if !place.kind.is_site() {
        return Err(missing().into());
    }
    let tree = site.domain.places.tree(&mut conn).await?;
    let today = site.clock.today();
    let bars = plan::store::bars_at(&mut conn, id).await?;
    let bars: Vec<&Bar> = bars.iter().collect();
    let recorded = store::recorded_of(&mut conn, id).await?;
    let mut works = Vec::new();
    for work in dangerous(&bars, &recorded, today) {
        works.push((work, store::danger_steps(&mut conn, id, &work.danger.id).await?));
    }
    let mut hazards = store::hazards(&mut conn, Date::MAX).await?;
    hazards.retain(|hazard| tree.lineage(&place).any(|above| above.id == hazard.known.place && visitor.may(Verb::Read, &above.path)));
    let title = tree.full_name(&place);
    let people = identity::names(&mut conn).await?;
    Ok(Shown { found: risks(&bars, &recorded, today), title, place, works, recorded, hazards, people, number: site.head() })
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let shown = read(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &shown, &Attempt::default()).await
}

async fn show_page(site: &Site, visitor: &Visitor, shown: &Shown, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let crumb = places::pages::crumbs_of(&mut conn, visitor, &shown.place).await?;
    drop(conn);
    let today = site.clock.today();
    let held = posts(&visitor.rights, &shown.place.path);
    let blank = Values::default();
    let given = |act: &str| attempt.values(act, &blank);
    let refused_of = |act: &str| attempt.refusal_of(act);
    let parameters = RISKS.parameter.iter().map(|one| (one.id.clone(), parameter_text(visitor, one))).collect();
    let points = shown.found.points.iter().map(|point| (point.risk.id.clone(), visitor.t(&format!("risk.{}", point.risk.id)))).collect();
    let colours = Colour::ALL.iter().map(|(colour, name)| ((*name).to_owned(), colour_text(visitor, *colour))).collect();
    let address = |act: &str| format!("/risks/{}/{act}", shown.place.id);
    let body = html! {
        (crumb)
        (error_summary(visitor, attempt.of_page().or(refused_of("check"))))
        div.bar { h1 { (visitor.t("risks.of")) " · " (shown.title) } span.end {}
            @if !shown.found.points.is_empty() { span.no-print { (visitor.t("risks.card")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/risks/" (shown.place.id) "/card/" (format) } { (name) } } } }
            @if held.any() { a.button.no-print href={ "/hazards/new?place=" (form_urlencoded(&shown.place.id)) } { (visitor.t("hazards.find")) } }
        }
        @if !shown.hazards.is_empty() { section.sheet #hazards {
            h2 { (visitor.t("hazards.here")) }
            ul.rows { @for hazard in &shown.hazards { li {
                a href={ "/hazards/" (hazard.id) } { (hazard.content) }
                @if hazard.known.stops_work() { strong.major { (visitor.tf("hazards.stands_since", &[("date", hazard.major_on().to_string())])) } }
                (hazard_lamp(visitor, hazard, today))
            } } }
        } }
        @if !shown.found.gaps.is_empty() { aside.notice { p { (visitor.tf("risks.gap", &[("what", visitor.list(shown.found.gaps.iter().map(|one| visitor.t(&format!("site_parameter.{}", one.id)))))])) } } }
        @if shown.found.points.is_empty() { p.empty { (visitor.t("risks.none")) } } @else {
            form #field-risks method="post" action=(address("check")) {
                (seal_with(visitor, given("check")))
                ul.rows.risks { @for point in &shown.found.points { (point_line(visitor, point, today, held.any(), given("check"))) } }
                @if held.any() { div.sheet.no-print {
                    h2 { (visitor.t("risks.check")) }
                    @if let Some(refusal) = refused_of("check") { p.error { (crate::web::problem::sentence(visitor, refusal)) } }
                    div.field { label for="field-sound" { (visitor.t("field.under_control")) }
                        select #field-sound name="under_control" { option value="yes" { (visitor.t("risks.sound")) } option value="no" selected[given("check").text("under_control") == "no"] { (visitor.t("risks.unsound")) } } }
                    div.field { label for="field-remark" { (visitor.t("field.remark")) " " span.quiet { (visitor.t("shell.optional")) } }
                        textarea #field-remark name="remark" rows="2" maxlength="2000" { (given("check").text("remark")) } }
                    div.actions.thumb { button type="submit" { (visitor.t("risks.keep_check")) } }
                } }
            }
        }
        @if !shown.works.is_empty() { h2 #dangers { (visitor.t("risks.dangers")) } p.hint { (visitor.t("risks.dangers_hint")) } }
        @for (work, steps) in &shown.works { (danger_section(visitor, shown, work, steps, held, attempt)) }
        @if !shown.recorded.parameters.is_empty() { h2 { (visitor.t("risks.measured")) } dl.facts {
            @for (id, (value_e3, on)) in &shown.recorded.parameters { dt { (visitor.t(&format!("site_parameter.{id}"))) } dd { (amounts::text(*value_e3)) " " @if let Some(one) = rules::parameter(id) { (visitor.t(&format!("site_unit.{}", one.unit))) } " " span.quiet { (on) } } }
        } }
        @if held.any() { div.columns.no-print {
            section.sheet { h2 { (visitor.t("risks.measure")) }
                (Form::new(visitor, address("measure"), "risks.measure", given("measure")).named("measure").choice("parameter", parameters, true).text("value").refused(refused_of("measure")).render()) }
            @if !shown.found.points.is_empty() { section.sheet { h2 { (visitor.t("risks.regrade")) } p.hint { (visitor.t("risks.regrade_hint")) }
                (Form::new(visitor, address("regrade"), "risks.regrade", given("regrade")).named("regrade").choice("risk", points, true).choice("colour", colours, false).lines("reason", true).refused(refused_of("regrade")).render()) } }
        } }
        p { a href={ "/facts?subject=" (shown.place.id) } { (visitor.t("risks.facts")) } }
    };
    Ok(attempt.respond(page(site, visitor, &shown.title, body)))
}

fn parameter_text(visitor: &Visitor, parameter: &rules::Parameter) -> String {
    format!("{} ({})", visitor.t(&format!("site_parameter.{}", parameter.id)), visitor.t(&format!("site_unit.{}", parameter.unit)))
}

fn tenths(value_e1: u32) -> String {
    if value_e1.is_multiple_of(10) { (value_e1 / 10).to_string() } else { format!("{}.{}", value_e1 / 10, value_e1 % 10) }
}

fn values_e1(values: &[u32]) -> String {
    values.iter().map(|value_e1| tenths(*value_e1)).collect::<Vec<_>>().join(", ")
}

/// How a risk came to its colour.
pub(super) fn graded_text(visitor: &Visitor, point: &Point) -> String {
    if !point.reason.is_empty() {
        return visitor.tf("risks.regraded", &[("reason", point.reason.clone())]);
    }
    match (point.risk.lec, point.risk.ls) {
        (Some([likelihood, exposure, consequence]), _) => {
            let product = likelihood * exposure * consequence / 100;
            visitor.tf("risks.lec", &[("l", tenths(likelihood)), ("e", tenths(exposure)), ("c", consequence.to_string()), ("d", product.to_string())])
        }
        (None, Some([likelihood, severity])) => visitor.tf("risks.ls", &[("l", likelihood.to_string()), ("s", severity.to_string()), ("r", (likelihood * severity).to_string())]),
        (None, None) => String::new(),
    }
}

fn point_line(visitor: &Visitor, point: &Point, today: Date, may_check: bool, values: &Values) -> Markup {
    let field = format!("risk.{}", point.risk.id);
    html! { li {
        label.inline { @if may_check { input type="checkbox" name=(field) value="yes" checked[values.text(&field) == "yes"]; " " } (tile(visitor, point.colour)) " " (visitor.t(&format!("risk.{}", point.risk.id))) }
        span { (state_lamp(visitor, point, today)) }
        span.quiet { (level_text(visitor, point.colour)) " · " (graded_text(visitor, point)) " · " (visitor.tf("risks.due_on", &[("date", point.due.to_string())])) }
        span.quiet { (visitor.t(&format!("risk_measure.{}", point.risk.id))) }
    } }
}

fn danger_section(visitor: &Visitor, shown: &Shown, work: &Dangerous, steps: &[DangerStep], held: super::model::Posts, attempt: &Attempt) -> Markup {
    let chain = store::chain_of(steps);
    let is_over = work.danger.is_over(work.value_e3);
    let next = chain.next(is_over);
    let id = &work.danger.id;
    let blank = Values::default().with("danger", id);
    let name = |account: &str| shown.people.get(account).cloned().unwrap_or_else(|| visitor.t("ledger.system"));
    let is_mine = |needed: Needed| match needed {
        Needed::Signature(Side::Supervision) | Needed::Acceptance => held.supervises,
        _ => held.works,
    };
    html! { section.sheet {
        h3 { (visitor.t(&format!("danger.{id}"))) " " span.tag { (visitor.t(if is_over { "risks.over_scale" } else { "risks.in_scale" })) } }
        @if is_overtaken(work, Some(&chain)) {
            p { span.lamp.bad { (visitor.tf("risks.overtaken", &[("date", work.overtaken.map_or_else(String::new, |on| on.to_string()))])) }
                @if held.any() { " " a.no-print href={ "/hazards/new?kind=danger_unaccepted&place=" (form_urlencoded(&shown.place.id)) } { (visitor.t("risks.open_major")) } } }
        }
        ol.course { @for (on, by, fact) in steps { li {
            div { time datetime=(on.to_string()) { (on) } }
            div { p { strong { (visitor.t(&format!("fact.hazards_{}", fact_name(fact)))) } " " span.quiet { (name(by)) } } p { (danger_said(visitor, fact)) } }
        } } }
        @match next {
            None => p { span.lamp.good { (visitor.t("risks.accepted")) } },
            Some(needed) => {
                p { (visitor.t("risks.next")) " " strong { (visitor.t(&format!("danger_step.{}", needed.name()))) } }
                @if is_mine(needed) {
                    // The same step may be the next of several.
                    @let is_this = attempt.values(needed.name(), &blank).text("danger") == id;
                    @let values = if is_this { attempt.values(needed.name(), &blank) } else { &blank };
                    @let form = Form::new(visitor, format!("/risks/{}/{}", shown.place.id, needed.name()), step_key(needed), values).named(id).hidden("danger");
                    @let form = if needed == Needed::Experts { form.number("experts").choice("experts_outcome", outcomes(visitor), true) } else { form };
                    div.no-print { (form.text("document").refused(attempt.refusal_of(needed.name()).filter(|_| is_this)).render()) }
                }
            }
        }
    } }
}

fn step_key(needed: Needed) -> &'static str {
    match needed {
        Needed::Signature(Side::Builder) => "danger_step.sign_builder",
        Needed::Signature(Side::Supervision) => "danger_step.sign_supervision",
        Needed::Experts => "danger_step.argue",
        Needed::Disclosure => "danger_step.disclose",
        Needed::Acceptance => "danger_step.accept",
    }
}

fn outcomes(visitor: &Visitor) -> Vec<(String, String)> {
    Outcome::ALL.iter().map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("experts_outcome.{name}")))).collect()
}

fn danger_said(visitor: &Visitor, fact: &Fact) -> String {
    match fact {
        Fact::Signed { side, document, .. } => format!("{} · {document}", visitor.t(if *side == Side::Builder { "risks.by_builder" } else { "risks.by_supervision" })),
        Fact::Argued { experts, outcome, document, .. } => {
            let outcome = Outcome::ALL.iter().find(|(one, _)| one == outcome).map_or("", |(_, name)| name);
            format!("{} · {} · {document}", visitor.tf("risks.experts", &[("count", experts.to_string())]), visitor.t(&format!("experts_outcome.{outcome}")))
        }
        Fact::Disclosed { document, .. } | Fact::Accepted { document, .. } => document.clone(),
        _ => String::new(),
    }
}

async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, Sent(values): Sent) -> Result<Response, Problem> {
    read(&site, &visitor, &id).await?;
    let done = async {
        let request = values.request_id()?;
        let (place, danger, document) = (id.clone(), values.text("danger").to_owned(), values.text("document").to_owned());
        let command = match name.as_str() {
            "measure" => Command::Measure { place, parameter: values.text("parameter").into(), value_e3: amounts::read(values.text("value")).ok_or(Refused::UnreadableValue).map_err(Refusal::from)? },
            "regrade" => {
                let colour = if values.text("colour").is_empty() { None } else { Some(values.choice("colour", Colour::from_name)?) };
                Command::Regrade { place, risk: values.text("risk").into(), colour, reason: values.text("reason").into() }
            }
            "check" => {
                let risks = values.under("risk.").filter(|(_, said)| *said == "yes").map(|(risk, _)| risk.to_owned()).collect();
                let is_sound = values.choice("under_control", |said| matches!(said, "yes" | "no").then_some(said == "yes"))?;
                Command::Check { place, risks, is_sound, content: values.text("remark").into() }
            }
            "sign_builder" => Command::Sign { place, danger, side: Side::Builder, document },
            "sign_supervision" => Command::Sign { place, danger, side: Side::Supervision, document },
            "argue" => {
                let experts = values.opt_number("experts")?.unwrap_or(0);
                Command::Argue { place, danger, experts, outcome: values.choice("experts_outcome", Outcome::from_name)?, document }
            }
            "disclose" => Command::Disclose { place, danger, document },
            "accept" => Command::Accept { place, danger, document },
            _ => return Err(missing().into()),
        };
        site.submit(&visitor, request, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/risks/{id}")).into_response()),
        Err(problem) => {
            let attempt = Attempt::refused(&name, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            show_page(&site, &visitor, &read(&site, &visitor, &id).await?, &attempt).await
        }
    }
}

/// The notice card of a building: what is dangerous there, who controls it and what is done.
async fn card(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let shown = read(&site, &visitor, &id).await?;
    if shown.found.points.is_empty() {
        return Err(missing().into());
    }
    let today = site.clock.today();
    papers::download(&visitor, print::card(&site, &visitor, &shown, today), &format, &format!("guatu-risks-{today}")).await
}

/// By which rules risks are graded and hazards are major.
async fn rule_page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mark = |mark: &str| visitor.t(&format!("order_mark.{}", mark.to_lowercase()));
    let bounds = |risk: &rules::Risk| match (risk.from, risk.below) {
        (None, None) => String::new(),
        (from, below) => format!("{} {}–{}", risk.parameter.as_ref().map_or_else(String::new, |id| visitor.t(&format!("site_parameter.{id}"))), from.map_or_else(String::new, |from| from.to_string()), below.map_or_else(String::new, |below| below.to_string())),
    };
    let stages = |stages: &[String]| visitor.list(stages.iter().map(|stage| visitor.t(&format!("stage.{stage}"))));
    let body = html! {
        (crumbs(&visitor, &[("/risks".to_owned(), visitor.t("risks.map"))]))
        h1 { (visitor.t("risks.rules")) }
        p.lead { (visitor.t("risks.rules_lead")) }
        h2 { (visitor.t("risks.colours")) }
        div.scroll tabindex="0" { table { thead { tr { th { (visitor.t("risks.colour")) } th.number { "LEC" } th.number { "LS" } th { (visitor.t("risks.level")) } th { (visitor.t("risks.how_often")) } th { (visitor.t("risks.source")) } } }
            tbody { @for rule in &RISKS.colour { tr { td { (tile(&visitor, rule.id)) " " (colour_text(&visitor, rule.id)) } td.number { "≥ " (rule.lec_least) } td.number { "≥ " (rule.ls_least) } td { (level_text(&visitor, rule.id)) } td { (visitor.tf("risks.every", &[("days", rule.check_days.to_string())])) } td lang="en" { (rule.source) " " span.tag { (mark(&rule.mark)) } } } } } } }
        h2 { (visitor.t("risks.catalogue")) }
        div.scroll tabindex="0" { table { thead { tr { th { (visitor.t("field.risk")) } th { (visitor.t("risks.colour")) } th { (visitor.t("risks.when")) } th { (visitor.t("risks.source")) } } }
            tbody { @for risk in &RISKS.risk { tr { td { (visitor.t(&format!("risk.{}", risk.id))) } td { (tile(&visitor, risk.colour())) } td { (stages(&risk.stages)) " " (bounds(risk)) } td lang="en" { (risk.source) " " span.tag { (mark(&risk.mark)) } } } } } } }
        h2 { (visitor.t("risks.dangers")) }
        div.scroll tabindex="0" { table { thead { tr { th { (visitor.t("field.danger")) } th.number { (visitor.t("risks.in_scale")) } th.number { (visitor.t("risks.over_scale")) } th { (visitor.t("risks.when")) } th { (visitor.t("risks.waits")) } th { (visitor.t("risks.source")) } } }
            tbody { @for one in &RISKS.danger { tr { td { (visitor.t(&format!("danger.{}", one.id))) } td.number { "≥ " (one.from) } td.number { "≥ " (one.over) } td { (stages(&one.stages)) } td { (stages(&one.next)) } td lang="en" { (one.source) " " span.tag { (mark(&one.mark)) } } } } } } }
        h2 { (visitor.t("field.hazard_kind")) }
        div.scroll tabindex="0" { table { thead { tr { th { (visitor.t("field.hazard_kind")) } th { (visitor.t("field.hazard_grade")) } th { (visitor.t("risks.source")) } } }
            tbody { @for kind in &HAZARDS.kind { tr { td { (visitor.t(&format!("hazard_kind.{}", kind.id))) } td { (visitor.t(if kind.is_major { "hazard_grade.major" } else { "hazards.by_finder" })) } td lang="en" { (kind.source) " " span.tag { (mark(&kind.mark)) } } } } } } }
        h2 { (visitor.t("risks.settings")) }
        dl.facts {
            dt { "LEC" } dd lang="en" { "L " (values_e1(&RISKS.lec.likelihood_e1)) "; E " (values_e1(&RISKS.lec.exposure_e1)) "; C " (RISKS.lec.consequence.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")) " · " (RISKS.lec.source) " " span.tag { (mark(&RISKS.lec.mark)) } }
            dt { (visitor.tf("risks.lead_days", &[("days", RISKS.lead.days.to_string())])) } dd lang="en" { (RISKS.lead.source) " " span.tag { (mark(&RISKS.lead.mark)) } }
            dt { (visitor.tf("risks.experts", &[("count", format!("≥ {}", RISKS.experts.least))])) } dd lang="en" { (RISKS.experts.source) " " span.tag { (mark(&RISKS.experts.mark)) } }
            dt { (visitor.tf("risks.report_days", &[("days", HAZARDS.reports.natural_days.to_string())])) } dd lang="en" { (HAZARDS.reports.source) " " span.tag { (mark(&HAZARDS.reports.mark)) } }
        }
    };
    Ok(page(&site, &visitor, &visitor.t("risks.rules"), body).into_response())
}
