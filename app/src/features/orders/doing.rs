//! How units do with their orders, the list that hands orders over, and the rules with their sources.

use super::drafts::limit_name;
use super::pages::{Names, Shown, rung_mark};
use super::store::{self, Which};
use super::{print, rates, rules};
use crate::clock::civil;
use crate::features::authority::{Verb, missing};
use crate::features::{duties, identity};
use crate::journal::replay;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::DateTime;
use maud::{Markup, html};

/// How units do, where this person may read.
struct Doing {
    number: u64,
    names: Names,
    now: DateTime,
    /// Units with their ranks, the first before the others.
    units: Vec<rates::Unit>,
    whole: rates::Unit,
}

impl Doing {
    async fn read(site: &Site, visitor: &Visitor) -> Result<Doing, Problem> {
        visitor.need_somewhere(Verb::Read)?;
        let mut conn = site.reader().await?;
        let number = replay::head_number(&mut conn).await?;
        let names = Names::read(&mut conn, site).await?;
        let mut orders = store::orders(&mut conn, Which::All).await?;
        orders.retain(|order| names.tree.get(&order.known.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)));
        let now = civil(site.clock.now());
        let mut units = rates::of_units(&orders, now);
        let whole = rates::whole(&units);
        rates::rank(&mut units);
        Ok(Doing { number, names, now, units, whole })
    }
}

/// The same as a paper.
pub(super) async fn rate_paper(State(site): State<Site>, visitor: Visitor, Path(format): Path<String>) -> Result<Response, Problem> {
    let doing = Doing::read(&site, &visitor).await?;
    let paper = print::rates(&site, &visitor, &doing.names, &doing.units, &doing.whole, (doing.now, doing.number));
    papers::download(&visitor, paper, &format, &format!("guatu-order-rates-{}", doing.now.date())).await
}

/// The open orders of a unit and the duties of its people as a paper that hands them over: to people of that unit, and to
/// whoever governs.
pub(super) async fn hand_over(State(site): State<Site>, visitor: Visitor, Path(format): Path<String>, Query(shown): Query<Shown>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let unit = shown.unit.ok_or(missing())?;
    let names = Names::read(&mut conn, &site).await?;
    let me = store::person(&mut conn, visitor.account.as_deref().unwrap_or_default(), &visitor.rights, "").await?;
    let is_own = me.organisation.as_ref() == Some(&unit);
    let number = replay::head_number(&mut conn).await?;
    let mut orders = store::orders(&mut conn, Which::Open).await?;
    let mut duties = duties::store::open(&mut conn).await?;
    let accounts = identity::store::accounts(&mut conn).await?;
    drop(conn);
    let may_see = |place: &str| {
        let path = names.tree.get(place).map_or("", |place| place.path.as_str());
        visitor.may(if is_own { Verb::Read } else { Verb::Govern }, path)
    };
    let is_of_unit = |account: &str| accounts.iter().any(|one| one.id == account && one.organisation.as_ref() == Some(&unit));
    orders.retain(|order| order.known.lead == unit && may_see(&order.known.place));
    duties.retain(|duty| duty.owner_now(&names.tree).is_some_and(is_of_unit) && may_see(&duty.place));
    if orders.is_empty() && duties.is_empty() {
        return Err(missing().into());
    }
    orders.sort_by_key(|order| order.known.budget(order.known.round).and_then(|budget| budget.last_due()).map(|due| due.at));
    let now = civil(site.clock.now());
    let paper = print::hand_over(&site, &visitor, &names, &unit, (&orders, &duties), (now, number));
    papers::download(&visitor, paper, &format, &format!("guatu-hand-over-{}", now.date())).await
}

/// How units do: every rate with its numerator, its denominator and its cut-off.
pub(super) async fn rate(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    let Doing { number, names, now, units, whole } = Doing::read(&site, &visitor).await?;
    let mut register = Register::new(&visitor, "/orders/rates", "orders.rates", &asked)
        .column("lead", "field.lead")
        .number("rank", "orders.rank")
        .number("today", "orders.today")
        .number("issued", "orders.issued_all")
        .number("closed", "orders.closed_all")
        .number("on_time", "orders.closed_on_time")
        .number("over", "orders.over_now")
        .measured("closed_rate", "orders.closed_rate", "unit.percent")
        .measured("on_time_rate", "orders.on_time_rate", "unit.percent");
    for unit in &units {
        let name = names.unit(&unit.unit).to_owned();
        let link = html! { a href={ "/orders?show=all&unit=" (form_urlencoded(&unit.unit)) } { (name) } };
        register.row(rate_row(unit, unit.rank.map_or(Cell::Empty, |rank| Cell::Number(rank as f64)), (Cell::Text(name), Some(link))));
    }
    if units.len() > 1 {
        register.row(rate_row(&whole, Cell::Empty, (Cell::Text(visitor.t("orders.whole")), None)));
    }
    register.respond(&site, "orders.none", |table| {
        let back = ("/orders".to_owned(), visitor.t("nav.orders"));
        let cut = [("at", now.strftime("%Y-%m-%d %H:%M").to_string()), ("number", number.to_string())];
        let body = html! {
            (crumbs(&visitor, &[back]))
            div.bar { h1 { (visitor.t("orders.rates")) } span.end {} span.no-print { @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/rates/" (format) } { (name) } } } }
            p.lead { (visitor.tf("orders.cut_off", &cut)) }
            (table)
            p.quiet { (visitor.t("orders.rate_rule")) }
            p.quiet { (visitor.t("orders.rank_rule")) }
        };
        page(&site, &visitor, &visitor.t("orders.rates"), body).into_response()
    })
}

fn rate_row(unit: &rates::Unit, rank: Cell, name: (Cell, Option<Markup>)) -> Vec<(Cell, Option<Markup>)> {
    let count = |count: usize| (Cell::Number(count as f64), None);
    let rate = |rate: Option<rates::Rate>| match rate {
        // In tenths of a per cent, as printed.
        Some(rate) => (Cell::Number(rate.percent_e1() as f64 / 10.0), Some(html! { (rate.text()) " " br; span.quiet { (rate.part) "/" (rate.of) } })),
        None => (Cell::Empty, None),
    };
    vec![name, (rank, None), count(unit.today), count(unit.issued), count(unit.closed), count(unit.on_time), count(unit.over), rate(unit.closed_rate()), rate(unit.on_time_rate())]
}

/// The rules: limits and ladders with their sources.
pub(super) async fn rule_page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mark = |mark: rules::Mark| html! { span.tag { (visitor.t(&format!("order_mark.{}", mark.name()))) } };
    let hours = rules::messages();
    let back = ("/orders".to_owned(), visitor.t("nav.orders"));
    let body = html! {
        (crumbs(&visitor, &[back]))
        h1 { (visitor.t("orders.rules")) }
        p.lead { (visitor.t("orders.rules_lead")) }
        h2 { (visitor.t("orders.presets")) }
        @for preset in rules::presets() { section.sheet {
            h3 { (visitor.t(&format!("order_preset.{}", preset.id))) " " (mark(preset.mark)) }
            ul { @for limit in &preset.limits { li { (limit_name(&visitor, &preset.id, &limit.id, today.max(preset.from))) } } }
            p { (visitor.tf("orders.preset_more", &[("days", preset.extension_most_days.to_string()), ("rework", preset.rework_days.to_string())])) " " (mark(preset.extension_mark)) }
            p.quiet lang="en" { (preset.source) " · " (preset.from) @if let Some(to) = preset.to { " – " (to) } }
        } }
        h2 { (visitor.t("orders.ladders")) }
        @for ladder in rules::ladders() { section.sheet {
            h3 { (visitor.t(&format!("order_ladder.{}", ladder.id))) " " (mark(ladder.mark)) }
            ol { @for rung in &ladder.rungs { li { (rung_mark(&visitor, rung)) " " (rung.condition(visitor.language, None)) } } }
            p.quiet lang="en" { (ladder.source) " · " (ladder.from) @if let Some(to) = ladder.to { " – " (to) } }
        } }
        h2 { (visitor.t("orders.hours")) }
        p { @for (opens, closes) in &rules::HOURS.spans { (opens.strftime("%H:%M").to_string()) "–" (closes.strftime("%H:%M").to_string()) " " } (mark(rules::HOURS.mark)) }
        p { (visitor.tf("orders.messages", &[("from", hours.from.strftime("%H:%M").to_string()), ("to", hours.to.strftime("%H:%M").to_string())])) " " (mark(hours.mark)) }
        p.quiet lang="en" { (hours.source) }
    };
    Ok(page(&site, &visitor, &visitor.t("orders.rules"), body).into_response())
}
