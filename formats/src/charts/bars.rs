//! Bars against a time axis, as the office's hand-drawn boards have them: baseline and forecast, what is done, the data
//! date, the progress front line, and mandated dates as flags.
//!
//! The front line leaves the data date at every activity that is not where its plan says: to the left where it is late,
//! to the right where it is ahead. It is drawn on the bars of the approved plan, at dates that are handed in: a screen that
//! draws the same rows shows the same line.

use std::ops::Range;

use guatu_kernel::drawing::RowBar;
use jiff::civil::Date;

use super::axis::Axis;
use super::flags::{self, Room};
use super::frame::Frame;
use super::links::{self, Link, Weight};
use super::svg::{Anchor, BAND, BLACK, Canvas, GREY, GRID, ems, fitted, number};
use super::{Heading, Ink, Lamp, LampWords, Sheet};

pub use super::flags::Flag;

/// Part of a row's height that its type takes. Rows on paper are at least so high that it can be read; more rows go to
/// another page.
const TYPE_PART: f64 = 0.62;
/// The smallest type of a row, its dates, in parts of the row's type.
const DATE_PART: f64 = 0.92;
/// Largest height of a row in ems of usual type.
const LARGEST_ROW_EMS: f64 = 7.0;
/// Largest type of a row in ems of usual type: few rows are written large.
const LARGEST_TYPE_EMS: f64 = 2.0;
/// Height of a row on a screen in ems.
const SCREEN_ROW_EMS: f64 = 1.9;
/// Part of the width that names may take.
const NAMES_PART: f64 = 0.26;
/// Room of a date in ems.
const DATE_EMS: f64 = 5.2;

/// Where a bar stands in a row, in parts of its height.
const BAR_TOP: f64 = 0.16;
/// How high it is.
const BAR_TALL: f64 = 0.46;
/// Where a bracket over other rows stands.
const BRACKET_TOP: f64 = 0.2;
/// Where the bar of the approved plan stands in a row, in parts of its height.
const BASELINE_TOP: f64 = 0.7;
/// How high it is.
const BASELINE_TALL: f64 = 0.17;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bracket over the rows below it.
    Summary,
    /// A bar.
    Task,
    /// A diamond.
    Milestone,
}

/// A row of the chart. Finishes are inclusive days.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name.
    pub label: String,
    /// Depth in the breakdown structure.
    pub indent: usize,
    /// What it shows.
    pub kind: Kind,
    /// Start and finish in the approved plan.
    pub baseline: Option<(Date, Date)>,
    /// Start and finish as forecast.
    pub forecast: Option<(Date, Date)>,
    /// When nobody works on it between these two: from a day to a day, in order. The bar is broken there.
    pub breaks: Vec<(Date, Date)>,
    /// Actual start, and finish once finished.
    pub actual: Option<(Date, Option<Date>)>,
    /// Per cent complete, 0 to 100.
    pub percent: f64,
    /// State.
    pub lamp: Lamp,
    /// First day of the approved plan that is not done, where that is not the data date: where the front line goes.
    pub front: Option<Date>,
    /// Whether it is critical.
    pub is_critical: bool,
    /// Where it leads on a screen.
    pub href: Option<String>,
}

/// Words of the chart.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Head of the names.
    pub name: String,
    /// Head of the starts.
    pub start: String,
    /// Head of the finishes.
    pub finish: String,
    /// Approved plan.
    pub baseline: String,
    /// Part that is done.
    pub actual: String,
    /// Critical work.
    pub critical: String,
    /// Progress front line.
    pub front: String,
    /// The data date.
    pub data_date: String,
    /// A mandated date.
    pub mandated: String,
    /// A link that holds its successor and joins critical work.
    pub critical_link: String,
    /// A link that holds its successor.
    pub driving_link: String,
    /// Any other link.
    pub other_link: String,
    /// An end whose other end is on another page.
    pub other_page: String,
    /// That so many links are not drawn, their number as `{count}`.
    pub left_out: String,
    /// Lamps.
    pub lamps: LampWords,
}

/// A chart of bars.
#[derive(Clone, Debug)]
pub struct BarChart {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// Facts up to the day before are in; the front line hangs from it.
    pub data_date: Option<Date>,
    /// Links between rows; of those between two pages each end says the number of the other page. Of more than
    /// [`links::MOST_LINKS`] on a page it says how many are left out.
    pub links: Vec<Link>,
    /// Mandated dates.
    pub flags: Vec<Flag>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// Draws all rows on one sheet, however low they become.
pub fn draw(chart: &BarChart) -> String {
    let all = 0..chart.rows.len();
    page(chart, std::slice::from_ref(&all), 0, all.len())
}

/// Draws the chart on as many sheets as its rows need.
pub fn pages(chart: &BarChart) -> Vec<String> {
    let measures = Measures::new(chart, chart.rows.len());
    let most = match chart.sheet {
        Sheet::Paper { .. } => {
            let least_row = measures.frame.least / DATE_PART / TYPE_PART;
            ((measures.frame.bottom - measures.rows_top) / least_row).floor().max(1.0) as usize
        }
        Sheet::Screen { .. } => chart.rows.len().max(1),
    };
    if chart.rows.len() <= most {
        return vec![draw(chart)];
    }
    let parts = parts(&chart.rows, most);
    // Rows are as high on the last page as on the others, however few there are.
    let height = parts.iter().map(|part| part.len()).max().unwrap_or(1);
    (0..parts.len()).map(|at| page(chart, &parts, at, height)).collect()
}

/// Rows by page: what stands under a heading stays with it, unless more than a third of a page would be left empty.
fn parts(rows: &[Row], most: usize) -> Vec<Range<usize>> {
    // Pages of equal length, so that the last is not a stub.
    let length = rows.len().div_ceil(rows.len().div_ceil(most).max(1)).max(1);
    let is_heading = |at: &usize| rows[*at].kind == Kind::Summary;
    let mut parts = Vec::new();
    let mut from = 0;
    while rows.len() - from > most {
        let least = from + (most * 2).div_ceil(3).max(1);
        let cut = (least..=from + most).rev().find(is_heading).unwrap_or(from + length.min(most));
        parts.push(from..cut);
        from = cut;
    }
    parts.push(from..rows.len());
    parts
}

/// Where things stand on a page.
struct Measures {
    frame: Frame,
    axis: Axis,
    names: f64,
    axis_top: f64,
    rows_top: f64,
    row: f64,
    type_size: f64,
}

impl Measures {
    fn new(chart: &BarChart, count: usize) -> Measures {
        let rows = count.max(1) as f64;
        let signs = chart.flags.len() + usize::from(chart.data_date.is_some());
        let flags = |size: f64| flags::height(size, signs);
        let head = |size: f64| flags(size) + size * 3.2;
        let frame = Frame::new(chart.sheet, &chart.heading, |size| head(size) + rows * size * SCREEN_ROW_EMS);
        let size = frame.size;
        let rows_top = frame.top + head(size);
        let row = match chart.sheet {
            Sheet::Paper { .. } => ((frame.bottom - rows_top) / rows).min(size * LARGEST_ROW_EMS),
            Sheet::Screen { .. } => size * SCREEN_ROW_EMS,
        };
        let longest =
            chart.rows.iter().map(|row| ems(&row.label) + row.indent as f64).fold(ems(&chart.words.name), f64::max);
        let most_names = (frame.right - frame.left) * NAMES_PART;
        let type_size = match chart.sheet {
            // Large, but not so large that a name must be cut.
            Sheet::Paper { .. } => {
                let whole = most_names / (longest + 2.6);
                (row * TYPE_PART).min(size * LARGEST_TYPE_EMS).min(whole.max(frame.least / DATE_PART))
            }
            Sheet::Screen { .. } => size,
        };
        let names = ((longest + 2.6) * type_size).min(most_names);
        let left = frame.left + names + 2.0 * DATE_EMS * type_size;
        let (first, last) = extent(chart);
        let axis = Axis::new(first, last, left, frame.right - left);
        Measures { frame, axis, names, axis_top: frame.top + flags(size), rows_top, row, type_size }
    }

    /// Half of a diamond.
    fn radius(&self) -> f64 {
        (self.row * 0.36).min(self.type_size * 0.8)
    }
}

/// First and last day of the axis: all dates with some room on both sides.
fn extent(chart: &BarChart) -> (Date, Date) {
    let of_row = |row: &Row| {
        let actual = row.actual.map(|(start, finish)| (start, finish.unwrap_or(start)));
        [row.baseline, row.forecast, actual].into_iter().flatten().flat_map(|(start, finish)| [start, finish])
    };
    let fronts = chart.rows.iter().filter_map(|row| row.front);
    let flags = chart.flags.iter().map(|flag| flag.on);
    let dates = chart.rows.iter().flat_map(of_row).chain(fronts).chain(chart.data_date).chain(flags);
    let (first, last) = dates.fold((Date::MAX, Date::MIN), |(first, last), date| (first.min(date), last.max(date)));
    if first > last {
        return (Date::constant(2026, 1, 1), Date::constant(2026, 12, 31));
    }
    let room = i64::from((last - first).get_days() / 40 + 2);
    let span = jiff::Span::new().days(room);
    (first.saturating_sub(span), last.saturating_add(span))
}

/// One page of rows by its position among the parts, as high as if it held so many.
fn page(chart: &BarChart, parts: &[Range<usize>], page: usize, height: usize) -> String {
    let at = Measures::new(chart, height);
    let rows = &chart.rows[parts[page].clone()];
    let number = if parts.len() > 1 { format!("{} / {}", page + 1, parts.len()) } else { String::new() };
    let mut canvas = at.frame.begin(&chart.heading, chart.ink, &number);
    let end = at.rows_top + at.row * rows.len() as f64;
    draw_grid(&mut canvas, chart, &at, rows.len(), end);
    // Under the bars, so that where a line must cross one it does not hide what it says.
    let told = draw_links(&mut canvas, chart, &at, parts, page);
    for (index, row) in rows.iter().enumerate() {
        let top = at.rows_top + at.row * index as f64;
        let href = row.href.as_ref().filter(|_| chart.sheet.has_links());
        if let Some(href) = href {
            canvas.open_link(href);
        }
        draw_row(&mut canvas, &at, row, top, chart.data_date, chart.sheet.has_links());
        if href.is_some() {
            canvas.close_link();
        }
    }
    let room = Room { frame: &at.frame, axis: &at.axis, axis_top: at.axis_top, rows_top: at.rows_top, end };
    let today = chart.data_date.map(|on| (on, chart.words.data_date.as_str()));
    flags::draw(&mut canvas, &room, &chart.flags, today);
    if let Some(data_date) = chart.data_date {
        draw_front(&mut canvas, &at, rows, data_date, end);
    }
    draw_legend(&mut canvas, chart, &at, told);
    canvas.finish()
}

/// What the legend says of the links of a page.
struct Told {
    /// Whether some lead to other pages.
    has_stubs: bool,
    /// How many are not drawn.
    left_out: usize,
}

/// Links between the rows of a page, and their ends where the other one is on another page.
fn draw_links(canvas: &mut Canvas, chart: &BarChart, at: &Measures, parts: &[Range<usize>], page: usize) -> Told {
    let shown = parts[page].clone();
    let here = |link: &&Link| shown.contains(&link.from) && shown.contains(&link.to);
    let moved = |link: &Link| Link { from: link.from - shown.start, to: link.to - shown.start, ..link.clone() };
    let links: Vec<Link> = chart.links.iter().filter(here).take(links::MOST_LINKS).map(moved).collect();
    let left_out = chart.links.iter().filter(here).count() - links.len();
    let bars: Vec<Option<RowBar>> = chart.rows[shown.clone()].iter().map(|row| row_bar(at, row)).collect();
    let room = links::Room {
        top: at.rows_top,
        row: at.row,
        left: at.axis.start_of_all(),
        right: at.frame.right,
        type_size: at.type_size,
        least: at.frame.least,
    };
    links::draw(canvas, &room, &bars, &links, chart.sheet.has_links());
    let page_of = |row: usize| parts.partition_point(|part| part.end <= row);
    let stubs = links::stubs(&chart.links, page, shown.start, page_of);
    links::draw_stubs(canvas, &room, &bars, &stubs);
    Told { has_stubs: !stubs.is_empty(), left_out }
}

/// Where links meet what a row shows of the forecast, and what else of it they go round.
fn row_bar(at: &Measures, row: &Row) -> Option<RowBar> {
    let (start, finish) = row.forecast.or(row.baseline)?;
    let start = row.actual.map_or(start, |(start, _)| start);
    let finish = row.actual.and_then(|(_, finish)| finish).unwrap_or(finish);
    let (from, to, middle, top) = match row.kind {
        Kind::Summary => (at.axis.start(start), at.axis.end(finish), BRACKET_TOP + 0.05, BRACKET_TOP),
        Kind::Task => (at.axis.start(start), at.axis.end(finish), BAR_TOP + BAR_TALL / 2.0, BAR_TOP),
        Kind::Milestone => {
            let (x, radius) = (at.axis.end(finish), at.radius());
            (x - radius, x + radius, 0.5, 0.5 - radius / at.row)
        }
    };
    let planned = row.baseline.map_or((from, to), |(start, finish)| match row.kind {
        Kind::Milestone => (at.axis.end(finish) - at.radius(), at.axis.end(finish) + at.radius()),
        _ => (at.axis.start(start), at.axis.end(finish)),
    });
    Some(RowBar { from, to, reach: (from.min(planned.0), to.max(planned.1)), middle, top })
}

fn draw_grid(canvas: &mut Canvas, chart: &BarChart, at: &Measures, count: usize, end: f64) {
    let (frame, size) = (&at.frame, at.frame.size);
    canvas.open("grid");
    for index in (1..count).step_by(2) {
        let top = at.rows_top + at.row * index as f64;
        canvas.rect(frame.left, top, frame.right - frame.left, at.row, &format!(r#"fill="{BAND}""#));
    }
    let hair = size * 0.04;
    let rows = at.axis.rows(size * 0.9);
    for (level, ticks) in rows.iter().enumerate() {
        let top = at.axis_top + size * 1.6 * level as f64;
        let lines: Vec<_> = ticks
            .iter()
            .map(|tick| [(tick.from, top), (tick.from, if level == 0 { top + size * 1.6 } else { end })])
            .collect();
        canvas.strokes(&lines, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(hair)));
        if level == 0 {
            let lines: Vec<_> = ticks.iter().skip(1).map(|tick| [(tick.from, at.rows_top), (tick.from, end)]).collect();
            canvas.strokes(&lines, &format!(r##"stroke="#9aa5b0" stroke-width="{}""##, number(hair * 2.0)));
        }
        for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
            let (type_size, paint) =
                if level == 0 { (size, r#"class="tick" font-weight="700""#) } else { (size * 0.9, r#"class="tick""#) };
            canvas.text((tick.from + tick.to) / 2.0, top + size * 1.18, type_size, Anchor::Middle, &tick.label, paint);
        }
    }
    let baseline = at.rows_top - size * 0.5;
    let (words, paint) = (&chart.words, r#"class="head" font-weight="700""#);
    let dates = frame.left + at.names;
    let head = size.min(at.type_size * 1.15);
    canvas.text(frame.left + at.type_size * 1.6, baseline, head, Anchor::Start, &words.name, paint);
    canvas.text(dates + DATE_EMS * at.type_size * 0.5, baseline, head, Anchor::Middle, &words.start, paint);
    canvas.text(dates + DATE_EMS * at.type_size * 1.5, baseline, head, Anchor::Middle, &words.finish, paint);
    let lines = [[(frame.left, at.rows_top), (frame.right, at.rows_top)], [(frame.left, end), (frame.right, end)]];
    canvas.strokes(&lines, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.09)));
    canvas.close();
}

/// One row: lamp, name, dates, and its bar.
fn draw_row(canvas: &mut Canvas, at: &Measures, row: &Row, top: f64, data_date: Option<Date>, has_tip: bool) {
    let (height, size) = (at.row, at.type_size);
    let kind = match row.kind {
        Kind::Summary => "summary",
        Kind::Task => "task",
        Kind::Milestone => "milestone",
    };
    canvas.open(&format!("row {kind} {}{}", row.lamp.name(), if row.is_critical { " critical" } else { "" }));
    let shown =
        row.actual.and_then(|(start, finish)| finish.map(|finish| (start, finish))).or(row.forecast).or(row.baseline);
    if has_tip {
        let dates = shown.map(|(start, finish)| format!(" {start} – {finish}")).unwrap_or_default();
        canvas.tip(&format!("{}{dates}", row.label));
    }
    let (middle, baseline) = (top + height * 0.5, top + height * 0.5 + size * 0.36);
    canvas.lamp(at.frame.left + size * 0.65, middle, size * 0.38, row.lamp);
    let indent = size * (1.6 + row.indent.min(6) as f64 * 0.9);
    let weight = if row.kind == Kind::Summary { r#"class="label" font-weight="700""# } else { r#"class="label""# };
    let room = (at.names - indent - size * 0.4) / size / if row.kind == Kind::Summary { 1.04 } else { 1.0 };
    canvas.text(at.frame.left + indent, baseline, size, Anchor::Start, &fitted(&row.label, room), weight);
    if let Some((start, finish)) = shown {
        let short = |date: Date| date.strftime("%y-%m-%d").to_string();
        let x = at.frame.left + at.names + DATE_EMS * size * 0.5;
        let grey = format!(r#"class="date" fill="{GREY}""#);
        if row.kind != Kind::Milestone {
            canvas.text(x, baseline, size * DATE_PART, Anchor::Middle, &short(start), &grey);
        }
        canvas.text(x + DATE_EMS * size, baseline, size * DATE_PART, Anchor::Middle, &short(finish), r#"class="date""#);
    }
    match row.kind {
        Kind::Summary => draw_summary(canvas, at, row, top, data_date),
        Kind::Task => draw_task(canvas, at, row, top, data_date),
        Kind::Milestone => draw_milestone(canvas, at, row, middle),
    }
    canvas.close();
}

/// The bar of the approved plan, along which the front line runs.
fn draw_baseline(canvas: &mut Canvas, at: &Measures, row: &Row, top: f64) {
    let Some((start, finish)) = row.baseline else { return };
    let (from, to, height) = (at.axis.start(start), at.axis.end(finish), at.row);
    let hair = number(height * 0.045);
    let paint = format!(r##"class="baseline" fill="#c3ccd4" stroke="#7d8993" stroke-width="{hair}""##);
    canvas.rect(from, top + height * BASELINE_TOP, to - from, height * BASELINE_TALL, &paint);
}

fn draw_summary(canvas: &mut Canvas, at: &Measures, row: &Row, top: f64, data_date: Option<Date>) {
    draw_baseline(canvas, at, row, top);
    // Of many works together the done part is drawn on the plan, up to the front: their per cent of a forecast's length
    // would look like being ahead.
    if let (Some((start, finish)), Some(front), true) = (row.baseline, row.front.or(data_date), row.percent > 0.0) {
        let (from, to) = (at.axis.start(start), at.axis.start(front).min(at.axis.end(finish)));
        let paint = format!(
            r#"class="done" fill="{}" stroke="{}" stroke-width="{}""#,
            canvas.fill(row.lamp),
            canvas.edge(row.lamp),
            number(at.row * 0.05)
        );
        canvas.rect(from, top + at.row * (BASELINE_TOP - 0.03), to - from, at.row * (BASELINE_TALL + 0.06), &paint);
    }
    let Some((start, finish)) = row.forecast.or(row.baseline) else { return };
    let (from, to, height) = (at.axis.start(start), at.axis.end(finish), at.row);
    let tip = (height * 0.35).min((to - from) / 2.0);
    let (upper, lower, deep) = (top + height * BRACKET_TOP, top + height * 0.38, top + height * 0.62);
    let points = [(from, deep), (from, upper), (to, upper), (to, deep), (to - tip, lower), (from + tip, lower)];
    canvas.lines(&points, true, &format!(r#"class="bracket" fill="{BLACK}""#));
}

fn draw_task(canvas: &mut Canvas, at: &Measures, row: &Row, top: f64, data_date: Option<Date>) {
    let height = at.row;
    draw_baseline(canvas, at, row, top);
    let Some((start, finish)) = row.forecast else { return };
    let start = row.actual.map_or(start, |(start, _)| start);
    let finish = row.actual.and_then(|(_, finish)| finish).unwrap_or(finish);
    let (from, to) = (at.axis.start(start), at.axis.end(finish));
    let (upper, tall) = (top + height * BAR_TOP, height * BAR_TALL);
    let (fill, edge) = (canvas.fill(row.lamp), canvas.edge(row.lamp));
    let dash = if row.lamp == Lamp::Idle && row.actual.is_none() {
        format!(r#" stroke-dasharray="{0} {0}""#, number(height * 0.16))
    } else {
        String::new()
    };
    let paint = format!(
        r#"class="bar {}" fill="{fill}" stroke="{edge}" stroke-width="{}"{dash}"#,
        row.lamp.name(),
        number(height * 0.07)
    );
    let pauses: Vec<(f64, f64)> =
        row.breaks.iter().map(|(first, last)| (at.axis.start(*first), at.axis.end(*last))).collect();
    for (left, right) in unbroken((from, to), &pauses) {
        canvas.rect(left, upper, right - left, tall, &paint);
    }
    // What belongs together is held together by a line.
    let within = |x: f64| x.clamp(from, to);
    let held =
        pauses.iter().map(|(left, right)| [(within(*left), upper + tall / 2.0), (within(*right), upper + tall / 2.0)]);
    let held: Vec<[(f64, f64); 2]> = held.filter(|[left, right]| left.0 < right.0).collect();
    if !held.is_empty() {
        let dash = number(height * 0.12);
        let paint = format!(
            r#"class="break" stroke="{edge}" stroke-width="{}" stroke-dasharray="{dash} {dash}""#,
            number(height * 0.07)
        );
        canvas.strokes(&held, &paint);
    }
    if row.actual.is_some() && row.lamp != Lamp::Done {
        // What remains is forecast from the data date on, so what has been lies before it; how much of the work that was,
        // the front line says.
        let part = (to - from) * row.percent.clamp(0.0, 100.0) / 100.0;
        let done = data_date.map_or(part, |on| (at.axis.start(on) - from).clamp(0.0, to - from));
        // A dark core with a light rim is seen on every fill, solid black too.
        let paint =
            format!(r##"class="actual" fill="{BLACK}" stroke="#fff" stroke-width="{}""##, number(height * 0.06));
        for (left, right) in unbroken((from, from + done), &pauses) {
            canvas.rect(left, upper + tall * 0.3, right - left, tall * 0.4, &paint);
        }
    }
    if row.is_critical && row.lamp != Lamp::Done {
        let line = [[(from, upper + tall + height * 0.06), (to, upper + tall + height * 0.06)]];
        canvas.strokes(
            &line,
            &format!(r#"class="critical-mark" stroke="{}" stroke-width="{}""#, canvas.alarm(), number(height * 0.11)),
        );
    }
}

/// What of a stretch lies outside breaks that follow one another.
fn unbroken((from, to): (f64, f64), breaks: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let starts = std::iter::once(from).chain(breaks.iter().map(|(_, end)| end.max(from)));
    let ends = breaks.iter().map(|(start, _)| start.min(to)).chain(std::iter::once(to));
    starts.zip(ends).filter(|(start, end)| start < end).collect()
}

fn diamond(x: f64, y: f64, radius: f64) -> [(f64, f64); 4] {
    [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
}

fn draw_milestone(canvas: &mut Canvas, at: &Measures, row: &Row, middle: f64) {
    let radius = at.radius();
    if let Some((_, on)) = row.baseline {
        let paint =
            format!(r##"class="baseline" fill="#fff" stroke="#7d8993" stroke-width="{}""##, number(at.row * 0.06));
        canvas.lines(&diamond(at.axis.end(on), middle, radius), true, &paint);
    }
    let actual = row.actual.and_then(|(_, finish)| finish);
    if let Some(on) = actual.or(row.forecast.map(|(_, finish)| finish)) {
        let (fill, edge) =
            (canvas.fill(row.lamp), if row.is_critical { canvas.alarm() } else { canvas.edge(row.lamp) });
        let width = number(at.row * if row.is_critical { 0.12 } else { 0.07 });
        let paint = format!(r#"class="bar {}" fill="{fill}" stroke="{edge}" stroke-width="{width}""#, row.lamp.name());
        canvas.lines(&diamond(at.axis.end(on), middle, radius), true, &paint);
    }
}

fn draw_front(canvas: &mut Canvas, at: &Measures, rows: &[Row], data_date: Date, end: f64) {
    let today = at.axis.start(data_date);
    let size = at.frame.size;
    let (head, paint) = (at.rows_top - size * 0.1, canvas.front());
    let line = [[(today, head), (today, end)]];
    canvas.strokes(
        &line,
        &format!(r#"class="data-date" stroke="{paint}" stroke-width="{}" stroke-opacity="0.55""#, number(size * 0.1)),
    );
    let mut points = vec![(today, head)];
    for (index, row) in rows.iter().enumerate() {
        let middle = at.rows_top + at.row * (index as f64 + BASELINE_TOP + BASELINE_TALL / 2.0);
        points.push((row.front.map_or(today, |front| at.axis.start(front)), middle));
    }
    points.push((today, end));
    let wide = (size * 0.22).min(at.row * 0.28);
    let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * wide)).join(" ");
    let rim = format!(
        r##"class="front-rim" fill="none" stroke="#ffffff" stroke-width="{}" stroke-linejoin="round" stroke-opacity="0.8""##,
        number(wide * 2.2)
    );
    canvas.lines(&points, false, &rim);
    let paint = format!(
        r#"class="front" fill="none" stroke="{paint}" stroke-width="{}" stroke-linejoin="round" stroke-dasharray="{dash}""#,
        number(wide)
    );
    canvas.lines(&points, false, &paint);
}

fn draw_legend(canvas: &mut Canvas, chart: &BarChart, at: &Measures, told: Told) {
    let (mut x, y) = at.frame.legend();
    let (size, words) = (at.frame.size, &chart.words);
    let middle = y - size * 0.35;
    canvas.open("legend");
    let say = |canvas: &mut Canvas, x: &mut f64, text: &str| {
        canvas.text(*x, y, size, Anchor::Start, text, "");
        *x += (ems(text) + 1.6) * size;
    };
    for (lamp, word) in words.lamps.entries() {
        let (fill, edge) = (canvas.fill(lamp), canvas.edge(lamp));
        canvas.lamp(x + size * 0.5, middle, size * 0.42, lamp);
        let dash = if lamp == Lamp::Idle {
            format!(r#" stroke-dasharray="{0} {0}""#, number(size * 0.25))
        } else {
            String::new()
        };
        canvas.rect(
            x + size * 1.3,
            middle - size * 0.35,
            size * 2.0,
            size * 0.7,
            &format!(r#"fill="{fill}" stroke="{edge}" stroke-width="{}"{dash}"#, number(size * 0.1)),
        );
        x += size * 3.7;
        say(canvas, &mut x, word);
    }
    canvas.rect(
        x,
        middle - size * 0.15,
        size * 2.0,
        size * 0.3,
        &format!(r##"fill="#c3ccd4" stroke="#7d8993" stroke-width="{}""##, number(size * 0.07)),
    );
    x += size * 2.4;
    say(canvas, &mut x, &words.baseline);
    let frame = format!(r##"fill="#fff" stroke="{BLACK}" stroke-width="{}""##, number(size * 0.07));
    canvas.rect(x, middle - size * 0.35, size * 2.0, size * 0.7, &frame);
    canvas.rect(x, middle - size * 0.15, size * 1.4, size * 0.3, &format!(r#"fill="{BLACK}""#));
    x += size * 2.4;
    say(canvas, &mut x, &words.actual);
    let alarm = canvas.alarm();
    canvas.strokes(
        &[[(x, middle), (x + size * 2.0, middle)]],
        &format!(r#"stroke="{alarm}" stroke-width="{}""#, number(size * 0.25)),
    );
    x += size * 2.4;
    say(canvas, &mut x, &words.critical);
    let words = [
        (Weight::Critical, &words.critical_link),
        (Weight::Driving, &words.driving_link),
        (Weight::Other, &words.other_link),
    ];
    for (weight, word) in words {
        if chart.links.iter().any(|link| link.weight == weight) {
            x += links::sample(canvas, (x, middle), size, weight);
            say(canvas, &mut x, word);
        }
    }
    if chart.data_date.is_some() {
        let points = [
            (x, middle),
            (x + size * 0.7, middle - size * 0.5),
            (x + size * 1.4, middle + size * 0.4),
            (x + size * 2.0, middle),
        ];
        let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * size * 0.1)).join(" ");
        let front = canvas.front();
        canvas.lines(
            &points,
            false,
            &format!(
                r#"fill="none" stroke="{front}" stroke-width="{}" stroke-dasharray="{dash}""#,
                number(size * 0.16)
            ),
        );
        x += size * 2.4;
        say(canvas, &mut x, &chart.words.front);
    }
    if !chart.flags.is_empty() {
        canvas.lines(
            &[(x, middle - size * 0.5), (x + size * 0.9, middle - size * 0.1), (x, middle + size * 0.3)],
            true,
            &format!(r#"fill="{alarm}""#),
        );
        x += size * 1.4;
        say(canvas, &mut x, &chart.words.mandated);
    }
    canvas.close();
    draw_told(canvas, chart, at, told);
}

/// What a page leaves out of the links, between its rows and its legend.
fn draw_told(canvas: &mut Canvas, chart: &BarChart, at: &Measures, told: Told) {
    let (mut x, size) = (at.frame.left, at.frame.size);
    let y = at.frame.bottom + size * 0.9;
    canvas.open("links-told");
    if told.has_stubs {
        let (middle, width) = (y - size * 0.35, number(size * 0.12));
        canvas.strokes(
            &[[(x, middle), (x + size * 1.2, middle)]],
            &format!(r#"stroke="{BLACK}" stroke-width="{width}""#),
        );
        canvas.text(x + size * 1.4, y, size, Anchor::Start, "2", r#"font-weight="700""#);
        canvas.text(x + size * 2.6, y, size, Anchor::Start, &chart.words.other_page, "");
        x += (ems(&chart.words.other_page) + 4.2) * size;
    }
    if told.left_out > 0 {
        let text = chart.words.left_out.replace("{count}", &told.left_out.to_string());
        canvas.text(x, y, size, Anchor::Start, &text, r#"class="left-out""#);
    }
    canvas.close();
}
