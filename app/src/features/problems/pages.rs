//! Pages of problems: the register, the form that opens one, one problem with what was said about it.

use super::MAY_OPEN;
use super::eaten::Held;
use super::model::{Cause, Command};
use super::store::{self, Problem as Case};
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::reports::model::WORDS;
use crate::features::plan::amounts;
use crate::features::{identity, places, reports};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use maud::{Markup, html};

/// Problems that ended stay in the register this long.
const ENDED_DAYS: i64 = 92;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/problems", get(list))
        .route("/problems/new", get(open_form).post(open))
        .route("/problems/of/{report}", get(of_report))
        .route("/problems/{id}", get(show))
        .route("/problems/{id}/answer", post(answer))
        .route("/problems/{id}/hand", post(hand))
        .route("/problems/{id}/close", post(close))
}

fn cause_text(visitor: &Visitor, cause: &Cause) -> String {
    match cause {
        Cause::Blocker { kind, .. } => visitor.t(&format!("hindrance.{kind}")),
        other => visitor.t(&format!("problem_cause.{}", other.name())),
    }
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let today = site.clock.today();
    let mut register = Register::new(&visitor, "/problems", "nav.problems", &asked)
        .column("place", "field.place")
        .column("content", "problems.content")
        .column("cause", "field.kind")
        .column("owner", "field.assignee")
        .column("opened", "problems.opened")
        .number("days", "problems.days")
        .number("eaten", "problems.eaten_days")
        .column("due", "problems.due")
        .column("state", "field.state");
    for case in store::problems(&mut conn, today.saturating_sub(ENDED_DAYS.days())).await? {
        let Some(place) = tree.get(&case.place).filter(|place| visitor.may(Verb::Read, &place.path)) else { continue };
        let project = tree.lineage(place).find(|above| above.kind == Kind::Project && above.id != place.id);
        let place_name = project.map_or_else(String::new, |project| format!("{} ", project.attributes.name)) + &place.attributes.name;
        let link = html! { a href={ "/problems/" (case.id) } { (case.content) } };
        let owner = case.owner.as_ref().and_then(|owner| names.get(owner)).cloned();
        let owner_shown = owner.is_none().then(|| html! { span.lamp.bad { (visitor.t("problems.no_owner")) } });
        let held = if case.closed.is_none() { site.domain.eaten.held(&mut conn, &site.domain, &tree, &case).await? } else { None };
        let eaten = held.and_then(|held| held.eaten.first().map(|one| (one.days() * 10.0).round() / 10.0));
        let state = visitor.t(state_key(&case, today));
        let lamp = html! { span.lamp.bad[case.is_overdue(today)].good[case.closed.is_some()].idle[case.closed.is_none() && !case.is_overdue(today)] { (state) } };
        register.row(vec![
            (Cell::Text(place_name), None),
            (Cell::Text(case.content.clone()), Some(link)),
            (Cell::Text(cause_text(&visitor, &case.cause)), None),
            (owner.map_or(Cell::Empty, Cell::Text), owner_shown),
            (Cell::Date(case.opened_on), None),
            (Cell::Number(f64::from(case.days_open(today))), None),
            (eaten.map_or(Cell::Empty, Cell::Number), None),
            (case.answer.as_ref().map_or(Cell::Empty, |(.., by)| Cell::Date(*by)), None),
            (Cell::Text(state.clone()), Some(lamp)),
        ]);
    }
    drop(conn);
    let may_open = MAY_OPEN.iter().any(|verb| visitor.rights.may_somewhere(*verb));
    register.respond(&site, "problems.none", |table| {
        let body = html! {
            div.bar { h1 { (visitor.t("nav.problems")) } span.end {} @if may_open { a.button.no-print href="/problems/new" { (visitor.t("problems.open")) } } }
            p.lead { (visitor.t("problems.lead")) }
            (table)
        };
        page(&site, &visitor, &visitor.t("nav.problems"), body).into_response()
    })
}

fn state_key(case: &Case, today: jiff::civil::Date) -> &'static str {
    match (&case.closed, &case.answer) {
        (Some(_), _) => "problems.is_closed",
        (None, _) if case.is_overdue(today) => "problems.is_overdue",
        (None, Some(_)) => "problems.is_answered",
        (None, None) => "problems.is_open",
    }
}

/// Works that stand because of a blocker, named at most; how many there are is always said.
const HELD_NAMED: usize = 6;

/// What an address fills a new problem with.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    place: Option<String>,
    report: Option<String>,
}

/// The form, filled from the report that says what hinders when one is named.
async fn open_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let mut place = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    let mut values = Values::default();
    if let Some(report) = &new.report {
        let report = reports::store::report(&mut conn, report).await?.ok_or(missing())?;
        place = visitor.place(&mut conn, &report.building).await?;
        if let Some(hindrance) = &report.content.hindrance {
            values = values.with("hindrance", &hindrance.kind).with("decider", &hindrance.decider).with("remark", &hindrance.remark);
        }
    }
    drop(conn);
    open_page(&site, &visitor, &place, &values, None).await
}

async fn open_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    // The place with everything under it, down to buildings; a district's list would be too long for a hand.
    let places: Vec<(String, String)> = tree
        .under(place)
        .iter()
        .filter(|other| other.kind != Kind::Floor && MAY_OPEN.iter().any(|verb| visitor.may(*verb, &other.path)))
        .filter(|other| place.kind != Kind::District || matches!(other.kind, Kind::District | Kind::Zone | Kind::Project))
        .map(|other| (other.id.clone(), other.attributes.name.clone()))
        .collect();
    let kinds = WORDS.hindrances.iter().map(|kind| (kind.clone(), visitor.t(&format!("hindrance.{kind}")))).collect();
    let owners = identity::pages::owners(&mut conn, visitor, &tree, place, site.clock.today()).await?;
    let values = if values.text("about").is_empty() { values.clone().with("about", &place.id) } else { values.clone() };
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("problems.open")) }
        p.lead { (visitor.t("problems.open_lead")) }
        (Form::new(visitor, format!("/problems/new?place={}", form_urlencoded(&place.id)), "problems.open", &values)
            .choice("about", places, true).choice("hindrance", kinds, true).lines("remark", true).opt_text("decider").choice("assignee", owners, true)
            .refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("problems.open"), body)))
}

async fn open(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let shown = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    let about = visitor.place(&mut conn, values.text("about")).await?;
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        let command = Command::Open {
            problem: id.clone(),
            place: about.id.clone(),
            kind: values.text("hindrance").into(),
            decider: values.text("decider").into(),
            content: values.text("remark").into(),
            owner: values.text("assignee").into(),
        };
        site.submit(&visitor, id.clone(), command).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => open_page(&site, &visitor, &shown, &values, Some(&refusal(problem)?)).await,
    }
}

fn to(id: &str) -> Response {
    Redirect::to(&format!("/problems/{id}")).into_response()
}

/// Which of the problems about a report.
#[derive(Debug, Default, serde::Deserialize)]
struct Which {
    /// That of work that went on under this hazard.
    hazard: Option<String>,
}

/// The newest problem about a report.
async fn of_report(State(site): State<Site>, visitor: Visitor, Path(report): Path<String>, Query(which): Query<Which>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let is_meant = |cause: &Cause| match (cause, &which.hazard) {
        (Cause::Disregarded { hazard, .. }, Some(asked)) => hazard == asked,
        (cause, asked) => asked.is_none() && cause.ends_with_judgement(),
    };
    let case = store::of_report(&mut conn, &report).await?.into_iter().rfind(|case| is_meant(&case.cause)).ok_or(missing())?;
    visitor.place(&mut conn, &case.place).await?;
    Ok(to(&case.id))
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Case, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let case = store::problem(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &case.place).await?;
    Ok((case, place))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (case, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &case, &place, &Attempt::default()).await
}

/// A problem.
async fn show_page(site: &Site, visitor: &Visitor, case: &Case, place: &Place, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let today = site.clock.today();
    let name = |account: &str| names.get(account).cloned().unwrap_or_else(|| "—".into());
    let is_mine = visitor.account.is_some() && visitor.account == case.owner;
    let may_govern = visitor.may(Verb::Govern, &place.path);
    let may_close = !is_mine && (may_govern || visitor.account.as_deref() == Some(case.raised_by.as_str()));
    let owners = if is_mine || may_govern { identity::pages::owners(&mut conn, visitor, &tree, place, today).await? } else { Vec::new() };
    let is_open = case.closed.is_none();
    let held = site.domain.eaten.held(&mut conn, &site.domain, &tree, case).await?;
    let form = |key: &'static str, act: &str, fields: &dyn Fn(Form) -> Markup| {
        let blank = Values::default();
        let form = Form::new(visitor, format!("/problems/{}/{act}", case.id), key, attempt.values(act, &blank));
        act_section(visitor, act, key, None, true, &fields(form.named(act).refused(attempt.refusal_of(act))))
    };
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (case.content) } span.lamp.bad[case.is_overdue(today)].good[!is_open].idle[is_open && !case.is_overdue(today)] { (visitor.t(state_key(case, today))) } }
        dl.facts {
            dt { (visitor.t("field.place")) } dd { a href={ "/places/" (place.id) } { (place.attributes.name) } }
            dt { (visitor.t("field.kind")) } dd {
                (cause_text(visitor, &case.cause))
                @if let Cause::Blocker { decider, .. } = &case.cause { @if !decider.is_empty() { " · " (visitor.tf("round.decider", &[("decider", decider.clone())])) } }
                @if let Some(report) = case.cause.report() { " · " a href={ "/reports/" (report) } { (visitor.t("problems.the_report")) } }
                @if let Cause::Disregarded { hazard, .. } = &case.cause { " · " a href={ "/hazards/" (hazard) } { (visitor.t("plans.the_hazard")) } }
            }
            dt { (visitor.t("field.assignee")) } dd { @match &case.owner { Some(owner) => (name(owner)), None => span.lamp.bad { (visitor.t("problems.no_owner")) } } }
            dt { (visitor.t("problems.opened")) } dd { (case.opened_on) " · " (name(&case.raised_by)) " · " (visitor.tf("problems.days_open", &[("days", case.days_open(today).to_string())])) }
            @if let Some((on, answer, by)) = &case.answer { dt { (visitor.t("problems.answered")) } dd { (answer) " " span.quiet { (on) " · " (visitor.tf("round.due_on", &[("date", by.to_string())])) } } }
            @if let Some((on, by, outcome)) = &case.closed {
                dt { (visitor.t("problems.closed")) } dd { (on) " · " @match outcome { Some(outcome) => { (outcome) " " span.quiet { (name(by)) } }, None => (visitor.t("problems.judged_again")) } }
            }
            dt.no-print { (visitor.t("nav.orders")) } dd.no-print { a href={ "/orders/of?kind=problem&id=" (form_urlencoded(&case.id)) } { (visitor.t("orders.of_this")) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (case.id) } { "№ " (case.number) } }
        }
        @if let Some(held) = &held { (held_up(visitor, held, &tree)) }
        @if is_open {
            div.columns.no-print {
                @if is_mine { (form("problems.answer", "answer", &|form| form.lines("content", true).date("due", true).render())) }
                @if may_close { (form("problems.close", "close", &|form| form.lines("outcome", true).render())) }
                @if is_mine || may_govern { (form("problems.hand", "hand", &|form| form.choice("assignee", owners.clone(), true).text("reason").render())) }
            }
        }
    };
    Ok(attempt.respond(page(site, visitor, &case.content, body)))
}

/// What a blocker holds up, and what mandated dates have lost by it.
fn held_up(visitor: &Visitor, held: &Held, tree: &places::Tree) -> Markup {
    let days = |days: f64| amounts::text((days * 1000.0).round() as i64);
    html! {
        h2 { (visitor.t("problems.eaten")) }
        @if held.eaten.is_empty() { p.quiet { (visitor.t(if held.works.is_empty() { "problems.holds_nothing" } else { "problems.eats_nothing" })) } } @else {
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("problems.finish_by")) } th.number { (visitor.t("problems.without")) } th.number { (visitor.t("problems.left")) } th.number { (visitor.t("problems.eaten_days")) } } }
                tbody { @for one in &held.eaten { tr {
                    td { (visitor.shown(&one.name)) } td { (one.finish_by) } td.number { (days(one.without_days)) }
                    td.number { span.lamp.bad[one.left_days < 0.0].good[one.left_days >= 0.0] { (days(one.left_days)) } } td.number { strong { (days(one.days())) } }
                } } }
            } }
        }
        @if !held.works.is_empty() {
            @let works = held.works.iter().take(HELD_NAMED).map(|(place, name, days)| {
                let place = place.as_ref().and_then(|id| tree.get(id)).map_or_else(String::new, |place| format!("{} ", place.attributes.name));
                visitor.tf("problems.held_work", &[("name", place + &visitor.shown(name)), ("days", days.to_string())])
            });
            p.quiet { (visitor.tf("problems.held", &[("count", held.works.len().to_string()), ("works", visitor.list(works))])) @if held.works.len() > HELD_NAMED { " …" } }
            p.quiet { (visitor.t("problems.how_eaten")) }
        }
    }
}

async fn act(site: &Site, visitor: &Visitor, id: String, values: Values, act: &str, command: impl FnOnce(&Values) -> Result<Command, Refusal>) -> Result<Response, Problem> {
    readable(site, visitor, &id).await?;
    let done = async { site.submit(visitor, values.request_id()?, command(&values)?).await };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let attempt = Attempt::refused(act, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            let (case, place) = readable(site, visitor, &id).await?;
            show_page(site, visitor, &case, &place, &attempt).await
        }
    }
}

async fn answer(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let problem = id.clone();
    act(&site, &visitor, id, values, "answer", |values| {
        Ok(Command::Answer { problem, content: values.text("content").into(), by: values.date("due")? })
    })
    .await
}

async fn hand(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let problem = id.clone();
    act(&site, &visitor, id, values, "hand", |values| {
        Ok(Command::Hand { problem, owner: values.text("assignee").into(), reason: values.text("reason").into() })
    })
    .await
}

async fn close(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let problem = id.clone();
    act(&site, &visitor, id, values, "close", |values| Ok(Command::Close { problem, outcome: values.text("outcome").into() })).await
}
