//! How many duties were done in time: numerator, denominator and cut-off of every rate.

use super::pages::{institution_name, place_link};
use super::store::{self, Duty};
use crate::features::authority::{Verb, missing};
use crate::features::identity;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;
use std::collections::BTreeMap;

/// Days looked at when an address names none: thirty.
const DAYS: i64 = 29;

/// Duties of which the day has come, or that were done before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Due by the cut-off and not excused.
    pub due: u64,
    /// Of these, done in time.
    pub in_time: u64,
    /// Done, but late.
    pub late: u64,
    /// Excused; in no rate.
    pub excused: u64,
}

impl Rate {
    /// Adds a duty as of a day: what is open and due today may still be done in time, and is in no rate yet.
    pub fn add(&mut self, duty: &Duty, cut_off: Date) {
        match &duty.settled {
            Some(settled) if settled.is_excused => self.excused += 1,
            Some(_) => {
                self.due += 1;
                if duty.is_late() { self.late += 1 } else { self.in_time += 1 }
            }
            None => self.due += u64::from(duty.is_overdue(cut_off)),
        }
    }

    /// Not done, and the day has passed.
    pub fn missing(&self) -> u64 {
        self.due - self.in_time - self.late
    }

    /// Done in time, per cent; `None` where nothing was due.
    pub fn percent(&self) -> Option<f64> {
        (self.due > 0).then(|| self.in_time as f64 * 100.0 / self.due as f64)
    }

    /// `83 % (5/6)`, or a dash.
    pub fn text(&self) -> String {
        self.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent:.0} % ({}/{})", self.in_time, self.due))
    }
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    from: Option<Date>,
    to: Option<Date>,
    by: Option<String>,
}

/// By what duties are added up.
const BY: [&str; 3] = ["institution", "person", "place"];

/// `GET /duties/rates?from=&to=&by=`.
pub(super) async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(list): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let by = asked.by.as_deref().unwrap_or(BY[0]);
    if !BY.contains(&by) {
        return Err(missing().into());
    }
    let today = site.clock.today();
    let to = asked.to.unwrap_or(today).min(today);
    let from = asked.from.unwrap_or(to.saturating_sub(DAYS.days())).min(to);
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let mut rates: BTreeMap<String, Rate> = BTreeMap::new();
    let mut whole = Rate::default();
    for duty in store::due_between(&mut conn, from, to).await? {
        let Some(place) = tree.get(&duty.place).filter(|place| visitor.may(Verb::Read, &place.path)) else { continue };
        let key = match by {
            "person" => duty.owner_now(&tree).unwrap_or_default().to_owned(),
            "place" => place.id.clone(),
            _ => duty.slot.clone(),
        };
        rates.entry(key).or_default().add(&duty, today);
        whole.add(&duty, today);
    }
    drop(conn);
    let mut register = Register::new(&visitor, "/duties/rates", "duties.rates", &list)
        .keep("from", from)
        .keep("to", to)
        .of_days(from, to)
        .keep("by", by)
        .column("what", &format!("duties.by_{by}"))
        .number("due", "duties.due")
        .number("in_time", "duties.in_time")
        .number("late", "duties.late")
        .number("missing", "duties.missing")
        .number("excused", "duties.excused")
        .number("rate", "duties.rate");
    for (key, rate) in &rates {
        let (name, link) = match by {
            "person" => (names.get(key).cloned().unwrap_or_else(|| visitor.t("duties.nobody")), None),
            "place" => tree.get(key).map_or_else(|| (key.clone(), None), |place| (place.attributes.name.clone(), Some(place_link(place)))),
            _ => (institution_name(&visitor, key, written.get(key)), Some(html! { a href={ "/duties/institutions#" (key) } { (institution_name(&visitor, key, written.get(key))) } })),
        };
        let count = |count: u64| (Cell::Number(count as f64), None);
        register.row(vec![
            (Cell::Text(name), link),
            count(rate.due),
            count(rate.in_time),
            count(rate.late),
            count(rate.missing()),
            count(rate.excused),
            (rate.percent().map_or(Cell::Empty, |percent| Cell::Number((percent * 10.0).round() / 10.0)), Some(html! { (rate.text()) })),
        ]);
    }
    register.respond(&site, "duties.none_due", |table| {
        let body = html! {
            (crumbs(&visitor, &[("/duties".to_owned(), visitor.t("duties.title"))]))
            div.bar {
                h1 { (visitor.t("duties.rates")) }
                form.bar.end.no-print method="get" action="/duties/rates" {
                    input type="hidden" name="by" value=(by);
                    label.inline { (visitor.t("field.from")) " " input type="date" name="from" value=(from); }
                    label.inline { (visitor.t("field.to")) " " input type="date" name="to" value=(to); }
                    button.second type="submit" { (visitor.t("reports.show_day")) }
                }
            }
            nav.bar.no-print aria-label=(visitor.t("duties.rates")) { @for one in BY {
                a.button.second href={ "/duties/rates?by=" (one) "&from=" (from) "&to=" (to) } aria-current=[(one == by).then_some("true")] { (visitor.t(&format!("duties.by_{one}"))) }
            } }
            ul.counts { li { b { (whole.text()) } span { (visitor.t("duties.rate")) } } li { b { (whole.missing()) } span { (visitor.t("duties.missing")) } } }
            (table)
            p.quiet { (visitor.tf("duties.rate_rule", &[("from", from.to_string()), ("to", to.to_string()), ("today", today.to_string())])) }
        };
        page(&site, &visitor, &visitor.t("duties.rates"), body).into_response()
    })
}

/// The address of the rates of an institution.
pub(super) fn address(from: Date, to: Date) -> String {
    format!("/duties/rates?from={}&to={}", form_urlencoded(&from.to_string()), form_urlencoded(&to.to_string()))
}
