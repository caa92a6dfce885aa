//! What holds work up, over time (Pareto): days that buildings waited, by kind of hindrance, the longest first.
//!
//! A hindrance is counted from the report that names it until the building's next report with a change, so that a site that
//! repeats itself every day and one that reports once weigh the same. The vital few stand first; the cumulated share says
//! how many of them make four fifths of all waiting (J. M. Juran, Quality Control Handbook, 1951).

use super::store;
use crate::features::places;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;
use std::collections::{BTreeMap, HashMap};

/// Days looked at when an address names none: a quarter.
const DAYS: i64 = 91;
/// A hindrance that nobody mentions again holds this long at most.
pub const LONGEST_DAYS: i32 = 14;
/// Length of the longest bar in ems of the page.
const BAR_REM: f64 = 12.0;
/// The share at which the vital few end, in per cent.
const VITAL_PERCENT: u64 = 80;

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Asked {
    place: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
}

/// What one report says of waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The building.
    pub building: String,
    /// The day.
    pub on: Date,
    /// Kind of hindrance; `None` when nothing hinders.
    pub kind: Option<String>,
}

/// One kind of hindrance in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// Days that buildings waited.
    pub days: u64,
    /// Buildings that waited.
    pub buildings: u64,
    /// The same days by month, `2026-11`.
    pub months: BTreeMap<String, u64>,
}

/// A day that a building waited.
pub struct Wait<'a> {
    /// Kind of hindrance.
    pub kind: &'a str,
    /// The building.
    pub building: &'a str,
    /// The day.
    pub on: Date,
}

/// The days that buildings waited through a day. `said` holds the reports with a change, by building and day.
pub fn waits(said: &[Said], through: Date) -> impl Iterator<Item = Wait<'_>> {
    said.iter().enumerate().filter_map(|(at, one)| Some((at, one, one.kind.as_deref()?))).flat_map(move |(at, one, kind)| {
        let next = said.get(at + 1).filter(|next| next.building == one.building).map(|next| next.on);
        let until = next.unwrap_or_else(|| through.saturating_add(1.days()));
        let days = (until - one.on).get_days().clamp(0, LONGEST_DAYS);
        (0..days).map(move |day| Wait { kind, building: &one.building, on: one.on.saturating_add(day.days()) })
    })
}

/// Waiting by kind through a day.
pub fn reasons(said: &[Said], through: Date) -> Vec<(String, Reason)> {
    let mut kinds: HashMap<&str, Reason> = HashMap::new();
    let mut last_building: HashMap<&str, &str> = HashMap::new();
    for Wait { kind, building, on } in waits(said, through) {
        let reason = kinds.entry(kind).or_default();
        if last_building.insert(kind, building) != Some(building) {
            reason.buildings += 1;
        }
        reason.days += 1;
        *reason.months.entry(on.strftime("%Y-%m").to_string()).or_default() += 1;
    }
    let mut sorted: Vec<(String, Reason)> = kinds.into_iter().map(|(kind, reason)| (kind.to_owned(), reason)).collect();
    sorted.sort_by(|one, other| other.1.days.cmp(&one.1.days).then_with(|| one.0.cmp(&other.0)));
    sorted
}

/// `GET /reports/reasons?place=&from=&to=`.
pub async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(list): Query<registers::Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let today = site.clock.today();
    let to = asked.to.unwrap_or(today).min(today);
    let from = asked.from.unwrap_or(to.saturating_sub(DAYS.days())).min(to);
    let mut said = store::said(&mut conn, from, to).await?;
    said.retain(|one| tree.get(&one.building).is_some_and(|building| building.path.starts_with(&place.path)));
    let reasons = reasons(&said, to);
    let all: u64 = reasons.iter().map(|(_, reason)| reason.days).sum();
    let longest = reasons.first().map_or(1, |(_, reason)| reason.days.max(1));
    let months: std::collections::BTreeSet<&String> = reasons.iter().flat_map(|(_, reason)| reason.months.keys()).collect();
    let mut register = Register::new(&visitor, "/reports/reasons", "reasons.title", &list)
        .keep("place", &place.id).about(&place.attributes.name)
        .keep("from", from)
        .keep("to", to)
        .of_days(from, to)
        .class("pareto")
        .column("reason", "reports.hindrance")
        .number("days", "reasons.days")
        .measured("cumulated", "reasons.cumulated", "unit.percent")
        .number("buildings", "reasons.buildings");
    for month in &months {
        register = register.number_of(month);
    }
    let mut sum = 0;
    for (kind, reason) in &reasons {
        let is_vital = sum * 100 < all * VITAL_PERCENT;
        sum += reason.days;
        let name = visitor.t(&format!("hindrance.{kind}"));
        let named = is_vital.then(|| html! { b { (name) } });
        let bar = html! { span.share.is-vital[is_vital] style={ "width:" (reason.days as f64 / longest as f64 * BAR_REM) "rem" } {} " " b { (reason.days) } };
        let cumulated = sum * 100 / all.max(1);
        let mut cells = vec![
            (Cell::Text(name), named),
            (Cell::Number(reason.days as f64), Some(bar)),
            (Cell::Number(cumulated as f64), Some(html! { (cumulated) " %" })),
            (Cell::Number(reason.buildings as f64), None),
        ];
        cells.extend(months.iter().map(|month| (Cell::Number(reason.months.get(*month).copied().unwrap_or(0) as f64), None)));
        register.row(cells);
    }
    let above = places::pages::crumbs_of(&mut conn, &visitor, &place).await?;
    drop(conn);
    register.respond(&site, "reasons.none", |table| {
        let body = html! {
            (above)
            div.bar {
                h1 { (place.attributes.name) " · " (visitor.t("reasons.title")) }
                form.bar.end.no-print method="get" action="/reports/reasons" {
                    input type="hidden" name="place" value=(place.id);
                    label.inline { (visitor.t("field.from")) " " input type="date" name="from" value=(from); }
                    label.inline { (visitor.t("field.to")) " " input type="date" name="to" value=(to); }
                    button.second type="submit" { (visitor.t("reports.show_day")) }
                }
            }
            p.lead { (visitor.t("reasons.lead")) }
            (table)
            @if !reasons.is_empty() { p.quiet { (visitor.t("reasons.rule")) } }
            p { a href={ "/round?place=" (form_urlencoded(&place.id)) } { (visitor.t("nav.round")) } }
        };
        page(&site, &visitor, &visitor.t("reasons.title"), body).into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::{Said, reasons};
    use jiff::civil::date;

    #[test]
    fn waiting_is_counted_until_the_next_report_with_a_change() {
        let said = |building: &str, day: i8, kind: &str| Said {
            building: building.into(),
            on: date(2026, 11, day),
            kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
        };
        let all = [
            // Funds for three days, then nothing for two, then material until today.
            said("b1", 1, "funds"),
            said("b1", 4, ""),
            said("b1", 6, "material"),
            // Nobody mentions it again: two weeks at most.
            said("b2", 1, "funds"),
            // Said twice, counted once a day.
            said("b3", 8, "funds"),
            said("b3", 9, "funds"),
        ];
        let found = reasons(&all, date(2026, 11, 20));
        let words: Vec<String> = found.iter().map(|(kind, one)| format!("{kind} {} {}", one.days, one.buildings)).collect();
        assert_eq!(words, ["funds 30 3", "material 14 1"]);
        assert!(reasons(&[], date(2026, 11, 20)).is_empty());
        let over = reasons(&[said("b1", 29, "funds")], date(2026, 12, 2));
        assert_eq!(over[0].1.months.iter().map(|(month, days)| format!("{month} {days}")).collect::<Vec<_>>(), ["2026-11 2", "2026-12 2"]);
    }
}
