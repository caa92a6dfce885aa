//! A workbook as it was sent, with what was found in it: cells filled in and each with its sentence as a note, and everything
//! that was found on a sheet of its own behind the others.
//!
//! Values are written anew, and formats are not: what was sent is read within the limits of every workbook, and nothing of it is
//! carried over that a reader here does not understand.

use calamine::{DataRef, Reader};
use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet, XlsxError};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use crate::filled::limits;
use crate::plans::Limits;
use crate::plans::sheet::grid::{self, Book};

/// Fill of a cell that was refused, and of one that is doubted.
const FILLS: (Color, Color) = (Color::RGB(0x00F4_B6B6), Color::RGB(0x00FB_E3A6));
/// Widest column of a copied sheet in pixels.
const WIDEST_PX: u32 = 300;
/// Characters of a note; a longer sentence stands whole on the last sheet.
const NOTE_CHARS: usize = 500;
/// Widths of the last sheet in characters: where, what, its code.
const WIDTHS: [f64; 3] = [20.0, 90.0, 10.0];

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// A cell, as `items!I2`, or what else it is about; empty for the whole file.
    pub at: String,
    /// What is wrong, in the language of whoever sent it.
    pub said: String,
    /// Its code.
    pub code: String,
    /// Whether the file is refused for it.
    pub is_error: bool,
}

impl Mark {
    /// Sheet, row and column, where it is about a cell.
    pub fn cell(&self) -> Option<(&str, u32, u16)> {
        let (sheet, cell) = self.at.rsplit_once('!')?;
        let letters = cell.len() - cell.trim_start_matches(|letter: char| letter.is_ascii_uppercase()).len();
        let (column, row) = cell.split_at(letters);
        let column = column
            .bytes()
            .try_fold(0_u32, |sum, letter| sum.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1))?;
        Some((sheet, row.parse::<u32>().ok()?.checked_sub(1)?, u16::try_from(column.checked_sub(1)?).ok()?))
    }
}

/// What the last sheet is called, and its headings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Its name.
    pub name: String,
    /// Where, what, code.
    pub headings: [String; 3],
}

/// Writes the workbook with its marks. `None` when it cannot be read, or holds more than is read of any.
pub fn write(bytes: &[u8], marks: &[Mark], words: &Words) -> Option<Vec<u8>> {
    let limits = limits();
    let mut book = grid::open(bytes, &limits).ok()?;
    let mut copy = Workbook::new();
    let names = book.sheet_names();
    for name in &names {
        let of_sheet = marks.iter().filter_map(|mark| {
            let (sheet, row, column) = mark.cell()?;
            (sheet == name && row < limits.rows && u32::from(column) < limits.columns).then_some(((row, column), mark))
        });
        let mut by_cell: HashMap<(u32, u16), Vec<&Mark>> = HashMap::new();
        of_sheet.for_each(|(at, mark)| by_cell.entry(at).or_default().push(mark));
        let sheet = copy.add_worksheet();
        sheet.set_name(name).ok()?;
        copy_sheet(&mut book, name, sheet, &by_cell, &limits)?;
        sheet.set_autofit_max_width(WIDEST_PX).autofit();
    }
    list(&mut copy, marks, words, &names).ok()?;
    copy.save_to_buffer().ok()
}

/// Copies the values of a sheet, and marks its cells.
fn copy_sheet(
    book: &mut Book<'_>,
    name: &str,
    sheet: &mut Worksheet,
    marks: &HashMap<(u32, u16), Vec<&Mark>>,
    limits: &Limits,
) -> Option<()> {
    let mut reader = book.worksheet_cells_reader(name).ok()?;
    let mut filled: HashSet<(u32, u16)> = HashSet::new();
    while let Some(cell) = reader.next_cell().ok()? {
        let (row, column) = cell.get_position();
        if row >= limits.rows || column >= limits.columns {
            continue;
        }
        let column = u16::try_from(column).ok()?;
        let format = marks.get(&(row, column)).map_or_else(Format::new, |marks| fill(marks));
        if put(sheet, (row, column), cell.get_value(), format).ok()? {
            filled.insert((row, column));
        }
    }
    for (at, marks) in marks {
        let (row, column) = *at;
        let said: Vec<&str> = marks.iter().map(|mark| mark.said.as_str()).collect();
        let said: String = said.join("\n").chars().take(NOTE_CHARS).collect();
        if !filled.contains(at) {
            sheet.write_blank(row, column, &fill(marks)).ok()?;
        }
        sheet.insert_note(row, column, &Note::new(said).add_author_prefix(false)).ok()?;
    }
    Some(())
}

fn fill(marks: &[&Mark]) -> Format {
    let is_error = marks.iter().any(|mark| mark.is_error);
    Format::new().set_background_color(if is_error { FILLS.0 } else { FILLS.1 })
}

/// Writes a value; whether there was one.
fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &DataRef<'_>,
    format: Format,
) -> Result<bool, XlsxError> {
    match value {
        DataRef::Empty => return Ok(false),
        DataRef::Int(number) => sheet.write_number_with_format(row, column, *number as f64, &format)?,
        DataRef::Float(number) => sheet.write_number_with_format(row, column, *number, &format)?,
        DataRef::Bool(is_true) => sheet.write_boolean_with_format(row, column, *is_true, &format)?,
        DataRef::DateTime(moment) => {
            let shown = if moment.as_f64().fract() == 0.0 { "yyyy-mm-dd" } else { "yyyy-mm-dd hh:mm" };
            sheet.write_number_with_format(row, column, moment.as_f64(), &format.set_num_format(shown))?
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            sheet.write_string_with_format(row, column, text.as_str(), &format)?
        }
        DataRef::SharedString(text) => sheet.write_string_with_format(row, column, *text, &format)?,
        DataRef::Error(error) => sheet.write_string_with_format(row, column, error.to_string(), &format)?,
    };
    Ok(true)
}

/// Everything that was found, whether a cell has it or not.
fn list(copy: &mut Workbook, marks: &[Mark], words: &Words, taken: &[String]) -> Result<(), XlsxError> {
    let mut name = words.name.clone();
    while taken.contains(&name) {
        name.push('+');
    }
    let sheet = copy.add_worksheet();
    sheet.set_name(&name)?;
    let (bold, wrap) = (Format::new().set_bold(), Format::new().set_text_wrap());
    for (at, (heading, width)) in words.headings.iter().zip(WIDTHS).enumerate() {
        sheet.set_column_width(at as u16, width)?;
        sheet.write_string_with_format(0, at as u16, heading, &bold)?;
    }
    for (at, mark) in marks.iter().enumerate() {
        let row = at as u32 + 1;
        sheet.write_string_with_format(row, 0, &mark.at, &fill(&[mark]))?;
        sheet.write_string_with_format(row, 1, &mark.said, &wrap)?;
        sheet.write_string(row, 2, &mark.code)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Xlsx};
    use std::io::{Cursor, Read};

    fn mark(at: &str, is_error: bool) -> Mark {
        Mark { at: at.into(), said: format!("wrong at {at}"), code: "F-104".into(), is_error }
    }

    #[test]
    fn a_mark_names_its_cell() {
        for (at, expected) in [
            ("items!A1", Some(("items", 0, 0))),
            ("items!AA12", Some(("items", 11, 26))),
            ("a!b!C3", Some(("a!b", 2, 2))),
            ("calendars[0]", None),
            ("items!", None),
            ("items!A0", None),
            ("items!A", None),
            ("items!12", None),
            ("items!AAAAAAAA1", None),
            ("", None),
        ] {
            assert_eq!(mark(at, true).cell(), expected, "{at}");
        }
    }

    #[test]
    fn values_stay_and_what_is_wrong_is_marked() {
        let mut sent = Workbook::new();
        let sheet = sent.add_worksheet();
        sheet.set_name("items").unwrap();
        sheet.write_string(0, 0, "=name").unwrap();
        sheet.write_number(1, 1, 2.5).unwrap();
        sheet.write_boolean(2, 0, true).unwrap();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_number_with_format(1, 0, 46_000.0, &day).unwrap();
        let sent = sent.save_to_buffer().unwrap();
        let words = Words { name: "items".into(), headings: ["Where".into(), "What".into(), "Code".into()] };
        let marks = [
            mark("items!B2", true),
            mark("items!C5", false),
            mark("items!ZZZ999999", true),
            mark("calendars[0]", false),
        ];
        let bytes = write(&sent, &marks, &words).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap();
        assert_eq!(book.sheet_names(), ["items", "items+"]);
        let copy = book.worksheet_range("items").unwrap();
        assert_eq!(copy.get_value((0, 0)), Some(&Data::String("=name".into())), "a text stays a text");
        assert_eq!(copy.get_value((1, 1)), Some(&Data::Float(2.5)));
        assert_eq!(copy.get_value((2, 0)), Some(&Data::Bool(true)));
        assert!(matches!(copy.get_value((1, 0)), Some(Data::DateTime(day)) if day.as_f64() == 46_000.0));
        let list = book.worksheet_range("items+").unwrap();
        assert_eq!((list.height(), list.get_value((3, 0))), (5, Some(&Data::String("items!ZZZ999999".into()))));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let notes = part("xl/comments1.xml");
        assert!(notes.contains(r#"ref="B2""#) && notes.contains(r#"ref="C5""#) && notes.contains("wrong at items!B2"));
        let styles = part("xl/styles.xml");
        assert!(
            styles.contains("F4B6B6") && styles.contains("FBE3A6"),
            "red where it is refused, yellow where it is doubted"
        );
        assert_eq!(write(b"PK\x03\x04 nothing", &marks, &words), None);
    }
}
