//! Writes the template and plans in its shape: real dates, in-cell rules, frozen headings, A3 landscape.

use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::{Activity, Moment, Plan, Span};
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, DocProperties, ExcelDateTime, Format, FormatAlign, Formula, Workbook,
    Worksheet, XlsxError,
};

use super::SHEETS;
use super::cells::{Content, content, day_text};
use super::labels::labels;
use crate::plans::findings::Findings;
use crate::plans::json::{self, CONSTRAINTS, GRANULARITIES, KINDS, LINKS, word_of};
use crate::plans::{codes, moment, span};

/// Excel holds no longer text in a cell.
const LONGEST_TEXT: usize = 32_000;
/// In-cell rules reach this many rows below the heading, or all written rows if there are more.
const RULED_ROWS: u32 = 5_000;
/// Paper A3.
const A3: u8 = 8;

/// Whether a text would be taken for a formula, or carries our escape itself.
pub(crate) fn needs_escape(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\''])
}

/// The empty template, ready to be filled in.
pub fn template() -> Vec<u8> {
    Book::default().save().expect("the template holds nothing that Excel limits")
}

/// Writes a plan in the shape of the template, and says what did not fit.
///
/// # Errors
/// A plan with more rows than a sheet holds, as one diagnostic.
pub fn write(plan: &Plan) -> Result<(Vec<u8>, Vec<Diagnostic>), Diagnostic> {
    let mut findings = Findings::default();
    let book = Book::of(plan, &mut findings);
    let bytes = book.save().map_err(|error| {
        let message = format!("the plan does not fit into a workbook: {error}");
        crate::plans::findings::fault(codes::LIMIT, "workbook", message)
    })?;
    Ok((bytes, findings.finish()))
}

/// Rows of every sheet of [`SHEETS`], in its order.
#[derive(Default)]
struct Book {
    rows: [Vec<Vec<Content>>; 7],
}

fn text(value: impl Into<String>) -> Content {
    let value = value.into();
    if value.is_empty() { Content::Empty } else { Content::Text(value) }
}

impl Book {
    fn of(plan: &Plan, findings: &mut Findings) -> Book {
        let mut book = Book::default();
        let moment = |moment: Option<Moment>| moment.map_or(Content::Empty, Content::Moment);
        let optional = |value: &Option<String>| text(value.clone().unwrap_or_default());
        book.rows[0] = vec![
            vec![text("name"), optional(&plan.name)],
            vec![text("granularity"), text(labels().shown(word_of(GRANULARITIES, plan.granularity)))],
            vec![text("start"), moment(Some(plan.start))],
            vec![text("data_date"), moment(plan.data_date)],
            vec![text("calendar"), optional(&plan.calendar)],
            vec![text("options"), text(json::options_json(&plan.options))],
        ];
        if !plan.stops.is_empty() {
            let stops = plan.stops.iter().map(json::stop_json).collect::<Vec<_>>().join(",");
            if stops.len() < LONGEST_TEXT {
                book.rows[0].push(vec![text("stops"), text(format!("[{stops}]"))]);
            } else {
                findings.warn_at(
                    codes::NOT_CARRIED,
                    "stops",
                    "the stops of the plan do not fit into a cell and were left out",
                );
            }
        }
        let columns = SHEETS[1].1;
        book.rows[1] = plan.activities.iter().map(|activity| activity_row(activity, columns, findings)).collect();
        book.rows[2] = plan
            .links
            .iter()
            .map(|link| {
                let lag = if link.lag == Span::ZERO { Content::Empty } else { text(span::print(link.lag)) };
                let kind = labels().shown(word_of(LINKS, link.kind));
                vec![text(&link.from), text(&link.to), text(kind), lag]
            })
            .collect();
        for calendar in &plan.calendars {
            let hours = Content::Number(f64::from(calendar.minutes_per_day) / 60.0);
            let mut row = vec![text(&calendar.id), optional(&calendar.name), hours];
            row.extend(calendar.week.iter().map(|day| text(day_text(day))));
            book.rows[3].push(row);
            book.rows[4].extend(calendar.exceptions.iter().map(|exception| {
                let days = [exception.from, exception.to].map(|date| Content::Moment(Moment::Day(date)));
                let [first, last] = days;
                vec![text(&calendar.id), first, last, text(day_text(&exception.work)), optional(&exception.name)]
            }));
        }
        book.rows[5] = plan
            .mandated
            .iter()
            .map(|mandate| vec![text(&mandate.activity), moment(Some(mandate.finish_by)), optional(&mandate.name)])
            .collect();
        book.rows[6] = plan
            .resources
            .iter()
            .map(|resource| {
                let steps = resource.steps.iter().map(|step| format!("{}={}", step.from, step.capacity));
                let steps = steps.collect::<Vec<_>>().join("; ");
                let capacity = Content::Number(f64::from(resource.capacity));
                vec![text(&resource.id), capacity, optional(&resource.calendar), text(steps)]
            })
            .collect();
        book
    }

    fn save(self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // A fixed date: the same plan gives the same bytes.
        let created = ExcelDateTime::from_ymd(2020, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        for ((name, columns), rows) in SHEETS.iter().zip(&self.rows) {
            let sheet = workbook.add_worksheet();
            sheet.set_name(*name)?;
            write_sheet(sheet, columns, rows)?;
        }
        let sheet = workbook.add_worksheet();
        sheet.set_name("Instructions")?;
        sheet.set_column_width(0, 60)?.set_column_width(1, 90)?;
        let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        for (row, [zh, en]) in (0..).zip(&labels().instructions) {
            sheet.write_string_with_format(row, 0, zh, &wrapped)?;
            sheet.write_string_with_format(row, 1, en, &wrapped)?;
        }
        workbook.save_to_buffer()
    }
}

fn activity_row(activity: &Activity, columns: &[&str], findings: &mut Findings) -> Vec<Content> {
    let more = json::activity_json(activity);
    columns
        .iter()
        .map(|column| match *column {
            "id" => text(&activity.id),
            "more" if more.len() < LONGEST_TEXT => text(more.clone()),
            "more" => {
                let message = "what the columns do not show does not fit into a cell and was left out";
                findings.warn(codes::NOT_CARRIED, &activity.id, message);
                Content::Empty
            }
            column => content(activity, column),
        })
        .collect()
}

fn write_sheet(sheet: &mut Worksheet, columns: &[&str], rows: &[Vec<Content>]) -> Result<(), XlsxError> {
    let heading = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Center);
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let instant = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let plain = Format::new().set_num_format("@");
    for (column, key) in (0..).zip(columns) {
        sheet.write_string_with_format(0, column, labels().heading(key), &heading)?;
        sheet.set_column_width(column, if matches!(*key, "name" | "value") { 36 } else { 14 })?;
        if matches!(*key, "id" | "more") {
            sheet.set_column_hidden(column)?;
        }
        if let Some(rule) = rule(key, column)? {
            let last = RULED_ROWS.max(u32::try_from(rows.len()).unwrap_or(RULED_ROWS));
            sheet.add_data_validation(1, column, last, column, &rule)?;
        }
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Content::Empty => {}
                Content::Number(number) => {
                    sheet.write_number(row, column, *number)?;
                }
                Content::Text(value) => {
                    let escaped = if needs_escape(value) { format!("'{value}") } else { value.clone() };
                    sheet.write_string_with_format(row, column, escaped, &plain)?;
                }
                Content::Moment(Moment::Day(date)) => {
                    let value = ExcelDateTime::from_ymd(date.year() as u16, date.month() as u8, date.day() as u8)?;
                    sheet.write_datetime_with_format(row, column, &value, &day)?;
                }
                // Excel cannot tell midnight from a date alone, so midnight is written as text.
                Content::Moment(Moment::Instant(at)) if at.hour() == 0 && at.minute() == 0 => {
                    sheet.write_string_with_format(row, column, moment::print_instant(*at), &plain)?;
                }
                Content::Moment(Moment::Instant(at)) => {
                    let value = ExcelDateTime::from_ymd(at.year() as u16, at.month() as u8, at.day() as u8)?.and_hms(
                        at.hour() as u16,
                        at.minute() as u8,
                        0.0,
                    )?;
                    sheet.write_datetime_with_format(row, column, &value, &instant)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_paper_size(A3).set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The in-cell rule of a column.
fn rule(key: &str, column: u16) -> Result<Option<DataValidation>, XlsxError> {
    let list = |words: Vec<&str>| {
        let shown: Vec<String> = words.into_iter().map(|word| labels().shown(word)).collect();
        DataValidation::new().allow_list_strings(&shown)
    };
    let (rule, message) = match key {
        "kind" => (list(KINDS.iter().map(|(word, _)| *word).collect())?, "list"),
        "link" => (list(LINKS.iter().map(|(word, _)| *word).collect())?, "list"),
        // The English words of constraints with their Chinese exceed the 255 characters Excel allows a list.
        "constraint" => {
            let words: Vec<&str> = CONSTRAINTS.iter().map(|(word, _)| *word).collect();
            (DataValidation::new().allow_list_strings(&words)?, "")
        }
        "constraint_hard" => (list(vec!["yes", "no"])?, "list"),
        "constraint_on" | "deadline" | "actual_start" | "actual_finish" | "first" | "last" | "finish_by" => {
            let years = (ExcelDateTime::from_ymd(1900, 1, 1)?, ExcelDateTime::from_ymd(2200, 12, 31)?);
            (DataValidation::new().allow_date(DataValidationRule::Between(years.0, years.1)), "date")
        }
        "duration" | "remaining" => {
            let cell = super::cell_name("", 1, column.into());
            let cell = cell.trim_start_matches('!');
            let formula = format!("=OR(ISNUMBER({cell}),RIGHT({cell})=\"d\",RIGHT({cell})=\"h\",RIGHT({cell})=\"m\")");
            (DataValidation::new().allow_custom(Formula::new(formula)), "duration")
        }
        _ => return Ok(None),
    };
    let Some([zh, en]) = labels().messages.get(message) else { return Ok(Some(rule)) };
    rule.set_error_message(format!("{zh}\n{en}")).map(Some)
}
