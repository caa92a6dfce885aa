//! From MSPDI records to a plan: hierarchy, calendars, links, resources, and warnings for what has no home.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use guatu_kernel::diagnose::Severity;
use guatu_kernel::plan::{
    Activity, ActivityKind, AsLateRule, Calendar, ConstraintKind, DayWork, Granularity, LagCalendar, Link, Moment,
    Options, Place, Plan, ProgressRule, RemainingRule, Resource,
};

use jiff::civil::DateTime;

use super::calendars::{RawCalendar, flatten};
use super::joint::joint;
use super::notes::{self, PlanNote};
use super::read::{Document, RawResource};
use super::splits;
use super::task::{Setting, Task, moment_of};
use super::write::written_bands;
use crate::plans::findings::{Findings, at_line, fault, shortened};
use crate::plans::{Outcome, SavedActivity, SavedDates, codes};

/// Exceptions of all calendars together, bases counted in each.
const MOST_INHERITED: usize = 400_000;

/// Makes the plan of a document.
pub(crate) fn assemble(mut document: Document<'_>, findings: &mut Findings) -> Outcome {
    let summary = document.tasks.iter().position(|task| task.uid == 0 && task.outline_level.unwrap_or(0) == 0);
    let note = summary.and_then(|index| notes::read_plan(&document.tasks[index].notes)).unwrap_or_default();
    if let Some(index) = summary {
        document.tasks[index].is_null = true;
    }
    document.tasks.retain(|task| !task.is_null);
    let setting = Setting {
        granularity: note.granularity.unwrap_or(Granularity::Minute),
        minutes_per_day: document.minutes_per_day,
        honors_constraints: document.honors_constraints,
    };
    let start = document.start.or_else(|| document.tasks.iter().filter_map(|task| task.saved.start).min());
    let Some(start) = start else {
        return Err(fault(codes::MISSING, "StartDate", "the project has no start date"));
    };
    warn_about_project(&document, &note, findings);

    restore_lost_weeks(&mut document, findings);
    let (mut calendars, calendar_ids, default) = plan_calendars(&document, &note, findings);
    let resources = Resources::of(&document, &calendars, &calendar_ids, &note, findings);
    let (mut activities, mut saved, ids) = activities(&document, &setting, &calendar_ids, findings);
    let links = links(&document, &setting, &ids, &activities, findings);
    let start = start_before_the_project(&mut activities, &links, start, &setting);
    resources.assign(&document, &ids, &mut activities, &mut calendars, default.as_deref(), findings);

    let start = match note.start {
        Some(noted) if noted.date() == start.date() => noted,
        _ if setting.granularity == Granularity::Day => Moment::Day(start.date()),
        _ => Moment::Instant(start),
    };
    let mut mandated = note.mandated;
    if !mandated.is_empty() {
        let known: HashSet<&str> = activities.iter().map(|activity| activity.id.as_str()).collect();
        mandated.retain(|mandate| known.contains(mandate.activity.as_str()));
    }
    let stated_name = if document.title.is_empty() { &document.name } else { &document.title };
    let mut plan = Plan {
        name: Some(stated_name.to_string()).filter(|name| !name.is_empty()),
        granularity: setting.granularity,
        start,
        data_date: note.data_date,
        calendar: if note.has_calendar && note.calendar.is_none() { None } else { default },
        options: note.options.unwrap_or_else(|| options(&document)),
        calendars,
        activities,
        links,
        resources: resources.list,
        mandated,
        stops: note.stops,
    };
    splits::read(&document, &ids, &mut plan, &mut saved, findings);
    Ok((plan, SavedDates { activities: saved }))
}

/// The rules MS Project schedules by. It counts lags in the successor's calendar.
fn options(document: &Document<'_>) -> Options {
    Options {
        lag_calendar: LagCalendar::Successor,
        remaining: RemainingRule::AfterWorkedPart,
        progress: if document.splits_in_progress { ProgressRule::RetainedLogic } else { ProgressRule::Override },
        as_late: AsLateRule::TotalFloat,
        ..Options::default()
    }
}

fn warn_about_project(document: &Document<'_>, note: &PlanNote, findings: &mut Findings) {
    if !document.is_from_start {
        let message = "the file was scheduled backwards from its finish; here everything starts as early as it can";
        findings.warn_at(codes::FROM_FINISH, "ScheduleFromStart", message);
    }
    if let Some(status) = document.status_date.filter(|_| note.data_date.is_none()) {
        let message =
            format!("MS Project does not schedule by its status date {}; set a data date to do so", status.date());
        let (at, params) = (Some("StatusDate".to_owned()), vec![status.date().to_string()]);
        findings.add(codes::STATUS_DATE, Severity::Notice, None, at, params, message);
    }
    if document.critical_slack_limit != 0 {
        let message = format!(
            "tasks with up to {} days of slack were called critical; here only those without",
            document.critical_slack_limit
        );
        findings.warn_at(codes::NO_HOME, "CriticalSlackLimit", message);
    }
}

/// Lets calendars of resources follow the ones they are derived from where their own days contradict every assignment.
fn restore_lost_weeks(document: &mut Document<'_>, findings: &mut Findings) {
    let mut assigned: HashMap<i64, Vec<(DateTime, DateTime)>> = HashMap::new();
    let calendar_of: HashMap<i64, i64> =
        document.resources.iter().filter_map(|resource| Some((resource.uid, resource.calendar_uid?))).collect();
    for assignment in &document.assignments {
        if let (Some(calendar), Some(span)) =
            (calendar_of.get(&assignment.resource), assignment.start.zip(assignment.finish))
        {
            assigned.entry(*calendar).or_default().push(span);
        }
    }
    let lost = |calendar: &&RawCalendar| {
        let base = document.calendars.iter().find(|base| Some(base.uid) == calendar.base());
        let spans = assigned.get(&calendar.uid);
        base.zip(spans).is_some_and(|(base, spans)| calendar.is_contradicted(base, spans))
    };
    let lost: HashSet<i64> = document.calendars.iter().filter(lost).map(|calendar| calendar.uid).collect();
    for calendar in document.calendars.iter_mut().filter(|calendar| lost.contains(&calendar.uid)) {
        let message =
            "everything assigned in this calendar lies outside its days and within its base's; the base counts";
        findings.warn_at(codes::CALENDAR_APPROXIMATED, format!("calendar {}", calendar.uid), message);
        calendar.follow_base();
    }
}

/// Flattened calendars, the plan id of every calendar UID among them, and the id of the project calendar.
fn plan_calendars(
    document: &Document<'_>,
    note: &PlanNote,
    findings: &mut Findings,
) -> (Vec<Calendar>, HashMap<i64, String>, Option<String>) {
    let by_uid: HashMap<i64, &RawCalendar> = document.calendars.iter().map(|c| (c.uid, c)).collect();
    let mut used: HashSet<i64> = document.tasks.iter().filter_map(|task| task.calendar_uid).collect();
    used.extend(document.calendar_uid);
    let default_uid = document
        .calendar_uid
        .filter(|uid| by_uid.contains_key(uid))
        .or_else(|| document.calendars.iter().find(|calendar| calendar.is_base).map(|calendar| calendar.uid));
    let default_flat = default_uid.and_then(|uid| flatten(uid, &by_uid, document.minutes_per_day, findings));
    let bound = bound_resources(document);
    let (mut calendars, mut ids, mut seen) = (Vec::new(), HashMap::new(), HashSet::new());
    let mut inherited = 0;
    for raw in &document.calendars {
        let differs = |flat: &Calendar| {
            default_flat.as_ref().is_none_or(|d| d.week != flat.week || d.exceptions != flat.exceptions)
        };
        let is_wanted = raw.is_base || used.contains(&raw.uid);
        if !is_wanted && !bound.contains(&raw.uid) {
            continue;
        }
        let Some(mut flat) = flatten(raw.uid, &by_uid, document.minutes_per_day, findings) else { continue };
        if !is_wanted && !differs(&flat) {
            continue;
        }
        // Every calendar repeats the exceptions of its bases.
        inherited += flat.exceptions.len();
        if inherited > MOST_INHERITED {
            let message = format!("the calendars have more than {MOST_INHERITED} exceptions in all");
            findings.error(codes::LIMIT, format!("calendar {}", raw.uid), message);
            break;
        }
        if !seen.insert(raw.uid) {
            let message = format!("two calendars carry the UID {}", raw.uid);
            findings.error(codes::DUPLICATE_ID, format!("calendar {}", raw.uid), message);
        }
        // Our own files number calendars from 1 in the plan's order.
        if let Some(noted) = usize::try_from(raw.uid - 1).ok().and_then(|index| note.calendars.get(index)) {
            flat.id.clone_from(&noted.id);
            flat.minutes_per_day = noted.minutes_per_day;
            if says_the_same(noted, &flat) {
                flat = noted.clone();
            }
        }
        ids.insert(raw.uid, flat.id.clone());
        calendars.push(flat);
    }
    let default = default_uid.and_then(|uid| ids.get(&uid).cloned());
    if default.is_none() {
        findings.warn_at(codes::DEFAULTED, "CalendarUID", "the file has no project calendar; the default one counts");
    }
    (calendars, ids, default)
}

/// Calendars of work resources that have work to do.
fn bound_resources(document: &Document<'_>) -> HashSet<i64> {
    let assigned: HashSet<i64> = document.assignments.iter().map(|assignment| assignment.resource).collect();
    let works = |resource: &&RawResource<'_>| resource.kind == 1 && assigned.contains(&resource.uid);
    document.resources.iter().filter(works).filter_map(|resource| resource.calendar_uid).collect()
}

/// MS Project holds only what no link leads to at the project's start, and lets a constraint that is earlier win; what
/// follows may then be earlier too. Such a plan begins with the earliest of these constraints, and what used to be held
/// by the project's start has that as its own. Returns when the plan starts.
fn start_before_the_project(
    activities: &mut [Activity],
    links: &[Link],
    start: DateTime,
    setting: &Setting,
) -> DateTime {
    let mut led: HashSet<&str> = links.iter().map(|link| link.to.as_str()).collect();
    let (mut roots, mut earliest) = (Vec::new(), start);
    for (index, activity) in activities.iter().enumerate() {
        // Summaries come before what is below them.
        if activity.parent.as_ref().is_some_and(|parent| led.contains(parent.as_str())) {
            led.insert(&activity.id);
        }
        if activity.kind == ActivityKind::Summary || activity.start.is_some() || led.contains(activity.id.as_str()) {
            continue;
        }
        let bound = activity.constraints.first().filter(|one| one.kind == ConstraintKind::StartNoEarlierThan);
        let own = bound.and_then(|one| one.on).map_or(start, |on| start.min(instant_of(on)));
        earliest = earliest.min(own);
        roots.push((index, own));
    }
    if earliest < start {
        roots.into_iter().for_each(|(index, own)| activities[index].start = Some(moment_of(own, setting)));
    }
    earliest
}

fn instant_of(moment: Moment) -> DateTime {
    match moment {
        Moment::Day(date) => date.at(0, 0, 0, 0),
        Moment::Instant(instant) => instant,
    }
}

/// Whether a calendar of the file is what the noted one is written as.
fn says_the_same(noted: &Calendar, flat: &Calendar) -> bool {
    let same = |a: &DayWork, b: &DayWork| match (written_bands(noted, a), b) {
        (None, DayWork::Free) => true,
        (Some(bands), DayWork::Bands(stated)) => bands == *stated,
        _ => false,
    };
    noted.week.iter().zip(&flat.week).all(|(a, b)| same(a, b))
        && noted.exceptions.len() == flat.exceptions.len()
        && noted
            .exceptions
            .iter()
            .zip(&flat.exceptions)
            .all(|(a, b)| a.from == b.from && a.to == b.to && same(&a.work, &b.work))
}

type Activities = (Vec<Activity>, Vec<SavedActivity>, HashMap<i64, usize>);

/// An activity for every task in file order, with what the file computed, and the index of every task UID.
fn activities(
    document: &Document<'_>,
    setting: &Setting,
    calendar_ids: &HashMap<i64, String>,
    findings: &mut Findings,
) -> Activities {
    let levels: Vec<u32> = document.tasks.iter().map(level_of).collect();
    let mut activities: Vec<Activity> = Vec::with_capacity(levels.len());
    let mut saved = Vec::with_capacity(levels.len());
    let mut ids: HashMap<i64, usize> = HashMap::with_capacity(levels.len());
    let mut noted: HashSet<String> = HashSet::new();
    // The open summaries: level and index of each.
    let mut open: Vec<(u32, usize)> = Vec::new();
    for (index, task) in document.tasks.iter().enumerate() {
        let level = levels[index];
        while open.last().is_some_and(|(above, _)| *above >= level) {
            open.pop();
        }
        let has_children = levels.get(index + 1).is_some_and(|next| *next > level);
        let kind = match () {
            () if has_children => ActivityKind::Summary,
            // MS Project leaves a milestone at the instant its predecessor ends, as a finish milestone does here.
            () if task.is_milestone && task.duration == 0 => ActivityKind::FinishMilestone,
            () => ActivityKind::Task,
        };
        let calendar = task.calendar_uid.and_then(|uid| calendar_ids.get(&uid).cloned());
        let mut activity = task.activity(kind, calendar, setting);
        // A task copied in MS Project keeps its notes; only the first one may keep the id.
        let is_taken = |id: &String| {
            let same_uid = id.parse().ok().and_then(|uid: i64| ids.get(&uid));
            noted.contains(id) || same_uid.is_some_and(|index| activities[*index].id == *id)
        };
        if let Some(note) = notes::read_activity(&task.notes).filter(|note| !is_taken(&note.id)) {
            notes::merge(&mut activity, &note, setting);
            noted.insert(note.id);
        }
        activity.parent = open.last().map(|(_, parent)| activities[*parent].id.clone());
        if ids.insert(task.uid, index).is_some() {
            let message = format!("two tasks carry the UID {}", task.uid);
            findings.error(codes::DUPLICATE_ID, format!("line {}", task.line), message);
        }
        warn_about_task(task, &activity.id, kind, calendar_ids, findings);
        saved.push(task.saved_dates(level));
        if has_children {
            open.push((level, index));
        }
        activities.push(activity);
    }
    (activities, saved, ids)
}

/// The depth of a task: its stated level, else the parts of its outline number, else the top.
fn level_of(task: &Task<'_>) -> u32 {
    let stated = task.outline_level.filter(|level| *level > 0);
    stated.unwrap_or_else(|| 1 + task.outline_number.bytes().filter(|b| *b == b'.').count() as u32)
}

fn warn_about_task(
    task: &Task<'_>,
    id: &str,
    kind: ActivityKind,
    calendar_ids: &HashMap<i64, String>,
    findings: &mut Findings,
) {
    let name = || shortened(&task.name);
    if task.is_external {
        let message = format!("`{}` stands for work of another file and was kept at its dates", name());
        findings.warn(codes::KEPT_AT_DATES, id, message);
    } else if task.is_manual && kind != ActivityKind::Summary {
        let message = format!("`{}` is scheduled by hand and was kept at its dates", name());
        findings.warn(codes::KEPT_AT_DATES, id, message);
    }
    if task.is_inactive {
        findings.warn(codes::INACTIVE, id, format!("`{}` is inactive and was kept without its links", name()));
    }
    if kind == ActivityKind::Summary && task.constraint_type > 1 {
        findings.warn(codes::NO_HOME, id, format!("the constraint of the summary `{}` was left out", name()));
    }
    if task.is_milestone && kind == ActivityKind::Task && task.duration != 0 {
        findings.warn(
            codes::NO_HOME,
            id,
            format!("`{}` is marked as a milestone but has a duration; it is a task here", name()),
        );
    }
    if let Some(uid) = task.calendar_uid.filter(|uid| !calendar_ids.contains_key(uid)) {
        let message =
            format!("`{}` names the calendar {uid}, which is not in the file; the project calendar counts", name());
        findings.warn(codes::DEFAULTED, id, message);
    }
}

fn links(
    document: &Document<'_>,
    setting: &Setting,
    ids: &HashMap<i64, usize>,
    activities: &[Activity],
    findings: &mut Findings,
) -> Vec<Link> {
    let inactive: HashSet<i64> = document.tasks.iter().filter(|t| t.is_inactive).map(|t| t.uid).collect();
    let mut links = Vec::with_capacity(document.tasks.iter().map(|task| task.links.len()).sum());
    for task in &document.tasks {
        let Some(to) = ids.get(&task.uid).map(|index| &activities[*index].id) else { continue };
        for raw in &task.links {
            let Some(from) = raw.from.filter(|_| !raw.is_cross_project) else {
                let message =
                    format!("`{}` waits for a task of another file; the link was left out", shortened(&task.name));
                findings.warn(codes::LINK_LEFT_OUT, to, message);
                continue;
            };
            if inactive.contains(&task.uid) || inactive.contains(&from) {
                continue;
            }
            let Some(kind) = raw.kind() else {
                findings.error(
                    codes::BAD_VALUE,
                    at_line(raw.line),
                    "the link type is not 0 (FF), 1 (FS), 2 (SF) or 3 (SS)",
                );
                continue;
            };
            let from = ids.get(&from).map_or_else(|| from.to_string(), |index| activities[*index].id.clone());
            links.push(Link { from, to: to.clone(), kind, lag: raw.lag(setting), at: Some(Place::Line(raw.line)) });
        }
    }
    links
}

/// Work resources, with the factor their units are counted by.
struct Resources {
    list: Vec<Resource>,
    /// By UID: index in `list`, units per 1.0, calendar.
    known: HashMap<i64, (usize, f64, Option<String>)>,
}

impl Resources {
    fn of(
        document: &Document<'_>,
        calendars: &[Calendar],
        calendar_ids: &HashMap<i64, String>,
        note: &PlanNote,
        findings: &mut Findings,
    ) -> Resources {
        let mut names: HashMap<&str, usize> = HashMap::new();
        let works = |resource: &&RawResource<'_>| {
            !resource.is_null && resource.kind == 1 && !(resource.uid == 0 && resource.name.is_empty())
        };
        document.resources.iter().filter(works).for_each(|r| *names.entry(&r.name).or_default() += 1);
        let broken: HashSet<i64> =
            document.assignments.iter().filter(|a| a.units.fract() != 0.0).map(|a| a.resource).collect();
        let default = document.calendar_uid.and_then(|uid| calendar_ids.get(&uid));
        let default = calendars.iter().find(|calendar| Some(&calendar.id) == default);
        let mut resources = Resources { list: Vec::new(), known: HashMap::new() };
        for raw in document.resources.iter().filter(works) {
            // People know resources by name; a name that is missing or shared falls back to the number.
            let is_clear = !raw.name.trim().is_empty() && names.get(raw.name.as_ref()) == Some(&1);
            let id = if is_clear { raw.name.to_string() } else { raw.uid.to_string() };
            let factor = if broken.contains(&raw.uid) || raw.max_units.fract() != 0.0 {
                let message = format!("the units of `{}` are counted in hundredths", shortened(&id));
                findings.add(
                    codes::HUNDREDTHS,
                    Severity::Notice,
                    None,
                    Some(id.clone()),
                    vec![shortened(&id)],
                    message,
                );
                100.0
            } else {
                1.0
            };
            let own = raw.calendar_uid.and_then(|uid| calendar_ids.get(&uid));
            let own = calendars
                .iter()
                .find(|calendar| Some(&calendar.id) == own)
                .filter(|own| default.is_none_or(|d| d.week != own.week || d.exceptions != own.exceptions));
            let capacity = (raw.max_units * factor).round().min(1e6) as u32;
            let mut resource = Resource {
                id,
                capacity,
                calendar: own.map(|calendar| calendar.id.clone()),
                steps: Vec::new(),
                route: Vec::new(),
            };
            if let Some(noted) = note.resources.iter().find(|noted| noted.id == resource.id) {
                resource.steps.clone_from(&noted.steps);
                resource.route.clone_from(&noted.route);
                resource.calendar.clone_from(&noted.calendar);
            }
            resources.known.insert(raw.uid, (resources.list.len(), factor, resource.calendar.clone()));
            resources.list.push(resource);
        }
        resources
    }

    /// Adds needs, and the calendar of the resources where they alone decide when the task is worked.
    fn assign(
        &self,
        document: &Document<'_>,
        ids: &HashMap<i64, usize>,
        activities: &mut [Activity],
        calendars: &mut Vec<Calendar>,
        default: Option<&str>,
        findings: &mut Findings,
    ) {
        // Who works on what, by index of the task and in which calendar.
        let mut followed: Vec<(usize, Option<&str>)> = Vec::with_capacity(document.assignments.len());
        for assignment in &document.assignments {
            let Some((resource, factor, calendar)) = self.known.get(&assignment.resource) else { continue };
            let Some(&index) = ids.get(&assignment.task) else { continue };
            let activity = &mut activities[index];
            if activity.kind == ActivityKind::Summary {
                continue;
            }
            let amount = (assignment.units * factor).round().min(1e6) as u32;
            let id = &self.list[*resource].id;
            activity.add_need(id, amount);
            followed.push((index, calendar.as_deref()));
        }
        followed.sort_unstable();
        let stated = calendars.len();
        for followed in followed.chunk_by(|one, other| one.0 == other.0) {
            let (task, activity) = (&document.tasks[followed[0].0], &mut activities[followed[0].0]);
            if followed.iter().all(|(_, calendar)| calendar.is_none()) {
                continue;
            }
            let mut ids: Vec<&str> = followed.iter().filter_map(|(_, calendar)| calendar.or(default)).collect();
            ids.sort_unstable();
            ids.dedup();
            let is_its_own = activity.calendar.as_deref().is_some_and(|own| ids == [own]);
            if is_its_own || task.ignores_resource_calendar {
                continue;
            }
            let name = shortened(&task.name);
            if let Some(shared) = shared_calendar(activity, &ids, calendars, stated) {
                let message = format!("`{name}` is worked in the calendar `{}` of its resources", shortened(&shared));
                findings.warn(codes::RESOURCE_CALENDAR, &activity.id, message);
                activity.calendar = Some(shared);
            } else {
                let message =
                    format!("the resources of `{name}` work in other calendars than the task; its own counts");
                findings.warn(codes::RESOURCE_CALENDAR, &activity.id, message);
            }
        }
    }
}

/// The calendar of a task that has none of its own and whose resources work in the named ones; made where they are
/// several, behind the `stated` calendars of the file. `None` where the task keeps its own.
fn shared_calendar(activity: &Activity, ids: &[&str], calendars: &mut Vec<Calendar>, stated: usize) -> Option<String> {
    if activity.calendar.is_some() || ids.is_empty() {
        return None;
    }
    let id = ids.join("+");
    match calendars.iter().position(|calendar| calendar.id == id) {
        Some(at) if at >= stated || ids.len() == 1 => return Some(id),
        Some(_) => return None,
        None => {}
    }
    let parts: Option<Vec<&Calendar>> = ids.iter().map(|id| calendars.iter().find(|one| one.id == **id)).collect();
    let made = joint(id.clone(), &parts?)?;
    calendars.push(made);
    Some(id)
}
