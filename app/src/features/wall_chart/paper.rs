//! The wall chart on paper: A0 to A3, in colour or black and white, as vectors.

use crate::web::extract::Query;
use super::bars::Chart;
use super::links::Shown;
use super::matrix::gather;
use super::model::Lamp;
use super::{flowline as flowlines, resources, risk};
use super::network::{self, Asking, flags};
use super::pages::{Asked, asked_place, cell_label};
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::missing;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::targets::grades::Marks;
use crate::web::{Site, papers};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use guatu_formats::charts::{Heading, Ink, LampWords, Sheet, arrows, bars, fan, flowline, histogram, matrix};
use guatu_formats::pdf;
use tokio::sync::Semaphore;

/// Papers drawn at once: each takes a core.
static DRAWING: Semaphore = Semaphore::const_new(2);

/// `GET /wall.pdf?place=&view=matrix|bars|network|flowline|resources|risk&size=A0…A3&ink=color|mono`. A network that cannot be read on the
/// paper asked for comes on the smallest on which it can.
pub async fn pdf(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (mut number, ink) = (number_of(asked.size.as_deref())?, ink_of(asked.ink.as_deref()));
    let mut conn = site.reader().await?;
    let place = asked_place(&mut conn, &site.domain, &visitor, &asked).await?.ok_or(missing())?;
    let drawing = match asked.view.as_deref() {
        Some("network") if network::has_sheets(place.kind) => {
            let Asking::Drawn(network) = network::gather(&mut conn, &site.domain, &place).await? else { return Err(missing().into()) };
            number = network.least_paper().min(number);
            Drawing::Network(network.chart(&mut conn, &site, &visitor, &place, Sheet::series_a(number), ink).await?)
        }
        Some("flowline") if flowlines::has_floors(place.kind) => {
            let flow = flowlines::gather(&mut conn, &site.domain, &place, site.clock.today()).await?.ok_or(missing())?;
            Drawing::Flowline(flow.chart(&mut conn, &site, &visitor, &place, Sheet::series_a(number), ink).await?)
        }
        Some("resources") if place.kind == Kind::Project => {
            let wants = resources::gather(&mut conn, &site.domain, &place).await?.ok_or(missing())?;
            Drawing::Resources(wants.chart(&mut conn, &site, &visitor, &place, Sheet::series_a(number), ink).await?)
        }
        Some("risk") if place.kind == Kind::Project => {
            Drawing::Risk(risk::paper(&mut conn, &site, &visitor, &place, Sheet::series_a(number), ink).await?)
        }
        view if view == Some("bars") || place.kind == Kind::Building => {
            Drawing::Bars(bar_chart(&mut conn, &site, &visitor, (&place, &asked), Sheet::series_a(number), ink).await?)
        }
        _ => Drawing::Matrix(matrix_chart(&mut conn, &site, &visitor, &place, Sheet::series_a(number), ink).await?),
    };
    drop(conn);
    print(number, "guatu-wall", move || match &drawing {
        Drawing::Bars(chart) => bars::pages(chart),
        Drawing::Matrix(chart) => matrix::pages(chart),
        Drawing::Network(chart) => vec![arrows::draw(chart)],
        Drawing::Flowline(chart) => vec![flowline::draw(chart)],
        Drawing::Resources(chart) => histogram::pages(chart),
        Drawing::Risk(chart) => fan::pages(chart),
    })
    .await
}

/// The number of a paper size; A3 when none is asked for.
pub fn number_of(size: Option<&str>) -> Result<u8, Problem> {
    let known = ["A0", "A1", "A2", "A3"].iter().position(|name| *name == size.unwrap_or("A3"));
    known.and_then(|number| u8::try_from(number).ok()).ok_or(missing().into())
}

/// Colours unless black alone is asked for.
pub fn ink_of(ink: Option<&str>) -> Ink {
    if ink == Some("mono") { Ink::Mono } else { Ink::Colour }
}

/// Drawings on paper of a size, as one file.
pub async fn print(number: u8, name: &str, draw: impl FnOnce() -> Vec<String> + Send + 'static) -> Result<Response, Problem> {
    let Sheet::Paper { width_mm, height_mm } = Sheet::series_a(number) else { return Err(missing().into()) };
    let _turn = DRAWING.acquire().await.context("the queue for drawing is never closed")?;
    let bytes = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<u8>> { Ok(pdf::from_pages(&draw(), width_mm, height_mm, papers::fonts()?)?) })
        .await
        .context("drawing")??;
    let disposition = format!("inline; filename=\"{name}-A{number}.pdf\"");
    Ok(([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

enum Drawing {
    Bars(bars::BarChart),
    Matrix(matrix::Matrix),
    Network(arrows::ArrowChart),
    Flowline(flowline::Flowlines),
    Resources(histogram::Histogram),
    Risk(fan::Fan),
}

fn heading(site: &Site, visitor: &Visitor, place: &Place, key: &str) -> Heading {
    let printed = civil(site.clock.now()).strftime("%Y-%m-%d %H:%M").to_string();
    Heading {
        title: format!("{} · {}", place.attributes.name, visitor.t("nav.wall")),
        subtitle: format!("{} · {printed} · {}", visitor.t(key), Marks::of_visitor(visitor).line(&visitor.t("wall.unmarked"))),
        as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
        stamps: papers::stamps(site, visitor),
    }
}

pub fn lamp_words(visitor: &Visitor) -> LampWords {
    let word = |name: &str| visitor.t(&format!("lamp.{name}"));
    // One shape for both: paper is read with its dates beside it.
    let bad = format!("{} / {}", word("overdue"), word("bad"));
    LampWords { done: word("done"), idle: word("idle"), good: word("good"), warn: word("warn"), bad }
}

async fn bar_chart(conn: &mut Conn, site: &Site, visitor: &Visitor, (place, asked): (&Place, &Asked), sheet: Sheet, ink: Ink) -> Result<bars::BarChart, Problem> {
    let today = site.clock.today();
    let chart = Chart::read(conn, &site.domain, place, today).await?;
    let flags = flags(conn, site, visitor, place, today).await?;
    let rows = chart.rows(place, today, false);
    let links = chart.links(conn, &site.domain, &rows, Shown::of(asked.links.as_deref(), rows.len())).await?;
    let rows = rows
        .into_iter()
        .map(|row| bars::Row {
            kind: match row.bar.kind.as_str() {
                "summary" => bars::Kind::Summary,
                "milestone" => bars::Kind::Milestone,
                _ => bars::Kind::Task,
            },
            label: Marks::marked(&visitor.shown(&row.bar.name), row.grade),
            indent: row.depth as usize,
            baseline: row.bar.baseline,
            forecast: row.bar.early,
            breaks: row.bar.breaks.clone(),
            actual: row.bar.actual_start.map(|start| (start, row.bar.actual_finish)),
            percent: f64::from(row.bar.percent_e3) / 1000.0,
            lamp: row.verdict.lamp,
            front: row.front,
            is_critical: row.bar.is_critical,
            href: None,
        })
        .collect();
    Ok(bars::BarChart {
        heading: heading(site, visitor, place, "wall.bars"),
        rows,
        data_date: Some(today),
        links,
        flags,
        sheet,
        ink,
        words: bars::Words {
            name: visitor.t("field.name"),
            start: visitor.t("plans.start"),
            finish: visitor.t("plans.finish"),
            baseline: visitor.t("wall.baseline"),
            actual: visitor.t("wall.actual"),
            critical: visitor.t("wall.critical"),
            front: visitor.t("wall.front"),
            data_date: visitor.t("wall.today"),
            mandated: visitor.t("plans.milestone"),
            critical_link: visitor.t("links.critical_link"),
            driving_link: visitor.t("links.driving_link"),
            other_link: visitor.t("links.other_link"),
            other_page: visitor.t("links.other_page"),
            left_out: visitor.t("links.left_out"),
            lamps: lamp_words(visitor),
        },
    })
}

async fn matrix_chart(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, sheet: Sheet, ink: Ink) -> Result<matrix::Matrix, Problem> {
    let today = site.clock.today();
    let gathered = gather(conn, &site.domain, place, today).await?;
    let mut groups: Vec<matrix::Group> = Vec::new();
    for row in &gathered.rows {
        let name = gathered.parcel(row).map(|parcel| parcel.attributes.name.clone()).unwrap_or_default();
        if groups.last().is_none_or(|group| group.name != name) {
            groups.push(matrix::Group { name, rows: Vec::new() });
        }
        let cells = row.cells.iter().map(|cell| {
            let cell = cell.as_ref()?;
            let late = cell.latest.filter(|_| cell.count == 1 && cell.lamp != Lamp::Done);
            let note = late.map(|date| visitor.tf("wall.latest", &[("date", super::pages::short_date(date, today))]));
            Some(matrix::Cell { lamp: cell.lamp, text: Marks::marked(&cell_label(visitor, cell, today), cell.grade), note: note.unwrap_or_default(), href: None })
        });
        let drawn = matrix::Row { label: gathered.place(row).attributes.name.clone(), note: row.official.clone(), cells: cells.collect() };
        if let Some(group) = groups.last_mut() {
            group.rows.push(drawn);
        }
    }
    Ok(matrix::Matrix {
        heading: heading(site, visitor, place, "wall.matrix"),
        name: visitor.t("wall.place"),
        stages: gathered.stages.iter().map(|stage| visitor.t(&format!("stage.{stage}"))).collect(),
        groups,
        sheet,
        ink,
        lamps: lamp_words(visitor),
    })
}
