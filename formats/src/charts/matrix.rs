//! Places by stages with lamps, to be read from three metres on a wall.
//!
//! Type and lamps fill the paper: fewer rows give larger ones. Where rows would become too low to be read, the matrix
//! goes on on another sheet.

use super::frame::Frame;
use super::svg::{Anchor, BAND, BLACK, Canvas, GREY, GRID, ems, fitted, number};
use super::{Heading, Ink, Lamp, LampWords, Sheet};

/// Least height of a row in ems of usual type: dates of 4 mm on A0, lamps of 5 mm.
const LEAST_ROW_EMS: f64 = 1.6;
/// Largest height of a row in ems.
const LARGEST_ROW_EMS: f64 = 5.5;
/// Height of a row on a screen in ems.
const SCREEN_ROW_EMS: f64 = 2.6;
/// Height of a group's heading in rows.
const GROUP_ROWS: f64 = 0.8;
/// Part of the width that names may take.
const NAMES_PART: f64 = 0.22;

/// A cell: one stage of one place.
#[derive(Clone, Debug)]
pub struct Cell {
    /// State.
    pub lamp: Lamp,
    /// Date, or how many of how many.
    pub text: String,
    /// A second line, when something is to be said.
    pub note: String,
    /// Where it leads on a screen.
    pub href: Option<String>,
}

/// A row: one place.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name.
    pub label: String,
    /// Under the name: who answers for it.
    pub note: String,
    /// One entry a stage; `None` where the place does not pass it.
    pub cells: Vec<Option<Cell>>,
}

/// Rows under one heading.
#[derive(Clone, Debug)]
pub struct Group {
    /// Heading; empty: none.
    pub name: String,
    /// Rows in order.
    pub rows: Vec<Row>,
}

/// A matrix of places by stages.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// Head of the names.
    pub name: String,
    /// Names of the stages in order.
    pub stages: Vec<String>,
    /// Groups in order.
    pub groups: Vec<Group>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Names of the lamps.
    pub lamps: LampWords,
}

/// A line of the matrix: a group's heading or a row.
#[derive(Clone, Copy)]
enum Line<'a> {
    Group(&'a str),
    Row(&'a Row),
}

impl Line<'_> {
    fn rows(self) -> f64 {
        match self {
            Line::Group(_) => GROUP_ROWS,
            Line::Row(_) => 1.0,
        }
    }
}

/// Draws everything on one sheet, however low the rows become.
pub fn draw(matrix: &Matrix) -> String {
    page(matrix, &lines(matrix), "")
}

/// Draws the matrix on as many sheets as its rows need.
pub fn pages(matrix: &Matrix) -> Vec<String> {
    let all = lines(matrix);
    let frame = frame(matrix, &all);
    let most = match matrix.sheet {
        Sheet::Paper { .. } => (frame.bottom - frame.top - head(frame.size)) / (frame.size * LEAST_ROW_EMS),
        Sheet::Screen { .. } => f64::INFINITY,
    };
    let total: f64 = all.iter().map(|line| line.rows()).sum();
    let count = (total / most).ceil().max(1.0);
    if count < 2.0 {
        return vec![page(matrix, &all, "")];
    }
    // Pages of equal length; a heading that would end one goes to the next.
    let share = total / count;
    let mut cut: Vec<Vec<Line<'_>>> = vec![Vec::new()];
    let mut used = 0.0;
    for (at, line) in all.iter().enumerate() {
        let needs = line.rows()
            + if matches!(line, Line::Group(_)) { all.get(at + 1).map_or(0.0, |next| next.rows()) } else { 0.0 };
        if used > 0.0 && used + needs > share + 1.0 {
            cut.push(Vec::new());
            used = 0.0;
        }
        if let Some(last) = cut.last_mut() {
            last.push(*line);
        }
        used += line.rows();
    }
    let count = cut.len();
    cut.iter().enumerate().map(|(at, lines)| page(matrix, lines, &format!("{} / {count}", at + 1))).collect()
}

fn lines(matrix: &Matrix) -> Vec<Line<'_>> {
    matrix
        .groups
        .iter()
        .flat_map(|group| {
            let mut lines = Vec::with_capacity(group.rows.len() + 1);
            if !group.name.is_empty() {
                lines.push(Line::Group(&group.name));
            }
            lines.extend(group.rows.iter().map(Line::Row));
            lines
        })
        .collect()
}

fn head(size: f64) -> f64 {
    size * 2.2
}

fn frame(matrix: &Matrix, lines: &[Line<'_>]) -> Frame {
    let rows: f64 = lines.iter().map(|line| line.rows()).sum();
    Frame::new(matrix.sheet, &matrix.heading, |size| head(size) + rows * size * SCREEN_ROW_EMS)
}

fn page(matrix: &Matrix, lines: &[Line<'_>], number_of: &str) -> String {
    let frame = frame(matrix, lines);
    let size = frame.size;
    let mut canvas = frame.begin(&matrix.heading, matrix.ink, number_of);
    let rows: f64 = lines.iter().map(|line| line.rows()).sum::<f64>().max(1.0);
    let top = frame.top + head(size);
    let row = match matrix.sheet {
        Sheet::Paper { .. } => ((frame.bottom - top) / rows).min(size * LARGEST_ROW_EMS),
        Sheet::Screen { .. } => size * SCREEN_ROW_EMS,
    };
    let name_size = (row * 0.42).min(size * 1.9);
    let longest = lines.iter().map(|line| match line {
        Line::Row(row) => ems(&row.label).max(ems(&row.note) * 0.7),
        Line::Group(_) => 0.0,
    });
    let names =
        ((longest.fold(ems(&matrix.name), f64::max) + 1.6) * name_size).min((frame.right - frame.left) * NAMES_PART);
    let at = Places {
        left: frame.left,
        right: frame.right,
        names,
        row,
        name_size,
        column: (frame.right - frame.left - names) / matrix.stages.len().max(1) as f64,
    };
    let mut y = top;
    let mut is_odd = false;
    for line in lines {
        match line {
            Line::Group(name) => {
                let height = row * GROUP_ROWS;
                canvas.rect(at.left, y, at.right - at.left, height, r##"class="group" fill="#dfe6ec""##);
                let paint = r#"class="group" font-weight="700""#;
                canvas.text(
                    at.left + name_size * 0.5,
                    y + height * 0.5 + name_size * 0.38,
                    name_size * 1.05,
                    Anchor::Start,
                    name,
                    paint,
                );
                is_odd = false;
            }
            Line::Row(content) => {
                if is_odd {
                    canvas.rect(at.left, y, at.right - at.left, row, &format!(r#"fill="{BAND}""#));
                }
                draw_row(&mut canvas, matrix, &at, content, y);
                is_odd = !is_odd;
            }
        }
        y += row * line.rows();
    }
    draw_head(&mut canvas, matrix, &at, &frame, top, y);
    draw_legend(&mut canvas, matrix, &frame);
    canvas.finish()
}

/// Where columns and rows stand.
struct Places {
    left: f64,
    right: f64,
    names: f64,
    row: f64,
    name_size: f64,
    column: f64,
}

fn draw_head(canvas: &mut Canvas, matrix: &Matrix, at: &Places, frame: &Frame, top: f64, end: f64) {
    canvas.open("head");
    let longest = matrix.stages.iter().map(|stage| ems(stage)).fold(1.0, f64::max);
    let size = (at.column * 0.94 / longest).min(frame.size * 1.3);
    let baseline = top - frame.size * 0.7;
    let paint = r#"class="stage" font-weight="700""#;
    canvas.text(at.left + at.name_size * 0.5, baseline, size.max(frame.size), Anchor::Start, &matrix.name, paint);
    for (index, stage) in matrix.stages.iter().enumerate() {
        let x = at.left + at.names + at.column * (index as f64 + 0.5);
        canvas.text(x, baseline, size, Anchor::Middle, stage, paint);
    }
    let columns: Vec<_> = (0..matrix.stages.len())
        .map(|index| at.left + at.names + at.column * index as f64)
        .map(|x| [(x, top), (x, end)])
        .collect();
    canvas.strokes(&columns, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(frame.size * 0.06)));
    let borders = [[(at.left, top), (at.right, top)], [(at.left, end), (at.right, end)]];
    canvas.strokes(&borders, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(frame.size * 0.12)));
    canvas.close();
}

fn draw_row(canvas: &mut Canvas, matrix: &Matrix, at: &Places, row: &Row, top: f64) {
    canvas.open("row");
    let middle = top + at.row * 0.5;
    let has_note = !row.note.is_empty() && at.row > at.name_size * 2.0;
    let baseline = if has_note { middle - at.name_size * 0.02 } else { middle + at.name_size * 0.37 };
    let x = at.left + at.name_size * 0.5;
    let room = (at.names - at.name_size * 0.8) / at.name_size;
    canvas.text(x, baseline, at.name_size, Anchor::Start, &fitted(&row.label, room), r#"class="label""#);
    if has_note {
        let paint = format!(r#"class="note" fill="{GREY}""#);
        canvas.text(
            x,
            baseline + at.name_size * 0.95,
            at.name_size * 0.7,
            Anchor::Start,
            &fitted(&row.note, room / 0.7),
            &paint,
        );
    }
    for (index, cell) in row.cells.iter().enumerate().take(matrix.stages.len()) {
        if let Some(cell) = cell {
            draw_cell(canvas, matrix, at, cell, at.left + at.names + at.column * index as f64, middle);
        }
    }
    canvas.close();
}

fn draw_cell(canvas: &mut Canvas, matrix: &Matrix, at: &Places, cell: &Cell, left: f64, middle: f64) {
    let href = cell.href.as_ref().filter(|_| matrix.sheet.has_links());
    if let Some(href) = href {
        canvas.open_link(href);
    }
    canvas.open(&format!("cell {}", cell.lamp.name()));
    // Late and threatened cells are seen before they are read.
    if let Some(ground) = ground(matrix.ink, cell.lamp) {
        let gap = at.row * 0.06;
        canvas.rect(left + gap, middle - at.row * 0.5 + gap, at.column - 2.0 * gap, at.row - 2.0 * gap, ground);
    }
    let radius = (at.row * 0.26).min(at.column * 0.13);
    let lamp = left + radius * 1.7;
    canvas.lamp(lamp, middle, radius, cell.lamp);
    let from = lamp + radius * 1.6;
    let room = left + at.column - from - radius * 0.3;
    let longest = ems(&cell.text).max(ems(&cell.note) * 0.75).max(1.0);
    let size = (room / longest).min(at.row * 0.4);
    let has_note = !cell.note.is_empty();
    let baseline = middle + size * if has_note { -0.05 } else { 0.36 };
    let weight = if matches!(cell.lamp, Lamp::Bad | Lamp::Warn) {
        r#"class="date" font-weight="700""#
    } else {
        r#"class="date""#
    };
    canvas.text(from, baseline, size, Anchor::Start, &cell.text, weight);
    if has_note {
        let paint = format!(r#"class="note" fill="{GREY}""#);
        canvas.text(from, baseline + size * 0.95, size * 0.75, Anchor::Start, &cell.note, &paint);
    }
    canvas.close();
    if href.is_some() {
        canvas.close_link();
    }
}

fn ground(ink: Ink, lamp: Lamp) -> Option<&'static str> {
    match (ink, lamp) {
        (Ink::Colour, Lamp::Bad) => Some(r##"class="ground" fill="#fbe3e1""##),
        (Ink::Colour, Lamp::Warn) => Some(r##"class="ground" fill="#fdf1db""##),
        (Ink::Mono, Lamp::Bad) => Some(r##"class="ground" fill="#e2e2e2""##),
        _ => None,
    }
}

fn draw_legend(canvas: &mut Canvas, matrix: &Matrix, frame: &Frame) {
    let (mut x, y) = frame.legend();
    let size = frame.size * 1.15;
    canvas.open("legend");
    for (lamp, word) in matrix.lamps.entries() {
        canvas.lamp(x + size * 0.5, y - size * 0.36, size * 0.46, lamp);
        canvas.text(x + size * 1.3, y, size, Anchor::Start, word, "");
        x += (ems(word) + 3.0) * size;
    }
    canvas.close();
}
