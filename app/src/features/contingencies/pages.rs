//! Pages of contingency plans: the register, buildings without a plan they need, the form that lays one, one plan with its drills
//! and firings.

use super::model::{Command, Fact, Happening, Terms, Trigger, firing_id, firing_of};
use super::rules::{self, CONTINGENCIES};
use super::store::{self, Contingency, Step};
use super::{gaps, works};
use crate::journal::course::fact_name;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::calendars::model::Level;
use crate::features::places::model::Kind as PlaceKind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::plan::amounts::yuan;
use crate::features::reports::model::{Photo, WORDS};
use crate::features::reports::{copies, photos};
use crate::features::{hazards, identity, organisations};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Files, Query, Sent, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, happened, page, photographs, shell};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";
/// A drill is called near so many days before its day.
const NEAR_DAYS: i64 = 14;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/contingencies", get(list))
        .route("/contingencies/gaps", get(gap_list))
        .route("/contingencies/new", get(lay_form).post(lay))
        .route("/contingencies/firings/{id}", get(of_firing))
        .route("/contingencies/{id}", get(show))
        .route("/contingencies/{id}/drill", post(drill))
        .route("/contingencies/{id}/end", post(end))
        .route("/contingencies/{id}/stand-down", post(stand_down))
        .route("/contingencies/{id}/photos/{copy}", get(photo))
}

fn kind_name(visitor: &Visitor, kind: &str) -> String {
    visitor.t(&format!("contingency_kind.{kind}"))
}

/// What sets a plan off, in words.
pub fn trigger_text(visitor: &Visitor, trigger: &Trigger) -> String {
    let params = match trigger {
        Trigger::Alert { level } => vec![("level", visitor.t(&format!("alert_level.{}", level.name())))],
        Trigger::Weather { hours } => vec![("hours", hours.to_string())],
        Trigger::Cover { material, days } => {
            vec![("material", visitor.t(&format!("material.{material}"))), ("days", days.to_string())]
        }
        Trigger::Float { days } => vec![("days", days.to_string())],
        Trigger::Stopped {} | Trigger::MajorHazard {} => Vec::new(),
    };
    visitor.tf(&format!("contingency_trigger.{}", trigger.name()), &params)
}

/// What set a plan off, in words.
pub fn happening_text(visitor: &Visitor, trigger: &Trigger, happening: &Happening) -> String {
    let (key, params) = match happening {
        Happening::Alert { level, .. } => ("alert", vec![("level", visitor.t(&format!("alert_level.{}", level.name())))]),
        Happening::Report { weather_hours, cover_days, .. } => match trigger {
            Trigger::Cover { material, .. } => {
                let days = cover_days.get(material).map_or_else(|| "—".to_owned(), ToString::to_string);
                ("cover", vec![("material", visitor.t(&format!("material.{material}"))), ("days", days)])
            }
            _ => ("weather", vec![("hours", weather_hours.unwrap_or(0).to_string())]),
        },
        Happening::Stopped { since, .. } => ("stopped", vec![("date", since.to_string())]),
        Happening::MajorHazard { .. } => ("major_hazard", Vec::new()),
        Happening::Float { float_days_e3, .. } => ("float", vec![("days", (float_days_e3.div_euclid(1000)).to_string())]),
    };
    visitor.tf(&format!("contingency_event.{key}"), &params)
}

/// Where what set a plan off is seen.
fn happening_link(happening: &Happening, place: &str) -> String {
    match happening {
        Happening::Alert { .. } => "/calendars/alerts".to_owned(),
        Happening::Report { report, .. } => format!("/reports/{}", form_urlencoded(report)),
        Happening::MajorHazard { hazard } => format!("/hazards/{}", form_urlencoded(hazard)),
        Happening::Stopped { .. } | Happening::Float { .. } => format!("/wall?place={}", form_urlencoded(place)),
    }
}

/// How a plan stands: words and lamp. What is under way goes before what is owed.
fn standing(visitor: &Visitor, plan: &Contingency, today: Date) -> (String, &'static str) {
    let (key, lamp) = if plan.under_way().is_some() {
        ("contingencies.is_fired", "bad")
    } else if plan.ended_on.is_some() {
        ("contingencies.is_ended", "idle")
    } else if plan.terms.to < today {
        ("contingencies.is_expired", "bad")
    } else if plan.terms.from > today {
        ("contingencies.is_coming", "idle")
    } else if plan.drill_due() < today {
        ("contingencies.drill_overdue", "bad")
    } else if plan.drill_due() <= today.saturating_add(NEAR_DAYS.days()) {
        ("contingencies.drill_near", "warn")
    } else {
        ("contingencies.holds", "good")
    };
    (visitor.t(key), lamp)
}

/// Of which place.
#[derive(Debug, Default, serde::Deserialize)]
struct Within {
    place: Option<String>,
}

async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Query(within): Query<Within>,
    Query(asked): Query<registers::Asked>,
) -> Result<Response, Problem> {
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let whole = visitor.place_or_highest(&mut conn, &site.domain, within.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let units = unit_names(&mut conn).await?;
    let mut plans = store::contingencies(&mut conn).await?;
    let needed = needed_within(&mut conn, &site, &visitor, &tree, &whole, &plans, today).await?;
    drop(conn);
    plans.retain(|plan| tree.get(&plan.place).is_some_and(|at| at.path.starts_with(&whole.path) && visitor.may(Verb::Read, &at.path)));
    let mut register = Register::new(&visitor, "/contingencies", "contingencies.title", &asked)
        .keep("place", &whole.id)
        .column("document", "contingencies.plan")
        .column("state", "field.state")
        .column("kind", "field.kind")
        .column("place", "field.place")
        .column("trigger", "contingencies.trigger")
        .column("owner", "field.owner")
        .number("amount", "field.reserve_yuan")
        .column("to", "contingencies.to")
        .column("drilled", "contingencies.drilled")
        .column("drill_due", "contingencies.drill_due");
    for plan in &plans {
        let (state, lamp) = standing(&visitor, plan, today);
        let terms = &plan.terms;
        let name = tree.get(&plan.place).map_or_else(String::new, |at| tree.full_name(at));
        register.row(vec![
            (Cell::Text(terms.document.clone()), Some(html! { a href={ "/contingencies/" (plan.id) } { (terms.document) } })),
            (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
            (Cell::Text(kind_name(&visitor, &terms.kind)), None),
            (Cell::Text(name), None),
            (Cell::Text(trigger_text(&visitor, &terms.trigger)), None),
            (Cell::Text(owner_text(&units, terms)), None),
            (Cell::Number(terms.amount_fen as f64 / 100.0), Some(html! { (yuan(terms.amount_fen)) })),
            (Cell::Date(terms.to), None),
            (plan.drilled_on.map_or(Cell::Empty, Cell::Date), None),
            (if plan.holds(today) { Cell::Date(plan.drill_due()) } else { Cell::Empty }, None),
        ]);
    }
    let fired = plans.iter().filter(|plan| plan.under_way().is_some()).count();
    let missing = needed.iter().filter(|one| !one.is_there).count();
    let may_lay = [Verb::Report, Verb::Plan, Verb::Govern].iter().any(|verb| visitor.rights.may_somewhere(*verb));
    let here = form_urlencoded(&whole.id);
    register.respond(&site, "contingencies.none", |table| {
        let body = html! {
            (crumbs(&visitor, &[("/hazards".to_owned(), visitor.t("nav.hazards"))]))
            div.bar {
                h1 { (visitor.t("contingencies.title")) " · " (whole.attributes.name) } span.end {}
                @if may_lay { a.button.no-print href={ "/contingencies/new?place=" (here) } { (visitor.t("contingencies.lay")) } }
            }
            p.lead { (visitor.t("contingencies.lead")) }
            ul.counts {
                li { b { (fired) } span { (visitor.t("contingencies.fired_count")) } }
                li { b { a href={ "/contingencies/gaps?place=" (here) } { (needed.len() - missing) "/" (needed.len()) } } span { (visitor.t("contingencies.covered")) } }
            }
            (table)
        };
        shell(&site, &visitor, &visitor.t("contingencies.title"), "wide", body).into_response()
    })
}

async fn unit_names(conn: &mut Conn) -> Result<HashMap<String, String>, Problem> {
    Ok(organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect())
}

fn owner_text(units: &HashMap<String, String>, terms: &Terms) -> String {
    let unit = units.get(&terms.unit).map_or("—", String::as_str);
    if terms.post.is_empty() { unit.to_owned() } else { format!("{unit} · {}", terms.post) }
}

/// Plans that the buildings of a place need, as far as this person sees them.
async fn needed_within(
    conn: &mut Conn,
    site: &Site,
    visitor: &Visitor,
    tree: &Arc<Tree>,
    whole: &Place,
    plans: &[Contingency],
    today: Date,
) -> Result<Vec<gaps::Needed>, Problem> {
    let at = hazards::gather::within(conn, &site.domain, tree, whole, today).await?;
    let mut needed = gaps::needed(tree, tree.under(whole), &at, plans, today);
    needed.retain(|one| tree.get(&one.place).is_some_and(|at| visitor.may(Verb::Read, &at.path)));
    Ok(needed)
}

/// Buildings that a plan is missing at, and what asks for which plan.
async fn gap_list(
    State(site): State<Site>,
    visitor: Visitor,
    Query(within): Query<Within>,
    Query(asked): Query<registers::Asked>,
) -> Result<Response, Problem> {
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let whole = visitor.place_or_highest(&mut conn, &site.domain, within.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let plans = store::contingencies(&mut conn).await?;
    let needed = needed_within(&mut conn, &site, &visitor, &tree, &whole, &plans, today).await?;
    drop(conn);
    let risks_text = |risks: &[String]| visitor.list(risks.iter().map(|risk| visitor.t(&format!("risk.{risk}"))));
    let mut register = Register::new(&visitor, "/contingencies/gaps", "contingencies.gaps", &asked)
        .keep("place", &whole.id)
        .column("place", "field.place")
        .column("kind", "contingencies.missing")
        .column("risks", "contingencies.because")
        .column("since", "contingencies.since")
        .acts();
    for one in needed.iter().filter(|one| !one.is_there) {
        let Some(place) = tree.get(&one.place) else { continue };
        let name = tree.full_name(place);
        let address = format!("/contingencies/new?place={}&kind={}", form_urlencoded(&place.id), form_urlencoded(&one.kind));
        register.row(vec![
            (Cell::Text(name.clone()), Some(html! { a href={ "/risks/" (place.id) } { (name) } })),
            (Cell::Text(kind_name(&visitor, &one.kind)), None),
            (Cell::Text(risks_text(&one.risks)), None),
            (Cell::Date(one.since), None),
            (Cell::Empty, Some(html! { @if works(&visitor.rights, &place.path) { a href=(address) { (visitor.t("contingencies.lay")) } } })),
        ]);
    }
    let there = needed.iter().filter(|one| one.is_there).count();
    register.respond(&site, "contingencies.no_gaps", |table| {
        let body = html! {
            (crumbs(&visitor, &[(format!("/contingencies?place={}", form_urlencoded(&whole.id)), visitor.t("contingencies.title"))]))
            h1 { (visitor.t("contingencies.gaps")) " · " (whole.attributes.name) }
            p.lead { (visitor.t("contingencies.gaps_lead")) }
            ul.counts { li { b { (there) "/" (needed.len()) } span { (visitor.t("contingencies.covered")) } } }
            (table)
            h2 { (visitor.t("contingencies.rules")) }
            p.quiet { (visitor.t("contingencies.rules_lead")) }
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("field.kind")) } th { (visitor.t("contingencies.because")) } th { (visitor.t("contingencies.basis")) } } }
                tbody { @for need in &CONTINGENCIES.need { tr { td { (kind_name(&visitor, &need.kind)) } td { (risks_text(&need.risks)) } td lang="en" { (need.source) @if need.mark == "setting" { " " span.tag { (visitor.t("contingencies.setting")) } } } } } }
            } }
            h2 { (visitor.t("contingencies.drills")) }
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("field.kind")) } th.number { (visitor.t("contingencies.drill_days")) } th { (visitor.t("contingencies.basis")) } } }
                tbody { @for kind in &CONTINGENCIES.kind { tr { td { (kind_name(&visitor, &kind.id)) } td.number data-title=(visitor.t("contingencies.drill_days")) { (kind.drill_days) } td lang="en" { (kind.source) @if kind.mark == "setting" { " " span.tag { (visitor.t("contingencies.setting")) } } } } } }
            } }
        };
        page(&site, &visitor, &visitor.t("contingencies.gaps"), body).into_response()
    })
}

/// What an address fills a new plan with.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    place: Option<String>,
    kind: Option<String>,
}

/// The place that a form is for: the one asked for, or the highest at which this person works.
async fn place_to_lay(conn: &mut Conn, site: &Site, visitor: &Visitor, asked: Option<&str>) -> Result<Place, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let place = match asked {
        Some(id) => visitor.place(conn, id).await?,
        None => {
            let tree = site.domain.places.tree(conn).await?;
            let first = tree.places().iter().find(|place| works(&visitor.rights, &place.path));
            first.cloned().ok_or(missing())?
        }
    };
    if works(&visitor.rights, &place.path) { Ok(place) } else { Err(missing().into()) }
}

async fn lay_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = place_to_lay(&mut conn, &site, &visitor, new.place.as_deref()).await?;
    drop(conn);
    let mut values = Values::default().with("from", site.clock.today());
    if let Some(kind) = new.kind.as_deref().filter(|kind| rules::kind(kind).is_some()) {
        values = values.with("contingency_kind", kind);
    }
    lay_page(&site, &visitor, &place, &values, None).await
}

async fn lay_page(
    site: &Site,
    visitor: &Visitor,
    place: &Place,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut units: Vec<(String, String)> = unit_names(&mut conn).await?.into_iter().collect();
    drop(conn);
    units.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    // Of a district or zone its projects; of a project everything in it.
    let is_offered = |other: &&Place| {
        let is_near = !matches!(place.kind, PlaceKind::District | PlaceKind::Zone) || other.kind == PlaceKind::Project;
        other.kind.is_site() && is_near && works(&visitor.rights, &other.path)
    };
    let places = tree.under(place).iter().filter(is_offered).map(|other| (other.id.clone(), tree.full_name(other))).collect();
    let kinds = CONTINGENCIES.kind.iter().map(|kind| (kind.id.clone(), kind_name(visitor, &kind.id))).collect();
    let named = |section: &str, ids: &mut dyn Iterator<Item = String>| -> Vec<(String, String)> {
        ids.map(|id| { let name = visitor.t(&format!("{section}.{id}")); (id, name) }).collect()
    };
    let triggers = named("contingency_trigger_kind", &mut Trigger::NAMES.iter().map(|name| (*name).to_owned()));
    let levels = named("alert_level", &mut Level::ALL.iter().map(|(_, name)| (*name).to_owned()));
    let materials = named("material", &mut WORDS.material_ids().into_iter());
    let values = if values.text("about").is_empty() { values.clone().with("about", &place.id) } else { values.clone() };
    let body = html! {
        (crumbs(visitor, &[("/contingencies".to_owned(), visitor.t("contingencies.title"))]))
        h1 { (visitor.t("contingencies.lay")) }
        p.lead { (visitor.t("contingencies.lay_lead")) }
        (Form::new(visitor, format!("/contingencies/new?place={}", form_urlencoded(&place.id)), "contingencies.lay", &values)
            .choice("about", places, true).choice("contingency_kind", kinds, true).text("document")
            .choice("trigger", triggers, true).choice("level", levels, false).number("threshold").choice("material", materials, false)
            .lines("content", true).choice("owner", units, true).opt_text("post").opt_text("stock").number("reserve_yuan")
            .date("from", true).date("to", true).refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("contingencies.lay"), body)))
}

/// The trigger that a form asks for. A number that is missing is one that no trigger can have.
fn trigger_of(values: &Values) -> Result<Trigger, Refusal> {
    let number = values.opt_number::<u32>("threshold")?.unwrap_or(0);
    let name = values.choice("trigger", |name| Trigger::NAMES.into_iter().find(|known| *known == name))?;
    Ok(match name {
        "alert" => Trigger::Alert { level: values.choice("level", Level::from_name)? },
        "weather" => Trigger::Weather { hours: number },
        "stopped" => Trigger::Stopped {},
        "cover" => Trigger::Cover { material: values.text("material").to_owned(), days: number },
        "float" => Trigger::Float { days: number },
        _ => Trigger::MajorHazard {},
    })
}

async fn lay(
    State(site): State<Site>,
    visitor: Visitor,
    Query(new): Query<New>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let about = place_to_lay(&mut conn, &site, &visitor, Some(values.text("about"))).await?;
    let shown = match &new.place {
        Some(place) => visitor.place(&mut conn, place).await?,
        None => about.clone(),
    };
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        let text = |name: &str| values.text(name).to_owned();
        let terms = Terms {
            kind: text("contingency_kind"),
            document: text("document"),
            trigger: trigger_of(&values)?,
            measures: text("content"),
            unit: text("owner"),
            post: text("post"),
            stock: text("stock"),
            amount_fen: values.opt_number::<i64>("reserve_yuan")?.unwrap_or(0).saturating_mul(100),
            from: values.date("from")?,
            to: values.date("to")?,
        };
        let command = Command::Lay { contingency: id.clone(), place: about.id.clone(), terms: Box::new(terms) };
        site.submit(&visitor, id.clone(), command).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => lay_page(&site, &visitor, &shown, &values, Some(&refusal(problem)?)).await,
    }
}

/// Back to a plan.
fn to(id: &str) -> Response {
    Redirect::to(&format!("/contingencies/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Contingency, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let plan = store::contingency(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &plan.place).await?;
    Ok((plan, place))
}

/// The firing that an order names.
async fn of_firing(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (of, number) = firing_of(&id).ok_or(missing())?;
    let (plan, _) = readable(&site, &visitor, of).await?;
    plan.firing(number).ok_or(missing())?;
    Ok(Redirect::to(&format!("/contingencies/{of}#firing-{number}")).into_response())
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (plan, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &plan, &place, &Attempt::default()).await
}

/// A plan.
async fn show_page(
    site: &Site,
    visitor: &Visitor,
    plan: &Contingency,
    place: &Place,
    attempt: &Attempt,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let units = unit_names(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let steps = store::steps(&mut conn, &plan.id).await?;
    drop(conn);
    let (terms, (state, lamp)) = (&plan.terms, standing(visitor, plan, today));
    // What is under way is at most one.
    let blank = Values::default().with("on", today).with("firing", plan.under_way().map_or(0, |firing| firing.number));
    let works = works(&visitor.rights, &place.path);
    let form = |act: &str, key: &'static str, is_open: bool, fields: &dyn Fn(Form) -> Markup| {
        let form = Form::new(visitor, format!("/contingencies/{}/{act}", plan.id), key, attempt.values(act, &blank));
        let form = fields(form.named(act).refused(attempt.refusal_of(act)));
        act_section(visitor, act, key, None, is_open || attempt.is(act), &form)
    };
    let choices: Vec<(String, String)> = plan.firings.iter().filter(|firing| firing.stood_down.is_none()).map(|firing| (firing.number.to_string(), happening_text(visitor, &terms.trigger, &firing.happening))).collect();
    let body = html! {
        (crumbs(visitor, &[(format!("/contingencies?place={}", form_urlencoded(&place.id)), visitor.t("contingencies.title"))]))
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (terms.document) } span class={ "lamp " (lamp) } { (state) } }
        @if let Some(firing) = plan.under_way() {
            aside.notice { p { strong { (happening_text(visitor, &terms.trigger, &firing.happening)) } " " (firing.on) } }
        }
        dl.facts {
            dt { (visitor.t("field.kind")) } dd { (kind_name(visitor, &terms.kind)) }
            dt { (visitor.t("field.place")) } dd { a href={ "/places/" (form_urlencoded(&place.id)) } { (tree.full_name(place)) } }
            dt { (visitor.t("contingencies.trigger")) } dd { (trigger_text(visitor, &terms.trigger)) }
            dt { (visitor.t("contingencies.measures")) } dd { (terms.measures) }
            dt { (visitor.t("field.owner")) } dd { (owner_text(&units, terms)) }
            dt { (visitor.t("field.stock")) } dd { @if terms.stock.is_empty() { "—" } @else { (terms.stock) } }
            dt { (visitor.t("field.reserve_yuan")) } dd { (yuan(terms.amount_fen)) }
            dt { (visitor.t("contingencies.validity")) } dd { (terms.from) " – " (terms.to) }
            dt { (visitor.t("contingencies.drilled")) } dd { @match plan.drilled_on { Some(on) => (on), None => (visitor.t("contingencies.never_drilled")) } }
            @if plan.holds(today) { dt { (visitor.t("contingencies.drill_due")) } dd { (plan.drill_due()) @if let Some(kind) = rules::kind(&terms.kind) { " " span.quiet { (visitor.tf("contingencies.every", &[("days", kind.drill_days.to_string())])) } } } }
            @if let Some(on) = plan.ended_on { dt { (visitor.t("contingencies.is_ended")) } dd { (on) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&plan.id)) } { "№ " (plan.number) } }
        }
        @if works { div.masonry.no-print {
            @if !choices.is_empty() { (form("stand-down", "contingencies.stand_down", true, &|form| form.choice("firing", choices.clone(), true).lines("outcome", true).render())) }
            @if plan.ended_on.is_none() {
                (form("drill", "contingencies.drill", plan.holds(today) && plan.drill_due() < today, &|form| form.date("on", true).text("drill_leader").lines("remark", true).lines("evidence", false).files("photos", PICTURES).render()))
                (form("end", "contingencies.end", false, &|form| form.lines("reason", true).render()))
            }
        } }
        @if !plan.firings.is_empty() {
            h2 { (visitor.t("contingencies.firings")) }
            ul.rows { @for firing in plan.firings.iter().rev() { li id={ "firing-" (firing.number) } {
                a href=(happening_link(&firing.happening, &plan.place)) { (happening_text(visitor, &terms.trigger, &firing.happening)) }
                span { (firing.on) }
                a.no-print href={ "/orders/of?kind=contingency&id=" (form_urlencoded(&firing_id(&plan.id, firing.number))) } { (visitor.t("orders.of_this")) }
                @match &firing.stood_down { Some((on, outcome)) => { span.quiet { (visitor.t("contingencies.stood_down")) " " (on) " · " (outcome) } }, None => { span.lamp.bad { (visitor.t("contingencies.is_fired")) } } }
            } } }
        }
        h2 { (visitor.t("contingencies.course")) }
        (course(visitor, plan, &names, &steps))
    };
    Ok(attempt.respond(page(site, visitor, &terms.document, body)))
}

/// What happened, in order.
fn course(visitor: &Visitor, plan: &Contingency, names: &HashMap<String, String>, steps: &[Step]) -> Markup {
    let name = |account: &str| {
        if account == "system" { visitor.t("ledger.system") } else { names.get(account).cloned().unwrap_or_else(|| "—".to_owned()) }
    };
    html! {
        ol.course { @for step in steps {
            @let heading = html! { strong { (visitor.t(&format!("fact.contingencies_{}", fact_name(&step.fact)))) } " " span.quiet { (name(&step.by)) } };
            @let content = html! {
                @for line in said(visitor, plan, &step.fact) { p { (line) } }
                (photographs(visitor, &format!("/contingencies/{}/photos/", plan.id), photos_of(&step.fact)))
            };
            (happened(step.at, step.number, &heading, &content))
        } }
    }
}

fn photos_of(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Drilled { photos, .. } => photos.iter().map(Photo::name).collect(),
        _ => Vec::new(),
    }
}

/// What a fact says, in lines; what a plan says stands above.
fn said(visitor: &Visitor, plan: &Contingency, fact: &Fact) -> Vec<String> {
    let lines = match fact {
        Fact::Laid { .. } => Vec::new(),
        Fact::Ended { reason } => vec![reason.clone()],
        Fact::Drilled { on, who, content, evidence, .. } => vec![format!("{on} · {who}"), content.clone(), evidence.clone()],
        Fact::Fired { happening, .. } => vec![happening_text(visitor, &plan.terms.trigger, happening)],
        Fact::StoodDown { outcome, .. } => vec![outcome.clone()],
    };
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

async fn act<T>(
    site: &Site,
    visitor: &Visitor,
    id: &str,
    values: Values,
    act: &str,
    done: Result<T, Problem>,
) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(to(id)),
        Err(problem) => {
            let attempt = Attempt::refused(act, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            let (plan, place) = readable(site, visitor, id).await?;
            show_page(site, visitor, &plan, &place, &attempt).await
        }
    }
}

async fn drill(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    sent: SentWithFiles,
) -> Result<Response, Problem> {
    let (_, place) = readable(&site, &visitor, &id).await?;
    let SentWithFiles { values, files } = sent;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let files = if works(&visitor.rights, &place.path) { files } else { Files::default() };
        let (photos, documents) = photos::take(&site, files).await??;
        let text = |name: &str| values.text(name).to_owned();
        let command = Command::Drill {
            contingency: id.clone(),
            on: values.date("on")?,
            who: text("drill_leader"),
            content: text("remark"),
            evidence: text("evidence"),
            photos,
        };
        site.submit_with(&visitor, request, command, documents).await
    };
    let done = done.await;
    act(&site, &visitor, &id, values, "drill", done).await
}

async fn end(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    readable(&site, &visitor, &id).await?;
    let command = Command::End { contingency: id.clone(), reason: values.text("reason").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    let done = done.await;
    act(&site, &visitor, &id, values, "end", done).await
}

async fn stand_down(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    readable(&site, &visitor, &id).await?;
    let done = async {
        let request = values.request_id()?;
        let firing = values.choice("firing", |number| number.parse().ok())?;
        let command = Command::StandDown { contingency: id.clone(), firing, outcome: values.text("outcome").into() };
        site.submit(&visitor, request, command).await
    };
    let done = done.await;
    act(&site, &visitor, &id, values, "stand-down", done).await
}

/// A photograph of a drill.
async fn photo(
    State(site): State<Site>,
    visitor: Visitor,
    Path((id, copy)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (plan, _) = readable(&site, &visitor, &id).await?;
    let steps = store::steps(&mut site.reader().await?, &plan.id).await?;
    let is_shown = steps.iter().any(|step| photos_of(&step.fact).contains(&copy));
    if !is_shown {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}
