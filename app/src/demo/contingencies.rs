//! Contingency plans of the invented district: laid, drilled, set off by what the story tells, some of them stood down; one has
//! never been drilled, and many buildings have none.

use super::district::{ContingencyRow, District, contingencies, contingency_word};
use super::orders::{account_of, unit_of};
use super::story::{day, settled};
use super::{Ask, Teller};
use crate::features::calendars::model::Level;
use crate::features::contingencies::model::{Command, Terms, Trigger};
use crate::features::contingencies::store;
use anyhow::{Context, Result, bail};
use jiff::civil::Date;

fn id(at: usize) -> String {
    format!("contingency-{}", at + 1)
}

/// What is done with plans on a day so many days ago.
pub(super) async fn work(teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
    for (at, row) in contingencies().iter().enumerate() {
        let project = district.projects.get(row.project).context("a plan names a project")?;
        if row.laid == ago {
            teller.wave(vec![lay(district, at, row, on)?]).await?;
        }
        if row.drilled >= 0 && row.laid - row.drilled == ago {
            let drill = Command::Drill {
                contingency: id(at),
                on,
                who: row.post.clone(),
                content: contingency_word("drill").to_owned(),
                evidence: contingency_word("evidence").to_owned(),
                photos: Vec::new(),
            };
            teller.wave(vec![Ask::by(&project.reporter, drill)]).await?;
        }
        let plan = store::contingency(&mut teller.db.reader().await?, &id(at)).await?;
        let is_over = |fired_on: Date| row.down >= 0 && day(fired_on, row.down) <= on;
        if let Some(firing) = plan.as_ref().and_then(|plan| plan.under_way()).filter(|firing| is_over(firing.on)) {
            let outcome = contingency_word("down").to_owned();
            let down = Command::StandDown { contingency: id(at), firing: firing.number, outcome };
            teller.wave(vec![Ask::by(&project.reporter, down)]).await?;
        }
    }
    Ok(())
}

/// Looks at float, as the timer does.
pub(super) async fn look(teller: &mut Teller<'_>, today: Date) -> Result<()> {
    let mut conn = settled(teller).await?;
    let short = store::short_of_float(&mut conn, today).await?;
    drop(conn);
    teller.wave(short.into_iter().map(|(_, command)| Ask::by_system(command)).collect()).await
}

fn lay(district: &District, at: usize, row: &ContingencyRow, on: Date) -> Result<Ask> {
    let project = &district.projects[row.project];
    let place = match usize::try_from(row.building) {
        Ok(building) => project.blocks.get(building).context("a plan names a building")?.id.clone(),
        Err(_) => project.id.clone(),
    };
    let terms = Terms {
        kind: row.kind.clone(),
        document: row.document.clone(),
        trigger: trigger(&row.trigger)?,
        measures: row.measures.clone(),
        unit: unit_of(district, &account_of(district, project, &row.part)?)?,
        post: row.post.clone(),
        stock: row.stock.clone(),
        amount_fen: row.yuan * 100,
        from: day(on, -row.before),
        to: day(on, row.laid + row.ends),
    };
    let command = Command::Lay { contingency: id(at), place, terms: Box::new(terms) };
    Ok(Ask::by(&project.reporter, command))
}

/// A trigger from words: `alert orange`, `weather 4`, `cover rebar 4`, `float 3`, `stopped`, `major_hazard`.
fn trigger(words: &str) -> Result<Trigger> {
    let words: Vec<&str> = words.split(' ').collect();
    Ok(match words[..] {
        ["alert", level] => Trigger::Alert { level: Level::from_name(level).context("a level is known")? },
        ["weather", hours] => Trigger::Weather { hours: hours.parse()? },
        ["cover", material, days] => Trigger::Cover { material: material.to_owned(), days: days.parse()? },
        ["float", days] => Trigger::Float { days: days.parse()? },
        ["stopped"] => Trigger::Stopped {},
        ["major_hazard"] => Trigger::MajorHazard {},
        _ => bail!("nothing is set off by {words:?}"),
    })
}
