//! A paper on the grid: lines of 28 characters, 22 to a page, tables with repeating heads, page numbers under the block.

use super::columns::{CLOSING, Columns, OPENING, bold_ems, columns, is_word};
use super::{
    Block, CHARS, Form, HEIGHT_MM, LEFT_MM, LINES, OUTER_MM, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, PICTURE_MM, Paper, Picture,
    Table, WIDTH_MM,
};
use crate::charts::svg::{ems, escape, number};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;

/// Side of the square a character stands in: 28 fill a line.
const ADVANCE: f64 = WIDTH_MM / CHARS;
/// From one line to the next: 22 fill the block.
const PITCH: f64 = HEIGHT_MM / LINES;
/// Baseline within a line.
const BASELINE: f64 = 0.72 * PITCH;
/// Size of a title, 22 pt.
const TITLE: f64 = 7.76;
/// Size of tables and stamps, 12 pt.
const SMALL: f64 = 4.23;
/// Size of tables of a form that has to stay on one sheet, 10 pt.
const DENSE: f64 = 3.53;
/// What a cell keeps free at its two sides.
const CELL_GAP: f64 = 2.0;
/// The first and the last line about the copies (clause 7.4.1).
const FOOT_RULE: f64 = 0.35;
/// From these lines to the copies.
const FOOT_GAP: f64 = 1.0;
/// From one line to the next in a table, in its size.
const TABLE_LEADING: f64 = 1.56;
/// Names of facts take so many of sixteen parts of a line, their values the rest; two of each stand in a line.
const FACT_SHARES: [f64; 4] = [3.0, 5.0, 3.0, 5.0];
/// Lines of a value beside another; a longer one takes the whole line.
const FACT_LINES: usize = 2;
/// Upper edge of a letter's masthead, from the page's.
const LETTER_TOP: f64 = 30.0;
/// Length of a letter's red double lines, which are centred on the page.
const LETTER_WIDTH: f64 = 170.0;
/// From a letter's masthead to its first double line.
const LETTER_GAP: f64 = 4.0;
/// From a letter's second double line to the page's lower edge.
const LETTER_BOTTOM: f64 = 20.0;
/// The two lines of a double line and the space between them.
const DOUBLE: (f64, f64, f64) = (0.8, 0.5, 0.3);
/// From a letter's double line to text: seven eighths of a character of size 3, 16 pt.
const LETTER_SPACE: f64 = 5.64 * 7.0 / 8.0;
/// Upper edge of letters over their baseline, in their size.
const ASCENT: f64 = 0.86;
/// A date stands so many characters from the right edge, where a seal is put on it.
const SEAL_CHARS: f64 = 4.0;
const BLACK: &str = "#000000";
const RED: &str = "#c8102e";
const GREY: &str = "#555555";

/// Lays a paper out: one SVG a page, in millimetres.
pub fn pages(paper: &Paper) -> Vec<String> {
    let mut setter = Setter::on(paper.form);
    match paper.form {
        Form::Bulletin => setter.masthead(paper),
        Form::Letter => setter.letterhead(paper),
        Form::Sheet | Form::Across => setter.sheet_head(paper),
    }
    for (at, block) in paper.blocks.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                // A heading never stands alone at the foot of a page.
                setter.room(
                    PITCH
                        + match paper.blocks.get(at + 1) {
                            Some(Block::Table(_)) => 4.0 * setter.pitch(),
                            Some(Block::Pictures(pictures)) => {
                                pictures.iter().take(2).map(|one| one.size_mm().1).fold(0.0, f64::max)
                                    + 2.0 * setter.pitch()
                            }
                            _ => PITCH,
                        },
                );
                setter.paragraph(text, true);
            }
            Block::Paragraph(text) => setter.paragraph(text, false),
            Block::Table(table) => {
                // A caption keeps away from a text before it.
                let is_after_text = matches!(paper.blocks.get(at.wrapping_sub(1)), Some(Block::Paragraph(_)));
                setter.y += if is_after_text && !table.caption.is_empty() { PITCH * 0.3 } else { 0.0 };
                setter.table(table);
            }
            Block::Facts(facts) => setter.facts(facts),
            Block::Pictures(pictures) => setter.pictures(pictures),
        }
    }
    if paper.form == Form::Letter {
        setter.signature(paper);
    }
    setter.proof(paper);
    setter.copies(paper);
    setter.finish(paper.form)
}

/// Pages being set. `y` is the top of the next line within the text block, whose corner and size are kept with it, all in
/// millimetres; `size` is that of letters in tables.
struct Setter {
    done: Vec<String>,
    page: String,
    y: f64,
    size: f64,
    left: f64,
    top: f64,
    width: f64,
    height_mm: f64,
}

/// A cell of a table.
struct Cell<'a> {
    text: &'a str,
    side: Side,
    is_head: bool,
    size: f64,
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    Middle,
    End,
}

/// What letters look like: 仿宋, 小标宋 and 黑体 of GB/T 9704-2012, or what stands in for them.
#[derive(Clone, Copy)]
enum Letters {
    Text,
    Title,
    Heading,
}

/// How a line is set.
#[derive(Clone, Copy)]
struct Face {
    size: f64,
    side: Side,
    letters: Letters,
    colour: &'static str,
}

impl Setter {
    /// An empty first page of a form.
    fn on(form: Form) -> Setter {
        let ((left, top), (width, height_mm)) = (form.corner_mm(), form.block_mm());
        let size = if form.is_sheet() { DENSE } else { SMALL };
        Setter { done: Vec::new(), page: String::new(), y: 0.0, size, left, top, width, height_mm }
    }

    fn text(&mut self, (x, y): (f64, f64), face: Face, text: &str) {
        let Face { size, side, letters, colour } = face;
        let anchor = match side {
            Side::Start => "start",
            Side::Middle => "middle",
            Side::End => "end",
        };
        let (family, weight) = match letters {
            Letters::Text => ("serif", "400"),
            Letters::Title => ("serif", "700"),
            Letters::Heading => ("sans-serif", "700"),
        };
        // Writing into a string does not fail.
        let _ = write!(
            self.page,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\" font-family=\"{family}\" font-weight=\"{weight}\" fill=\"{colour}\">{}</text>",
            number(x),
            number(y),
            number(size),
            escape(text)
        );
    }

    fn rule(&mut self, y: f64, thickness: f64, colour: &str) {
        let _ = write!(
            self.page,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"/>",
            number(self.left),
            number(y),
            number(self.width),
            number(thickness)
        );
    }

    /// Makes room for a height within the block, on the next page if this one has none.
    fn room(&mut self, height: f64) {
        if self.y + height > self.height_mm + 0.01 {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.done.push(std::mem::take(&mut self.page));
        self.y = 0.0;
    }

    fn stamps(&mut self, paper: &Paper) {
        if !paper.stamps.is_empty() {
            self.text(
                (self.left, self.top - 8.0),
                Face { size: SMALL, side: Side::Start, letters: Letters::Heading, colour: RED },
                &paper.stamps.join("  "),
            );
        }
    }

    /// A title in lines of about the same length, as the standard asks for.
    fn title(&mut self, title: &str) {
        // Bold figures are wider than half an em: a line is left with room for them.
        let widest = (self.width / TITLE - 1.0).floor();
        let whole = broken(title, widest, 0.0);
        let least = (ems(title) / whole.len() as f64).ceil();
        let widths = std::iter::successors(Some(least), |width| Some(width + 1.0)).take_while(|width| *width <= widest);
        let even = widths.map(|width| broken(title, width, 0.0)).find(|lines| lines.len() == whole.len());
        for line in even.unwrap_or(whole) {
            self.room(PITCH);
            self.text(
                (self.left + self.width / 2.0, self.top + self.y + BASELINE),
                Face { size: TITLE, side: Side::Middle, letters: Letters::Title, colour: BLACK },
                &line,
            );
            self.y += PITCH;
        }
    }

    /// Editor and date at the two ends of a line.
    fn office_and_date(&mut self, paper: &Paper, size: f64, indent: f64, baseline: f64) {
        let face = |side| Face { size, side, letters: Letters::Text, colour: BLACK };
        self.text((self.left + indent, baseline), face(Side::Start), &paper.office);
        self.text((self.left + self.width - indent, baseline), face(Side::End), &paper.date);
    }

    fn sheet_head(&mut self, paper: &Paper) {
        self.stamps(paper);
        self.title(&paper.title);
        self.office_and_date(paper, self.size, 0.0, self.top + self.y + self.size);
        self.y += self.size * TABLE_LEADING;
    }

    fn masthead(&mut self, paper: &Paper) {
        let centre = self.left + self.width / 2.0;
        self.stamps(paper);
        // The masthead's upper edge stands 35 mm below the block's top in a letterhead; a bulletin's stands at the block's top.
        let size = (self.width / bold_ems(&paper.masthead).max(1.0)).min(14.0);
        self.text(
            (centre, self.top + size),
            Face { size, side: Side::Middle, letters: Letters::Title, colour: RED },
            &paper.masthead,
        );
        self.y = size + 6.0;
        if !paper.number.is_empty() {
            self.text(
                (centre, self.top + self.y + BASELINE),
                Face { size: ADVANCE, side: Side::Middle, letters: Letters::Text, colour: BLACK },
                &paper.number,
            );
            self.y += PITCH;
        }
        self.office_and_date(paper, ADVANCE, ADVANCE, self.top + self.y + BASELINE);
        self.y += PITCH;
        self.rule(self.top + self.y + 1.0, 0.7, RED);
        self.y += PITCH * 0.75;
        self.title(&paper.title);
        self.y += PITCH * 0.5;
        self.recipients(paper);
    }

    fn letterhead(&mut self, paper: &Paper) {
        if !paper.stamps.is_empty() {
            let face = Face { size: SMALL, side: Side::Start, letters: Letters::Heading, colour: RED };
            self.text((self.left, LETTER_TOP - 4.0), face, &paper.stamps.join("  "));
        }
        let size = (LETTER_WIDTH / bold_ems(&paper.masthead).max(1.0)).min(14.0);
        let face = Face { size, side: Side::Middle, letters: Letters::Title, colour: RED };
        self.text((PAGE_WIDTH_MM / 2.0, LETTER_TOP + size * ASCENT), face, &paper.masthead);
        let line = LETTER_TOP + size + LETTER_GAP;
        let (thick, space, thin) = DOUBLE;
        self.red_line(line, thick);
        self.red_line(line + thick + space, thin);
        let bottom = PAGE_HEIGHT_MM - LETTER_BOTTOM;
        self.red_line(bottom - thick - space - thin, thin);
        self.red_line(bottom - thick, thick);
        let top = line + thick + space + thin + LETTER_SPACE;
        let face = Face { size: ADVANCE, side: Side::End, letters: Letters::Text, colour: BLACK };
        self.text((self.left + self.width, top + ADVANCE * ASCENT), face, &paper.number);
        self.y = top + ADVANCE - self.top + 2.0 * PITCH;
        self.title(&paper.title);
        self.y += PITCH;
        self.recipients(paper);
    }

    fn red_line(&mut self, y: f64, thickness: f64) {
        let _ = write!(
            self.page,
            "<rect x=\"{}\" y=\"{}\" width=\"{LETTER_WIDTH}\" height=\"{}\" fill=\"{RED}\"/>",
            number((PAGE_WIDTH_MM - LETTER_WIDTH) / 2.0),
            number(y),
            number(thickness)
        );
    }

    /// Who signs, centred over the date where there is room for it; never on a page of its own without text.
    fn signature(&mut self, paper: &Paper) {
        self.room(3.0 * PITCH);
        self.y += PITCH;
        let right = self.left + self.width;
        let half = |text: &str| ems(text) * ADVANCE / 2.0;
        let middle = right - SEAL_CHARS * ADVANCE - half(&paper.date);
        let face = Face { size: ADVANCE, side: Side::Middle, letters: Letters::Text, colour: BLACK };
        for (text, middle) in [(&paper.office, middle.min(right - half(&paper.office))), (&paper.date, middle)] {
            self.text((middle, self.top + self.y + BASELINE), face, text);
            self.y += PITCH;
        }
    }

    fn recipients(&mut self, paper: &Paper) {
        if paper.recipients.is_empty() {
            return;
        }
        for line in broken(&paper.recipients, CHARS, 0.0) {
            self.room(PITCH);
            let face = Face { size: ADVANCE, side: Side::Start, letters: Letters::Text, colour: BLACK };
            self.text((self.left, self.top + self.y + BASELINE), face, &line);
            self.y += PITCH;
        }
    }

    fn paragraph(&mut self, text: &str, is_heading: bool) {
        for (at, line) in broken(text, CHARS, 2.0).into_iter().enumerate() {
            self.room(PITCH);
            let indent = if at == 0 { 2.0 * ADVANCE } else { 0.0 };
            self.text(
                (self.left + indent, self.top + self.y + BASELINE),
                Face {
                    size: ADVANCE,
                    side: Side::Start,
                    letters: if is_heading { Letters::Heading } else { Letters::Text },
                    colour: BLACK,
                },
                &line,
            );
            self.y += PITCH;
        }
    }

    fn table(&mut self, table: &Table) {
        let Columns { widths, size, title_size } = columns(table, self.width, self.size, CELL_GAP);
        let head: Vec<Cell<'_>> = table
            .columns
            .iter()
            .map(|column| Cell { text: &column.title, side: Side::Middle, is_head: true, size: self.size * title_size })
            .collect();
        self.room(self.pitch() * 4.0);
        if !table.caption.is_empty() {
            self.text(
                (self.left + self.width / 2.0, self.top + self.y + self.size * 1.18),
                Face { size: self.size * 1.1, side: Side::Middle, letters: Letters::Heading, colour: BLACK },
                &table.caption,
            );
            self.y += self.pitch() * 1.2;
        }
        self.row(&widths, &head);
        for row in &table.rows {
            let cells: Vec<Cell<'_>> = row
                .iter()
                .zip(&table.columns)
                .map(|(text, column)| Cell {
                    text,
                    side: if column.is_number { Side::End } else { Side::Start },
                    is_head: false,
                    size: self.size * size,
                })
                .collect();
            if self.y + self.height(&widths, &cells) > self.height_mm {
                self.turn();
                self.row(&widths, &head);
            }
            self.row(&widths, &cells);
        }
        self.y += PITCH * 0.4;
    }

    fn facts(&mut self, facts: &[(String, String)]) {
        let whole: f64 = FACT_SHARES.iter().sum();
        let widths = FACT_SHARES.map(|share| self.width * share / whole);
        let alone = [widths[0], self.width - widths[0]];
        let mut rest = facts;
        while let [first, after @ ..] = rest {
            // A long value takes the line, and so does the last fact of an odd number.
            let is_long = |(_, value): &(String, String)| lines(value, widths[1], self.size).len() > FACT_LINES;
            let pair = match after {
                [second, ..] if !is_long(first) && !is_long(second) => &rest[..2],
                _ => &rest[..1],
            };
            rest = &rest[pair.len()..];
            let mut cells = Vec::new();
            for (name, value) in pair {
                cells.push(Cell { text: name, side: Side::Start, is_head: true, size: self.size });
                cells.push(Cell { text: value, side: Side::Start, is_head: false, size: self.size });
            }
            let widths = if pair.len() == 1 { &alone[..] } else { &widths[..] };
            self.room(self.height(widths, &cells));
            self.row(widths, &cells);
        }
        self.y += PITCH * 0.4;
    }

    /// Two pictures in a row, on one line of feet; under each what it shows.
    fn pictures(&mut self, pictures: &[Picture]) {
        let (width, pitch, size) = (PICTURE_MM, self.pitch(), self.size);
        for row in pictures.chunks(2) {
            let captions: Vec<Vec<String>> = row.iter().map(|one| lines(&one.caption, width, size)).collect();
            let tallest = row.iter().map(|one| one.size_mm().1).fold(0.0, f64::max);
            let words = captions.iter().map(Vec::len).max().unwrap_or(1) as f64 * pitch;
            self.room(tallest + words);
            for (at, (picture, caption)) in row.iter().zip(&captions).enumerate() {
                let (wide, high) = picture.size_mm();
                // A picture alone in its row stands in the middle of the block.
                let left = if row.len() == 1 { (self.width - width) / 2.0 } else { at as f64 * (self.width - width) };
                let (centre, top) = (self.left + left + width / 2.0, self.top + self.y);
                let _ = write!(
                    self.page,
                    "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"data:image/jpeg;base64,{}\"/>",
                    number(centre - wide / 2.0),
                    number(top + tallest - high),
                    number(wide),
                    number(high),
                    BASE64_STANDARD.encode(&picture.jpeg)
                );
                for (line_at, line) in caption.iter().enumerate() {
                    let y = top + tallest + line_at as f64 * pitch + size * 1.3;
                    self.text(
                        (centre, y),
                        Face { size, side: Side::Middle, letters: Letters::Text, colour: BLACK },
                        line,
                    );
                }
            }
            self.y += tallest + words + PITCH * 0.4;
        }
    }

    /// From one line of a table to the next.
    fn pitch(&self) -> f64 {
        self.size * TABLE_LEADING
    }

    fn height(&self, widths: &[f64], cells: &[Cell<'_>]) -> f64 {
        let lines = cells.iter().zip(widths).map(|(cell, width)| lines(cell.text, *width, cell.size).len());
        lines.max().unwrap_or(1) as f64 * self.pitch()
    }

    fn row(&mut self, widths: &[f64], cells: &[Cell<'_>]) {
        let (height, pitch) = (self.height(widths, cells), self.pitch());
        let (top, mut left) = (self.top + self.y, self.left);
        for (cell, width) in cells.iter().zip(widths) {
            let shade = if cell.is_head { "#f0ede6" } else { "none" };
            let _ = write!(
                self.page,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{shade}\" stroke=\"#000000\" stroke-width=\"0.15\"/>",
                number(left),
                number(top),
                number(*width),
                number(height)
            );
            let size = cell.size;
            for (at, line) in lines(cell.text, *width, size).iter().enumerate() {
                let y = top + at as f64 * pitch + self.size * 1.11;
                let x = match cell.side {
                    Side::Start => left + 1.2,
                    Side::Middle => left + width / 2.0,
                    Side::End => left + width - 1.2,
                };
                self.text(
                    (x, y),
                    Face {
                        size,
                        side: cell.side,
                        letters: if cell.is_head { Letters::Heading } else { Letters::Text },
                        colour: BLACK,
                    },
                    line,
                );
            }
            left += width;
        }
        self.y += height;
    }

    fn proof(&mut self, paper: &Paper) {
        if let Some(proof) = &paper.proof {
            let side = 26.0;
            self.room(side + 4.0);
            let (top, cell) = (self.top + self.y + 2.0, side / proof.cells.len().max(1) as f64);
            for (row, cells) in proof.cells.iter().enumerate() {
                for (column, _) in cells.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
                    let _ = write!(
                        self.page,
                        "<rect x=\"{:.3}\" y=\"{:.3}\" width=\"{:.3}\" height=\"{:.3}\" fill=\"#000000\"/>",
                        self.left + column as f64 * cell,
                        top + row as f64 * cell,
                        cell + 0.01,
                        cell + 0.01
                    );
                }
            }
            for (at, line) in proof.lines.iter().enumerate() {
                self.text(
                    (self.left + side + 4.0, top + 4.0 + at as f64 * 5.2),
                    Face { size: 3.4, side: Side::Start, letters: Letters::Text, colour: GREY },
                    line,
                );
            }
            self.y += side + 6.0;
        }
    }

    /// Copies at the very foot of the block of the last page, between two lines, of which the last is the block's lower edge;
    /// those of a letter without lines. A sheet has
    /// them where it ends.
    fn copies(&mut self, paper: &Paper) {
        let has_rules = paper.form != Form::Letter;
        if !paper.copies.is_empty() {
            let lines = paper.copies.len() as f64 * PITCH * 0.85;
            let height = lines + if has_rules { 2.0 * (FOOT_RULE + FOOT_GAP) } else { 0.0 };
            self.room(height);
            if !paper.form.is_sheet() {
                self.y = self.height_mm - height;
            }
            if has_rules {
                self.rule(self.top + self.y, FOOT_RULE, BLACK);
                self.y += FOOT_RULE + FOOT_GAP;
            }
            for line in &paper.copies {
                self.text(
                    (self.left + ADVANCE, self.top + self.y + BASELINE * 0.9),
                    Face { size: 4.94, side: Side::Start, letters: Letters::Text, colour: BLACK },
                    line,
                );
                self.y += PITCH * 0.85;
            }
            if has_rules {
                self.rule(self.top + self.y + FOOT_GAP, FOOT_RULE, BLACK);
            }
        }
    }

    fn finish(mut self, form: Form) -> Vec<String> {
        self.turn();
        let mut pages = self.done;
        for (at, page) in pages.iter_mut().enumerate() {
            // Page number: dash 7 mm below the block, a character in from the outer edge.
            let is_odd = at % 2 == 0;
            let mut setter = Setter { page: std::mem::take(page), ..Setter::on(form) };
            // What lies across is bound at its upper edge: its numbers all stand at the right.
            let is_right = is_odd || form.is_across();
            let (x, side) = if is_right {
                (self.left + self.width - ADVANCE, Side::End)
            } else {
                (self.left + ADVANCE, Side::Start)
            };
            if at > 0 || form != Form::Letter {
                setter.text(
                    (x, self.top + self.height_mm + 7.0 + 3.0),
                    Face { size: 4.94, side, letters: Letters::Text, colour: BLACK },
                    &format!("\u{2014} {} \u{2014}", at + 1),
                );
            }
            // Printed on both sides and bound at the left, an even page is bound at its right edge; across, at its lower one.
            let shift = if is_odd { 0.0 } else { LEFT_MM - OUTER_MM };
            let (left, top) = if form.is_across() { (0.0, shift) } else { (shift, 0.0) };
            let (width, height) = form.page_mm();
            *page = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{left} {top} {width} {height}\" width=\"{width}mm\" height=\"{height}mm\"><rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>{page_text}</svg>",
                left = number(left),
                top = number(top),
                page_text = setter.page
            );
        }
        pages
    }
}

/// What of a line stands before the numbers at its end and what they count: a day in full is one thing.
fn before_chain(line: &str) -> &str {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let mut rest = line.trim_end_matches(is_digit);
    loop {
        let short = rest.trim_end_matches(|letter: char| letter.is_alphabetic() && !letter.is_ascii());
        let number = short.trim_end_matches(is_digit);
        let is_one_mark = rest[short.len()..].chars().count() == 1;
        if !is_one_mark || number.len() == short.len() {
            return rest;
        }
        rest = number;
    }
}

/// What stays of a full line when a character comes that has no room on it: a word goes to the next line whole, a closing
/// mark takes along what it closes, and no opening mark is left behind. What fills a line by itself is broken at its end.
fn kept(line: &str, letter: char) -> &str {
    let is_closing = CLOSING.contains(letter);
    // Closing marks before it go along, too, and what stands a space before a sign.
    let closed = if is_closing { line.trim_end_matches(|mark| CLOSING.contains(mark) || mark == ' ') } else { line };
    let Some(last) = closed.chars().next_back() else { return line };
    let short = &closed[..closed.len() - last.len_utf8()];
    let kept = match (is_closing, is_word(letter)) {
        (true, _) if is_word(last) => short.trim_end_matches(is_word),
        (true, _) => short,
        (false, true) => line.trim_end_matches(is_word),
        // A number takes what it counts along.
        (false, false) if last.is_ascii_digit() && letter.is_alphanumeric() => line.trim_end_matches(is_word),
        (false, false) => line,
    };
    let is_chained = letter.is_ascii_digit() || (last.is_ascii_digit() && letter.is_alphanumeric());
    let whole = if is_chained { before_chain(line) } else { kept };
    let kept = if whole.trim().is_empty() || whole.len() > kept.len() { kept } else { whole };
    let kept = kept.trim_end_matches(|mark| OPENING.contains(mark));
    match kept.trim().is_empty() {
        false => kept,
        // Where there is no room for a word and its sign, the word stays whole.
        true if is_closing && line.ends_with(' ') => line,
        true if is_closing && !short.is_empty() => short,
        true => line,
    }
}

/// A cell's text in lines that fit its column, in letters of a size.
fn lines(text: &str, width: f64, size: f64) -> Vec<String> {
    broken(text, (width - CELL_GAP) / size, 0.0)
}

/// A text in lines of so many characters, the first shorter by its indent.
fn broken(text: &str, width: f64, indent: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut line, mut filled) = (String::new(), indent);
    for letter in text.chars().filter(|letter| *letter != '\r') {
        if letter == '\n' {
            lines.push(std::mem::take(&mut line));
            filled = 0.0;
            continue;
        }
        let wide = ems(letter.encode_utf8(&mut [0; 4]));
        if filled + wide > width + 0.01 && !line.is_empty() {
            let carried = line.split_off(kept(&line, letter).len());
            lines.push(line.trim_end().to_owned());
            filled = ems(&carried);
            line = carried;
            if letter == ' ' {
                continue;
            }
        }
        line.push(letter);
        filled += wide;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Column, Proof, qr};

    #[test]
    fn lines_are_full_and_no_mark_begins_one() {
        let text = "测".repeat(27) + "，" + &"量".repeat(5);
        let lines = broken(&text, 28.0, 2.0);
        assert_eq!(lines[0].chars().count(), 26, "the first is indented by two");
        assert_eq!(lines[1], format!("测，{}", "量".repeat(5)));
        let tight = broken(&("测".repeat(26) + "，" + "量"), 28.0, 2.0);
        assert_eq!((tight[0].chars().count(), tight[1].as_str()), (25, "测，量"), "the mark takes its character along");
        assert_eq!(broken("", 10.0, 0.0), [""]);
        let cases: [(&str, f64, &[&str]); 12] = [
            ("done 55.8 %, gap", 5.0, &["done", "55.8 %,", "gap"]),
            ("测量“五栋”；后", 6.0, &["测量“五", "栋”；后"]),
            ("关于2026年11月16日至22日", 8.0, &["关于", "2026年11月16日", "至22日"]),
            ("关于2026年11月16日至22日", 4.0, &["关于", "2026年", "11月", "16日至", "22日"]),
            ("共3号楼12层", 4.0, &["共3号楼", "12层"]),
            ("Under construction", 8.0, &["Under", "construction"]),
            ("2027-05-14", 3.0, &["2027-", "05-14"]),
            ("至2027-05-14止", 6.0, &["至", "2027-05-14", "止"]),
            ("距时限(天)", 4.0, &["距时限", "(天)"]),
            ("完成100%了", 3.0, &["完成", "100%", "了"]),
            ("测，量", 1.0, &["测", "，", "量"]),
            ("Planned %", 4.0, &["Planned", "%"]),
        ];
        for (text, width, expected) in cases {
            assert_eq!(broken(text, width, 0.0), expected, "{text}");
        }
    }

    /// A letter whose text is so many paragraphs.
    fn letter(paragraphs: usize) -> Paper {
        Paper {
            form: Form::Letter,
            masthead: "安居工程指挥部".into(),
            number: "安指函〔2026〕3号".into(),
            office: "安居工程指挥部".into(),
            date: "2026年11月25日".into(),
            title: "督办函".into(),
            recipients: "某某单位：".into(),
            blocks: (0..paragraphs).map(|_| Block::Paragraph("请按时办理。".into())).collect(),
            ..Paper::default()
        }
    }

    #[test]
    fn a_letter_keeps_the_measures_of_the_standard() {
        let pages = pages(&letter(2));
        assert_eq!(pages.len(), 1);
        let parsed = usvg::roxmltree::Document::parse(&pages[0]).unwrap();
        let measure =
            |node: &usvg::roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let lines: Vec<(f64, f64)> = parsed
            .descendants()
            .filter(|node| node.attribute("fill") == Some(RED) && node.has_tag_name("rect"))
            .map(|node| {
                assert_eq!((measure(&node, "x"), measure(&node, "width")), (20.0, 170.0), "centred, 170 mm long");
                (measure(&node, "y"), measure(&node, "height"))
            })
            .collect();
        let [upper, upper_thin, lower_thin, lower] = lines[..] else { panic!("two double lines: {lines:?}") };
        assert!(upper.1 > upper_thin.1 && upper.0 < upper_thin.0, "thick over thin under the masthead");
        assert!(lower.1 > lower_thin.1 && lower.0 > lower_thin.0, "thin over thick at the foot");
        assert!((lower.0 + lower.1 - 277.0).abs() < 0.01, "20 mm from the page's edge");
        let text =
            |wanted: &str| parsed.descendants().find(|node| node.text() == Some(wanted) && node.is_element()).unwrap();
        let head = text("安居工程指挥部");
        let size = measure(&head, "font-size");
        assert!((measure(&head, "y") - ASCENT * size - 30.0).abs() < 0.01, "30 mm from the page's upper edge");
        assert!((upper.0 - (30.0 + size) - 4.0).abs() < 0.01, "4 mm under the masthead");
        let number = text("安指函〔2026〕3号");
        assert_eq!((number.attribute("text-anchor"), measure(&number, "x")), (Some("end"), 184.0), "flush right");
        assert!(measure(&number, "y") > upper_thin.0);
        let date = text("2026年11月25日");
        let end = measure(&date, "x") + ems("2026年11月25日") * ADVANCE / 2.0;
        assert!((184.0 - end - 4.0 * ADVANCE).abs() < 0.01, "four characters from the right edge");
        assert!(!pages[0].contains("\u{2014} 1 \u{2014}"), "no number on the first page");
    }

    #[test]
    fn a_long_letter_is_numbered_from_its_second_page() {
        let pages = pages(&letter(30));
        assert_eq!(pages.len(), 2);
        assert!(pages[1].contains("\u{2014} 2 \u{2014}") && !pages[1].contains(RED));
    }

    #[test]
    fn the_last_line_is_the_lower_edge_and_pages_are_bound_at_their_inner_one() {
        for (paragraphs, count, is_even) in [(2, 1, false), (24, 2, true), (44, 3, false)] {
            let copies = vec!["报：区领导。".into(), "送：各专班。".into()];
            let pages = pages(&Paper { form: Form::Bulletin, copies, ..letter(paragraphs) });
            assert_eq!(pages.len(), count, "{paragraphs} paragraphs");
            let last = usvg::roxmltree::Document::parse(&pages[count - 1]).unwrap();
            let measure = |node: &usvg::roxmltree::Node<'_, '_>, name: &str| {
                node.attribute(name).unwrap().parse::<f64>().unwrap()
            };
            let rules: Vec<(f64, f64)> = last
                .descendants()
                .filter(|node| node.attribute("height") == Some("0.35"))
                .map(|node| (measure(&node, "y"), measure(&node, "width")))
                .collect();
            let [(first, _), (foot, width)] = rules[..] else { panic!("two lines: {rules:?}") };
            assert!((foot + 0.35 - (37.0 + 225.0)).abs() < 0.01 && width == 156.0, "{rules:?}");
            assert!(first < foot - 2.0 * 0.85 * PITCH);
            let shift = |page: &String| page.contains("viewBox=\"2 0 ");
            assert_eq!(pages.last().map(shift), Some(is_even), "28 mm at the left of odd pages, 26 of even ones");
            assert!(!shift(&pages[0]));
        }
    }

    #[test]
    fn a_wide_table_lies_across_and_is_bound_at_its_upper_edge() {
        let column = |at: usize| Column { title: format!("栏{at}"), share: 8, is_number: true };
        let table = Table {
            caption: String::new(),
            columns: (0..14).map(column).collect(),
            rows: (0..60).map(|row| (0..14).map(|at| format!("{row}.{at}")).collect()).collect(),
        };
        let paper =
            Paper {
                form: Form::Across, title: "月报表".into(), blocks: vec![Block::Table(table)], ..Paper::default()
            };
        let pages = pages(&paper);
        assert!(pages.len() > 1);
        for (at, page) in pages.iter().enumerate() {
            let parsed = usvg::roxmltree::Document::parse(page).unwrap();
            let top = if at % 2 == 0 { 0.0 } else { 2.0 };
            assert_eq!(parsed.root_element().attribute("viewBox"), Some(format!("0 {top} 297 210").as_str()));
            let rules = parsed
                .descendants()
                .filter(|node| node.has_tag_name("rect") && node.attribute("fill") != Some("#ffffff"));
            for rule in rules {
                let measure =
                    |name: &str| rule.attribute(name).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
                assert!(measure("x") > 34.9 && measure("x") + measure("width") < 260.1, "within its 225 mm");
                assert!(measure("y") > 27.9 && measure("y") + measure("height") < 184.1, "within its 156 mm");
            }
        }
        assert_eq!(pages.iter().map(|page| page.matches(".13</text>").count()).sum::<usize>(), 60, "no row is lost");
    }

    #[test]
    fn a_sheet_holds_facts_two_to_a_line() {
        let facts = |count: usize| (0..count).map(|at| (format!("名{at}"), format!("值{at}"))).collect::<Vec<_>>();
        let sheet = |count| Paper {
            form: Form::Sheet,
            title: "一页纸".into(),
            blocks: vec![Block::Facts(facts(count))],
            ..Paper::default()
        };
        let cases = [(1, 1), (40, 1), (120, 2)];
        for (count, expected) in cases {
            let pages = pages(&sheet(count));
            assert_eq!(pages.len(), expected, "{count} facts");
            assert_eq!(pages.iter().map(|page| page.matches(">值").count()).sum::<usize>(), count, "none is lost");
        }
    }

    #[test]
    fn a_long_table_repeats_its_head_and_pages_are_numbered() {
        let column = |title: &str, share, is_number| Column { title: title.into(), share, is_number };
        let table = Table {
            caption: "表".into(),
            columns: vec![column("项目", 3, false), column("比例", 1, true)],
            rows: (0..60).map(|at| vec![format!("项目{at}"), format!("{at}.0")]).collect(),
        };
        let paper = Paper {
            masthead: "周通报".into(),
            title: "一周情况".into(),
            blocks: vec![Block::Paragraph("正文".repeat(40)), Block::Table(table)],
            proof: Some(Proof { lines: vec!["№ 12".into()], cells: qr("guatu 12").unwrap() }),
            ..Paper::default()
        };
        let pages = pages(&paper);
        assert!(pages.len() >= 2);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("\u{2014} {} \u{2014}", at + 1)), "page {at} is numbered");
            assert!(at == 0 || !page.contains("项目") || page.contains(">比例</text>"), "the head stands on page {at}");
        }
        assert_eq!(
            pages.iter().map(|page| page.matches(">项目5").count()).sum::<usize>(),
            11,
            "no row is lost or twice"
        );
    }
}
