//! Which building and which stage of the wall chart the work of a plan belongs to.
//!
//! Plans of other programs name neither. What the plan itself says comes first; then what a name tells (`Building 3, structure`);
//! then what holds for the summary above. Whoever imports a plan sees the guesses and chooses otherwise, and the choice is
//! written into the plan that is kept.

use super::network::STAGES;
use crate::features::places::store::Place;
use guatu_kernel::plan::{Activity, ActivityKind};

/// A place that plans may name.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether its name may be a part of a work's name: a project's own is in every other.
    pub is_part: bool,
}

/// The places of a project that its plans may name.
pub fn named<'a>(project: &str, places: &'a [Place]) -> Vec<Named<'a>> {
    places.iter().map(|place| Named { id: &place.id, name: &place.attributes.name, is_part: place.id != project }).collect()
}

/// The stage of an activity by itself: what the plan says, the last part of its id (`B01/topping_out`), its name, or the
/// longest name of a stage within its name.
pub fn own_stage(activity: &Activity) -> Option<&'static str> {
    let wanted = activity.stage.as_deref();
    if let Some(stage) = STAGES.iter().find(|stage| wanted == Some(stage.id.as_str())) {
        return Some(&stage.id);
    }
    let tail = activity.id.rsplit('/').next().unwrap_or_default();
    let name = activity.name.trim();
    let is_named = |stage: &&super::network::Stage| stage.id == tail || stage.names.iter().any(|known| known == name);
    if let Some(stage) = STAGES.iter().find(is_named) {
        return Some(&stage.id);
    }
    let lower = name.to_lowercase();
    let within = STAGES.iter().flat_map(|stage| stage.names.iter().map(move |known| (known, stage)));
    let found = within.filter(|(known, _)| holds(&lower, &known.to_lowercase())).max_by_key(|(known, _)| known.chars().count());
    found.map(|(_, stage)| stage.id.as_str())
}

/// The place of an activity by itself: what the plan says, by id or name, or the place whose name its name holds.
pub fn own_place<'a>(activity: &Activity, places: &[Named<'a>]) -> Option<&'a str> {
    let exactly = |wanted: &str| places.iter().find(|place| place.id == wanted || place.name == wanted).map(|place| place.id);
    if let Some(wanted) = &activity.place {
        return exactly(wanted);
    }
    if activity.kind == ActivityKind::Summary
        && let Some(found) = exactly(activity.name.trim())
    {
        return Some(found);
    }
    let within = places.iter().filter(|place| place.is_part && holds(&activity.name, place.name));
    within.max_by_key(|place| place.name.chars().count()).map(|place| place.id)
}

/// Whether a text holds a name that is not a part of a longer number or word: building 1 is not in building 11.
fn holds(text: &str, name: &str) -> bool {
    if name.chars().count() < 2 {
        return false;
    }
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let joins = |inner: Option<char>, outer: Option<char>| {
            inner.zip(outer).is_some_and(|(inner, outer)| inner.is_ascii_alphanumeric() && outer.is_ascii_alphanumeric())
        };
        !joins(name.chars().next(), before) && !joins(name.chars().next_back(), after)
    })
}

/// What holds for each activity: its own, or that of the summary above it. Summaries stand before what is below them.
pub fn inherited<T: Clone>(activities: &[Activity], above: impl Fn(usize) -> Option<usize>, own: impl Fn(&Activity) -> Option<T>) -> Vec<Option<T>> {
    let mut found: Vec<Option<T>> = Vec::with_capacity(activities.len());
    for (at, activity) in activities.iter().enumerate() {
        let from_above = || above(at).filter(|above| *above < at).and_then(|above| found[above].clone());
        let value = own(activity).or_else(from_above);
        found.push(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Named, own_place, own_stage};
    use guatu_kernel::plan::{Activity, Span};

    #[test]
    fn names_tell_stages_and_places() {
        let places = [("p", "West estate", false), ("b1", "1号楼", true), ("b11", "11号楼", true), ("b12", "Block 12", true)];
        let places = places.map(|(id, name, is_part)| Named { id, name, is_part });
        let cases = [
            ("x1", "11号楼主体结构施工", Some("b11"), Some("structure")),
            ("x2", "1号楼 主体封顶", Some("b1"), Some("topping_out")),
            ("b7/masonry", "anything", None, Some("masonry")),
            ("x3", "Structure of block 12", None, Some("structure")),
            ("x4", "Block 12, fit-out of flats", Some("b12"), Some("fit_out")),
            ("x5", "Block 121, fit-out", None, Some("fit_out")),
            ("x6", "West estate, survey", None, None),
            ("x7", "Restructured loan", None, None),
        ];
        for (id, name, place, stage) in cases {
            let activity = Activity { name: name.into(), ..Activity::task(id, Span::days(1)) };
            assert_eq!(own_place(&activity, &places), place, "{name}");
            assert_eq!(own_stage(&activity), stage, "{name}");
        }
    }
}
