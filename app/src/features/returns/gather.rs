//! Where each figure comes from: read from places, rounds, the wall, targets, reports and plans by their own functions.

use super::figures::{Figure, Form, Measured, Value, fill};
use super::model::Template;
use crate::db::Conn;
use crate::features::places::Tree;
use crate::features::places::store::Place;
use crate::features::plan::pages::{days_between, worst};
use crate::features::targets::model::Grade;
use crate::features::{Guatu, plan, reports, round, targets, wall_chart};
use crate::web::problem::Problem;
use guatu_kernel::guarantee::Period;
use jiff::civil::Date;
use std::collections::HashMap;

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

/// Figures that follow from the forecasts and judgements of a day and not from what was reported of it: of a period that is over
/// they are read from the ledger as it stood then.
pub const STOOD: [Figure; 7] = [
    Figure::State,
    Figure::Red,
    Figure::MandatedOn,
    Figure::DaysLeft,
    Figure::FloatDays,
    Figure::Measured,
    Figure::Confirmed,
];

/// Fills a form as things stand: of every active project, whoever asks. Since when a project has been active says when it was
/// entered here, not when it was worked on, so an earlier period has it as well. Of a period that is over `stood` is what was
/// measured at its end: what only the ledger of then knows, and nothing where it is not in there.
pub async fn gather(conn: &mut Conn, domain: &Guatu, template: &Template, period: Period, today: Date, stood: &[Measured]) -> Result<Form, Problem> {
    let mut projects = measure(conn, domain, template, period, today).await?;
    if period.to < today {
        for project in &mut projects {
            let known = stood.iter().find(|one| one.project == project.project);
            for figure in STOOD {
                project.values.remove(&figure);
                project.values.extend(known.and_then(|one| one.values.get(&figure)).map(|value| (figure, value.clone())));
            }
        }
    }
    Ok(fill(template, &projects))
}

/// What a form asks for of every active project, as things stand on a day.
pub async fn measure(conn: &mut Conn, domain: &Guatu, template: &Template, period: Period, today: Date) -> Result<Vec<Measured>, Problem> {
    let day = period.to.min(today);
    let asks = |figures: &[Figure]| template.columns.iter().any(|column| figures.contains(column));
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
    if asks(&[Figure::ReportsDue, Figure::ReportsCame]) || asks(&OF_ROUND) {
        of_round(&mut measuring, conn, domain, &roots, day, today).await?;
    }
    if asks(&[Figure::Hands]) {
        let mut hands: HashMap<String, u64> = HashMap::new();
        for report in reports::store::of_day(conn, day).await?.into_values() {
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
        let grades = domain.grades.grades(conn).await?;
        for (at, place) in projects.iter().enumerate() {
            let targets = targets::assess::project(conn, domain, &place.id, day).await?;
            measuring.projects[at].weighed = targets.whole();
            let promises: Vec<bool> = targets.items.iter().filter_map(|item| item.is_promise_kept(period.kind)).collect();
            let known: Vec<Grade> = targets.items.iter().filter_map(|item| grades.of_work(&place.id, &item.activity)).collect();
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

/// What the round of a day says. Which work was red on an earlier day follows from the plan of that day.
async fn of_round(measuring: &mut Measuring, conn: &mut Conn, domain: &Guatu, roots: &[&Place], day: Date, today: Date) -> Result<(), Problem> {
    for root in roots {
        for one in &round::gather::gather(conn, domain, root, day).await? {
            measuring.count(&one.line.project, Figure::Hindered, one.line.hindered);
            if day == today {
                measuring.count(&one.line.project, Figure::Red, one.line.red);
            }
            measuring.count(&one.line.project, Figure::ReportsDue, one.line.reports_due);
            measuring.count(&one.line.project, Figure::ReportsCame, one.line.reports_came);
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
