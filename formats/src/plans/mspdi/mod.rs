//! Microsoft Project XML (MSPDI, schema `mspdi_pj12.xsd`, namespace `http://schemas.microsoft.com/project`).
//!
//! Files of MS Project are minute plans. Ids are the tasks' `UID`s. What the format has no field for travels in notes:
//! a line `guatu-plan/1 {…}` in the notes of the project summary task (granularity, options, calendars, mandated dates)
//! and of single tasks (own id, quantity, risk …). On the way back such a line counts only where the file still says
//! the same, so that an edit made in MS Project always wins.

mod assemble;
mod calendars;
mod joint;
mod notes;
mod read;
mod recurrence;
mod splits;
mod task;
mod write;

pub(crate) use read::read;
pub use write::write;

/// Minutes of a text such as `PT8H0M0S` (XML Schema duration), rounded to the nearest minute; elapsed days as 24 hours.
pub(crate) fn duration_minutes(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut rest = rest.strip_prefix('P')?;
    let (mut seconds, mut in_time) = (0.0, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (in_time, rest) = (true, after);
            continue;
        }
        let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')).count();
        let value: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        rest = &rest[digits + unit.len_utf8()..];
        seconds += value
            * match (unit, in_time) {
                ('D', false) => 86_400.0,
                ('W', false) => 604_800.0,
                ('H', true) => 3_600.0,
                ('M', true) => 60.0,
                ('S', true) => 1.0,
                // Years and months have no fixed length; MS Project never writes them other than as zero.
                ('Y' | 'M', false) if value == 0.0 => 0.0,
                _ => return None,
            };
    }
    let minutes = sign * seconds / 60.0;
    // Far beyond any plan, and well inside what a 64-bit integer holds.
    (minutes.abs() < 1e12).then(|| minutes.round() as i64)
}

/// `PT8H0M0S`.
pub(crate) fn print_duration(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    format!("{sign}PT{}H{}M0S", minutes / 60, minutes % 60)
}
