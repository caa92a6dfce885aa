//! The `clndr_data` blob of XER calendars: nested parentheses `(0||name(key|value|…)(children))`.
//!
//! Days of the week count from Sunday as 1. Exceptions are day serials from 1899-12-30; one with shifts is a working day,
//! one without is free. Hours may be unpadded (`8:00`); start and finish come in either order; a finish at 00:00 is the
//! end of the day.

use guatu_kernel::plan::{Band, CalendarException, DayWork};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::plans::moment;

/// Blobs nested deeper than this are refused.
const DEEPEST: usize = 32;

/// One parenthesised node.
#[derive(Debug, Default)]
struct Node<'a> {
    name: &'a str,
    values: &'a str,
    children: Vec<Node<'a>>,
}

/// A week from Monday to Sunday and its exceptions.
pub(crate) type Content = ([DayWork; 7], Vec<CalendarException>);

/// Reads a blob.
///
/// # Errors
/// A sentence without the place, for a blob that is cut off or nested beyond reason.
pub(crate) fn parse(blob: &str) -> Result<Content, &'static str> {
    let mut rest = blob;
    let root = node(&mut rest, 0)?.ok_or("the calendar data are empty")?;
    let mut week = [const { DayWork::Free }; 7];
    let mut exceptions = Vec::new();
    let section = |name: &str| root.children.iter().find(|child| child.name == name);
    let days = section("DaysOfWeek").ok_or("the calendar data have no days of the week")?;
    for day in &days.children {
        if let Ok(number @ 1..=7) = day.name.parse::<usize>() {
            week[(number + 5) % 7] = work(day);
        }
    }
    for exception in section("Exceptions").map_or(&[][..], |section| &section.children) {
        if let Some(on) = value(exception.values, "d").and_then(|serial| serial.parse().ok()).and_then(serial_date) {
            exceptions.push(CalendarException { from: on, to: on, work: work(exception), name: None });
        }
    }
    exceptions.sort_by_key(|exception| exception.from);
    Ok((week, exceptions))
}

/// The date of a serial counted from 1899-12-30.
pub(crate) fn serial_date(serial: i64) -> Option<Date> {
    (0..=120_000).contains(&serial).then(|| date(1899, 12, 30).saturating_add(serial.days()))
}

/// The shifts below a node.
fn work(node: &Node<'_>) -> DayWork {
    let mut bands: Vec<Band> = node
        .children
        .iter()
        .filter_map(|shift| {
            let from = moment::clock(value(shift.values, "s")?.trim())?;
            let to = moment::clock(value(shift.values, "f")?.trim())?;
            let to = if to <= from { to + 1440 } else { to };
            (from < 1440).then_some(Band { from_minute: from, to_minute: to })
        })
        .collect();
    bands.sort_by_key(|band| band.from_minute);
    bands.dedup();
    if bands.is_empty() { DayWork::Free } else { DayWork::Bands(bands) }
}

/// The value of a key in `key|value|key|value`.
fn value<'a>(values: &'a str, key: &str) -> Option<&'a str> {
    let mut parts = values.split('|');
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        if name.trim() == key {
            return Some(value);
        }
    }
    None
}

/// Reads one `(n||name(values)(children))`; nothing where the next character opens no node.
fn node<'a>(rest: &mut &'a str, depth: usize) -> Result<Option<Node<'a>>, &'static str> {
    const CUT: &str = "the calendar data are cut off";
    if depth > DEEPEST {
        return Err("the calendar data are nested too deeply");
    }
    *rest = blank(rest);
    let Some(after) = rest.strip_prefix('(') else { return Ok(None) };
    let open = after.find(['(', ')']).ok_or(CUT)?;
    let mut found = Node { name: after[..open].rsplit("||").next().unwrap_or("").trim(), ..Node::default() };
    *rest = &after[open..];
    // Values hold no parentheses.
    if let Some(values) = blank(rest).strip_prefix('(') {
        let close = values.find(['(', ')']).ok_or(CUT)?;
        if values.as_bytes()[close] != b')' {
            return Err("the calendar data are malformed");
        }
        found.values = &values[..close];
        *rest = &values[close + 1..];
    }
    if let Some(children) = blank(rest).strip_prefix('(') {
        *rest = children;
        while let Some(child) = node(rest, depth + 1)? {
            found.children.push(child);
        }
        *rest = blank(rest).strip_prefix(')').ok_or(CUT)?;
    }
    *rest = blank(rest).strip_prefix(')').ok_or(CUT)?;
    Ok(Some(found))
}

/// Skips white space and the DEL characters P6 writes for line breaks.
fn blank(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{7f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_exceptions() {
        let blob = "(0||CalendarData()(\u{7f}\u{7f}  (0||DaysOfWeek()(    (0||1()())    (0||2()(      (0||0(s|8:00|f|12:00)())\
             (0||1(f|17:00|s|13:00)())))  (0||3()((0||0(s|00:00|f|00:00)())))))  (0||VIEW(ShowTotal|Y)())\
             (0||Exceptions()((0||0(d|43650)())(0||1(d|43651)((0||0(s|22:00|f|6:00)())))))))";
        let (week, exceptions) = parse(blob).unwrap();
        let band = |from_minute, to_minute| Band { from_minute, to_minute };
        assert_eq!(week[0], DayWork::Bands(vec![band(480, 720), band(780, 1020)]));
        assert_eq!(week[1], DayWork::Bands(vec![band(0, 1440)]));
        assert_eq!(week[6], DayWork::Free);
        assert_eq!(exceptions[0].from, date(2019, 7, 4));
        assert_eq!(exceptions[0].work, DayWork::Free);
        assert_eq!(exceptions[1].work, DayWork::Bands(vec![band(1320, 1800)]));
    }

    #[test]
    fn damaged_blobs_are_refused() {
        for blob in
            ["", "x", "(", "(0||CalendarData()(", "(0||CalendarData()())", &"(".repeat(1000), &"(0||x()(".repeat(1000)]
        {
            assert!(parse(blob).is_err(), "{blob}");
        }
    }
}
