//! The words of guatu-plan/1 beside the values they stand for, used by the reader and the writer alike.

use guatu_kernel::plan::{
    ActivityKind, AsLateRule, ConstraintKind, CriticalRule, Granularity, LagCalendar, LinkKind, ProgressRule,
    RemainingRule,
};

/// A word list: each word with its value.
pub(crate) type Words<T> = &'static [(&'static str, T)];

/// Whole days or minutes.
pub(crate) const GRANULARITIES: Words<Granularity> = &[("day", Granularity::Day), ("minute", Granularity::Minute)];

/// Kinds of activities.
pub(crate) const KINDS: Words<ActivityKind> = &[
    ("task", ActivityKind::Task),
    ("milestone", ActivityKind::Milestone),
    ("start_milestone", ActivityKind::StartMilestone),
    ("finish_milestone", ActivityKind::FinishMilestone),
    ("summary", ActivityKind::Summary),
    ("hammock", ActivityKind::Hammock),
];

/// Kinds of links.
pub(crate) const LINKS: Words<LinkKind> =
    &[("FS", LinkKind::FS), ("SS", LinkKind::SS), ("FF", LinkKind::FF), ("SF", LinkKind::SF)];

/// Kinds of constraints.
pub(crate) const CONSTRAINTS: Words<ConstraintKind> = &[
    ("start_no_earlier_than", ConstraintKind::StartNoEarlierThan),
    ("start_no_later_than", ConstraintKind::StartNoLaterThan),
    ("finish_no_earlier_than", ConstraintKind::FinishNoEarlierThan),
    ("finish_no_later_than", ConstraintKind::FinishNoLaterThan),
    ("start_on", ConstraintKind::StartOn),
    ("finish_on", ConstraintKind::FinishOn),
    ("as_late_as_possible", ConstraintKind::AsLateAsPossible),
];

/// Calendars of lags.
pub(crate) const LAG_CALENDARS: Words<LagCalendar> = &[
    ("predecessor", LagCalendar::Predecessor),
    ("successor", LagCalendar::Successor),
    ("project", LagCalendar::Project),
    ("elapsed", LagCalendar::Elapsed),
];

/// Progress rules.
pub(crate) const PROGRESS: Words<ProgressRule> = &[
    ("retained_logic", ProgressRule::RetainedLogic),
    ("override", ProgressRule::Override),
    ("actual_dates", ProgressRule::ActualDates),
];

/// From where remaining work goes on.
pub(crate) const REMAINING: Words<RemainingRule> =
    &[("from_data_date", RemainingRule::FromDataDate), ("after_worked_part", RemainingRule::AfterWorkedPart)];

/// Rules of what is critical.
pub(crate) const CRITICAL: Words<CriticalRule> =
    &[("zero", CriticalRule::Zero), ("minimum", CriticalRule::Minimum), ("longest_path", CriticalRule::LongestPath)];

/// Rules of how far an as-late-as-possible activity moves.
pub(crate) const AS_LATE: Words<AsLateRule> =
    &[("free_float", AsLateRule::FreeFloat), ("total_float", AsLateRule::TotalFloat)];

/// Weekdays, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The value of a word.
pub(crate) fn value_of<T: Copy>(words: Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

/// The word of a value.
pub(crate) fn word_of<T: Copy + PartialEq>(words: Words<T>, value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| *word)
}

/// All words of a list, for a refusal that says what could be written.
pub(crate) fn listed<T>(words: Words<T>) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}
