//! Ninety days of orders in the invented district: done in time and late, sent back, prolonged, stopped, opened again, overdue
//! now. Rungs are noted each morning by the same look that the timer takes.

use super::district::{District, OrderRow, Project, order_word, orders, papers};
use super::story::day;
use super::{Ask, Teller};
use crate::clock::civil;
use crate::features::calendars::holidays::end_of_period;
use crate::features::orders::model::{Choice, Command, Source, SourceKind};
use crate::features::orders::{due, store};
use crate::features::task_force::model::{Holder, Seat};
use anyhow::{Context, Result, bail};
use jiff::civil::Date;

/// The hour at which people work on orders.
const HOUR: i8 = 10;
/// An extension asks for so many days more.
const MORE_DAYS: i64 = 12;

/// Something that happens to an order on a day.
struct Event {
    ago: i64,
    order: usize,
    what: String,
}

/// Who acts in an order.
struct Parties {
    lead: String,
    lead_unit: String,
    help_unit: Option<String>,
}

/// Who acts for the unit of a part in a project.
pub(super) fn account_of(district: &District, project: &Project, part: &str) -> Result<String> {
    Ok(match part {
        "contractor" => project.reporter.clone(),
        "employer" => project.drafter.clone(),
        "supervisor" => project.supervisor.clone(),
        "bureau" => project.leader().context("a project has a leader")?.to_owned(),
        "sub_district" => sub_district(district, project).context("a zone has a sub-district")?,
        other => bail!("nobody is a {other}"),
    })
}

/// The organisation of somebody.
pub(super) fn unit_of(district: &District, account: &str) -> Result<String> {
    let person = district.people.iter().find(|person| person.account == account);
    person.and_then(|person| person.organisation.clone()).context("people of an order have an organisation")
}

fn parties(district: &District, row: &OrderRow) -> Result<Parties> {
    let project = district.projects.get(row.0).context("an order names a project")?;
    let lead = account_of(district, project, &row.1)?;
    let help = match row.2.as_str() {
        "" => None,
        part => Some(unit_of(district, &account_of(district, project, part)?)?),
    };
    let lead_unit = unit_of(district, &lead)?;
    Ok(Parties { help_unit: help.filter(|help| *help != lead_unit), lead, lead_unit })
}

/// Somebody of the sub-district that sits in a project's task force, who may read the project.
fn sub_district(district: &District, project: &Project) -> Option<String> {
    let unit = project.seats.iter().find_map(|(seat, holder)| match holder {
        Holder::Organisation(unit) if *seat == Seat::SubDistrict => Some(unit),
        _ => None,
    })?;
    let person = district.people.iter().find(|person| person.organisation.as_ref() == Some(unit))?;
    Some(person.account.clone())
}

fn id(order: usize) -> String {
    format!("order-{:02}", order + 1)
}

pub(super) fn choice(limit: &str, ladder: &str) -> Result<Choice> {
    let (preset, limit) = limit.split_once('/').context("a limit is named by its preset")?;
    Ok(Choice { preset: preset.to_owned(), limit: limit.to_owned(), ladder: ladder.to_owned() })
}

/// What happens to orders, day by day.
pub(super) struct Orders(Vec<Event>);

impl Orders {
    /// Reads the fixture.
    pub fn read() -> Result<Orders> {
        let mut events = Vec::new();
        for (order, row) in orders().iter().enumerate() {
            events.push(Event { ago: row.9, order, what: "issue".into() });
            for event in row.10.split_whitespace() {
                let (what, after) = event.split_once('+').context("an event says how many days after")?;
                events.push(Event { ago: row.9 - after.parse::<i64>()?, order, what: what.into() });
            }
        }
        Ok(Orders(events))
    }

    /// Notes what orders have reached, as the timer does.
    pub async fn ring(&self, teller: &mut Teller<'_>) -> Result<()> {
        let due = due::Kept::default().at(&mut teller.db.reader().await?, civil(teller.clock.now())).await?;
        for one in due {
            teller.wave(vec![Ask::by_system(one.command)]).await?;
        }
        Ok(())
    }

    /// What people do with orders on a day so many days ago.
    pub async fn work(&self, teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
        teller.stand_at(on, HOUR);
        for event in self.0.iter().filter(|event| event.ago == ago) {
            let asks = happen(teller, district, event).await?;
            teller.wave(asks).await?;
        }
        Ok(())
    }

    /// Orders of today: one from a problem, issued, with a part for another unit; one from a decision of the round, drafted.
    pub async fn today(&self, teller: &mut Teller<'_>, district: &District) -> Result<()> {
        of_today(teller, district).await
    }
}

/// What people ask for when an event happens.
async fn happen(teller: &Teller<'_>, district: &District, event: &Event) -> Result<Vec<Ask>> {
    let row = &orders()[event.order];
    let parties = parties(district, row)?;
    let (leader, office, judge) =
        (&district.people[0].account, &district.people[1].account, &district.people[2].account);
    let order = id(event.order);
    let word = || order_word(&event.what).to_owned();
    let known = store::order(&mut teller.db.reader().await?, &order).await?.map(|order| order.known);
    let due = || known.as_ref().and_then(|known| known.budget(known.round)?.due()).context("its clock runs");
    let ask = match event.what.as_str() {
        "issue" => {
            let source =
                Source { kind: SourceKind::from_name(&row.3).context("a source is known")?, reference: row.4.clone() };
            let draft = Command::Draft {
                order: order.clone(),
                place: district.projects[row.0].id.clone(),
                source,
                title: row.5.clone(),
                content: row.6.clone(),
                lead: parties.lead_unit,
                supporting: parties.help_unit.into_iter().collect(),
                choice: choice(&row.7, &row.8)?,
                parent: None,
            };
            let (approve, issue) = (Command::Approve { order: order.clone() }, Command::Issue { order });
            return Ok(vec![Ask::by(office, draft), Ask::by(leader, approve), Ask::by(office, issue)]);
        }
        "sign" => Ask::by(&parties.lead, Command::Sign { order, paper: String::new() }),
        "note" => Ask::by(&parties.lead, Command::Note { order, content: word() }),
        "urge" => Ask::by(office, Command::Urge { order, content: word() }),
        "ask" => {
            let until = end_of_period(day(due()?.on(), MORE_DAYS)).on;
            let progress = order_word("progress").to_owned();
            Ask::by(&parties.lead, Command::AskExtension { order, until, reason: word(), progress })
        }
        "grant" | "refuse" => {
            let is_granted = event.what == "grant";
            Ask::by(office, Command::AnswerExtension { order, is_granted, until: None, reason: word() })
        }
        "pause" => Ask::by(office, Command::Pause { order, reason: word() }),
        "resume" => Ask::by(office, Command::Resume { order, reason: word() }),
        "report" => {
            let evidence = order_word("evidence").to_owned();
            Ask::by(
                &parties.lead,
                Command::Report { order, content: word(), evidence, photos: Vec::new(), paper: String::new() },
            )
        }
        "return" => Ask::by(judge, Command::Return { order, reason: word() }),
        "close" => Ask::by(judge, Command::Close { order, evidence: word(), photos: Vec::new() }),
        "sound" | "reopen" => {
            let is_sound = event.what == "sound";
            Ask::by(judge, Command::LookBack { order, is_sound, finding: word(), choice: None })
        }
        "withdraw" => Ask::by(office, Command::Withdraw { order, reason: word() }),
        other => bail!("an order does not {other}"),
    };
    Ok(vec![ask])
}

async fn of_today(teller: &mut Teller<'_>, district: &District) -> Result<()> {
    let (leader, office) = (&district.people[0].account, &district.people[1].account);
    let unit = |account: &str| {
        let person = district.people.iter().find(|person| person.account == account);
        person.and_then(|person| person.organisation.clone()).unwrap_or_default()
    };
    let stopped = &district.projects[super::story::STOPPED.0];
    let place = stopped.blocks.first().context("a project has buildings")?.id.clone();
    let problem = Source { kind: SourceKind::Problem, reference: "problem-0".into() };
    let whole = Command::Draft {
        order: "order-today-1".into(),
        place: place.clone(),
        source: problem.clone(),
        title: papers().blocker.clone(),
        content: papers().decisions[1].clone(),
        lead: unit(stopped.leader().unwrap_or_default()),
        supporting: vec![unit(&stopped.drafter)],
        choice: choice("city/instruction", "huating")?,
        parent: None,
    };
    let part = Command::Draft {
        order: "order-today-2".into(),
        place,
        source: problem,
        title: papers().order_part.clone(),
        content: papers().order_part_content.clone(),
        lead: unit(&stopped.reporter),
        supporting: Vec::new(),
        choice: choice("city/urgent", "huating")?,
        parent: Some("order-today-1".into()),
    };
    let decision = Command::Draft {
        order: "order-today-3".into(),
        place: district.projects[1].id.clone(),
        source: Source { kind: SourceKind::Decision, reference: "decision-1".into() },
        title: papers().decisions[1].clone(),
        content: papers().decisions[1].clone(),
        lead: unit(&district.projects[1].drafter),
        supporting: Vec::new(),
        choice: choice("p13710/ordinary", "p13710")?,
        parent: None,
    };
    for (draft, is_issued) in [(whole, true), (part, true), (decision, false)] {
        let Command::Draft { order, .. } = &draft else { continue };
        let order = order.clone();
        let mut asks = vec![Ask::by(office, draft)];
        if is_issued {
            asks.push(Ask::by(leader, Command::Approve { order: order.clone() }));
            asks.push(Ask::by(office, Command::Issue { order }));
        }
        teller.wave(asks).await?;
    }
    Ok(())
}
