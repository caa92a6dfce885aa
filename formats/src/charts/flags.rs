//! Signs over the rows of a drawing against time: mandated dates as flags and the data date, with words that never meet.

use jiff::civil::Date;

use super::Lamp;
use super::axis::Axis;
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, ems, number};

/// Levels on which flags stand so that their words do not meet.
const FLAG_LEVELS: usize = 3;
/// Height of such a level in ems.
const FLAG_EMS: f64 = 1.35;

/// A mandated date.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The date.
    pub on: Date,
    /// Name with the days left, as it should read.
    pub label: String,
    /// State of its outlook.
    pub lamp: Lamp,
}

/// Where signs stand: above the axis, with lines down to the end of the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'a> {
    pub(super) frame: &'a Frame,
    pub(super) axis: &'a Axis,
    pub(super) axis_top: f64,
    pub(super) rows_top: f64,
    pub(super) end: f64,
}

/// Height that so many signs take in type of a size.
pub(super) fn height(size: f64, signs: usize) -> f64 {
    size * FLAG_EMS * signs.min(FLAG_LEVELS) as f64
}

/// Mandated dates and the data date, with their words on levels where they do not meet.
pub(super) fn draw(canvas: &mut Canvas, room: &Room<'_>, flags: &[Flag], data_date: Option<(Date, &str)>) {
    let Room { frame, axis, axis_top, rows_top, end } = *room;
    let size = frame.size;
    let mut flags: Vec<&Flag> = flags.iter().collect();
    flags.sort_by_key(|flag| flag.on);
    let levels = (flags.len() + usize::from(data_date.is_some())).min(FLAG_LEVELS);
    let mut taken: Vec<Vec<(f64, f64)>> = vec![Vec::new(); levels];
    // The first level with room for words beside a line at `x`: to the right, or left of it at the edge of the sheet.
    let mut place = |x: f64, width: f64, prefers_left: bool| {
        let sides = if prefers_left || x + width > frame.right { [-1.0, 1.0] } else { [1.0, -1.0] };
        let span = |side: f64| if side > 0.0 { (x, x + width) } else { (x - width, x) };
        let is_inside = |(from, to): (f64, f64)| from >= frame.left && to <= frame.right;
        let free = (0..levels).flat_map(|level| sides.map(|side| (level, side))).find(|(level, side)| {
            let (from, to) = span(*side);
            is_inside((from, to)) && taken[*level].iter().all(|(start, finish)| to <= *start || from >= *finish)
        });
        let (level, side) = free?;
        taken[level].push(span(side));
        Some((axis_top - size * FLAG_EMS * (levels - level) as f64, side))
    };
    canvas.open("flags");
    if let Some((data_date, word)) = data_date {
        let (x, width) = (axis.start(data_date), (ems(word) + 1.4) * size);
        if let Some((y, side)) = place(x, width, true) {
            let front = canvas.front();
            let line = [[(x, y), (x, rows_top)]];
            canvas.strokes(&line, &format!(r#"stroke="{front}" stroke-width="{}""#, number(size * 0.1)));
            let anchor = if side < 0.0 { Anchor::End } else { Anchor::Start };
            let paint = format!(r#"class="today" font-weight="700" fill="{front}""#);
            canvas.text(x + side * size * 0.5, y + size * 0.85, size, anchor, word, &paint);
        }
    }
    for flag in flags {
        let x = axis.end(flag.on);
        let width = (ems(&flag.label) + 2.0) * size;
        let placed = place(x, width, false);
        let colour = if flag.lamp == Lamp::Bad { canvas.alarm() } else { BLACK };
        canvas.open(&format!("flag {}", flag.lamp.name()));
        let dash = number(size * 0.35);
        let top = placed.map_or(axis_top, |(y, _)| y);
        canvas.strokes(
            &[[(x, top), (x, end)]],
            &format!(r#"stroke="{colour}" stroke-width="{}" stroke-dasharray="{dash} {dash}""#, number(size * 0.1)),
        );
        // Where all levels are taken the line stands alone: words over words say less than none.
        if let Some((y, side)) = placed {
            canvas.lines(
                &[(x, y), (x + side * size * 0.9, y + size * 0.45), (x, y + size * 0.9)],
                true,
                &format!(r#"fill="{colour}""#),
            );
            let anchor = if side < 0.0 { Anchor::End } else { Anchor::Start };
            let paint = format!(r#"class="flag" font-weight="700" fill="{colour}""#);
            canvas.text(x + side * size * 1.2, y + size * 0.85, size, anchor, &flag.label, &paint);
        }
        canvas.close();
    }
    canvas.close();
}
