//! Links on a bar chart: which of them are shown, how much each matters, and their lines for the canvas.

use super::bars::ChartRow;
use super::pages::Asked;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan::store as plans;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use anyhow::Context;
use guatu_formats::charts::links::{Link, MOST_LINKS, Weight};
use guatu_kernel::drawing::{Ground, Join, RowBar, route};
use guatu_kernel::plan::{LinkKind, Plan, Span};
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Rows above which links are shown only when asked for: among hundreds nobody follows a line.
const MOST_LINKED_ROWS: usize = 80;

/// Which links are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All.
    All,
    /// Those that hold their successors where they are.
    Driving,
    /// None.
    None,
}

impl Shown {
    /// In the order of the switch.
    pub const ALL: [(Shown, &str); 3] = [(Shown::All, "all"), (Shown::Driving, "driving"), (Shown::None, "none")];

    /// What an address asks for, or else what so many rows bear.
    pub fn of(asked: Option<&str>, rows: usize) -> Shown {
        let known = Shown::ALL.iter().find(|(_, name)| asked == Some(name)).map(|(shown, _)| *shown);
        known.unwrap_or(if rows <= MOST_LINKED_ROWS { Shown::Driving } else { Shown::None })
    }

    fn name(self) -> &'static str {
        Shown::ALL.iter().find(|(shown, _)| *shown == self).map_or("none", |(_, name)| name)
    }
}

/// What is known of an activity that stands in a row.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Its forecast dates.
    pub dates: (Date, Date),
    /// The activity that holds it where it is.
    pub driver: Option<usize>,
    /// Whether it is critical.
    pub is_critical: bool,
}

/// Links of a plan between rows that show its activities: `rows` holds the position of each row's activity, `held` says what is
/// known of one.
pub fn between(plan: &Plan, rows: &[Option<usize>], shown: Shown, held: impl Fn(usize) -> Option<Held>) -> Vec<Link> {
    if shown == Shown::None {
        return Vec::new();
    }
    let name = |row: usize| rows[row].map_or("", |at| plan.activities[at].name.as_str());
    let at_row: HashMap<&str, usize> = rows.iter().enumerate().filter_map(|(row, at)| Some((plan.activities[(*at)?].id.as_str(), row))).collect();
    let joined = plan.links.iter().filter_map(|link| {
        let (from, to) = (*at_row.get(link.from.as_str())?, *at_row.get(link.to.as_str())?);
        Some((link, from, to, held(rows[from]?)?, held(rows[to]?)?))
    });
    let joined: Vec<_> = joined.collect();
    // Of several links between the same two, the schedule names only the predecessor: the one with the least room holds.
    let mut tightest: HashMap<(usize, usize), i64> = HashMap::new();
    for (link, from, to, before, after) in &joined {
        let room = room_days(link.kind, &link.lag, before.dates, after.dates);
        tightest.entry((*from, *to)).and_modify(|known| *known = room.min(*known)).or_insert(room);
    }
    let links = joined.iter().map(|(link, from, to, before, after)| {
        let is_held = after.driver.is_some() && after.driver == rows[*from];
        let room = room_days(link.kind, &link.lag, before.dates, after.dates);
        let weight = match is_held && tightest.get(&(*from, *to)) == Some(&room) {
            true if before.is_critical && after.is_critical => Weight::Critical,
            true => Weight::Driving,
            false => Weight::Other,
        };
        let label = label(link.kind, &link.lag);
        let tip = format!("{} → {} {}", name(*from), name(*to), if label.is_empty() { "FS" } else { &label });
        Link { from: *from, to: *to, kind: link.kind, weight, label, tip }
    });
    links.filter(|link| shown == Shown::All || link.weight != Weight::Other).collect()
}

/// Calendar days that a link leaves between its ends; it only orders links between the same two activities.
fn room_days(kind: LinkKind, lag: &Span, before: (Date, Date), after: (Date, Date)) -> i64 {
    let days = |from: Date, to: Date| i64::from((to - from).get_days());
    let room = match kind {
        LinkKind::FS => days(before.1, after.0) - 1,
        LinkKind::SS => days(before.0, after.0),
        LinkKind::FF => days(before.1, after.1),
        LinkKind::SF => days(before.0, after.1) + 1,
    };
    room - match lag {
        Span::Working { days_e3, .. } => days_e3 / 1000,
        Span::Elapsed { minutes } => minutes / 1440,
        Span::Percent { percent_e3 } => (days(before.0, before.1) + 1) * percent_e3 / 100_000,
    }
}

/// Kind and lag as planners write them, `SS+30`; nothing for a successor that simply follows.
fn label(kind: LinkKind, lag: &Span) -> String {
    let lag = match *lag {
        Span::Working { days_e3: 0, minutes: 0 } => String::new(),
        Span::Working { days_e3, minutes: 0 } => format!("{:+}", days_e3 as f64 / 1000.0),
        Span::Working { days_e3, minutes } => format!("{:+}d{minutes:+}m", days_e3 as f64 / 1000.0),
        Span::Elapsed { minutes } => format!("{:+}e", (minutes as f64 / 144.0).round() / 10.0),
        Span::Percent { percent_e3 } => format!("{:+}%", percent_e3 as f64 / 1000.0),
    };
    if kind == LinkKind::FS && lag.is_empty() { lag } else { format!("{kind:?}{lag}") }
}

/// Links between the rows of a project's chart.
pub async fn of_rows(conn: &mut Conn, domain: &Guatu, project: Option<&str>, rows: &[ChartRow<'_>], shown: Shown) -> Result<Vec<Link>, Problem> {
    let Some(project) = project.filter(|_| shown != Shown::None) else { return Ok(Vec::new()) };
    let Some(state) = plans::project_plan(conn, project).await? else { return Ok(Vec::new()) };
    let version = plans::version(conn, &state.version).await?.context("an approved version is a version")?;
    let base = domain.networks.base(conn, &version.document).await?;
    let activity = |row: &ChartRow<'_>| base.index.get(&row.bar.activity).copied();
    let activities: Vec<Option<usize>> = rows.iter().map(activity).collect();
    let by_activity: HashMap<usize, &ChartRow<'_>> = activities.iter().zip(rows).filter_map(|(at, row)| Some(((*at)?, row))).collect();
    let held = |at: usize| {
        let bar = &by_activity.get(&at)?.bar;
        let driver = bar.driver_activity.as_ref().filter(|_| bar.actual_start.is_none()).and_then(|id| base.index.get(id)).copied();
        Some(Held { dates: bar.early?, driver, is_critical: bar.is_critical && bar.actual_finish.is_none() })
    };
    Ok(between(&base.plan, &activities, shown, held))
}

/// The switch of a chart: which links it shows.
pub fn switch(visitor: &Visitor, asked: &Asked, place: &str, shown: Shown) -> Markup {
    let address = |name: &str| Asked { links: Some(name.to_owned()), ..asked.clone() }.address(place, "bars");
    html! {
        span.switch.no-print role="group" aria-label=(visitor.t("links.title")) {
            span.quiet { (visitor.t("links.title")) } " "
            @for (one, name) in Shown::ALL { a href=(address(name)) aria-current=[(one == shown).then_some("true")] { (visitor.t(&format!("links.{name}"))) } " " }
        }
        @if shown != Shown::None { " " span.key.critical-link { (visitor.t("links.critical_link")) } " " span.key.driving-link { (visitor.t("links.driving_link")) } @if shown == Shown::All { " " span.key.other-link { (visitor.t("links.other_link")) } } }
    }
}

/// The part of `address` that keeps the choice.
pub fn kept(asked: &Asked) -> String {
    let known = asked.links.as_deref().filter(|asked| Shown::ALL.iter().any(|(_, name)| asked == name));
    known.map(|name| format!("&links={name}")).unwrap_or_default()
}

/// The choice as the canvas asks for it.
pub fn asked_by_canvas(shown: Shown) -> String {
    format!("&links={}", shown.name())
}

/// Where the canvas draws bars in a row, in parts of its height: the middle of a bar, its top; of a bracket; of a diamond.
const CANVAS_BAR: (f64, f64) = (0.42, 0.2);
const CANVAS_BRACKET: (f64, f64) = (0.29, 0.22);
const CANVAS_DIAMOND: (f64, f64) = (0.5, 0.2);
/// Parts of the whole time: half a diamond, and how far a line goes on before it turns. A canvas is always as wide as its
/// frame, so a part of the time is a part of the width.
const CANVAS_RADIUS_PART: f64 = 1.0 / 170.0;
const CANVAS_STUB_PART: f64 = 1.0 / 240.0;

/// Lines for the canvas, of no more links than a page of paper has: `[weight, x, y, x, y, …]` with days since 1970 across and rows downwards; weight 0 to 2.
pub fn lines(rows: &[ChartRow<'_>], links: &[Link]) -> Vec<Value> {
    let day = |date: Date| f64::from((date - Date::constant(1970, 1, 1)).get_days());
    let pairs = || rows.iter().flat_map(|row| [row.bar.baseline, row.bar.early]).flatten();
    let first = pairs().map(|pair| day(pair.0)).fold(f64::MAX, f64::min);
    let last = pairs().map(|pair| day(pair.1) + 1.0).fold(f64::MIN, f64::max);
    let whole = (last - first).max(1.0);
    let radius = whole * CANVAS_RADIUS_PART;
    let bar = |row: &ChartRow<'_>| {
        let (start, finish) = row.bar.early?;
        let ends = |(start, finish): (Date, Date)| match row.bar.kind.as_str() {
            "milestone" => (day(finish) + 1.0 - radius, day(finish) + 1.0 + radius),
            _ => (day(start), day(finish) + 1.0),
        };
        let (middle, top) = match row.bar.kind.as_str() {
            "milestone" => CANVAS_DIAMOND,
            "summary" => CANVAS_BRACKET,
            _ => CANVAS_BAR,
        };
        let (from, to) = ends((start, finish));
        let planned = row.bar.baseline.map_or((from, to), ends);
        Some(RowBar { from, to, reach: (from.min(planned.0), to.max(planned.1)), middle, top })
    };
    let bars: Vec<Option<RowBar>> = rows.iter().map(bar).collect();
    let links = &links[..links.len().min(MOST_LINKS)];
    let joins: Vec<Join> = links.iter().map(|link| Join { from: link.from, to: link.to, kind: link.kind }).collect();
    let stub = whole * CANVAS_STUB_PART;
    let routes = route(&bars, &joins, Ground { left: first - stub * 3.0, right: last + stub * 4.0, stub });
    let rounded = |value: f64| json!((value * 100.0).round() / 100.0);
    let line = |(link, points): (&Link, &Vec<(f64, f64)>)| {
        let weight = json!(match link.weight {
            Weight::Other => 0,
            Weight::Driving => 1,
            Weight::Critical => 2,
        });
        Value::from_iter(std::iter::once(weight).chain(points.iter().flat_map(|(x, y)| [rounded(*x), rounded(*y)])))
    };
    links.iter().zip(&routes).filter(|(_, points)| points.len() > 1).map(line).collect()
}
