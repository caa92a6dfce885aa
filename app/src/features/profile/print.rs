//! The sheet as a paper: facts two to a line, then what is mandated, red and open, cut to one A4 page.

use super::gather::Profile;
use super::pages::{days_since, plan_words, points_words, silent_words};
use crate::features::orders::pages::left_text;
use crate::features::orders::store::Order;
use crate::features::places::store::Place;
use crate::features::plan::pages::{days_between, float_words};
use crate::features::rule_sets;
use crate::features::targets::grades::Marks;
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use guatu_formats::documents::{Block, Form, Paper};

/// Entries of each list at most.
const MOST_LISTED: usize = 10;

/// Composes the sheet with as long lists as one page holds: the longest gives way first.
pub fn compose(site: &Site, visitor: &Visitor, profile: &Profile) -> Paper {
    let red = profile.round.as_ref().map_or(0, |round| round.red_buildings().count());
    let mut listed = [profile.scheduled.mandates.len(), red, profile.problems.len(), profile.orders.len()].map(|length| length.min(MOST_LISTED));
    loop {
        let paper = with_lists(site, visitor, profile, listed);
        let longest = listed.iter_mut().max();
        match longest.filter(|length| **length > 0 && papers::page_count(visitor, &paper) > 1) {
            Some(length) => *length -= 1,
            None => return paper,
        }
    }
}

/// An open order in a line: title, lead unit, deadline, how its clock stands.
pub(super) fn order_line(visitor: &Visitor, profile: &Profile, order: &Order) -> Vec<String> {
    let known = &order.known;
    let budget = known.budget(known.round);
    let due = budget.as_ref().and_then(|budget| budget.last_due()).map_or_else(|| "—".to_owned(), |due| due.text());
    let left = budget.map_or_else(String::new, |budget| left_text(visitor, known, &budget, profile.now));
    vec![order.title.clone(), profile.organisations.get(&known.lead).map_or("—", String::as_str).to_owned(), due, left]
}

/// The sheet with so many mandated dates, red buildings, problems and orders.
fn with_lists(site: &Site, visitor: &Visitor, profile: &Profile, listed: [usize; 4]) -> Paper {
    let t = |key: &str| visitor.t(key);
    let mut blocks = vec![Block::Facts(facts(visitor, profile))];
    let mandates = profile.scheduled.mandates.iter().map(|mandate| {
        let outlook = profile.scheduled.outlook(&mandate.id);
        let issuer = profile.organisations.get(&mandate.issuer).map_or("—", String::as_str);
        vec![
            visitor.shown(&mandate.name).into_owned(),
            mandate.finish_by.to_string(),
            days_between(profile.today, mandate.finish_by).to_string(),
            outlook.map_or("—".into(), |outlook| outlook.forecast.to_string()),
            outlook.map_or_else(|| t("plans.no_activity"), |outlook| float_words(visitor, outlook.float_days_e3).1),
            format!("{issuer} {} {}", mandate.document, mandate.edition),
        ]
    });
    let columns = [("plans.milestone", 5, false), ("plans.finish_by", 6, false), ("plans.days_left", 5, true), ("plans.forecast", 6, false), ("plans.outlook", 7, false), ("plans.by_document", 12, false)];
    blocks.extend(papers::list(visitor, "plans.mandated_dates", &columns, mandates.collect(), listed[0]));
    let red = profile.round.iter().flat_map(|round| round.red_buildings()).map(|red| {
        vec![
            profile.name(&red.place).to_owned(),
            t(&format!("lamp.{}", red.word.key())),
            Marks::marked(&visitor.shown(&red.name), red.grade),
            red.since.map_or("—".into(), |since| since.to_string()),
            red.count.to_string(),
        ]
    });
    let columns = [("field.place", 6, false), ("field.state", 6, false), ("profile.work", 12, false), ("profile.since", 6, false), ("profile.works", 4, true)];
    blocks.extend(papers::list(visitor, "round.red", &columns, red.collect(), listed[1]));
    let orders = profile.orders.iter().map(|order| order_line(visitor, profile, order));
    let columns = [("field.title", 12, false), ("field.lead", 9, false), ("orders.due", 6, false), ("orders.left_short", 7, false)];
    blocks.extend(papers::list(visitor, "profile.orders", &columns, orders.collect(), listed[3]));
    let open = profile.problems.iter().map(|(case, owner)| {
        let owner = owner.clone().unwrap_or_else(|| t("problems.no_owner"));
        let due = case.answer.as_ref().map_or("—".into(), |(.., by)| by.to_string());
        vec![profile.name(&case.place).to_owned(), case.content.clone(), owner, case.days_open(profile.today).to_string(), due]
    });
    let columns = [("field.place", 5, false), ("problems.content", 14, false), ("field.assignee", 5, false), ("problems.days", 4, true), ("problems.due", 6, false)];
    blocks.extend(papers::list(visitor, "profile.problems", &columns, open.collect(), listed[2]));
    Paper {
        form: Form::Sheet,
        office: where_it_stands(visitor, profile),
        date: visitor.tf("profile.as_of", &[("date", profile.today.to_string()), ("number", profile.number.to_string())]),
        title: title(visitor, &profile.place),
        blocks,
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

/// The title of a project's sheet.
pub fn title(visitor: &Visitor, place: &Place) -> String {
    visitor.tf("profile.paper_title", &[("project", place.attributes.name.clone())])
}

fn where_it_stands(visitor: &Visitor, profile: &Profile) -> String {
    let programme = profile.place.attributes.programme.as_ref().map(|programme| visitor.t(&format!("programme.{programme}")));
    let mut parts: Vec<String> = profile.above.clone();
    parts.extend(programme);
    parts.join(" · ")
}

fn facts(visitor: &Visitor, profile: &Profile) -> Vec<(String, String)> {
    let t = |key: &str| visitor.t(key);
    let marks = Marks::of_visitor(visitor);
    let mut facts: Vec<(String, String)> = Vec::new();
    let counts = profile.counts.iter().map(|(key, value)| format!("{value} {}", t(key)));
    facts.push((t("profile.size"), visitor.list(counts)));
    let state = profile.place.state.as_ref().map(|state| t(&format!("state.{state}")));
    facts.push((t("field.state"), days_since(visitor, state, profile.place.state_since)));
    let official = profile.official.as_ref().map_or("—".into(), |(name, above)| match above {
        Some(above) => format!("{name} {}", visitor.tf("places.from_above", &[("place", above.clone())])),
        None => name.clone(),
    });
    facts.push((t("field.official"), official));
    facts.push((t("field.owner"), profile.owner.clone().unwrap_or_else(|| "—".into())));
    for (seat, holders) in &profile.seats {
        let held = if holders.is_empty() { t("profile.empty_seat") } else { visitor.list(holders) };
        facts.push((t(&format!("seat.{}", seat.name())), held));
    }
    facts.extend(plan_words(visitor, profile).into_iter().map(|(key, value)| (t(key), value)));
    facts.push((t("targets.title"), points_words(visitor, profile)));
    if profile.points_e1.is_some() {
        facts.push((t("profile.grade"), profile.grade.map_or_else(|| t("profile.not_measured"), |grade| marks.word(grade).to_owned())));
        facts.push((t("profile.rule"), rule_sets::pages::told(visitor, &profile.rules.0)));
    }
    facts.push((t("profile.last_report"), silent_words(visitor, profile)));
    facts
}
