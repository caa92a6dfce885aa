//! Rules of contingency plans: what one names, what sets it off, how it is drilled and stood down.

use super::rules;
use crate::features::calendars::model::Level;
use crate::features::reports::model::{Photo, WORDS};
use crate::journal::domain::{Actor, Context, Draft};
use crate::names::names_person;
use crate::refusal::text;
use crate::refusals;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest number that a trigger takes: a threshold above is a slip of the finger.
pub const MOST: u32 = 1000;

/// What sets a plan off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A pollution alert of this level or a higher one.
    Alert {
        /// The level.
        level: Level,
    },
    /// So many hours of a day lost to weather.
    Weather {
        /// At least.
        hours: u32,
    },
    /// Work stands still.
    Stopped {},
    /// A major hazard is found.
    MajorHazard {},
    /// A material lasts for fewer days.
    Cover {
        /// Which; a word of `rules/reports.toml`.
        material: String,
        /// Fewer than.
        days: u32,
    },
    /// The least float of unfinished work is smaller.
    Float {
        /// Than so many working days.
        days: u32,
    },
}

impl Trigger {
    /// Names of all in tables, forms and locale keys.
    pub const NAMES: [&'static str; 6] = ["alert", "weather", "stopped", "major_hazard", "cover", "float"];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::Alert { .. } => "alert",
            Trigger::Weather { .. } => "weather",
            Trigger::Stopped {} => "stopped",
            Trigger::MajorHazard {} => "major_hazard",
            Trigger::Cover { .. } => "cover",
            Trigger::Float { .. } => "float",
        }
    }

    /// Whether something that happened meets it.
    pub fn is_met(&self, happening: &Happening) -> bool {
        match (self, happening) {
            (Trigger::Alert { level: least }, Happening::Alert { level, .. }) => level >= least,
            (Trigger::Weather { hours: least }, Happening::Report { weather_hours, .. }) => {
                weather_hours.is_some_and(|hours| hours >= *least)
            }
            (Trigger::Cover { material, days }, Happening::Report { cover_days, .. }) => {
                cover_days.get(material).is_some_and(|left| left < days)
            }
            (Trigger::Stopped {}, Happening::Stopped { .. }) => true,
            (Trigger::MajorHazard {}, Happening::MajorHazard { .. }) => true,
            (Trigger::Float { days }, Happening::Float { float_days_e3, .. }) => *float_days_e3 < i64::from(*days) * 1000,
            _ => false,
        }
    }

    fn is_sound(&self) -> bool {
        let is_number = |number: u32| (1..=MOST).contains(&number);
        match self {
            Trigger::Alert { .. } | Trigger::Stopped {} | Trigger::MajorHazard {} => true,
            Trigger::Weather { hours } => (1..=24).contains(hours),
            Trigger::Cover { material, days } => WORDS.material_ids().contains(material) && is_number(*days),
            Trigger::Float { days } => is_number(*days),
        }
    }
}

/// Something that happened and may set plans off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A pollution alert was announced at a level, or changed to it.
    Alert {
        /// The alert.
        alert: String,
        /// The level.
        level: Level,
    },
    /// A daily report was filed.
    Report {
        /// It.
        report: String,
        /// Hours lost to weather.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weather_hours: Option<u32>,
        /// Days that materials will last.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        cover_days: BTreeMap<String, u32>,
    },
    /// Work stands still: by a hazard, or as the state of a place.
    Stopped {
        /// The hazard or place.
        of: String,
        /// Since when.
        since: Date,
    },
    /// A major hazard was found.
    MajorHazard {
        /// It.
        hazard: String,
    },
    /// The least float of unfinished work in a week.
    Float {
        /// Its Monday.
        week: Date,
        /// In thousandths of working days.
        float_days_e3: i64,
    },
}

impl Happening {
    /// Names of triggers that it may meet.
    pub fn triggers(&self) -> &'static [&'static str] {
        match self {
            Happening::Alert { .. } => &["alert"],
            Happening::Report { .. } => &["weather", "cover"],
            Happening::Stopped { .. } => &["stopped"],
            Happening::MajorHazard { .. } => &["major_hazard"],
            Happening::Float { .. } => &["float"],
        }
    }

    /// By what the event is known: a plan fires once for it.
    pub fn event(&self) -> String {
        match self {
            Happening::Alert { alert, .. } => format!("alert {alert}"),
            Happening::Report { report, .. } => format!("report {report}"),
            Happening::Stopped { of, since } => format!("stop {of} {since}"),
            Happening::MajorHazard { hazard } => format!("hazard {hazard}"),
            Happening::Float { week, .. } => format!("float {week}"),
        }
    }
}

/// What a plan says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Its kind.
    pub kind: String,
    /// Its paper, by name and number.
    pub document: String,
    /// What sets it off.
    pub trigger: Trigger,
    /// What is done then.
    pub measures: String,
    /// The unit that owns it.
    pub unit: String,
    /// The post that owns it there; empty where the unit does.
    pub post: String,
    /// Stock set aside, in words.
    pub stock: String,
    /// Money set aside, in fen.
    pub amount_fen: i64,
    /// First day on which it holds.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Terms {
    /// Whether it holds on a day.
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && on <= self.to
    }

    /// By when it is to be drilled.
    pub fn drill_due(&self, last: Option<Date>) -> Date {
        let days = rules::kind(&self.kind).map_or(0, |kind| i64::from(kind.drill_days));
        last.unwrap_or(self.from).saturating_add(days.days())
    }
}

/// Firings of a plan, counted from one.
pub type Number = u32;

/// The id of a firing among the sources of orders.
pub fn firing_id(contingency: &str, firing: Number) -> String {
    format!("{contingency}-{firing}")
}

/// The plan and firing of such an id.
pub fn firing_of(id: &str) -> Option<(&str, Number)> {
    let (contingency, firing) = id.rsplit_once('-')?;
    Some((contingency, firing.parse().ok()?))
}

/// What can be asked of contingency plans.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "`contingency` is the same everywhere; the other fields are documented")]
pub enum Command {
    /// Lay one.
    Lay {
        /// Client-made id.
        contingency: String,
        /// The place.
        place: String,
        /// What it says.
        terms: Box<Terms>,
    },
    /// End it before its last day.
    End {
        contingency: String,
        /// Why.
        reason: String,
    },
    /// Note that it was drilled.
    Drill {
        contingency: String,
        /// On which day.
        on: Date,
        /// The post or unit that led the drill.
        who: String,
        /// How it went.
        content: String,
        /// What shows it.
        evidence: String,
        /// Photographs of it.
        photos: Vec<Photo>,
    },
    /// End what was set off.
    StandDown {
        contingency: String,
        /// Which firing.
        firing: Number,
        /// What came of it.
        outcome: String,
    },
    /// Something happened; only a reaction or the timer asks this.
    Hear {
        /// Where; `None`: everywhere.
        place: Option<String>,
        /// What.
        happening: Happening,
    },
}

/// What happened to contingency plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// One was laid.
    Laid { terms: Box<Terms> },
    /// It was ended.
    Ended { reason: String },
    /// It was drilled.
    Drilled {
        on: Date,
        who: String,
        content: String,
        evidence: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// Its trigger was met.
    Fired { firing: Number, happening: Happening },
    /// It was stood down.
    StoodDown { firing: Number, outcome: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "X-201" Conflict _;
    /// Plans are of projects and what stands in them.
    NotASite = "X-202" Rule about;
    /// No post at the place allows it.
    MayNot = "X-203" Forbidden _;
    /// No such kind.
    UnknownKind = "X-204" Rule contingency_kind;
    /// The paper must be named.
    NoDocument = "X-205" Rule document;
    /// What is done must be said.
    NoMeasures = "X-206" Rule content;
    /// The unit that owns it is not registered.
    UnknownUnit = "X-207" Rule owner;
    /// An owner is a post, not a person.
    PostNamesSomebody = "X-208" Rule post;
    /// Money set aside is not below nothing.
    AmountNegative = "X-209" Rule reserve_yuan;
    /// It ends before it begins, or has ended.
    PeriodOutside { date } = "X-210" Rule to;
    /// A number that the trigger cannot have, or a material that is not in the list.
    UnfitTrigger { most } = "X-211" Rule threshold;
    /// It was ended.
    AlreadyEnded { date } = "X-212" Conflict _;
    /// Why must be said.
    NoReason = "X-213" Rule reason;
    /// A drill was held while the plan held, and not tomorrow.
    DrillOutside { from, to } = "X-214" Rule on;
    /// Who led the drill must be said, by post.
    NoLeader = "X-215" Rule drill_leader;
    /// How the drill went must be said.
    NoContent = "X-216" Rule remark;
    /// A drill is shown by words or photographs.
    NoEvidence = "X-217" Rule evidence;
    /// That firing is not there, or was stood down.
    NothingFired = "X-218" Conflict _;
    /// What came of it must be said.
    NoOutcome = "X-219" Rule outcome;
}

/// A plan as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// The place.
    pub place: String,
    /// What it says.
    pub terms: Terms,
    /// When it was ended.
    pub ended_on: Option<Date>,
    /// Its firings: number, event, and whether each was stood down.
    pub firings: Vec<(Number, String, bool)>,
}

impl Known {
    /// Whether something that happened sets it off: its trigger is met, it is not under way, and it has not fired for that.
    fn is_set_off(&self, happening: &Happening, today: Date) -> bool {
        let event = happening.event();
        let is_free = self.firings.iter().all(|(_, known, is_down)| *is_down && *known != event);
        self.ended_on.is_none() && self.terms.holds(today) && is_free && self.terms.trigger.is_met(happening)
    }
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The place of the command.
    pub place: String,
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the place is a project or something in one.
    pub is_site: bool,
    /// Whether the unit is registered.
    pub is_unit_known: bool,
    /// Names of people of this installation.
    pub names: Vec<String>,
    /// Whether who acts works at the place.
    pub works: bool,
    /// The plan.
    pub contingency: Option<Known>,
    /// Plans that what happened may set off.
    pub candidates: Vec<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let today = context.today;
    if let Command::Hear { happening, .. } = command {
        if context.actor != Actor::System {
            return Err(Refused::MayNot);
        }
        let set_off = state.candidates.iter().filter(|known| known.is_set_off(happening, today));
        let fire = |known: &Known| {
            let firing = known.firings.iter().map(|(number, ..)| *number).max().unwrap_or(0) + 1;
            let fact = Fact::Fired { firing, happening: happening.clone() };
            Draft { fact, subject: known.id.clone(), place: known.place.clone(), occurred_on: today }
        };
        return Ok(set_off.map(fire).collect());
    }
    if !state.works && context.actor != Actor::System {
        return Err(Refused::MayNot);
    }
    if let Command::Lay { contingency, place, terms } = command {
        if state.is_id_taken {
            return Err(Refused::IdTaken);
        }
        let fact = Fact::Laid { terms: Box::new(laid(state, terms, today)?) };
        return Ok(vec![Draft { fact, subject: contingency.clone(), place: place.clone(), occurred_on: today }]);
    }
    let known = state.contingency.as_ref().ok_or(Refused::MayNot)?;
    let (fact, occurred_on) = step(state, known, command, today)?;
    Ok(vec![Draft { fact, subject: known.id.clone(), place: known.place.clone(), occurred_on }])
}

/// A plan as it is kept.
fn laid(state: &State, terms: &Terms, today: Date) -> Result<Terms, Refused> {
    if !state.is_site {
        return Err(Refused::NotASite);
    }
    rules::kind(&terms.kind).ok_or(Refused::UnknownKind)?;
    let document = text(&terms.document, Refused::NoDocument)?;
    let measures = text(&terms.measures, Refused::NoMeasures)?;
    if !terms.trigger.is_sound() {
        return Err(Refused::UnfitTrigger { most: MOST.to_string() });
    }
    if !state.is_unit_known {
        return Err(Refused::UnknownUnit);
    }
    let post = terms.post.trim().to_owned();
    if state.names.iter().any(|name| names_person(&post, name)) {
        return Err(Refused::PostNamesSomebody);
    }
    if terms.amount_fen < 0 {
        return Err(Refused::AmountNegative);
    }
    if terms.to < terms.from || terms.to < today {
        return Err(Refused::PeriodOutside { date: terms.from.max(today).to_string() });
    }
    Ok(Terms { document, measures, post, stock: terms.stock.trim().to_owned(), ..terms.clone() })
}

/// What follows for a plan that is there, and on which day.
fn step(state: &State, known: &Known, command: &Command, today: Date) -> Result<(Fact, Date), Refused> {
    if let Command::StandDown { firing, outcome, .. } = command {
        let is_open = known.firings.iter().any(|(number, _, is_down)| number == firing && !is_down);
        if !is_open {
            return Err(Refused::NothingFired);
        }
        return Ok((Fact::StoodDown { firing: *firing, outcome: text(outcome, Refused::NoOutcome)? }, today));
    }
    if let Some(on) = known.ended_on {
        return Err(Refused::AlreadyEnded { date: on.to_string() });
    }
    match command {
        Command::End { reason, .. } => Ok((Fact::Ended { reason: text(reason, Refused::NoReason)? }, today)),
        Command::Drill { on, who, content, evidence, photos, .. } => {
            if *on < known.terms.from || *on > today.min(known.terms.to) {
                let (from, to) = (known.terms.from.to_string(), today.min(known.terms.to).to_string());
                return Err(Refused::DrillOutside { from, to });
            }
            let who = text(who, Refused::NoLeader)?;
            if state.names.iter().any(|name| names_person(&who, name)) {
                return Err(Refused::NoLeader);
            }
            let content = text(content, Refused::NoContent)?;
            let evidence = evidence.trim().to_owned();
            if evidence.is_empty() && photos.is_empty() {
                return Err(Refused::NoEvidence);
            }
            Ok((Fact::Drilled { on: *on, who, content, evidence, photos: photos.clone() }, *on))
        }
        _ => Err(Refused::MayNot),
    }
}
