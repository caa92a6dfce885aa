//! Where each figure comes from: read from places, rounds, the wall, targets, reports and plans by their own functions.

use super::figures::{Figure, Form, Measured, Value, fill};
use super::model::Template;
use crate::db::Conn;
use crate::features::places::Tree;
use crate::features::places::store::Place;
use crate::features::plan::pages::{days_between, worst};
use crate::features::targets::model::Grade;
use crate::features::targets::terms::EndOfDay;
use crate::features::{Guatu, plan, reports, round, targets, wall_chart};
use crate::web::problem::Problem;
use guatu_kernel::guarantee::Period;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

/// Figures that one row of a round holds.
const OF_ROUND: [Figure; 2] = [Figure::Hindered, Figure::Red];
/// Stages that are counted, with the figure of each.
const STAGES: [(&str, Figure); 3] = [("topping_out", Figure::ToppedOut), ("completion", Figure::Completed), ("handover", Figure::HandedOver)];

/// Projects being measured, in the order of places.
struct Measuring {
    projects: Vec<Measured>,
    at: HashMap<String, usize>,
}

impl Measuring {
    fn set(&mut self, project: &str, figure: Figure, value: Value) {
        if let Some(at) = self.at.get(project) {
            self.projects[*at].values.insert(figure, value);
        }
    }

    fn count(&mut self, project: &str, figure: Figure, count: impl TryInto<i64>) {
        // No count of a district comes near the largest integer.
        self.set(project, figure, Value::Count(count.try_into().unwrap_or(i64::MAX)));
    }
}

/// Figures that follow from the forecasts, states and places of a day: of a period that is over they are read from the ledger as it
/// stood then.
pub const STOOD: [Figure; 13] = [
    Figure::Buildings,
    Figure::Flats,
    Figure::Households,
    Figure::AreaM2,
    Figure::State,
    Figure::Red,
    Figure::Hindered,
    Figure::ToppedOut,
    Figure::Completed,
    Figure::HandedOver,
    Figure::MandatedOn,
    Figure::DaysLeft,
    Figure::FloatDays,
];

/// What stood at the end of a period.
#[derive(Default)]
pub struct Stood {
    /// What its works were held to; `None` where nothing is known of then.
    terms: Option<Arc<EndOfDay>>,
    /// Its figures, of which [`STOOD`] are read.
    projects: Vec<Measured>,
}

impl Stood {
    /// What stands at the end of a period: to be read then, or from the ledger as it stood then.
    pub async fn read(conn: &mut Conn, domain: &Guatu, template: &Template, period: Period) -> Result<Stood, Problem> {
        let projects = measure(conn, domain, template, period, period.to, None).await?;
        Ok(Stood { terms: Some(Arc::new(EndOfDay::read(conn, domain, period.to).await?)), projects })
    }

    /// What its works were held to.
    pub fn terms(&self) -> Option<&Arc<EndOfDay>> {
        self.terms.as_ref()
    }
}

/// Fills a form as things stand: of every active project, whoever asks. Of a period that is over `stood` is what stood at its end:
/// what only the ledger of then knows, and nothing of a project that is not in there; what was reported of it since counts.
pub async fn gather(conn: &mut Conn, domain: &Guatu, template: &Template, period: Period, today: Date, stood: &Stood) -> Result<Form, Problem> {
    let mut projects = measure(conn, domain, template, period, today, stood.terms.as_deref()).await?;
    if period.to < today {
        for project in &mut projects {
            let known = stood.projects.iter().find(|one| one.project == project.project);
            for figure in STOOD {
                project.values.remove(&figure);
                project.values.extend(known.and_then(|one| one.values.get(&figure)).map(|value| (figure, value.clone())));
            }
        }
    }
    Ok(fill(template, &projects))
}

/// What a form asks for of every active project, as things stand on a day; its works are held to what stood at the end of the
/// period where that is given.
async fn measure(conn: &mut Conn, domain: &Guatu, template: &Template, period: Period, today: Date, end: Option<&EndOfDay>) -> Result<Vec<Measured>, Problem> {
    let day = period.to.min(today);
    let asks = |figures: &[Figure]| template.content.columns.iter().any(|column| figures.contains(column));
    let tree = domain.places.tree(conn).await?;
    let active = plan::store::active(conn).await?;
    let mut projects: Vec<&Place> = active.iter().filter_map(|plan| tree.get(&plan.project)).collect();
    projects.sort_by_key(|place| tree.position(&place.id));
    let measured = projects.iter().map(|place| Measured {
        project: place.id.clone(),
        name: place.attributes.name.clone(),
        programme: place.attributes.programme.clone(),
        ..Measured::default()
    });
    let mut measuring = Measuring {
        projects: measured.collect(),
        at: projects.iter().enumerate().map(|(at, place)| (place.id.clone(), at)).collect(),
    };
    for place in &projects {
        of_place(&mut measuring, &tree, place);
    }
    let roots: Vec<&Place> = tree.places().iter().filter(|place| place.parent.is_none()).collect();
    if asks(&OF_ROUND) && day == today {
        of_round(&mut measuring, conn, domain, &roots, day).await?;
    }
    let filed = reports::store::of_day(conn, day).await?;
    if asks(&[Figure::ReportsDue, Figure::ReportsCame]) {
        for place in &projects {
            let targets = targets::assess::on_terms(conn, domain, &place.id, day, end).await?;
            let due: Vec<&String> = targets.by_building.keys().filter(|id| reports::owes(&tree, &targets, id, day)).collect();
            measuring.count(&place.id, Figure::ReportsDue, due.len());
            measuring.count(&place.id, Figure::ReportsCame, due.iter().filter(|id| filed.contains_key(**id)).count());
        }
    }
    if asks(&[Figure::Hands]) {
        let mut hands: HashMap<String, u64> = HashMap::new();
        for report in filed.into_values() {
            if let Some(counted) = report.hands() {
                *hands.entry(report.project).or_default() += u64::from(counted);
            }
        }
        // Of a project whose reports name no hands nothing is known: that is not none.
        for (project, counted) in hands {
            measuring.count(&project, Figure::Hands, counted);
        }
    }
    if asks(&[Figure::Planned, Figure::Done, Figure::Gap, Figure::Measured, Figure::Confirmed, Figure::PromisesMade, Figure::PromisesKept]) {
        for (at, place) in projects.iter().enumerate() {
            let targets = targets::assess::on_terms(conn, domain, &place.id, day, end).await?;
            measuring.projects[at].weighed = targets.whole();
            let promises: Vec<bool> = targets.items.iter().filter_map(|item| item.is_promise_kept(period.kind)).collect();
            let known: Vec<Grade> = targets.items.iter().filter_map(|item| item.grade).collect();
            measuring.count(&place.id, Figure::Measured, known.len());
            measuring.count(&place.id, Figure::Confirmed, known.iter().filter(|grade| **grade >= Grade::Confirmed).count());
            measuring.count(&place.id, Figure::PromisesMade, promises.len());
            measuring.count(&place.id, Figure::PromisesKept, promises.iter().filter(|is_kept| **is_kept).count());
        }
    }
    if asks(&[Figure::Disputes]) {
        let counts = reports::store::counts(conn, period.from, day).await?;
        for place in &projects {
            let (_, disputes) = counts.get(&place.id).copied().unwrap_or_default();
            measuring.count(&place.id, Figure::Disputes, disputes);
        }
    }
    if asks(&STAGES.map(|(_, figure)| figure)) {
        of_stages(&mut measuring, conn, domain, &projects, day).await?;
    }
    if asks(&[Figure::MandatedOn, Figure::DaysLeft, Figure::FloatDays]) {
        of_plans(&mut measuring, conn, domain, &projects, day, today).await?;
    }
    Ok(measuring.projects)
}

/// What a project is. Places say zero where a count is not known; a return says nothing instead.
fn of_place(measuring: &mut Measuring, tree: &Tree, place: &Place) {
    let counts = [
        (Figure::Buildings, tree.buildings(place) as u64),
        (Figure::Flats, tree.total(place, |figures| figures.flats)),
        (Figure::Households, tree.total(place, |figures| figures.households)),
        (Figure::AreaM2, tree.total(place, |figures| figures.area_m2)),
    ];
    for (figure, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        measuring.count(&place.id, figure, count);
    }
    if let Some(state) = &place.state {
        measuring.set(&place.id, Figure::State, Value::State(state.clone()));
    }
}

/// What the round of a day says. Of an earlier one only the ledger of then knows.
async fn of_round(measuring: &mut Measuring, conn: &mut Conn, domain: &Guatu, roots: &[&Place], day: Date) -> Result<(), Problem> {
    for root in roots {
        for one in &round::gather::gather(conn, domain, root, day).await? {
            measuring.count(&one.line.project, Figure::Hindered, one.line.hindered);
            measuring.count(&one.line.project, Figure::Red, one.line.red);
        }
    }
    Ok(())
}

/// How many buildings and facilities the wall shows as finished in a stage by a day; nothing where a project has no such stage.
async fn of_stages(measuring: &mut Measuring, conn: &mut Conn, domain: &Guatu, projects: &[&Place], day: Date) -> Result<(), Problem> {
    for place in projects {
        let matrix = wall_chart::matrix::gather(conn, domain, place, day).await?;
        for (stage, figure) in STAGES {
            let Some(at) = matrix.stages.iter().position(|known| *known == stage) else { continue };
            let cells = matrix.rows.iter().filter_map(|row| row.cells[at].as_ref());
            measuring.count(&place.id, figure, cells.filter(|cell| cell.done == cell.count).count());
        }
    }
    Ok(())
}

/// The mandated date of each project with the least float, as the list of plans has it; nothing once all are reached. A date
/// that no plan leads to has no float.
async fn of_plans(measuring: &mut Measuring, conn: &mut Conn, domain: &Guatu, projects: &[&Place], day: Date, today: Date) -> Result<(), Problem> {
    for place in projects {
        let scheduled = domain.networks.scheduled(conn, &place.id).await?;
        let Some((mandate, outlook)) = worst(&scheduled.mandates, &scheduled.outlooks) else { continue };
        let float_days_e3 = outlook.and_then(|outlook| outlook.float_days_e3);
        if outlook.is_some() && float_days_e3.is_none() {
            continue;
        }
        measuring.set(&place.id, Figure::MandatedOn, Value::On(mandate.finish_by));
        measuring.set(&place.id, Figure::DaysLeft, Value::Days(i64::from(days_between(day, mandate.finish_by))));
        // The float of an earlier day followed from the plan of that day.
        if let Some(float_days_e3) = float_days_e3.filter(|_| day == today) {
            measuring.set(&place.id, Figure::FloatDays, Value::Days(float_days_e3 / 1000));
        }
    }
    Ok(())
}
