//! What a bulletin freezes: one line a project, ranked. Pure; integers only, so that the same figures are the same bytes.

use super::model::RULES;
use crate::features::targets::drawings::Standing;
use crate::features::targets::model::Grade;
use serde::{Deserialize, Serialize};

/// A project's line. Shares in tenths of a per cent, gaps in tenths of a percentage point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The project.
    pub project: String,
    /// Its name at the time.
    pub name: String,
    /// Planned to date.
    pub planned_e1: i64,
    /// Done.
    pub done_e1: i64,
    /// Done − planned.
    pub gap_e1: i64,
    /// Gap that the issue before printed, or where there was none the gap at the end of the week before; `None` when it had
    /// none.
    pub gap_before_e1: Option<i64>,
    /// Buildings with open work, and reports they owed in the week.
    pub reports_due: u32,
    /// Reports that came.
    pub reports_came: u32,
    /// Work items that were measured; 0 in issues of before this was frozen.
    #[serde(default)]
    pub measured: u32,
    /// Of these, confirmed by the supervision engineer or verified by an inspection.
    #[serde(default)]
    pub confirmed: u32,
    /// The lowest truth grade among what was measured; `None` in issues of before this was frozen.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// Disputed reports that wait for a correction.
    pub disputes: u32,
    /// Work items with a date that cannot be kept.
    pub broken: u32,
    /// Nearest mandated date that is late: its name and working days.
    pub late: Option<(String, i64)>,
    /// What hindered it in the week, the most first; `None` in issues of before this was frozen.
    #[serde(default)]
    pub hindered: Option<Vec<Cause>>,
}

/// What hindered a project, and how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// A kind of hindrance as reports name it, or what stopped work.
    pub kind: String,
    /// Days that buildings waited for it, added up.
    pub days: u64,
}

impl Cause {
    /// Work that a pollution alert stopped.
    pub const ALERT: &str = "alert_stop";
    /// Work that a major hazard stopped.
    pub const HAZARD: &str = "hazard_stop";
}

impl Line {
    /// How many of the measured work items somebody else stands for.
    pub fn confirmed_text(&self) -> String {
        if self.measured == 0 { "—".to_owned() } else { format!("{}/{}", self.confirmed, self.measured) }
    }

    /// How the gap has moved since the issue before.
    pub fn moved_e1(&self) -> Option<i64> {
        self.gap_before_e1.map(|before| self.gap_e1 - before)
    }
}

/// Everything a bulletin says in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Lines in the order of the ranking.
    pub lines: Vec<Line>,
    /// Whole district: planned to date and done.
    pub planned_e1: i64,
    /// Done.
    pub done_e1: i64,
    /// The rule set that gave the lamps.
    pub rule: String,
    /// Buildings whose elevations are printed; none in issues of before they were frozen.
    #[serde(default)]
    pub drawn: Vec<DrawnBuilding>,
}

/// A building as its elevation shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnBuilding {
    /// The building.
    pub building: String,
    /// Its project, as in its line.
    pub project: String,
    /// Its name at the time.
    pub name: String,
    /// Done − planned, in tenths of a percentage point.
    pub gap_e1: i64,
    /// Its works.
    pub works: Vec<Standing>,
}

impl Line {
    /// Whether it reported often enough to be named as the best.
    pub fn has_reported(&self) -> bool {
        u64::from(self.reports_came) * 100 >= u64::from(self.reports_due) * u64::from(RULES.reported_percent)
    }
}

/// Ranks lines: first the largest gap of those that reported, then the larger gap; of equal gaps the one that came forward more; then by name, so that a ranking never
/// depends on chance.
pub fn rank(lines: &mut [Line]) {
    lines.sort_by(|one, other| {
        let key = |line: &Line| (std::cmp::Reverse(line.gap_e1), std::cmp::Reverse(line.moved_e1().unwrap_or(0)));
        key(one).cmp(&key(other)).then_with(|| one.name.cmp(&other.name))
    });
    // Who has hardly reported is not the first, however far ahead: the best who did goes before it.
    if let Some(first) = lines.iter().position(Line::has_reported) {
        lines[..=first].rotate_right(1);
    }
}
