//! Alerts, exemptions and seasonal stops as registers: sorted, found, taken away as workbooks.

use super::holidays::festival_stop;
use super::pages::{hour, kind_names, level_lamp, visible_projects};
use super::stops::festival;
use super::store;
use crate::features::authority::Verb;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::locale::Language;
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::collections::{BTreeSet, HashMap};

/// A register under the way back to the calendars.
fn under_calendars(site: &Site, visitor: &Visitor, title: &str, table: Markup) -> Response {
    let back = ("/calendars".to_owned(), visitor.t("calendars.title"));
    let body = html! { (crumbs(visitor, &[back])) h1 { (visitor.t(title)) } (table) };
    page(site, visitor, &visitor.t(title), body).into_response()
}

pub(super) async fn alerts(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let alerts = store::alerts(&mut site.reader().await?).await?;
    let mut register = Register::new(&visitor, "/calendars/alerts", "calendars.alert_register", &asked)
        .column("level", "field.level")
        .column("from", "field.from")
        .column("to", "field.to")
        .column("notice", "field.notice")
        .column("source", "field.source")
        .column("kinds", "calendars.stopped_kinds");
    for alert in &alerts {
        for span in &alert.spans {
            let end = match (span.ends_at, alert.expected_end) {
                (Some(end), _) => hour(end),
                (None, Some(end)) => visitor.tf("calendars.expected", &[("end", hour(end))]),
                (None, None) => visitor.t("calendars.until_notice"),
            };
            register.row(vec![
                (Cell::Text(visitor.t(&format!("alert_level.{}", span.level.name()))), Some(level_lamp(&visitor, span.level))),
                (Cell::Text(hour(span.begins_at)), None),
                (Cell::Text(end), None),
                (Cell::Text(span.notice.clone()), None),
                (Cell::Text(alert.source.clone()), None),
                (Cell::Text(kind_names(&visitor, &span.level.stops())), None),
            ]);
        }
    }
    register.respond(&site, "calendars.no_alerts", |table| under_calendars(&site, &visitor, "calendars.alert_register", table))
}

pub(super) async fn exemptions(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let exemptions = store::exemptions(&mut conn).await?;
    let projects: HashMap<String, String> = visible_projects(&mut conn, &site, &visitor).await?.into_iter().collect();
    drop(conn);
    let mut register = Register::new(&visitor, "/calendars/exemptions", "calendars.exemption_register", &asked)
        .column("project", "place_kind.project")
        .column("document", "field.document")
        .column("level", "calendars.covers")
        .column("kinds", "field.kinds")
        .column("from", "field.from")
        .column("to", "field.to");
    for one in &exemptions {
        let Some(name) = projects.get(&one.project) else { continue };
        register.row(vec![
            (Cell::Text(name.clone()), Some(html! { a href={ "/plans/" (one.project) } { (name) } })),
            (Cell::Text(one.document.clone()), None),
            (Cell::Text(visitor.t(&format!("alert_level.{}", one.level.name()))), Some(level_lamp(&visitor, one.level))),
            (Cell::Text(kind_names(&visitor, &one.kinds)), None),
            (Cell::Date(one.from), None),
            (Cell::Date(one.to), None),
        ]);
    }
    register.respond(&site, "calendars.no_exemptions", |table| under_calendars(&site, &visitor, "calendars.exemption_register", table))
}

/// Stops that people set, by year: around the Spring Festival, where nothing is set the usual one, and in winter.
pub(super) async fn seasons(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (festivals, winters) = (store::festivals(&mut conn).await?, store::winters(&mut conn).await?);
    drop(conn);
    let mut register = Register::new(&visitor, "/calendars/seasons", "calendars.season_register", &asked)
        .column("name", "field.name")
        .column("from", "field.from")
        .column("to", "field.to")
        .column("kinds", "calendars.stopped_kinds")
        .column("source", "field.source");
    let year = site.clock.today().year();
    let usual = festival_stop();
    let name = if visitor.language == Language::Zh { &usual.zh } else { &usual.en };
    let set = festivals.iter().filter_map(|period| period.id.parse::<i16>().ok());
    let years: BTreeSet<i16> = set.chain([year, year + 1]).collect();
    for year in years {
        let Some((from, to)) = festival(&festivals, year) else { continue };
        let source = festivals.iter().find(|period| period.id == year.to_string());
        let source = source.map_or_else(|| visitor.t("calendars.unsourced"), |period| period.source.clone());
        let all = visitor.t("calendars.all_kinds");
        let cells = [Cell::Text(format!("{year} {name}")), Cell::Date(from), Cell::Date(to), Cell::Text(all), Cell::Text(source)];
        register.row(cells.into_iter().map(|cell| (cell, None)).collect());
    }
    for period in winters {
        let kinds = Cell::Text(kind_names(&visitor, &period.kinds));
        let cells = [Cell::Text(visitor.t("calendars.winter")), Cell::Date(period.from), Cell::Date(period.to), kinds, Cell::Text(period.source)];
        register.row(cells.into_iter().map(|cell| (cell, None)).collect());
    }
    register.respond(&site, "register.nothing_found", |table| under_calendars(&site, &visitor, "calendars.season_register", table))
}
