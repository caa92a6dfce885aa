//! The bar chart of a place: its rows for the page, for the canvas, and for paper.

use super::model::{RULES, Verdict, verdict};
use super::pages::{Asked, PAGE_LEN, head, short_date};
use crate::db::Conn;
use crate::features::places;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::pages::pager;
use crate::features::plan::store::{self as plans, Bar};
use crate::web::Site;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Json;
use axum::extract::{Query, State};
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A row of the chart: a bar, what its lamp says, and its name with the place where that is not clear from above.
pub struct ChartRow {
    /// The bar.
    pub bar: Bar,
    /// Its lamp.
    pub verdict: Verdict,
    /// Its name for people.
    pub label: String,
    /// Indent.
    pub depth: u64,
}

/// Rows of a place: every activity of a project, those of a parcel or building, or one row a project for a district.
pub async fn chart_rows(conn: &mut Conn, place: &Place, today: Date) -> Result<Vec<ChartRow>, Problem> {
    let under = places::store::subtree(conn, &place.path).await?;
    let row = |bar: Bar, label: String, depth: u64| ChartRow { verdict: verdict(&bar, today, &RULES), bar, label, depth };
    if matches!(place.kind, Kind::District | Kind::Zone) {
        let mut rows = Vec::new();
        for project in under.iter().filter(|other| other.kind == Kind::Project) {
            let bars = plans::bars(conn, &project.id, 0, u64::MAX >> 1).await?;
            if let Some(whole) = whole_project(&project.id, &project.attributes.name, &bars) {
                rows.push(row(whole, project.attributes.name.clone(), 0));
            }
            rows.extend(bars.into_iter().filter(|bar| bar.kind == "milestone" && bar.depth == 0).map(|bar| {
                let label = bar.name.clone();
                row(bar, label, 1)
            }));
        }
        return Ok(rows);
    }
    let Some(project) = project_of(conn, place).await? else { return Ok(Vec::new()) };
    let bars = plans::bars(conn, &project, 0, u64::MAX >> 1).await?;
    let inside: HashSet<&str> = under.iter().map(|other| other.id.as_str()).collect();
    let is_whole = place.kind == Kind::Project;
    Ok(bars
        .into_iter()
        .filter(|bar| is_whole || bar.place.as_deref().is_some_and(|at| inside.contains(at)))
        .map(|bar| {
            let (label, depth) = (bar.name.clone(), bar.depth);
            row(bar, label, depth)
        })
        .collect())
}

/// The project a place belongs to.
async fn project_of(conn: &mut Conn, place: &Place) -> Result<Option<String>, Problem> {
    for id in place.path.trim_matches('/').split('/').rev() {
        if places::get(conn, id).await?.is_some_and(|other| other.kind == Kind::Project) {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

/// One bar over a whole project, from its own bars.
fn whole_project(project: &str, name: &str, bars: &[Bar]) -> Option<Bar> {
    let leaves: Vec<&Bar> = bars.iter().filter(|bar| bar.kind != "summary").collect();
    let extent = |pair: fn(&Bar) -> Option<(Date, Date)>| {
        let pairs: Vec<(Date, Date)> = leaves.iter().filter_map(|bar| pair(bar)).collect();
        Some((pairs.iter().map(|pair| pair.0).min()?, pairs.iter().map(|pair| pair.1).max()?))
    };
    let all_done = !leaves.is_empty() && leaves.iter().all(|bar| bar.actual_finish.is_some());
    // By duration, so that a long stage counts for more than a short one.
    let (mut done, mut whole) = (0i64, 0i64);
    for bar in &leaves {
        if let Some((start, finish)) = bar.baseline {
            let days = i64::from((finish - start).get_days()) + 1;
            done += days * i64::from(bar.percent_e3);
            whole += days;
        }
    }
    Some(Bar {
        project: project.to_owned(),
        ordinal: 0,
        activity: String::new(),
        name: name.to_owned(),
        kind: "summary".into(),
        depth: 0,
        place: Some(project.to_owned()),
        stage: None,
        work_kind: None,
        baseline: extent(|bar| bar.baseline),
        early: extent(|bar| bar.early),
        late: extent(|bar| bar.late),
        float_days_e3: leaves.iter().filter_map(|bar| bar.float_days_e3).min(),
        is_critical: leaves.iter().any(|bar| bar.is_critical),
        actual_start: leaves.iter().filter_map(|bar| bar.actual_start).min(),
        actual_finish: if all_done { leaves.iter().filter_map(|bar| bar.actual_finish).max() } else { None },
        percent_e3: u32::try_from(done.checked_div(whole).unwrap_or(0)).unwrap_or(0),
        driver: "none".into(),
        driver_activity: None,
    })
}

/// Where a row leads.
pub fn address(asked: &Asked, row: &ChartRow) -> String {
    if row.bar.activity.is_empty() {
        return asked.address(&row.bar.project, "matrix");
    }
    format!("/wall/bar?project={}&activity={}", form_urlencoded(&row.bar.project), form_urlencoded(&row.bar.activity))
}

/// The chart as a board: a canvas that a script fills with all rows, over a table that needs none.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let today = site.clock.today();
    let rows = chart_rows(conn, place, today).await?;
    let first = asked.from.unwrap_or(0) as usize;
    let data = format!("/wall/rows.json?place={}", form_urlencoded(&place.id));
    let words: Value = ["wall.baseline", "wall.forecast", "wall.actual", "wall.today", "wall.front", "lamp.done", "lamp.good", "lamp.warn", "lamp.bad", "lamp.idle"]
        .into_iter()
        .map(|key| (key.split('.').next_back().unwrap_or_default().to_owned(), json!(visitor.t(key))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    Ok(html! {
        (head(conn, site, visitor, place, asked, "bars").await?)
        @if rows.is_empty() { p.empty { (visitor.t("wall.no_plan")) } } @else {
            div.gantt hidden data-rows=(data) data-words=(words.to_string()) tabindex="0" role="img" aria-label=(visitor.tf("wall.chart_label", &[("place", place.attributes.name.clone()), ("count", rows.len().to_string())])) { canvas {} }
            div.scroll.rows { table {
                thead { tr {
                    th { (visitor.t("field.name")) } th { (visitor.t("field.state")) } th { (visitor.t("wall.baseline")) } th { (visitor.t("wall.forecast")) }
                    th { (visitor.t("wall.latest_dates")) } th.number { (visitor.t("field.percent")) } th.number { (visitor.t("plans.total_float")) }
                } }
                tbody { @for row in rows.iter().skip(first).take(PAGE_LEN) {
                    @let pair = |pair: Option<(Date, Date)>| pair.map_or("—".to_owned(), |(start, finish)| format!("{} – {}", short_date(start, today), short_date(finish, today)));
                    tr {
                        td class={ "indent-" (row.depth.min(4)) } { a href=(address(asked, row)) { (row.label) } }
                        td { span class={ "lamp " (row.verdict.lamp.name()) } { (visitor.t(&format!("lamp.{}", row.verdict.lamp.name()))) } }
                        td { (pair(row.bar.baseline)) }
                        td { (pair(row.bar.early)) }
                        td { @match row.bar.late { Some((_, finish)) => (short_date(finish, today)), None => "—" } }
                        td.number { (row.bar.percent_e3 / 1000) }
                        td.number { @match row.bar.float_days_e3 { Some(float) => (float / 1000), None => "—" } }
                    }
                } }
            } }
            (pager(visitor, &asked.address(&place.id, "bars"), first, rows.len()))
        }
    })
}

/// Rows for the canvas, as short as they can be said: dates are days since 1970, absent ones null.
///
/// `[label, depth, kind, lamp, baseline start, finish, forecast start, finish, actual start, finish, per cent, address]`
pub async fn rows(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, asked.place.as_deref().unwrap_or_default()).await?;
    let today = site.clock.today();
    let rows = chart_rows(&mut conn, &place, today).await?;
    let mut mandated = Vec::new();
    for mandate in match project_of(&mut conn, &place).await? {
        Some(project) => plans::mandates(&mut conn, &project).await?,
        None => Vec::new(),
    } {
        mandated.push(json!([mandate.name, day(mandate.finish_by)]));
    }
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let bar = &row.bar;
            let (first, second) = (|pair: Option<(Date, Date)>| pair.map(|pair| day(pair.0)), |pair: Option<(Date, Date)>| pair.map(|pair| day(pair.1)));
            json!([
                row.label,
                row.depth,
                bar.kind,
                row.verdict.lamp.name(),
                first(bar.baseline),
                second(bar.baseline),
                first(bar.early),
                second(bar.early),
                bar.actual_start.map(day),
                bar.actual_finish.map(day),
                bar.percent_e3 / 1000,
                address(&asked, row),
            ])
        })
        .collect();
    Ok(Json(json!({ "today": day(today), "rows": rows, "mandated": mandated, "number": site.head() })))
}

/// Days since 1970-01-01.
fn day(date: Date) -> i32 {
    (date - Date::constant(1970, 1, 1)).get_days()
}
