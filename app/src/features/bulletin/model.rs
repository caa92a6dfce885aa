//! Rules of bulletins: three people, one week, no edit after review.

use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use guatu_kernel::guarantee::PeriodKind;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// State of a bulletin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Being written.
    Draft,
    /// Seen by a second person.
    Reviewed,
    /// Out.
    Issued,
    /// Given up before it was issued.
    Withdrawn,
}

impl Stage {
    /// Its name in tables and locale files.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Reviewed => "reviewed",
            Stage::Issued => "issued",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// The stage of a name.
    pub fn from_name(name: &str) -> Option<Stage> {
        [Stage::Draft, Stage::Reviewed, Stage::Issued, Stage::Withdrawn].into_iter().find(|stage| stage.name() == name)
    }
}

/// Days after the end of a week in which its bulletin can be drafted: by then the next one is due.
pub const LATEST_DAYS: i64 = 7;

/// Photographs a bulletin may hold: three pages of two rows would be an album.
pub const MOST_PHOTOS: usize = 6;

/// A photograph of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// The report.
    pub report: String,
    /// Name of the copy that is shown.
    pub copy: String,
    /// The building.
    pub building: String,
    /// The day reported.
    pub on: Date,
}

impl Photo {
    /// Whether it is the photograph of a report; the same copy may be another's too.
    pub fn is_that(&self, report: &str, copy: &str) -> bool {
        self.report == report && self.copy == copy
    }
}

/// What can be asked of bulletins.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Draft the bulletin of a week.
    Draft {
        /// Client-made id.
        bulletin: String,
        /// Monday of the week.
        from: Date,
        /// Frozen figures, as JSON of [`super::figures::Figures`].
        figures: String,
        /// The ledger number they stand on.
        frozen_number: u64,
        /// What is said before the table.
        opening: String,
        /// What is asked for after it.
        closing: String,
        /// The issue it corrects.
        corrects: Option<String>,
        /// Which figure of that issue was wrong, and what it should have been.
        correction: String,
    },
    /// Change what is said around the figures.
    Edit {
        /// The bulletin.
        bulletin: String,
        /// Before the table.
        opening: String,
        /// After it.
        closing: String,
    },
    /// Choose the photographs it is to print; replaces an earlier choice.
    Choose {
        /// The bulletin.
        bulletin: String,
        /// Report and copy of each.
        photos: Vec<(String, String)>,
    },
    /// The owner of a chosen photograph says whether it may be printed.
    Allow {
        /// The bulletin.
        bulletin: String,
        /// The report.
        report: String,
        /// Name of the copy.
        copy: String,
        /// Whether it may.
        is_allowed: bool,
    },
    /// Agree with a draft.
    Review {
        /// The bulletin.
        bulletin: String,
    },
    /// Issue it.
    Issue {
        /// The bulletin.
        bulletin: String,
        /// Whether whoever issues it before its week is over, or before named units had time to object, means to.
        is_early: bool,
    },
    /// Give it up.
    Withdraw {
        /// The bulletin.
        bulletin: String,
        /// Why.
        reason: String,
    },
    /// Object to a line.
    Object {
        /// The bulletin.
        bulletin: String,
        /// The project named.
        project: String,
        /// What is wrong.
        reason: String,
    },
    /// Settle an objection.
    Settle {
        /// The bulletin.
        bulletin: String,
        /// The project named.
        project: String,
        /// How.
        reason: String,
    },
}

/// What happened to bulletins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// One was drafted.
    Drafted { from: Date, to: Date, figures: String, frozen_number: u64, opening: String, closing: String, corrects: Option<String>, #[serde(default, skip_serializing_if = "String::is_empty")] correction: String },
    /// Its words were changed.
    Edited { opening: String, closing: String },
    /// Photographs were chosen; of those chosen before, what their owners said stands.
    Chosen { photos: Vec<Photo> },
    /// An owner said whether a photograph may be printed.
    Allowed {
        /// The report; empty in facts of before one was named: there was one photograph of a copy then.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        report: String,
        copy: String,
        is_allowed: bool,
    },
    /// A second person agreed.
    Reviewed {},
    /// It went out.
    Issued { year: i16, ordinal: u32, checkpoint: Option<String>, #[serde(default, skip_serializing_if = "std::ops::Not::not")] is_early: bool },
    /// It was given up.
    Withdrawn { reason: String },
    /// A unit named in it objects.
    Objected { project: String, reason: String },
    /// The objection was settled.
    Settled { project: String, reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "B-101" Conflict _;
    /// A bulletin begins on a Monday that has come.
    NotAWeek = "B-102" Rule from;
    /// The week has one.
    WeekTaken = "B-103" Conflict from;
    /// Not in a state for that.
    WrongStage { state } = "B-104" Conflict _;
    /// Three different people.
    SamePerson = "B-105" Rule _;
    /// A text is needed.
    NoText = "B-106" Rule reason;
    /// The project is not named in it.
    NotNamed = "B-107" Rule project;
    /// It has objected already.
    AlreadyObjected = "B-108" Conflict _;
    /// There is no open objection of that project.
    NoObjection = "B-109" Conflict _;
    /// The issue it corrects does not exist.
    UnknownIssue = "B-110" Rule corrects;
    /// More photographs than a bulletin holds.
    TooManyPhotos { most } = "B-111" Rule photos;
    /// Not a photograph of a report of that week and of a project named in it.
    UnknownPhoto = "B-112" Rule photos;
    /// Not one of its photographs.
    NotChosen = "B-113" Rule photos;
    /// The week has been over for too long.
    LongPast { days } = "B-114" Rule from;
    /// Which figure was wrong must be said with the issue it stood in, and the other way round.
    NoCorrection = "B-115" Rule correction;
    /// Its week runs on: asked about once.
    WeekRuns { date } = "B-116" Rule early;
    /// Units named in it still have time to object: asked about once.
    TimeToObject { time } = "B-117" Rule early;
    /// Both.
    WeekRunsAndTimeToObject { date, time } = "B-118" Rule early;
    /// Whoever writes a bulletin objects in no unit's name.
    OwnBulletin = "B-119" Rule reason;
}

/// What `rules/bulletins.toml` says.
#[derive(Debug, Deserialize)]
pub struct Rules {
    /// Hours from a draft in which units named in it may object before it is issued.
    objection_hours: i64,
    /// Share of the reports owed below which nobody is named as the best.
    pub reported_percent: u32,
}

/// `rules/bulletins.toml`.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| toml::from_str(include_str!("../../../../rules/bulletins.toml")).expect("rules/bulletins.toml is part of the program and read by a test"));

/// Until when units named in a bulletin drafted at an instant may object before it is issued.
pub fn object_until(drafted_at: Timestamp) -> Timestamp {
    drafted_at.saturating_add(RULES.objection_hours.hours()).unwrap_or(drafted_at)
}

/// A bulletin as the rule sees it.
#[derive(Clone, Debug)]
pub struct Known {
    /// How far it has come.
    pub stage: Stage,
    /// Who drafted it.
    pub drafter: String,
    /// Until when units named in it may object before it is issued.
    pub object_until: Timestamp,
    /// The same in local time.
    pub object_until_local: DateTime,
    /// Who reviewed it.
    pub reviewer: Option<String>,
    /// Last day of its week.
    pub to: Date,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the week has a bulletin that is not withdrawn.
    pub is_week_taken: bool,
    /// Whether the issue to be corrected exists and was issued.
    pub is_corrected_known: bool,
    /// The bulletin.
    pub known: Option<Known>,
    /// Projects named in it.
    pub named: Vec<String>,
    /// Projects that have objected, and whether it is settled.
    pub objected: Vec<(String, bool)>,
    /// Issues of its year so far.
    pub issued_of_year: u32,
    /// The newest signed head.
    pub checkpoint: Option<String>,
    /// Whether who asks writes bulletins of the district now.
    pub is_writer: bool,
    /// Photographs of the reports of its week in the projects it names.
    pub offered: Vec<Photo>,
    /// Report and copy of each photograph chosen.
    pub chosen: Vec<(String, String)>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let one = |fact, subject: &str| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: "-".to_owned(), occurred_on: context.today }])
    };
    let stage = state.known.as_ref().map(|known| known.stage);
    let within = |allowed: &[Stage]| match stage {
        Some(stage) if allowed.contains(&stage) => Ok(()),
        Some(stage) => Err(Refused::WrongStage { state: stage.name().into() }),
        None => Err(Refused::WrongStage { state: "withdrawn".into() }),
    };
    let is_by = |account: Option<&String>| account.is_some_and(|account| context.actor == Actor::Account(account.clone()));
    match command {
        Command::Draft { bulletin, from, figures, frozen_number, opening, closing, corrects, correction } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            let week = PeriodKind::Week.around(*from);
            if week.from != *from || *from > context.today {
                return Err(Refused::NotAWeek);
            }
            // What comes so late is no news, and the issue after it has been printed.
            if week.to < context.today.saturating_sub(LATEST_DAYS.days()) {
                return Err(Refused::LongPast { days: LATEST_DAYS.to_string() });
            }
            if state.is_week_taken {
                return Err(Refused::WeekTaken);
            }
            if corrects.is_some() && !state.is_corrected_known {
                return Err(Refused::UnknownIssue);
            }
            let correction = correction.trim();
            if corrects.is_some() == correction.is_empty() {
                return Err(Refused::NoCorrection);
            }
            let fact = Fact::Drafted {
                from: week.from,
                to: week.to,
                figures: figures.clone(),
                frozen_number: *frozen_number,
                opening: opening.trim().into(),
                closing: closing.trim().into(),
                corrects: corrects.clone(),
                correction: correction.into(),
            };
            one(fact, bulletin)
        }
        Command::Edit { bulletin, opening, closing } => {
            within(&[Stage::Draft])?;
            one(Fact::Edited { opening: opening.trim().into(), closing: closing.trim().into() }, bulletin)
        }
        Command::Choose { bulletin, photos } => {
            within(&[Stage::Draft])?;
            if photos.len() > MOST_PHOTOS {
                return Err(Refused::TooManyPhotos { most: MOST_PHOTOS.to_string() });
            }
            let mut chosen: Vec<Photo> = Vec::new();
            for (report, copy) in photos {
                let found = state.offered.iter().find(|one| one.report == *report && one.copy == *copy);
                let photo = found.ok_or(Refused::UnknownPhoto)?;
                // What two reports show alike is each one's own: with another building, another owner and another word.
                if !chosen.contains(photo) {
                    chosen.push(photo.clone());
                }
            }
            one(Fact::Chosen { photos: chosen }, bulletin)
        }
        Command::Allow { bulletin, report, copy, is_allowed } => {
            within(&[Stage::Draft, Stage::Reviewed])?;
            let photo = (report.clone(), copy.clone());
            if !state.chosen.contains(&photo) {
                return Err(Refused::NotChosen);
            }
            let (report, copy) = photo;
            one(Fact::Allowed { report, copy, is_allowed: *is_allowed }, bulletin)
        }
        Command::Review { bulletin } => {
            within(&[Stage::Draft])?;
            if is_by(state.known.as_ref().map(|known| &known.drafter)) {
                return Err(Refused::SamePerson);
            }
            one(Fact::Reviewed {}, bulletin)
        }
        Command::Issue { bulletin, is_early } => {
            within(&[Stage::Reviewed])?;
            let Some(known) = &state.known else { return Err(Refused::SamePerson) };
            if is_by(Some(&known.drafter)) || is_by(known.reviewer.as_ref()) {
                return Err(Refused::SamePerson);
            }
            let early = early(state, known, context);
            if let Some(refused) = early.clone().filter(|_| !is_early) {
                return Err(refused);
            }
            let (year, ordinal) = (known.to.year(), state.issued_of_year + 1);
            one(Fact::Issued { year, ordinal, checkpoint: state.checkpoint.clone(), is_early: early.is_some() }, bulletin)
        }
        Command::Withdraw { bulletin, reason } => {
            within(&[Stage::Draft, Stage::Reviewed])?;
            one(Fact::Withdrawn { reason: text(reason, Refused::NoText)? }, bulletin)
        }
        Command::Object { bulletin, project, reason } => {
            within(&[Stage::Draft, Stage::Reviewed])?;
            if !state.named.contains(project) {
                return Err(Refused::NotNamed);
            }
            if state.objected.iter().any(|(known, _)| known == project) {
                return Err(Refused::AlreadyObjected);
            }
            // Whoever wrote this one may have another post by now.
            let wrote = |known: &Known| is_by(Some(&known.drafter)) || is_by(known.reviewer.as_ref());
            if state.is_writer || state.known.as_ref().is_some_and(wrote) {
                return Err(Refused::OwnBulletin);
            }
            one(Fact::Objected { project: project.clone(), reason: text(reason, Refused::NoText)? }, bulletin)
        }
        Command::Settle { bulletin, project, reason } => {
            within(&[Stage::Draft, Stage::Reviewed])?;
            if !state.objected.iter().any(|(known, is_settled)| known == project && !is_settled) {
                return Err(Refused::NoObjection);
            }
            one(Fact::Settled { project: project.clone(), reason: text(reason, Refused::NoText)? }, bulletin)
        }
    }
}

/// Why it is early to issue a bulletin: its week runs on, or somebody named in it has not had the time to object.
fn early(state: &State, known: &Known, context: &Context) -> Option<Refused> {
    let is_open = |project: &String| !state.objected.iter().any(|(objected, _)| objected == project);
    let is_time_left = context.now < known.object_until && state.named.iter().any(is_open);
    let (date, time) = (known.to.to_string(), known.object_until_local.strftime("%m-%d %H:%M").to_string());
    match (context.today <= known.to, is_time_left) {
        (true, true) => Some(Refused::WeekRunsAndTimeToObject { date, time }),
        (true, false) => Some(Refused::WeekRuns { date }),
        (false, true) => Some(Refused::TimeToObject { time }),
        (false, false) => None,
    }
}
