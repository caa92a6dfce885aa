//! Wants of scarce resources against time: a panel for each, what there is as a heavy line, and what is wanted beyond it solid.

use jiff::Span;
use jiff::civil::Date;

use super::axis::Axis;
use super::flags::{self, Flag, Room};
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, GRID, ems, escape, fitted, number};
use super::{Heading, Ink, Lamp, Sheet};

/// Room of names in ems.
const HEAD_EMS: f64 = 15.5;
/// Height of a panel in ems: on a screen, and on paper at least and at most.
const SCREEN_PANEL_EMS: f64 = 8.0;
const PANEL_EMS: (f64, f64) = (4.5, 16.0);
/// Part of a panel that stays free above the highest column.
const FREE_PART: f64 = 0.2;

/// A resource. Both lists hold from each day on, ascending; wants end with 0.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its name.
    pub name: String,
    /// Most wanted and what there is, in words.
    pub peak: String,
    /// Units wanted.
    pub wanted: Vec<(Date, u32)>,
    /// Units there are.
    pub capacity: Vec<(Date, u32)>,
}

/// Words of the drawing.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Wants within what there is.
    pub wanted: String,
    /// Wants beyond it.
    pub over: String,
    /// What there is.
    pub capacity: String,
    /// The data date.
    pub data_date: String,
}

/// Wants of resources.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// What a screen reader says of it on a screen, where the page around it has the title.
    pub label: String,
    /// Resources in order.
    pub panels: Vec<Panel>,
    /// Facts up to the day before are in.
    pub data_date: Option<Date>,
    /// Mandated dates.
    pub flags: Vec<Flag>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// Days on which as much is wanted and as much is there; `to` is the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    from: Date,
    to: Date,
    wanted: u32,
    capacity: u32,
}

/// Columns of a panel: its wants cut where what there is changes.
fn columns(panel: &Panel) -> Vec<Column> {
    let at =
        |list: &[(Date, u32)], on: Date| list.iter().rev().find(|(from, _)| *from <= on).map_or(0, |(_, units)| *units);
    let mut days: Vec<Date> = panel.wanted.iter().chain(&panel.capacity).map(|(from, _)| *from).collect();
    days.sort_unstable();
    days.dedup();
    let column = |pair: &[Date]| {
        let (wanted, capacity) = (at(&panel.wanted, pair[0]), at(&panel.capacity, pair[0]));
        (wanted > 0).then_some(Column { from: pair[0], to: pair[1], wanted, capacity })
    };
    days.windows(2).filter_map(column).collect()
}

/// Draws all panels on one sheet.
pub fn draw(chart: &Histogram) -> String {
    page(chart, &chart.panels, chart.panels.len(), "")
}

/// Draws them on as many sheets as they need.
pub fn pages(chart: &Histogram) -> Vec<String> {
    let frame = Frame::new(chart.sheet, &chart.heading, |_| 0.0);
    let room = frame.bottom - frame.top - head(chart, frame.size);
    let most = match chart.sheet {
        Sheet::Paper { .. } => ((room / (frame.size * PANEL_EMS.0)).floor() as usize).max(1),
        Sheet::Screen { .. } => chart.panels.len().max(1),
    };
    let count = chart.panels.len().div_ceil(most).max(1);
    if count == 1 {
        return vec![draw(chart)];
    }
    let length = chart.panels.len().div_ceil(count);
    let parts = chart.panels.chunks(length).enumerate();
    parts.map(|(at, panels)| page(chart, panels, length, &format!("{} / {count}", at + 1))).collect()
}

/// Height of flags and axis.
fn head(chart: &Histogram, size: f64) -> f64 {
    flags::height(size, chart.flags.len() + usize::from(chart.data_date.is_some())) + size * 3.6
}

fn extent(chart: &Histogram) -> (Date, Date) {
    let wants = chart.panels.iter().flat_map(|panel| &panel.wanted).map(|(from, _)| *from);
    let dates = wants.chain(chart.data_date).chain(chart.flags.iter().map(|flag| flag.on));
    let (first, last) = dates.fold((Date::MAX, Date::MIN), |(first, last), date| (first.min(date), last.max(date)));
    if first > last {
        return (Date::constant(2026, 1, 1), Date::constant(2026, 12, 31));
    }
    let room = Span::new().days(i64::from((last - first).get_days() / 60 + 2));
    (first.saturating_sub(room), last.saturating_add(room))
}

/// One page of panels, each as high as if there were so many.
fn page(chart: &Histogram, panels: &[Panel], count: usize, page: &str) -> String {
    let count = count.max(1) as f64;
    let frame = Frame::new(chart.sheet, &chart.heading, |size| head(chart, size) + size * SCREEN_PANEL_EMS * count);
    let size = frame.size;
    let rows_top = frame.top + head(chart, size);
    let panel_height = match chart.sheet {
        Sheet::Paper { .. } => ((frame.bottom - rows_top) / count).min(size * PANEL_EMS.1),
        Sheet::Screen { .. } => size * SCREEN_PANEL_EMS,
    };
    let (first, last) = extent(chart);
    let left = frame.left + HEAD_EMS * size;
    let axis = Axis::new(first, last, left, frame.right - left);
    let end = rows_top + panel_height * panels.len() as f64;
    let axis_top = rows_top - size * 3.6;
    let mut canvas = frame.begin(&chart.heading, chart.ink, page);
    canvas.open("grid");
    axis.draw(&mut canvas, &[], chart.ink, size, (axis_top, rows_top, end));
    let line = [[(frame.left, rows_top), (frame.right, rows_top)]];
    canvas.strokes(&line, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
    for (at, panel) in panels.iter().enumerate() {
        let top = rows_top + panel_height * at as f64;
        draw_panel(&mut canvas, &frame, &axis, panel, (top, top + panel_height));
    }
    let room = Room { frame: &frame, axis: &axis, axis_top, rows_top, end };
    flags::draw(&mut canvas, &room, &chart.flags, chart.data_date.map(|on| (on, chart.words.data_date.as_str())));
    if let Some(data_date) = chart.data_date {
        let (x, paint, width) = (axis.start(data_date), canvas.front(), number(size * 0.1));
        let paint = format!(r#"class="data-date" stroke="{paint}" stroke-width="{width}" stroke-opacity="0.6""#);
        canvas.strokes(&[[(x, rows_top), (x, end)]], &paint);
    }
    draw_legend(&mut canvas, chart, &frame);
    let drawing = canvas.finish();
    if !chart.sheet.has_links() {
        return drawing;
    }
    // The page around it has its words; an image has no parts that could be read.
    drawing.replacen(r#"role="img""#, &format!(r#"role="img" aria-label="{}""#, escape(&chart.label)), 1)
}

/// What is wanted within what there is.
fn within(canvas: &Canvas) -> &'static str {
    if canvas.ink() == Ink::Mono { "#d6d6d6" } else { "#a9c0d3" }
}

fn draw_panel(canvas: &mut Canvas, frame: &Frame, axis: &Axis, panel: &Panel, (top, bottom): (f64, f64)) {
    let size = frame.size;
    let most_there = panel.capacity.iter().map(|(_, units)| *units).max().unwrap_or(0);
    let peak = panel.wanted.iter().map(|(_, units)| *units).max().unwrap_or(0);
    let most = f64::from(peak.max(most_there).max(1));
    let ground = bottom - size * 0.5;
    let y = |units: u32| ground - (ground - top) * (1.0 - FREE_PART) * f64::from(units) / most;
    canvas.open("panel");
    let room = HEAD_EMS - 3.6;
    canvas.text(
        frame.left,
        top + size * 1.6,
        size,
        Anchor::Start,
        &fitted(&panel.name, room),
        r#"class="label" font-weight="700""#,
    );
    let grey = format!(r#"class="peak" fill="{GREY}""#);
    canvas.text(frame.left, top + size * 3.1, size * 0.92, Anchor::Start, &fitted(&panel.peak, room + 0.6), &grey);
    draw_scale(canvas, frame, axis, &[0, most_there, peak], &y);
    let columns = columns(panel);
    for column in &columns {
        let (from, to) = (axis.start(column.from), axis.start(column.to));
        let held = column.wanted.min(column.capacity);
        let fill = |canvas: &mut Canvas, class: &str, fill: &str, (low, high): (u32, u32)| {
            // Its own colour around it, or neighbours would have a seam.
            let paint =
                format!(r#"class="{class}" fill="{fill}" stroke="{fill}" stroke-width="{}""#, number(size * 0.03));
            canvas.rect(from, y(high), to - from, y(low) - y(high), &paint);
        };
        if held > 0 {
            let light = within(canvas);
            fill(canvas, "wanted", light, (0, held));
        }
        if column.wanted > column.capacity {
            let solid = canvas.fill(Lamp::Bad);
            fill(canvas, "over", solid, (column.capacity, column.wanted));
        }
    }
    draw_outline(canvas, axis, &columns, size, &y);
    draw_capacity(canvas, frame, axis, panel, &y);
    let line = [[(frame.left, bottom), (frame.right, bottom)]];
    canvas.strokes(&line, &format!(r#"class="foot" stroke="{GRID}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
}

/// The outline over columns that follow each other.
fn draw_outline(canvas: &mut Canvas, axis: &Axis, columns: &[Column], size: f64, y: &impl Fn(u32) -> f64) {
    let paint = format!(r#"class="outline" fill="none" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.05));
    for run in columns.chunk_by(|one, next| one.to == next.from) {
        let (first, last) = (&run[0], &run[run.len() - 1]);
        let tops = run.iter().flat_map(|column| [column.from, column.to].map(|on| (axis.start(on), y(column.wanted))));
        let mut points = vec![(axis.start(first.from), y(0))];
        points.extend(tops);
        points.push((axis.start(last.to), y(0)));
        canvas.lines(&points, false, &paint);
    }
}

/// Units beside the panel: none, what there is, and the peak, where they do not meet.
fn draw_scale(canvas: &mut Canvas, frame: &Frame, axis: &Axis, units: &[u32], y: &impl Fn(u32) -> f64) {
    let size = frame.size;
    let left = axis.start_of_all();
    let mut written: Vec<f64> = Vec::new();
    for units in units {
        let at = y(*units);
        if written.iter().all(|other| (other - at).abs() >= size * 0.95) {
            let paint = format!(r#"class="units" fill="{GREY}""#);
            canvas.text(left - size * 0.5, at + size * 0.32, size * 0.9, Anchor::End, &units.to_string(), &paint);
            written.push(at);
        }
    }
    let line = [[(left, y(0)), (frame.right, y(0))]];
    canvas.strokes(&line, &format!(r#"class="zero" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.05)));
}

/// What there is, as a heavy line over the whole width.
fn draw_capacity(canvas: &mut Canvas, frame: &Frame, axis: &Axis, panel: &Panel, y: &impl Fn(u32) -> f64) {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (from, units) in &panel.capacity {
        let x = if points.is_empty() { axis.start_of_all() } else { axis.kept(axis.start(*from)) };
        if let Some((_, before)) = points.last().copied() {
            points.push((x, before));
        }
        points.push((x, y(*units)));
    }
    if let Some((_, last)) = points.last().copied() {
        points.push((frame.right, last));
    }
    let size = frame.size;
    let rim = format!(r##"class="rim" fill="none" stroke="#fff" stroke-width="{}""##, number(size * 0.32));
    canvas.lines(&points, false, &rim);
    let paint = format!(r#"class="capacity" fill="none" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.18));
    canvas.lines(&points, false, &paint);
}

fn draw_legend(canvas: &mut Canvas, chart: &Histogram, frame: &Frame) {
    let (mut x, y) = frame.legend();
    let size = frame.size;
    let middle = y - size * 0.35;
    canvas.open("legend");
    let edge = format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.04));
    let (wanted, over) = (within(canvas), canvas.fill(Lamp::Bad));
    for (fill, word) in [(wanted, &chart.words.wanted), (over, &chart.words.over)] {
        canvas.rect(x, middle - size * 0.4, size * 2.0, size * 0.8, &format!(r#"fill="{fill}" {edge}"#));
        canvas.text(x + size * 2.4, y, size, Anchor::Start, word, "");
        x += (ems(word) + 4.0) * size;
    }
    let line = [[(x, middle), (x + size * 2.0, middle)]];
    canvas.strokes(&line, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.18)));
    canvas.text(x + size * 2.4, y, size, Anchor::Start, &chart.words.capacity, "");
    canvas.close();
}
