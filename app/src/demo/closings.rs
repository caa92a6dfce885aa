//! Accounts of the last weeks in the invented district: given on Mondays, accepted by the leader, one of them sent back first;
//! the last week's wait for a judgement, and one project owes its own.

use super::district::{District, closing_word};
use super::{Ask, Teller};
use crate::features::closings::gather;
use crate::features::closings::model::{Closing, Command};
use crate::features::plan;
use crate::web::past::{Known, Looked};
use anyhow::Result;
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::civil::Date;

/// Accounts are given since so many days before today.
const SINCE: i64 = 48;
/// The account of this project is sent back once, so many days ago or more.
const SENT_BACK: (usize, i64) = (1, 15);
/// The project that owes the newest account.
const OWES: usize = 3;
/// Accounts of the last so many days wait for a judgement.
const WAITING: i64 = 7;
/// Why works fall short, in turn.
const REASONS: [&str; 4] = ["materials", "funds", "permits", "weather"];

/// On the first day of a week and of a month the one before it is accounted for.
pub async fn work(teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
    for kind in [PeriodKind::Week, PeriodKind::Month] {
        if ago <= SINCE && kind.around(on).from == on {
            let period = kind.around(on.yesterday().unwrap_or(on));
            account(teller, district, &period, ago).await?;
        }
    }
    Ok(())
}

async fn account(teller: &mut Teller<'_>, district: &District, period: &Period, ago: i64) -> Result<()> {
    let mut conn = super::story::settled(teller).await?;
    let active = plan::store::active(&mut conn).await?;
    // Told the morning after: nothing has come between.
    let ended = Looked { day: period.to, known: Known::Now };
    let (mut given, mut sent_back, mut again, mut accepted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let leader = &district.people[0].account;
    for (at, project) in district.projects.iter().enumerate() {
        let is_active = active
            .iter()
            .any(|plan| plan.project == project.id && plan.active_on.is_some_and(|since| since <= period.to));
        if !is_active || (at == OWES && ago <= WAITING) {
            continue;
        }
        let closing = Closing { project: project.id.clone(), kind: period.kind.name().to_owned(), from: period.from };
        let (figures, frozen_number) = gather::frozen(&mut conn, teller.domain, &project.id, period, &ended).await?;
        let (reasons, content) = match figures.is_short() {
            true => (
                vec![REASONS[(at + ago.unsigned_abs() as usize) % REASONS.len()].to_owned()],
                closing_word("short").to_owned(),
            ),
            false => (Vec::new(), String::new()),
        };
        let give = || Command::Give {
            closing: closing.clone(),
            figures,
            frozen_number,
            reasons: reasons.clone(),
            content: content.clone(),
        };
        given.push(Ask::by(&project.reporter, give()));
        if at == SENT_BACK.0 && ago >= SENT_BACK.1 {
            sent_back.push(Ask::by(
                leader,
                Command::Return { closing: closing.clone(), reason: closing_word("return").into() },
            ));
            again.push(Ask::by(&project.reporter, give()));
        }
        if ago > WAITING {
            accepted.push(Ask::by(leader, Command::Accept { closing }));
        }
    }
    drop(conn);
    for wave in [given, sent_back, again, accepted] {
        teller.wave(wave).await?;
    }
    Ok(())
}
