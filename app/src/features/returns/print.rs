//! A return on its way out: the workbook with every cell's source on a second sheet, and the paper.

use super::figures::{Figure, Form, Row, Subject, Value};
use super::model::Template;
use super::pages::{name_of, period_text, template_name, value_text};
use super::sources::Standing;
use super::store::Return;
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use anyhow::{Context, Result};
use guatu_formats::documents::{self, Block, Column, Paper, Proof, Table, qr};
use guatu_formats::registers::{self, Cell, Sheet};

/// Width of the column of names on paper, in shares.
const NAMES: u32 = 17;
/// Shares of a table on A4 upright beside the names.
const ROOM: u32 = 55;
/// Shares of one on A4 across, in smaller letters: columns for which there is no room there either are set in another table
/// under it.
const ROOM_ACROSS: u32 = 120;

/// Width of a column on paper, in shares: what its widest word or number needs, in either language.
fn share(figure: Figure) -> u32 {
    match figure {
        Figure::State | Figure::MandatedOn => 12,
        Figure::AreaM2 | Figure::Households | Figure::FloatDays => 10,
        Figure::Completed | Figure::Planned | Figure::Done => 9,
        _ => 8,
    }
}

/// How the paper lies, and its columns in as many tables as they need.
fn tables(columns: &[Figure]) -> (documents::Form, Vec<std::ops::Range<usize>>) {
    let taken: u32 = columns.iter().map(|figure| share(*figure)).sum();
    if taken <= ROOM { (documents::Form::Bulletin, divided(columns, ROOM)) } else { (documents::Form::Across, divided(columns, ROOM_ACROSS)) }
}

fn divided(columns: &[Figure], room: u32) -> Vec<std::ops::Range<usize>> {
    let (mut tables, mut first, mut taken) = (Vec::new(), 0, 0);
    for (at, figure) in columns.iter().enumerate() {
        if taken + share(*figure) > room {
            tables.push(first..at);
            (first, taken) = (at, 0);
        }
        taken += share(*figure);
    }
    tables.push(first..columns.len());
    tables
}

/// What a figure is called, with its unit.
pub fn figure_name(visitor: &Visitor, figure: Figure) -> String {
    visitor.t(&format!("return_figure.{}", figure.name()))
}

/// What a column of a form is called: as the form has it, or by the figure's own name.
pub fn heading(visitor: &Visitor, form: &Form, at: usize) -> String {
    form.heading(at).map_or_else(|| figure_name(visitor, form.columns[at]), str::to_owned)
}

/// Where its figures come from.
pub fn source(visitor: &Visitor, figure: Figure) -> String {
    visitor.t(&format!("return_source.{}", figure.name()))
}

/// Heading of the column that names the rows.
pub fn rows_heading(visitor: &Visitor, form: &Form) -> String {
    let has_programmes = form.rows.iter().any(|row| matches!(row.subject, Subject::Programme { .. }));
    visitor.t(if has_programmes { "returns.programme" } else { "place_kind.project" })
}

/// A return to be printed: what was frozen alone, and who sent it.
pub struct Printed<'a> {
    /// The return.
    pub sent: &'a Return,
    /// Its form.
    pub template: Option<&'a Template>,
    /// On what its cells stand.
    pub standing: Standing,
    /// The return it corrects.
    pub corrected: Option<&'a Return>,
    /// The name of its sender.
    pub sender: &'a str,
}

impl Printed<'_> {
    /// What the return of a period is called.
    fn title(&self, visitor: &Visitor) -> String {
        format!("{} {}", template_name(visitor, &self.sent.template, self.template), period_text(self.standing.period))
    }

    /// Which unit reports, as a form says it at its head; who sent it where that was not asked yet.
    fn unit(&self, visitor: &Visitor) -> String {
        match self.sent.unit.as_str() {
            "" => self.sender.to_owned(),
            unit => visitor.labelled(visitor.t("field.reporting_unit"), unit),
        }
    }

    /// Who filled it in and when it went out, as a form says it at its foot.
    fn filled_in(&self, visitor: &Visitor) -> Vec<(String, String)> {
        vec![
            (visitor.t("returns.filled_by"), self.sender.to_owned()),
            (visitor.t("returns.sent_when"), self.sent.sent_on.to_string()),
        ]
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Count(number) | Value::Days(number) => Some(*number as f64),
        Value::ShareE1(tenths) | Value::PointsE1(tenths) => Some(*tenths as f64 / 10.0),
        Value::On(_) | Value::State(_) => None,
    }
}

fn cell(visitor: &Visitor, value: Option<&Value>) -> Cell {
    match value {
        None => Cell::Empty,
        Some(Value::On(date)) => Cell::Date(*date),
        Some(value) => number(value).map_or_else(|| Cell::Text(value_text(visitor, value)), Cell::Number),
    }
}

/// The workbook: the form as it is asked for, and on a second sheet what stands behind every cell.
pub fn workbook(site: &Site, visitor: &Visitor, printed: &Printed<'_>) -> Result<Vec<u8>> {
    let Printed { sent, standing, .. } = *printed;
    let frozen = visitor.tf("bulletin.frozen", &[("number", sent.frozen_number.to_string())]);
    let mut notes = vec![printed.unit(visitor)];
    notes.extend(printed.filled_in(visitor).into_iter().map(|(name, value)| visitor.labelled(name, &value)));
    notes.push(frozen);
    if sent.corrects.is_some() {
        notes.push(visitor.labelled(visitor.t("returns.correction"), &sent.reason));
    }
    notes.extend(papers::stamps(site, visitor));
    let note = notes.join("   ");
    let rows_heading = rows_heading(visitor, &sent.form);
    let row = |row: &Row| {
        let cells = row.cells.iter().map(|value| cell(visitor, value.as_ref()));
        std::iter::once(Cell::Text(name_of(visitor, row))).chain(cells).collect()
    };
    let form = Sheet {
        title: printed.title(visitor),
        note: note.clone(),
        columns: std::iter::once(rows_heading.clone()).chain((0..sent.form.columns.len()).map(|at| heading(visitor, &sent.form, at))).collect(),
        rows: sent.form.rows.iter().map(row).collect(),
    };
    let columns = ["returns.column", "returns.value", "returns.source", "returns.basis", "returns.page"];
    let mut sources = Sheet {
        title: visitor.t("returns.sources"),
        note,
        columns: std::iter::once(rows_heading).chain(columns.map(|key| visitor.t(key))).collect(),
        rows: Vec::new(),
    };
    for row in sent.form.rows.iter().chain(sent.form.parts.iter().flat_map(|part| &part.rows)) {
        for (at, (figure, value)) in sent.form.columns.iter().zip(&row.cells).enumerate() {
            let address = standing.address(*figure, row);
            sources.rows.push(vec![
                Cell::Text(name_of(visitor, row)),
                Cell::Text(heading(visitor, &sent.form, at)),
                cell(visitor, value.as_ref()),
                Cell::Text(source(visitor, *figure)),
                Cell::Text(standing.basis(*figure)),
                // A part of this return's own page is named with the page.
                Cell::Text(if address.starts_with('#') { format!("/returns/sent/{}{address}", sent.id) } else { address }),
            ]);
        }
    }
    let names = [visitor.t("returns.form"), visitor.t("returns.sources")];
    registers::write_named(&[(&names[0], &form), (&names[1], &sources)]).context("a return fits on a sheet")
}

/// Composes the paper of a return: on A4 upright, or across where its columns need that.
pub fn compose(site: &Site, visitor: &Visitor, printed: &Printed<'_>) -> Paper {
    let Printed { sent, standing, corrected, .. } = *printed;
    let t = |key: &str| visitor.t(key);
    let (lies, tables) = tables(&sent.form.columns);
    let mut blocks = Vec::new();
    for (at, range) in tables.iter().enumerate() {
        let part = [("part", (at + 1).to_string()), ("count", tables.len().to_string())];
        let column = |at: usize| {
            let figure = sent.form.columns[at];
            Column { title: heading(visitor, &sent.form, at), share: share(figure), is_number: is_number(figure) }
        };
        let names = Column { title: rows_heading(visitor, &sent.form), share: NAMES, is_number: false };
        let row = |row: &Row| {
            let cells = row.cells[range.clone()].iter();
            let texts = cells.map(|value| value.as_ref().map_or_else(|| "—".to_owned(), |value| value_text(visitor, value)));
            std::iter::once(name_of(visitor, row)).chain(texts).collect()
        };
        blocks.push(Block::Table(Table {
            caption: if tables.len() > 1 { visitor.tf("returns.part", &part) } else { String::new() },
            columns: std::iter::once(names).chain(range.clone().map(column)).collect(),
            rows: sent.form.rows.iter().map(row).collect(),
        }));
    }
    blocks.push(Block::Facts(printed.filled_in(visitor)));
    if !sent.remark.is_empty() {
        blocks.push(Block::Paragraph(visitor.labelled(t("field.remark"), &sent.remark)));
    }
    if let Some(corrected) = corrected {
        let params = [("date", corrected.sent_on.to_string()), ("number", corrected.frozen_number.to_string()), ("reason", sent.reason.clone())];
        blocks.push(Block::Paragraph(visitor.tf("returns.corrects_text", &params)));
    }
    let column = |key: &str, share| Column { title: t(key), share, is_number: false };
    let source = |(at, figure): (usize, &Figure)| vec![heading(visitor, &sent.form, at), source(visitor, *figure), standing.basis(*figure)];
    blocks.push(Block::Table(Table {
        caption: t("returns.sources"),
        columns: vec![column("returns.column", 7), column("returns.source", 17), column("returns.basis", 8)],
        rows: sent.form.columns.iter().enumerate().map(source).collect(),
    }));
    let frozen = visitor.tf("bulletin.frozen", &[("number", sent.frozen_number.to_string())]);
    Paper {
        form: lies,
        masthead: t("returns.masthead"),
        number: if sent.corrects.is_some() { t("returns.correction") } else { String::new() },
        office: printed.unit(visitor),
        date: sent.sent_on.to_string(),
        title: printed.title(visitor),
        recipients: String::new(),
        blocks,
        copies: Vec::new(),
        proof: qr(&format!("{}\n{}", sent.id, sent.frozen_number)).map(|cells| Proof { lines: vec![frozen, sent.id.clone()], cells }),
        stamps: papers::stamps(site, visitor),
    }
}

/// Whether a figure is set flush right.
pub fn is_number(figure: Figure) -> bool {
    !matches!(figure, Figure::State | Figure::MandatedOn)
}
