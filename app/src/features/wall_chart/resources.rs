//! What the work of a project wants of scarce resources, day by day, beside what there is.

use super::bars::address_of;
use super::contractor;
use super::network::flags;
use super::pages::{Asked, head, short_date};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::Tree;
use crate::features::places::store::Place;
use crate::features::plan::network::LaidOver;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use guatu_formats::charts::histogram::{self, Histogram, Panel, Words};
use guatu_formats::charts::{Heading, Ink, Sheet};
use guatu_kernel::drawing::{Load, Overload, loads};
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;

/// Width of a screen in pixels.
const SCREEN_PX: f64 = 1840.0;
/// Stretches over capacity that are listed of one resource at most; the first come first.
const MOST_STRETCHES: usize = 12;
/// Works that a stretch names at most.
const MOST_NAMES: usize = 6;

/// The wants of a project, ready to be drawn and listed.
pub struct Wants {
    laid: LaidOver,
    loads: Vec<Load>,
    tree: Arc<Tree>,
    project: String,
}

/// The name of a resource: a template's own in the reader's language, any other as the plan writes it.
pub fn name_of(visitor: &Visitor, load: &Load) -> String {
    let key = format!("resource.{}", load.resource);
    if visitor.language.has(&key) { visitor.t(&key) } else { load.resource.clone() }
}

/// A resource as a panel of the drawing.
pub fn panel(visitor: &Visitor, load: &Load) -> Panel {
    let least = load.capacity.iter().map(|(_, units)| *units).min().unwrap_or(0);
    Panel {
        name: name_of(visitor, load),
        peak: visitor.tf("resources.peak", &[("peak", load.peak.to_string()), ("capacity", least.to_string())]),
        wanted: load.wanted.clone(),
        capacity: load.capacity.clone(),
    }
}

/// Words of the drawing.
pub fn words(visitor: &Visitor) -> Words {
    Words {
        wanted: visitor.t("resources.wanted"),
        over: visitor.t("resources.over"),
        capacity: visitor.t("resources.capacity"),
        data_date: visitor.t("wall.today"),
    }
}

/// The days over capacity as a table; `by` tells who wants the resource then.
pub fn table(visitor: &Visitor, loads: &[Load], today: Date, by: impl Fn(&Overload) -> Markup) -> Markup {
    html! {
        h2 { (visitor.t("resources.table")) }
        @if loads.iter().all(|load| load.over.is_empty()) { p { (visitor.t("resources.enough")) } } @else {
            div.scroll.rows tabindex="0" { table {
                thead { tr {
                    th { (visitor.t("resources.resource")) } th { (visitor.t("resources.days")) } th.number { (visitor.t("resources.day_count")) }
                    th.number { (visitor.t("resources.wanted_most")) } th.number { (visitor.t("resources.capacity")) } th { (visitor.t("resources.by")) }
                } }
                tbody { @for load in loads {
                    @for over in load.over.iter().take(MOST_STRETCHES) { tr {
                        td { (name_of(visitor, load)) }
                        td.dates { (short_date(over.from, today)) @if over.to != over.from { " – " (short_date(over.to, today)) } }
                        td.number { (over.days) }
                        td.number { (over.wanted) }
                        td.number { (over.capacity) }
                        td { (by(over)) }
                    } }
                    @let more = load.over.len().saturating_sub(MOST_STRETCHES);
                    @if more > 0 { tr { td { (name_of(visitor, load)) } td.quiet colspan="5" { (visitor.tf("resources.more_stretches", &[("count", more.to_string())])) } } }
                } }
            } }
        }
    }
}

/// Gathers the wants of a project; `None` where nothing is approved.
pub async fn gather(conn: &mut Conn, domain: &Guatu, project: &Place) -> Result<Option<Wants>, Problem> {
    let Some(laid) = domain.networks.laid_over(conn, &project.id, None).await? else { return Ok(None) };
    let tree = domain.places.tree(conn).await?;
    let counted = tokio::task::spawn_blocking(move || {
        let loads = loads(&[(&laid.plan, &guatu_kernel::schedule(&laid.plan))]);
        (laid, loads)
    });
    let (laid, loads) = counted.await.context("counting")?;
    Ok(Some(Wants { laid, loads, tree, project: project.id.clone() }))
}

impl Wants {
    /// The name of an activity with its place before it.
    fn activity(&self, visitor: &Visitor, activity: usize) -> String {
        let one = &self.laid.plan.activities[activity];
        let place = one.place.as_deref().and_then(|id| self.tree.get(id)).map(|place| format!("{} ", place.attributes.name));
        format!("{}{}", place.unwrap_or_default(), visitor.shown(&one.name))
    }

    /// Its drawing on a sheet.
    pub async fn chart(&self, conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, sheet: Sheet, ink: Ink) -> Result<Histogram, Problem> {
        let today = site.clock.today();
        Ok(Histogram {
            heading: match sheet {
                // The page around it has the title.
                Sheet::Screen { .. } => Heading::default(),
                Sheet::Paper { .. } => Heading {
                    title: format!("{} · {}", place.attributes.name, visitor.t("resources.title")),
                    subtitle: visitor.t("resources.reading"),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                },
            },
            label: visitor.tf("resources.label", &[("place", place.attributes.name.clone())]),
            panels: self.loads.iter().map(|load| panel(visitor, load)).collect(),
            data_date: Some(today),
            flags: flags(conn, site, visitor, place, today).await?,
            sheet,
            ink,
            words: words(visitor),
        })
    }

    /// Works that want a resource on days on which there is too little: the first few by name, the others by their number.
    fn wanting(&self, visitor: &Visitor, over: &Overload) -> Markup {
        let more = over.works.len().saturating_sub(MOST_NAMES);
        html! {
            @for (at, (_, activity)) in over.works.iter().take(MOST_NAMES).enumerate() {
                @if at > 0 { (visitor.t("shell.list_mark")) }
                a href=(address_of(&self.project, &self.laid.plan.activities[*activity].id)) { (self.activity(visitor, *activity)) }
            }
            @if more > 0 { " " span.quiet { (visitor.tf("resources.more", &[("count", more.to_string())])) } }
        }
    }
}

/// The wants of a project as a board: the drawing in a frame of its own, and the days over capacity as a table below.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let wants = gather(conn, &site.domain, place).await?;
    let has_papers = wants.as_ref().is_some_and(|wants| !wants.loads.is_empty());
    let heading = head(conn, site, visitor, place, asked, ("resources", has_papers)).await?;
    let Some(wants) = wants else { return Ok(html! { (heading) p.empty { (visitor.t("wall.no_plan")) } }) };
    if wants.loads.is_empty() {
        return Ok(html! { (heading) p.empty { (visitor.t("resources.nothing")) } });
    }
    let chart = wants.chart(conn, site, visitor, place, Sheet::Screen { width_px: SCREEN_PX }, Ink::Colour).await?;
    let (today, label) = (site.clock.today(), chart.label.clone());
    let drawing = tokio::task::spawn_blocking(move || histogram::draw(&chart)).await.context("drawing")?;
    Ok(html! {
        (heading)
        p.quiet { (visitor.t("resources.reading")) @if wants.laid.is_from_template { " " (visitor.t("resources.setting")) } " " span.no-print { (visitor.t("network.scroll")) } }
        figure.drawing {
            div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) }
        }
        (table(visitor, &wants.loads, today, |over| wants.wanting(visitor, over)))
        (contractor::links(conn, visitor, &place.id).await?)
    })
}
