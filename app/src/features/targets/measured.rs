//! What was done of every work item by day and who stands for it, kept between pages: only what was reported or judged since the
//! last look is read.

use crate::args;
use crate::db::{Conn, Row};
use super::model::Grade;
use anyhow::{Context, Result};
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
    /// The measured days in their order.
    days: Vec<Day>,
}

/// A measured day of a work item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    on: Date,
    /// Done in all through it, in thousandths.
    through_e3: i64,
    /// Who stands for what was done on it.
    grade: Grade,
    /// The fact that said so.
    graded_number: u64,
}

impl Measured {
    /// Done before a day.
    pub fn before_e3(&self, day: Date) -> i64 {
        let count = self.days.partition_point(|one| one.on < day);
        count.checked_sub(1).map_or(self.opening_e3, |at| self.days[at].through_e3)
    }

    /// Who stands for what was done through a day; `None` before anything was measured. It is the grade of the newest measured
    /// day by then, and disputed as long as a day is disputed and nobody has since judged a later one.
    pub fn grade_on(&self, day: Date) -> Option<Grade> {
        let known = &self.days[..self.days.partition_point(|one| one.on <= day)];
        let newest = known.last()?.grade;
        let mut judged_number = 0;
        for one in known.iter().rev() {
            match one.grade {
                Grade::Disputed if one.graded_number > judged_number => return Some(Grade::Disputed),
                Grade::Confirmed | Grade::Verified => judged_number = judged_number.max(one.graded_number),
                Grade::Disputed | Grade::Reported => {}
            }
        }
        Some(newest)
    }

    /// The next day; it has what was done on it alone.
    fn add(&mut self, day: Day) {
        let before_e3 = self.days.last().map_or(self.opening_e3, |day| day.through_e3);
        self.days.push(Day { through_e3: before_e3 + day.through_e3, ..day });
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
        fresh.insert(row.text(0)?, Measured { opening_e3, first_on, last_on, days: Vec::new() });
    }
    let sql = "SELECT d.activity, d.on_day, d.quantity_e3, d.grade, d.graded_number FROM measured_item i JOIN measured_day d ON d.project = i.project AND d.activity = i.activity
               WHERE i.project = ? AND i.number > ? ORDER BY d.activity, d.on_day";
    let rows = conn.rows(sql, args![project, since]).await?;
    let days = rows.iter().map(|row| Ok((row.str(0)?, read_day(row, 1)?))).collect::<Result<Vec<_>>>()?;
    for days in days.chunk_by(|one, next| one.0 == next.0) {
        // What began between the two readings is read the next time.
        let Some(measured) = days.first().and_then(|(activity, ..)| fresh.get_mut(*activity)) else { continue };
        days.iter().for_each(|(_, day)| measured.add(*day));
    }
    works.extend(fresh.into_iter().map(|(activity, measured)| (activity, Arc::new(measured))));
    Ok(())
}

/// A day with what was done on it alone.
fn read_day(row: &Row, at: usize) -> Result<Day> {
    Ok(Day {
        on: row.date(at)?,
        through_e3: row.int(at + 1)?,
        grade: Grade::from_name(row.str(at + 2)?).context("a stored grade is known")?,
        graded_number: row.count(at + 3)?,
    })
}

/// Works of a building that were measured on a day, as project and activity, each with the grade of all that was done of it.
pub(super) async fn newest_grades(conn: &mut Conn, building: &str, on: Date) -> Result<Vec<(String, String, Grade)>> {
    let sql = "SELECT d.project, d.activity, d.on_day, d.quantity_e3, d.grade, d.graded_number
               FROM measured_item i JOIN measured_day d ON d.project = i.project AND d.activity = i.activity
               WHERE i.building = ? AND EXISTS (SELECT 1 FROM measured_day o WHERE o.project = i.project AND o.activity = i.activity AND o.on_day = ?)
               ORDER BY d.project, d.activity, d.on_day";
    let rows = conn.rows(sql, args![building, on]).await?;
    let days = rows.iter().map(|row| Ok(((row.str(0)?, row.str(1)?), read_day(row, 2)?))).collect::<Result<Vec<_>>>()?;
    let of_work = |days: &[((&str, &str), Day)]| {
        let ((project, activity), Day { on: first_on, .. }) = *days.first()?;
        let last_on = days.last()?.1.on;
        let mut measured = Measured { opening_e3: 0, first_on, last_on, days: Vec::new() };
        days.iter().for_each(|(_, day)| measured.add(*day));
        Some((project.to_owned(), activity.to_owned(), measured.grade_on(last_on)?))
    };
    Ok(days.chunk_by(|one, next| one.0 == next.0).filter_map(of_work).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Grade::{Confirmed, Disputed, Reported, Verified};
    use jiff::civil::date;

    #[test]
    fn what_was_done_through_a_day_has_the_grade_of_its_newest_day_unless_one_is_disputed() {
        // Days of November in their order: which, its grade, the fact that gave it; then the day looked at and who stands for it.
        for (name, days, on, expected) in [
            ("before anything", &[(3, Reported, 1)][..], 2, None),
            ("the site's word", &[(3, Reported, 1)], 3, Some(Reported)),
            ("confirmed", &[(3, Confirmed, 2)], 5, Some(Confirmed)),
            ("reported again", &[(3, Confirmed, 2), (4, Reported, 3)], 4, Some(Reported)),
            ("of the day before that", &[(3, Confirmed, 2), (4, Reported, 3)], 3, Some(Confirmed)),
            ("disputed", &[(3, Disputed, 2)], 3, Some(Disputed)),
            ("reported after it", &[(3, Disputed, 2), (4, Reported, 3)], 4, Some(Disputed)),
            ("a later day judged after it", &[(3, Disputed, 2), (4, Confirmed, 4), (5, Reported, 5)], 5, Some(Reported)),
            ("a later day judged before it", &[(3, Disputed, 5), (4, Verified, 4)], 4, Some(Disputed)),
            ("of two one settled", &[(3, Disputed, 5), (4, Disputed, 2), (5, Confirmed, 4)], 5, Some(Disputed)),
            ("put right", &[(3, Reported, 6), (4, Verified, 4)], 4, Some(Verified)),
        ] {
            let of = |day: i8| date(2026, 11, day);
            let mut measured = Measured { opening_e3: 0, first_on: of(3), last_on: of(3), days: Vec::new() };
            days.iter().for_each(|(day, grade, number)| measured.add(Day { on: of(*day), through_e3: 1_000, grade: *grade, graded_number: *number }));
            assert_eq!(measured.grade_on(of(on)), expected, "{name}");
        }
    }
}
