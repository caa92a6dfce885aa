//! Papers of orders: the letter by which one is issued, the slip of a rung that was reached, the list that hands a unit over,
//! and how units do.

use super::known::Step;
use super::model::Fact;
use super::pages::{Names, act_name};
use super::rules::Rung;
use super::store::Order;
use crate::features::duties::store::Duty;
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use super::pages::left_text;
use super::rates::{Rate, Unit};
use guatu_formats::documents::{Block, Form, Paper, Proof, qr};
use jiff::civil::DateTime;

/// Orders, and duties, on a paper that hands them over: a unit with more has other troubles, and the paper says how many are left out.
const MOST_HANDED: usize = 60;
/// Units on a paper of rates.
const MOST_UNITS: usize = 60;

/// What the papers of an order say of it.
fn params(visitor: &Visitor, names: &Names, order: &Order) -> Vec<(&'static str, String)> {
    let known = &order.known;
    let budget = known.budget(known.round);
    let due = budget.as_ref().and_then(|budget| budget.last_due());
    let issued = known.steps.iter().rev().find(|step| matches!(step.fact, Fact::Issued { .. } | Fact::Reopened { .. }));
    let supporting = visitor.list(known.supporting.iter().map(|one| names.unit(one)));
    let source = visitor.t(&format!("order_source.{}", order.source.kind.name()));
    let source = if order.source.kind.is_object() { source } else { format!("{source} {}", order.source.reference) };
    vec![
        ("title", order.title.clone()),
        ("content", order.content.clone()),
        ("place", names.place(&known.place)),
        ("lead", names.unit(&known.lead).to_owned()),
        ("supporting", if supporting.is_empty() { "—".to_owned() } else { supporting }),
        ("source", source),
        ("due", due.map_or_else(|| "—".to_owned(), |due| if due.is_day { papers::long_day(visitor, due.on()) } else { due.text() })),
        ("issued", issued.map_or_else(|| "—".to_owned(), |step| papers::long_day(visitor, step.at.date()))),
        ("registered", known.registered().to_string()),
        ("number", order.number.to_string()),
    ]
}


fn compose(site: &Site, visitor: &Visitor, order: &Order, issuer: &str, key: &str, params: &[(&str, String)], paragraphs: &[&str]) -> Paper {
    let today = site.clock.today();
    let stands = visitor.tf("round.letter_stands", params);
    Paper {
        form: Form::Letter,
        masthead: issuer.to_owned(),
        number: visitor.tf("round.letter_number", &[("year", today.year().to_string())]),
        office: issuer.to_owned(),
        date: papers::long_day(visitor, today),
        title: visitor.tf(&format!("order_paper.{key}_title"), params),
        recipients: visitor.tf("order_paper.to", params),
        blocks: paragraphs.iter().map(|paragraph| Block::Paragraph(visitor.tf(&format!("order_paper.{paragraph}"), params))).collect(),
        proof: qr(&format!("{}\n{}", order.known.id, order.number)).map(|cells| Proof { lines: vec![stands, order.known.id.clone()], cells }),
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

/// The letter by which an open order is issued. The place of its number stays free: the registry of the body that issues it
/// gives one.
pub(super) fn letter(site: &Site, visitor: &Visitor, names: &Names, order: &Order, issuer: &str) -> Paper {
    let params = params(visitor, names, order);
    let paragraphs = ["letter_begin", "letter_what", "letter_who", "letter_when", "letter_basis", "letter_end"];
    compose(site, visitor, order, issuer, "letter", &params, &paragraphs)
}

/// The slip of a rung: which one, when it was reached, and how long the order is late by the deadline it had then.
pub(super) fn slip(site: &Site, visitor: &Visitor, names: &Names, order: &Order, issuer: &str, (rung, step): (&Rung, &Step)) -> Paper {
    let mut params = params(visitor, names, order);
    params.push(("act", act_name(visitor, rung)));
    params.push(("colour", rung.slip.map_or_else(String::new, |slip| visitor.t(&format!("order_slip.{}", slip.name())))));
    params.push(("condition", rung.condition(visitor.language, order.known.terms(step.round).map(|terms| terms.unit))));
    params.push(("ladder", order.known.ladder(step.round).map_or_else(String::new, |ladder| visitor.t(&format!("order_ladder.{}", ladder.id)))));
    if let Fact::Rung { reached_at, .. } = &step.fact {
        params.push(("reached", papers::long_day(visitor, reached_at.date())));
    }
    compose(site, visitor, order, issuer, "slip", &params, &["slip_begin", "slip_why", "slip_what", "slip_end"])
}

/// The open orders of a unit and the open duties of its people for whoever leaves and whoever comes: both sign it. It changes
/// nothing: orders hang on the unit and duties on the post, and their clocks go on.
pub(super) fn hand_over(site: &Site, visitor: &Visitor, names: &Names, unit: &str, (orders, duties): (&[Order], &[Duty]), (now, number): (DateTime, u64)) -> Paper {
    let row = |order: &Order| {
        let known = &order.known;
        let budget = known.budget(known.round);
        let due = budget.as_ref().and_then(|budget| budget.last_due()).map_or_else(|| "—".to_owned(), |due| due.text());
        let left = budget.map_or_else(String::new, |budget| left_text(visitor, known, &budget, now));
        vec![order.title.clone(), names.place(&known.place), visitor.t(&format!("order_stage.{}", known.stage.name())), due, left]
    };
    let columns = [("field.title", 11, false), ("field.place", 8, false), ("field.state", 5, false), ("orders.due", 6, false), ("orders.left_short", 7, false)];
    let mut blocks = vec![Block::Paragraph(visitor.tf("order_paper.hand_over_lead", &[("unit", names.unit(unit).to_owned()), ("count", orders.len().to_string()), ("duties", duties.len().to_string())]))];
    blocks.extend(papers::list(visitor, "order_paper.handed_orders", &columns, orders.iter().map(row).collect(), MOST_HANDED));
    let owed = |duty: &Duty| {
        let owner = duty.owner_now(&names.tree).map_or_else(String::new, |account| names.person(visitor, account).into_owned());
        vec![duty.name.clone(), names.place(&duty.place), owner, duty.due_on.to_string()]
    };
    let columns = [("duties.what", 12, false), ("field.place", 11, false), ("field.assignee", 8, false), ("duties.due_on", 6, false)];
    blocks.extend(papers::list(visitor, "order_paper.handed_duties", &columns, duties.iter().map(owed).collect(), MOST_HANDED));
    blocks.extend(["hand_over_from", "hand_over_to", "hand_over_seen"].map(|key| Block::Paragraph(visitor.t(&format!("order_paper.{key}")))));
    Paper {
        form: Form::Sheet,
        office: names.unit(unit).to_owned(),
        date: visitor.tf("profile.as_of", &[("date", now.date().to_string()), ("number", number.to_string())]),
        title: visitor.tf("order_paper.hand_over_title", &[("unit", names.unit(unit).to_owned())]),
        blocks,
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

/// How units do, as a paper with its cut-off and its rules: what a meeting reads.
pub(super) fn rates(site: &Site, visitor: &Visitor, names: &Names, units: &[Unit], whole: &Unit, (now, number): (DateTime, u64)) -> Paper {
    let rate = |rate: Option<Rate>| rate.map_or_else(|| "—".to_owned(), |rate| format!("{} {}/{}", rate.text(), rate.part, rate.of));
    let row = |unit: &Unit, name: String| {
        let rank = unit.rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string());
        let counts = [unit.today, unit.issued, unit.closed, unit.on_time, unit.over].map(|count| count.to_string());
        [rank, name].into_iter().chain(counts).chain([rate(unit.closed_rate()), rate(unit.on_time_rate())]).collect::<Vec<_>>()
    };
    let mut rows: Vec<Vec<String>> = units.iter().take(MOST_UNITS).map(|unit| row(unit, names.unit(&unit.unit).to_owned())).collect();
    rows.push(row(whole, visitor.t("orders.whole")));
    let columns = [
        ("orders.rank", 3, true),
        ("field.lead", 11, false),
        ("orders.today", 3, true),
        ("orders.issued_all", 3, true),
        ("orders.closed_all", 3, true),
        ("orders.closed_on_time", 3, true),
        ("orders.over_now", 3, true),
        ("orders.closed_rate", 8, true),
        ("orders.on_time_rate", 8, true),
    ];
    let mut blocks: Vec<Block> = papers::list(visitor, "", &columns, rows, MOST_UNITS + 1).into_iter().collect();
    let rules = ["orders.rate_rule", "orders.rank_rule"].map(|key| vec![visitor.t(key)]).to_vec();
    blocks.extend(papers::list(visitor, "", &[("order_paper.how_counted", 1, false)], rules, MOST_UNITS));
    Paper {
        form: Form::Sheet,
        date: visitor.tf("orders.cut_off", &[("at", now.strftime("%Y-%m-%d %H:%M").to_string()), ("number", number.to_string())]),
        title: visitor.t("order_paper.rates_title"),
        blocks,
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}
