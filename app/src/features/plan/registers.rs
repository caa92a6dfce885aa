//! Registers over every project a person may read: mandated dates, and versions of plans.

use super::pages::{days_between, float_lamp, float_words, no_activity, source_text};
use super::store;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::{identity, organisations};
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of these registers.
pub(super) fn routes() -> Router<Site> {
    Router::new().route("/mandates", get(mandates)).route("/plan-versions", get(versions))
}

fn is_listed(visitor: &Visitor, place: &Place) -> bool {
    place.kind == Kind::Project && visitor.may(Verb::Read, &place.path)
}

/// A register under the way back to the plans.
fn under_plans(site: &Site, visitor: &Visitor, title: &str, table: Markup) -> Response {
    let back = ("/plans".to_owned(), visitor.t("plans.title"));
    let body = html! { (crumbs(visitor, &[back])) h1 { (visitor.t(title)) } (table) };
    page(site, visitor, &visitor.t(title), body).into_response()
}

async fn mandates(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let issuers: HashMap<String, String> = organisations::all(&mut conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let scheduled = site.domain.networks.all_scheduled(&mut conn).await?;
    drop(conn);
    let today = site.clock.today();
    let mut register = Register::new(&visitor, "/mandates", "plans.mandated_dates", &asked)
        .column("project", "place_kind.project")
        .column("milestone", "plans.milestone")
        .column("finish_by", "plans.finish_by")
        .number("days_left", "plans.days_left")
        .column("forecast", "plans.forecast")
        .number("float", "plans.outlook")
        .column("issuer", "field.issuer")
        .column("document", "field.document")
        .column("edition", "field.edition");
    for place in tree.places().iter().filter(|place| is_listed(&visitor, place)) {
        let Some((_, scheduled)) = scheduled.iter().find(|(project, _)| *project == place.id) else { continue };
        for mandate in &scheduled.mandates {
            let outlook = scheduled.outlook(&mandate.id);
            let float = match outlook {
                None => (Cell::Empty, no_activity(&visitor)),
                Some(outlook) => {
                    let days = outlook.float_days_e3.map_or_else(|| Cell::Text(float_words(&visitor, None).1), |float| Cell::Number(float as f64 / 1000.0));
                    (days, float_lamp(&visitor, outlook.float_days_e3))
                }
            };
            register.row(vec![
                (Cell::Text(place.attributes.name.clone()), Some(html! { a href={ "/plans/" (place.id) } { (place.attributes.name) } })),
                (Cell::Text(visitor.shown(&mandate.name).into_owned()), None),
                (Cell::Date(mandate.finish_by), None),
                (Cell::Number(days_between(today, mandate.finish_by).into()), None),
                (outlook.map_or(Cell::Empty, |outlook| Cell::Date(outlook.forecast)), None),
                (float.0, Some(float.1)),
                (issuers.get(&mandate.issuer).map_or(Cell::Empty, |issuer| Cell::Text(issuer.clone())), None),
                (Cell::Text(mandate.document.clone()), None),
                (Cell::Text(mandate.edition.clone()), None),
            ]);
        }
    }
    register.respond(&site, "plans.no_mandates", |table| under_plans(&site, &visitor, "plans.mandated_dates", table))
}

async fn versions(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let mut register = Register::new(&visitor, "/plan-versions", "plans.versions", &asked)
        .column("project", "place_kind.project")
        .number("version", "plans.version")
        .column("state", "field.state")
        .column("source", "plans.source")
        .number("activities", "plans.activities")
        .column("drafted", "plans.drafted")
        .column("drafted_by", "plans.drafted_by")
        .column("approved", "plans.approval")
        .column("approved_by", "plans.approved_by")
        .column("reason", "field.reason");
    let name = |account: Option<&String>| (account.and_then(|account| names.get(account)).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None);
    for place in tree.places().iter().filter(|place| is_listed(&visitor, place)) {
        for one in store::versions(&mut conn, &place.id).await? {
            let number = visitor.tf("plans.version_number", &[("number", one.ordinal.to_string())]);
            register.row(vec![
                (Cell::Text(place.attributes.name.clone()), Some(html! { a href={ "/plans/" (place.id) } { (place.attributes.name) } })),
                (Cell::Number(one.ordinal as f64), Some(html! { a href={ "/plan-versions/" (one.id) } { (number) } })),
                (Cell::Text(visitor.t(&format!("version_state.{}", one.state.name()))), None),
                (Cell::Text(source_text(&visitor, &one.source)), None),
                (Cell::Number(one.activity_count as f64), None),
                (Cell::Date(one.drafted_on), None),
                name(Some(&one.drafted_by)),
                (one.approved_on.map_or(Cell::Empty, Cell::Date), None),
                name(one.approved_by.as_ref()),
                (one.reason.map_or(Cell::Empty, Cell::Text), None),
            ]);
        }
    }
    drop(conn);
    register.respond(&site, "plans.no_versions", |table| under_plans(&site, &visitor, "plans.versions", table))
}
