//! Writes the workbook: what was done before beside the cells to be filled in, in-cell rules, headings that stay and repeat.

use super::{ABOUT, AMOUNTS, BUILDING_COLUMNS, BUILDINGS, Form, ITEM_COLUMNS, ITEMS};
use crate::filled::{self, A3, A4, Formats, new_book};
use crate::plans::sheet::labels::labels;
use jiff::civil::Date;
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, ExcelDateTime, Format, FormatAlign, Formula, Worksheet, XlsxError,
};

/// Most hours of a day.
const DAY_HOURS: i32 = 24;
/// Columns that stay in sight: the day, and the building with its name.
const FROZEN_COLUMNS: u16 = 3;

/// Writes a workbook to be filled in. `word` gives the name of a key in the language of whoever asks: of a column, of
/// `trade.rebar` and `hindrance.funds`, and what the in-cell rules `rule.amount`, `rule.count`, `rule.stock`, `rule.hours`, `rule.list` say.
///
/// # Errors
/// More rows than a sheet holds.
pub fn write(form: &Form, word: &dyn Fn(&str) -> String) -> Result<Vec<u8>, XlsxError> {
    let mut book = new_book(&form.title)?;
    let formats = Formats::new();
    write_items(book.add_worksheet(), form, word, &formats)?;
    let hindrances = write_buildings(book.add_worksheet(), form, word, &formats)?;
    write_about(book.add_worksheet(), form, word, &hindrances)?;
    book.save_to_buffer()
}

fn write_items(
    sheet: &mut Worksheet,
    form: &Form,
    word: &dyn Fn(&str) -> String,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_name(ITEMS)?;
    for (column, key) in (0..).zip(ITEM_COLUMNS) {
        head(sheet, column, key, word, formats, key == "cumulative")?;
    }
    let day = excel_day(form.on)?;
    for (row, item) in (1..).zip(&form.items) {
        let building = &form.buildings[item.building];
        sheet.write_datetime_with_format(row, 0, &day, &formats.day)?;
        sheet.write_string_with_format(row, 1, &building.id, &formats.quiet)?;
        sheet.write_string_with_format(row, 2, &building.name, &formats.plain)?;
        sheet.write_string_with_format(row, 3, &item.id, &formats.quiet)?;
        sheet.write_string_with_format(row, 4, &item.name, &formats.plain)?;
        sheet.write_string_with_format(row, 5, &item.unit, &formats.plain)?;
        sheet.write_number_with_format(row, 6, units(item.total_e3), &formats.plain)?;
        sheet.write_number_with_format(row, 7, units(item.before_e3), &formats.plain)?;
        sheet.write_blank(row, 8, &formats.input)?;
    }
    // From what was done before to the total of the same row; a rule for every stretch of rows that count alike.
    let mut first = 1;
    for stretch in form.items.chunk_by(|one, next| one.is_whole == next.is_whole) {
        let last = first + row_count(stretch.len()) - 1;
        let range = |column: char| Formula::new(format!("=${column}{}", first + 1));
        let between = DataValidationRule::Between(range('H'), range('G'));
        let rule = DataValidation::new();
        let rule = if stretch[0].is_whole {
            rule.allow_whole_number_formula(between)
        } else {
            rule.allow_decimal_number_formula(between)
        };
        sheet.add_data_validation(first, 8, last, 8, &rule.set_error_message(word("rule.amount"))?)?;
        first = last + 1;
    }
    if !form.items.is_empty() {
        sheet.autofilter(0, 0, row_count(form.items.len()), 8)?;
    }
    filled::finish(sheet, &form.title, &form.note, FROZEN_COLUMNS, A4)
}

/// Writes the sheet of buildings; gives the words of its list of hindrances.
fn write_buildings(
    sheet: &mut Worksheet,
    form: &Form,
    word: &dyn Fn(&str) -> String,
    formats: &Formats,
) -> Result<Vec<String>, XlsxError> {
    sheet.set_name(BUILDINGS)?;
    let [before, behind] = BUILDING_COLUMNS;
    let keys: Vec<&str> =
        before.iter().copied().chain(form.counts.iter().map(String::as_str)).chain(behind.iter().copied()).collect();
    let hindrances: Vec<String> =
        form.hindrances.iter().map(|kind| format!("{kind} {}", word(&format!("hindrance.{kind}")))).collect();
    let last_row = row_count(form.buildings.len().max(1));
    for (column, key) in (0_u16..).zip(&keys) {
        let is_input = !matches!(*key, "day" | "building" | "building_name");
        head(sheet, column, key, word, formats, is_input)?;
        let counts = |most: i32| DataValidation::new().allow_whole_number(DataValidationRule::Between(0, most));
        let (rule, message) = match *key {
            "unchanged" => (DataValidation::new().allow_list_strings(&[labels().shown("yes")])?, "rule.list"),
            // A list of its own on another sheet: names in both scripts exceed the 255 characters Excel allows one in a rule.
            "hindrance" => {
                let list = format!("={ABOUT}!$B$1:$B${}", hindrances.len().max(1));
                (DataValidation::new().allow_list_formula(Formula::new(list)), "rule.list")
            }
            "weather_hours" => (counts(DAY_HOURS), "rule.hours"),
            "day" | "building" | "building_name" | "decider" | "remark" => continue,
            amount if amount.starts_with(AMOUNTS) => {
                let most = DataValidationRule::Between(0.0, form.most_stock as f64);
                (DataValidation::new().allow_decimal_number(most), "rule.stock")
            }
            _ => (counts(i32::try_from(form.most).unwrap_or(i32::MAX)), "rule.count"),
        };
        sheet.add_data_validation(1, column, last_row, column, &rule.set_error_message(word(message))?)?;
    }
    let day = excel_day(form.on)?;
    for (row, building) in (1..).zip(&form.buildings) {
        sheet.write_datetime_with_format(row, 0, &day, &formats.day)?;
        sheet.write_string_with_format(row, 1, &building.id, &formats.quiet)?;
        sheet.write_string_with_format(row, 2, &building.name, &formats.plain)?;
        for column in (3_u16..).take(keys.len() - 3) {
            sheet.write_blank(row, column, &formats.input)?;
        }
    }
    filled::finish(sheet, &form.title, &form.note, FROZEN_COLUMNS, A3)?;
    Ok(hindrances)
}

/// The sheet for people: what the figures stand on, how the workbook is filled in; and, beside it, kinds of hindrance.
fn write_about(
    sheet: &mut Worksheet,
    form: &Form,
    word: &dyn Fn(&str) -> String,
    hindrances: &[String],
) -> Result<(), XlsxError> {
    sheet.set_name(ABOUT)?;
    filled::write_about(sheet, &form.title, &form.note, &form.lines)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, kind) in (0..).zip(hindrances) {
        sheet.write_string_with_format(row, 1, kind, &wrapped)?;
    }
    sheet.write_string_with_format(
        row_count(hindrances.len()),
        1,
        word("about.hindrances"),
        &Format::new().set_italic().set_text_wrap(),
    )?;
    Ok(())
}

/// A heading: the name of the column, and under it its key.
fn head(
    sheet: &mut Worksheet,
    column: u16,
    key: &str,
    word: &dyn Fn(&str) -> String,
    formats: &Formats,
    is_input: bool,
) -> Result<(), XlsxError> {
    let format = if is_input { &formats.input_heading } else { &formats.heading };
    sheet.write_string_with_format(0, column, format!("{}\n{key}", word(key)), format)?;
    let width = match key {
        "item" | "building" => 16.0,
        "item_name" => 26.0,
        "building_name" | "hindrance" | "decider" => 18.0,
        "remark" => 32.0,
        "day" | "cumulative" => 13.0,
        _ => 11.0,
    };
    sheet.set_column_width(column, width)?;
    Ok(())
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(day.year().unsigned_abs(), day.month().unsigned_abs(), day.day().unsigned_abs())
}

/// Rows as Excel numbers them.
fn row_count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn units(amount_e3: i64) -> f64 {
    amount_e3 as f64 / 1000.0
}
