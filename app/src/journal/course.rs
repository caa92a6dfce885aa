//! The course of a subject: its facts as a feature keeps them beside what it derives, oldest first.

use crate::clock::civil;
use crate::db::Row;
use anyhow::Result;
use jiff::civil::DateTime;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A fact of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<F> {
    /// Its number in the ledger.
    pub number: u64,
    /// When it was recorded, civil time in China.
    pub at: DateTime,
    /// Who did it.
    pub by: String,
    /// What.
    pub fact: F,
}

impl<F: DeserializeOwned> Step<F> {
    /// From the columns `number, recorded_at, by_account, fact`.
    ///
    /// # Errors
    /// A column of another kind: the table is not what its feature wrote.
    pub fn read(row: &Row) -> Result<Step<F>> {
        Ok(Step { number: row.count(0)?, at: civil(row.text(1)?.parse()?), by: row.text(2)?, fact: row.json(3)? })
    }
}

/// The name of a fact's variant, as its kind in the ledger has it.
pub fn fact_name<F: Serialize>(fact: &F) -> String {
    let value = serde_json::to_value(fact).unwrap_or_default();
    value.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default()
}
