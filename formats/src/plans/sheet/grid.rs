//! A sheet of a workbook as rows of texts by column. Cells are streamed one by one; a cell far outside is named instead of
//! making room for it.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use guatu_kernel::diagnose::Diagnostic;

use super::{cell_name, guard};
use crate::plans::findings::{Findings, fault, shortened};
use crate::plans::{Limits, codes};

/// A workbook that has been looked at as a ZIP.
pub(crate) type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

/// What becomes of a cell that holds a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Formulas {
    /// The value that was computed last counts.
    ByValue,
    /// It is named and not read: whoever answers for a figure types it.
    Refused,
}

/// A sheet as rows of cells by column key.
#[derive(Default)]
pub(crate) struct Grid {
    pub(crate) name: &'static str,
    /// Key and position of each known column.
    pub(crate) columns: Vec<(String, u32)>,
    /// Rows below the heading that hold anything, each with its number from 0 and its texts by column.
    pub(crate) rows: Vec<(u32, HashMap<u32, String>)>,
}

impl Grid {
    /// A sheet that is not there.
    pub(crate) fn absent(name: &'static str) -> Grid {
        Grid { name, ..Grid::default() }
    }

    /// Where a column stands.
    pub(crate) fn position(&self, key: &str) -> Option<u32> {
        self.columns.iter().find(|(known, _)| *known == key).map(|(_, at)| *at)
    }

    /// The text of a cell, empty where there is none.
    pub(crate) fn get<'r>(&self, row: &'r HashMap<u32, String>, key: &str) -> &'r str {
        self.position(key).and_then(|at| row.get(&at)).map_or("", String::as_str)
    }

    /// The name of a cell.
    pub(crate) fn cell(&self, row: u32, key: &str) -> String {
        cell_name(self.name, row, self.position(key).unwrap_or(0))
    }
}

/// Opens a workbook, once it has been looked at as a ZIP.
///
/// # Errors
/// Bytes that are no workbook, or one beyond the limits.
pub(crate) fn open<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Book<'b>, Diagnostic> {
    guard::check(bytes, limits)?;
    Xlsx::new(Cursor::new(bytes)).map_err(|error: XlsxError| {
        fault(codes::MALFORMED, "file", format!("the workbook cannot be read: {}", shortened(&error.to_string())))
    })
}

/// Reads a sheet; one that is not there has no columns. `key_of` gives the key of a heading, if it is one that is known.
///
/// # Errors
/// A damaged sheet, or a cell beyond the limits.
pub(crate) fn read(
    book: &mut Book<'_>,
    name: &'static str,
    key_of: impl Fn(&str) -> Option<String>,
    formulas: Formulas,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Grid, Diagnostic> {
    let damaged = |error: XlsxError| {
        fault(codes::MALFORMED, name, format!("the sheet {name} cannot be read: {}", shortened(&error.to_string())))
    };
    let mut sheet = Grid::absent(name);
    if !book.sheet_names().iter().any(|known| known == name) {
        return Ok(sheet);
    }
    let mut reader = book.worksheet_cells_reader(name).map_err(damaged)?;
    let mut heading_row = None;
    loop {
        let (position, value, has_formula) = match formulas {
            Formulas::ByValue => match reader.next_cell().map_err(damaged)? {
                Some(cell) => (cell.get_position(), cell.get_value().clone(), false),
                None => break,
            },
            Formulas::Refused => match reader.next_cell_with_formula_metadata().map_err(damaged)? {
                Some(cell) => (cell.pos, cell.value, cell.formula.is_some()),
                None => break,
            },
        };
        let (row, column) = position;
        let at = cell_name(name, row, column);
        let text = text_of(&value, &at, findings);
        if text.is_none() && !has_formula {
            continue;
        }
        if row >= limits.rows || column >= limits.columns {
            let message = format!(
                "the cell {at} lies outside the {} rows and {} columns that are read",
                limits.rows, limits.columns
            );
            return Err(fault(codes::LIMIT, at, message));
        }
        if *heading_row.get_or_insert(row) == row {
            let text = text.unwrap_or_default();
            match key_of(&text) {
                Some(key) if sheet.position(&key).is_none() => sheet.columns.push((key, column)),
                _ => {
                    let message =
                        format!("the column `{}` is not part of the template and was ignored", shortened(&text));
                    findings.warn_at(codes::UNKNOWN_FIELD, at, message);
                }
            }
            continue;
        }
        let is_known = sheet.columns.iter().any(|(_, known)| *known == column);
        if has_formula && is_known {
            let message = format!("`{at}` holds a formula; type the value itself");
            findings.error(codes::FORBIDDEN, at, message);
            continue;
        }
        let Some(text) = text else { continue };
        match sheet.rows.last_mut() {
            Some((last, cells)) if *last == row => {
                cells.insert(column, text);
            }
            _ => sheet.rows.push((row, HashMap::from([(column, text)]))),
        }
    }
    Ok(sheet)
}

/// The text of a cell; empty cells give nothing. The escape of formula prefixes is taken off.
fn text_of(value: &DataRef<'_>, at: &str, findings: &mut Findings) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => shown(*number),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(value) if value.is_datetime() => {
            let (year, month, day, hour, minute, ..) = value.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"),
            }
        }
        DataRef::DateTime(value) => value.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => {
            findings.error(codes::BAD_VALUE, at, format!("the formula in {at} gives the error {error}"));
            return None;
        }
    };
    let plain = text.strip_prefix('\'').filter(|rest| super::write::needs_escape(rest));
    let text = plain.map_or_else(|| text.trim().to_owned(), str::to_owned);
    (!text.is_empty()).then_some(text)
}

/// A number as the program shows it: fifteen digits, so that what it added up in binary is what somebody meant.
fn shown(number: f64) -> String {
    format!("{number:.14e}").parse().unwrap_or(number).to_string()
}
