//! guatu-plan/1 as JSON: the strict reader and the writer. Both are each other's inverse on every valid plan.

mod fields;
mod read;
mod vocabulary;
mod write;

pub(crate) use read::{MOST, read, read_activity, read_calendar, read_mandate, read_options, read_resource, read_stop};
pub(crate) use vocabulary::{CONSTRAINTS, GRANULARITIES, KINDS, LINKS, listed, value_of, word_of};
pub use write::write;
pub(crate) use write::{Object, activity_json, calendar_json, mandate_json, options_json, resource_json, stop_json};
