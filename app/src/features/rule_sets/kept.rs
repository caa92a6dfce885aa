//! Adopted rule sets in memory: every lamp asks for them.

use super::model::{GapRules, LampRules, RuleSet, gap_rules, lamp_rules};
use super::store;
use crate::args;
use crate::db::Conn;
use anyhow::Result;
use jiff::civil::Date;
use std::sync::{Arc, Mutex, PoisonError};

/// The rule sets read last, and the newest fact among them.
#[derive(Debug, Default)]
pub struct Kept(Mutex<(u64, Arc<Vec<RuleSet>>)>);

impl Kept {
    async fn adopted(&self, conn: &mut Conn) -> Result<Arc<Vec<RuleSet>>> {
        let newest = match conn.row("SELECT number FROM rule_set ORDER BY number DESC LIMIT 1", args![]).await? {
            Some(row) => row.count(0)?,
            None => return Ok(Arc::default()),
        };
        let (known, sets) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known == newest {
            return Ok(sets);
        }
        let sets = Arc::new(store::adopted(conn).await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (newest, sets.clone());
        Ok(sets)
    }

    /// The rule set of gaps on a day, with its numbers.
    pub async fn gap(&self, conn: &mut Conn, on: Date) -> Result<(RuleSet, GapRules)> {
        let adopted = self.adopted(conn).await?;
        let (set, rules) = gap_rules(&adopted, on);
        Ok((set.clone(), rules))
    }

    /// The rule set of the wall's lamps on a day, with its numbers.
    pub async fn lamps(&self, conn: &mut Conn, on: Date) -> Result<(RuleSet, LampRules)> {
        let adopted = self.adopted(conn).await?;
        let (set, rules) = lamp_rules(&adopted, on);
        Ok((set.clone(), rules))
    }
}
