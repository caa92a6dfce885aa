//! The year's plan of inspections: how often and how long a project is inspected, and how many have been.

use super::model::Command;
use super::pages::Names;
use super::planning::{Allowed, Ground};
use super::store;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

const HERE: &str = "/inspections/year";

/// How many of how many, by project, as far as whoever plans may know.
pub(super) fn counts(visitor: &Visitor, names: &Names, ground: &Ground) -> Markup {
    let rows = ground.counted.iter().filter(|(place, counted)| **place == counted.project && visitor.may(Verb::Read, names.path(place)));
    html! {
        h2 { (visitor.tf("inspections.year_of", &[("year", ground.today.year().to_string())])) }
        p { (allowed_text(visitor, ground.allowed)) " " a href=(HERE) { (visitor.t("inspections.year")) } }
        div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.year")) { table {
            thead { tr { th { (visitor.t("field.place")) } th.number { (visitor.t("inspections.year_count")) } } }
            tbody { @for (place, counted) in rows { tr {
                th scope="row" { (names.place(place)) }
                td.number { (counted.visits) " / " (ground.allowed.visits) @if ground.is_full(place) { " " span.lamp.warn { (visitor.t("inspections.year_full")) } } }
            } } }
        } }
    }
}

pub(super) fn allowed_text(visitor: &Visitor, allowed: Allowed) -> String {
    visitor.tf("inspections.year_allows", &[("visits", allowed.visits.to_string()), ("days", allowed.days.to_string())])
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    let year = site.clock.today().year();
    let (allowed, _) = store::allowed(&mut site.reader().await?, year).await?;
    let values = Values::default().with("plan_year", year).with("visits", allowed.visits).with("visit_days", allowed.days);
    year_page(&site, &visitor, &values, None).await
}

async fn year_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (names, today) = (Names::read(&mut conn, site).await?, site.clock.today());
    let projects: Vec<String> = names.tree.places().iter().filter(|place| place.kind == Kind::Project).map(|place| place.id.clone()).collect();
    let account = visitor.account.as_deref().unwrap_or_default();
    let ground = store::ground(&mut conn, &projects, account, today).await?;
    let mut years = Vec::new();
    for year in [today.year(), today.year() + 1] {
        years.push((year, store::allowed(&mut conn, year).await?));
    }
    drop(conn);
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.year")) }
        p.lead { (visitor.t("inspections.year_lead")) }
        dl.facts { @for (year, (allowed, number)) in &years {
            dt { (year) }
            dd { (allowed_text(visitor, *allowed)) " " @match number {
                Some(number) => a href={ "/facts?subject=inspections-" (year) } { "№ " (number) },
                None => a href="/inspections/rules" { (visitor.t("inspections.year_unplanned")) },
            } }
        } }
        (counts(visitor, &names, &ground))
        @if visitor.may(Verb::Approve, "/") {
            section.sheet.no-print {
                h2 { (visitor.t("inspections.plan_year")) }
                (Form::new(visitor, HERE, "inspections.plan_year", values).text("plan_year").text("visits").text("visit_days").lines("reason", true).refused(refused).render())
            }
        }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("inspections.year"), body)))
}

pub(super) async fn plan(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Approve, "/")?;
    let done = async {
        let number = |name| values.opt_number(name).map(Option::unwrap_or_default);
        let command = Command::PlanYear {
            year: values.opt_number("plan_year")?.unwrap_or_default(),
            visits: number("visits")?,
            days: number("visit_days")?,
            reason: values.text("reason").to_owned(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(HERE).into_response()),
        Err(problem) => year_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}
