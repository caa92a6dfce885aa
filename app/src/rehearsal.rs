//! The page of a rehearsal: its clock stands still until a person moves it forward. Only there, never on a real ledger.

use crate::features::authority::{Verb, missing};
use crate::serve::set_setting;
use crate::web::Site;
use crate::web::forms::{Form, Values, refusal};
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use crate::refusal::{Reason, Refusal};
use crate::{clock, timers};
use axum::Router;
use axum::extract::{Form as Body, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::html;

/// Routes of a rehearsal.
pub fn routes() -> Router<Site> {
    Router::new().route("/rehearsal", get(show).post(advance))
}

fn only_here(site: &Site, visitor: &Visitor) -> Result<(), Problem> {
    visitor.permit()?;
    let may = visitor.rights.may_somewhere(Verb::Govern) || visitor.rights.may_somewhere(Verb::Administer);
    if site.stamps.is_rehearsal && may { Ok(()) } else { Err(missing().into()) }
}

async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    only_here(&site, &visitor)?;
    Ok(form_page(&site, &visitor, &Values::default(), None))
}

fn form_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Response {
    let now = clock::civil(site.clock.now()).strftime("%Y-%m-%d %H:%M").to_string();
    let body = html! {
        h1 { (visitor.t("rehearsal.title")) }
        p.lead { (visitor.t("rehearsal.lead")) }
        ul.counts { li { b { (now) } span { (visitor.t("rehearsal.now")) } } }
        (Form::new(visitor, "/rehearsal", "rehearsal.advance", values).date_time("at", true).refused(refused).render())
    };
    let status = refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason));
    (status, page(site, visitor, &visitor.t("rehearsal.title"), body)).into_response()
}

async fn advance(State(site): State<Site>, visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    only_here(&site, &visitor)?;
    let values = Values::new(pairs);
    let done = async {
        let wrong = |code| Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some("at") };
        let wanted = values.text("at").parse().ok().and_then(clock::instant).ok_or(wrong("G-106"))?;
        if !site.clock.advance(wanted) {
            return Err(Problem::Refused(wrong("G-110")));
        }
        set_setting(&mut site.db.writer().await?, "rehearsal", &wanted.to_string()).await?;
        timers::once(&site).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/rehearsal").into_response()),
        Err(problem) => Ok(form_page(&site, &visitor, &values, Some(&refusal(problem)?))),
    }
}
