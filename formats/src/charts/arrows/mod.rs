//! An arrow diagram on a time scale (activity on arrow, JGJ/T 121): numbered events, solid lines as long as the work, waves
//! for free float, dashed dummies, critical work bold, the progress front line at the data date.
//!
//! Names stand over their lines and days under them, wrapped into as many lines as the row is high, each where it meets
//! neither another text nor a circle nor a line. What finds no place at a readable size is left to the table that belongs
//! to the drawing, and counted: words over words say less than none.

mod foot;
mod lines;
mod measures;
#[cfg(test)]
mod tests;
mod texts;

pub use measures::{apart_days, least_paper, screen_px};

use guatu_kernel::drawing::{ArrowDiagram, ArrowKind, Layout};
use jiff::civil::Date;

use super::flags::{self, Flag, Room};
use super::svg::{BLACK, Canvas, escape, number};
use super::{Heading, Ink, Sheet};
use foot::draw_foot;
use lines::{draw_arrow, draw_events, draw_front, front_points, lay_legs};
use measures::Measures;
use texts::{Taken, Text, beside_event, by_length, place_texts};

/// Sizes of type that are tried on paper, in parts of usual type: few rows are written large, many small.
const SIZES: [f64; 9] = [1.5, 1.35, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6];

/// The smallest type, that of numbers and days, in parts of that of names.
const SMALL: f64 = 0.88;

/// Arrows shorter than so many ems have few places for their names.
const SHORT_EMS: f64 = 6.0;

/// What stands at an arrow.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Over its line.
    pub name: String,
    /// Under its line: its days.
    pub days: String,
    /// In full, for a pointer: name, events and dates.
    pub tip: String,
    /// Where it leads on a screen.
    pub href: Option<String>,
    /// First day that is not done, where that is not the data date: where the front line goes.
    pub front: Option<Date>,
}

/// Words of the diagram.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Critical work.
    pub critical: String,
    /// Work.
    pub work: String,
    /// A wave.
    pub float: String,
    /// A dummy.
    pub dummy: String,
    /// Waiting.
    pub waiting: String,
    /// Progress front line.
    pub front: String,
    /// The data date.
    pub data_date: String,
    /// A mandated date.
    pub mandated: String,
    /// A milestone.
    pub milestone: String,
    /// How many names found no place, `{count}` in it.
    pub unnamed: String,
}

/// An arrow diagram with its words.
#[derive(Clone, Debug)]
pub struct ArrowChart {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// What a screen reader says of it on a screen, where the page around it has the title.
    pub label: String,
    /// Events and arrows.
    pub diagram: ArrowDiagram,
    /// Their rows and numbers.
    pub layout: Layout,
    /// What stands at each arrow.
    pub said: Vec<Said>,
    /// What stands at each event: the names of its milestones; nothing at others.
    pub milestones: Vec<Said>,
    /// Facts up to the day before are in; the front line hangs from it.
    pub data_date: Option<Date>,
    /// Mandated dates.
    pub flags: Vec<Flag>,
    /// Stretches in which nobody works, first and last day.
    pub closed: Vec<(Date, Date)>,
    /// Sentences under the drawing.
    pub notes: Vec<String>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// A diagram with every text at its place.
struct Composed {
    at: Measures,
    legs: Vec<[f64; 2]>,
    names: Vec<[Option<Text>; 2]>,
    milestones: Vec<Option<Text>>,
    /// Names that found no place.
    unnamed: usize,
    /// These, and events that touch each other.
    faults: usize,
}

impl Composed {
    fn new(chart: &ArrowChart, at: Measures) -> Composed {
        let mut taken = Taken::default();
        let legs = lay_legs(chart, &at, &mut taken);
        let mut faults = 0;
        for (event, shown) in chart.diagram.events.iter().enumerate() {
            let (x, y, r) = (at.x(shown.day), at.y(chart.layout.event_rows[event]), at.radius * 0.95);
            let others = chart.diagram.events[..event]
                .iter()
                .enumerate()
                .filter(|(other, _)| chart.layout.event_rows[*other] == chart.layout.event_rows[event]);
            faults += others.filter(|(_, other)| (at.x(other.day) - x).abs() < at.radius * 2.0).count();
            taken.hard.push([x - r, y - r, x + r, y + r]);
        }
        if let Some(data_date) = chart.data_date {
            let line = at.size * 0.1;
            for pair in front_points(chart, &at, data_date).windows(2) {
                let [(ax, ay), (bx, by)] = [pair[0], pair[1]];
                let steps = (((by - ay).abs() + (bx - ax).abs()) / at.size).ceil().max(1.0);
                for step in 0..steps as usize {
                    let on = |part: f64| (ax + (bx - ax) * part, ay + (by - ay) * part);
                    let ((x, y), (to_x, to_y)) = (on(step as f64 / steps), on((step + 1) as f64 / steps));
                    taken.soft.push([x.min(to_x) - line, y.min(to_y), x.max(to_x) + line, y.max(to_y)]);
                }
            }
        }
        for flag in &chart.flags {
            let (x, line) = (at.axis.end(flag.on), at.size * 0.15);
            taken.soft.push([x - line, at.rows_top, x + line, at.end]);
        }
        // What has the fewest places chooses first.
        let order = by_length(chart);
        let short = order.partition_point(|number| {
            at.x(chart.diagram.arrows[*number].to_day) - at.x(chart.diagram.arrows[*number].from_day)
                < at.size * SHORT_EMS
        });
        let mut names: Vec<[Option<Text>; 2]> = chart.diagram.arrows.iter().map(|_| [None, None]).collect();
        place_texts(chart, &at, &mut taken, &order[..short], &mut names);
        let milestones: Vec<Option<Text>> = (0..chart.diagram.events.len())
            .map(|event| {
                let (x, y) = (at.x(chart.diagram.events[event].day), at.y(chart.layout.event_rows[event]));
                beside_event(chart.milestones.get(event).map_or("", |said| &said.name), (x, y), &at, &mut taken)
            })
            .collect();
        place_texts(chart, &at, &mut taken, &order[short..], &mut names);
        let is_missing = |said: &Said, text: &Option<Text>| !said.name.is_empty() && text.is_none();
        let unnamed = chart.said.iter().zip(&names).filter(|(said, [name, _])| is_missing(said, name)).count()
            + chart.milestones.iter().zip(&milestones).filter(|(said, text)| is_missing(said, text)).count();
        faults += unnamed;
        faults += usize::from(!at.fits) * 1_000;
        Composed { at, legs, names, milestones, unnamed, faults }
    }

    /// On paper in the largest type in which everything has its place, or else with the fewest faults.
    fn best(chart: &ArrowChart) -> Composed {
        if chart.sheet.has_links() {
            return Composed::new(chart, Measures::new(chart, 1.0));
        }
        let mut best: Option<Composed> = None;
        let mut last = f64::INFINITY;
        for part in SIZES {
            let at = Measures::new(chart, part);
            // Readable type has a limit: below it all sizes are the same.
            if at.size >= last - 1e-9 {
                break;
            }
            last = at.size;
            let composed = Composed::new(chart, at);
            if composed.faults == 0 {
                return composed;
            }
            best = Some(match best {
                Some(best) if best.faults <= composed.faults => best,
                _ => composed,
            });
        }
        best.unwrap_or_else(|| Composed::new(chart, Measures::new(chart, 1.0)))
    }
}

/// Draws a diagram.
pub fn draw(chart: &ArrowChart) -> String {
    let Composed { at, legs, names, milestones, unnamed, .. } = Composed::best(chart);
    let mut canvas = at.frame.begin(&chart.heading, chart.ink, "");
    draw_grid(&mut canvas, chart, &at);
    let room = Room { frame: &at.frame, axis: &at.axis, axis_top: at.axis_top, rows_top: at.rows_top, end: at.end };
    flags::draw(&mut canvas, &room, &chart.flags, chart.data_date.map(|on| (on, chart.words.data_date.as_str())));
    if let Some(data_date) = chart.data_date {
        draw_front(&mut canvas, chart, &at, data_date);
    }
    for arrow in in_order_of_weight(chart) {
        draw_arrow(&mut canvas, chart, &at, arrow, &legs[arrow], &names[arrow]);
    }
    draw_events(&mut canvas, chart, &at, &milestones);
    draw_foot(&mut canvas, chart, &at, unnamed);
    let drawing = canvas.finish();
    if !chart.sheet.has_links() {
        return drawing;
    }
    // An image has no parts; a group is read with its links.
    drawing.replacen(r#"role="img""#, &format!(r#"role="group" aria-label="{}""#, escape(&chart.label)), 1)
}

/// Critical arrows last, so that they lie over the others.
fn in_order_of_weight(chart: &ArrowChart) -> Vec<usize> {
    let mut order: Vec<usize> = (0..chart.diagram.arrows.len()).collect();
    order.sort_by_key(|at| {
        (chart.diagram.arrows[*at].is_critical, chart.diagram.arrows[*at].kind != ArrowKind::Dummy, *at)
    });
    order
}

fn draw_grid(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures) {
    let (frame, size) = (&at.frame, at.frame.size);
    canvas.open("grid");
    let [years, _] = at.axis.draw(canvas, &chart.closed, chart.ink, size, (at.axis_top, at.rows_top, at.end));
    let lines: Vec<_> = years.iter().skip(1).map(|year| [(year.from, at.rows_top), (year.from, at.end)]).collect();
    canvas.strokes(&lines, &format!(r##"stroke="#b4bcc4" stroke-width="{}""##, number(size * 0.06)));
    let lines =
        [[(frame.left, at.rows_top), (frame.right, at.rows_top)], [(frame.left, at.end), (frame.right, at.end)]];
    canvas.strokes(&lines, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
}
