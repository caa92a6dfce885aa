//! Pages of task forces: all projects with their leaders, one project's seats and their history.

use super::model::{Command, Holder, Seat};
use super::store;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::{identity, organisations, places};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal, seal};
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use std::collections::HashMap;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/task-forces", get(list))
        .route("/task-forces/{project}", get(show).post(fill))
        .route("/task-forces/members/{id}/leave", post(vacate))
}

/// Names of everybody who can hold a seat.
struct Names {
    people: HashMap<String, String>,
    organisations: HashMap<String, String>,
}

impl Names {
    async fn load(conn: &mut Conn) -> Result<Names, Problem> {
        let organisations = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
        Ok(Names { people: identity::names(conn).await?, organisations })
    }

    fn of(&self, holder: &Holder) -> &str {
        let found = match holder {
            Holder::Account(account) => self.people.get(account),
            Holder::Organisation(organisation) => self.organisations.get(organisation),
        };
        found.map_or("—", String::as_str)
    }
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let names = Names::load(&mut conn).await?;
    let mut rows = Vec::new();
    for place in places::all(&mut conn).await? {
        if place.kind == places::model::Kind::Project && visitor.may(Verb::Read, &place.path) {
            let members = store::members(&mut conn, &place.id).await?;
            let empty = store::empty_seats(&mut conn, &place.id).await?;
            rows.push((place, members, empty));
        }
    }
    let mut register = Register::new(&visitor, "/task-forces", "task_forces.title", &asked)
        .column("name", "place_kind.project")
        .column("leader", "seat.leader")
        .column("contractor", "seat.contractor")
        .column("empty", "task_forces.empty_seats");
    for (place, members, empty) in rows {
        let holders = |seat: Seat| {
            let held = members.iter().filter(|one| one.seat == seat && one.to.is_none()).map(|one| names.of(&one.holder));
            (Cell::Text(visitor.list(held)), None)
        };
        let seats = visitor.list(empty.iter().map(|seat| visitor.t(&format!("seat.{}", seat.name()))));
        let lamp = match empty.is_empty() {
            true => html! { span.lamp.good { (visitor.t("task_forces.complete")) } },
            false => html! { span.lamp.warn { (seats) } },
        };
        register.row(vec![
            (Cell::Text(place.attributes.name.clone()), Some(html! { a href={ "/task-forces/" (place.id) } { (place.attributes.name) } })),
            holders(Seat::Leader),
            holders(Seat::Contractor),
            (Cell::Text(seats), Some(lamp)),
        ]);
    }
    register.respond(&site, "places.none", |table| {
        let body = html! { h1 { (visitor.t("task_forces.title")) } p.lead { (visitor.t("task_forces.lead")) } (table) };
        page(&site, &visitor, &visitor.t("task_forces.title"), body).into_response()
    })
}

async fn project(site: &Site, visitor: &Visitor, id: &str) -> Result<Place, Problem> {
    visitor.place(&mut site.reader().await?, id).await
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = project(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &place, &asked, &Values::default().with("from", site.clock.today()), None).await
}

async fn show_page(site: &Site, visitor: &Visitor, place: &Place, asked: &Asked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let names = Names::load(&mut conn).await?;
    let members = store::members(&mut conn, &place.id).await?;
    let seats = Seat::ALL.iter().map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("seat.{name}")))).collect();
    let mut holders: Vec<(String, String)> = names.people.iter().map(|(id, name)| (format!("account:{id}"), name.clone())).collect();
    holders.extend(names.organisations.iter().map(|(id, name)| (format!("organisation:{id}"), name.clone())));
    holders.sort_by(|a, b| a.1.cmp(&b.1));
    let may_appoint = visitor.may(Verb::Appoint, &place.path);
    let crumbs = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let mut register = Register::new(visitor, format!("/task-forces/{}", place.id), "task_forces.title", asked)
        .about(&place.attributes.name)
        .column("seat", "field.seat")
        .column("holder", "field.holder")
        .column("from", "field.from")
        .column("to", "field.to")
        .column("reason", "field.reason")
        .acts();
    for member in &members {
        let leave = html! { @if may_appoint && member.to.is_none() {
            details { summary { (visitor.t("task_forces.vacate")) }
                form method="post" action={ "/task-forces/members/" (member.id) "/leave" } {
                    (seal(visitor))
                    label { (visitor.t("field.on")) " " input type="date" name="on" value=(site.clock.today()) required; }
                    label { (visitor.t("field.reason")) " " input name="reason" required; }
                    button type="submit" { (visitor.t("task_forces.vacate")) }
                }
            }
        } };
        register.row(vec![
            (Cell::Text(visitor.t(&format!("seat.{}", member.seat.name()))), None),
            (Cell::Text(names.of(&member.holder).to_owned()), None),
            (Cell::Date(member.from), None),
            (member.to.map_or(Cell::Empty, Cell::Date), None),
            (member.reason.clone().map_or(Cell::Empty, Cell::Text), None),
            (Cell::Empty, Some(leave)),
        ]);
    }
    register.respond(site, "task_forces.nobody", |table| {
        let body = html! {
            (crumbs)
            h1 { (visitor.tf("task_forces.of", &[("project", place.attributes.name.clone())])) }
            (table)
            @if may_appoint {
                h2 { (visitor.t("task_forces.fill")) }
                (Form::new(visitor, format!("/task-forces/{}", place.id), "task_forces.fill", values)
                    .choice("seat", seats, true).choice("holder", holders, true).date("from", true).refused(refused).render())
            }
        };
        form_response(refused, page(site, visitor, &visitor.t("task_forces.title"), body))
    })
}

fn holder(text: &str) -> Option<Holder> {
    match text.split_once(':')? {
        ("account", id) => Some(Holder::Account(id.to_owned())),
        ("organisation", id) => Some(Holder::Organisation(id.to_owned())),
        _ => None,
    }
}

async fn fill(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project(&site, &visitor, &id).await?;
    visitor.need(Verb::Appoint, &place.path)?;
    let done = async {
        let command = Command::Fill {
            member: values.request_id()?,
            project: id.clone(),
            seat: values.choice("seat", Seat::from_name)?,
            holder: values.choice("holder", holder)?,
            from: values.date("from")?,
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/task-forces/{id}")).into_response()),
        Err(problem) => show_page(&site, &visitor, &place, &Asked::default(), &values, Some(&refusal(problem)?)).await,
    }
}

async fn vacate(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let member = store::member(&mut conn, &id).await?.ok_or(missing())?;
    let place = visitor.place_for(&mut conn, &member.project, Verb::Appoint).await?;
    drop(conn);
    let command = Command::Vacate { member: id.clone(), on: values.date("on")?, reason: values.text("reason").into() };
    site.submit(&visitor, values.request_id()?, command).await?;
    Ok(Redirect::to(&format!("/task-forces/{}", place.id)).into_response())
}
