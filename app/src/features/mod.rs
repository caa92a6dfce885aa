//! The table of features, and the one `Domain` that the write door is handed.
//!
//! A feature is a folder with the same five files. Adding one is adding a row here: the row gives it a command, a
//! fact, its tables and its pages. Features read downward: a level may call read functions of lower levels only.

pub mod authority;
pub mod reactions;

use crate::db::Conn;
use crate::journal::domain::{Context, Decision, Domain, Draft, Entry, Urgency};
use crate::web::Site;
use anyhow::{Context as _, Result, bail};
use axum::Router;
use serde::Serialize;

/// What the program needs to know of a feature.
#[derive(Debug)]
pub struct Feature {
    /// Definitions of its derived tables.
    pub tables: &'static str,
    /// Its pages.
    pub routes: fn() -> Router<Site>,
}

macro_rules! features {
    (writing { $($level:literal $variant:ident $name:ident;)+ } viewing { $($view_level:literal $view:ident;)* }) => {
        $(pub mod $name;)+
        $(pub mod $view;)*

        /// Every command of every feature.
        #[derive(Debug, Serialize)]
        #[allow(missing_docs, reason = "one variant a feature")]
        pub enum Command { $($variant($name::model::Command),)+ }

        /// Every fact of every feature.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "one variant a feature")]
        pub enum Fact { $($variant($name::model::Fact),)+ }

        $(impl From<$name::model::Command> for Command {
            fn from(command: $name::model::Command) -> Self { Command::$variant(command) }
        })+

        /// One row a feature, lowest level first.
        pub const FEATURES: &[Feature] = &[
            $(Feature {
                tables: include_str!(concat!(stringify!($name), "/tables.sql")),
                routes: $name::pages::routes,
            },)+
            $(Feature { tables: "", routes: $view::pages::routes },)*
        ];

        impl Domain for Guatu {
            type Command = Command;
            type Fact = Fact;

            async fn decide(&self, conn: &mut Conn, command: &Command, context: &Context) -> Result<Decision<Fact>> {
                match command {
                    $(Command::$variant(command) => {
                        let scope = match $name::scope(conn, command).await? {
                            Ok(scope) => scope,
                            Err(refusal) => return Ok(Err(refusal)),
                        };
                        if let Err(refusal) = authority::check(conn, context, &scope).await? {
                            return Ok(Err(refusal));
                        }
                        Ok($name::decide(conn, command, context).await?.map(|drafts| {
                            drafts.into_iter().map(|draft| Draft {
                                fact: Fact::$variant(draft.fact),
                                subject: draft.subject,
                                place: draft.place,
                                occurred_on: draft.occurred_on,
                            }).collect()
                        }))
                    })+
                }
            }

            async fn apply(&self, conn: &mut Conn, entry: &Entry<Fact>) -> Result<()> {
                match &entry.fact {
                    $(Fact::$variant(fact) => $name::store::apply(conn, entry, fact).await?,)+
                }
                plan::heard::hear(conn, entry).await?;
                targets::store::hear(conn, entry).await?;
                duties::store::hear(conn, entry).await?;
                instructions::store::hear(conn, entry).await?;
                messages::heard::hear(conn, entry).await
            }

            async fn settle(&self, conn: &mut Conn, urgency: Urgency) -> Result<()> {
                plan::settle(conn, &self.networks, urgency).await
            }

            async fn is_behind(&self, conn: &mut Conn) -> Result<bool> {
                plan::is_behind(conn).await
            }

            fn react(&self, entry: &Entry<Fact>) -> Vec<Command> {
                reactions::consequences(entry)
            }

            fn document<'f>(&self, fact: &'f Fact) -> Option<&'f str> {
                match fact {
                    Fact::Plans(plan::model::Fact::Drafted { document, .. }) => Some(document),
                    _ => None,
                }
            }

            fn encode(&self, fact: &Fact) -> Result<(String, String)> {
                match fact {
                    $(Fact::$variant(fact) => encode_fact(stringify!($name), fact),)+
                }
            }

            fn decode(&self, kind: &str, payload: &str) -> Result<Fact> {
                let (feature, name) = split_kind(kind)?;
                match feature {
                    $(stringify!($name) => Ok(Fact::$variant(decode_fact(name, payload)?)),)+
                    _ => bail!("no feature `{feature}`"),
                }
            }

            fn tables(&self) -> Vec<&'static str> {
                FEATURES.iter().map(|feature| feature.tables).filter(|tables| !tables.is_empty()).collect()
            }
        }
    };
}

features! {
    writing {
        0 Places places;
        0 Organisations organisations;
        1 Identity identity;
        2 TaskForces task_force;
        2 Calendars calendars;
        2 RuleSets rule_sets;
        2 Leads leads;
        3 Plans plan;
        4 Targets targets;
        5 Reports reports;
        5 RiskEvents risk_events;
        6 Problems problems;
        6 WallChart wall_chart;
        6 Hazards hazards;
        6 Gates gates;
        7 Bulletins bulletin;
        7 Rounds round;
        7 Duties duties;
        7 Instructions instructions;
        7 Contingencies contingencies;
        8 Returns returns;
        8 Orders orders;
        9 Closings closings;
        9 Inspections inspections;
        10 Messages messages;
    }
    viewing {
        6 audit;
        6 exchange;
        7 what_if;
        9 profile;
        9 search;
        9 desk;
        9 diaries;
    }
}

/// The domain. It holds no state that could not be rebuilt: only plans read before.
#[derive(Debug, Default)]
pub struct Guatu {
    /// Approved plans by the hash of their documents.
    pub networks: plan::Networks,
    /// Assessments of work items.
    pub assessments: targets::assess::Kept,
    /// How good measured figures are.
    pub grades: targets::grades::Kept,
    /// What was done by work item and day.
    pub measured: targets::measured::Kept,
    /// By which numbers lamps turn.
    pub rules: rule_sets::kept::Kept,
    /// The place tree.
    pub places: places::tree::Kept,
    /// What blockers have held up.
    pub eaten: problems::eaten::Kept,
    /// When orders next have something to say.
    pub due: orders::due::Kept,
    /// How many messages people have not opened.
    pub unread: messages::unread::Kept,
    /// How likely mandated dates are.
    pub chances: wall_chart::chances::Kept,
    /// Schedules whose lamps were compared with what is noted.
    pub lamps: wall_chart::store::Compared,
}

/// Version of every fact written today. A fact that changes its shape gets its own version here and a reader for the old.
const VERSION: &str = "1";

/// `feature.past_tense/1` and the payload, from a fact that serialises as `{"past_tense": {…}}`.
fn encode_fact<F: Serialize>(feature: &str, fact: &F) -> Result<(String, String)> {
    let text = serde_json::to_string(fact)?;
    let (name, payload) = text
        .strip_prefix("{\"")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|rest| rest.split_once("\":"))
        .context("a fact serialises as one variant with fields")?;
    Ok((format!("{feature}.{name}/{VERSION}"), payload.to_owned()))
}

fn decode_fact<F: serde::de::DeserializeOwned>(name: &str, payload: &str) -> Result<F> {
    serde_json::from_str(&format!("{{\"{name}\":{payload}}}")).with_context(|| format!("`{name}`"))
}

fn split_kind(kind: &str) -> Result<(&str, &str)> {
    let (name, version) = kind.split_once('/').context("a kind carries a version")?;
    if version != VERSION {
        bail!("`{kind}` was written by a newer version of Guatu");
    }
    name.split_once('.').context("a kind names its feature")
}
