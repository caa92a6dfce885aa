//! The returns that the supervision office of the invented district sends upwards: each with what stood at the end of its period.

use super::district::{District, papers};
use super::story::{day, settled};
use super::{Ask, Teller};
use crate::features::reports;
use crate::features::returns::gather::{Stood, gather};
use crate::features::returns::model as returns;
use crate::features::targets::terms::EndOfDay;
use crate::journal::replay;
use anyhow::{Context, Result, anyhow};
use guatu_kernel::guarantee::PeriodKind;
use jiff::ToSpan;
use jiff::civil::Date;
use std::sync::Arc;

/// The return of a day so many days ago was corrected.
pub(super) const CORRECTED: i64 = 4;
/// Hands that the site had forgotten.
const FORGOTTEN: u32 = 3;

/// A return that is sent.
#[derive(Clone, Copy)]
pub(super) enum Sending {
    /// Of a day, first thing in the morning after it.
    First,
    /// The same again, after a site has counted its hands anew.
    Again,
    /// Of yesterday.
    Yesterday,
    /// Of last week.
    LastWeek,
}

/// What stood at the end of the periods that are reported, by template and last day.
#[derive(Default)]
pub(super) struct Returns(Vec<(&'static str, Date, Stood)>);

impl Sending {
    /// Its id, its template, and the last day of its period.
    fn of(self, today: Date) -> (&'static str, &'static str, Date) {
        match self {
            Sending::First => ("return-1", "day_projects", day(today, -CORRECTED)),
            Sending::Again => ("return-2", "day_projects", day(today, -CORRECTED)),
            Sending::Yesterday => ("return-3", "day_projects", day(today, -1)),
            Sending::LastWeek => {
                ("return-4", "week_projects", PeriodKind::Week.around(today).from.saturating_sub(1.days()))
            }
        }
    }
}

/// A site finds that it has forgotten some of its hands of a day.
pub(super) async fn count_anew(teller: &mut Teller<'_>, on: Date) -> Result<()> {
    let reports = reports::store::of_day(&mut teller.db.reader().await?, on).await?;
    let counted =
        reports.into_values().filter(|report| report.hands().is_some()).min_by(|one, other| one.id.cmp(&other.id));
    let report = counted.context("sites of the story say who is at work")?;
    let mut besides = report.content.besides();
    if let Some(hands) = besides.hands.values_mut().next() {
        *hands += FORGOTTEN;
    }
    let reason = papers().correction.clone();
    let command = reports::model::Command::Correct {
        report: report.id,
        items: Vec::new(),
        besides: Some(Box::new(besides)),
        photos: None,
        reason,
    };
    teller.wave(vec![Ask::by(&report.filed_by, command)]).await
}

impl Returns {
    /// The terms of the end of a day that was reported.
    pub fn end_of(&self, on: Date) -> Option<Arc<EndOfDay>> {
        self.0.iter().find(|(_, ended, _)| *ended == on).and_then(|(_, _, stood)| stood.terms().cloned())
    }

    /// Keeps what stands at the end of a day on which a period ends that will be reported.
    pub async fn evening(&mut self, teller: &Teller<'_>, on: Date, today: Date) -> Result<()> {
        for sending in [Sending::First, Sending::Yesterday, Sending::LastWeek] {
            let (_, name, to) = sending.of(today);
            if to == on {
                let template = returns::shipped(name).context("the story names templates that exist")?;
                let mut conn = settled(teller).await?;
                let stood = Stood::read(&mut conn, teller.domain, template, template.content.period.around(on)).await;
                self.0.push((name, on, stood.map_err(|problem| anyhow!("{problem:?}"))?));
            }
        }
        Ok(())
    }

    /// The supervision office sends a return, its figures as they are known at this point of the story.
    pub async fn send(
        &self,
        teller: &mut Teller<'_>,
        district: &District,
        sending: Sending,
        on: Date,
        today: Date,
    ) -> Result<()> {
        let (id, name, to) = sending.of(today);
        let template = returns::shipped(name).context("the story names templates that exist")?;
        let period = template.content.period.around(to);
        let kept = self.0.iter().find(|(kept, ended, _)| *kept == name && *ended == to);
        let (_, _, stood) = kept.context("what stood in the evening was kept")?;
        let mut conn = settled(teller).await?;
        let frozen_number = replay::head_number(&mut conn).await?;
        let form = gather(&mut conn, teller.domain, template, period, on, stood)
            .await
            .map_err(|problem| anyhow!("{problem:?}"))?;
        drop(conn);
        let command = returns::Command::Send(returns::Sending {
            id: id.to_owned(),
            template: template.id.clone(),
            from: period.from,
            unit: papers().return_unit.clone(),
            seen: returns::digest(&form),
            form,
            frozen_number,
            remark: papers().return_remark.clone(),
            reason: if matches!(sending, Sending::Again) { papers().return_reason.clone() } else { String::new() },
            is_early: false,
        });
        teller.wave(vec![Ask::by(&district.people[1].account, command)]).await
    }
}
