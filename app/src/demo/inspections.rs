//! Ninety days of unannounced inspections in the invented district: planned and sealed a day before, found sound or not, put
//! right, objected to; one that nobody made in time, and one that is sealed now.

use super::district::{District, InspectionRow, inspection_word, inspections};
use super::story::day;
use super::{Ask, Teller};
use crate::clock::civil;
use crate::features::inspections::checklists::checklist;
use crate::features::inspections::draw::{Drawing, RULES};
use crate::features::inspections::model::{Command, Consequence, Verdict};
use crate::features::inspections::planning::{Ground, Route, directed, drawn, is_repeat, without_repeats};
use crate::features::inspections::store::{self, Plan};
use crate::features::inspections::{gather, sealing::Stop};
use crate::features::orders::model::Command as Orders;
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;

/// A plan holds for so many days after it was made.
const OPEN_DAYS: i64 = 4;
/// Places of a draw: one is visited, to the other nobody goes in time.
const DRAWN: u32 = 2;

fn plan_id(at: usize) -> String {
    format!("inspection-{:02}", at + 1)
}

fn stop_id(at: usize) -> String {
    format!("{}-0", plan_id(at))
}

/// Seals the hour of a morning, and opens what nobody visited in time, as the timer does.
pub(super) async fn seal(teller: &mut Teller<'_>, on: Date) -> Result<()> {
    let command = store::seal(&mut teller.db.writer().await?, civil(teller.clock.now())).await?;
    let sealed = command.into_iter().map(|(_, command)| Ask::by_system(command));
    teller.wave(sealed.collect()).await?;
    let lapsed = store::lapsed(&mut teller.db.reader().await?, on).await?;
    let asks = lapsed.into_iter().map(|inspection| Ask::by_system(Command::Lapse { inspection }));
    teller.wave(asks.collect()).await
}

/// What happens with inspections on a day so many days ago.
pub(super) async fn work(
    teller: &mut Teller<'_>,
    district: &District,
    on: Date,
    ago: i64,
    rng: &mut impl Rng,
) -> Result<()> {
    for (at, row) in inspections().iter().enumerate() {
        if ago == row.2 + 1 {
            plan(teller, district, at, row, on, rng).await?;
        }
        if ago == row.2 {
            visit(teller, district, at, row).await?;
        }
        for event in row.9.split_whitespace() {
            let (what, after) = event.split_once('+').context("an event says how many days after")?;
            if ago == row.2 - after.parse::<i64>()? {
                let ask = happen(teller, district, at, what).await?;
                teller.wave(vec![ask]).await?;
            }
        }
    }
    Ok(())
}

/// One that is sealed when the story ends.
pub(super) async fn today(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let reason = inspection_word("sealed").to_owned();
    let plan = direct(teller, district, ("inspection-today", 1, &reason), today, day(today, 2 * OPEN_DAYS)).await?;
    store::keep_plan(&mut teller.db.writer().await?, &plan).await
}

/// What a planner knows of a place, and inspectors without an interest there.
async fn free(teller: &Teller<'_>, place: &str, planner: &str, on: Date) -> Result<(Ground, Vec<String>)> {
    let ground = store::ground(&mut teller.db.reader().await?, &[place.to_owned()], planner, on).await?;
    let people = store::eligible(&ground).into_iter().map(|one| one.account).collect();
    Ok((ground, people))
}

async fn direct(
    teller: &Teller<'_>,
    district: &District,
    (plan, project, reason): (&str, usize, &str),
    on: Date,
    until: Date,
) -> Result<Plan> {
    let place = district.projects[project].id.clone();
    let made_by = district.people[0].account.clone();
    let (ground, free) = free(teller, &place, &made_by, on).await?;
    let places = vec![place];
    let team = RULES.team.value as usize;
    let is_again = places.iter().any(|place| is_repeat(&ground, place));
    let route = Route {
        plan: plan.to_owned(),
        places,
        inspectors: free.into_iter().take(team).collect(),
        reason: reason.to_owned(),
        again: if is_again { reason.to_owned() } else { String::new() },
        until,
        days: 1,
        beyond: String::new(),
        made_by,
    };
    let stops = directed(&route, &ground).map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    Ok(Plan::Directed(stops))
}

async fn plan(
    teller: &mut Teller<'_>,
    district: &District,
    at: usize,
    row: &InspectionRow,
    on: Date,
    rng: &mut impl Rng,
) -> Result<()> {
    let until = day(on, OPEN_DAYS);
    let plan = if row.1 == "directed" {
        direct(teller, district, (&plan_id(at), row.0, &row.3), on, until).await?
    } else {
        let mut conn = teller.db.reader().await?;
        let candidates = gather::candidates(&mut conn, teller.domain, civil(teller.clock.now())).await?;
        let places: Vec<String> = candidates.iter().map(|one| one.place.clone()).collect();
        let ground = store::ground(&mut conn, &places, &district.people[1].account, on).await?;
        drop(conn);
        let seed: [u8; 32] = rng.random();
        let drawing = Drawing {
            plan: plan_id(at),
            seed: seed.iter().map(|byte| format!("{byte:02x}")).collect(),
            count: DRAWN,
            team: RULES.team.value,
            candidates: without_repeats(store::weighed(candidates, &ground), &ground),
            inspectors: store::eligible(&ground),
        };
        let salt = store::new_salt();
        let commitment = store::drawing_commitment(&drawing, &salt)?;
        let stops = drawn(&drawing, &commitment, until, (&district.people[1].account, ""), &ground);
        Plan::Drawn(stops.map_err(|refused| anyhow::anyhow!("{refused:?}"))?, Box::new(drawing), salt)
    };
    store::keep_plan(&mut teller.db.writer().await?, &plan).await
}

/// The unit that builds what a stop is about, and who reports for it.
fn contractor<'a>(district: &'a District, stop: &Stop) -> Result<(&'a str, &'a str)> {
    let project = district.projects.iter().find(|project| project.id == stop.place).context("a stop is a project")?;
    let person = district.people.iter().find(|person| person.account == project.reporter);
    let unit = person.and_then(|person| person.organisation.as_deref()).context("a contractor has a unit")?;
    Ok((unit, &project.reporter))
}

/// Inspectors are there: they score, say what is wrong, and conclude.
async fn visit(teller: &mut Teller<'_>, district: &District, at: usize, row: &InspectionRow) -> Result<()> {
    let unopened = store::unopened(&mut teller.db.reader().await?, &stop_id(at)).await?;
    let stop = unopened.context("it was planned yesterday")?.stop;
    let (unit, _) = contractor(district, &stop)?;
    let (first, inspection) = (&stop.inspectors[0], || stop.id.clone());
    let mut asks = vec![Ask::by(first, Command::CheckIn { inspection: inspection(), position: None, moment: None })];
    for score in row.4.split_whitespace() {
        let (list, percent) = score.split_once('=').context("a score is a checklist and per cent")?;
        let (known, percent) = (checklist(list).context("a checklist is known")?, percent.parse::<u32>()?);
        // As many points of each item as that, the last items the fewest: nothing scores evenly.
        let of = |(number, points): (u32, u32)| (points * percent + 50 - (number % 3) * 10) / 100;
        let points: BTreeMap<String, u32> =
            (0u32..).zip(known.items()).map(|(number, item)| (item.id.clone(), of((number, item.points)))).collect();
        asks.push(Ask::by(
            first,
            Command::Score { inspection: inspection(), checklist: list.to_owned(), points, moment: None },
        ));
    }
    if !row.5.is_empty() {
        let find = Command::Find {
            inspection: inspection(),
            finding: format!("finding-{:02}", at + 1),
            content: row.5.clone(),
            severity: row.6.clone(),
            lead: unit.to_owned(),
            photos: Vec::new(),
            moment: None,
            taken: Vec::new(),
        };
        asks.push(Ask::by(first, find));
    }
    // Without a verdict they are still there.
    if let Some(verdict) = Verdict::from_name(&row.7) {
        let conclude = Command::Conclude { inspection: inspection(), verdict, content: row.8.clone() };
        asks.push(Ask::by(&stop.inspectors[1], conclude));
    }
    teller.wave(asks).await
}

/// What somebody asks for afterwards.
async fn happen(teller: &Teller<'_>, district: &District, at: usize, what: &str) -> Result<Ask> {
    let found = store::inspection(&mut teller.db.reader().await?, &stop_id(at)).await?;
    let stop = found.context("it was made")?.0.opening.content;
    let (_, reporter) = contractor(district, &stop)?;
    let (inspection, finding) = (stop.id.clone(), format!("finding-{:02}", at + 1));
    let order = store::order_of(&finding);
    let word = |what: &str| inspection_word(what).to_owned();
    let (_, free) = free(teller, &stop.place, &stop.made_by, civil(teller.clock.now()).date()).await?;
    let other = free.iter().find(|one| !stop.inspectors.contains(one));
    Ok(match what {
        "receive" => Ask::by(reporter, Command::Receive { inspection, paper: String::new() }),
        "object" => Ask::by(reporter, Command::Object { inspection, content: word("objection") }),
        "answer" => {
            let answer = Command::Answer { inspection, is_upheld: true, content: word("answer") };
            Ask::by(&district.people[2].account, answer)
        }
        "propose" => {
            let consequence = Consequence::Criticise;
            Ask::by(&stop.inspectors[0], Command::Propose { inspection, consequence, content: word("propose") })
        }
        "settle" => {
            let settle = Command::Settle { inspection, is_approved: true, reason: word("settle") };
            Ask::by(&district.people[0].account, settle)
        }
        "sign" => Ask::by(reporter, Orders::Sign { order, paper: String::new() }),
        "report" => {
            let (content, evidence) = (word("report"), word("evidence"));
            Ask::by(reporter, Orders::Report { order, content, evidence, photos: Vec::new(), paper: String::new() })
        }
        "reinspect" | "fail" => {
            let (is_done, content) = (what == "reinspect", word(what));
            Ask::by(
                other.context("there is a third inspector")?,
                Command::Reinspect { inspection, finding, is_done, content, photos: Vec::new() },
            )
        }
        other => bail!("in an inspection nobody does {other}"),
    })
}
