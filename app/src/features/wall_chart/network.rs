//! The arrow diagram (network on a time scale) of a project, parcel or building: from its approved plan to the page, to paper
//! and to the table beside it.
//!
//! It is drawn on the approved plan, as the standard asks: lengths and waves are what was planned, and the front line says
//! where work stands against it. A sheet holds so many works and no more; above that a person is asked for a part.

use super::bars::address_of;
use super::model::front;
use super::pages::{Asked, days_text, goals, head, short_date};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::network::{BasePlan, Scheduled};
use crate::features::plan::pages::days_between;
use crate::features::plan::store as plans;
use crate::features::plan::store::Bar;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use guatu_formats::charts::arrows::{self, ArrowChart, Said, Words};
use guatu_formats::charts::bars::Flag;
use guatu_formats::charts::{Heading, Ink, Lamp, Sheet};
use guatu_kernel::drawing::{Arrow, ArrowDiagram, ArrowKind, FloatPath, Layout, Untold, arrow_diagram, closed_days, lay_out};
use guatu_kernel::plan::{ActivityKind, Moment};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Works and milestones on one sheet at most: more cannot be read.
pub const MOST_WORKS: usize = 300;
/// Mandated dates that are flagged at most.
const MOST_FLAGS: usize = 8;
/// Float paths that are listed.
const PATHS_SHOWN: usize = 6;
/// Names in a sentence about what is not drawn.
const NAMES_SHOWN: usize = 5;

/// Whether a place has sheets of its own.
pub fn has_sheets(kind: Kind) -> bool {
    matches!(kind, Kind::Project | Kind::Parcel | Kind::Building | Kind::Facility)
}

/// What became of asking for a sheet.
pub enum Asking {
    /// No approved plan, or nothing of it here.
    Nothing,
    /// More works than a sheet holds, or more links than can be told apart; the places under it that have fewer.
    TooMany {
        /// How many works and milestones there are.
        count: usize,
        /// Smaller places to choose from.
        parts: Vec<Place>,
    },
    /// The sheet.
    Drawn(Box<NetworkSheet>),
}

/// The network of a place, ready to be drawn and listed.
pub struct NetworkSheet {
    base: Arc<BasePlan>,
    scheduled: Arc<Scheduled>,
    tree: Arc<Tree>,
    project: String,
    /// Whether names of works need the place before them.
    has_places: bool,
    diagram: ArrowDiagram,
    layout: Layout,
}

/// Gathers the sheet of a place.
pub async fn gather(conn: &mut Conn, domain: &Guatu, place: &Place) -> Result<Asking, Problem> {
    let tree = domain.places.tree(conn).await?;
    let Some(project) = tree.lineage(place).find(|other| other.kind == Kind::Project).map(|project| project.id.clone()) else {
        return Ok(Asking::Nothing);
    };
    let Some(state) = plans::project_plan(conn, &project).await? else { return Ok(Asking::Nothing) };
    let version = plans::version(conn, &state.version).await?.context("an approved version is a version")?;
    let base = domain.networks.base(conn, &version.document).await?;
    let scheduled = domain.networks.scheduled(conn, &project).await?;
    let under: HashSet<&str> = tree.under(place).iter().map(|other| other.id.as_str()).collect();
    let is_whole = place.kind == Kind::Project;
    // Bars stand in the order of the plan.
    let is_here = |bar: &Bar| is_whole || bar.place.as_deref().is_some_and(|at| under.contains(at));
    let is_leaf = |bar: &Bar| base.plan.activities.get(bar.ordinal as usize).is_some_and(|one| one.kind != ActivityKind::Summary);
    let here: HashSet<usize> = scheduled.bars.iter().filter(|bar| is_here(bar) && is_leaf(bar)).map(|bar| bar.ordinal as usize).collect();
    let count = here.len();
    let too_many = || {
        let wanted: &[Kind] = if is_whole { &[Kind::Parcel, Kind::Building, Kind::Facility] } else { &[Kind::Building, Kind::Facility] };
        let parts = tree.under(place).iter().filter(|other| other.id != place.id && wanted.contains(&other.kind));
        Asking::TooMany { count, parts: parts.cloned().collect() }
    };
    if count > MOST_WORKS {
        return Ok(too_many());
    }
    // Rows are sought for a while: other requests must not wait for it.
    let kept = base.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let diagram = arrow_diagram(&kept.plan, &kept.baseline, |activity| here.contains(&activity))?;
        let layout = lay_out(&diagram, arrows::apart_days(&diagram));
        Some((diagram, layout))
    });
    let Some((diagram, layout)) = drawn.await.context("drawing")? else { return Ok(too_many()) };
    if diagram.events.is_empty() {
        return Ok(Asking::Nothing);
    }
    let has_places = matches!(place.kind, Kind::Project | Kind::Parcel);
    Ok(Asking::Drawn(Box::new(NetworkSheet { base, scheduled, tree, project, has_places, diagram, layout })))
}

/// A row of the table: an arrow of work or waiting, or a milestone.
struct Row<'a> {
    numbers: String,
    name: String,
    bar: Option<&'a Bar>,
    days: Option<f64>,
    dates: Option<(Date, Date)>,
    floats: Option<(f64, f64)>,
    is_critical: bool,
}

impl NetworkSheet {
    /// The smallest paper on which it can be read.
    pub fn least_paper(&self) -> u8 {
        arrows::least_paper(&self.diagram, &self.layout).unwrap_or(0)
    }

    /// Its drawing on a sheet.
    pub async fn chart(&self, conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, sheet: Sheet, ink: Ink) -> Result<ArrowChart, Problem> {
        let today = site.clock.today();
        let said = (0..self.diagram.arrows.len()).map(|number| self.said(visitor, number, today)).collect();
        let milestones = self.diagram.events.iter().enumerate().map(|(event, shown)| {
            let names: Vec<String> = shown.milestones.iter().map(|activity| self.name(visitor, *activity, self.has_places)).collect();
            Said {
                tip: format!("{} · {} · {}", self.layout.numbers[event], visitor.list(&names), self.day(shown.day, false)),
                href: shown.milestones.first().map(|activity| self.href(*activity)),
                name: if names.is_empty() { String::new() } else { visitor.list(shown.milestones.iter().map(|activity| self.name(visitor, *activity, false))) },
                ..Said::default()
            }
        });
        let word = |key: &str| visitor.t(&format!("network.{key}"));
        let last = self.diagram.events.iter().map(|event| event.day).fold(0.0, f64::max);
        let last = self.diagram.first.saturating_add((last.ceil() as i64).days());
        Ok(ArrowChart {
            heading: match sheet {
                // The page around it has the title.
                Sheet::Screen { .. } => Heading::default(),
                Sheet::Paper { .. } => Heading {
                    title: format!("{} · {}", place.attributes.name, visitor.t("network.title")),
                    subtitle: self.subtitle(visitor, place),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                },
            },
            label: visitor.tf("network.label", &[("place", place.attributes.name.clone()), ("count", self.work_count().to_string())]),
            milestones: milestones.collect(),
            said,
            data_date: Some(today),
            flags: flags(conn, site, visitor, place, today).await?,
            closed: closed_days(&self.base.plan, self.diagram.first, last),
            // A page says them under the drawing.
            notes: if matches!(sheet, Sheet::Paper { .. }) { self.notes(visitor) } else { Vec::new() },
            sheet,
            ink,
            words: Words {
                critical: word("critical"),
                work: word("work"),
                float: visitor.t("network.float"),
                dummy: word("dummy"),
                waiting: word("waiting"),
                front: visitor.t("wall.front"),
                data_date: visitor.t("wall.today"),
                mandated: visitor.t("chart.mandated"),
                milestone: word("milestone"),
                unnamed: word("unnamed"),
            },
            diagram: self.diagram.clone(),
            layout: self.layout.clone(),
        })
    }

    /// How many works there are.
    fn work_count(&self) -> usize {
        let works: HashSet<usize> = self.diagram.arrows.iter().filter_map(activity_of).collect();
        works.len()
    }

    fn subtitle(&self, visitor: &Visitor, place: &Place) -> String {
        let above = self.tree.lineage(place).skip(1).find(|other| other.kind == Kind::Project);
        let reading = visitor.t("network.reading");
        above.map_or_else(|| reading.clone(), |project| format!("{} · {reading}", project.attributes.name))
    }

    fn bar(&self, activity: usize) -> Option<&Bar> {
        self.scheduled.bars.get(activity).filter(|bar| bar.ordinal as usize == activity)
    }

    /// The name of an activity, with its place before it where several places stand on the sheet.
    fn name(&self, visitor: &Visitor, activity: usize, with_place: bool) -> String {
        let name = visitor.shown(&self.base.plan.activities[activity].name).into_owned();
        let at = self.bar(activity).and_then(|bar| bar.place.as_deref()).and_then(|id| self.tree.get(id));
        match at.filter(|at| with_place && at.kind != Kind::Project) {
            Some(at) => format!("{} {name}", at.attributes.name),
            None => name,
        }
    }

    fn href(&self, activity: usize) -> String {
        address_of(&self.project, &self.base.plan.activities[activity].id)
    }

    /// The day of a position; the last day before it for an end.
    fn day(&self, position: f64, is_end: bool) -> Date {
        let days = if is_end { position.ceil() as i64 - 1 } else { position.floor() as i64 };
        self.diagram.first.saturating_add(days.days())
    }

    /// The first work of each place on the sheet: it says whose row begins.
    fn is_first_of_place(&self, activity: usize) -> bool {
        let place = |activity: usize| self.bar(activity).and_then(|bar| bar.place.as_deref());
        let works = self.diagram.arrows.iter().filter_map(|arrow| Some((arrow.from_day, activity_of(arrow)?)));
        let own = works.filter(|(_, other)| place(*other) == place(activity));
        own.min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))).is_some_and(|(_, first)| first == activity)
    }

    fn said(&self, visitor: &Visitor, number: usize, today: Date) -> Said {
        let arrow = &self.diagram.arrows[number];
        let numbers = format!("{}–{}", self.layout.numbers[arrow.tail], self.layout.numbers[arrow.head]);
        match arrow.kind {
            ArrowKind::Dummy => Said::default(),
            ArrowKind::Waiting { .. } => {
                let name = visitor.t("network.waiting");
                Said { tip: format!("{numbers} · {name}"), days: self.days(arrow), name, ..Said::default() }
            }
            ArrowKind::Work { activity, part, parts } => {
                let part_of = |name: String| if parts > 1 { format!("{name} {}/{parts}", part + 1) } else { name };
                let begins = self.has_places && part == 0 && self.is_first_of_place(activity);
                let (from, to) = (self.day(arrow.from_day, false), self.day(arrow.solid_day, true));
                let front = self.bar(activity).and_then(|bar| front(bar, today)).filter(|front| {
                    // Of a work in parts, the part on which the front stands; those before and after it have none.
                    let day = f64::from((*front - self.diagram.first).get_days());
                    let is_last = part + 1 == parts;
                    (part == 0 || day >= arrow.from_day) && (is_last || day < arrow.solid_day)
                });
                Said {
                    name: part_of(self.name(visitor, activity, begins)),
                    days: self.days(arrow),
                    tip: format!("{numbers} · {} · {from} – {to}", part_of(self.name(visitor, activity, self.has_places))),
                    href: Some(self.href(activity)),
                    front,
                }
            }
        }
    }

    /// Working days of an arrow: a work that is drawn whole has its planned duration, a part or waiting its calendar days.
    fn days(&self, arrow: &Arrow) -> String {
        let planned = match arrow.kind {
            ArrowKind::Work { activity, parts: 1, .. } => match self.base.plan.activities[activity].duration {
                guatu_kernel::plan::Span::Working { days_e3, minutes: 0 } => Some(days_e3 as f64 / 1000.0),
                _ => None,
            },
            _ => None,
        };
        rounded(planned.unwrap_or(arrow.solid_day - arrow.from_day))
    }

    /// What the drawing does not say, in sentences.
    fn notes(&self, visitor: &Visitor) -> Vec<String> {
        let plan = &self.base.plan;
        let mut told: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for one in &self.diagram.untold {
            let link = |at: usize| {
                let called = |id: &str| self.base.index.get(id).map_or_else(|| id.to_owned(), |at| self.name(visitor, *at, true));
                format!("{} → {}", called(&plan.links[at].from), called(&plan.links[at].to))
            };
            let (key, text) = match *one {
                Untold::Undated { activity } => ("undated", self.name(visitor, activity, self.has_places)),
                Untold::Hammock { activity } => ("hammock", self.name(visitor, activity, self.has_places)),
                Untold::Against { link: at } => ("against", link(at)),
                Untold::Kind { link: at } => ("kind", link(at)),
                // Names of works that are not on the sheet belong to places that a reader may not see.
                Untold::Outside { .. } => ("outside", String::new()),
            };
            told.entry(key).or_default().push(text);
        }
        let sentence = |(key, texts): (&str, Vec<String>)| {
            let names = visitor.list(texts.iter().filter(|text| !text.is_empty()).take(NAMES_SHOWN));
            visitor.tf(&format!("network.untold_{key}"), &[("count", texts.len().to_string()), ("names", names)])
        };
        told.into_iter().map(sentence).collect()
    }

    /// Float paths with works on them, the least float first: days of float, and the works in order, each once.
    fn paths(&self) -> Vec<(f64, Vec<usize>)> {
        let works = |path: FloatPath| {
            let mut works: Vec<usize> = path.arrows.iter().filter_map(|arrow| activity_of(&self.diagram.arrows[*arrow])).collect();
            works.dedup();
            (path.float_days, works)
        };
        let paths = self.diagram.float_paths(usize::MAX).into_iter().map(works);
        paths.filter(|(_, works)| !works.is_empty()).take(PATHS_SHOWN).collect()
    }

    /// Rows of the table by the numbers of their events.
    fn rows<'a>(&'a self, visitor: &Visitor) -> Vec<Row<'a>> {
        let mut rows: Vec<((u32, u32), Row<'a>)> = Vec::new();
        let floats = |activity: usize| {
            let dates = self.base.baseline.activities.get(activity).and_then(Option::as_ref)?;
            dates.total_float_days.zip(dates.free_float_days)
        };
        for (number, arrow) in self.diagram.arrows.iter().enumerate() {
            let key = (self.layout.numbers[arrow.tail], self.layout.numbers[arrow.head]);
            let activity = activity_of(arrow);
            if arrow.kind == ArrowKind::Dummy {
                continue;
            }
            let said = self.said(visitor, number, self.diagram.first);
            let name = match arrow.kind {
                ArrowKind::Work { activity, part, parts } if parts > 1 => format!("{} {}/{parts}", self.name(visitor, activity, self.has_places), part + 1),
                ArrowKind::Work { activity, .. } => self.name(visitor, activity, self.has_places),
                _ => said.name,
            };
            rows.push((
                key,
                Row {
                    numbers: format!("{}–{}", key.0, key.1),
                    name,
                    bar: activity.and_then(|activity| self.bar(activity)),
                    days: said.days.parse().ok(),
                    dates: Some((self.day(arrow.from_day, false), self.day(arrow.solid_day, true))),
                    floats: activity.and_then(floats),
                    is_critical: arrow.is_critical,
                },
            ));
        }
        for (event, shown) in self.diagram.events.iter().enumerate() {
            for activity in &shown.milestones {
                let dates = self.base.baseline.activities[*activity].as_ref();
                let on = dates.map(|dates| Moment::date(dates.early_finish));
                rows.push((
                    (self.layout.numbers[event], 0),
                    Row {
                        numbers: self.layout.numbers[event].to_string(),
                        name: self.name(visitor, *activity, self.has_places),
                        bar: self.bar(*activity),
                        days: None,
                        dates: on.map(|on| (on, on)),
                        floats: floats(*activity),
                        is_critical: self.diagram.arrows.iter().any(|arrow| arrow.is_critical && (arrow.tail == event || arrow.head == event)),
                    },
                ));
            }
        }
        rows.sort_by_key(|(key, _)| *key);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

fn activity_of(arrow: &Arrow) -> Option<usize> {
    match arrow.kind {
        ArrowKind::Work { activity, .. } => Some(activity),
        _ => None,
    }
}

/// A number of days as people write it.
fn rounded(days: f64) -> String {
    let tenths = (days * 10.0).round() / 10.0;
    format!("{tenths}")
}

/// Mandated dates at, above or under a place as flags of a drawing.
pub async fn flags(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, today: Date) -> Result<Vec<Flag>, Problem> {
    let goals = goals(conn, &site.domain, place).await?;
    let flag = |goal: super::pages::Goal| Flag {
        on: goal.mandate.finish_by,
        label: format!("{} {}", visitor.shown(&goal.mandate.name), days_text(visitor, days_between(today, goal.mandate.finish_by))),
        lamp: if !goal.is_planned || goal.float_days_e3.is_some_and(|float| float < 0) { Lamp::Bad } else { Lamp::Good },
    };
    Ok(goals.into_iter().take(MOST_FLAGS).map(flag).collect())
}

/// The network as a board: the drawing in a frame of its own, and its facts as a table below.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let gathered = gather(conn, &site.domain, place).await?;
    let heading = head(conn, site, visitor, place, asked, ("network", matches!(gathered, Asking::Drawn(_)))).await?;
    let sheet = match gathered {
        Asking::Nothing => return Ok(html! { (heading) p.empty { (visitor.t("wall.no_plan")) } }),
        Asking::TooMany { count, parts } => {
            let most = MOST_WORKS.to_string();
            return Ok(html! {
                (heading)
                p.notice {
                    @if count > MOST_WORKS { (visitor.tf("network.too_many", &[("count", count.to_string()), ("most", most)])) }
                    @else { (visitor.t("network.tangled")) }
                }
                // Parcels stand before their buildings; each begins a line of its own.
                @for (at, part) in parts.iter().enumerate() {
                    @if at > 0 && part.kind == Kind::Parcel { br; }
                    a href=(asked.address(&part.id, "network")) { @if part.kind == Kind::Parcel { strong { (part.attributes.name) } } @else { (part.attributes.name) } } " "
                }
            });
        }
        Asking::Drawn(sheet) => sheet,
    };
    let today = site.clock.today();
    let screen = Sheet::Screen { width_px: arrows::screen_px(&sheet.diagram) };
    let chart = sheet.chart(conn, site, visitor, place, screen, Ink::Colour).await?;
    let (label, notes) = (chart.label.clone(), sheet.notes(visitor));
    let drawing = tokio::task::spawn_blocking(move || arrows::draw(&chart)).await.context("drawing")?;
    let rows = sheet.rows(visitor);
    Ok(html! {
        (heading)
        p.quiet { (visitor.t("network.reading")) " " span.no-print { (visitor.t("network.scroll")) } }
        figure.drawing {
            div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) }
        }
        @for note in &notes { p.quiet { (note) } }
        h2 { (visitor.t("network.paths")) }
        p.quiet { (visitor.t("network.paths_lead")) }
        ol.paths { @for (float_days, works) in sheet.paths() { li {
            strong { (visitor.tf("network.path_float", &[("days", rounded(float_days))])) } " "
            @for (at, activity) in works.iter().enumerate() { @if at > 0 { " → " } a href=(sheet.href(*activity)) { (sheet.name(visitor, *activity, sheet.has_places)) } }
        } } }
        h2 { (visitor.t("network.table")) }
        div.scroll.rows tabindex="0" { table {
            thead { tr {
                th { (visitor.t("field.name")) } th.number { (visitor.t("network.events")) } th.number { (visitor.t("network.days")) } th { (visitor.t("wall.baseline")) }
                th.number { (visitor.t("plans.total_float")) } th.number { (visitor.t("network.float")) }
            } }
            tbody { @for row in &rows { tr {
                td { @match row.bar {
                    Some(bar) => a href=(address_of(&sheet.project, &bar.activity)) { @if row.is_critical { strong { (row.name) } } @else { (row.name) } },
                    None => (row.name),
                } }
                td.number { (row.numbers) }
                td.number { @if let Some(days) = row.days { (rounded(days)) } }
                td.dates { @match row.dates {
                    Some((from, to)) if from == to && row.days.is_none() => (short_date(from, today)),
                    Some((from, to)) => { (short_date(from, today)) " – " (short_date(to, today)) }
                    None => "—",
                } }
                td.number { @if let Some((total, _)) = row.floats { (rounded(total)) } @else { "—" } @if row.is_critical { " " span.quiet { (visitor.t("network.critical")) } } }
                td.number { @if let Some((_, free)) = row.floats { (rounded(free)) } @else { "—" } }
            } } }
        } }
    })
}
