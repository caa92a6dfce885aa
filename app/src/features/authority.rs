//! Who may do what: verb × place subtree × period, from the posts people hold.
//!
//! Checked inside the write door on the loaded row and on the result row, before any rule is asked. A place outside
//! a person's subtrees answers exactly as a place that does not exist.

use super::identity::{self, model::Role};
use super::places;
use crate::db::Conn;
use crate::journal::domain::{Actor, Context};
use crate::refusal::{Reason, Refusal};
use anyhow::Result;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// See pages.
    Read,
    /// Open and amend places, appoint officials, register organisations.
    Govern,
    /// Appoint task forces.
    Appoint,
    /// Draft and import plans.
    Plan,
    /// Approve baselines, activate projects, agree to orders.
    Approve,
    /// Issue mandated dates and answer requests to change them.
    Mandate,
    /// Report progress.
    Report,
    /// Confirm or dispute what sites report.
    Confirm,
    /// Verify on the spot what sites report.
    Inspect,
    /// Record pollution alerts, exemptions and site calendars.
    Calendar,
    /// Invite and disable accounts.
    Administer,
    /// Grant and end posts.
    Secure,
    /// Verify the ledger and see who saw what.
    Audit,
    /// Hand sealed leads of corruption over.
    Refer,
    /// Receive them.
    Receive,
}

/// A right that a command needs. No place: the root of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What is done.
    pub verb: Verb,
    /// Where.
    pub place: Option<String>,
}

impl Need {
    /// At a place.
    pub fn at(verb: Verb, place: impl Into<String>) -> Need {
        Need { verb, place: Some(place.into()) }
    }

    /// Everywhere.
    pub fn everywhere(verb: Verb) -> Need {
        Need { verb, place: None }
    }
}

/// What a command needs, or that what it names is not there.
pub type Scope = std::result::Result<Vec<Need>, Refusal>;

/// The refusal for what is not there, and for what is not this person's to see.
pub fn missing() -> Refusal {
    Refusal { code: "G-104", reason: Reason::Missing, params: Vec::new(), field: None }
}

/// The refusal for want of a post that allows a verb.
pub fn forbidden(verb: Verb) -> Refusal {
    let name = serde_json::to_value(verb).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    Refusal { code: "G-103", reason: Reason::Forbidden, params: vec![("verb", name)], field: None }
}

/// Checks every need of a command. The system may do everything: its commands come from the reactions table, timers,
/// and the generator of demo data.
pub async fn check(conn: &mut Conn, context: &Context, needs: &[Need]) -> Result<std::result::Result<(), Refusal>> {
    let Actor::Account(account) = &context.actor else { return Ok(Ok(())) };
    let rights = rights(conn, account, context.today).await?;
    for need in needs {
        let path = match &need.place {
            None => "/".to_owned(),
            Some(place) => match places::path(conn, place).await? {
                Some(path) => path,
                None => return Ok(Err(missing())),
            },
        };
        if rights.may(need.verb, &path) {
            continue;
        }
        let is_visible = need.place.is_none() || rights.may(Verb::Read, &path);
        return Ok(Err(if is_visible { forbidden(need.verb) } else { missing() }));
    }
    Ok(Ok(()))
}

/// The rights of one person on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Role and the path of the subtree it is held for.
    pub posts: Vec<(Role, String)>,
}

impl Rights {
    /// Whether a verb is allowed at a path.
    pub fn may(&self, verb: Verb, path: &str) -> bool {
        self.posts.iter().any(|(role, root)| path.starts_with(root.as_str()) && role.verbs().contains(&verb))
    }

    /// Whether a verb is allowed anywhere at all.
    pub fn may_somewhere(&self, verb: Verb) -> bool {
        self.posts.iter().any(|(role, _)| role.verbs().contains(&verb))
    }
}

/// Loads the rights of an account on a day. A disabled account has none.
pub async fn rights(conn: &mut Conn, account: &str, on: Date) -> Result<Rights> {
    Ok(Rights { posts: identity::posts_held(conn, account, on).await? })
}
