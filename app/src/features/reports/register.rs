//! The reports of a day as a register: every building that owes one or has one, with what it said.

use super::pages::{grade_tag, open_buildings};
use super::store;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::{identity, plan};
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::past;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::html;
use std::collections::HashSet;

/// Of which day and place.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Day {
    on: Option<Date>,
    place: Option<String>,
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor, Query(day): Query<Day>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, day.place.as_deref()).await?;
    let looked = past::look(&site, Some(day.on.unwrap_or(site.clock.today()))).await?;
    let on = looked.day;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let reports = store::of_day(&mut conn, on).await?;
    let last = store::last_days(&mut conn, on).await?;
    let mut owing: HashSet<String> = HashSet::new();
    for plan in plan::store::active(&mut conn).await? {
        owing.extend(open_buildings(&mut conn, &site, &plan.project, &looked).await?);
    }
    drop(conn);
    let mut register = Register::new(&visitor, "/reports/day", "reports.register", &asked)
        .keep("on", on)
        .of_days(on, on)
        .keep("place", &place.id).about(&place.attributes.name)
        .column("project", "place_kind.project")
        .column("building", "place_kind.building")
        .column("state", "field.state")
        .column("by", "reports.filed_by")
        .number("hands", "reports.hands")
        .column("hindrance", "reports.hindrance")
        .column("last", "reports.last_report");
    for building in tree.under(&place) {
        let is_listed = owing.contains(&building.id) || reports.contains_key(&building.id);
        if !is_listed || !visitor.may(Verb::Read, &building.path) {
            continue;
        }
        let project = tree.lineage(building).find(|above| above.kind == Kind::Project);
        let report = reports.get(&building.id);
        let state = match report {
            Some(report) => visitor.t(&format!("grade.{}", report.grade.name())),
            None => visitor.t("reports.not_yet"),
        };
        let shown = match report {
            Some(report) => html! { a href={ "/reports/" (report.id) } { (grade_tag(&visitor, report)) } },
            None => html! { span.lamp.warn { (state) } },
        };
        let said = report.and_then(|report| report.content.hindrance.as_ref()).map(|hindrance| {
            format!("{} {}", visitor.t(&format!("hindrance.{}", hindrance.kind)), hindrance.remark).trim_end().to_owned()
        });
        register.row(vec![
            (project.map_or(Cell::Empty, |project| Cell::Text(project.attributes.name.clone())), None),
            (Cell::Text(building.attributes.name.clone()), None),
            (Cell::Text(state), Some(shown)),
            (report.and_then(|report| names.get(&report.filed_by)).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (report.and_then(store::Report::hands).map_or(Cell::Empty, |hands| Cell::Number(f64::from(hands))), None),
            (said.map_or(Cell::Empty, Cell::Text), None),
            (last.get(&building.id).map_or(Cell::Empty, |day| Cell::Date(*day)), None),
        ]);
    }
    register.respond(&site, "reports.no_active", |table| {
        let back = format!("/reports?on={on}&place={}", form_urlencoded(&place.id));
        let body = html! {
            (crumbs(&visitor, &[(back, visitor.t("reports.title"))]))
            h1 { (place.attributes.name) " · " (visitor.t("reports.register")) " " span.quiet { (on) } }
            (table)
        };
        page(&site, &visitor, &visitor.t("reports.register"), body).into_response()
    })
}
