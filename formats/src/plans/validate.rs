//! What every reader checks before it hands out a plan: ids, references, names, ranges, the shape of the hierarchy.
//!
//! Cycles of links are the kernel's business, since it names their members; a loop of parents is found here, because
//! writers and views walk parents.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use guatu_kernel::plan::{Activity, Calendar, DayWork, Link, Moment, Place, Plan, Risk, Span, Stop};
use jiff::civil::Date;

use super::both::both;
use super::finder::Finder;
use super::findings::{Findings, shortened};
use super::span::in_minutes;
use super::{Limits, codes};

/// The longest duration, lag or remaining: 100 years of 24-hour days, in minutes.
const LONGEST_MINUTES: i64 = 100 * 366 * 1440;
/// The largest percentage of a lag, per cent × 1000.
const LARGEST_PERCENT_E3: i64 = 10_000_000;
/// Deeper hierarchies are not plans, and outline numbers would grow with the square of the depth.
const DEEPEST: usize = 200;
/// More dates than this in one calendar are not a calendar.
pub(crate) const MOST_EXCEPTIONS: usize = 40_000;

/// Days in a row without work that an exception may bring: half a year of winter is honest, a wrong digit of a year is more.
const MOST_FREE_DAYS: i64 = 200;
/// Years before and behind the start of a plan in which its dates lie; progress and long programmes are in them.
const YEARS_BEFORE: i64 = 5;
const YEARS_BEHIND: i64 = 30;

/// Adds an error for everything in the plan that must not reach the kernel. Links are looked at beside activities: each end is
/// a walk through memory.
pub(crate) fn check(plan: &Plan, limits: &Limits, findings: &mut Findings) {
    let calendars = check_calendars(plan, limits, findings);
    check_calendar_of(&plan.calendar, &calendars, &|| "calendar".to_owned(), findings);
    check_moment(plan.start, &|| "start".to_owned(), findings);
    if let Some(data_date) = plan.data_date {
        check_moment(data_date, &|| "data_date".to_owned(), findings);
    }
    if let Some(name) = &plan.name {
        check_text(name, "name", limits, &|| "name".to_owned(), findings);
    }
    check_stops(&plan.stops, limits, &|| "stops".to_owned(), findings);
    let ids = check_ids(plan, limits, findings);
    let mut of_links = Findings::default();
    both(
        || {
            check_activities(plan, &calendars, limits, findings);
            check_parents(plan, &parents(plan, &ids, findings), findings);
        },
        || check_links(&plan.links, &ids, &mut of_links),
    );
    findings.append(of_links);
    check_resources(plan, &calendars, limits, findings);
    check_mandates(plan, &ids, limits, findings);
    doubt_years(plan, findings);
}

/// Warns of dates that a person can hardly mean, as when one digit of a year is wrong. Nothing is refused: a plan may be so.
fn doubt_years(plan: &Plan, findings: &mut Findings) {
    for (index, calendar) in plan.calendars.iter().enumerate() {
        for (from, to) in free_runs(calendar) {
            let days = days_between(from, to) + 1;
            if days > MOST_FREE_DAYS {
                let id = shortened(&calendar.id);
                let message =
                    format!("the calendar `{id}` has no work from {from} to {to}, {days} days; check the year");
                findings.warn_at(codes::LONG_EXCEPTION, format!("calendars[{index}]"), message);
            }
        }
    }
    let start = plan.start.date();
    let is_far = |on: Date| {
        let years_e1 = days_between(start, on) * 40 / 1461;
        !(-YEARS_BEFORE * 10..=YEARS_BEHIND * 10).contains(&years_e1)
    };
    for (index, activity) in plan.activities.iter().enumerate() {
        for on in activity.constraints.iter().filter_map(|constraint| constraint.on).map(Moment::date) {
            if is_far(on) {
                let id = shortened(&activity.id);
                let message =
                    format!("the constraint of `{id}` is on {on}, and the plan starts on {start}; check the year");
                findings.warn_at(codes::FAR_DATE, place_of(activity, index), message);
            }
        }
    }
    for (index, mandate) in plan.mandated.iter().enumerate() {
        let on = mandate.finish_by.date();
        if is_far(on) {
            let id = shortened(&mandate.activity);
            let message = format!("`{id}` is mandated for {on}, and the plan starts on {start}; check the year");
            findings.warn_at(codes::FAR_DATE, format!("mandated[{index}]"), message);
        }
    }
}

/// Days in a row that exceptions keep free, whether they are written as one or day by day.
fn free_runs(calendar: &Calendar) -> Vec<(Date, Date)> {
    let free = calendar.exceptions.iter().filter(|one| one.work == DayWork::Free && one.from <= one.to);
    let mut spans: Vec<(Date, Date)> = free.map(|one| (one.from, one.to)).collect();
    spans.sort_unstable();
    let mut runs: Vec<(Date, Date)> = Vec::new();
    for (from, to) in spans {
        match runs.last_mut() {
            Some(last) if days_between(last.1, from) <= 1 => last.1 = last.1.max(to),
            _ => runs.push((from, to)),
        }
    }
    runs
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

/// Activities by id.
fn check_ids<'a>(plan: &'a Plan, limits: &Limits, findings: &mut Findings) -> HashMap<&'a str, usize> {
    let mut ids = HashMap::with_capacity(plan.activities.len());
    for (index, activity) in plan.activities.iter().enumerate() {
        let at = || place_of(activity, index);
        check_text(&activity.id, "id", limits, &at, findings);
        if activity.id.is_empty() {
            findings.error(codes::MISSING, at(), "an activity needs an id");
        }
        if let Some(first) = ids.insert(activity.id.as_str(), index) {
            let message = format!(
                "the id `{}` is already used at {}; ids must be unique",
                shortened(&activity.id),
                place_of(&plan.activities[first], first)
            );
            findings.error(codes::DUPLICATE_ID, at(), message);
        }
    }
    ids
}

fn check_activities(plan: &Plan, calendars: &HashSet<&str>, limits: &Limits, findings: &mut Findings) {
    for (index, activity) in plan.activities.iter().enumerate() {
        let at = || place_of(activity, index);
        let texts = [
            ("name", Some(&activity.name)),
            ("place", activity.place.as_ref()),
            ("stage", activity.stage.as_ref()),
            ("work kind", activity.work_kind.as_ref()),
            ("unit", activity.quantity.as_ref().map(|quantity| &quantity.unit)),
        ];
        for (what, text) in texts {
            text.into_iter().for_each(|text| check_text(text, what, limits, &at, findings));
        }
        check_stops(&activity.stops, limits, &at, findings);
        check_calendar_of(&activity.calendar, calendars, &at, findings);
        check_activity(activity, &at, findings);
    }
}

/// The parent of every activity that has one.
fn parents(plan: &Plan, ids: &HashMap<&str, usize>, findings: &mut Findings) -> Vec<Option<usize>> {
    let mut above = Finder::new(ids);
    let mut parents = Vec::with_capacity(plan.activities.len());
    for (index, activity) in plan.activities.iter().enumerate() {
        let found = activity.parent.as_deref().map(|parent| above.find(parent));
        if let (Some(parent), Some(None)) = (&activity.parent, found) {
            let message = format!("the parent `{}` is not an activity of this plan", shortened(parent));
            findings.error(codes::UNKNOWN_ID, place_of(activity, index), message);
        }
        parents.push(found.flatten());
    }
    parents
}

fn check_links(links: &[Link], ids: &HashMap<&str, usize>, findings: &mut Findings) {
    let (mut before, mut behind) = (Finder::new(ids), Finder::new(ids));
    for (index, link) in links.iter().enumerate() {
        let at = || link.at.as_ref().map_or_else(|| format!("links[{index}]"), Place::to_string);
        for (end, found) in [(&link.from, before.find(&link.from)), (&link.to, behind.find(&link.to))] {
            if found.is_none() {
                let message = format!("the link names `{}`, which is not an activity of this plan", shortened(end));
                findings.error(codes::UNKNOWN_ID, at(), message);
            }
        }
        check_span(link.lag, "lag", &at, findings);
    }
}

fn check_resources(plan: &Plan, calendars: &HashSet<&str>, limits: &Limits, findings: &mut Findings) {
    let mut resources = HashSet::with_capacity(plan.resources.len());
    for (index, resource) in plan.resources.iter().enumerate() {
        let at = || format!("resources[{index}]");
        check_text(&resource.id, "id", limits, &at, findings);
        if !resources.insert(resource.id.as_str()) {
            let message = format!("two resources carry the id `{}`", shortened(&resource.id));
            findings.error(codes::DUPLICATE_ID, at(), message);
        }
        check_calendar_of(&resource.calendar, calendars, &at, findings);
    }
    for (index, activity) in plan.activities.iter().enumerate() {
        for need in &activity.needs {
            if !resources.contains(need.resource.as_str()) {
                let message = format!("there is no resource `{}`", shortened(&need.resource));
                findings.error(codes::UNKNOWN_ID, place_of(activity, index), message);
            }
        }
    }
}

fn check_mandates(plan: &Plan, ids: &HashMap<&str, usize>, limits: &Limits, findings: &mut Findings) {
    for (index, mandate) in plan.mandated.iter().enumerate() {
        let at = || format!("mandated[{index}]");
        if !ids.contains_key(mandate.activity.as_str()) {
            let message = format!(
                "the mandated date names `{}`, which is not an activity of this plan",
                shortened(&mandate.activity)
            );
            findings.error(codes::UNKNOWN_ID, at(), message);
        }
        if let Some(name) = &mandate.name {
            check_text(name, "name", limits, &at, findings);
        }
        check_moment(mandate.finish_by, &at, findings);
    }
}

/// A calendar that something names is in the plan.
fn check_calendar_of(
    named: &Option<String>,
    calendars: &HashSet<&str>,
    at: &dyn Fn() -> String,
    findings: &mut Findings,
) {
    if let Some(id) = named
        && !calendars.contains(id.as_str())
    {
        findings.error(codes::UNKNOWN_ID, at(), format!("there is no calendar `{}`", shortened(id)));
    }
}

/// Texts of stops: they are printed beside the dates they move.
fn check_stops(stops: &[Stop], limits: &Limits, at: &dyn Fn() -> String, findings: &mut Findings) {
    for stop in stops {
        if stop.to.is_some_and(|to| to <= stop.from) {
            let message = format!("the stop from {} ends before it begins; correct one of the two", stop.from);
            findings.error(codes::BAD_VALUE, at(), message);
        }
        for (what, text) in [("source", &stop.source), ("level", &stop.level)] {
            text.iter().for_each(|text| check_text(text, what, limits, at, findings));
        }
        stop.kinds.iter().for_each(|kind| check_text(kind, "kind", limits, at, findings));
    }
}

/// Where an activity stands in its file.
fn place_of(activity: &Activity, index: usize) -> String {
    activity.at.as_ref().map_or_else(|| format!("activities[{index}]"), Place::to_string)
}

fn check_calendars<'a>(plan: &'a Plan, limits: &Limits, findings: &mut Findings) -> HashSet<&'a str> {
    let mut ids = HashSet::with_capacity(plan.calendars.len());
    for (index, calendar) in plan.calendars.iter().enumerate() {
        let at = || format!("calendars[{index}]");
        check_text(&calendar.id, "id", limits, &at, findings);
        if let Some(name) = &calendar.name {
            check_text(name, "name", limits, &at, findings);
        }
        if !ids.insert(calendar.id.as_str()) {
            let message = format!("two calendars carry the id `{}`", shortened(&calendar.id));
            findings.error(codes::DUPLICATE_ID, at(), message);
        }
        if calendar.minutes_per_day == 0 || calendar.minutes_per_day > 1440 {
            findings.error(codes::BAD_VALUE, at(), "a working day has more than 0 and at most 24 hours");
        }
        if calendar.exceptions.len() > MOST_EXCEPTIONS {
            findings.error(codes::LIMIT, at(), format!("a calendar has at most {MOST_EXCEPTIONS} exceptions"));
        }
        for exception in &calendar.exceptions {
            check_moment(Moment::Day(exception.from), &at, findings);
            check_moment(Moment::Day(exception.to), &at, findings);
            if exception.to < exception.from {
                let message = format!("the exception from {} ends before it begins", exception.from);
                findings.error(codes::BAD_VALUE, at(), message);
            }
        }
        let works = calendar.exceptions.iter().map(|exception| &exception.work).chain(&calendar.week);
        for work in works {
            if let DayWork::Bands(bands) = work
                && bands.windows(2).any(|pair| pair[1].from_minute < pair[0].to_minute)
            {
                findings.error(codes::BAD_VALUE, at(), "the working bands of a day overlap or are out of order");
            }
        }
    }
    ids
}

fn check_activity(activity: &Activity, at: &dyn Fn() -> String, findings: &mut Findings) {
    let own = [activity.start, activity.deadline, activity.expected_finish];
    let facts = [activity.actual_start, activity.actual_finish, activity.resume];
    let constrained = activity.constraints.iter().map(|constraint| constraint.on);
    for moment in own.into_iter().chain(facts).chain(constrained).flatten() {
        check_moment(moment, at, findings);
    }
    for (span, what) in [
        (Some(activity.duration), "duration"),
        (activity.remaining, "remaining"),
        (activity.min_duration, "min_duration"),
    ] {
        let Some(span) = span else { continue };
        check_span(span, what, at, findings);
        if matches!(span, Span::Percent { .. }) {
            findings.error(codes::BAD_VALUE, at(), format!("a {what} cannot be a percentage"));
        } else if in_minutes(span, 480).is_some_and(|minutes| minutes < 0) {
            findings.error(codes::BAD_VALUE, at(), format!("a {what} cannot be negative"));
        }
    }
    for span in activity.breaks.iter().flat_map(|one| [one.after, one.length]) {
        check_span(span, "break", at, findings);
        if in_minutes(span, 480).is_none_or(|minutes| minutes <= 0) {
            findings.error(codes::BAD_VALUE, at(), "a break begins after some work and lasts some time");
        }
    }
    match activity.risk.as_deref() {
        Some(Risk::Triangular { low, likely, high } | Risk::Pert { low, likely, high }) => {
            [*low, *likely, *high].into_iter().for_each(|span| check_span(span, "risk", at, findings));
        }
        Some(Risk::Lognormal { p50, p90 }) => {
            [*p50, *p90].into_iter().for_each(|span| check_span(span, "risk", at, findings));
        }
        Some(Risk::Discrete { impact, .. }) => check_span(*impact, "risk", at, findings),
        None => {}
    }
}

fn check_moment(moment: Moment, at: &dyn Fn() -> String, findings: &mut Findings) {
    if !(1900..=2200).contains(&moment.date().year()) {
        findings.error(codes::DATE_RANGE, at(), format!("{} is outside the years 1900 to 2200", moment.date()));
    }
}

fn check_span(span: Span, what: &str, at: &dyn Fn() -> String, findings: &mut Findings) {
    let is_absurd = match span {
        Span::Working { days_e3, minutes } => {
            days_e3.saturating_abs() / 1000 > LONGEST_MINUTES / 1440 || minutes.saturating_abs() > LONGEST_MINUTES
        }
        Span::Elapsed { minutes } => minutes.saturating_abs() > LONGEST_MINUTES,
        Span::Percent { percent_e3 } => percent_e3.saturating_abs() > LARGEST_PERCENT_E3,
    };
    if is_absurd {
        findings.error(codes::SPAN_RANGE, at(), format!("the {what} is longer than 100 years"));
    }
}

/// Refuses a text that is too long or that holds control characters.
pub(crate) fn check_text(text: &str, what: &str, limits: &Limits, at: &dyn Fn() -> String, findings: &mut Findings) {
    // Most texts begin with a letter and are printable ASCII, which is seen at once.
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && text.len() <= limits.name_chars {
        return;
    }
    if text.len() > limits.name_chars && text.chars().count() > limits.name_chars {
        let message = format!(
            "the {what} has {} characters, at most {} are read: `{}`",
            text.chars().count(),
            limits.name_chars,
            shortened(text)
        );
        findings.error(codes::NAME, at(), message);
    }
    if begins_formula(text) {
        let message = format!("the {what} `{}` begins like a formula of a sheet; write it otherwise", shortened(text));
        findings.error(codes::NAME, at(), message);
    }
    if text.chars().any(is_unsafe) {
        let message = format!("the {what} `{}` holds control characters", shortened(text));
        findings.error(codes::NAME, at(), message);
    }
}

/// Whether a sheet that is handed on could take the text for a formula. A sign begins many honest names (`-1F slab`, `+0.000`),
/// so those are refused only with a command, a reference, a call or a sum in them. What is not seen (a byte order mark, blanks)
/// hides nothing.
pub fn begins_formula(text: &str) -> bool {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || is_unseen(letter));
    if text.starts_with(['=', '@']) {
        return true;
    }
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    let calls = rest
        .split('(')
        .next()
        .and_then(|name| name.chars().next_back())
        .is_some_and(|letter| letter.is_ascii_alphanumeric());
    let is_sum = rest.contains(['+', '-', '*', '/', '^'])
        && rest.chars().all(|letter| letter.is_ascii_digit() || "+-*/^.,() ".contains(letter));
    rest.contains(['|', '!', '=']) || (rest.contains('(') && calls) || is_sum
}

/// Control characters, and bidirectional overrides: these make a name read as another one and are refused alike.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Letters that show nothing: marks of byte order and direction, joiners of no width.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// Finds activities that are their own ancestors or lie too deep, in time linear in the number of activities.
fn check_parents(plan: &Plan, parents: &[Option<usize>], findings: &mut Findings) {
    // 0: not visited; otherwise the number of the walk that visited it first.
    let mut walked = vec![0_usize; plan.activities.len()];
    let mut depths = vec![0_usize; plan.activities.len()];
    let mut path = Vec::new();
    for start in 0..plan.activities.len() {
        let (mut at, mut depth) = (Some(start), 0);
        while let Some(index) = at {
            if walked[index] == start + 1 {
                let activity = &plan.activities[index];
                let message = format!("`{}` is its own ancestor", shortened(&activity.id));
                findings.error(codes::PARENT_LOOP, place_of(activity, index), message);
                break;
            }
            if walked[index] != 0 {
                depth = depths[index];
                break;
            }
            walked[index] = start + 1;
            path.push(index);
            at = parents[index];
        }
        while let Some(index) = path.pop() {
            depth += 1;
            depths[index] = depth;
            if depth == DEEPEST + 1 {
                let message = format!("the hierarchy is deeper than {DEEPEST} levels");
                findings.error(codes::LIMIT, place_of(&plan.activities[index], index), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::begins_formula;
    use crate::plans::{Format, Limits, read};

    #[test]
    fn a_year_that_can_hardly_be_meant_is_doubted() {
        let plan = |exceptions: &str, on: &str, mandated: &str| {
            format!(
                r#"{{"format":"guatu-plan/1","start":"2026-06-01","calendar":"c",
                "calendars":[{{"id":"c","week":{{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true}},"exceptions":[{exceptions}]}}],
                "activities":[{{"id":"a","name":"A","duration":"3d","constraint":{{"kind":"start_no_earlier_than","on":"{on}"}}}}],
                "mandated":[{{"activity":"a","finish_by":"{mandated}"}}]}}"#
            )
        };
        let free = |from: &str, to: &str| format!(r#"{{"from":"{from}","to":"{to}","working":false}}"#);
        let holidays = free("2026-10-01", "2026-10-07");
        let a_year = free("2025-10-01", "2026-10-07");
        let in_parts = [free("2026-01-01", "2026-06-01"), free("2026-06-02", "2026-12-31")].join(",");
        let winter = free("2026-10-15", "2027-04-15");
        let cases = [
            ("holidays", &holidays, "2026-07-01", "2027-06-01", vec![]),
            ("half a year of winter", &winter, "2026-07-01", "2027-06-01", vec![]),
            ("a year by a wrong digit", &a_year, "2026-07-01", "2027-06-01", vec!["F-218"]),
            ("a year in parts", &in_parts, "2026-07-01", "2027-06-01", vec!["F-218"]),
            ("a constraint before", &holidays, "2016-07-01", "2027-06-01", vec!["F-219"]),
            ("a constraint five years before", &holidays, "2021-07-01", "2027-06-01", vec![]),
            ("a mandated date behind", &holidays, "2026-07-01", "2072-06-01", vec!["F-219"]),
            ("all of it", &a_year, "2106-07-01", "1926-06-01", vec!["F-218", "F-219", "F-219"]),
        ];
        for (name, exceptions, on, mandated, expected) in cases {
            let reading = read(plan(exceptions, on, mandated).as_bytes(), Format::GuatuJson, &Limits::default());
            let codes: Vec<&str> = reading.diagnostics.iter().map(|one| one.code).collect();
            assert_eq!(codes, expected, "{name}: {:?}", reading.diagnostics);
        }
    }

    #[test]
    fn a_sign_begins_honest_names_and_hides_no_formula() {
        let cases = [
            ("-1F slab", false),
            ("-1F 底板", false),
            ("+0.000 标高", false),
            ("-", false),
            ("-2", false),
            ("-1F~-2F 车库", false),
            ("-1层(人防)", false),
            ("=1+1", true),
            ("  =1+1", true),
            ("\u{feff}=1+1", true),
            ("@SUM(A1)", true),
            ("+cmd|' /C calc'!A0", true),
            ("-cmd|' /C calc'!A0", true),
            ("+HYPERLINK(\"http://x\",\"click me\")", true),
            ("-2+3", true),
            ("+A1=B1", true),
        ];
        for (text, expected) in cases {
            assert_eq!(begins_formula(text), expected, "{text:?}");
        }
    }
}
