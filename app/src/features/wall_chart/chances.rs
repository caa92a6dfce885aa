//! How likely mandated dates are: what is uncertain about a plan, what may happen to it, and the simulations made last.
//!
//! A simulation follows from the facts under the digest of a project's schedule, from those of its weather and of its risk
//! events, and from settings alone. It is made once for a digest, off the request that asks first, and one at a time: a page
//! that would wait too long says that it is being made.

use super::model::Lamp;
use super::weather::{self, History, Summary};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::plan::network::STAGES;
use crate::features::places::Tree;
use crate::features::plan::store::{self as plans, Bar};
use crate::features::risk_events;
use crate::features::risk_events::store::{RiskEvent, is_open};
use anyhow::{Context, Result};
use guatu_kernel::plan::{Activity, Moment, Plan, Risk, Span, Stop};
use guatu_kernel::{Network, schedule};
use guatu_kernel::risk::{Event, Group, Impact, MilestoneRisk, RiskReport, Simulation, risk_among};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// Between two simulations of a project for boards that show more than its chances.
const PAUSE: Duration = Duration::from_secs(600);
/// Simulations made at once: each takes a core.
static SIMULATING: Semaphore = Semaphore::const_new(1);

/// Days for which weather is drawn at most.
const MOST_DAYS: usize = 3000;

/// `rules/uncertainty.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How a plan is simulated.
    pub simulation: Runs,
    /// Durations of work.
    pub work: Spread,
    /// Durations of papers, and of what nobody can shorten.
    pub paper: Spread,
    /// What a probability means.
    pub lamp: Limits,
    /// What may happen.
    pub event: Vec<EventRule>,
    /// How weather is drawn.
    pub weather: weather::Rules,
}

/// How a plan is simulated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    most: usize,
    least: usize,
    steps: usize,
    /// Seed of all numbers.
    pub seed: u64,
    /// How strongly durations of one kind of work move together.
    pub correlation_percent: u32,
}

impl Runs {
    /// Iterations of a plan of so many activities.
    pub fn iterations(&self, activities: usize) -> usize {
        (self.steps / activities.max(1)).clamp(self.least, self.most)
    }
}

/// Least, likely and greatest duration in percent of the planned one.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Least.
    pub low_percent: i64,
    /// Likely.
    pub likely_percent: i64,
    /// Greatest.
    pub high_percent: i64,
}

impl Spread {
    fn of(self, planned: Span) -> Option<Risk> {
        let part = |percent: i64| match planned {
            Span::Working { days_e3, minutes } => Some(Span::Working { days_e3: days_e3.checked_mul(percent)? / 100, minutes: minutes.checked_mul(percent)? / 100 }),
            Span::Elapsed { minutes } => Some(Span::Elapsed { minutes: minutes.checked_mul(percent)? / 100 }),
            Span::Percent { .. } => None,
        };
        Some(Risk::Triangular { low: part(self.low_percent)?, likely: part(self.likely_percent)?, high: part(self.high_percent)? })
    }
}

/// From which probability on a date is safe, and at risk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Safe.
    pub good_percent: u32,
    /// At risk.
    pub warn_percent: u32,
}

impl Limits {
    /// The lamp of a probability.
    pub fn lamp(&self, probability: f64) -> Lamp {
        match probability * 100.0 {
            percent if percent >= f64::from(self.good_percent) => Lamp::Good,
            percent if percent >= f64::from(self.warn_percent) => Lamp::Warn,
            _ => Lamp::Bad,
        }
    }
}

/// What may happen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// Its id.
    pub id: String,
    /// Stages whose work it lengthens.
    pub stages: Vec<String>,
    /// How probable it is.
    pub probability_percent: u32,
    /// By how many days.
    pub days: i64,
    /// Whether it happens to a whole project at once and not to one building.
    #[serde(default)]
    pub is_of_project: bool,
    /// Where that comes from; `None` for a setting.
    pub source: Option<String>,
}

/// The settings.
pub static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/uncertainty.toml")).expect("rules/uncertainty.toml is part of the program and read by a test")
});

/// An entry of a project's register.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub origin: Origin,
    /// The place it would happen to; `None` for the whole project.
    pub place: Option<String>,
    /// Positions of the works that it would lengthen.
    pub works: Vec<usize>,
}

/// Where an entry of a register stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// In the settings, by its position.
    Setting(usize),
    /// Among the facts of the project.
    Own(Box<RiskEvent>),
}

impl Entry {
    fn event(&self) -> Event {
        let (probability_percent, [low, likely, high]) = match &self.origin {
            Origin::Setting(rule) => {
                let rule = &SETTINGS.event[*rule];
                (rule.probability_percent, [rule.days; 3])
            }
            Origin::Own(event) => {
                let assessment = &event.terms.assessment;
                (assessment.probability_percent, [assessment.low_days, assessment.likely_days, assessment.high_days].map(i64::from))
            }
        };
        let impact = |activity: &usize| Impact { activity: *activity, low: Span::days(low), likely: Span::days(likely), high: Span::days(high) };
        Event { probability: f64::from(probability_percent) / 100.0, impacts: self.works.iter().map(impact).collect() }
    }
}

/// A plan with what is uncertain about it.
#[derive(Debug)]
pub struct Uncertain {
    /// The plan.
    pub plan: Plan,
    /// Its register.
    pub register: Vec<Entry>,
    /// Works whose uncertainty stands in the plan itself.
    pub own: usize,
    /// Works whose uncertainty is that of the settings.
    pub assumed: usize,
}

fn spread(bar: &Bar, activity: &Activity) -> Spread {
    let is_paper = STAGES.iter().any(|stage| stage.is_paper && Some(&stage.id) == bar.stage.as_ref());
    if is_paper || !activity.is_compressible { SETTINGS.paper } else { SETTINGS.work }
}

/// Lays the settings over a plan where it does not say itself how uncertain its works are.
pub fn uncertain(mut plan: Plan, bars: &[Bar], own_events: Vec<RiskEvent>, tree: &Tree) -> Uncertain {
    let (mut own, mut assumed) = (0, 0);
    for bar in bars.iter().filter(|bar| is_open(bar)) {
        let Some(activity) = plan.activities.get_mut(bar.ordinal as usize) else { continue };
        if activity.risk.is_some() {
            own += 1;
        } else if let Some(risk) = spread(bar, activity).of(activity.duration) {
            activity.risk = Some(Box::new(risk));
            assumed += 1;
        }
    }
    let mut register = register(bars);
    register.extend(own_events.into_iter().filter_map(|event| own_entry(event, bars, tree)));
    Uncertain { plan, register, own, assumed }
}

/// An event that stands among the facts of a project; `None` when it touches no work that is left.
fn own_entry(event: RiskEvent, bars: &[Bar], tree: &Tree) -> Option<Entry> {
    let works: Vec<usize> = risk_events::store::touched(&event, tree, bars).map(|bar| bar.ordinal as usize).collect();
    (!works.is_empty()).then(|| Entry { origin: Origin::Own(Box::new(event)), place: None, works })
}

/// What the settings say may happen to the works that are left.
pub fn register(bars: &[Bar]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (rule, event) in SETTINGS.event.iter().enumerate() {
        // The longest work of each place and stage; of equal ones the first.
        let mut longest: Vec<(&Bar, i32)> = Vec::new();
        let named = bars.iter().filter(|bar| is_open(bar) && bar.stage.as_ref().is_some_and(|stage| event.stages.contains(stage)));
        for bar in named {
            let days = bar.early.map_or(0, |(start, finish)| (finish - start).get_days());
            match longest.iter_mut().find(|(known, _)| known.place == bar.place && known.stage == bar.stage) {
                Some(known) if known.1 < days => *known = (bar, days),
                Some(_) => {}
                None => longest.push((bar, days)),
            }
        }
        for (bar, _) in longest {
            let place = if event.is_of_project { None } else { bar.place.clone() };
            match entries.iter_mut().find(|entry: &&mut Entry| entry.origin == Origin::Setting(rule) && entry.place == place) {
                Some(entry) => entry.works.push(bar.ordinal as usize),
                None => entries.push(Entry { origin: Origin::Setting(rule), place, works: vec![bar.ordinal as usize] }),
            }
        }
    }
    entries
}

/// What a simulation of a project says.
#[derive(Debug)]
pub struct Chances {
    /// The plan that was simulated, with what is uncertain about it.
    pub uncertain: Uncertain,
    /// Iterations.
    pub iterations: usize,
    /// Mandated dates, the least likely first.
    pub milestones: Vec<MilestoneRisk>,
    /// From what its weather was drawn.
    pub weather: Summary,
}

impl Chances {
    /// Simulates a plan under weather as it may come.
    pub fn of(uncertain: Uncertain, history: &History) -> Chances {
        let runs = &SETTINGS.simulation;
        let plan = &uncertain.plan;
        let simulation = Simulation {
            iterations: runs.iterations(plan.activities.len()),
            seed: runs.seed,
            // Others want the other cores; the answer does not depend on it.
            threads: 1,
            correlation: Some((Group::WorkKind, f64::from(runs.correlation_percent) / 100.0)),
        };
        let events: Vec<Event> = uncertain.register.iter().map(Entry::event).collect();
        let networks = under_weathers(plan, history);
        let RiskReport { iterations, mut milestones, .. } = risk_among(plan, &networks, &events, simulation, &mut |_| {});
        milestones.sort_by(|one, other| {
            one.probability.total_cmp(&other.probability).then(one.finish_by.date().cmp(&other.finish_by.date())).then(one.mandate.cmp(&other.mandate))
        });
        Chances { uncertain, iterations, milestones, weather: history.summary() }
    }

    /// What is said of the mandated dates of an activity.
    pub fn of_activity<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a MilestoneRisk> {
        self.milestones.iter().filter(move |one| self.uncertain.plan.activities[one.activity].id == id)
    }

    /// What is said of a mandated date.
    pub fn of_mandate<'a>(&'a self, activity: &'a str, finish_by: Date) -> Option<&'a MilestoneRisk> {
        self.of_activity(activity).find(|one| one.finish_by.date() == finish_by)
    }
}

/// The networks of a plan, one for each sequence of days that its weather may bring.
fn under_weathers(plan: &Plan, history: &History) -> Vec<Network> {
    let planned = schedule(plan).finish.map_or(plan.start.date(), Moment::date);
    let from = plan.data_date.unwrap_or(plan.start).date();
    // Late courses run on past what is planned; beyond that no weather is drawn.
    let days = ((planned - from).get_days().max(0) as usize * 3 / 2 + 365).min(MOST_DAYS);
    let under = |stops: Vec<Stop>| {
        let mut plan = plan.clone();
        plan.stops.extend(stops);
        Network::compile(&plan)
    };
    history.sequences(from, days, SETTINGS.simulation.seed).into_iter().map(under).collect()
}

/// What asking for a simulation gives.
#[derive(Clone, Debug)]
pub enum Asking {
    /// Nothing is approved, or no date is mandated.
    Nothing,
    /// It is being made.
    Running,
    /// Here it is.
    Made(Arc<Chances>),
}

/// A simulation that is being made, or is made.
type Making = watch::Receiver<Option<Arc<Chances>>>;

/// Simulations made last, by project, under the digest of its schedule.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, Run>>);

/// A simulation of a project, made or being made.
#[derive(Debug)]
struct Run {
    digest: String,
    begun: Instant,
    made: Making,
}

impl Kept {
    /// The simulation of a project as facts stand. It is begun when nobody has asked for it, and waited for no longer than `patience`:
    /// with none, what is there is taken.
    pub async fn ask(&self, conn: &mut Conn, domain: &Guatu, (project, today): (&str, Date), patience: Duration) -> Result<Asking> {
        let scheduled = domain.networks.scheduled(conn, project).await?;
        if scheduled.outlooks.is_empty() {
            return Ok(Asking::Nothing);
        }
        let digest = plans::digest(conn, project).await?.unwrap_or_default();
        let digest = format!("{digest} {} {}", weather::mark(conn, project, today).await?, risk_events::store::mark(conn, project).await?);
        let known = self.known(project, &digest);
        let mut made = match known {
            Some(made) => made,
            // A screen that shows more than this asks at every fact: on an evening of reports it would keep a core busy.
            None if patience.is_zero() && self.began_lately(project) => return Ok(Asking::Running),
            None => {
                let Some(laid) = domain.networks.laid_over(conn, project, None).await? else { return Ok(Asking::Nothing) };
                let history = History::read(conn, project, today).await?;
                let events = risk_events::store::open_of(conn, project, today).await?;
                let tree = domain.places.tree(conn).await?;
                self.begin(project, digest, move || Chances::of(uncertain(laid.plan, &scheduled.bars, events, &tree), &history))
            }
        };
        let found = tokio::time::timeout(patience, made.wait_for(Option::is_some)).await;
        match found {
            Err(_) => Ok(Asking::Running),
            Ok(found) => Ok(found.context("simulating")?.clone().map_or(Asking::Running, Asking::Made)),
        }
    }

    fn known(&self, project: &str, digest: &str) -> Option<Making> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What failed is tried again.
        kept.get(project).filter(|run| run.digest == digest && (run.made.borrow().is_some() || run.made.has_changed().is_ok())).map(|run| run.made.clone())
    }

    fn began_lately(&self, project: &str) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(project).is_some_and(|run| run.begun.elapsed() < PAUSE)
    }

    fn begin(&self, project: &str, digest: String, simulate: impl FnOnce() -> Chances + Send + 'static) -> Making {
        let (sender, made) = watch::channel(None);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project.to_owned(), Run { digest, begun: Instant::now(), made: made.clone() });
        tokio::spawn(async move {
            let _turn = SIMULATING.acquire().await;
            let simulated = tokio::task::spawn_blocking(simulate).await;
            if let Ok(chances) = simulated {
                sender.send_replace(Some(Arc::new(chances)));
            }
        });
        made
    }
}
