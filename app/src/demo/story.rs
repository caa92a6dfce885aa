//! What has happened in the invented district up to today: plans, progress, mandated dates, alerts.

use super::daily::{self, Daily};
use super::district::{Block, District, Project, Prospect, papers, price_fen};
use super::returns::{self, Returns, Sending};
use super::{Ask, Teller, closings, contingencies, duties, inspections, instructions, orders::Orders, safety};
use crate::clock;
use crate::db::{Conn, Db};
use crate::features::bulletin::{self, gather::Ends, model::Photo};
use crate::features::calendars::model as calendars;
use crate::features::calendars::{model::Level, plan_calendars};
use crate::features::identity::{self, model as people};
use crate::features::organisations::model as organisations;
use crate::features::places::model as places;
use crate::features::plan::is_behind;
use crate::features::plan::model as plans;
use crate::features::plan::store;
use crate::features::plan::template::{Building, END, Setting, compose, template};
use crate::features::round::model as round;
use crate::features::task_force::model as task_force;
use crate::features::wall_chart::model as wall_chart;
use crate::journal::Document;
use crate::web::locale::Language;
use anyhow::{Context, Result, anyhow};
use guatu_formats::plans::json;
use guatu_kernel::guarantee::PeriodKind;
use guatu_kernel::plan::{Activity, ActivityKind, Moment, Plan};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday, time};
use rand::Rng;
use std::collections::HashMap;
use std::time::Duration;

/// The project whose work stands still, and since how many days.
pub(super) const STOPPED: (usize, i64) = (2, 35);
/// The project with a second version of its plan.
const REPLANNED: usize = 6;
/// The project with an exemption from alerts.
const EXEMPT: usize = 3;
/// The project whose request for another date was answered; the stopped one has an open request.
const ANSWERED: usize = 4;
/// Photographs of the bulletin; the owner of the last does not allow it.
const PHOTOS: usize = 3;
/// Supporting facilities that other projects wait for: facility project, its block, waiting project.
const SHARED: [(usize, usize, usize); 2] = [(10, 3, 0), (11, 4, 3)];

pub(super) fn day(today: Date, offset: i64) -> Date {
    today.checked_add(offset.days()).unwrap_or(today)
}

/// The story begins so many days ago, a day before the first reports.
pub(super) const BEGIN: i64 = daily::DAYS + 1;
/// The first version of a project's plan is approved, its request for another date put, its date mandated so many days ago.
const REPLAN: i64 = 3;
const REQUEST: i64 = 6;
const MANDATE: i64 = 8;
/// What is not measured is recorded so many days ago.
const RECORDED: [i64; 3] = [60, 30, 1];
/// Hours of a day: who judges and commands does so in the morning, sites report in the evening.
const MORNING: i8 = 8;
const EVENING: i8 = 20;

/// When the story begins.
pub(super) fn begin(today: Date) -> Timestamp {
    clock::instant(day(today, -BEGIN).to_datetime(time(MORNING, 0, 0, 0))).unwrap_or_default()
}

/// Tells the whole story, day by day.
pub(super) async fn tell(teller: &mut Teller<'_>, district: &District, today: Date, rng: &mut impl Rng) -> Result<()> {
    let mut conn = teller.db.writer().await?;
    for person in &district.people {
        identity::store::keep_name(&mut conn, &person.account, &person.name).await?;
    }
    drop(conn);
    found(teller, district, today).await?;
    let orders = Orders::read()?;
    let mut plans = Vec::new();
    for project in &district.projects {
        plans.push(composed(teller.db, project, today, HashMap::new()).await?);
    }
    let active: Vec<usize> = (0..district.projects.len()).filter(|at| is_active(&district.projects[*at])).collect();
    let mut sites = Daily::new(district, &plans, &active, EXEMPT, today)?;
    let mut kept = Returns::default();
    for ago in (1..=BEGIN).rev() {
        let on = day(today, -ago);
        teller.stand_at(on, MORNING);
        for (at, project) in district.projects.iter().enumerate() {
            if ago == project.age_days.min(BEGIN) {
                put_forward(teller, district, at, &plans[at], today).await?;
            } else if RECORDED.contains(&ago) {
                let since = RECORDED.iter().copied().filter(|day| *day > ago).min().unwrap_or(daily::DAYS);
                record(teller, district, at, &plans[at], (since, ago), today).await?;
            }
        }
        if ago + 1 == returns::CORRECTED {
            kept.send(teller, district, Sending::First, on, today).await?;
            returns::count_anew(teller, day(on, -1)).await?;
            kept.send(teller, district, Sending::Again, on, today).await?;
        }
        sites.morning(teller, district.inspector()).await?;
        sites.promise(teller, on, ago).await?;
        if ago < MANDATE {
            note(teller, on).await?;
        }
        orders.ring(teller).await?;
        inspections::seal(teller, on).await?;
        turn(teller, district, ago, today).await?;
        orders.work(teller, district, on, ago).await?;
        instructions::work(teller, district, on, ago).await?;
        inspections::work(teller, district, on, ago, rng).await?;
        // A plan is laid in the morning, before what sets it off.
        contingencies::work(teller, district, on, ago).await?;
        safety::work(teller, district, on, ago).await?;
        duties::work(teller, district, on, ago).await?;
        closings::work(teller, district, on, ago).await?;
        if ago == 1 {
            let to = PeriodKind::Week.around(today).from.saturating_sub(1.days());
            let ends = Ends { week: kept.end_of(to), before: None };
            draft_bulletin(teller, district, to, on, &ends).await?;
        }
        weather(teller, district, ago, today).await?;
        teller.stand_at(on, EVENING);
        sites.evening(teller, ago, today, rng).await?;
        kept.evening(teller, on, today).await?;
    }
    teller.clock.advance(teller.clock.machine());
    roll(teller, today, today).await?;
    note(teller, today).await?;
    orders.ring(teller).await?;
    sites.today(teller, district, today).await?;
    for sending in [Sending::Yesterday, Sending::LastWeek] {
        kept.send(teller, district, sending, today, today).await?;
    }
    issue_bulletin(teller, district).await?;
    decide(teller, district, today).await?;
    safety::today(teller, district, today).await?;
    contingencies::look(teller, today).await?;
    duties::raise(teller, today).await?;
    orders.today(teller, district).await?;
    inspections::today(teller, district, today).await
}

/// What leaders and the office do on a day.
async fn turn(teller: &mut Teller<'_>, district: &District, ago: i64, today: Date) -> Result<()> {
    let on = day(today, -ago);
    // Reports of the evening before carry a plan along; one that has none, because work stands, would stay behind.
    let lags = if on.weekday() == Weekday::Monday { on } else { on.saturating_sub(1.days()) };
    roll(teller, lags, on).await?;
    match ago {
        MANDATE => mandate(teller, district, on).await,
        REQUEST => ask_for_other_dates(teller, district).await,
        REPLAN => {
            replan(teller, district, today).await?;
            share(teller, district).await
        }
        _ if ago == STOPPED.1 => {
            let (place, state) = (district.projects[STOPPED.0].id.clone(), "stopped".to_owned());
            let command = places::Command::SetState { place, state, since: on };
            let stopped = Ask::by(&district.people[0].account, command);
            teller.wave([stopped].into_iter().chain(daily::blocked(district)).collect()).await
        }
        _ => Ok(()),
    }
}

/// The data date of every plan that lags behind a day moves to the other, as a timer does it.
async fn roll(teller: &mut Teller<'_>, lags: Date, on: Date) -> Result<()> {
    let plans = store::project_plans(&mut teller.db.reader().await?).await?;
    let behind = plans.into_iter().filter(|plan| plan.data_date < lags);
    let asks = behind.map(|plan| Ask::by_system(plans::Command::RollTo { project: plan.project, data_date: on }));
    teller.wave(asks.collect()).await
}

const BULLETIN: &str = "bulletin-1";

/// The bulletin of a week is drafted, with three photographs of which one may not be printed.
async fn draft_bulletin(
    teller: &mut Teller<'_>,
    district: &District,
    day: Date,
    today: Date,
    ends: &Ends,
) -> Result<()> {
    let office = &district.people[1].account;
    let week = PeriodKind::Week.around(day);
    let mut conn = settled(teller).await?;
    let gathered = bulletin::gather::gather(&mut conn, teller.domain, week.from, today, ends).await;
    let (figures, frozen_number) = gathered.map_err(|problem| anyhow!("{problem:?}"))?;
    drop(conn);
    let id = || BULLETIN.to_owned();
    let draft = bulletin::model::Command::Draft {
        bulletin: id(),
        from: week.from,
        figures: serde_json::to_string(&figures)?,
        frozen_number,
        opening: papers().bulletin_opening.clone(),
        closing: papers().bulletin_closing.clone(),
        corrects: None,
        correction: String::new(),
    };
    teller.wave(vec![Ask::by(office, draft)]).await?;
    let mut conn = teller.db.reader().await?;
    let drafted = bulletin::store::bulletin(&mut conn, &id()).await?.context("it was drafted a moment ago")?;
    let mut photos: Vec<Photo> = Vec::new();
    for photo in bulletin::store::offered(&mut conn, &drafted).await? {
        if photos.len() < PHOTOS && photos.iter().all(|one| one.copy != photo.copy && one.building != photo.building) {
            photos.push(photo);
        }
    }
    drop(conn);
    let chosen = photos.iter().map(|one| (one.report.clone(), one.copy.clone())).collect();
    teller.wave(vec![Ask::by(office, bulletin::model::Command::Choose { bulletin: id(), photos: chosen })]).await?;
    let answers = photos.iter().enumerate().filter_map(|(at, photo)| {
        let within = |project: &&Project| project.blocks.iter().any(|block| block.id == photo.building);
        let project = district.projects.iter().find(within)?;
        let command = bulletin::model::Command::Allow {
            bulletin: id(),
            report: photo.report.clone(),
            copy: photo.copy.clone(),
            is_allowed: at + 1 < PHOTOS,
        };
        Some(Ask::by(&project.reporter, command))
    });
    teller.wave(answers.collect()).await
}

/// Two others review and issue it, when those named in it have had the time to object.
async fn issue_bulletin(teller: &mut Teller<'_>, district: &District) -> Result<()> {
    let (leader, second) = (&district.people[0].account, &district.people[2].account);
    teller.wave(vec![Ask::by(second, bulletin::model::Command::Review { bulletin: BULLETIN.into() })]).await?;
    teller.signer.sign_head(teller.db).await?;
    let issue = bulletin::model::Command::Issue { bulletin: BULLETIN.into(), is_early: false };
    teller.wave(vec![Ask::by(leader, issue)]).await
}

/// A connection once what reports have moved is scheduled, so that the same seed freezes the same figures.
pub(super) async fn settled(teller: &Teller<'_>) -> Result<Conn> {
    let mut conn = teller.db.reader().await?;
    while is_behind(&mut conn).await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(conn)
}

/// Decisions of today's round: the first has been carried out already.
async fn decide(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let (leader, office) = (&district.people[0].account, &district.people[1].account);
    let decided = papers().decisions.iter().zip(&district.projects).enumerate().map(|(at, (content, project))| {
        let command = round::Command::Decide {
            decision: format!("decision-{at}"),
            place: project.id.clone(),
            content: content.clone(),
            owner: project.reporter.clone(),
            due: day(today, at as i64 + 1),
        };
        Ask::by(office, command)
    });
    teller.wave(decided.collect()).await?;
    let finish = round::Command::Finish { decision: "decision-0".into(), outcome: papers().decision_outcome.clone() };
    teller.wave(vec![Ask::by(leader, finish)]).await
}

fn first_work(project: &Project, today: Date) -> Date {
    day(today, -project.age_days)
}

/// Organisations, people, places, posts and task forces.
pub(super) async fn found(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let long_ago = day(today, -1000);
    let organisations = district.organisations.iter().map(|one| {
        Ask::by_system(organisations::Command::Register { id: one.id.clone(), name: one.name.clone(), kind: one.kind })
    });
    teller.wave(organisations.collect()).await?;
    let accounts = district.people.iter().map(|person| {
        Ask::by_system(people::Command::CreateAccount {
            account: person.account.clone(),
            organisation: person.organisation.clone(),
        })
    });
    teller.wave(accounts.collect()).await?;
    let grant = |(at, person): (usize, &super::district::Person)| {
        Ask::by_system(people::Command::Grant {
            post: format!("post{:02}", at + 1),
            account: person.account.clone(),
            role: person.role,
            place: person.place.clone(),
            from: long_ago,
            to: None,
        })
    };
    teller
        .wave(district.people.iter().enumerate().filter(|(_, person)| person.place.is_none()).map(grant).collect())
        .await?;
    let leader = &district.people[0].account;
    for level in &district.levels {
        let open = level.iter().map(|plot| {
            let (id, parent, official) = (plot.id.clone(), plot.parent.clone(), plot.official.clone());
            Ask::by(
                leader,
                places::Command::Open(places::Opening {
                    id,
                    parent,
                    kind: plot.kind,
                    attributes: plot.attributes.clone(),
                    official,
                }),
            )
        });
        teller.wave(open.collect()).await?;
    }
    teller
        .wave(district.people.iter().enumerate().filter(|(_, person)| person.place.is_some()).map(grant).collect())
        .await?;
    let office = &district.people[1].account;
    let mut asks = Vec::new();
    for project in &district.projects {
        for (number, (seat, holder)) in project.seats.iter().enumerate() {
            asks.push(Ask::by(
                office,
                task_force::Command::Fill {
                    member: format!("{}-seat{}", project.id, number + 1),
                    project: project.id.clone(),
                    seat: *seat,
                    holder: holder.clone(),
                    from: first_work(project, today),
                },
            ));
        }
    }
    teller.wave(asks).await
}

/// The plan of a project from its template, in the words of the Chinese pages.
async fn composed(db: &Db, project: &Project, today: Date, days: HashMap<String, i64>) -> Result<Plan> {
    let start = first_work(project, today);
    let buildings: Vec<Building> = project
        .blocks
        .iter()
        .map(|block| Building {
            place: block.id.clone(),
            name: block.name.clone(),
            floors_above: block.floors_above,
            floors_below: block.floors_below,
            start: day(start, block.offset_days),
        })
        .collect();
    let stage_name = |stage: &str| Language::Zh.t(&format!("stage.{stage}"));
    let setting = Setting {
        template: template(&project.template).context("programmes name templates that exist")?,
        days,
        calendars: plan_calendars(&mut db.reader().await?).await?,
        stage_name: &stage_name,
        end_name: Language::Zh.t("plans.end_milestone"),
    };
    let mut plan = compose(&project.name, &buildings, &setting);
    for activity in &mut plan.activities {
        let price_fen = activity.quantity.as_ref().and_then(|quantity| price_fen(&quantity.unit));
        activity.value_fen =
            activity.quantity.as_ref().zip(price_fen).map(|(quantity, price)| (quantity.total * price as f64) as i64);
    }
    Ok(plan)
}

fn draft(project: &Project, plan: &Plan, number: u32) -> Ask {
    let document = Document { media_type: "application/json", bytes: json::write(plan).into_bytes() };
    let command = plans::Command::Draft {
        version: version(project, number),
        project: project.id.clone(),
        document: document.sha256(),
        source: plans::Source::Template,
        activity_count: plan.activities.len() as u32,
    };
    Ask { documents: vec![document], ..Ask::by(&project.drafter, command) }
}

fn version(project: &Project, number: u32) -> String {
    format!("{}-v{number}", project.id)
}

/// A project begins: a draft by its employer, approval by the district leader, its state, activation where the task force is
/// complete, and what had happened before.
async fn put_forward(teller: &mut Teller<'_>, district: &District, at: usize, plan: &Plan, today: Date) -> Result<()> {
    let (leader, project) = (&district.people[0].account, &district.projects[at]);
    teller.wave(vec![draft(project, plan, 1)]).await?;
    let approve = plans::Command::Approve {
        version: version(project, 1),
        reason: papers().approval.clone(),
        accepts_loss: false,
    };
    teller.wave(vec![Ask::by(leader, approve)]).await?;
    let state = match project.template.as_str() {
        "presold_tower" if at == REPLANNED => "fully_resumed",
        "presold_tower" => "partly_resumed",
        _ => "under_construction",
    };
    let (place, since) = (project.id.clone(), first_work(project, today));
    let mut asks = vec![Ask::by(leader, places::Command::SetState { place, state: state.into(), since })];
    if is_active(project) {
        asks.push(Ask::by(leader, plans::Command::Activate { project: project.id.clone() }));
    }
    teller.wave(asks).await?;
    record(teller, district, at, plan, (project.age_days.max(BEGIN), daily::DAYS), today).await
}

/// Lamps that have changed are noted, as a timer does it.
async fn note(teller: &mut Teller<'_>, on: Date) -> Result<()> {
    let changed = teller.domain.lamps.outdated(&mut settled(teller).await?, on).await?;
    let asks = changed.into_iter().map(|project| Ask::by_system(wall_chart::Command::Note { project }));
    teller.wave(asks.collect()).await
}

/// What had happened on a site between so many days ago and so many days ago. Of an active project measured work is left
/// to its reports from the first of them on.
async fn record(
    teller: &mut Teller<'_>,
    district: &District,
    at: usize,
    plan: &Plan,
    (since, until): (i64, i64),
    today: Date,
) -> Result<()> {
    let project = &district.projects[at];
    let ends = if at == STOPPED.0 { STOPPED.1 } else { 0 };
    let (before, now) = (day(today, -since.max(ends)), day(today, -until.max(ends)));
    let measured_until = if is_active(project) { now.min(day(today, -daily::DAYS)) } else { now };
    let known = progress(project, plan, first_work(project, today), before, before.min(measured_until));
    let reached = progress(project, plan, first_work(project, today), now, measured_until);
    // In the order of the plan: a map has none, and the same seed makes the same facts.
    let met = plan.activities.iter().filter_map(|activity| {
        let progress = reached.get(&activity.id).filter(|progress| known.get(&activity.id) != Some(*progress))?;
        Some((activity, progress.actual_finish?))
    });
    let gates = safety::evidence(teller, project, plan, met.collect()).await?;
    teller.wave(gates).await?;
    let news = plan.activities.iter().filter_map(|activity| {
        let progress = reached.get(&activity.id).filter(|progress| known.get(&activity.id) != Some(*progress))?;
        let (project_id, activity) = (project.id.clone(), activity.id.clone());
        let command =
            plans::Command::Record { project: project_id, activity, progress: progress.clone(), reason: None };
        Some(Ask::by(&project.reporter, command))
    });
    teller.wave(news.collect()).await
}

/// Whether its task force is complete, so that it is activated.
fn is_active(project: &Project) -> bool {
    task_force::REQUIRED.iter().all(|seat| project.seats.iter().any(|(held, _)| held == seat))
}

/// What had happened on the site before a day: the plan's own dates, stretched by the pace of each building.
fn progress(
    project: &Project,
    plan: &Plan,
    start: Date,
    until: Date,
    measured_until: Date,
) -> HashMap<String, plans::Progress> {
    let blocks: HashMap<&str, &Block> = project.blocks.iter().map(|block| (block.id.as_str(), block)).collect();
    let schedule = guatu_kernel::schedule(plan);
    let mut known = HashMap::new();
    for (activity, dates) in plan.activities.iter().zip(&schedule.activities) {
        let (Some(block), Some(dates)) = (activity.place.as_deref().and_then(|place| blocks.get(place)), dates) else {
            continue;
        };
        let begun = day(start, block.offset_days);
        let real = |planned: Moment| {
            let days = i64::from((planned.date() - begun).get_days());
            day(begun, days * block.pace / 100)
        };
        let until = if activity.quantity.is_some() { measured_until } else { until };
        if let Some(progress) = reached(activity, real(dates.early_start), real(dates.early_finish), until) {
            known.insert(activity.id.clone(), progress);
        }
    }
    known
}

/// How far an activity had come before a day, when it runs from one day to another.
fn reached(activity: &Activity, start: Date, finish: Date, until: Date) -> Option<plans::Progress> {
    if activity.kind == ActivityKind::Summary || start >= until {
        return None;
    }
    if finish < until {
        let start = if activity.kind.is_milestone() { finish } else { start };
        return Some(plans::Progress {
            actual_start: Some(start),
            actual_finish: Some(finish),
            percent_e3: None,
            remaining_days: None,
        });
    }
    if activity.kind.is_milestone() {
        return None;
    }
    Some(plans::Progress {
        actual_start: Some(start),
        actual_finish: None,
        percent_e3: percent(start, finish, until),
        remaining_days: None,
    })
}

/// Per cent × 1000 of work that runs from one day to another, before a day within; `None` before it began.
pub(super) fn percent(start: Date, finish: Date, until: Date) -> Option<u32> {
    let (done, whole) = ((until - start).get_days(), (finish - start).get_days() + 1);
    (done > 0).then(|| (100_000 * i64::from(done) / i64::from(whole)).clamp(1_000, 99_000) as u32)
}

fn hour(today: Date, offset: i64, hour: i8) -> DateTime {
    day(today, offset).to_datetime(time(hour, 0, 0, 0))
}

/// Two alerts that are over, one exemption, one winter period: what of it becomes known on a day.
async fn weather(teller: &mut Teller<'_>, district: &District, ago: i64, today: Date) -> Result<()> {
    let office = &district.people[1].account;
    let notice = |number: u32| papers().alert.replace("{number}", &number.to_string());
    let announce = |alert: &str, level, at, number| {
        let (alert, source) = (alert.to_owned(), papers().alert_source.clone());
        Ask::by(
            office,
            calendars::Command::Announce { alert, level, at, expected_end: None, notice: notice(number), source },
        )
    };
    let change = |alert: &str, level, at, number| {
        Ask::by(office, calendars::Command::ChangeLevel { alert: alert.to_owned(), level, at, notice: notice(number) })
    };
    let end = |alert: &str, at, number| {
        Ask::by(office, calendars::Command::End { alert: alert.to_owned(), at, notice: notice(number) })
    };
    let exempt = calendars::Command::Exempt {
        exemption: "exempt1".into(),
        project: district.projects[EXEMPT].id.clone(),
        document: papers().exemption.clone(),
        level: Level::Orange,
        kinds: Vec::new(),
        from: day(today, -40),
        to: day(today, 120),
    };
    let winter = calendars::Command::SetWinter {
        winter: "winter1".into(),
        from: day(today, 30),
        to: day(today, 60),
        kinds: vec!["outdoor_finishing".into()],
        source: papers().winter.clone(),
    };
    // Day and hour at which each becomes known; what was before the story is known as it begins.
    let events = [
        (BEGIN, 9, announce("alert1", Level::Yellow, hour(today, -300, 18), 1)),
        (BEGIN, 9, change("alert1", Level::Orange, hour(today, -299, 8), 2)),
        (BEGIN, 9, end("alert1", hour(today, -296, 20), 3)),
        (40, 9, Ask::by(office, exempt)),
        (14, 9, announce("alert2", Level::Orange, hour(today, -14, 8), 4)),
        (13, 10, change("alert2", Level::Red, hour(today, -13, 10), 5)),
        (11, 19, change("alert2", Level::Yellow, hour(today, -11, 19), 6)),
        (9, 12, end("alert2", hour(today, -9, 12), 7)),
        (5, 9, Ask::by(office, winter)),
    ];
    for (_, hour, ask) in events.into_iter().filter(|(day, ..)| *day == ago) {
        teller.stand_at(day(today, -ago), hour);
        teller.wave(vec![ask]).await?;
    }
    Ok(())
}

/// Days of the facade in the second version, for every building.
const REPLANNED_FACADE_DAYS: i64 = 165;

/// One project's plan is made anew; the first version stays.
async fn replan(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let project = &district.projects[REPLANNED];
    let days = HashMap::from([("facade".to_owned(), REPLANNED_FACADE_DAYS)]);
    let plan = composed(teller.db, project, today, days).await?;
    teller.wave(vec![draft(project, &plan, 2)]).await?;
    let reason = format!("{}；{}", papers().replan, papers().replan_approval);
    let approve = plans::Command::Approve { version: version(project, 2), reason, accepts_loss: false };
    teller.wave(vec![Ask::by(&district.people[0].account, approve)]).await
}

/// Outdoor pipes of two projects wait for facilities of others.
async fn share(teller: &mut Teller<'_>, district: &District) -> Result<()> {
    let office = &district.people[1].account;
    let reasons = [&papers().shared_sewer, &papers().shared_heat];
    let tie = |((facility, block, waiting), reason): ((usize, usize, usize), &&String)| {
        let (from, to) = (&district.projects[facility], &district.projects[waiting]);
        let last = to.blocks.last()?;
        Some(Ask::by(
            office,
            plans::Command::Tie {
                tie: format!("tie-{}-{}", from.id, to.id),
                from_project: from.id.clone(),
                from_activity: format!("{}/handover", from.blocks.get(block)?.id),
                to_project: to.id.clone(),
                to_activity: format!("{}/outdoor_pipes", last.id),
                lag_days: 0,
                reason: (*reason).clone(),
            },
        ))
    };
    teller.wave(SHARED.into_iter().zip(&reasons).filter_map(tie).collect()).await
}

/// Mandated dates, set so that each project stands as its fixture says.
async fn mandate(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let leader = &district.people[0].account;
    let mut conn = settled(teller).await?;
    let mut asks = Vec::new();
    for (at, project) in district.projects.iter().enumerate() {
        let spare_days = match project.prospect {
            Prospect::Comfortable => 60,
            Prospect::Tight => 5,
            Prospect::Infeasible => -40,
        };
        let last = project.blocks.last().map_or("", |block| block.id.as_str());
        let goals = [(END.to_owned(), &papers().end), (format!("{last}/topping_out"), &papers().topping_out)];
        for (number, (activity, name)) in goals.into_iter().enumerate() {
            let Some(bar) = store::bar(&mut conn, &project.id, &activity).await? else { continue };
            let Some((_, forecast)) = bar.early.filter(|_| bar.actual_finish.is_none()) else { continue };
            let command = plans::Command::Mandate {
                mandate: format!("{}-m{}", project.id, number + 1),
                project: project.id.clone(),
                activity,
                name: name.clone(),
                finish_by: day(forecast, spare_days).max(today),
                issuer: district.organisations[0].id.clone(),
                document: papers().mandate.replace("{number}", &(at * 2 + number + 1).to_string()),
                edition: papers().edition.clone(),
            };
            asks.push(Ask::by(leader, command));
        }
    }
    drop(conn);
    teller.wave(asks).await
}

/// One request that was answered, one that is open.
async fn ask_for_other_dates(teller: &mut Teller<'_>, district: &District) -> Result<()> {
    let mut conn = teller.db.reader().await?;
    let mut asks = Vec::new();
    for (at, reason, days) in [(ANSWERED, &papers().request, 15), (STOPPED.0, &papers().open_request, 60)] {
        let project = &district.projects[at];
        let mandate = format!("{}-m1", project.id);
        let present = store::mandate(&mut conn, &mandate).await?.context("the project has a mandated end")?.finish_by;
        let (request, finish_by) = (format!("{}-ask1", project.id), day(present, days));
        asks.push(Ask::by(
            &project.drafter,
            plans::Command::RequestChange { request, mandate, finish_by, reason: reason.clone() },
        ));
    }
    drop(conn);
    teller.wave(asks).await?;
    let answer = plans::Command::AnswerChange {
        request: format!("{}-ask1", district.projects[ANSWERED].id),
        is_accepted: true,
        reason: papers().answer.clone(),
        document: papers().mandate.replace("{number}", "31"),
        edition: papers().new_edition.clone(),
    };
    teller.wave(vec![Ask::by(&district.people[0].account, answer)]).await
}
