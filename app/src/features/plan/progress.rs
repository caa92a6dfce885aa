//! Pages of progress: what is known of one activity.

use super::model::{Command, Progress};
use super::pages::project_for;
use super::store;
use crate::features::authority::{Verb, missing};
use crate::features::places;
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use maud::html;
use std::collections::HashMap;

/// Routes of these pages.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/plans/{project}/progress", get(progress_form).post(record))
}

async fn progress_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project_for(&mut conn, &visitor, &id, Verb::Report).await?;
    let activity = query.get("activity").cloned().unwrap_or_default();
    let known = store::progress(&mut conn, &id, &activity).await?;
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let values = Values::default()
        .with("actual_start", date(known.actual_start))
        .with("actual_finish", date(known.actual_finish))
        .with("percent", known.percent_e3.map(|percent| (percent / 1000).to_string()).unwrap_or_default())
        .with("remaining_days", known.remaining_days.map(|days| days.to_string()).unwrap_or_default());
    progress_page(&site, &visitor, &place, &activity, &values, None).await
}

async fn progress_page(site: &Site, visitor: &Visitor, place: &Place, activity: &str, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let bar = store::bar(&mut conn, &place.id, activity).await?.ok_or(missing())?;
    let action = format!("/plans/{}/progress?activity={}", place.id, form_urlencoded(activity));
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.shown(&bar.name)) }
        p.lead { (visitor.t("plans.progress_lead")) }
        (Form::new(visitor, action, "plans.record", values)
            .date("actual_start", false).date("actual_finish", false).number("percent").number("remaining_days").opt_text("reason").refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.shown(&bar.name), body)))
}

async fn record(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let place = project_for(&mut site.reader().await?, &visitor, &id, Verb::Report).await?;
    let activity = query.get("activity").cloned().unwrap_or_default();
    let done = async {
        let percent: Option<u32> = values.opt_number("percent")?;
        let progress = Progress {
            actual_start: values.opt_date("actual_start")?,
            actual_finish: values.opt_date("actual_finish")?,
            percent_e3: percent.map(|percent| percent.saturating_mul(1000)),
            remaining_days: values.opt_number("remaining_days")?,
        };
        let command = Command::Record { project: id.clone(), activity: activity.clone(), progress, reason: values.opt("reason") };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/wall/bar?project={id}&activity={}", form_urlencoded(&activity))).into_response()),
        Err(problem) => progress_page(&site, &visitor, &place, &activity, &values, Some(&refusal(problem)?)).await,
    }
}
