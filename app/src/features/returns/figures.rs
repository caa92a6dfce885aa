//! The closed list of figures that a return may ask for, and a form filled with them. Pure; integers only, so that the same
//! figures are the same bytes.

use super::model::{Rows, Template};
use crate::features::places::model::PROGRAMMES;
use crate::features::targets::progress::Weighed;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Of when a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Counted over the days of the period that have come.
    Period,
    /// As of the last day of the period, or of today while it runs.
    Day,
}

/// How the figures of several projects become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    /// Added up; what is known of none stays unknown.
    Sum,
    /// From the sums of weights: an average of percentages is never taken.
    Weighed,
    /// The least: the nearest date, the smallest float.
    Least,
    /// Not at all.
    Alone,
}

macro_rules! figures {
    ($($(#[$doc:meta])* $figure:ident = $name:literal $basis:ident $joined:ident;)+) => {
        /// A figure that a column may ask for. What was sent names its figures, so none is ever taken off this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Figure { $($(#[$doc])* #[serde(rename = $name)] $figure,)+ }

        impl Figure {
            /// Every figure.
            pub const ALL: &'static [Figure] = &[$(Figure::$figure),+];

            /// Its name in templates, facts, and locale files: `return_figure.<name>`, `return_source.<name>`.
            pub fn name(self) -> &'static str {
                match self { $(Figure::$figure => $name),+ }
            }

            /// Of when it is.
            pub fn basis(self) -> Basis {
                match self { $(Figure::$figure => Basis::$basis),+ }
            }

            fn joined(self) -> Joined {
                match self { $(Figure::$figure => Joined::$joined),+ }
            }
        }
    };
}

figures! {
    /// Buildings of the project.
    Buildings = "buildings" Day Sum;
    /// Flats.
    Flats = "flats" Day Sum;
    /// Households.
    Households = "households" Day Sum;
    /// Floor area in m².
    AreaM2 = "area_m2" Day Sum;
    /// State of the project in its programme.
    State = "state" Day Alone;
    /// Buildings that are topped out.
    ToppedOut = "topped_out" Day Sum;
    /// Buildings accepted on completion.
    Completed = "completed" Day Sum;
    /// Buildings handed over.
    HandedOver = "handed_over" Day Sum;
    /// Buildings and facilities that owe a report of the day.
    ReportsDue = "reports_due" Day Sum;
    /// Of these, reported.
    ReportsCame = "reports_came" Day Sum;
    /// People on site on the day.
    Hands = "hands" Day Sum;
    /// Buildings that wait for somebody.
    Hindered = "hindered" Day Sum;
    /// Buildings with work that is late or forecast late.
    Red = "red" Day Sum;
    /// Planned to date, in tenths of a per cent.
    Planned = "planned" Day Weighed;
    /// Done, in tenths of a per cent.
    Done = "done" Day Weighed;
    /// Done − planned, in tenths of a percentage point.
    Gap = "gap" Day Weighed;
    /// Promises made for the period.
    PromisesMade = "promises_made" Period Sum;
    /// Of these, kept.
    PromisesKept = "promises_kept" Period Sum;
    /// Work items that were measured: of how many the share done is known.
    Measured = "measured" Day Sum;
    /// Of these, confirmed by the supervision engineer or verified by an inspection.
    Confirmed = "confirmed" Day Sum;
    /// Reports of the period that stand disputed.
    Disputes = "disputes" Period Sum;
    /// The mandated date with the least float, of those that are not reached.
    MandatedOn = "mandated_on" Day Least;
    /// Natural days until it, negative when it has passed.
    DaysLeft = "days_left" Day Least;
    /// Its float in whole working days, negative when it will be missed.
    FloatDays = "float_days" Day Least;
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A count: buildings, households, people, m².
    Count(i64),
    /// A share in tenths of a per cent.
    ShareE1(i64),
    /// A difference in tenths of a percentage point.
    PointsE1(i64),
    /// Days, negative when they have passed or are lacking.
    Days(i64),
    /// A date.
    On(Date),
    /// A state of a programme.
    State(String),
}

impl Value {
    /// A count, if it is one.
    fn count(&self) -> Option<i64> {
        if let Value::Count(count) = self { Some(*count) } else { None }
    }
}

/// What is known of one project.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// The project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Its programme type.
    pub programme: Option<String>,
    /// Planned to date and done.
    pub weighed: Weighed,
    /// All other figures; absent means unknown, not zero.
    pub values: HashMap<Figure, Value>,
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A project, with its name at the time.
    Project {
        /// The name.
        name: String,
    },
    /// All projects of a programme type; `None` for those without one.
    Programme {
        /// The type.
        programme: Option<String>,
    },
    /// All projects.
    Total,
}

/// A row of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is about.
    pub subject: Subject,
    /// The projects it is made of: who may not read one of them does not read the row.
    pub projects: Vec<String>,
    /// A cell for every column; `None` where nothing is known.
    pub cells: Vec<Option<Value>>,
}

/// The projects that a row of a programme type is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The type; `None` for projects without one.
    pub programme: Option<String>,
    /// One row a project.
    pub rows: Vec<Row>,
}

/// A filled form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What its columns are.
    pub columns: Vec<Figure>,
    /// What the form calls them, as in [`super::model::Content::headings`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headings: Vec<String>,
    /// Its rows, the total last. None when no project is active.
    pub rows: Vec<Row>,
    /// What its rows are made of, where they are not projects themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

impl Form {
    /// What the form calls a column; `None` where that is the figure's own name.
    pub fn heading(&self, at: usize) -> Option<&str> {
        self.headings.get(at).map(String::as_str).filter(|heading| !heading.is_empty())
    }
}

/// Fills the form of a template with what is known of its projects, in their order.
pub fn fill(template: &Template, measured: &[Measured]) -> Form {
    let row = |subject, of: &[&Measured]| Row {
        subject,
        projects: of.iter().map(|one| one.project.clone()).collect(),
        cells: template.content.columns.iter().map(|figure| cell(*figure, of)).collect(),
    };
    let all: Vec<&Measured> = measured.iter().collect();
    let each = |of: &[&Measured]| of.iter().map(|one| row(Subject::Project { name: one.name.clone() }, &[one])).collect::<Vec<Row>>();
    let (mut rows, mut parts) = (Vec::new(), Vec::new());
    match template.content.rows {
        Rows::Projects => rows = each(&all),
        Rows::Programmes => {
            for programme in PROGRAMMES.iter().map(|programme| Some(programme.id.clone())).chain([None]) {
                let own: Vec<&Measured> = measured.iter().filter(|one| one.programme == programme).collect();
                if !own.is_empty() {
                    rows.push(row(Subject::Programme { programme: programme.clone() }, &own));
                    parts.push(Part { programme, rows: each(&own) });
                }
            }
        }
    }
    if !all.is_empty() {
        rows.push(row(Subject::Total, &all));
    }
    Form { columns: template.content.columns.clone(), headings: template.content.headings.clone(), rows, parts }
}

/// The figure of one project, or of several together.
fn cell(figure: Figure, of: &[&Measured]) -> Option<Value> {
    let mut known = of.iter().filter_map(|one| one.values.get(&figure));
    match figure.joined() {
        Joined::Sum => known.filter_map(Value::count).reduce(|sum, count| sum + count).map(Value::Count),
        Joined::Least => known.min().cloned(),
        Joined::Alone => known.next().filter(|_| of.len() == 1).cloned(),
        Joined::Weighed => {
            let mut whole = Weighed::default();
            of.iter().for_each(|one| whole.join(&one.weighed));
            let (planned, done, gap) = whole.points_e1()?;
            Some(match figure {
                Figure::Planned => Value::ShareE1(planned),
                Figure::Done => Value::ShareE1(done),
                _ => Value::PointsE1(gap),
            })
        }
    }
}
