//! Reads guatu-plan/1. Unknown fields are warnings; wrong types, dates and durations are errors with their JSON path.

use guatu_kernel::plan::{
    Activity, ActivityKind, AsLateRule, Break, Calendar, CalendarException, CapacityStep, Constraint, ConstraintKind,
    DayWork, Granularity, LagCalendar, Link, LinkKind, Mandate, Moment, Need, Options, Place, Plan, ProgressRule,
    Quantity, Resource, Risk, Span, Stop,
};
use jiff::civil::{Date, DateTime};
use serde_json::Value;

use super::fields::{Fields, wrong};
use super::vocabulary::{
    AS_LATE, CONSTRAINTS, CRITICAL, GRANULARITIES, KINDS, LAG_CALENDARS, LINKS, PROGRESS, REMAINING, WEEKDAYS,
};
use crate::plans::findings::{Findings, fault, shortened};
use crate::plans::{Limits, Outcome, SavedDates, codes, moment};

/// Largest quantity, price or amount that is still a quantity.
pub(crate) const MOST: f64 = 1e12;

/// Reads a plan; structural errors stop at once, errors of fields are collected.
pub(crate) fn read(bytes: &[u8], _limits: &Limits, findings: &mut Findings) -> Outcome {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        fault(codes::MALFORMED, at, format!("this is not valid JSON: {error}"))
    })?;
    let not_a_plan = || fault(codes::UNKNOWN_FORMAT, "file", "the JSON is not a guatu-plan/1 object");
    let mut fields = Fields::open(&value, String::new(), findings).ok_or_else(not_a_plan)?;
    match fields.text("format") {
        Some("guatu-plan/1") => {}
        Some(other) => {
            let message = format!("the format is `{}`; this reader knows guatu-plan/1", shortened(other));
            return Err(fault(codes::UNKNOWN_FORMAT, "format", message));
        }
        None => return Err(fault(codes::MISSING, "format", "the field `format` must say guatu-plan/1")),
    }
    let granularity = fields.word("granularity", GRANULARITIES).unwrap_or(Granularity::Day);
    let start = fields.moment("start");
    if start.is_none() && value.get("start").is_none_or(Value::is_null) {
        fields.missing("start");
    }
    let plan = Plan {
        name: fields.string("name"),
        granularity,
        start: start.unwrap_or(Moment::Day(Date::ZERO)),
        data_date: fields.moment("data_date"),
        calendar: fields.string("calendar"),
        options: fields.take("options").map_or_else(Options::default, |value| {
            let path = fields.path_of("options");
            read_options(value, path, fields.findings)
        }),
        calendars: each(&mut fields, "calendars", read_calendar),
        activities: each(&mut fields, "activities", read_activity),
        links: each(&mut fields, "links", read_link),
        resources: each(&mut fields, "resources", read_resource),
        mandated: each(&mut fields, "mandated", read_mandate),
        stops: each(&mut fields, "stops", read_stop),
    };
    fields.close();
    Ok((plan, SavedDates::default()))
}

/// Reads every element of a list field.
fn each<T>(
    fields: &mut Fields<'_, '_>,
    field: &'static str,
    read_one: impl Fn(&Value, String, &mut Findings) -> Option<T>,
) -> Vec<T> {
    let values = fields.list(field);
    let path = fields.path_of(field);
    values
        .iter()
        .enumerate()
        .filter_map(|(index, value)| read_one(value, format!("{path}[{index}]"), fields.findings))
        .collect()
}

/// Reads the options object.
pub(crate) fn read_options(value: &Value, path: String, findings: &mut Findings) -> Options {
    let Some(mut fields) = Fields::open(value, path, findings) else { return Options::default() };
    let options = Options {
        lag_calendar: fields.word("lag_calendar", LAG_CALENDARS).unwrap_or(LagCalendar::Predecessor),
        progress: fields.word("progress", PROGRESS).unwrap_or(ProgressRule::RetainedLogic),
        remaining: fields.word("remaining", REMAINING).unwrap_or_default(),
        critical: fields.word("critical", CRITICAL).unwrap_or_default(),
        as_late: fields.word("as_late", AS_LATE).unwrap_or(AsLateRule::FreeFloat),
        min_duration_percent_e3: fields.thousandths("min_duration_percent", 0.0, 100.0).map(|value| value as u32),
    };
    fields.close();
    options
}

/// Reads one calendar.
pub(crate) fn read_calendar(value: &Value, path: String, findings: &mut Findings) -> Option<Calendar> {
    let mut fields = Fields::open(value, path, findings)?;
    let id = required_text(&mut fields, "id")?;
    let name = fields.string("name");
    let minutes_per_day = fields.number("hours_per_day", 0.01, 24.0).map_or(480, |hours| (hours * 60.0).round() as u32);
    let mut week = [const { DayWork::Free }; 7];
    match fields.take("week") {
        None => fields.missing("week"),
        Some(value) => {
            let path = fields.path_of("week");
            if let Some(mut days) = Fields::open(value, path, fields.findings) {
                for (day, name) in week.iter_mut().zip(WEEKDAYS) {
                    if let Some(value) = days.take(name) {
                        let path = days.path_of(name);
                        *day = read_day(value, path, days.findings);
                    }
                }
                days.close();
            }
        }
    }
    let exceptions = each(&mut fields, "exceptions", read_exception);
    fields.close();
    Some(Calendar { id, name, week, minutes_per_day, exceptions })
}

/// `true`, `false` or a list of bands.
fn read_day(value: &Value, path: String, findings: &mut Findings) -> DayWork {
    match value {
        Value::Bool(true) => DayWork::Usual,
        Value::Bool(false) => DayWork::Free,
        Value::Array(values) if values.is_empty() => DayWork::Free,
        Value::Array(values) => {
            let mut bands = Vec::with_capacity(values.len());
            for (index, value) in values.iter().enumerate() {
                match value.as_str().and_then(moment::parse_band) {
                    Some(band) => bands.push(band),
                    None => wrong(findings, format!("{path}[{index}]"), "a band such as 08:00-12:00", value),
                }
            }
            DayWork::Bands(bands)
        }
        other => {
            wrong(findings, path, "true, false or a list of bands", other);
            DayWork::Free
        }
    }
}

fn read_exception(value: &Value, path: String, findings: &mut Findings) -> Option<CalendarException> {
    let mut fields = Fields::open(value, path, findings)?;
    let from = required_date(&mut fields, "from");
    let to = if value.get("to").is_some() { required_date(&mut fields, "to") } else { from };
    let name = fields.string("name");
    let work = match fields.take("working") {
        Some(value) => {
            let path = fields.path_of("working");
            read_day(value, path, fields.findings)
        }
        None => {
            fields.missing("working");
            DayWork::Free
        }
    };
    fields.close();
    Some(CalendarException { from: from?, to: to?, work, name })
}

/// Reads one activity.
pub(crate) fn read_activity(value: &Value, path: String, findings: &mut Findings) -> Option<Activity> {
    let mut fields = Fields::open(value, path, findings)?;
    let id = required_text(&mut fields, "id")?;
    let kind = fields.word("kind", KINDS).unwrap_or_default();
    let takes_duration = kind == ActivityKind::Task;
    if takes_duration && value.get("duration").is_none_or(Value::is_null) {
        fields.missing("duration");
    }
    let mut activity = Activity::task(id, Span::ZERO);
    activity.duration = fields.span("duration").unwrap_or(Span::ZERO);
    activity.breaks = each(&mut fields, "breaks", read_break);
    if kind.is_milestone() && !is_zero(activity.duration) {
        fields.refuse("duration", "a milestone has no duration");
    }
    if let Some(name) = fields.string("name") {
        activity.name = name;
    }
    activity.kind = kind;
    activity.parent = fields.string("parent");
    activity.place = fields.string("place");
    activity.stage = fields.string("stage");
    activity.work_kind = fields.string("work_kind");
    activity.calendar = fields.string("calendar");
    activity.start = fields.moment("start");
    activity.constraints = read_constraints(&mut fields);
    activity.deadline = fields.moment("deadline");
    activity.actual_start = fields.moment("actual_start");
    activity.actual_finish = fields.moment("actual_finish");
    activity.percent_e3 = fields.thousandths("percent", 0.0, 100.0).map(|value| value as u32);
    activity.remaining = fields.span("remaining");
    activity.resume = fields.moment("resume");
    activity.expected_finish = fields.moment("expected_finish");
    if let Some(value) = fields.take("quantity") {
        let path = fields.path_of("quantity");
        activity.quantity = read_quantity(value, path, fields.findings).map(Box::new);
    }
    activity.needs = each(&mut fields, "needs", read_need);
    if let Some(value) = fields.take("risk") {
        let path = fields.path_of("risk");
        activity.risk = read_risk(value, path, fields.findings).map(Box::new);
    }
    activity.min_duration = fields.span("min_duration");
    // Prices are written in yuan with two decimals and kept in fen, so that no sum ever rounds.
    let mut fen = |name| fields.number(name, 0.0, MOST).map(|yuan| (yuan * 100.0).round() as i64);
    activity.value_fen = fen("value");
    activity.cost_per_day_fen = fen("cost_per_day");
    activity.is_compressible = fields.boolean("compressible").unwrap_or(true);
    activity.stops = each(&mut fields, "stops", read_stop);
    activity.at = Some(Place::Named(fields.path().to_owned()));
    fields.close();
    Some(activity)
}

fn is_zero(span: Span) -> bool {
    matches!(span, Span::Working { days_e3: 0, minutes: 0 } | Span::Elapsed { minutes: 0 })
}

/// One constraint or a list of two, and the short form `start_no_earlier`.
fn read_constraints(fields: &mut Fields<'_, '_>) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    if let Some(on) = fields.moment("start_no_earlier") {
        constraints.push(Constraint { kind: ConstraintKind::StartNoEarlierThan, on: Some(on), is_hard: false });
    }
    let Some(value) = fields.take("constraint") else { return constraints };
    let path = fields.path_of("constraint");
    match value {
        Value::Array(values) => constraints.extend(
            values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| read_constraint(value, format!("{path}[{index}]"), fields.findings)),
        ),
        value => constraints.extend(read_constraint(value, path, fields.findings)),
    }
    if constraints.len() > 2 {
        fields.refuse(
            "constraint",
            format!("an activity has at most two constraints, this one has {}", constraints.len()),
        );
    }
    constraints
}

fn read_constraint(value: &Value, path: String, findings: &mut Findings) -> Option<Constraint> {
    let mut fields = Fields::open(value, path, findings)?;
    let kind = fields.word("kind", CONSTRAINTS);
    if value.get("kind").is_none() {
        fields.missing("kind");
    }
    let on = fields.moment("on");
    if value.get("on").is_none() && kind.is_some_and(|kind| kind != ConstraintKind::AsLateAsPossible) {
        fields.missing("on");
    }
    let is_hard = fields.boolean("hard").unwrap_or(false);
    fields.close();
    let kind = kind?;
    (on.is_some() || kind == ConstraintKind::AsLateAsPossible).then_some(Constraint { kind, on, is_hard })
}

fn read_quantity(value: &Value, path: String, findings: &mut Findings) -> Option<Quantity> {
    let mut fields = Fields::open(value, path, findings)?;
    let total = fields.number("total", 0.0, MOST);
    if value.get("total").is_none() {
        fields.missing("total");
    }
    let unit = fields.string("unit").unwrap_or_default();
    let is_whole = fields.boolean("whole").unwrap_or(false);
    let per_day = fields.number("per_day", 0.0, MOST);
    if per_day == Some(0.0) {
        fields.refuse("per_day", "nothing a day never ends; say how much is done in a day, or leave it out");
    }
    let crews = fields.count("crews", 10_000);
    fields.close();
    Some(Quantity { total: total?, unit, is_whole, per_day, crews })
}

fn read_break(value: &Value, path: String, findings: &mut Findings) -> Option<Break> {
    let mut fields = Fields::open(value, path, findings)?;
    let mut span = |field: &'static str| {
        if value.get(field).is_none_or(Value::is_null) {
            fields.missing(field);
        }
        fields.span(field)
    };
    let (after, length) = (span("after"), span("length"));
    fields.close();
    Some(Break { after: after?, length: length? })
}

fn read_need(value: &Value, path: String, findings: &mut Findings) -> Option<Need> {
    let mut fields = Fields::open(value, path, findings)?;
    let resource = required_text(&mut fields, "resource");
    let amount = fields.count("amount", 1_000_000).unwrap_or(1);
    fields.close();
    Some(Need { resource: resource?, amount })
}

/// The kinds of risk, as words.
const RISKS: super::vocabulary::Words<u8> = &[("triangular", 0), ("pert", 1), ("lognormal", 2), ("discrete", 3)];

fn read_risk(value: &Value, path: String, findings: &mut Findings) -> Option<Risk> {
    let mut fields = Fields::open(value, path, findings)?;
    let kind = fields.word("kind", RISKS);
    if value.get("kind").is_none() {
        fields.missing("kind");
    }
    let mut span = |field: &'static str| {
        if value.get(field).is_none_or(Value::is_null) {
            fields.missing(field);
        }
        fields.span(field)
    };
    let risk = match kind? {
        kind @ (0 | 1) => {
            let (low, likely, high) = (span("low"), span("likely"), span("high"));
            match (kind, low?, likely?, high?) {
                (0, low, likely, high) => Risk::Triangular { low, likely, high },
                (_, low, likely, high) => Risk::Pert { low, likely, high },
            }
        }
        2 => {
            let (p50, p90) = (span("p50"), span("p90"));
            Risk::Lognormal { p50: p50?, p90: p90? }
        }
        _ => {
            let impact = span("impact");
            let probability = fields.number("probability", 0.0, 1.0);
            if value.get("probability").is_none() {
                fields.missing("probability");
            }
            Risk::Discrete { probability: probability?, impact: impact? }
        }
    };
    // Days and minutes of working time are compared only with their like.
    let working = |span: &Span| match span {
        Span::Working { days_e3, minutes } => Some((*days_e3, *minutes)),
        _ => None,
    };
    let is_ascending = |spans: &[&Span]| {
        spans.windows(2).all(|pair| match (working(pair[0]), working(pair[1])) {
            (Some(low), Some(high)) => low.0 <= high.0 || low.1 < high.1,
            _ => true,
        })
    };
    match &risk {
        Risk::Triangular { low, likely, high } | Risk::Pert { low, likely, high }
            if !is_ascending(&[low, likely, high]) =>
        {
            fields.refuse("likely", "the least is over the likely or the likely over the most; put the three in order");
        }
        Risk::Lognormal { p50, p90 } if !is_ascending(&[p50, p90]) => {
            fields.refuse(
                "p90",
                "nine times in ten it takes no longer than `p90`, which cannot be less than `p50`; put them in order",
            );
        }
        _ => {}
    }
    fields.close();
    Some(risk)
}

fn read_link(value: &Value, path: String, findings: &mut Findings) -> Option<Link> {
    let mut fields = Fields::open(value, path, findings)?;
    let (from, to) = (required_text(&mut fields, "from"), required_text(&mut fields, "to"));
    let kind = fields.word("kind", LINKS).unwrap_or(LinkKind::FS);
    let lag = fields.span("lag").unwrap_or(Span::ZERO);
    let at = Some(Place::Named(fields.path().to_owned()));
    fields.close();
    Some(Link { from: from?, to: to?, kind, lag, at })
}

/// Reads one resource.
pub(crate) fn read_resource(value: &Value, path: String, findings: &mut Findings) -> Option<Resource> {
    let mut fields = Fields::open(value, path, findings)?;
    let id = required_text(&mut fields, "id");
    let capacity = fields.count("capacity", 1_000_000).unwrap_or(1);
    let calendar = fields.string("calendar");
    let steps = each(&mut fields, "steps", |value, path, findings| {
        let mut fields = Fields::open(value, path, findings)?;
        let from = required_date(&mut fields, "from");
        let capacity = fields.count("capacity", 1_000_000);
        if value.get("capacity").is_none() {
            fields.missing("capacity");
        }
        fields.close();
        Some(CapacityStep { from: from?, capacity: capacity? })
    });
    let route = fields.list("route");
    let texts: Vec<String> = route.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    if texts.len() < route.len() {
        fields.refuse("route", "a route is a list of ids of activities");
    }
    fields.close();
    Some(Resource { id: id?, capacity, calendar, steps, route: texts })
}

/// Reads one mandated date.
pub(crate) fn read_mandate(value: &Value, path: String, findings: &mut Findings) -> Option<Mandate> {
    let mut fields = Fields::open(value, path, findings)?;
    let activity = required_text(&mut fields, "activity");
    let finish_by = fields.moment("finish_by");
    if value.get("finish_by").is_none() {
        fields.missing("finish_by");
    }
    let name = fields.string("name");
    fields.close();
    Some(Mandate { activity: activity?, finish_by: finish_by?, name })
}

/// Reads one stop.
pub(crate) fn read_stop(value: &Value, path: String, findings: &mut Findings) -> Option<Stop> {
    let mut fields = Fields::open(value, path, findings)?;
    let from = instant(&mut fields, "from");
    if value.get("from").is_none() {
        fields.missing("from");
    }
    let to = instant(&mut fields, "to");
    let level = fields.string("level");
    let mut kinds = Vec::new();
    let path = fields.path_of("kinds");
    for (index, value) in fields.list("kinds").iter().enumerate() {
        match value {
            Value::String(kind) => kinds.push(kind.clone()),
            other => wrong(fields.findings, format!("{path}[{index}]"), "a text", other),
        }
    }
    let source = fields.string("source");
    fields.close();
    Some(Stop { from: from?, to, level, kinds, source })
}

fn instant(fields: &mut Fields<'_, '_>, field: &'static str) -> Option<DateTime> {
    fields.moment(field).map(|moment| match moment {
        Moment::Day(date) => date.at(0, 0, 0, 0),
        Moment::Instant(instant) => instant,
    })
}

fn required_text(fields: &mut Fields<'_, '_>, field: &'static str) -> Option<String> {
    let is_absent = fields.take(field).is_none();
    if is_absent {
        fields.missing(field);
        return None;
    }
    fields.string(field)
}

fn required_date(fields: &mut Fields<'_, '_>, field: &'static str) -> Option<Date> {
    if fields.take(field).is_none() {
        fields.missing(field);
        return None;
    }
    fields.moment(field).map(Moment::date)
}
