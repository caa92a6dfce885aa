//! Breaks within an activity, in units of its calendar.
//!
//! A break is counted from the start of the work and in its calendar, so that start, work and breaks make one length. The passes
//! know nothing of breaks; who asks *when* within its length something is worked on, or how much of the length is work, asks here.
//! Breaks stand in a table of their own, which is empty for almost every plan.

use crate::calendar::Unit;
use crate::diagnose::Diagnostic;
use crate::measure::{Length, length, within_range};
use crate::network::{Network, at_node};
use crate::plan::Break;
use crate::reading::Reading;

/// A break in units of an activity's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    /// Units of work before it, from where the activity (or what remains of it) starts.
    pub(crate) after: i32,
    /// How long it is.
    pub(crate) units: i32,
}

/// Breaks of an activity, parted at how far its work has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pauses {
    /// Units of those the work has come to: nobody knows how much of the last of them is over, `resume` says it.
    pub(crate) reached_units: i32,
    /// Those within what remains, counted from where that starts.
    pub(crate) left: Vec<Pause>,
}

impl Pauses {
    /// Units of the breaks within what remains.
    pub(crate) fn left_units(&self) -> i32 {
        self.left.iter().map(|pause| pause.units).sum()
    }
}

/// Parts breaks at the work done.
pub(crate) fn parted(pauses: Vec<Pause>, worked_units: i32) -> Pauses {
    let reached = pauses.partition_point(|pause| pause.after <= worked_units);
    let left = pauses[reached..].iter().map(|pause| Pause { after: pause.after - worked_units, ..*pause });
    Pauses { reached_units: pauses[..reached].iter().map(|pause| pause.units).sum(), left: left.collect() }
}

impl Reading<'_> {
    /// The breaks in units, ascending. `None`, and said, when they cannot be meant; a break that the work does not come to is
    /// left out, and said: shorter work keeps its other breaks.
    pub(crate) fn pauses(&self, original: Length, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Pause>> {
        let breaks = &self.activity.breaks;
        if breaks.is_empty() {
            return Some(Vec::new());
        }
        let Some(mut pauses) = self.in_units(breaks, original) else {
            let message = "a break is negative or empty, overlaps the one before, or counts otherwise than the duration; \
                           correct its `after` and `length`";
            diagnostics.push(self.finding("K-116", message));
            return None;
        };
        if pauses.last().is_some_and(|last| last.after >= original.units) {
            let message = "the work ends before a break, which is not taken; move the break or remove it";
            diagnostics.push(self.finding("K-216", message));
            pauses.retain(|pause| pause.after < original.units);
        }
        Some(pauses)
    }

    fn in_units(&self, breaks: &[Break], original: Length) -> Option<Vec<Pause>> {
        let (own, continuous) = (self.own(), &self.calendars[0]);
        let units = |span| {
            let length = length(span, own, continuous)?;
            (length.units > 0 && length.is_elapsed == original.is_elapsed).then_some(length.units)
        };
        let pauses: Option<Vec<Pause>> =
            breaks.iter().map(|one| Some(Pause { after: units(one.after)?, units: units(one.length)? })).collect();
        let pauses = pauses?;
        let total = pauses.iter().fold(i128::from(original.units), |sum, pause| sum + i128::from(pause.units));
        within_range(total, if original.is_elapsed { continuous } else { own })?;
        pauses.is_sorted_by(|one, next| one.after < next.after).then_some(pauses)
    }
}

impl Network {
    /// Breaks of a node.
    pub(crate) fn pauses_of(&self, index: usize) -> &[(u32, Pause)] {
        at_node(&self.pauses, index as u32)
    }

    /// Units of a node's length in which nobody works on it.
    pub(crate) fn paused_units(&self, index: usize) -> i32 {
        self.pauses_of(index).iter().map(|(_, pause)| pause.units).sum()
    }

    /// Finish position less start position of a node when its work takes some units: shorter work does not come to every break.
    pub(crate) fn span_of_work(&self, index: usize, units: i32) -> i32 {
        let reached = self.pauses_of(index).iter().take_while(|(_, pause)| pause.after < units);
        let paused: i32 = reached.map(|(_, pause)| pause.units).sum();
        let is_day = self.calendars[self.nodes[index].calendar as usize].unit == Unit::Day;
        units + paused - i32::from(is_day)
    }

    /// Breaks of a node that lasts some units, as units counted from its start: the first, and the one behind the last.
    pub(crate) fn breaks(&self, index: usize, units: i32) -> impl Iterator<Item = (i32, i32)> + '_ {
        let ends = self.pauses_of(index).iter().scan(0, |paused, (_, pause)| {
            let from = pause.after + *paused;
            *paused += pause.units;
            Some((from, from + pause.units))
        });
        ends.take_while(move |(from, _)| *from < units).map(move |(from, to)| (from, to.min(units)))
    }

    /// What lies between the breaks, counted likewise.
    pub(crate) fn stretches(&self, index: usize, units: i32) -> impl Iterator<Item = (i32, i32)> + '_ {
        let starts = std::iter::once(0).chain(self.breaks(index, units).map(|(_, to)| to));
        let ends = self.breaks(index, units).map(|(from, _)| from).chain(std::iter::once(units));
        starts.zip(ends).filter(|(from, to)| from < to)
    }
}
