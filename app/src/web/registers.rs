//! Registers in pages (台账): one list, sorted and filtered by its address, and the same rows as a workbook.
//!
//! Sorting and filtering work without a script, so that an address can be sent to somebody else; what is on the page is what
//! is in the workbook.

use super::Site;
use super::papers;
use super::problem::{Problem, form_urlencoded};
use super::visitor::Visitor;
use crate::names::{Query, sort_key};
use anyhow::Context;
use axum::response::Response;
use guatu_formats::registers::{self, Sheet};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use std::borrow::Cow;

pub use guatu_formats::registers::Cell;

/// What an address asks of a register.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Key of a column, with a leading `-` for the largest first.
    sort: Option<String>,
    /// What rows must hold.
    find: Option<String>,
    /// `xlsx` for the workbook.
    form: Option<String>,
}

impl Asked {
    /// Whether the list is shown as it is: in its own order, nothing left out.
    pub fn is_plain(&self) -> bool {
        self.sort.is_none() && self.find.as_deref().is_none_or(str::is_empty)
    }
}

struct Column {
    key: Cow<'static, str>,
    title: String,
    /// What its numbers count, where the heading does not say it: cells of the page do, those of a workbook cannot.
    unit: Option<String>,
    is_number: bool,
    /// What a person can do there: shown in the page alone, and neither sorted nor found.
    is_acts: bool,
}

/// A row: its values, and how the page shows those that are more than text.
struct Row {
    cells: Vec<Cell>,
    shown: Vec<Option<Markup>>,
}

/// A register being made.
pub struct Register<'a> {
    visitor: &'a Visitor,
    address: Cow<'static, str>,
    /// What else its address asks for.
    kept: Vec<(&'static str, String)>,
    /// Classes of the table's frame. On a phone each row is a card, but for `compact` ones.
    class: &'static str,
    /// What it is about: a place.
    about: Option<String>,
    /// The days its figures are of, where they are not of now.
    days: Option<String>,
    title: String,
    asked: &'a Asked,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl<'a> Register<'a> {
    /// A register at an address, named by a key of the locale files.
    pub fn new(
        visitor: &'a Visitor,
        address: impl Into<Cow<'static, str>>,
        title: &str,
        asked: &'a Asked,
    ) -> Register<'a> {
        Register {
            visitor,
            address: address.into(),
            kept: Vec::new(),
            class: "",
            about: None,
            days: None,
            title: visitor.t(title),
            asked,
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Something else its address asks for, which sorting and finding keep: a place, a day.
    pub fn keep(mut self, name: &'static str, value: impl ToString) -> Self {
        self.kept.push((name, value.to_string()));
        self
    }

    /// What it is about, a place by its name: two workbooks of two places must not be taken for each other.
    pub fn about(mut self, name: &str) -> Self {
        self.about = Some(name.to_owned());
        self
    }

    /// The days its figures are of: a workbook of last week must not be taken for one of today.
    pub fn of_days(mut self, from: Date, to: Date) -> Self {
        self.days = Some(if from == to { from.to_string() } else { format!("{from} – {to}") });
        self
    }

    /// Classes of the table's frame.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// A column of texts or dates; its heading is a key of the locale files.
    pub fn column(self, key: &'static str, title: &str) -> Self {
        let title = self.visitor.t(title);
        self.add(key.into(), title, None, false)
    }

    /// A column of numbers.
    pub fn number(self, key: &'static str, title: &str) -> Self {
        let title = self.visitor.t(title);
        self.add(key.into(), title, None, true)
    }

    /// A column of numbers that count something, which is a key of the locale files as well.
    pub fn measured(self, key: &'static str, title: &str, unit: &str) -> Self {
        let (title, unit) = (self.visitor.t(title), self.visitor.t(unit));
        self.add(key.into(), title, Some(unit), true)
    }

    /// A column of numbers whose heading is data, and its key as well: a month.
    pub fn number_of(self, title: &str) -> Self {
        self.add(title.to_owned().into(), title.to_owned(), None, true)
    }

    fn add(mut self, key: Cow<'static, str>, title: String, unit: Option<String>, is_number: bool) -> Self {
        self.columns.push(Column { key, title, unit, is_number, is_acts: false });
        self
    }

    /// The last column, of what a person can do in a row; its cells are empty beside what they show.
    pub fn acts(mut self) -> Self {
        self.columns.push(Column {
            key: "acts".into(),
            title: self.visitor.t("shell.acts"),
            unit: None,
            is_number: false,
            is_acts: true,
        });
        self
    }

    /// A row: each cell's value, and its markup where the page shows more than the value.
    pub fn row(&mut self, cells: Vec<(Cell, Option<Markup>)>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for every column");
        let (cells, shown) = cells.into_iter().unzip();
        self.rows.push(Row { cells, shown });
    }

    /// The register in the page, or the workbook when that is asked for.
    pub fn respond(
        mut self,
        site: &Site,
        empty: &str,
        page: impl FnOnce(Markup) -> Response,
    ) -> Result<Response, Problem> {
        self.arrange();
        if self.asked.form.as_deref() == Some("xlsx") { self.workbook(site) } else { Ok(page(self.render(empty))) }
    }

    /// Leaves what is looked for, in the order asked for.
    fn arrange(&mut self) {
        if let Some(query) = self.asked.find.as_deref().and_then(Query::new) {
            self.rows.retain(|row| row.cells.iter().any(|cell| query.is_in(&cell.text())));
        }
        let (key, is_down) = match self.asked.sort.as_deref() {
            Some(sort) => (sort.trim_start_matches('-'), sort.starts_with('-')),
            None => return,
        };
        let Some(at) = self.columns.iter().position(|column| column.key == key && !column.is_acts) else { return };
        let rank = |row: &Row| match &row.cells[at] {
            Cell::Empty => (2, 0, (String::new(), String::new())),
            // Ordered as integers are: all numbers here are far below 2^50.
            Cell::Number(number) => (0, (number * 1000.0).round() as i64, (String::new(), String::new())),
            Cell::Date(date) => (0, 0, (date.to_string(), String::new())),
            Cell::Text(text) => (1, 0, sort_key(text)),
        };
        self.rows.sort_by_cached_key(rank);
        if is_down {
            // What is not known stays last.
            let known = self.rows.iter().position(|row| row.cells[at] == Cell::Empty).unwrap_or(self.rows.len());
            self.rows[..known].reverse();
        }
    }

    fn link(&self, sort: Option<&str>, form: &str) -> String {
        let mut parts: Vec<String> =
            self.kept.iter().map(|(name, value)| format!("{name}={}", form_urlencoded(value))).collect();
        parts.extend(sort.map(|sort| format!("sort={sort}")));
        parts.extend(
            self.asked
                .find
                .as_deref()
                .filter(|find| !find.is_empty())
                .map(|find| format!("find={}", form_urlencoded(find))),
        );
        if !form.is_empty() {
            parts.push(format!("form={form}"));
        }
        if parts.is_empty() {
            self.address.clone().into_owned()
        } else {
            format!("{}?{}", self.address, parts.join("&"))
        }
    }

    fn render(&self, empty: &str) -> Markup {
        let visitor = self.visitor;
        let sort = self.asked.sort.as_deref();
        html! {
            form.register.no-print method="get" action=(self.address) role="search" {
                @for (name, value) in &self.kept { input type="hidden" name=(name) value=(value); }
                @if let Some(sort) = sort { input type="hidden" name="sort" value=(sort); }
                label { span { (visitor.t("register.find")) } input type="search" name="find" value=(self.asked.find.as_deref().unwrap_or_default()) maxlength="100" placeholder=(visitor.t("register.find_hint")); }
                button.second type="submit" { (visitor.t("register.look")) }
                span.quiet { (visitor.tf("register.rows", &[("count", self.rows.len().to_string())])) }
                a href=(self.link(sort, "xlsx")) { "Excel" }
            }
            div class={ "scroll cards " (self.class) } tabindex="0" { table {
                thead { tr { @for column in &self.columns {
                    @let is_up = sort == Some(&*column.key);
                    @let is_down = sort.and_then(|sort| sort.strip_prefix('-')) == Some(&*column.key);
                    @let next = if is_up { format!("-{}", column.key) } else { column.key.to_string() };
                    th.number[column.is_number] aria-sort=[is_up.then_some("ascending").or(is_down.then_some("descending"))] {
                        @if column.is_acts { (column.title) } @else { a.sort href=(self.link(Some(&next), "")) { (column.title) @if is_up { " ▲" } @else if is_down { " ▼" } } }
                    }
                } } }
                tbody {
                    @for row in &self.rows { tr { @for ((cell, shown), column) in row.cells.iter().zip(&row.shown).zip(&self.columns) {
                        td.number[column.is_number].whole[matches!(cell, Cell::Date(_))].acts[column.is_acts].is-unknown[shown.is_none() && *cell == Cell::Empty] data-title=(column.title) { @match (shown, cell) { (Some(shown), _) => (shown), (None, Cell::Empty) => "—", (None, cell) => (cell.text()) } }
                    } } }
                    @if self.rows.is_empty() { tr { td.empty colspan=(self.columns.len()) { (if self.asked.find.as_deref().is_some_and(|find| !find.is_empty()) { visitor.t("register.nothing_found") } else { visitor.t(empty) }) } } }
                }
            } }
        }
    }

    fn workbook(mut self, site: &Site) -> Result<Response, Problem> {
        let visitor = self.visitor;
        let today = site.clock.today();
        let stamps = papers::stamps(site, visitor).join(" ");
        let as_of = visitor.tf("shell.as_of", &[("number", site.head().to_string())]);
        let maker = visitor.tf("shell.made_by", &[("name", visitor.name.clone())]);
        let days = self.days.as_ref().map(|days| visitor.tf("register.of_days", &[("days", days.clone())]));
        let made_on = visitor.tf("register.made_on", &[("date", today.to_string())]);
        let note: Vec<String> =
            days.into_iter().chain([made_on, as_of, maker, stamps]).filter(|part| !part.is_empty()).collect();
        if let Some(at) = self.columns.iter().position(|column| column.is_acts) {
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.cells.remove(at)));
        }
        let heading = |column: Column| match column.unit {
            Some(unit) => visitor.tf("shell.bracketed", &[("text", column.title), ("note", unit)]),
            None => column.title,
        };
        let title: Vec<String> = self.about.into_iter().chain([self.title]).chain(self.days).collect();
        let sheet = Sheet {
            title: title.join(" · "),
            note: note.join("   "),
            columns: self.columns.into_iter().map(heading).collect(),
            rows: self.rows.into_iter().map(|row| row.cells).collect(),
        };
        let bytes = registers::write(&sheet).context("a register fits on a sheet")?;
        let name = self.address.trim_matches('/').replace('/', "-");
        Ok(papers::saved(bytes, papers::XLSX, &format!("guatu-{name}-{today}.xlsx")))
    }
}
