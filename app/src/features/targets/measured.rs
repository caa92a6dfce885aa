//! What was done of every work item by day, kept between pages: only what was reported or judged since the last look is read.

use crate::args;
use crate::db::Conn;
use anyhow::Result;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was measured of a work item, at the best grade of each day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Done before anything was measured, in thousandths.
    pub opening_e3: i64,
    /// The first measured day.
    pub first_on: Date,
    /// The last measured day.
    pub last_on: Date,
    /// Done in all through each measured day, in their order.
    through_e3: Vec<(Date, i64)>,
}

impl Measured {
    /// Done before a day.
    pub fn before_e3(&self, day: Date) -> i64 {
        let count = self.through_e3.partition_point(|(on, _)| *on < day);
        count.checked_sub(1).map_or(self.opening_e3, |at| self.through_e3[at].1)
    }

    fn add(&mut self, on: Date, quantity_e3: i64) {
        let before = self.through_e3.last().map_or(self.opening_e3, |(_, through)| *through);
        self.through_e3.push((on, before + quantity_e3));
    }
}

/// The measured works of a project, by activity.
pub type Works = HashMap<String, Arc<Measured>>;

/// The works read last, by project, with the newest fact they hold.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, (u64, Arc<Works>)>>);

impl Kept {
    /// The measured works of a project as they are now. Not for a writer: it must not be told what others have read.
    pub async fn of(&self, conn: &mut Conn, project: &str) -> Result<Arc<Works>> {
        let sql = "SELECT number FROM measured_item WHERE project = ? ORDER BY number DESC LIMIT 1";
        let newest = conn.row(sql, args![project]).await?.map_or(Ok(0), |row| row.count(0))?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(project).cloned();
        let (since, mut works) = match kept {
            Some((since, works)) if since == newest => return Ok(works),
            // A ledger that was put back has less than what is kept.
            Some((since, works)) if since < newest => (since, works),
            _ => (0, Arc::default()),
        };
        let changed = Arc::make_mut(&mut works);
        read(conn, project, since, changed).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(project.to_owned(), (newest, works.clone()));
        Ok(works)
    }
}

/// Reads the works that a fact after `since` has touched.
async fn read(conn: &mut Conn, project: &str, since: u64, works: &mut Works) -> Result<()> {
    let sql = "SELECT activity, opening_e3, first_on, last_on FROM measured_item WHERE project = ? AND number > ?";
    let mut fresh: HashMap<String, Measured> = HashMap::new();
    for row in conn.rows(sql, args![project, since]).await? {
        let (opening_e3, first_on, last_on) = (row.int(1)?, row.date(2)?, row.date(3)?);
        fresh.insert(row.text(0)?, Measured { opening_e3, first_on, last_on, through_e3: Vec::new() });
    }
    let sql = "SELECT d.activity, d.on_day, d.quantity_e3 FROM measured_item i JOIN measured_day d ON d.project = i.project AND d.activity = i.activity
               WHERE i.project = ? AND i.number > ? ORDER BY d.activity, d.on_day";
    let rows = conn.rows(sql, args![project, since]).await?;
    let days = rows.iter().map(|row| Ok((row.str(0)?, row.date(1)?, row.int(2)?))).collect::<Result<Vec<_>>>()?;
    for days in days.chunk_by(|one, next| one.0 == next.0) {
        // What began between the two readings is read the next time.
        let Some(measured) = days.first().and_then(|(activity, ..)| fresh.get_mut(*activity)) else { continue };
        days.iter().for_each(|(_, on, quantity_e3)| measured.add(*on, *quantity_e3));
    }
    works.extend(fresh.into_iter().map(|(activity, measured)| (activity, Arc::new(measured))));
    Ok(())
}
