//! Float paths to one date: the ways that lead to it, those with the least float first, as lanes and as a table.

use super::bars::address_of;
use super::paper;
use super::pages::short_date;
use crate::db::Conn;
use crate::features::authority::missing;
use crate::features::places::Tree;
use crate::features::places::store::Place;
use crate::features::plan::network::Scheduled;
use crate::features::plan::pages::{days_between, float_lamp, float_words, project};
use crate::features::plan::store::Bar;
use crate::web::extract::Query;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use guatu_formats::charts::bars::Flag;
use guatu_formats::charts::paths::{self, Lane, PathChart, Words, Work};
use guatu_formats::charts::{Heading, Ink, Lamp, LampWords, Sheet};
use guatu_kernel::drawing::closed_days;
use guatu_kernel::plan::Plan;
use guatu_kernel::{PathOrder, PathTo, float_paths};
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use std::sync::Arc;

/// Paths that are drawn and listed.
const MOST_PATHS: usize = 10;
/// Width of a screen in pixels.
const SCREEN_PX: f64 = 1840.0;

/// Routes of float paths.
pub fn routes() -> Router<Site> {
    Router::new().route("/wall/paths", get(board)).route("/wall/paths.pdf", get(pdf))
}

/// Where the paths to an activity are.
pub fn address(project: &str, activity: &str) -> String {
    format!("/wall/paths?project={}&activity={}", form_urlencoded(project), form_urlencoded(activity))
}

/// What an address asks for.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    /// The project.
    #[serde(default)]
    project: String,
    /// The activity that paths lead to; the first mandated date when absent.
    activity: Option<String>,
    /// `free` for the order by free float.
    by: Option<String>,
    /// Paper, `A0` to `A3`.
    size: Option<String>,
    /// `mono` for black and white.
    ink: Option<String>,
}

impl Asked {
    fn order(&self) -> PathOrder {
        if self.by.as_deref() == Some("free") { PathOrder::FreeFloat } else { PathOrder::TotalFloat }
    }
}

/// The paths to an activity, ready to be drawn and listed.
struct PathSheet {
    project: Place,
    tree: Arc<Tree>,
    scheduled: Arc<Scheduled>,
    plan: Arc<Plan>,
    /// Position of the activity that they lead to.
    at: usize,
    paths: Vec<PathTo>,
}

/// Gathers the paths that an address asks for; an activity that is not in the plan answers as a missing one. `None` where nothing
/// is approved or nothing is mandated and nothing is asked for.
async fn gather(conn: &mut Conn, site: &Site, visitor: &Visitor, asked: &Asked) -> Result<(Place, Option<PathSheet>), Problem> {
    let project = project(conn, visitor, &asked.project).await?;
    let Some(laid) = site.domain.networks.laid_over(conn, &project.id, None).await? else { return Ok((project, None)) };
    let scheduled = site.domain.networks.scheduled(conn, &project.id).await?;
    let of_mandate = scheduled.mandates.iter().find(|mandate| laid.base.index.contains_key(&mandate.activity));
    let Some(activity) = asked.activity.clone().or_else(|| of_mandate.map(|mandate| mandate.activity.clone())) else { return Ok((project, None)) };
    let at = *laid.base.index.get(&activity).ok_or(missing())?;
    let tree = site.domain.places.tree(conn).await?;
    let (order, plan) = (asked.order(), Arc::new(laid.plan));
    let given = plan.clone();
    let paths = tokio::task::spawn_blocking(move || float_paths(&given, at, order, MOST_PATHS)).await.context("finding paths")?;
    Ok((project.clone(), Some(PathSheet { project, tree, scheduled, plan, at, paths })))
}

impl PathSheet {
    /// The bar of an activity; waiting for another project has none.
    fn bar(&self, activity: usize) -> Option<&Bar> {
        self.scheduled.bars.get(activity).filter(|bar| bar.ordinal as usize == activity)
    }

    fn place(&self, activity: usize) -> Option<&str> {
        let place = self.bar(activity)?.place.as_deref().and_then(|id| self.tree.get(id))?;
        (place.id != self.project.id).then_some(place.attributes.name.as_str())
    }

    /// The name of an activity with its place before it.
    fn name(&self, visitor: &Visitor, activity: usize) -> String {
        let own = visitor.shown(&self.plan.activities[activity].name);
        self.place(activity).map_or_else(|| own.to_string(), |place| format!("{place} {own}"))
    }

    /// Works of a path that have bars.
    fn works<'a>(&'a self, path: &'a PathTo) -> impl Iterator<Item = (usize, &'a Bar, (Date, Date))> {
        path.activities.iter().filter_map(|at| self.bar(*at).and_then(|bar| Some((*at, bar, bar.early?))))
    }

    /// The name of the date that paths lead to.
    fn title(&self, visitor: &Visitor) -> String {
        let id = &self.plan.activities[self.at].id;
        let mandate = self.scheduled.mandates.iter().find(|mandate| mandate.activity == *id);
        mandate.map_or_else(|| self.name(visitor, self.at), |mandate| visitor.shown(&mandate.name).into_owned())
    }

    fn lane(&self, visitor: &Visitor, path: &PathTo) -> Lane {
        let mut place = None;
        let works = self.works(path).map(|(at, bar, dates)| {
            // Who begins names the place; whoever goes on there need not.
            let here = self.place(at);
            let name = if here == place { visitor.shown(&bar.name).into_owned() } else { self.name(visitor, at) };
            place = here;
            Work {
                tip: format!("{} · {} – {}", self.name(visitor, at), dates.0, dates.1),
                name,
                dates,
                is_milestone: bar.kind == "milestone",
                is_begun: bar.actual_start.is_some(),
                href: Some(address_of(&self.project.id, &bar.activity)),
            }
        });
        let works = works.collect();
        let (lamp, float) = float_words(visitor, Some(e3(path.float_days)));
        let joins = path.joins.and_then(|joined| self.stands(joined));
        Lane { float, lamp: lamp_of(lamp), works, joins }
    }

    /// The lane and place in it at which an activity stands.
    fn stands(&self, activity: usize) -> Option<(usize, usize)> {
        let at = |path: &PathTo| self.works(path).position(|(at, ..)| at == activity);
        self.paths.iter().enumerate().find_map(|(lane, path)| Some((lane, at(path)?)))
    }

    fn chart(&self, site: &Site, visitor: &Visitor, sheet: Sheet, ink: Ink) -> PathChart {
        let today = site.clock.today();
        let id = &self.plan.activities[self.at].id;
        let flag = |mandate: &crate::features::plan::store::Mandate| Flag {
            on: mandate.finish_by,
            label: format!("{} {}", visitor.shown(&mandate.name), super::pages::days_text(visitor, days_between(today, mandate.finish_by))),
            lamp: if self.paths.first().is_some_and(|path| path.float_days < 0.0) { Lamp::Bad } else { Lamp::Good },
        };
        let lanes: Vec<Lane> = self.paths.iter().map(|path| self.lane(visitor, path)).collect();
        let days = || lanes.iter().flat_map(|lane| &lane.works).flat_map(|work| [work.dates.0, work.dates.1]);
        let (first, last) = (days().min().unwrap_or(today), days().max().unwrap_or(today));
        let word = |key: &str| visitor.t(&format!("paths.{key}"));
        PathChart {
            heading: match sheet {
                // The page around it has the title.
                Sheet::Screen { .. } => Heading::default(),
                Sheet::Paper { .. } => Heading {
                    title: format!("{} · {} · {}", self.project.attributes.name, self.title(visitor), word("title")),
                    subtitle: word("reading"),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                },
            },
            label: visitor.tf("paths.label", &[("name", self.title(visitor))]),
            flags: self.scheduled.mandates.iter().filter(|mandate| mandate.activity == *id).map(flag).collect(),
            closed: closed_days(&self.plan, first, last),
            lanes,
            data_date: Some(today),
            sheet,
            ink,
            words: Words {
                first: word("first"),
                room: word("room"),
                data_date: visitor.t("wall.today"),
                more: word("more"),
                lamps: LampWords { bad: word("late"), warn: word("tight"), good: word("free"), ..LampWords::default() },
            },
        }
    }
}

/// Days in thousandths; floats are far smaller than what it holds.
fn e3(days: f64) -> i64 {
    (days * 1000.0).round() as i64
}

fn lamp_of(name: &str) -> Lamp {
    match name {
        "bad" => Lamp::Bad,
        "warn" => Lamp::Warn,
        _ => Lamp::Good,
    }
}

async fn pdf(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (number, ink) = (paper::number_of(asked.size.as_deref())?, paper::ink_of(asked.ink.as_deref()));
    let mut conn = site.reader().await?;
    let (_, sheet) = gather(&mut conn, &site, &visitor, &asked).await?;
    drop(conn);
    let chart = sheet.ok_or(missing())?.chart(&site, &visitor, Sheet::series_a(number), ink);
    paper::print(number, "guatu-paths", move || vec![paths::draw(&chart)]).await
}

async fn board(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (project, sheet) = gather(&mut conn, &site, &visitor, &asked).await?;
    drop(conn);
    let crumbs = html! { p.crumbs { a href={ "/wall?place=" (project.id) } { (project.attributes.name) " · " (visitor.t("nav.wall")) } " › " a href={ "/plans/" (project.id) } { (visitor.t("nav.plans")) } " ›" } };
    let title = visitor.t("paths.title");
    let body = match sheet {
        None => html! { (crumbs) h1 { (title) } p.empty { (visitor.t("paths.no_date")) } },
        Some(sheet) => sheet_body(&site, &visitor, &sheet, &asked, &crumbs).await?,
    };
    Ok(crate::web::layout::shell(&site, &visitor, &title, "wide", body).into_response())
}

async fn sheet_body(site: &Site, visitor: &Visitor, sheet: &PathSheet, asked: &Asked, crumbs: &Markup) -> Result<Markup, Problem> {
    let here = address(&sheet.project.id, &sheet.plan.activities[sheet.at].id);
    let by = if asked.order() == PathOrder::FreeFloat { "&by=free" } else { "" };
    let print = here.replacen("/wall/paths?", "/wall/paths.pdf?", 1);
    let head = html! {
        (crumbs)
        div.bar {
            h1 { (sheet.title(visitor)) " · " (visitor.t("paths.title")) }
            span.end {}
            a.button.second href=(here) aria-current=[by.is_empty().then_some("true")] { (visitor.t("paths.by_total")) }
            a.button.second href={ (here) "&by=free" } aria-current=[(!by.is_empty()).then_some("true")] { (visitor.t("paths.by_free")) }
            details.papers.no-print { summary { (visitor.t("wall.print")) }
                ul { @for size in ["A0", "A1", "A2", "A3"] { li {
                    a href={ (print) (by) "&size=" (size) } { (size) " " (visitor.t("wall.colour")) } " · "
                    a href={ (print) (by) "&size=" (size) "&ink=mono" } { (visitor.t("wall.mono")) }
                } } }
            }
        }
        (others(visitor, sheet, by))
    };
    if sheet.paths.is_empty() {
        return Ok(html! { (head) p.empty { (visitor.t("paths.nothing")) } });
    }
    let chart = sheet.chart(site, visitor, Sheet::Screen { width_px: SCREEN_PX }, Ink::Colour);
    let label = chart.label.clone();
    let drawing = tokio::task::spawn_blocking(move || paths::draw(&chart)).await.context("drawing")?;
    Ok(html! {
        (head)
        p.quiet { (visitor.t("paths.reading")) " " (visitor.t(if by.is_empty() { "paths.total_lead" } else { "paths.free_lead" })) " " span.no-print { (visitor.t("network.scroll")) } }
        figure.drawing {
            div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) }
        }
        h2 { (visitor.t("network.table")) }
        (table(visitor, sheet, site.clock.today()))
    })
}

/// The other mandated dates of the project.
fn others(visitor: &Visitor, sheet: &PathSheet, by: &str) -> Markup {
    let here = &sheet.plan.activities[sheet.at].id;
    let others = sheet.scheduled.mandates.iter().filter(|mandate| mandate.activity != *here);
    let others: Vec<_> = others.collect();
    html! {
        @if !others.is_empty() {
            p.no-print { span.quiet { (visitor.t("paths.others")) } @for mandate in others { " " a href={ (address(&sheet.project.id, &mandate.activity)) (by) } { (visitor.shown(&mandate.name)) } } }
        }
    }
}

fn table(visitor: &Visitor, sheet: &PathSheet, today: Date) -> Markup {
    html! {
        div.scroll.rows tabindex="0" { table {
            thead { tr { th.number { (visitor.t("paths.path")) } th { (visitor.t("field.name")) } th { (visitor.t("wall.forecast")) } th { (visitor.t("paths.float")) } th { (visitor.t("paths.joins")) } } }
            tbody { @for (number, path) in sheet.paths.iter().enumerate() {
                @let last = sheet.works(path).count();
                @for (at, (activity, bar, (start, finish))) in sheet.works(path).enumerate() { tr {
                    td.number { @if at == 0 { strong { (number + 1) } } @else { span.quiet { (number + 1) } } }
                    td { a href=(address_of(&sheet.project.id, &bar.activity)) { (sheet.name(visitor, activity)) } }
                    td.dates { @if start == finish { (short_date(finish, today)) } @else { (short_date(start, today)) " – " (short_date(finish, today)) } }
                    td { @if at == 0 { (float_lamp(visitor, Some(e3(path.float_days)))) } }
                    td { @if at + 1 == last && let Some(joined) = path.joins { "→ " (sheet.name(visitor, joined)) @if let Some((lane, _)) = sheet.stands(joined) { " " span.quiet { "(" (lane + 1) ")" } } } }
                } }
            } }
        } }
    }
}
