//! Six weeks of duties in the invented district: three institutions written, four rules set, most of what they raise done in
//! time, some late, some excused, some forgotten.

use super::daily::picture;
use super::district::{District, ROOT, duty_word};
use super::{Ask, Teller};
use crate::features::duties::model::{Command, Each, Owed, Owner};
use crate::features::duties::rules::{Template, template};
use crate::features::duties::store::{self, Duty};
use crate::features::reports::model::Photo;
use crate::web::locale::Language;
use anyhow::{Context, Result};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// Rules are set so many days ago.
const SET: i64 = 42;
/// Rules: template, and who owes them when it is not the official: the person of the district in that place.
const RULES: [(&str, usize); 4] =
    [("official_visit", 0), ("supervision_visit", 2), ("weekly_bulletin", 1), ("owner_contact", 2)];
/// Of a hundred duties so many are done on their day.
const IN_TIME: u8 = 82;
/// Of those that are left, so many more every later day.
const LATER: u8 = 8;
/// So many are excused on their day.
const EXCUSED: u8 = 3;

/// What happens to duties on a day.
pub async fn work(teller: &mut Teller<'_>, district: &District, on: Date, ago: i64) -> Result<()> {
    if ago == SET {
        return found(teller, district, on).await;
    }
    if ago < SET {
        raise(teller, on).await?;
        settle(teller, district, on).await?;
    }
    Ok(())
}

async fn found(teller: &mut Teller<'_>, district: &District, on: Date) -> Result<()> {
    let leader = &district.people[0].account;
    let write = |slot: &str, name: &str| Command::Write {
        slot: slot.into(),
        name: name.into(),
        purpose: duty_word(slot).into(),
    };
    let named = [("official_visits", ""), ("routine_supervision", ""), ("third", duty_word("third_name"))];
    teller.wave(named.map(|(slot, name)| Ask::by(leader, write(slot, name))).into()).await?;
    let mut asks = Vec::new();
    for (at, (id, owner)) in RULES.into_iter().enumerate() {
        let template = template(id).context("a rule of the demonstration is a template")?;
        let rule = Box::new(owed(template, district, owner, on));
        asks.push(Ask::by(leader, Command::Set { id: format!("rule-{at}"), rule }));
    }
    teller.wave(asks).await
}

fn owed(template: &Template, district: &District, owner: usize, from: Date) -> Owed {
    let person = || Owner::Person(district.people[owner].account.clone());
    Owed {
        slot: template.slot.clone(),
        name: Language::Zh.t(&format!("duty_template.{}", template.id)),
        place: ROOT.into(),
        each: template.each,
        owner: if template.owner == "official" { Owner::Official } else { person() },
        recurrence: template.rule.clone(),
        free_days: template.free_days,
        from,
        grace_days: template.grace_days,
        heard: template.heard,
        needs_photo: template.needs_photo && template.each == Each::Project,
    }
}

/// Raises what has come, as the timer does it.
pub async fn raise(teller: &mut Teller<'_>, on: Date) -> Result<()> {
    let due = store::occurrences(&mut teller.db.reader().await?, on).await?;
    teller.wave(due.into_iter().map(|(rule, on)| Ask::by_system(Command::Raise { rule, on })).collect()).await
}

async fn settle(teller: &mut Teller<'_>, district: &District, on: Date) -> Result<()> {
    let mut conn = teller.db.reader().await?;
    let tree = teller.domain.places.tree(&mut conn).await?;
    let open = store::open(&mut conn).await?;
    drop(conn);
    let leader = &district.people[0].account;
    let mut asks = Vec::new();
    for duty in open.iter().filter(|duty| duty.due_on <= on) {
        let Some(owner) = duty.owner_now(&tree) else { continue };
        let (chance, is_due) = (chance(duty, on), duty.due_on == on);
        if is_due && chance >= 100 - EXCUSED && owner != leader {
            let excuse = Command::Excuse { duty: duty.id.clone(), reason: duty_word("excused").into() };
            asks.push(Ask::by(leader, excuse));
        } else if chance < if is_due { IN_TIME } else { LATER } {
            asks.push(done(duty, owner)?);
        }
    }
    teller.wave(asks).await
}

/// A number below a hundred that hangs on the duty and the day alone.
fn chance(duty: &Duty, on: Date) -> u8 {
    Sha256::digest(format!("{} {on}", duty.id))[0] % 100
}

fn done(duty: &Duty, owner: &str) -> Result<Ask> {
    let word = match duty.slot.as_str() {
        "official_visits" => "visit",
        "routine_supervision" => "supervise",
        _ => "contact",
    };
    let picture = picture(usize::from(chance(duty, duty.due_on)))?;
    let photos = if duty.needs_photo { vec![Photo::of(picture.sha256())] } else { Vec::new() };
    let documents = if duty.needs_photo { vec![picture] } else { Vec::new() };
    let command = Command::Do { duty: duty.id.clone(), content: duty_word(word).into(), photos };
    Ok(Ask { documents, ..Ask::by(owner, command) })
}
