//! Pure scheduling: calendars, networks, forward and backward passes, the backward plan and its concessions.
//!
//! No input or output, no clock, no unseeded chance: the same plan gives the same bytes, years later.
//!
//! Notation: ES EF LS LF are early and late start and finish, TF and FF total and free float; the data date means its
//! beginning. `docs/spec/kernel.md` states the rules and lists the codes of diagnostics.
//!
//! A plan goes one way: [`plan::Plan`] → [`Draft`] (read) → [`Network`] (ordered) → [`Passes`] → [`Schedule`].
//! [`schedule()`] does all of it; [`LivePlan`] keeps all of it and recomputes what a change of one activity reaches.
//!
//! ```
//! use guatu_kernel::plan::{Activity, Granularity, Link, LinkKind, Moment, Options, Plan, Span};
//! use jiff::civil::date;
//!
//! let link = Link { from: "A".into(), to: "B".into(), kind: LinkKind::FS, lag: Span::days(2), at: None };
//! let plan = Plan {
//!     name: None,
//!     granularity: Granularity::Day,
//!     start: Moment::Day(date(2026, 6, 1)),
//!     data_date: None,
//!     calendar: None, // Monday to Friday
//!     options: Options::default(),
//!     calendars: vec![],
//!     activities: vec![Activity::task("A", Span::days(5)), Activity::task("B", Span::days(3))],
//!     links: vec![link],
//!     resources: vec![],
//!     mandated: vec![],
//!     stops: vec![],
//! };
//! let schedule = guatu_kernel::schedule(&plan);
//! assert_eq!(schedule.finish, Some(Moment::Day(date(2026, 6, 12))));
//! ```

#![forbid(unsafe_code)]

mod bounds;
mod calendar;
mod chance;
pub mod check;
mod compile;
mod cpm;
mod crash;
mod crews;
pub mod diagnose;
pub mod drawing;
mod explain;
mod float_paths;
mod floats;
pub mod flowline;
pub mod guarantee;
pub mod level;
mod live;
mod logic;
mod mandate;
mod measure;
mod network;
mod order;
mod pause;
pub mod plan;
pub mod pool;
mod progress;
pub mod rcpsp;
mod reading;
mod rest_days;
pub mod risk;
mod schedule;
mod shifts;
mod shorten;
mod tie;
pub mod weather;
mod work_time;
mod worklist;

pub use compile::Draft;
pub use cpm::{Passes, backward, forward};
pub use crews::Shared;
pub use explain::Driver;
pub use float_paths::{PathOrder, PathTo, float_paths};
pub use floats::MilestoneFloats;
pub use live::{LivePlan, MilestoneFloat, Revised, Ripple};
pub use mandate::Outlook;
pub use network::Network;
pub use schedule::{BreakDates, Dates, Schedule, schedule};
pub use shorten::{Concession, Strength};
pub use work_time::WorkTime;
