//! Pages of risk events: the register, the form that enters one, one event with its assessments.

use super::keeps;
use super::model::{Assessment, Command, Ending, Fact, Terms, Works};
use super::store::{self, RiskEvent, Step, is_open, touched};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::Tree;
use crate::features::places::model::Kind as PlaceKind;
use crate::features::places::store::Place;
use crate::features::plan::store::Bar;
use crate::features::{identity, organisations};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, happened, page, shell};
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

/// Works that a form offers one by one; of a place with more the form of a building offers its own.
const MOST_OFFERED: usize = 200;
/// What the names of fields that tick a work begin with.
const WORK: &str = "work.";
/// How long an event may happen unless it is said otherwise.
const USUAL_DAYS: i64 = 180;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/risk-events", get(list))
        .route("/risk-events/new", get(enter_form).post(enter))
        .route("/risk-events/{id}", get(show))
        .route("/risk-events/{id}/reassess", post(reassess))
        .route("/risk-events/{id}/close", post(close))
}

/// Of which place.
#[derive(Debug, Default, serde::Deserialize)]
struct Within {
    place: Option<String>,
}

/// The register of a place.
pub fn address(place: &str) -> String {
    format!("/risk-events?place={}", form_urlencoded(place))
}

/// Days that an event adds, in words.
pub fn days_text(assessment: &Assessment) -> String {
    let Assessment { low_days, likely_days, high_days, .. } = assessment;
    if low_days == high_days { likely_days.to_string() } else { format!("{low_days}–{likely_days}–{high_days}") }
}

/// How an event stands: words and lamp.
fn standing(visitor: &Visitor, event: &RiskEvent, today: Date) -> (String, &'static str) {
    match event.closed {
        Some((_, Ending::Happened)) => (visitor.t("risk_ending.happened"), "bad"),
        Some((_, Ending::Passed)) => (visitor.t("risk_ending.passed"), "idle"),
        None if event.terms.to < today => (visitor.t("risk_events.is_over"), "idle"),
        None if event.terms.from > today => (visitor.t("risk_events.is_coming"), "idle"),
        None => (visitor.t("risk_events.is_open"), "warn"),
    }
}

/// To which works, in words.
fn works_text(visitor: &Visitor, tree: &Tree, works: &Works) -> String {
    match works {
        Works::Under { place } => {
            let name = tree.get(place).map_or("—", |place| &place.attributes.name);
            visitor.tf("risk_events.under", &[("place", name.to_owned())])
        }
        Works::Named { activities } => visitor.tf("risk_events.named", &[("count", activities.len().to_string())]),
    }
}

fn project_of<'a>(tree: &'a Tree, place: &'a Place) -> Option<&'a Place> {
    tree.lineage(place).find(|above| above.kind == PlaceKind::Project)
}

async fn unit_names(conn: &mut Conn) -> Result<HashMap<String, String>, Problem> {
    Ok(organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect())
}

fn owner_text(units: &HashMap<String, String>, terms: &Terms) -> String {
    let unit = units.get(&terms.unit).map_or("—", String::as_str);
    if terms.post.is_empty() { unit.to_owned() } else { format!("{unit} · {}", terms.post) }
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
    let mut events = store::events(&mut conn).await?;
    drop(conn);
    // Of a building its project's.
    let is_here = |path: &str| path.starts_with(&whole.path) || whole.path.starts_with(path);
    events.retain(|event| tree.get(&event.project).is_some_and(|at| is_here(&at.path) && visitor.may(Verb::Read, &at.path)));
    let mut register = Register::new(&visitor, "/risk-events", "risk_events.title", &asked)
        .keep("place", &whole.id)
        .about(&whole.attributes.name)
        .column("name", "risk_events.event")
        .column("state", "field.state")
        .column("project", "field.project")
        .measured("probability", "risk_events.probability", "unit.percent")
        .column("days", "risk_events.days")
        .column("works", "risk_events.works")
        .column("owner", "field.owner")
        .column("from", "field.from")
        .column("to", "field.to");
    for event in &events {
        let ((state, lamp), terms) = (standing(&visitor, event, today), &event.terms);
        let project = tree.get(&event.project).map_or_else(String::new, |at| at.attributes.name.clone());
        let percent = terms.assessment.probability_percent;
        register.row(vec![
            (Cell::Text(terms.name.clone()), Some(html! { a href={ "/risk-events/" (event.id) } { (terms.name) } })),
            (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
            (Cell::Text(project), None),
            (Cell::Number(f64::from(percent)), Some(html! { (percent) " %" })),
            (Cell::Text(days_text(&terms.assessment)), None),
            (Cell::Text(works_text(&visitor, &tree, &terms.works)), None),
            (Cell::Text(owner_text(&units, terms)), None),
            (Cell::Date(terms.from), None),
            (Cell::Date(terms.to), None),
        ]);
    }
    let project = project_of(&tree, &whole).cloned();
    let open = events.iter().filter(|event| event.is_open(today)).count();
    let here = form_urlencoded(&whole.id);
    register.respond(&site, "risk_events.none", |table| {
        let body = html! {
            @if let Some(project) = &project { (crumbs(&visitor, &[(chances_of(project), visitor.t("chances.title"))])) }
            div.bar {
                h1 { (visitor.t("risk_events.title")) " · " (whole.attributes.name) } span.end {}
                @if project.as_ref().is_some_and(|project| keeps(&visitor.rights, &project.path)) {
                    a.button.no-print href={ "/risk-events/new?place=" (here) } { (visitor.t("risk_events.enter")) }
                }
            }
            p.lead { (visitor.t("risk_events.lead")) }
            ul.counts { li { b { (open) } span { (visitor.t("risk_events.open_count")) } } }
            (table)
        };
        shell(&site, &visitor, &visitor.t("risk_events.title"), "wide", body).into_response()
    })
}

fn chances_of(project: &Place) -> String {
    format!("/wall?place={}&view=risk", form_urlencoded(&project.id))
}

/// The place that a form is for and its project, where this person keeps the register.
async fn place_to_enter(conn: &mut Conn, site: &Site, visitor: &Visitor, asked: Option<&str>) -> Result<(Place, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let place = visitor.place(conn, asked.unwrap_or_default()).await?;
    let tree = site.domain.places.tree(conn).await?;
    let project = project_of(&tree, &place).filter(|project| keeps(&visitor.rights, &project.path)).cloned();
    Ok((place, project.ok_or(missing())?))
}

async fn enter_form(State(site): State<Site>, visitor: Visitor, Query(within): Query<Within>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (place, project) = place_to_enter(&mut conn, &site, &visitor, within.place.as_deref()).await?;
    drop(conn);
    let today = site.clock.today();
    let values = Values::default().with("about", &place.id).with("from", today).with("to", today.saturating_add(USUAL_DAYS.days()));
    enter_page(&site, &visitor, &place, &project, &values, None).await
}

async fn enter_page(
    site: &Site,
    visitor: &Visitor,
    place: &Place,
    project: &Place,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut units: Vec<(String, String)> = unit_names(&mut conn).await?.into_iter().collect();
    let scheduled = site.domain.networks.scheduled(&mut conn, &project.id).await?;
    drop(conn);
    units.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    let places = tree.under(project).iter().map(|one| (one.id.clone(), one.attributes.name.clone())).collect();
    let is_here = |bar: &&Bar| bar.place.as_deref().and_then(|id| tree.get(id)).is_some_and(|at| at.path.starts_with(&place.path));
    let works: Vec<&Bar> = scheduled.bars.iter().filter(|bar| is_open(bar)).filter(is_here).collect();
    let body = html! {
        (crumbs(visitor, &[(address(&project.id), visitor.t("risk_events.title"))]))
        h1 { (visitor.t("risk_events.enter")) " · " (project.attributes.name) }
        p.lead { (visitor.t("risk_events.enter_lead")) }
        (Form::new(visitor, format!("/risk-events/new?place={}", form_urlencoded(&place.id)), "risk_events.enter", values)
            .text("name").text("probability_percent").number("low_days").text("likely_days").number("high_days")
            .choice("about", places, true).choice("owner", units, true).opt_text("post").date("from", true).date("to", true)
            .extra(some_works(visitor, &tree, &works, values)).refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("risk_events.enter"), body)))
}

/// Works to tick, instead of all of the place.
fn some_works(visitor: &Visitor, tree: &Tree, works: &[&Bar], values: &Values) -> Markup {
    let is_ticked = |bar: &Bar| !values.text(&format!("{WORK}{}", bar.activity)).is_empty();
    let place = |bar: &Bar| bar.place.as_deref().and_then(|id| tree.get(id)).map_or("", |place| &place.attributes.name).to_owned();
    html! {
        @if !works.is_empty() && works.len() <= MOST_OFFERED {
            details #field-works open[works.iter().any(|bar| is_ticked(bar))] {
                summary { (visitor.t("risk_events.some_works")) }
                div.boxes { @for bar in works {
                    label.inline { input type="checkbox" name={ (WORK) (bar.activity) } value="yes" checked[is_ticked(bar)]; " " (place(bar)) " " (visitor.shown(&bar.name)) }
                } }
            }
        } @else if !works.is_empty() { p.hint { (visitor.t("risk_events.too_many_works")) } }
    }
}

/// A number that is missing is one that nothing can have.
fn assessment_of(values: &Values) -> Result<Assessment, Refusal> {
    let number = |name: &'static str| Ok::<_, Refusal>(values.opt_number::<u32>(name)?.unwrap_or(0));
    let likely_days = number("likely_days")?;
    Ok(Assessment {
        probability_percent: number("probability_percent")?,
        low_days: values.opt_number("low_days")?.unwrap_or(likely_days),
        likely_days,
        high_days: values.opt_number("high_days")?.unwrap_or(likely_days),
    })
}

async fn enter(State(site): State<Site>, visitor: Visitor, Query(within): Query<Within>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (place, project) = place_to_enter(&mut conn, &site, &visitor, within.place.as_deref()).await?;
    // A place that this person may not see is answered as one that is not there.
    let about = visitor.place(&mut conn, values.text("about")).await?;
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        let mut activities: Vec<String> = values.under(WORK).filter(|(_, tick)| !tick.is_empty()).map(|(id, _)| id.to_owned()).collect();
        activities.sort_unstable();
        let terms = Terms {
            name: values.text("name").to_owned(),
            assessment: assessment_of(&values)?,
            works: if activities.is_empty() { Works::Under { place: about.id.clone() } } else { Works::Named { activities } },
            unit: values.text("owner").to_owned(),
            post: values.text("post").to_owned(),
            from: values.date("from")?,
            to: values.date("to")?,
        };
        let command = Command::Enter { event: id.clone(), project: project.id.clone(), terms: Box::new(terms) };
        site.submit(&visitor, id.clone(), command).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => enter_page(&site, &visitor, &place, &project, &values, Some(&refusal(problem)?)).await,
    }
}

/// Back to an event.
fn to(id: &str) -> Response {
    Redirect::to(&format!("/risk-events/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(RiskEvent, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let event = store::event(&mut conn, id).await?.ok_or(missing())?;
    let project = visitor.place(&mut conn, &event.project).await?;
    Ok((event, project))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let found = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &found, &Attempt::default()).await
}

/// An event.
async fn show_page(
    site: &Site,
    visitor: &Visitor,
    (event, project): &(RiskEvent, Place),
    attempt: &Attempt,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let units = unit_names(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let steps = store::steps(&mut conn, &event.id).await?;
    let scheduled = site.domain.networks.scheduled(&mut conn, &project.id).await?;
    drop(conn);
    let (terms, (state, lamp)) = (&event.terms, standing(visitor, event, today));
    let touched: Vec<&Bar> = touched(event, &tree, &scheduled.bars).collect();
    let assessment = &terms.assessment;
    let blank = Values::default()
        .with("probability_percent", assessment.probability_percent)
        .with("low_days", assessment.low_days)
        .with("likely_days", assessment.likely_days)
        .with("high_days", assessment.high_days);
    let form = |act: &str, key: &'static str, fields: &dyn Fn(Form) -> Markup| {
        let form = Form::new(visitor, format!("/risk-events/{}/{act}", event.id), key, attempt.values(act, &blank));
        let form = fields(form.named(act).refused(attempt.refusal_of(act)));
        act_section(visitor, act, key, None, attempt.is(act), &form)
    };
    let endings: Vec<(String, String)> = Ending::ALL.iter().map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("risk_ending.{name}")))).collect();
    let body = html! {
        (crumbs(visitor, &[(chances_of(project), visitor.t("chances.title")), (address(&project.id), visitor.t("risk_events.title"))]))
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (terms.name) } span class={ "lamp " (lamp) } { (state) } }
        dl.facts {
            dt { (visitor.t("field.project")) } dd { a href={ "/places/" (form_urlencoded(&project.id)) } { (project.attributes.name) } }
            dt { (visitor.t("risk_events.probability")) } dd { (assessment.probability_percent) " %" }
            dt { (visitor.t("risk_events.days")) } dd { (days_text(assessment)) }
            dt { (visitor.t("risk_events.works")) } dd { (works_text(visitor, &tree, &terms.works)) }
            dt { (visitor.t("field.owner")) } dd { (owner_text(&units, terms)) }
            dt { (visitor.t("risk_events.period")) } dd { (terms.from) " – " (terms.to) }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&event.id)) } { "№ " (event.number) } }
        }
        @if event.closed.is_none() && keeps(&visitor.rights, &project.path) { div.masonry.no-print {
            (form("reassess", "risk_events.reassess", &|form| form.text("probability_percent").number("low_days").text("likely_days").number("high_days").lines("reason", true).render()))
            (form("close", "risk_events.close", &|form| form.choice("ending", endings.clone(), true).lines("reason", true).render()))
        } }
        @if event.is_open(today) {
            h2 { (visitor.t("risk_events.touched")) }
            @if touched.is_empty() { p { (visitor.t("risk_events.touches_nothing")) } } @else {
                p.quiet { (visitor.tf("risk_events.touched_count", &[("count", touched.len().to_string())])) }
                ul.rows { @for bar in touched.iter().take(MOST_OFFERED) { li {
                    a href={ "/wall/bar?project=" (form_urlencoded(&project.id)) "&activity=" (form_urlencoded(&bar.activity)) } {
                        (bar.place.as_deref().and_then(|id| tree.get(id)).map_or("", |place| &place.attributes.name)) " " (visitor.shown(&bar.name))
                    }
                    @if let Some((start, finish)) = bar.early { span.quiet { (start) " – " (finish) } }
                } } }
            }
        }
        h2 { (visitor.t("risk_events.course")) }
        (course(visitor, &names, &steps))
    };
    Ok(attempt.respond(page(site, visitor, &terms.name, body)))
}

/// What happened, in order.
fn course(visitor: &Visitor, names: &HashMap<String, String>, steps: &[Step]) -> Markup {
    let name = |account: &str| match account {
        "system" => visitor.t("ledger.system"),
        _ => names.get(account).cloned().unwrap_or_else(|| "—".to_owned()),
    };
    html! {
        ol.course { @for step in steps {
            @let (key, line, reason) = said(visitor, &step.fact);
            @let heading = html! { strong { (visitor.t(key)) } " " span.quiet { (name(&step.by)) } };
            (happened(step.at, step.number, &heading, &html! { p { (line) } @if let Some(reason) = reason { p { (reason) } } }))
        } }
    }
}

/// What a fact is called, what it says and why.
fn said<'a>(visitor: &Visitor, fact: &'a Fact) -> (&'static str, String, Option<&'a str>) {
    let assessed = |assessment: &Assessment| {
        let numbers = [("percent", assessment.probability_percent.to_string()), ("days", days_text(assessment))];
        visitor.tf("risk_events.assessed", &numbers)
    };
    match fact {
        Fact::Entered { terms } => ("fact.risk_events_entered", assessed(&terms.assessment), None),
        Fact::Reassessed { assessment, reason } => ("fact.risk_events_reassessed", assessed(assessment), Some(reason)),
        Fact::Closed { ending, reason } => ("fact.risk_events_closed", visitor.t(&format!("risk_ending.{}", ending.name())), Some(reason)),
    }
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
            show_page(site, visitor, &readable(site, visitor, id).await?, &attempt).await
        }
    }
}

async fn reassess(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    readable(&site, &visitor, &id).await?;
    let done = async {
        let command = Command::Reassess { event: id.clone(), assessment: assessment_of(&values)?, reason: values.text("reason").into() };
        site.submit(&visitor, values.request_id()?, command).await
    };
    let done = done.await;
    act(&site, &visitor, &id, values, "reassess", done).await
}

async fn close(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    readable(&site, &visitor, &id).await?;
    let done = async {
        let ending = values.choice("ending", Ending::from_name)?;
        let command = Command::Close { event: id.clone(), ending, reason: values.text("reason").into() };
        site.submit(&visitor, values.request_id()?, command).await
    };
    let done = done.await;
    act(&site, &visitor, &id, values, "close", done).await
}
