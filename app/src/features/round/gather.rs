//! What a round shows: read from reports, targets, lamps and plans as of a day; what its minutes freeze is a part of it.

use crate::db::Conn;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::plan::amounts;
use crate::features::targets::assess::Assessed;
use crate::features::targets::progress::{self, GapLamp};
use crate::features::targets::grades::Grades;
use crate::features::targets::model::{Grade, is_missed};
use crate::features::rule_sets::model::LampRules;
use crate::features::wall_chart::model::{Word, verdict};
use crate::features::{Guatu, plan, reports, targets, wall_chart};
use anyhow::Result;
use guatu_kernel::guarantee::{Period, PeriodKind, Window};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Work with less float than so many days will be red when nothing is done of it: 72 hours.
const SOON_DAYS: i64 = 3;
/// A hindrance holds until the building's next report with a change, and this long without one.
const HINDERED_DAYS: i64 = 14;

/// Broken promises that minutes name: more are a matter of counts.
const BROKEN_FROZEN: usize = 100;

/// Done less planned to date, with its lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// In tenths of a percentage point, negative when behind.
    pub points_e1: i64,
    /// As the rule set of the day has it.
    pub lamp: GapLamp,
}

/// One project of a round, in counts: what the minutes freeze.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The project.
    pub project: String,
    /// Its name on that day.
    pub name: String,
    /// How far it is from what is planned to date, and what the rule set of the day calls that; `None` where nothing is planned,
    /// and in minutes of before this was frozen.
    #[serde(default)]
    pub gap: Option<Gap>,
    /// Buildings that owe a report today.
    pub reports_due: usize,
    /// Of these, reported.
    pub reports_came: usize,
    /// Buildings with work that is late or forecast late.
    pub red: usize,
    /// Of these, since yesterday or today.
    pub red_new: usize,
    /// Works that will be late within 72 hours.
    pub soon: usize,
    /// Works of which a promise up to yesterday was broken, or yesterday's target not reached.
    pub unmet: usize,
    /// Buildings that wait for somebody.
    pub hindered: usize,
    /// The lowest truth grade among what was measured of it; `None` where nothing was, and in minutes of before this was frozen.
    #[serde(default)]
    pub grade: Option<Grade>,
}

impl Line {
    /// Whether there is anything to talk about.
    pub fn is_calm(&self) -> bool {
        self.reports_came == self.reports_due && self.red_new + self.soon + self.unmet + self.hindered == 0
    }
}

/// A promise that ran out the day before and was not kept, in names of that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The building, behind its project's name.
    pub place: String,
    /// The work.
    pub work: String,
    /// The kind of period it was promised for, which holds the day before; a word of [`PeriodKind::name`].
    pub period: String,
    /// What was promised, in thousandths of the unit.
    pub promised_e3: i64,
    /// What was done in the period, in thousandths of the unit.
    pub done_e3: i64,
    /// Unit.
    pub unit: String,
    /// Who stands for what was done; `None` where nothing was measured.
    pub grade: Option<Grade>,
}

/// What the minutes of a day freeze. Minutes of before there was a name of the rule set or a list of promises are without.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Projects, those with most to talk about first.
    pub lines: Vec<Line>,
    /// The rule set that gave the lamps of gaps.
    #[serde(default)]
    pub rule: String,
    /// Promises that were broken, in the order of projects; [`BROKEN_FROZEN`] at most.
    #[serde(default)]
    pub broken: Vec<Broken>,
    /// How many more were broken.
    #[serde(default)]
    pub broken_more: usize,
}

impl Figures {
    /// The figures of a round, with names as the tree of the day has them.
    pub fn of(rounds: &[ProjectRound], tree: &Tree, rule: &str) -> Figures {
        let broken = rounds.iter().flat_map(|round| &round.unmet).filter_map(|unmet| {
            let period = unmet.promised_for?;
            Some(Broken {
                place: tree.get(&unmet.building).map_or_else(|| unmet.building.clone(), |place| tree.full_name(place)),
                work: unmet.name.clone(),
                period: period.kind.name().to_owned(),
                promised_e3: thousandths(unmet.target),
                done_e3: thousandths(unmet.done),
                unit: unmet.unit.clone(),
                grade: unmet.grade,
            })
        });
        let mut broken: Vec<Broken> = broken.collect();
        let broken_more = broken.len().saturating_sub(BROKEN_FROZEN);
        broken.truncate(BROKEN_FROZEN);
        let lines = rounds.iter().map(|round| round.line.clone()).collect();
        Figures { lines, rule: rule.to_owned(), broken, broken_more }
    }

    /// The sum of a count over all projects.
    pub fn sum(&self, of: impl Fn(&Line) -> usize) -> usize {
        self.lines.iter().map(of).sum()
    }
}

/// A building with red work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Red {
    /// The building, or the project for work of no building.
    pub place: String,
    /// Its red work that begins first: what holds up the rest.
    pub activity: String,
    /// The name of that work.
    pub name: String,
    /// What the lamp is called.
    pub word: Word,
    /// Since when it has been called so, where it was noted.
    pub since: Option<Date>,
    /// How many works of the place are red.
    pub count: usize,
    /// Who stands for what is said to be done of that work; `None` where nothing is.
    pub grade: Option<Grade>,
}

/// Work that will be late within 72 hours unless something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soon {
    /// The building, or the project.
    pub place: String,
    /// The activity.
    pub activity: String,
    /// Its name.
    pub name: String,
    /// Its latest date.
    pub latest: Date,
    /// Working days that may pass without progress.
    pub float_days: i64,
    /// Who stands for what is said to be done of it; `None` where nothing is.
    pub grade: Option<Grade>,
}

/// What was promised up to yesterday and not done; of work that nobody promised so, yesterday's target that was not reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet {
    /// The building.
    pub building: String,
    /// The work item.
    pub activity: String,
    /// The name of the work.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// What was promised, or else asked for yesterday.
    pub target: f64,
    /// For which period it was promised, if it was.
    pub promised_for: Option<Period>,
    /// What was done.
    pub done: f64,
    /// Who stands for all of it at least; `None` where nothing was measured.
    pub grade: Option<Grade>,
}

/// A project of a round.
#[derive(Clone, Debug, Default)]
pub struct ProjectRound {
    /// Its counts.
    pub line: Line,
    /// Buildings that owe a report.
    pub missing: Vec<String>,
    /// Places with red work, the newest first.
    pub red: Vec<Red>,
    /// Work that will be red, the nearest first.
    pub soon: Vec<Soon>,
    /// Targets of yesterday, the largest shortfall first.
    pub unmet: Vec<Unmet>,
    /// Whom buildings wait for.
    pub hindered: Vec<reports::store::Hindered>,
}

impl ProjectRound {
    /// Buildings with red work: milestones of the project itself are red beside them, and are no building.
    pub fn red_buildings(&self) -> impl Iterator<Item = &Red> {
        self.red.iter().filter(|red| red.place != self.line.project)
    }
}

/// A round of a place on a day: its active projects, those with most to talk about first.
pub async fn gather(conn: &mut Conn, domain: &Guatu, place: &Place, today: Date) -> Result<Vec<ProjectRound>> {
    let tree = domain.places.tree(conn).await?;
    let (_, rules) = domain.rules.lamps(conn, today).await?;
    let (_, gap_rules) = domain.rules.gap(conn, today).await?;
    let grades = domain.grades.grades(conn).await?;
    let filed = reports::store::of_day(conn, today).await?;
    let mut hindered = reports::store::hindered(conn, today.saturating_sub(HINDERED_DAYS.days()), today).await?;
    let mut rounds = Vec::new();
    for state in plan::store::active(conn).await? {
        let Some(project) = tree.get(&state.project) else { continue };
        if !project.path.starts_with(&place.path) && !place.path.starts_with(&project.path) {
            continue;
        }
        let within = |id: &str| tree.get(id).is_some_and(|other| other.path.starts_with(&place.path));
        let mut round = ProjectRound { line: Line { project: project.id.clone(), ..Line::default() }, ..ProjectRound::default() };
        let now = targets::assess::project(conn, domain, &project.id, today).await?;
        let due: Vec<&String> = now.by_building.keys().filter(|id| within(id) && reports::owes(&tree, &now, id, today)).collect();
        round.missing = due.iter().filter(|id| !filed.contains_key(**id)).map(|id| (*id).clone()).collect();
        round.missing.sort_by_key(|id| tree.position(id));
        let noted = wall_chart::store::noted_of(conn, &project.id).await?;
        let scheduled = domain.networks.scheduled(conn, &project.id).await?;
        look_at_lamps(&mut round, (&scheduled.bars, &noted, &grades), &tree, project, place, (today, &rules));
        let yesterday = today.saturating_sub(1.days());
        let before = targets::assess::project(conn, domain, &project.id, yesterday).await?;
        round.unmet = before.by_building.keys().filter(|id| within(id)).flat_map(|id| unmet_of(id, before.of(id), yesterday)).collect();
        for unmet in &mut round.unmet {
            let from = unmet.promised_for.map_or(yesterday, |period| period.from);
            unmet.grade = reports::store::lowest_grade(conn, (&project.id, &unmet.activity), (from, yesterday)).await?;
        }
        round.unmet.sort_by(worse_first);
        round.hindered = extract(&mut hindered, |one| within(&one.building) && tree.get(&one.building).is_some_and(|other| other.path.starts_with(&project.path)));
        let points = now.weighed_of(within).judged_e1(gap_rules.measure, today);
        round.line = Line {
            project: project.id.clone(),
            name: project.attributes.name.clone(),
            gap: points.map(|(_, _, gap)| Gap { points_e1: gap, lamp: progress::grade(gap, &gap_rules) }),
            reports_due: due.len(),
            reports_came: due.len() - round.missing.len(),
            red: round.red_buildings().count(),
            red_new: round.red_buildings().filter(|red| red.since.is_some_and(|since| since >= yesterday)).count(),
            soon: round.soon.len(),
            unmet: round.unmet.len(),
            hindered: round.hindered.len(),
            grade: now.by_building.keys().filter(|id| within(id)).flat_map(|id| now.of(id)).filter_map(|item| item.grade).min(),
        };
        rounds.push(round);
    }
    // The most to talk about first; the order of places among equals.
    rounds.sort_by_key(|round| {
        let line = &round.line;
        std::cmp::Reverse((line.hindered + line.red_new + line.soon + line.unmet, line.reports_due - line.reports_came))
    });
    Ok(rounds)
}

fn extract<T>(all: &mut Vec<T>, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
    let (wanted, rest) = std::mem::take(all).into_iter().partition(is_wanted);
    *all = rest;
    wanted
}

fn look_at_lamps(
    round: &mut ProjectRound,
    (bars, noted, grades): (&[plan::store::Bar], &HashMap<String, wall_chart::store::NotedLamp>, &Grades),
    tree: &Tree,
    project: &Place,
    place: &Place,
    (today, rules): (Date, &LampRules),
) {
    let horizon = today.saturating_add(SOON_DAYS.days());
    // Of a whole project every bar counts: places are looked up only for a part of one.
    let is_whole = project.path.starts_with(&place.path);
    let mut by_place: HashMap<&str, Red> = HashMap::new();
    let mut first: HashMap<&str, Date> = HashMap::new();
    for bar in bars.iter().filter(|bar| bar.kind != "summary" && bar.actual_finish.is_none()) {
        let at = bar.place.as_deref().unwrap_or(&project.id);
        if !is_whole && !tree.get(at).is_some_and(|other| other.path.starts_with(&place.path)) {
            continue;
        }
        let said = verdict(bar, today, rules);
        let word = said.word();
        if word.lamp() == Word::Overdue.lamp() {
            let start = bar.early.map_or(today, |(start, _)| start);
            let lamp = noted.get(&bar.activity).filter(|lamp| lamp.word == word);
            let red = Red {
                place: at.to_owned(),
                activity: bar.activity.clone(),
                name: bar.name.clone(),
                word,
                since: said.since.or(lamp.map(|lamp| lamp.since)),
                count: by_place.get(at).map_or(0, |red| red.count) + 1,
                grade: grades.of(bar),
            };
            if first.get(at).is_none_or(|known| start < *known) {
                first.insert(at, start);
                by_place.insert(at, red);
            } else if let Some(known) = by_place.get_mut(at) {
                known.count += 1;
            }
        } else if let Some((_, latest)) = bar.late.filter(|_| turns_red(bar, horizon)) {
            round.soon.push(Soon { place: at.to_owned(), activity: bar.activity.clone(), name: bar.name.clone(), latest, float_days: bar.float_days_e3.unwrap_or(0) / 1000, grade: grades.of(bar) });
        }
    }
    round.red = by_place.into_values().collect();
    round.red.sort_by_key(|red| (std::cmp::Reverse(red.since), tree.position(&red.place)));
    round.soon.sort_by_key(|soon| (soon.float_days, soon.latest, tree.position(&soon.place)));
}

/// Whether work that could go on by a day is red then if nothing is done of it: every working day without progress takes one of
/// its float.
fn turns_red(bar: &plan::store::Bar, horizon: Date) -> bool {
    let could_go_on = bar.actual_start.is_some() || bar.early.is_some_and(|(start, _)| start <= horizon);
    could_go_on && bar.float_days_e3.is_some_and(|float| (0..SOON_DAYS * 1000).contains(&float))
}

fn unmet_of<'a>(building: &str, items: impl Iterator<Item = &'a Assessed>, yesterday: Date) -> Vec<Unmet> {
    let unmet = items.filter_map(|item| {
        let of_day = item.facts.today_whole.unwrap_or(item.facts.today);
        let (target, promised_for, done) = missed(&item.facts.windows, of_day, yesterday)?;
        Some(Unmet {
            building: building.to_owned(),
            activity: item.activity.clone(),
            name: item.name.clone(),
            unit: item.unit.clone(),
            target,
            promised_for,
            done,
            grade: None,
        })
    });
    unmet.collect()
}

/// What was missed of a work when a day was over, with the period it was promised for and what was done: the longest promise
/// that ran out that day and was not kept, else the day's target.
fn missed(windows: &[Window], of_day: f64, day: Date) -> Option<(f64, Option<Period>, f64)> {
    let ended = windows.iter().rev().filter(|window| window.period.to == day);
    let broken = ended.filter_map(|window| Some((window.will?, Some(window.period), window.done)));
    let unpromised = windows.iter().find(|window| window.period.kind == PeriodKind::Day && window.will.is_none());
    let target = unpromised.map(|window| (of_day, None, window.done));
    broken.chain(target).find(|(target, promised_for, done)| is_missed(*target, promised_for.is_some(), *done))
}

/// Broken promises before targets that nobody promised, of these the largest shortfall first.
fn worse_first(one: &Unmet, other: &Unmet) -> Ordering {
    let short = |unmet: &Unmet| unmet.target - unmet.done;
    other.promised_for.is_some().cmp(&one.promised_for.is_some()).then(short(other).total_cmp(&short(one)))
}

/// An amount as people write it.
pub fn amount(units: f64) -> String {
    amounts::text(thousandths(units))
}

pub(super) fn thousandths(units: f64) -> i64 {
    (units * 1000.0).round() as i64
}

/// Projects a decision of a place may be about: the place itself first.
pub fn subjects<'a>(tree: &'a Tree, place: &'a Place) -> impl Iterator<Item = &'a Place> {
    std::iter::once(place).chain(tree.under(place).iter().filter(|other| other.kind == Kind::Project && other.id != place.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::wall_chart::tests::bar;
    use jiff::civil::date;

    #[test]
    fn a_broken_promise_comes_before_any_target_that_nobody_promised() {
        let unmet = |name: &str, target, done, is_promised: bool| {
            let text = || name.to_owned();
            let promised_for = is_promised.then(|| PeriodKind::Week.around(date(2026, 11, 22)));
            Unmet { building: text(), activity: text(), name: text(), unit: "m2".into(), target, promised_for, done, grade: None }
        };
        let mut all = [
            unmet("a large target", 90.0, 0.0, false),
            unmet("a promise nearly kept", 10.0, 9.0, true),
            unmet("a promise not begun", 10.0, 0.0, true),
            unmet("a small target", 5.0, 4.0, false),
        ];
        all.sort_by(worse_first);
        let names = all.each_ref().map(|one| one.name.as_str());
        assert_eq!(names, ["a promise not begun", "a promise nearly kept", "a large target", "a small target"]);
    }

    #[test]
    fn a_promise_that_ran_out_comes_before_the_target_of_the_day() {
        let sunday = date(2026, 11, 29);
        let window = |kind: PeriodKind, will, done| Window { period: kind.around(sunday), should: 0.0, can: 0.0, will, done, requirement_debt: 0.0 };
        let week = Some(PeriodKind::Week.around(sunday));
        let of_day = Some(PeriodKind::Day.around(sunday));
        for (name, day, will_day, will_week, done, expected) in [
            ("kept", sunday, None, Some(7.0), (1.0, 7.0), None),
            ("a week not kept", sunday, None, Some(8.0), (1.0, 7.0), Some((8.0, week, 7.0))),
            ("a week not kept that runs on", date(2026, 11, 28), None, Some(8.0), (1.0, 7.0), None),
            ("a day and its week not kept", sunday, Some(2.0), Some(8.0), (1.0, 7.0), Some((8.0, week, 7.0))),
            ("a day not kept", sunday, Some(2.0), Some(7.0), (1.0, 7.0), Some((2.0, of_day, 1.0))),
            ("a target of the day", sunday, None, None, (0.5, 7.0), Some((1.0, None, 0.5))),
        ] {
            let windows = [window(PeriodKind::Day, will_day, done.0), window(PeriodKind::Week, will_week, done.1)];
            assert_eq!(missed(&windows, 1.0, day), expected, "{name}");
        }
    }

    #[test]
    fn work_turns_red_when_its_float_runs_out() {
        let horizon = date(2026, 11, 26);
        let soon = Some((date(2026, 11, 25), date(2026, 12, 20)));
        let later = Some((date(2026, 11, 27), date(2026, 12, 20)));
        let begun = Some(date(2026, 11, 1));
        for (name, float_days_e3, early, actual_start, expected) in [
            ("no float left, at work", Some(0), soon, begun, true),
            ("less than three days", Some(2_999), soon, begun, true),
            ("three days", Some(3_000), soon, begun, false),
            ("red already", Some(-1), soon, begun, false),
            ("could begin within them", Some(1_000), soon, None, true),
            ("cannot begin before", Some(1_000), later, None, false),
            ("no mandated date hangs on it", None, soon, begun, false),
        ] {
            let bar = plan::store::Bar { float_days_e3, early, actual_start, ..bar() };
            assert_eq!(turns_red(&bar, horizon), expected, "{name}");
        }
    }
}
