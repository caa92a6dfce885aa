//! What could become an order: read from other features as of now, kept nowhere. A person drafts, another agrees.

use super::model::{Source, SourceKind, Stage};
use super::store;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::{identity, places, plan, problems, round, targets};
use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use guatu_kernel::guarantee::TOLERANCE;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashSet;

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

async fn unit_of(conn: &mut Conn, account: Option<&String>) -> Result<Option<String>, Problem> {
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
        _ => None,
    })
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
        lead: unit_of(conn, case.owner.as_ref()).await?,
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
        // A promise is made anew every day: an order about an earlier one that has ended does not answer for yesterday's.
        .filter(|order| order.stage < Stage::Closed || (order.stage == Stage::Closed && order.source.kind != SourceKind::Promise))
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
