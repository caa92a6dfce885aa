//! Conformance: dates computed from nothing beside the dates another program saved, and what explains a difference.
//!
//! Compared are activities that are no summaries. Two instants are equal when no working time of the activity's calendar
//! lies between them (contract rule 10). Begun and finished work is compared by its actual dates where the other program
//! keeps the restart of what remains in the early ones; finished work has no late dates and no float here.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use guatu_kernel::plan::{Activity, ActivityKind, LinkKind, Moment, Plan, Span};
use guatu_kernel::{Schedule, WorkTime};
use jiff::civil::DateTime;

use crate::plans::{SavedActivity, SavedDates};
use crate::schedules;

/// Why an activity is not compared: its saved dates do not come from the logic of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// Scheduled by hand.
    Manual,
    /// Moved by levelling.
    Levelled,
    /// Stands for work of another file.
    External,
    /// Takes no part.
    Inactive,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not begun.
    None,
    /// Begun.
    Begun,
    /// Finished.
    Finished,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// ES.
    EarlyStart,
    /// EF.
    EarlyFinish,
    /// LS.
    LateStart,
    /// LF.
    LateFinish,
    /// TF.
    TotalFloat,
}

/// What explains that an activity differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The saved dates are further apart than the duration: the work is split by hand, and the file does not say where.
    /// How long its breaks are follows from nothing but the saved finish, so that counting them would compare that finish
    /// with itself.
    LostContour,
    /// The saved dates are not the duration apart in any calendar the file holds: a calendar lost when the file was
    /// converted.
    OtherLength,
    /// The saved late dates contradict what the file says follows, or its finish: they are older than its last change.
    StaleLateDates,
    /// All dates agree; the other program counts the float in another way.
    OtherFloat,
    /// What leads to the activity, what follows it, or the finish of the project differs.
    Inherited,
    /// Not explained.
    Unknown,
}

/// A field that differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Which field.
    pub field: Field,
    /// Minutes by which ours is later or greater; `None` where we have nothing.
    pub minutes: Option<i64>,
}

/// An activity beside its saved dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Index in the plan.
    pub activity: usize,
    /// The number the other program knows it by.
    pub uid: String,
    /// How far it is.
    pub progress: Progress,
    /// Why it is not counted.
    pub exclusion: Option<Exclusion>,
    /// Fields that differ; empty when everything agrees.
    pub differences: Vec<Difference>,
    /// What explains them.
    pub cause: Option<Cause>,
}

impl Compared {
    fn differs_in(&self, fields: &[Field]) -> bool {
        self.differences.iter().any(|difference| fields.contains(&difference.field))
    }
}

const CAUSES: [Cause; 6] = [
    Cause::LostContour,
    Cause::OtherLength,
    Cause::StaleLateDates,
    Cause::OtherFloat,
    Cause::Inherited,
    Cause::Unknown,
];
const EARLY: [Field; 2] = [Field::EarlyStart, Field::EarlyFinish];
const LATE: [Field; 2] = [Field::LateStart, Field::LateFinish];

/// Compares a schedule of a plan with the dates its file had saved: one entry for every activity that is no summary and
/// has saved dates.
pub fn compare(plan: &Plan, saved: &SavedDates, schedule: &Schedule) -> Vec<Compared> {
    let comparer = Comparer { plan, saved, schedule, work: WorkTime::of_plan(plan) };
    let mut compared: Vec<Compared> = (0..plan.activities.len()).filter_map(|at| comparer.activity(at)).collect();
    let logic = Logic::of(plan);
    let wrong = |fields: [Field; 2]| -> HashSet<usize> {
        compared.iter().filter(|one| one.differs_in(&fields)).map(|one| one.activity).collect()
    };
    let (wrong_early, wrong_late) = (wrong(EARLY), wrong(LATE));
    let finish = comparer.saved_finish();
    for one in compared.iter_mut().filter(|one| !one.differences.is_empty()) {
        one.cause = Some(comparer.cause(one, &logic, finish, &wrong_early, &wrong_late));
    }
    compared
}

struct Comparer<'a> {
    plan: &'a Plan,
    saved: &'a SavedDates,
    schedule: &'a Schedule,
    work: WorkTime,
}

impl Comparer<'_> {
    fn activity(&self, at: usize) -> Option<Compared> {
        let (activity, saved) = (&self.plan.activities[at], self.saved.activities.get(at)?);
        let has_dates = saved.early_start.or(saved.early_finish).or(saved.late_finish).is_some();
        if activity.kind == ActivityKind::Summary || !has_dates {
            return None;
        }
        let progress = match (activity.actual_start, activity.actual_finish) {
            (_, Some(_)) => Progress::Finished,
            (Some(_), None) => Progress::Begun,
            (None, None) => Progress::None,
        };
        let exclusion = exclusion(saved);
        let differences = if exclusion.is_some() { Vec::new() } else { self.differences(at, progress) };
        Some(Compared { activity: at, uid: saved.uid.clone(), progress, exclusion, differences, cause: None })
    }

    fn differences(&self, at: usize, progress: Progress) -> Vec<Difference> {
        let saved = &self.saved.activities[at];
        let dates = self.schedule.activities[at].as_ref();
        let early_start = if progress == Progress::None { saved.early_start } else { saved.start };
        let early_finish = if progress == Progress::Finished { saved.finish } else { saved.early_finish };
        let mut pairs = vec![
            (Field::EarlyStart, early_start, dates.map(|dates| dates.early_start)),
            (Field::EarlyFinish, early_finish, dates.map(|dates| dates.early_finish)),
        ];
        if progress != Progress::Finished {
            pairs.push((Field::LateStart, saved.late_start, dates.and_then(|dates| dates.late_start)));
            pairs.push((Field::LateFinish, saved.late_finish, dates.and_then(|dates| dates.late_finish)));
        }
        let mut differences: Vec<Difference> = pairs
            .into_iter()
            .filter_map(|(field, saved, ours)| Some((field, saved?, ours)))
            .map(|(field, saved, ours)| Difference { field, minutes: ours.map(|ours| self.minutes(at, saved, ours)) })
            .filter(|difference| difference.minutes != Some(0))
            .collect();
        if let (true, Some(saved)) = (progress != Progress::Finished, saved.total_float_minutes) {
            let minutes = self.total_float(at).map(|ours| (ours as f64 - saved).round() as i64);
            if minutes != Some(0) {
                differences.push(Difference { field: Field::TotalFloat, minutes });
            }
        }
        differences
    }

    /// Working minutes from a saved instant to a computed moment.
    fn minutes(&self, at: usize, saved: DateTime, ours: Moment) -> i64 {
        self.work.minutes_between(self.plan, at, saved, instant_of(ours))
    }

    /// Total float in minutes; of elapsed work around the clock, as MS Project counts it.
    fn total_float(&self, at: usize) -> Option<i64> {
        let (activity, dates) = (&self.plan.activities[at], self.schedule.activities[at].as_ref()?);
        if matches!(activity.duration, Span::Elapsed { .. }) && activity.kind == ActivityKind::Task {
            return Some(elapsed_minutes(instant_of(dates.early_finish), instant_of(dates.late_finish?)));
        }
        dates.total_float_days.map(|days| schedules::float_minutes(self.plan, activity, days))
    }

    /// The latest saved finish: the end of the project as the other program knew it.
    fn saved_finish(&self) -> Option<DateTime> {
        let leaves = self.plan.activities.iter().zip(&self.saved.activities);
        leaves
            .filter(|(activity, _)| activity.kind != ActivityKind::Summary)
            .filter_map(|(_, saved)| saved.finish)
            .max()
    }

    fn cause(
        &self,
        one: &Compared,
        logic: &Logic,
        finish: Option<DateTime>,
        wrong_early: &HashSet<usize>,
        wrong_late: &HashSet<usize>,
    ) -> Cause {
        let at = one.activity;
        let saved = &self.saved.activities[at];
        let (is_early, is_late) = (one.differs_in(&EARLY), one.differs_in(&LATE));
        if !is_early && !is_late {
            return Cause::OtherFloat;
        }
        if is_early && one.progress == Progress::None && self.has_other_length(at) {
            return if saved.has_lost_contour { Cause::LostContour } else { Cause::OtherLength };
        }
        let leads_wrong = logic.before[at].iter().any(|before| wrong_early.contains(before));
        if is_early {
            return if leads_wrong { Cause::Inherited } else { Cause::Unknown };
        }
        let Some(late_finish) = saved.late_finish else { return Cause::Unknown };
        let contradicts = logic.starts_after[at].iter().any(|after| {
            let next = self.saved.activities[*after].late_start;
            next.is_some_and(|next| self.work.minutes_between(self.plan, at, late_finish, next) < 0)
        });
        let is_open = logic.after[at].is_empty();
        let misses_the_finish =
            finish.is_some_and(|end| self.work.minutes_between(self.plan, at, late_finish, end) != 0);
        if contradicts || (is_open && misses_the_finish) {
            return Cause::StaleLateDates;
        }
        let follows_wrong = logic.after[at].iter().any(|after| wrong_late.contains(after));
        // An open end is bounded by the finish of the project, which is another when an early date is.
        if follows_wrong || (is_open && !wrong_early.is_empty()) { Cause::Inherited } else { Cause::Unknown }
    }

    /// Whether the saved dates of work that has not begun are not its duration apart.
    fn has_other_length(&self, at: usize) -> bool {
        let (activity, saved) = (&self.plan.activities[at], &self.saved.activities[at]);
        let (Some(start), Some(finish)) = (saved.early_start, saved.early_finish) else { return false };
        match activity.duration {
            _ if activity.kind != ActivityKind::Task => false,
            Span::Elapsed { minutes } => elapsed_minutes(start, finish) != minutes,
            Span::Working { days_e3: 0, minutes } => self.work.minutes_between(self.plan, at, start, finish) != minutes,
            _ => false,
        }
    }
}

fn exclusion(saved: &SavedActivity) -> Option<Exclusion> {
    match saved {
        SavedActivity { is_active: false, .. } => Some(Exclusion::Inactive),
        SavedActivity { is_external: true, .. } => Some(Exclusion::External),
        SavedActivity { is_manual: true, .. } => Some(Exclusion::Manual),
        SavedActivity { levelling_delay_minutes, .. } if *levelling_delay_minutes != 0.0 => Some(Exclusion::Levelled),
        _ => None,
    }
}

fn instant_of(moment: Moment) -> DateTime {
    match moment {
        Moment::Day(date) => date.at(0, 0, 0, 0),
        Moment::Instant(instant) => instant,
    }
}

fn elapsed_minutes(from: DateTime, to: DateTime) -> i64 {
    from.duration_until(to).as_mins()
}

/// What is linked to what, by index; links of summaries count for everything below them.
struct Logic {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    /// Ends of links from finish to start without lag.
    starts_after: Vec<Vec<usize>>,
}

impl Logic {
    fn of(plan: &Plan) -> Logic {
        let count = plan.activities.len();
        let index: HashMap<&str, usize> =
            plan.activities.iter().enumerate().map(|(at, activity)| (activity.id.as_str(), at)).collect();
        let mut leaves: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
        for (at, activity) in plan.activities.iter().enumerate().filter(|(_, one)| one.kind != ActivityKind::Summary) {
            let parent = |activity: &Activity| activity.parent.as_deref().and_then(|id| index.get(id)).copied();
            let mut above = parent(activity);
            // Hierarchies are as deep as an outline; more is a circle.
            for _ in 0..64 {
                let Some(summary) = above else { break };
                leaves[summary].push(at);
                above = parent(&plan.activities[summary]);
            }
        }
        let mut logic = Logic {
            before: vec![Vec::new(); count],
            after: vec![Vec::new(); count],
            starts_after: vec![Vec::new(); count],
        };
        for link in &plan.links {
            let (Some(&from), Some(&to)) = (index.get(link.from.as_str()), index.get(link.to.as_str())) else {
                continue;
            };
            for &source in &leaves[from] {
                for &target in &leaves[to] {
                    logic.before[target].push(source);
                    logic.after[source].push(target);
                    if link.kind == LinkKind::FS && link.lag == Span::ZERO {
                        logic.starts_after[source].push(target);
                    }
                }
            }
        }
        logic
    }
}

/// A file and what comparing it found.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Folder and name.
    pub name: String,
    /// Its activities.
    pub activities: Vec<Compared>,
}

/// How many of some activities agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Activities counted.
    pub counted: usize,
    /// Of them, those whose early dates agree.
    pub early: usize,
    /// Those whose late dates agree as well.
    pub dates: usize,
    /// Those whose total float agrees as well.
    pub all: usize,
}

impl Agreement {
    /// Counts the activities that are not excluded and stand as asked.
    pub fn of<'a>(activities: impl IntoIterator<Item = &'a Compared>, has_progress: bool) -> Agreement {
        let mut sum = Agreement::default();
        for one in activities {
            if one.exclusion.is_some() || (one.progress != Progress::None) != has_progress {
                continue;
            }
            let is_early = !one.differs_in(&EARLY);
            let is_dated = is_early && !one.differs_in(&LATE);
            sum.counted += 1;
            sum.early += usize::from(is_early);
            sum.dates += usize::from(is_dated);
            sum.all += usize::from(one.differences.is_empty());
        }
        sum
    }

    fn cells(self) -> String {
        if self.counted == 0 {
            return "– | – | – | –".to_owned();
        }
        format!("{} | {} | {} | {}", self.counted, self.share(self.early), self.share(self.dates), self.share(self.all))
    }

    /// Per cent with two digits, never rounded up to 100.
    fn share(self, part: usize) -> String {
        let hundredths = part * 10_000 / self.counted.max(1);
        match (hundredths / 100, hundredths % 100) {
            (whole, 0) => whole.to_string(),
            (whole, rest) => format!("{whole}.{rest:02}"),
        }
    }
}

const HEAD: &str = "\
# Dates of other programs

Plans saved by Primavera P6 and Microsoft Project, scheduled here from nothing and compared with the dates those programs
had saved. Made by `cargo run --release -q -p guatu-formats --example conformance -- FOLDER`, which reads every file one
folder below; the files are not part of this repository. A test compares this page with what the command says.

Columns are per cent of tasks that agree to the minute: early dates, late dates as well, total float as well. Two instants
without working time between them are one. Not counted, by rule: tasks scheduled by hand, moved by levelling, of other
files, inactive. Summaries are not tasks. Work begun or done is compared by its actual dates; finished work has no late
dates here.

";

/// The report as a page of Markdown: sums by folder, every file, and every difference with what explains it.
pub fn report(files: &[FileReport]) -> String {
    let mut page = String::from(HEAD);
    let folder = |file: &FileReport| file.name.split('/').next().unwrap_or_default().to_owned();
    let mut folders: Vec<String> = files.iter().map(folder).collect();
    folders.dedup();
    let heads = "| Tasks | Early | Dates | All | Begun or done | Early | Dates | All | Not counted |";
    let line = "|---|---|---|---|---|---|---|---|---|---|";
    let row = |page: &mut String, name: &str, activities: &[&Compared]| {
        let of = |has_progress| Agreement::of(activities.iter().copied(), has_progress).cells();
        let _ = writeln!(page, "| {name} | {} | {} | {} |", of(false), of(true), excluded(activities));
    };
    let _ = writeln!(page, "| Folder {heads}\n{line}");
    for name in &folders {
        let activities: Vec<&Compared> =
            files.iter().filter(|file| folder(file) == *name).flat_map(|file| &file.activities).collect();
        row(&mut page, name, &activities);
    }
    row(&mut page, "**all**", &files.iter().flat_map(|file| &file.activities).collect::<Vec<_>>());
    let _ = writeln!(page, "\n## Why tasks differ\n\n| Why | Tasks | Begun or done |\n|---|---|---|");
    for cause in CAUSES {
        let count = |has_progress| {
            let all = files.iter().flat_map(|file| &file.activities);
            all.filter(|one| one.cause == Some(cause) && (one.progress != Progress::None) == has_progress).count()
        };
        let _ = writeln!(page, "| {} | {} | {} |", said(cause), count(false), count(true));
    }
    let _ = writeln!(page, "\n## Every file\n\n| File {heads}\n{line}");
    for file in files {
        row(&mut page, &file.name, &file.activities.iter().collect::<Vec<_>>());
    }
    let _ = writeln!(
        page,
        "\n## Every difference\n\n| File | UID | Minutes by which ours is later | Why |\n|---|---|---|---|"
    );
    for file in files {
        for one in &file.activities {
            if let Some(cause) = one.cause {
                let fields: Vec<String> = one.differences.iter().map(written).collect();
                let _ = writeln!(page, "| {} | {} | {} | {} |", file.name, one.uid, fields.join(", "), said(cause));
            }
        }
    }
    page
}

fn excluded(activities: &[&Compared]) -> String {
    let kinds = [
        (Exclusion::Manual, "manual"),
        (Exclusion::Levelled, "levelled"),
        (Exclusion::External, "external"),
        (Exclusion::Inactive, "inactive"),
    ];
    let counts = kinds.iter().filter_map(|(kind, word)| {
        let count = activities.iter().filter(|one| one.exclusion == Some(*kind)).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn written(difference: &Difference) -> String {
    let field = match difference.field {
        Field::EarlyStart => "ES",
        Field::EarlyFinish => "EF",
        Field::LateStart => "LS",
        Field::LateFinish => "LF",
        Field::TotalFloat => "TF",
    };
    difference.minutes.map_or_else(|| format!("{field} missing"), |minutes| format!("{field} {minutes:+}"))
}

fn said(cause: Cause) -> &'static str {
    match cause {
        Cause::LostContour => {
            "work split by hand, and the file does not say where: how long the breaks are stands only in the saved finish compared here"
        }
        Cause::OtherLength => "saved dates are not the duration apart: other work, or a calendar lost in conversion",
        Cause::StaleLateDates => {
            "saved late dates contradict the file's own links or finish: older than its last change"
        }
        Cause::OtherFloat => "dates agree; the float is counted otherwise",
        Cause::Inherited => "follows from a difference before or behind it, or from the finish",
        Cause::Unknown => "not explained",
    }
}
