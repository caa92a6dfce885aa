//! Every "a fact in X makes Y act", in one table. Consequences are decided in the same transaction as their fact.

use super::calendars::model::Fact as Calendars;
use super::contingencies::model::{Command as Contingencies, Happening};
use super::hazards::model::{Command as Safety, Fact as Hazards, Grade};
use super::inspections::model::Fact as Inspections;
use super::orders::model::Command as Orders;
use super::places::model::{Fact as Places, IDLE};
use super::problems::model::{Cause, Command as Problems};
use super::reports::model::Fact as Reports;
use super::{Command, Fact};
use crate::journal::domain::Entry;

/// Commands that must follow a fact.
///
/// | Fact | Consequence |
/// |---|---|
/// | a report is disputed | a problem opens |
/// | a report is confirmed | its problem ends |
/// | a report is verified by inspection | its problem ends; another opens when the inspection found something else |
/// | a report says that work was done | major hazards that had stopped work there hear it |
/// | work went on in such a stop | a problem opens |
/// | an inspection finds something | an order to put it right is issued in the inspector's name |
/// | somebody else looks again | that order is closed, or its report sent back |
/// | an alert, a stop of work, a major hazard, or a report with lost hours or with materials that last so long | contingency plans that wait for it fire |
pub fn consequences(entry: &Entry<Fact>) -> Vec<Command> {
    let report = || entry.subject.clone();
    let raise = |cause, content: &str| Problems::Raise { cause, content: content.to_owned(), by: entry.actor.clone() };
    let commands = match &entry.fact {
        Fact::Reports(Reports::Disputed { reason, .. }) => vec![raise(Cause::Disputed { report: report() }, reason)],
        Fact::Reports(Reports::Confirmed {}) => vec![Problems::Settle { report: report() }],
        Fact::Reports(Reports::Verified { finding, standings }) => {
            let mut commands = vec![Problems::Settle { report: report() }];
            if !standings.is_empty() {
                commands.push(raise(Cause::Overruled { report: report() }, finding));
            }
            commands
        }
        Fact::Hazards(Hazards::Disregarded { report, hazard, stopped_by, .. }) => {
            let cause = Cause::Disregarded { report: report.clone(), hazard: entry.subject.clone() };
            vec![Problems::Raise { cause, content: hazard.clone(), by: stopped_by.clone() }]
        }
        Fact::Inspections(fact) => return ordered(entry, fact).into_iter().map(Command::from).collect(),
        _ => Vec::new(),
    };
    let happened = happened(entry).map(|(place, happening)| Contingencies::Hear { place, happening });
    commands
        .into_iter()
        .map(Command::from)
        .chain(worked(entry).map(Command::from))
        .chain(happened.map(Command::from))
        .collect()
}

/// That a site says work was done. Hands alone are none: making safe is what a stop asks for.
fn worked(entry: &Entry<Fact>) -> Option<Safety> {
    let Fact::Reports(fact @ (Reports::Filed { .. } | Reports::Corrected { .. })) = &entry.fact else { return None };
    let moved = fact.standings().iter().filter(|standing| standing.through_e3 > standing.before_e3);
    let works: Vec<(String, String)> =
        moved.map(|standing| (standing.project.clone(), standing.activity.clone())).collect();
    let (place, report, on) = (entry.place.clone(), entry.subject.clone(), entry.occurred_on);
    (!works.is_empty()).then_some(Safety::Hear { place, report, on, works })
}

/// What a fact is to contingency plans, and where.
fn happened(entry: &Entry<Fact>) -> Option<(Option<String>, Happening)> {
    let (subject, here) = (entry.subject.clone(), Some(entry.place.clone()));
    Some(match &entry.fact {
        Fact::Calendars(Calendars::AlertAnnounced { level, .. } | Calendars::LevelChanged { level, .. }) => {
            (None, Happening::Alert { alert: subject, level: *level })
        }
        Fact::Hazards(Hazards::Found { grade: Grade::Major, .. } | Hazards::Raised { .. }) => {
            (here, Happening::MajorHazard { hazard: subject })
        }
        Fact::Hazards(Hazards::WorkStopped { .. }) => {
            (here, Happening::Stopped { of: subject, since: entry.occurred_on })
        }
        Fact::Places(Places::StateSet { state, since }) if IDLE.contains(state) => {
            (here, Happening::Stopped { of: subject, since: *since })
        }
        Fact::Reports(Reports::Filed { content, .. })
            if content.weather_hours.is_some() || !content.cover_days.is_empty() =>
        {
            let (weather_hours, cover_days) = (content.weather_hours, content.cover_days.clone());
            (here, Happening::Report { report: subject, weather_hours, cover_days })
        }
        _ => return None,
    })
}

/// Characters of a finding that make the title of its order.
const TITLE_CHARS: usize = 60;

/// What an inspection makes of orders.
fn ordered(entry: &Entry<Fact>, fact: &Inspections) -> Option<Orders> {
    match fact {
        Inspections::Found { finding, content, lead, choice, .. } => {
            let line = content.lines().next().unwrap_or_default();
            Some(Orders::Rectify {
                order: super::inspections::store::order_of(finding),
                place: entry.place.clone(),
                finding: finding.clone(),
                title: line.chars().take(TITLE_CHARS).collect(),
                content: content.clone(),
                lead: lead.clone(),
                choice: choice.clone(),
                by: entry.actor.clone(),
            })
        }
        Inspections::Reinspected { order, is_done, content, photos, .. } => Some(Orders::Judge {
            order: order.clone(),
            is_done: *is_done,
            content: content.clone(),
            photos: photos.clone(),
        }),
        _ => None,
    }
}
