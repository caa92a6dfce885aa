//! The command room's view of a round: six numbers, the projects, and by name what is to be talked about.

use super::gather::amount;
use super::pages::{Shown, changes_since, kind_name};
use super::store;
use crate::features::places::store::Place;
use crate::features::targets::grades::Marks;
use crate::features::targets::model::Grade;
use crate::features::targets::pages::unit_name;
use crate::web::Site;
use crate::web::layout::shell;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// Lines that fit under the numbers when they are to be read from three metres.
const LINES: usize = 17;
/// Lines of one list at first; what other lists leave free goes to those that have more, in turn.
const LINES_AT_FIRST: usize = 3;
/// Names of buildings that owe a report, in one line.
const NAMES_SHOWN: usize = 5;

/// The view.
pub(super) async fn show(site: &Site, visitor: &Visitor, place: &Place) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let shown = Shown::gather(&mut conn, site, place).await?;
    let account = visitor.account.as_deref().unwrap_or_default();
    let changes = match store::seen(&mut conn, &place.id, account).await? {
        Some((number, _)) => changes_since(&mut conn, &shown.tree, place, number).await?,
        None => Vec::new(),
    };
    drop(conn);
    let mut groups = groups(visitor, &shown);
    if !changes.is_empty() {
        let words = changes.iter().map(|changed| format!("{} {}", kind_name(visitor, &changed.kind), changed.count));
        let words = visitor.list(words);
        groups.push(("round.changed", vec![html! { (words) }]));
    }
    let lines = share(&groups.iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>());
    let body = html! {
        div #board data-events="/wall/events" {
            div.bar {
                h1 { (place.attributes.name) " · " (visitor.t("nav.round")) } span.quiet { (shown.today) } span.end {}
                (Marks::short(visitor).legend())
                a.button.second href={ "/round?place=" (form_urlencoded(&place.id)) } { (visitor.t("wall.leave")) }
            }
            (shown.counts(visitor))
            div.round-wall {
                (shown.table(visitor))
                table.named { @for ((title, rows), lines) in groups.iter().zip(lines) { tbody { @for (at, row) in rows.iter().take(lines).enumerate() { tr {
                    @if at == 0 { th scope="rowgroup" rowspan=(lines) { (visitor.t(title)) @if rows.len() > lines { br; span.quiet { (lines) "/" (rows.len()) } } } }
                    td { (row) }
                } } } } }
            }
        }
    };
    Ok(shell(site, visitor, &visitor.t("nav.round"), "wide wall", body).into_response())
}

/// How many lines each list gets: none more than it has, all at least [`LINES_AT_FIRST`] when they have as many, together at
/// most [`LINES`].
fn share(lengths: &[usize]) -> Vec<usize> {
    let mut lines: Vec<usize> = lengths.iter().map(|length| (*length).min(LINES_AT_FIRST)).collect();
    while lines.iter().sum::<usize>() < LINES {
        // The shortest of those that have more; the first of equals.
        let Some(at) = (0..lines.len()).filter(|at| lines[*at] < lengths[*at]).min_by_key(|at| lines[*at]) else { break };
        lines[at] += 1;
    }
    while lines.iter().sum::<usize>() > LINES {
        let Some(longest) = lines.iter_mut().max() else { break };
        *longest -= 1;
    }
    lines
}

/// What is to be talked about, by list: red first, then what was not done, what will be red, who waits, what was decided,
/// and who has not reported.
fn groups(visitor: &Visitor, shown: &Shown) -> Vec<(&'static str, Vec<Markup>)> {
    let marks = Marks::of_visitor(visitor);
    let mark = |grade: Option<Grade>| html! { @if let Some(grade) = grade { " " (marks.of(grade)) } };
    let at = |place: &str| html! { b { (shown.full_name(place)) } " " };
    let rounds = || shown.rounds.iter();
    let mut red: Vec<_> = rounds().flat_map(|round| round.red_buildings()).collect();
    // Of all projects, what turned red last.
    red.sort_by_key(|red| std::cmp::Reverse(red.since));
    let red = red.into_iter().map(|red| {
        html! { (at(&red.place)) (visitor.shown(&red.name)) (mark(red.grade)) @if let Some(since) = red.since { " " span.quiet { (visitor.tf("round.since", &[("date", since.to_string())])) } } }
    });
    let mut unmet: Vec<_> = rounds().flat_map(|round| &round.unmet).collect();
    unmet.sort_by_key(|unmet| std::cmp::Reverse(unmet.promised_for.is_some()));
    let unmet = unmet.into_iter().map(|unmet| {
        let done = match unmet.done < 0.0 {
            true => visitor.tf("targets.taken_back", &[("amount", amount(-unmet.done))]),
            false => amount(unmet.done),
        };
        let done = format!("{done}/{} {}", amount(unmet.target), unit_name(visitor, &unmet.unit));
        html! { (at(&unmet.building)) (visitor.shown(&unmet.name)) (mark(unmet.grade)) " " span.quiet { (done) @if let Some(period) = unmet.promised_for { " " (visitor.t(&format!("period.{}", period.kind.name()))) } } }
    });
    let mut soon: Vec<_> = rounds().flat_map(|round| &round.soon).collect();
    soon.sort_by_key(|soon| (soon.float_days, soon.latest));
    let soon = soon.into_iter().map(|soon| {
        html! { (at(&soon.place)) (visitor.shown(&soon.name)) (mark(soon.grade)) " " span.quiet { (visitor.tf("round.float_short", &[("days", soon.float_days.to_string())])) } }
    });
    let hindered = rounds().flat_map(|round| &round.hindered).map(|waits| {
        let decider = &waits.hindrance.decider;
        let decider = if decider.is_empty() { visitor.t("round.no_decider") } else { visitor.tf("round.decider", &[("decider", decider.clone())]) };
        html! { (at(&waits.building)) (decider) " " span.quiet { (visitor.t(&format!("hindrance.{}", waits.hindrance.kind))) } }
    });
    let decided = shown.open().map(|decision| {
        html! {
            span.lamp.bad[decision.is_overdue(shown.today)].idle[!decision.is_overdue(shown.today)] { (visitor.tf("round.due_on", &[("date", decision.due.to_string())])) }
            " " (shown.owner(decision)) " " (decision.content)
        }
    });
    let missing = rounds().filter(|round| !round.missing.is_empty()).map(|round| {
        let names = round.missing.iter().take(NAMES_SHOWN).map(|id| shown.place_name(id));
        let names = visitor.list(names);
        html! { b { (round.line.name) } " " (names) @if round.missing.len() > NAMES_SHOWN { " … " span.quiet { (round.missing.len()) } } }
    });
    let groups: [(&str, Vec<Markup>); 6] = [
        ("round.red", red.collect()),
        ("round.soon", soon.collect()),
        ("round.unmet", unmet.collect()),
        ("round.hindered", hindered.collect()),
        ("round.decisions", decided.collect()),
        ("round.missing", missing.collect()),
    ];
    groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{LINES, share};

    #[test]
    fn lists_share_the_lines_of_a_wall() {
        let cases: [(&[usize], &[usize]); 6] = [
            (&[], &[]),
            (&[2, 0, 1], &[2, 0, 1]),
            (&[40], &[17]),
            (&[10, 34, 2], &[8, 7, 2]),
            (&[10, 1, 34, 2, 2, 11], &[4, 1, 4, 2, 2, 4]),
            (&[9, 9, 9, 9, 9, 9, 9], &[3, 3, 3, 2, 2, 2, 2]),
        ];
        for (lengths, expected) in cases {
            assert_eq!(share(lengths), expected, "{lengths:?}");
            assert!(share(lengths).iter().sum::<usize>() <= LINES);
        }
    }
}
