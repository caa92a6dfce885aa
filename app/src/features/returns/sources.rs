//! Which page a cell opens: the one its figure was read from, as the ledger stood when it was frozen.

use super::figures::{Basis, Figure, Row, Subject};
use super::gather::STOOD;
use crate::web::problem::form_urlencoded;
use guatu_kernel::guarantee::Period;
use jiff::civil::Date;

/// On what the cells of a form stand.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The period.
    pub period: Period,
    /// The day on which they were read.
    pub read_on: Date,
    /// The ledger number they were frozen at; `None` before they are.
    pub frozen_number: Option<u64>,
}

impl Standing {
    /// The last day of the period that had come.
    pub fn day(&self) -> Date {
        self.period.to.min(self.read_on)
    }

    /// Of when a figure is: a day, or the days of the period that had come.
    pub fn basis(&self, figure: Figure) -> String {
        match figure.basis() {
            Basis::Period if self.period.from < self.day() => format!("{} – {}", self.period.from, self.day()),
            Basis::Period | Basis::Day => self.day().to_string(),
        }
    }

    /// The page that a cell opens. A total opens the same list of the whole district where that holds active projects only, as
    /// a return does; others open the rows they are made of.
    pub fn address(&self, figure: Figure, row: &Row) -> String {
        let project = match (&row.subject, row.projects.first()) {
            (Subject::Project { .. }, Some(project)) => Some(form_urlencoded(project)),
            (Subject::Programme { programme }, _) => return format!("#{}", anchor(programme.as_deref())),
            _ if is_listed_whole(figure) => None,
            _ => return format!("#{ROWS}"),
        };
        let place = project.as_ref().map(|project| format!("place={project}"));
        let on = Some(format!("on={}", self.day()));
        let own = |above: &str| format!("{above}/{}", project.as_deref().unwrap_or_default());
        let (path, mut query, part) = match figure {
            Figure::Buildings | Figure::Flats | Figure::Households | Figure::AreaM2 | Figure::State => (own("/places"), vec![], ""),
            Figure::MandatedOn | Figure::DaysLeft | Figure::FloatDays => (own("/plans"), vec![], ""),
            Figure::ToppedOut | Figure::Completed | Figure::HandedOver => ("/wall".to_owned(), vec![place], ""),
            Figure::ReportsDue | Figure::ReportsCame | Figure::Hands => ("/reports".to_owned(), vec![place, on], ""),
            Figure::Disputes => ("/reports".to_owned(), vec![place, Some(format!("from={}", self.period.from)), on], "#disputed"),
            Figure::Hindered => ("/round".to_owned(), vec![place], "#hindered"),
            Figure::Red => ("/round".to_owned(), vec![place], "#red"),
            Figure::PromisesMade | Figure::PromisesKept => {
                ("/targets/periods".to_owned(), vec![place, Some(format!("period={}", self.period.kind.name())), on], "")
            }
            Figure::Planned | Figure::Done | Figure::Gap | Figure::Measured | Figure::Confirmed => {
                ("/targets".to_owned(), vec![place, on], "")
            }
        };
        // What only the ledger of then knows is found there.
        query.push(match STOOD.contains(&figure) && self.period.to < self.read_on {
            true => Some(format!("as_of={}", self.period.to)),
            false => self.frozen_number.map(|number| format!("as_of={number}")),
        });
        let query: Vec<String> = query.into_iter().flatten().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{path}{mark}{}{part}", query.join("&"))
    }
}

/// Where the rows of a return begin on its page.
pub const ROWS: &str = "rows";

/// Whether a page lists what makes up a figure for the whole district.
fn is_listed_whole(figure: Figure) -> bool {
    use Figure::{Disputes, Hands, Hindered, Red, ReportsCame, ReportsDue};
    matches!(figure, ReportsDue | ReportsCame | Hands | Disputes | Hindered | Red)
}

/// Where the projects of a programme type begin on the page of a return.
pub fn anchor(programme: Option<&str>) -> String {
    format!("of-{}", programme.unwrap_or("none"))
}
