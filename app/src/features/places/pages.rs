//! Pages of places: the tree, one place with what stands under it, and the forms that change it.

use super::model::{Attributes, Command, Figures, Kind, Opening, PROGRAMMES};
use super::Tree;
use super::sheet::Places;
use super::store::{self, Place};
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::{identity, organisations};
use crate::refusal::{Reason, Refusal};
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page};
use crate::web::lists::{self, List};
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use crate::web::Site;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/places", get(tree))
        .route("/places/new", get(new_form).post(open))
        .merge(lists::routes::<Places>())
        .route("/places/{id}", get(show))
        .route("/places/{id}/amend", get(amend_form).post(amend))
        .route("/places/{id}/official", get(appoint_form).post(appoint))
        .route("/places/{id}/state", get(state_form).post(set_state))
}

/// Which places the register lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Districts, zones, projects and facilities: buildings are one click further.
    #[default]
    Project,
    /// Parcels.
    Parcel,
    /// Buildings and facilities.
    Building,
}

impl Level {
    const ALL: [Level; 3] = [Level::Project, Level::Parcel, Level::Building];

    fn name(self) -> &'static str {
        match self {
            Level::Project => "project",
            Level::Parcel => "parcel",
            Level::Building => "building",
        }
    }

    fn lists(self, kind: Kind) -> bool {
        match self {
            Level::Project => !matches!(kind, Kind::Parcel | Kind::Building | Kind::Floor),
            Level::Parcel => kind == Kind::Parcel,
            Level::Building => matches!(kind, Kind::Building | Kind::Facility),
        }
    }
}

/// `?level=` of the register.
#[derive(Debug, Default, serde::Deserialize)]
struct Listed {
    #[serde(default)]
    level: Level,
}

async fn tree(State(site): State<Site>, visitor: Visitor, Query(Listed { level }): Query<Listed>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if visitor.account.is_none() {
        return Err(Problem::LoginNeeded);
    }
    let mut conn = site.reader().await?;
    let everything = site.domain.places.tree(&mut conn).await?;
    let places: Vec<&Place> = everything.places().iter().filter(|place| visitor.may(Verb::Read, &place.path)).collect();
    let names = identity::names(&mut conn).await?;
    drop(conn);
    let count = |path: &str, kind: Kind| (Cell::Number(places.iter().filter(|place| place.kind == kind && place.path.starts_with(path)).count() as f64), None);
    let mut register = Register::new(&visitor, "/places", "places.title", &asked)
        .column("name", "field.name")
        .column("kind", "field.kind")
        .column("within", "places.within")
        .column("official", "field.official")
        .column("state", "field.state")
        .number("parcels", "places.parcels")
        .number("buildings", "places.buildings")
        .number("flats", "count.flats");
    if level != Level::default() {
        register = register.keep("level", level.name());
    }
    let is_tree = level == Level::default() && asked.is_plain();
    for place in places.iter().filter(|place| level.lists(place.kind)) {
        let depth = if is_tree { place.path.matches('/').count().saturating_sub(2).min(4) } else { 0 };
        let name = html! { span class={ "indent-" (depth) } { a href={ "/places/" (place.id) } { (place.attributes.name) } } };
        let above: Vec<&str> = everything.lineage(place).filter(|other| other.id != place.id && visitor.may(Verb::Read, &other.path)).map(|other| other.attributes.name.as_str()).collect();
        let official = everything.accountable(place).and_then(|(account, _)| names.get(account));
        let state = place.state.as_ref().map_or(Cell::Empty, |state| Cell::Text(visitor.t(&format!("state.{state}"))));
        register.row(vec![
            (Cell::Text(place.attributes.name.clone()), Some(name)),
            (Cell::Text(visitor.t(&format!("place_kind.{}", place.kind.name()))), None),
            (above.first().map_or(Cell::Empty, |name| Cell::Text((*name).to_owned())), None),
            (official.map_or(Cell::Empty, |name| Cell::Text(name.clone())), Some(official_cell(&visitor, place, &everything, &names))),
            (state, None),
            count(&place.path, Kind::Parcel),
            count(&place.path, Kind::Building),
            (Cell::Number(everything.total(place, |figures| figures.flats) as f64), None),
        ]);
    }
    register.respond(&site, "places.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("places.title")) }
                @if visitor.may(Verb::Govern, "/") {
                    a.button.second.end href="/places/new" { (visitor.t("places.open")) }
                    a.button.second href=(Places::PATH) { (visitor.t("list_sheet.title")) }
                }
            }
            nav.bar.no-print aria-label=(visitor.t("field.kind")) { @for one in Level::ALL {
                a.button.second href={ "/places?level=" (one.name()) } aria-current=[(one == level).then_some("true")] { (visitor.t(&format!("places.level_{}", one.name()))) }
            } }
            (table)
        };
        page(&site, &visitor, &visitor.t("places.title"), body).into_response()
    })
}

fn official_cell(visitor: &Visitor, place: &Place, tree: &Tree, names: &HashMap<String, String>) -> Markup {
    html! {
        @match tree.accountable(place) {
            Some((account, named_at)) => {
                (names.get(account).map_or("—", String::as_str))
                @if named_at.id != place.id { " " span.quiet { (visitor.tf("places.from_above", &[("place", named_at.attributes.name.clone())])) } }
            }
            None => "—",
        }
    }
}

/// Links to everything above a place.
pub async fn crumbs_of(conn: &mut Conn, visitor: &Visitor, place: &Place) -> Result<Markup, Problem> {
    let mut above = vec![("/places".to_owned(), visitor.t("places.title"))];
    for id in place.path.trim_matches('/').split('/') {
        if id != place.id
            && let Some(other) = store::get(conn, id).await?
            && visitor.may(Verb::Read, &other.path)
        {
            above.push((format!("/places/{id}"), other.attributes.name));
        }
    }
    Ok(crumbs(visitor, &above))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, &id).await?;
    let everything = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let owner = match &place.attributes.owner {
        Some(owner) => organisations::get(&mut conn, owner).await?,
        None => None,
    };
    let children: Vec<&Place> = everything.under(&place).iter().filter(|other| other.parent.as_ref() == Some(&place.id)).collect();
    let may_govern = visitor.may(Verb::Govern, &place.path);
    let body = html! {
        (crumbs_of(&mut conn, &visitor, &place).await?)
        div.bar {
            h1 { (place.attributes.name) } " " span.tag { (visitor.t(&format!("place_kind.{}", place.kind.name()))) }
            span.end {}
            a.button.second href={ "/wall?place=" (place.id) } { (visitor.t("nav.wall")) }
            a.button.second href={ "/orders?place=" (place.id) } { (visitor.t("nav.orders")) }
            @if place.kind == Kind::Project { a.button.second href={ "/places/" (place.id) "/profile" } { (visitor.t("profile.title")) } }
            @if may_govern && !place.kind.children().is_empty() { 
                a.button.second href={ "/places/new?parent=" (place.id) } { (visitor.t("places.open")) }
                a.button.second href={ (Places::PATH) "?place=" (place.id) } { (visitor.t("list_sheet.title")) }
            }
        }
        ul.counts {
            @for (key, value) in headline(&everything, &place) { li { b { (value) } span { (visitor.t(key)) } } }
        }
        div.columns {
            section.sheet {
                h2 { (visitor.t("places.responsibility")) }
                dl.facts {
                    dt { (visitor.t("field.official")) } dd {
                        (official_cell(&visitor, &place, &everything, &names))
                        @if let Some(from) = place.official_from { " " span.quiet { (visitor.tf("shell.since", &[("date", from.to_string())])) } }
                    }
                    dt { (visitor.t("field.owner")) } dd { @match &owner { Some(owner) => a href={ "/organisations/" (owner.id) } { (owner.name) }, None => "—" } }
                    @if let Some(programme) = &place.attributes.programme { dt { (visitor.t("field.programme")) } dd { (visitor.t(&format!("programme.{programme}"))) } }
                    @if let Some(state) = &place.state {
                        dt { (visitor.t("field.state")) }
                        dd { (visitor.t(&format!("state.{state}"))) @if let Some(since) = place.state_since { " " span.quiet { (visitor.tf("shell.since", &[("date", since.to_string())])) } } }
                    }
                    dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (place.id) } { "№ " (place.changed_number) } }
                }
                @if may_govern {
                    p {
                        a href={ "/places/" (place.id) "/official" } { (visitor.t("places.appoint")) } " · "
                        a href={ "/places/" (place.id) "/amend" } { (visitor.t("places.amend")) }
                        @if place.kind == Kind::Project || place.kind == Kind::Building { " · " a href={ "/places/" (place.id) "/state" } { (visitor.t("places.set_state")) } }
                    }
                }
            }
            section {
                h2 { (visitor.t("places.below")) }
                @if children.is_empty() { p.quiet { (visitor.t("places.nothing_below")) } } @else {
                    div.scroll tabindex="0" { table {
                        thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("field.kind")) } th { (visitor.t("field.official")) } th.number { (visitor.t("count.flats")) } } }
                        tbody { @for child in &children {
                            tr {
                                td { a href={ "/places/" (child.id) } { (child.attributes.name) } }
                                td { (visitor.t(&format!("place_kind.{}", child.kind.name()))) }
                                td { (official_cell(&visitor, child, &everything, &names)) }
                                td.number { (everything.total(child, |figures| figures.flats)) }
                            }
                        } }
                    } }
                }
            }
        }
    };
    Ok(page(&site, &visitor, &place.attributes.name, body))
}

/// Headline counts of a place, each with the key of what is counted; what is not known is left out.
pub fn headline(tree: &Tree, place: &Place) -> Vec<(&'static str, String)> {
    let sum = |figure: fn(&Figures) -> Option<u32>| tree.total(place, figure);
    let mut figures = Vec::new();
    if place.kind != Kind::Building {
        figures.push(("places.buildings", tree.buildings(place).to_string()));
    }
    for (key, value) in [
        ("count.flats", sum(|figures| figures.flats)),
        ("count.households", sum(|figures| figures.households)),
        ("count.area_m2", sum(|figures| figures.area_m2)),
    ] {
        if value > 0 {
            figures.push((key, value.to_string()));
        }
    }
    for (key, value) in [("count.floors_above", place.attributes.figures.floors_above), ("count.floors_below", place.attributes.figures.floors_below)] {
        figures.extend(value.map(|value| (key, value.to_string())));
    }
    figures
}

/// A page with one form, under the name of the act.
fn form_page(site: &Site, visitor: &Visitor, title: &str, above: Markup, form: Markup, refused: Option<&Refusal>) -> Response {
    let body = html! { (above) h1 { (title) } (form) };
    form_response(refused, page(site, visitor, title, body))
}

pub(super) async fn people(conn: &mut Conn) -> Result<Vec<(String, String)>, Problem> {
    let names = identity::names(conn).await?;
    let accounts = identity::accounts(conn).await?;
    let mut people: Vec<(String, String)> = accounts
        .into_iter()
        .filter(|account| !account.is_disabled)
        .filter_map(|account| Some((account.id.clone(), names.get(&account.id)?.clone())))
        .collect();
    people.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(people)
}

/// The official that was chosen, if one was: somebody with an account that is not disabled.
async fn official(site: &Site, values: &Values) -> Result<Option<String>, Problem> {
    let Some(account) = values.opt("official") else { return Ok(None) };
    if people(&mut site.reader().await?).await?.iter().any(|(known, _)| *known == account) {
        return Ok(Some(account));
    }
    Err(Refusal { code: "G-108", reason: Reason::Rule, params: Vec::new(), field: Some("official") }.into())
}

pub(super) async fn owners(conn: &mut Conn) -> Result<Vec<(String, String)>, Problem> {
    Ok(organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect())
}

async fn new_form(State(site): State<Site>, visitor: Visitor, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let values = match query.get("parent") {
        Some(parent) => Values::default().with("parent", parent),
        None => Values::default(),
    };
    new_page(&site, &visitor, &values, None).await
}

async fn new_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let parents: Vec<(String, String)> = store::all(&mut conn)
        .await?
        .into_iter()
        .filter(|place| visitor.may(Verb::Govern, &place.path) && !place.kind.children().is_empty())
        .map(|place| {
            let depth = place.path.matches('/').count().saturating_sub(2);
            (place.id, format!("{}{}", "\u{3000}".repeat(depth), place.attributes.name))
        })
        .collect();
    let kinds = Kind::ALL.iter().map(|kind| (kind.name().to_owned(), visitor.t(&format!("place_kind.{}", kind.name())))).collect();
    let form = Form::new(visitor, "/places/new", "places.open", values)
        .choice("parent", parents, false)
        .choice("kind", kinds, true);
    let form = attribute_fields(form, visitor, owners(&mut conn).await?).choice("official", people(&mut conn).await?, false);
    let title = visitor.t("places.open");
    let above = crumbs(visitor, &[("/places".into(), visitor.t("places.title"))]);
    Ok(form_page(site, visitor, &title, above, form.refused(refused).render(), refused))
}

fn attribute_fields<'a>(form: Form<'a>, visitor: &Visitor, owners: Vec<(String, String)>) -> Form<'a> {
    let programmes = PROGRAMMES.iter().map(|programme| (programme.id.clone(), visitor.t(&format!("programme.{}", programme.id)))).collect();
    form.text("name")
        .number("ordinal")
        .choice("programme", programmes, false)
        .choice("owner", owners, false)
        .number("flats")
        .number("households")
        .number("area_m2")
        .number("floors_above")
        .number("floors_below")
}

fn attributes(values: &Values) -> Result<Attributes, Refusal> {
    Ok(Attributes {
        name: values.text("name").into(),
        ordinal: values.opt_number("ordinal")?.unwrap_or(0),
        programme: values.opt("programme"),
        owner: values.opt("owner"),
        figures: Figures {
            flats: values.opt_number("flats")?,
            households: values.opt_number("households")?,
            area_m2: values.opt_number("area_m2")?,
            floors_above: values.opt_number("floors_above")?,
            floors_below: values.opt_number("floors_below")?,
        },
    })
}

async fn open(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let id = values.request_id()?;
    let done = async {
        let command = Command::Open(Opening {
            id: id.clone(),
            parent: values.opt("parent"),
            kind: values.choice("kind", Kind::from_name)?,
            attributes: attributes(&values)?,
            official: official(&site, &values).await?,
        });
        site.submit(&visitor, id.clone(), command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/places/{id}")).into_response()),
        Err(problem) => new_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}

/// A place that this person may change.
async fn governed(site: &Site, visitor: &Visitor, id: &str) -> Result<Place, Problem> {
    visitor.place_for(&mut site.reader().await?, id, Verb::Govern).await
}

async fn amend_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let Attributes { name, ordinal, programme, owner, figures } = &place.attributes;
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let values = Values::default()
        .with("name", name)
        .with("seen_number", place.changed_number)
        .with("ordinal", ordinal)
        .with("programme", programme.as_deref().unwrap_or_default())
        .with("owner", owner.as_deref().unwrap_or_default())
        .with("flats", number(figures.flats))
        .with("households", number(figures.households))
        .with("area_m2", number(figures.area_m2))
        .with("floors_above", number(figures.floors_above.map(u32::from)))
        .with("floors_below", number(figures.floors_below.map(u32::from)));
    amend_page(&site, &visitor, &place, &values, None).await
}

async fn amend_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let form = Form::new(visitor, format!("/places/{}/amend", place.id), "places.amend", values);
    let form = attribute_fields(form, visitor, owners(&mut conn).await?).text("reason").hidden("seen_number").refused(refused);
    let above = crumbs_with_self(&mut conn, visitor, place).await?;
    Ok(form_page(site, visitor, &visitor.t("places.amend"), above, form.render(), refused))
}

async fn crumbs_with_self(conn: &mut Conn, visitor: &Visitor, place: &Place) -> Result<Markup, Problem> {
    let above = crumbs_of(conn, visitor, place).await?;
    Ok(html! { (above) p.crumbs { a href={ "/places/" (place.id) } { (place.attributes.name) } " ›" } })
}

async fn amend(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let done = async {
        let seen_number = values.opt_number("seen_number")?;
        let command = Command::Amend { place: id.clone(), attributes: attributes(&values)?, reason: values.text("reason").into(), seen_number };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/places/{id}")).into_response()),
        Err(problem) => {
            // Whoever has been told that it changed sends again over what stands now.
            let values = values.with("seen_number", place.changed_number);
            amend_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await
        }
    }
}

async fn appoint_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let values = Values::default().with("official", place.official.as_deref().unwrap_or_default()).with("from", site.clock.today());
    appoint_page(&site, &visitor, &place, &values, None).await
}

async fn appoint_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let form = Form::new(visitor, format!("/places/{}/official", place.id), "places.appoint", values)
        .choice("official", people(&mut conn).await?, false)
        .date("from", true)
        .refused(refused);
    let above = crumbs_with_self(&mut conn, visitor, place).await?;
    Ok(form_page(site, visitor, &visitor.t("places.appoint"), above, form.render(), refused))
}

async fn appoint(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let done = async {
        let command = Command::Appoint { place: id.clone(), official: official(&site, &values).await?, from: values.date("from")? };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/places/{id}")).into_response()),
        Err(problem) => appoint_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn state_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let values = Values::default().with("state", place.state.as_deref().unwrap_or_default()).with("since", site.clock.today());
    state_page(&site, &visitor, &place, &values, None).await
}

async fn state_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let programme = tree.lineage(place).find_map(|other| other.attributes.programme.clone());
    let states = programme.as_deref().and_then(super::model::programme).map_or(&[][..], |programme| &programme.states);
    let states = states.iter().map(|state| (state.clone(), visitor.t(&format!("state.{state}")))).collect();
    let form = Form::new(visitor, format!("/places/{}/state", place.id), "places.set_state", values)
        .choice("state", states, true)
        .date("since", true)
        .refused(refused);
    let above = crumbs_with_self(&mut conn, visitor, place).await?;
    Ok(form_page(site, visitor, &visitor.t("places.set_state"), above, form.render(), refused))
}

async fn set_state(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = governed(&site, &visitor, &id).await?;
    let done = async {
        let command = Command::SetState { place: id.clone(), state: values.text("state").into(), since: values.date("since")? };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/places/{id}")).into_response()),
        Err(problem) => state_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}
