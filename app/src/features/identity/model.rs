//! Rules of identity: what each role may do, and who may hold which posts together.

use crate::features::authority::Verb;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A role that a post gives. Everybody without a post is the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// District or project leader.
    Leader,
    /// Supervision office.
    SupervisionOffice,
    /// Inspector of unannounced visits.
    Inspector,
    /// Member of a task force.
    TaskForce,
    /// Sub-district staff.
    SubDistrict,
    /// The client of the works.
    Employer,
    /// Contractor.
    Contractor,
    /// Construction supervision engineer.
    SupervisionEngineer,
    /// Keeper of supervised funds.
    FundCustodian,
    /// Auditor.
    Auditor,
    /// Representative of residents.
    ResidentsRepresentative,
    /// Runs the system; sees no business data.
    SystemAdmin,
    /// Grants posts; sees no business data.
    SecurityAdmin,
    /// Verifies the ledger and reads the access log.
    AuditAdmin,
    /// The discipline inspection body: receives sealed leads and sees nothing else.
    DisciplineInspection,
}

impl Role {
    /// Every role with its name in URLs and tables.
    pub const ALL: [(Role, &'static str); 15] = [
        (Role::Leader, "leader"),
        (Role::SupervisionOffice, "supervision_office"),
        (Role::Inspector, "inspector"),
        (Role::TaskForce, "task_force"),
        (Role::SubDistrict, "sub_district"),
        (Role::Employer, "employer"),
        (Role::Contractor, "contractor"),
        (Role::SupervisionEngineer, "supervision_engineer"),
        (Role::FundCustodian, "fund_custodian"),
        (Role::Auditor, "auditor"),
        (Role::ResidentsRepresentative, "residents_representative"),
        (Role::SystemAdmin, "system_admin"),
        (Role::SecurityAdmin, "security_admin"),
        (Role::AuditAdmin, "audit_admin"),
        (Role::DisciplineInspection, "discipline_inspection"),
    ];

    /// Its name in URLs and tables.
    pub fn name(self) -> &'static str {
        Role::ALL.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }

    /// The role of a name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.iter().find(|(_, known)| *known == name).map(|(role, _)| *role)
    }

    /// What it may do in its subtree.
    pub fn verbs(self) -> &'static [Verb] {
        use Verb::{Administer, Appoint, Approve, Audit, Calendar, Confirm, Govern, Inspect, Mandate, Plan, Read, Receive, Refer, Report, Secure};
        match self {
            Role::Leader => &[Read, Govern, Appoint, Approve, Mandate, Refer],
            Role::SupervisionOffice => &[Read, Govern, Appoint, Plan, Calendar, Refer],
            Role::TaskForce => &[Read, Plan, Report],
            Role::Employer => &[Read, Plan],
            Role::Contractor => &[Read, Plan, Report],
            Role::SupervisionEngineer => &[Read, Confirm],
            Role::SubDistrict => &[Read, Report],
            Role::Inspector => &[Read, Inspect, Refer],
            Role::FundCustodian | Role::ResidentsRepresentative => &[Read],
            Role::Auditor => &[Read, Audit, Refer],
            Role::SystemAdmin => &[Administer],
            Role::SecurityAdmin => &[Secure],
            Role::AuditAdmin => &[Audit],
            Role::DisciplineInspection => &[Receive],
        }
    }

    /// Whether it is one of the three administrators, who must be three people.
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin)
    }
}

/// What can be asked of identity.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Create an account. Its name and password are kept beside the ledger.
    CreateAccount {
        /// Client-made id.
        account: String,
        /// The organisation the person belongs to.
        organisation: Option<String>,
    },
    /// Make another first link, for an account that nobody has entered and that has no post.
    Invite {
        /// The account.
        account: String,
    },
    /// Note that the person has set login and password by a one-time link.
    Enter {
        /// The account.
        account: String,
    },
    /// Ask for a fresh one-time link for somebody who has lost the password, or was given a post before entering.
    AskReset {
        /// The account.
        account: String,
        /// Why.
        reason: String,
    },
    /// Allow it: a second administrator, so that nobody alone can become somebody else.
    AllowReset {
        /// The account.
        account: String,
    },
    /// Take all rights away at once.
    Disable {
        /// The account.
        account: String,
        /// Why.
        reason: String,
    },
    /// Give them back.
    Enable {
        /// The account.
        account: String,
        /// Why.
        reason: String,
    },
    /// Grant a post.
    Grant {
        /// Client-made id.
        post: String,
        /// Who holds it.
        account: String,
        /// What it allows.
        role: Role,
        /// Where; `None`: everywhere.
        place: Option<String>,
        /// First day.
        from: Date,
        /// Last day; `None`: until ended.
        to: Option<Date>,
    },
    /// End a post.
    EndPost {
        /// The post.
        post: String,
        /// Last day it is held.
        on: Date,
    },
}

/// What happened to accounts and posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An account was created.
    AccountCreated {
        /// The organisation the person belongs to.
        organisation: Option<String>,
    },
    /// Another first link was made; creating the account has made one already.
    Invited {},
    /// The person set login and password.
    Entered {},
    /// A fresh link was asked for.
    ResetAsked {
        /// Why.
        reason: String,
    },
    /// A fresh link was allowed.
    ResetAllowed {},
    /// An account was disabled.
    Disabled {
        /// Why.
        reason: String,
    },
    /// An account was enabled again.
    Enabled {
        /// Why.
        reason: String,
    },
    /// A post was granted.
    PostGranted {
        /// Who holds it.
        account: String,
        /// What it allows.
        role: Role,
        /// Where; `None`: everywhere.
        place: Option<String>,
        /// First day.
        from: Date,
        /// Last day.
        to: Option<Date>,
    },
    /// A post was ended.
    PostEnded {
        /// Last day it is held.
        on: Date,
    },
}

refusals! {
    /// The id is in use.
    IdTaken = "I-101" Conflict _;
    /// A reason is needed.
    NoReason = "I-102" Rule reason;
    /// No such account.
    UnknownAccount = "I-103" Rule account;
    /// No such place.
    UnknownPlace = "I-104" Rule place;
    /// The last day lies before the first.
    PeriodBackwards = "I-105" Rule to;
    /// Nobody grants a post to themselves.
    OwnPost = "I-106" Rule account;
    /// The three administrators are three people.
    TwoAdministrators { role } = "I-107" Rule role;
    /// The last system or security administrator cannot be taken away.
    LastAdministrator { role } = "I-108" Rule _;
    /// The post has ended already.
    AlreadyEnded = "I-109" Rule _;
    /// Somebody accountable for places is replaced there first.
    StillAccountable { places } = "I-110" Rule _;
    /// Nobody has asked for a fresh link.
    NoResetAsked = "I-111" Conflict _;
    /// Whoever asks does not also allow.
    OwnReset = "I-112" Rule _;
    /// There is no password yet that could be lost, nor a post.
    NeverEntered = "I-113" Rule _;
    /// An account with a post gets its link from two administrators.
    HasPost = "I-114" Conflict _;
    /// People enter before they get posts: the link of one administrator alone ends with the first post.
    NotEntered = "I-115" Rule account;
    /// The person has a password already.
    HasEntered = "I-128" Conflict _;
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id to be made is in use.
    pub is_id_taken: bool,
    /// Whether the account exists.
    pub is_account_known: bool,
    /// Whether the place exists (or none was named).
    pub is_place_known: bool,
    /// Administrator roles the account holds now or will.
    pub administrator_roles: Vec<Role>,
    /// The post to be ended, and whether it still runs.
    pub running_role: Option<Role>,
    /// Names of the places the account is accountable for.
    pub accountable_for: Vec<String>,
    /// Whether the person has set login and password.
    pub has_entered: bool,
    /// Whether the account has been given a post.
    pub has_post: bool,
    /// Who asked for a fresh link.
    pub reset_asked_by: Option<String>,
    /// Other accounts that hold each administrator role without end.
    pub other_holders: Vec<Role>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let draft = |fact, subject: &str, place: Option<&String>, occurred_on| {
        vec![Draft {
            fact,
            subject: subject.to_owned(),
            place: place.cloned().unwrap_or_else(|| "-".into()),
            occurred_on,
        }]
    };
    match command {
        Command::CreateAccount { account, organisation } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            Ok(draft(Fact::AccountCreated { organisation: organisation.clone() }, account, None, context.today))
        }
        Command::Invite { account } => {
            if state.has_entered {
                return Err(Refused::HasEntered);
            }
            if state.has_post {
                return Err(Refused::HasPost);
            }
            Ok(draft(Fact::Invited {}, account, None, context.today))
        }
        Command::Enter { account } => Ok(draft(Fact::Entered {}, account, None, context.today)),
        Command::AskReset { account, reason } => {
            if !state.has_entered && !state.has_post {
                return Err(Refused::NeverEntered);
            }
            Ok(draft(Fact::ResetAsked { reason: text(reason, Refused::NoReason)? }, account, None, context.today))
        }
        Command::AllowReset { account } => {
            let asked_by = state.reset_asked_by.as_ref().ok_or(Refused::NoResetAsked)?;
            if context.actor == Actor::Account(asked_by.clone()) {
                return Err(Refused::OwnReset);
            }
            Ok(draft(Fact::ResetAllowed {}, account, None, context.today))
        }
        Command::Disable { account, reason } => {
            keep_administrators(state, &state.administrator_roles)?;
            if !state.accountable_for.is_empty() {
                return Err(Refused::StillAccountable { places: state.accountable_for.join("\n") });
            }
            Ok(draft(Fact::Disabled { reason: text(reason, Refused::NoReason)? }, account, None, context.today))
        }
        Command::Enable { account, reason } => {
            Ok(draft(Fact::Enabled { reason: text(reason, Refused::NoReason)? }, account, None, context.today))
        }
        Command::Grant { post, account, role, place, from, to } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if !state.is_account_known {
                return Err(Refused::UnknownAccount);
            }
            if !state.is_place_known {
                return Err(Refused::UnknownPlace);
            }
            if !state.has_entered && context.actor != Actor::System {
                return Err(Refused::NotEntered);
            }
            if context.actor == Actor::Account(account.clone()) {
                return Err(Refused::OwnPost);
            }
            if to.is_some_and(|to| to < *from) {
                return Err(Refused::PeriodBackwards);
            }
            if role.is_administrator()
                && let Some(other) = state.administrator_roles.iter().find(|other| *other != role)
            {
                return Err(Refused::TwoAdministrators { role: other.name().into() });
            }
            let fact = Fact::PostGranted { account: account.clone(), role: *role, place: place.clone(), from: *from, to: *to };
            Ok(draft(fact, post, place.as_ref(), *from))
        }
        Command::EndPost { post, on } => {
            let role = state.running_role.ok_or(Refused::AlreadyEnded)?;
            keep_administrators(state, &[role])?;
            Ok(draft(Fact::PostEnded { on: *on }, post, None, *on))
        }
    }
}

/// Refuses to leave an installation without a system or security administrator: nobody could let anybody in again.
fn keep_administrators(state: &State, leaving: &[Role]) -> Result<(), Refused> {
    let needed = |role: &&Role| matches!(role, Role::SystemAdmin | Role::SecurityAdmin);
    match leaving.iter().filter(needed).find(|role| !state.other_holders.contains(role)) {
        Some(role) => Err(Refused::LastAdministrator { role: role.name().into() }),
        None => Ok(()),
    }
}
