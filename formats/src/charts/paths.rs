//! Float paths to a date: a lane for each way that leads there, its works in order against time, and where it joins an
//! earlier one.
//!
//! The lane of the first path is drawn heavy. Bars are filled by the float of their lane, as lamps are: solid, hatched or
//! empty in black alone. A broken line is the time by which a lane ends before the work it leads to begins.

use jiff::Span;
use jiff::civil::Date;

use super::axis::Axis;
use super::flags::{self, Flag, Room};
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, GRID, ems, escape, fitted, number};
use super::{Heading, Ink, Lamp, LampWords, Sheet};

/// Room of the number and the float of a lane in ems.
const HEAD_EMS: f64 = 12.0;
/// Levels on which works of a lane stand so that their names have room.
const LEVELS: usize = 3;
/// Height of a level in ems: a name and its bar.
const LEVEL_EMS: f64 = 2.75;
/// Room between lanes in ems.
const LANE_GAP_EMS: f64 = 0.9;
/// Part of a name in ems for which its work goes to another level.
const NAME_EMS: f64 = 9.0;
/// How far a name stands within its work in ems.
const NAME_INSET_EMS: f64 = 0.5;
/// A shorter stump of a name says nothing.
const LEAST_NAME_EMS: f64 = 2.5;
/// Largest type of lanes on paper in ems of usual type.
const LARGEST_TYPE_EMS: f64 = 1.6;
/// Height of a bar in ems.
const BAR_EMS: f64 = 0.85;

/// A work of a lane. The finish is inclusive.
#[derive(Clone, Debug)]
pub struct Work {
    /// Name.
    pub name: String,
    /// Start and finish as forecast.
    pub dates: (Date, Date),
    /// Whether it is a point in time.
    pub is_milestone: bool,
    /// Whether it has begun.
    pub is_begun: bool,
    /// What a pointer shows.
    pub tip: String,
    /// Where it leads on a screen.
    pub href: Option<String>,
}

/// A lane: one path.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its float in words.
    pub float: String,
    /// What the float means.
    pub lamp: Lamp,
    /// Its works in order.
    pub works: Vec<Work>,
    /// Lane and work that it leads to; `None` for the first.
    pub joins: Option<(usize, usize)>,
}

/// Words of the drawing.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The path of least float.
    pub first: String,
    /// What a broken line is.
    pub room: String,
    /// The data date.
    pub data_date: String,
    /// What is said of lanes that have no room, `{count}` of them.
    pub more: String,
    /// Lamps.
    pub lamps: LampWords,
}

/// The float paths to a date.
#[derive(Clone, Debug)]
pub struct PathChart {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// What a screen reader says of it on a screen, where the page around it has the title.
    pub label: String,
    /// Paths, the first first.
    pub lanes: Vec<Lane>,
    /// Facts up to the day before are in.
    pub data_date: Option<Date>,
    /// Mandated dates.
    pub flags: Vec<Flag>,
    /// Stretches in which nobody works, first and last day.
    pub closed: Vec<(Date, Date)>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// A work where it stands.
struct Placed {
    from: f64,
    to: f64,
    level: usize,
    /// Up to where its name may go.
    name_to: f64,
}

/// Where things stand.
struct Measures {
    frame: Frame,
    axis: Axis,
    axis_top: f64,
    rows_top: f64,
    type_size: f64,
    /// Works of the lanes that have room.
    lanes: Vec<Vec<Placed>>,
    /// Top of each of them, and the end of the last.
    tops: Vec<f64>,
}

impl Measures {
    fn new(chart: &PathChart) -> Measures {
        let signs = chart.flags.len() + usize::from(chart.data_date.is_some());
        let head = |size: f64| flags::height(size, signs) + size * 3.6;
        // How high the lanes are depends on the width alone, which a frame without a body has too.
        let bare = Frame::new(chart.sheet, &chart.heading, |_| 0.0);
        let axis_of = |frame: &Frame, type_size: f64| {
            let (first, last) = extent(chart);
            let left = frame.left + HEAD_EMS * type_size;
            Axis::new(first, last, left, frame.right - left)
        };
        let is_paper = matches!(chart.sheet, Sheet::Paper { .. });
        let room = bare.bottom - bare.top - head(bare.size) - bare.size * 1.6;
        // Few lanes are written large.
        let mut type_size = bare.size * if is_paper { LARGEST_TYPE_EMS } else { 1.0 };
        let lanes = loop {
            let axis = axis_of(&bare, type_size);
            let lanes: Vec<Vec<Placed>> = chart.lanes.iter().map(|lane| placed(lane, &axis, type_size)).collect();
            let high: f64 = lanes.iter().map(|lane| height(lane, type_size)).sum();
            if !is_paper || high <= room || type_size <= bare.least {
                break lanes;
            }
            type_size = (type_size * 0.93).max(bare.least);
        };
        let whole: f64 = lanes.iter().map(|lane| height(lane, type_size)).sum();
        let frame = Frame::new(chart.sheet, &chart.heading, |size| head(size) + whole + size * 0.5);
        let rows_top = frame.top + head(frame.size);
        let mut tops = vec![rows_top];
        for lane in &lanes {
            let end = tops[tops.len() - 1] + height(lane, type_size);
            if is_paper && end > rows_top + room + type_size && tops.len() > 1 {
                break;
            }
            tops.push(end);
        }
        let axis_top = frame.top + flags::height(frame.size, signs);
        Measures { axis: axis_of(&frame, type_size), frame, axis_top, rows_top, type_size, lanes, tops }
    }

    /// Lanes that have room.
    fn shown(&self) -> usize {
        self.tops.len() - 1
    }

    fn end(&self) -> f64 {
        self.tops[self.shown()]
    }

    /// Where the bar of a work stands: top and bottom.
    fn bar_y(&self, lane: usize, work: &Placed) -> (f64, f64) {
        let size = self.type_size;
        let top = self.tops[lane] + size * (LANE_GAP_EMS * 0.5 + LEVEL_EMS * work.level as f64 + 1.5);
        (top, top + size * BAR_EMS)
    }
}

fn height(lane: &[Placed], size: f64) -> f64 {
    let levels = lane.iter().map(|work| work.level + 1).max().unwrap_or(1);
    size * (LEVEL_EMS * levels as f64 + LANE_GAP_EMS)
}

/// Works of a lane on levels: each on the first where the name before it has room, else where at least no bar is.
fn placed(lane: &Lane, axis: &Axis, size: f64) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    // Up to where the bar and the name of the last work of each level go.
    let mut taken = [(f64::MIN, f64::MIN); LEVELS];
    for work in &lane.works {
        let (from, to) = ends(work, axis, size);
        let free = (0..LEVELS).find(|level| taken[*level].1 <= from);
        let least =
            (0..LEVELS).filter(|level| taken[*level].0 <= from).min_by(|a, b| taken[*a].1.total_cmp(&taken[*b].1));
        let level = free.or(least).unwrap_or(LEVELS - 1);
        let name = (ems(&work.name) + NAME_INSET_EMS + 0.3).min(NAME_EMS) * size;
        taken[level] = (to + size * 0.3, (to + size * 0.3).max(from + name));
        placed.push(Placed { from, to, level, name_to: axis.kept(f64::MAX) });
    }
    for at in 0..placed.len() {
        let next = placed[at + 1..].iter().find(|other| other.level == placed[at].level);
        if let Some(from) = next.map(|other| other.from) {
            placed[at].name_to = from;
        }
    }
    placed
}

fn ends(work: &Work, axis: &Axis, size: f64) -> (f64, f64) {
    if work.is_milestone {
        let x = axis.end(work.dates.1);
        return (x - size * BAR_EMS * 0.55, x + size * BAR_EMS * 0.55);
    }
    (axis.start(work.dates.0), axis.end(work.dates.1))
}

fn extent(chart: &PathChart) -> (Date, Date) {
    let works = chart.lanes.iter().flat_map(|lane| &lane.works).flat_map(|work| [work.dates.0, work.dates.1]);
    let dates = works.chain(chart.data_date).chain(chart.flags.iter().map(|flag| flag.on));
    let (first, last) = dates.fold((Date::MAX, Date::MIN), |(first, last), date| (first.min(date), last.max(date)));
    if first > last {
        return (Date::constant(2026, 1, 1), Date::constant(2026, 12, 31));
    }
    let room = i64::from((last - first).get_days() / 60 + 2);
    (first.saturating_sub(Span::new().days(room)), last.saturating_add(Span::new().days(room * 3)))
}

/// Draws the paths to a date.
pub fn draw(chart: &PathChart) -> String {
    let at = Measures::new(chart);
    let mut canvas = at.frame.begin(&chart.heading, chart.ink, "");
    draw_grid(&mut canvas, chart, &at);
    let room = Room { frame: &at.frame, axis: &at.axis, axis_top: at.axis_top, rows_top: at.rows_top, end: at.end() };
    flags::draw(&mut canvas, &room, &chart.flags, chart.data_date.map(|on| (on, chart.words.data_date.as_str())));
    if let Some(data_date) = chart.data_date {
        let (x, paint, width) = (at.axis.start(data_date), canvas.front(), number(at.frame.size * 0.1));
        let paint = format!(r#"class="data-date" stroke="{paint}" stroke-width="{width}" stroke-opacity="0.6""#);
        canvas.strokes(&[[(x, at.rows_top), (x, at.end())]], &paint);
    }
    // Joins lie under all bars and names: where one passes a lane it goes behind it.
    for lane in 0..at.shown() {
        draw_join(&mut canvas, chart, &at, lane);
    }
    for lane in 0..at.shown() {
        draw_lane(&mut canvas, chart, &at, lane);
    }
    draw_foot(&mut canvas, chart, &at);
    let drawing = canvas.finish();
    if !chart.sheet.has_links() {
        return drawing;
    }
    // An image has no parts; a group is read with its links.
    drawing.replacen(r#"role="img""#, &format!(r#"role="group" aria-label="{}""#, escape(&chart.label)), 1)
}

fn draw_grid(canvas: &mut Canvas, chart: &PathChart, at: &Measures) {
    let (frame, size) = (&at.frame, at.frame.size);
    canvas.open("grid");
    at.axis.draw(canvas, &chart.closed, chart.ink, size, (at.axis_top, at.rows_top, at.end()));
    let lines: Vec<_> = at.tops[1..].iter().map(|y| [(frame.left, *y), (frame.right, *y)]).collect();
    canvas.strokes(&lines, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.07)));
    let line = [[(frame.left, at.rows_top), (frame.right, at.rows_top)]];
    canvas.strokes(&line, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
}

/// Width of a lane's lines: the first is heavy.
fn weight(at: &Measures, lane: usize) -> f64 {
    at.type_size * if lane == 0 { 0.2 } else { 0.09 }
}

/// The way from the end of a lane to the work it leads to.
fn draw_join(canvas: &mut Canvas, chart: &PathChart, at: &Measures, lane: usize) {
    let Some((to_lane, to_work)) = chart.lanes[lane].joins.filter(|(to, _)| *to < lane) else { return };
    let (Some(last), Some(target)) = (at.lanes[lane].last(), at.lanes[to_lane].get(to_work)) else { return };
    let size = at.type_size;
    let (top, bottom) = at.bar_y(lane, last);
    let (_, arrives) = at.bar_y(to_lane, target);
    let middle = (top + bottom) / 2.0;
    let inset = (size * 0.3).min((target.to - target.from) / 2.0);
    let x = (last.to + size * 0.4).clamp(target.from + inset, (target.to - inset).max(target.from + inset));
    canvas.open("join");
    let paint = |class: &str, rest: &str| {
        format!(r#"class="{class}" fill="none" stroke="{BLACK}" stroke-width="{}"{rest}"#, number(size * 0.09))
    };
    let dash = format!(r#" stroke-dasharray="{0} {0}""#, number(size * 0.28));
    if x > last.to {
        canvas.lines(&[(last.to, middle), (x, middle)], false, &paint("room", &dash));
        canvas.lines(&[(x, middle), (x, arrives)], false, &paint("to", ""));
    } else {
        // The work it leads to begins before this one ends.
        canvas.lines(&[(x, top), (x, arrives)], false, &paint("to", ""));
    }
    let head = [(x, arrives), (x - size * 0.25, arrives + size * 0.5), (x + size * 0.25, arrives + size * 0.5)];
    canvas.lines(&head, true, &format!(r#"class="head" fill="{BLACK}""#));
    canvas.close();
}

fn draw_lane(canvas: &mut Canvas, chart: &PathChart, at: &Measures, lane: usize) {
    let (shown, size) = (&chart.lanes[lane], at.type_size);
    canvas.open(&format!("lane {}{}", shown.lamp.name(), if lane == 0 { " first" } else { "" }));
    let (left, base) = (at.frame.left, at.tops[lane] + size * (LANE_GAP_EMS * 0.5 + 1.6));
    canvas.text(left, base, size * 1.3, Anchor::Start, &(lane + 1).to_string(), r#"class="number" font-weight="700""#);
    canvas.lamp(left + size * 2.2, base - size * 0.42, size * 0.42, shown.lamp);
    let float = fitted(&shown.float, HEAD_EMS - 3.4);
    canvas.text(left + size * 3.0, base, size, Anchor::Start, &float, r#"class="float" font-weight="700""#);
    for pair in at.lanes[lane].windows(2) {
        draw_step(canvas, at, lane, &pair[0], &pair[1]);
    }
    for (work, placed) in shown.works.iter().zip(&at.lanes[lane]) {
        draw_work(canvas, chart, at, lane, work, placed);
    }
    canvas.close();
}

/// From one work of a lane to the next.
fn draw_step(canvas: &mut Canvas, at: &Measures, lane: usize, work: &Placed, next: &Placed) {
    let ((top, bottom), (next_top, next_bottom)) = (at.bar_y(lane, work), at.bar_y(lane, next));
    let middle = (top + bottom) / 2.0;
    let paint =
        format!(r#"class="step" fill="none" stroke="{BLACK}" stroke-width="{}""#, number(weight(at, lane) * 0.8));
    if work.level == next.level {
        canvas.lines(&[(work.to, middle), (next.from.max(work.to), middle)], false, &paint);
        return;
    }
    let is_down = next.level > work.level;
    let arrives = if is_down { next_top } else { next_bottom };
    // Just within the next one, or within this one where they overlap.
    let x = next.from + (at.type_size * 0.25).min((next.to - next.from) / 2.0);
    let points = if x >= work.to {
        vec![(work.to, middle), (x, middle), (x, arrives)]
    } else {
        vec![(x, if is_down { bottom } else { top }), (x, arrives)]
    };
    canvas.lines(&points, false, &paint);
}

fn draw_work(canvas: &mut Canvas, chart: &PathChart, at: &Measures, lane: usize, work: &Work, placed: &Placed) {
    let size = at.type_size;
    let href = work.href.as_ref().filter(|_| chart.sheet.has_links());
    if let Some(href) = href {
        canvas.open_link(href);
    }
    canvas.open(if work.is_milestone { "work milestone" } else { "work" });
    if chart.sheet.has_links() && !work.tip.is_empty() {
        canvas.tip(&work.tip);
    }
    let (top, bottom) = at.bar_y(lane, placed);
    let lamp = chart.lanes[lane].lamp;
    let (fill, edge) = (canvas.fill(lamp), canvas.edge(lamp));
    let paint = format!(r#"class="bar" fill="{fill}" stroke="{edge}" stroke-width="{}""#, number(weight(at, lane)));
    if work.is_milestone {
        let (x, y, radius) = ((placed.from + placed.to) / 2.0, (top + bottom) / 2.0, (placed.to - placed.from) / 2.0);
        canvas.lines(&[(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], true, &paint);
    } else {
        canvas.rect(placed.from, top, placed.to - placed.from, bottom - top, &paint);
    }
    if let (true, Some(data_date)) = (work.is_begun, chart.data_date) {
        // What has been lies before the data date, as on bars.
        let to = at.axis.start(data_date).clamp(placed.from, placed.to);
        let core = format!(r##"class="actual" fill="{BLACK}" stroke="#fff" stroke-width="{}""##, number(size * 0.08));
        canvas.rect(placed.from, top + size * BAR_EMS * 0.3, to - placed.from, size * BAR_EMS * 0.4, &core);
    }
    let (room, width) = ((placed.name_to - placed.from) / size - NAME_INSET_EMS - 0.3, ems(&work.name));
    if room >= LEAST_NAME_EMS.min(width) {
        let weight = if lane == 0 { r#"class="name" font-weight="700""# } else { r#"class="name""# };
        let name = fitted(&work.name, room / if lane == 0 { 1.05 } else { 1.0 });
        // Beside the line that comes down to its start.
        canvas.text(placed.from + size * NAME_INSET_EMS, top - size * 0.3, size, Anchor::Start, &name, weight);
    }
    canvas.close();
    if href.is_some() {
        canvas.close_link();
    }
}

/// What lanes have no room, and the legend.
fn draw_foot(canvas: &mut Canvas, chart: &PathChart, at: &Measures) {
    let size = at.frame.size;
    if let more @ 1.. = chart.lanes.len() - at.shown() {
        let text = chart.words.more.replace("{count}", &more.to_string());
        let paint = format!(r#"class="more" fill="{GREY}""#);
        canvas.text(at.frame.left, at.frame.bottom - size * 0.2, size, Anchor::Start, &text, &paint);
    }
    let (mut x, y) = at.frame.legend();
    let middle = y - size * 0.35;
    canvas.open("legend");
    let say = |canvas: &mut Canvas, x: &mut f64, text: &str| {
        canvas.text(*x, y, size, Anchor::Start, text, "");
        *x += (ems(text) + 1.6) * size;
    };
    let heavy = format!(r#"fill="none" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.2));
    canvas.rect(x, middle - size * 0.4, size * 2.0, size * 0.8, &heavy);
    x += size * 2.4;
    say(canvas, &mut x, &chart.words.first);
    for (lamp, word) in chart.words.lamps.entries() {
        if !word.is_empty() && chart.lanes.iter().any(|lane| lane.lamp == lamp) {
            let (fill, edge) = (canvas.fill(lamp), canvas.edge(lamp));
            let paint = format!(r#"fill="{fill}" stroke="{edge}" stroke-width="{}""#, number(size * 0.09));
            canvas.rect(x, middle - size * 0.4, size * 2.0, size * 0.8, &paint);
            x += size * 2.4;
            say(canvas, &mut x, word);
        }
    }
    let dash = number(size * 0.28);
    let paint = format!(r#"stroke="{BLACK}" stroke-width="{}" stroke-dasharray="{dash} {dash}""#, number(size * 0.09));
    canvas.strokes(&[[(x, middle), (x + size * 2.0, middle)]], &paint);
    x += size * 2.4;
    say(canvas, &mut x, &chart.words.room);
    canvas.close();
}
