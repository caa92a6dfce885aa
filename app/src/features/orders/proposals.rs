//! What could become an order: read from other features as of now, kept nowhere. A person drafts, another agrees.

use super::model::{Source, SourceKind, Stage};
use super::store;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::tree::Tree;
use crate::features::{contingencies, duties, hazards, identity, instructions, places, plan, problems, round, targets};
use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use guatu_kernel::guarantee::TOLERANCE;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// An answer is awaited so many days before a problem is proposed.
const ANSWER_DAYS: i32 = 3;

/// Something that could become an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What it comes from.
    pub source: Source,
    /// The place.
    pub place: String,
    /// What it is about, in a line.
    pub title: String,
    /// What is to be done.
    pub content: String,
    /// Why it is proposed; empty when nothing but its existence speaks for it.
    pub why: String,
    /// The unit it would fall to.
    pub lead: Option<String>,
}

/// A line of a text, short enough for a title.
fn line(text: &str) -> String {
    const MOST_CHARS: usize = 60;
    let first = text.lines().next().unwrap_or_default().trim();
    if first.chars().count() <= MOST_CHARS { first.to_owned() } else { first.chars().take(MOST_CHARS).chain(['…']).collect() }
}

async fn unit_of(conn: &mut Conn, account: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(account) = account else { return Ok(None) };
    Ok(identity::store::account(conn, account).await?.and_then(|found| found.organisation))
}

/// What something of this site would become as an order, whether or not anything speaks for it; `None` when it is not there.
pub async fn of_source(conn: &mut Conn, site: &Site, visitor: &Visitor, source: &Source) -> Result<Option<Proposal>, Problem> {
    let today = site.clock.today();
    let id = source.reference.as_str();
    Ok(match source.kind {
        SourceKind::Problem => match problems::store::problem(conn, id).await? {
            Some(case) => Some(of_problem(conn, visitor, case, today).await?),
            None => None,
        },
        SourceKind::Decision => match round::store::decision(conn, id).await? {
            Some(decision) => Some(of_decision(conn, visitor, decision).await?),
            None => None,
        },
        SourceKind::Mandate => match plan::store::mandate(conn, id).await? {
            Some(mandate) => {
                let scheduled = site.domain.networks.scheduled(conn, &mandate.project).await?;
                let float_e3 = scheduled.outlook(id).and_then(|outlook| outlook.float_days_e3);
                Some(of_mandate(conn, visitor, mandate, float_e3).await?)
            }
            None => None,
        },
        SourceKind::Promise => match places::get(conn, id).await? {
            Some(building) => {
                let project = plan::store::plan_over(conn, &building.path).await?.map(|plan| plan.project);
                let broken = match &project {
                    Some(project) => broken(conn, site, project, today).await?.into_iter().find(|(at, _)| at == id).map(|(_, names)| names),
                    None => None,
                };
                of_promise(conn, visitor, &building, project.as_deref(), broken.unwrap_or_default(), today).await?
            }
            None => None,
        },
        SourceKind::Duty => match duties::store::duty(conn, id).await? {
            Some(duty) => {
                let tree = site.domain.places.tree(conn).await?;
                Some(of_duty(conn, visitor, &tree, duty, today).await?)
            }
            None => None,
        },
        SourceKind::Hazard => match hazards::store::hazard(conn, id).await? {
            Some(hazard) => Some(of_hazard(conn, visitor, hazard, today).await?),
            None => None,
        },
        SourceKind::Risk => match places::get(conn, id).await? {
            Some(place) => {
                let tree = site.domain.places.tree(conn).await?;
                let at = hazards::gather::within(conn, &site.domain, &tree, &place, today).await?;
                Some(of_risks(visitor, &tree, &place, &at, today))
            }
            None => None,
        },
        SourceKind::Item => instructions::store::item(conn, id).await?.map(|(whole, item)| of_item(visitor, &whole, item)),
        SourceKind::Contingency => contingencies::store::firing(conn, id).await?.map(|(plan, firing)| of_firing(visitor, &plan, &firing)),
        _ => None,
    })
}

/// A contingency plan that was set off becomes an order of the unit that owns it, until it is stood down.
fn of_firing(visitor: &Visitor, plan: &contingencies::store::Contingency, firing: &contingencies::store::Firing) -> Proposal {
    let terms = &plan.terms;
    let why = contingencies::pages::happening_text(visitor, &terms.trigger, &firing.happening);
    let stock = if terms.stock.is_empty() { String::new() } else { format!("\n{}", visitor.labelled(visitor.t("field.stock"), &terms.stock)) };
    Proposal {
        source: Source { kind: SourceKind::Contingency, reference: contingencies::model::firing_id(&plan.id, firing.number) },
        place: plan.place.clone(),
        title: line(&visitor.labelled(terms.document.clone(), &why)),
        content: format!("{}{stock}", terms.measures),
        why: if firing.stood_down.is_none() { why } else { String::new() },
        lead: Some(terms.unit.clone()),
    }
}

/// An item of an instruction becomes an order of the unit that owns it, unless it is reported back without one.
fn of_item(visitor: &Visitor, whole: &instructions::store::Instruction, item: instructions::store::Item) -> Proposal {
    let number = item.known.number;
    let params = [("name", whole.name()), ("item", number.to_string()), ("date", item.known.due.to_string())];
    let is_open = whole.withdrawn_on.is_none() && item.known.standing() == instructions::model::Standing::Open;
    Proposal {
        source: Source { kind: SourceKind::Item, reference: instructions::model::item_id(&whole.id, number) },
        title: line(&item.content),
        content: item.content,
        why: if is_open { visitor.tf("order_why.item", &params) } else { String::new() },
        lead: Some(item.known.unit),
        place: item.known.place,
    }
}

/// A duty becomes an order when its day has passed and nobody has done it.
async fn of_duty(conn: &mut Conn, visitor: &Visitor, tree: &Tree, duty: duties::store::Duty, today: Date) -> Result<Proposal, Problem> {
    let params = [("name", duty.name.clone()), ("date", duty.due_on.to_string())];
    Ok(Proposal {
        title: visitor.tf("order_why.duty_title", &params),
        content: visitor.tf("order_why.duty_content", &params),
        why: if duty.is_overdue(today) { visitor.tf("order_why.duty", &params) } else { String::new() },
        lead: unit_of(conn, duty.owner_now(tree)).await?,
        source: Source { kind: SourceKind::Duty, reference: duty.id },
        place: duty.place,
    })
}

/// A hazard becomes an order when it is not put right in time, or when a report of it is late.
async fn of_hazard(conn: &mut Conn, visitor: &Visitor, hazard: hazards::store::Hazard, today: Date) -> Result<Proposal, Problem> {
    let params = [("date", hazard.remedy.due.to_string())];
    let why = match (hazard.is_overdue(today), hazard.is_report_late(today)) {
        (true, _) => visitor.tf("order_why.hazard", &params),
        (false, true) => visitor.t("order_why.hazard_report"),
        (false, false) => String::new(),
    };
    Ok(Proposal {
        source: Source { kind: SourceKind::Hazard, reference: hazard.id },
        place: hazard.known.place,
        title: line(&hazard.content),
        content: format!("{}\n{}", hazard.content, hazard.remedy.measure),
        why,
        lead: unit_of(conn, Some(hazard.remedy.person.as_str())).await?,
    })
}

/// Buildings that the order of a project names at most.
const MOST_BUILDINGS: usize = 12;

/// Risks of a place that nobody has looked at in time, all of them as one order: its people go round once.
fn of_risks(visitor: &Visitor, tree: &Tree, place: &places::store::Place, at: &HashMap<String, hazards::gather::At>, today: Date) -> Proposal {
    let (mut count, mut lines) = (0, Vec::new());
    for building in tree.under(place) {
        let points = at.get(&building.id).into_iter().flat_map(|at| &at.risks.points);
        let overdue: Vec<String> = points.filter(|point| point.is_overdue(today)).map(|point| visitor.t(&format!("risk.{}", point.risk.id))).collect();
        if !overdue.is_empty() {
            count += overdue.len();
            lines.push(visitor.labelled(building.attributes.name.clone(), &visitor.list(overdue)));
        }
    }
    let more = lines.len().saturating_sub(MOST_BUILDINGS);
    lines.truncate(MOST_BUILDINGS);
    if more > 0 {
        lines.push(visitor.tf("round.more", &[("count", more.to_string())]));
    }
    let params = [("name", place.attributes.name.clone()), ("risks", lines.join("\n")), ("count", count.to_string())];
    Proposal {
        source: Source { kind: SourceKind::Risk, reference: place.id.clone() },
        place: place.id.clone(),
        title: visitor.tf("order_why.risk_title", &params),
        content: visitor.tf("order_why.risk_content", &params),
        why: if count == 0 { String::new() } else { visitor.tf("order_why.risk", &params) },
        // It falls to who owns the place, or the nearest above that somebody owns.
        lead: tree.lineage(place).find_map(|above| above.attributes.owner.clone()),
    }
}

async fn of_problem(conn: &mut Conn, visitor: &Visitor, case: problems::store::Problem, today: Date) -> Result<Proposal, Problem> {
    let days = case.days_open(today);
    let why = match &case.answer {
        Some((.., by)) if case.is_overdue(today) => visitor.tf("order_why.answer_broken", &[("date", by.to_string())]),
        None if days > ANSWER_DAYS => visitor.tf("order_why.no_answer", &[("days", days.to_string())]),
        _ => String::new(),
    };
    Ok(Proposal {
        source: Source { kind: SourceKind::Problem, reference: case.id },
        place: case.place,
        title: line(&case.content),
        content: case.content,
        why,
        lead: unit_of(conn, case.owner.as_deref()).await?,
    })
}

async fn of_decision(conn: &mut Conn, visitor: &Visitor, decision: round::store::RoundDecision) -> Result<Proposal, Problem> {
    Ok(Proposal {
        source: Source { kind: SourceKind::Decision, reference: decision.id },
        place: decision.place,
        title: line(&decision.content),
        content: decision.content,
        why: visitor.tf("order_why.decision", &[("date", decision.due.to_string())]),
        lead: unit_of(conn, Some(&decision.owner)).await?,
    })
}

async fn of_mandate(conn: &mut Conn, visitor: &Visitor, mandate: plan::store::Mandate, float_e3: Option<i64>) -> Result<Proposal, Problem> {
    let lead = places::get(conn, &mandate.project).await?.and_then(|place| place.attributes.owner);
    let late = float_e3.filter(|float| *float < 0).map(|float| (-float + 999) / 1000);
    let params = [("name", visitor.shown(&mandate.name).into_owned()), ("date", mandate.finish_by.to_string()), ("days", late.unwrap_or(0).to_string())];
    Ok(Proposal {
        source: Source { kind: SourceKind::Mandate, reference: mandate.id },
        place: mandate.project,
        title: visitor.tf("order_why.mandate_title", &params),
        content: visitor.tf("order_why.mandate_content", &params),
        why: if late.is_some() { visitor.tf("order_why.mandate", &params) } else { String::new() },
        lead,
    })
}

async fn of_promise(conn: &mut Conn, visitor: &Visitor, building: &places::store::Place, project: Option<&str>, names: Vec<String>, today: Date) -> Result<Option<Proposal>, Problem> {
    let Some(project) = project else { return Ok(None) };
    let lead = places::get(conn, project).await?.and_then(|place| place.attributes.owner);
    let yesterday = today.saturating_sub(1.days());
    let params = [("name", building.attributes.name.clone()), ("date", yesterday.to_string()), ("works", visitor.list(names.iter().map(|name| visitor.shown(name).into_owned())))];
    Ok(Some(Proposal {
        source: Source { kind: SourceKind::Promise, reference: building.id.clone() },
        place: building.id.clone(),
        title: visitor.tf("order_why.promise_title", &params),
        content: visitor.tf("order_why.promise_content", &params),
        why: if names.is_empty() { String::new() } else { visitor.tf("order_why.promise", &params) },
        lead,
    }))
}

/// Buildings of a project with promises of a period that ended yesterday and were not kept, each with the works.
async fn broken(conn: &mut Conn, site: &Site, project: &str, today: Date) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let yesterday = today.saturating_sub(1.days());
    let targets = targets::assess::project(conn, &site.domain, project, yesterday).await?;
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for building in targets.by_building.keys() {
        let is_broken = |item: &&targets::assess::Assessed| {
            let ended = item.facts.windows.iter().filter(|window| window.period.to == yesterday);
            ended.filter_map(|window| window.will.map(|will| (will, window.done))).any(|(will, done)| done + TOLERANCE < will)
        };
        let names: Vec<String> = targets.of(building).filter(is_broken).map(|item| item.name.clone()).collect();
        if !names.is_empty() {
            found.push((building.clone(), names));
        }
    }
    found.sort();
    Ok(found)
}

/// Everything that speaks for an order where this person may draft one, and of which none has been made.
pub async fn gather(conn: &mut Conn, site: &Site, visitor: &Visitor) -> Result<Vec<Proposal>, Problem> {
    let today = site.clock.today();
    let tree = site.domain.places.tree(conn).await?;
    let ordered: HashSet<(SourceKind, String)> = store::titles(conn)
        .await?
        .into_iter()
        // A promise is made anew every day, and so is a look at risks: an order about an earlier one that has ended does not
        // answer for yesterday's.
        .filter(|order| order.stage < Stage::Closed || (order.stage == Stage::Closed && !matches!(order.source.kind, SourceKind::Promise | SourceKind::Risk)))
        .map(|order| (order.source.kind, order.source.reference))
        .collect();
    let may = |place: &str| tree.get(place).is_some_and(|place| visitor.may(Verb::Govern, &place.path));
    let mut all = Vec::new();
    for case in problems::store::problems(conn, Date::MAX).await?.into_iter().filter(|case| case.closed.is_none() && may(&case.place)) {
        all.push(of_problem(conn, visitor, case, today).await?);
    }
    for decision in round::store::decisions(conn, Date::MAX).await?.into_iter().filter(|one| one.is_overdue(today) && may(&one.place)) {
        all.push(of_decision(conn, visitor, decision).await?);
    }
    for duty in duties::store::overdue(conn, today).await?.into_iter().filter(|one| may(&one.place)) {
        all.push(of_duty(conn, visitor, &tree, duty, today).await?);
    }
    for whole in instructions::store::instructions(conn).await? {
        all.extend(whole.items.iter().filter(|item| may(&item.known.place)).map(|item| of_item(visitor, &whole, item.clone())));
    }
    for plan in contingencies::store::contingencies(conn).await?.iter().filter(|plan| may(&plan.place)) {
        all.extend(plan.under_way().map(|firing| of_firing(visitor, plan, firing)));
    }
    for hazard in hazards::store::hazards(conn, Date::MAX).await?.into_iter().filter(|one| may(&one.known.place)) {
        all.push(of_hazard(conn, visitor, hazard, today).await?);
    }
    if let Some(whole) = tree.places().first() {
        let at = hazards::gather::within(conn, &site.domain, &tree, whole, today).await?;
        let projects = tree.places().iter().filter(|place| place.kind == Kind::Project && may(&place.id));
        all.extend(projects.map(|project| of_risks(visitor, &tree, project, &at, today)));
    }
    for (project, scheduled) in site.domain.networks.all_scheduled(conn).await? {
        if !may(&project) {
            continue;
        }
        for mandate in &scheduled.mandates {
            let float_e3 = scheduled.outlook(&mandate.id).and_then(|outlook| outlook.float_days_e3);
            if float_e3.is_some_and(|float| float < 0) {
                all.push(of_mandate(conn, visitor, mandate.clone(), float_e3).await?);
            }
        }
    }
    for state in plan::store::active(conn).await?.into_iter().filter(|plan| may(&plan.project)) {
        for (building, names) in broken(conn, site, &state.project, today).await? {
            let Some(building) = tree.get(&building) else { continue };
            all.extend(of_promise(conn, visitor, building, Some(&state.project), names, today).await?);
        }
    }
    all.retain(|one| !one.why.is_empty() && !ordered.contains(&(one.source.kind, one.source.reference.clone())));
    Ok(all)
}
