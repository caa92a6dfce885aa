//! Rules of returns: templates as data, those of the program and those a district adopts; a period that has begun, figures as
//! they were seen, and corrections with a reason.

use super::figures::{Figure, Form};
use crate::journal::domain::{Context, Draft};
use crate::journal::sha256_hex;
use crate::refusals;
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::LazyLock;

/// Longest name of a form, heading of a column and name of a unit, in characters.
const NAME_CHARS: usize = 40;
/// No form is asked for longer after its period, in days.
const MOST_DUE_DAYS: u16 = 90;

/// What the rows of a form are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// One row a project.
    Projects,
    /// One row a programme type.
    Programmes,
}

impl Rows {
    /// Both kinds.
    pub const ALL: [Rows; 2] = [Rows::Projects, Rows::Programmes];

    /// Its name in forms and locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Rows::Projects => "projects",
            Rows::Programmes => "programmes",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Rows> {
        Rows::ALL.into_iter().find(|rows| rows.name() == name)
    }
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Of what period it is.
    #[serde(serialize_with = "period_name", deserialize_with = "period_kind")]
    pub period: PeriodKind,
    /// What its rows are.
    pub rows: Rows,
    /// Days after the period's last on which it is due.
    pub due_days: u16,
    /// Its columns, in order.
    pub columns: Vec<Figure>,
    /// What the columns are called on the form, one a column, empty where they go by the figure's own name; none at all where
    /// all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headings: Vec<String>,
}

/// A form that is asked for in every period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Template {
    /// Identifier; the name of one that the program brings is `return_template.<id>` in the locale files.
    pub id: String,
    /// What a district calls it; `None` for one that the program brings.
    #[serde(skip)]
    pub name: Option<String>,
    /// By which paper it is asked for.
    pub source: String,
    /// First day it holds.
    pub from: Date,
    /// Last day it holds; absent while it does.
    pub to: Option<Date>,
    /// What it asks for.
    #[serde(flatten)]
    pub content: Content,
}

fn period_kind<'de, D: Deserializer<'de>>(text: D) -> Result<PeriodKind, D::Error> {
    let name = String::deserialize(text)?;
    PeriodKind::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("no period is called `{name}`")))
}

fn period_name<S: Serializer>(kind: &PeriodKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}

impl Template {
    /// The last day on which the return of a period is in time.
    pub fn due_on(&self, period: Period) -> Date {
        period.to.saturating_add(i64::from(self.content.due_days).days())
    }

    /// The period whose return is due next, or today.
    pub fn due(&self, today: Date) -> Period {
        self.content.period.around(today.saturating_sub(i64::from(self.content.due_days).days()))
    }

    /// The period around a day, if a return of it can be made on another day.
    pub fn period_around(&self, day: Date, today: Date) -> Result<Period, Refused> {
        let period = self.content.period.around(day);
        if period.from > today {
            return Err(Refused::NotBegun { date: period.from.to_string() });
        }
        match self.to {
            _ if period.to < self.from => Err(Refused::NotInForce { date: self.from.to_string() }),
            Some(to) if period.from > to => Err(Refused::NoLongerInForce { date: to.to_string() }),
            _ => Ok(period),
        }
    }
}

/// Fields of the file beside those of [`Content`]: what is flattened cannot itself refuse what it does not know.
const FIELDS: [&str; 9] = ["id", "source", "from", "to", "period", "rows", "due_days", "columns", "headings"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    template: Vec<Template>,
}

/// Reads templates, or says what is wrong with them.
pub fn read(text: &str) -> Result<Vec<Template>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|fault| fault.to_string())?;
    let written = table.get("template").and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table);
    if let Some(unknown) = written.flat_map(toml::Table::keys).find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("unknown field `{unknown}`"));
    }
    let file: TemplateFile = toml::from_str(text).map_err(|fault| fault.to_string())?;
    for (at, template) in file.template.iter().enumerate() {
        let id = &template.id;
        if file.template[..at].iter().any(|other| other.id == *id) {
            return Err(format!("`{id}` stands twice"));
        }
        let Content { columns, headings, .. } = &template.content;
        if columns.is_empty() {
            return Err(format!("`{id}` has no columns"));
        }
        if let Some(twice) = twice(columns) {
            return Err(format!("`{id}` asks for `{}` twice", twice.name()));
        }
        if !headings.is_empty() && headings.len() != columns.len() {
            return Err(format!("`{id}` has {} headings for {} columns", headings.len(), columns.len()));
        }
        if template.to.is_some_and(|to| to < template.from) {
            return Err(format!("`{id}` ends before it begins"));
        }
    }
    Ok(file.template)
}

/// A figure that is asked for more than once.
fn twice(columns: &[Figure]) -> Option<Figure> {
    columns.iter().enumerate().find(|(at, figure)| columns[..*at].contains(figure)).map(|(_, figure)| *figure)
}

/// Templates that the program brings, from data with sources.
pub static SHIPPED: LazyLock<Vec<Template>> = LazyLock::new(|| {
    read(include_str!("../../../../rules/returns.toml")).expect("rules/returns.toml is part of the program and read by a test")
});

/// The template of an id that the program brings.
pub fn shipped(id: &str) -> Option<&'static Template> {
    SHIPPED.iter().find(|template| template.id == id)
}

/// What tells one filled form from another: the hash of its figures.
pub fn digest(form: &Form) -> String {
    // A form of strings and integers has no way to fail as JSON; were there one, nothing would match the empty digest.
    serde_json::to_vec(form).map_or_else(|_| String::new(), |bytes| sha256_hex(&bytes))
}

/// A filled form to be frozen and sent.
#[derive(Clone, Debug, Serialize)]
pub struct Sending {
    /// Client-made id.
    pub id: String,
    /// The template.
    pub template: String,
    /// First day of the period.
    pub from: Date,
    /// Which unit reports.
    pub unit: String,
    /// The filled form.
    pub form: Form,
    /// Digest of the form that was looked at.
    pub seen: String,
    /// The ledger number its figures stand on.
    pub frozen_number: u64,
    /// What is to be said beside the figures.
    pub remark: String,
    /// Why, when the period has its return already.
    pub reason: String,
    /// Whether whoever sends it before the last day of its period means to.
    pub is_early: bool,
}

/// A form that a city asks for, to be adopted.
#[derive(Clone, Debug, Serialize)]
pub struct Adopting {
    /// Client-made id.
    pub template: String,
    /// What it is called.
    pub name: String,
    /// By which paper it is asked for.
    pub source: String,
    /// First day it holds.
    pub from: Date,
    /// What it asks for.
    pub content: Content,
    /// Why.
    pub reason: String,
}

/// What can be asked of returns.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Freeze a filled form and send it.
    Send(Sending),
    /// Adopt a form.
    Adopt(Adopting),
    /// A form is no longer asked for.
    End {
        /// The template.
        template: String,
        /// Last day it holds.
        to: Date,
        /// Why, by which paper.
        reason: String,
    },
}

/// What happened to returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A return was sent. `corrects` is the return of the same period before it, and `reason` says why.
    Sent {
        template: String,
        from: Date,
        to: Date,
        #[serde(default)]
        unit: String,
        form: Form,
        frozen_number: u64,
        remark: String,
        corrects: Option<String>,
        reason: String,
    },
    /// A form was adopted. The subject is the template.
    Adopted { name: String, source: String, from: Date, content: Content, reason: String },
    /// A form, adopted or brought by the program, is asked for no longer. The subject is the template.
    Ended { to: Date, reason: String },
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
    /// The template held until a day before the period.
    NoLongerInForce { date } = "N-110" Rule _;
    /// Which unit reports must be said.
    NoUnit = "N-111" Rule reporting_unit;
    /// A name of 1 to 40 characters.
    NameLength = "N-112" Rule name;
    /// Another form has that name.
    NameTaken { name } = "N-113" Conflict name;
    /// By which paper it is asked for must be said.
    NoSource = "N-114" Rule source;
    /// A form asks for something, for nothing twice, and its headings are short.
    BadColumns { most } = "N-115" Rule columns;
    /// It is due within so many days after its period.
    DueTooLate { most } = "N-116" Rule due_days;
    /// Why must be said.
    NoReason = "N-117" Rule reason;
    /// It ends before it begins, or has ended for a return that was sent.
    EndsTooEarly { date } = "N-118" Rule to;
    /// It has ended already.
    HasEnded { date } = "N-119" Conflict to;
    /// Two columns stand at one place.
    SamePosition = "N-120" Rule columns;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The template it is about.
    pub template: Option<Template>,
    /// Whether another form has the name.
    pub is_name_taken: bool,
    /// Last day of the last period of which a return of the template was sent.
    pub sent_to: Option<Date>,
    /// The newest return of the period, and when it was sent.
    pub before: Option<(String, Date)>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let (subject, fact) = match command {
        Command::Send(sending) => (&sending.id, send(state, sending, context)?),
        Command::Adopt(adopting) => (&adopting.template, adopt(state, adopting)?),
        Command::End { template, to, reason } => (template, end(state, template, *to, reason)?),
    };
    Ok(vec![Draft { fact, subject: subject.clone(), place: "-".to_owned(), occurred_on: context.today }])
}

/// Whether a name is one: some characters, not too many, in one line.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control)
}

fn adopt(state: &State, adopting: &Adopting) -> Result<Fact, Refused> {
    let Adopting { name, source, from, content, reason, .. } = adopting;
    let name = name.trim();
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    if !is_name(name) {
        return Err(Refused::NameLength);
    }
    if state.is_name_taken {
        return Err(Refused::NameTaken { name: name.to_owned() });
    }
    if source.trim().is_empty() {
        return Err(Refused::NoSource);
    }
    let Content { columns, headings, due_days, .. } = content;
    let are_named = headings.is_empty() || headings.len() == columns.len();
    if columns.is_empty() || twice(columns).is_some() || !are_named || headings.iter().any(|heading| !heading.is_empty() && !is_name(heading)) {
        return Err(Refused::BadColumns { most: NAME_CHARS.to_string() });
    }
    if *due_days > MOST_DUE_DAYS {
        return Err(Refused::DueTooLate { most: MOST_DUE_DAYS.to_string() });
    }
    if reason.trim().is_empty() {
        return Err(Refused::NoReason);
    }
    Ok(Fact::Adopted { name: name.to_owned(), source: source.trim().into(), from: *from, content: content.clone(), reason: reason.trim().into() })
}

fn end(state: &State, name: &str, to: Date, reason: &str) -> Result<Fact, Refused> {
    let template = state.template.as_ref().ok_or_else(|| Refused::UnknownTemplate { template: name.to_owned() })?;
    if let Some(ended) = template.to {
        return Err(Refused::HasEnded { date: ended.to_string() });
    }
    let least = state.sent_to.map_or(template.from, |sent| sent.max(template.from));
    if to < least {
        return Err(Refused::EndsTooEarly { date: least.to_string() });
    }
    match reason.trim() {
        "" => Err(Refused::NoReason),
        reason => Ok(Fact::Ended { to, reason: reason.to_owned() }),
    }
}

fn send(state: &State, sending: &Sending, context: &Context) -> Result<Fact, Refused> {
    let Sending { template: name, from, unit, form, seen, frozen_number, remark, reason, is_early, .. } = sending;
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    let template = state.template.as_ref().ok_or_else(|| Refused::UnknownTemplate { template: name.clone() })?;
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
    if !is_name(unit.trim()) {
        return Err(Refused::NoUnit);
    }
    Ok(Fact::Sent {
        template: name.clone(),
        from: period.from,
        to: period.to,
        unit: unit.trim().to_owned(),
        form: form.clone(),
        frozen_number: *frozen_number,
        remark: remark.trim().to_owned(),
        corrects,
        reason,
    })
}
