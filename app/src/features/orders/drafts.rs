//! Pages on which orders begin: what speaks for one, the draft, and the orders that come from something of this site.

use super::acts::to;
use super::model::{Choice, Command, MOST_SUPPORTING, Refused, Source, SourceKind};
use super::pages::Names;
use super::rules::{self, Ladder, Preset};
use super::{proposals, store};
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::{organisations, places};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};

/// What an address fills a draft with.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct New {
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

pub(super) async fn draft_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
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
pub(super) fn limits(visitor: &Visitor, on: Date) -> Vec<(String, String)> {
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
pub(super) fn limit_name(visitor: &Visitor, preset: &str, limit: &str, on: Date) -> String {
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
        (form.choice("limit", limits(visitor, today), true).choice("ladder", ladders(visitor, today), false).refused(refused).render())
        p { a href="/orders/rules" { (visitor.t("orders.rules")) } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("orders.draft"), body)))
}

/// Where an order comes from, as a link where it is an object of this site.
pub(super) fn source_link(visitor: &Visitor, names: &Names, source: &Source, place: &str) -> Markup {
    let name = visitor.t(&format!("order_source.{}", source.kind.name()));
    let reference = &source.reference;
    html! {
        @match source.kind {
            SourceKind::Problem => a href={ "/problems/" (reference) } { (name) },
            SourceKind::Decision => a href={ "/round?place=" (form_urlencoded(place)) "#decisions" } { (name) },
            SourceKind::Mandate => a href={ "/plans/" (names.project(place)) } { (name) },
            SourceKind::Promise => a href={ "/targets/" (reference) } { (name) },
            SourceKind::Hazard => a href={ "/hazards/" (reference) } { (name) },
            SourceKind::Duty => a href={ "/duties/" (form_urlencoded(reference)) } { (name) },
            SourceKind::Risk => a href={ "/risks?place=" (form_urlencoded(reference)) } { (name) },
            SourceKind::Item => a href={ "/instructions/items/" (form_urlencoded(reference)) } { (name) },
            SourceKind::Contingency => a href={ "/contingencies/firings/" (form_urlencoded(reference)) } { (name) },
            SourceKind::Finding => a href={ "/inspections/findings/" (form_urlencoded(reference)) } { (name) },
            _ => { (name) " · " (reference) },
        }
    }
}

/// The rule that a form chose; without a ladder the one that goes with the limit.
pub(super) fn choice_of(values: &Values) -> Option<Choice> {
    let (preset, limit) = values.text("limit").split_once('/')?;
    let ladder = values.opt("ladder").or_else(|| rules::presets().iter().find(|one| one.id == preset).map(|one| one.ladder.clone()))?;
    Some(Choice { preset: preset.to_owned(), limit: limit.to_owned(), ladder })
}

pub(super) async fn draft(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>, Sent(values): Sent) -> Result<Response, Problem> {
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
            choice: choice_of(&values).ok_or(Refusal::from(Refused::UnknownLimit))?,
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

/// Orders that come from something of this site, and the way to draft one.
pub(super) async fn of_source(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let source = new.source().filter(|source| source.kind.is_object()).ok_or(missing())?;
    let mut conn = site.reader().await?;
    let found = proposals::of_source(&mut conn, &site, &visitor, &source).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &found.place).await?;
    let names = Names::read(&mut conn, &site).await?;
    let mut orders = store::of_source(&mut conn, &source).await?;
    orders.retain(|one| names.tree.get(&one.place).is_some_and(|at| visitor.may(Verb::Read, &at.path)));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, &visitor, &place).await?)
        h1 { (found.title) }
        p { (visitor.t("orders.source")) " " (source_link(&visitor, &names, &source, &place.id)) }
        ul.rows { @for one in &orders { li { a href={ "/orders/" (one.id) } { (one.title) } span { (visitor.t(&format!("order_stage.{}", one.stage.name()))) } } } }
        @if orders.is_empty() { p.empty { (visitor.t("orders.none_of_source")) } }
        @if visitor.may(Verb::Govern, &place.path) { p.no-print { a.button href={ "/orders/new?kind=" (source.kind.name()) "&id=" (form_urlencoded(&source.reference)) } { (visitor.t("orders.draft")) } } }
    };
    Ok(page(&site, &visitor, &found.title, body).into_response())
}

/// What could become an order: people decide, nothing is issued by itself.
pub(super) async fn propose(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
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
