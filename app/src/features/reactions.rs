//! Every "a fact in X makes Y act", in one table. Consequences are decided in the same transaction as their fact.

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
        _ => Vec::new(),
    };
    commands.into_iter().map(Command::from).collect()
}
