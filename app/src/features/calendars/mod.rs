//! Site calendars.

pub mod pages;

use crate::db::Conn;
use anyhow::Result;
use guatu_kernel::plan::{Calendar, DayWork};

/// The calendars that plans from templates count in: `site`, `authority`, `continuous`.
pub async fn plan_calendars(_conn: &mut Conn) -> Result<Vec<Calendar>> {
    let week = |days: usize| std::array::from_fn(|at| if at < days { DayWork::Usual } else { DayWork::Free });
    let calendar = |id: &str, days| Calendar { id: id.into(), name: None, week: week(days), minutes_per_day: 480, exceptions: Vec::new() };
    Ok(vec![calendar("site", 7), calendar("authority", 5), calendar("continuous", 7)])
}
