//! Lists as workbooks to be filled in: an empty list with its columns and choices is written, a filled one is read row by row
//! with the cell of every value. What a value may be is decided by the rules that forms are held to.

use crate::filled::{self, A4, Cell, Formats, cell, key_line, limits, new_book};
use crate::plans::codes;
use crate::plans::findings::{Findings, fault};
use crate::plans::parcel::{packed, unpacked};
use crate::plans::sheet::grid::{self, Formulas};
use guatu_kernel::diagnose::Diagnostic;
use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Formula, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The sheet of the list.
const LIST: &str = "list";
/// The sheet that says how it is filled in, and holds the choices.
const ABOUT: &str = "about";
/// Rows that are laid out to be filled in; more may follow.
const EMPTY_ROWS: u32 = 500;
/// The first column of [`ABOUT`] that holds choices.
const FIRST_CHOICES: u16 = 2;

/// A column of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its key, the last line of its heading.
    pub key: &'static str,
    /// Its name, in the language of whoever asks.
    pub name: String,
    /// What it may hold; empty for anything.
    pub choices: Vec<String>,
    /// Whether every row needs it.
    pub is_needed: bool,
    /// Its width in characters.
    pub width: u16,
}

/// A list to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is about.
    pub title: String,
    /// When and by which ledger number it was made.
    pub note: String,
    /// How it is filled in, a paragraph each.
    pub lines: Vec<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What Excel says of a value that is none of the choices.
    pub not_a_choice: String,
}

/// A row that says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The name of its first cell.
    pub at: String,
    /// Cells by the key of their column.
    pub cells: Vec<(String, Cell)>,
}

impl Row {
    /// The cell of a column, if it holds something.
    pub fn get(&self, key: &str) -> Option<&Cell> {
        self.cells.iter().find(|(known, _)| known == key).map(|(_, cell)| cell)
    }
}

/// What a workbook gave.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Rows in the order of the sheet.
    pub rows: Vec<Row>,
    /// Findings in the order met.
    pub diagnostics: Vec<Diagnostic>,
}

/// Writes an empty list.
///
/// # Errors
/// More columns or choices than a sheet holds.
pub fn write(form: &Form) -> Result<Vec<u8>, XlsxError> {
    let mut book = new_book(&form.title)?;
    write_list(book.add_worksheet(), form)?;
    write_about(book.add_worksheet(), form)?;
    book.save_to_buffer()
}

fn write_list(sheet: &mut Worksheet, form: &Form) -> Result<(), XlsxError> {
    sheet.set_name(LIST)?;
    let formats = Formats::new();
    let mut choices = FIRST_CHOICES;
    for (at, column) in (0..).zip(&form.columns) {
        let heading = if column.is_needed { &formats.input_heading } else { &formats.heading };
        sheet.write_string_with_format(0, at, format!("{}\n{}", column.name, column.key), heading)?;
        sheet.set_column_width(at, f64::from(column.width))?;
        for row in 1..=EMPTY_ROWS {
            sheet.write_blank(row, at, &formats.input)?;
        }
        if !column.choices.is_empty() {
            let list = format!("={ABOUT}!${0}$1:${0}${1}", letter(choices), column.choices.len());
            let rule = DataValidation::new().allow_list_formula(Formula::new(list));
            let rule = rule.set_error_message(&form.not_a_choice)?;
            sheet.add_data_validation(1, at, EMPTY_ROWS, at, &rule)?;
            choices += 1;
        }
    }
    filled::finish(sheet, &form.title, &form.note, 1, A4)
}

fn write_about(sheet: &mut Worksheet, form: &Form) -> Result<(), XlsxError> {
    sheet.set_name(ABOUT)?;
    filled::write_about(sheet, &form.title, &form.note, &form.lines)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let listed = form.columns.iter().filter(|column| !column.choices.is_empty());
    for (at, column) in (FIRST_CHOICES..).zip(listed) {
        sheet.set_column_width(at, f64::from(column.width))?;
        for (row, choice) in (0..).zip(&column.choices) {
            sheet.write_string_with_format(row, at, choice, &wrapped)?;
        }
    }
    Ok(())
}

/// The letter of a column; lists have a handful of columns with choices.
fn letter(column: u16) -> char {
    char::from(b'A' + u8::try_from(column).unwrap_or_default())
}

/// Reads a filled list. Never panics, whatever the bytes; every fault is a diagnostic.
pub fn read(bytes: &[u8]) -> Reading {
    let mut findings = Findings::default();
    let rows = read_rows(bytes, &mut findings).unwrap_or_else(|fault| {
        findings.push(fault);
        Vec::new()
    });
    Reading { rows, diagnostics: findings.finish() }
}

fn read_rows(bytes: &[u8], findings: &mut Findings) -> Result<Vec<Row>, Diagnostic> {
    let limits = limits();
    if bytes.len() > limits.packed_bytes {
        let message = format!("the file has more than {} MB, at most that is read", limits.packed_bytes >> 20);
        return Err(fault(codes::TOO_LARGE, "file", message));
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(fault(codes::UNKNOWN_FORMAT, "file", "the file is not an Excel workbook (xlsx)"));
    }
    let mut book = grid::open(bytes, &limits)?;
    let key_of = |heading: &str| key_line(heading).filter(|key| is_key(key)).map(str::to_owned);
    let sheet = grid::read(&mut book, LIST, key_of, Formulas::Refused, &limits, findings)?;
    if sheet.columns.is_empty() {
        let message = format!("the workbook has no sheet `{LIST}` with headings; fetch it again and fill that one in");
        return Err(fault(codes::MISSING, LIST, message));
    }
    let keys: Vec<String> = sheet.columns.iter().map(|(key, _)| key.clone()).collect();
    let mut rows = Vec::new();
    for (number, texts) in &sheet.rows {
        let cells: Vec<(String, Cell)> =
            keys.iter().filter_map(|key| Some((key.clone(), cell(&sheet, *number, texts, key, findings)?))).collect();
        if !cells.is_empty() {
            rows.push(Row { at: sheet.cell(*number, &keys[0]), cells });
        }
    }
    Ok(rows)
}

/// Whether a text can be the key of a column.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Packs a reading, to be handed from the process that read it to the one that asked.
pub fn pack(reading: &Reading) -> Vec<u8> {
    json!({ "rows": reading.rows, "diagnostics": packed(&reading.diagnostics) }).to_string().into_bytes()
}

/// Unpacks a reading; `None` when the bytes are not a whole one, as when its reader ended early.
pub fn unpack(bytes: &[u8]) -> Option<Reading> {
    let mut parcel: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(Reading {
        rows: serde_json::from_value(parcel["rows"].take()).ok()?,
        diagnostics: unpacked(&parcel["diagnostics"])?,
    })
}

/// The reading of a workbook whose reader ended early for want of memory or time.
pub fn gave_up(message: &str) -> Reading {
    Reading { diagnostics: vec![fault(codes::GAVE_UP, "file", message)], ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::Workbook;

    fn form() -> Form {
        let kinds = Column {
            key: "kind",
            name: "Kind".into(),
            choices: vec!["a".into(), "b".into()],
            is_needed: true,
            width: 12,
        };
        let name = Column { key: "name", name: "Name".into(), is_needed: true, width: 20, ..Column::default() };
        Form {
            title: "T & U".into(),
            note: "n".into(),
            lines: vec!["how".into()],
            columns: vec![name, kinds],
            not_a_choice: "choose".into(),
        }
    }

    #[test]
    fn an_empty_list_is_read_as_no_rows() {
        let bytes = write(&form()).unwrap();
        assert_eq!(bytes, write(&form()).unwrap(), "the same list, the same bytes");
        let reading = read(&bytes);
        assert_eq!((reading.rows, reading.diagnostics.len()), (Vec::new(), 0));
    }

    #[test]
    fn a_filled_list_gives_rows_with_cells_and_names_what_is_wrong() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name(LIST).unwrap();
        for (at, heading) in ["Name\nname", "Anything else!", "Kind\nkind"].iter().enumerate() {
            sheet.write_string(0, at as u16, *heading).unwrap();
        }
        sheet.write_string(1, 0, " one ").unwrap().write_string(1, 2, "a").unwrap();
        sheet.write_string(3, 2, "b").unwrap().write_string(3, 1, "a remark").unwrap();
        sheet.write_formula(4, 0, "=1+1").unwrap();
        sheet.write_string(5, 0, "x".repeat(CELL_TOO_LONG)).unwrap();
        let reading = read(&book.save_to_buffer().unwrap());
        let cell = |text: &str, at: &str| Cell { text: text.into(), at: at.into() };
        let rows = vec![
            Row {
                at: "list!A2".into(),
                cells: vec![("name".into(), cell("one", "list!A2")), ("kind".into(), cell("a", "list!C2"))],
            },
            Row { at: "list!A4".into(), cells: vec![("kind".into(), cell("b", "list!C4"))] },
        ];
        assert_eq!(reading.rows, rows);
        let found: Vec<(&str, &str)> =
            reading.diagnostics.iter().map(|one| (one.code, one.at.as_deref().unwrap_or_default())).collect();
        assert_eq!(found, [("F-201", "list!B1"), ("F-104", "list!A5"), ("F-116", "list!A6")]);
        let back = unpack(&pack(&reading)).unwrap();
        assert_eq!((back.rows, back.diagnostics.len()), (reading.rows, 3));
    }

    const CELL_TOO_LONG: usize = 2_001;

    #[test]
    fn what_is_no_list_is_refused_with_one_finding() {
        let mut other = Workbook::new();
        other.add_worksheet();
        let cases: [(&str, Vec<u8>, &str); 3] = [
            ("a text", b"name,kind".to_vec(), "F-101"),
            ("half an archive", b"PK\x03\x04half".to_vec(), "F-103"),
            ("another workbook", other.save_to_buffer().unwrap(), "F-111"),
        ];
        for (name, bytes, code) in cases {
            let reading = read(&bytes);
            let codes: Vec<&str> = reading.diagnostics.iter().map(|one| one.code).collect();
            assert_eq!((reading.rows.len(), codes), (0, vec![code]), "{name}");
        }
    }
}
