//! Pages of mandated dates: commanding one, asking for another, answering.

use super::model::Command;
use super::pages::project_for;
use super::store::{self, Mandate};
use super::template;
use crate::features::authority::{Verb, missing};
use crate::features::{organisations, places};
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::html;
use std::collections::HashMap;

/// Routes of these pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/plans/{project}/mandate", get(mandate_form).post(mandate))
        .route("/mandates/{id}/change", get(change_form).post(request_change))
        .route("/mandate-requests/{id}", get(answer_form).post(answer))
}

async fn mandate_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Mandate).await?;
    let values = Values::default().with("activity", template::END).with("name", visitor.t("plans.end_milestone"));
    mandate_page(&site, &visitor, &place, &values, None).await
}

/// Activities that a form offers at most.
const MOST_OFFERED: usize = 2_000;

async fn mandate_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let mut names: HashMap<String, String> = HashMap::new();
    for other in places::store::subtree(&mut conn, &place.path).await? {
        names.insert(other.id, other.attributes.name);
    }
    let scheduled = site.domain.networks.scheduled(&mut conn, &place.id).await?;
    let has_milestones = scheduled.bars.iter().any(|bar| bar.kind == "milestone");
    // A plan without milestones is bound at its work.
    let is_offered = |bar: &&store::Bar| if has_milestones { bar.kind == "milestone" } else { bar.kind == "task" };
    let activities = scheduled
        .bars
        .iter()
        .filter(is_offered)
        .take(MOST_OFFERED)
        .map(|bar| {
            let at = bar.place.as_ref().and_then(|place| names.get(place)).map(|name| format!("{name} · ")).unwrap_or_default();
            (bar.activity.clone(), format!("{at}{}", visitor.shown(&bar.name)))
        })
        .collect();
    let issuers = organisations::all(&mut conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("plans.mandate")) }
        p.lead { (visitor.t("plans.mandate_lead")) }
        (Form::new(visitor, format!("/plans/{}/mandate", place.id), "plans.mandate", values)
            .choice("activity", activities, true).text("name").date("finish_by", true).choice("issuer", issuers, true).text("document").text("edition").refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("plans.mandate"), body)))
}

async fn mandate(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Mandate).await?;
    let done = async {
        let command = Command::Mandate {
            mandate: values.request_id()?,
            project: id.clone(),
            activity: values.text("activity").into(),
            name: values.text("name").into(),
            finish_by: values.date("finish_by")?,
            issuer: values.text("issuer").into(),
            document: values.text("document").into(),
            edition: values.text("edition").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{id}")).into_response()),
        Err(problem) => mandate_page(&site, &visitor, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn readable_mandate(site: &Site, visitor: &Visitor, id: &str) -> Result<Mandate, Problem> {
    let mut conn = site.reader().await?;
    let mandate = store::mandate(&mut conn, id).await?.ok_or(missing())?;
    project_for(&mut conn, visitor, &mandate.project, Verb::Plan).await?;
    Ok(mandate)
}

async fn change_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let mandate = readable_mandate(&site, &visitor, &id).await?;
    Ok(change_page(&site, &visitor, &mandate, &Values::default(), None))
}

fn change_page(site: &Site, visitor: &Visitor, mandate: &Mandate, values: &Values, refused: Option<&Refusal>) -> Response {
    let body = html! {
        p.crumbs { a href={ "/plans/" (mandate.project) } { (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.request_change")) }
        p.lead { (mandate.name) " · " (mandate.finish_by) " · " (mandate.document) }
        (Form::new(visitor, format!("/mandates/{}/change", mandate.id), "plans.request_change", values).date("finish_by", true).lines("reason", true).refused(refused).render())
    };
    form_response(refused, page(site, visitor, &visitor.t("plans.request_change"), body))
}

async fn request_change(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let mandate = readable_mandate(&site, &visitor, &id).await?;
    let done = async {
        let command = Command::RequestChange {
            request: values.request_id()?,
            mandate: id.clone(),
            finish_by: values.date("finish_by")?,
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", mandate.project)).into_response()),
        Err(problem) => Ok(change_page(&site, &visitor, &mandate, &values, Some(&refusal(problem)?))),
    }
}

async fn readable_request(site: &Site, visitor: &Visitor, id: &str) -> Result<store::Request, Problem> {
    let mut conn = site.reader().await?;
    let request = store::request(&mut conn, id).await?.ok_or(missing())?;
    project_for(&mut conn, visitor, &request.project, Verb::Mandate).await?;
    Ok(request)
}

async fn answer_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let request = readable_request(&site, &visitor, &id).await?;
    Ok(answer_page(&site, &visitor, &request, &Values::default(), None))
}

fn answer_page(site: &Site, visitor: &Visitor, request: &store::Request, values: &Values, refused: Option<&Refusal>) -> Response {
    let answers = ["accepted", "declined"].map(|answer| (answer.to_owned(), visitor.t(&format!("request_state.{answer}")))).to_vec();
    let body = html! {
        p.crumbs { a href={ "/plans/" (request.project) } { (visitor.t("nav.plans")) } " ›" }
        h1 { (visitor.t("plans.answer")) }
        p.lead { (request.old_finish_by) " → " (request.new_finish_by) " · " (request.reason) }
        (Form::new(visitor, format!("/mandate-requests/{}", request.id), "plans.answer", values)
            .choice("answer", answers, true).lines("reason", true).opt_text("document").opt_text("edition").refused(refused).render())
    };
    form_response(refused, page(site, visitor, &visitor.t("plans.answer"), body))
}

async fn answer(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let request = readable_request(&site, &visitor, &id).await?;
    let done = async {
        let is_accepted = values.choice("answer", |answer| match answer {
            "accepted" => Some(true),
            "declined" => Some(false),
            _ => None,
        })?;
        let command = Command::AnswerChange {
            request: id.clone(),
            is_accepted,
            reason: values.text("reason").into(),
            document: values.text("document").into(),
            edition: values.text("edition").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/plans/{}", request.project)).into_response()),
        Err(problem) => Ok(answer_page(&site, &visitor, &request, &values, Some(&refusal(problem)?))),
    }
}
