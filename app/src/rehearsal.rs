//! The page of a rehearsal: its clock stands still until a person moves it forward. Only there, never on a real ledger.

use crate::features::authority::{Verb, missing};
use crate::refusal::{Reason, Refusal};
use crate::serve::set_setting;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, refusal};
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use crate::{clock, timers};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::SignedDuration;
use maud::html;

/// The clock moves no further than this at once.
const MOST_AT_ONCE: SignedDuration = SignedDuration::from_hours(366 * 24);

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

async fn advance(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    only_here(&site, &visitor)?;
    let done = async {
        values.check()?;
        let wrong = |code| Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some("at") };
        let wanted = clock::instant(values.date_time("at")?).ok_or(wrong("G-106"))?;
        // A clock never goes back: a mistyped year would spoil the rehearsal for ever.
        if wanted.duration_since(site.clock.now()) > MOST_AT_ONCE {
            return Err(Problem::Refused(wrong("G-115")));
        }
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

#[cfg(test)]
mod tests {
    use crate::on_both_databases;
    use crate::testing::TestSite;

    on_both_databases!(there_is_no_such_page_on_a_real_site, |site| async move {
        let site = site.with_cast().await;
        assert_eq!(site.get("office", "/rehearsal").await.status, 404);
        assert_eq!(site.post("office", "/rehearsal", &[("at", "2027-01-01T08:00")]).await.status, 404);
        site
    });

    #[tokio::test(flavor = "multi_thread")]
    async fn time_moves_forward_by_hand_and_what_is_due_happens() {
        let mut site = TestSite::on_sqlite().await.with_cast().await;
        let drafted = site
            .post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")])
            .await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
        site.become_rehearsal();
        let page = site.get("office", "/rehearsal").await;
        assert_eq!(page.texts("ul.counts b"), ["2026-11-23 09:00"]);
        assert_eq!(page.texts("aside.stamp strong").len(), 1, "every page is stamped");
        assert_eq!(site.post("office", "/rehearsal", &[("at", "2026-11-20T08:00")]).await.status, 422);
        let moved = site.post("office", "/rehearsal", &[("at", "2026-12-24T08:00")]).await;
        assert_eq!(moved.status, 303);
        assert_eq!(
            site.post("office", "/rehearsal", &[("at", "2028-01-24T08:00")]).await.status,
            422,
            "a year at a time"
        );
        let plan = site.get("office", "/plans/ours").await;
        assert!(plan.texts("ul.counts b").contains(&"2026-12-24".to_owned()), "the data date follows the clock");
        assert_eq!(site.get("admin", "/rehearsal").await.status, 200);
        assert_eq!(site.get("builder", "/rehearsal").await.status, 404);
        site.finish().await;
    }
}
