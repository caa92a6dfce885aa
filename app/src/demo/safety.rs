//! Ninety days of safety in the invented district: what was measured and looked at, dangerous works, hazards found and put right,
//! one that stopped work and one that still does; and the evidence without which no milestone is met.

use super::daily::picture;
use super::district::{Block, District, HazardRow, Project, hazards, safety_word};
use super::story::day;
use super::{Ask, Teller};
use crate::features::gates::model::{Command as Gates, Evidence, WHOLE_PERCENT};
use crate::features::hazards::gather::{self, At};
use crate::features::hazards::model::{Command, Grade, Needed, Outcome, Recipient, Remedy, Side};
use crate::features::hazards::store;
use crate::features::plan::binding::{self, Gate};
use crate::features::plan::heard::gates_passed;
use crate::features::plan::mapping;
use crate::features::reports::model::Photo;
use crate::journal::Document;
use anyhow::{Context, Result, bail};
use guatu_kernel::plan::{Activity, Plan};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashSet};

/// Buildings whose ids end so were looked at so many days ago, all others today.
const UNSEEN: char = '7';
const LOOKED: i64 = 5;
/// Of so many buildings one is found out of control.
const UNSOUND_EVERY: usize = 35;
/// Of every so many buildings one has a scaffold that is a dangerous work, and of every so many dangerous works one was not
/// accepted.
const HIGH_EVERY: usize = 9;
const UNACCEPTED_EVERY: usize = 11;
/// Of so many buildings with a scaffold one has a crane.
const CRANE_EVERY: usize = 3;
/// One measured value in so many is missing.
const GAP_EVERY: usize = 23;
/// The hour at which people look.
const HOUR: i8 = 11;

fn id(at: usize) -> String {
    format!("hazard-{:02}", at + 1)
}

/// Whether work at a building stood still so many days ago, because of a major hazard.
pub(super) fn stands_still(building: &str, ago: i64) -> bool {
    let stopped = hazards().iter().filter(|row| row.3 == Grade::Major.name());
    let resumed = |row: &HazardRow| {
        row.11.split_whitespace().find_map(|event| event.strip_prefix("review+")?.parse::<i64>().ok())
    };
    stopped.into_iter().any(|row| {
        let is_here = building == format!("p{:02}-b{:02}", row.0 + 1, row.1 + 1);
        is_here && ago <= row.4 && resumed(row).is_none_or(|after| ago > row.4 - after)
    })
}

fn photo(at: usize) -> Result<(Vec<Photo>, Vec<Document>)> {
    let picture = picture(at)?;
    Ok((vec![Photo::of(picture.sha256())], vec![picture]))
}

/// What happens on a day so many days ago.
pub(super) async fn work(teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
    teller.stand_at(on, HOUR);
    for (at, row) in hazards().iter().enumerate() {
        if ago == row.4 {
            let ask = find(district, at, row, on)?;
            teller.wave(vec![ask]).await?;
        }
        for event in row.11.split_whitespace() {
            let (what, after) = event.split_once('+').context("an event says how many days after")?;
            if ago == row.4 - after.parse::<i64>()? {
                let ask = happen(district, at, row, what, on)?;
                teller.wave(vec![ask]).await?;
            }
        }
    }
    if ago == LOOKED {
        measure(teller, district, on).await?;
        secure(teller, district, on).await?;
        look(teller, district, on, true).await?;
    }
    Ok(())
}

fn find(district: &District, at: usize, row: &HazardRow, on: Date) -> Result<Ask> {
    let project = district.projects.get(row.0).context("a hazard names a project")?;
    let place = project.blocks.get(row.1).context("a hazard names a building")?.id.clone();
    let grade = Grade::from_name(&row.3).context("a hazard names its grade")?;
    let (photos, documents) = if grade == Grade::Major { photo(at)? } else { (Vec::new(), Vec::new()) };
    let remedy = Remedy {
        measure: row.6.clone(),
        amount_fen: Some(row.7 * 100),
        person: project.reporter.clone(),
        due: day(on, row.8),
        contingency: row.9.clone(),
    };
    let finder = match row.10.as_str() {
        "supervisor" => &project.supervisor,
        "inspector" => district.inspector(),
        "office" => &district.people[1].account,
        other => bail!("no {other} finds hazards"),
    };
    let command = Command::Find {
        hazard: id(at),
        place,
        kind: row.2.clone(),
        grade,
        content: row.5.clone(),
        remedy: Box::new(remedy),
        photos,
    };
    Ok(Ask { documents, ..Ask::by(finder, command) })
}

/// What somebody does with a hazard.
fn happen(district: &District, at: usize, row: &HazardRow, what: &str, on: Date) -> Result<Ask> {
    let project = district.projects.get(row.0).context("a hazard names a project")?;
    let (site, judge, office) = (&project.reporter, &project.supervisor, &district.people[1].account);
    let (hazard, content) = (id(at), safety_word(what).to_owned());
    let report = |recipient| Command::Report { hazard: id(at), recipient, on, document: content.clone() };
    Ok(match what {
        "repair" => {
            let (photos, documents) = photo(at + 1)?;
            Ask { documents, ..Ask::by(site, Command::Repair { hazard, content, photos }) }
        }
        "recheck" | "fail" => {
            Ask::by(judge, Command::Recheck { hazard, is_done: what == "recheck", content, photos: Vec::new() })
        }
        "regulator" => Ask::by(site, report(Recipient::Regulator)),
        "congress" => Ask::by(site, report(Recipient::Congress)),
        "list" => Ask::by(office, Command::List { hazard, document: content }),
        "ask" => Ask::by(site, Command::Ask { hazard, content }),
        "review" => Ask::by(district.inspector(), Command::Review { hazard, is_fit: true, content }),
        "close" => Ask::by(office, Command::Close { hazard, content }),
        other => bail!("a hazard does not {other}"),
    })
}

/// Risks of every building on a day, in the order of their ids.
async fn risks(teller: &Teller<'_>, on: Date) -> Result<Vec<(String, At)>> {
    let mut conn = teller.db.reader().await?;
    let tree = teller.domain.places.tree(&mut conn).await?;
    let whole = tree.places().first().context("a district has places")?;
    let mut found: Vec<(String, At)> =
        gather::within(&mut conn, teller.domain, &tree, whole, on).await?.into_iter().collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

fn project_of<'a>(district: &'a District, building: &str) -> Option<&'a Project> {
    district.projects.iter().find(|project| project.blocks.iter().any(|block| block.id == building))
}

/// What sites have not measured is measured, but for a value here and there.
async fn measure(teller: &mut Teller<'_>, district: &District, on: Date) -> Result<()> {
    let (mut asks, mut number) = (Vec::new(), 0usize);
    for (at, (place, found)) in risks(teller, on).await?.into_iter().enumerate() {
        let Some(project) = project_of(district, &place) else { continue };
        let is_high = at.is_multiple_of(HIGH_EVERY);
        for parameter in &found.risks.gaps {
            number += 1;
            if number.is_multiple_of(GAP_EVERY) {
                continue;
            }
            let value_e3 = match parameter.id.as_str() {
                "pit_depth" => {
                    if is_high {
                        5_600
                    } else {
                        4_200
                    }
                }
                "scaffold_height" => {
                    if is_high {
                        27_000
                    } else {
                        19_500
                    }
                }
                _ => {
                    if is_high {
                        5_400
                    } else {
                        3_600
                    }
                }
            };
            let measure = |parameter: &str, value_e3| {
                Ask::by(
                    &project.reporter,
                    Command::Measure { place: place.clone(), parameter: parameter.to_owned(), value_e3 },
                )
            };
            asks.push(measure(&parameter.id, value_e3));
            // Where a scaffold stands a crane may.
            if parameter.id == "scaffold_height" && at.is_multiple_of(CRANE_EVERY) {
                asks.push(measure("tower_cranes", 1_000));
            }
        }
    }
    teller.wave(asks).await
}

/// Dangerous works pass through their plan, experts, disclosure and acceptance; a few stop halfway.
async fn secure(teller: &mut Teller<'_>, district: &District, on: Date) -> Result<()> {
    let mut number = 0usize;
    for (place, found) in risks(teller, on).await? {
        let Some(project) = project_of(district, &place) else { continue };
        for work in found.works {
            number += 1;
            // Where a scaffold was used before its acceptance, work stands still because of that.
            let is_left = number.is_multiple_of(UNACCEPTED_EVERY) || stands_still(&place, LOOKED);
            let (id, is_over) = (work.danger.id.clone(), work.danger.is_over(work.value_e3));
            let steps = [
                Needed::Signature(Side::Builder),
                Needed::Signature(Side::Supervision),
                Needed::Experts,
                Needed::Disclosure,
                Needed::Acceptance,
            ];
            let asked = steps.into_iter().filter(|step| is_over || *step != Needed::Experts);
            let asked = asked.take_while(|step| *step != Needed::Acceptance || !is_left);
            let asks = asked.map(|step| {
                let (place, danger, word) = (place.clone(), id.clone(), |what: &str| safety_word(what).to_owned());
                match step {
                    Needed::Signature(side) => {
                        let who = if side == Side::Builder { &project.reporter } else { &project.supervisor };
                        Ask::by(who, Command::Sign { place, danger, side, document: word("danger_plan") })
                    }
                    Needed::Experts => Ask::by(
                        &project.reporter,
                        Command::Argue {
                            place,
                            danger,
                            experts: 5,
                            outcome: Outcome::Amended,
                            document: word("danger_experts"),
                        },
                    ),
                    Needed::Disclosure => {
                        Ask::by(&project.reporter, Command::Disclose { place, danger, document: word("danger_told") })
                    }
                    Needed::Acceptance => Ask::by(
                        &project.supervisor,
                        Command::Accept { place, danger, document: word("danger_accepted") },
                    ),
                }
            });
            teller.wave(asks.collect()).await?;
        }
    }
    Ok(())
}

/// People look at the risks of buildings: at those that nobody looks at today, or at all others.
async fn look(teller: &mut Teller<'_>, district: &District, on: Date, is_unseen: bool) -> Result<()> {
    let found = risks(teller, on).await?.into_iter().enumerate();
    let seen =
        found.filter(|(_, (place, found))| place.ends_with(UNSEEN) == is_unseen && !found.risks.points.is_empty());
    let asks = seen.filter_map(|(at, (place, found))| {
        let project = project_of(district, &place)?;
        let is_sound = at % UNSOUND_EVERY > 0;
        let content = safety_word(if is_sound { "look" } else { "unsound" }).to_owned();
        let risks = found.risks.points.iter().map(|point| point.risk.id.clone()).collect();
        Some(Ask::by(&project.reporter, Command::Check { place, risks, is_sound, content }))
    });
    teller.wave(asks.collect()).await
}

/// What today begins with: looks, evidence that waits, evidence below a hundred per cent, a confirmation taken back.
pub(super) async fn today(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    look(teller, district, today, false).await?;
    let mut conn = teller.db.reader().await?;
    let chains = store::chains(&mut conn).await?;
    let passed: BTreeSet<(String, String)> = gates_passed(&mut conn).await?.into_iter().collect();
    drop(conn);
    let project = &district.projects[1];
    let mut asks = Vec::new();
    // Evidence that nobody has judged yet, of the last building that still needs it.
    for gate in ["household", "fire", "divisions"] {
        let gate = binding::gate(gate).context("a gate is known")?;
        let needs = |block: &&Block| !passed.contains(&(block.id.clone(), gate.id.clone()));
        if let Some(block) = project.blocks.iter().find(needs) {
            asks.push(file(&project.reporter, &block.id, gate, day(today, -1), WHOLE_PERCENT));
        }
    }
    // The last project that nobody has measured for dust.
    let dust = binding::gate("dust").context("a gate is known")?;
    if let Some(dusty) =
        district.projects.iter().rev().find(|project| !passed.contains(&(project.id.clone(), dust.id.clone())))
    {
        asks.push(file(&dusty.reporter, &dusty.id, dust, day(today, -2), 92));
        let back = Gates::Return {
            place: dusty.id.clone(),
            gate: dust.id.clone(),
            reason: safety_word("gate_short").to_owned(),
        };
        asks.push(Ask::by(&dusty.supervisor, back));
    }
    if let Some((place, gate)) = passed.iter().find(|(_, gate)| gate == "foundation") {
        let command = Gates::Withdraw {
            place: place.clone(),
            gate: gate.clone(),
            reason: safety_word("gate_withdrawn").to_owned(),
        };
        asks.push(Ask::by(&district.people[1].account, command));
    }
    // One dangerous work is graded otherwise by who accepted it.
    let graded = chains.iter().find(|((_, danger), chain)| danger == "scaffold" && chain.accepted_on.is_some());
    if let Some(((place, _), _)) = graded
        && let Some(project) = project_of(district, place)
    {
        let command = Command::Regrade {
            place: place.clone(),
            risk: "scaffold_high".into(),
            colour: Some(crate::features::hazards::rules::Colour::Yellow),
            reason: safety_word("regrade").to_owned(),
        };
        asks.push(Ask::by(&project.supervisor, command));
    }
    for ask in asks {
        teller.wave(vec![ask]).await?;
    }
    Ok(())
}

fn file(who: &str, place: &str, gate: &Gate, on: Date, last_percent: u32) -> Ask {
    let last = gate.measures.len().saturating_sub(1);
    let measures = gate
        .measures
        .iter()
        .enumerate()
        .map(|(at, measure)| (measure.clone(), if at == last { last_percent } else { WHOLE_PERCENT }));
    let evidence = Evidence {
        document: safety_word("gate").to_owned(),
        on,
        remark: String::new(),
        measures: measures.collect(),
        photos: Vec::new(),
    };
    Ask::by(who, Gates::File { place: place.to_owned(), gate: gate.id.clone(), evidence: Box::new(evidence) })
}

/// Evidence for milestones that are met, before they are: what concerns the ground of a whole project is filed once for it.
pub(super) async fn evidence(
    teller: &Teller<'_>,
    project: &Project,
    plan: &Plan,
    met: Vec<(&Activity, Date)>,
) -> Result<Vec<Ask>> {
    let mut passed = gates_passed(&mut teller.db.reader().await?).await?;
    let mut asks = Vec::new();
    for (activity, on) in met {
        let Some((stage, place)) =
            mapping::own_stage(activity).zip(activity.place.as_deref()).filter(|(stage, _)| binding::is_bound(stage))
        else {
            continue;
        };
        let planned: HashSet<&str> = plan
            .activities
            .iter()
            .filter(|one| one.place.as_deref() == Some(place))
            .filter_map(mapping::own_stage)
            .collect();
        for gate in binding::of_stage(stage, &planned) {
            let at = if gate.group == "ecology" { project.id.as_str() } else { place };
            if !passed.insert((at.to_owned(), gate.id.clone())) {
                continue;
            }
            asks.push(file(&project.reporter, at, gate, on, WHOLE_PERCENT));
            asks.push(Ask::by(&project.supervisor, Gates::Confirm { place: at.to_owned(), gate: gate.id.clone() }));
        }
    }
    Ok(asks)
}
