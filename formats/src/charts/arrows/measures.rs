//! Where rows, days and events of an arrow diagram stand, and how large its type is.

use guatu_kernel::drawing::{ArrowDiagram, ArrowKind, Layout};
use jiff::Span;
use jiff::civil::Date;

use super::super::axis::Axis;
use super::super::flags;
use super::super::frame::Frame;
use super::super::{Heading, Sheet};
use super::{ArrowChart, SMALL};

/// Height of a row with names in ems: two lines of a name, the line itself, its days.
const ROW_EMS: f64 = 4.3;

/// Least height of such a row on paper.
const LEAST_ROW_EMS: f64 = 3.3;

/// Height of a row of waves alone.
const BARE_ROW_EMS: f64 = 1.7;

/// How far rows are drawn apart where paper is left.
const STRETCHED: f64 = 4.2;

/// Room over the first row and under the last in ems: names beside their events must not be cut off.
const EDGES_EMS: (f64, f64) = (0.8, 2.2);

/// Radius of an event with a number of so many digits, in ems.
const RADIUS_EMS: [f64; 3] = [0.72, 0.72, 0.95];

/// Days that an event takes on the scale of a drawing of so many days: what rows are chosen for, on every sheet alike.
const EVENTS_SIDE_BY_SIDE: f64 = 105.0;

/// Days that stand between events of one row in a diagram.
pub fn apart_days(diagram: &ArrowDiagram) -> f64 {
    diagram.events.iter().map(|event| event.day).fold(0.0, f64::max) / EVENTS_SIDE_BY_SIDE
}

/// The smallest paper of the series A, 3 down to 0, on which so many rows can be read.
pub fn least_paper(diagram: &ArrowDiagram, layout: &Layout) -> Option<u8> {
    (0..=3).rev().find(|number| {
        let titled = Heading { title: "x".to_owned(), ..Heading::default() };
        let frame = Frame::new(Sheet::series_a(*number), &titled, |_| 0.0);
        // Signs, axis and sentences take their lines as everywhere.
        let room = frame.bottom - frame.top - frame.size * (12.0 + EDGES_EMS.0 + EDGES_EMS.1);
        let rows = Rows::new(diagram, layout);
        rows.ems(LEAST_ROW_EMS) * frame.least / SMALL <= room
    })
}

/// Which rows hold names.
struct Rows(Vec<bool>);

impl Rows {
    fn new(diagram: &ArrowDiagram, layout: &Layout) -> Rows {
        let mut has_names = vec![false; layout.row_count];
        for (at, arrow) in diagram.arrows.iter().enumerate().filter(|(at, _)| layout.is_level[*at]) {
            has_names[layout.arrow_rows[at]] |= arrow.kind != ArrowKind::Dummy;
        }
        for (at, event) in diagram.events.iter().enumerate() {
            has_names[layout.event_rows[at]] |= !event.milestones.is_empty();
        }
        Rows(has_names)
    }

    /// Height of all rows in ems, when one with names has so many.
    fn ems(&self, named: f64) -> f64 {
        self.0.iter().map(|has_names| if *has_names { named } else { BARE_ROW_EMS }).sum()
    }
}

/// Width of a screen in pixels on which a diagram's names have room.
pub fn screen_px(diagram: &ArrowDiagram) -> f64 {
    let works = diagram.arrows.iter().filter(|arrow| matches!(arrow.kind, ArrowKind::Work { .. })).count();
    (works as f64 * 19.0).clamp(1840.0, 5_200.0)
}

/// Where things stand.
pub(super) struct Measures {
    pub(super) frame: Frame,
    pub(super) axis: Axis,
    pub(super) axis_top: f64,
    pub(super) rows_top: f64,
    /// Top of each row, and the end of the last.
    pub(super) tops: Vec<f64>,
    /// Level line of each row.
    pub(super) lines: Vec<f64>,
    pub(super) end: f64,
    /// Size of names.
    pub(super) size: f64,
    /// Radius of events.
    pub(super) radius: f64,
    pub(super) zero: f64,
    /// Whether all rows have their height.
    pub(super) fits: bool,
}

impl Measures {
    /// Measures with names in a part of usual type.
    pub(super) fn new(chart: &ArrowChart, part: f64) -> Measures {
        let rows = Rows::new(&chart.diagram, &chart.layout);
        let signs = chart.flags.len() + usize::from(chart.data_date.is_some());
        let head = |size: f64| flags::height(size, signs) + size * 3.6;
        let notes = chart.notes.len() as f64 * 1.5;
        let (over, under) = EDGES_EMS;
        let frame = Frame::new(chart.sheet, &chart.heading, |size| {
            head(size) + (rows.ems(ROW_EMS) + over + under) * size + size * (notes + 1.0)
        });
        let rows_top = frame.top + head(frame.size);
        let end = frame.bottom - frame.size * (notes + 0.4);
        let size = (frame.size * part).max(frame.least / SMALL);
        let room = end - rows_top - (over + under) * size;
        let (least, usual) = (rows.ems(LEAST_ROW_EMS) * size, rows.ems(ROW_EMS) * size);
        // Rows share what is left over, up to a measure; what is missing is taken from those with names.
        let named = rows.0.iter().filter(|has_names| **has_names).count().max(1) as f64;
        let (row, stretched) = match chart.sheet {
            Sheet::Paper { .. } if room < usual => (ROW_EMS * size - (usual - room) / named, 1.0),
            Sheet::Paper { .. } => (ROW_EMS * size, (room / usual).min(STRETCHED)),
            Sheet::Screen { .. } => (ROW_EMS * size, 1.0),
        };
        let heights = rows.0.iter().map(|has_names| if *has_names { row } else { BARE_ROW_EMS * size } * stretched);
        let (mut tops, mut lines) = (vec![rows_top + over * size], Vec::new());
        for (height, has_names) in heights.zip(&rows.0) {
            let top = tops[tops.len() - 1];
            // Names need more room than days.
            lines.push(top + height * if *has_names { 0.62 } else { 0.5 });
            tops.push(top + height);
        }
        let (first, last) = extent(chart);
        let axis = Axis::new(first, last, frame.left, frame.right - frame.left);
        let digits = chart.layout.numbers.iter().max().map_or(1, |most| most.ilog10() as usize + 1);
        let radius = RADIUS_EMS[digits.clamp(1, 3) - 1] * size;
        let end = end.min(tops[tops.len() - 1] + under * size);
        let (axis_top, zero) = (frame.top + flags::height(frame.size, signs), axis.start(chart.diagram.first));
        Measures { frame, axis, axis_top, rows_top, tops, lines, end, size, radius, zero, fits: least <= room + 1e-9 }
    }

    /// Where a position of the diagram stands.
    pub(super) fn x(&self, day: f64) -> f64 {
        self.zero + day * self.axis.day()
    }

    /// The level line of a row.
    pub(super) fn y(&self, row: usize) -> f64 {
        self.lines[row]
    }

    /// Room over and under the level line of a row.
    pub(super) fn room(&self, row: usize) -> (f64, f64) {
        (self.lines[row] - self.tops[row], self.tops[row + 1] - self.lines[row])
    }
}

/// First and last day of the axis: all dates with some room for events on both sides.
fn extent(chart: &ArrowChart) -> (Date, Date) {
    let days = chart.diagram.events.iter().map(|event| event.day).fold(0.0, f64::max);
    let last = chart.diagram.first.saturating_add(Span::new().days(days.ceil() as i64));
    let others = chart.data_date.into_iter().chain(chart.flags.iter().map(|flag| flag.on));
    let (first, last) =
        others.fold((chart.diagram.first, last), |(first, last), date| (first.min(date), last.max(date)));
    let room = Span::new().days(i64::from((last - first).get_days() / 80 + 1));
    (first.saturating_sub(room), last.saturating_add(room))
}
