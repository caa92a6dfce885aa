//! Pages of instructions: the register, the form that records one, one instruction with its roster, conveyance and items.

use super::acts;
use super::model::{Command, Fact, Kind, Number, Seat, Stage, Standing, Sums, item_id, item_of};
use super::store::{self, Instruction, Item, Step};
use super::{Sight, sight};
use crate::journal::course::fact_name;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind as PlaceKind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::{copies, photos};
use crate::features::{identity, organisations};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::Attempt;
use crate::web::extract::{Query, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, happened, minute, page, shell};
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
use std::sync::Arc;

/// Kinds of files that are taken for pages of a paper.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/instructions", get(list))
        .route("/instructions/new", get(record_form).post(record))
        .route("/instructions/items/{id}", get(of_item))
        .route("/instructions/{id}", get(show))
        .route("/instructions/{id}/{act}", post(acts::act))
        .route("/instructions/{id}/photos/{copy}", get(photo))
}

/// What pages name things by, and who asks.
pub(super) struct Names {
    pub(super) tree: Arc<Tree>,
    pub(super) units: HashMap<String, String>,
    people: HashMap<String, String>,
    /// The unit of the visitor.
    pub(super) own_unit: Option<String>,
}

impl Names {
    pub(super) async fn read(conn: &mut Conn, site: &Site, visitor: &Visitor) -> Result<Names, Problem> {
        let account = visitor.account.as_deref().unwrap_or_default();
        Ok(Names {
            tree: site.domain.places.tree(conn).await?,
            units: organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect(),
            people: identity::names(conn).await?,
            own_unit: identity::store::account(conn, account).await?.and_then(|found| found.organisation),
        })
    }

    pub(super) fn unit(&self, id: &str) -> &str {
        self.units.get(id).map_or("—", String::as_str)
    }

    fn place(&self, id: &str) -> String {
        self.tree.get(id).map_or_else(|| "—".to_owned(), |place| self.tree.full_name(place))
    }

    fn person(&self, visitor: &Visitor, account: &str) -> String {
        let name = self.people.get(account).cloned();
        name.unwrap_or_else(|| if account == "system" { visitor.t("ledger.system") } else { "—".to_owned() })
    }

    /// How much of an instruction the visitor sees.
    pub(super) fn sight(&self, visitor: &Visitor, one: &Instruction) -> Option<Sight> {
        let path_of = |place: &str| self.tree.get(place).map(|place| place.path.as_str());
        sight(&visitor.rights, self.own_unit.as_deref(), one, path_of)
    }

    /// Whether the visitor sees an item of an instruction of which they see so much.
    fn shows(&self, visitor: &Visitor, sight: Sight, item: &Item) -> bool {
        let is_read = self.tree.get(&item.known.place).is_some_and(|place| visitor.may(Verb::Read, &place.path));
        sight == Sight::Whole || is_read || self.own_unit.as_ref() == Some(&item.known.unit)
    }
}

/// So many of so many, with the share: a rate without its two numbers says nothing.
fn share(part: usize, of: usize) -> String {
    if of == 0 { "—".to_owned() } else { format!("{part}/{of}\u{a0}({}\u{a0}%)", (part * 200 + of) / (of * 2)) }
}

fn kind_name(visitor: &Visitor, kind: Kind) -> String {
    visitor.t(&format!("instruction_kind.{}", kind.name()))
}

fn stage_lamp(visitor: &Visitor, one: &Instruction, today: Date) -> (String, Markup) {
    let stage = one.stage();
    let is_over = one.withdrawn_on.is_none() && one.items.iter().any(|item| item.known.is_overdue(today));
    let name = visitor.t(&format!("instruction_stage.{}", stage.name()));
    let lamp = html! { span.lamp.bad[is_over].good[stage == Stage::Done].idle[!is_over && stage != Stage::Done] { (name) @if is_over { " · " (visitor.t("instructions.is_over")) } } };
    (name, lamp)
}

/// Items that count: those that were not taken back.
fn items_of(one: &Instruction) -> impl Iterator<Item = &Item> {
    one.items.iter().filter(|item| item.known.dropped_on.is_none())
}

fn reported(one: &Instruction) -> (usize, usize) {
    let standings: Vec<Standing> = items_of(one).map(|item| item.known.standing()).collect();
    (standings.iter().filter(|standing| **standing == Standing::Reported).count(), standings.len())
}

fn acknowledged(one: &Instruction) -> (usize, usize) {
    (one.told.iter().filter(|told| told.acknowledged.is_some()).count(), one.told.len())
}

/// Which instructions an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Shown {
    show: Option<String>,
    place: Option<String>,
}

/// Lists that the register offers, with the keys of their names.
const SHOWN: [&str; 4] = ["open", "untold", "done", "all"];

async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Query(shown): Query<Shown>,
    Query(asked): Query<registers::Asked>,
) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let within = match &shown.place {
        Some(place) => Some(visitor.place(&mut conn, place).await?),
        None => None,
    };
    let names = Names::read(&mut conn, &site, &visitor).await?;
    let mut all = store::instructions(&mut conn).await?;
    drop(conn);
    let is_within = |place: &str| {
        let path = names.tree.get(place).map_or("", |place| place.path.as_str());
        within.as_ref().is_none_or(|within| path.starts_with(&within.path))
    };
    all.retain(|one| names.sight(&visitor, one).is_some());
    all.retain(|one| is_within(&one.place) || one.items.iter().any(|item| is_within(&item.known.place)));
    let show = shown.show.as_deref().filter(|show| SHOWN.contains(show)).unwrap_or("open");
    let is_shown = |show: &str, one: &Instruction| match show {
        "open" => matches!(one.stage(), Stage::Received | Stage::Open),
        "untold" => one.withdrawn_on.is_none() && one.told.iter().any(|told| told.acknowledged.is_none()),
        "done" => one.stage() == Stage::Done,
        _ => true,
    };
    let counts = SHOWN.map(|show| (show, all.iter().filter(|one| is_shown(show, one)).count()));
    let mut register = Register::new(&visitor, "/instructions", "instructions.title", &asked).keep("show", show);
    if let Some(place) = &shown.place {
        register = register.keep("place", place);
    }
    let mut register = register
        .column("subject", "field.subject")
        .column("state", "field.state")
        .column("reference", "field.paper_number")
        .column("kind", "field.kind")
        .column("source", "field.source_post")
        .column("on", "field.on")
        .column("place", "field.place")
        .column("came", "instructions.came")
        .column("acknowledged", "instructions.acknowledged")
        .column("reported", "instructions.reported")
        .column("due", "instructions.next_due");
    for one in all.iter().filter(|one| is_shown(show, one)) {
        let (state, lamp) = stage_lamp(&visitor, one, today);
        let sums = Sums::of(&one.roster);
        let sight = names.sight(&visitor, one).unwrap_or(Sight::Items);
        let is_whole = sight == Sight::Whole;
        // Whoever sees a part is told nothing of the rest, sums neither.
        let of = |(part, of): (usize, usize)| {
            if of == 0 || !is_whole { Cell::Empty } else { Cell::Text(share(part, of)) }
        };
        let due = items_of(one)
            .filter(|item| item.known.reported_on.is_none() && one.withdrawn_on.is_none())
            .filter(|item| names.shows(&visitor, sight, item))
            .map(|item| item.known.due)
            .min();
        register.row(vec![
            (Cell::Text(one.subject.clone()), Some(html! { a href={ "/instructions/" (one.id) } { (one.subject) } })),
            (Cell::Text(state), Some(lamp)),
            (if one.reference.is_empty() { Cell::Empty } else { Cell::Text(one.reference.clone()) }, None),
            (Cell::Text(kind_name(&visitor, one.kind)), None),
            (Cell::Text(one.source.clone()), None),
            (Cell::Date(one.on), None),
            (if is_whole { Cell::Text(names.place(&one.place)) } else { Cell::Empty }, None),
            (of((sums.present + sums.substitute, sums.due)), None),
            (of(acknowledged(one)), None),
            (of(reported(one)), None),
            (due.map_or(Cell::Empty, Cell::Date), None),
        ]);
    }
    let may_record = visitor.rights.may_somewhere(Verb::Govern);
    let address = |show: &str| match &shown.place {
        Some(place) => format!("/instructions?show={show}&place={}", form_urlencoded(place)),
        None => format!("/instructions?show={show}"),
    };
    register.respond(&site, "instructions.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("instructions.title")) @if let Some(place) = &within { " · " (place.attributes.name) } } span.end {}
                @if may_record { a.button.no-print href="/instructions/new" { (visitor.t("instructions.record")) } }
            }
            p.lead { (visitor.t("instructions.lead")) }
            p.bar.choices.no-print { @for (name, count) in &counts { a.button.second href=(address(name)) aria-current=[(*name == show).then_some("true")] { (visitor.t(&format!("instructions.show_{name}"))) " " (count) } } }
            (table)
        };
        shell(&site, &visitor, &visitor.t("instructions.title"), "wide", body).into_response()
    })
}

/// What an address fills a new instruction with.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    place: Option<String>,
}

async fn record_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    visitor.need(Verb::Govern, &place.path)?;
    drop(conn);
    let values = Values::default().with("on", site.clock.today());
    record_page(&site, &visitor, &place, &values, None).await
}

/// A place and what stands in it, where this person governs: of a district down to projects, of a project down to buildings.
pub(super) fn governed(visitor: &Visitor, tree: &Tree, place: &Place) -> Vec<(String, String)> {
    let is_offered = |other: &&Place| {
        let is_near = place.kind != PlaceKind::District
            || matches!(other.kind, PlaceKind::District | PlaceKind::Zone | PlaceKind::Project);
        is_near && other.kind != PlaceKind::Floor && visitor.may(Verb::Govern, &other.path)
    };
    tree.under(place).iter().filter(is_offered).map(|other| (other.id.clone(), tree.full_name(other))).collect()
}

async fn record_page(
    site: &Site,
    visitor: &Visitor,
    place: &Place,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    drop(conn);
    let kinds = Kind::ALL.iter().map(|(kind, name)| ((*name).to_owned(), kind_name(visitor, *kind))).collect();
    let values = if values.text("about").is_empty() { values.clone().with("about", &place.id) } else { values.clone() };
    let body = html! {
        (crumbs(visitor, &[("/instructions".to_owned(), visitor.t("instructions.title"))]))
        h1 { (visitor.t("instructions.record")) }
        p.lead { (visitor.t("instructions.record_lead")) }
        (Form::new(visitor, format!("/instructions/new?place={}", form_urlencoded(&place.id)), "instructions.record", &values)
            .choice("instruction_kind", kinds, true).text("source_post").opt_text("paper_number").date("on", true).text("subject")
            .lines("minutes", false).files("photos", PICTURES).choice("about", governed(visitor, &tree, place), true)
            .refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("instructions.record"), body)))
}

async fn record(
    State(site): State<Site>,
    visitor: Visitor,
    Query(new): Query<New>,
    sent: SentWithFiles,
) -> Result<Response, Problem> {
    let SentWithFiles { values, files } = sent;
    let mut conn = site.reader().await?;
    let about = visitor.place_for(&mut conn, values.text("about"), Verb::Govern).await?;
    let shown = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        let (photos, documents) = photos::take(&site, files).await??;
        let command = Command::Record {
            instruction: id.clone(),
            place: about.id.clone(),
            kind: values.choice("instruction_kind", Kind::from_name)?,
            source: values.text("source_post").into(),
            reference: values.text("paper_number").into(),
            on: values.date("on")?,
            subject: values.text("subject").into(),
            content: values.text("minutes").into(),
            photos,
        };
        site.submit_with(&visitor, id.clone(), command, documents).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => record_page(&site, &visitor, &shown, &values, Some(&refusal(problem)?)).await,
    }
}

/// Back to an instruction.
pub(super) fn to(id: &str) -> Response {
    Redirect::to(&format!("/instructions/{id}")).into_response()
}

/// An instruction that this person may see, how much of it, and what pages name things by.
pub(super) struct Readable {
    pub(super) one: Instruction,
    pub(super) sight: Sight,
    pub(super) names: Names,
    pub(super) may_govern: bool,
}

pub(super) async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<Readable, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site, visitor).await?;
    let one = store::instruction(&mut conn, id).await?.ok_or(missing())?;
    let sight = names.sight(visitor, &one).ok_or(missing())?;
    let may_govern = names.tree.get(&one.place).is_some_and(|place| visitor.may(Verb::Govern, &place.path));
    Ok(Readable { one, sight, names, may_govern })
}

/// The item that an order names.
async fn of_item(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (instruction, item) = item_of(&id).ok_or(missing())?;
    let found = readable(&site, &visitor, instruction).await?;
    found.one.item(item).ok_or(missing())?;
    Ok(Redirect::to(&format!("/instructions/{instruction}#item-{item}")).into_response())
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let found = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &found, &Attempt::default()).await
}

/// An instruction.
pub(super) async fn show_page(
    site: &Site,
    visitor: &Visitor,
    found: &Readable,
    attempt: &Attempt,
) -> Result<Response, Problem> {
    let Readable { one, sight, names, .. } = found;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let steps = if *sight == Sight::Whole { store::steps(&mut conn, &one.id).await? } else { Vec::new() };
    drop(conn);
    let (_, lamp) = stage_lamp(visitor, one, today);
    let (told, items) = (acknowledged(one), reported(one));
    let sums = Sums::of(&one.roster);
    let is_whole = *sight == Sight::Whole;
    let body = html! {
        (crumbs(visitor, &[("/instructions".to_owned(), visitor.t("instructions.title"))]))
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (one.subject) } (lamp) }
        @if is_whole { ul.counts {
            @if sums.due > 0 { li { b { (share(sums.present + sums.substitute, sums.due)) } span { (visitor.t("instructions.came")) } } }
            @if told.1 > 0 { li { b { (share(told.0, told.1)) } span { (visitor.t("instructions.acknowledged")) } } }
            li { b { (share(items.0, items.1)) } span { (visitor.t("instructions.reported")) } }
        } }
        dl.facts {
            dt { (visitor.t("field.kind")) } dd { (kind_name(visitor, one.kind)) }
            dt { (visitor.t("field.source_post")) } dd { (one.source) }
            @if !one.reference.is_empty() { dt { (visitor.t("field.paper_number")) } dd { (one.reference) } }
            dt { (visitor.t("field.on")) } dd { (one.on) }
            @if is_whole { dt { (visitor.t("field.place")) } dd { a href={ "/places/" (form_urlencoded(&one.place)) } { (names.place(&one.place)) } } }
            @if *sight >= Sight::Told && !one.content.is_empty() { dt { (visitor.t("field.minutes")) } dd { (one.content) } }
            @if let Some(on) = one.withdrawn_on { dt { (visitor.t("instruction_stage.withdrawn")) } dd { (on) } }
            @if is_whole { dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&one.id)) } { "№ " (one.number) } } }
        }
        @if *sight >= Sight::Told && !one.photos.is_empty() { div.photos { @for photo in &one.photos {
            a href={ "/instructions/" (one.id) "/photos/" (photo.name()) } { img loading="lazy" src={ "/instructions/" (one.id) "/photos/" (photo.name()) } alt=(visitor.t("instructions.scan")); }
        } } }
        (acts::acknowledgement(visitor, found, attempt))
        h2 { (visitor.t("instructions.items")) @if is_whole { " " span.tag { (share(items.0, items.1)) } } }
        (items_table(visitor, found, today))
        @if is_whole && !one.roster.is_empty() { h2 { (visitor.t("instructions.roster")) } (roster_table(visitor, names, &one.roster)) }
        @if is_whole { h2 { (visitor.t("instructions.conveyance")) @if told.1 > 0 { " " span.tag { (share(told.0, told.1)) } } } (told_table(visitor, names, one, today)) }
        (acts::forms(visitor, found, attempt))
        @if !steps.is_empty() { h2 { (visitor.t("instructions.course")) } (course(visitor, names, &steps)) }
    };
    Ok(attempt.respond(page(site, visitor, &one.subject, body)))
}

fn standing_lamp(visitor: &Visitor, item: &Item, today: Date) -> Markup {
    let standing = item.known.standing();
    let class = match standing {
        _ if item.known.is_overdue(today) => "lamp bad",
        Standing::Reported => "lamp good",
        Standing::Closed => "lamp warn",
        _ => "lamp idle",
    };
    html! { span class=(class) { (visitor.t(&format!("instruction_item.{}", standing.name()))) @if item.known.is_overdue(today) { " · " (visitor.t("instructions.is_over")) } } }
}

/// Items, each with its owner, its day, its orders and what was reported back.
fn items_table(visitor: &Visitor, found: &Readable, today: Date) -> Markup {
    let Readable { one, sight, names, .. } = found;
    let shown: Vec<&Item> = one.items.iter().filter(|item| names.shows(visitor, *sight, item)).collect();
    html! {
        @if shown.is_empty() { p.empty { (visitor.t("instructions.no_items")) } }
        @else { div.scroll tabindex="0" { table {
            thead { tr {
                th.number { (visitor.t("instructions.item")) } th { (visitor.t("field.content")) } th { (visitor.t("field.owner")) }
                th { (visitor.t("instructions.due")) } th { (visitor.t("field.state")) } th { (visitor.t("nav.orders")) } th { (visitor.t("instructions.answer")) }
            } }
            tbody { @for item in shown {
                @let place = names.tree.get(&item.known.place);
                tr id={ "item-" (item.known.number) } {
                    td.number data-title=(visitor.t("instructions.item")) { (item.known.number) }
                    td { (item.content) " " span.quiet { (names.place(&item.known.place)) } }
                    td { (names.unit(&item.known.unit)) @if !item.post.is_empty() { " · " (item.post) } }
                    td.whole { (item.known.due) }
                    td { (standing_lamp(visitor, item, today)) }
                    td {
                        @for order in &item.orders {
                            // An order that somebody may not see is not named to them.
                            @if names.tree.get(&order.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)) {
                                div { a href={ "/orders/" (order.id) } { (order.title) } " " span.tag { (visitor.t(&format!("order_stage.{}", order.stage.name()))) } }
                            }
                        }
                        @if item.known.standing() == Standing::Open && one.withdrawn_on.is_none() && place.is_some_and(|place| visitor.may(Verb::Govern, &place.path)) {
                            a.no-print href={ "/orders/new?kind=item&id=" (form_urlencoded(&item_id(&one.id, item.known.number))) } { (visitor.t("orders.draft")) }
                        }
                    }
                    td { @if let (Some(reported), Some(on)) = (&item.reported, item.known.reported_on) {
                        (reported.outcome) " " span.quiet { (on) @for more in [&reported.evidence, &reported.paper] { @if !more.is_empty() { " · " (more) } } }
                    } }
                }
            } }
        } } }
    }
}

fn roster_table(visitor: &Visitor, names: &Names, roster: &[Seat]) -> Markup {
    let sums = Sums::of(roster);
    let sum = |key: &str, part: usize| visitor.labelled(visitor.t(key), &share(part, sums.due));
    html! {
        p #roster-sums {
            (visitor.labelled(visitor.t("instructions.seats_due"), &sums.due.to_string())) " · " (sum("attendance.present", sums.present)) " · " (sum("attendance.substitute", sums.substitute)) " · " (sum("attendance.absent", sums.absent))
        }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.unit")) } th { (visitor.t("field.post")) } th { (visitor.t("instructions.attendance")) } th { (visitor.t("instructions.note")) } } }
            tbody { @for seat in roster { tr {
                td { (names.unit(&seat.unit)) } td { (seat.post) }
                td { (visitor.t(&format!("attendance.{}", seat.presence.name()))) }
                td { (seat.presence.note()) }
            } } }
        } }
    }
}

fn told_table(visitor: &Visitor, names: &Names, one: &Instruction, today: Date) -> Markup {
    html! {
        @if one.told.is_empty() { p.empty { (visitor.t("instructions.not_conveyed")) } }
        @else { div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.unit")) } th { (visitor.t("instructions.told_at")) } th { (visitor.t("instructions.due")) } th { (visitor.t("instructions.acknowledged_at")) } th { (visitor.t("instructions.acknowledged_by")) } } }
            tbody { @for told in &one.told { tr {
                td { (names.unit(&told.unit)) }
                td.whole { (minute(told.at)) }
                td.whole { @match told.due { Some(due) => (due), None => "—" } }
                @match &told.acknowledged {
                    Some((at, by, paper)) => { td.whole { (minute(*at)) } td { (names.person(visitor, by)) @if !paper.is_empty() { " · " (paper) } } }
                    None => { td { span.lamp.bad[told.is_overdue(today)].idle[!told.is_overdue(today)] { (visitor.t("instructions.waits")) } } td { "—" } }
                }
            } } }
        } } }
    }
}

/// What happened, in order.
fn course(visitor: &Visitor, names: &Names, steps: &[Step]) -> Markup {
    html! {
        ol.course { @for step in steps {
            @let heading = html! { strong { (visitor.t(&format!("fact.instructions_{}", fact_name(&step.fact)))) } " " span.quiet { (names.person(visitor, &step.by)) } };
            (happened(step.at, step.number, &heading, &html! { @for line in said(visitor, names, &step.fact) { p { (line) } } }))
        } }
    }
}

/// What a fact says, in lines; an instruction's text and its roster stand above.
fn said(visitor: &Visitor, names: &Names, fact: &Fact) -> Vec<String> {
    let item = |number: &Number| visitor.tf("instructions.item_number", &[("item", number.to_string())]);
    let lines = match fact {
        Fact::Recorded { .. } => Vec::new(),
        Fact::RosterTaken { roster } => {
            let sums = Sums::of(roster);
            vec![visitor.labelled(visitor.t("instructions.came"), &share(sums.present + sums.substitute, sums.due))]
        }
        Fact::Conveyed { units, due } => {
            let due = due.map_or_else(String::new, |due| visitor.tf("round.due_on", &[("date", due.to_string())]));
            vec![visitor.list(units.iter().map(|unit| names.unit(unit))), due]
        }
        Fact::Acknowledged { unit, paper } => vec![names.unit(unit).to_owned(), paper.clone()],
        Fact::Assigned { item: number, content, unit, due, .. } => {
            vec![format!("{} · {content}", item(number)), format!("{} · {due}", names.unit(unit))]
        }
        Fact::Dropped { item: number, reason } => vec![format!("{} · {reason}", item(number))],
        Fact::Reported { item: number, content, evidence, paper } => {
            vec![format!("{} · {content}", item(number)), evidence.clone(), paper.clone()]
        }
        Fact::Withdrawn { reason } => vec![reason.clone()],
    };
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// A page of the paper.
async fn photo(
    State(site): State<Site>,
    visitor: Visitor,
    Path((id, copy)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = readable(&site, &visitor, &id).await?;
    let is_shown = found.sight >= Sight::Told && found.one.photos.iter().any(|photo| photo.name() == copy);
    if !is_shown {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}
