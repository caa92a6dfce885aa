//! Ninety days of daily reports in the invented district: sites ahead and late, two that claim more than they build, one
//! stopped by pollution alerts, one rescued by a second crew. Every figure goes through the write door.

use super::district::{Block, District, Project, papers};
use super::story::{STOPPED, day};
use super::{Ask, Teller, safety};
use crate::features::problems::model as problems;
use crate::features::reports::model::{Command, Content, Hindrance, Item, Photo};
use crate::features::targets::model as targets;
use crate::journal::Document;
use anyhow::{Context, Result};
use guatu_kernel::guarantee::PeriodKind;
use guatu_kernel::plan::Plan;
use jiff::ToSpan;
use jiff::civil::Date;
use rand::{Rng, RngExt};
use std::collections::HashMap;

/// Days of reports.
pub const DAYS: i64 = 90;
/// Whoever plays a part in the story has been at work for so many days.
const AT_WORK: i64 = 30;
/// Until so many days ago days without change went unreported: a district that begins to report does not do so at once.
const LEARNT: i64 = 60;
/// The supervision engineers have judged everything up to so many days ago.
const JUDGED: i64 = 2;
/// Projects of which one site claims more than it builds.
const CLAIMANTS: [usize; 2] = [1, 4];
/// Inspectors went round so many days ago, to one site in so many, and found less than was reported at one of them.
const INSPECTED: i64 = JUDGED * 2;
const INSPECTED_EVERY: usize = 9;
const OVERRULED: usize = 2 * INSPECTED_EVERY;
/// The project of which one site has a second crew, and since how many days.
const RESCUED: (usize, i64) = (5, 30);
/// Days before today since when sites promise something for a kind of period, on its first day.
const PROMISED: [(PeriodKind, i64); 6] = [
    (PeriodKind::Day, 2),
    (PeriodKind::Week, 28),
    (PeriodKind::TenDays, 30),
    (PeriodKind::Month, DAYS),
    (PeriodKind::Quarter, DAYS),
    (PeriodKind::Year, DAYS),
];
/// Share of its pace that a site promises for a long period, in percent: rest days and stops are to come.
const CAREFUL: i64 = 70;
/// Red alert, in days before today: nothing is built outside an exemption.
const ALERT: std::ops::RangeInclusive<i64> = 10..=13;
/// Days it took; from its end to yesterday every site makes them up with longer shifts.
const LOST_DAYS: i64 = 4;

/// A measured work item of a site.
struct Work {
    activity: String,
    trade: &'static str,
    total_e3: i64,
    is_whole: bool,
    start: Date,
    finish: Date,
    /// What the plan's own record of progress says, from before the reports.
    recorded_e3: i64,
    /// What the program knows: where the next report must not fall below.
    known_e3: i64,
}

/// A site that reports.
struct Site {
    building: String,
    reporter: String,
    supervisor: String,
    works: Vec<Work>,
    is_claimant: bool,
    is_rescued: bool,
    is_exempt: bool,
    /// The report that was disputed.
    disputed: Option<String>,
    /// The first day of its project.
    from: Date,
    until: Date,
}

fn trade(stage: &str) -> &'static str {
    match stage {
        "structure" | "ground_zero" => "concrete",
        "masonry" => "masonry",
        "facade" | "scaffold_removal" => "scaffold",
        "mep" => "mep",
        "fit_out" => "plaster",
        _ => "general",
    }
}

fn sites(at: usize, project: &Project, plan: &Plan, exempt: usize, today: Date) -> Vec<Site> {
    let start = day(today, -project.age_days);
    let opened = day(today, -DAYS);
    let schedule = guatu_kernel::schedule(plan);
    let mut works: HashMap<&str, Vec<Work>> = HashMap::new();
    let blocks: HashMap<&str, &Block> = project.blocks.iter().map(|block| (block.id.as_str(), block)).collect();
    for (activity, dates) in plan.activities.iter().zip(&schedule.activities) {
        let (Some(quantity), Some(dates), Some(place)) = (&activity.quantity, dates, activity.place.as_deref()) else {
            continue;
        };
        let Some(block) = blocks.get(place) else { continue };
        let begun = day(start, block.offset_days);
        let real = |planned: Date| day(begun, i64::from((planned - begun).get_days()) * block.pace / 100);
        let (first, last) = (real(dates.early_start.date()), real(dates.early_finish.date()));
        if last < opened || first >= today {
            continue;
        }
        let mut work = Work {
            activity: activity.id.clone(),
            trade: trade(activity.id.rsplit('/').next().unwrap_or_default()),
            total_e3: (quantity.total * 1000.0) as i64,
            is_whole: quantity.is_whole,
            start: first,
            finish: last,
            recorded_e3: 0,
            known_e3: 0,
        };
        // What was recorded before the reports began, as the program reads it.
        if let Some(percent_e3) = super::story::percent(first, last, opened) {
            work.recorded_e3 = work.total_e3 * i64::from(percent_e3) / 100_000;
            work.known_e3 = if work.is_whole { work.recorded_e3 / 1000 * 1000 } else { work.recorded_e3 };
        }
        works.entry(place).or_default().push(work);
    }
    let until = if at == STOPPED.0 { day(today, -STOPPED.1) } else { today };
    let site = |block: &Block| {
        Some(Site {
            building: block.id.clone(),
            reporter: project.reporter.clone(),
            supervisor: project.supervisor.clone(),
            works: works.remove(block.id.as_str())?,
            is_claimant: false,
            is_rescued: false,
            is_exempt: at == exempt,
            disputed: None,
            from: start,
            until,
        })
    };
    project.blocks.iter().filter_map(site).collect()
}

/// Gives the parts of the story: two sites that claim too much, one that gets a second crew. Whatever day it is, each is a site that
/// has been at work for weeks and still is, of a project that goes on: those meant for it, or else the next that has one.
fn cast(projects: &mut [(usize, Vec<Site>)], today: Date) {
    let is_running = |work: &Work| !work.is_whole && work.start < day(today, -AT_WORK) && work.finish > today;
    let meant = |at: usize| CLAIMANTS.iter().chain([&RESCUED.0]).position(|known| *known == at).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..projects.len()).filter(|number| projects[*number].0 != STOPPED.0).collect();
    order.sort_by_key(|number| meant(projects[*number].0));
    let mut given = 0;
    for number in order {
        let Some(site) = projects[number].1.iter_mut().find(|site| site.works.iter().any(is_running)) else { continue };
        match given {
            0 | 1 => site.is_claimant = true,
            2 => site.is_rescued = true,
            _ => break,
        }
        given += 1;
    }
}

impl Work {
    /// What truly stands at the end of a day; where the alert held a site up, what it lost is made up day by day.
    fn true_e3(&self, on: Date, is_rescued: bool, is_exempt: bool, today: Date) -> i64 {
        let (length, run) =
            (i64::from((self.finish - self.start).get_days()) + 1, i64::from((on - self.start).get_days()) + 1);
        let mut run = run.clamp(0, length);
        let rescue = day(today, -RESCUED.1);
        if is_rescued && on > rescue && rescue > self.start {
            // From then on every day counts double.
            run = (run + i64::from((on - rescue).get_days())).min(length);
        }
        let (ago, since) = (i64::from((today - on).get_days()), *ALERT.start() - 1);
        let behind = if is_exempt || run == length || !(1..=since).contains(&ago) { 0 } else { LOST_DAYS * (ago - 1) };
        let done = self.total_e3 * (run * since - behind).max(0) / (length * since);
        if self.is_whole { done / 1000 * 1000 } else { done / 100 * 100 }
    }
}

/// Sites at work, and what waits for the morning after their reports.
pub(super) struct Daily {
    sites: Vec<Site>,
    pictures: Vec<Document>,
    judged: Vec<Ask>,
    inspected: Vec<Command>,
}

impl Daily {
    /// The sites of the active projects.
    pub fn new(district: &District, plans: &[Plan], active: &[usize], exempt: usize, today: Date) -> Result<Daily> {
        let of = |at: &usize| (*at, sites(*at, &district.projects[*at], &plans[*at], exempt, today));
        let mut projects: Vec<(usize, Vec<Site>)> = active.iter().map(of).collect();
        cast(&mut projects, today);
        Ok(Daily {
            sites: projects.into_iter().flat_map(|(_, sites)| sites).collect(),
            pictures: pictures()?,
            judged: Vec::new(),
            inspected: Vec::new(),
        })
    }

    /// Supervision engineers and inspectors have looked at what was reported the evening before.
    pub async fn morning(&mut self, teller: &mut Teller<'_>, inspector: &str) -> Result<()> {
        teller.wave(std::mem::take(&mut self.judged)).await?;
        let inspected = self.inspected.drain(..).step_by(INSPECTED_EVERY);
        teller.wave(inspected.map(|command| Ask::by(inspector, command)).collect()).await
    }

    /// The reports of a day so many days ago.
    pub async fn evening(&mut self, teller: &mut Teller<'_>, ago: i64, today: Date, rng: &mut impl Rng) -> Result<()> {
        let on = day(today, -ago);
        let is_stopped = ALERT.contains(&ago);
        let mut asks = Vec::new();
        for (site, picture) in self.sites.iter_mut().zip(self.pictures.iter().cycle()) {
            if on >= site.until || on < site.from {
                continue;
            }
            let report = format!("r-{}-{on}", site.building);
            let before = site.works.iter().map(|work| work.known_e3).collect::<Vec<_>>();
            let (items, is_done) =
                site.day(on, (is_stopped && !site.is_exempt) || safety::stands_still(&site.building, ago), today);
            if items.is_empty() && ago > LEARNT {
                continue;
            }
            let judged = Judgement { report: report.clone(), is_disputed: site.is_claimant && ago == JUDGED * 3 };
            if items.is_empty() {
                let command = Command::FileUnchanged { report, building: site.building.clone(), on };
                asks.push(Ask::by(&site.reporter, command));
            } else {
                let content = site.content(items, is_done, is_stopped, picture, rng);
                let documents = if is_done { vec![picture.clone()] } else { Vec::new() };
                let command = Command::File {
                    report: report.clone(),
                    building: site.building.clone(),
                    on,
                    content: Box::new(content),
                };
                asks.push(Ask { documents, ..Ask::by(&site.reporter, command) });
                if ago == INSPECTED {
                    let is_overruled = self.inspected.len() == OVERRULED;
                    self.inspected.push(site.inspected(report.clone(), &before, is_overruled));
                }
                if ago >= JUDGED {
                    self.judged.push(site.judge(judged, on, today));
                }
            }
        }
        teller.wave(asks).await
    }

    /// What sites promise in the morning of a day so many days ago, for the periods that begin on it.
    pub async fn promise(&self, teller: &mut Teller<'_>, on: Date, ago: i64) -> Result<()> {
        for (kind, _) in PROMISED.into_iter().filter(|(kind, since)| ago <= *since && kind.around(on).from == on) {
            promise(teller, &self.sites, kind, on).await?;
        }
        Ok(())
    }

    /// What today begins with: promises for today and for the next week, an answer to a dispute, a blocker.
    pub async fn today(&self, teller: &mut Teller<'_>, district: &District, today: Date) -> Result<()> {
        self.promise(teller, today, 0).await?;
        let next = PeriodKind::Week.around(today).to.saturating_add(1.days());
        promise(teller, &self.sites, PeriodKind::Week, next).await?;
        answer(teller, district, &self.sites, today).await
    }
}

/// The leader of a task force answers the first dispute.
async fn answer(teller: &mut Teller<'_>, district: &District, all: &[Site], today: Date) -> Result<()> {
    let mut asks = Vec::new();
    let project = &district.projects[CLAIMANTS[0]];
    let disputed = all.iter().find_map(|site| site.disputed.as_ref().filter(|_| site.reporter == project.reporter));
    if let (Some(leader), Some(report)) = (project.leader(), disputed) {
        let command = problems::Command::Answer {
            problem: format!("{report}-1"),
            content: papers().problem_answer.clone(),
            by: day(today, 3),
        };
        asks.push(Ask::by(leader, command));
    }
    teller.wave(asks).await
}

/// A contractor opens what blocks its works, on the day they stop.
pub(super) fn blocked(district: &District) -> Option<Ask> {
    let project = &district.projects[STOPPED.0];
    let command = problems::Command::Open {
        problem: "problem-0".into(),
        place: project.id.clone(),
        kind: "funds".into(),
        decider: papers().issuer_of_hindrance.clone(),
        content: papers().blocker.clone(),
        owner: project.leader()?.to_owned(),
    };
    Some(Ask::by(&project.reporter, command))
}

/// A report as the supervision engineer sees it.
struct Judgement {
    report: String,
    is_disputed: bool,
}

impl Site {
    /// What the day's report says has moved, and whether it claims something complete.
    fn day(&mut self, on: Date, is_stopped: bool, today: Date) -> (Vec<Item>, bool) {
        let (mut items, mut is_done) = (Vec::new(), false);
        if is_stopped {
            return (items, false);
        }
        for work in &mut self.works {
            let truth = work.true_e3(on, self.is_rescued, self.is_exempt, today);
            let claimed = if self.is_claimant { (truth * 5 / 4).min(work.total_e3) } else { truth };
            let claimed = if work.is_whole { claimed / 1000 * 1000 } else { claimed };
            if claimed > work.known_e3 {
                is_done |= claimed == work.total_e3;
                work.known_e3 = claimed;
                items.push(Item { activity: work.activity.clone(), cumulative_e3: claimed });
            }
        }
        (items, is_done)
    }

    fn content(
        &self,
        items: Vec<Item>,
        is_done: bool,
        is_stopped: bool,
        picture: &Document,
        rng: &mut impl Rng,
    ) -> Content {
        let mut content = Content { ..Content::default() };
        for item in &items {
            let trade =
                self.works.iter().find(|work| work.activity == item.activity).map_or("general", |work| work.trade);
            *content.hands.entry(trade.to_owned()).or_default() += rng.random_range(6..=18);
        }
        if content.hands.contains_key("concrete") {
            content.machines.insert("tower_crane".into(), 1);
        }
        content.machines.insert("hoist".into(), 1);
        // Of rebar a tower takes about three tonnes a day, of blocks eight cubic metres.
        for (material, days, a_day_e3) in [("rebar", 3..=25, 3_000), ("blocks", 2..=20, 8_000)] {
            let days: u32 = rng.random_range(days);
            content.cover_days.insert(material.into(), days);
            content.stock_e3.insert(material.into(), u64::from(days) * a_day_e3);
        }
        if is_stopped {
            content.weather_hours = Some(4);
        }
        if rng.random_range(0..100) < 2 {
            let kinds = ["funds", "materials", "facilities", "permits"];
            content.hindrance = Some(Hindrance {
                kind: kinds[rng.random_range(0..kinds.len())].into(),
                decider: papers().issuer_of_hindrance.clone(),
                remark: papers().hindrance.clone(),
            });
        }
        if is_done {
            content.photos.push(Photo::of(picture.sha256()));
        }
        content.items = items;
        content
    }

    /// What an inspection finds where a report speaks: the same, or that nothing was done that day.
    fn inspected(&mut self, report: String, before_e3: &[i64], is_overruled: bool) -> Command {
        let (mut items, mut finding) = (Vec::new(), String::new());
        if is_overruled {
            finding.clone_from(&papers().finding);
            for (work, before_e3) in self.works.iter_mut().zip(before_e3) {
                if work.known_e3 > *before_e3 {
                    work.known_e3 = *before_e3;
                    items.push(Item { activity: work.activity.clone(), cumulative_e3: *before_e3 });
                }
            }
        }
        Command::Verify { report, items, finding, is_sure: true }
    }

    /// The supervision engineer agrees, or measures what truly stands.
    fn judge(&mut self, judgement: Judgement, on: Date, today: Date) -> Ask {
        let Judgement { report, is_disputed } = judgement;
        if !is_disputed {
            return Ask::by(&self.supervisor, Command::Confirm { report });
        }
        let mut items = Vec::new();
        for work in &mut self.works {
            let truth = work.true_e3(on, self.is_rescued, self.is_exempt, today);
            if work.known_e3 > truth {
                work.known_e3 = truth;
                items.push(Item { activity: work.activity.clone(), cumulative_e3: truth });
            }
        }
        self.is_claimant = false;
        self.disputed = Some(report.clone());
        Ask::by(&self.supervisor, Command::Dispute { report, items, reason: papers().dispute.clone(), is_sure: true })
    }
}

/// Every site at work promises its planned pace for a day or a week, for longer periods what a careful site keeps in hand of
/// it, and never more than is left.
async fn promise(teller: &mut Teller<'_>, all: &[Site], kind: PeriodKind, from: Date) -> Result<()> {
    let length = i64::from((kind.around(from).to - from).get_days()) + 1;
    let careful = if matches!(kind, PeriodKind::Day | PeriodKind::Week) { 100 } else { CAREFUL };
    let mut asks = Vec::new();
    for site in all.iter().filter(|site| site.from <= from && site.until >= from) {
        let mut items = Vec::new();
        let is_open = |work: &&Work| work.start <= from && work.finish >= from && work.known_e3 < work.total_e3;
        for work in site.works.iter().filter(is_open) {
            let days = i64::from((work.finish - work.start).get_days()) + 1;
            let pace = work.total_e3 * length / days * careful / 100;
            let pace = if work.is_whole { pace / 1000 * 1000 } else { pace / 100 * 100 };
            let left = work.total_e3 - work.known_e3.max(work.recorded_e3);
            let will_e3 = pace.min(if work.is_whole { left / 1000 * 1000 } else { left });
            if will_e3 > 0 {
                let activity = work.activity.clone();
                items.push(targets::Promised { activity, will_e3, should_e3: 0, can_e3: 0, start_e3: 0 });
            }
        }
        if !items.is_empty() {
            items.sort_by(|one, other| one.activity.cmp(&other.activity));
            let promise = format!("c-{}-{}-{from}", site.building, kind.name());
            let (building, kind) = (site.building.clone(), kind.name().to_owned());
            let command =
                targets::Command::Promise { promise, building, kind, from, items, is_far: true, is_apart: true };
            asks.push(Ask::by(&site.reporter, command));
        }
    }
    teller.wave(asks).await
}

/// Widths of stripes in pixels.
const STRIPES: [u32; 6] = [16, 24, 32, 48, 64, 96];

/// Drawn pictures, stripes of several widths: nobody could take one for a photograph.
fn pictures() -> Result<Vec<Document>> {
    (0..STRIPES.len()).map(picture).collect()
}

/// One of them.
pub(super) fn picture(at: usize) -> Result<Document> {
    let stripe = STRIPES[at % STRIPES.len()];
    let drawn = image::RgbImage::from_fn(640, 480, |x, y| {
        let is_stripe = ((x + y) / stripe).is_multiple_of(2);
        image::Rgb(if is_stripe { [205, 200, 190] } else { [164, 38, 44] })
    });
    let mut bytes = Vec::new();
    drawn.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Jpeg).context("drawing a picture")?;
    Ok(Document { media_type: "image/jpeg", bytes })
}
