//! Every "a fact in X makes Y act", in one table. Consequences are decided in the same transaction as their fact.

use super::{Command, Fact};
use crate::journal::domain::Entry;

/// Commands that must follow a fact.
pub fn consequences(entry: &Entry<Fact>) -> Vec<Command> {
    let _ = entry;
    Vec::new()
}
