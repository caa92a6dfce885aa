//! An arrow diagram on a time scale (activity on arrow, JGJ/T 121): numbered events, solid lines as long as the work, waves
//! for free float, dashed dummies, critical work bold, the progress front line at the data date.
//!
//! Names stand over their lines and days under them, wrapped into as many lines as the row is high, each where it meets
//! neither another text nor a circle nor a line. What finds no place at a readable size is left to the table that belongs
//! to the drawing, and counted: words over words say less than none.

use guatu_kernel::drawing::{ArrowDiagram, ArrowKind, Layout};
use jiff::Span;
use jiff::civil::Date;

use super::axis::Axis;
use super::flags::{self, Flag, Room};
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, ems, escape, fitted, number};
use super::{Heading, Ink, Sheet};

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
/// Sizes of type that are tried on paper, in parts of usual type: few rows are written large, many small.
const SIZES: [f64; 9] = [1.5, 1.35, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6];
/// The smallest type, that of numbers and days, in parts of that of names.
const SMALL: f64 = 0.88;
/// Distance of lines of a text in ems.
const LINE_EMS: f64 = 1.14;
/// Room on either side of a text in ems, so that two beside each other are not read as one.
const BETWEEN_EMS: f64 = 0.14;
/// Arrows shorter than so many ems have few places for their names.
const SHORT_EMS: f64 = 6.0;
/// Lines of a name at most.
const MOST_LINES: usize = 4;
/// Radius of an event with a number of so many digits, in ems.
const RADIUS_EMS: [f64; 3] = [0.72, 0.72, 0.95];
/// Days that an event takes on the scale of a drawing of so many days: what rows are chosen for, on every sheet alike.
const EVENTS_SIDE_BY_SIDE: f64 = 105.0;

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
struct Measures {
    frame: Frame,
    axis: Axis,
    axis_top: f64,
    rows_top: f64,
    /// Top of each row, and the end of the last.
    tops: Vec<f64>,
    /// Level line of each row.
    lines: Vec<f64>,
    end: f64,
    /// Size of names.
    size: f64,
    /// Radius of events.
    radius: f64,
    zero: f64,
    /// Whether all rows have their height.
    fits: bool,
}

impl Measures {
    /// Measures with names in a part of usual type.
    fn new(chart: &ArrowChart, part: f64) -> Measures {
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
    fn x(&self, day: f64) -> f64 {
        self.zero + day * self.axis.day()
    }

    /// The level line of a row.
    fn y(&self, row: usize) -> f64 {
        self.lines[row]
    }

    /// Room over and under the level line of a row.
    fn room(&self, row: usize) -> (f64, f64) {
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

/// A rectangle: left, top, right, bottom.
type Area = [f64; 4];

/// What is taken already.
#[derive(Default)]
struct Taken {
    /// Texts, circles and lines: nothing may lie on them.
    hard: Vec<Area>,
    /// The front line and those of mandated dates, which a text may lie on where it has no other place.
    soft: Vec<Area>,
}

impl Taken {
    fn is_free(&self, area: Area, minds_soft: bool) -> bool {
        let [left, top, right, bottom] = area;
        let is_apart = |[l, t, r, b]: &Area| right <= *l || left >= *r || bottom <= *t || top >= *b;
        self.hard.iter().all(is_apart) && (!minds_soft || self.soft.iter().all(is_apart))
    }
}

/// An upright line of an event, to be told apart from others beside it.
struct Leg {
    x: f64,
    top: f64,
    bottom: f64,
    event: usize,
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

/// Where the upright lines of each arrow stand at its tail and head. Those of different events that would lie on each other
/// stand a little aside, still within the circles.
fn lay_legs(chart: &ArrowChart, at: &Measures, taken: &mut Taken) -> Vec<[f64; 2]> {
    let mut legs: Vec<Leg> = Vec::new();
    let size = at.size;
    let mut stand = |event: usize, x: f64, y: f64, to: f64| -> f64 {
        if (y - to).abs() < 1e-9 {
            return x;
        }
        let (top, bottom) = (y.min(to), y.max(to));
        let is_free = |x: f64| {
            legs.iter().all(|leg| {
                leg.event == event
                    || (leg.x - x).abs() > at.radius * 0.25
                    || leg.bottom <= top + 1e-9
                    || leg.top >= bottom - 1e-9
            })
        };
        let found = [0.0, 0.5, -0.5].map(|part| x + part * at.radius).into_iter().find(|x| is_free(*x)).unwrap_or(x);
        legs.push(Leg { x: found, top, bottom, event });
        found
    };
    let line = size * 0.12;
    let (layout, events) = (&chart.layout, &chart.diagram.events);
    let ends = chart.diagram.arrows.iter().enumerate().map(|(number, arrow)| {
        let row = at.y(layout.arrow_rows[number]);
        let (tail, head) = (at.y(layout.event_rows[arrow.tail]), at.y(layout.event_rows[arrow.head]));
        let is_upright = !layout.is_level[number];
        // A dummy is a line of its own: it must not lie on a line that carries work.
        let key = |event: usize| if arrow.kind == ArrowKind::Dummy { events.len() + number } else { event };
        let leaves = if is_upright {
            stand(key(arrow.tail), at.x(arrow.from_day), tail, head)
        } else {
            stand(key(arrow.tail), at.x(arrow.from_day), tail, row)
        };
        let arrives = if is_upright { leaves } else { stand(key(arrow.head), at.x(arrow.to_day), row, head) };
        let far = if is_upright { head } else { row };
        taken.hard.push([leaves - line, tail.min(far), leaves + line, tail.max(far)]);
        taken.hard.push([arrives - line, row.min(head), arrives + line, row.max(head)]);
        if !is_upright {
            taken.hard.push([leaves, row - line, arrives, row + line]);
        }
        [leaves, arrives]
    });
    ends.collect()
}

/// A text of some lines at its place.
struct Text {
    x: f64,
    /// Baseline of the first line.
    y: f64,
    size: f64,
    lines: Vec<String>,
}

/// A text in so many lines of nearly equal width, broken between wide letters and at spaces; `None` where it has too few
/// places to break.
fn wrapped(text: &str, count: usize) -> Option<Vec<String>> {
    if count == 1 {
        return Some(vec![text.to_owned()]);
    }
    let whole = ems(text);
    (0..12).map(|step| whole / count as f64 * (1.0 + f64::from(step) * 0.08)).find_map(|width| {
        let mut lines = vec![String::new()];
        let mut word = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            word.push(letter);
            let is_wide = |letter: char| letter as u32 >= 0x2e80;
            let closes = |letter: &char| "）)」》、，。%".contains(*letter);
            let opens = "（(「《".contains(letter);
            let may_break = match letters.peek() {
                None => true,
                Some(next) => !closes(next) && !opens && (letter == ' ' || is_wide(letter) || is_wide(*next)),
            };
            if !may_break {
                continue;
            }
            let last = lines.len() - 1;
            if ems(lines[last].trim_end()) + ems(word.trim_end()) > width + 1e-9 && !lines[last].is_empty() {
                lines.push(std::mem::take(&mut word));
            } else {
                lines[last].push_str(&std::mem::take(&mut word));
            }
        }
        let lines: Vec<String> =
            lines.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        (lines.len() == count).then_some(lines)
    })
}

fn width_of(lines: &[String]) -> f64 {
    lines.iter().map(|line| ems(line)).fold(0.0, f64::max)
}

impl Text {
    /// A text over a bottom line, in the middle of `x`, and what it takes.
    fn over(x: f64, bottom: f64, size: f64, lines: &[String]) -> (Text, Area) {
        let (tall, half) = (lines.len() as f64 * LINE_EMS * size, width_of(lines) * size / 2.0 + size * BETWEEN_EMS);
        let text = Text { x, y: bottom - tall + size * 0.95, size, lines: lines.to_vec() };
        (text, [x - half, bottom - tall, x + half, bottom])
    }

    fn draw(&self, canvas: &mut Canvas, paint: &str) {
        for (line, text) in self.lines.iter().enumerate() {
            canvas.text(self.x, self.y + line as f64 * LINE_EMS * self.size, self.size, Anchor::Middle, text, paint);
        }
    }
}

/// Places from the middle of a stretch to its ends, from which a text of a width can be seen.
fn places((from, to): (f64, f64), half: f64, wanted: f64) -> impl Iterator<Item = f64> {
    let (least, most) = (from + half, to - half);
    let fits = least <= most + 1e-9;
    let steps = (0..=10).map(move |step| least + (most - least) * f64::from(step) / 10.0);
    std::iter::once(wanted.clamp(least.min(most), most.max(least))).chain(steps).filter(move |_| fits)
}

/// Arrows with a level line, the shortest first.
fn by_length(chart: &ArrowChart) -> Vec<usize> {
    let arrows = &chart.diagram.arrows;
    let length = |number: &usize| arrows[*number].to_day - arrows[*number].from_day;
    let mut order: Vec<usize> = (0..arrows.len()).filter(|number| chart.layout.is_level[*number]).collect();
    order.sort_by(|one, other| length(one).total_cmp(&length(other)).then(one.cmp(other)));
    order
}

/// Names and days of some arrows, each where it has room.
fn place_texts(chart: &ArrowChart, at: &Measures, taken: &mut Taken, order: &[usize], texts: &mut [[Option<Text>; 2]]) {
    let arrows = &chart.diagram.arrows;
    let (size, r) = (at.size, at.radius);
    let sizes = [size, (size * 0.92).max(at.frame.least)];
    for number in order.iter().copied() {
        let (arrow, said) = (&arrows[number], &chart.said[number]);
        let row = chart.layout.arrow_rows[number];
        let y = at.y(row);
        let (from, to) = (at.x(arrow.from_day), at.x(arrow.to_day));
        let beside = |event: usize| if chart.layout.event_rows[event] == row { r } else { 0.0 };
        let inner = (from + beside(arrow.tail) + size * 0.15, to - beside(arrow.head) - size * 0.15);
        let middle = (from + at.x(arrow.solid_day)) / 2.0;
        let gap = size * 0.22;
        let mut find = |text: &str, sizes: &[f64], is_over: bool, minds_soft: bool| {
            if text.is_empty() {
                return None;
            }
            let wide = (from - size * 2.0, to + size * 2.0);
            // Between the circles close to the line; over the circles as wide as the arrow; at last over its ends.
            let strips = [(inner, gap), ((from + size * 0.15, to - size * 0.15), r + gap * 0.6), (wide, r + gap * 0.6)];
            for size in sizes {
                // Days over the end of their arrow would be read as another's.
                for (strip, off) in strips.into_iter().take(if text == said.days { 2 } else { 3 }) {
                    for count in 1..=MOST_LINES {
                        let Some(lines) = wrapped(text, count) else { break };
                        let tall = lines.len() as f64 * LINE_EMS * size;
                        // A name may reach into the next row where nothing stands there, but not far.
                        let (above, below) = at.room(row);
                        let most = if is_over { above + size * LINE_EMS * 2.5 } else { below + size * LINE_EMS * 1.5 };
                        if count > 1 && tall + off > most {
                            break;
                        }
                        let bottom = if is_over { y - off } else { y + off + tall };
                        let half = width_of(&lines) * size / 2.0 + size * BETWEEN_EMS;
                        let mut found = places(strip, half, middle).map(|x| Text::over(x, bottom, *size, &lines));
                        let is_inside = |area: &Area| {
                            area[1] >= at.rows_top
                                && area[3] <= at.end
                                && area[0] >= at.frame.left
                                && area[2] <= at.frame.right
                        };
                        if let Some((text, area)) =
                            found.find(|(_, area)| is_inside(area) && taken.is_free(*area, minds_soft))
                        {
                            taken.hard.push(area);
                            return Some(text);
                        }
                    }
                }
            }
            None
        };
        let ways = [(true, true), (true, false), (false, false)];
        let name = ways.into_iter().find_map(|(is_over, minds_soft)| find(&said.name, &sizes, is_over, minds_soft));
        // Days whose work has no name beside them would be taken for another's.
        let days =
            if name.is_some() { find(&said.days, &[(size * SMALL).max(at.frame.least)], false, true) } else { None };
        texts[number] = [name, days];
    }
}

fn draw_arrow(
    canvas: &mut Canvas,
    chart: &ArrowChart,
    at: &Measures,
    index: usize,
    legs: &[f64; 2],
    texts: &[Option<Text>; 2],
) {
    let (arrow, said, size, r) = (&chart.diagram.arrows[index], &chart.said[index], at.size, at.radius);
    let class = match arrow.kind {
        ArrowKind::Work { .. } => "work",
        ArrowKind::Waiting { .. } => "waiting",
        ArrowKind::Dummy => "dummy",
    };
    let href = said.href.as_ref().filter(|_| chart.sheet.has_links());
    if let Some(href) = href {
        canvas.open_link(href);
    }
    canvas.open(&format!("arrow {class}{}", if arrow.is_critical { " critical" } else { "" }));
    if chart.sheet.has_links() && !said.tip.is_empty() {
        canvas.tip(&said.tip);
    }
    let colour = if arrow.is_critical { canvas.alarm() } else { BLACK };
    let wide = match (arrow.kind, arrow.is_critical) {
        (ArrowKind::Work { .. }, true) => 0.24,
        (ArrowKind::Work { .. }, false) => 0.1,
        (_, true) => 0.16,
        (_, false) => 0.075,
    } * size;
    let width = number(wide);
    let solid = format!(r#"class="line" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round""#);
    let dash = number(size * 0.36);
    let dashed = format!(r#"{solid} stroke-dasharray="{dash} {}""#, number(size * 0.26));
    let upright = if arrow.kind == ArrowKind::Dummy { &dashed } else { &solid };
    let layout = &chart.layout;
    let y = at.y(layout.arrow_rows[index]);
    let (tail, head) = (at.y(layout.event_rows[arrow.tail]), at.y(layout.event_rows[arrow.head]));
    let [leaves, arrives] = *legs;
    let rim = |x: f64, event_x: f64| (r * r - (x - event_x).powi(2)).max(0.0).sqrt();
    let point = size * 0.5;
    let (tail_x, head_x) = (at.x(arrow.from_day), at.x(arrow.to_day));
    if !layout.is_level[index] {
        let side = (head - tail).signum();
        let (from, to) = (tail + side * rim(leaves, tail_x), head - side * rim(leaves, head_x));
        canvas.strokes(&[[(leaves, from), (leaves, to - side * point * 0.6)]], upright);
        arrowhead(canvas, (leaves, to), (0.0, side), point, colour);
        canvas.close();
        if href.is_some() {
            canvas.close_link();
        }
        return;
    }
    let is_level = |other: f64| (other - y).abs() < 1e-9;
    if !is_level(tail) {
        let side = (y - tail).signum();
        canvas.strokes(&[[(leaves, tail + side * rim(leaves, tail_x)), (leaves, y)]], upright);
    }
    let begin = if is_level(tail) { tail_x + r } else { leaves };
    let end = if is_level(head) { head_x - r } else { arrives };
    let tip = if is_level(head) { end - point * 0.6 } else { end };
    let turn = if arrow.kind == ArrowKind::Dummy { begin } else { at.x(arrow.solid_day).min(end).max(begin) };
    let waves = arrow.wave_days() > 0.0 && end - turn > size * 0.5;
    if turn > begin || !waves {
        canvas.strokes(&[[(begin, y), (if waves { turn } else { tip.max(begin) }, y)]], &solid);
    }
    if waves {
        canvas.wave(
            (turn, tip.max(turn + size * 0.4)),
            y,
            size * 0.22,
            &format!(r#"class="wave" stroke="{colour}" stroke-width="{}""#, number(size * 0.085)),
        );
    }
    if is_level(head) {
        arrowhead(canvas, (end, y), (1.0, 0.0), point, colour);
    } else {
        let side = (head - y).signum();
        let to = head - side * rim(arrives, head_x);
        canvas.strokes(&[[(arrives, y), (arrives, to - side * point * 0.6)]], upright);
        arrowhead(canvas, (arrives, to), (0.0, side), point, colour);
    }
    let quiet =
        if arrow.kind == ArrowKind::Dummy || matches!(arrow.kind, ArrowKind::Waiting { .. }) { GREY } else { BLACK };
    let weight = if arrow.is_critical { r#" font-weight="700""# } else { "" };
    if let [Some(name), _] = texts {
        name.draw(canvas, &format!(r#"class="name" fill="{quiet}"{weight}"#));
    }
    if let [_, Some(days)] = texts {
        days.draw(canvas, &format!(r#"class="days" fill="{GREY}""#));
    }
    canvas.close();
    if href.is_some() {
        canvas.close_link();
    }
}

/// The point of an arrow at a place, in a direction.
fn arrowhead(canvas: &mut Canvas, (x, y): (f64, f64), (dx, dy): (f64, f64), long: f64, colour: &str) {
    let half = long * 0.32;
    let (bx, by) = (x - dx * long, y - dy * long);
    canvas.lines(
        &[(x, y), (bx - dy * half, by + dx * half), (bx + dy * half, by - dx * half)],
        true,
        &format!(r#"fill="{colour}""#),
    );
}

fn draw_events(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, names: &[Option<Text>]) {
    let (size, r) = (at.size, at.radius);
    let mut critical = vec![false; chart.diagram.events.len()];
    for arrow in chart.diagram.arrows.iter().filter(|arrow| arrow.is_critical) {
        (critical[arrow.tail], critical[arrow.head]) = (true, true);
    }
    for (event, shown) in chart.diagram.events.iter().enumerate() {
        let (x, y) = (at.x(shown.day), at.y(chart.layout.event_rows[event]));
        let is_milestone = !shown.milestones.is_empty();
        let said = chart.milestones.get(event).filter(|_| chart.sheet.has_links());
        let href = said.and_then(|said| said.href.as_ref());
        if let Some(href) = href {
            canvas.open_link(href);
        }
        canvas.open(&format!(
            "event{}{}",
            if is_milestone { " milestone" } else { "" },
            if critical[event] { " critical" } else { "" }
        ));
        if let Some(tip) = said.map(|said| &said.tip).filter(|tip| !tip.is_empty()) {
            canvas.tip(tip);
        }
        let colour = if critical[event] { canvas.alarm() } else { BLACK };
        let wide = if critical[event] { 0.16 } else { 0.1 };
        canvas.circle(x, y, r, &format!(r##"fill="#fff" stroke="{colour}" stroke-width="{}""##, number(size * wide)));
        if is_milestone {
            canvas.circle(
                x,
                y,
                r * 1.28,
                &format!(r#"fill="none" stroke="{colour}" stroke-width="{}""#, number(size * 0.07)),
            );
        }
        let type_size = (size * SMALL).max(at.frame.least);
        canvas.text(
            x,
            y + type_size * 0.36,
            type_size,
            Anchor::Middle,
            &chart.layout.numbers[event].to_string(),
            r#"class="number""#,
        );
        if let Some(text) = &names[event] {
            text.draw(canvas, &format!(r#"class="milestone" font-weight="700" fill="{colour}""#));
        }
        canvas.close();
        if href.is_some() {
            canvas.close_link();
        }
    }
}

/// The name of a milestone over, under or beside its event, wherever there is room.
fn beside_event(name: &str, (x, y): (f64, f64), at: &Measures, taken: &mut Taken) -> Option<Text> {
    if name.is_empty() {
        return None;
    }
    let size = at.size;
    let close = at.radius * 1.3 + size * 0.12;
    // Beside the circle, or else a line farther off, past the days of the works on both sides.
    for (off, count) in
        [close, close + size * LINE_EMS].into_iter().flat_map(|off| (1..=3).map(move |count| (off, count)))
    {
        let Some(lines) = wrapped(name, count) else { continue };
        let (half, tall) = (width_of(&lines) * size / 2.0, lines.len() as f64 * LINE_EMS * size);
        let sides = [0.0, half + size * 0.3, -half - size * 0.3];
        let over = sides.map(|side| (x + side, y - off));
        let under = sides.map(|side| (x + side, y + off + tall));
        let level = [(x + off + half, y + tall / 2.0), (x - off - half, y + tall / 2.0)];
        for (x, bottom) in over.into_iter().chain(under).chain(level) {
            let (text, area) = Text::over(x, bottom, size, &lines);
            let is_inside =
                area[0] >= at.frame.left && area[2] <= at.frame.right && area[1] >= at.rows_top && area[3] <= at.end;
            if is_inside && taken.is_free(area, false) {
                taken.hard.push(area);
                return Some(text);
            }
        }
    }
    None
}

/// Where the front line goes: from the data date over the axis through every row in which work is due or under way, to the
/// data date below. Of several works in a row the first that is late speaks, or else the one furthest ahead: they follow
/// each other.
fn front_points(chart: &ArrowChart, at: &Measures, data_date: Date) -> Vec<(f64, f64)> {
    let today = at.axis.start(data_date);
    let mut fronts: Vec<Option<Date>> = vec![None; chart.layout.row_count];
    for (number, (said, arrow)) in chart.said.iter().zip(&chart.diagram.arrows).enumerate() {
        let is_due = matches!(arrow.kind, ArrowKind::Work { .. })
            && at.x(arrow.from_day) < today
            && today < at.x(arrow.solid_day);
        let Some(front) = said.front.or(is_due.then_some(data_date)) else { continue };
        let slot = &mut fronts[chart.layout.arrow_rows[number]];
        *slot = Some(match *slot {
            None => front,
            Some(other) if front < data_date || other < data_date => front.min(other),
            Some(other) => front.max(other),
        });
    }
    let mut points = vec![(today, at.rows_top - at.frame.size * 0.1)];
    points.extend(
        fronts.iter().enumerate().filter_map(|(row, front)| front.map(|front| (at.axis.start(front), at.y(row)))),
    );
    points.push((today, at.end));
    points
}

fn draw_front(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, data_date: Date) {
    let (size, paint) = (at.frame.size, canvas.front());
    let points = front_points(chart, at, data_date);
    let (today, head) = points[0];
    canvas.strokes(
        &[[(today, head), (today, at.end)]],
        &format!(r#"class="data-date" stroke="{paint}" stroke-width="{}" stroke-opacity="0.5""#, number(size * 0.08)),
    );
    let wide = size * 0.18;
    let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * wide)).join(" ");
    canvas.lines(
        &points,
        false,
        &format!(r#"class="front" fill="none" stroke="{paint}" stroke-width="{}" stroke-linejoin="round" stroke-dasharray="{dash}""#, number(wide)),
    );
}

/// Sentences and the legend under the rows.
fn draw_foot(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, unnamed: usize) {
    let size = at.frame.size;
    canvas.open("notes");
    for (line, note) in chart.notes.iter().enumerate() {
        let y = at.end + size * (1.3 + line as f64 * 1.5);
        let text = fitted(note, (at.frame.right - at.frame.left) / size);
        canvas.text(at.frame.left, y, size, Anchor::Start, &text, &format!(r#"class="note" fill="{GREY}""#));
    }
    canvas.close();
    let (mut x, y) = at.frame.legend();
    let (middle, long, words) = (y - size * 0.35, size * 2.4, &chart.words);
    let (alarm, front) = (canvas.alarm(), canvas.front());
    canvas.open("legend");
    let line = |canvas: &mut Canvas, x: f64, colour: &str, wide: f64, dash: &str| {
        let paint = format!(r#"stroke="{colour}" stroke-width="{}"{dash}"#, number(wide * size));
        canvas.strokes(&[[(x, middle), (x + long, middle)]], &paint);
    };
    let say = |canvas: &mut Canvas, x: &mut f64, text: &str| {
        *x += long + size * 0.4;
        canvas.text(*x, y, size, Anchor::Start, text, "");
        *x += (ems(text) + 1.4) * size;
    };
    let has = |kind: fn(&ArrowKind) -> bool| chart.diagram.arrows.iter().any(|arrow| kind(&arrow.kind));
    line(canvas, x, alarm, 0.24, "");
    say(canvas, &mut x, &words.critical);
    line(canvas, x, BLACK, 0.1, "");
    say(canvas, &mut x, &words.work);
    canvas.wave(
        (x, x + long),
        middle,
        size * 0.22,
        &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.085)),
    );
    say(canvas, &mut x, &words.float);
    if has(|kind| *kind == ArrowKind::Dummy) {
        line(
            canvas,
            x,
            BLACK,
            0.075,
            &format!(r#" stroke-dasharray="{} {}""#, number(size * 0.36), number(size * 0.26)),
        );
        say(canvas, &mut x, &words.dummy);
    }
    if has(|kind| matches!(kind, ArrowKind::Waiting { .. })) {
        line(canvas, x, BLACK, 0.075, "");
        say(canvas, &mut x, &words.waiting);
    }
    if chart.diagram.events.iter().any(|event| !event.milestones.is_empty()) {
        for part in [0.5, 0.7] {
            canvas.circle(
                x + long / 2.0,
                middle,
                size * part,
                &format!(r#"fill="none" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)),
            );
        }
        say(canvas, &mut x, &words.milestone);
    }
    if chart.data_date.is_some() {
        let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * size * 0.1)).join(" ");
        line(canvas, x, front, 0.16, &format!(r#" stroke-dasharray="{dash}""#));
        say(canvas, &mut x, &words.front);
    }
    if !chart.flags.is_empty() {
        canvas.lines(
            &[
                (x + long * 0.4, middle - size * 0.5),
                (x + long * 0.4 + size * 0.9, middle - size * 0.1),
                (x + long * 0.4, middle + size * 0.3),
            ],
            true,
            &format!(r#"fill="{alarm}""#),
        );
        say(canvas, &mut x, &words.mandated);
    }
    if unnamed > 0 {
        let text = chart.words.unnamed.replace("{count}", &unnamed.to_string());
        canvas.text(x + long, y, size, Anchor::Start, &text, &format!(r#"class="unnamed" fill="{GREY}""#));
    }
    canvas.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use guatu_kernel::drawing::{arrow_diagram, lay_out};
    use guatu_kernel::plan::{
        Activity, ActivityKind, Granularity, Link, LinkKind, Moment, Options, Plan, Span as Length,
    };
    use guatu_kernel::schedule;
    use jiff::civil::date;
    use usvg::roxmltree::{Document, Node};

    /// Name, days, and what it follows by which link and lag; no days is a milestone.
    type Row<'a> = (&'a str, i64, &'a [(&'a str, LinkKind, i64)]);

    /// Works of one tower.
    const TOWER: [Row<'_>; 12] = [
        ("基坑土方", 45, &[]),
        ("桩基", 40, &[("基坑土方", LinkKind::FS, 0)]),
        ("主体结构", 150, &[("桩基", LinkKind::FS, 3)]),
        ("封顶", 0, &[("主体结构", LinkKind::FS, 0)]),
        ("二次结构", 110, &[("主体结构", LinkKind::SS, 30), ("封顶", LinkKind::FF, 20)]),
        ("机电电梯", 130, &[("二次结构", LinkKind::SS, 30), ("二次结构", LinkKind::FF, 15)]),
        ("外墙门窗", 130, &[("封顶", LinkKind::FS, 0)]),
        ("室内装修", 110, &[("二次结构", LinkKind::FS, 0)]),
        ("室外管网", 30, &[("外墙门窗", LinkKind::FS, 0)]),
        (
            "消防及专项验收",
            15,
            &[("室外管网", LinkKind::FS, 0), ("室内装修", LinkKind::FS, 0), ("机电电梯", LinkKind::FS, 0)],
        ),
        ("竣工验收", 0, &[("消防及专项验收", LinkKind::FS, 0)]),
        ("交付回迁", 30, &[("竣工验收", LinkKind::FS, 0)]),
    ];

    fn plan(towers: usize) -> Plan {
        let mut plan = Plan {
            name: None,
            granularity: Granularity::Day,
            start: Moment::Day(date(2026, 6, 1)),
            data_date: None,
            calendar: None,
            options: Options::default(),
            calendars: Vec::new(),
            activities: Vec::new(),
            links: Vec::new(),
            resources: Vec::new(),
            mandated: Vec::new(),
            stops: Vec::new(),
        };
        for tower in 0..towers {
            let id = |name: &str| format!("{tower}/{name}");
            for (name, days, after) in TOWER {
                let mut activity =
                    Activity::task(id(name), Length::days(days + if days > 40 { tower as i64 * 3 } else { 0 }));
                activity.name = name.to_owned();
                if days == 0 {
                    activity.kind = ActivityKind::FinishMilestone;
                }
                plan.activities.push(activity);
                plan.links.extend(after.iter().map(|(from, kind, lag)| Link {
                    from: id(from),
                    to: id(name),
                    kind: *kind,
                    lag: Length::days(*lag),
                    at: None,
                }));
            }
        }
        plan
    }

    fn chart(towers: usize, sheet: Sheet, ink: Ink) -> ArrowChart {
        let plan = plan(towers);
        let diagram = arrow_diagram(&plan, &schedule(&plan), |_| true).unwrap();
        let layout = lay_out(&diagram, apart_days(&diagram));
        let said = diagram.arrows.iter().map(|arrow| match arrow.kind {
            ArrowKind::Work { activity, .. } => Said {
                name: plan.activities[activity].name.clone(),
                days: format!("{}", arrow.solid_day - arrow.from_day),
                href: Some("/x?a&b".into()),
                front: (activity == 2).then_some(date(2027, 1, 10)),
                ..Said::default()
            },
            ArrowKind::Waiting { .. } => Said { name: "间歇".into(), ..Said::default() },
            ArrowKind::Dummy => Said::default(),
        });
        let milestones = diagram.events.iter().map(|event| {
            let names: Vec<&str> = event.milestones.iter().map(|at| plan.activities[*at].name.as_str()).collect();
            Said { name: names.join("、"), ..Said::default() }
        });
        ArrowChart {
            heading: Heading { title: "图".into(), ..Heading::default() },
            label: "label".into(),
            said: said.collect(),
            milestones: milestones.collect(),
            data_date: Some(date(2027, 2, 1)),
            flags: Vec::new(),
            closed: vec![(date(2027, 2, 1), date(2027, 2, 20))],
            notes: vec!["注".into()],
            sheet,
            ink,
            words: Words::default(),
            diagram,
            layout,
        }
    }

    fn of_class<'a>(document: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
        document
            .descendants()
            .filter(|node| node.attribute("class").is_some_and(|found| found.split(' ').any(|one| one == class)))
            .collect()
    }

    /// Texts of the drawing itself, each with the rectangle that the same measure gives it.
    fn texts(document: &Document<'_>) -> Vec<(String, [f64; 4], f64)> {
        let within = |node: &Node<'_, '_>| {
            node.ancestors().any(|above| {
                above.attribute("class").is_some_and(|class| class.starts_with("arrow") || class.starts_with("event"))
            })
        };
        let texts = document.descendants().filter(|node| node.has_tag_name("text") && within(node));
        texts
            .map(|node| {
                let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
                let (x, y, size, text) = (number("x"), number("y"), number("font-size"), node.text().unwrap());
                let half = ems(text) * size / 2.0;
                (text.to_owned(), [x - half, y - size * 0.85, x + half, y + size * 0.1], size)
            })
            .collect()
    }

    #[test]
    fn texts_never_meet_and_can_be_read() {
        let screen = Sheet::Screen { width_px: 1840.0 };
        let cases = [
            ("one tower on A3", 1, Sheet::series_a(3), Ink::Colour),
            ("one tower on A3, black", 1, Sheet::series_a(3), Ink::Mono),
            ("one tower on a screen", 1, screen, Ink::Colour),
            ("five towers on A3", 5, Sheet::series_a(3), Ink::Colour),
            ("five towers on A1", 5, Sheet::series_a(1), Ink::Colour),
            ("five towers on a screen", 5, screen, Ink::Colour),
        ];
        for (name, towers, sheet, ink) in cases {
            let chart = chart(towers, sheet, ink);
            let svg = draw(&chart);
            let document = Document::parse(&svg).unwrap();
            let texts = texts(&document);
            for (at, (text, [left, top, right, bottom], size)) in texts.iter().enumerate() {
                let meets =
                    texts[..at].iter().find(|(_, [l, t, r, b], _)| right > l && left < r && bottom > t && top < b);
                assert!(meets.is_none(), "{name}: {text} lies on {meets:?}");
                let least = Frame::new(sheet, &chart.heading, |_| 0.0).least;
                assert!(*size >= least - 0.01, "{name}: {text} in {size}, least {least}");
            }
            let written = of_class(&document, "name").len();
            assert!(
                written >= chart.said.iter().filter(|said| !said.name.is_empty()).count(),
                "{name}: every work has its name"
            );
            assert_eq!(of_class(&document, "event").len(), chart.diagram.events.len(), "{name}");
            assert_eq!(svg.contains("href"), sheet == screen, "{name}: links only on a screen");
        }
    }

    #[test]
    fn the_structure_of_a_tower() {
        let chart = chart(1, Sheet::series_a(3), Ink::Colour);
        let svg = draw(&chart);
        let document = Document::parse(&svg).unwrap();
        let kinds = |class: &str| of_class(&document, class).len();
        // Structure, masonry and services are drawn in parts: 10 works, 4 cuts.
        assert_eq!(
            (kinds("work"), kinds("waiting"), kinds("critical") > 0, kinds("front"), kinds("closed")),
            (14, 1, true, 1, 1),
            "{svg}"
        );
        let waves = chart.diagram.arrows.iter().filter(|arrow| arrow.wave_days() > 0.0).count();
        assert!(kinds("wave") <= waves && kinds("wave") > 0, "{} {waves}", kinds("wave"));
        assert_eq!(of_class(&document, "number").len(), chart.diagram.events.len());
        let mono = draw(&ArrowChart { ink: Ink::Mono, ..chart.clone() });
        assert!(!mono.contains("#b3161b") && !mono.contains("#0a3d91"), "black alone");
    }

    #[test]
    fn paper_is_as_large_as_its_rows_need() {
        let least = |towers| {
            let chart = chart(towers, Sheet::series_a(3), Ink::Colour);
            least_paper(&chart.diagram, &chart.layout)
        };
        assert_eq!((least(1), least(5)), (Some(3), Some(3)));
        assert!(least(20) < Some(3), "{:?}", least(20));
    }

    #[test]
    fn names_are_broken_where_a_reader_would() {
        let cases: [(&str, usize, Option<&[&str]>); 6] = [
            ("竣工验收", 2, Some(&["竣工", "验收"])),
            ("二次结构 1/3", 2, Some(&["二次结", "构 1/3"])),
            ("Fire and special acceptance", 2, Some(&["Fire and special", "acceptance"])),
            ("Fire", 2, None),
            ("外墙（保温）", 2, Some(&["外墙（保", "温）"])),
            ("桩", 2, None),
        ];
        for (text, count, expected) in cases {
            let found = wrapped(text, count);
            assert_eq!(
                found.as_deref().map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>()),
                expected.map(<[&str]>::to_vec),
                "{text}"
            );
        }
    }
}
