//! What a bulletin freezes: of its week what was planned, promised and expected at its end, and what has been reported and judged
//! of it since.

use super::figures::{DrawnBuilding, Figures, Line, rank};
use super::{hindered, store};
use crate::db::Conn;
use crate::features::targets::drawings::Standing;
use crate::features::targets::model::Grade;
use crate::features::targets::progress::Weighed;
use crate::features::targets::terms::{EndOfDay, Terms};
use crate::features::{Guatu, plan, reports, targets};
use crate::features::reports::reasons::LONGEST_DAYS;
use crate::journal::replay;
use crate::web::Site;
use crate::web::past;
use crate::web::problem::Problem;
use jiff::ToSpan;
use jiff::civil::Date;
use std::sync::Arc;

/// The ends of a week that is over and of the week before it; `None` of a week that runs, or of which nothing is known.
#[derive(Default)]
pub struct Ends {
    /// Of the week.
    pub week: Option<Arc<EndOfDay>>,
    /// Of the one before.
    pub before: Option<Arc<EndOfDay>>,
}

impl Ends {
    /// From the ledger as it stood then.
    pub async fn look(site: &Site, from: Date) -> Result<Ends, Problem> {
        let to = from.saturating_add(6.days()).min(site.clock.today());
        let before = from.saturating_sub(1.days()).min(to);
        Ok(Ends {
            week: EndOfDay::looked(&past::look(site, Some(to)).await?).await?.map(Arc::new),
            before: EndOfDay::looked(&past::look(site, Some(before)).await?).await?.map(Arc::new),
        })
    }
}

/// Figures of a week, and the ledger number they stand on.
pub async fn gather(conn: &mut Conn, domain: &Guatu, from: Date, today: Date, ends: &Ends) -> Result<(Figures, u64), Problem> {
    // At one moment, so that the number is that of the figures.
    conn.begin_snapshot().await?;
    let gathered = of_week(conn, domain, from, today, ends).await;
    conn.rollback().await?;
    gathered
}

async fn of_week(conn: &mut Conn, domain: &Guatu, from: Date, today: Date, ends: &Ends) -> Result<(Figures, u64), Problem> {
    let number = replay::head_number(conn).await?;
    let tree = domain.places.tree(conn).await?;
    let before = store::before(conn, from).await?;
    let to = from.saturating_add(6.days());
    let day = to.min(today);
    let (rule, rules) = domain.rules.gap(conn, today).await?;
    let measure = rules.measure;
    let mut lines = Vec::new();
    let mut whole = Weighed::default();
    let came = reports::store::counts(conn, from, to).await?;
    let said = reports::store::said(conn, from.saturating_sub(i64::from(LONGEST_DAYS).days()), day).await?;
    for state in plan::store::active(conn).await? {
        let Some(place) = tree.get(&state.project) else { continue };
        let targets = targets::assess::on_terms(conn, domain, &place.id, day, ends.week.as_deref()).await?;
        let weighed = targets.whole();
        let Some((planned_e1, done_e1, gap_e1)) = weighed.judged_e1(measure, day) else { continue };
        whole.join(&weighed);
        // Of each day what was owed on it: work may have been stopped during the week, and holidays owe nothing.
        let days = || from.series(1.days()).take_while(|one| *one <= day);
        let is_worked = |building: &str, day: Date| targets.of(building).any(|item| item.is_open() && item.is_worked_on(day));
        let buildings = targets.by_building.keys().filter_map(|building| tree.get(building));
        let owed: usize = buildings.map(|building| days().filter(|day| !tree.is_idle(building, *day) && is_worked(&building.id, *day)).count()).sum();
        let now = domain.networks.scheduled(conn, &place.id).await?;
        let scheduled = ends.week.as_ref().and_then(|end| end.of(&place.id)).map_or(&*now, Terms::scheduled);
        let late = scheduled
            .outlooks
            .iter()
            .filter_map(|outlook| Some((outlook.float_days_e3.filter(|float| *float < 0)?, &outlook.mandate)))
            .min()
            .and_then(|(float, mandate)| {
                Some((scheduled.mandates.iter().find(|one| one.id == *mandate)?.name.clone(), -float / 1000))
            });
        let (count, disputes) = came.get(&place.id).copied().unwrap_or_default();
        let measured: Vec<Grade> =
            targets.items.iter().filter_map(|item| item.grade).collect();
        let printed =
            before.as_ref().and_then(|before| before.figures.lines.iter().find(|line| line.project == place.id));
        let gap_before_e1 = match printed {
            Some(line) => Some(line.gap_e1),
            // No issue to be held to: what the ledger says of the end of the week before, if the project had begun.
            None if before.is_none() => {
                targets::assess::on_terms(conn, domain, &place.id, from.saturating_sub(1.days()), ends.before.as_deref())
                    .await?
                    .whole()
                    .judged_e1(measure, from.saturating_sub(1.days()))
                    .map(|(_, _, gap)| gap)
            }
            None => None,
        };
        lines.push(Line {
            project: place.id.clone(),
            name: place.attributes.name.clone(),
            planned_e1,
            done_e1,
            gap_e1,
            gap_before_e1,
            reports_due: (owed as u32).max(count),
            reports_came: count,
            measured: measured.len() as u32,
            confirmed: measured.iter().filter(|grade| **grade >= Grade::Confirmed).count() as u32,
            grade: measured.iter().min().copied(),
            disputes,
            broken: targets.items.iter().filter(|item| item.outlook().first_impossible().is_some()).count() as u32,
            late,
            hindered: Some(hindered::of_project(conn, &tree, place, scheduled, &said, (from, day)).await?),
        });
    }
    rank(&mut lines);
    // Of the best project its best building and of the worst its worst: what the two sentences about them look like.
    let mut drawn = Vec::new();
    for (line, is_best) in lines
        .iter()
        .find(|line| line.has_reported())
        .map(|line| (line, true))
        .into_iter()
        .chain(lines.iter().skip(1).next_back().map(|line| (line, false)))
    {
        let targets = targets::assess::on_terms(conn, domain, &line.project, day, ends.week.as_deref()).await?;
        let buildings =
            targets.by_building.keys().filter_map(|id| Some((tree.get(id)?, targets.weighed.get(id)?.judged_e1(measure, day)?.2)));
        let chosen = buildings.min_by_key(|(place, gap)| (if is_best { -gap } else { *gap }, tree.position(&place.id)));
        drawn.extend(chosen.map(|(place, gap_e1)| {
            let mut works: Vec<Standing> = targets.of(&place.id).map(Into::into).collect();
            // There is room for what one sees; of a road that is all there is.
            if works.iter().any(Standing::is_seen) {
                works.retain(Standing::is_seen);
            }
            DrawnBuilding {
                building: place.id.clone(),
                project: line.project.clone(),
                name: place.attributes.name.clone(),
                gap_e1,
                works,
            }
        }));
    }
    let (planned_e1, done_e1, _) = whole.judged_e1(measure, day).unwrap_or_default();
    Ok((Figures { lines, planned_e1, done_e1, rule: rule.id, drawn }, number))
}
