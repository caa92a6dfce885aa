//! A building as it stands, how its works go through its storeys, and the S-curve of a project: from assessments and plans
//! to drawings.

use super::assess::{Assessed, units};
use super::grades::Marks;
use super::measured;
use super::model::Grade;
use super::pages::{quantity, unit_name};
use super::progress::{planned_share, recorded_share};
use crate::db::Conn;
use crate::features::{Guatu, plan};
use crate::features::plan::network::{Drawn, ProjectWork, STAGES, Scheduled, first_counted};
use crate::features::plan::store::Bar;
use crate::web::visitor::Visitor;
use anyhow::Result;
use guatu_formats::charts::curve::{Curve, Kind, Line};
use guatu_formats::charts::elevation::{Column, Direction, Elevation, Part, Words};
use guatu_formats::charts::{Heading, Ink, Sheet};
use guatu_kernel::guarantee::WorkDays;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Between two points of a curve.
const STEP_DAYS: i32 = 7;
/// Unit of work that is counted in storeys.
const STOREY: &str = "floor";

/// What a curve weighs work by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Planned working days of measured work.
    #[default]
    Quantity,
    /// What measured work is worth, where the plan says so; other work is left out.
    Value,
}

impl Measure {
    /// Every measure with its name in addresses.
    pub const ALL: [(Measure, &'static str); 2] = [(Measure::Quantity, "quantity"), (Measure::Value, "value")];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        Measure::ALL.iter().find(|(measure, _)| *measure == self).map_or("", |(_, name)| name)
    }

    /// The measure of a name; none named is by quantity.
    pub fn from_name(name: Option<&str>) -> Option<Measure> {
        let Some(name) = name else { return Some(Measure::default()) };
        Measure::ALL.iter().find(|(_, known)| *known == name).map(|(measure, _)| *measure)
    }
}

/// How much is known of what the measured work of a project is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// Measured works.
    pub works: usize,
    /// Of these, with a value.
    pub valued: usize,
    /// Their values, in fen.
    pub total_fen: i64,
}

/// Reads from the approved plan of a project what its measured work is worth.
pub async fn worth(conn: &mut Conn, domain: &Guatu, project: &str) -> Result<Worth> {
    let mut worth = Worth::default();
    let Some(state) = plan::store::project_plan(conn, project).await? else { return Ok(worth) };
    let Some(version) = plan::store::version(conn, &state.version).await? else { return Ok(worth) };
    let base = domain.networks.base(conn, &version.document).await?;
    for activity in base.plan.activities.iter().filter(|activity| activity.quantity.is_some()) {
        worth.works += 1;
        if let Some(fen) = activity.value_fen.filter(|fen| *fen > 0) {
            worth.valued += 1;
            worth.total_fen = worth.total_fen.saturating_add(fen);
        }
    }
    Ok(worth)
}

/// What a drawing stands on.
#[derive(Debug)]
pub struct Ground {
    /// Title, stamps, the ledger number.
    pub heading: Heading,
    /// Screen or paper.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
}

/// How a work of a building stands: what its elevation shows, and what papers freeze of it. Amounts in thousandths of the unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its stage on the wall chart, where it has one.
    pub stage: Option<String>,
    /// Its unit.
    pub unit: String,
    /// All there is of it.
    pub total_e3: i64,
    /// Done.
    pub done_e3: i64,
    /// Planned to date.
    pub planned_e3: i64,
    /// Who stands for what is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
}

impl From<&Assessed> for Standing {
    fn from(item: &Assessed) -> Standing {
        let e3 = |amount: f64| (amount * 1000.0).round() as i64;
        Standing {
            name: item.name.clone(),
            stage: item.stage.clone(),
            unit: item.unit.clone(),
            total_e3: e3(item.total),
            done_e3: e3(item.done),
            planned_e3: e3(item.planned * item.total),
            grade: item.grade,
        }
    }
}

impl Standing {
    /// Whether it is counted storey by storey above the ground, and is what one sees of a building.
    pub fn is_seen(&self) -> bool {
        self.unit == STOREY && stage_of(self).and_then(|(_, drawn)| drawn) != Some(Drawn::Below)
    }

    fn share(&self, amount_e3: i64) -> f64 {
        if self.total_e3 > 0 { (amount_e3 as f64 / self.total_e3 as f64).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// The elevation of a building; `None` where nothing is measured.
pub fn elevation(visitor: &Visitor, items: &[Standing], on: Ground) -> Option<Elevation> {
    let words = Words {
        done: visitor.t("elevation.done"),
        missing: visitor.t("elevation.missing"),
        open: visitor.t("elevation.open"),
        planned: visitor.t("elevation.planned"),
        below: visitor.t("elevation.below"),
        whole: visitor.t("elevation.whole"),
    };
    let Ground { heading, sheet, ink } = on;
    let mut drawing = Elevation { heading, storeys: 0, columns: Vec::new(), below: Vec::new(), whole: Vec::new(), words, sheet, ink };
    let mut sorted: Vec<(usize, &Standing)> = items.iter().map(|item| (stage_of(item).map_or(usize::MAX, |(at, _)| at), item)).collect();
    sorted.sort_by_key(|(at, _)| *at);
    for (_, item) in sorted {
        let drawn = stage_of(item).and_then(|(_, drawn)| drawn);
        let unit = unit_name(visitor, &item.unit);
        let (total, done, planned) = (units(item.total_e3), units(item.done_e3), units(item.planned_e3));
        let amount = Marks::marked(&format!("{} / {} {unit}", quantity(done), quantity(total)), item.grade);
        if item.is_seen() {
            let due = visitor.tf("elevation.due", &[("amount", quantity(planned.floor()))]);
            drawing.storeys = drawing.storeys.max(total.ceil().max(0.0) as usize);
            drawing.columns.push(Column {
                name: visitor.shown(&item.name).into_owned(),
                amount,
                due: if planned.floor() > done { due } else { String::new() },
                total,
                done,
                planned,
                direction: if drawn == Some(Drawn::Down) { Direction::Down } else { Direction::Up },
            });
            continue;
        }
        let part = Part { name: visitor.shown(&item.name).into_owned(), amount, done: item.share(item.done_e3), planned: item.share(item.planned_e3) };
        if drawn == Some(Drawn::Below) { drawing.below.push(part) } else { drawing.whole.push(part) }
    }
    // What lies deepest was dug first.
    drawing.below.reverse();
    (!(drawing.columns.is_empty() && drawing.below.is_empty() && drawing.whole.is_empty())).then_some(drawing)
}

fn stage_of(item: &Standing) -> Option<(usize, Option<Drawn>)> {
    let id = item.stage.as_deref()?;
    STAGES.iter().position(|stage| stage.id == id).map(|at| (at, STAGES[at].drawn))
}

/// A measured work as a curve sees it.
struct Work<'a> {
    weight: f64,
    days: &'a WorkDays,
    bar: &'a Bar,
    baseline: (Date, Date),
    /// Latest start and finish: those of before anything happened of work that has begun, or the line would change behind it.
    required: (Date, Date),
    measured: Option<Measured>,
}

/// What was measured of a work.
struct Measured {
    /// The first day of it.
    first_on: Date,
    /// Share done through each of the days asked for.
    shares: Vec<f64>,
    /// Who stands for what was done by the last day of which all is known.
    grade: Option<Grade>,
}

impl Work<'_> {
    /// Share done through a day, as known at the end of the last one; before anything was measured, as its record says.
    fn done(&self, at: usize, day: Date, last: Date) -> f64 {
        let measured = self.measured.as_ref();
        if let Some(one) = measured.filter(|one| day >= one.first_on) {
            return one.shares[at];
        }
        let stood = match (measured, self.bar.actual_finish) {
            // What stood when measuring began.
            (Some(one), _) => (one.first_on.saturating_sub(1.days()), one.shares[0]),
            (None, Some(finish)) => (finish, 1.0),
            (None, None) => (last, f64::from(self.bar.percent_e3) / 100_000.0),
        };
        recorded_share(self.days, self.bar.actual_start, stood, day)
    }

    /// Share forecast through a day behind the last one: what is done, and the rest evenly over the days that remain to it.
    fn forecast(&self, now: f64, day: Date, last: Date) -> f64 {
        let Some((start, finish)) = self.bar.early else { return now };
        let next = last.saturating_add(1.days());
        now + (1.0 - now) * planned_share(self.days, (start.max(next), finish.max(next)), day)
    }
}

/// The measured works of a project with what was measured of them, on days a week apart.
struct Gathered {
    scheduled: Arc<Scheduled>,
    project: Arc<ProjectWork>,
    measured: Arc<measured::Works>,
    /// Days asked for, ascending: the last one of which all is known and the first measured day among them.
    days: Vec<Date>,
    known_to: Date,
    /// Latest dates of before anything happened, by position in the plan.
    required: Vec<Option<(Date, Date)>>,
}

impl Gathered {
    /// `known_to` is the last day of which all is known.
    async fn read(conn: &mut Conn, domain: &Guatu, project: &str, known_to: Date, measured: Arc<measured::Works>) -> Result<Option<Gathered>> {
        let scheduled = domain.networks.scheduled(conn, project).await?;
        let Some(first) = scheduled.bars.iter().filter_map(|bar| bar.baseline.map(|(start, _)| start)).min() else { return Ok(None) };
        let Some(work) = domain.networks.work(conn, project, first_counted(&scheduled.bars, known_to)).await? else { return Ok(None) };
        let ends = work.items.iter().filter_map(|(at, _)| scheduled.bars.get(at)).flat_map(|bar| [bar.baseline, bar.early, bar.late]);
        let last = ends.flatten().map(|(_, finish)| finish).max().unwrap_or(known_to).max(known_to.saturating_add(1.days()));
        let begun = measured.values().map(|one| one.first_on).min();
        let mut days: Vec<Date> = std::iter::successors(Some(first.saturating_sub(1.days())), |day| day.checked_add(STEP_DAYS.days()).ok().filter(|next| *next < last)).collect();
        days.extend([known_to, last]);
        days.extend(begun.map(|day| day.saturating_sub(1.days())));
        days.sort_unstable();
        days.dedup();
        let required = domain.networks.required(conn, project).await?;
        Ok(Some(Gathered { scheduled, project: work, measured, days, known_to, required }))
    }

    /// Its works, by position in the plan; those without a weight are left out.
    fn works(&self, by: Measure) -> impl Iterator<Item = (usize, Work<'_>)> {
        self.project.items.iter().filter_map(move |(at, item)| {
            let bar = self.scheduled.bars.get(at)?;
            let baseline = bar.baseline?;
            let weight = match by {
                Measure::Quantity => (item.work.through(baseline.1) - item.work.before(baseline.0)).max(1.0),
                Measure::Value => self.project.base.plan.activities[at].value_fen.filter(|fen| *fen > 0)? as f64,
            };
            let measured = self.measured.get(&bar.activity).filter(|_| item.total > 0.0).map(|one| {
                let share = |day: &Date| (units(one.before_e3(day.saturating_add(1.days()))) / item.total).clamp(0.0, 1.0);
                Measured { first_on: one.first_on, shares: self.days.iter().map(share).collect(), grade: one.grade_on(self.known_to) }
            });
            let before = self.required.get(at).copied().flatten();
            let required = bar.late.filter(|_| bar.actual_start.is_none()).or(before).unwrap_or(baseline);
            Some((at, Work { weight, days: item.work, bar, baseline, required, measured }))
        })
    }
}

/// How a measured work goes on: the share of it that is done through days, ascending.
#[derive(Debug)]
pub struct Progression {
    /// Position in the approved plan.
    pub at: usize,
    /// Whether it goes from the highest storey down.
    pub is_down: bool,
    /// By the approved plan.
    pub planned: Vec<(Date, f64)>,
    /// Done; empty before it has begun.
    pub actual: Vec<(Date, f64)>,
    /// Forecast; empty once it is finished.
    pub forecast: Vec<(Date, f64)>,
}

/// How the works of a building that are counted in storeys go on, in the order of the plan; those below ground are left out.
pub async fn storeys(conn: &mut Conn, domain: &Guatu, project: &str, building: &str, today: Date) -> Result<Vec<Progression>> {
    let done = domain.measured.of(conn, project).await?;
    let yesterday = today.saturating_sub(1.days());
    let Some(gathered) = Gathered::read(conn, domain, project, yesterday, done).await? else { return Ok(Vec::new()) };
    let now = gathered.days.iter().position(|day| *day == yesterday).unwrap_or(0);
    let drawn = |bar: &Bar| bar.stage.as_deref().and_then(|id| STAGES.iter().find(|stage| stage.id == id)).and_then(|stage| stage.drawn);
    let is_storeys = |bar: &Bar| bar.place.as_deref() == Some(building) && bar.unit.as_deref() == Some(STOREY) && drawn(bar) != Some(Drawn::Below);
    let works = gathered.works(Measure::Quantity).filter(|(_, work)| is_storeys(work.bar));
    Ok(works
        .map(|(at, work)| {
            let done = |at: usize| work.done(at, gathered.days[at], yesterday);
            // Days between a first and a last one, both among them.
            let between = |from: Date, to: Date| gathered.days.iter().copied().filter(move |day| from < *day && *day < to);
            let (start, finish) = work.baseline;
            let through = |day: Date| (day, planned_share(work.days, work.baseline, day));
            let before = start.saturating_sub(1.days());
            let planned = std::iter::once((before, 0.0)).chain(between(before, finish).map(through)).chain([(finish, 1.0)]).collect();
            let begun = work.bar.actual_start.map(|start| start.saturating_sub(1.days()));
            let ended = work.bar.actual_finish.unwrap_or(yesterday);
            let actual = match begun.filter(|begun| *begun < ended) {
                Some(begun) => {
                    let passed = gathered.days.iter().enumerate().filter(|(_, day)| begun < **day && **day < ended).map(|(at, day)| (*day, done(at)));
                    let last = if work.bar.actual_finish.is_some() { 1.0 } else { done(now) };
                    std::iter::once((begun, 0.0)).chain(passed).chain([(ended, last)]).collect()
                }
                None => Vec::new(),
            };
            let forecast = match work.bar.early.filter(|_| work.bar.actual_finish.is_none()) {
                Some((start, finish)) => {
                    let share = done(now);
                    let begins = start.saturating_sub(1.days()).max(yesterday);
                    let rest = between(begins, finish).map(|day| (day, work.forecast(share, day, yesterday)));
                    std::iter::once((begins, share)).chain(rest).chain([(finish.max(begins), 1.0)]).collect()
                }
                None => Vec::new(),
            };
            Progression { at, is_down: drawn(work.bar) == Some(Drawn::Down), planned, actual, forecast }
        })
        .collect())
}

/// What a curve tells: through which day it is actual, by what it weighs, and what was done.
pub struct Told {
    /// The day.
    pub day: Date,
    /// Whether it is an earlier one than today.
    pub has_passed: bool,
    /// What works are weighed by.
    pub by: Measure,
    /// What was done of them.
    pub done: Arc<measured::Works>,
}

/// The S-curve of a project; `None` where nothing is measured, or no measured work has a value to be weighed by.
pub async fn curve(conn: &mut Conn, domain: &Guatu, visitor: &Visitor, project: &str, told: Told, on: Ground) -> Result<Option<Curve>> {
    let Told { day, has_passed, by, done } = told;
    // Of a day that has passed all is known; today is still being reported.
    let known_to = if has_passed { day } else { day.saturating_sub(1.days()) };
    let Some(gathered) = Gathered::read(conn, domain, project, known_to, done).await? else { return Ok(None) };
    let (days, works) = (&gathered.days, gathered.works(by).map(|(_, work)| work).collect::<Vec<_>>());
    let whole: f64 = works.iter().map(|work| work.weight).sum();
    if whole <= 0.0 {
        return Ok(None);
    }
    let sum = |share: &dyn Fn(&Work<'_>) -> f64| works.iter().map(|work| work.weight * share(work)).sum::<f64>() / whole;
    let line = |kind, key: &str, points| Line { kind, name: visitor.t(key), points };
    let planned = days.iter().map(|day| (*day, sum(&|work| planned_share(work.days, work.baseline, *day)))).collect();
    let required = days.iter().map(|day| (*day, sum(&|work| planned_share(work.days, work.required, *day)))).collect();
    let known = days.iter().enumerate().filter(|(_, day)| **day <= known_to);
    let actual: Vec<(Date, f64)> = known.map(|(at, day)| (*day, sum(&|work| work.done(at, *day, known_to)))).collect();
    let now = days.iter().position(|day| *day == known_to).unwrap_or(0);
    let forecast = days.iter().filter(|day| **day >= known_to).map(|day| (*day, sum(&|work| work.forecast(work.done(now, known_to, known_to), *day, known_to)))).collect();
    let lowest = works.iter().filter_map(|work| work.measured.as_ref()?.grade).min();
    let actual_name = match lowest {
        Some(grade) => visitor.tf("shell.bracketed", &[("text", visitor.t("curve.actual")), ("note", visitor.tf("curve.lowest", &[("grade", Marks::of_visitor(visitor).word(grade).to_owned())]))]),
        None => visitor.t("curve.actual"),
    };
    let Ground { heading, sheet, ink } = on;
    Ok(Some(Curve {
        heading,
        lines: vec![
            line(Kind::Planned, "curve.planned", planned),
            line(Kind::Required, "curve.required", required),
            line(Kind::Forecast, "curve.forecast", forecast),
            Line { kind: Kind::Actual, name: actual_name, points: actual },
        ],
        today: (day, if has_passed { day.strftime("%m-%d").to_string() } else { visitor.t("curve.today") }),
        sheet,
        ink,
    }))
}
