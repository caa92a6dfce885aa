//! Rules of plans: versions, mandated dates and their changes, progress, activation.

use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Where a version of a plan came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A file of another program.
    Import {
        /// Format, `mspdi`, `xer`, `pmxml`, `xlsx`, `json`.
        format: String,
        /// Name of the file as given; shown, never opened.
        file: String,
    },
    /// Templates, for the buildings of the project.
    Template,
    /// Changes that somebody tried on the approved plan and puts forward.
    Tried {
        /// How many activities they change.
        changes: u32,
        /// Why.
        reason: String,
        /// Whether the approved plan came from templates.
        is_from_template: bool,
    },
}

/// State of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Waiting for approval.
    Draft,
    /// The project's baseline.
    Approved,
    /// A baseline of the past.
    Superseded,
}

impl VersionState {
    /// Its name in tables and locale files.
    pub fn name(self) -> &'static str {
        match self {
            VersionState::Draft => "draft",
            VersionState::Approved => "approved",
            VersionState::Superseded => "superseded",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<VersionState> {
        [VersionState::Draft, VersionState::Approved, VersionState::Superseded].into_iter().find(|state| state.name() == name)
    }
}

/// What is known of an activity's progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When it started.
    pub actual_start: Option<Date>,
    /// When it finished, inclusive.
    pub actual_finish: Option<Date>,
    /// Per cent complete × 1000.
    pub percent_e3: Option<u32>,
    /// Working days left; absent: from the per cent.
    pub remaining_days: Option<u32>,
}

/// What can be asked of plans.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Put a plan forward.
    Draft {
        /// Client-made id of the version.
        version: String,
        /// The project.
        project: String,
        /// SHA-256 of the guatu-plan document.
        document: String,
        /// Where it came from.
        source: Source,
        /// Activities in it, for lists.
        activity_count: u32,
    },
    /// Make a draft the baseline.
    Approve {
        /// The version.
        version: String,
        /// Why.
        reason: String,
        /// Whether mandated dates, progress and links that the plan has no activity for may be lost from sight.
        accepts_loss: bool,
    },
    /// Command a date.
    Mandate {
        /// Client-made id.
        mandate: String,
        /// The project.
        project: String,
        /// The activity whose finish is bound.
        activity: String,
        /// Name of the milestone.
        name: String,
        /// Latest finish, inclusive.
        finish_by: Date,
        /// Organisation that commands it, and answers requests to change it.
        issuer: String,
        /// The document that commands it.
        document: String,
        /// Edition of the document.
        edition: String,
    },
    /// Ask for another date.
    RequestChange {
        /// Client-made id.
        request: String,
        /// The mandated date.
        mandate: String,
        /// The date asked for.
        finish_by: Date,
        /// Why.
        reason: String,
    },
    /// Answer such a request.
    AnswerChange {
        /// The request.
        request: String,
        /// Whether the new date holds.
        is_accepted: bool,
        /// Why.
        reason: String,
        /// The document that says so.
        document: String,
        /// Edition of the document.
        edition: String,
    },
    /// Record progress.
    Record {
        /// The project.
        project: String,
        /// The activity.
        activity: String,
        /// What is known now; replaces what was known.
        progress: Progress,
        /// Why it differs from an earlier record, when it takes something back.
        reason: Option<String>,
    },
    /// Begin: one project – one plan – one task force.
    Activate {
        /// The project.
        project: String,
    },
    /// Move the data date; done by a timer each day.
    RollTo {
        /// The project.
        project: String,
        /// Facts up to the day before are in.
        data_date: Date,
    },
    /// Link an activity to one of another project (a shared pipe, road, crew).
    Tie {
        /// Client-made id.
        tie: String,
        /// Project of the predecessor.
        from_project: String,
        /// The predecessor.
        from_activity: String,
        /// Project of the successor.
        to_project: String,
        /// The successor.
        to_activity: String,
        /// Working days after its finish.
        lag_days: i32,
        /// What is shared.
        reason: String,
    },
    /// Take such a link away.
    Untie {
        /// The link.
        tie: String,
        /// Why.
        reason: String,
    },
}

/// What happened to plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A version was put forward.
    Drafted { project: String, document: String, source: Source, activity_count: u32 },
    /// A version became the baseline.
    Approved { project: String, reason: String },
    /// A date was commanded.
    Mandated { project: String, activity: String, name: String, finish_by: Date, issuer: String, document: String, edition: String },
    /// Another date was asked for.
    ChangeRequested { mandate: String, project: String, finish_by: Date, reason: String },
    /// The request was answered.
    ChangeAnswered { mandate: String, is_accepted: bool, finish_by: Date, reason: String, document: String, edition: String },
    /// Progress was recorded.
    ProgressRecorded { project: String, activity: String, progress: Progress, reason: Option<String> },
    /// A project became active.
    ProjectActivated {},
    /// The data date moved.
    RolledTo { data_date: Date },
    /// Two projects were linked.
    Tied { from_project: String, from_activity: String, to_project: String, to_activity: String, lag_days: i32, reason: String },
    /// Such a link was taken away.
    Untied { reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "L-101" Conflict _;
    /// Only projects have plans.
    NotAProject = "L-102" Rule project;
    /// A plan without activities.
    EmptyPlan = "L-103" Rule file;
    /// Only a draft is approved.
    NotADraft { state } = "L-104" Conflict _;
    /// A reason is needed.
    NoReason = "L-105" Rule reason;
    /// Nobody approves their own draft.
    OwnDraft = "L-106" Rule _;
    /// The project has no approved plan.
    NoPlan = "L-107" Rule project;
    /// Seats of the task force are empty.
    SeatsEmpty { seats } = "L-108" Rule project;
    /// The project is active already.
    AlreadyActive = "L-109" Conflict _;
    /// The plan has no such activity.
    UnknownActivity { activity } = "L-110" Rule activity;
    /// A mandated date names issuer, document and edition.
    NoIssuer = "L-111" Rule issuer;
    /// The activity has a mandated date already: ask for a change.
    AlreadyMandated = "L-112" Rule activity;
    /// The date asked for is the one that holds.
    SameDate = "L-113" Rule finish_by;
    /// The request has been answered.
    AlreadyAnswered = "L-114" Conflict _;
    /// Actual dates lie after today.
    FutureActual { date } = "L-115" Rule actual_start;
    /// Finished before it started, or finished without starting.
    FinishBeforeStart = "L-116" Rule actual_finish;
    /// A per cent is 0 to 100; 100 needs the day of finish.
    WrongPercent = "L-117" Rule percent;
    /// Taking back recorded progress says why.
    TakenBack = "L-118" Rule reason;
    /// The data date moves forward only.
    DataDateBack { date } = "L-119" Rule data_date;
    /// A project is not linked to itself, nor in a circle.
    TieCircle = "L-120" Rule to_activity;
    /// One request at a time: the date in force must be the one that is answered.
    RequestOpen = "L-122" Conflict _;
    /// Longer than any plan.
    TooLong { limit } = "L-123" Rule remaining_days;
    /// The plan has no activity for what is mandated, recorded or linked.
    Loses { lost } = "L-124" Rule accepts_loss;
    /// Only people of the organisation that commanded a date answer for it.
    NotIssuer = "L-125" Forbidden _;
    /// No dates follow from the plan: it cannot be read, or the kernel finds an error in it.
    NoDates { finding } = "L-126" Rule file;
    /// A waiting time between projects longer than plans are.
    LagTooLong { limit } = "L-127" Rule lag_days;
    /// Progress is recorded on work, not on summaries.
    NotWork { activity } = "L-121" Rule activity;
    /// It is not met while gates of it are not confirmed.
    GatesOpen { gates } = "L-128" Rule actual_finish;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id to be made is in use.
    pub is_id_taken: bool,
    /// Whether the place is a project.
    pub is_project: bool,
    /// The version to be approved: project, state, drafter.
    pub version: Option<(String, VersionState, String)>,
    /// Whether the project has an approved plan.
    pub has_plan: bool,
    /// Whether the project is active.
    pub is_active: bool,
    /// Seats of the task force that must be held and are not.
    pub empty_seats: Vec<String>,
    /// Whether the plan has the activity, and whether it is work (not a summary).
    pub activity: Option<ActivityFound>,
    /// Whether the activity has a mandated date.
    pub is_mandated: bool,
    /// The mandated date in question: project and date.
    pub mandate: Option<(String, Date)>,
    /// The request in question: mandate, project, date, whether open.
    pub request: Option<(String, String, Date, bool)>,
    /// Progress recorded before.
    pub progress: Progress,
    /// Gates without which the activity is not met, and which nobody has confirmed.
    pub open_gates: Vec<String>,
    /// Present data date.
    pub data_date: Option<Date>,
    /// Whether a link would close a circle of projects.
    pub closes_circle: bool,
    /// The link to be taken away: the successor's project.
    pub tied_project: Option<String>,
    /// Whether the organisation named as issuer exists.
    pub is_issuer_known: bool,
    /// Whether whoever acts belongs to the organisation that commanded the date.
    pub is_of_issuer: bool,
    /// Whether a request for another date waits for its answer.
    pub has_open_request: bool,
    /// The first error of the plan put forward or to be approved: its code and what it is about.
    pub flaw: Option<String>,
    /// What the plan to be approved has no activity for: mandated dates, progress, links between projects.
    pub lost: Vec<String>,
}

/// What the plan says of an activity that a command names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityFound {
    /// Summaries and hammocks get their dates from others.
    pub is_work: bool,
}

/// Longest remaining duration in working days: twenty years.
const MAX_REMAINING_DAYS: u32 = 7_300;
/// Longest waiting time between projects, and longest overlap: a guard against a mistyped number.
const MAX_LAG_DAYS: i32 = 3_650;

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let today = context.today;
    let one = |fact, subject: &str, project: &str, occurred_on| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: project.to_owned(), occurred_on }])
    };
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    match command {
        Command::Draft { version, project, document, source, activity_count } => {
            if !state.is_project {
                return Err(Refused::NotAProject);
            }
            if *activity_count == 0 {
                return Err(Refused::EmptyPlan);
            }
            if let Source::Tried { reason, .. } = source {
                text(reason, Refused::NoReason)?;
            }
            dated(state)?;
            let fact = Fact::Drafted {
                project: project.clone(),
                document: document.clone(),
                source: source.clone(),
                activity_count: *activity_count,
            };
            one(fact, version, project, today)
        }
        Command::Approve { version, reason, accepts_loss } => {
            let (project, found, drafter) = state.version.as_ref().ok_or(Refused::NoPlan)?;
            if *found != VersionState::Draft {
                return Err(Refused::NotADraft { state: found.name().into() });
            }
            if context.actor == Actor::Account(drafter.clone()) {
                return Err(Refused::OwnDraft);
            }
            dated(state)?;
            if !state.lost.is_empty() && !accepts_loss {
                return Err(Refused::Loses { lost: state.lost.join("；") });
            }
            one(Fact::Approved { project: project.clone(), reason: text(reason, Refused::NoReason)? }, version, project, today)
        }
        Command::Mandate { mandate, project, activity, name, finish_by, issuer, document, edition } => {
            if !state.has_plan {
                return Err(Refused::NoPlan);
            }
            if state.activity.is_none() {
                return Err(Refused::UnknownActivity { activity: activity.clone() });
            }
            if state.is_mandated {
                return Err(Refused::AlreadyMandated);
            }
            let [name, issuer, document, edition] =
                [name, issuer, document, edition].map(|field| field.trim().to_owned());
            if name.is_empty() || !state.is_issuer_known || document.is_empty() || edition.is_empty() {
                return Err(Refused::NoIssuer);
            }
            let (project, finish_by) = (project.clone(), *finish_by);
            let place = project.clone();
            let fact = Fact::Mandated { project, activity: activity.clone(), name, finish_by, issuer, document, edition };
            one(fact, mandate, &place, today)
        }
        Command::RequestChange { request, mandate, finish_by, reason } => {
            let (project, present) = state.mandate.as_ref().ok_or(Refused::NoPlan)?;
            if present == finish_by {
                return Err(Refused::SameDate);
            }
            if state.has_open_request {
                return Err(Refused::RequestOpen);
            }
            let fact = Fact::ChangeRequested {
                mandate: mandate.clone(),
                project: project.clone(),
                finish_by: *finish_by,
                reason: text(reason, Refused::NoReason)?,
            };
            one(fact, request, project, today)
        }
        Command::AnswerChange { request, is_accepted, reason, document, edition } => {
            let (mandate, project, finish_by, is_open) = state.request.as_ref().ok_or(Refused::AlreadyAnswered)?;
            if !is_open {
                return Err(Refused::AlreadyAnswered);
            }
            if !state.is_of_issuer {
                return Err(Refused::NotIssuer);
            }
            let (document, edition) = (document.trim().to_owned(), edition.trim().to_owned());
            if *is_accepted && (document.is_empty() || edition.is_empty()) {
                return Err(Refused::NoIssuer);
            }
            let fact = Fact::ChangeAnswered {
                mandate: mandate.clone(),
                is_accepted: *is_accepted,
                finish_by: *finish_by,
                reason: text(reason, Refused::NoReason)?,
                document,
                edition,
            };
            one(fact, request, project, today)
        }
        Command::Record { project, activity, progress, reason } => {
            check_progress(state, activity, progress, today)?;
            // What was met before its gate stood stays met, and pages say so; it is not met anew.
            if progress.actual_finish.is_some() && state.progress.actual_finish.is_none() && !state.open_gates.is_empty() {
                let gates = state.open_gates.iter().map(|gate| format!("gate_{gate}")).collect::<Vec<_>>().join("\n");
                return Err(Refused::GatesOpen { gates });
            }
            let reason = reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
            if takes_back(&state.progress, progress) && reason.is_none() {
                return Err(Refused::TakenBack);
            }
            let fact = Fact::ProgressRecorded {
                project: project.clone(),
                activity: activity.clone(),
                progress: progress.clone(),
                reason: reason.map(str::to_owned),
            };
            one(fact, &format!("{project}#{activity}"), project, progress.actual_finish.unwrap_or(today))
        }
        Command::Activate { project } => {
            if !state.has_plan {
                return Err(Refused::NoPlan);
            }
            if !state.empty_seats.is_empty() {
                return Err(Refused::SeatsEmpty { seats: state.empty_seats.join(", ") });
            }
            if state.is_active {
                return Err(Refused::AlreadyActive);
            }
            one(Fact::ProjectActivated {}, project, project, today)
        }
        Command::RollTo { project, data_date } => {
            if !state.has_plan {
                return Err(Refused::NoPlan);
            }
            if state.data_date.is_some_and(|present| present >= *data_date) || *data_date > today {
                return Err(Refused::DataDateBack { date: data_date.to_string() });
            }
            one(Fact::RolledTo { data_date: *data_date }, project, project, *data_date)
        }
        Command::Tie { tie, from_project, from_activity, to_project, to_activity, lag_days, reason } => {
            if state.activity.is_none() {
                return Err(Refused::UnknownActivity { activity: format!("{from_activity} / {to_activity}") });
            }
            if from_project == to_project || state.closes_circle {
                return Err(Refused::TieCircle);
            }
            if lag_days.unsigned_abs() > MAX_LAG_DAYS.unsigned_abs() {
                return Err(Refused::LagTooLong { limit: MAX_LAG_DAYS.to_string() });
            }
            let fact = Fact::Tied {
                from_project: from_project.clone(),
                from_activity: from_activity.clone(),
                to_project: to_project.clone(),
                to_activity: to_activity.clone(),
                lag_days: *lag_days,
                reason: text(reason, Refused::NoReason)?,
            };
            one(fact, tie, to_project, today)
        }
        Command::Untie { tie, reason } => {
            let project = state.tied_project.as_deref().ok_or(Refused::NoPlan)?;
            one(Fact::Untied { reason: text(reason, Refused::NoReason)? }, tie, project, today)
        }
    }
}

/// The same check whichever way a plan came: nothing that has no dates is put forward or approved.
fn dated(state: &State) -> Result<(), Refused> {
    match &state.flaw {
        Some(finding) => Err(Refused::NoDates { finding: finding.clone() }),
        None => Ok(()),
    }
}

fn check_progress(state: &State, activity: &str, progress: &Progress, today: Date) -> Result<(), Refused> {
    if !state.has_plan {
        return Err(Refused::NoPlan);
    }
    match state.activity {
        None => return Err(Refused::UnknownActivity { activity: activity.into() }),
        Some(found) if !found.is_work => return Err(Refused::NotWork { activity: activity.into() }),
        Some(_) => {}
    }
    if let Some(late) = [progress.actual_start, progress.actual_finish].into_iter().flatten().find(|date| *date > today) {
        return Err(Refused::FutureActual { date: late.to_string() });
    }
    match (progress.actual_start, progress.actual_finish) {
        (None, Some(_)) => return Err(Refused::FinishBeforeStart),
        (Some(start), Some(finish)) if finish < start => return Err(Refused::FinishBeforeStart),
        _ => {}
    }
    if progress.remaining_days.is_some_and(|days| days > MAX_REMAINING_DAYS) {
        return Err(Refused::TooLong { limit: MAX_REMAINING_DAYS.to_string() });
    }
    match progress.percent_e3 {
        Some(percent) if percent > 100_000 => Err(Refused::WrongPercent),
        Some(100_000) if progress.actual_finish.is_none() => Err(Refused::WrongPercent),
        Some(percent) if percent > 0 && progress.actual_start.is_none() => Err(Refused::WrongPercent),
        _ => Ok(()),
    }
}

/// Whether something recorded before is no longer so: a correction, which says why.
fn takes_back(before: &Progress, after: &Progress) -> bool {
    let dropped = |before: Option<Date>, after: Option<Date>| before.is_some() && before != after;
    dropped(before.actual_start, after.actual_start)
        || dropped(before.actual_finish, after.actual_finish)
        || (before.actual_finish.is_none() && after.actual_finish.is_none() && before.percent_e3 > after.percent_e3)
}
