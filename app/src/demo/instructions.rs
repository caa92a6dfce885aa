//! Ninety days of instructions in the invented district: meetings with their rosters, what was conveyed and acknowledged, items
//! that became orders, and what was answered; the newest has no item yet.

use super::district::{District, InstructionRow, ItemRow, ROOT, instruction_word, instructions};
use super::orders::{account_of, choice, unit_of};
use super::story::day;
use super::{Ask, Teller};
use crate::features::instructions::model::{Command, Kind, Number, Presence, Seat, item_id};
use crate::features::orders::model::{Command as Orders, Source, SourceKind};
use crate::features::organisations::model::Kind as Body;
use anyhow::{Context, Result, bail};
use jiff::civil::Date;

/// The limit and the ladder of orders that come from items.
const RULE: (&str, &str) = ("city/instruction", "usual");

fn id(at: usize) -> String {
    format!("instruction-{}", at + 1)
}

fn order_id(at: usize, number: usize) -> String {
    format!("order-of-instruction-{}-{}", at + 1, number + 1)
}

/// What is done with instructions on a day so many days ago.
pub(super) async fn work(teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
    let (leader, office, judge) =
        (&district.people[0].account, &district.people[1].account, &district.people[2].account);
    for (at, row) in instructions().iter().enumerate() {
        let after = row.ago - ago;
        if after < 0 {
            continue;
        }
        if after == 0 {
            let begun = begin(district, at, row, on)?;
            for command in begun {
                teller.wave(vec![Ask::by(office, command)]).await?;
            }
        }
        for (unit, days) in row.told.iter().filter(|(_, days)| *days == after) {
            let unit = unit_named(district, unit)?;
            let person = district.people.iter().find(|person| person.organisation.as_ref() == Some(&unit));
            // Nobody of a court or of the police is here: the office enters their paper.
            let (who, paper) = person.map_or((office, instruction_word("paper")), |person| (&person.account, ""));
            let command = Command::Acknowledge { instruction: id(at), unit, paper: paper.to_owned() };
            teller.wave(vec![Ask::by(who, command)]).await.with_context(|| format!("{days} days after"))?;
        }
        for (number, item) in row.items.iter().enumerate() {
            for event in item.5.split_whitespace() {
                let (what, days) = event.split_once('+').context("an event says how many days after")?;
                if days.parse::<i64>()? == after {
                    for ask in happen(district, (leader, office, judge), (at, number, item), what)? {
                        teller.wave(vec![ask]).await?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The organisation of a kind and number, as `bureau 0`.
fn unit_named(district: &District, words: &str) -> Result<String> {
    let (kind, number) = words.split_once(' ').context("a unit is a kind and a number")?;
    let kind = Body::from_name(kind).context("a kind of organisation is known")?;
    district.organisation(kind, number.parse()?).context("the district has one of that kind")
}

/// Recorded, its roster taken, conveyed, and broken into items.
fn begin(district: &District, at: usize, row: &InstructionRow, on: Date) -> Result<Vec<Command>> {
    let mut commands = vec![Command::Record {
        instruction: id(at),
        place: ROOT.to_owned(),
        kind: Kind::from_name(&row.kind).context("a kind of instruction is known")?,
        source: row.source.clone(),
        reference: row.reference.clone(),
        on,
        subject: row.subject.clone(),
        content: row.content.clone(),
        photos: Vec::new(),
    }];
    let mut roster = Vec::new();
    for (unit, post, presence, note) in &row.seats {
        let presence = Presence::from_name(presence, note).context("a post came or did not")?;
        roster.push(Seat { unit: unit_named(district, unit)?, post: post.clone(), presence });
    }
    if !roster.is_empty() {
        commands.push(Command::TakeRoster { instruction: id(at), roster });
    }
    let units = row.told.iter().map(|(unit, _)| unit_named(district, unit)).collect::<Result<Vec<_>>>()?;
    commands.push(Command::Convey { instruction: id(at), units, due: Some(day(on, row.told_days)) });
    for (project, part, post, content, days, _) in &row.items {
        let project = district.projects.get(*project).context("an item names a project")?;
        commands.push(Command::Assign {
            instruction: id(at),
            place: project.id.clone(),
            content: content.clone(),
            unit: unit_of(district, &account_of(district, project, part)?)?,
            post: post.clone(),
            due: day(on, *days),
        });
    }
    Ok(commands)
}

/// What somebody does with an item.
fn happen(
    district: &District,
    (leader, office, judge): (&str, &str, &str),
    (at, number, item): (usize, usize, &ItemRow),
    what: &str,
) -> Result<Vec<Ask>> {
    let project = &district.projects[item.0];
    let lead = account_of(district, project, &item.1)?;
    let (order, word) = (order_id(at, number), |what: &str| instruction_word(what).to_owned());
    let item_number = Number::try_from(number + 1)?;
    let answer = |evidence: String| Command::Report {
        instruction: id(at),
        item: item_number,
        content: word("answer"),
        evidence,
        paper: word("answer_paper"),
    };
    Ok(match what {
        "order" => {
            let draft = Orders::Draft {
                order: order.clone(),
                place: project.id.clone(),
                source: Source { kind: SourceKind::Item, reference: item_id(&id(at), item_number) },
                title: item.3.clone(),
                content: item.3.clone(),
                lead: unit_of(district, &lead)?,
                supporting: Vec::new(),
                choice: choice(RULE.0, RULE.1)?,
                parent: None,
            };
            let (approve, issue) = (Orders::Approve { order: order.clone() }, Orders::Issue { order });
            vec![Ask::by(office, draft), Ask::by(leader, approve), Ask::by(office, issue)]
        }
        "sign" => vec![Ask::by(&lead, Orders::Sign { order, paper: String::new() })],
        "report" => {
            let (content, evidence) = (word("report"), word("proof"));
            vec![Ask::by(&lead, Orders::Report { order, content, evidence, photos: Vec::new(), paper: String::new() })]
        }
        "close" => vec![Ask::by(judge, Orders::Close { order, evidence: word("proof"), photos: Vec::new() })],
        "answer" => vec![Ask::by(office, answer(String::new()))],
        "evidence" => vec![Ask::by(office, answer(word("proof")))],
        other => bail!("an item does not {other}"),
    })
}
