//! Breaks within tasks. MS Project knows a split only by what it spread over time: stretches of an assignment without work in
//! which the task's calendar works. A task rests where none of its assignments works.

use foldhash::HashMap;
use guatu_kernel::WorkTime;
use guatu_kernel::plan::{Activity, ActivityKind, Break, Granularity, Plan, Span};
use jiff::civil::DateTime;

use super::read::{Assignment, Document};
use super::task::Task;
use crate::plans::findings::{Findings, shortened};
use crate::plans::span::in_minutes;
use crate::plans::{SavedActivity, codes};

/// Minutes by which the stretches of work may miss the duration that the file states: rows are rounded each.
const ROUNDING_MINUTES: i64 = 1;

/// A stretch of an assignment and the work in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) start: DateTime,
    pub(crate) finish: DateTime,
    pub(crate) work_minutes: i64,
}

/// Whether work goes on behind a stretch without any: only then can it be a break.
pub(crate) fn has_gap(stretches: &[Stretch]) -> bool {
    let works = |stretch: &Stretch| stretch.work_minutes > 0;
    let last = stretches.iter().rposition(works).unwrap_or(0);
    stretches[..last].iter().skip_while(|stretch| !works(stretch)).any(|stretch| !works(stretch))
}

/// Gives tasks their breaks, and names those whose work somebody spread by hand without the file saying how.
pub(crate) fn read(
    document: &Document<'_>,
    ids: &HashMap<i64, usize>,
    plan: &mut Plan,
    saved: &mut [SavedActivity],
    findings: &mut Findings,
) {
    let mut of_task: Vec<(usize, &Assignment)> = Vec::new();
    let does_work: HashMap<i64, bool> = document.resources.iter().map(|one| (one.uid, one.kind == 1)).collect();
    let works = |one: &&Assignment| does_work.get(&one.resource) != Some(&false);
    for assignment in document.assignments.iter().filter(works) {
        of_task.extend(ids.get(&assignment.task).map(|index| (*index, assignment)));
    }
    // In the order of the file where a task has several.
    of_task.sort_by_key(|(index, _)| *index);
    let mut times: Option<WorkTime> = None;
    for group in of_task.chunk_by(|one, other| one.0 == other.0) {
        let index = group[0].0;
        let (task, activity) = (&document.tasks[index], &plan.activities[index]);
        let is_contoured = group.iter().any(|(_, one)| one.is_contoured);
        let is_told = group.iter().all(|(_, one)| one.is_timephased);
        saved[index].has_lost_contour = is_contoured && !is_told;
        if activity.kind != ActivityKind::Task || activity.actual_finish.is_some() {
            continue;
        }
        let breaks = match is_told {
            false if is_contoured => None,
            false => continue,
            true if group.iter().any(|(_, one)| one.stretches.is_empty()) => Some(Vec::new()),
            true => {
                let times = times.get_or_insert_with(|| WorkTime::of_plan(plan));
                Site { plan, times, index, task }.breaks(group)
            }
        };
        match breaks {
            // A day plan is ours, and its note says in days what this says in minutes.
            Some(breaks) if plan.granularity == Granularity::Minute => keep_or_set(&mut plan.activities[index], breaks),
            None if activity.breaks.is_empty() => {
                let message = format!(
                    "the work of `{}` has breaks, and the file does not say where; they were left out",
                    shortened(&task.name)
                );
                findings.warn(codes::NO_HOME, &activity.id, message);
            }
            _ => {}
        }
    }
}

/// Breaks that a note says in other words stay as they are.
fn keep_or_set(activity: &mut Activity, breaks: Vec<(i64, i64)>) {
    let minutes = |one: &Break| in_minutes(one.after, 480).zip(in_minutes(one.length, 480));
    let are_known = activity.breaks.len() == breaks.len()
        && activity.breaks.iter().zip(&breaks).all(|(known, told)| minutes(known) == Some(*told));
    if !are_known {
        let of = |(after, length)| Break { after: Span::minutes(after), length: Span::minutes(length) };
        activity.breaks = breaks.into_iter().map(of).collect();
    }
}

/// A task whose working time is counted.
#[derive(Clone, Copy)]
struct Site<'a> {
    plan: &'a Plan,
    times: &'a WorkTime,
    index: usize,
    task: &'a Task<'a>,
}

impl Site<'_> {
    /// Breaks as working minutes before each and in it; `None` when there are some and the work beside them is not the duration.
    fn breaks(self, group: &[(usize, &Assignment)]) -> Option<Vec<(i64, i64)>> {
        if matches!(self.plan.activities[self.index].duration, Span::Elapsed { .. }) {
            return None;
        }
        // A stretch beside a gap may hold part of the gap: then it has less work than its time. Where the work is not spread
        // evenly that says nothing, and the duration shows it.
        self.breaks_by(group, true).or_else(|| self.breaks_by(group, false))
    }

    fn breaks_by(self, group: &[(usize, &Assignment)], has_partial: bool) -> Option<Vec<(i64, i64)>> {
        let works = group.iter().flat_map(|(_, one)| &one.stretches).filter(|stretch| stretch.work_minutes > 0);
        let start = works.map(|stretch| stretch.start).min()?;
        let mut idle: Option<Vec<(i64, i64)>> = None;
        for (_, assignment) in group {
            let own = self.idle(assignment, start, has_partial);
            idle = Some(match idle {
                Some(idle) => common(&idle, &own),
                None => own,
            });
        }
        let mut breaks = Vec::new();
        let (mut paused, mut end) = (0, 0);
        for (from, to) in idle? {
            end = from;
            if from > 0 && to < i64::MAX {
                breaks.push((from - paused, to - from));
                paused += to - from;
            }
        }
        let missed = (end - paused - self.task.duration).abs();
        (breaks.is_empty() || missed <= ROUNDING_MINUTES).then_some(breaks)
    }

    /// Working minutes of the task from an instant in which an assignment rests: before it begins, in gaps, after its end.
    fn idle(self, assignment: &Assignment, start: DateTime, has_partial: bool) -> Vec<(i64, i64)> {
        let position = |at: DateTime| self.times.minutes_between(self.plan, self.index, start, at);
        let works: Vec<&Stretch> = assignment.stretches.iter().filter(|stretch| stretch.work_minutes > 0).collect();
        let is_gap = |at: usize| at + 1 < works.len() && position(works[at].finish) < position(works[at + 1].start);
        let partial = |stretch: &Stretch| {
            let worked = (stretch.work_minutes as f64 / assignment.units.max(0.01)).round() as i64;
            let time = position(stretch.finish) - position(stretch.start);
            if has_partial { (time - worked).max(0) } else { 0 }
        };
        let mut idle = vec![(0, works.first().map_or(0, |first| position(first.start)))];
        for at in (0..works.len()).filter(|at| is_gap(*at)) {
            let (before, after) = (works[at], works[at + 1]);
            // Work goes on until a gap, so what is missing beside two of them is missing before the second.
            let head = if is_gap(at + 1) { 0 } else { partial(after) };
            idle.push((position(before.finish) - partial(before), position(after.start) + head));
        }
        idle.push((works.last().map_or(0, |last| position(last.finish)), i64::MAX));
        idle
    }
}

/// What two ascending lists of intervals have in common.
fn common(one: &[(i64, i64)], other: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let (mut at, mut beside) = (0, 0);
    let mut found = Vec::new();
    while let (Some(a), Some(b)) = (one.get(at), other.get(beside)) {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        if from < to {
            found.push((from, to));
        }
        if a.1 < b.1 { at += 1 } else { beside += 1 }
    }
    found
}
