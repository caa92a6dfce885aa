//! Registers (台账) as workbooks that print: title, a line with date and origin, a heading that stays and repeats, filters.
//!
//! Texts stay texts whatever they begin with, dates are dates and numbers numbers, so that a sheet can be sorted and summed
//! where it is opened.

use jiff::civil::Date;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Paper A4 and A3 as Excel numbers them.
const A4: u8 = 9;
const A3: u8 = 8;
/// More columns than this need A3 to be read.
const COLUMNS_OF_A4: usize = 9;
/// Narrowest and widest column, in characters.
const WIDTHS: (f64, f64) = (8.0, 44.0);
/// Row of the heading: the title and the line under it stand above.
const HEADING: u32 = 2;

/// A cell of a register.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Text.
    Text(String),
    /// A number, with as many decimals as it has.
    Number(f64),
    /// A day.
    Date(Date),
}

impl Cell {
    /// As people read it on a page.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => format!("{number}"),
            Cell::Date(date) => date.to_string(),
        }
    }
}

/// A register to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Title.
    pub title: String,
    /// Under it: of which day, on which ledger number, by whom.
    pub note: String,
    /// Headings.
    pub columns: Vec<String>,
    /// Rows, as many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// Writes a register as a workbook.
///
/// # Errors
/// More rows or columns than a sheet holds.
pub fn write(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    write_named(&[("Sheet1", sheet)])
}

/// Writes several registers as one workbook, each on a sheet of its name.
///
/// # Errors
/// More rows or columns than a sheet holds, or a name that no sheet can have.
pub fn write_named(sheets: &[(&str, &Sheet)]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let title = sheets.first().map_or("", |(_, sheet)| sheet.title.as_str());
    // Same content, same bytes: the time of writing stands in the note, not in the file's properties.
    book.set_properties(
        &DocProperties::new().set_title(title).set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?),
    );
    for (name, sheet) in sheets {
        fill(book.add_worksheet().set_name(*name)?, sheet)?;
    }
    book.save_to_buffer()
}

fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::VerticalCenter);
    let quiet = Format::new().set_font_color("#5a626c");
    let cell = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
    let heading = cell.clone().set_bold().set_background_color("#f1ede5").set_align(FormatAlign::Center);
    let day = cell.clone().set_num_format("yyyy-mm-dd");
    page.write_string_with_format(0, 0, &sheet.title, &title)?;
    page.write_string_with_format(1, 0, &sheet.note, &quiet)?;
    for (column, name) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(HEADING, column, name, &heading)?;
        page.set_column_width(column, width(sheet, usize::from(column)))?;
    }
    for (row, cells) in (HEADING + 1..).zip(&sheet.rows) {
        for (column, value) in (0_u16..).zip(cells) {
            match value {
                Cell::Empty => page.write_blank(row, column, &cell)?,
                Cell::Text(text) => page.write_string_with_format(row, column, text, &cell)?,
                Cell::Number(number) => page.write_number_with_format(row, column, *number, &cell)?,
                Cell::Date(date) => {
                    let value = ExcelDateTime::from_ymd(
                        date.year().unsigned_abs(),
                        date.month().unsigned_abs(),
                        date.day().unsigned_abs(),
                    )?;
                    page.write_datetime_with_format(row, column, &value, &day)?
                }
            };
        }
    }
    let last_column = u16::try_from(sheet.columns.len().max(1) - 1).unwrap_or(u16::MAX);
    let last_row = HEADING + u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX - HEADING);
    page.autofilter(HEADING, 0, last_row, last_column)?;
    page.set_freeze_panes(HEADING + 1, 1)?;
    page.set_repeat_rows(0, HEADING)?;
    page.set_landscape()
        .set_paper_size(if sheet.columns.len() > COLUMNS_OF_A4 { A3 } else { A4 })
        .set_print_fit_to_pages(1, 0);
    page.set_footer("&L&A&R&P / &N");
    Ok(())
}

/// Width that a column's texts need: Han characters take two.
fn width(sheet: &Sheet, column: usize) -> f64 {
    let chars = |text: &str| text.chars().map(|letter| if letter as u32 >= 0x2e80 { 2.0 } else { 1.1 }).sum::<f64>();
    let longest =
        sheet.rows.iter().filter_map(|row| row.get(column)).map(|cell| chars(&cell.text())).fold(0.0, f64::max);
    (longest.max(chars(&sheet.columns[column]) + 2.0) + 1.0).clamp(WIDTHS.0, WIDTHS.1)
}

#[cfg(test)]
mod tests {
    use super::{Cell, Sheet, write, write_named};
    use calamine::{Data, Reader, Xlsx};
    use jiff::civil::date;
    use std::io::Cursor;

    #[test]
    fn a_register_is_read_again_as_it_was_written() {
        let sheet = Sheet {
            title: "Projects".into(),
            note: "2026-11-25".into(),
            columns: vec!["Name".into(), "Flats".into(), "Due".into(), "Official".into()],
            rows: vec![
                vec![Cell::Text("=1+1".into()), Cell::Number(120.5), Cell::Date(date(2027, 6, 30)), Cell::Empty],
                vec![Cell::Text("-1F".into()), Cell::Number(0.0), Cell::Empty, Cell::Text("Wen".into())],
            ],
        };
        let bytes = write(&sheet).unwrap();
        assert_eq!(bytes, write(&sheet).unwrap(), "the same content gives the same bytes");
        let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
        let name = book.sheet_names()[0].clone();
        let range = book.worksheet_range(&name).unwrap();
        let at = |row, column| range.get_value((row, column)).cloned().unwrap_or(Data::Empty);
        assert_eq!(at(0, 0), Data::String("Projects".into()));
        assert_eq!(at(2, 3), Data::String("Official".into()));
        assert_eq!(at(3, 0), Data::String("=1+1".into()), "a text, not a formula");
        assert_eq!(at(3, 1), Data::Float(120.5));
        assert!(matches!(at(3, 2), Data::DateTime(_)));
        assert_eq!(at(4, 0), Data::String("-1F".into()));

        let bytes =
            write_named(&[("Form", &sheet), ("Sources", &Sheet { title: "Sources".into(), ..sheet.clone() })]).unwrap();
        let book = Xlsx::new(Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), ["Form", "Sources"]);
    }
}
