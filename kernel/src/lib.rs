//! Pure scheduling: calendars, networks, forward and backward passes, the backward plan and its concessions.
//!
//! No input or output, no clock, no unseeded chance: the same plan gives the same bytes, years later.
//!
//! Notation: ES EF LS LF are early and late start and finish, TF and FF total and free float; the data date means its
//! beginning. `docs/spec/kernel.md` states the rules and lists the codes of diagnostics.

#![forbid(unsafe_code)]

mod bounds;
mod calendar;
pub mod check;
mod compile;
mod cpm;
mod crash;
pub mod diagnose;
mod explain;
mod logic;
mod mandate;
mod measure;
mod network;
mod order;
pub mod plan;
mod progress;
mod schedule;
mod shifts;
mod shorten;
mod tie;

pub use compile::Draft;
pub use cpm::{Passes, backward, forward};
pub use explain::Driver;
pub use mandate::Outlook;
pub use network::Network;
pub use schedule::{Dates, Schedule, schedule};
pub use shorten::{Concession, Strength};
