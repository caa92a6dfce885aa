//! Writes guatu-plan/1: fields in the order people read them, defaults left out, one activity or link a line, so that
//! two versions of a plan compare line by line.

use guatu_kernel::plan::{
    Activity, ActivityKind, Break, Calendar, CalendarException, Constraint, DayWork, Link, LinkKind, Mandate, Options,
    Plan, RemainingRule, Resource, Risk, Span, Stop,
};

use super::vocabulary::{
    AS_LATE, CONSTRAINTS, CRITICAL, GRANULARITIES, KINDS, LAG_CALENDARS, LINKS, PROGRESS, REMAINING, WEEKDAYS, word_of,
};
use crate::plans::{moment, span};

/// A JSON object that keeps the order of its fields.
pub(crate) struct Object(String);

impl Object {
    /// An object without fields.
    pub(crate) fn new() -> Object {
        Object("{".to_owned())
    }

    /// Adds a field whose value is already JSON.
    pub(crate) fn raw(mut self, key: &str, value: &str) -> Object {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(value);
        self
    }

    /// Adds a text.
    pub(crate) fn text(self, key: &str, value: &str) -> Object {
        let quoted = quote(value);
        self.raw(key, &quoted)
    }

    /// Adds a text where there is one.
    pub(crate) fn maybe_text(self, key: &str, value: Option<&str>) -> Object {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds already written JSON where there is some.
    pub(crate) fn maybe_raw(self, key: &str, value: Option<String>) -> Object {
        match value {
            Some(value) => self.raw(key, &value),
            None => self,
        }
    }

    /// Adds a list where it has elements.
    pub(crate) fn list<T>(self, key: &str, values: &[T], write: impl Fn(&T) -> String) -> Object {
        if values.is_empty() { self } else { self.raw(key, &list(values, write)) }
    }

    /// The object as JSON.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T>(values: &[T], write: impl Fn(&T) -> String) -> String {
    format!("[{}]", values.iter().map(write).collect::<Vec<_>>().join(","))
}

/// Writes a plan as guatu-plan/1, ending with a line break.
pub fn write(plan: &Plan) -> String {
    let mut head = Object::new().text("format", "guatu-plan/1").maybe_text("name", plan.name.as_deref());
    head = head
        .text("granularity", word_of(GRANULARITIES, plan.granularity))
        .text("start", &moment::print(plan.start))
        .maybe_text("data_date", plan.data_date.map(moment::print).as_deref())
        .maybe_text("calendar", plan.calendar.as_deref());
    if plan.options != Options::default() {
        head = head.raw("options", &options_json(&plan.options));
    }
    let mut text = head.end();
    text.pop();
    let mut lines = |key: &str, values: Vec<String>| {
        if !values.is_empty() {
            text.push_str(&format!(",\n\"{key}\":[\n{}\n]", values.join(",\n")));
        }
    };
    lines("calendars", plan.calendars.iter().map(calendar_json).collect());
    lines("activities", plan.activities.iter().map(activity_json).collect());
    lines("links", plan.links.iter().map(link_json).collect());
    lines("resources", plan.resources.iter().map(resource_json).collect());
    lines("mandated", plan.mandated.iter().map(mandate_json).collect());
    lines("stops", plan.stops.iter().map(stop_json).collect());
    text.push_str("}\n");
    text
}

/// The options object.
pub(crate) fn options_json(options: &Options) -> String {
    let remaining = (options.remaining != RemainingRule::default()).then(|| word_of(REMAINING, options.remaining));
    Object::new()
        .text("lag_calendar", word_of(LAG_CALENDARS, options.lag_calendar))
        .text("progress", word_of(PROGRESS, options.progress))
        .maybe_text("remaining", remaining)
        .text("critical", word_of(CRITICAL, options.critical))
        .text("as_late", word_of(AS_LATE, options.as_late))
        .maybe_raw("min_duration_percent", options.min_duration_percent_e3.map(|value| thousandths(value.into())))
        .end()
}

/// One calendar.
pub(crate) fn calendar_json(calendar: &Calendar) -> String {
    let mut week = Object::new();
    for (name, day) in WEEKDAYS.iter().zip(&calendar.week) {
        if *day != DayWork::Free {
            week = week.raw(name, &day_json(day));
        }
    }
    let hours = f64::from(calendar.minutes_per_day) / 60.0;
    Object::new()
        .text("id", &calendar.id)
        .maybe_text("name", calendar.name.as_deref())
        .raw("week", &week.end())
        .raw("hours_per_day", &hours.to_string())
        .list("exceptions", &calendar.exceptions, exception_json)
        .end()
}

fn day_json(day: &DayWork) -> String {
    match day {
        DayWork::Free => "false".to_owned(),
        DayWork::Usual => "true".to_owned(),
        DayWork::Bands(bands) => list(bands, |band| quote(&moment::print_band(band))),
    }
}

fn exception_json(exception: &CalendarException) -> String {
    Object::new()
        .text("from", &exception.from.to_string())
        .text("to", &exception.to.to_string())
        .raw("working", &day_json(&exception.work))
        .maybe_text("name", exception.name.as_deref())
        .end()
}

/// One activity.
pub(crate) fn activity_json(activity: &Activity) -> String {
    let has_duration = activity.kind == ActivityKind::Task || activity.duration != Span::ZERO;
    let mut out = Object::new().text("id", &activity.id);
    if activity.name != activity.id {
        out = out.text("name", &activity.name);
    }
    if activity.kind != ActivityKind::Task {
        out = out.text("kind", word_of(KINDS, activity.kind));
    }
    out = out
        .maybe_text("parent", activity.parent.as_deref())
        .maybe_text("place", activity.place.as_deref())
        .maybe_text("stage", activity.stage.as_deref())
        .maybe_text("work_kind", activity.work_kind.as_deref())
        .maybe_text("duration", has_duration.then(|| span::print(activity.duration)).as_deref())
        .list("breaks", &activity.breaks, break_json)
        .maybe_text("calendar", activity.calendar.as_deref())
        .maybe_text("start", activity.start.map(moment::print).as_deref());
    out = match activity.constraints.as_slice() {
        [one] => out.raw("constraint", &constraint_json(one)),
        several => out.list("constraint", several, constraint_json),
    };
    out = out
        .maybe_text("deadline", activity.deadline.map(moment::print).as_deref())
        .maybe_text("actual_start", activity.actual_start.map(moment::print).as_deref())
        .maybe_text("actual_finish", activity.actual_finish.map(moment::print).as_deref())
        .maybe_raw("percent", activity.percent_e3.map(|value| thousandths(value.into())))
        .maybe_text("remaining", activity.remaining.map(span::print).as_deref())
        .maybe_text("resume", activity.resume.map(moment::print).as_deref())
        .maybe_text("expected_finish", activity.expected_finish.map(moment::print).as_deref());
    if let Some(quantity) = &activity.quantity {
        let mut object = Object::new().raw("total", &quantity.total.to_string());
        if !quantity.unit.is_empty() {
            object = object.text("unit", &quantity.unit);
        }
        if quantity.is_whole {
            object = object.raw("whole", "true");
        }
        object = object
            .maybe_raw("per_day", quantity.per_day.map(|value| value.to_string()))
            .maybe_raw("crews", quantity.crews.map(|value| value.to_string()));
        out = out.raw("quantity", &object.end());
    }
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    out = out.maybe_raw("value", activity.value_fen.map(yuan));
    out = out.list("needs", &activity.needs, |need| {
        Object::new().text("resource", &need.resource).raw("amount", &need.amount.to_string()).end()
    });
    out = out
        .maybe_raw("risk", activity.risk.as_deref().map(risk_json))
        .maybe_text("min_duration", activity.min_duration.map(span::print).as_deref())
        .maybe_raw("cost_per_day", activity.cost_per_day_fen.map(yuan));
    if !activity.is_compressible {
        out = out.raw("compressible", "false");
    }
    out.list("stops", &activity.stops, stop_json).end()
}

fn break_json(one: &Break) -> String {
    Object::new().text("after", &span::print(one.after)).text("length", &span::print(one.length)).end()
}

fn constraint_json(constraint: &Constraint) -> String {
    let object = Object::new()
        .text("kind", word_of(CONSTRAINTS, constraint.kind))
        .maybe_text("on", constraint.on.map(moment::print).as_deref());
    if constraint.is_hard { object.raw("hard", "true").end() } else { object.end() }
}

fn risk_json(risk: &Risk) -> String {
    let three = |kind: &str, low: &Span, likely: &Span, high: &Span| {
        Object::new()
            .text("kind", kind)
            .text("low", &span::print(*low))
            .text("likely", &span::print(*likely))
            .text("high", &span::print(*high))
            .end()
    };
    match risk {
        Risk::Triangular { low, likely, high } => three("triangular", low, likely, high),
        Risk::Pert { low, likely, high } => three("pert", low, likely, high),
        Risk::Lognormal { p50, p90 } => Object::new()
            .text("kind", "lognormal")
            .text("p50", &span::print(*p50))
            .text("p90", &span::print(*p90))
            .end(),
        Risk::Discrete { probability, impact } => Object::new()
            .text("kind", "discrete")
            .raw("probability", &probability.to_string())
            .text("impact", &span::print(*impact))
            .end(),
    }
}

fn link_json(link: &Link) -> String {
    let mut object = Object::new().text("from", &link.from).text("to", &link.to);
    if link.kind != LinkKind::FS {
        object = object.text("kind", word_of(LINKS, link.kind));
    }
    if link.lag != Span::ZERO {
        object = object.text("lag", &span::print(link.lag));
    }
    object.end()
}

/// One resource.
pub(crate) fn resource_json(resource: &Resource) -> String {
    Object::new()
        .text("id", &resource.id)
        .raw("capacity", &resource.capacity.to_string())
        .maybe_text("calendar", resource.calendar.as_deref())
        .list("steps", &resource.steps, |step| {
            Object::new().text("from", &step.from.to_string()).raw("capacity", &step.capacity.to_string()).end()
        })
        .list("route", &resource.route, |id| quote(id))
        .end()
}

/// One mandated date.
pub(crate) fn mandate_json(mandate: &Mandate) -> String {
    Object::new()
        .text("activity", &mandate.activity)
        .text("finish_by", &moment::print(mandate.finish_by))
        .maybe_text("name", mandate.name.as_deref())
        .end()
}

/// One stop.
pub(crate) fn stop_json(stop: &Stop) -> String {
    Object::new()
        .text("from", &moment::print_instant(stop.from))
        .maybe_text("to", stop.to.map(moment::print_instant).as_deref())
        .maybe_text("level", stop.level.as_deref())
        .list("kinds", &stop.kinds, |kind| quote(kind))
        .maybe_text("source", stop.source.as_deref())
        .end()
}

fn thousandths(value_e3: i64) -> String {
    (value_e3 as f64 / 1000.0).to_string()
}
