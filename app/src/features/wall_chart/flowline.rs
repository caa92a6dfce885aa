//! The flowlines of a building: its works that are counted in storeys, floor by floor against time.

use super::bars::address_of;
use super::network::flags;
use super::pages::{Asked, head, short_date};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::network::BasePlan;
use crate::features::plan::store as plans;
use crate::features::targets::drawings::{Progression, storeys};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use guatu_formats::charts::flowline::{self, Crew, Flowlines, Sign, Words};
use guatu_formats::charts::{Heading, Ink, Sheet};
use guatu_kernel::drawing::{Climb, Meeting, closed_days, meetings};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Width of a screen in pixels.
const SCREEN_PX: f64 = 1840.0;
/// Meetings that are marked and said at most; the first come first.
const MOST_MEETINGS: usize = 6;

/// Whether a place is drawn floor by floor.
pub fn has_floors(kind: Kind) -> bool {
    matches!(kind, Kind::Building | Kind::Facility)
}

/// The flow of a building, ready to be drawn and listed.
pub struct Flow {
    base: Arc<BasePlan>,
    project: String,
    crews: Vec<Progression>,
    /// What lies ahead of today.
    meetings: Vec<Meeting>,
    /// From which days of meetings count.
    first: Date,
}

/// Gathers the flow of a building; `None` where no work of it is counted in storeys.
pub async fn gather(conn: &mut Conn, domain: &Guatu, place: &Place, today: Date) -> Result<Option<Flow>, Problem> {
    let tree = domain.places.tree(conn).await?;
    let Some(project) = tree.lineage(place).find(|other| other.kind == Kind::Project).map(|project| project.id.clone()) else { return Ok(None) };
    let Some(state) = plans::project_plan(conn, &project).await? else { return Ok(None) };
    let version = plans::version(conn, &state.version).await?.context("an approved version is a version")?;
    let base = domain.networks.base(conn, &version.document).await?;
    let crews = storeys(conn, domain, &project, &place.id, today).await?;
    let Some(first) = crews.iter().flat_map(|crew| &crew.planned).map(|(on, _)| *on).min() else { return Ok(None) };
    let climbs: Vec<Climb> = crews.iter().map(|crew| climb(&base, crew, first)).collect();
    let now = f64::from((today - first).get_days());
    let mut found: Vec<Meeting> = meetings(&climbs, &order(&base, &crews)).into_iter().filter(|one| one.to_day > now).collect();
    found.sort_by(|one, other| one.from_day.total_cmp(&other.from_day));
    Ok(Some(Flow { base, project, crews, meetings: found, first }))
}

/// A crew's way as it was and will be, in days from a first one; a day's floors are done at its end.
fn climb(base: &BasePlan, crew: &Progression, first: Date) -> Climb {
    let floors = floors(base, crew.at);
    let day = |on: Date| f64::from((on - first).get_days() + 1);
    let points = crew.actual.iter().chain(&crew.forecast).map(|(on, share)| (day(*on), share * f64::from(floors)));
    Climb { points: points.collect(), floors, is_down: crew.is_down }
}

fn floors(base: &BasePlan, at: usize) -> u32 {
    // Storeys are whole and few.
    base.plan.activities[at].quantity.as_ref().map_or(0, |quantity| quantity.total.round().clamp(0.0, 1_000.0) as u32)
}

/// Which crew goes before which: pairs of positions between which links lead, through whatever work.
fn order(base: &BasePlan, crews: &[Progression]) -> Vec<(usize, usize)> {
    let mut after: HashMap<usize, Vec<usize>> = HashMap::new();
    for link in &base.plan.links {
        if let (Some(from), Some(to)) = (base.index.get(&link.from), base.index.get(&link.to)) {
            after.entry(*from).or_default().push(*to);
        }
    }
    let mut pairs = Vec::new();
    for (first, crew) in crews.iter().enumerate() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![crew.at]);
        while let Some(at) = open.pop() {
            open.extend(after.get(&at).into_iter().flatten().copied().filter(|next| seen.insert(*next)));
        }
        pairs.extend(crews.iter().enumerate().filter(|(second, other)| *second != first && seen.contains(&other.at)).map(|(second, _)| (first, second)));
    }
    pairs
}

impl Flow {
    fn name(&self, visitor: &Visitor, crew: usize) -> String {
        visitor.shown(&self.base.plan.activities[self.crews[crew].at].name).into_owned()
    }

    fn day(&self, day: f64) -> Date {
        self.first.saturating_add((day.floor() as i64).days())
    }

    /// Meetings in sentences, by their numbers.
    fn sentences(&self, visitor: &Visitor) -> Vec<String> {
        let shown = self.meetings.iter().take(MOST_MEETINGS).enumerate();
        let sentence = |(number, one): (usize, &Meeting)| {
            let key = if one.low_floor == one.high_floor { "flowline.meeting_one" } else { "flowline.meeting" };
            visitor.tf(
                key,
                &[
                    ("number", (number + 1).to_string()),
                    ("first", self.name(visitor, one.first)),
                    ("second", self.name(visitor, one.second)),
                    ("low", one.low_floor.to_string()),
                    ("high", one.high_floor.to_string()),
                    ("date", self.day(one.from_day).to_string()),
                ],
            )
        };
        let mut sentences: Vec<String> = shown.map(sentence).collect();
        if let more @ 1.. = self.meetings.len().saturating_sub(MOST_MEETINGS) {
            sentences.push(visitor.tf("flowline.more", &[("count", more.to_string())]));
        }
        if sentences.is_empty() {
            sentences.push(visitor.t("flowline.no_meeting"));
        }
        sentences
    }

    /// Its drawing on a sheet.
    pub async fn chart(&self, conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, sheet: Sheet, ink: Ink) -> Result<Flowlines, Problem> {
        let today = site.clock.today();
        let word = |key: &str| visitor.t(&format!("flowline.{key}"));
        let crews: Vec<Crew> = (0..self.crews.len())
            .map(|number| {
                let crew = &self.crews[number];
                let floors = f64::from(floors(&self.base, crew.at));
                let line = |shares: &[(Date, f64)]| shares.iter().map(|(on, share)| (*on, share * floors)).collect();
                let name = self.name(visitor, number);
                Crew {
                    tip: crew.planned.first().zip(crew.planned.last()).map_or_else(|| name.clone(), |(from, to)| format!("{name} · {} – {}", from.0, to.0)),
                    name,
                    href: Some(address_of(&self.project, &self.base.plan.activities[crew.at].id)),
                    is_down: crew.is_down,
                    floors,
                    planned: line(&crew.planned),
                    actual: line(&crew.actual),
                    forecast: line(&crew.forecast),
                }
            })
            .collect();
        let lines = crews.iter().flat_map(|crew| [&crew.planned, &crew.forecast]).flatten();
        let last = lines.map(|(on, _)| *on).max().unwrap_or(today);
        let signs = self.meetings.iter().take(MOST_MEETINGS).map(|one| Sign {
            on: self.day(one.from_day),
            floor: f64::from(if self.crews[one.second].is_down { one.high_floor } else { one.low_floor }) - 0.5,
        });
        Ok(Flowlines {
            heading: match sheet {
                // The page around it has the title.
                Sheet::Screen { .. } => Heading::default(),
                Sheet::Paper { .. } => Heading {
                    title: format!("{} · {}", place.attributes.name, visitor.t("wall.flowline")),
                    subtitle: visitor.t("flowline.reading"),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                },
            },
            label: visitor.tf("flowline.label", &[("place", place.attributes.name.clone())]),
            floors: self.crews.iter().map(|crew| floors(&self.base, crew.at)).max().unwrap_or(1),
            signs: signs.collect(),
            crews,
            data_date: Some(today),
            flags: flags(conn, site, visitor, place, today).await?,
            closed: closed_days(&self.base.plan, self.first, last),
            // A page says them under the drawing.
            notes: if matches!(sheet, Sheet::Paper { .. }) { self.sentences(visitor) } else { Vec::new() },
            sheet,
            ink,
            words: Words {
                floor: word("floor"),
                planned: visitor.t("wall.baseline"),
                actual: visitor.t("wall.actual"),
                forecast: visitor.t("wall.forecast"),
                meeting: word("sign"),
                data_date: visitor.t("wall.today"),
            },
        })
    }
}

/// The flowlines as a board: the drawing in a frame of its own, what meets, and its facts as a table below. Above buildings,
/// the buildings to choose from.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let today = site.clock.today();
    let flow = if has_floors(place.kind) { gather(conn, &site.domain, place, today).await? } else { None };
    let heading = head(conn, site, visitor, place, asked, ("flowline", flow.is_some())).await?;
    if !has_floors(place.kind) {
        let tree = site.domain.places.tree(conn).await?;
        let buildings = tree.under(place).iter().filter(|other| other.kind == Kind::Building);
        return Ok(html! {
            (heading)
            p { (visitor.t("flowline.choose")) }
            p { @for building in buildings { a href=(asked.address(&building.id, "flowline")) { (building.attributes.name) } " " } }
        });
    }
    let Some(flow) = flow else {
        return Ok(html! { (heading) p.empty { (visitor.t("flowline.nothing")) } });
    };
    let chart = flow.chart(conn, site, visitor, place, Sheet::Screen { width_px: SCREEN_PX }, Ink::Colour).await?;
    let label = chart.label.clone();
    let drawing = tokio::task::spawn_blocking(move || flowline::draw(&chart)).await.context("drawing")?;
    Ok(html! {
        (heading)
        p.quiet { (visitor.t("flowline.reading")) " " span.no-print { (visitor.t("network.scroll")) } }
        figure.drawing {
            div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) }
        }
        @for sentence in flow.sentences(visitor) { p { (sentence) } }
        h2 { (visitor.t("network.table")) }
        div.scroll.rows tabindex="0" { table {
            thead { tr {
                th { (visitor.t("field.name")) } th.number { (visitor.t("flowline.floors")) } th { (visitor.t("wall.baseline")) } th.number { (visitor.t("flowline.beat")) } th.number { (visitor.t("flowline.done")) } th { (visitor.t("wall.forecast")) }
            } }
            tbody { @for (number, crew) in flow.crews.iter().enumerate() {
                @let floors = floors(&flow.base, crew.at);
                @let ends = |line: &[(Date, f64)]| line.first().zip(line.last()).map(|(from, to)| (from.0.saturating_add(1.days()), to.0));
                tr {
                    td { a href=(address_of(&flow.project, &flow.base.plan.activities[crew.at].id)) { (flow.name(visitor, number)) } }
                    td.number { (floors) }
                    td.dates { @match ends(&crew.planned) { Some((from, to)) => { (short_date(from, today)) " – " (short_date(to, today)) } None => "—" } }
                    td.number { @match ends(&crew.planned) { Some((from, to)) if floors > 0 => (tenths(f64::from((to - from).get_days() + 1) / f64::from(floors))), _ => "—" } }
                    td.number { (tenths(crew.actual.last().map_or(0.0, |(_, share)| *share) * f64::from(floors))) }
                    td.dates { @match crew.forecast.last() { Some((to, _)) => (short_date(*to, today)), None => "—" } }
                }
            } }
        } }
    })
}

/// A number with a tenth, where it has one.
fn tenths(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}
