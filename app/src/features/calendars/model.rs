//! Rules of calendars: alerts and their levels, exemptions, and the seasonal stops that people set.

use super::holidays;
use crate::journal::domain::{Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Level of a heavy-pollution alert: yellow is III, orange II, red I.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// III.
    Yellow,
    /// II.
    Orange,
    /// I.
    Red,
}

impl Level {
    /// Every level with its name in tables and locale files.
    pub const ALL: [(Level, &'static str); 3] =
        [(Level::Yellow, "yellow"), (Level::Orange, "orange"), (Level::Red, "red")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Level::ALL.iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }

    /// The level of a name.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.iter().find(|(_, known)| *known == name).map(|(level, _)| *level)
    }

    /// Kinds of work it stops: its own and those of the levels below.
    pub fn stops(self) -> Vec<&'static str> {
        let below = LEVELS.level.iter().filter(|rule| rule.id <= self);
        below.flat_map(|rule| rule.stops.iter().map(String::as_str)).collect()
    }
}

/// What one level adds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelRule {
    /// The level.
    pub id: Level,
    /// Since when the rule is known to hold.
    pub from: Date,
    /// Kinds of work it stops besides those of the levels below.
    pub stops: Vec<String>,
    /// Where that comes from.
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelFile {
    level: Vec<LevelRule>,
    work: Work,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    kinds: Vec<String>,
}

static LEVELS: LazyLock<LevelFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/pollution.toml"))
        .expect("rules/pollution.toml is part of the program and read by a test")
});

/// What each level stops, with sources.
pub fn level_rules() -> &'static [LevelRule] {
    &LEVELS.level
}

/// Kinds of work that stops can name.
pub fn work_kinds() -> &'static [String] {
    &LEVELS.work.kinds
}

/// What can be asked of calendars. Instants are civil time in China, to the hour.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Record that an alert was announced.
    Announce {
        /// Client-made id.
        alert: String,
        /// Its level.
        level: Level,
        /// First hour it holds.
        at: DateTime,
        /// When it is forecast to end; the end itself comes by notice.
        expected_end: Option<DateTime>,
        /// Number of the notice.
        notice: String,
        /// Who published it.
        source: String,
    },
    /// Record that it was raised or lowered.
    ChangeLevel {
        /// The alert.
        alert: String,
        /// Its level from then on.
        level: Level,
        /// First hour of that level.
        at: DateTime,
        /// Number of the notice.
        notice: String,
    },
    /// Record that it was lifted.
    End {
        /// The alert.
        alert: String,
        /// First hour that is free again.
        at: DateTime,
        /// Number of the notice.
        notice: String,
    },
    /// Record a paper that lets a project work on.
    Exempt {
        /// Client-made id.
        exemption: String,
        /// The project.
        project: String,
        /// Number of the paper.
        document: String,
        /// The highest level it covers.
        level: Level,
        /// Kinds of work it covers; empty: all.
        kinds: Vec<String>,
        /// First day it is valid.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// Set the days that sites stop around the Spring Festival of a year.
    SetSpringFestival {
        /// The year.
        year: i16,
        /// First day of the stop.
        from: Date,
        /// Last day.
        to: Date,
        /// Who says so.
        source: String,
    },
    /// Set a period of winter in which kinds of work stop.
    SetWinter {
        /// Client-made id.
        winter: String,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// Kinds of work that stop.
        kinds: Vec<String>,
        /// Who says so.
        source: String,
    },
    /// Take back an alert, exemption or winter period that was entered by mistake.
    Withdraw {
        /// Its id.
        entry: String,
        /// Why.
        reason: String,
    },
}

/// What happened to calendars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// An alert was announced.
    AlertAnnounced { level: Level, at: DateTime, expected_end: Option<DateTime>, notice: String, source: String },
    /// It was raised or lowered.
    LevelChanged { level: Level, at: DateTime, notice: String },
    /// It was lifted.
    AlertEnded { at: DateTime, notice: String },
    /// A project was exempted.
    ProjectExempted { project: String, document: String, level: Level, kinds: Vec<String>, from: Date, to: Date },
    /// The Spring Festival stop of a year was set.
    SpringFestivalSet { year: i16, from: Date, to: Date, source: String },
    /// A winter period was set.
    WinterSet { from: Date, to: Date, kinds: Vec<String>, source: String },
    /// An entry was withdrawn.
    EntryWithdrawn { reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "C-101" Conflict _;
    /// An alert stands on a numbered notice.
    NoNotice = "C-102" Rule notice;
    /// A setting names its source.
    NoSource = "C-103" Rule source;
    /// Another alert runs: change its level instead.
    AlertRuns { level } = "C-104" Conflict _;
    /// Alerts begin, change and end on the hour.
    NotHourly = "C-105" Rule at;
    /// An alert is announced a few days ahead at most.
    TooFarAhead { days } = "C-106" Rule at;
    /// An alert does not last so long; when it does, its end is entered then.
    EndTooFar { days } = "C-117" Rule expected_end;
    /// A change or an end lies after what came before.
    NotAfter { before } = "C-107" Rule at;
    /// The last day lies before the first.
    PeriodBackwards = "C-108" Rule to;
    /// The alert has ended already.
    AlreadyEnded = "C-109" Conflict _;
    /// The alert has that level already.
    SameLevel = "C-110" Rule level;
    /// Only projects are exempted.
    NotAProject = "C-111" Rule project;
    /// No such kind of work, or none named where one is needed.
    UnknownKind = "C-112" Rule kinds;
    /// A withdrawal says why.
    NoReason = "C-113" Rule reason;
    /// The stop does not hold New Year's Eve of its year.
    NotAroundEve { eve } = "C-114" Rule from;
    /// A period is longer than such periods are.
    TooLong { days } = "C-115" Rule to;
    /// An exemption names its paper.
    NoDocument = "C-116" Rule document;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id to be made is in use.
    pub is_id_taken: bool,
    /// Whether the place to be exempted is a project.
    pub is_project: bool,
    /// Level of an alert that runs, other than the one in question.
    pub other_running: Option<Level>,
    /// The alert in question while it runs: level, and since when it has it.
    pub running: Option<(Level, DateTime)>,
}

/// An alert is announced no further ahead than this: a guard against a mistyped month.
const MAX_DAYS_AHEAD: i64 = 7;
/// Nor does one last longer.
const MAX_ALERT_DAYS: i32 = 60;
/// Longest exemption: papers are renewed every year.
const MAX_EXEMPTION_DAYS: i32 = 366;
/// Longest stop around the Spring Festival: a guard against a mistyped year.
const MAX_FESTIVAL_DAYS: i32 = 60;
/// Longest winter period, for the same reason.
const MAX_WINTER_DAYS: i32 = 200;

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    let one = |fact, subject: &str, place: &str, occurred_on| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: place.to_owned(), occurred_on }])
    };
    match command {
        Command::Announce { alert, level, at, expected_end, notice, source } => {
            if let Some(level) = state.other_running {
                return Err(Refused::AlertRuns { level: format!("level_{}", level.name()) });
            }
            on_the_hour(*at)?;
            near(*at, context.today)?;
            if let Some(end) = expected_end {
                on_the_hour(*end)?;
                after(*end, *at)?;
                if (end.date() - at.date()).get_days() > MAX_ALERT_DAYS {
                    return Err(Refused::EndTooFar { days: MAX_ALERT_DAYS.to_string() });
                }
            }
            let (notice, source) = (text(notice, Refused::NoNotice)?, text(source, Refused::NoSource)?);
            let fact = Fact::AlertAnnounced { level: *level, at: *at, expected_end: *expected_end, notice, source };
            one(fact, alert, "-", at.date().min(context.today))
        }
        Command::ChangeLevel { alert, level, at, notice } => {
            let (present, since) = state.running.ok_or(Refused::AlreadyEnded)?;
            if present == *level {
                return Err(Refused::SameLevel);
            }
            on_the_hour(*at)?;
            after(*at, since)?;
            near(*at, context.today)?;
            let fact = Fact::LevelChanged { level: *level, at: *at, notice: text(notice, Refused::NoNotice)? };
            one(fact, alert, "-", at.date().min(context.today))
        }
        Command::End { alert, at, notice } => {
            let (_, since) = state.running.ok_or(Refused::AlreadyEnded)?;
            on_the_hour(*at)?;
            after(*at, since)?;
            near(*at, context.today)?;
            one(
                Fact::AlertEnded { at: *at, notice: text(notice, Refused::NoNotice)? },
                alert,
                "-",
                at.date().min(context.today),
            )
        }
        Command::Exempt { exemption, project, document, level, kinds, from, to } => {
            if !state.is_project {
                return Err(Refused::NotAProject);
            }
            forward(*from, *to, MAX_EXEMPTION_DAYS)?;
            let fact = Fact::ProjectExempted {
                project: project.clone(),
                document: text(document, Refused::NoDocument)?,
                level: *level,
                kinds: known_kinds(kinds)?,
                from: *from,
                to: *to,
            };
            one(fact, exemption, project, context.today)
        }
        Command::SetSpringFestival { year, from, to, source } => {
            forward(*from, *to, MAX_FESTIVAL_DAYS)?;
            let eve = holidays::new_years_eve(*year);
            if eve.map_or(from.year() != *year, |eve| !(*from..=*to).contains(&eve)) {
                return Err(Refused::NotAroundEve { eve: eve.map_or_else(|| year.to_string(), |eve| eve.to_string()) });
            }
            let fact =
                Fact::SpringFestivalSet { year: *year, from: *from, to: *to, source: text(source, Refused::NoSource)? };
            one(fact, &format!("spring_festival_{year}"), "-", context.today)
        }
        Command::SetWinter { winter, from, to, kinds, source } => {
            forward(*from, *to, MAX_WINTER_DAYS)?;
            if kinds.is_empty() {
                return Err(Refused::UnknownKind);
            }
            let source = text(source, Refused::NoSource)?;
            one(
                Fact::WinterSet { from: *from, to: *to, kinds: known_kinds(kinds)?, source },
                winter,
                "-",
                context.today,
            )
        }
        Command::Withdraw { entry, reason } => {
            one(Fact::EntryWithdrawn { reason: text(reason, Refused::NoReason)? }, entry, "-", context.today)
        }
    }
}

fn on_the_hour(at: DateTime) -> Result<(), Refused> {
    let is_whole = at.minute() == 0 && at.second() == 0 && at.subsec_nanosecond() == 0;
    if is_whole { Ok(()) } else { Err(Refused::NotHourly) }
}

fn after(at: DateTime, before: DateTime) -> Result<(), Refused> {
    if at > before { Ok(()) } else { Err(Refused::NotAfter { before: before.strftime("%Y-%m-%d %H:00").to_string() }) }
}

/// Whether a notice is no further ahead than such notices are.
fn near(at: DateTime, today: Date) -> Result<(), Refused> {
    let limit = today.checked_add(MAX_DAYS_AHEAD.days()).unwrap_or(today);
    if at.date() > limit { Err(Refused::TooFarAhead { days: MAX_DAYS_AHEAD.to_string() }) } else { Ok(()) }
}

fn forward(from: Date, to: Date, most: i32) -> Result<(), Refused> {
    match (to - from).get_days() {
        days if days < 0 => Err(Refused::PeriodBackwards),
        days if days >= most => Err(Refused::TooLong { days: most.to_string() }),
        _ => Ok(()),
    }
}

fn known_kinds(kinds: &[String]) -> Result<Vec<String>, Refused> {
    if kinds.iter().any(|kind| !work_kinds().contains(kind)) {
        return Err(Refused::UnknownKind);
    }
    Ok(kinds.to_vec())
}
