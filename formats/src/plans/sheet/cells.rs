//! One activity as cells and back. Reading applies only the cells that differ from what the hidden column says.

use guatu_kernel::plan::{Activity, Constraint, ConstraintKind, DayWork, Moment, Need};

use super::labels::labels;
use crate::plans::json::{CONSTRAINTS, KINDS, MOST, listed, value_of, word_of};
use crate::plans::{moment, span};
use crate::wide::narrow;

/// What a cell holds when it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A date or an instant.
    Moment(Moment),
}

impl Content {
    /// The text the reader makes of the cell.
    pub(crate) fn as_read(&self) -> String {
        match self {
            Content::Empty => String::new(),
            Content::Text(text) => text.clone(),
            Content::Number(number) => number.to_string(),
            Content::Moment(value) => moment::print(*value),
        }
    }
}

fn text(value: Option<&str>) -> Content {
    value.map_or(Content::Empty, |value| Content::Text(value.to_owned()))
}

fn moment_of(value: Option<Moment>) -> Content {
    value.map_or(Content::Empty, Content::Moment)
}

/// The cell of an activity in a column; hidden columns are the caller's.
pub(crate) fn content(activity: &Activity, column: &str) -> Content {
    let first = activity.constraints.first();
    match column {
        "code" => text(Some(&activity.id)),
        "name" => text(Some(&activity.name)),
        "kind" => Content::Text(labels().shown(word_of(KINDS, activity.kind))),
        "parent" => text(activity.parent.as_deref()),
        "place" => text(activity.place.as_deref()),
        "work_kind" => text(activity.work_kind.as_deref()),
        "duration" if activity.kind == guatu_kernel::plan::ActivityKind::Task => {
            Content::Text(span::print(activity.duration))
        }
        "calendar" => text(activity.calendar.as_deref()),
        "constraint" => first.map_or(Content::Empty, |c| Content::Text(labels().shown(word_of(CONSTRAINTS, c.kind)))),
        "constraint_on" => moment_of(first.and_then(|constraint| constraint.on)),
        "constraint_hard" => match first {
            Some(constraint) if constraint.is_hard => Content::Text(labels().shown("yes")),
            _ => Content::Empty,
        },
        "deadline" => moment_of(activity.deadline),
        "actual_start" => moment_of(activity.actual_start),
        "actual_finish" => moment_of(activity.actual_finish),
        "percent" => activity.percent_e3.map_or(Content::Empty, |value| Content::Number(f64::from(value) / 1000.0)),
        "remaining" => activity.remaining.map_or(Content::Empty, |value| Content::Text(span::print(value))),
        "needs" if !activity.needs.is_empty() => {
            let needs = activity.needs.iter().map(|need| format!("{}*{}", need.resource, need.amount));
            Content::Text(needs.collect::<Vec<_>>().join("; "))
        }
        "worth" => activity.value_fen.map_or(Content::Empty, |fen| Content::Number(fen as f64 / 100.0)),
        _ => Content::Empty,
    }
}

/// Takes a cell's text over into an activity.
///
/// # Errors
/// A sentence without the cell's name.
pub(crate) fn apply(activity: &mut Activity, column: &str, cell: &str) -> Result<(), String> {
    let some = || Some(cell.to_owned()).filter(|cell| !cell.is_empty());
    match column {
        "name" => activity.name = cell.to_owned(),
        "kind" if cell.is_empty() => activity.kind = Default::default(),
        "kind" => activity.kind = word(cell, KINDS)?,
        "parent" => activity.parent = some(),
        "place" => activity.place = some(),
        "work_kind" => activity.work_kind = some(),
        "duration" if !cell.is_empty() => activity.duration = read_span(cell)?,
        "calendar" => activity.calendar = some(),
        "constraint" | "constraint_on" | "constraint_hard" => return apply_constraint(activity, column, cell),
        "deadline" => activity.deadline = read_moment(cell)?,
        "actual_start" => activity.actual_start = read_moment(cell)?,
        "actual_finish" => activity.actual_finish = read_moment(cell)?,
        "percent" if cell.is_empty() => activity.percent_e3 = None,
        "percent" => {
            let number: f64 =
                narrow(cell).trim_end_matches('%').trim().parse().map_err(|_| not("a percentage", cell))?;
            if !(0.0..=100.0).contains(&number) {
                return Err(not("a percentage from 0 to 100", cell));
            }
            activity.percent_e3 = Some((number * 1000.0).round() as u32);
        }
        "remaining" => activity.remaining = if cell.is_empty() { None } else { Some(read_span(cell)?) },
        "needs" => {
            let needs = cell.split([';', '\u{ff1b}']).map(str::trim).filter(|need| !need.is_empty());
            activity.needs = needs.map(read_need).collect::<Result<_, _>>()?;
        }
        "worth" if cell.is_empty() => activity.value_fen = None,
        "worth" => {
            let yuan: f64 = narrow(cell).parse().map_err(|_| not("an amount in yuan", cell))?;
            if !(0.0..=MOST).contains(&yuan) {
                return Err(not("an amount in yuan, 0 or more", cell));
            }
            activity.value_fen = Some((yuan * 100.0).round() as i64);
        }
        _ => {}
    }
    Ok(())
}

/// Cells of the first constraint come one by one; what is still missing is found when the row is complete.
fn apply_constraint(activity: &mut Activity, column: &str, cell: &str) -> Result<(), String> {
    if column == "constraint" && cell.is_empty() {
        if !activity.constraints.is_empty() {
            activity.constraints.remove(0);
        }
        return Ok(());
    }
    if activity.constraints.is_empty() {
        if column != "constraint" && cell.is_empty() {
            return Ok(());
        }
        let kind = ConstraintKind::StartNoEarlierThan;
        activity.constraints.push(Constraint { kind, on: None, is_hard: false });
    }
    let first = &mut activity.constraints[0];
    match column {
        "constraint" => first.kind = word(cell, CONSTRAINTS)?,
        "constraint_on" => first.on = read_moment(cell)?,
        _ => first.is_hard = read_yes(cell)?,
    }
    Ok(())
}

/// `yes` or `no`, in either language; empty is no.
pub(crate) fn read_yes(cell: &str) -> Result<bool, String> {
    match labels().word(&narrow(cell)) {
        "yes" | "true" | "TRUE" | "1" => Ok(true),
        "no" | "false" | "FALSE" | "0" | "" => Ok(false),
        _ => Err(not("yes or no", cell)),
    }
}

/// A day of a calendar: yes, no, or bands separated by commas.
pub(crate) fn read_day(cell: &str) -> Result<DayWork, String> {
    let said = narrow(cell);
    if said.contains(':') {
        let bands = said
            .split([',', '\u{3001}', ';'])
            .map(|band| moment::parse_band(band).ok_or_else(|| not("bands such as 08:00-12:00, 13:00-17:00", cell)));
        return Ok(DayWork::Bands(bands.collect::<Result<_, _>>()?));
    }
    Ok(if read_yes(cell)? { DayWork::Usual } else { DayWork::Free })
}

/// A day of a calendar as text.
pub(crate) fn day_text(day: &DayWork) -> String {
    match day {
        DayWork::Free => labels().shown("no"),
        DayWork::Usual => labels().shown("yes"),
        DayWork::Bands(bands) => bands.iter().map(moment::print_band).collect::<Vec<_>>().join(", "),
    }
}

/// A span; a bare number counts days, as people write it.
pub(crate) fn read_span(cell: &str) -> Result<guatu_kernel::plan::Span, String> {
    let cell = &narrow(cell);
    let is_bare = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if is_bare { span::parse(&format!("{cell}d")) } else { span::parse(cell) }
}

/// A date or instant; empty is none.
pub(crate) fn read_moment(cell: &str) -> Result<Option<Moment>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    // People also write 2026/6/1.
    let said = narrow(cell);
    let rewritten = match said.split('/').collect::<Vec<_>>().as_slice() {
        [year, month, day] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => said,
    };
    moment::parse(&rewritten).map(Some).map_err(|refused| match refused {
        moment::Refused::Year => not("a date between 1900 and 2200", cell),
        moment::Refused::Shape => not("a date such as 2026-06-01", cell),
    })
}

fn read_need(need: &str) -> Result<Need, String> {
    let (resource, amount) = need.rsplit_once(['*', '\u{ff0a}']).unwrap_or((need, "1"));
    let amount = narrow(amount).trim().parse().map_err(|_| not("needs such as crew*2; crane*1", need))?;
    Ok(Need { resource: resource.trim().to_owned(), amount })
}

/// A word of a list.
pub(crate) fn word<T: Copy>(cell: &str, words: &'static [(&'static str, T)]) -> Result<T, String> {
    value_of(words, labels().word(cell)).ok_or_else(|| not(&format!("one of {}", listed(words)), cell))
}

/// The sentence for a cell that holds something else than expected.
pub(crate) fn not(expected: &str, cell: &str) -> String {
    format!("expected {expected}, found `{}`", crate::plans::findings::shortened(cell))
}
