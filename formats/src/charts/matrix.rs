//! Places by stages with lamps, to be read from three metres on a wall.
//!
//! Type and lamps fill the paper: fewer rows give larger ones. Where rows would become too low to be read, the matrix
//! goes on on another sheet.

use super::frame::Frame;
use super::svg::{Anchor, BAND, BLACK, Canvas, GREY, GRID, ems, fitted, number};
use super::{Heading, Ink, Lamp, LampWords, Sheet};

/// Height of a line of type in ems.
const LINE_EMS: f64 = 1.2;
/// Room above and below the lines of a row, in ems of its least type.
const ROW_ROOM_EMS: f64 = 0.5;
/// Largest height of a row in ems of usual type.
const LARGEST_ROW_EMS: f64 = 12.0;
/// Largest type of names in ems of usual type.
const LARGEST_NAME_EMS: f64 = 2.4;
/// Part of a name's type that the note under it takes.
const NOTE_PART: f64 = 0.7;
/// Height of a row on a screen in ems.
const SCREEN_ROW_EMS: f64 = 2.6;
/// Height of a group's heading in rows.
const GROUP_ROWS: f64 = 0.8;
/// Height of the head in ems of usual type, where stages take one line.
const HEAD_EMS: f64 = 2.2;
/// Part of a column that a cell's lines may take.
const CELL_PART: f64 = 0.9;
/// Room of a lamp beside a text, in ems of the text.
const LAMP_EMS: f64 = 1.3;
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
        Sheet::Paper { .. } => (frame.bottom - frame.top - head(matrix, &frame)) / least_row(matrix, &frame),
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

fn frame(matrix: &Matrix, lines: &[Line<'_>]) -> Frame {
    let rows: f64 = lines.iter().map(|line| line.rows()).sum();
    // A screen's stages stand in one line.
    Frame::new(matrix.sheet, &matrix.heading, |size| size * HEAD_EMS + rows * size * SCREEN_ROW_EMS)
}

/// Height of the head: two lines of type, or one more where the names of stages need it on this sheet.
fn head(matrix: &Matrix, frame: &Frame) -> f64 {
    let lines = stages(matrix, frame, column(matrix, frame, widest_names(matrix, frame))).1;
    frame.size * HEAD_EMS + frame.size * LINE_EMS * (lines - 1) as f64
}

/// Width of a column beside names of a width.
fn column(matrix: &Matrix, frame: &Frame, names: f64) -> f64 {
    (frame.right - frame.left - names) / matrix.stages.len().max(1) as f64
}

/// The widest that names may become.
fn widest_names(matrix: &Matrix, frame: &Frame) -> f64 {
    let rows = matrix.groups.iter().flat_map(|group| &group.rows);
    let longest = rows.map(|row| ems(&row.label).max(ems(&row.note) * NOTE_PART)).fold(ems(&matrix.name), f64::max);
    ((longest + 1.6) * frame.size * LARGEST_NAME_EMS).min((frame.right - frame.left) * NAMES_PART)
}

/// Type of the stages' names and the lines they take: one where they fit a column of a width, else two or three.
fn stages(matrix: &Matrix, frame: &Frame, column: f64) -> (f64, usize) {
    let most = frame.size * 1.3;
    for lines in 1..=2 {
        let longest =
            matrix.stages.iter().flat_map(|stage| broken(stage, lines)).map(|part| ems(&part)).fold(1.0, f64::max);
        let size = (column * 0.94 / longest).min(most);
        if size >= frame.least {
            return (size, lines);
        }
    }
    let longest = matrix.stages.iter().flat_map(|stage| broken(stage, 3)).map(|part| ems(&part)).fold(1.0, f64::max);
    ((column * 0.94 / longest).min(most), 3)
}

/// A name in at most so many lines: broken between words, or between Han characters where there are none.
fn broken(text: &str, lines: usize) -> Vec<String> {
    if lines < 2 {
        return vec![text.to_owned()];
    }
    let pieces: Vec<String> = if text.contains(' ') {
        text.split_inclusive(' ').map(str::to_owned).collect()
    } else if text.is_ascii() {
        vec![text.to_owned()]
    } else {
        text.chars().map(String::from).collect()
    };
    let share = ems(text) / lines as f64;
    let mut parts = vec![String::new()];
    for piece in pieces {
        let so_far = parts.last().map_or(0.0, |part| ems(part));
        // A piece goes where more than half of it has room.
        if so_far > 0.0 && so_far + ems(piece.trim_end()) / 2.0 > share && parts.len() < lines {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&piece);
        }
    }
    parts.into_iter().map(|part| part.trim_end().to_owned()).collect()
}

/// The least height of a row on paper: all its lines in the least type.
fn least_row(matrix: &Matrix, frame: &Frame) -> f64 {
    let rows = || matrix.groups.iter().flat_map(|group| &group.rows);
    let has_note = rows().any(|row| !row.note.is_empty());
    let names = if has_note { 1.0 + 1.0 / NOTE_PART } else { 1.0 };
    let column = column(matrix, frame, widest_names(matrix, frame));
    let cells = rows().flat_map(|row| row.cells.iter().flatten());
    let lines = cells.map(|cell| 1 + note_lines(&cell.note, column * CELL_PART, frame.least).len()).max().unwrap_or(1);
    frame.least * (names.max(lines as f64) * LINE_EMS + ROW_ROOM_EMS)
}

/// A note in one line where it fits a width, else broken at its spaces.
fn note_lines(note: &str, width: f64, size: f64) -> Vec<&str> {
    if note.is_empty() {
        Vec::new()
    } else if ems(note) * size <= width {
        vec![note]
    } else {
        note.split_whitespace().collect()
    }
}

fn page(matrix: &Matrix, lines: &[Line<'_>], number_of: &str) -> String {
    let frame = frame(matrix, lines);
    let size = frame.size;
    let mut canvas = frame.begin(&matrix.heading, matrix.ink, number_of);
    let rows: f64 = lines.iter().map(|line| line.rows()).sum::<f64>().max(1.0);
    let (top, row) = match matrix.sheet {
        Sheet::Paper { .. } => {
            let top = frame.top + head(matrix, &frame);
            (top, ((frame.bottom - top) / rows).min(size * LARGEST_ROW_EMS))
        }
        Sheet::Screen { .. } => (frame.top + size * HEAD_EMS, size * SCREEN_ROW_EMS),
    };
    let longest = lines.iter().map(|line| match line {
        Line::Row(row) => ems(&row.label).max(ems(&row.note) * NOTE_PART),
        Line::Group(_) => 0.0,
    });
    let longest = longest.fold(ems(&matrix.name), f64::max) + 1.6;
    let most_names = (frame.right - frame.left) * NAMES_PART;
    // Large, but not so large that a name must be cut, nor so small that its note cannot be read.
    let name_size = (row * 0.42).min(size * LARGEST_NAME_EMS).min((most_names / longest).max(frame.least / NOTE_PART));
    let names = (longest * name_size).min(most_names);
    let column = column(matrix, &frame, names);
    let at = Places {
        left: frame.left,
        right: frame.right,
        names,
        row,
        name_size,
        column,
        least: frame.least,
        cell: cell_type(matrix, frame.least, column, row),
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

/// How cells are written: all alike, since type that jumps from cell to cell says what nobody meant.
#[derive(Clone, Copy)]
struct CellType {
    size: f64,
    note_size: f64,
    /// Whether the text stands under the lamp, where that makes it larger, and not beside it.
    is_under: bool,
}

fn cell_type(matrix: &Matrix, least: f64, column: f64, row: f64) -> CellType {
    let width = column * CELL_PART;
    let cells = || matrix.groups.iter().flat_map(|group| &group.rows).flat_map(|row| row.cells.iter().flatten());
    let text = cells().map(|cell| ems(&cell.text)).fold(1.0, f64::max);
    let lines = cells().map(|cell| note_lines(&cell.note, width, least).len()).max().unwrap_or(0);
    let note = cells().flat_map(|cell| note_lines(&cell.note, width, least)).map(ems).fold(1.0, f64::max);
    // Lines share the height; notes are never too small to be read, and texts take the rest.
    let line = row * 0.92 / LINE_EMS / (1.0 + NOTE_PART * lines as f64);
    let note_size = (width / note).min(line * NOTE_PART).max(least.min(width / note));
    let room = row * 0.92 - note_size * LINE_EMS * lines as f64;
    let beside = (width / (text + LAMP_EMS)).min(room / LINE_EMS);
    let under = (width / text).min(room / (2.0 * LINE_EMS));
    let is_under = !matrix.sheet.has_links() && under > beside * 1.1;
    let size = if is_under { under } else { beside };
    CellType { size, note_size: note_size.min(size), is_under }
}

/// Where columns and rows stand.
struct Places {
    left: f64,
    right: f64,
    names: f64,
    row: f64,
    name_size: f64,
    column: f64,
    least: f64,
    cell: CellType,
}

fn draw_head(canvas: &mut Canvas, matrix: &Matrix, at: &Places, frame: &Frame, top: f64, end: f64) {
    canvas.open("head");
    let (size, lines) = match matrix.sheet {
        Sheet::Paper { .. } => stages(matrix, frame, at.column),
        Sheet::Screen { .. } => {
            let longest = matrix.stages.iter().map(|stage| ems(stage)).fold(1.0, f64::max);
            ((at.column * CELL_PART / longest).min(frame.size * 1.3), 1)
        }
    };
    let baseline = top - frame.size * 0.7;
    let paint = r#"class="stage" font-weight="700""#;
    canvas.text(at.left + at.name_size * 0.5, baseline, size.max(frame.size), Anchor::Start, &matrix.name, paint);
    for (index, stage) in matrix.stages.iter().enumerate() {
        let x = at.left + at.names + at.column * (index as f64 + 0.5);
        let parts = broken(stage, lines);
        for (line, part) in parts.iter().rev().enumerate() {
            canvas.text(x, baseline - size * LINE_EMS * line as f64, size, Anchor::Middle, part, paint);
        }
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
    let note_size = (at.name_size * NOTE_PART).max(at.least);
    let has_note = !row.note.is_empty() && at.row > (at.name_size + note_size) * LINE_EMS;
    let baseline = if has_note { middle - at.name_size * 0.02 } else { middle + at.name_size * 0.37 };
    let x = at.left + at.name_size * 0.5;
    let room = (at.names - at.name_size * 0.8) / at.name_size;
    canvas.text(x, baseline, at.name_size, Anchor::Start, &fitted(&row.label, room), r#"class="label""#);
    if has_note {
        let paint = format!(r#"class="note" fill="{GREY}""#);
        canvas.text(
            x,
            baseline + note_size * 1.3,
            note_size,
            Anchor::Start,
            &fitted(&row.note, room * at.name_size / note_size),
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
    let weight = if matches!(cell.lamp, Lamp::Bad | Lamp::Warn) {
        r#"class="date" font-weight="700""#
    } else {
        r#"class="date""#
    };
    let CellType { size, note_size, is_under } = at.cell;
    let notes = note_lines(&cell.note, at.column * CELL_PART, note_size);
    let tall = size * LINE_EMS * if is_under { 2.0 } else { 1.0 } + note_size * LINE_EMS * notes.len() as f64;
    let centre = left + at.column / 2.0;
    let mut y = middle - tall / 2.0;
    if is_under {
        canvas.lamp(centre, y + size * LINE_EMS * 0.5, size * 0.48, cell.lamp);
        y += size * LINE_EMS;
        canvas.text(centre, y + size * 0.92, size, Anchor::Middle, &cell.text, weight);
    } else {
        let radius = size * 0.42;
        let from = centre - size * (ems(&cell.text) + LAMP_EMS) / 2.0;
        canvas.lamp(from + radius, y + size * LINE_EMS * 0.5, radius, cell.lamp);
        canvas.text(from + size * LAMP_EMS, y + size * 0.96, size, Anchor::Start, &cell.text, weight);
    }
    y += size * LINE_EMS;
    let paint = format!(r#"class="note" fill="{GREY}""#);
    for note in notes {
        canvas.text(centre, y + note_size * 0.92, note_size, Anchor::Middle, note, &paint);
        y += note_size * LINE_EMS;
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
