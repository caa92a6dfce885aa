//! What all projects of one contractor want together of its cranes, crews and formwork, and who holds them.

use super::bars::address_of;
use super::paper;
use super::resources::{panel, table, words};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::organisations;
use crate::features::organisations::store::Organisation;
use crate::features::places::Tree;
use crate::features::places::store::Place;
use crate::features::plan::network::LaidOver;
use crate::features::task_force;
use crate::features::task_force::model::{Holder, Seat};
use crate::web::extract::Query;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use guatu_formats::charts::histogram::{self, Histogram};
use guatu_formats::charts::{Heading, Ink, Sheet};
use guatu_kernel::drawing::{Load, Overload, loads};
use guatu_kernel::plan::Activity;
use guatu_kernel::{Schedule, schedule};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use std::sync::Arc;

/// Width of a screen in pixels.
const SCREEN_PX: f64 = 1840.0;
/// Projects that are counted together at most.
const MOST_PROJECTS: usize = 60;
/// Works that a stretch names at most.
const MOST_NAMES: usize = 8;

/// Routes of contractors.
pub fn routes() -> Router<Site> {
    Router::new().route("/wall/contractor", get(board)).route("/wall/contractor.pdf", get(pdf))
}

/// Where the wants of a contractor are.
pub fn address(organisation: &str) -> String {
    format!("/wall/contractor?organisation={}", form_urlencoded(organisation))
}

/// What an address asks for.
#[derive(Clone, Debug, Deserialize)]
struct Asked {
    /// The contractor.
    #[serde(default)]
    organisation: String,
    /// Paper, `A0` to `A3`.
    size: Option<String>,
    /// `mono` for black and white.
    ink: Option<String>,
}

/// The contractors of a project as links to what they are wanted for in all their projects.
pub async fn links(conn: &mut Conn, visitor: &Visitor, project: &str) -> Result<Markup, Problem> {
    let mut found = Vec::new();
    for member in task_force::store::members(conn, project).await? {
        if let (Seat::Contractor, None, Holder::Organisation(id)) = (member.seat, member.to, member.holder) {
            found.extend(organisations::get(conn, &id).await?);
        }
    }
    Ok(html! { @for one in &found { p.no-print { a href=(address(&one.id)) { (visitor.tf("contractor.all_projects", &[("name", one.name.clone())])) } } } })
}

/// A project of the contractor with its schedule.
struct Project {
    project: Place,
    laid: LaidOver,
    schedule: Schedule,
}

/// The wants of a contractor, ready to be drawn and listed.
struct Wants {
    contractor: Organisation,
    sites: Vec<Project>,
    loads: Vec<Load>,
    /// Projects beyond those that are counted.
    left_out: usize,
    tree: Arc<Tree>,
}

/// Gathers what the projects want that this person may read.
async fn gather(conn: &mut Conn, site: &Site, visitor: &Visitor, asked: &Asked) -> Result<Wants, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let contractor = organisations::get(conn, &asked.organisation).await?.ok_or(missing())?;
    let tree = site.domain.places.tree(conn).await?;
    let named = task_force::store::projects_of(conn, Seat::Contractor, &contractor.id).await?;
    let mut projects: Vec<Place> = named.iter().filter_map(|id| tree.get(id)).filter(|place| visitor.may(Verb::Read, &place.path)).cloned().collect();
    let left_out = projects.len().saturating_sub(MOST_PROJECTS);
    projects.truncate(MOST_PROJECTS);
    let mut laid = Vec::new();
    for project in projects {
        if let Some(plan) = site.domain.networks.laid_over(conn, &project.id, None).await? {
            laid.push((project, plan));
        }
    }
    let counted = tokio::task::spawn_blocking(move || {
        let sites: Vec<Project> = laid.into_iter().map(|(project, laid)| Project { schedule: schedule(&laid.plan), project, laid }).collect();
        let loads = loads(&sites.iter().map(|site| (&site.laid.plan, &site.schedule)).collect::<Vec<_>>());
        (sites, loads)
    });
    let (sites, loads) = counted.await.context("counting")?;
    Ok(Wants { contractor, sites, loads, left_out, tree })
}

impl Wants {
    fn chart(&self, site: &Site, visitor: &Visitor, sheet: Sheet, ink: Ink) -> Histogram {
        Histogram {
            heading: match sheet {
                // The page around it has the title.
                Sheet::Screen { .. } => Heading::default(),
                Sheet::Paper { .. } => Heading {
                    title: format!("{} · {}", self.contractor.name, visitor.t("contractor.title")),
                    subtitle: visitor.t("contractor.reading"),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                },
            },
            label: visitor.tf("resources.label", &[("place", self.contractor.name.clone())]),
            panels: self.loads.iter().map(|load| panel(visitor, load)).collect(),
            data_date: Some(site.clock.today()),
            flags: Vec::new(),
            sheet,
            ink,
            words: words(visitor),
        }
    }

    fn activity(&self, (site, activity): (usize, usize)) -> &Activity {
        &self.sites[site].laid.plan.activities[activity]
    }

    /// Whoever has begun holds what it uses; of the others those with less float come first.
    fn in_order(&self, over: &Overload) -> Vec<((usize, usize), bool)> {
        let holds = |work: (usize, usize)| self.activity(work).actual_start.is_some() && self.activity(work).actual_finish.is_none();
        let float = |(site, activity): (usize, usize)| self.sites[site].schedule.activities[activity].as_ref().and_then(|dates| dates.total_float_days).unwrap_or(f64::MAX);
        let mut works: Vec<((usize, usize), bool)> = over.works.iter().map(|work| (*work, holds(*work))).collect();
        works.sort_by(|one, other| other.1.cmp(&one.1).then(float(one.0).total_cmp(&float(other.0))).then(one.0.cmp(&other.0)));
        works
    }

    fn wanting(&self, visitor: &Visitor, over: &Overload) -> Markup {
        let works = self.in_order(over);
        let more = works.len().saturating_sub(MOST_NAMES);
        html! {
            @for (at, (work, holds)) in works.iter().take(MOST_NAMES).enumerate() {
                @let (project, activity) = (&self.sites[work.0].project, self.activity(*work));
                @let place = activity.place.as_deref().and_then(|id| self.tree.get(id)).map(|place| format!("{} ", place.attributes.name)).unwrap_or_default();
                @if at > 0 { (visitor.t("shell.list_mark")) }
                a href=(address_of(&project.id, &activity.id)) { (project.attributes.name) " " (place) (visitor.shown(&activity.name)) }
                @if *holds { " " span.tag { (visitor.t("contractor.holds")) } }
            }
            @if more > 0 { " " span.quiet { (visitor.tf("resources.more", &[("count", more.to_string())])) } }
        }
    }
}

async fn pdf(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (number, ink) = (paper::number_of(asked.size.as_deref())?, paper::ink_of(asked.ink.as_deref()));
    let mut conn = site.reader().await?;
    let wants = gather(&mut conn, &site, &visitor, &asked).await?;
    drop(conn);
    let chart = wants.chart(&site, &visitor, Sheet::series_a(number), ink);
    paper::print(number, "guatu-contractor", move || histogram::pages(&chart)).await
}

async fn board(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let wants = gather(&mut conn, &site, &visitor, &asked).await?;
    drop(conn);
    let chart = wants.chart(&site, &visitor, Sheet::Screen { width_px: SCREEN_PX }, Ink::Colour);
    let label = chart.label.clone();
    let drawing = tokio::task::spawn_blocking(move || histogram::draw(&chart)).await.context("drawing")?;
    let print = address(&wants.contractor.id).replacen("/wall/contractor?", "/wall/contractor.pdf?", 1);
    let title = format!("{} · {}", wants.contractor.name, visitor.t("contractor.title"));
    let body = html! {
        p.crumbs { a href={ "/organisations/" (wants.contractor.id) } { (wants.contractor.name) } " ›" }
        div.bar {
            h1 { (title) }
            span.end {}
            details.papers.no-print { summary { (visitor.t("wall.print")) }
                ul { @for size in ["A0", "A1", "A2", "A3"] { li {
                    a href={ (print) "&size=" (size) } { (size) " " (visitor.t("wall.colour")) } " · " a href={ (print) "&size=" (size) "&ink=mono" } { (visitor.t("wall.mono")) }
                } } }
            }
        }
        @if !wants.sites.is_empty() { p { (visitor.t("contractor.projects")) @for (at, one) in wants.sites.iter().enumerate() {
            @if at > 0 { (visitor.t("shell.list_mark")) } a href={ "/wall?place=" (one.project.id) "&view=resources" } { (one.project.attributes.name) }
        } @if wants.left_out > 0 { " " span.quiet { (visitor.tf("contractor.left_out", &[("count", wants.left_out.to_string())])) } } } }
        @if wants.loads.is_empty() { p.empty { (visitor.t(if wants.sites.is_empty() { "contractor.none" } else { "resources.nothing" })) } } @else {
            p.quiet { (visitor.t("contractor.reading")) " " span.no-print { (visitor.t("network.scroll")) } }
            figure.drawing { div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) } }
            (table(&visitor, &wants.loads, site.clock.today(), |over| wants.wanting(&visitor, over)))
        }
    };
    Ok(crate::web::layout::shell(&site, &visitor, &title, "wide", body).into_response())
}
