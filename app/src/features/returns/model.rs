//! Rules of returns: templates as data, a period that has begun, figures as they were seen, and corrections with a reason.

use super::figures::{Figure, Form};
use crate::journal::domain::{Context, Draft};
use crate::journal::sha256_hex;
use crate::refusals;
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::LazyLock;

/// What the rows of a form are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// One row a project.
    Projects,
    /// One row a programme type.
    Programmes,
}

/// A form that is asked for in every period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Identifier; its name is `return_template.<id>` in the locale files.
    pub id: String,
    /// By which paper it is asked for.
    pub source: String,
    /// First day it holds.
    pub from: Date,
    /// Last day it holds; absent while it does.
    pub to: Option<Date>,
    /// Of what period it is.
    #[serde(deserialize_with = "period_kind")]
    pub period: PeriodKind,
    /// What its rows are.
    pub rows: Rows,
    /// Days after the period's last on which it is due.
    pub due_days: u16,
    /// Its columns, in order.
    pub columns: Vec<Figure>,
}

fn period_kind<'de, D: Deserializer<'de>>(text: D) -> Result<PeriodKind, D::Error> {
    let name = String::deserialize(text)?;
    PeriodKind::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("no period is called `{name}`")))
}

impl Template {
    /// The last day on which the return of a period is in time.
    pub fn due_on(&self, period: Period) -> Date {
        period.to.saturating_add(i64::from(self.due_days).days())
    }

    /// The period whose return is due next, or today.
    pub fn due(&self, today: Date) -> Period {
        self.period.around(today.saturating_sub(i64::from(self.due_days).days()))
    }

    /// The period around a day, if a return of it can be made on another day.
    pub fn period_around(&self, day: Date, today: Date) -> Result<Period, Refused> {
        let period = self.period.around(day);
        if period.from > today {
            return Err(Refused::NotBegun { date: period.from.to_string() });
        }
        if period.to < self.from || self.to.is_some_and(|to| period.from > to) {
            return Err(Refused::NotInForce { date: self.from.to_string() });
        }
        Ok(period)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    template: Vec<Template>,
}

/// Reads templates, or says what is wrong with them.
pub fn read(text: &str) -> Result<Vec<Template>, String> {
    let file: TemplateFile = toml::from_str(text).map_err(|fault| fault.to_string())?;
    for (at, template) in file.template.iter().enumerate() {
        let id = &template.id;
        if file.template[..at].iter().any(|other| other.id == *id) {
            return Err(format!("`{id}` stands twice"));
        }
        if template.columns.is_empty() {
            return Err(format!("`{id}` has no columns"));
        }
        if let Some(twice) = template.columns.iter().enumerate().find(|(at, figure)| template.columns[..*at].contains(figure)) {
            return Err(format!("`{id}` asks for `{}` twice", twice.1.name()));
        }
        if template.to.is_some_and(|to| to < template.from) {
            return Err(format!("`{id}` ends before it begins"));
        }
    }
    Ok(file.template)
}

/// Templates, from data with sources.
pub static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    read(include_str!("../../../../rules/returns.toml")).expect("rules/returns.toml is part of the program and read by a test")
});

/// The template of an id.
pub fn template(id: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.id == id)
}

/// What tells one filled form from another: the hash of its figures.
pub fn digest(form: &Form) -> String {
    // A form of strings and integers has no way to fail as JSON; were there one, nothing would match the empty digest.
    serde_json::to_vec(form).map_or_else(|_| String::new(), |bytes| sha256_hex(&bytes))
}

/// What can be asked of returns.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Freeze a filled form and send it.
    Send {
        /// Client-made id.
        id: String,
        /// The template.
        template: String,
        /// First day of the period.
        from: Date,
        /// The filled form.
        form: Form,
        /// Digest of the form that was looked at.
        seen: String,
        /// The ledger number its figures stand on.
        frozen_number: u64,
        /// What is to be said beside the figures.
        remark: String,
        /// Why, when the period has its return already.
        reason: String,
        /// Whether whoever sends it before the last day of its period means to.
        is_early: bool,
    },
}

/// What happened to returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A return was sent. `corrects` is the return of the same period before it, and `reason` says why.
    Sent { template: String, from: Date, to: Date, form: Form, frozen_number: u64, remark: String, corrects: Option<String>, reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "N-101" Conflict _;
    /// No such template.
    UnknownTemplate { template } = "N-102" Rule _;
    /// The period has not begun.
    NotBegun { date } = "N-103" Rule _;
    /// Not the first day of a period.
    NotAPeriod { date } = "N-104" Rule _;
    /// The template does not hold in the period.
    NotInForce { date } = "N-105" Rule _;
    /// No project is active.
    NothingToReport = "N-106" Rule _;
    /// The period has its return: another one says why.
    AlreadySent { date } = "N-107" Rule reason;
    /// The figures are not those that were looked at.
    FiguresMoved = "N-108" Conflict _;
    /// Days of the period have yet to come.
    StillRuns { date } = "N-109" Rule early;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The newest return of the period, and when it was sent.
    pub before: Option<(String, Date)>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let Command::Send { id, template: name, from, form, seen, frozen_number, remark, reason, is_early } = command;
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    let template = template(name).ok_or_else(|| Refused::UnknownTemplate { template: name.clone() })?;
    let period = template.period_around(*from, context.today)?;
    if period.from != *from {
        return Err(Refused::NotAPeriod { date: period.from.to_string() });
    }
    if form.rows.is_empty() {
        return Err(Refused::NothingToReport);
    }
    let (corrects, reason) = match &state.before {
        None => (None, String::new()),
        Some((_, sent_on)) if reason.trim().is_empty() => return Err(Refused::AlreadySent { date: sent_on.to_string() }),
        Some((before, _)) => (Some(before.clone()), reason.trim().to_owned()),
    };
    if *seen != digest(form) {
        return Err(Refused::FiguresMoved);
    }
    // What is of a part of its period is asked about once.
    if context.today < period.to && !is_early {
        return Err(Refused::StillRuns { date: period.to.to_string() });
    }
    let fact = Fact::Sent {
        template: name.clone(),
        from: period.from,
        to: period.to,
        form: form.clone(),
        frozen_number: *frozen_number,
        remark: remark.trim().to_owned(),
        corrects,
        reason,
    };
    Ok(vec![Draft { fact, subject: id.clone(), place: "-".to_owned(), occurred_on: context.today }])
}
