//! Workbooks that people fill in: headings whose last line is the key of the column, and cells that are named when something
//! stands against them.

use crate::plans::findings::{Findings, shortened};
use crate::plans::sheet::grid::Grid;
use crate::plans::{Limits, codes};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Characters of a cell: the longest text that a form takes.
const CELL_CHARS: usize = 2_000;
/// Characters of a text in the head of a printed page; Excel holds 255 of all together.
const HEAD_CHARS: usize = 90;
/// Paper A4 and A3 as Excel numbers them.
pub(crate) const A4: u8 = 9;
pub(crate) const A3: u8 = 8;

/// A cell that is filled in, and its name: `items!F12`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it holds, as text.
    pub text: String,
    /// Its name.
    pub at: String,
}

/// What is read of a workbook that people fill in: far more than one sheet can need.
pub(crate) fn limits() -> Limits {
    Limits { packed_bytes: 20 << 20, unpacked_bytes: 100 << 20, rows: 50_001, columns: 100, ..Limits::default() }
}

/// The key of a column: the last line of its heading.
pub(crate) fn key_line(heading: &str) -> Option<&str> {
    heading.lines().map(str::trim).rfind(|line| !line.is_empty())
}

/// A cell that holds something; one that holds too much is named and not read.
pub(crate) fn cell(
    sheet: &Grid,
    row: u32,
    cells: &HashMap<u32, String>,
    key: &str,
    findings: &mut Findings,
) -> Option<Cell> {
    let text = sheet.get(cells, key);
    if text.is_empty() {
        return None;
    }
    let at = sheet.cell(row, key);
    let count = text.chars().count();
    if count > CELL_CHARS {
        let message =
            format!("the text in `{at}` has {count} characters, at most {CELL_CHARS} are taken: `{}`", shortened(text));
        findings.error(codes::NAME, at, message);
        return None;
    }
    Some(Cell { text: text.to_owned(), at })
}

/// How the cells of a workbook to be filled in look.
pub(crate) struct Formats {
    pub(crate) heading: Format,
    pub(crate) input_heading: Format,
    pub(crate) plain: Format,
    pub(crate) day: Format,
    pub(crate) quiet: Format,
    pub(crate) input: Format,
}

impl Formats {
    pub(crate) fn new() -> Formats {
        let cell = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Top);
        let plain = cell.clone().set_text_wrap();
        let heading = plain.clone().set_bold().set_background_color("#f1ede5").set_align(FormatAlign::Center);
        // What is to be filled in is seen by its colour on a screen and by its frame on paper.
        let input = cell.clone().set_border(FormatBorder::Medium).set_background_color("#fff6d6");
        Formats {
            input_heading: heading.clone().set_border(FormatBorder::Medium).set_background_color("#ffe9a3"),
            heading,
            plain,
            day: cell.clone().set_num_format("yyyy-mm-dd"),
            quiet: cell.set_font_color("#5a626c"),
            input,
        }
    }
}

/// A workbook whose bytes depend on its content alone: what its figures stand on is in the note, not in the file's properties.
pub(crate) fn new_book(title: &str) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(
        &DocProperties::new().set_title(title).set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?),
    );
    Ok(book)
}

/// The first lines of the sheet for people: title, note, and how the workbook is filled in.
pub(crate) fn write_about(sheet: &mut Worksheet, title: &str, note: &str, lines: &[String]) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    sheet.set_column_width(0, 70)?.set_column_width(1, 30)?;
    sheet.write_string_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14).set_text_wrap())?;
    sheet.write_string_with_format(1, 0, note, &wrapped.clone().set_font_color(Color::RGB(0x005a_626c)))?;
    for (row, line) in (3..).zip(lines) {
        sheet.write_string_with_format(row, 0, line, &wrapped)?;
    }
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0);
    Ok(())
}

/// What prints: the heading on every page, title and note over it, the whole width on one page.
pub(crate) fn finish(
    sheet: &mut Worksheet,
    title: &str,
    note: &str,
    frozen_columns: u16,
    paper: u8,
) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, frozen_columns)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_paper_size(paper).set_print_fit_to_pages(1, 0);
    sheet.set_header(format!("&L{}&R{}", in_head(title), in_head(note)));
    sheet.set_footer("&L&A&R&P / &N");
    Ok(())
}

/// A text as the head of a printed page takes it: an ampersand begins an order there.
fn in_head(text: &str) -> String {
    text.chars().take(HEAD_CHARS).collect::<String>().replace('&', "&&")
}
