//! Pages of links between projects: a shared pipe, road or crew.

use super::model::Command;
use super::pages::project_for;
use super::store;
use crate::features::authority::{Verb, missing};
use crate::features::places;
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, form_response, refusal, seal};
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;

/// Routes of these pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/plans/{project}/ties", get(ties_form).post(tie))
        .route("/ties/{id}/remove", post(untie))
}

async fn ties_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Plan).await?;
    ties_page(&site, &visitor, &place, &Values::default(), None).await
}

async fn ties_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let places = places::all(&mut conn).await?;
    let name = |id: &str| places.iter().find(|place| place.id == id && visitor.may(Verb::Read, &place.path)).map_or("—".to_owned(), |place| place.attributes.name.clone());
    let ties: Vec<_> = store::ties(&mut conn).await?.into_iter().filter(|tie| tie.to_project == place.id || tie.from_project == place.id).collect();
    let projects = places
        .iter()
        .filter(|other| other.kind == places::model::Kind::Project && other.id != place.id && visitor.may(Verb::Plan, &other.path))
        .map(|other| (other.id.clone(), other.attributes.name.clone()))
        .collect();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("plans.ties")) }
        p.lead { (visitor.t("plans.ties_lead")) }
        ul { @for tie in &ties {
            li {
                (name(&tie.from_project)) " " code { (tie.from_activity) } " → " (name(&tie.to_project)) " " code { (tie.to_activity) } " +" (tie.lag_days) " · " (tie.reason)
                @if tie.to_project == place.id && visitor.may(Verb::Plan, &place.path) {
                    details { summary { (visitor.t("plans.untie")) }
                        form method="post" action={ "/ties/" (tie.id) "/remove" } {
                            (seal(visitor))
                            label { (visitor.t("field.reason")) " " input name="reason" required; }
                            button type="submit" { (visitor.t("plans.untie")) }
                        }
                    }
                }
            }
        } }
        (Form::new(visitor, format!("/plans/{}/ties", place.id), "plans.ties", values)
            .choice("from_project", projects, true).text("from_activity").text("to_activity").number("lag_days").text("reason").refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("plans.ties"), body)))
}

async fn tie(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Plan).await?;
    let done = async {
        let lag_days: u16 = values.opt_number("lag_days")?.unwrap_or(0);
        let command = Command::Tie {
            tie: values.request_id()?,
            from_project: values.text("from_project").into(),
            from_activity: values.text("from_activity").into(),
            to_project: id.clone(),
            to_activity: values.text("to_activity").into(),
            lag_days: i32::from(lag_days),
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}/ties")).into_response()),
        Err(problem) => ties_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn untie(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tie = store::tie(&mut conn, &id).await?.ok_or(missing())?;
    project_for(&mut conn, &visitor, &tie.to_project, Verb::Plan).await?;
    drop(conn);
    site.submit(&visitor, values.request_id()?, Command::Untie { tie: id, reason: values.text("reason").into() }).await?;
    Ok(Redirect::to(&format!("/plans/{}/ties", tie.to_project)).into_response())
}
