//! The clock of an order as a picture: where it ran, where it stood still, where it ends, and the rungs on the way.

use super::budget::Budget;
use super::known::Known;
use super::model::Fact;
use crate::web::visitor::Visitor;
use jiff::civil::DateTime;
use maud::{Markup, html};

/// Width of the drawing in its own measure: thousandths of the line.
const WIDTH: f64 = 1000.0;

/// A line from the beginning to the deadline or to now, whichever is later.
struct Line {
    from: DateTime,
    to: DateTime,
}

impl Line {
    /// Where an instant lies, in thousandths.
    fn at(&self, at: DateTime) -> f64 {
        let whole = self.to.duration_since(self.from).as_secs_f64().max(1.0);
        (at.duration_since(self.from).as_secs_f64() / whole * WIDTH).clamp(0.0, WIDTH)
    }
}

/// The end of a deadline's day: until then it is in time.
fn end(due: &super::budget::Due) -> DateTime {
    if due.is_day { due.at.date().tomorrow().map_or(due.at, |next| next.to_datetime(jiff::civil::time(0, 0, 0, 0))) } else { due.at }
}

/// The clock of an order's round up to now, or up to the fact that ended it.
pub fn clock(visitor: &Visitor, known: &Known, budget: &Budget, now: DateTime) -> Markup {
    let (Some(first), Some(due)) = (budget.stretches.first(), budget.last_due()) else { return html! {} };
    let now = known.steps.iter().rev().find(|step| matches!(step.fact, Fact::Closed { .. })).map_or(now, |step| step.at.min(now));
    let ends = end(&due);
    let line = Line { from: first.since, to: ends.max(now) };
    let segments = budget.stretches.iter().map(|one| (one.since, one.until.unwrap_or(now).max(one.since)));
    let rungs: Vec<(&Fact, DateTime)> = known
        .steps
        .iter()
        .filter(|step| step.round == known.round)
        .filter_map(|step| match &step.fact {
            Fact::Rung { reached_at, .. } => Some((&step.fact, *reached_at)),
            _ => None,
        })
        .collect();
    let label = visitor.tf("orders.clock_label", &[("from", first.since.date().to_string()), ("due", due.text()), ("now", now.date().to_string())]);
    let rect = |class: &str, from: f64, to: f64| {
        // What is late stands out by its height too, on paper without colours.
        let (top, height) = if class == "late" { (4, 24) } else { (8, 16) };
        html! { rect class=(class) x=(format!("{from:.1}")) y=(top) width=(format!("{:.1}", (to - from).max(0.0))) height=(height) {} }
    };
    html! {
        svg.clock-line viewBox="0 0 1000 32" preserveAspectRatio="none" role="img" aria-label=(label) {
            (rect("rest", 0.0, line.at(ends)))
            // What lies between stretches is time in which it stood still.
            (rect("still", 0.0, line.at(now)))
            @for (from, to) in segments {
                (rect("ran", line.at(from), line.at(to.min(ends).max(from))))
                @if to > ends { (rect("late", line.at(from.max(ends)), line.at(to))) }
            }
            @for (_, at) in &rungs { rect.rung x=(format!("{:.1}", line.at(*at) - 1.5)) y="0" width="3" height="32" {} }
            rect.due x=(format!("{:.1}", line.at(ends) - 2.0)) y="2" width="4" height="28" {}
        }
        p.clock-key.quiet {
            span.ran { (visitor.t("orders.key_ran")) } span.still { (visitor.t("orders.key_still")) } span.late { (visitor.t("orders.key_late")) }
            span.rung { (visitor.t("orders.key_rung")) } span.due { (visitor.t("orders.key_due")) }
        }
    }
}
