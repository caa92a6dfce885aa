//! Pages of orders: the register, what clocks and rungs are called everywhere, and the page for a clock that jumped.

use super::budget::{Budget, Due};
use super::known::{Known, Person, duty};
use super::model::{Command, Fact, Stage};
use super::rules::Rung;
use super::store::{self, Order, Which};
use super::{acts, doing, drafts};
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::tree::Tree;
use crate::features::{identity, organisations};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page, shell};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::DateTime;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/orders", get(list))
        .route("/orders/new", get(drafts::draft_form).post(drafts::draft))
        .route("/orders/of", get(drafts::of_source))
        .route("/orders/proposals", get(drafts::propose))
        .route("/orders/rates", get(doing::rate))
        .route("/orders/rates/{format}", get(doing::rate_paper))
        .route("/orders/hand-over/{format}", get(doing::hand_over))
        .route("/orders/rules", get(doing::rule_page))
        .route("/orders/clock", get(trust_form).post(trust))
        .route("/orders/{id}", get(acts::show))
        .route("/orders/{id}/{act}", post(acts::act))
        .route("/orders/{id}/photos/{copy}", get(acts::photo))
        .route("/orders/{id}/letter/{format}", get(acts::letter))
        .route("/orders/{id}/slip/{rung}/{format}", get(acts::slip))
}

/// What pages name things by.
pub(super) struct Names {
    pub(super) tree: Arc<Tree>,
    pub(super) people: HashMap<String, String>,
    pub(super) units: HashMap<String, String>,
}

impl Names {
    pub(super) async fn read(conn: &mut Conn, site: &Site) -> Result<Names, Problem> {
        let units = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Names { tree: site.domain.places.tree(conn).await?, people: identity::names(conn).await?, units })
    }

    pub(super) fn unit(&self, id: &str) -> &str {
        self.units.get(id).map_or("—", String::as_str)
    }

    pub(super) fn person<'a>(&'a self, visitor: &Visitor, account: &str) -> std::borrow::Cow<'a, str> {
        match self.people.get(account) {
            Some(name) => name.into(),
            None if account == "system" => visitor.t("ledger.system").into(),
            None => "—".into(),
        }
    }

    /// The project in which a place stands; the place itself above projects.
    pub(super) fn project<'a>(&'a self, id: &'a str) -> &'a str {
        let found = self.tree.get(id).and_then(|place| self.tree.lineage(place).find(|above| above.kind == Kind::Project));
        found.map_or(id, |project| project.id.as_str())
    }

    /// A place's name, of one in a project behind the project's.
    pub(super) fn place(&self, id: &str) -> String {
        let Some(place) = self.tree.get(id) else { return "—".to_owned() };
        let project = self.tree.lineage(place).find(|above| above.kind == Kind::Project && above.id != place.id);
        project.map_or_else(String::new, |project| format!("{} ", project.attributes.name)) + &place.attributes.name
    }
}

/// So many units, in words: `3 working days`.
pub(super) fn units_text(visitor: &Visitor, budget: &Budget, count: i64) -> String {
    visitor.tf(&format!("order_unit.{}", budget.unit.name()), &[("count", count.to_string())])
}

/// How a clock stands, in words.
pub fn left_text(visitor: &Visitor, known: &Known, budget: &Budget, now: DateTime) -> String {
    let left = budget.left(now);
    let amount = units_text(visitor, budget, left.abs());
    let key = match known.stage {
        _ if budget.is_over(now) => "orders.over_by",
        Stage::Paused => "orders.paused_with",
        Stage::Reported => "orders.judged_with",
        _ => "orders.left",
    };
    visitor.tf(key, &[("amount", amount)])
}

/// The name of a rung's paper.
pub(super) fn act_name(visitor: &Visitor, rung: &Rung) -> String {
    visitor.t(&format!("order_act.{}", rung.act.name()))
}

/// A rung as a mark: its paper, and the colour of its slip where its ladder has colours.
pub(super) fn rung_mark(visitor: &Visitor, rung: &Rung) -> Markup {
    html! {
        @match rung.slip {
            Some(slip) => span class={ "slip " (slip.name()) } { (visitor.t(&format!("order_slip.{}", slip.name()))) " · " (act_name(visitor, rung)) },
            None => span.slip { (act_name(visitor, rung)) },
        }
    }
}

/// The rung on which an open order stands.
pub(super) fn standing(known: &Known, now: DateTime) -> Option<&'static Rung> {
    let budget = known.budget(known.round).filter(|_| known.stage.is_open())?;
    known.ladder(known.round)?.standing(&budget, known.is_returned(), now)
}

fn is_over(known: &Known, now: DateTime) -> bool {
    known.stage.is_open() && known.budget(known.round).is_some_and(|budget| budget.is_over(now))
}

pub(super) fn stage_lamp(visitor: &Visitor, known: &Known, now: DateTime) -> Markup {
    let is_over = is_over(known, now);
    let text = stage_text(visitor, known);
    html! { span.lamp.bad[is_over].good[known.stage == Stage::Closed].idle[!is_over && known.stage != Stage::Closed] { (text) @if is_over { " · " (visitor.t("orders.is_over")) } } }
}

fn stage_text(visitor: &Visitor, known: &Known) -> String {
    if known.stage == Stage::Signed && known.is_returned() { visitor.t("orders.is_returned") } else { visitor.t(&format!("order_stage.{}", known.stage.name())) }
}

/// Says that nothing is noted while the machine's clock cannot be trusted.
pub(super) async fn clock_notice(site: &Site, visitor: &Visitor) -> Markup {
    let jump = site.watch.jump();
    let behind = if jump.is_none() { site.clock_behind().await } else { None };
    let text = |at: jiff::Timestamp| civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! {
        @if let Some(jump) = &jump {
            aside.notice #frozen role="alert" {
                p { strong { (visitor.t("orders.frozen")) } " " (visitor.tf("orders.jumped", &[("from", text(jump.from)), ("to", text(jump.to))])) }
                @if visitor.may(Verb::Govern, "/") { p { a href="/orders/clock" { (visitor.t("orders.trust_clock")) } } }
            }
        } @else if behind.is_some() {
            aside.notice #frozen role="alert" { p { strong { (visitor.t("orders.frozen")) } " " (visitor.t("orders.behind")) } }
        }
    }
}

async fn trust_form(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    Ok(trust_page(&site, &visitor, &Values::default(), None).await)
}

async fn trust_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Response {
    let back = ("/orders".to_owned(), visitor.t("nav.orders"));
    let body = html! {
        (crumbs(visitor, &[back]))
        h1 { (visitor.t("orders.trust_clock")) }
        (clock_notice(site, visitor).await)
        (Form::new(visitor, "/orders/clock", "orders.trust_clock", values).lines("reason", true).refused(refused).render())
    };
    form_response(refused, page(site, visitor, &visitor.t("orders.trust_clock"), body))
}

/// Somebody has compared the machine's clock and says that it is right.
async fn trust(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let command = Command::TrustClock { reason: values.text("reason").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    if let Err(problem) = done.await {
        return Ok(trust_page(&site, &visitor, &values, Some(&refusal(problem)?)).await);
    }
    // Other nodes find the fact at their next look; here the jump is forgotten at once.
    let trusted = store::newest_trust(&mut site.reader().await?).await?;
    site.watch.trust(trusted);
    Ok(Redirect::to("/orders").into_response())
}

/// Which orders an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Shown {
    show: Option<String>,
    place: Option<String>,
    pub(super) unit: Option<String>,
}

/// Kinds of orders that a register shows, with the keys of their names.
const SHOWN: [&str; 6] = ["mine", "open", "over", "draft", "ended", "all"];

async fn list(State(site): State<Site>, visitor: Visitor, Query(shown): Query<Shown>, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let now = civil(site.clock.now());
    let within = match &shown.place {
        Some(place) => Some(visitor.place(&mut conn, place).await?),
        None => None,
    };
    let account = visitor.account.clone().unwrap_or_default();
    let me = store::person(&mut conn, &account, &visitor.rights, "").await?;
    let is_asked_for = |place: &str, lead: &str| {
        let place = names.tree.get(place).filter(|place| visitor.may(Verb::Read, &place.path));
        place.is_some_and(|place| within.as_ref().is_none_or(|within| place.path.starts_with(&within.path))) && shown.unit.as_ref().is_none_or(|unit| lead == unit)
    };
    // What has ended is counted by its title, and read with its facts when it is asked for alone.
    let titles = store::titles(&mut conn).await?;
    let titles = titles.iter().filter(|one| is_asked_for(&one.place, &one.lead));
    let (ended, whole) = titles.fold((0, 0), |(ended, whole), one| (ended + usize::from(one.stage > Stage::Reported), whole + 1));
    let which = if matches!(shown.show.as_deref(), Some("ended" | "all")) { Which::All } else { Which::Active };
    let mut all = store::orders(&mut conn, which).await?;
    drop(conn);
    all.retain(|order| is_asked_for(&order.known.place, &order.known.lead));
    let is_mine = |order: &Order| {
        let path = names.tree.get(&order.known.place).map_or("", |place| place.path.as_str());
        let person = Person { may_govern: visitor.may(Verb::Govern, path), may_approve: visitor.may(Verb::Approve, path), ..me.clone() };
        duty(&order.known, &person, now).is_some()
    };
    // Whoever is told what to do sees that first; whoever tells sees what is under way.
    let first = if !visitor.rights.may_somewhere(Verb::Govern) && all.iter().any(is_mine) { "mine" } else { "open" };
    let show = shown.show.as_deref().filter(|show| SHOWN.contains(show)).unwrap_or(first);
    let is_shown = |show: &str, order: &Order| match show {
        "open" => order.known.stage.is_open(),
        "mine" => is_mine(order),
        "over" => is_over(&order.known, now),
        "draft" => order.known.stage < Stage::Issued,
        "ended" => order.known.stage > Stage::Reported,
        _ => true,
    };
    let counts = SHOWN.map(|show| match show {
        "ended" => (show, ended),
        "all" => (show, whole),
        _ => (show, all.iter().filter(|order| is_shown(show, order)).count()),
    });
    all.retain(|order| is_shown(show, order));
    // What ends first stands first; what has no deadline follows.
    let due = |order: &Order| order.known.budget(order.known.round).and_then(|budget| budget.last_due()).map_or(DateTime::MAX, |due| due.at);
    if show != "ended" && show != "all" {
        all.sort_by_key(due);
    }
    let mut register = Register::new(&visitor, "/orders", "nav.orders", &asked).keep("show", show);
    for (name, value) in [("place", &shown.place), ("unit", &shown.unit)] {
        if let Some(value) = value {
            register = register.keep(name, value);
        }
    }
    let mut register = register
        .column("title", "field.title")
        .column("state", "field.state")
        .column("slip", "orders.slip")
        .column("due", "orders.due")
        .number("left", "orders.left_short")
        .column("place", "field.place")
        .column("lead", "field.lead")
        .column("issued", "orders.issued")
        .column("on_time", "orders.on_time")
        .number("registered", "orders.registered");
    for order in &all {
        register.row(row(&visitor, &names, order, now));
    }
    let may_draft = visitor.rights.may_somewhere(Verb::Govern);
    let keep = |show: &str| {
        let rest = [("place", &shown.place), ("unit", &shown.unit)].into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", form_urlencoded(value.as_ref()?))));
        format!("/orders?show={show}{}", rest.collect::<String>())
    };
    let notice = clock_notice(&site, &visitor).await;
    // Whose orders a paper can hand over: of the unit that is looked at, or one's own.
    let handed = shown.unit.clone().filter(|unit| me.organisation.as_ref() == Some(unit) || may_draft).or_else(|| me.organisation.clone());
    let handed = handed.filter(|unit| all.iter().any(|order| order.known.lead == *unit && order.known.stage.is_open()));
    register.respond(&site, "orders.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("nav.orders")) @if let Some(unit) = &shown.unit { " · " (names.unit(unit)) } @if let Some(place) = &within { " · " (place.attributes.name) } } span.end {}
                @if may_draft { a.button.no-print href="/orders/new" { (visitor.t("orders.draft")) } a.button.second.no-print href="/orders/proposals" { (visitor.t("orders.proposals")) } }
                a.button.second.no-print href="/orders/rates" { (visitor.t("orders.rates")) }
            }
            p.lead { (visitor.t("orders.lead")) }
            (notice)
            @if let Some(unit) = handed.as_ref() { p.no-print { (visitor.t("orders.hand_over")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/hand-over/" (format) "?unit=" (form_urlencoded(unit)) } { (name) } } } }
            p.bar.choices.no-print { @for (name, count) in &counts { a.button.second href=(keep(name)) aria-current=[(*name == show).then_some("true")] { (visitor.t(&format!("orders.show_{name}"))) " " (count) } } }
            (table)
        };
        shell(&site, &visitor, &visitor.t("nav.orders"), "wide", body).into_response()
    })
}

fn row(visitor: &Visitor, names: &Names, order: &Order, now: DateTime) -> Vec<(Cell, Option<Markup>)> {
    let known = &order.known;
    let budget = known.budget(known.round).filter(|_| known.stage != Stage::Withdrawn);
    let due = budget.as_ref().and_then(|budget| budget.last_due());
    let rung = standing(known, now);
    let left = budget.as_ref().filter(|_| known.stage.is_open());
    let issued = known.steps.iter().find(|step| matches!(step.fact, Fact::Issued { .. })).map(|step| step.at.date());
    let on_time = known.was_on_time(known.round).map(|is| visitor.t(if is { "orders.was_on_time" } else { "orders.was_late" }));
    vec![
        (Cell::Text(order.title.clone()), Some(html! { a href={ "/orders/" (known.id) } { (order.title) } })),
        (Cell::Text(stage_text(visitor, known)), Some(stage_lamp(visitor, known, now))),
        (rung.map_or(Cell::Empty, |rung| Cell::Text(act_name(visitor, rung))), rung.map(|rung| rung_mark(visitor, rung))),
        match &due {
            // A clock that stands still has no deadline but the one it had.
            Some(due) if due.is_day => (Cell::Date(due.on()), Some(html! { span.quiet[known.stage == Stage::Paused] { (due.on()) } (provisional(visitor, known, due)) })),
            Some(due) => (Cell::Text(due.text()), Some(html! { span.whole { (due.text()) } })),
            None => (Cell::Empty, None),
        },
        left.map_or((Cell::Empty, None), |budget| (Cell::Number(budget.left(now) as f64), Some(html! { span.whole { (left_text(visitor, known, budget, now)) } }))),
        (Cell::Text(names.place(&known.place)), None),
        (Cell::Text(names.unit(&known.lead).to_owned()), None),
        (issued.map_or(Cell::Empty, Cell::Date), None),
        (on_time.map_or(Cell::Empty, Cell::Text), None),
        (Cell::Number(known.registered() as f64), None),
    ]
}

/// That a deadline of an open order may still move.
fn provisional(visitor: &Visitor, known: &Known, due: &Due) -> Markup {
    html! { @if known.stage.is_open() && !due.missing.is_empty() { " " span.tag { (visitor.t("orders.provisional")) } } }
}
