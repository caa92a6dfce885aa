//! A building as it stands (形象进度): storeys by works above the ground, works below it, and works of the whole building.
//!
//! One column a work that is counted in storeys. A storey is filled when it is done, hatched or red when it is due by the
//! plan and not done, and empty when it is not due: the reader sees at once how high the building is and how high it ought to
//! be. What is dug is drawn under the ground line; what has no storeys stands beside the building as a bar with a tick at the
//! share that is due.

use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, GRID, fitted, number};
use super::{Heading, Ink, Lamp, Sheet};

/// Height of a storey on a screen in pixels: small buildings are not stretched, towers not longer than a page.
const STOREY_PX: (f64, f64) = (9.0, 22.0);
/// Height that a building's storeys take on a screen in pixels, within those bounds.
const BUILDING_PX: f64 = 360.0;
/// Height of a bar's row in ems.
const ROW_EMS: f64 = 2.5;
/// Lines over the columns in ems: name, amount, what is due.
const HEAD_EMS: f64 = 4.2;
/// Room for numbers of storeys in ems.
const AXIS_EMS: f64 = 3.0;
/// Part of the width that the building takes where works of the whole building stand beside it.
const BUILDING_PART: f64 = 0.6;
/// Widest column in ems.
const WIDEST_EMS: f64 = 9.0;
/// Highest storey on paper in ems.
const HIGHEST_EMS: f64 = 8.0;

/// How a work that is counted in storeys goes through the building.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the ground up.
    Up,
    /// From the roof down: scaffolds are taken away so.
    Down,
}

/// A work counted in storeys.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// `12 / 18 floors`.
    pub amount: String,
    /// `due 14`; empty when nothing is missing.
    pub due: String,
    /// Storeys in all.
    pub total: f64,
    /// Storeys done.
    pub done: f64,
    /// Storeys due to date.
    pub planned: f64,
    /// How it goes through the building.
    pub direction: Direction,
}

/// A work without storeys.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Name.
    pub name: String,
    /// `1200 / 5500 m³`.
    pub amount: String,
    /// Share done, 0 to 1.
    pub done: f64,
    /// Share due to date, 0 to 1.
    pub planned: f64,
}

/// Words of the legend.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Done.
    pub done: String,
    /// Due to date and not done.
    pub missing: String,
    /// Not due.
    pub open: String,
    /// The tick at the share that is due.
    pub planned: String,
    /// Heading of the works below ground.
    pub below: String,
    /// Heading of the works of the whole building.
    pub whole: String,
}

/// A building as it stands.
#[derive(Clone, Debug)]
pub struct Elevation {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// Storeys above ground.
    pub storeys: usize,
    /// Works counted in storeys, in the order they are passed.
    pub columns: Vec<Column>,
    /// Works below the ground line, the upper first.
    pub below: Vec<Part>,
    /// Works of the whole building.
    pub whole: Vec<Part>,
    /// Words of the legend.
    pub words: Words,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
}

/// Draws a building.
pub fn draw(elevation: &Elevation) -> String {
    let storeys = elevation.storeys.max(1) as f64;
    let (least, most) = STOREY_PX;
    let screen_storey = (BUILDING_PX / storeys).clamp(least, most);
    let rows = |size: f64| {
        let building =
            HEAD_EMS * size + screen_storey * storeys + (elevation.below.len() as f64 + 1.0) * ROW_EMS * size;
        building.max((elevation.whole.len() as f64 + 2.0) * ROW_EMS * size)
    };
    let frame = Frame::new(elevation.sheet, &elevation.heading, rows);
    let mut canvas = frame.begin(&elevation.heading, elevation.ink, "");
    let size = frame.size;
    let below = if elevation.below.is_empty() { 0.0 } else { (elevation.below.len() as f64 + 0.6) * ROW_EMS * size };
    let storey = ((frame.bottom - frame.top - HEAD_EMS * size - below) / storeys).min(match elevation.sheet {
        Sheet::Screen { .. } => screen_storey,
        // A low building is not drawn as a tower.
        Sheet::Paper { .. } => HIGHEST_EMS * size,
    });
    let part = if elevation.whole.is_empty() { 1.0 } else { BUILDING_PART };
    let left = frame.left + AXIS_EMS * size;
    let right = frame.left + (frame.right - frame.left) * part;
    // On a screen the drawing is as high as the building; a sheet has its own height, and the building stands at its foot.
    let ground = match elevation.sheet {
        Sheet::Screen { .. } => frame.top + HEAD_EMS * size + storey * storeys,
        Sheet::Paper { .. } => frame.bottom - below,
    };
    let count = elevation.columns.len().max(1) as f64;
    let step = ((right - left) / count).min(WIDEST_EMS * size * if frame.unit == "mm" { 2.0 } else { 1.0 });
    draw_storeys(&mut canvas, elevation, &frame, storey, ground, left, step * count);
    for (at, column) in elevation.columns.iter().enumerate() {
        draw_column(&mut canvas, elevation, column, size, storey, ground, left + step * at as f64, step);
    }
    let line = format!(r#"class="ground-line" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.22));
    canvas.strokes(&[[(frame.left, ground), (left + step * count, ground)]], &line);
    draw_parts(
        &mut canvas,
        elevation.ink,
        &elevation.below,
        &elevation.words.below,
        size,
        (frame.left, left + step * count),
        ground + size * 0.5,
    );
    draw_parts(
        &mut canvas,
        elevation.ink,
        &elevation.whole,
        &elevation.words.whole,
        size,
        (right + size * 2.0, frame.right),
        frame.top,
    );
    draw_legend(&mut canvas, elevation, &frame);
    canvas.finish()
}

/// Lines of the storeys with every fifth number, and the roof's.
fn draw_storeys(
    canvas: &mut Canvas,
    elevation: &Elevation,
    frame: &Frame,
    storey: f64,
    ground: f64,
    left: f64,
    width: f64,
) {
    let size = frame.size;
    canvas.open("storeys");
    let lines: Vec<[(f64, f64); 2]> = (0..=elevation.storeys)
        .map(|at| {
            let y = ground - storey * at as f64;
            [(left, y), (left + width, y)]
        })
        .collect();
    canvas.strokes(&lines, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.06)));
    for at in 1..=elevation.storeys {
        // The roof's number always; another near it would touch it.
        let is_shown = at == 1 || at == elevation.storeys || (at % 5 == 0 && elevation.storeys - at >= 3);
        if is_shown {
            let y = ground - storey * (at as f64 - 0.5) + size * 0.35;
            canvas.text(
                left - size * 0.6,
                y,
                size * 0.95,
                Anchor::End,
                &format!("{at}F"),
                &format!(r#"fill="{GREY}""#),
            );
        }
    }
    canvas.close();
}

#[allow(clippy::too_many_arguments, reason = "the measures of one column")]
fn draw_column(
    canvas: &mut Canvas,
    elevation: &Elevation,
    column: &Column,
    size: f64,
    storey: f64,
    ground: f64,
    x: f64,
    step: f64,
) {
    canvas.open("column");
    canvas.tip(&format!("{} {} {}", column.name, column.amount, column.due));
    let (gap, room) = (step * 0.08, step / size * 0.96);
    let top = ground - storey * elevation.storeys as f64;
    let middle = x + step / 2.0;
    canvas.text(middle, top - size * 2.9, size, Anchor::Middle, &fitted(&column.name, room), r#"font-weight="700""#);
    canvas.text(middle, top - size * 1.7, size * 0.92, Anchor::Middle, &fitted(&column.amount, room / 0.92), "");
    if !column.due.is_empty() {
        let paint = format!(r#"fill="{}" font-weight="700""#, canvas.alarm());
        canvas.text(middle, top - size * 0.5, size * 0.92, Anchor::Middle, &fitted(&column.due, room / 0.92), &paint);
    }
    let (edge, width) = (canvas.edge(Lamp::Idle), number(size * 0.07));
    let count = column.total.ceil().max(0.0) as usize;
    for at in 0..count.min(elevation.storeys) {
        let from_ground = match column.direction {
            Direction::Up => at,
            Direction::Down => elevation.storeys - 1 - at,
        };
        let y = ground - storey * (from_ground as f64 + 1.0);
        let (left, full) = (x + gap, step - gap * 2.0);
        let share = |amount: f64| (amount - at as f64).clamp(0.0, 1.0);
        let (done, planned) = (share(column.done), share(column.planned));
        let outline = format!(r##"class="storey" fill="#fff" stroke="{edge}" stroke-width="{width}""##);
        canvas.rect(left, y, full, storey, &outline);
        if planned > done {
            let paint = format!(r#"class="missing" fill="{}""#, missing(elevation.ink));
            canvas.rect(left + full * done, y + storey * 0.08, full * (planned - done), storey * 0.84, &paint);
        }
        if done > 0.0 {
            let paint = format!(r#"class="done" fill="{}""#, built(elevation.ink));
            canvas.rect(left, y + storey * 0.08, full * done, storey * 0.84, &paint);
        }
    }
    canvas.close();
}

/// What stands.
fn built(ink: Ink) -> &'static str {
    if ink == Ink::Mono { "#6e6e6e" } else { "#3d6d8f" }
}

/// What is due and does not stand: the hatch of the canvas in black and white.
fn missing(ink: Ink) -> &'static str {
    if ink == Ink::Mono { "url(#hatch)" } else { "#f0a8a4" }
}

/// Bars with their names over them, under a heading.
fn draw_parts(
    canvas: &mut Canvas,
    ink: Ink,
    parts: &[Part],
    heading: &str,
    size: f64,
    (left, right): (f64, f64),
    top: f64,
) {
    if parts.is_empty() || right - left < size * 6.0 {
        return;
    }
    canvas.open("parts");
    canvas.text(left, top + size * 1.0, size * 0.92, Anchor::Start, heading, &format!(r#"fill="{GREY}""#));
    let width = right - left;
    for (at, part) in parts.iter().enumerate() {
        let y = top + size * (1.9 + ROW_EMS * at as f64);
        canvas.open("part");
        canvas.tip(&format!("{} {}", part.name, part.amount));
        canvas.text(left, y + size * 0.4, size * 0.95, Anchor::Start, &fitted(&part.name, width * 0.6 / size), "");
        canvas.text(
            right,
            y + size * 0.4,
            size * 0.92,
            Anchor::End,
            &fitted(&part.amount, width * 0.4 / size),
            &format!(r#"fill="{GREY}""#),
        );
        let (bar, height) = (y + size * 0.8, size * 0.6);
        let paint =
            format!(r##"fill="#fff" stroke="{}" stroke-width="{}""##, canvas.edge(Lamp::Idle), number(size * 0.07));
        canvas.rect(left, bar, width, height, &paint);
        let (done, planned) = (part.done.clamp(0.0, 1.0), part.planned.clamp(0.0, 1.0));
        if planned > done {
            let paint = format!(r#"class="missing" fill="{}""#, missing(ink));
            canvas.rect(left + width * done, bar, width * (planned - done), height, &paint);
        }
        canvas.rect(left, bar, width * done, height, &format!(r#"class="done" fill="{}""#, built(ink)));
        let tick = left + width * planned;
        let paint = format!(r#"class="planned" stroke="{}" stroke-width="{}""#, canvas.front(), number(size * 0.18));
        canvas.strokes(&[[(tick, bar - size * 0.18), (tick, bar + height + size * 0.18)]], &paint);
        canvas.close();
    }
    canvas.close();
}

fn draw_legend(canvas: &mut Canvas, elevation: &Elevation, frame: &Frame) {
    let (mut x, y) = frame.legend();
    let (size, words) = (frame.size, &elevation.words);
    canvas.open("legend");
    let missing = missing(elevation.ink);
    for (fill, word) in [(built(elevation.ink), &words.done), (missing, &words.missing), ("#fff", &words.open)] {
        let paint =
            format!(r#"fill="{fill}" stroke="{}" stroke-width="{}""#, canvas.edge(Lamp::Idle), number(size * 0.07));
        canvas.rect(x, y - size * 0.8, size * 1.2, size * 0.9, &paint);
        canvas.text(x + size * 1.6, y, size * 0.95, Anchor::Start, word, "");
        x += size * (super::svg::ems(word) * 0.95 + 3.2);
    }
    if !(elevation.below.is_empty() && elevation.whole.is_empty()) {
        let paint = format!(r#"stroke="{}" stroke-width="{}""#, canvas.front(), number(size * 0.18));
        canvas.strokes(&[[(x + size * 0.6, y - size * 0.9), (x + size * 0.6, y + size * 0.2)]], &paint);
        canvas.text(x + size * 1.4, y, size * 0.95, Anchor::Start, &words.planned, "");
    }
    canvas.close();
}
