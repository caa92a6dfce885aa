//! Rules of task forces: seats, who may hold them, and when one is complete.

use crate::journal::domain::{Context, Draft};
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A seat of a task force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// Leads it.
    Leader,
    /// Stands in for the leader.
    Deputy,
    /// Keeps contact and reports.
    Liaison,
    /// The accountable district official.
    LeadOfficial,
    /// An organisation that takes part.
    MemberUnit,
    /// The sub-district in charge of the ground.
    SubDistrict,
    /// The client of the works.
    Employer,
    /// The contractor.
    Contractor,
    /// The construction supervision engineer or firm.
    SupervisionEngineer,
}

impl Seat {
    /// Every seat with its name in URLs and tables.
    pub const ALL: [(Seat, &'static str); 9] = [
        (Seat::Leader, "leader"),
        (Seat::Deputy, "deputy"),
        (Seat::Liaison, "liaison"),
        (Seat::LeadOfficial, "lead_official"),
        (Seat::MemberUnit, "member_unit"),
        (Seat::SubDistrict, "sub_district"),
        (Seat::Employer, "employer"),
        (Seat::Contractor, "contractor"),
        (Seat::SupervisionEngineer, "supervision_engineer"),
    ];

    /// Its name in URLs and tables.
    pub fn name(self) -> &'static str {
        Seat::ALL.iter().find(|(seat, _)| *seat == self).map_or("", |(_, name)| name)
    }

    /// The seat of a name.
    pub fn from_name(name: &str) -> Option<Seat> {
        Seat::ALL.iter().find(|(_, known)| *known == name).map(|(seat, _)| *seat)
    }

    /// Seats of one person or organisation at a time; the others may have several.
    pub fn is_single(self) -> bool {
        !matches!(self, Seat::Deputy | Seat::MemberUnit | Seat::Contractor)
    }
}

/// Seats that must be held before a project is activated.
pub const REQUIRED: [Seat; 6] =
    [Seat::Leader, Seat::Liaison, Seat::SubDistrict, Seat::Employer, Seat::Contractor, Seat::SupervisionEngineer];

/// Who holds a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A person, by account.
    Account(String),
    /// An organisation.
    Organisation(String),
}

/// What can be asked of task forces.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Fill a seat.
    Fill {
        /// Client-made id of the membership.
        member: String,
        /// The project.
        project: String,
        /// The seat.
        seat: Seat,
        /// Who takes it.
        holder: Holder,
        /// First day.
        from: Date,
    },
    /// Leave a seat.
    Vacate {
        /// The membership.
        member: String,
        /// Last day.
        on: Date,
        /// Why.
        reason: String,
    },
}

/// What happened to task forces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A seat was filled.
    SeatFilled {
        /// The project.
        project: String,
        /// The seat.
        seat: Seat,
        /// Who took it.
        holder: Holder,
        /// First day.
        from: Date,
    },
    /// A seat was left.
    SeatVacated {
        /// Last day.
        on: Date,
        /// Why.
        reason: String,
    },
}

refusals! {
    /// The id is in use.
    IdTaken = "T-101" Conflict _;
    /// Only projects have task forces.
    NotAProject = "T-102" Rule _;
    /// Somebody else holds the seat.
    SeatHeld { seat } = "T-103" Rule seat;
    /// No such person or organisation.
    UnknownHolder = "T-104" Rule holder;
    /// Already left, or leaving before coming.
    NotHeld = "T-105" Rule on;
    /// Leaving says why.
    NoReason = "T-106" Rule reason;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// Whether the place is a project.
    pub is_project: bool,
    /// Whether the holder exists.
    pub is_holder_known: bool,
    /// Whether the seat is held by somebody now.
    pub is_seat_held: bool,
    /// The membership to end: its project and first day, while it runs.
    pub running: Option<(String, Date)>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, _context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    match command {
        Command::Fill { member, project, seat, holder, from } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if !state.is_project {
                return Err(Refused::NotAProject);
            }
            if !state.is_holder_known {
                return Err(Refused::UnknownHolder);
            }
            if seat.is_single() && state.is_seat_held {
                return Err(Refused::SeatHeld { seat: format!("seat_{}", seat.name()) });
            }
            let fact = Fact::SeatFilled { project: project.clone(), seat: *seat, holder: holder.clone(), from: *from };
            Ok(vec![Draft { fact, subject: member.clone(), place: project.clone(), occurred_on: *from }])
        }
        Command::Vacate { member, on, reason } => {
            let reason = reason.trim();
            if reason.is_empty() {
                return Err(Refused::NoReason);
            }
            let (project, from) = state.running.as_ref().ok_or(Refused::NotHeld)?;
            if on < from {
                return Err(Refused::NotHeld);
            }
            let fact = Fact::SeatVacated { on: *on, reason: reason.into() };
            Ok(vec![Draft { fact, subject: member.clone(), place: project.clone(), occurred_on: *on }])
        }
    }
}
