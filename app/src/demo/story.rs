//! What has happened in the invented district up to today: plans, progress, mandated dates, alerts.

use super::district::{Block, District, Project, Prospect, papers};
use super::{Ask, Teller, daily, orders};
use crate::db::Db;
use crate::features::calendars::model as calendars;
use crate::features::calendars::{model::Level, plan_calendars};
use crate::features::identity::{self, model as people};
use crate::features::organisations::model as organisations;
use crate::features::places::model as places;
use crate::features::plan::is_behind;
use crate::features::plan::model as plans;
use crate::features::plan::store;
use crate::features::plan::template::{Building, END, Setting, compose, template};
use crate::features::returns::gather::gather;
use crate::features::returns::model as returns;
use crate::features::round::model as round;
use crate::features::task_force::model as task_force;
use crate::journal::{Document, replay};
use crate::web::locale::Language;
use anyhow::{Context, Result, anyhow};
use guatu_formats::plans::json;
use guatu_kernel::guarantee::PeriodKind;
use guatu_kernel::plan::{Activity, ActivityKind, Moment, Plan};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, time};
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
/// Supporting facilities that other projects wait for: facility project, its block, waiting project.
const SHARED: [(usize, usize, usize); 2] = [(10, 3, 0), (11, 4, 3)];

pub(super) fn day(today: Date, offset: i64) -> Date {
    today.checked_add(offset.days()).unwrap_or(today)
}

/// Tells the whole story.
pub(super) async fn tell(teller: &mut Teller<'_>, district: &District, today: Date, rng: &mut impl Rng) -> Result<()> {
    let mut conn = teller.db.writer().await?;
    for person in &district.people {
        identity::store::keep_name(&mut conn, &person.account, &person.name).await?;
    }
    drop(conn);
    found(teller, district, today).await?;
    orders::tell(teller, district, today).await?;
    begin(teller, district, today).await?;
    let mut approved = Vec::new();
    for project in &district.projects {
        approved.push(composed(teller.db, project, today, HashMap::new()).await?);
    }
    put_forward(teller, district, &approved, today).await?;
    for (at, (project, plan)) in district.projects.iter().zip(&approved).enumerate() {
        let until = if at == STOPPED.0 { day(today, -STOPPED.1) } else { today };
        // Measured work is recorded up to the day from which it is reported.
        let measured_until = if is_active(project) { until.min(day(today, -daily::DAYS)) } else { until };
        teller.wave(progress(project, plan, first_work(project, today), until, measured_until)).await?;
    }
    weather(teller, district, today).await?;
    let active: Vec<usize> = (0..district.projects.len()).filter(|at| is_active(&district.projects[*at])).collect();
    daily::tell(teller, district, &approved, &active, EXEMPT, today, rng).await?;
    replan(teller, district, today).await?;
    share(teller, district).await?;
    let yesterday = day(today, -1);
    report_upwards(teller, district, ("return-1", "day_projects"), yesterday, today, "").await?;
    mandate(teller, district, today).await?;
    ask_for_other_dates(teller, district).await?;
    // Red lamps follow from mandated dates: yesterday's form is sent again, and says why.
    report_upwards(teller, district, ("return-2", "day_projects"), yesterday, today, &papers().return_reason).await?;
    let last_week = PeriodKind::Week.around(today).from.saturating_sub(1.days());
    report_upwards(teller, district, ("return-3", "week_projects"), last_week, today, "").await?;
    decide(teller, district, today).await?;
    orders::of_today(teller, district).await
}

/// The supervision office sends the return of a period as its figures stand at this point of the story.
async fn report_upwards(
    teller: &mut Teller<'_>,
    district: &District,
    (id, template): (&str, &str),
    day: Date,
    today: Date,
    reason: &str,
) -> Result<()> {
    let template = returns::template(template).context("the story names templates that exist")?;
    let period = template.period.around(day);
    let mut conn = teller.db.reader().await?;
    // What reports have moved is scheduled first, so that the same seed freezes the same figures.
    while is_behind(&mut conn).await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let frozen_number = replay::head_number(&mut conn).await?;
    let form =
        gather(&mut conn, teller.domain, template, period, today).await.map_err(|problem| anyhow!("{problem:?}"))?;
    drop(conn);
    let command = returns::Command::Send {
        id: id.to_owned(),
        template: template.id.clone(),
        from: period.from,
        seen: returns::digest(&form),
        form,
        frozen_number,
        remark: papers().return_remark.clone(),
        reason: reason.to_owned(),
    };
    teller.wave(vec![Ask::by(&district.people[1].account, command)]).await
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

/// Organisations, people, places and posts.
async fn found(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
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
                places::Command::Open { id, parent, kind: plot.kind, attributes: plot.attributes.clone(), official },
            )
        });
        teller.wave(open.collect()).await?;
    }
    teller
        .wave(district.people.iter().enumerate().filter(|(_, person)| person.place.is_some()).map(grant).collect())
        .await?;
    Ok(())
}

/// Task forces, and the states of projects.
async fn begin(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
    let (leader, office) = (&district.people[0].account, &district.people[1].account);
    let mut asks = Vec::new();
    for (at, project) in district.projects.iter().enumerate() {
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
        let (state, since) = match project.template.as_str() {
            _ if at == STOPPED.0 => ("stopped", day(today, -STOPPED.1)),
            "presold_tower" if at == REPLANNED => ("fully_resumed", day(today, -project.age_days)),
            "presold_tower" => ("partly_resumed", day(today, -project.age_days)),
            _ => ("under_construction", day(today, -project.age_days)),
        };
        asks.push(Ask::by(leader, places::Command::SetState { place: project.id.clone(), state: state.into(), since }));
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
    Ok(compose(&project.name, &buildings, &setting))
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

/// Drafts by the employers, approval by the district leader, activation where the task force is complete.
async fn put_forward(teller: &mut Teller<'_>, district: &District, approved: &[Plan], _today: Date) -> Result<()> {
    let leader = &district.people[0].account;
    teller
        .wave(district.projects.iter().zip(approved).map(|(project, plan)| draft(project, plan, 1)).collect())
        .await?;
    let approve = |project: &Project| {
        Ask::by(
            leader,
            plans::Command::Approve {
                version: version(project, 1),
                reason: papers().approval.clone(),
                accepts_loss: false,
            },
        )
    };
    teller.wave(district.projects.iter().map(approve).collect()).await?;
    let activate = |project: &Project| Ask::by(leader, plans::Command::Activate { project: project.id.clone() });
    teller.wave(district.projects.iter().filter(|project| is_active(project)).map(activate).collect()).await
}

/// Whether its task force is complete, so that it is activated.
fn is_active(project: &Project) -> bool {
    task_force::REQUIRED.iter().all(|seat| project.seats.iter().any(|(held, _)| held == seat))
}

/// What had happened on the site before a day: the plan's own dates, stretched by the pace of each building.
fn progress(project: &Project, plan: &Plan, start: Date, until: Date, measured_until: Date) -> Vec<Ask> {
    let blocks: HashMap<&str, &Block> = project.blocks.iter().map(|block| (block.id.as_str(), block)).collect();
    let schedule = guatu_kernel::schedule(plan);
    let mut asks = Vec::new();
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
            let (project_id, id) = (project.id.clone(), activity.id.clone());
            let command = plans::Command::Record { project: project_id, activity: id, progress, reason: None };
            asks.push(Ask::by(&project.reporter, command));
        }
    }
    asks
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

/// Two alerts that are over, one exemption, one winter period.
async fn weather(teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
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
    let asks = vec![
        announce("alert1", Level::Yellow, hour(today, -300, 18), 1),
        change("alert1", Level::Orange, hour(today, -299, 8), 2),
        end("alert1", hour(today, -296, 20), 3),
        Ask::by(office, exempt),
        announce("alert2", Level::Orange, hour(today, -14, 8), 4),
        change("alert2", Level::Red, hour(today, -13, 10), 5),
        change("alert2", Level::Yellow, hour(today, -11, 19), 6),
        end("alert2", hour(today, -9, 12), 7),
        Ask::by(office, winter),
    ];
    teller.wave(asks).await
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
    let mut conn = teller.db.reader().await?;
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
