//! Pages of orders: the register, what could become one, the draft, one order with its clock and its facts, how units do.

use super::budget::Budget;
use super::model::{Act, Choice, Command, Fact, Known, MOST_SUPPORTING, Person, Source, SourceKind, Stage, Step, duty, may};
use super::rules::{self, Ladder, Preset, Rung, told_at};
use super::store::{self, Order};
use super::{drawing, print, proposals, rates};
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::Photo;
use crate::features::reports::photos;
use crate::features::{identity, organisations, places, plan};
use crate::journal::replay;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, page, shell};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::{Date, DateTime};
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/orders", get(list))
        .route("/orders/new", get(draft_form).post(draft))
        .route("/orders/of", get(of_source))
        .route("/orders/proposals", get(propose))
        .route("/orders/rates", get(rate))
        .route("/orders/rules", get(rule_page))
        .route("/orders/clock", post(trust))
        .route("/orders/{id}", get(show))
        .route("/orders/{id}/{act}", post(act))
        .route("/orders/{id}/photos/{copy}", get(photo))
        .route("/orders/{id}/letter/{format}", get(letter))
        .route("/orders/{id}/slip/{rung}/{format}", get(slip))
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
    fn project<'a>(&'a self, id: &'a str) -> &'a str {
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
pub(super) fn left_text(visitor: &Visitor, known: &Known, budget: &Budget, now: DateTime) -> String {
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
fn rung_mark(visitor: &Visitor, rung: &Rung) -> Markup {
    html! {
        @match rung.slip {
            Some(slip) => span class={ "slip " (slip.name()) } { (visitor.t(&format!("order_slip.{}", slip.name()))) " · " (act_name(visitor, rung)) },
            None => span.slip { (act_name(visitor, rung)) },
        }
    }
}

/// The rung on which an open order stands.
fn standing(known: &Known, now: DateTime) -> Option<&'static Rung> {
    let budget = known.budget(known.round).filter(|_| known.stage.is_open())?;
    known.ladder(known.round)?.standing(&budget, known.is_returned(), now)
}

fn is_over(known: &Known, now: DateTime) -> bool {
    known.stage.is_open() && known.budget(known.round).is_some_and(|budget| budget.is_over(now))
}

fn stage_lamp(visitor: &Visitor, known: &Known, now: DateTime) -> Markup {
    let is_over = is_over(known, now);
    let text = if is_over && known.stage == Stage::Signed && known.is_returned() { visitor.t("orders.is_returned") } else { stage_text(visitor, known) };
    html! { span.lamp.bad[is_over].good[known.stage == Stage::Closed].idle[!is_over && known.stage != Stage::Closed] { (text) @if is_over { " · " (visitor.t("orders.is_over")) } } }
}

fn stage_text(visitor: &Visitor, known: &Known) -> String {
    if known.stage == Stage::Signed && known.is_returned() { visitor.t("orders.is_returned") } else { visitor.t(&format!("order_stage.{}", known.stage.name())) }
}

/// Says that nothing is noted while the machine's clock cannot be trusted, and lets somebody say that it is right.
async fn clock_notice(site: &Site, visitor: &Visitor) -> Markup {
    let jump = site.watch.jump();
    let behind = if jump.is_none() { site.clock_behind().await } else { None };
    let text = |at: jiff::Timestamp| civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! {
        @if let Some(jump) = &jump {
            aside.notice #frozen role="alert" {
                p { strong { (visitor.t("orders.frozen")) } " " (visitor.tf("orders.jumped", &[("from", text(jump.from)), ("to", text(jump.to))])) }
                @if visitor.may(Verb::Govern, "/") {
                    (Form::new(visitor, "/orders/clock", "orders.trust_clock", &Values::default()).lines("reason", true).render())
                }
            }
        } @else if behind.is_some() {
            aside.notice #frozen role="alert" { p { strong { (visitor.t("orders.frozen")) } " " (visitor.t("orders.behind")) } }
        }
    }
}

async fn trust(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let command = Command::TrustClock { reason: values.text("reason").into() };
    site.submit(&visitor, values.request_id()?, command).await?;
    // Other nodes find the fact at their next look; here the jump is forgotten at once.
    let trusted = store::newest_trust(&mut site.reader().await?).await?;
    site.watch.trust(trusted);
    Ok(Redirect::to("/orders").into_response())
}

/// Which orders an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Shown {
    show: Option<String>,
    place: Option<String>,
    unit: Option<String>,
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
    let mut all = store::orders(&mut conn).await?;
    drop(conn);
    all.retain(|order| {
        let place = names.tree.get(&order.known.place).filter(|place| visitor.may(Verb::Read, &place.path));
        place.is_some_and(|place| within.as_ref().is_none_or(|within| place.path.starts_with(&within.path)))
            && shown.unit.as_ref().is_none_or(|unit| order.known.lead == *unit)
    });
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
    let counts = SHOWN.map(|show| (show, all.iter().filter(|order| is_shown(show, order)).count()));
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
        .column("on_time", "orders.on_time");
    for order in &all {
        register.row(row(&visitor, &names, order, now));
    }
    let may_draft = visitor.rights.may_somewhere(Verb::Govern);
    let keep = |show: &str| {
        let rest = [("place", &shown.place), ("unit", &shown.unit)].into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", form_urlencoded(value.as_ref()?))));
        format!("/orders?show={show}{}", rest.collect::<String>())
    };
    let notice = clock_notice(&site, &visitor).await;
    register.respond(&site, "orders.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("nav.orders")) @if let Some(unit) = &shown.unit { " · " (names.unit(unit)) } @if let Some(place) = &within { " · " (place.attributes.name) } } span.end {}
                @if may_draft { a.button.no-print href="/orders/new" { (visitor.t("orders.draft")) } a.button.second.no-print href="/orders/proposals" { (visitor.t("orders.proposals")) } }
                a.button.second.no-print href="/orders/rates" { (visitor.t("orders.rates")) }
            }
            p.lead { (visitor.t("orders.lead")) }
            (notice)
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
    ]
}

/// That a deadline of an open order may still move.
fn provisional(visitor: &Visitor, known: &Known, due: &super::budget::Due) -> Markup {
    html! { @if known.stage.is_open() && !due.missing.is_empty() { " " span.tag { (visitor.t("orders.provisional")) } } }
}

/// What an address fills a draft with.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    place: Option<String>,
    kind: Option<String>,
    id: Option<String>,
    parent: Option<String>,
}

impl New {
    fn source(&self) -> Option<Source> {
        let kind = SourceKind::from_name(self.kind.as_deref()?)?;
        Some(Source { kind, reference: self.id.clone()? })
    }
}

async fn draft_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let mut conn = site.reader().await?;
    let mut values = Values::default();
    let mut place = new.place.clone();
    if let Some(source) = new.source().filter(|source| source.kind.is_object()) {
        let found = proposals::of_source(&mut conn, &site, &visitor, &source).await?.ok_or(missing())?;
        visitor.place_for(&mut conn, &found.place, Verb::Govern).await?;
        values = values.with("source", source.kind.name()).with("reference", &source.reference).with("title", &found.title).with("content", &found.content);
        if let Some(lead) = &found.lead {
            values = values.with("lead", lead);
        }
        place = Some(found.place);
    }
    if let Some(parent) = &new.parent {
        let found = store::order(&mut conn, parent).await?.ok_or(missing())?;
        visitor.place_for(&mut conn, &found.known.place, Verb::Govern).await?;
        values = values.with("parent", parent).with("source", found.source.kind.name()).with("reference", &found.source.reference);
        place = Some(found.known.place);
    }
    let place = visitor.place_or_highest(&mut conn, &site.domain, place.as_deref()).await?;
    drop(conn);
    draft_page(&site, &visitor, &place, &values, None).await
}

/// Limits of every preset that holds on a day, as the choices of a form.
fn limits(visitor: &Visitor, on: Date) -> Vec<(String, String)> {
    let holds = |preset: &&Preset| preset.from <= on && preset.to.is_none_or(|to| to >= on);
    let of = |preset: &'static Preset| preset.limits.iter().map(move |limit| (preset, limit));
    rules::presets()
        .iter()
        .filter(holds)
        .flat_map(of)
        .map(|(preset, limit)| (format!("{}/{}", preset.id, limit.id), limit_name(visitor, &preset.id, &limit.id, on)))
        .collect()
}

/// A limit as people call it: the rule, the case, the amount.
fn limit_name(visitor: &Visitor, preset: &str, limit: &str, on: Date) -> String {
    let amount = rules::limit(preset, limit, on).map_or_else(String::new, |(_, limit)| {
        let (unit, amount) = limit.budget(on);
        visitor.tf(&format!("order_unit.{}", unit.name()), &[("count", amount.to_string())])
    });
    let case = visitor.t(&format!("order_limit.{preset}_{limit}"));
    visitor.tf("orders.limit_name", &[("preset", visitor.t(&format!("order_preset.{preset}"))), ("case", case), ("amount", amount)])
}

fn ladders(visitor: &Visitor, on: Date) -> Vec<(String, String)> {
    let holds = |ladder: &&Ladder| ladder.from <= on && ladder.to.is_none_or(|to| to >= on);
    rules::ladders().iter().filter(holds).map(|ladder| (ladder.id.clone(), visitor.t(&format!("order_ladder.{}", ladder.id)))).collect()
}

/// Names of the fields of units that help.
const SUPPORTING: [&str; MOST_SUPPORTING] = ["supporting1", "supporting2", "supporting3"];

async fn draft_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let names = Names::read(&mut conn, site).await?;
    let places: Vec<(String, String)> = names
        .tree
        .under(place)
        .iter()
        .filter(|other| other.kind != Kind::Floor && visitor.may(Verb::Govern, &other.path))
        .filter(|other| place.kind != Kind::District || matches!(other.kind, Kind::District | Kind::Zone | Kind::Project))
        .map(|other| (other.id.clone(), other.attributes.name.clone()))
        .collect();
    let units: Vec<(String, String)> = organisations::all(&mut conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let kind = SourceKind::from_name(values.text("source"));
    let is_object = kind.is_some_and(SourceKind::is_object);
    let parent = match values.opt("parent") {
        Some(parent) => store::order(&mut conn, &parent).await?.filter(|found| names.tree.get(&found.known.place).is_some_and(|at| visitor.may(Verb::Read, &at.path))),
        None => None,
    };
    let mut values = values.clone();
    if values.text("about").is_empty() {
        values = values.with("about", &place.id);
    }
    if values.text("ladder").is_empty() {
        values = values.with("ladder", rules::presets().first().map_or("", |preset| preset.ladder.as_str()));
    }
    let kinds = SourceKind::ALL.iter().filter(|(kind, _)| !kind.is_object()).map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("order_source.{name}")))).collect();
    let form = Form::new(visitor, format!("/orders/new?place={}", form_urlencoded(&place.id)), "orders.draft", &values);
    let form = if is_object || parent.is_some() { form.hidden("source").hidden("reference") } else { form.choice("source", kinds, true).text("reference") };
    let form = if parent.is_some() { form.hidden("parent") } else { form };
    let mut form = form.text("title").lines("content", true).choice("about", places, true).choice("lead", units.clone(), true);
    for field in SUPPORTING {
        form = form.choice(field, units.clone(), false);
    }
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("orders.draft")) }
        p.lead { (visitor.t("orders.draft_lead")) }
        @if let Some(kind) = kind.filter(|_| is_object) { p { (visitor.t("orders.source")) " " (source_link(visitor, &names, &Source { kind, reference: values.text("reference").into() }, &place.id)) } }
        @if let Some(parent) = &parent { p { (visitor.t("orders.part_of")) " " a href={ "/orders/" (parent.known.id) } { (parent.title) } } }
        (form.choice("limit", limits(visitor, today), true).choice("ladder", ladders(visitor, today), true).refused(refused).render())
        p { a href="/orders/rules" { (visitor.t("orders.rules")) } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("orders.draft"), body)))
}

/// Where an order comes from, as a link where it is an object of this site.
fn source_link(visitor: &Visitor, names: &Names, source: &Source, place: &str) -> Markup {
    let name = visitor.t(&format!("order_source.{}", source.kind.name()));
    let reference = &source.reference;
    html! {
        @match source.kind {
            SourceKind::Problem => a href={ "/problems/" (reference) } { (name) },
            SourceKind::Decision => a href={ "/round?place=" (form_urlencoded(place)) "#decisions" } { (name) },
            SourceKind::Mandate => a href={ "/plans/" (names.project(place)) } { (name) },
            SourceKind::Promise => a href={ "/targets/" (reference) } { (name) },
            SourceKind::Finding => a href={ "/inspections/findings/" (form_urlencoded(reference)) } { (name) },
            _ => { (name) " · " (reference) },
        }
    }
}

fn choice_of(values: &Values) -> Option<Choice> {
    let (preset, limit) = values.text("limit").split_once('/')?;
    let ladder = values.opt("ladder").or_else(|| rules::presets().iter().find(|one| one.id == preset).map(|one| one.ladder.clone()))?;
    Some(Choice { preset: preset.to_owned(), limit: limit.to_owned(), ladder })
}

async fn draft(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let about = visitor.place_for(&mut conn, values.text("about"), Verb::Govern).await?;
    let shown = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        let command = Command::Draft {
            order: id.clone(),
            place: about.id.clone(),
            source: Source { kind: values.choice("source", SourceKind::from_name)?, reference: values.text("reference").into() },
            title: values.text("title").into(),
            content: values.text("content").into(),
            lead: values.text("lead").into(),
            supporting: SUPPORTING.iter().filter_map(|field| values.opt(field)).collect(),
            choice: choice_of(&values).ok_or(Refusal::from(super::model::Refused::UnknownLimit))?,
            parent: values.opt("parent"),
        };
        site.submit(&visitor, id.clone(), command).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => draft_page(&site, &visitor, &shown, &values, Some(&refusal(problem)?)).await,
    }
}

fn to(id: &str) -> Response {
    Redirect::to(&format!("/orders/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Order, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let order = store::order(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &order.known.place).await?;
    Ok((order, place))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (order, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &order, &place, &Values::default(), None).await
}

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// The form of an act.
fn act_form<'a>(visitor: &'a Visitor, known: &Known, person: &Person, act: Act, values: &'a Values, today: Date) -> Form<'a> {
    let form = Form::new(visitor, format!("/orders/{}/{}", known.id, act.name()), act_key(act), values);
    let yes_no = |yes: &str, no: &str| vec![("yes".to_owned(), visitor.t(yes)), ("no".to_owned(), visitor.t(no))];
    match act {
        Act::Approve | Act::Issue => form,
        Act::Sign if person.leads(known) => form,
        Act::Sign => form.text("paper"),
        Act::Report if person.leads(known) => form.lines("outcome", true).lines("evidence", true).files("photos", PICTURES),
        Act::Report => form.lines("outcome", true).lines("evidence", true).files("photos", PICTURES).text("paper"),
        Act::Note | Act::Urge => form.lines("remark", true),
        Act::AskExtension => form.date("until", true).lines("reason", true).lines("progress", true),
        Act::AnswerExtension => form.choice("granted", yes_no("orders.grant", "orders.refuse"), true).date("until", false).lines("reason", true),
        Act::Close => form.lines("evidence", true).files("photos", PICTURES),
        Act::LookBack => form.choice("sound", yes_no("orders.sound", "orders.unsound"), true).lines("finding", true).choice("limit", limits(visitor, today), false),
        Act::Return | Act::Pause | Act::Resume | Act::Withdraw => form.lines("reason", true),
    }
}

/// The key of an act's name.
fn act_key(act: Act) -> &'static str {
    match act {
        Act::Approve => "orders.approve",
        Act::Issue => "orders.issue",
        Act::Sign => "orders.sign",
        Act::Report => "orders.report",
        Act::Note => "orders.note",
        Act::AskExtension => "orders.ask",
        Act::AnswerExtension => "orders.answer",
        Act::Urge => "orders.urge",
        Act::Pause => "orders.pause",
        Act::Resume => "orders.resume",
        Act::Close => "orders.close",
        Act::Return => "orders.return",
        Act::LookBack => "orders.look_back",
        Act::Withdraw => "orders.withdraw",
    }
}

/// Whether an act stands open on the page: what is this person's duty now. The rest is folded.
fn is_open(act: Act, duty: Option<Act>) -> bool {
    duty == Some(act) || (act == Act::Return && duty == Some(Act::Close))
}

/// An order; `values` are what was typed into the form of the act that `refused` is about.
async fn show_page(site: &Site, visitor: &Visitor, order: &Order, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (now, today) = (civil(site.clock.now()), site.clock.today());
    let names = Names::read(&mut conn, site).await?;
    let known = &order.known;
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path).await?;
    let acts: Vec<Act> = Act::ALL.iter().map(|(act, _)| *act).filter(|act| may(*act, known, &person, now).is_ok()).collect();
    let parts = store::parts(&mut conn, &known.id).await?;
    let parent = match &order.parent {
        Some(parent) => store::order(&mut conn, parent).await?.filter(|found| names.tree.get(&found.known.place).is_some_and(|at| visitor.may(Verb::Read, &at.path))),
        None => None,
    };
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let budget = known.budget(known.round);
    let duty = duty(known, &person, now);
    let blank = Values::default();
    let form = |act: Act| {
        let is_this = values.text("act") == act.name();
        let form = act_form(visitor, known, &person, act, if is_this { values } else { &blank }, today).refused(refused.filter(|_| is_this));
        html! {
            @if is_open(act, duty) || is_this { section.sheet { h2 { (visitor.t(act_key(act))) } @if let Some(hint) = act_hint(visitor, act) { p.hint { (hint) } } (form.render()) } }
            @else { details.sheet { summary { (visitor.t(act_key(act))) } @if let Some(hint) = act_hint(visitor, act) { p.hint { (hint) } } (form.render()) } }
        }
    };
    let body = html! {
        (crumb)
        (error_summary(visitor, refused.filter(|_| values.text("act").is_empty())))
        (clock_notice(site, visitor).await)
        div.bar {
            h1 { (order.title) } (stage_lamp(visitor, known, now))
            @if let Some(rung) = standing(known, now) { (rung_mark(visitor, rung)) }
            span.end {}
            @if known.stage.is_open() { span.no-print { (visitor.t("orders.letter")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/" (known.id) "/letter/" (format) } { (name) } } } }
        }
        @if let Some(budget) = budget.as_ref().filter(|_| known.stage != Stage::Withdrawn) { (clock(visitor, known, budget, now)) }
        dl.facts {
            dt { (visitor.t("field.content")) } dd { (order.content) }
            dt { (visitor.t("field.lead")) } dd { a href={ "/orders?unit=" (form_urlencoded(&known.lead)) "&show=all" } { (names.unit(&known.lead)) } }
            @if !known.supporting.is_empty() { dt { (visitor.t("orders.supporting")) } dd { (visitor.list(known.supporting.iter().map(|one| names.unit(one)))) } }
            dt { (visitor.t("field.place")) } dd { a href={ "/places/" (place.id) } { (names.place(&place.id)) } }
            dt { (visitor.t("orders.source")) } dd { (source_link(visitor, &names, &order.source, &known.place)) }
            dt { (visitor.t("orders.rule")) } dd { (rule_text(visitor, known, today)) " " a href="/orders/rules" { (visitor.t("orders.rules")) } }
            @if let Some(parent) = &parent { dt { (visitor.t("orders.part_of")) } dd { a href={ "/orders/" (parent.known.id) } { (parent.title) } } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (known.id) } { "№ " (order.number) } }
        }
        @if !acts.is_empty() { div.masonry.no-print { @for act in acts { (form(act)) } } }
        @if !parts.is_empty() || (person.may_govern && known.stage.is_open()) {
            h2 { (visitor.t("orders.parts")) }
            ul.rows { @for part in &parts { li {
                a href={ "/orders/" (part.known.id) } { (part.title) } span { (names.unit(&part.known.lead)) } (stage_lamp(visitor, &part.known, now))
                @if let Some(due) = part.known.budget(part.known.round).and_then(|budget| budget.last_due()) { span.quiet { (visitor.tf("round.due_on", &[("date", due.text())])) } }
            } } }
            @if person.may_govern && known.stage.is_open() { p.no-print { a href={ "/orders/new?parent=" (known.id) } { (visitor.t("orders.add_part")) } } }
        }
        h2 { (visitor.t("orders.course")) }
        (course(visitor, &names, known))
    };
    Ok(form_response(refused, page(site, visitor, &order.title, body)))
}

fn act_hint(visitor: &Visitor, act: Act) -> Option<String> {
    let key = format!("order_hint.{}", act.name());
    visitor.language.has(&key).then(|| visitor.t(&key))
}

fn rule_text(visitor: &Visitor, known: &Known, today: Date) -> String {
    let choice = &known.choice;
    let limit = limit_name(visitor, &choice.preset, &choice.limit, today);
    visitor.tf("orders.rule_text", &[("limit", limit), ("ladder", visitor.t(&format!("order_ladder.{}", choice.ladder)))])
}

/// The clock of the order's round: in words and as a picture.
fn clock(visitor: &Visitor, known: &Known, budget: &Budget, now: DateTime) -> Markup {
    let due = budget.last_due();
    let total = units_text(visitor, budget, budget.total());
    let used = budget.used(now).min(budget.total()).to_string();
    let told = known.told();
    html! {
        section.sheet.clock {
            ul.counts {
                li { b { @match &due { Some(due) => (due.text()), None => "—" } } span { (visitor.t(if budget.is_running() || known.stage == Stage::Closed { "orders.due" } else { "orders.due_before" })) } }
                @if known.stage.is_open() {
                    li { b { (left_text(visitor, known, budget, now)) } span { (visitor.tf("orders.used", &[("used", used), ("total", total)])) } }
                }
                @if let Some(is_on_time) = known.was_on_time(known.round) { li { b { (visitor.t(if is_on_time { "orders.was_on_time" } else { "orders.was_late" })) } span { (visitor.t("orders.on_time")) } } }
                @if known.round > 1 { li { b { (known.round) } span { (visitor.t("orders.round")) } } }
                @if let Some((until, _)) = known.asked() { li { b { (until) } span { (visitor.t("orders.asked")) } } }
            }
            (drawing::clock(visitor, known, budget, now))
            @if let Some(due) = due.as_ref().filter(|due| known.stage.is_open() && !due.missing.is_empty()) {
                p.quiet { (visitor.tf("orders.provisional_why", &[("years", visitor.list(due.missing.iter().map(ToString::to_string)))])) }
            }
            @if let (Some(told), Some(due)) = (told, budget.due()) { @if told != due.on() { p.quiet { (visitor.tf("orders.told", &[("date", told.to_string())])) } } }
        }
    }
}

/// What happened, in order.
fn course(visitor: &Visitor, names: &Names, known: &Known) -> Markup {
    html! {
        ol.course { @for step in &known.steps { li {
            div { time datetime=(step.at.to_string()) { (step.at.strftime("%Y-%m-%d %H:%M").to_string()) } br; span.quiet { "№ " (step.number) } }
            div {
                p { strong { (step_name(visitor, step)) } " " @if let Fact::Rung { rung, .. } = &step.fact { (rung_line(visitor, known, step.round, rung)) } " " span.quiet { (names.person(visitor, known.asked_by(step))) } }
                @for (label, text) in said(visitor, known, step) { p { @if !label.is_empty() { span.quiet { (label) } " " } (text) } }
                (pictures(visitor, known, &step.fact))
            }
        } } }
    }
}

/// The name of a fact as `encode` writes its kind.
fn fact_name(fact: &Fact) -> String {
    let value = serde_json::to_value(fact).unwrap_or_default();
    value.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default()
}

fn step_name(visitor: &Visitor, step: &Step) -> String {
    visitor.t(&format!("fact.orders_{}", fact_name(&step.fact)))
}

/// A rung that was noted, with its paper.
fn rung_line(visitor: &Visitor, known: &Known, round: u32, rung: &str) -> Markup {
    html! { @if let Some(rung) = known.ladder(round).and_then(|ladder| ladder.rung(rung)) {
        (rung_mark(visitor, rung)) " "
        span.no-print { (visitor.t("orders.slip_paper")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/" (known.id) "/slip/" (rung.id) "/" (format) } { (name) } } }
    } }
}

/// Photographs of a report or of who closed it.
fn pictures(visitor: &Visitor, known: &Known, fact: &Fact) -> Markup {
    let photos = photos_of(fact);
    html! { @if !photos.is_empty() { div.photos { @for photo in photos {
        a href={ "/orders/" (known.id) "/photos/" (photo.copy) } { img loading="lazy" src={ "/orders/" (known.id) "/photos/" (photo.copy) } alt=(visitor.t("reports.photos")); }
    } } } }
}

fn photos_of(fact: &Fact) -> &[Photo] {
    match fact {
        Fact::Reported { photos, .. } | Fact::Closed { photos, .. } => photos,
        _ => &[],
    }
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    if !order.known.steps.iter().flat_map(|step| photos_of(&step.fact)).any(|photo| photo.copy == copy) {
        return Err(missing().into());
    }
    let bytes = plan::store::document(&mut site.reader().await?, &copy).await?.ok_or(missing())?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=86400")], bytes).into_response())
}

/// What a fact says: labels and texts.
fn said(visitor: &Visitor, known: &Known, step: &Step) -> Vec<(String, String)> {
    let field = |key: &str, text: &str| (visitor.t(&format!("field.{key}")), text.to_owned());
    let due = |on: &Date| (visitor.t("orders.due"), on.to_string());
    let lines = match &step.fact {
        Fact::Drafted { .. } | Fact::Approved {} => Vec::new(),
        Fact::Issued { terms, due_on } => vec![due(due_on), (String::new(), visitor.tf(&format!("order_unit.{}", terms.unit.name()), &[("count", terms.amount.to_string())]))],
        Fact::Signed { paper } => vec![field("paper", paper)],
        Fact::Noted { content } | Fact::Urged { content } => vec![(String::new(), content.clone())],
        Fact::ExtensionAsked { until, reason, progress } => vec![field("until", &until.to_string()), field("reason", reason), field("progress", progress)],
        Fact::Extended { until, reason } => vec![field("until", &until.to_string()), field("reason", reason)],
        Fact::ExtensionRefused { reason } | Fact::Paused { reason } | Fact::Withdrawn { reason } | Fact::ClockTrusted { reason } => vec![field("reason", reason)],
        Fact::Resumed { reason, due_on } | Fact::Returned { reason, due_on } => vec![field("reason", reason), due(due_on)],
        Fact::Reported { content, evidence, paper, .. } => vec![(String::new(), content.clone()), field("evidence", evidence), field("paper", paper)],
        Fact::Closed { evidence, .. } => vec![field("evidence", evidence)],
        Fact::LookedBack { finding } => vec![field("finding", finding)],
        Fact::Reopened { finding, due_on, .. } => vec![field("finding", finding), due(due_on)],
        Fact::Rung { reached_at, .. } => {
            let is_urgent = known.terms(step.round).is_some_and(|terms| terms.is_urgent);
            // Noted later than it was reached: nothing ran, or somebody had to look at the clock first.
            let told = told_at(step.at.max(*reached_at), is_urgent);
            let text = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
            vec![(visitor.t("orders.reached"), reached_at.date().to_string()), (visitor.t("orders.told_at"), text(told))]
        }
        Fact::Redated { due_on } => vec![due(due_on)],
    };
    lines.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn command_of(act: Act, known: &Known, values: &Values, photos: Vec<Photo>) -> Result<Command, Refusal> {
    let order = known.id.clone();
    let text = |name: &str| values.text(name).to_owned();
    let is_yes = |name: &'static str| values.choice(name, |said| matches!(said, "yes" | "no").then_some(said == "yes"));
    Ok(match act {
        Act::Approve => Command::Approve { order },
        Act::Issue => Command::Issue { order },
        Act::Sign => Command::Sign { order, paper: text("paper") },
        Act::Report => Command::Report { order, content: text("outcome"), evidence: text("evidence"), photos, paper: text("paper") },
        Act::Note => Command::Note { order, content: text("remark") },
        Act::Urge => Command::Urge { order, content: text("remark") },
        Act::AskExtension => Command::AskExtension { order, until: values.date("until")?, reason: text("reason"), progress: text("progress") },
        Act::AnswerExtension => Command::AnswerExtension { order, is_granted: is_yes("granted")?, until: values.opt_date("until")?, reason: text("reason") },
        Act::Pause => Command::Pause { order, reason: text("reason") },
        Act::Resume => Command::Resume { order, reason: text("reason") },
        Act::Return => Command::Return { order, reason: text("reason") },
        Act::Close => Command::Close { order, evidence: text("evidence"), photos },
        Act::LookBack => Command::LookBack { order, is_sound: is_yes("sound")?, finding: text("finding"), choice: choice_of(&values.clone().with("ladder", &known.choice.ladder)) },
        Act::Withdraw => Command::Withdraw { order, reason: text("reason") },
    })
}

async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    let (order, place) = readable(&site, &visitor, &id).await?;
    let act = Act::from_name(&name).ok_or(missing())?;
    let SentWithFiles { values, files } = sent;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let person = store::person(&mut site.reader().await?, visitor.account.as_deref().unwrap_or_default(), &visitor.rights, &place.path).await?;
        let files = if may(act, &order.known, &person, civil(site.clock.now())).is_ok() { files } else { Vec::new() };
        let (photos, documents) = photos::take(files).await??;
        site.submit_with(&visitor, request, command_of(act, &order.known, &values, photos)?, documents).await
    };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let refused = refusal(problem)?;
            // A refusal without a field of the form is the page's.
            let values = if refused.field.is_some() { values.with("act", act.name()) } else { Values::default() };
            show_page(&site, &visitor, &order, &place, &values, Some(&refused)).await
        }
    }
}

/// Orders that come from something of this site, and the way to draft one.
async fn of_source(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let source = new.source().filter(|source| source.kind.is_object()).ok_or(missing())?;
    let mut conn = site.reader().await?;
    let found = proposals::of_source(&mut conn, &site, &visitor, &source).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &found.place).await?;
    let names = Names::read(&mut conn, &site).await?;
    let mut orders = Vec::new();
    for (id, title, stage) in store::of_source(&mut conn, &source).await? {
        let at = store::place_of(&mut conn, &id).await?.unwrap_or_default();
        if visitor.place(&mut conn, &at).await.is_ok() {
            orders.push((id, title, stage));
        }
    }
    let body = html! {
        (places::pages::crumbs_of(&mut conn, &visitor, &place).await?)
        h1 { (found.title) }
        p { (visitor.t("orders.source")) " " (source_link(&visitor, &names, &source, &place.id)) }
        ul.rows { @for (id, title, stage) in &orders { li { a href={ "/orders/" (id) } { (title) } span { (visitor.t(&format!("order_stage.{}", stage.name()))) } } } }
        @if orders.is_empty() { p.empty { (visitor.t("orders.none_of_source")) } }
        @if visitor.may(Verb::Govern, &place.path) { p.no-print { a.button href={ "/orders/new?kind=" (source.kind.name()) "&id=" (form_urlencoded(&source.reference)) } { (visitor.t("orders.draft")) } } }
    };
    Ok(page(&site, &visitor, &found.title, body).into_response())
}

/// What could become an order: people decide, nothing is issued by itself.
async fn propose(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let proposals = proposals::gather(&mut conn, &site, &visitor).await?;
    drop(conn);
    let mut register = Register::new(&visitor, "/orders/proposals", "orders.proposals", &asked)
        .column("title", "field.title")
        .column("source", "orders.source")
        .column("why", "orders.why")
        .column("place", "field.place")
        .column("lead", "field.lead")
        .acts();
    for one in &proposals {
        let act = html! { a href={ "/orders/new?kind=" (one.source.kind.name()) "&id=" (form_urlencoded(&one.source.reference)) } { (visitor.t("orders.draft")) } };
        register.row(vec![
            (Cell::Text(one.title.clone()), None),
            (Cell::Text(visitor.t(&format!("order_source.{}", one.source.kind.name()))), Some(source_link(&visitor, &names, &one.source, &one.place))),
            (Cell::Text(one.why.clone()), None),
            (Cell::Text(names.place(&one.place)), None),
            (one.lead.as_ref().map_or(Cell::Empty, |lead| Cell::Text(names.unit(lead).to_owned())), None),
            (Cell::Empty, Some(act)),
        ]);
    }
    register.respond(&site, "orders.no_proposals", |table| {
        let back = ("/orders".to_owned(), visitor.t("nav.orders"));
        let body = html! { (crumbs(&visitor, &[back])) h1 { (visitor.t("orders.proposals")) } p.lead { (visitor.t("orders.proposals_lead")) } (table) };
        page(&site, &visitor, &visitor.t("orders.proposals"), body).into_response()
    })
}

/// How units do: every rate with its numerator, its denominator and its cut-off.
async fn rate(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let number = replay::head_number(&mut conn).await?;
    let names = Names::read(&mut conn, &site).await?;
    let mut orders = store::orders(&mut conn).await?;
    drop(conn);
    orders.retain(|order| names.tree.get(&order.known.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)));
    let now = civil(site.clock.now());
    let mut units = rates::of_units(&orders, now);
    let whole = rates::whole(&units);
    rates::rank(&mut units);
    let mut register = Register::new(&visitor, "/orders/rates", "orders.rates", &asked)
        .number("rank", "orders.rank")
        .column("lead", "field.lead")
        .number("today", "orders.today")
        .number("issued", "orders.issued_all")
        .number("closed", "orders.closed_all")
        .number("on_time", "orders.closed_on_time")
        .number("over", "orders.over_now")
        .number("closed_rate", "orders.closed_rate")
        .number("on_time_rate", "orders.on_time_rate");
    for unit in &units {
        let name = names.unit(&unit.unit).to_owned();
        let link = html! { a href={ "/orders?show=all&unit=" (form_urlencoded(&unit.unit)) } { (name) } };
        register.row(rate_row(unit, unit.rank.map_or(Cell::Empty, |rank| Cell::Number(rank as f64)), (Cell::Text(name), Some(link))));
    }
    if units.len() > 1 {
        register.row(rate_row(&whole, Cell::Empty, (Cell::Text(visitor.t("orders.whole")), None)));
    }
    register.respond(&site, "orders.none", |table| {
        let back = ("/orders".to_owned(), visitor.t("nav.orders"));
        let cut = [("at", now.strftime("%Y-%m-%d %H:%M").to_string()), ("number", number.to_string())];
        let body = html! {
            (crumbs(&visitor, &[back])) h1 { (visitor.t("orders.rates")) }
            p.lead { (visitor.tf("orders.cut_off", &cut)) }
            (table)
            p.quiet { (visitor.t("orders.rate_rule")) }
            p.quiet { (visitor.t("orders.rank_rule")) }
        };
        page(&site, &visitor, &visitor.t("orders.rates"), body).into_response()
    })
}

fn rate_row(unit: &rates::Unit, rank: Cell, name: (Cell, Option<Markup>)) -> Vec<(Cell, Option<Markup>)> {
    let count = |count: usize| (Cell::Number(count as f64), None);
    let rate = |rate: Option<rates::Rate>| match rate {
        // In tenths of a per cent, as printed.
        Some(rate) => (Cell::Number(rate.percent_e1() as f64 / 10.0), Some(html! { (rate.text()) " " br; span.quiet { (rate.part) "/" (rate.of) } })),
        None => (Cell::Empty, None),
    };
    vec![(rank, None), name, count(unit.today), count(unit.issued), count(unit.closed), count(unit.on_time), count(unit.over), rate(unit.closed_rate()), rate(unit.on_time_rate())]
}

/// The rules: limits and ladders with their sources.
async fn rule_page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mark = |mark: rules::Mark| html! { span.tag { (visitor.t(&format!("order_mark.{}", mark.name()))) } };
    let hours = rules::messages();
    let back = ("/orders".to_owned(), visitor.t("nav.orders"));
    let body = html! {
        (crumbs(&visitor, &[back]))
        h1 { (visitor.t("orders.rules")) }
        p.lead { (visitor.t("orders.rules_lead")) }
        h2 { (visitor.t("orders.presets")) }
        @for preset in rules::presets() { section.sheet {
            h3 { (visitor.t(&format!("order_preset.{}", preset.id))) " " (mark(preset.mark)) }
            ul { @for limit in &preset.limits { li { (limit_name(&visitor, &preset.id, &limit.id, today.max(preset.from))) } } }
            p { (visitor.tf("orders.preset_more", &[("days", preset.extension_most_days.to_string()), ("rework", preset.rework_days.to_string())])) " " (mark(preset.extension_mark)) }
            p.quiet lang="en" { (preset.source) " · " (preset.from) @if let Some(to) = preset.to { " – " (to) } }
        } }
        h2 { (visitor.t("orders.ladders")) }
        @for ladder in rules::ladders() { section.sheet {
            h3 { (visitor.t(&format!("order_ladder.{}", ladder.id))) " " (mark(ladder.mark)) }
            ol { @for rung in &ladder.rungs { li { (rung_mark(&visitor, rung)) " " (rung.condition(visitor.language)) } } }
            p.quiet lang="en" { (ladder.source) " · " (ladder.from) @if let Some(to) = ladder.to { " – " (to) } }
        } }
        h2 { (visitor.t("orders.hours")) }
        p { @for (opens, closes) in &rules::HOURS.spans { (opens.strftime("%H:%M").to_string()) "–" (closes.strftime("%H:%M").to_string()) " " } (mark(rules::HOURS.mark)) }
        p { (visitor.tf("orders.messages", &[("from", hours.from.strftime("%H:%M").to_string()), ("to", hours.to.strftime("%H:%M").to_string())])) " " (mark(hours.mark)) }
        p.quiet lang="en" { (hours.source) }
    };
    Ok(page(&site, &visitor, &visitor.t("orders.rules"), body).into_response())
}

/// The letter by which an open order is issued.
async fn letter(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    if !order.known.stage.is_open() {
        return Err(missing().into());
    }
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let issuer = issuer(&mut conn, &visitor, &order.known).await?;
    drop(conn);
    let paper = print::letter(&site, &visitor, &names, &order, &issuer);
    papers::download(paper, &format, &format!("guatu-order-{}", site.clock.today())).await
}

/// The slip of a rung that was reached.
async fn slip(State(site): State<Site>, visitor: Visitor, Path((id, rung, format)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    let known = &order.known;
    let step = known.steps.iter().rev().find(|step| matches!(&step.fact, Fact::Rung { rung: noted, .. } if *noted == rung)).ok_or(missing())?;
    let rung = known.ladder(step.round).and_then(|ladder| ladder.rung(&rung)).ok_or(missing())?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let issuer = issuer(&mut conn, &visitor, known).await?;
    drop(conn);
    let paper = print::slip(&site, &visitor, &names, &order, &issuer, (rung, step));
    papers::download(paper, &format, &format!("guatu-slip-{}", step.at.date())).await
}

/// The body that issues: where whoever issued it works.
async fn issuer(conn: &mut Conn, visitor: &Visitor, known: &Known) -> Result<String, Problem> {
    let by = known.steps.iter().find(|step| matches!(step.fact, Fact::Issued { .. })).map(|step| known.asked_by(step).to_owned()).unwrap_or_default();
    let organisation = match identity::store::account(conn, &by).await?.and_then(|account| account.organisation) {
        Some(organisation) => organisations::get(conn, &organisation).await?.map(|one| one.name),
        None => None,
    };
    Ok(organisation.unwrap_or_else(|| visitor.t("bulletin.office")))
}
