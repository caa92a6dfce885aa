//! `guatu bench-supervision`: what it costs to find the due among 10,000 open orders and 100,000 duties. Hidden; `make bench`
//! runs it.
//!
//! In a folder that goes away. Three figures: milliseconds of the timer's first look after a start, of any later one, while one
//! more order is issued before each; and of the number of waiting orders that stands on every page of the supervision office.

use super::door::{WRITERS, submit};
use super::in_passing;
use crate::clock::{Clock, civil, record_text};
use crate::db::Db;
use crate::features::Fact;
use crate::features::authority;
use crate::features::duties::{self, model as owed};
use crate::features::identity::model as identity;
use crate::features::orders::{self, model as ordered};
use crate::features::organisations::model as organisations;
use crate::features::places::model as places;
use crate::journal::domain::Entry;
use crate::serve;
use crate::web::Site;
use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::ToSpan;
use std::process::ExitCode;
use std::time::Instant;

/// Open orders.
const ORDERS: usize = 10_000;
/// Rules of duties.
const RULES: usize = 100;
/// Open duties of a rule.
const DUTIES: usize = 1_000;
/// Looks; the median counts.
const LOOKS: usize = 9;
/// The supervision office.
const OFFICE: &str = "office";

/// `guatu bench-supervision`.
pub async fn run() -> Result<ExitCode> {
    in_passing("bench-supervision", measure).await
}

async fn measure(folder: &std::path::Path) -> Result<serde_json::Value> {
    let db = Db::open_sqlite(&folder.join("guatu.sqlite")).await?;
    let opened = serve::open(db, folder, Clock::System).await?;
    let site = &opened.site;
    found(site).await?;
    let issuing = (0..ORDERS).map(|nth| issue(site, nth));
    stream::iter(issuing).buffer_unordered(WRITERS as usize).try_collect::<Vec<_>>().await?;
    owe(site).await?;
    let first = look_ms(site).await?;
    let mut looks = Vec::new();
    for nth in 0..LOOKS {
        issue(site, ORDERS + nth).await?;
        looks.push(look_ms(site).await?);
    }
    Ok(serde_json::json!({
        "first_look_ms": rounded(first),
        "look_ms": rounded(median(looks)),
        "waiting_ms": rounded(waiting_ms(site).await?),
    }))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// A project, a firm, the supervision office, and rules of what is owed every day.
async fn found(site: &Site) -> Result<()> {
    let (journal, today) = (&site.journal, site.clock.today());
    for account in [OFFICE, "nobody"] {
        let create = identity::Command::CreateAccount { account: account.into(), organisation: None };
        submit(journal, format!("found-{account}"), create, Vec::new()).await?;
    }
    let open = |id: &str, parent: Option<&str>, kind| {
        places::Command::Open(places::Opening {
            id: id.into(),
            parent: parent.map(str::to_owned),
            kind,
            attributes: places::Attributes {
                name: id.into(),
                ordinal: 1,
                programme: None,
                owner: None,
                figures: places::Figures::default(),
            },
            official: Some("nobody".into()),
        })
    };
    submit(journal, "found-district".into(), open("district", None, places::Kind::District), Vec::new()).await?;
    submit(journal, "found-project".into(), open("project", Some("district"), places::Kind::Project), Vec::new())
        .await?;
    let kind = organisations::Kind::Contractor;
    let firm = organisations::Command::Register { id: "firm".into(), name: "firm".into(), kind };
    submit(journal, "found-firm".into(), firm, Vec::new()).await?;
    let (post, role) = ("post".into(), identity::Role::SupervisionOffice);
    let grant = identity::Command::Grant { post, account: OFFICE.into(), role, place: None, from: today, to: None };
    submit(journal, "found-post".into(), grant, Vec::new()).await?;
    for nth in 0..RULES {
        let rule = owed::Owed {
            slot: "official_visits".into(),
            name: "visit".into(),
            place: "project".into(),
            each: owed::Each::Place,
            owner: owed::Owner::Official,
            recurrence: "FREQ=DAILY".into(),
            free_days: owed::FreeDays::Roll,
            from: today,
            grace_days: 0,
            heard: None,
            needs_photo: false,
        };
        let set = owed::Command::Set { id: rule_id(nth), rule: Box::new(rule) };
        submit(journal, format!("found-{}", rule_id(nth)), set, Vec::new()).await?;
    }
    Ok(())
}

fn rule_id(nth: usize) -> String {
    format!("rule-{nth:03}")
}

/// Issues an order, as a finding does.
async fn issue(site: &Site, nth: usize) -> Result<()> {
    let id = format!("order-{nth:05}");
    let command = ordered::Command::Rectify {
        order: id.clone(),
        place: "project".into(),
        finding: format!("finding-{nth:05}"),
        title: "a rail is missing".into(),
        content: "a rail is missing on the third floor and has to be there again today".into(),
        lead: "firm".into(),
        choice: ordered::Choice { preset: "city".into(), limit: "instruction".into(), ladder: "usual".into() },
        by: "nobody".into(),
    };
    submit(&site.journal, id, command, Vec::new()).await
}

/// Duties as facts would have raised them; how they got there is not measured.
async fn owe(site: &Site) -> Result<()> {
    let (now, today) = (site.clock.now(), site.clock.today());
    let mut conn = site.db.writer().await?;
    conn.begin_write().await?;
    for nth in 0..RULES {
        let duties = (0..DUTIES).map(|at| owed::Raised {
            duty: format!("{}-{at:04}", rule_id(nth)),
            place: "project".into(),
            owner: None,
        });
        let raised = owed::Fact::Raised { due: today.saturating_add(1.day()), duties: duties.collect() };
        let entry = Entry {
            number: site.head(),
            fact: Fact::Duties(raised.clone()),
            subject: rule_id(nth),
            place: "project".into(),
            actor: "system".into(),
            occurred_on: today,
            recorded_at: record_text(now),
        };
        duties::store::apply(&mut conn, &entry, &raised).await?;
    }
    conn.commit().await
}

/// Time of a look as the timer takes it: what orders have reached, and what is owed and was not raised.
async fn look_ms(site: &Site) -> Result<f64> {
    let mut conn = site.db.reader().await?;
    let begun = Instant::now();
    let due = site.domain.due.at(&mut conn, civil(site.clock.now())).await?;
    let raised = duties::store::occurrences(&mut conn, site.clock.today()).await?;
    let took = since(begun);
    ensure!(
        due.is_empty() && raised.is_empty(),
        "{} orders and {} rules have something to say",
        due.len(),
        raised.len()
    );
    Ok(took)
}

/// Median time to count the orders that wait for the supervision office.
async fn waiting_ms(site: &Site) -> Result<f64> {
    let mut conn = site.db.reader().await?;
    let rights = authority::rights(&mut conn, OFFICE, site.clock.today()).await?;
    let mut times = Vec::new();
    for _ in 0..LOOKS {
        let begun = Instant::now();
        let waiting = orders::store::waiting_for(&mut conn, OFFICE, &rights).await?;
        times.push(since(begun));
        ensure!(waiting == 0, "{waiting} orders wait for the office");
    }
    Ok(median(times))
}
