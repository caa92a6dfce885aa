//! What a project promised and delivered in a period, added up in crew-days, and which works fell short.

use super::model::Figures;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::targets::assess::{self, Assessed};
use crate::journal::replay;
use crate::web::past::Looked;
use anyhow::Result;
use guatu_kernel::guarantee::{Period, TOLERANCE, Window};

/// A work that fell short.
#[derive(Clone, Debug, PartialEq)]
pub struct Short {
    /// The building.
    pub building: String,
    /// Name of the work.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Needed, promised and delivered, in that unit.
    pub amounts: [f64; 3],
    /// What is missing, in crew-days: what orders works of different units.
    pub crew_days: f64,
}

/// Figures to be frozen, and the ledger number they stand on: at one moment, so that the number is that of the figures.
pub async fn frozen(conn: &mut Conn, domain: &Guatu, project: &str, period: &Period, looked: &Looked) -> Result<(Figures, u64)> {
    conn.begin_snapshot().await?;
    let gathered = of_now(conn, domain, project, period, looked).await;
    conn.rollback().await?;
    gathered
}

async fn of_now(conn: &mut Conn, domain: &Guatu, project: &str, period: &Period, looked: &Looked) -> Result<(Figures, u64)> {
    let number = replay::head_number(conn).await?;
    Ok((figures(conn, domain, project, period, looked).await?.0, number))
}

/// A project's figures in a period; `looked` is its last day.
pub async fn figures(conn: &mut Conn, domain: &Guatu, project: &str, period: &Period, looked: &Looked) -> Result<(Figures, Vec<Short>)> {
    let targets = assess::looked(conn, domain, project, looked).await?;
    let mut sums = [0.0; 5];
    let (mut works, mut shorts) = (0, Vec::new());
    for (building, items) in &targets.by_building {
        for item in items.iter().map(|at| &targets.items[*at]) {
            let Some(window) = item.facts.windows.iter().find(|window| window.period == *period) else { continue };
            let will = window.will.unwrap_or(0.0);
            if window.should <= TOLERANCE && will <= TOLERANCE && window.done <= TOLERANCE {
                continue;
            }
            works += 1;
            let parts = [window.should, will, window.done, will - window.promise_debt(), window.should - window.shortfall()];
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part * item.unit_crew_days);
            shorts.extend(short(building, item, window, will));
        }
    }
    shorts.sort_by(|one, other| other.crew_days.total_cmp(&one.crew_days).then_with(|| one.building.cmp(&other.building)).then_with(|| one.name.cmp(&other.name)));
    let [should_e3, will_e3, done_e3, kept_e3, met_e3] = sums.map(|sum| (sum * 1000.0).round() as i64);
    Ok((Figures { should_e3, will_e3, done_e3, kept_e3, met_e3, works }, shorts))
}

fn short(building: &str, item: &Assessed, window: &Window, will: f64) -> Option<Short> {
    let missing = window.promise_debt().max(window.shortfall());
    (missing > TOLERANCE).then(|| Short {
        building: building.to_owned(),
        name: item.name.clone(),
        unit: item.unit.clone(),
        amounts: [window.should, will, window.done],
        crew_days: missing * item.unit_crew_days,
    })
}
